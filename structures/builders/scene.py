"""Scenes: several built particles put beside each other, on a floor or free."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from nanokiln.structures.builders.contacts import SHORTEST_CONTACT, short_contacts
from nanokiln.structures.builders.specs import ItemSpec, SceneSpec, as_plain
from nanokiln.structures.crystals.frame import Frame
from nanokiln.structures.model import Domain, Model

TRIES = 2000


@dataclass(frozen=True, eq=False)
class _Placed:
    name: str
    model: Model
    tree: Any


def build_scene(spec: SceneSpec, build: Callable[[Any], Model]) -> Model:
    """Place the items in the order listed, random ones by the seed; `build` makes each from its own spec.

    ValueError when one finds no room.
    """
    random = np.random.default_rng(spec.seed)
    placed: list[_Placed] = []
    for item in spec.items:
        plain = _centred(build(item.model))
        for number in range(1, item.count + 1):
            model = _place(plain, item, spec, placed, random)
            name = item.name if item.count == 1 else f"{item.name}-{number}"
            placed.append(_Placed(name, model, cKDTree(model.atoms.positions)))
    return _join(spec, placed)


def turned(model: Model, frame: Frame) -> Model:
    """Return a model moved and turned rigidly, domains and all; its cell is dropped."""
    atoms = model.atoms.copy()
    atoms.positions = frame.to_lab_A(atoms.positions)
    atoms.cell, atoms.pbc = np.zeros((3, 3)), False
    domains = tuple(
        replace(
            d,
            lattice_A=d.lattice_A @ frame.axes,
            reference_A=d.reference_A @ frame.axes,
            origin_A=frame.to_lab_A(d.origin_A),
        )
        for d in model.domains
    )
    return replace(model, atoms=atoms, domains=domains)


def _centred(model: Model) -> Model:
    middle = (model.atoms.positions.min(axis=0) + model.atoms.positions.max(axis=0)) / 2
    return turned(model, Frame(np.eye(3), -middle))


def _place(model: Model, item: ItemSpec, spec: SceneSpec, placed: list[_Placed], random: np.random.Generator) -> Model:
    gap = 10 * (item.gap_nm or spec.gap_nm)
    for _ in range(TRIES):
        posed = _posed(model, item, random)
        if item.beside is not None:
            hosts = [p for p in placed if p.name == item.beside or p.name.rpartition("-")[0] == item.beside]
            if not hosts:
                raise ValueError(f"item {item.name} stands beside {item.beside!r}, which is not listed before it")
            trial = _slid(_grounded(posed, spec.floor), hosts, np.array(item.direction), gap)
        else:
            low, high = -5 * np.array(spec.box_nm), 5 * np.array(spec.box_nm)
            where = random.uniform(low, high) if item.at_nm is None else 10 * np.array(item.at_nm)
            trial = _grounded(turned(posed, Frame(np.eye(3), where)), spec.floor)
        near = [p.name for p in placed if _closer(trial, p, gap - 1e-6)]
        if not near:
            return trial
        if item.at_nm is not None or item.beside is not None:
            raise ValueError(f"item {item.name} comes closer than {gap / 10:g} nm to {', '.join(near)}: move it away")
    raise ValueError(f"found no room for {item.name} in {TRIES} tries: enlarge box_nm, or ask for fewer")


def _posed(model: Model, item: ItemSpec, random: np.random.Generator) -> Model:
    """Return the model turned as the item says: what is not said is drawn."""
    azimuth = random.uniform(0, 360) if item.azimuth_deg is None else item.azimuth_deg
    if item.pose == "random":
        axes = Rotation.random(rng=random).as_matrix()
    else:
        axes = Rotation.from_euler("z", azimuth, degrees=True).as_matrix().T
        if item.pose == "lying":
            # The stacking axis z comes to lie along x before the turn about the vertical.
            axes = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]) @ axes
    return turned(model, Frame(axes, np.zeros(3)))


def _grounded(model: Model, floor: bool) -> Model:
    drop = -model.atoms.positions[:, 2].min() if floor else 0.0
    return turned(model, Frame(np.eye(3), np.array([0.0, 0.0, drop])))


def _slid(model: Model, hosts: list[_Placed], direction: NDArray[np.float64], gap: float) -> Model:
    """Slide a model along a direction until its closest atom is `gap` from the hosts."""
    frame = Frame.along(direction, np.zeros(3))
    still = frame.to_local_A(np.concatenate([h.model.atoms.positions for h in hosts]))
    middle = (still.min(axis=0) + still.max(axis=0)) / 2
    shift = np.array([middle[0], middle[1], 0.0]) @ frame.axes
    if abs(direction[2]) < 1e-9:
        shift[2] = 0.0
    model = turned(model, Frame(np.eye(3), shift))
    moving = frame.to_local_A(model.atoms.positions)
    pairs = cKDTree(moving[:, :2]).sparse_distance_matrix(cKDTree(still[:, :2]), gap, output_type="ndarray")
    if not len(pairs):
        raise ValueError("the particle slides past without meeting the other: choose another direction")
    rise = still[pairs["j"], 2] - moving[pairs["i"], 2] + np.sqrt(gap**2 - pairs["v"] ** 2)
    return turned(model, Frame(np.eye(3), float(rise.max()) * frame.axes[2]))


def _closer(model: Model, other: _Placed, gap: float) -> bool:
    points = model.atoms.positions
    theirs = other.model.atoms.positions
    box = (points > theirs.min(axis=0) - gap) & (points < theirs.max(axis=0) + gap)
    near = points[box.all(axis=1)]
    return bool(len(near) and np.isfinite(other.tree.query(near, distance_upper_bound=gap)[0]).any())


def _join(spec: SceneSpec, placed: list[_Placed]) -> Model:
    points = np.concatenate([p.model.atoms.positions for p in placed])
    vacuum = 10 * spec.vacuum_nm
    shift = vacuum - points.min(axis=0)
    atoms = ase.Atoms()
    domains: list[Domain] = []
    notes: dict[str, Any] = {"spec": as_plain(spec), "expected": {}, "repair": {"carved": {}, "removed": []}}
    for one in placed:
        moved = turned(one.model, Frame(np.eye(3), shift))
        moved.atoms.arrays["domain"] += len(domains)
        atoms = moved.atoms if not len(atoms) else atoms + moved.atoms
        domains += [replace(d, name=f"{one.name}/{d.name}") for d in moved.domains]
        inner = moved.notes
        notes["expected"] |= {f"{one.name}/{k}": v for k, v in inner.get("expected", {}).items()}
        notes["repair"]["carved"] |= {f"{one.name}/{k}": v for k, v in inner["repair"]["carved"].items()}
        notes["repair"]["removed"] += [r | {"domain": f"{one.name}/{r['domain']}"} for r in inner["repair"]["removed"]]
    atoms.cell, atoms.pbc = np.diag(np.ptp(points, axis=0) + 2 * vacuum), False
    if spec.floor:
        notes["floor_z_A"] = vacuum
    if len(short := short_contacts(atoms)):
        raise ValueError(f"{spec.name}: {len(short)} pairs closer than {SHORTEST_CONTACT} covalent radius sums")
    return Model(spec.name, atoms, tuple(domains), notes=notes)
