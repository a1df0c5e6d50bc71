"""The page of a study: every run linked, intervals and bounds in words, refusals in red."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measure.study import analyse_study
from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.report.study_page import write_study_page


def run_of(midpoint_K: float, seed: int) -> Measured:
    x = np.linspace(300, 1200, 40)
    curve = Series("transformed share of core", "temperature_K", "K", x, 1 / (1 + np.exp((midpoint_K - x) / 20)), "")
    curve = replace(curve, quantity="transformed", domain="core", phase="wz", other="zb")
    bound = Result("D", None, "cm2/s", "measured", interval=(0.0, 2e-6), quantity="D", species="Cd", stage="03-hold")
    onset = Result("onset", midpoint_K - 44, "K", "measured", quantity="onset", domain="core")
    return Measured(Origin("r", "ball", seed=seed, potential="p", hottest_K=1200.0), (bound, onset), (curve,))


@pytest.fixture
def page(tmp_path: Path) -> str:
    rates = {f"rate-{rate:g}-replica-{n}": rate for rate in (1.0, 10.0) for n in (1, 2, 3)}
    runs = {
        folder: run_of(700 + 60 * np.log10(rate) + 5 * seed, seed) for seed, (folder, rate) in enumerate(rates.items())
    }
    study = analyse_study("two rates", list(runs.values()), list(rates.values()))
    write_study_page(study, runs, rates, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text()


def test_every_run_is_linked_with_its_rate_and_onset(page: str) -> None:
    for folder in ("rate-1-replica-1", "rate-10-replica-3"):
        assert f'<a href="{folder}/report.html">{folder}</a>' in page
    assert "core 656" in page and "src=" in page and "://" not in page.replace("http://www.w3.org", "")


def test_intervals_bounds_and_refusals_are_words(page: str) -> None:
    assert "midpoint of core leaving wz at 1 K/ps" in page and "becoming zb" in page
    assert "below 2.0e-06 (95 %)" in page and "3 of 3 runs have a bound only" in page
    assert 'class="warning">No Kissinger energy of core: Kissinger analysis needs three ramp rates' in page
