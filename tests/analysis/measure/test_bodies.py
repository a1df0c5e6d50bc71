"""Shapes, grains, necks and axes of bodies whose answer is known."""

from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.bodies import body_results
from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.structures.catalogue import build


def measured(rows: tuple[Result, ...]) -> Measured:
    return Measured(Origin("run", "model"), rows)


def ball(turn: Rotation, centre_A: float, radius_A: float = 10.0) -> ase.Atoms:
    atoms = bulk("Au", cubic=True).repeat(8)
    atoms.positions -= atoms.positions.mean(axis=0)
    atoms = atoms[np.linalg.norm(atoms.positions, axis=1) < radius_A]
    atoms.positions = turn.apply(atoms.positions) + np.array([centre_A, 0.0, 0.0])
    return atoms


def pair(gap_A: float) -> ase.Atoms:
    """Two balls of gold in different orientations, their surfaces `gap_A` apart (negative: pressed together)."""
    one, other = (
        ball(Rotation.identity(), 0.0),
        ball(Rotation.from_euler("xyz", [23, 41, 12], degrees=True), 20.0 + gap_A),
    )
    keep = np.all(np.linalg.norm(other.positions[:, None] - one.positions, axis=2) > 2.2, axis=1)
    atoms = one + other
    atoms.cell = [80.0] * 3
    atoms.pbc = False
    atoms.positions += 30.0
    atoms.info["keep"] = np.append(np.full(len(one), True), keep)
    return atoms


@pytest.fixture
def two(written, frame_of, model_of):
    apart, joined = pair(4.0), pair(-4.0)
    keep = joined.info["keep"]
    apart, joined = apart[keep], joined[keep]
    first = len(ball(Rotation.identity(), 0.0))
    model = model_of(apart, np.where(np.arange(len(apart)) < first, 0, 1))
    model.atoms.arrays["sublattice"][:] = "metal"
    trajectory = written([frame_of(a, i, periodic=False) for i, a in enumerate((apart, *[joined] * 6))], model)
    return model, trajectory


def test_two_crystals_pressed_together_have_a_neck_a_boundary_and_two_grains(two) -> None:
    model, trajectory = two
    found = measured(body_results(model, trajectory, Labels.of(model)))
    assert found.one(quantity="grains").value == 2.0
    assert found.one(quantity="neck_growth").value > 3.0
    assert found.one(quantity="neck_growth").error == pytest.approx(0.0, abs=1e-9)
    assert found.one(quantity="boundary_atoms").value > 0
    assert found.one(quantity="Rg_change", domain="d0").value == pytest.approx(0.0, abs=1e-3)
    assert found.one(quantity="asphericity").value > 0.1


def test_a_domain_that_left_whole_has_no_radius(written, frame_of, model_of) -> None:
    atoms = pair(4.0)
    first = len(ball(Rotation.identity(), 0.0))
    model = model_of(atoms, np.where(np.arange(len(atoms)) < first, 0, 1))
    stays = frame_of(atoms[:first], 1, periodic=False)  # ids from 1 on
    trajectory = written([frame_of(atoms, 0, periodic=False), stays], model)
    found = measured(body_results(model, trajectory, Labels.of(model)))
    assert found.one(quantity="Rg_change", domain="d0").value is not None
    assert not [row for row in found.rows if row.quantity == "Rg_change" and row.domain == "d1"]


def test_a_single_ball_is_round_and_one_grain(written, frame_of, model_of) -> None:
    atoms = ball(Rotation.identity(), 0.0)
    atoms.cell, atoms.pbc = [60.0] * 3, False
    atoms.positions += 30.0
    model = model_of(atoms)
    model.atoms.arrays["sublattice"][:] = "metal"
    trajectory = written([frame_of(atoms, i, periodic=False) for i in range(3)], model)
    found = measured(body_results(model, trajectory, Labels.of(model)))
    assert found.one(quantity="asphericity").value < 1e-3
    assert found.one(quantity="grains").value == 1.0
    assert found.one(quantity="fcc_metal").value == 1.0
    assert found.one(quantity="neck_growth") is None


