"""Whole multiples: what a recipe's times become in steps, what that changes, and what cannot be heated at all."""

from collections.abc import Mapping

from nanokiln.workflows.recipe.programme import NOTICED, Stage

_MOST_STEPS = 2_000_000_000  # what LAMMPS runs in one go, and more than a machine does in a year


def cadence_of(asked_ps: Mapping[str, float], timestep_ps: float) -> tuple[int, ...]:
    """Return the intervals in steps, from the shortest; each is a whole multiple of the one before.

    ValueError for one that would have to be stretched to the one before, or to a step.
    """
    out: list[int] = []
    for name, interval_ps in asked_ps.items():
        unit = out[-1] if out else 1
        if interval_ps < (1 - NOTICED) * unit * timestep_ps:
            what = f"{unit * timestep_ps:g} ps, the interval before it" if out else f"a step of {timestep_ps:g} ps"
            raise ValueError(f"output.{name}: at least {what}, was expected, not {interval_ps:g}")
        out.append(unit * max(1, round(interval_ps / timestep_ps / unit)))
    return tuple(out)


def refuse_unheatable(stages: tuple[Stage, ...], timestep_ps: float) -> None:
    """Raise ValueError for more steps than a run can have, or a bath that answers faster than a step."""
    steps = sum(stage.steps for stage in stages)
    if steps > _MOST_STEPS:
        raise ValueError(
            f"programme: {steps:.3g} steps of {1000 * timestep_ps:g} fs are more than the {_MOST_STEPS:.0e} that a run "
            "may have: shorten its stages"
        )
    for stage in stages:
        for name, settings in (("bath", stage.bath), ("barostat", stage.barostat)):
            if settings is not None and settings.damping_ps < timestep_ps:
                raise ValueError(
                    f"{name}.damping_ps: at least one time step of {timestep_ps:g} ps was expected, "
                    f"not {settings.damping_ps:g}"
                )


def roundings_of(
    stages: tuple[Stage, ...], output_ps: Mapping[str, float], cadence: tuple[int, ...], timestep_ps: float
) -> tuple[str, ...]:
    """Return, in words, every length that whole frames or whole steps change by more than 1 %."""
    frames = f"stages are whole frames of {cadence[1] * timestep_ps:g} ps"
    became = [
        (f"output.{name}", asked, steps * timestep_ps, "intervals are whole multiples of each other")
        for (name, asked), steps in zip(output_ps.items(), cadence, strict=True)
    ]
    became += [(f"stage {stage.name}", stage.asked_ps, stage.steps * timestep_ps, frames) for stage in stages]
    return tuple(
        f"{what} is {is_ps:g} ps where {asked_ps:g} ps was asked: {why}"
        for what, asked_ps, is_ps, why in became
        if abs(is_ps - asked_ps) > NOTICED * asked_ps
    )
