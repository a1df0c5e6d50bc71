from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from typer.testing import CliRunner

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.subjects import Subjects
from nanokiln.workflows.cli.potential_commands import potentials
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.studies.copper_mobility import FRAME_STEPS, STEPS_PER_PS, compute_mobility, measured

D_A2_PS, FRAMES, VIBRATION_A = 0.31, 200, 0.15


def walk(path: Path, melted: bool) -> Path:
    """Write a dump in which copper walks at random with a known D while selenium vibrates on fcc sites, or nowhere."""
    rng = np.random.default_rng(7)
    frame_ps = FRAME_STEPS / STEPS_PER_PS
    selenium = bulk("Se", "fcc", a=5.86, cubic=True).repeat((3, 3, 3))
    edge, n = selenium.cell[0, 0], len(selenium)
    sites = rng.random((n, 3)) * edge if melted else selenium.positions
    copper = rng.random((2 * n, 3)) * edge
    head = f"ITEM: NUMBER OF ATOMS\n{3 * n}\nITEM: BOX BOUNDS pp pp pp\n" + f"0 {edge}\n" * 3
    with path.open("w") as file:
        for frame in range(FRAMES + 1):
            copper += rng.normal(0, np.sqrt(2 * D_A2_PS * frame_ps), copper.shape)
            places = np.concatenate([copper, sites]) + rng.normal(0, VIBRATION_A, (3 * n, 3))
            images = np.floor(places / edge).astype(int)
            places -= images * edge
            file.write(f"ITEM: TIMESTEP\n{frame * FRAME_STEPS}\n{head}ITEM: ATOMS id type element x y z ix iy iz\n")
            for index, (place, image) in enumerate(zip(places, images, strict=True)):
                kind = "1 Cu" if index < 2 * n else "2 Se"
                numbers = " ".join(f"{x:.5f}" for x in place) + " " + " ".join(map(str, image))
                file.write(f"{index + 1} {kind} {numbers}\n")
    return path


@pytest.mark.parametrize("melted", [False, True])
def test_a_walk_of_known_diffusion_is_measured_and_a_lost_framework_seen(tmp_path: Path, melted: bool) -> None:
    found = {m.quantity: m.value for m in measured(walk(tmp_path / "frames.dump", melted), 675.0)}
    share = found["Se in fcc order 675 K"]
    assert share is not None and (share < 0.1 if melted else share > 0.95)
    value, error = found["D(Cu) 675 K"], found["error of D(Cu) 675 K"]
    assert value is not None and error is not None
    assert abs(value - 1e-4 * D_A2_PS) < 3 * error < 1e-4 * D_A2_PS


def test_only_lammps_is_measured() -> None:
    bench = Bench(card_calculator(load_card("cu-eam")), Subjects.load(("Cu",)))
    with pytest.raises(ValueError, match="only cards"):
        next(compute_mobility(bench))


def test_a_property_that_there_is_not_is_an_error_that_lists_those_there_are() -> None:
    found = CliRunner().invoke(potentials, ["validate", "cu-eam", "--only", "meltign"])
    assert isinstance(found.exception, InputError)
    told = str(found.exception)
    assert "no property meltign" in told and "melting, elastic constants at 300 K, mobility" in told


@pytest.mark.slow
def test_copper_moves_in_the_distilled_crystal() -> None:
    card = load_card("cd-cu-p-se-pod-fast")
    bench = Bench(card_calculator(card), Subjects.load(("Cu", "Se")), card)
    rows = {m.quantity: m for m in compute_mobility(bench, (900.0,), settle_ps=1.0, measure_ps=3.0)}
    assert set(rows) == {"D(Cu) 900 K", "error of D(Cu) 900 K", "Se in fcc order 900 K"}
    assert "95 %" in rows["D(Cu) 900 K"].note
