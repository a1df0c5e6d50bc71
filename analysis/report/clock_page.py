"""The page of the minutes clock: what it predicts for one's own particles, before and after what is known of them."""

from collections.abc import Sequence
from pathlib import Path

from nanokiln.analysis.clock.outcome import OUTCOMES
from nanokiln.analysis.forecast.prediction import Prediction
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import csv_links, render
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
    files = csv_links({"holds.csv": holds_table(predictions), "courses.csv": courses_table(predictions)})
    context = {"pairs": pairs, "pictures": pictures, "samples": samples, "told": told, "downloads": files}
    write_whole(page, render("clock.html", **context))
    return page


def holds_table(predictions: Sequence[Prediction]) -> list[dict[str, object]]:
    """Return a row per particle and hold: how probable none, partial and complete are at its end."""
    return [
        {"particle": one.name, "watched": one.watched, "hold_C": plateau.temperature_C}
        | dict(zip(OUTCOMES, plateau.probabilities, strict=True))
        for one in predictions
        for plateau in one.plateaus
    ]


def courses_table(predictions: Sequence[Prediction]) -> list[dict[str, object]]:
    """Return a row per particle, quantity and noted minute: its median and the ends of its 95 % band."""
    return [
        {"particle": one.name, "quantity": name, "minutes": minute, "low": low, "median": middle, "high": high}
        for one in predictions
        for name, line in one.courses.items()
        if line.low is not None and line.high is not None
        for minute, low, middle, high in zip(
            *(column.tolist() for column in (line.x, line.low, line.y, line.high)), strict=True
        )
    ]
