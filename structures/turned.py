"""A model that one can turn: frames of atoms as a page that draws itself, in a notebook or within a report.

Nothing is asked of a network and no package is needed: spheres on a canvas, by the script beside the phases' data.
"""

import base64
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray

from nanokiln.structures.palette import COLOURS, MUTED, OTHER

DATA = Path(__file__).parent / "data"
MOST_BYTES = 1.4e6
STRUCTURES = (("neither", "#7a7f85"), ("fcc", "#44aa99"), ("hcp", "#cc6677"), ("not looked at", "#3a4046"))


@dataclass(frozen=True, eq=False)
class TurnedModel:
    """Frames to turn: `positions_A` (frames, atoms, 3), NaN for what has left, and the `elements` (atoms,).

    `domain` (atoms,) counts in `domains`; `structure` (frames, atoms) counts in `STRUCTURES`. Frames have `times` in
    `unit`, `temperatures_C` (NaN where unknown) and T against time as a `curve` (n, 2), where there is one.
    """

    positions_A: NDArray[np.float64]
    elements: NDArray[np.str_]
    domain: NDArray[np.int64]
    domains: tuple[str, ...]
    up: int = 2
    structure: NDArray[np.int64] | None = None
    times: Sequence[float] = (0.0,)
    unit: str = "ps"
    temperatures_C: Sequence[float] = (float("nan"),)
    curve: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def json(self) -> str:
        """What the script draws: frames as 16-bit integers, elements, domains, T and t.

        Frames are left out before atoms are, until it fits `MOST_BYTES`; of very large models every n-th atom is shown.
        """
        count, atoms = self.positions_A.shape[:2]
        every = max(1, int(np.ceil(atoms * 7 * min(2, count) * 4 / 3 / MOST_BYTES)))
        shown = np.arange(0, atoms, every)
        most = int(np.clip(MOST_BYTES / (len(shown) * 7 * 4 / 3), min(2, count), count))
        frames = np.unique(np.linspace(0, count - 1, most).round().astype(int))
        whole, half = _scaled(self.positions_A[np.ix_(frames, shown)])
        species = sorted(set(self.elements.tolist()))
        told = {
            "frames": [_text(one) for one in whole],
            "times": [f"{self.times[i]:.3g}" for i in frames],
            "unit": self.unit,
            "temperatures": [_celsius(self.temperatures_C[i]) for i in frames],
            "half_A": half,
            "up": self.up,
            "every": every,
            "species": _text(np.searchsorted(species, self.elements[shown]).astype(np.uint8)),
            "domain": _text(self.domain[shown].astype(np.uint8)),
            "elements": [[n, COLOURS.get(n, OTHER), float(covalent_radii[atomic_numbers[n]])] for n in species],
            "domains": [[name, MUTED[i % len(MUTED)]] for i, name in enumerate(self.domains)],
            "structures": STRUCTURES,
            "structure": []
            if self.structure is None
            else [_text(self.structure[i, shown].astype(np.uint8)) for i in frames],
            "curve": _thinned(self.curve),
        }
        return json.dumps(told, allow_nan=False)

    def html(self) -> str:
        """Return a page of its own, which needs neither network nor other files."""
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>nanokiln</title><style>{STYLE}</style>'
            f'<body>{MARKUP}<script type="application/json" id="turned">{self.json}</script>'
            f"<script>{SCRIPT}</script></body></html>"
        )

    def write(self, path: Path) -> Path:
        """Write the page to a file and return its path."""
        path.write_text(self.html(), encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        """Show it in a notebook, in a frame of its own, so that several stand beside each other."""
        return (
            f'<iframe srcdoc="{html.escape(self.html())}" style="width:100%;height:560px;border:0" '
            'title="The model to turn" sandbox="allow-scripts"></iframe>'
        )


def _scaled(points: NDArray[np.float64]) -> tuple[NDArray[np.int16], float]:
    """Return points as integers about the first frame's middle, -32768 for what has left or lies outside of the
    picture, and how many angstrom 30000 of them are."""
    first = points[0]
    middle = (np.nanmin(first, axis=0) + np.nanmax(first, axis=0)) / 2
    half = max(float(np.nanmax(abs(first - middle))), 1.0) * 1.25
    scaled = np.rint((points - middle) / half * 30000)
    gone = np.isnan(points).any(axis=2) | (abs(np.nan_to_num(scaled)) > 32000).any(axis=2)
    return np.where(gone[..., None], -32768, np.nan_to_num(scaled)).astype("<i2"), half


def _text(values: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _celsius(temperature_C: float) -> float | None:
    return None if not np.isfinite(temperature_C) else round(temperature_C)


def _thinned(curve: NDArray[np.float64], most: int = 240) -> list[list[float]]:
    every = max(1, len(curve) // most)
    return [[round(float(x), 3), round(float(y), 1)] for x, y in curve[::every] if np.isfinite(y)]


MARKUP = (DATA / "viewer.html").read_text(encoding="utf-8")
SCRIPT = (DATA / "viewer.js").read_text(encoding="utf-8")
STYLE = (DATA / "viewer.css").read_text(encoding="utf-8")
