"""A posterior that was kept stands for the stated ranges in the table of an experiment."""

import numpy as np

from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.inference import infer
from nanokiln.analysis.experiment import agree, load_experiment
from nanokiln.analysis.forecast.posterior_record import record_posterior


def test_rows_follow_the_posterior_and_those_it_has_seen_cannot_agree() -> None:
    """A posterior in which nothing evaporates keeps the disc, and what it was told of it does not count."""
    disc = load_experiment("cdse-disc")
    draws = draw(disc.inputs, 60, 1) | {"log10_alpha_CdSe": np.full(60, -3.99)}
    posterior = infer([], run_scenes(disc.scenes, ["disc"], draws))
    record = record_posterior(posterior, disc.inputs, "cdse-disc").model_copy(update={"rows": ("K1",)})
    agreement = agree(disc, runs=(), samples=60, kept=record)
    verdicts = {one.fact.id: one for one in agreement.verdicts}
    free = {one.fact.id: one for one in agreement.unconditioned}
    assert verdicts["K1"].probability > 0.9 > free["K1"].probability
    assert verdicts["K1"].outcome == "consistent"
    assert verdicts["K4"].probability < free["K4"].probability
