"""Campaigns: every point of the grid, monotone where physics is, and refusals in a line."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.spec import ClockParticle
from nanokiln.analysis.forecast.knowledge import of_prior
from nanokiln.analysis.forecast.prediction import predict
from nanokiln.analysis.forecast.what_if import DEFAULT_SPEC, Know, sweep, varied
from nanokiln.analysis.report.campaign_map import write_campaign


def knowing(samples: int) -> Know:
    return lambda inputs: of_prior(inputs, samples, 1)


def test_a_campaign_covers_its_grid_and_more_copper_never_converts_less(tmp_path: Path) -> None:
    heard: list[int] = []
    over = [varied("diameter_nm=4,6"), varied("donors=5:500:3:log")]
    campaign = sweep(DEFAULT_SPEC, "rod", over, knowing(60), lambda done, _: heard.append(done))
    complete = campaign.grid(lambda point: point.chances[2])
    assert complete.shape == (2, 3)
    assert np.all(np.diff(complete, axis=1) >= 0)
    assert heard == list(range(7))
    assert write_campaign(campaign, tmp_path).stat().st_size > 10_000
    assert all(sum(point.chances) == pytest.approx(1.0) for point in campaign.points)


def test_a_point_is_what_the_clock_predicts_there(tmp_path: Path) -> None:
    campaign = sweep(DEFAULT_SPEC, "rod", [varied("gap_nm=5,500")], knowing(60))
    alone = predict(DEFAULT_SPEC, of_prior(default_inputs(), 60, 1))[0]
    assert campaign.points[0].chances == pytest.approx(tuple(alone.chances[:, -1]))
    assert campaign.points[1].share[1] <= campaign.points[0].share[1]
    assert write_campaign(campaign, tmp_path).is_file()


def test_what_the_particle_has_is_swept_where_the_reviews_scenes_have_an_input_of_that_name() -> None:
    """Gap and share of phosphide: each point is the clock's own prediction with that number in the file."""
    plate = ClockParticle(name="plate", kind="sandwich", diameter_nm=13.0, length_nm=9.0)
    spec = DEFAULT_SPEC.model_copy(update={"particles": (*DEFAULT_SPEC.particles, plate)})
    for name, quantity, values in (("rod", "gap_nm", (1.0, 10_000.0)), ("plate", "phosphide_share", (0.4, 0.1))):
        campaign = sweep(spec, name, [varied(f"{quantity}={values[0]},{values[1]}")], knowing(200))
        own = next(one for one in spec.particles if one.name == name)
        for value, point in zip(values, campaign.points, strict=True):
            there = spec.model_copy(update={"particles": (own.model_copy(update={quantity: value}),)})
            alone = predict(there, of_prior(default_inputs(), 200, 1))[0]
            assert point.chances == pytest.approx(tuple(alone.chances[:, -1]))
        assert campaign.points[1].chances[2] < campaign.points[0].chances[2] - 0.05


def test_an_input_can_be_swept_and_a_higher_barrier_never_converts_more() -> None:
    campaign = sweep(DEFAULT_SPEC, "rod", [varied("E_Cu kick-out of Cd=1.0:2.4:3")], knowing(60))
    medians = campaign.grid(lambda point: point.share[1])
    assert np.all(np.diff(medians) <= 0)
    assert medians[-1] < 0.01


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("foo=1:2:3", "cannot vary 'foo'"), ("gap=1:2:3", "did you mean 'gap_nm'"), ("gap_nm=1:2", "LOW:HIGH:POINTS"),
     ("gap_nm=0:2:3:log", "LOW:HIGH:POINTS"), ("gap_nm=a", "LOW:HIGH:POINTS")],
)  # fmt: skip
def test_what_cannot_be_varied_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        varied(text)


def test_a_value_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        sweep(DEFAULT_SPEC, "rod", [varied("diameter_nm=-1,5")], knowing(20))
    with pytest.raises(ValueError, match="no particle is called 'x'"):
        sweep(DEFAULT_SPEC, "x", [varied("gap_nm=1,5")], knowing(20))
