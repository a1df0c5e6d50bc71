"""The catalogue: shipped models by name, and how a spec becomes a Model."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter

from nanokiln.structures.builders.from_file import build_file
from nanokiln.structures.builders.particle import build_particle
from nanokiln.structures.builders.scene import build_scene
from nanokiln.structures.builders.specs import FileSpec, ParticleSpec, PlateSpec, Spec, StackSpec
from nanokiln.structures.builders.stack import build_plate, build_stack
from nanokiln.structures.crystals.phases import DATA
from nanokiln.structures.model import Model


@lru_cache(maxsize=1)
def _shipped() -> dict[str, dict[str, Any]]:
    files = sorted((DATA / "models").glob("*.yaml"))
    return {f.stem: yaml.safe_load(f.read_text(encoding="utf-8")) for f in files}


def models() -> dict[str, str]:
    """Return every shipped model's name and what it is, in a line.

    >>> from nanokiln.structures import models
    >>> models()["au-sphere"]
    'control, Au alone, a sphere of 3 nm'
    """
    return {name: data["about"] for name, data in _shipped().items()}


def preset(name: str) -> dict[str, Any]:
    """Return a shipped model's spec as plain data; an unknown name is a ValueError that offers the nearest one."""
    if name not in _shipped():
        near = get_close_matches(name, _shipped(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no model is called {name!r}; there are: {', '.join(_shipped())}.{hint}")
    spec = {key: value for key, value in _shipped()[name].items() if key != "about"}
    return _unfolded(spec) | {"name": name}


def _unfolded(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec with its `preset` replaced by that model's spec, the other keys laid over it."""
    if "preset" not in spec:
        return dict(spec)
    return {**preset(str(spec["preset"])), **{key: value for key, value in spec.items() if key != "preset"}}


def validate(spec: Mapping[str, Any] | str | BaseModel) -> Spec:
    """Return a checked spec from plain data, from a shipped model's name, or from {preset: name, key: changed value}.

    Whatever is wrong is a pydantic ValidationError (a ValueError) or a ValueError that says so.
    """
    if isinstance(spec, str):
        spec = preset(spec)
    elif isinstance(spec, BaseModel):
        spec = spec.model_dump(exclude_unset=True)
    checked: Spec = TypeAdapter(Spec).validate_python(_unfolded(spec))
    return checked


def build(spec: Mapping[str, Any] | str | BaseModel) -> Model:
    """Build the model of a spec, of a shipped name, or of {preset: name, key: changed value}."""
    checked = validate(spec)
    if isinstance(checked, StackSpec):
        return build_stack(checked)
    if isinstance(checked, FileSpec):
        return build_file(checked)
    if isinstance(checked, PlateSpec):
        return build_plate(checked)
    return build_particle(checked) if isinstance(checked, ParticleSpec) else build_scene(checked, build)
