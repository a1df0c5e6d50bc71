"""The course of a run: frames spread over it with the temperature that they had, as a strip and as a model to turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import ase
import numpy as np
from numpy.typing import NDArray
from scipy.constants import zero_Celsius

from nanokiln.analysis.lattice.template_matching import match
from nanokiln.analysis.measured import Measured, Series
from nanokiln.analysis.microscope.element_map import review_colours
from nanokiln.analysis.microscope.movie import Programme, save_strip, stills
from nanokiln.analysis.report.plots import data_uri, power
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model
from nanokiln.structures.output.spheres import draw_each
from nanokiln.structures.turned import STRUCTURES, TurnedModel

Holds = Sequence[tuple[float, float]]
STILLS = 5
TURNED = 13  # frames of the model that one can turn


@dataclass(frozen=True, eq=False)
class RunCourse:
    """Frames of a run: `times_ps` (frames,), `positions_A` (frames, atoms, 3) with NaN for what has left, and the
    `elements` (atoms,)."""

    times_ps: NDArray[np.float64]
    positions_A: NDArray[np.float64]
    elements: NDArray[np.str_]

    @classmethod
    def of(cls, trajectory: Trajectory, frames: int = TURNED) -> "RunCourse":
        """Return frames spread evenly over a trajectory, first and last among them."""
        chosen = np.unique(np.linspace(0, trajectory.n_frames - 1, frames).round().astype(int))
        shown = [trajectory.frame(int(i)) for i in chosen]
        positions = np.array([one.positions - one.origin for one in shown])
        return cls(trajectory.times_ps[chosen], positions, trajectory.elements)

    def atoms(self, index: int) -> ase.Atoms:
        """Return one frame, atoms that have left it not among them."""
        there = ~np.isnan(self.positions_A[index, :, 0])
        return ase.Atoms(list(self.elements[there]), self.positions_A[index, there])


def programme_of(measured: Measured) -> Programme:
    """Return the temperature of a run against time, and its holds, from its curves; empty where it is not known."""
    temperature = next(iter(measured.select_curves(quantity="temperature")), None)
    target = next(iter(measured.select_curves(quantity="target_temperature")), None)
    if temperature is None:
        return Programme(np.zeros(0), np.zeros(0))
    times = np.asarray(temperature.x)
    asked = None if target is None else np.interp(times, target.x, target.y)
    holds = () if target is None else _holds(target)
    about = "" if asked is None else heating_of(times, asked, holds)
    return Programme(times, np.asarray(temperature.y), holds, asked, about=about)


def heating_of(times_ps: NDArray[np.float64], asked_K: NDArray[np.float64], holds: Holds) -> str:
    """Return how a run was heated, of the temperature (K) that it was asked for: its ramps and its holds apart.

    >>> times = np.linspace(0.0, 6.0, 61)
    >>> heating_of(times, 300.0 + 100.0 * np.clip(times - 1.0, 0, 2), ((0.0, 1.0), (3.0, 6.0)))
    'molecular dynamics, heated at 10¹⁴ K/s, held for 1, 3 ps; the microscope heats at 0.1 to 10 K/s'
    """
    middles, rates = (times_ps[1:] + times_ps[:-1]) / 2, np.diff(asked_K) / np.maximum(np.diff(times_ps), 1e-9) * 1e12
    free = np.full(len(rates), True)
    for begin, end in holds:
        free &= (middles < begin) | (middles > end)
    rising = rates[free & (rates > 0)]
    words = ["molecular dynamics"]
    if len(rising):
        low, high = power(float(np.quantile(rising, 0.1))), power(float(np.quantile(rising, 0.9)))
        words.append(f"heated at {low} K/s" if low == high else f"heated at {low} to {high} K/s")
    if holds:
        words.append(f"held for {', '.join(f'{end - begin:.3g}' for begin, end in holds)} ps")
    return ", ".join(words) + ("; the microscope heats at 0.1 to 10 K/s" if len(rising) else "")


def _holds(target: Series) -> tuple[tuple[float, float], ...]:
    """Return where the temperature asked for stays as it is for three rows and more."""
    flat = abs(np.diff(target.y)) < 1e-6 * np.maximum(abs(target.y[:-1]), 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(int), [0]])))
    return tuple(
        (float(target.x[a]), float(target.x[b])) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a + 2
    )


def beam_of(model: Model) -> str:
    """Return where one looks from: from above onto a scene, from the side onto a particle that stands upright."""
    scene = any("/" in domain.name for domain in model.domains)
    return "xyz"[model.stacking_axis] if scene else "xyz"[(model.stacking_axis + 1) % 3]


def strip_uri(course: RunCourse, programme: Programme, model: Model, title: str) -> str:
    """Return the strip of a course as a PNG within the page."""
    chosen = np.unique(np.linspace(0, len(course.times_ps) - 1, STILLS).round().astype(int))
    frames = [(float(course.times_ps[i]), course.atoms(int(i))) for i in chosen]
    buffer = BytesIO()
    shown = stills(frames, programme, beam_of(model), model.stacking_axis)
    colours = review_colours(tuple(shown[0].maps))
    alone = [name for name in shown[0].maps if name not in colours]
    save_strip(shown, programme, title, buffer, alone, draw=draw_each)  # the same page on every machine
    return data_uri(buffer.getvalue(), "image/png")


def zones_of(model: Model) -> str:
    """Return along which direction of each domain's crystal a strip is seen, in words: indices of the lattice as it
    was built, as far as they are small."""
    axis = np.eye(3)["xyz".index(beam_of(model))]
    return ", ".join(f"{_zone(np.asarray(one.lattice_A), axis)} of {one.name}" for one in model.domains)


def _zone(lattice_A: NDArray[np.float64], axis: NDArray[np.float64]) -> str:
    """Return the indices [uvw], none above six, of the row of a lattice along an axis to within half a degree."""
    along = axis @ np.linalg.inv(lattice_A)
    along /= abs(along).max()
    for most in range(1, 7):
        row = np.rint(most * along)
        there = row @ lattice_A
        if there @ axis / np.linalg.norm(there) > np.cos(np.radians(0.5)):
            return "[" + " ".join(f"{one:.0f}" for one in row) + "]"
    return "no row of low indices"


def turned(course: RunCourse, programme: Programme, model: Model) -> TurnedModel:
    """Return a course as the model to turn: by element, starting domain and phase, structure now, displacement."""
    names = tuple(f"{one.name} ({one.phase})" for one in model.domains) or ("all",)
    return TurnedModel(
        course.positions_A,
        course.elements,
        _domains(model, len(course.elements)),
        names,
        model.stacking_axis,
        _structure(course, model),
        [float(one) for one in course.times_ps],
        programme.unit,
        [programme.at_C(float(one)) for one in course.times_ps],
        np.stack([programme.times, programme.temperatures_K - zero_Celsius], axis=1),
    )


def _structure(course: RunCourse, model: Model) -> NDArray[np.int64] | None:
    """Return how every anion, and every atom of a metal, is stacked in every frame: `STRUCTURES` by number; None for a
    model whose sublattices are not known."""
    kinds = model.atoms.arrays.get("sublattice")
    if kinds is None or len(kinds) != len(course.elements):
        return None
    out = np.full(course.positions_A.shape[:2], len(STRUCTURES) - 1, dtype=np.int64)
    cell, periodic = np.asarray(model.atoms.cell.array), np.asarray(model.atoms.pbc)
    for row, points in zip(out, course.positions_A, strict=True):
        for kind in ("anion", "metal"):
            mine = np.flatnonzero((kinds == kind) & ~np.isnan(points[:, 0]))
            row[mine] = match(points[mine], cell, periodic).kind
    return out


def _domains(model: Model, atoms: int) -> NDArray[np.int64]:
    found = np.asarray(model.atoms.arrays.get("domain", np.zeros(atoms)), dtype=np.int64)
    return found if len(found) == atoms else np.zeros(atoms, dtype=np.int64)
