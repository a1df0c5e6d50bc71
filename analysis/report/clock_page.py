"""The page of the minutes clock: what it predicts for one's own particles."""

import json
from collections.abc import Sequence
from pathlib import Path

from nanokiln.analysis.clock.charts import band
from nanokiln.analysis.clock.spec import Prediction
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import render


def write_clock(predictions: Sequence[Prediction], samples: int, out_dir: Path) -> Path:
    """Write `clock.json` and `clock.html` with every prediction; return the page's path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    told = [prediction.to_json() for prediction in predictions]
    (out_dir / "clock.json").write_text(json.dumps(told, indent=1) + "\n")
    drawn = band({p.name: p.history for p in predictions}, [p.name for p in predictions], None)
    page = out_dir / "clock.html"
    page.write_text(render("clock.html", predictions=predictions, picture=draw(drawn), samples=samples))
    return page
