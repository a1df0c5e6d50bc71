"""What the site's pages of the Python reference show of a docstring and of a class."""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:^(?!>>> )\S.*\n?)*)+", re.MULTILINE)


def fence(text: str) -> str:
    """Set a fence around every example in a docstring."""
    return _EXAMPLE.sub(lambda found: f"\n```pycon\n{found.group(0).rstrip()}\n```\n", text)


class Shown(griffe.Extension):
    """Fences around `>>>` examples, and the fields of classes that no signature tells, such as pydantic's models."""

    def on_object(self, *, obj: griffe.Object, **_others: Any) -> None:
        """Change the docstring of every function, class and module."""
        if obj.docstring is not None:
            obj.docstring.value = fence(obj.docstring.value)

    def on_class(self, *, cls: griffe.Class, **_others: Any) -> None:
        """List the fields of a class under its docstring; a dataclass has them in its signature."""
        fields = [one for name, one in cls.members.items() if not name.startswith("_") and _is_field(one)]
        is_dataclass = any("dataclass" in str(one.value) for one in cls.decorators)
        if fields and cls.docstring is not None and not is_dataclass:
            cls.docstring.value += "\n\n```python\n" + "\n".join(map(_line, fields)) + "\n```\n"


def _is_field(one: griffe.Object | griffe.Alias) -> bool:
    return one.is_attribute and one.annotation is not None and "property" not in one.labels and one.docstring is None


def _line(one: griffe.Object | griffe.Alias) -> str:
    default = f" = {one.value}" if one.value and "class-attribute" in one.labels else ""
    return f"{one.name}: {one.annotation}{default}"
