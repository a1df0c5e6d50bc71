"""The verdict follows from the probability of the accepted range, and from nothing else."""

import numpy as np
import pytest

from nanokiln.analysis.experiment import Answer, Evidence, Fact, count
from nanokiln.analysis.experiment.verdict import judge
from nanokiln.analysis.measured import Result


def fact(lower: float | None, upper: float | None, quantities: tuple[str, ...] = ("x",)) -> Fact:
    criteria = [{"quantity": q, "lower": lower, "upper": upper, "unit": ""} for q in quantities]
    return Fact.model_validate(
        {"id": "Z1", "class": "EX", "fact": "f", "observable": "o", "accepted": "a", "criteria": criteria}
    )


def exact(value: float, name: str = "x") -> Result:
    return Result(name, value, "", "extrapolated")


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [(90, "agrees"), (89, "consistent"), (11, "consistent"), (10, "disagrees"), (0, "disagrees")],
)
def test_nine_tenths_of_the_samples_decide(inside: int, outcome: str) -> None:
    values = np.where(np.arange(100) < inside, 1.5, 7.0)
    found = judge(fact(1.0, 2.0), Answer((Evidence().result("x", values),)))
    assert (found.outcome, found.probability) == (outcome, pytest.approx(inside / 100))


def test_what_is_asked_together_is_judged_under_the_same_sample() -> None:
    """Each half of the samples meets one criterion: alone they are met by half, together by none."""
    first = np.arange(100) < 50
    answer = Answer(
        (
            Evidence().result("x", np.where(first, 1.5, 7.0)),
            Evidence().result("y", np.where(first, 7.0, 1.5)),
        )
    )
    assert judge(fact(1.0, 2.0, ("x", "y")), answer).outcome == "disagrees"


def test_one_failed_criterion_fails_the_row_and_a_missing_one_keeps_it_from_agreeing() -> None:
    both = fact(1.0, 2.0, ("x", "y"))
    assert judge(both, Answer((exact(1.3), exact(3.5, "y")))).outcome == "disagrees"
    partial = judge(both, Answer((exact(1.3),)))
    assert partial.outcome == "consistent"
    assert "y" in partial.reason
    assert judge(both, Answer((exact(3.5),))).outcome == "disagrees"


def test_a_row_that_narrowed_an_input_never_agrees() -> None:
    agreeing = judge(fact(1.0, 2.0), Answer((exact(1.3),), conditioned=True))
    assert (agreeing.outcome, agreeing.free) == ("consistent", False)
    assert judge(fact(1.0, 2.0), Answer((exact(3.5),), conditioned=True)).outcome == "disagrees"


def test_what_follows_by_symmetry_says_so_and_never_agrees() -> None:
    found = judge(fact(1.0, 2.0), Answer((exact(1.3),), follows="from symmetry: no direction"))
    assert (found.outcome, found.free) == ("consistent", False)
    assert "follows from symmetry: no direction" in found.reason


def test_numbers_without_a_range_cannot_agree() -> None:
    found = judge(fact(None, None), Answer((exact(1.3),)))
    assert (found.outcome, found.free) == ("consistent", False)
    assert "no number could disagree" in found.reason


def test_without_an_answer_the_row_is_not_testable_and_says_why() -> None:
    verdict = judge(fact(1.0, 2.0), Answer(reason="no potential covers it"))
    assert (verdict.outcome, verdict.reason) == ("not testable", "no potential covers it")
    assert verdict.probability is None
    assert count([verdict])["not testable"] == 1


def test_an_input_that_is_repeated_never_agrees() -> None:
    put_in, found = Result("x", 1.5, "", "input"), Result("y", 1.5, "", "measured", error=0.1)
    alone = judge(fact(1.0, 2.0), Answer((put_in,)))
    assert alone.outcome == "consistent"
    assert "repeats what was put in" in alone.reason
    assert judge(fact(1.0, 2.0, ("x", "y")), Answer((put_in, found))).outcome == "agrees"
    assert judge(fact(2.0, 3.0), Answer((put_in,))).outcome == "disagrees"
