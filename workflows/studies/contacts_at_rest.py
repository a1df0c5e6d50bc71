"""Contacts at rest: gold on the faces of CdSe and between two rods, copper on Cu3P."""

from collections.abc import Iterator
from typing import Any

import ase
import numpy as np
from ase.units import J, m
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.lattice.orientation import angle_between, fit_lattice, interface_roughness
from nanokiln.analysis.measured import Result
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model
from nanokiln.workflows.studies.relaxing import Relaxed, relax

Mask = NDArray[np.bool_]
_TOUCH_A = 3.4  # first shell of metals and of metal on anions
_TURNED_DEG = 3.0  # a domain that turned by more against the other has found another relation
_GOLD_NM = 1.5


def _rod(name: str, height_nm: float, **placed: Any) -> dict[str, Any]:
    shape = {"kind": "prism", "across_nm": 1.5, "height_nm": height_nm}
    return {"name": name, "phase": "CdSe-wz", "shape": shape, **placed}


_ROD = _rod("rod", 2.8)
_GOLD: dict[str, Any] = {
    "name": "gold",
    "phase": "Au",
    "plane": "(111)",
    "direction": "[1-10]",
    "host": "rod",
    "shape": {"kind": "sphere", "diameter_nm": _GOLD_NM},
}
_BRIDGE = {
    "preset": "cdse-rods-shared-au",
    "parts": [
        _rod("rod-1", 1.8, centre_nm=[0, 0, -0.9]),
        _rod("rod-2", 1.8, centre_nm=[0, 0, 2.3]),
        {
            "name": "tip",
            "phase": "Au",
            "shape": {"kind": "sphere", "diameter_nm": 1.8},
            "host": "rod-1",
            "relation": "A1",
        },
    ],
}


def gold_contacts(card: Card) -> Iterator[Result]:
    """Gold of 1.5 nm on both ends and on a side of a rod (J/m2 of the atoms in touch), and between two rods (eV/atom).

    What is compared is the energy of the whole at rest less that of its parts, each at rest alone.
    """
    found, wholes, rough = {}, {}, {}
    for face in ("top", "bottom", "side"):
        model = build({"kind": "particle", "name": f"gold on {face}", "parts": [_ROD, _GOLD | {"face": face}]})
        wholes[face] = relax(model.atoms, card)
        found[face] = adhesion(model, _of(model, "gold"), card, wholes[face])
        energy, area = found[face]
        if face != "side":
            rough[face] = _roughness(model, wholes[face])
        method = f"{_GOLD_NM} nm on the {face} face, {area / 100:.1f} nm2 in touch; whole less parts, all at rest"
        yield Result(f"adhesion {face}", _per_m2(energy, area), "J/m2", "measured", method=method)
    tips = [_per_m2(*found[face]) for face in ("top", "bottom")]
    difference = float(np.mean(tips)) - _per_m2(*found["side"])
    spread = abs(tips[0] - tips[1]) / 2
    method = "mean of both polar ends less a side {10-10}; error half the difference of the ends; one size, at rest"
    yield Result("tip_minus_side_energy", difference, "J/m2", "measured", spread, method=method)
    told = ", ".join(f"{face} {value:.2f} A" for face, value in rough.items())
    about = f"standard deviation of the height over columns of 6 A, the rougher of both ends at rest: {told}"
    yield Result("interface_roughness_A", max(rough.values()), "A", "measured", method=about)
    yield from _bridge(card)


def _bridge(card: Card) -> Iterator[Result]:
    """The same gold on two rods and on the first of them alone, per atom of gold."""
    model = build(_BRIDGE)
    gold = _of(model, "tip")
    on_two, _ = adhesion(model, gold, card)
    on_one, _ = adhesion(_only(model, ~_of(model, "rod-2")), gold[~_of(model, "rod-2")], card)
    difference = (on_two - on_one) / int(gold.sum())
    method = f"{int(gold.sum())} atoms of gold between two rods less on one of them; whole less parts, all at rest"
    yield Result("bridge_energy_minus_tip_energy", difference, "eV/atom", "measured", method=method)


