"""Balance, regions, boundaries and pieces of a sandwich whose atoms were moved by hand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.cluster import Octahedron

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.balance import balance_results
from nanokiln.analysis.measure.boundaries import boundary_results
from nanokiln.analysis.measure.by_region import local_diffusion, local_vacancies, regions_of
from nanokiln.analysis.measure.events import events_of
from nanokiln.analysis.measure.heating_curve import Survey, compute_structure
from nanokiln.analysis.measure.hopping import hopping_results, van_hove_curves
from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measure.pieces import piece_results
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import convert
from nanokiln.structures.model import Model

FRAMES, SWAPPED = 16, 6
Seen = tuple[Model, Survey, Mobility]


def sandwich(crystal_of, model_of) -> Model:
    """Zincblende CdSe below z = 15 A, antifluorite Cu2Se on its cations above: one anion lattice, two domains."""
    atoms = crystal_of("zb", (4, 4, 5))
    anions = atoms.positions[atoms.symbols == "Se"]
    upper = anions[:, 2] > 15
    a = 6.077
    cube = np.array([[i, j, k] for i in (-0.25, 0.25) for j in (-0.25, 0.25) for k in (-0.25, 0.25)]) * a
    holes = np.unique(np.round((anions[upper][:, None] + cube).reshape(-1, 3), 4), axis=0)
    corners = np.sum(np.linalg.norm(holes[:, None] - anions[None], axis=2) < 2.7, axis=1)
    holes = holes[(holes[:, 2] > 15) & (corners == 4)]
    cadmium = atoms[(atoms.symbols == "Cd") & (atoms.positions[:, 2] < 15)]
    both = cadmium + ase.Atoms("Se" * len(anions), anions) + ase.Atoms("Cu" * len(holes), holes)
    domain = (both.positions[:, 2] > 15).astype(int)
    both.set_cell(np.diag([80.0, 80, 80]))
    both.positions += 20
    both.pbc = False
    return model_of(both, domain)


@pytest.fixture(scope="module")
def seen(crystal_of, model_of, frame_of, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Half-way, six copper atoms of the upper domain trade places with six cadmium atoms of the lower."""
    model = sandwich(crystal_of, model_of)
    atoms, rng = model.atoms, np.random.default_rng(0)
    depth = atoms.positions[:, 2]
    inner = np.all(abs(atoms.positions[:, :2] - atoms.positions[:, :2].mean(0)) < 7, axis=1)
    copper = np.flatnonzero((atoms.symbols == "Cu") & inner & (depth > 39) & (depth < 45))[:SWAPPED]
    cadmium = np.flatnonzero((atoms.symbols == "Cd") & inner & (depth > 23) & (depth < 31))[:SWAPPED]
    frames: list[DumpFrame] = []
    for i in range(FRAMES):
        now = atoms.copy()
        if i >= FRAMES // 2:
            now.positions[copper], now.positions[cadmium] = atoms.positions[cadmium], atoms.positions[copper]
        now.positions += rng.normal(0, 0.05, now.positions.shape)
        frames.append(frame_of(now, i * 50, periodic=False))
    folder: Path = tmp_path_factory.mktemp("seen")
    write_dump(folder / "t.dump.gz", frames, digits=12)
    lines = ["step,time_ps,stage,target_K,temperature_K,potential_eV"]
    lines += [f"{i * 50},{i * 0.1},{'01-settle' if i == 0 else '02-hold'},600,600,0" for i in range(FRAMES)]
    (folder / "thermo.csv").write_text("\n".join(lines) + "\n")
    record, labels = Thermo(folder / "thermo.csv"), Labels.of(model)
    with convert([folder / "t.dump.gz"], model, folder / "t.h5", 0.002) as trajectory:
        temperature_K = record.temperature_at(trajectory.steps)
        survey = compute_structure(trajectory, labels, temperature_K, np.arange(FRAMES))
        order = Order.of(survey.ordered, survey.frames, temperature_K, trajectory.times_ps)
        yield (
            model,
            survey,
            Mobility(trajectory, labels, record, np.empty(0, np.int64), order, Displacements(trajectory)),
        )


def test_charge_and_copper_follow_the_trade(seen: Seen) -> None:
    """Six Cu+ against six Cd2+: the lower domain loses six charges, the upper gains them and lacks six copper atoms."""
    _, survey, mobility = seen
    rows = {(r.quantity, r.domain, r.stage): r for r in balance_results(survey, mobility, events_of(survey, mobility))}
    for domain, change in (("d0", -SWAPPED), ("d1", SWAPPED)):
        first, last = rows["charge", domain, "first"], rows["charge", domain, "last"]
        assert last.value - first.value == pytest.approx(change, abs=0.01) and last.error == pytest.approx(0, abs=0.01)
    anions = np.sum(mobility.labels.anion & (mobility.labels.domain == 1))
    more = rows["deficit", "d1", "last"].value - rows["deficit", "d1", "first"].value
    assert more == pytest.approx(SWAPPED / anions)
    assert ("deficit", "d0", "last") not in rows  # it began without copper


def test_hops_are_the_trade_and_nothing_else(seen: Seen) -> None:
    _, survey, mobility = seen
    rows = {(r.quantity, r.species): r for r in hopping_results(survey, mobility, events_of(survey, mobility))}
    assert rows["hops", "Cu"].value == rows["hops", "Cd"].value == SWAPPED
    assert rows["hops", "Se"].value == 0 and rows["jump_rate", "Se"].value is None
    copper = np.sum(mobility.trajectory.elements == "Cu")
    assert rows["jump_rate", "Cu"].value == pytest.approx(SWAPPED / (copper * 0.1 * (FRAMES - 3)), rel=0.05)
    assert rows["jump_length", "Cu"].value > 5 and rows["hops", "Cu"].stage == "02-hold"


