import numpy as np
import pytest

from nanokiln.analysis.lattice.occupation import PHASES, Labels
from nanokiln.analysis.measure.conversion import conversion_curves, conversion_results
from nanokiln.analysis.measure.heating_curve import Survey

WZ, ZB, DISORDERED = (PHASES.index(name) for name in ("wz", "zb", "disordered"))
ATOMS = 200


def survey_of(phase: np.ndarray) -> Survey:
    frames = np.arange(len(phase))
    return Survey((), None, None, frames, np.ones(len(phase)), phase.astype(np.int8), None)  # type: ignore[arg-type]


def labels_of(domain: np.ndarray) -> Labels:
    yes, no = np.ones(len(domain), bool), np.zeros(len(domain), bool)
    return Labels(yes, no, no, domain, yes, ("low", "high"), np.array([0, 0, 1.0]))


def heated(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two domains of 200 anions: the first turns into zincblende about 700 K, the second stays; 4 % are noise."""
    target_K = np.concatenate([np.full(5, 300.0), np.linspace(300, 900, 50), np.linspace(880, 400, 20)])
    own_K = np.concatenate([rng.normal(700, 30, ATOMS), np.full(ATOMS, np.inf)])
    hottest_K = np.maximum.accumulate(target_K)
    phase = np.where(own_K < hottest_K[:, None], ZB, WZ)
    return target_K, np.where(rng.random(phase.shape) < 0.04, DISORDERED, phase)


def test_a_domain_that_transforms_has_its_onset_and_one_that_stays_a_bound() -> None:
    target_K, phase = heated(np.random.default_rng(0))
    curves = conversion_curves(survey_of(phase), labels_of(np.repeat([0, 1], ATOMS)), target_K)
    rows = {(row.quantity, row.domain): row for row in conversion_results(curves)}
    low = rows["midpoint", "low"]
    assert low.value == pytest.approx(700, abs=8) and (low.phase, low.other) == ("wz", "zb")
    assert rows["onset", "low"].value == pytest.approx(700 - 1.28 * 30, abs=10)
    assert low.interval is None and "one run: no interval" in low.method
    assert rows["onset", "high"].value is None and rows["onset", "high"].interval == (900.0, float("inf"))


def test_cooling_is_left_out_and_a_mixed_start_has_no_curve() -> None:
    target_K, phase = heated(np.random.default_rng(1))
    phase[:, ATOMS:] = np.arange(ATOMS) % 3  # a third of each: no phase of its own
    (curve,) = conversion_curves(survey_of(phase), labels_of(np.repeat([0, 1], ATOMS)), target_K)
    assert curve.domain == "low" and len(curve.x) == 55 and np.all(np.diff(curve.x) >= 0)