def _roughness(model: Model, rest: Relaxed) -> float:
    gold = _of(model, "gold")
    upward = rest.positions_A[gold, 2].mean() > rest.positions_A[~gold, 2].mean()
    lower, upper = (~gold, gold) if upward else (gold, ~gold)
    return interface_roughness(rest.positions_A, lower, upper, axis=2)[1]


def janus_interfaces(card: Card) -> Iterator[Result]:
    """Copper on Cu3P under J1 and J2: energy of adhesion, turning of the domains, angle of Cu(111) and Cu3P(300)."""
    turned = {}
    for relation in ("j1", "j2"):
        model = build({"preset": f"cu-cu3p-janus-{relation}", "scale": 0.24})
        rest = relax(model.atoms, card)
        energy, area = adhesion(model, _of(model, "metal"), card, rest)
        method = f"{len(model.atoms)} atoms, {area / 100:.1f} nm2 in touch; whole less parts, all at rest"
        name = relation.upper()
        yield Result(f"adhesion {name}", _per_m2(energy, area), "J/m2", "measured", method=method)
        try:
            turned[name], angle = _turning(model, rest)
        except ValueError as error:
            yield Result(f"turning {name}", None, "deg", "measured", interval=(_TURNED_DEG, 180.0), method=str(error))
            turned[name] = np.inf
            continue
        yield Result(f"turning {name}", turned[name], "deg", "measured", method="against each other, from as built")
        if relation == "j1":
            about = f"Cu(111) and Cu3P(300) under J1 at rest, {len(model.atoms)} atoms"
            yield Result("relaxed_plane_angle_deg", angle, "deg", "measured", method=about)
    lost = float(sum(angle > _TURNED_DEG for angle in turned.values()))
    told = ", ".join(f"{name} turned by {angle:.1f} deg" for name, angle in turned.items())
    method = f"relations of two that turned by more than {_TURNED_DEG:g} deg or lost a lattice at rest: {told}"
    yield Result("interface_reconstructs", lost, "", "measured", method=method)


def adhesion(model: Model, part: Mask, card: Card, whole: Relaxed | None = None) -> tuple[float, float]:
    """Return the energy (eV) of a whole at rest less that of the part and of the others alone, and the area (A2) of the
    part's atoms in touch, one by one the area of an atom of its densest plane."""
    whole = whole or relax(model.atoms, card)
    alone = sum(relax(model.atoms[mask], card).energy_eV for mask in (part, ~part))
    mine, theirs = whole.positions_A[part], whole.positions_A[~part]
    touching = np.asarray(cKDTree(theirs).query(mine)[0]) < _TOUCH_A
    spacing = float(np.median(np.asarray(cKDTree(mine).query(mine, k=2)[0])[:, 1]))
    return whole.energy_eV - alone, float(touching.sum()) * 3**0.5 / 2 * spacing**2


def _turning(model: Model, rest: Relaxed) -> tuple[float, float]:
    """Return how far the two domains turned against each other (deg), and the angle of Cu(111) and Cu3P(300)."""
    fits = {d.phase: fit_lattice(model, i, rest.positions_A) for i, d in enumerate(model.domains)}
    copper, phosphide = fits["Cu"], fits["Cu3P"]
    relative = copper.rotation @ phosphide.rotation.T
    turned = float(np.degrees(np.arccos(np.clip((np.trace(relative) - 1) / 2, -1, 1))))
    planes = [np.array(s) for s in ((1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1))]
    prism = [np.array(s) for s in ((1, 0, 0), (0, 1, 0), (1, -1, 0))]
    angles = [
        angle_between(np.linalg.inv(copper.vectors_A) @ a, np.linalg.inv(phosphide.vectors_A) @ b)
        for a in planes
        for b in prism
    ]
    return turned, min(angles)


def _of(model: Model, name: str) -> Mask:
    labels = Labels.of(model)
    return np.asarray(labels.domain == labels.names.index(name), dtype=np.bool_)


def _only(model: Model, mask: Mask) -> Model:
    atoms: ase.Atoms = model.atoms[mask]
    return Model(model.name, atoms, model.domains, model.stacking_axis, model.notes)


def _per_m2(energy_eV: float, area_A2: float) -> float:
    return float(energy_eV / max(area_A2, 1e-9) * m**2 / J)
