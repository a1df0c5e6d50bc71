"""The strip of a run: stills as the microscope would have shown them, with the temperature that the run had."""

from collections.abc import Sequence
from io import BytesIO

import ase
import numpy as np

from nanokiln.analysis.measured import Measured
from nanokiln.analysis.microscope.film import Programme, save_strip, stills
from nanokiln.analysis.report.plots import data_uri

FLAT_K = 1.0  # a target that moves less between two rows is a hold


def programme_of(measured: Measured) -> Programme:
    """Return the temperature of a run against time, and its holds, from its curves; empty where it is not known."""
    temperature = next(iter(measured.select_curves(quantity="temperature")), None)
    target = next(iter(measured.select_curves(quantity="target_temperature")), None)
    if temperature is None:
        return Programme(np.zeros(0), np.zeros(0))
    holds: list[tuple[float, float]] = []
    if target is not None and len(target.x) > 2:
        flat = abs(np.diff(target.y)) < 1e-6 * np.maximum(abs(target.y[:-1]), 1)
        begun = None
        for i, still in enumerate([*flat, False]):
            if still and begun is None:
                begun = i
            elif not still and begun is not None:
                if i - begun > 2:
                    holds.append((float(target.x[begun]), float(target.x[min(i, len(target.x) - 1)])))
                begun = None
    times = np.asarray(temperature.x)
    asked = None if target is None else np.interp(times, target.x, target.y)
    return Programme(times, np.asarray(temperature.y), tuple(holds), asked)


def strip_uri(frames: Sequence[tuple[float, ase.Atoms]], measured: Measured, up_axis: int, title: str) -> str:
    """Return the strip of (time in ps, atoms) as a PNG within the page."""
    programme, buffer = programme_of(measured), BytesIO()
    save_strip(stills(frames, programme, "x", up_axis), programme, title, buffer)
    return data_uri(buffer.getvalue(), "image/png")
