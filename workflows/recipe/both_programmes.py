"""The microscope's programme beside the run's: what was held for minutes there, and how much faster it goes here."""

from math import log10

from nanokiln.workflows.recipe.recipe import Recipe

_PS_PER_MIN = 60e12


def beside(recipe: Recipe) -> tuple[str, ...]:
    """Return both programmes in a sentence each, and how many times faster the run is; none without an experiment.

    >>> from nanokiln.workflows.recipe.recipe import load_recipe
    >>> beside(load_recipe("cdse-cu3p-cdse"))[0]
    'The microscope held 300 °C for 15 min, 350 °C for 15 min, 400 °C for 15 min.'
    """
    seen = () if recipe.experiment is None else recipe.experiment.microscope
    if not seen:
        return ()
    held = ", ".join(f"{one.at_C:g} °C for {one.minutes:g} min" if one.minutes else f"{one.at_C:g} °C" for one in seen)
    length_ps = sum(stage.steps for stage in recipe.stages) * recipe.timestep_ps
    targets = list(dict.fromkeys(f"{stage.stop_K:g}" for stage in recipe.stages))
    told = f"The run takes {length_ps:.3g} ps for {', '.join(targets)} K"
    minutes = sum(one.minutes for one in seen)
    if not minutes:
        return (f"The microscope went to {held}.", f"{told}.")
    decades = log10(minutes * _PS_PER_MIN / length_ps)
    return (f"The microscope held {held}.", f"{told}: {decades:.0f} decades faster.")
