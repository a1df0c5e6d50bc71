"""Where particles lie on a film: from a table of coordinates, of a micrograph for instance, or thrown at random."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
TRIES = 400


@dataclass(frozen=True)
class Layout:
    """Particles by kind at `centres_nm` (particles, 2), with the direction of each in degrees, NaN if it has none.

    `alike_nm2` is the area of the piece where the film looks the same beyond it, None where it is bare there.
    """

    kinds: tuple[str, ...]
    centres_nm: Array
    angle_deg: Array
    alike_nm2: float | None = None


def read_layout(path: Path, nm_per_unit: float, kinds: tuple[str, ...]) -> Layout:
    """Read a CSV file with the columns kind, x, y (in units of `nm_per_unit`) and, where known, angle_deg.

    ValueError names file and line.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        if missing := [name for name in ("kind", "x", "y") if name not in (reader.fieldnames or ())]:
            raise ValueError(
                f"{path}: no column {missing[0]!r}; the first line must be: kind,x,y or kind,x,y,angle_deg"
            )
        rows = [(row["kind"], *_place(path, reader.line_num, row, kinds)) for row in reader]
    if not rows:
        raise ValueError(f"{path} holds no particle below its first line")
    numbers = np.array([row[1:] for row in rows])
    centres = numbers[:, :2] * nm_per_unit
    return Layout(tuple(row[0] for row in rows), centres, numbers[:, 2], bounding_nm2(centres))


def bounding_nm2(centres_nm: Array) -> float:
    """Return the area of the square that just holds the particles, with half the mean distance between them around."""
    width = max(float(np.ptp(centres_nm, axis=0).max()), 20.0)
    return float((width * (1.0 + 1.0 / max(len(centres_nm) ** 0.5, 1.0))) ** 2)


def _place(path: Path, line: int, row: dict[str, str], kinds: tuple[str, ...]) -> tuple[float, float, float]:
    if row["kind"] not in kinds:
        raise ValueError(f"{path}, line {line}: no kind is called {row['kind']!r}; there are: {', '.join(kinds)}")
    try:
        x, y, angle = float(row["x"]), float(row["y"]), float(row.get("angle_deg") or "nan")
    except (TypeError, ValueError):
        raise ValueError(f"{path}, line {line}: x, y and angle_deg must be numbers") from None
    if not np.isfinite([x, y]).all():
        raise ValueError(f"{path}, line {line}: x and y must be finite")
    return x, y, angle


def random_layout(
    counts: dict[str, int], radii_nm: dict[str, float], width_nm: float, gap_nm: float, seed: int
) -> Layout:
    """Throw particles on a square film of some width so that none comes closer to another than `gap_nm`.

    ValueError: they do not fit.
    """
    random = np.random.default_rng(seed)
    kinds: list[str] = []
    centres, radii = np.empty((0, 2)), np.empty(0)
    for kind in sorted(counts, key=lambda one: -radii_nm[one]):
        for _ in range(counts[kind]):
            places = random.random((TRIES, 2)) * width_nm
            free = np.ones(TRIES, dtype=bool)
            if len(centres):
                reach = radii_nm[kind] + radii.max() + gap_nm
                for i, near in enumerate(cKDTree(centres).query_ball_point(places, reach)):
                    away = np.hypot(*(centres[near] - places[i]).T)
                    free[i] = bool((away >= radii[near] + radii_nm[kind] + gap_nm).all())
            if not free.any():
                raise ValueError(f"no room for {counts[kind]} of {kind} on a film of {width_nm:g} nm; widen it")
            centres = np.vstack([centres, places[np.argmax(free)]])
            radii = np.append(radii, radii_nm[kind])
            kinds.append(kind)
    return Layout(tuple(kinds), centres, random.random(len(kinds)) * 180.0, width_nm**2)
