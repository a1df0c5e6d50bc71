"""The report of a synthetic run, made by the real analysis: whole, self-contained, and honest about its warnings."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.analysis.experiment import judge_run, load_experiment
from nanokiln.analysis.measure.account import tell
from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.number_groups import number_groups
from nanokiln.analysis.report.run_course import beam_of, zones_of
from nanokiln.analysis.report.run_page import (
    RunReport,
    StandsFor,
    dip_of,
    downloads,
    figures,
    structure_course,
    summed_bounds,
    write_report,
)
from nanokiln.analysis.report.trust import how_far


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[[RunReport], str]:
    def write(report: RunReport) -> str:
        write_report(report, tmp_path / "report.html")
        assert not list(tmp_path.glob("*.part"))
        return (tmp_path / "report.html").read_text()

    return write


@pytest.fixture
def page(report: RunReport, page_of: Callable[[RunReport], str]) -> str:
    """The page of a run that stands for the sandwiches of the review."""
    review = load_experiment("review2019")
    verdicts = judge_run(report.measured, report.model, review, "C")
    return page_of(replace(report, stands_for=StandsFor(review.table.groups["C"], verdicts)))


def test_the_page_carries_everything_within_itself(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64") == 1
    assert page.count("data:image/svg+xml;base64") >= 5


def test_warnings_are_in_red(page: str) -> None:
    assert '<div class="warning">the run reached 914 K</div>' in page
    assert "#c62828" in page


def test_every_row_of_the_sandwich_has_a_verdict_and_no_short_run_claims_minutes(page: str) -> None:
    for i in range(1, 20):
        assert f'<tr id="C{i}">' in page
    row = page[page.index('<tr id="C10">') : page.index('<tr id="C11">')]
    assert "not testable" in row
    assert "decades longer" in row


def test_a_run_that_stands_for_no_facts_has_no_table_of_verdicts(
    report: RunReport, page_of: Callable[[RunReport], str]
) -> None:
    plain = page_of(report).split("</style>")[1]
    assert "Beside the experiment" not in plain and 'id="C1"' not in plain and "agrees" not in plain


def test_every_result_is_printed_with_unit_and_origin(page: str) -> None:
    assert "cm²/s" in page
    assert "measured" in page


def test_wurtzite_is_judged_by_what_is_left_of_it(page: str) -> None:
    """A plate that only shakes keeps its wurtzite, although Cu3P is a good part of its anions."""
    row = page[page.index('<tr id="C4">') : page.index('<tr id="C5">')]
    assert "wurtzite fraction 300C: <b>1</b>" in row
    assert "disagrees" not in row


def test_it_begins_with_what_happened_and_how_far_to_trust_it(report: RunReport, page: str) -> None:
    happened, trust = tell(report.measured), how_far(report.measured)
    assert (
        "one minute in a microscope is 13 decades longer" in trust
        and "(potential cd-cu-p-se-pod-fast) was not validated" in trust
    )
    assert "decades" not in how_far(report.measured, timed=True)
    order = ("strip", "turn", "course", "experiment", "numbers")
    for earlier, later in pairwise((happened[:40], *(f'id="{name}"' for name in order))):
        assert page.index(earlier) < page.index(later)


def test_bounds_are_summed_up_and_numbers_can_be_taken_along(report: RunReport, page: str) -> None:
    bounds = [row for row in report.measured.rows if row.value is None]
    assert sum(cases for _, _, cases in summed_bounds(report.measured)) == len(bounds)
    told = dict(downloads(report))
    assert set(told) == {"results.csv", "curves.csv", "recipe.yaml"}
    text = base64.b64decode(told["results.csv"].split(",")[1]).decode()
    assert len(text.splitlines()) == len(report.measured.rows) + 1
    assert 'download="results.csv"' in page


def test_captions_speak_of_bands_only_where_there_are_some(report: RunReport) -> None:
    captions = dict(figures(report.measured))
    assert not any("Bands" in caption for caption in captions if caption.startswith(("Temperature", "Potential")))
    assert any("Bands" in caption for caption in captions if caption.startswith("Structure"))


def test_the_profile_is_in_whole_layers(report: RunReport) -> None:
    curve = report.measured.curve(quantity="profile", stage="first", species="Se")
    assert curve is not None
    assert 3.3 < curve.x[1] - curve.x[0] < 3.8


def test_rows_that_a_run_cannot_judge_are_folded_and_all_are_there_once(page: str) -> None:
    told, silent = page.index('id="verdicts"'), page.index('id="silent"')
    folded = page.rindex("<details>", 0, silent)
    assert told < folded < page.index('<tr id="C10">') < page.index("</details>", silent)
    assert told < page.index('<tr id="C4">') < folded
    assert "Rows C1 to C20:" in page


def test_what_was_put_in_has_no_probability(page: str) -> None:
    row = page[page.index('<tr id="C1">') : page.index('<tr id="C2">')]
    assert "put in" in row and "100 %" not in row and "not computed: space group CdSe" in row


def test_numbers_of_a_lattice_that_is_lost_are_folded_and_none_is_dropped(report: RunReport) -> None:
    lost = Result("lattice lost from", 700.0, "K", "measured", quantity="lattice_lost", time_ps=3.0)
    marked = Result("a of d", 4.7, "A", "measured", 0.5, quantity="a", provenance={"lattice_lost_K": 700.0})
    kept = Result("a of e", 4.3, "A", "measured", 0.1, quantity="a")
    mobile = replace(marked, name="D of Cu", quantity="D")
    forces = [
        Result(f"error of forces, {T:.0f} K", 0.1, "eV/A", "measured", quantity="force_error", temperature_K=T)
        for T in (700.0, 500.0)
    ]
    rows = (*report.measured.rows, lost, marked, kept, mobile, *forces)
    groups = {one.anchor: one for one in number_groups(replace(report.measured, rows=rows))}
    assert groups["lost"].rows == (marked,) and "700 K" in groups["lost"].note
    assert all(one in groups["results"].rows for one in (kept, mobile, lost))
    assert groups["forces"].rows == tuple(reversed(forces))
    assert [one.quantity for one in groups["size"].rows] == ["atoms", "steps", "frames", "ranks"]
    assert sum(len(one.rows) for one in groups.values()) == sum(row.value is not None for row in rows)


def test_bounds_say_at_which_temperature(report: RunReport) -> None:
    rows = tuple(
        Result("D of Cd", None, "cm2/s", "measured", None, (0.0, 1e-6), quantity="D", species="Cd", temperature_K=T)
        for T in (573.15, 673.15)
    )
    assert summed_bounds(replace(report.measured, rows=rows))[0][0] == "D of Cd at 300 to 400 °C"
    assert summed_bounds(replace(report.measured, rows=rows[:1]))[0][0] == "D of Cd at 300 °C"


def test_the_strip_says_along_which_row_of_each_crystal_it_is_seen(report: RunReport, page: str) -> None:
    told = zones_of(report.model)
    assert f"seen along the {beam_of(report.model)} axis of the model ({told}, as built)" in page
    lattice = report.model.domains[0].lattice_A
    row = [int(one) for one in told[1 : told.index("]")].split()]
    along = row @ lattice
    assert abs(along["xyz".index(beam_of(report.model))]) == pytest.approx((along @ along) ** 0.5, rel=1e-4)
    tilted = replace(report.model.domains[0], lattice_A=lattice @ turn(0.03))
    assert zones_of(replace(report.model, domains=(tilted,))).startswith("no row of low indices")


def turn(angle: float) -> np.ndarray:
    """A rotation about (1, 1, 1)."""
    return Rotation.from_rotvec(angle * np.ones(3)).as_matrix()


def test_structure_is_drawn_against_time_and_a_single_point_not_at_all(report: RunReport) -> None:
    shares = structure_course(report.measured)
    assert all(one.x_name == "time_ps" and len(one.x) > 10 for one in shares)
    assert sum(one.y for one in shares) == pytest.approx(1.0)
    single = replace(
        report.measured,
        curves=tuple(
            replace(one, x=one.x[:1], y=one.y[:1], error=None) if one.quantity == "vacancies" else one
            for one in report.measured.curves
        ),
    )
    assert any("vacancies" in caption for caption, _ in figures(report.measured))
    assert not any("vacancies" in caption for caption, _ in figures(single))


def test_a_start_below_its_target_is_explained_where_there_is_one(report: RunReport) -> None:
    measured = replace(report.measured, origin=replace(report.measured.origin, recipe_sha256="ab"))
    assert dip_of(measured) == ""
    cold = tuple(
        replace(one, y=np.where(np.arange(len(one.y)) == 1, 0.55, 1.0) * one.y)
        if one.quantity == "temperature"
        else one
        for one in measured.curves
    )
    assert "velocities are given to a model at rest" in dip_of(replace(measured, curves=cold))
    assert dip_of(replace(report.measured, curves=cold)) == ""  # of a trajectory of another program nobody knows
