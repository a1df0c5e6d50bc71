"""The setup of a run: what its recipe, model and potential mean to LAMMPS."""

from nanokiln.potentials.cards.card import Card
from nanokiln.workflows.deck.deck import Limits, Setup
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe

_AXES = "xyz"


def make_setup(
    recipe: Recipe,
    card: Card,
    *,
    boundary: str,
    elements: tuple[str, ...],
    stacking_axis: int,
    reach_A: float,
    extent_A: tuple[tuple[float, float], ...] = (),
) -> Setup:
    """Return the setup; InputError when a barostat or a substrate is asked for where the box does not allow it, or a
    field for elements that the model lacks."""
    periodic = "".join(axis for axis, kind in zip(_AXES, boundary.split(), strict=True) if kind == "p")
    if recipe.substrate is not None and "z" in periodic:
        raise InputError("substrate: the model repeats along z, so there is no room for a plane below it")
    if recipe.field is not None and (strange := sorted(set(recipe.field.charges) - set(elements))):
        raise InputError(f"field.charges: the model has {', '.join(elements)}, but no {strange[0]}")
    return Setup(
        boundary=boundary,
        pair=card.commands(elements),
        calculator=card.calculator,
        elements=elements,
        timestep_ps=recipe.timestep_ps,
        cadence=recipe.cadence,
        limits=_limits(recipe, card),
        seed=recipe.seed,
        reach_A=reach_A,
        piece_atoms=recipe.vacuum.piece_atoms if recipe.vacuum and "f" in boundary else None,
        substrate=recipe.substrate,
        axes=_barostat_axes(recipe, periodic, _AXES[stacking_axis]),
        hot_spot=recipe.hot_spot,
        field=recipe.field,
        extent_A=extent_A,
    )


def _limits(recipe: Recipe, card: Card) -> Limits:
    guards = recipe.guards
    return Limits(
        hottest_K=guards.hottest_K if guards.hottest_K is not None else 2 * recipe.hottest_K + 500,
        energy_rise_eV_per_atom=guards.energy_rise_eV_per_atom,
        shortest_A=guards.shortest_A if guards.shortest_A is not None else card.shortest_A,
        free_disk_MB=guards.free_disk_MB,
    )


def _barostat_axes(recipe: Recipe, periodic: str, stacking: str) -> str:
    asked = {stage.barostat.axes for stage in recipe.stages if stage.barostat is not None}
    if not asked:
        return ""
    if len(asked) > 1:
        raise InputError(f"barostat: one run moves one set of axes, but its stages ask for {', '.join(sorted(asked))}")
    wanted = {"stacking": stacking, "inplane": _AXES.replace(stacking, ""), "all": _AXES}[asked.pop()]
    axes = "".join(axis for axis in wanted if axis in periodic)
    if not axes:
        raise InputError(
            f"barostat: the model does not repeat along {', '.join(wanted)}, so no pressure can be kept there; "
            "leave the barostat out (a particle in vacuum has zero pressure), or choose other axes"
        )
    return axes
