from .explain import faults, nearest
from .number_types import Count, Integer, NonNegative, Number, Ordinal, Positive
from .plain_text import Line, PlainName
from .plain_yaml import load_yaml, read_yaml
from .printed import printable

__all__ = [
    "Count",
    "Integer",
    "Line",
    "NonNegative",
    "Number",
    "Ordinal",
    "PlainName",
    "Positive",
    "faults",
    "load_yaml",
    "nearest",
    "printable",
    "read_yaml",
]
