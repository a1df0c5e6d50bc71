"""One type of number for every field a person writes: finite, bounded, never true or false."""

import pytest
from pydantic import TypeAdapter, ValidationError

from nanokiln.structures.schema.number_types import Count, Integer, Number, Positive


@pytest.mark.parametrize("kind", [Number, Positive, Integer, Count])
@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), "nan", "inf", 1e300, 10**400, "1e999", None, [1]])
def test_what_is_no_finite_number_is_refused(kind: object, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_numbers_are_taken_as_written() -> None:
    assert TypeAdapter(Number).validate_python("1e3") == 1000  # YAML reads 1e3 as text
    assert TypeAdapter(Number).validate_python(-3) == -3
    assert TypeAdapter(Count).validate_python(7) == 7
