"""Preparing: from a recipe to a run directory that only needs heating, with every check that can be made before."""

import numpy as np
from pydantic import ValidationError

from nanokiln.potentials.cards.card import Card, Kind, PotentialError
from nanokiln.potentials.cards.user_potential import card_of
from nanokiln.structures import catalogue
from nanokiln.structures.builders.specs import Spec
from nanokiln.structures.model import Model
from nanokiln.structures.schema.explain import explain
from nanokiln.structures.schema.printed import printable
from nanokiln.workflows.deck.datafile import boundary, write_data
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.engine.preflight import Probe, check_box, check_disk, check_distance, check_pieces, probe
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.prepared import setup_for
from nanokiln.workflows.rundir.provenance import versions
from nanokiln.workflows.rundir.record import PotentialRecord, RunRecord, SceneRecord
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.warnings import warnings_of


def prepare(recipe: Recipe, model: Model, card: Card, run: RunDirectory) -> RunRecord:
    """Make a run directory of a recipe and its model: recipe, model, LAMMPS data and record, which it returns.

    Raises InputError, and then nothing has been written.
    """
    run.refuse_other(recipe)
    if run.has_begun:
        raise InputError(f"{run.run_path} is missing, but its dynamics have begun: put it back, or give another --out")
    model = as_lammps_needs(model)
    check_elements(card, model)
    check_pieces(recipe, model)
    check_disk(recipe, len(model.atoms), run.path)
    found = probe(model, card)
    if not card.calculator:  # small cells are what ASE calculators are for
        check_box(model, found)
    check_distance(card, recipe, found)
    scene = _scene(model, found)
    setup_for(recipe, card, scene)
    run.claim(recipe)
    model.write(run.model_path)
    write_data(model, run.data_path)
    potential = PotentialRecord.of(card, kinds_of(model))
    record = _record(recipe, potential, scene, found).model_copy(update={"sealed": run.seals()})
    record.write(run.run_path)
    return record


def take_up(recipe: Recipe, card: Card, run: RunDirectory) -> RunRecord:
    """Return the record of a prepared run that is to go on; InputError where it is of another recipe or potential, or
    its recipe or model are not what they were.

    What the recipe only says about itself may have changed since, and counts from now on.
    """
    run.check_seals()
    run.refuse_other(recipe)
    record = run.record
    if record.potential.files != PotentialRecord.of(card).files:
        raise InputError(
            f"potential '{card.name}' is not the one that {run.path} was begun with (its files' checksums differ): "
            "begin a new run, or reinstall the version that made it"
        )
    check_disk(recipe, record.scene.atoms, run.path)
    return record if record.sealed and run.recipe == recipe else run.reword(recipe)


def choose(recipe: Recipe) -> Card:
    """Return the recipe's potential, its files checked; InputError with the sentence of a recipe that must wait."""
    if recipe.waits_for:
        raise InputError(f"recipe {recipe.name} cannot be heated yet: {recipe.waits_for.strip()}")
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
    except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
        raise InputError(f"model: {printable(str(error)) or type(error).__name__}") from error


def check_elements(card: Card, model: Model) -> None:
    """Raise InputError unless the potential covers every element of the model, and names them in the types' order."""
    try:
        card.commands(model.elements)
    except PotentialError as error:
        raise InputError(str(error)) from error


def kinds_of(model: Model) -> tuple[Kind, ...]:
    """Return the kinds of system that the model is: a free particle, or one with bare surfaces; and a couple where
    crystals meet."""
    repeats = int(np.sum(model.atoms.pbc))
    joined: tuple[Kind, ...] = ("couple",) if len({domain.phase for domain in model.domains}) > 1 else ()
    bare: tuple[Kind, ...] = ("particle",) if repeats == 0 else ("surface",) if repeats < 3 else ()
    return joined + bare or ("crystal",)


def _scene(model: Model, found: Probe) -> SceneRecord:
    return SceneRecord(
        boundary=boundary(model),
        elements=model.elements,
        stacking_axis=model.stacking_axis,
        reach_A=found.reach_A,
        atoms=len(model.atoms),
        extent_A=_extent_A(model),
    )


def _extent_A(model: Model) -> tuple[tuple[float, float], ...]:
    low, high = model.atoms.positions.min(axis=0), model.atoms.positions.max(axis=0)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def _record(recipe: Recipe, potential: PotentialRecord, scene: SceneRecord, found: Probe) -> RunRecord:
    return RunRecord(
        name=recipe.name,
        timestep_ps=recipe.timestep_ps,
        seed=recipe.seed,
        potential=potential,
        warnings=warnings_of(recipe, potential),
        energy_as_built_eV_per_atom=found.energy_eV_per_atom,
        scene=scene,
        versions=versions(),
    )
