"""What was measured comes back as it was written, and rows are found by their columns."""

import json
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measured import Measured, Origin, Result, Series

COOL = Result("D of Cu", 1e-5, "cm2/s", "measured", error=1e-6, quantity="D", species="Cu", temperature_K=500.0)
HOT = Result("D of Cu", 3e-5, "cm2/s", "measured", error=2e-6, quantity="D", species="Cu", temperature_K=675.0)
BOUND = Result("D of Se", None, "cm2/s", "measured", interval=(0.0, 1e-7), quantity="D", species="Se")
CURVE = Series(
    "wz",
    "temperature_K",
    "K",
    np.array([300.0, 400.0]),
    np.array([1.0, np.nan]),
    "",
    quantity="phase_share",
    phase="wz",
)
ORIGIN = Origin("demo", "sandwich", ("CdSe-wz", "Cu3P"), atoms=892, validated_K=(300.0, 900.0), checksums={"a": "b"})
MEASURED = Measured(ORIGIN, (COOL, HOT, BOUND), (CURVE,), ("beware",))


def test_read_returns_what_was_written(tmp_path: Path) -> None:
    back = Measured.read(MEASURED.write(tmp_path / "results.json"))
    assert (back.origin, back.rows, back.warnings) == (MEASURED.origin, MEASURED.rows, MEASURED.warnings)
    assert back.curve(phase="wz") is not None
    np.testing.assert_array_equal(back.curves[0].y, CURVE.y)
    assert back.to_json() == MEASURED.to_json()
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_rows_are_selected_by_columns() -> None:
    assert MEASURED.select(quantity="D", species="Cu") == (COOL, HOT)
    assert MEASURED.hottest(quantity="D", species="Cu") == HOT
    assert MEASURED.one(species="Se") == BOUND
    assert MEASURED.one(species="P") is None
    with pytest.raises(ValueError, match="2 entries"):
        MEASURED.one(species="Cu")
    with pytest.raises(TypeError, match="no column is called element"):
        MEASURED.select(element="Cu")


def test_frames_hold_every_number() -> None:
    frame = MEASURED.to_frame()
    assert frame.height == 3
    assert frame["value"].to_list() == [1e-5, 3e-5, None]
    assert frame["upper"].to_list() == [None, None, 1e-7]
    points = MEASURED.curves_to_frame()
    assert points.height == 2
    assert points["phase"].to_list() == ["wz", "wz"]


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema": 2}', "nothing", json.dumps({"schema": 2, "rows": 3})])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="measure the run again"):
        Measured.read(path)
