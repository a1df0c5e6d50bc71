"""Numbers that a person may write: finite, of a size that arithmetic bears, and never true or false."""

from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MOST = 1e30


def _a_number(value: Any) -> Any:
    """Refuse YAML's true and false, which Python takes for 1 and 0, what is not finite, and sizes beyond use."""
    if isinstance(value, bool):
        raise ValueError("a number was expected, not true or false")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a finite number was expected")
    if isinstance(value, int | float) and abs(value) > MOST:
        raise ValueError(f"a number between -{MOST:g} and {MOST:g} was expected")
    return value


Number = Annotated[float, BeforeValidator(_a_number), Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
NonNegative = Annotated[Number, Field(ge=0)]
Nanometres = Annotated[Positive, Field(le=1000)]
Integer = Annotated[int, BeforeValidator(_a_number), Field(ge=-(2**53), le=2**53)]
Ordinal = Annotated[Integer, Field(ge=0)]
Count = Annotated[Integer, Field(ge=1)]
