"""An ASE calculator through `fix external`: units, signs, conservation, interruption, and what is refused."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

from nanokiln.hpc.launch import site_lmp
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.hpc.site import Site
from nanokiln.potentials.cards.pair_commands import CALLBACK
from nanokiln.potentials.cards.user_potential import OwnCalculator
from nanokiln.potentials.lammps.session import Session
from nanokiln.workflows.engine.batch import submit
from nanokiln.workflows.engine.engine import engine
from nanokiln.workflows.engine.external import External, ask
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.engine.logbook import Logbook
from nanokiln.workflows.errors import InputError, RunError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.pipeline import run as run_recipe
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import Position
from nanokiln.workflows.rundir.thermo_rows import column

NAME = "ase.calculators.emt:EMT"
GOLD = {
    "model": {"preset": "au-sphere", "scale": 0.3},
    "potential": {"ase": NAME, "elements": ["Au"]},
    "programme": [
        {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.3, "window_ps": 3},
        {"kind": "hold", "duration_ps": 0.2},
    ],
}


@pytest.fixture
def copper() -> ase.Atoms:
    """A rattled, strained, sheared cell, so that no component of the stress is zero."""
    atoms = bulk("Cu", cubic=True).repeat(2)
    atoms.rattle(0.1, seed=1)
    cell = atoms.cell.array * [[1.02], [0.98], [1.0]]
    cell[1, 0], cell[2, 0], cell[2, 1] = 0.7, -0.4, 0.3
    atoms.set_cell(cell, scale_atoms=True)
    return atoms


def attached(atoms: ase.Atoms, *commands: str) -> tuple[Session, External]:
    """Return LAMMPS with EMT behind it, and the external."""
    session = Session(atoms, ["Cu"])
    for command in OwnCalculator(ase=NAME, elements=("Cu",)).card().commands(("Cu",)):
        session.execute(command)
        if command == CALLBACK:
            external = External(session.lmp, NAME, ("Cu",), 6.0)
    for command in commands:
        session.execute(command)
        external.check()
    return session, external


@pytest.mark.parametrize("periodic", [(True, True, True), (True, True, False)])
def test_energy_forces_and_stress_are_the_calculators(copper: ase.Atoms, periodic: tuple) -> None:
    if not all(periodic):
        copper.cell[2] = [0, 0, copper.cell[2, 2]]  # LAMMPS tilts no box along an axis that does not repeat
        copper.pbc = periodic
        copper.center(vacuum=7, axis=2)
    session, _ = attached(copper, "run 0")
    copper.calc = EMT()
    assert session.energy_eV == pytest.approx(copper.get_potential_energy(), rel=1e-9)
    np.testing.assert_allclose(session.forces_eV_A, copper.get_forces(), atol=1e-9)
    np.testing.assert_allclose(session.stress_eV_A3, copper.get_stress(), rtol=1e-6, atol=1e-9)
    session.close()


def test_a_free_cluster_has_the_virial_of_its_forces() -> None:
    cluster = ase.Atoms("Cu4", [[0, 0, 0], [2.3, 0, 0], [0, 2.5, 0], [0.2, 0.1, 2.4]], cell=[5, 5, 5])
    found = ask(EMT(), cluster, 6.0)
    step, energies = 1e-5, []
    for sign in (1, -1):
        moved = cluster.copy()
        moved.positions[:, 1] += sign * step * cluster.positions[:, 0]
        energies.append(ask(EMT(), moved, 6.0).energy_eV)
    assert found.virial_eV[3] == pytest.approx(-(energies[0] - energies[1]) / (2 * step), abs=1e-6)
    far = cluster.copy()
    far.set_cell([40, 40, 40])
    assert found.energy_eV == pytest.approx(ask(EMT(), far, 6.0).energy_eV, abs=1e-12)


def test_energy_is_conserved(copper: ase.Atoms) -> None:
    commands = ("velocity all create 900 7", "fix move all nve", "timestep 0.002", "run 0")
    session, external = attached(copper, *commands)
    energies = []
    for _ in range(20):
        session.run(5)
        external.check()
        energies.append([session.thermo("etotal") / len(copper), session.energy_eV / len(copper)])
    total, potential = np.ptp(energies, axis=0)
    assert potential > 0.03
    assert total < 0.01 * potential
    session.close()


@pytest.mark.mpi
def test_a_stopped_run_goes_on_as_if_nothing_had_been(write: Callable[..., Path], tmp_path: Path) -> None:
    whole, broken = (RunDirectory(tmp_path / name) for name in ("whole", "broken"))
    recipe = load_recipe(write(**GOLD))
    for run in (whole, broken):
        begin(recipe, run)
    assert heat(whole, Resources(), RankGroup()) == "finished"
    program = [sys.executable, str(Path(__file__).with_name("heat_only.py")), str(broken.path), "1"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    while process.poll() is None and not broken.checkpoints.steps():
        time.sleep(0.01)
    process.terminate()
    assert process.communicate(timeout=60)[0] == "stopped\n"
    at = broken.checkpoints.newest_good()
    assert at is not None and at < 250
    assert heat(broken, Resources(), RankGroup()) == "finished"
    rows = [run.thermo_path.read_text().splitlines()[1:] for run in (whole, broken)]
    for name in ("step", "potential_eV", "kinetic_eV", "pressure_bar"):
        a, b = (column(r, name) for r in rows)
        early = column(rows[0], "step") <= at + 100
        np.testing.assert_allclose(b[early], a[early], rtol=1e-8)
    record = broken.record.potential
    assert record.calculator == NAME and len(next(iter(record.files.values()))) == 64


def test_several_ranks_and_site_programs_are_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    recipe = write(**GOLD)
    two, lmp = Resources(ranks=2, walltime_min=10), Resources(lmp=(str(site_lmp()),))
    with pytest.raises(InputError, match="runs on one rank, but 2 were asked for"):
        run_recipe(recipe, tmp_path / "run", two)
    with pytest.raises(InputError, match="runs on one rank, but 2 were asked for"):
        submit(str(recipe), tmp_path / "run", two, Site(), dry_run=True)
    with pytest.raises(InputError, match="leave --lmp out"):
        run_recipe(recipe, tmp_path / "run", lmp)
    assert not (tmp_path / "run").exists()


def test_lmp_does_not_run_the_deck_without_forces(write: Callable[..., Path], tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(write(**GOLD)), run)
    stage = run.recipe.stages[0]
    deck = Logbook(run, run.recipe, 1).write_deck(stage, Position(0, 0, 0), None)
    command = [str(site_lmp()), "-in", "deck.in", "-log", "none"]
    done = subprocess.run(command, cwd=run.stage_path(stage), capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "callback function not set" in done.stdout + done.stderr

    class Two:
        size = 2

    with pytest.raises(InputError, match="runs on one rank"), engine(deck, run.stage_path(stage), Two()):
        pass


FAULTY = """
from ase.calculators.emt import EMT

class Faulty(EMT):
    calls = 0

    def calculate(self, *args, **kwargs):
        Faulty.calls += 1
        if Faulty.calls > 120:
            raise RuntimeError("the network is down")
        super().calculate(*args, **kwargs)
"""


@pytest.mark.mpi
def test_what_a_calculator_raises_ends_the_run(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faulty_calculator.py").write_text(FAULTY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(write(**{**GOLD, "potential": {"ase": "faulty_calculator:Faulty", "elements": ["Au"]}})), run)
    with pytest.raises(RunError, match="the ASE calculator failed: the network is down"):
        heat(run, Resources(), RankGroup())


def test_a_calculator_that_cannot_do_the_model_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    recipe = load_recipe(write(potential={"ase": NAME, "elements": ["Cd", "Se"]}))
    with pytest.raises(InputError, match="cannot compute this model: NotImplementedError"):
        begin(recipe, RunDirectory(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
