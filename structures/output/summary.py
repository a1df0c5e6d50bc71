"""Summaries: what was built, measured on the atoms that were placed."""

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.builders.contacts import contacts_between, radii_A, short_contacts
from nanokiln.structures.crystals.phases import load_phase, phase_names
from nanokiln.structures.model import Domain, Model


@dataclass(frozen=True)
class DomainSummary:
    """One domain: atoms, composition, and its lattice as a least-squares fit of positions to labels.

    `turn_deg` is the angle between the fitted lattice and the one asked for, `strain` the largest principal strain of
    the fitted lattice against the unstrained crystal, `misfit_A` the root mean square distance of atoms from the fit.
    """

    name: str
    phase: str
    atoms: int
    composition: dict[str, int]
    charge_e: float | None
    a_axis: tuple[float, float, float]
    c_axis: tuple[float, float, float]
    turn_deg: float
    strain: tuple[float, float, float]
    misfit_A: float


@dataclass(frozen=True)
class Interface:
    """Two domains in contact: how many pairs touch (within 1.2 covalent radius sums) and the shortest of them."""

    domains: tuple[str, str]
    pairs: int
    shortest_A: float
    shortest_ratio: float


@dataclass(frozen=True)
class Budget:
    """Whether the copper suffices to make Cu2Se: of all selenium, and of every anion site once Se replaces P.

    `given_up_share` is the part of like particles that must be given up to feed the rest, 0 when there is enough.
    """

    copper: int
    selenium: int
    phosphorus: int
    cu_per_se: float
    own_product_volume_A3: float
    given_up_share: float
    given_up_share_all_anions: float


@dataclass(frozen=True)
class ModelSummary:
    """What `nanokiln build` says about a model."""

    name: str
    atoms: int
    composition: dict[str, int]
    cell_A: tuple[float, float, float]
    periodic: tuple[bool, bool, bool]
    domains: tuple[DomainSummary, ...]
    interfaces: tuple[Interface, ...]
    shortest_contact_ratio: float
    charge_e: float
    dipole_eA: tuple[float, float, float]
    budget: Budget | None
    carved: int
    removed: dict[str, int]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        return asdict(self)


def summarise(model: Model) -> ModelSummary:
    """Measure a model: every figure comes from its atoms and labels, not from what was asked."""
    atoms, repair = model.atoms, model.notes.get("repair", {"carved": {}, "removed": []})
    charges = _charges(model)
    symbols = Counter(atoms.get_chemical_symbols())
    near = short_contacts(atoms, 1.0)
    low, mid, high = (float(x) for x in atoms.cell.lengths())
    return ModelSummary(
        name=model.name,
        atoms=len(atoms),
        composition=dict(sorted(symbols.items())),
        cell_A=(low, mid, high),
        periodic=(bool(atoms.pbc[0]), bool(atoms.pbc[1]), bool(atoms.pbc[2])),
        domains=tuple(_domain(model, i, charges) for i in range(len(model.domains))),
        interfaces=_interfaces(model),
        shortest_contact_ratio=float(near.ratio.min()) if len(near) else 1.0,
        charge_e=float(charges.sum()),
        dipole_eA=_triple(charges @ (atoms.positions - atoms.positions.mean(axis=0))),
        budget=_budget(symbols),
        carved=sum(repair["carved"].values()),
        removed=dict(Counter(r["policy"] for r in repair["removed"])),
        warnings=tuple(model.notes.get("warnings", ())),
    )


