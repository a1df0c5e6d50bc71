"""The Model: atoms and where each of them came from."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import ase
import ase.io
import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.turned import TurnedModel

LABELS = ("domain", "phase", "sublattice", "site", "cell_index")


@dataclass(frozen=True)
class Domain:
    """One crystal of a model: its phase and how its lattice vectors lie in the laboratory frame.

    `lattice_A` holds the three conventional lattice vectors as rows (angstrom) as placed, strain included;
    `reference_A` the same vectors in the same orientation without strain; `origin_A` where the site with
    fractional coordinates (0, 0, 0) and cell index (0, 0, 0) lies; `basis` the fractional coordinates of
    the bulk sites that `site` counts, shape (n_sites, 3).
    """

    name: str
    phase: str
    lattice_A: NDArray[np.float64]
    reference_A: NDArray[np.float64]
    origin_A: NDArray[np.float64]
    basis: NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """Labelled atoms of a heterostructure, and the crystals they were cut from.

    `atoms.arrays` carries, one entry per atom: `domain` (int, index into `domains`), `phase` (str),
    `sublattice` (str: cation, anion or metal), `site` (int, bulk site index) and `cell_index` (int, 3).
    LAMMPS atom id = index + 1, always. `stacking_axis` is the Cartesian axis of the layer sequence.
    """

    name: str
    atoms: ase.Atoms
    domains: tuple[Domain, ...]
    stacking_axis: int = 2
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def elements(self) -> tuple[str, ...]:
        """Chemical symbols present, in alphabetical order: the order of LAMMPS atom types."""
        return tuple(sorted(set(self.atoms.get_chemical_symbols())))

    def _repr_html_(self) -> str:
        """Return a table of the domains for a notebook; `view()` shows the atoms."""
        rows = []
        for index, domain in enumerate(self.domains):
            mine = self.atoms[self.atoms.arrays["domain"] == index]
            cells = (domain.name, domain.phase, str(len(mine)), mine.get_chemical_formula("metal"))
            rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
        head = "<tr><th>domain</th><th>phase</th><th>atoms</th><th>composition</th></tr>"
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{escape(self.name)}, {len(self.atoms)} atoms</caption>{head}{body}</table>"

    def ideal_positions_A(self) -> NDArray[np.float64]:
        """Return where the labels say each atom was placed, shape (n_atoms, 3), before any repair moved it."""
        out = np.empty((len(self.atoms), 3))
        for index, domain in enumerate(self.domains):
            mine = self.atoms.arrays["domain"] == index
            fractional = self.atoms.arrays["cell_index"][mine] + domain.basis[self.atoms.arrays["site"][mine]]
            out[mine] = domain.origin_A + fractional @ domain.lattice_A
        return out

    def view(self) -> TurnedModel:
        """Return the model to turn, by element or domain: a notebook shows it, `.write(path)` makes a page of it.

        >>> from nanokiln.structures import build
        >>> build("cu-sphere-small").view().html()[:15]
        '<!doctype html>'
        """
        names = tuple(f"{one.name} ({one.phase})" for one in self.domains) or ("all",)
        return TurnedModel(
            self.atoms.positions[None],
            np.array(self.atoms.get_chemical_symbols()),
            np.asarray(self.atoms.arrays.get("domain", np.zeros(len(self.atoms))), dtype=np.int64),
            names,
            self.stacking_axis,
        )

    def write(self, path: Path) -> None:
        """Write extended XYZ with every label; `Model.read` gives the same model back."""
        atoms = self.atoms.copy()
        atoms.info = {
            "nanokiln_model": {
                "name": self.name,
                "stacking_axis": self.stacking_axis,
                "notes": self.notes,
                "domains": [_domain_to_json(d) for d in self.domains],
            }
        }
        ase.io.write(path, atoms, format="extxyz")

    @classmethod
    def read(cls, path: Path) -> "Model":
        """Read what `write` wrote; a file without the labels is a ValueError that names what is missing."""
        atoms = ase.io.read(path, format="extxyz")
        missing = [key for key in LABELS if key not in atoms.arrays]
        if missing or "nanokiln_model" not in atoms.info:
            raise ValueError(
                f"{path} is not a nanokiln model: it lacks {', '.join(missing) or 'its header'}; "
                "build one with `nanokiln build RECIPE --out FILE.extxyz`"
            )
        head = atoms.info.pop("nanokiln_model")
        domains = tuple(_domain_from_json(d) for d in head["domains"])
        return cls(head["name"], atoms, domains, head["stacking_axis"], head["notes"])


_ARRAYS = ("lattice_A", "reference_A", "origin_A", "basis")


def _domain_to_json(domain: Domain) -> dict[str, Any]:
    return {"name": domain.name, "phase": domain.phase, **{k: getattr(domain, k).tolist() for k in _ARRAYS}}


def _domain_from_json(data: dict[str, Any]) -> Domain:
    arrays = {k: np.asarray(data[k], dtype=float) for k in _ARRAYS}
    return Domain(data["name"], data["phase"], **arrays)