def test_van_hove_is_a_density_of_the_hold(seen: Seen) -> None:
    curves = {curve.species: curve for curve in van_hove_curves(seen[2])}
    assert set(curves) == {"Cd", "Cu", "Se"}
    assert np.sum(curves["Se"].y) * 0.1 == pytest.approx(1) and curves["Se"].stage == "02-hold"
    assert curves["Se"].x[curves["Se"].y.argmax()] < 0.3


def test_regions_have_their_own_numbers(seen: Seen) -> None:
    model, survey, mobility = seen
    regions = regions_of(model)
    assert {"interface", "shell"} <= set(regions)
    found = local_diffusion(mobility, regions)
    assert {row.region for row in found} <= set(regions) and {row.species for row in found} == {"Cd", "Cu"}
    vacant = {(row.region, row.stage): row for row in local_vacancies(survey, mobility, regions)}
    for region in regions:
        if (region, "first") in vacant:
            change = vacant[region, "last"].value - vacant[region, "first"].value
            assert abs(change) < 0.05  # every place was taken again


def test_the_face_between_the_domains_is_as_rough_as_it_was_cut(seen: Seen) -> None:
    model, _, mobility = seen
    rows = {row.stage: row for row in boundary_results(model, mobility)}
    assert {(row.domain, row.other) for row in rows.values()} == {("d0", "d1")}
    assert rows["last"].value == pytest.approx(rows["first"].value, abs=0.3) and rows["first"].value < 2


def test_one_anion_lattice_is_one_grain(seen: Seen) -> None:
    _, survey, mobility = seen
    rows = {row.quantity: row for row in piece_results(mobility.trajectory, mobility.labels, survey.last)}
    assert rows["anion_grains"].value == 1 and "clusters" not in rows


def test_metal_on_a_rod_is_counted_at_tip_and_side(crystal_of, model_of, frame_of, written) -> None:
    rod = crystal_of("zb", (2, 2, 9))
    ball = Octahedron("Au", 4, cutoff=1)
    tip, side = ball.copy(), ball.copy()
    middle = rod.positions.mean(axis=0)
    tip.positions += [middle[0], middle[1], rod.positions[:, 2].max() + 8] - tip.positions.mean(0)
    side.positions += [middle[0] + 14, middle[1], middle[2]] - side.positions.mean(0)
    both = rod + tip + side + ase.Atoms("Au", middle[None] + [0, 60, 0])
    both.set_cell(np.diag([100.0, 100, 100]))
    both.pbc = False
    model = model_of(both)
    model.atoms.arrays["sublattice"][both.symbols == "Au"] = "metal"
    trajectory, labels = written([frame_of(both, 0, periodic=False)], model), Labels.of(model)
    survey = compute_structure(trajectory, labels, np.array([300.0]), np.array([0]))
    rows = {(row.quantity, row.region): row for row in piece_results(trajectory, labels, survey.last)}
    assert rows["clusters", ""].value == 2 and rows["largest_cluster", ""].value == len(ball)
    assert rows["clusters", "tip"].value == rows["clusters", "side"].value == 1
    assert rows["scattered", ""].value == 1  # the atom far from everything


def test_metal_that_has_left_is_counted_as_none(crystal_of, model_of, frame_of, written) -> None:
    """Atoms of a metal that are gone from some frames: its curves still have a point for each of them."""
    rod, ball = crystal_of("zb", (3, 3, 3)), Octahedron("Au", 5, cutoff=1)
    ball.positions += rod.positions.max(axis=0) + 12 - ball.positions.min(axis=0)
    both = rod + ball
    both.set_cell(np.diag([100.0, 100, 100]))
    both.pbc = False
    model = model_of(both)
    model.atoms.arrays["sublattice"][both.symbols == "Au"] = "metal"
    whole, left = frame_of(both, 0, periodic=False), frame_of(both[: len(rod)], 1, periodic=False)
    trajectory, labels = written([whole, left, replace(whole, step=2)], model), Labels.of(model)
    survey = compute_structure(trajectory, labels, np.full(3, 300.0), np.arange(3))
    counted = {one.phase: one.y.tolist() for one in survey.curves if one.quantity == "phase_count"}
    assert all(len(one) == 3 for one in counted.values())
    inner = counted["metal"][0]
    assert counted["metal"] == [inner, 0, inner] and inner > 0
    assert counted["fcc metal"] == [inner, 0, inner]


def test_particles_that_meet_are_fewer_bodies(model_of, frame_of, written) -> None:
    ball = Octahedron("Au", 4, cutoff=1)
    apart = sum((ase.Atoms(ball.symbols, ball.positions + np.array([40.0 * k, 0, 0])) for k in range(3)), ase.Atoms())
    met = apart.copy()
    reach = 2 * ball.positions[:, 0].max() + 2.5
    met.positions[len(ball) : 2 * len(ball), 0] += reach - 40.0
    for atoms in (apart, met):
        atoms.cell, atoms.pbc = [140.0] * 3, False
        atoms.positions += 30.0
    model = model_of(apart)
    model.atoms.arrays["sublattice"][:] = "metal"
    trajectory, labels = (
        written([frame_of(a, i, periodic=False) for i, a in enumerate((apart, met))], model),
        Labels.of(model),
    )
    survey = compute_structure(trajectory, labels, np.array([300.0, 300.0]), np.array([0, 1]))
    rows = [row for row in piece_results(trajectory, labels, survey.last) if row.quantity == "bodies"]
    assert {row.stage: row.value for row in rows} == {"first": 3.0, "last": 2.0}
