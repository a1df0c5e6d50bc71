"""Events on real trajectories: none where nobody moved, all where atoms were made to change places."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.exchange import crossings, find_replacements
from nanokiln.analysis.lattice.jumps import find_hops
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.lattice.vacancies import hole_domain
from nanokiln.analysis.measure.events import Events, events_of
from nanokiln.analysis.measure.findings import exchange_results
from nanokiln.analysis.measure.heating_curve import Survey, compute_structure
from nanokiln.analysis.measure.hopping import hopping_results
from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import Trajectory, convert
from nanokiln.potentials.cards import load_card
from nanokiln.potentials.lammps.session import Session
from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model

FRAMES, EVERY, HOT_K = 24, 20, 300
SCENES = {
    "sandwich": ("cdse-cu3p-cdse-small", "cd-cu-p-se-pod-fast"),
    "dumbbell": ("pbse-cdse-dumbbell-small", "cd-pb-se"),
}


def vibrating(name: str, potential: str) -> tuple[Model, list[DumpFrame]]:
    """Relax a model a little and let it vibrate at 300 K: what an interface does before anything happens."""
    model, card = build(name), load_card(potential)
    elements = tuple(sorted(set(model.atoms.get_chemical_symbols())))
    wide = model.atoms.copy()
    wide.center(vacuum=25.0)
    shift = wide.positions[0] - model.atoms.positions[0]
    frames = []
    with Session(wide, elements, (*card.commands(elements), "timestep 0.002")) as lammps:
        lammps.execute(
            "minimize 0.0 0.05 100 200", f"velocity all create {2 * HOT_K} 7 mom yes rot yes", "fix 1 all nve"
        )
        for index in range(FRAMES):
            lammps.run(EVERY if index else 0)
            frames.append(frame_of(model, lammps.positions_A - shift, index))
    return model, frames


def frame_of(model: Model, positions: NDArray[np.float64], index: int) -> DumpFrame:
    symbols = np.array(model.atoms.get_chemical_symbols())
    ids = np.arange(1, len(symbols) + 1)
    return DumpFrame(index * EVERY, np.eye(3) * 200.0, np.zeros(3), np.zeros(3, bool), ids, positions, symbols)


INTERFACES = {
    "lower": {("lower", "centre"), ("centre", "upper")},
    "rod": {("rod", "pbse-111"), ("rod", "pbse-100")},
}


@dataclass
class Seen:
    """A trajectory as the analysis sees it."""

    trajectory: Trajectory
    labels: Labels
    survey: Survey
    mobility: Mobility
    events: Events | None

    @classmethod
    def of(cls, frames: list[DumpFrame], model: Model, folder: Path) -> "Seen":
        write_dump(folder / "t.dump.gz", frames, digits=10)
        trajectory = convert([folder / "t.dump.gz"], model, folder / "t.h5", 0.002)
        labels, record = Labels.of(model), Thermo.steady(trajectory.steps, trajectory.times_ps, HOT_K)
        kelvin = np.full(trajectory.n_frames, float(HOT_K))
        survey = compute_structure(trajectory, labels, kelvin, np.arange(trajectory.n_frames))
        order, followed = Order(trajectory.n_frames), Displacements(trajectory)
        mobility = Mobility(trajectory, labels, record, np.empty(0, np.int64), order, followed)
        return cls(trajectory, labels, survey, mobility, events_of(survey, mobility))

    def counts(self) -> dict[str, float]:
        """Every event by its name; hops of the hold with them."""
        rows = [*self.rows()]
        rows += [r for r in hopping_results(self.survey, self.mobility, self.events) if r.quantity == "hops"]
        return {row.name: row.value for row in rows if row.value and row.quantity != "sites_known"}

    def rows(self) -> tuple[Result, ...]:
        lost = np.empty(0, np.int64)
        return exchange_results(self.survey, self.events, self.labels, self.trajectory, lost)

    def recognised(self) -> float:
        """The share of the places of the start that is still told."""
        return next(row.value for row in self.rows() if row.quantity == "sites_known")


@pytest.fixture(scope="module", params=sorted(SCENES))
def quiet(request: pytest.FixtureRequest) -> tuple[Model, list[DumpFrame]]:
    """A real trajectory in which nothing happens."""
    return vibrating(*SCENES[request.param])


@pytest.fixture
def see(tmp_path: Path) -> Iterator[Callable[[list[DumpFrame], Model], Seen]]:
    """Return a function that measures the events of frames."""
    opened: list[Seen] = []

    def look(frames: list[DumpFrame], model: Model) -> Seen:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Seen.of(frames, model, folder))
        return opened[-1]

    yield look
    for one in opened:
        one.trajectory.close()


def test_an_interface_that_relaxes_and_vibrates_counts_nothing(quiet, see) -> None:
    model, frames = quiet
    seen = see(frames, model)
    assert seen.counts() == {} and seen.recognised() > 0.5  # those at the surface relax


def test_a_particle_that_turns_counts_nothing(quiet, see) -> None:
    model, frames = quiet
    turned = []
    for index, frame in enumerate(frames):
        turn = Rotation.from_rotvec(np.radians(150 * index / FRAMES) * np.array([0.6, 0.0, 0.8]))
        turned.append(replace(frame, positions=turn.apply(frame.positions - 15.0) + 15.0))
    assert see(turned, model).counts() == {}


def test_without_the_frame_the_same_trajectories_count_what_nobody_did(quiet, see) -> None:
    """The world in which the tests above must fail: holes taken by their names alone."""
    model, frames = quiet
    seen = see([sheared(model, frame, index) for index, frame in enumerate(frames)], model)
    tracker, elements = seen.survey.tracker, seen.trajectory.elements
    matrices = crossings(tracker.cations, hole_domain(seen.survey.first, seen.labels), elements, len(model.domains))
    named = sum(int(matrix.sum()) for matrix in matrices.values())
    named += len(find_replacements(tracker.cations, elements)) + len(find_hops(tracker.cations))
    print(model.name, "counted by names alone:", named)
    assert named > 0


def sheared(model: Model, frame: DumpFrame, index: int) -> DumpFrame:
    """Return a frame whose last domain has moved along the interface, up to a lattice vector at the end."""
    positions = frame.positions.copy()
    positions[model.atoms.arrays["domain"] == len(model.domains) - 1, 0] += 4.3 * index / FRAMES
    return replace(frame, positions=positions)


def test_a_layer_that_slides_over_another_counts_nothing(quiet, see) -> None:
    """The last domain moves by a lattice vector along the interface, its own vibrations kept."""
    model, frames = quiet
    slid = [sheared(model, frame, index) for index, frame in enumerate(frames)]
    seen = see(slid, model)
    assert seen.counts() == {} and seen.recognised() > 0.5  # not for want of places that are still told


def test_planted_events_at_every_interface_are_all_found(quiet, see) -> None:
    """Cations of two domains take each other's paths from the middle of the run on."""
    model, frames = quiet
    still = see(frames, model)
    pairs = planted_pairs(still, model)
    assert {where for _, _, where in pairs} == INTERFACES[model.domains[0].name]
    swapped = list(frames)
    for index in range(FRAMES // 2, FRAMES):
        positions = frames[index].positions.copy()
        for one, other, _ in pairs:
            positions[[one, other]] = positions[[other, one]]
        swapped[index] = replace(frames[index], positions=positions)
    found = see(swapped, model).counts()
    symbols = np.array(model.atoms.get_chemical_symbols())
    expected: dict[str, float] = {}
    for one, other, (here, there) in pairs:
        a, b = symbols[one], symbols[other]
        for name in (
            f"{a} replaced by {b}",
            f"{b} replaced by {a}",
            f"{a} from {here} to {there}",
            f"{b} from {there} to {here}",
            f"hops of {a}",
            f"hops of {b}",
        ):
            expected[name] = expected.get(name, 0) + 1
    assert found == expected


def planted_pairs(still: Seen, model: Model) -> list[tuple[int, int, tuple[str, str]]]:
    """Return pairs of cations of other elements in neighbouring domains whose holes are there at every census."""
    tracker, labels = still.survey.tracker, still.labels
    assert tracker is not None
    told = tracker.cations.known.all(axis=0) & (tracker.cations.atom[0] >= 0)
    seats = np.flatnonzero(told & (tracker.cations.atom == tracker.cations.atom[0]).all(axis=0))
    home = hole_domain(still.survey.first, labels)[seats]
    atoms = tracker.cations.atom[0][seats]
    symbols, positions = np.array(model.atoms.get_chemical_symbols()), model.atoms.positions
    out: list[tuple[int, int, tuple[str, str]]] = []
    used: set[int] = set()
    for one in range(len(labels.names)):
        for other in range(one + 1, len(labels.names)):
            near = [
                (float(np.linalg.norm(positions[a] - positions[b])), int(a), int(b))
                for a in atoms[home == one]
                for b in atoms[home == other]
                if symbols[a] != symbols[b]
            ]
            took = 0
            for distance, a, b in sorted(near):
                if took < 3 and distance < 9.0 and not {a, b} & used:
                    out.append((a, b, (labels.names[one], labels.names[other])))
                    used |= {a, b}
                    took += 1
    return out