def fitted_lattice_A(model: Model, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return lattice vectors (rows), origin and root mean square misfit of a domain, from positions and labels alone.

    A domain whose atoms lie in one plane cannot be fitted: its lattice comes back as NaN.
    """
    domain = model.domains[index]
    mine = model.atoms.arrays["domain"] == index
    labels = model.atoms.arrays["cell_index"][mine] + domain.basis[model.atoms.arrays["site"][mine]]
    points = model.atoms.positions[mine]
    middle = labels.mean(axis=0)
    lattice, _, rank, _ = np.linalg.lstsq(labels - middle, points - points.mean(axis=0), rcond=1e-9)
    if rank < 3:
        return np.full((3, 3), np.nan), np.full(3, np.nan), np.nan
    rest = points - points.mean(axis=0) - (labels - middle) @ lattice
    return lattice, points.mean(axis=0) - middle @ lattice, float(np.sqrt((rest**2).sum(axis=1).mean()))


def turn_and_strain(
    reference_A: NDArray[np.float64], lattice_A: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the rotation (degrees) and the principal strains, ascending, that take one lattice (rows) to another."""
    u, s, vt = np.linalg.svd(np.linalg.solve(reference_A, lattice_A))
    rotation = u @ vt
    twist = np.array(
        [rotation[1, 2] - rotation[2, 1], rotation[2, 0] - rotation[0, 2], rotation[0, 1] - rotation[1, 0]]
    )
    angle = np.degrees(np.arctan2(np.linalg.norm(twist), np.trace(rotation) - 1.0))
    return float(angle), s[::-1] - 1.0


def _domain(model: Model, index: int, charges: NDArray[np.float64]) -> DomainSummary:
    domain: Domain = model.domains[index]
    mine = model.atoms.arrays["domain"] == index
    symbols = np.array(model.atoms.get_chemical_symbols())[mine]
    lattice, _, misfit = fitted_lattice_A(model, index)
    turn, strain = (np.nan, np.full(3, np.nan))
    if np.isfinite(misfit):
        turn, strain = turn_and_strain(domain.reference_A, lattice)
    return DomainSummary(
        name=domain.name,
        phase=domain.phase,
        atoms=int(mine.sum()),
        composition=dict(sorted(Counter(symbols.tolist()).items())),
        charge_e=float(charges[mine].sum()),
        a_axis=_triple(lattice[0] / np.linalg.norm(lattice[0])),
        c_axis=_triple(lattice[2] / np.linalg.norm(lattice[2])),
        turn_deg=turn,
        strain=_triple(strain),
        misfit_A=misfit,
    )


def _interfaces(model: Model) -> tuple[Interface, ...]:
    """Return the pairs of domains that touch; periodic images are left out."""
    owner = model.atoms.arrays["domain"]
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(len(model.domains) + 1))
    radii = radii_A(np.array(model.atoms.get_chemical_symbols()))
    groups = [order[a:b] for a, b in pairwise(edges)]
    points = [model.atoms.positions[g] for g in groups]
    boxes = [(p.min(axis=0) - 4.0, p.max(axis=0) + 4.0) for p in points]
    out = []
    for i in range(len(groups)):
        for j in range(i + 1, len(groups)):
            if (boxes[i][0] > boxes[j][1]).any() or (boxes[j][0] > boxes[i][1]).any():
                continue
            found = contacts_between(points[i], radii[groups[i]], points[j], radii[groups[j]])
            if len(found):
                names = (model.domains[i].name, model.domains[j].name)
                out.append(Interface(names, len(found), float(found.distance_A.min()), float(found.ratio.min())))
    return tuple(out)


def _charges(model: Model) -> NDArray[np.float64]:
    """Return formal charges (n,), by the phase each atom was placed in; atoms of unknown phases count zero."""
    symbols = np.array(model.atoms.get_chemical_symbols())
    out = np.zeros(len(symbols))
    for name in {d.phase for d in model.domains} & set(phase_names()):
        mine = model.atoms.arrays["phase"] == name
        for element, charge in load_phase(name).formal_charge.items():
            out[mine & (symbols == element)] = charge
    return out


def _budget(symbols: Counter[str]) -> Budget | None:
    copper, selenium, phosphorus = symbols["Cu"], symbols["Se"], symbols["P"]
    if not copper or not selenium:
        return None
    return Budget(
        copper,
        selenium,
        phosphorus,
        cu_per_se=copper / selenium,
        own_product_volume_A3=copper / 2 * load_phase("Cu2Se").volume_A3 / 4,
        given_up_share=max(0.0, 1 - copper / (2 * selenium)),
        given_up_share_all_anions=max(0.0, 1 - copper / (2 * (selenium + phosphorus))),
    )


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
