"""Numbers as a reader wants them."""

from dataclasses import replace

import pytest

from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.page import number, spread


@pytest.mark.parametrize(("value", "text"), [(12.0, "12"), (1234.56, "1235"), (3.1e-5, "3.10e-05"), (None, "–")])
def test_numbers_are_written_for_a_reader(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_result_below_detection_is_written_as_a_bound() -> None:
    bound = Result("D_Cd", None, "cm2/s", "measured", interval=(0.0, 2e-7))
    assert spread(bound) == "below 2.0e-07 (95 %)"
    assert spread(replace(bound, value=1e-7, interval=None, error=3e-8)) == "± 3.0e-08"
