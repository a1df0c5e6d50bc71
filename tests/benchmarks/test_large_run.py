"""A large made-up run through `analyse`: processor time, memory and what was planted; `make benchmark` prints them.

`NANOKILN_ATOMS` and `NANOKILN_FRAMES` (12000 and 120) set its size; 100 000 atoms and 200 frames take some minutes.
"""

import json
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

import ase
import numpy as np
import pytest
from scipy.spatial import cKDTree

from nanokiln.analysis.lattice.occupation import Labels, take_census
from nanokiln.analysis.lattice.template_matching import match
from nanokiln.analysis.trajectory.trajectory import Snapshot
from nanokiln.structures.model import Model

pytestmark = pytest.mark.benchmark
MADE = runpy.run_path(str(Path(__file__).with_name("large_run.py")))
sandwich, write_run = MADE["sandwich"], MADE["write_run"]
ATOMS = int(os.environ.get("NANOKILN_ATOMS", "12000"))
FRAMES = int(os.environ.get("NANOKILN_FRAMES", "120"))
MEASURE = """
import resource, sys, time
from pathlib import Path
from nanokiln.analysis.measure.run import How
from nanokiln.analysis.trajectory.foreign import Said
from nanokiln.workflows.source import Temperatures, measure_files
run, out = Path(sys.argv[1]), Path(sys.argv[2])
dumps = sorted(run.glob("*.dump.gz"), key=lambda path: int(path.name.split(".")[0].split("-")[1]))
said, temperatures = Said(run / "model.extxyz", (), 0.001), Temperatures(run / "thermo.csv")
measure_files(dumps, out, said, temperatures, How(60, int(sys.argv[3])))
me, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(time.process_time(), others.ru_utime + others.ru_stime, me.ru_maxrss / 1024)
"""


def measured(run: Path, out: Path, processes: int) -> tuple[float, float, float]:
    """Processor seconds of this process and of its helpers, and its peak memory (MB)."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(run), str(out), str(processes)], capture_output=True, check=True, env=env
    )
    own, helpers, peak = map(float, done.stdout.split()[-3:])
    return own, helpers, peak


def test_processes_memory_and_what_was_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "run", ATOMS, FRAMES, 0.2)
    alone, _, peak = measured(tmp_path / "run", tmp_path / "one", 1)
    own, helpers, _ = measured(tmp_path / "run", tmp_path / "two", 2)
    write_run(tmp_path / "longer", ATOMS, 2 * FRAMES, 0.2)
    *_, twice = measured(tmp_path / "longer", tmp_path / "three", 1)
    one, two = (json.loads((tmp_path / name / "results.json").read_text()) for name in ("one", "two"))
    told = json.loads((tmp_path / "run" / "planted.json").read_text())
    found = sum(row["value"] for row in one["rows"] if row["quantity"] == "replaced")
    with capsys.disabled():
        print(f"\n{told['atoms']} atoms, {FRAMES} frames: {alone:.0f} s of one process, peak {peak:.0f} MB")
        print(
            f"  two processes: {own:.0f} and {helpers:.0f} s, the busier one {alone / max(own, helpers):.2f} times less"
        )
        print(f"  twice the frames: peak {twice:.0f} MB")
        print(f"  {told['exchanges']} planted exchanges (two sites each), {found:.0f} sites found with other holders")
    assert one["rows"] == two["rows"]
    assert twice < 1.1 * peak


def census_s(snapshot: Snapshot, labels: Labels) -> float:
    begun = time.process_time()
    take_census(snapshot, labels, np.zeros(3, dtype=bool))
    return time.process_time() - begun


def shaken(model: Model, noise_A: float) -> Snapshot:
    positions = model.atoms.positions + np.random.default_rng(0).normal(0, noise_A, (len(model.atoms), 3))
    low = positions.min(axis=0) - 10
    cell = np.diag(np.ptp(positions, axis=0) + 20)
    return Snapshot(0, 0, 0.0, cell, low, positions, np.zeros_like(positions))


def test_noise_costs_little_and_a_census_not_much_more_than_ovito(capsys: pytest.CaptureFixture[str]) -> None:
    model = sandwich(ATOMS)
    labels, anions = Labels.of(model), np.flatnonzero(Labels.of(model).anion)
    spent = {}
    for noise in (0.1, 0.3):
        snapshot = shaken(model, noise)
        placed = snapshot.positions - snapshot.origin
        match(placed[anions], snapshot.cell, np.zeros(3, dtype=bool))  # compiled
        begun = time.process_time()
        match(placed[anions], snapshot.cell, np.zeros(3, dtype=bool))
        spent[noise] = time.process_time() - begun, min(census_s(snapshot, labels) for _ in range(2))
    with capsys.disabled():
        for noise, (matching, census) in spent.items():
            print(f"\n{noise} A of noise, {len(placed)} atoms: matching {matching:.2f} s, census {census:.2f} s (cpu)")
    assert spent[0.3][0] < 3 * spent[0.1][0] and spent[0.3][1] < 3 * spent[0.1][1]
    pytest.importorskip("ovito")
    snapshot = shaken(model, 0.2)
    placed = snapshot.positions - snapshot.origin
    everyone, _ = by_ovito(placed, snapshot.cell)
    theirs, kinds = by_ovito(placed[anions], snapshot.cell)
    ours = match(placed[anions], snapshot.cell, np.zeros(3, dtype=bool), lone=True).kind
    with capsys.disabled():
        same = np.mean(kinds == ours)
        print(f"  OVITO's PTM: {everyone:.2f} s of all atoms, {theirs:.2f} s of the anions; kinds {same:.4%}")
    assert np.mean(kinds == ours) > 0.999
    assert census_s(snapshot, labels) < 2 * everyone


def by_ovito(positions: np.ndarray, cell: np.ndarray) -> tuple[float, np.ndarray]:
    """Processor seconds of OVITO's PTM, fcc and hcp, and the kind of each point."""
    from ovito.io.ase import ase_to_ovito
    from ovito.modifiers import PolyhedralTemplateMatchingModifier
    from ovito.pipeline import Pipeline, StaticSource

    atoms = ase.Atoms(f"Se{len(positions)}", positions=positions, cell=cell)
    pipeline = Pipeline(source=StaticSource(data=ase_to_ovito(atoms)))
    modifier = PolyhedralTemplateMatchingModifier(rmsd_cutoff=0.20)
    for structure in modifier.structures:
        structure.enabled = structure.name in ("FCC", "HCP")
    pipeline.modifiers.append(modifier)
    begun = time.process_time()
    kinds = np.array(pipeline.compute().particles.structure_types)
    return time.process_time() - begun, kinds


def test_the_made_up_run_has_its_exchanges_at_the_interfaces() -> None:
    model = sandwich(2000)
    copper, cadmium = (model.atoms.positions[model.atoms.symbols == name] for name in ("Cu", "Cd"))
    assert (cKDTree(copper).query(cadmium)[0] < 3.6).sum() > 20
