"""What a notebook shows: a model as a table and to turn, numbers and predictions as tables; names cannot break out."""

import json
import re
from html import unescape

from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.analysis.report import view
from nanokiln.structures import build


def test_a_model_is_a_table_and_something_to_turn() -> None:
    model = build("cdse-rod-small")
    assert f"{len(model.atoms)} atoms" in model._repr_html_()
    page = unescape(re.search(r'srcdoc="([^"]*)"', view(model)._repr_html_()).group(1))  # type: ignore[union-attr]
    told = json.loads(re.search(r'id="turned">(.*?)</script>', page).group(1))  # type: ignore[union-attr]
    assert len(told["frames"]) == 1
    assert [name for name, *_ in told["elements"]] == ["Cd", "Se"]
    for name in re.findall(r'getElementById\("(\w+)"\)', page):
        assert f'id="{name}"' in page, name
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_numbers_are_a_table_with_bounds_and_without_markup_of_others() -> None:
    below = Result("D of <b>Cd</b>", None, "cm2/s", "measured", interval=(0.0, 2e-7), temperature_K=675.0)
    table = Measured(Origin("run", "model"), (below,), warnings=("hot & fast",))._repr_html_()
    assert "&lt;b&gt;" in table and "<b>" not in table
    assert "<td>–</td><td>0 to 2e-07</td><td>cm2/s</td><td>675</td>" in table
    assert "hot &amp; fast" in table
