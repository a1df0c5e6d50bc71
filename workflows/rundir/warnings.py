"""What a person should know before believing a run: every warning is worded here, and shown alike everywhere."""

from math import isfinite

from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured
from nanokiln.potentials.cards.card import Kind
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.record import PotentialRecord

_IN_WORDS: dict[Kind, str] = {
    "crystal": "perfect crystals",
    "couple": "contacts of two crystals",
    "surface": "surfaces",
    "particle": "free particles",
}


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
            f"the force model (potential '{potential.name}') fails its accuracy tests at the lowest temperature they "
            f"were made at{_where(potential)}: what this run shows, disordering too, may be an artefact of it; "
            f"`nanokiln potentials show {potential.name}` lists the tests"
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
    told = [f"{_IN_WORDS[kind]}{_how(potential.missed.get(kind, ''))}" for kind in ends]
    return f", for {' and for '.join(told)}" if told else ""


def _how(missed: str) -> str:
    """Return the test that was missed in words: the errors of a fit are against the model that it was fitted to."""
    told = missed.replace("RMSE against teacher", "error against the model that it was fitted to").replace(
        "eV/A", "eV/Å"
    )
    return f" (in the test {told})" if told else ""


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
    known = lost.value is not None and isfinite(lost.value)
    where = (
        f"{(lost.value or 0.0) - zero_Celsius:.0f} °C ({lost.value:.0f} K)"
        if known
        else f"{lost.time_ps or 0.0:.3g} ps"
    )
    inner = "metal atoms" if lost.phase == "metal" else "anions"
    return (
        f"from {where} on less than half of the inner {inner} lie on a lattice: from there on no sites, vacancies, "
        "replacements or crossings are counted, and D is that of a disordered material",
    )
