"""The obvious recipe of a model that has none: the potential by its elements, the programme of what is like it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nanokiln.potentials.cards.card import list_cards
from nanokiln.structures import catalogue
from nanokiln.structures.crystals.phases import PhaseSpec, resolve_phase
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe, parse_recipe

_SMALL = "-small"
# What most of the experiments have in common: 300 and 400 C, after room temperature.
_PROGRAMME: tuple[dict[str, Any], ...] = (
    {"kind": "equilibrate", "temperature_K": 293, "at_most_ps": 1, "window_ps": 0.5},
    {"kind": "plateaus", "temperatures_K": [573, 673], "rate_K_per_ps": 100, "hold_ps": 2},
)
_OUTPUT = {"thermo_ps": 0.02, "frame_ps": 0.1, "checkpoint_ps": 2}


def find_recipe(source: str | Path) -> Recipe:
    """Return a recipe as `load_recipe` does, or the obvious one where `source` is a model without any.

    >>> find_recipe("bi2se3-plate").potential
    'bi-cu-se-te'
    """
    name = str(source)
    if name in list_recipes() or name not in catalogue.models():
        return load_recipe(source)
    return obvious_recipe(name)


def obvious_recipe(model: str) -> Recipe:
    """Return a recipe for a shipped model: that of a recipe with the same phases, or 300 and 400 C by its elements.

    InputError where no shipped potential covers its elements.
    """
    phases = phases_of(model)
    like = next((recipe for recipe in _by_size(model) if phases_of(recipe.model) == phases), None)
    told: dict[str, Any] = {"name": model, "model": {"preset": model}}
    if like is None:
        card = _smallest_card(model, phases)
        about = f"No recipe heats {model}: this one takes {card}, by its elements, and holds 573 and 673 K."
        return parse_recipe(
            told | {"description": about, "potential": card, "programme": _PROGRAMME, "output": _OUTPUT}
        )
    about = f"No recipe heats {model}: this one is that of {like.name}, whose phases are the same."
    kept = like.model_dump(exclude={"name": True, "model": True, "description": True, "experiment": {"facts"}})
    return parse_recipe(kept | told | {"description": about})


def phases_of(model: Any) -> frozenset[str]:
    """Return the phases that a model's spec names, those of the particles of a scene too; nothing is built."""
    return frozenset(_named(catalogue.validate(model).model_dump(exclude_unset=True)))


def _named(spec: Any) -> Iterator[str]:
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "phase":
                yield value if isinstance(value, str) else PhaseSpec.model_validate(value).name
            elif key == "model":
                yield from phases_of(value)
            else:
                yield from _named(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from _named(value)


def _by_size(model: str) -> Iterator[Recipe]:
    """Yield the shipped recipes, those of the model's own size first."""
    small = model.endswith(_SMALL)
    for name in sorted(list_recipes(), key=lambda name: name.endswith(_SMALL) != small):
        yield load_recipe(name)


def _smallest_card(model: str, phases: frozenset[str]) -> str:
    elements = {symbol for phase in phases for symbol in resolve_phase(phase).atoms().get_chemical_symbols()}
    able = [card for card in list_cards() if elements <= set(card.elements)]
    if not able:
        raise InputError(f"no shipped potential covers {', '.join(sorted(elements))}, the elements of model {model}")
    return min(able, key=lambda card: len(card.elements)).name
