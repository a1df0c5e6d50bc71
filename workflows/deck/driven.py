"""Commands of what drives a part of a model: the bath of a hot spot, and the force of an electric field."""

from collections.abc import Sequence

from nanokiln.workflows.recipe.driving import ElectricField, HotSpot
from nanokiln.workflows.recipe.programme import Stage

SPOT, REST = "spot", "rest"
Extent = tuple[tuple[float, float], ...]
_NM_A = 10.0


def spot_groups(spot: HotSpot | None, extent_A: Extent) -> tuple[str, ...]:
    """Divide the atoms of a fresh model into those of the hot spot and the others; a restart remembers it."""
    if spot is None:
        return ()
    return (
        _region(SPOT, spot.axis, spot.bounds_A(extent_A)),
        f"group {SPOT} region {SPOT}",
        f"group {REST} subtract all {SPOT}",
    )


def spot_bath(spot: HotSpot | None, stage: Stage, seed: int) -> tuple[str, ...]:
    """Keep the hot spot above the bath in every stage but equilibration, where all is at one temperature."""
    if spot is None:
        return ()
    above = 0.0 if stage.window_steps else spot.above_bath_K
    target = f"{stage.start_K + above:g} {stage.stop_K + above:g}"
    return (
        f"fix {SPOT} {SPOT} temp/csvr {target} {spot.damping_ps:g} {seed + 1}",
        f"compute_modify {SPOT}_temp dynamic/dof yes",
    )


def field_forces(field: ElectricField | None, elements: Sequence[str], extent_A: Extent) -> tuple[str, ...]:
    """Push the charged atoms between the ends of the field; its energy is not counted, since it has no zero.

    The holder keeps the electrodes in place: copper that has come between the ends is pushed, and would drag the whole
    model out of its box.
    """
    if field is None:
        return ()
    lines = [_region("field", field.axis, field.bounds_A(extent_A))]
    for number, element in enumerate(elements, 1):
        if charge := field.charges.get(element, 0.0):
            force = f"{charge * field.volt_per_nm / _NM_A:g}"
            along = " ".join(force if axis == field.axis else "0" for axis in "xyz")
            lines += [
                f"group charged_{element} type {number}",
                f"fix field_{element} charged_{element} addforce {along} region field",
            ]
    lines.append(f"fix field_holder all momentum 1 linear {' '.join(str(int(field.axis == axis)) for axis in 'xyz')}")
    return tuple(lines)


def _region(name: str, axis: str, bounds_A: tuple[float, float]) -> str:
    sides = " ".join(f"{bounds_A[0]:.4f} {bounds_A[1]:.4f}" if one == axis else "INF INF" for one in "xyz")
    return f"region {name} block {sides} units box"