def stacked(sequence: str) -> ase.Atoms:
    """A ball of gold whose close-packed layers follow one another in this order."""
    d = 4.08 / 2**0.5
    along = d * np.array([[1.0, 0.0, 0.0], [0.5, 3**0.5 / 2, 0.0]])
    i, j = (one.ravel() for one in np.meshgrid(range(12), range(12)))
    planes = [
        np.column_stack([i + "ABC".index(one) / 3, j + "ABC".index(one) / 3]) @ along + [0, 0, k * d * (2 / 3) ** 0.5]
        for k, one in enumerate(sequence)
    ]
    points = np.concatenate(planes)
    points -= points.mean(axis=0)
    points = points[np.linalg.norm(points, axis=1) < 11.0]
    return ase.Atoms("Au" * len(points), points + 30.0, cell=[60.0] * 3, pbc=False)


def test_a_twin_in_a_ball_is_counted_from_first_to_last(written, frame_of, model_of) -> None:
    for sequence, twins in (("ABCABCABCABC", 0.0), ("ABCABCBACBAC", 1.0)):
        model = model_of(stacked(sequence))
        model.atoms.arrays["sublattice"][:] = "metal"
        trajectory = written([frame_of(model.atoms, i, periodic=False) for i in range(3)], model)
        found = measured(body_results(model, trajectory, Labels.of(model)))
        for stage in ("first", "last"):
            assert found.one(quantity="twins", stage=stage).value == twins
            assert found.one(quantity="metal_faults", stage=stage).value == 0.0
            assert (found.one(quantity="hcp_metal", stage=stage).value > 0.05) is (twins > 0)
        assert found.one(quantity="grains").value == 1.0


def test_copper_that_grows_into_the_phosphide_is_counted(written, frame_of) -> None:
    """Copper of the phosphide is carried, atom by atom, to where a crystal of copper has its places."""
    model = build("cu-cu3p-janus-j1-small")
    names = [domain.phase for domain in model.domains]
    mine = np.flatnonzero((model.atoms.arrays["domain"] == names.index("Cu3P")) & (model.atoms.symbols == "Cu"))
    lump = bulk("Cu", cubic=True).repeat(6)
    lump.positions -= lump.positions.mean(axis=0)
    order = np.argsort(np.linalg.norm(lump.positions, axis=1))[: len(mine)]
    grown = model.atoms.copy()
    grown.positions[mine] = lump.positions[order] + model.atoms.positions.mean(axis=0) + [60.0, 0.0, 0.0]
    frames = [frame_of(a, i, periodic=False) for i, a in enumerate((model.atoms, *[grown] * 6))]
    found = measured(body_results(model, written(frames, model), Labels.of(model)))
    assert found.one(quantity="grown", stage="first").value == 0.0
    inner = np.sum(np.linalg.norm(lump.positions[order], axis=1) < np.linalg.norm(lump.positions[order[-1]]) - 2.8)
    assert 0 < inner <= found.one(quantity="grown", stage="last").value < len(mine)


def test_the_axes_of_a_plate_stay_parallel_and_turn_apart_when_one_domain_turns(written, frame_of) -> None:
    model = build("cdse-cu3p-cdse-small")
    turned = model.atoms.copy()
    upper = turned.arrays["domain"] == 2
    centre = turned.positions[upper].mean(axis=0)
    turned.positions[upper] = Rotation.from_euler("x", 7, degrees=True).apply(turned.positions[upper] - centre) + centre
    names = [d.name for d in model.domains]
    for last, expected in ((model.atoms, 0.0), (turned, 7.0)):
        frames = [frame_of(a, i, periodic=False) for i, a in enumerate((model.atoms, last))]
        found = measured(body_results(model, written(frames, model), Labels.of(model)))
        assert found.one(quantity="axis_angle", domain=names[0], other=names[2]).value == pytest.approx(
            expected, abs=0.6
        )
        assert found.one(quantity="axis_angle", domain=names[0], other=names[1]).value == pytest.approx(0.0, abs=0.6)


def test_the_planes_of_a_janus_particle_are_those_of_its_relation(written, frame_of, tmp_path: Path) -> None:
    """The third condition of J1 does not hold exactly: the built particle shows the angle that the relation has."""
    from nanokiln.structures.crystals.relation import load_relation

    model = build("cu-cu3p-janus-j1-small")
    frames = [frame_of(model.atoms, i, periodic=False) for i in range(2)]
    found = measured(body_results(model, written(frames, model), Labels.of(model)))
    expected = min(abs(a) for a in load_relation("J1").deviations_deg())
    assert found.one(quantity="plane_angle").value <= expected + 1.0
