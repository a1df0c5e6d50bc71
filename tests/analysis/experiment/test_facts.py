"""The table of facts is whole and the verdict follows from the interval alone."""

from pathlib import Path

import pytest

from nanokiln.analysis.experiment.facts import Answer, Criterion, Fact, compare, count, judge, load_experiment
from nanokiln.analysis.measured import Result

SIZES = {"A": 15, "B": 15, "C": 19, "D": 8, "E": 24, "F": 7}


def fact(lower: float | None, upper: float | None, quantities: tuple[str, ...] = ("x",)) -> Fact:
    criteria = [{"quantity": q, "lower": lower, "upper": upper, "unit": ""} for q in quantities]
    return Fact.model_validate(
        {"id": "Z1", "class": "EX", "fact": "f", "observable": "o", "accepted": "a", "criteria": criteria}
    )


def result(low: float, high: float, name: str = "x") -> Result:
    return Result(name, (low + high) / 2, "", "extrapolated", interval=(low, high))


def test_every_row_of_the_review_is_there_in_order() -> None:
    expected = [f"{letter}{i}" for letter, size in SIZES.items() for i in range(1, size + 1)]
    assert [f.id for f in load_experiment().facts] == expected


def test_only_what_lies_outside_atomistics_has_no_criterion() -> None:
    assert {f.id for f in load_experiment().facts if not f.criteria} == {"D6", "D7", "E22", "F7"}


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


def test_a_broken_table_is_one_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "own.yaml"
    broken.write_text(
        "title: t\nsource: s\ngroups: {}\n"
        "facts: [{id: G1, class: EX, fact: f, observable: o, accepted: a, criteria: []}]\n"
    )
    with pytest.raises(ValueError, match="no group for G1"):
        load_experiment(broken)
