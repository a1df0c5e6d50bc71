"""The whole distillation on copper, with ASE's effective medium theory as a teacher quick enough for a test."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.cards.card import CardHead
from nanokiln.potentials.training.dataset import read_labels
from nanokiln.potentials.training.fit import fit, report_stage, within
from nanokiln.potentials.training.normal_equations import TRUST, Errors
from nanokiln.potentials.training.publish import publish
from nanokiln.potentials.training.student import load, load_trust
from nanokiln.potentials.training.system import GateLimits, System
from nanokiln.potentials.training.teacher import label
from nanokiln.structures.storage import sha256

COPPER = System.model_validate(
    {
        "elements": ["Cu"],
        "teacher": "ase.calculators.emt:EMT",
        "phases": {
            "cu": {
                "spacegroup": 225,
                "cell": [3.61, 3.61, 3.61, 90, 90, 90],
                "repeat": [2, 2, 2],
                "sites": {"Cu": [[0, 0, 0]]},
            }
        },
        "explore": [
            {"of": "cu", "shape": "bulk", "repeat": [2, 2, 2]},
            {"of": "cu", "shape": "slab", "repeat": [2, 2, 2]},
        ],
        "explore_K": [300, 900],
        "trust": {"melt": 1.0},
    }
)
EASY = GateLimits(energy_meV_atom=1e6, force_eV_A=10.0)
EMT_COPPER_A = 3.5902  # ase.calculators.emt's own lattice constant
HEAD = CardHead(name="cu-test", title="test", source="test", licence="MIT", purpose="test")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    fit(COPPER.model_copy(update={"limits": EASY}), folder, seed_count=15, rounds=2, say=lambda _: None)
    return folder


def test_own_dynamics_are_learnt(work: Path) -> None:
    """The first student's own frames, labelled in round 1, are reproduced by the second, which saw some of them."""
    frames = read_labels(work / "labels-01.extxyz")
    assert {f.info["origin"].split("/")[1] for f in frames} == {"bulk", "slab"}
    first, second = (load(work / f"student-0{n}.uf3") for n in (0, 1))
    before = report_stage(lambda _: None, "", *first, frames)["all"]
    after = report_stage(lambda _: None, "", *second, frames)["all"]
    assert after.force_eV_A < before.force_eV_A
    assert after.force_eV_A < 0.1
    assert after.force_slope == pytest.approx(1, abs=0.03)


def test_a_student_remembers_how_much_cells_counted(work: Path) -> None:
    assert TRUST["melt"] != 1.0
    assert load_trust(work / "student-01.uf3") == TRUST | {"melt": 1.0}


def test_melts_do_not_decide_whether_a_round_is_the_last(work: Path) -> None:
    frames = read_labels(work / "labels-01.extxyz")
    student = load(work / "student-01.uf3")
    molten = [frame.copy() for frame in frames]
    for frame in molten:
        frame.info["origin"] = "melt/Cu30/900K"
        frame.info["energy"] += len(frame)
    alone = report_stage(lambda _: None, "", *student, frames)["all solid"]
    both = report_stage(lambda _: None, "", *student, [*frames, *molten])
    assert both["all solid"] == alone and both["all"].energy_meV_atom > alone.energy_meV_atom + 500
    assert not within(both["all"], GateLimits()) and both["melt/Cu30/900K"].cells == len(frames)


def test_crystals_near_rest_are_calm_and_scatter_about_it(work: Path) -> None:
    """Cells near rest lie around the teacher's own minimum: small forces, a mean volume at rest within 1 %."""
    rest = [f for f in read_labels(work / "labels-00.extxyz") if f.info["origin"].startswith("rest/")]
    assert len(rest) == 40
    assert max(np.abs(f.arrays["forces"]).max() for f in rest) < 2.0
    volumes = [f.get_volume() / len(f) for f in rest]
    spread = np.std(volumes) / np.sqrt(len(rest))
    assert np.mean(volumes) == pytest.approx(EMT_COPPER_A**3 / 4, abs=3 * spread)


def test_finished_stages_are_not_labelled_again(work: Path) -> None:
    kept = {p.name: (p.stat().st_mtime_ns, sha256(p)) for p in work.glob("labels-*.extxyz")}
    student = sha256(work / "student-01.uf3")
    fit(COPPER, work, seed_count=15, rounds=1, say=lambda _: None)
    assert {p.name: (p.stat().st_mtime_ns, sha256(p)) for p in work.glob("labels-*.extxyz")} == kept
    assert sha256(work / "student-01.uf3") == student


def test_a_teacher_that_cannot_be_had_stops_a_fit_before_it_begins(work: Path) -> None:
    said: list[str] = []
    strange = COPPER.model_copy(update={"teacher": "ase.calculators.emt:EMTT"})
    with pytest.raises(ValueError, match=r"ase\.calculators\.emt has no EMTT"):
        fit(strange, work, seed_count=15, rounds=9, say=said.append)
    assert not said


def test_kinds_of_neighbourhood_are_those_of_all_labels_in_the_end(tmp_path: Path) -> None:
    """What a fit from nothing leaves is what the same command makes of its labels."""
    small = {"cutoff_A": 4.5, "pair": 3, "three": [2, 1], "four": [0, 0], "five": [0, 0], "kinds": 2, "components": 1}
    system = System.model_validate(COPPER.model_dump(exclude_unset=True) | {"pod": small, "limits": EASY.model_dump()})
    said: list[str] = []
    student = fit(system, tmp_path, seed_count=6, rounds=1, say=said.append)
    assert student.name == "student-01.npz" and any("found anew" in line for line in said)
    first = load(student)
    fit(system, tmp_path, seed_count=6, rounds=1, say=said.append)
    again = load(student)
    assert again[0] == first[0]
    np.testing.assert_array_equal(again[1], first[1])


def test_rounds_end_once_own_dynamics_are_within_the_limits(work: Path) -> None:
    """The second of two rounds was not run, as the first was within `EASY`; it would have been under tighter limits."""
    assert not (work / "labels-02.extxyz").exists()
    new = Errors(cells=9, energy_meV_atom=4.0, force_eV_A=0.1, stress_GPa=0.1, force_slope=1.0)
    assert within(new, GateLimits(energy_meV_atom=4.0, force_eV_A=0.1))
    assert not within(new, GateLimits(energy_meV_atom=3.9, force_eV_A=0.1))
    assert not within(new, GateLimits(energy_meV_atom=4.0, force_eV_A=0.09))


def test_labels_are_the_teachers(work: Path) -> None:
    frame = read_labels(work / "labels-00.extxyz")[0]
    again = next(iter(label([frame], load_calculator(COPPER.teacher))))
    assert again.info["energy"] == pytest.approx(frame.info["energy"], abs=1e-6)
    np.testing.assert_allclose(again.arrays["forces"], frame.arrays["forces"], atol=1e-6)


@pytest.mark.slow
def test_card_carries_every_gate(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 32 atoms: quick, and copper holds still
    monkeypatch.setattr("nanokiln.potentials.training.publish.SMALLEST_A", 7.0)
    card = publish(COPPER, work, [], HEAD, catalogue=tmp_path)
    quantities = {gate.quantity for gate in card.gates}
    assert {"energy RMSE against teacher", "force RMSE against teacher", "NVE drift over 20 ps"} <= quantities
    lattice = next(gate for gate in card.gates if gate.quantity == "a against teacher")
    assert lattice.value < 1.0
    assert all(gate.value < 5 for gate in card.gates if gate.quantity == "NVE drift over 20 ps")
    assert (tmp_path / "cards" / "cu-test.yaml").read_text().startswith("name: cu-test")
