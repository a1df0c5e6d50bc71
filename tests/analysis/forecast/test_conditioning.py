"""A synthetic experiment with a known truth: data in, posterior out, and what it predicts for another programme."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import History, default_inputs
from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import Draws, draw
from nanokiln.analysis.clock.inference import FEWEST, effective_samples, infer, infer_in_steps, weigh
from nanokiln.analysis.clock.outcome import weighted_quantile
from nanokiln.analysis.clock.spec import ClockSpec
from nanokiln.analysis.experiment import load_experiment
from nanokiln.analysis.forecast.knowledge import of_controls, of_prior, of_record
from nanokiln.analysis.forecast.measured_courses import MeasuredCourse
from nanokiln.analysis.forecast.observables import OBSERVABLES
from nanokiln.analysis.forecast.own_experiment import load_own_experiment
from nanokiln.analysis.forecast.posterior_record import load_posterior, record_posterior, write_posterior
from nanokiln.analysis.forecast.prediction import predict

ROD = {"name": "rod", "kind": "rod", "diameter_nm": 5, "length_nm": 35, "donors": 40, "gap_nm": 5}
SEEN = ClockSpec.model_validate({"heating": {"plateaus_C": [300, 350, 400], "hold_min": 15}, "particles": [ROD]})
UNSEEN = ClockSpec.model_validate({"heating": {"plateaus_C": [325], "hold_min": 60}, "particles": [ROD]})
NAMES = ("log10_alpha_CdSe", "log10_alpha_contact", "H_Cu2Se", "E_Cu kick-out of Cd")
TIMES = np.array([10.0, 20.0, 30.0, 40.0, 50.0, 60.0])


def course(history: History, sample: int, quantity: str, error: float, random: np.random.Generator) -> MeasuredCourse:
    """Return a course of one sample with noise, as a microscope would have measured it."""
    truth = np.interp(TIMES, history.minutes, OBSERVABLES[quantity](history)[:, sample])
    noise = random.normal(0.0, error, len(TIMES))
    return MeasuredCourse("rod", quantity, TIMES, truth + noise, np.full(len(TIMES), error))


def test_intervals_from_courses_cover_the_truth_as_often_as_they_say() -> None:
    """Simulation-based calibration by weights: every truth is a sample of the prior, the others infer it."""
    samples, random = 4000, np.random.default_rng(2)
    draws = draw(default_inputs(), samples, seed=11)
    seen, unseen = SEEN.scenes()["rod"].run(draws), UNSEEN.scenes()["rod"].run(draws).converted[-1]
    covered: dict[str, list[bool]] = {name: [] for name in (*NAMES, "unseen")}
    for truth in range(400):
        data = [course(seen, truth, quantity, error, random) for quantity, error in (("Cu", 0.15), ("length_nm", 8.0))]
        weights = weigh(data, {"rod": seen})
        weights[truth] = 0.0
        if effective_samples(weights) < FEWEST:  # `infer` refuses these
            continue
        for name in covered:
            column = unseen if name == "unseen" else draws[name]
            low, high = weighted_quantile(column, (0.025, 0.975), weights)
            covered[name].append(bool(low <= column[truth] <= high))
    for name, found in covered.items():
        assert len(found) > 300
        assert 0.90 < np.mean(found) < 0.99, (name, np.mean(found))


@pytest.mark.slow
def test_the_posterior_in_steps_is_calibrated_and_predicts_what_it_never_saw() -> None:
    """The same by tempering, as `nanokiln infer` does it, with errors of a good EDS and a ruler."""
    random = np.random.default_rng(4)
    truths = draw(default_inputs(), 40, seed=21)
    seen, unseen = SEEN.scenes()["rod"].run(truths), UNSEEN.scenes()["rod"].run(truths).converted[-1]
    covered: dict[str, list[bool]] = {name: [] for name in (*NAMES, "unseen")}
    worth = []
    for truth in range(40):
        data = [course(seen, truth, quantity, error, random) for quantity, error in (("Cu", 0.03), ("length_nm", 2.0))]
        posterior = infer_in_steps(data, default_inputs(), SEEN.scenes(), samples=200, seed=truth)
        worth.append(posterior.effective_samples)
        again = posterior.draws | {name: truths[name][[truth] * 200] for name in ("holder", "log10_hold")}
        predicted = UNSEEN.scenes()["rod"].run(again).converted[-1]
        for name in covered:
            column, true = (
                (predicted, unseen[truth]) if name == "unseen" else (posterior.draws[name], truths[name][truth])
            )
            low, high = np.quantile(column, (0.025, 0.975))
            covered[name].append(bool(low - 1e-3 <= true <= high + 1e-3))
    shares = {name: float(np.mean(found)) for name, found in covered.items()}
    print(shares, "pooled", np.mean(list(shares.values())), "worth", np.median(worth), min(worth))
    assert 0.90 <= np.mean(list(shares.values())) <= 0.99


def _of_the_prior(seen: list[list[MeasuredCourse]], chunks: int, each: int) -> tuple[Draws, np.ndarray]:
    """Return samples of the prior and their log-likelihoods (truths, samples), run in chunks to spare memory."""
    parts = [draw(default_inputs(), each, seed=1000 + chunk) for chunk in range(chunks)]
    found = []
    for part in parts:
        history = SEEN.scenes()["rod"].run(part)
        found.append([np.sum([one.log_likelihood(history) for one in data], axis=0) for data in seen])
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.concatenate(found, axis=1)


@pytest.mark.slow
def test_tempering_gives_the_posterior_that_plain_weights_give() -> None:
    """Ten truths of the calibration by 200 000 weighted samples of the prior, exact but for their number, and in steps:
    means differ by what both errors allow, and 95 % intervals of 200 samples hold as much of the weights as they can.

    What the interval holds between quantiles of w independent samples is 0.95 - 1.9/w or so: 0.939 of 175.
    """
    random, truths = np.random.default_rng(4), draw(default_inputs(), 10, seed=21)
    history = SEEN.scenes()["rod"].run(truths)
    made = (("Cu", 0.03), ("length_nm", 2.0))
    seen = [[course(history, truth, quantity, error, random) for quantity, error in made] for truth in range(10)]
    prior, logs = _of_the_prior(seen, 10, 20_000)
    free = [name for name, one in default_inputs().items() if one.deviation > 0.0]
    away, held = np.empty((10, len(free))), np.empty((10, len(free)))
    for truth, data in enumerate(seen):
        weights = np.exp(logs[truth] - logs[truth].max())
        posterior = infer_in_steps(data, default_inputs(), SEEN.scenes(), samples=200, seed=truth)
        worth = 1.0 / (1.0 / effective_samples(weights) + 1.0 / posterior.effective_samples)
        for i, name in enumerate(free):
            exact, found = prior[name], posterior.draws[name]
            mean = np.average(exact, weights=weights)
            error = np.sqrt(np.average((exact - mean) ** 2, weights=weights) / worth)
            low, high = np.quantile(found, (0.025, 0.975))
            away[truth, i] = (found.mean() - mean) / error
            held[truth, i] = np.average((exact >= low) & (exact <= high), weights=weights)
    told = [free.index(name) for name in NAMES]
    for label, z, share in (("all inputs", away, held), ("told by data", away[:, told], held[:, told])):
        print(f"{label}: differences {np.sqrt((z**2).mean()):.2f} errors, intervals hold {100 * share.mean():.1f} %")
    assert 0.8 < np.sqrt((away**2).mean()) < 1.25
    assert abs(away[:, told].mean(axis=0)).max() < 4.0 / np.sqrt(10)
    assert np.sqrt((away[:, told] ** 2).mean()) < 1.8
    assert 0.93 < held.mean() < 0.95
    assert 0.90 < held[:, told].mean() < 0.96


def _truth(draws: Draws, history: History) -> int:
    """Return the sample that is half converted at 350 C."""
    return int(np.argmin(abs(history.converted[history.at_plateau_end(350.0)] - 0.5)))


def test_own_particles_a_csv_file_and_a_posterior_that_predicts(tmp_path: Path) -> None:
    truths = draw(default_inputs(), 200, seed=5)
    history = SEEN.scenes()["rod"].run(truths)
    true, random = _truth(truths, history), np.random.default_rng(6)
    lines = ["particle,time_min,quantity,value,error"]
    for one in (course(history, true, "Cu", 0.05, random), course(history, true, "length_nm", 2.0, random)):
        lines += [f"rod,{t},{one.quantity},{v:.5f},{e}" for t, v, e in zip(TIMES, one.values, one.errors, strict=True)]
    (tmp_path / "eds.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "mine.yaml").write_text(
        "heating: {plateaus_C: [300, 350, 400], hold_min: 15}\n"
        "particles: [{name: rod, kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]\n"
        "observations: [{scene: rod, temperature_C: 350, watched: product, seen: partial}]\n"
        "series: [eds.csv]\n"
    )
    spec, seen = load_own_experiment(tmp_path / "mine.yaml")
    assert len(seen) == 3
    inputs = default_inputs() | spec.inputs
    posterior = infer_in_steps(seen, inputs, spec.scenes(), samples=200)
    path = write_posterior(record_posterior(posterior, inputs, "mine"), tmp_path / "p.json")
    record = load_posterior(path)
    assert record.effective_samples >= FEWEST
    assert len(record.seen) == 3
    before, after = (
        predict(UNSEEN, known)[0].history.converted[-1]
        for known in (of_prior(inputs, 400, 1), of_record(record, inputs, 400, 1))
    )
    fresh = {name: column[true : true + 1] for name, column in truths.items()}
    truth = UNSEEN.scenes()["rod"].run(fresh).converted[-1, 0]
    low, high = np.quantile(after, (0.025, 0.975))
    assert low <= truth <= high
    assert np.std(after) < 0.8 * np.std(before)


def test_controls_say_nothing_of_the_holder_of_another_experiment() -> None:
    review = load_experiment("review2019")
    known = of_controls(default_inputs(), 800, 3, review.observations, review.scenes)
    assert abs(known.draws["holder"].mean()) < 0.08  # 0.02 is its own error
    draws = draw(default_inputs(), 20, 1) | {"holder of others": np.full(20, -1.0)}
    same, other = SEEN.scenes()["rod"], replace(SEEN.scenes()["rod"], experiment="others")
    assert other.run(draws).rates.draws["holder"].max() == -1.0
    assert np.array_equal(same.run(draws).rates.draws["holder"], draws["holder"])


def test_a_posterior_of_other_inputs_is_refused(tmp_path: Path) -> None:
    inputs = default_inputs()
    posterior = infer([], run_scenes(SEEN.scenes(), ["rod"], draw(inputs, 50, 1)))
    record = record_posterior(posterior, inputs, "none")
    other = inputs | {"H_Cu2Se": inputs["H_Cu2Se"].widened(2.0)}
    with pytest.raises(ValueError, match="began from H_Cu2Se"):
        record.sample(other, 10, 1)
    drawn = record.sample(inputs, 120, 1)
    assert {len(column) for column in drawn.values()} == {120}
    assert not np.isin(drawn["holder"], posterior.draws["holder"]).any()
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ValueError, match="no posterior"):
        load_posterior(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,b\n1,2\n", "no column 'particle'"),
        ("particle,time_min,quantity,value,error\nrod,1,Cu,x,1\n", "line 2"),
        ("particle,time_min,quantity,value,error\nrod,1,Cu,0.1,0\n", "error must be positive"),
        ("particle,time_min,quantity,value,error\nrod,1,gold,0.1,1\n", "no quantity is called 'gold'"),
        ("particle,time_min,quantity,value,error\n", "holds no measurement"),
        ("particle,time_min,quantity,value,error\nother,1,Cu,0.1,0.1\n", "no particle is called 'other'"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told_in_a_line(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "eds.csv").write_text(text)
    (tmp_path / "mine.yaml").write_text(
        "heating: {plateaus_C: [300], hold_min: 15}\n"
        "particles: [{name: rod, kind: rod, diameter_nm: 5}]\nseries: [eds.csv]\n"
    )
    with pytest.raises(ValueError, match=complaint) as caught:
        load_own_experiment(tmp_path / "mine.yaml")
    assert "\n" not in str(caught.value)
