"""The verdict follows from the interval, or from the probability that a standard error gives, and from nothing else."""

import pytest

from nanokiln.analysis.experiment import Answer, Criterion, Fact, count
from nanokiln.analysis.experiment.verdict import chance, compare, judge
from nanokiln.analysis.measured import Result


def fact(lower: float | None, upper: float | None, quantities: tuple[str, ...] = ("x",)) -> Fact:
    criteria = [{"quantity": q, "lower": lower, "upper": upper, "unit": ""} for q in quantities]
    return Fact.model_validate(
        {"id": "Z1", "class": "EX", "fact": "f", "observable": "o", "accepted": "a", "criteria": criteria}
    )


def result(low: float, high: float, name: str = "x") -> Result:
    return Result(name, (low + high) / 2, "", "extrapolated", interval=(low, high))


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (1.1, 1.9, "agrees"),
        (0.5, 1.5, "consistent"),
        (0.0, 0.9, "disagrees"),
        (2.1, 9.0, "disagrees"),
        (0, 9, "consistent"),
    ],
)
def test_the_interval_decides(low: float, high: float, outcome: str) -> None:
    criterion = Criterion(quantity="x", lower=1.0, upper=2.0, unit="")
    assert compare(result(low, high), criterion) == outcome


def test_a_standard_error_is_read_as_a_95_percent_interval() -> None:
    criterion = Criterion(quantity="x", upper=1.0, unit="")
    assert compare(Result("x", 0.9, "", "measured", error=0.05), criterion) == "agrees"
    assert compare(Result("x", 0.9, "", "measured", error=0.06), criterion) == "consistent"


def test_below_detection_is_judged_by_its_upper_bound() -> None:
    criterion = Criterion(quantity="x", upper=0.05, unit="")
    assert compare(Result("x", None, "", "measured", interval=(0.0, 0.04)), criterion) == "agrees"
    assert compare(Result("x", None, "", "measured", interval=(0.0, 0.2)), criterion) == "consistent"


def test_one_failed_criterion_fails_the_row_and_a_missing_one_keeps_it_from_agreeing() -> None:
    both = fact(1.0, 2.0, ("x", "y"))
    assert judge(both, Answer((result(1.2, 1.4), result(3, 4, "y")))).outcome == "disagrees"
    partial = judge(both, Answer((result(1.2, 1.4),)))
    assert partial.outcome == "consistent"
    assert "y" in partial.reason


def test_a_row_that_narrowed_an_input_never_agrees() -> None:
    assert judge(fact(1.0, 2.0), Answer((result(1.2, 1.4),), conditioned=True)).outcome == "consistent"
    assert judge(fact(1.0, 2.0), Answer((result(3, 4),), conditioned=True)).outcome == "disagrees"


def test_without_an_answer_the_row_is_not_testable_and_says_why() -> None:
    verdict = judge(fact(1.0, 2.0), Answer(reason="no potential covers it"))
    assert (verdict.outcome, verdict.reason) == ("not testable", "no potential covers it")
    assert count([verdict])["not testable"] == 1


def test_a_value_that_hardly_reaches_the_range_disagrees() -> None:
    """0.42(31) reaches 0.95 within its 95 % interval, but lies above it with a probability of 4 % only."""
    criterion = Criterion(quantity="x", lower=0.95, unit="")
    far = Result("x", 0.42, "", "measured", error=0.31)
    assert chance(far, criterion) == pytest.approx(0.0436, abs=5e-4)
    assert compare(far, criterion) == "disagrees"
    assert compare(Result("x", 0.50, "", "measured", error=0.31), criterion) == "consistent"
    assert chance(Result("x", 0.42, "", "measured", interval=(0.0, 1.0)), criterion) is None


def test_what_is_undecided_prints_its_probability() -> None:
    verdict = judge(fact(1.0, None), Answer((Result("x", 0.9, "", "measured", error=0.1),)))
    assert (verdict.outcome, verdict.reason) == ("consistent", "x lies in the range with a probability of 16 %")


def test_an_input_that_is_repeated_never_agrees() -> None:
    put_in, found = Result("x", 1.5, "", "input"), Result("y", 1.5, "", "measured", error=0.1)
    alone = judge(fact(1.0, 2.0), Answer((put_in,)))
    assert alone.outcome == "consistent"
    assert "repeats what was put in" in alone.reason
    assert judge(fact(1.0, 2.0, ("x", "y")), Answer((put_in, found))).outcome == "agrees"
    assert judge(fact(2.0, 3.0), Answer((put_in,))).outcome == "disagrees"
    assert judge(fact(None, None), Answer((put_in,))).outcome == "consistent"
