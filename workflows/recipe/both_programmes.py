"""The microscope's programme beside the run's: what was held for minutes there, and for picoseconds here."""

from math import log10

from scipy.constants import zero_Celsius

from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.recipe.recipe import Recipe

_PS_PER_MIN = 60e12
_SAME_K = 5.0  # how near a hold must be to one of the microscope's to count as the same


def beside(recipe: Recipe) -> tuple[str, ...]:
    """Return both programmes in a sentence each, in the same unit, and by how much the run is shorter; none without an
    experiment. A temperature of the microscope at which the run does not hold is named.

    >>> from nanokiln.workflows.recipe.recipe import load_recipe
    >>> beside(load_recipe("cdse-cu3p-cdse"))[0]
    'The microscope held 300 °C for 15 min, 350 °C for 15 min, 400 °C for 15 min.'
    """
    seen = () if recipe.experiment is None else recipe.experiment.microscope
    if not seen:
        return ()
    held = ", ".join(f"{one.at_C:g} °C for {one.minutes:g} min" if one.minutes else f"{one.at_C:g} °C" for one in seen)
    length_ps = sum(stage.steps for stage in recipe.stages) * recipe.timestep_ps
    holds = [one for one in recipe.stages if one.start_K == one.stop_K]
    told = f"The run takes {length_ps:.3g} ps in all"
    if holds:
        told += f": it holds {', '.join(_hold(one, recipe.timestep_ps) for one in holds)}"
    hottest_C = recipe.hottest_K - zero_Celsius
    told += "" if any(one.stop_K == recipe.hottest_K for one in holds) else f", and goes up to {hottest_C:.0f} °C"
    missed = [
        f"{one.at_C:g} °C"
        for one in seen
        if all(abs(one.at_C + zero_Celsius - hold.start_K) > _SAME_K for hold in holds)
    ]
    told += f"; it does not hold {', '.join(missed)}" if missed else ""
    minutes = sum(one.minutes for one in seen)
    if not minutes:
        return (f"The microscope went to {held}.", f"{told}.")
    decades = log10(minutes * _PS_PER_MIN / length_ps)
    return (f"The microscope held {held}.", f"{told}; {decades:.0f} decades less than the {minutes:g} min there.")


def _hold(stage: Stage, timestep_ps: float) -> str:
    most = "at most " if stage.window_steps else ""
    return f"{stage.stop_K - zero_Celsius:.0f} °C for {most}{stage.steps * timestep_ps:.3g} ps"
