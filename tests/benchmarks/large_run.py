"""A large made-up run: a sandwich that is heated, turns, vibrates and exchanges, as a model, dumps and thermo.csv.

python tests/benchmarks/large_run.py OUT --atoms 100000 --frames 200 --noise 0.2
nanokiln analyse --trajectory OUT/*.dump.gz --model OUT/model.extxyz --thermo OUT/thermo.csv --timestep-fs 1 --out R
"""

import argparse
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase.data import chemical_symbols
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.structures import build
from nanokiln.structures.model import Model

STEPS_PER_FRAME = 500  # of 1 fs
PER_SEGMENT = 50
TURN_DEG = 6.0
COLD_K, HOT_K = 300.0, 800.0
_SETTLES = 4  # frames between events: a stay of two censuses is one


def sandwich(atoms: int) -> Model:
    """A free CdSe/Cu3P/CdSe plate of about so many atoms, 3 % of its copper missing."""
    across_nm = 20 * (atoms / 219_704) ** 0.5
    layers = [{"phase": "CdSe-wz", "periods": 8}, {"phase": "Cu3P", "periods": 4}, {"phase": "CdSe-wz", "periods": 8}]
    model = build({"kind": "plate", "name": "large", "relation": "S1", "across_nm": across_nm, "layers": layers})
    copper = np.flatnonzero(model.atoms.symbols == "Cu")
    gone = np.random.default_rng(1).choice(copper, len(copper) * 3 // 100, replace=False)
    keep = np.setdiff1d(np.arange(len(model.atoms)), gone)
    return Model(model.name, model.atoms[keep], model.domains, stacking_axis=model.stacking_axis)


def temperatures_K(frames: int) -> np.ndarray:
    """A tenth of the frames cold, half of them heating, the rest hot."""
    cold, heating = frames // 10, frames // 2
    ramp = np.linspace(COLD_K, HOT_K, heating)
    return np.concatenate([np.full(cold, COLD_K), ramp, np.full(frames - cold - heating, HOT_K)])


def exchanges(model: Model, frames: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(frame, Cd, Cu): neighbours across the interfaces that change places, each atom once, all after the cold hold."""
    atoms = model.atoms
    cadmium, copper = np.flatnonzero(atoms.symbols == "Cd"), np.flatnonzero(atoms.symbols == "Cu")
    distance, near = cKDTree(atoms.positions[copper]).query(atoms.positions[cadmium])
    found, used = [], set()
    for index in rng.permutation(np.flatnonzero(distance < 3.6)):
        pair = int(cadmium[index]), int(copper[near[index]])
        if pair[1] not in used:
            used.add(pair[1])
            frame = int(rng.integers(frames // 10 + _SETTLES, frames - 2 * _SETTLES))
            found.append((frame, *pair))
    return sorted(found[: max(len(atoms) // 500, 1)])


def places(model: Model, frames: int, events: list[tuple[int, int, int]]) -> Iterator[np.ndarray]:
    """Where every atom belongs in each frame, without vibration."""
    rest, at = model.atoms.positions.copy(), dict[int, list[tuple[int, int]]]()
    for frame, cadmium, copper in events:
        at.setdefault(frame, []).append((cadmium, copper))
    for frame in range(frames):
        for cadmium, copper in at.get(frame, []):
            rest[[cadmium, copper]] = rest[[copper, cadmium]]
        turn = Rotation.from_euler("z", TURN_DEG * frame / frames, degrees=True)
        centre = rest.mean(axis=0)
        yield turn.apply(rest - centre) + centre


def write_run(out: Path, atoms: int, frames: int, noise_A: float, seed: int = 0) -> None:
    """Write model.extxyz, thermo.csv, segments of fifty frames and planted.json; `noise_A` is per axis when hot."""
    rng, model = np.random.default_rng(seed), sandwich(atoms)
    out.mkdir(parents=True, exist_ok=True)
    model.write(out / "model.extxyz")
    events, kelvin = exchanges(model, frames, rng), temperatures_K(frames)
    (out / "planted.json").write_text(json.dumps({"atoms": len(model.atoms), "exchanges": len(events)}))
    rows = ["step,time_ps,stage,target_K,temperature_K,potential_eV"]
    for i, now in enumerate(kelvin):
        stage = "cold" if i < frames // 10 else "hot" if i >= frames // 10 + frames // 2 else "ramp"
        rows.append(f"{i * STEPS_PER_FRAME},{i * STEPS_PER_FRAME / 1000},{stage},{now:.3f},{now:.3f},0")
    (out / "thermo.csv").write_text("\n".join(rows) + "\n")
    names, ids = np.array(chemical_symbols)[model.atoms.numbers], np.arange(1, len(model.atoms) + 1)
    low = model.atoms.positions.min(axis=0) - 60
    cell = np.diag(np.ptp(model.atoms.positions, axis=0) + 120)
    segment: list[DumpFrame] = []
    for frame, where in enumerate(places(model, frames, events)):
        vibrated = where + rng.normal(0, noise_A * np.sqrt(kelvin[frame] / HOT_K), where.shape)
        segment.append(DumpFrame(frame * STEPS_PER_FRAME, cell, low, np.zeros(3, bool), ids, vibrated, names))
        if len(segment) == PER_SEGMENT or frame == frames - 1:
            path = out / f"segment-{segment[0].step}.dump"
            write_dump(path, segment, digits=4)
            with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
            path.unlink()
            segment = []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--atoms", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.2, metavar="A")
    asked = parser.parse_args()
    write_run(asked.out, asked.atoms, asked.frames, asked.noise)
