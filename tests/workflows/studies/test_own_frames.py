"""Frames of a run beside a teacher: none off itself, as far off another as the frames say."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.hpc.resources import Resources
from nanokiln.potentials.cards import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import run
from nanokiln.workflows.studies.own_frames import judge_frames


@pytest.fixture(scope="module")
def heated(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict[str, object]]) -> Path:
    from nanokiln.workflows.recipe.recipe import Recipe

    return run(Recipe.model_validate(small_recipe()), tmp_path_factory.mktemp("own") / "run", Resources())[0].path


@pytest.fixture
def teachers(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("teachers")
    module.itself = lambda: card_calculator(load_card("cdse-sw"))  # type: ignore[attr-defined]
    module.lj = lambda: LennardJones(sigma=2.0, epsilon=0.1, rc=5.0)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "teachers", module)


@pytest.mark.usefixtures("teachers")
def test_a_potential_is_not_off_itself(heated: Path) -> None:
    judged = judge_frames(heated, "teachers:itself", frames=3)
    assert [one.time_ps for one in judged] == sorted({one.time_ps for one in judged})
    assert len(judged) == 3
    assert max(abs(one.energy_meV_per_atom) for one in judged) < 1e-6
    assert max(one.forces_eV_A for one in judged) < 1e-8
    assert all(one.teacher_forces_eV_A > 0.1 for one in judged[1:])


@pytest.mark.usefixtures("teachers")
def test_another_is_as_far_off_as_the_frame_says(heated: Path) -> None:
    last = judge_frames(heated, "teachers:lj", frames=2)[-1]
    with Trajectory.open(heated / "trajectory.h5") as trajectory:
        atoms = trajectory.atoms(trajectory.n_frames - 1)
    atoms.pbc = False  # no periodic box, in the trial as in the truth
    ours, theirs = atoms.copy(), atoms.copy()
    ours.calc, theirs.calc = card_calculator(load_card("cdse-sw")), LennardJones(sigma=2.0, epsilon=0.1, rc=5.0)
    off = np.sqrt(np.mean((ours.get_forces() - theirs.get_forces()) ** 2))
    assert last.forces_eV_A == pytest.approx(off, rel=1e-6)
    energy = 1e3 * (ours.get_potential_energy() - theirs.get_potential_energy()) / len(atoms)
    assert last.energy_meV_per_atom == pytest.approx(energy, rel=1e-6)


def test_no_teacher_and_no_frames_are_named(heated: Path) -> None:
    with pytest.raises(InputError, match="no calculator 'nobody'"):
        judge_frames(heated, "nobody")
    with pytest.raises(InputError, match="at least one frame"):
        judge_frames(heated, "nequix", frames=0)
