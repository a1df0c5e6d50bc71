"""A front of lead that was moved by hand is found where it was put, whatever the particle does as a whole."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.composition import find_front
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.boundaries import boundary_results
from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model

LAYER_A = 3.51  # c/2 of CdSe
Faces = Callable[[Model, np.ndarray], dict[tuple[str, str, str], Result]]


@pytest.fixture
def faces(written, frame_of, tmp_path) -> Faces:
    """Measure the boundaries of a model whose atoms are at some place in all frames but the first."""

    def measure(model: Model, last_A: np.ndarray) -> dict[tuple[str, str, str], Result]:
        moved = model.atoms.copy()
        moved.positions = last_A
        frames = [frame_of(one, i * 50, periodic=False) for i, one in enumerate((model.atoms, *[moved] * 6))]
        lines = ["step,time_ps,stage,target_K,temperature_K,potential_eV"]
        lines += [f"{i * 50},{i * 0.1},01-hold,400,400,0" for i in range(7)]
        (tmp_path / "thermo.csv").write_text("\n".join(lines) + "\n")
        trajectory, record = written(frames, model), Thermo(tmp_path / "thermo.csv")
        mobility = Mobility(
            trajectory, Labels.of(model), record, np.empty(0, np.int64), Order(7), Displacements(trajectory)
        )
        return {(row.quantity, row.domain, row.stage): row for row in boundary_results(model, mobility)}

    return measure


def planted(model: Model, depth_A: float) -> np.ndarray:
    """Lead of the outermost PbSe (111) trades places with the cadmium of the rod nearest to it, to a depth."""
    positions, names = model.atoms.positions.copy(), [domain.name for domain in model.domains]
    domain, symbols = model.atoms.arrays["domain"], model.atoms.symbols
    cadmium = np.flatnonzero((domain == names.index("rod")) & (symbols == "Cd"))
    face = positions[cadmium, 2].max()
    cadmium = cadmium[positions[cadmium, 2] > face - depth_A]
    lead = np.flatnonzero((domain == names.index("pbse-111")) & (symbols == "Pb"))
    lead = lead[np.argsort(-positions[lead, 2])][: len(cadmium)]
    positions[np.concatenate([cadmium, lead])] = positions[np.concatenate([lead, cadmium])]
    return positions


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_a_planted_front_of_lead_is_found_within_a_layer(faces: Faces, layers: int) -> None:
    model = build("pbse-cdse-dumbbell-small")
    depth_A = layers * LAYER_A
    rows = faces(model, planted(model, depth_A - 1.0) if layers else model.atoms.positions)
    first, last = (rows["front", "rod", stage] for stage in ("first", "last"))
    assert (first.other, first.species) == ("pbse-111", "Pb")
    assert first.value - last.value == pytest.approx(depth_A, abs=0.6 * LAYER_A)
    other = [rows["front", "pbse-100", stage] for stage in ("first", "last")]
    assert other[0].value == pytest.approx(other[1].value, abs=1e-6) and other[0].species == "Cd"


def test_a_front_does_not_move_with_the_particle(faces: Faces) -> None:
    model = build("pbse-cdse-dumbbell-small")
    put = planted(model, 2 * LAYER_A - 1.0)
    middle = put.mean(axis=0)
    turned = Rotation.from_euler("xyz", [12, -8, 30], degrees=True).apply(put - middle)
    still, loose = faces(model, put), faces(model, turned + middle + np.array([3.0, -5.0, 9.0]))
    for stage in ("first", "last"):
        assert loose["front", "rod", stage].value == pytest.approx(still["front", "rod", stage].value, abs=0.05)


def test_a_blurred_front_says_how_far_it_is_known() -> None:
    rng = np.random.default_rng(0)
    height = rng.uniform(0.0, 40.0, 400)
    sharp = find_front(height, height > 25.0)
    blurred = find_front(height, rng.random(400) < 1 / (1 + np.exp(-(height - 25.0) / 3.0)))
    assert sharp is not None and blurred is not None
    assert sharp.height_A == pytest.approx(25.0, abs=0.3) and sharp.misplaced == 0.0
    assert blurred.height_A == pytest.approx(25.0, abs=3.0) and blurred.misplaced > 0.02
    assert blurred.error_A > sharp.error_A
    moved = find_front(height + 7.0, height > 25.0)
    assert moved is not None and moved.height_A == pytest.approx(sharp.height_A + 7.0)
    assert find_front(height, np.full(400, True)) is None
