import ase
import numpy as np
import pytest
from ase.build import bulk
from scipy.spatial.transform import Rotation

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.subjects import Subjects
from nanokiln.workflows.studies.frameworks_held import FRAME_PS, compute_cores, compute_frameworks, held, moved

HOLD_PS, VIBRATION_A = 3.0, 0.3


def vibrating(stacked: bool, drift_A: float = 0.0) -> list[ase.Atoms]:
    """Return frames of selenium on fcc places, or nowhere, that vibrates about them and drifts across the boundary."""
    rng = np.random.default_rng(3)
    crystal = bulk("Se", "fcc", a=5.86, cubic=True).repeat((3, 3, 3))
    lost = rng.random((len(crystal), 3)) @ crystal.cell.array
    frames = []
    for index in range(round(HOLD_PS / FRAME_PS) + 1):
        frame = crystal.copy()
        frame.positions = crystal.positions if stacked or index == 0 else lost
        vibration = rng.normal(0, VIBRATION_A if index else 0.0, (len(frame), 3))
        frame.positions = frame.positions + vibration + drift_A * index
        frame.wrap()
        frames.append(frame)
    return frames


@pytest.mark.parametrize("drift_A", [0.0, 0.4])
def test_a_vibrating_drifting_crystal_keeps_its_framework(drift_A: float) -> None:
    found = {m.quantity: m for m in held("Cu2Se", vibrating(True, drift_A), "Se", 900.0, HOLD_PS)}
    fcc, hcp = found["Se in fcc order 900 K"], found["Se in hcp order 900 K"]
    assert (fcc.value, hcp.value) == (1.0, 0.0)
    assert fcc.note == "108 atoms, 3 ps"
    off = found["Se off its places 900 K"].value
    assert off is not None and off < 0.1
    assert found["volume 900 K"].value == pytest.approx(5.86**3 / 4, abs=1e-3)


def test_a_lost_framework_is_seen() -> None:
    found = {m.quantity: m.value for m in held("Cu2Se", vibrating(False), "Se", 900.0, HOLD_PS)}
    fcc, hcp, off = (found[f"Se {what} 900 K"] for what in ("in fcc order", "in hcp order", "off its places"))
    assert fcc is not None and hcp is not None and fcc + hcp < 0.2
    assert off is not None and off > 0.2


def test_a_run_that_did_not_survive_has_no_number() -> None:
    for order in held("Cu2Se", vibrating(True)[:5], "Se", 900.0, HOLD_PS):
        assert order.value is None
        assert "did not survive" in order.note


def test_turned_particles_have_not_moved_and_disturbed_cores_have() -> None:
    rng = np.random.default_rng(5)
    ball = bulk("Se", "fcc", a=5.86, cubic=True).repeat((6, 6, 6))
    ball.positions -= ball.positions.mean(axis=0)
    ball = ball[np.linalg.norm(ball.positions, axis=1) < 14.0]
    ball = ase.Atoms(ball.symbols, ball.positions)
    turned = Rotation.from_rotvec([0.3, -0.5, 0.2]).apply(ball.positions) + 2.0
    assert [m.value for m in moved("ball", ball, turned, "turning")] == [0.0, 0.0]
    by_A = 0.5
    disturbed = turned + rng.normal(0, by_A / np.sqrt(3), turned.shape)
    for m in moved("ball", ball, disturbed, "disturbing"):
        assert m.value == pytest.approx(by_A, abs=0.06)


def test_a_student_and_an_ase_calculator_are_held_the_same_way() -> None:
    """Copper under one potential, through LAMMPS and through ASE: both keep it, at the same volume."""
    card = load_card("cu-eam")
    subjects = Subjects.load(("Cu",))
    student = {m.quantity: m.value for m in compute_frameworks(Bench(card_calculator(card), subjects, card), 1.0)}
    teacher = {m.quantity: m.value for m in compute_frameworks(Bench(card_calculator(card), subjects), 1.0)}
    assert student.keys() == teacher.keys()
    for name in ("Cu in fcc order 300 K", "Cu in fcc order 900 K"):
        assert student[name] == teacher[name] == 1.0
    assert student["volume 300 K"] == pytest.approx(teacher["volume 300 K"], rel=0.01)


def test_a_particle_is_held_from_its_minimum() -> None:
    """The rod of CdSe under its three-body potential: at 300 K the core's means stay near its minimum."""
    card = load_card("cdse-sw")
    found = {m.quantity: m for m in compute_cores(Bench(card_calculator(card), Subjects.load(()), card), 1.5)}
    assert {m.subject for m in found.values()} == {"cdse-rod-small"}
    rest, warm = (found[f"core after {what}"].value for what in ("minimisation", "1.5 ps at 300 K"))
    assert rest is not None and warm is not None
    assert 0 < rest < warm < rest + 0.2
