"""The agreement table: every row answered, nothing by hand, and what was conditioned never counted."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nanokiln.analysis.experiment import Agreement, ExperimentRecord, agree, count, load_experiment
from nanokiln.analysis.experiment.agreement import energies_of
from nanokiln.analysis.report.experiment_page import write_experiment
from nanokiln.analysis.review2019 import fronts as answers_kmc

REVIEW = load_experiment("review2019")
ENERGIES = {
    "name": "own",
    "rows": [{"property": "formation energy", "subject": "CdSe-wz", "quantity": "formation", "value": -155.0}],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agreement, Path]:
    folder = tmp_path_factory.mktemp("experiment")
    with pytest.MonkeyPatch.context() as patch:
        # A small rod for the lattice and one scene for the outlooks: the same program in a tenth of the time.
        small = {**answers_kmc.ROD["parts"][0], "shape": {"kind": "prism", "across_nm": 2.0, "height_nm": 8.0}}
        patch.setitem(answers_kmc.ROD, "parts", [small])
        answers_kmc.lattice_rod.cache_clear()
        content = replace(REVIEW.content, outlook=("sandwich", "sandwich-ramp"))
        energies = energies_of({"energies of own": ENERGIES})
        agreement = agree(replace(REVIEW, content=content), samples=450, energies=energies)
        write_experiment(agreement, folder)
    answers_kmc.lattice_rod.cache_clear()
    return agreement, folder


def test_every_row_appears_and_most_are_computed(written: tuple[Agreement, Path]) -> None:
    agreement, folder = written
    data = json.loads((folder / "experiment.json").read_text())
    assert [v["id"] for v in data["verdicts"]] == [fact.id for fact in REVIEW.table.facts]
    counts = agreement.counts
    assert counts["agrees"] + counts["disagrees"] + counts["consistent"] >= 60
    page = (folder / "experiment.html").read_text()
    assert all(f'<tr id="{fact.id}">' in page for fact in REVIEW.table.facts)


def test_every_row_that_is_not_testable_gives_its_reason(written: tuple[Agreement, Path]) -> None:
    for verdict in written[0].verdicts:
        if verdict.outcome == "not testable":
            assert len(verdict.reason) > 30, verdict.fact.id


def test_rows_of_the_controls_never_agree(written: tuple[Agreement, Path]) -> None:
    outcome = {v.fact.id: v.outcome for v in written[0].verdicts}
    assert {outcome[row] for row in ("C17", "C18", "B13")} <= {"consistent", "disagrees"}


def test_the_answer_without_conditioning_stands_beside(written: tuple[Agreement, Path]) -> None:
    agreement, folder = written
    data = json.loads((folder / "experiment.json").read_text())
    assert sum(data["counts_unconditioned"].values()) == len(REVIEW.table.facts)
    for name in ("sandwich", "CdSe-alone", "Cu3P-alone"):
        assert len(data["plateaus"][name]["conditioned"]) == len(data["plateaus"][name]["unconditioned"])
    assert {p["temperature_C"] for p in data["plateaus"]["sandwich"]["conditioned"]} == {300.0, 350.0, 400.0}
    assert count(agreement.unconditioned) != {}


def test_rows_carry_probability_and_power_and_groups_their_story(written: tuple[Agreement, Path]) -> None:
    agreement, folder = written
    told = ExperimentRecord.model_validate_json((folder / "experiment.json").read_text())
    rows = {one.id: one for one in told.verdicts}
    for row in rows.values():
        known = row.probability
        assert row.outcome != "agrees" or (row.free and known is not None and known >= 0.9), row.id
        assert known is None or known > 0.1 or row.outcome == "disagrees", row.id
    worlds = {"nothing evaporates", "barriers of 3-4 eV", "everything evaporates", "copper immobile"}
    assert all(set(row.power.worlds) >= worlds for row in rows.values())
    assert rows["F4"].power.cannot_fail
    assert rows["E7"].outcome == "disagrees" and not rows["E7"].power.cannot_fail
    assert "nothing evaporates" in rows["E3"].power.refused
    assert "shuffled labels" in rows["B8"].power.worlds
    assert set(told.decided.agrees).isdisjoint(told.decided.cannot_fail)
    for story in told.stories_unconditioned:
        assert story.probability <= min(rows_of(told, story.facts)) + 1e-9
    assert {"B", "C", "E"} <= {story.group for story in told.stories}
    page = (folder / "experiment.html").read_text()
    assert page.index(agreement.summary) < page.index("What the minutes clock predicts")


def rows_of(told: ExperimentRecord, facts: list[str]) -> list[float]:
    """Return the probabilities of rows without conditioning."""
    return [one.probability or 0.0 for one in told.verdicts_unconditioned if one.id in facts]


def test_computed_numbers_stand_beside_tables_and_ranges(written: tuple[Agreement, Path]) -> None:
    folder = written[1]
    told = json.loads((folder / "experiment.json").read_text())["outlooks"]
    assert [one["name"] for one in told] == ["tables and stated ranges", "energies of own"]  # no barrier ships
    assert told[0]["replaced"] == {}
    assert told[1]["replaced"] == {"H_CdSe": {"value": -155.0, "sigma": 14.5}}
    assert told[1]["reactions"]["CdSe sublimes"]["value"] > told[0]["reactions"]["CdSe sublimes"]["value"] + 5
    page = (folder / "experiment.html").read_text()
    assert "-144.8 ± 5.8" in page
    assert "-155 ± 14" in page


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere(written: tuple[Agreement, Path]) -> None:
    page = (written[1] / "experiment.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    for anchor in set(re.findall(r'href="#([^"]+)"', page)):
        assert f'id="{anchor}"' in page, anchor


def test_the_page_opens_in_a_browser_alone(
    written: tuple[Agreement, Path], opened: Callable[..., tuple[dict[str, str], str]]
) -> None:
    page = written[1] / "trial.html"
    trial = """<script>addEventListener("load", () => setTimeout(() => {
      const told = document.documentElement.dataset;
      told.undrawn = [...document.images].filter(one => !one.naturalWidth).length; told.images = document.images.length;
      told.files = [...document.querySelectorAll("a[download]")].map(one => one.download).join(" ");
      told.sortable = document.querySelectorAll("table.sortable th button").length;
    }, 300));</script></body>"""
    page.write_text((written[1] / "experiment.html").read_text().replace("</body>", trial))
    found, said = opened(page, 1280)
    assert "CONSOLE" not in said, said
    assert found["undrawn"] == "0" and int(found["images"]) > 5
    assert found["files"] == "facts.csv numbers.csv"
    assert int(found["sortable"]) > 20
