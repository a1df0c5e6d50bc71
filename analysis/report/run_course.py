"""The course of a run: frames spread over it with the temperature that they had, as a strip and as a model to turn."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import ase
import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured, Series
from nanokiln.analysis.microscope.movie import Programme, save_strip, stills
from nanokiln.analysis.report.plots import data_uri
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model
from nanokiln.structures.output.picture import COLOURS, OTHER

STILLS = 5
TURNED = 13  # frames of the model that one can turn
MOST_BYTES = 1.2e6
# Paul Tol's muted scheme, told apart by the colour-blind: for domains and phases, which are not elements.
MUTED = ("#332288", "#88ccee", "#44aa99", "#ddcc77", "#cc6677", "#882255", "#117733", "#aa4499", "#999933")


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
    return Programme(times, np.asarray(temperature.y), () if target is None else _holds(target), asked)


def _holds(target: Series) -> tuple[tuple[float, float], ...]:
    """Return where the temperature asked for stays as it is for three rows and more."""
    flat = abs(np.diff(target.y)) < 1e-6 * np.maximum(abs(target.y[:-1]), 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(int), [0]])))
    return tuple(
        (float(target.x[a]), float(target.x[b])) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a + 2
    )


def strip_uri(course: RunCourse, programme: Programme, up_axis: int, title: str) -> str:
    """Return the strip of a course as a PNG within the page."""
    chosen = np.unique(np.linspace(0, len(course.times_ps) - 1, STILLS).round().astype(int))
    frames = [(float(course.times_ps[i]), course.atoms(int(i))) for i in chosen]
    buffer = BytesIO()
    save_strip(stills(frames, programme, "x", up_axis), programme, title, buffer)
    return data_uri(buffer.getvalue(), "image/png")


def turned(course: RunCourse, programme: Programme, model: Model) -> str:
    """Return what the page's viewer draws, as JSON: frames as 16-bit integers, elements, domains, T and t.

    Frames are left out before atoms are, until it fits `MOST_BYTES`; of very large models every n-th atom is shown.
    """
    atoms = len(course.elements)
    every = max(1, int(np.ceil(atoms * 6 * 2 * 4 / 3 / MOST_BYTES)))
    shown = np.arange(0, atoms, every)
    count = int(np.clip(MOST_BYTES / (len(shown) * 6 * 4 / 3), min(2, len(course.times_ps)), len(course.times_ps)))
    frames = np.unique(np.linspace(0, len(course.times_ps) - 1, count).round().astype(int))
    points = course.positions_A[np.ix_(frames, shown)]
    first = points[0]
    middle = (np.nanmin(first, axis=0) + np.nanmax(first, axis=0)) / 2
    half = float(np.nanmax(abs(first - middle))) * 1.25
    # -32768 stands for what has left, or lies outside of the picture.
    scaled = np.rint((points - middle) / half * 30000)
    gone = np.isnan(points).any(axis=2) | (abs(np.nan_to_num(scaled)) > 32000).any(axis=2)
    whole = np.where(gone[..., None], -32768, np.nan_to_num(scaled)).astype("<i2")
    species = sorted(set(course.elements.tolist()))
    told = {
        "frames": [_text(one) for one in whole],
        "times": [f"{course.times_ps[i]:.3g}" for i in frames],
        "temperatures": [_celsius(programme.at_C(float(course.times_ps[i]))) for i in frames],
        "half_A": half,
        "up": model.stacking_axis,
        "every": every,
        "species": _text(np.searchsorted(species, course.elements[shown]).astype(np.uint8)),
        "domain": _text(_domains(model, atoms)[shown].astype(np.uint8)),
        "elements": [[name, COLOURS.get(name, OTHER), float(covalent_radii[atomic_numbers[name]])] for name in species],
        "domains": [[f"{d.name} ({d.phase})", MUTED[i % len(MUTED)]] for i, d in enumerate(model.domains)],
        "curve": _thinned(programme.times, programme.temperatures_K - zero_Celsius),
    }
    return json.dumps(told, allow_nan=False)


def _domains(model: Model, atoms: int) -> NDArray[np.int64]:
    found = np.asarray(model.atoms.arrays.get("domain", np.zeros(atoms)), dtype=np.int64)
    return found if len(found) == atoms else np.zeros(atoms, dtype=np.int64)


def _text(values: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _celsius(temperature_C: float) -> float | None:
    return None if not np.isfinite(temperature_C) else round(temperature_C)


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64], most: int = 240) -> list[list[float]]:
    every = max(1, len(x) // most)
    pairs: Sequence[tuple[float, float]] = [
        (a, b) for a, b in zip(x[::every], y[::every], strict=True) if np.isfinite(b)
    ]
    return [[round(float(a), 3), round(float(b), 1)] for a, b in pairs]
