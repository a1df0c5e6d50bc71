"""Steadiness: resting noise is steady, drift and the wrong temperature are not."""

import numpy as np
import pytest

from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.recipe.programme import Bath, Stage
from nanokiln.workflows.rundir.thermo_rows import column, is_steady

STAGE = Stage("01", 300, 300, 5000, Bath(), None, window_steps=1000)


def rows(energy: np.ndarray, temperature: float = 300.0) -> list[str]:
    width = THERMO_COLUMNS.count(",") + 1
    out = []
    for i, e in enumerate(energy):
        values = ["0"] * width
        values[0], values[4], values[5] = str(10 * i), str(temperature), f"{e:.8f}"
        out.append(",".join(values))
    return out


def test_columns_are_found_by_name() -> None:
    assert column(rows(np.array([1.5, 2.5])), "potential_eV").tolist() == [1.5, 2.5]
    assert column(rows(np.zeros(3)), "step").tolist() == [0, 10, 20]


def test_noise_is_usually_steady_and_drift_never() -> None:
    rng = np.random.default_rng(1)
    drift = np.linspace(0, 20, 200)
    noise = [rng.normal(size=200) for _ in range(200)]
    steady = [is_steady(rows(e), STAGE, first=0) for e in noise]
    assert 0.85 < np.mean(steady) < 0.98  # two standard errors of ten block means: Student t, 8 degrees of freedom
    assert not any(is_steady(rows(e + drift), STAGE, first=0) for e in noise)


@pytest.mark.parametrize("temperature", [250.0, 330.0])
def test_the_wrong_temperature_is_not_steady(temperature: float) -> None:
    energy = np.random.default_rng(2).normal(size=200)
    assert is_steady(rows(energy), STAGE, first=0)
    assert not is_steady(rows(energy, temperature), STAGE, first=0)


def test_a_window_must_have_passed_since_the_stage_began() -> None:
    energy = np.random.default_rng(2).normal(size=200)
    assert not is_steady(rows(energy[:90]), STAGE, first=0)
    assert not is_steady(rows(energy), STAGE, first=1500)
    assert not is_steady([], STAGE, first=0)
