"""The page of the minutes clock: what it predicts for one's own particles, before and after what is known of them."""

from collections.abc import Sequence
from pathlib import Path

from nanokiln.analysis.forecast.prediction import Prediction
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import render
from nanokiln.structures.storage import write_json, write_whole


def write_clock(
    predictions: Sequence[Prediction], before: Sequence[Prediction], samples: int, told: str, out_dir: Path
) -> Path:
    """Write `clock.json` and `clock.html` with every prediction; return the page's path.

    `before` are those of the stated ranges alone (the same ones where no more is known), `told` says what is.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    found = [
        one.to_json() | {"before": [plateau.to_json() for plateau in other.plateaus]}
        for one, other in zip(predictions, before, strict=True)
    ]
    write_json(out_dir / "clock.json", {"samples": samples, "inputs": told, "particles": found})
    pictures = {one.name: draw(one.drawing()) for one in predictions}
    pairs = list(zip(predictions, before, strict=True))
    page = out_dir / "clock.html"
    write_whole(page, render("clock.html", pairs=pairs, pictures=pictures, samples=samples, told=told))
    return page
