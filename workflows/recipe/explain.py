"""How a validation error is put into words."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from nanokiln.workflows.errors import nearest


def explain(error: ValidationError, model: Any, where: str) -> str:
    """Put a validation error into one line per fault, naming the nearest valid key for an unknown one.

    `model` is the pydantic model, or the union of models, that was asked to validate.
    """
    return "\n".join(f"{where}: {_fault(detail, model)}" for detail in error.errors(include_url=False))


def _fault(detail: Any, model: Any) -> str:
    loc = tuple(detail["loc"])
    owner, path = _owner(model, loc[:-1])
    name = ".".join([*path, str(loc[-1])]) if loc else ""
    if detail["type"] == "extra_forbidden" and owner is not None:
        return f"unknown key '{name}'{nearest(str(loc[-1]), sorted(owner.model_fields))}"
    given = "" if detail["type"] == "missing" else f" (given: {detail['input']!r})"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{name}: {message}{given}" if name else message


def _owner(model: Any, loc: tuple[int | str, ...]) -> tuple[type[BaseModel] | None, list[str]]:
    """Return the model that a location lies in, and the location without pydantic's union tags."""
    here: Any = model
    path: list[str] = []
    for part in loc:
        if isinstance(part, int):
            path[-1] = f"{path[-1]}[{part}]"
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
    elif get_origin(annotation) in {Union, UnionType, Annotated, tuple, list}:
        for part in get_args(annotation):
            yield from _models(part)
