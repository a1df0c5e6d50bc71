"""Reports in headless Chromium: nothing is asked of a network, no console error, all drawn, by keyboard and narrow."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.spec import ClockSpec
from nanokiln.analysis.forecast import of_prior, predict
from nanokiln.analysis.report.clock_page import write_clock
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.run_page import RunReport, write_report
from nanokiln.structures import build
from nanokiln.structures.palette import COLOURS

Opened = Callable[..., tuple[dict[str, str], str]]
TRIAL = """
<script>addEventListener("load", () => setTimeout(() => {
  const told = document.documentElement.dataset, canvas = document.getElementById("canvas");
  told.undrawn = [...document.images].filter(one => !one.naturalWidth).length;
  told.images = document.images.length;
  const ink = () => canvas.toDataURL();
  const before = ink();
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" })); told.turned = ink() !== before;
  const slider = document.getElementById("frame"), first = document.getElementById("when").textContent;
  slider.value = slider.max; slider.dispatchEvent(new Event("input"));
  told.scrubbed = document.getElementById("when").textContent !== first;
  const table = document.getElementById("results"), column = table.tHead.rows[0].cells[1];
  column.querySelector("button").click();
  const values = [...table.tBodies[0].rows].map(row => Number(row.cells[1].dataset.value));
  told.sorted = values.every((x, i) => !i || x >= values[i - 1]);
  const search = document.querySelector("input[data-table=results]");
  search.value = "atoms"; search.dispatchEvent(new Event("input"));
  told.shown = [...table.tBodies[0].rows].filter(row => !row.hidden).length; told.rows = values.length;
  told.overflow = document.documentElement.scrollWidth - innerWidth;
}, 300));</script>
"""


@pytest.mark.parametrize("width", [1280, 500])
def test_a_report_works_alone(report: RunReport, tmp_path: Path, width: int, opened: Opened) -> None:
    page = tmp_path / "report.html"
    write_report(report, page)
    assert page.stat().st_size < 5e6
    page.write_text(page.read_text().replace("</body>", TRIAL + "</body>"))
    found, said = opened(page, width)
    assert "CONSOLE" not in said, [line for line in said.splitlines() if "CONSOLE" in line]
    assert found["undrawn"] == "0" and int(found["images"]) >= 6
    assert found["turned"] == found["scrubbed"] == found["sorted"] == "true"
    assert 0 < int(found["shown"]) < int(found["rows"])
    assert int(found["overflow"]) <= 0


def test_a_model_turns_in_a_notebook(tmp_path: Path, opened: Opened) -> None:
    page = tmp_path / "a.html"
    shown = build("cu-cu3p-janus-j1-small").view()
    page.write_text(f"<!doctype html><html><body>{shown._repr_html_()}</body></html>")
    _, said = opened(page, 900)
    assert "CONSOLE" not in said, said
    alone = shown.write(tmp_path / "b.html")
    alone.write_text(alone.read_text().replace("</body>", TURNED + "</body>"))
    found, said = opened(alone, 900)
    assert "CONSOLE" not in said, said
    assert found["turned"] == "true"
    assert found["choices"] == "element domain"


def test_the_page_of_the_clock_works_alone(tmp_path: Path, opened: Opened) -> None:
    heating = {"plateaus_C": [300, 400], "hold_min": 10}
    rods = [
        {"name": "my rod", "kind": "rod", "diameter_nm": 5, "donors": 40},
        {"name": "bare", "kind": "rod", "diameter_nm": 5},
    ]
    spec = ClockSpec.model_validate({"heating": heating, "particles": rods, "samples": 40})
    found = predict(spec, of_prior(default_inputs(), 40, 1))
    page = write_clock(found, found, 40, "the stated ranges alone", tmp_path)
    page.write_text(page.read_text().replace("</body>", PLAIN + "</body>"))
    seen, said = opened(page, 500)
    assert "CONSOLE" not in said, said
    assert seen["undrawn"] == "0" and seen["images"] == "2"
    assert seen["sorted"] == "true" and seen["files"] == "holds.csv courses.csv"
    assert int(seen["overflow"]) <= 0


def test_a_page_that_asks_a_network_is_found_out(tmp_path: Path, opened: Opened) -> None:
    page = tmp_path / "a.html"
    asking = render("base.html")
    page.write_text(asking.replace("</main>", '<img src="https://example.org/a.png"></main>'))
    assert "CONSOLE" in opened(page, 800)[1]


PLAIN = """
<script>addEventListener("load", () => setTimeout(() => {
  const told = document.documentElement.dataset, table = document.querySelector("table.sortable");
  told.images = document.images.length;
  told.undrawn = [...document.images].filter(one => !one.naturalWidth).length;
  const head = table.tHead.rows[0].cells[1];
  head.querySelector("button").click(); told.sorted = head.getAttribute("aria-sort") === "ascending";
  told.files = [...document.querySelectorAll("a[download]")].map(one => one.download).join(" ");
  told.overflow = document.documentElement.scrollWidth - innerWidth;
}, 300));</script>
"""
TURNED = """
<script>addEventListener("load", () => setTimeout(() => {
  const told = document.documentElement.dataset, canvas = document.getElementById("canvas");
  const before = canvas.toDataURL();
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" })); told.turned = canvas.toDataURL() !== before;
  told.choices = [...document.getElementById("colour").options].map(one => one.value).join(" ");
}, 300));</script>
"""
# Machado, Oliveira, Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291: severity 1, linear RGB.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TOGETHER = (
    ("Cd", "Cu", "P", "Se"),
    ("Au", "Cd", "Se"),
    ("Cd", "Pb", "Se"),
    ("Bi", "Cu", "Se", "Te"),
    ("Cd", "Cu", "S"),
)


def lab(code: str, matrix: np.ndarray) -> np.ndarray:
    rgb = np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.clip(matrix @ np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    x, y, z = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("elements", TOGETHER, ids="-".join)
def test_elements_that_meet_are_told_apart_by_the_colour_blind(kind: str, elements: list[str]) -> None:
    seen = [lab(COLOURS[name], np.array(BLIND[kind])) for name in elements]
    apart = {
        f"{a}-{b}": float(np.linalg.norm(seen[i] - seen[j]))
        for i, a in enumerate(elements)
        for j, b in enumerate(elements)
        if i < j
    }
    assert min(apart.values()) > 15, apart
