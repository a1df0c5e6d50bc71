"""Preparing: from a recipe to a run directory that only needs heating, with every check that can be made before."""

from typing import Any

import numpy as np
from pydantic import ValidationError

from nanokiln.potentials.cards.card import Card, Kind, PotentialError
from nanokiln.potentials.cards.user_potential import card_of
from nanokiln.structures import catalogue
from nanokiln.structures.builders.specs import Spec
from nanokiln.structures.model import Model
from nanokiln.workflows.deck.datafile import boundary, write_data
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.deck.setup import make_setup
from nanokiln.workflows.engine.preflight import Probe, check_box, check_disk, check_distance, probe
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.explain import explain
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.files import write_json
from nanokiln.workflows.rundir.provenance import potential_record, versions
from nanokiln.workflows.rundir.rundir import RunDirectory


def prepare(recipe: Recipe, run: RunDirectory) -> None:
    """Make a run directory: recipe, model, LAMMPS data and run.json; an existing one must be of the same recipe.

    Raises InputError, and then nothing has been written.
    """
    run.refuse_other(recipe)
    card = checked_card(recipe)
    if run.run_path.exists():
        _same_potential(run, card)
        check_disk(recipe, run.run["scene"]["atoms"], run.path)
        return
    model = as_lammps_needs(build_model(recipe))
    check_elements(card, model)
    check_disk(recipe, len(model.atoms), run.path)
    found = probe(model, card)
    if not card.calculator:  # small cells are what ASE calculators are for
        check_box(model, found)
    check_distance(card, recipe, found)
    make_setup(recipe, card, **_shape(model, found))
    run.claim(recipe)
    model.write(run.model_path)
    write_data(model, run.data_path)
    write_json(run.run_path, _record(recipe, card, model, found))


def checked_card(recipe: Recipe) -> Card:
    """Return the recipe's potential, its files checked."""
    try:
        card = card_of(recipe.potential)
        card.check()
    except PotentialError as error:
        raise InputError(str(error)) from error
    return card


def build_model(recipe: Recipe) -> Model:
    """Build the recipe's model; InputError says what is wrong with its `model` section."""
    try:
        return catalogue.build(recipe.model)
    except ValidationError as error:
        raise InputError(explain(error, Spec, "model")) from error
    except ValueError as error:
        raise InputError(f"model: {error}") from error


def check_elements(card: Card, model: Model) -> None:
    """Raise InputError unless the potential covers every element of the model."""
    try:
        card.require(model.elements)
    except PotentialError as error:
        raise InputError(str(error)) from error


def kinds_of(model: Model) -> tuple[Kind, ...]:
    """Return the kinds of system that the model is: a free particle, or one with bare surfaces; and a couple where
    crystals meet."""
    repeats = int(np.sum(model.atoms.pbc))
    joined: tuple[Kind, ...] = ("couple",) if len({domain.phase for domain in model.domains}) > 1 else ()
    bare: tuple[Kind, ...] = ("particle",) if repeats == 0 else ("surface",) if repeats < 3 else ()
    return joined + bare or ("crystal",)


def warnings_of(recipe: Recipe, card: Card, model: Model) -> list[str]:
    """Return what a person should know before believing this run."""
    kinds = kinds_of(model)
    low, high = card.range_K(kinds)
    what = " and ".join(kinds) if card.kinds_K else "anything"
    if card.tier == "own" and not high:
        return [f"potential '{card.name}' is the recipe's own and says no validated_K: nothing is known of its range"]
    out = []
    if not high:
        out.append(
            f"potential '{card.name}' misses gates for {what} at the lowest temperature it was judged at; "
            f"`nanokiln potentials show {card.name}` says which: take its numbers as indications"
        )
    elif recipe.hottest_K > high:
        out.append(
            f"the programme goes to {recipe.hottest_K:g} K, above the {high:g} K up to which potential '{card.name}' "
            f"was validated for {what}: what happens beyond is not supported by its tests"
        )
    if recipe.stages[0].start_K < low:
        out.append(f"the programme begins at {recipe.stages[0].start_K:g} K, below the validated {low:g} K")
    return out


def _shape(model: Model, found: Probe) -> dict[str, Any]:
    return {
        "boundary": boundary(model),
        "elements": model.elements,
        "stacking_axis": model.stacking_axis,
        "reach_A": found.reach_A,
    }


def _record(recipe: Recipe, card: Card, model: Model, found: Probe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "timestep_ps": recipe.timestep_ps,
        "seed": recipe.seed,
        "potential": potential_record(card),
        "validated_K": list(card.range_K(kinds_of(model))),
        "warnings": warnings_of(recipe, card, model),
        "energy_as_built_eV_per_atom": found.energy_eV_per_atom,
        "scene": {**_shape(model, found), "elements": list(model.elements), "atoms": len(model.atoms)},
        "versions": versions(),
        "sessions": [],
        "files": {},
    }


def _same_potential(run: RunDirectory, card: Card) -> None:
    before, now = run.run["potential"]["files"], potential_record(card)["files"]
    if before != now:
        raise InputError(
            f"potential '{card.name}' is not the one that {run.path} was begun with (its files' checksums differ): "
            "begin a new run, or reinstall the version that made it"
        )
