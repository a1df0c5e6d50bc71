"""How a validation error is put into words."""

import difflib
import re
from collections.abc import Iterator
from reprlib import Repr
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from nanokiln.structures.schema.printed import printable

_MOST_FAULTS = 4
_BRANCH = r"str|dict\[str,any\]|[A-Z]\w+(Pair|Calculator|Spec)"  # what pydantic calls the branches of a union
_BRIEF = Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 60
_BRIEF.maxlevel = 2


def nearest(word: str, known: list[str]) -> str:
    """Return `; did you mean ...?` and the known words."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5) or [k for k in known if k.startswith(word)][:1]
    hint = f"; did you mean '{close[0]}'?" if close else ";"
    return f"{hint} There are: {', '.join(known)}"


def explain(error: ValidationError, model: Any, where: str) -> str:
    """Put a validation error into one line, fault after fault, naming the nearest valid key for an unknown one.

    `model` is the pydantic model, or the union of models, that was asked to validate.
    """
    return f"{where}: {'; '.join(faults(error, model))}"


def faults(error: ValidationError, model: Any) -> list[str]:
    """Return the faults of a validation error, a line each, unknown keys first; of very many only the first.

    Left out: a sequence is too short because its own entries are at fault, or a mapping with faults is no name.
    """
    details = sorted(error.errors(include_url=False), key=lambda d: d["type"] != "extra_forbidden")
    places = [detail["loc"] for detail in details]
    found = [printable(_fault(detail, model)) for detail in details if not _beside_the_point(detail, places)]
    more = len(found) - _MOST_FAULTS
    return [*found[:_MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])]


def _beside_the_point(detail: Any, places: list[tuple[int | str, ...]]) -> bool:
    loc = detail["loc"]
    if detail["type"] == "too_short":
        return any(place[: len(loc)] == loc != place for place in places)
    other_branch = any(place[: len(loc) - 1] == loc[:-1] and place != loc for place in places)
    return bool(detail["type"] == "string_type" and loc and loc[-1] == "str" and other_branch)


def _fault(detail: Any, model: Any) -> str:
    loc = tuple(_plain_part(part) for part in detail["loc"])
    if detail["type"] not in ("extra_forbidden", "missing"):
        while loc and re.fullmatch(_BRANCH, str(loc[-1])):
            loc = loc[:-1]  # a branch of a union, no key
    owner, path = _owner(model, loc[:-1])
    last = f"[{loc[-1]}]" if loc and isinstance(loc[-1], int) else f".{loc[-1]}" if loc else ""
    name = (".".join(path) + last).removeprefix(".")
    if detail["type"] == "extra_forbidden" and owner is not None:
        return f"unknown key '{name[:100]}'{nearest(str(loc[-1])[:100], sorted(owner.model_fields))}"
    is_missing_key = detail["type"] == "missing" and not isinstance(loc[-1], int)
    given = "" if is_missing_key or not loc else f" (given: {_brief(detail['input'])})"
    message = _of_list(detail, owner, loc) or detail["msg"].removeprefix("Value error, ")
    return f"{name}: {message}{given}" if name else message


def _of_list(detail: Any, owner: type[BaseModel] | None, loc: tuple[int | str, ...]) -> str:
    """Return what is wrong with a list of a fixed length, with an example where there can be one; "" otherwise."""
    if detail["type"] == "missing" and loc and isinstance(loc[-1], int):
        return "is missing from the list"
    field = owner.model_fields.get(str(loc[-1])) if owner is not None and loc else None
    entries = get_args(field.annotation) if field is not None and get_origin(field.annotation) is tuple else ()
    if detail["type"] != "tuple_type" or not entries or Ellipsis in entries:
        return ""
    given = detail["input"]
    example = f", as {_brief([given] * len(entries))}" if isinstance(given, int | float) else ""
    return f"expected a list of {len(entries)}{example}"


def _plain_part(part: int | str) -> int | str:
    """Return the name of the model that pydantic wraps in the name of its validator."""
    wrapped = re.fullmatch(r"function-\w+\[.*, (\w+)\]", part) if isinstance(part, str) else None
    return part if wrapped is None else wrapped.group(1)


def _brief(value: object) -> str:
    try:
        return _BRIEF.repr(value)
    except (ValueError, RecursionError):  # integers too long to be written
        return f"a {type(value).__name__}"


def _owner(model: Any, loc: tuple[int | str, ...]) -> tuple[type[BaseModel] | None, list[str]]:
    """Return the model that a location lies in, and the location without pydantic's union tags."""
    here: Any = model
    path: list[str] = []
    for part in loc:
        if isinstance(part, int):
            path[-1:] = [f"{path[-1] if path else ''}[{part}]"]
            continue
        tagged = next((m for m in _models(here) if _tag(m) == part), None)
        if tagged is not None and (len(list(_models(here))) > 1 or part == tagged.__name__):
            here = tagged
            continue
        inside = next((m for m in _models(here) if part in m.model_fields), None)
        here = inside.model_fields[part].annotation if inside else None
        path.append(part)
    return next(iter(_models(here)), None), path


def _tag(model: type[BaseModel]) -> object:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation)[0] if kind is not None and get_args(kind.annotation) else model.__name__


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, Annotated, tuple, list, dict}:
        for part in get_args(annotation):
            yield from _models(part)
