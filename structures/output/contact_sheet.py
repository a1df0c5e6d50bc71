"""The contact sheet: every shipped model on one page, by `python -m nanokiln.structures.output.contact_sheet`."""

import sys
from io import BytesIO
from pathlib import Path
from textwrap import fill

from matplotlib.figure import Figure
from PIL import Image
from rich.progress import track

from nanokiln.structures.catalogue import build, models
from nanokiln.structures.crystals.phases import DATA
from nanokiln.structures.model import Model
from nanokiln.structures.output.picture import STRIP_IN, legend, render
from nanokiln.structures.palette import COLOURS

COLUMNS = 6
PANEL_IN = 1.7
TEXT_IN = 0.5
DPI = 150


def make_sheet(path: Path, names: tuple[str, ...]) -> None:
    """Build the named models and draw them on one page, a palette PNG."""
    rows = -(-len(names) // COLUMNS)
    wide, high = COLUMNS * PANEL_IN, rows * (PANEL_IN + TEXT_IN) + STRIP_IN
    figure = Figure(figsize=(wide, high), dpi=DPI)
    for number, name in enumerate(track(names, description="Drawing")):
        left = (number % COLUMNS) * PANEL_IN / wide
        bottom = 1 - (number // COLUMNS + 1) * (PANEL_IN + TEXT_IN) / high
        axes = figure.add_axes((left, bottom + TEXT_IN / high, PANEL_IN / wide, PANEL_IN / high))
        model = build(name)
        axes.imshow(render(model, elevation_deg=_elevation(model), width=round(PANEL_IN * DPI)).image)
        axes.set_axis_off()
        words = f"{name}\n{len(model.atoms):,} atoms"
        middle = left + PANEL_IN / wide / 2
        figure.text(middle, bottom + TEXT_IN / high, fill_lines(words), fontsize=6, ha="center", va="top")
    legend(figure.add_axes((0, 0, 1, STRIP_IN / high)), tuple(COLOURS), wide)
    _save(figure, path)


def fill_lines(text: str) -> str:
    """Wrap each line of a caption to the width of a panel."""
    return "\n".join(fill(line, 30) for line in text.splitlines())


def full_size_models() -> tuple[str, ...]:
    """Return the shipped models that are not a test size."""
    return tuple(name for name in models() if not name.endswith("-small"))


def _elevation(model: Model) -> float:
    """Return how high the eye stands: above what lies on a floor, beside what stands."""
    return 50.0 if "floor_z_A" in model.notes else 14.0


def _save(figure: "Figure", path: Path) -> None:
    buffer = BytesIO()
    figure.savefig(buffer, dpi=DPI)
    page = Image.open(buffer).convert("RGB")
    page.quantize(256, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    make_sheet(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "contact-sheet.png", full_size_models())
