"""The table of the first screen: what a run measured at the temperatures of its holds."""

import numpy as np
import pytest

from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.report.timeline import timeline

TIMES = np.linspace(0.0, 10.0, 101)
TARGET = np.where(TIMES < 4, 300.0, np.where(TIMES < 6, 300 + 150 * (TIMES - 4), 600.0))


def share(phase: str, domain: str, start: float, end: float) -> Series:
    """A structure's share against temperature."""
    x, y = np.array([290.0, 450.0, 610.0]), np.array([start, (start + end) / 2, end])
    return Series(
        f"{phase} {domain}", "temperature_K", "K", x, y, "", quantity="phase_share", phase=phase, domain=domain
    )


def measured(*curves: Series, rows: tuple[Result, ...] = ()) -> Measured:
    """A run with two holds."""
    programme = (
        Series("T", "time_ps", "ps", TIMES, TARGET, "K", quantity="temperature"),
        Series("asked", "time_ps", "ps", TIMES, TARGET, "K", quantity="target_temperature"),
    )
    return Measured(Origin("r", "m"), rows, (*programme, *curves))


def test_structures_stand_under_the_temperatures_of_the_holds() -> None:
    hops = (
        Result("hops of Cu", 3.0, "", "measured", quantity="hops", species="Cu", temperature_K=597.0),
        Result("hops of Cd", 0.0, "", "measured", quantity="hops", species="Cd", temperature_K=597.0),
    )
    found = timeline(
        measured(share("wz", "lower", 1.0, 0.2), share("zb", "lower", 0.0, 0.04), share("wz", "", 0.5, 0.1), rows=hops),
        {"lower": "CdSe-wz"},
    )
    assert found is not None
    assert found.heads == ("27 °C (300 K)", "327 °C (600 K)")
    labels = [label for label, _ in found.rows]
    assert labels == ["lower (CdSe-wz at the start): wurtzite", "Cu atoms hopped to another site"]
    first, last = (float(cell.rstrip(" %")) for cell in found.rows[0][1])
    assert first == pytest.approx(97.5, abs=1) and last == pytest.approx(22.5, abs=1)
    assert found.rows[1][1] == ("–", "3")


def test_a_run_without_structures_has_no_table() -> None:
    assert timeline(measured(), {}) is None
    assert timeline(Measured(Origin("r", "m"), (), ()), {}) is None
