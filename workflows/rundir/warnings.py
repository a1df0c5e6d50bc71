"""What a person should know before believing a run: every warning is worded here, and shown alike everywhere."""

from nanokiln.analysis.measured import Measured
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.record import PotentialRecord


def warnings_of(recipe: Recipe, potential: PotentialRecord, measured: Measured | None = None) -> tuple[str, ...]:
    """Return the warnings of a run: what recipe and potential say beforehand, and what only shows once it is measured.

    `measured` are the numbers of the finished run, None before.
    """
    return (*recipe.roundings, *_range_of(recipe, potential, measured), *_order_of(measured))


def _range_of(recipe: Recipe, potential: PotentialRecord, measured: Measured | None) -> tuple[str, ...]:
    if potential.range_K is None:
        return (
            f"potential '{potential.name}' is the recipe's own and says no validated_K: nothing is known of its range",
        )
    low_K, high_K = potential.range_K
    out = []
    if not high_K:
        out.append(
            f"potential '{potential.name}' misses gates at the lowest temperature it was judged at{_where(potential)}; "
            f"`nanokiln potentials show {potential.name}` says which: take its numbers as indications"
        )
    elif reached := _reached(recipe, measured, high_K):
        out.append(
            f"{reached}, above the {high_K:g} K up to which potential '{potential.name}' was validated"
            f"{_where(potential)}: what happens beyond is not supported by its tests"
        )
    if recipe.stages[0].start_K < low_K:
        out.append(f"the programme begins at {recipe.stages[0].start_K:g} K, below the validated {low_K:g} K")
    return tuple(out)


def _where(potential: PotentialRecord) -> str:
    """Return for which kinds of system in the model the range ends there, and why, as far as they were judged apart."""
    ends = [kind for kind, (_, high_K) in potential.kinds_K.items() if high_K == potential.validated_K[1]]
    told = [f"{kind} ({potential.missed[kind]})" if kind in potential.missed else kind for kind in ends]
    return f" for what in this model is {', '.join(told)}" if told else ""


def _reached(recipe: Recipe, measured: Measured | None, high_K: float) -> str:
    """Return how the run goes beyond a temperature, as measured or, before, as planned; '' where it does not."""
    hottest = None if measured is None else measured.one(quantity="hottest")
    if hottest is not None and hottest.value is not None:
        return f"the run reached {hottest.value:.0f} K" if hottest.value > high_K else ""
    return f"the programme goes to {recipe.hottest_K:g} K" if recipe.hottest_K > high_K else ""


def _order_of(measured: Measured | None) -> tuple[str, ...]:
    lost = None if measured is None else measured.one(quantity="lattice_lost")
    if lost is None:
        return ()
    return (
        f"from {lost.value:.0f} K on less than half of the anion lattice is ordered: from there on no sites, "
        "vacancies, replacements or crossings are counted, and D is that of a disordered material",
    )
