"""Examples in docstrings become blocks of code on the site's pages of the Python reference."""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:^(?!>>> )\S.*\n?)*)+", re.MULTILINE)


def fence(text: str) -> str:
    """Set a fence around every example in a docstring."""
    return _EXAMPLE.sub(lambda found: f"\n```pycon\n{found.group(0).rstrip()}\n```\n", text)


class FencedExamples(griffe.Extension):
    """Set a fence around every `>>>` example, since a docstring is read as Markdown."""

    def on_object(self, *, obj: griffe.Object, **_others: Any) -> None:
        """Change the docstring of every function, class and module."""
        if obj.docstring is not None:
            obj.docstring.value = fence(obj.docstring.value)
