"""Ensembles on real LAMMPS: temperatures, pressures, momenta, walls, and atoms that leave."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.structures.model import Model
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.ledger import departures, open_entries, write_ledger
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.thermo_rows import column

pytestmark = pytest.mark.mpi
SLAB = {
    "kind": "stack",
    "name": "slab",
    "relation": "S1",
    "repeats": [2, 2],
    "layers": [{"phase": "CdSe-wz", "periods": 2}],
}
CALM = [
    {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 1, "window_ps": 1},
    {"kind": "hold", "duration_ps": 3},
]


def heated(recipe: Path, out: Path) -> RunDirectory:
    run = RunDirectory(out)
    begin(load_recipe(recipe), run)
    assert heat(run, Resources(), RankGroup()) == "finished"
    return run


def last(run: RunDirectory, name: str, rows: int = 150) -> np.ndarray:
    return column(run.thermo_path.read_text().splitlines()[-rows:], name)


def boxes(run: RunDirectory) -> np.ndarray:
    """Box lengths of every frame, shape (n_frames, 3)."""
    texts = [text.splitlines()[5:8] for path in run.dumps() for _, text in read_frames(path)]
    bounds = np.array([[[float(x) for x in line.split()[:2]] for line in text] for text in texts])
    return bounds[:, :, 1] - bounds[:, :, 0]


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "bath", ["csvr", pytest.param("nose-hoover", marks=SLOW), pytest.param("langevin", marks=SLOW)]
)
def test_every_bath_keeps_its_temperature(write: Callable[..., Path], tmp_path: Path, bath: str) -> None:
    run = heated(write(programme=CALM, bath={"kind": bath}), tmp_path / "run")
    temperature = last(run, "temperature_K")
    blocks = np.array([block.mean() for block in np.array_split(temperature, 6)])
    error = blocks.std(ddof=1) / np.sqrt(6)
    assert abs(temperature.mean() - 300) < 4 * error + 3
    spread = 300 * np.sqrt(2 / (3 * 144 - 3))  # canonical: sqrt(2/f) of the mean
    assert 0.6 * spread < temperature.std(ddof=1) < 1.5 * spread


@pytest.mark.parametrize(
    ("axes", "moves"),
    [("stacking", [False, False, True]), pytest.param("inplane", [True, True, False], marks=SLOW)],
)
def test_the_barostat_frees_its_axes_only(
    write: Callable[..., Path], tmp_path: Path, axes: str, moves: list[bool]
) -> None:
    barostat = {"axes": axes, "damping_ps": 0.3}
    run = heated(write(model=SLAB, programme=CALM, barostat=barostat), tmp_path / "run")
    assert (np.ptp(boxes(run), axis=0) > 1e-3).tolist() == moves
    if axes == "inplane":
        ratio = boxes(run)[:, 0] / boxes(run)[:, 1]
        assert np.ptp(ratio) < 1e-3


def test_all_axes_free_bring_the_pressure_to_zero(write: Callable[..., Path], tmp_path: Path) -> None:
    barostat = {"axes": "all", "damping_ps": 0.3}
    free = heated(write(model=SLAB, programme=CALM, barostat=barostat), tmp_path / "free")
    pressure = last(free, "pressure_bar", 100)
    blocks = np.array([block.mean() for block in np.array_split(pressure, 5)])
    assert abs(pressure.mean()) < 4 * blocks.std(ddof=1) / np.sqrt(5) + 100


def test_a_barostat_needs_an_axis_that_repeats(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not repeat along z"):
        begin(load_recipe(write(barostat={})), RunDirectory(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("bath", ["csvr", pytest.param("nose-hoover", marks=SLOW)])
def test_momentum_and_rotation_stay_zero_in_vacuum(write: Callable[..., Path], tmp_path: Path, bath: str) -> None:
    run = heated(write(programme=CALM[:1], bath={"kind": bath}), tmp_path / "run")
    model = Model.read(run.model_path)
    first, final = (_positions(text) for text in _ends(run))
    masses = model.atoms.get_masses()[:, None]
    drift = (masses * (final - first)).sum(axis=0) / masses.sum()
    assert np.abs(drift).max() < 1e-5
    centred = first - (masses * first).sum(axis=0) / masses.sum()
    turn = (masses * np.cross(centred, final - first)).sum(axis=0) / (masses * centred**2).sum()
    assert np.abs(turn).max() < 0.02  # radians in a picosecond; a free thermal rotor of this size turns ten times more


def _ends(run: RunDirectory) -> tuple[str, str]:
    texts = [text for path in run.dumps() for _, text in read_frames(path)]
    return texts[0], texts[-1]


def _positions(text: str) -> np.ndarray:
    return np.array([[float(x) for x in line.split()[3:6]] for line in text.splitlines()[9:]])


def test_a_substrate_holds_a_particle_that_would_fall_through(write: Callable[..., Path], tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    path = write(programme=CALM[:1])
    begin(load_recipe(path), run)
    bottom = float(Model.read(run.model_path).atoms.positions[:, 2].min())
    plane = {"position_A": bottom - 3, "depth_eV": 0.1}
    held = heated(write("held.yaml", programme=CALM[:1], substrate=plane), tmp_path / "held")
    z = np.array([_positions(text)[:, 2].min() for path in held.dumps() for _, text in read_frames(path)])
    assert z.min() > bottom - 3 + 1.5
    mean_z = [_positions(text)[:, 2].mean() for text in _ends(held)]
    assert mean_z[0] != pytest.approx(mean_z[1], abs=1e-4), "the wall must be felt"


def test_the_ledger_of_a_boiling_particle_closes(write: Callable[..., Path], tmp_path: Path) -> None:
    boil = [CALM[0], {"kind": "jump", "to_K": 2600, "hold_ps": 8}]
    guards = {"hottest_K": 1e5, "energy_rise_eV_per_atom": 100, "shortest_A": 0.5}
    run = heated(write(programme=boil, bath={"kind": "csvr"}, guards=guards), tmp_path / "run")
    gone = departures(run)
    assert gone, "at 2600 K atoms leave"
    assert open_entries(run) == []
    assert len({d.id for d in gone}) == len(gone)
    assert {d.domain for d in gone} <= {domain.name for domain in Model.read(run.model_path).domains}
    assert all(d.temperature_K > 1000 for d in gone)
    ends = [Counter(line.split()[2] for line in text.splitlines()[9:]) for text in _ends(run)]
    assert sum(ends[0].values()) - sum(ends[1].values()) == sum(d.step < _last(run) for d in gone)
    write_ledger(run)
    assert len((run.path / "left.csv").read_text().splitlines()) == 1 + len(gone)
    victim = next(run.path.glob("stages/*/left-*.dump"))
    victim.unlink()
    assert "the ledger does not close" in open_entries(run)[0]


def _last(run: RunDirectory) -> int:
    return max(step for path in run.dumps() for step, _ in read_frames(path))


def test_equilibration_ends_when_it_is_steady(write: Callable[..., Path], tmp_path: Path) -> None:
    programme = [{"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 40, "window_ps": 1}]
    run = heated(write(programme=programme), tmp_path / "run")
    done = run.done(run.recipe.stages[0])
    assert done is not None and 500 <= done.last_step < done.planned_steps
