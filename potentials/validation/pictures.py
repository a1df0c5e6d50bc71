"""Pictures of a validation: phonon bands with the density of states, and forces against the teacher's."""

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from nanokiln.potentials.validation.curves import Density, Dispersion, ForcePairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Curve = TypeVar("_Curve")
By = Mapping[str, Mapping[str, _Curve]]  # potential and phase


def phonon_pictures(dispersions: By[Dispersion], densities: By[Density]) -> dict[str, str]:
    """Return a PNG per phase as a data URI: bands and density of states of every potential over each other."""
    phases = dict.fromkeys(phase for own in dispersions.values() for phase in own)
    return {phase: _phonons(phase, _of(phase, dispersions), _of(phase, densities)) for phase in phases}


def _of(phase: str, curves: By[_Curve]) -> dict[str, _Curve]:
    return {name: own[phase] for name, own in curves.items() if phase in own}


def _phonons(phase: str, bands: Mapping[str, Dispersion], densities: Mapping[str, Density]) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    for index, (name, curve) in enumerate(bands.items()):
        _draw_bands(left, curve, f"C{index}", name)
        if name in densities:
            own = densities[name]
            right.plot(own.density, own.frequency_THz, color=f"C{index}", lw=0.8)
    first = next(iter(bands.values()))
    scale = 1.0 / first.distance[-1]
    left.set_xticks([t * scale for t in first.ticks], first.labels)
    for tick in first.ticks:
        left.axvline(tick * scale, color="0.85", lw=0.6, zorder=0)
    for axes in (left, right):
        axes.axhline(0, color="0.5", lw=0.6)
    left.set(ylabel="frequency (THz), imaginary below 0", xlim=(0, 1), title=phase)
    right.set(xlabel="modes per atom and THz")
    right.set_xlim(left=0)
    left.legend(loc="upper right", fontsize="small", framealpha=0.8, edgecolor="none")
    return data_uri(figure)


def _draw_bands(axes: "Axes", curve: Dispersion, color: str, name: str) -> None:
    distance, scale = curve.distance, 1.0 / curve.distance[-1]
    jumps = np.flatnonzero(np.diff(distance) == 0) + 1
    bands = np.split(curve.bands, jumps)
    for part, rows in zip(np.split(distance * scale, jumps), bands, strict=True):
        axes.plot(part, rows, color=color, lw=0.8, alpha=0.8)
    axes.plot([], [], color=color, label=name)


def parity_picture(parity: Mapping[int, ForcePairs]) -> str:
    """Return a PNG as a data URI: force components on held-out dynamics against the labels, a panel per temperature."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1 * len(parity), 3.2), layout="constrained")
    panels = figure.subplots(1, len(parity), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (temperature_K, forces) in zip(panels, parity.items(), strict=True):
        axes.plot(forces.teacher, forces.student, ".", ms=2, alpha=0.4)
        axes.axline((0, 0), slope=1, color="0.5", lw=0.6)
        axes.set(title=f"{temperature_K} K", xlabel="labelled force (eV/Å)", aspect="equal")
    panels[0].set_ylabel("own force (eV/Å)")
    return data_uri(figure)


def data_uri(figure: "Figure") -> str:
    """Return a matplotlib figure as a PNG in a data URI."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
