"""Words that a person may write: names that no shell, script or page can misread, and lines without control codes."""

import re
from typing import Annotated

from pydantic import AfterValidator

_LONGEST_NAME, _LONGEST_LINE = 100, 300


def plain(name: str) -> str:
    """Return a name of letters, digits, `.`, `_` and `-`; ValueError for any other."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name) or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"a plain name was expected: letters, digits, '.', '_' and '-', at most {_LONGEST_NAME} of them, "
            "the first a letter or digit"
        )
    return name


def one_line(text: str) -> str:
    """Return a text that is one printable line; ValueError for line breaks and control characters."""
    if not text.isprintable() or len(text) > _LONGEST_LINE:
        raise ValueError(f"one line of at most {_LONGEST_LINE} printable characters was expected")
    return text


PlainName = Annotated[str, AfterValidator(plain)]
Line = Annotated[str, AfterValidator(one_line)]
