"""The table of the first screen: what a run measured in its starting model and in its holds."""

from dataclasses import replace

import numpy as np
import pytest

from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.report.timeline import timeline

TIMES = np.linspace(0.0, 10.0, 101)
TARGET = np.where(TIMES < 4, 300.0, np.where(TIMES < 6, 300 + 150 * (TIMES - 4), 600.0))
LOOKED = np.array([0.0, 2.0, 5.0, 7.0, 9.0])
INNER = 8.0
WURTZITE = np.array([8.0, 6.0, 5.0, 2.0, 0.0])


def counted(phase: str, domain: str, numbers: np.ndarray, built: float) -> tuple[Series, Series]:
    """A structure's count at the censuses, and in the starting model."""
    told = {"quantity": "phase_count", "phase": phase, "domain": domain}
    course = Series("n", "time_ps", "ps", LOOKED, numbers, "atoms", **told)
    return course, replace(course, x=np.zeros(1), y=np.array([built]), stage="built")


def measured(*rows: Result, temperature_K: np.ndarray = TARGET) -> Measured:
    """A run with two holds whose lower domain goes from wurtzite to disorder."""
    every = np.full(len(LOOKED), INNER)
    curves = []
    for domain in ("lower", ""):
        curves += counted("wz", domain, WURTZITE, INNER)
        curves += counted("disordered", domain, every - WURTZITE, 0.0)
        curves += counted("zb", domain, np.zeros(len(LOOKED)), 0.0)
        curves += counted("", domain, every, INNER)
    programme = (
        Series("T", "time_ps", "ps", TIMES, temperature_K, "K", quantity="temperature"),
        Series("asked", "time_ps", "ps", TIMES, TARGET, "K", quantity="target_temperature"),
    )
    return Measured(Origin("r", "m"), rows, (*programme, *curves))


def lost(time_ps: float) -> Result:
    return Result("lost", 600.0, "K", "measured", quantity="lattice_lost", time_ps=time_ps)


def test_structures_stand_under_the_holds_beside_the_starting_model() -> None:
    hops = (
        Result("hops of Cu", 3.0, "", "measured", quantity="hops", species="Cu", temperature_K=597.0),
        Result("hops of Cd", 0.0, "", "measured", quantity="hops", species="Cd", temperature_K=597.0),
    )
    found = timeline(measured(*hops), {"lower": "CdSe-wz"})
    assert found is not None
    assert [one.head for one in found.columns] == ["starting model", "target 27 °C (300 K)", "target 327 °C (600 K)"]
    name = "lower (CdSe-wz at the start, 8 inner anions)"
    # one model of one domain: the whole would say the same again
    assert [label for label, _ in found.rows] == [
        f"{name}: wurtzite",
        f"{name}: disordered, on no lattice",
        "Cu atoms hopped to another site",
    ]
    # of two frames with eight anions each, 6 and 8 of 8, then 0 and 2 of 8; binomial over one frame
    assert found.rows[0][1] == ("100 %", "88 ± 14 %", "12 ± 14 %")
    assert found.rows[1][1] == ("0 %", "12 ± 14 %", "88 ± 14 %")
    assert found.rows[2][1] == ("–", "–", "3")


def test_a_hold_says_its_measured_temperature_and_how_many_frames_it_had() -> None:
    settling = TARGET.copy()
    settling[:40] -= 80.0
    found = timeline(measured(temperature_K=settling), {"lower": "CdSe-wz"})
    assert found is not None
    first, second = found.columns[1:]
    assert first.note == "measured -51 °C; 0 to 4 ps; 2 frames"
    assert second.note == "measured 327 °C; 6 to 10 ps; 2 frames"


@pytest.mark.parametrize(
    ("time_ps", "states"), [(5.0, ["", "lattice lost"]), (8.0, ["", "lattice lost from 8 ps on"]), (None, ["", ""])]
)
def test_columns_say_where_the_lattice_is_lost_and_count_no_hops_there(time_ps: float, states: list[str]) -> None:
    hop = Result("hops of Cu", 3.0, "", "measured", quantity="hops", species="Cu", temperature_K=300.0)
    rows = (hop,) if time_ps is None else (hop, lost(time_ps))
    found = timeline(measured(*rows), {"lower": "CdSe-wz"})
    assert found is not None
    assert [one.state for one in found.columns[1:]] == states
    assert ("not counted" in found.rows[-1][1]) == (states[1] == "lattice lost")


def test_a_ramp_is_told_in_parts_and_an_unknown_temperature_by_its_times() -> None:
    run = measured()
    ramp = tuple(
        replace(one, y=np.linspace(300, 900, len(TIMES))) if "temperature" in one.quantity else one
        for one in run.curves
    )
    parts = timeline(replace(run, curves=ramp), {})
    assert parts is not None
    # sixths of the 9 ps that were looked at
    assert [one.head for one in parts.columns[1:3]] == ["27 to 117 °C", "117 to 207 °C"]
    unknown = timeline(replace(run, curves=run.curves[2:]), {})
    assert unknown is not None
    assert unknown.columns[1].head == "0 to 1.5 ps"


def test_a_run_without_structures_has_no_table() -> None:
    assert timeline(replace(measured(), curves=measured().curves[:2]), {}) is None
    assert timeline(Measured(Origin("r", "m"), (), ()), {}) is None
