"""Thermal programmes: stages add up, meet, and end where they were told."""

from itertools import pairwise

import pytest

from nanokiln.workflows.recipe.programme import Bath, Equilibrate, Hold, Item, Jump, Plateaus, Ramp, stages

START = Equilibrate(kind="equilibrate", temperature_K=300, at_most_ps=2, window_ps=1)


def plan(*items: Item, grain: int = 50) -> tuple:
    return stages((START, *items), timestep_ps=0.002, grain=grain, bath=Bath(), barostat=None)


def test_a_ramp_takes_its_temperature_over_its_rate() -> None:
    ramp = plan(Ramp(kind="ramp", to_K=600, rate_K_per_ps=50))[1]
    assert ramp.steps * 0.002 == pytest.approx(300 / 50)
    assert (ramp.start_K, ramp.stop_K) == (300, 600)
    assert ramp.target_K(ramp.steps // 2) == pytest.approx(450)


def test_a_ramp_down_has_a_positive_rate_too() -> None:
    ramp = plan(Ramp(kind="ramp", to_K=100, rate_K_per_ps=50))[1]
    assert ramp.steps * 0.002 == pytest.approx(4)
    assert ramp.target_K(ramp.steps) == 100
    assert ramp.target_K(10 * ramp.steps) == 100


def test_plateaus_are_ramps_and_holds_in_turn() -> None:
    series = plan(Plateaus(kind="plateaus", temperatures_K=(573, 623, 673), rate_K_per_ps=50, hold_ps=4))
    assert [s.name for s in series[1:]] == [
        "02-ramp-573K",
        "03-hold-573K",
        "04-ramp-623K",
        "05-hold-623K",
        "06-ramp-673K",
        "07-hold-673K",
    ]
    assert all(earlier.stop_K == later.start_K for earlier, later in pairwise(series))


def test_a_plateau_at_the_present_temperature_needs_no_ramp() -> None:
    series = plan(Plateaus(kind="plateaus", temperatures_K=(300,), rate_K_per_ps=50, hold_ps=4))
    assert [s.name for s in series] == ["01-equilibrate-300K", "02-hold-300K"]


def test_a_jump_is_at_its_target_from_its_first_step() -> None:
    jump = plan(Jump(kind="jump", to_K=700, hold_ps=1))[1]
    assert jump.target_K(0) == 700


def test_durations_are_whole_frames_and_never_stretched_to_one() -> None:
    for stage in plan(Hold(kind="hold", duration_ps=0.14), Hold(kind="hold", duration_ps=0.77), grain=70):
        assert stage.steps >= 70
        assert stage.steps % 70 == 0
    with pytest.raises(ValueError, match=r"less than one frame of 0\.14 ps"):
        plan(Hold(kind="hold", duration_ps=0.001), grain=70)


def test_a_stage_may_have_its_own_bath() -> None:
    own = Bath(kind="langevin", damping_ps=1)
    series = plan(Hold(kind="hold", duration_ps=1, bath=own), Hold(kind="hold", duration_ps=1))
    assert [s.bath.kind for s in series] == ["csvr", "langevin", "csvr"]
