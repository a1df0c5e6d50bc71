"""The probability of the accepted range, from samples, errors, intervals and bounds."""

from dataclasses import replace

import numpy as np
import pytest

from nanokiln.analysis.experiment import Criterion, Evidence
from nanokiln.analysis.experiment.predictive import chance
from nanokiln.analysis.measured import Result

WITHIN = Criterion(quantity="x", lower=1.0, upper=2.0, unit="")


def probability(result: Result, criterion: Criterion = WITHIN) -> float | None:
    found = chance([(criterion, result)])
    return None if found is None else found.probability


def test_samples_count_by_their_weights() -> None:
    evidence = Evidence(weights=np.array([3.0, 1.0]))
    assert probability(evidence.result("x", np.array([1.5, 9.0]))) == pytest.approx(0.75)


def test_a_sample_without_a_number_lies_in_no_range() -> None:
    result = Evidence().result("x", np.array([np.nan, np.nan, np.nan, 1.5]))
    assert probability(result) == 0.25
    assert (result.value, result.interval) == (None, (1.5, np.inf))


def test_hypotheses_share_their_probability() -> None:
    both = Evidence().result("x", np.array([[1.5, 1.5], [0.0, 1.5]]))
    found = chance([(WITHIN, both)])
    assert found is not None
    assert found.each == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize(("value", "error", "expected"), [(1.5, 0.1, 1.0), (2.0, 0.1, 0.5), (2.1, 0.1, 0.1587)])
def test_a_measurement_counts_with_its_error(value: float, error: float, expected: float) -> None:
    assert probability(Result("x", value, "", "measured", error)) == pytest.approx(expected, abs=1e-4)


def test_the_ends_of_an_interval_have_their_own_widths() -> None:
    wide_above = Result("x", 1.5, "", "measured", interval=(1.49, 3.46))
    assert probability(wide_above) == pytest.approx(0.5 + 0.1915, abs=1e-3)
    assert probability(replace(wide_above, interval=(1.4, np.inf))) == pytest.approx(0.5)


def test_a_bound_says_95_percent_or_nothing() -> None:
    below = Criterion(quantity="x", upper=0.05, unit="")
    assert probability(Result("x", None, "", "measured", interval=(0.0, 0.04)), below) == pytest.approx(0.95)
    assert probability(Result("x", None, "", "measured", interval=(0.0, 0.2)), below) is None
    assert probability(Result("x", None, "", "measured", interval=(0.1, np.inf)), below) == pytest.approx(0.05)
