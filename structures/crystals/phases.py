"""Crystal phases: cited unit cells, expanded by their space group."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import yaml
from ase import Atoms
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

if TYPE_CHECKING:
    from pymatgen.core import Lattice, Structure

DATA = Path(__file__).parents[1] / "data"
Edge = Literal["a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"]
_CELL: dict[str, tuple[Edge, ...]] = {
    "cubic": ("a_A",),
    "hexagonal": ("a_A", "c_A"),
    "trigonal": ("a_A", "c_A"),
    "tetragonal": ("a_A", "c_A"),
    "orthorhombic": ("a_A", "b_A", "c_A"),
    "monoclinic": ("a_A", "b_A", "c_A", "beta_deg"),
    "triclinic": ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"),
}


@dataclass(frozen=True, eq=False)
class Phase:
    """A crystal phase in its conventional cell.

    `lattice_A` (3, 3) has the lattice vectors as rows; `species`, `sublattice` and `basis` (n_sites, 3, fractional)
    run over all sites of the cell; `formal_charge` is in units of e per element; `stiffness_GPa` may be empty.
    """

    name: str
    title: str
    spacegroup: str
    lattice_A: NDArray[np.float64]
    species: tuple[str, ...]
    sublattice: tuple[str, ...]
    basis: NDArray[np.float64]
    formal_charge: dict[str, float]
    source: str
    stiffness_GPa: dict[str, float] = field(default_factory=dict)

    @property
    def volume_A3(self) -> float:
        """Volume of the conventional cell."""
        return float(abs(np.linalg.det(self.lattice_A)))

    @property
    def hexagonal(self) -> bool:
        """Whether the cell has hexagonal axes, so that four-index notation means something."""
        a, b, _ = np.linalg.norm(self.lattice_A, axis=1)
        return bool(np.isclose(a, b) and np.isclose(self.lattice_A[0] @ self.lattice_A[1], -a * b / 2))

    @property
    def translations(self) -> NDArray[np.float64]:
        """Fractional lattice translations of the conventional cell, shape (n, 3): zero and the centring vectors."""
        first = np.array(self.species) == self.species[0]
        candidates = (self.basis[first] - self.basis[0] + 1e-6) % 1.0 - 1e-6
        return np.array([t for t in candidates if self._maps_to_itself(t)])

    def _maps_to_itself(self, translation: NDArray[np.float64]) -> bool:
        moved = self.basis + translation
        for symbol in set(self.species):
            mine = np.array(self.species) == symbol
            away = moved[mine][:, None] - self.basis[mine][None]
            if np.abs(away - np.rint(away)).max(axis=2).min(axis=1).max() > 1e-4:
                return False
        return True

    def atoms(self) -> Atoms:
        """Return the conventional cell as ASE atoms."""
        return Atoms(list(self.species), scaled_positions=self.basis, cell=self.lattice_A, pbc=True)

    def structure(self) -> "Structure":
        """Return the conventional cell as a pymatgen Structure."""
        from pymatgen.core import Structure

        return Structure(self.lattice_A, list(self.species), self.basis)


class PhaseSpec(BaseModel):
    """A crystal phase as written in data/phases.yaml: one site of every orbit, the space group makes the others.

    `formal_charges` in units of e (metals: 0), `stiffness_GPa` the single-crystal constants that were measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str = ""
    spacegroup: str
    cell: dict[Edge, PositiveFloat]
    sites: tuple[tuple[str, Literal["cation", "anion", "metal"], tuple[float, float, float]], ...] = Field(min_length=1)
    formal_charges: dict[str, float]
    stiffness_GPa: dict[str, float] = {}
    source: str = "given in the model"

    def expand(self) -> Phase:
        """Return the phase with all sites of its conventional cell."""
        from pymatgen.core import Structure

        lattice = self._lattice()
        elements, sublattices, points = zip(*self.sites, strict=True)
        structure = Structure.from_spacegroup(
            self.spacegroup, lattice, list(elements), list(points), site_properties={"sublattice": list(sublattices)}
        )
        return Phase(
            name=self.name,
            title=self.title or self.name,
            spacegroup=self.spacegroup,
            lattice_A=np.array(lattice.matrix),
            species=tuple(str(site.specie.symbol) for site in structure),
            sublattice=tuple(structure.site_properties["sublattice"]),
            basis=np.array(structure.frac_coords) % 1.0,
            formal_charge=dict(self.formal_charges),
            source=self.source,
            stiffness_GPa=dict(self.stiffness_GPa),
        )

    def _lattice(self) -> "Lattice":
        """Return the lattice of the space group's crystal system; ValueError for other lengths and angles than its."""
        from pymatgen.core import Lattice
        from pymatgen.symmetry.groups import SpaceGroup

        system, cell = SpaceGroup(self.spacegroup).crystal_system, self.cell
        needs = _CELL[system]
        if set(cell) != set(needs):
            raise ValueError(
                f"phase {self.name}: a {system} cell ({self.spacegroup}) is given by {', '.join(needs)}, "
                f"not by {', '.join(cell)}"
            )
        a, gamma_deg = cell["a_A"], 120.0 if system in ("hexagonal", "trigonal") else 90.0
        lengths = (a, cell.get("b_A", a), cell.get("c_A", a))
        angles = (cell.get("alpha_deg", 90.0), cell.get("beta_deg", 90.0), cell.get("gamma_deg", gamma_deg))
        if angles == (90.0, 90.0, 90.0):
            return Lattice(np.diag(lengths))  # exactly upright
        return Lattice.from_parameters(*lengths, *angles)


@lru_cache(maxsize=1)
def _table() -> dict[str, PhaseSpec]:
    told = yaml.safe_load((DATA / "phases.yaml").read_text(encoding="utf-8"))
    return {name: PhaseSpec.model_validate({"name": name} | entry) for name, entry in told.items()}


def phase_names() -> tuple[str, ...]:
    """Return the names of the shipped phases."""
    return tuple(_table())


@lru_cache(maxsize=64)
def load_phase(name: str) -> Phase:
    """Return a shipped phase by name; an unknown name is a ValueError that offers the nearest one.

    >>> from nanokiln.structures.crystals import load_phase
    >>> load_phase("CdSe-wz").structure().composition.reduced_formula
    'CdSe'
    """
    table = _table()
    if name not in table:
        near = get_close_matches(name, table, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no crystal phase is called {name!r}; there are: {', '.join(table)}.{hint}")
    return table[name].expand()


def resolve_phase(phase: str | PhaseSpec) -> Phase:
    """Return the phase of a name or of a person's own entry."""
    return load_phase(phase) if isinstance(phase, str) else _own_phase(phase.model_dump_json())


@lru_cache(maxsize=64)
def _own_phase(text: str) -> Phase:
    return PhaseSpec.model_validate_json(text).expand()
