"""Rows answered on images, and that they would fail in front of another specimen."""

from functools import partial

import numpy as np
import pytest

from nanokiln.analysis.experiment import Evidence, Verdict, load_experiment
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.experiment.verdict import judge
from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.analysis.microscope import mount
from nanokiln.analysis.microscope.rings import powder
from nanokiln.analysis.review2019 import on_images
from nanokiln.structures import build

REVIEW = load_experiment("review2019")


def verdict(row: str) -> Verdict:
    fact = next(fact for fact in REVIEW.table.facts if fact.id == row)
    return judge(fact, Panel(on_images.ANSWERERS, Evidence()).answer(row))


@pytest.mark.parametrize("row", ["C6", "D2", "D3", "E4"])
def test_rows_are_measured_on_images(row: str) -> None:
    found = verdict(row)
    assert found.results
    assert found.outcome == "agrees"


@pytest.mark.parametrize("row", ["C9", "C11", "E3", "E14"])
def test_rows_say_what_images_could_miss(row: str) -> None:
    told = Panel(on_images.ANSWERERS, Evidence()).answer(row)
    assert told is not None
    assert told.results
    assert "%" in told.reason or "cells" in told.reason
    assert verdict(row).outcome == "not testable"  # a limit alone decides no row


def test_the_detection_limit_is_not_the_one_assumed() -> None:
    limits = {r.name: r.value or 0.0 for r in on_images._limits_of_maps.function(Evidence()).results}
    assert limits["detection_limit_P of a 10 nm sandwich"] > 0.05 > limits["detection_limit_Cd of a rod"]


def test_another_product_is_not_taken_for_the_selenide(monkeypatch: pytest.MonkeyPatch) -> None:
    other = on_images._spacings(powder(mount([build("cdse-plate-small").atoms], "plate"), most_pairs=1e6))
    monkeypatch.setattr(on_images, "ring_spacings_A", lambda a, x: other)
    assert verdict("C6").outcome == "disagrees"


@pytest.mark.parametrize("row", ["D2", "D3"])
def test_a_lattice_that_grows_disagrees(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    poor, rich = on_images.POOR_A, on_images.RICH_A
    monkeypatch.setattr(on_images, "RICH_A", poor)
    monkeypatch.setattr(on_images, "POOR_A", rich)
    assert verdict(row).outcome == "disagrees"


def test_a_donor_that_loses_a_tenth_of_its_volume_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    shrunk = partial(lambda a, x: 7.0 if not x else 7.0 * 0.965)
    monkeypatch.setattr(on_images, "_diameter_nm", shrunk)
    assert verdict("E4").outcome == "disagrees"


def shrinking(slope: float) -> Evidence:
    """A record of relaxed cells that shrink with the copper they lose, or grow."""
    rows = (
        Result("a of Cu(2-x)Se 0", 5.84, "A", "measured", quantity="a of Cu(2-x)Se 0"),
        Result("da_dx_A", slope, "A", "measured", 0.01, quantity="da_dx_A"),
    )
    return Evidence(runs=(Measured(Origin("relax-selenide-cells", "cells"), rows),))


@pytest.mark.parametrize(("slope", "outcome"), [(-0.4, "agrees"), (0.4, "disagrees")])
@pytest.mark.parametrize("row", ["D2", "D3"])
def test_images_see_what_relaxed_cells_do(row: str, slope: float, outcome: str) -> None:
    fact = next(fact for fact in REVIEW.table.facts if fact.id == row)
    found = judge(fact, Panel(on_images.ANSWERERS, shrinking(slope)).answer(row))
    assert found.outcome == outcome
    assert "record relax-selenide-cells" in found.results[0].method


@pytest.mark.parametrize("row", ["D2", "D3", "E4"])
def test_numbers_that_are_no_lattice_are_not_imaged(row: str) -> None:
    answer = Panel(on_images.ANSWERERS, shrinking(5.8)).answer(row)
    assert answer is not None
    assert not answer.results
    assert "no selenide's" in answer.reason


def test_more_faults_show_more() -> None:
    seen = on_images.seen_faults(np.array([0.0, 0.001, 0.05, 0.2, 0.5]))
    assert seen[0] == seen[1] == 0.0
    assert (np.diff(seen[1:]) > 0).all()


def test_stacks_have_their_layers() -> None:
    stack = on_images.close_packed("ABCABC", 30.0)
    selenium = stack.positions[np.array(stack.get_chemical_symbols()) == "Se"]
    assert len(np.unique(np.round(selenium[:, 2], 3))) == 6
    inner = selenium[np.argmin(np.linalg.norm(selenium - selenium.mean(axis=0), axis=1))]
    assert np.sort(np.linalg.norm(selenium - inner, axis=1))[1:13] == pytest.approx(5.84 / 2**0.5, rel=1e-6)
    copper = stack.positions[np.array(stack.get_chemical_symbols()) == "Cu"]
    assert np.linalg.norm(copper - inner, axis=1).min() == pytest.approx(5.84 * 3**0.5 / 4, rel=1e-6)
    assert set(on_images.faulted(30, 0.0)) == {"A", "B", "C"}
    assert on_images.faulted(40, 0.3) != on_images.faulted(40, 0.0)
