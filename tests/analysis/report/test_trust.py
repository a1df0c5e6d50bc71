"""How far to trust a report: the potential first, and the facts by name rather than by numbers."""

from dataclasses import replace

import pytest

from nanokiln.analysis.experiment import load_experiment
from nanokiln.analysis.experiment.verdict import Verdict
from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.analysis.report.trust import beside_facts, how_far

ORIGIN = Origin("r", "m", time_ps=105.0, hottest_K=673.0, potential="mine", validated_K=(0.0, 0.0))
FACTS = load_experiment("review2019").table.of_group("C")


def verdict(place: int, outcome: str) -> Verdict:
    left = Result("wurtzite_left", 0.27, "", "measured", 0.31)
    return Verdict(FACTS[place], outcome, "", (left,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("validated_K", "said"),
    [
        ((0.0, 0.0), "The force model (potential mine) fails its accuracy tests at the lowest temperature they were"),
        ((0.0, 600.0), "Above 600 K the force model (potential mine) was not validated"),
        ((0.0, 900.0), "The force model (potential mine) is validated to 900 K"),
    ],
)
def test_the_potential_is_told_first(validated_K: tuple[float, float], said: str) -> None:
    origin = replace(ORIGIN, validated_K=validated_K)
    assert how_far(Measured(origin)).startswith(said)


def test_the_time_is_told_once() -> None:
    assert "one minute in a microscope is 12 decades longer than its 105 ps" in how_far(
        Measured(replace(ORIGIN, time_ps=105.0))
    )
    assert "minute" not in how_far(Measured(ORIGIN), timed=True)


def test_what_disagrees_is_named_with_what_was_accepted_and_found() -> None:
    told = beside_facts(
        (verdict(0, "consistent"), verdict(3, "disagrees"), *(verdict(i, "not testable") for i in (4, 5)))
    )
    assert told.startswith("The run agrees with the experiment in nothing. It disagrees in C4, “No change from")
    assert f"accepted: {FACTS[3].accepted}; here: wurtzite left 0.27 ± 0.31)" in told
    assert told.endswith("Undecided, or what was put in: C1. 2 of the 4 facts it cannot judge.")


def test_what_agrees_is_named_too() -> None:
    told = beside_facts((verdict(0, "agrees"), verdict(1, "agrees")))
    assert told.startswith(f"The run agrees with the experiment in C1, “{FACTS[0].fact}”; in C2, “")
    assert "nothing" not in told and "disagrees" not in told
    assert beside_facts(()) == ""


def test_a_run_that_can_judge_nothing_does_not_sound_as_if_it_disagreed() -> None:
    told = beside_facts(tuple(verdict(i, "not testable") for i in (1, 4)))
    assert told == "The run can judge none of the 2 facts that it stands beside."
