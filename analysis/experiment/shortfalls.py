"""What a run lacks to stand for a fact: the time, the temperature and the size at which it was seen."""

from collections.abc import Sequence
from math import log10

from scipy.constants import minute, pico, zero_Celsius

from nanokiln.analysis.experiment.facts import Fact
from nanokiln.analysis.measured import Result

PS_PER_MIN = minute / pico
NEAR = 0.05  # of a temperature: some hundreds of atoms fluctuate by that much


def shortfalls(fact: Fact, numbers: Sequence[Result]) -> str:
    """Return in words how far a run's numbers were taken from where the fact was seen; "" where nothing is known to
    differ. Of a run's size only its number of atoms is known."""
    return "; ".join(filter(None, (told(fact, numbers) for told in (_of_time, _of_temperature, _of_size))))


def _of_time(fact: Fact, numbers: Sequence[Result]) -> str:
    times = [one.time_ps for one in numbers if one.time_ps]
    if fact.time_min is None or not times or min(times) >= fact.time_min[0] * PS_PER_MIN:
        return ""
    decades = log10(fact.time_min[0] * PS_PER_MIN / min(times))
    return (
        f"extrapolated over {decades:.1f} decades of time: {min(times):.3g} ps of dynamics stand for "
        f"{_range(fact.time_min, 'min')}"
    )


def _of_temperature(fact: Fact, numbers: Sequence[Result]) -> str:
    if fact.temperature_C is None:
        return ""
    low, high = (celsius + zero_Celsius for celsius in fact.temperature_C)
    taken = sorted({one.temperature_K for one in numbers if one.temperature_K is not None})
    off = [kelvin for kelvin in taken if not low * (1 - NEAR) <= kelvin <= high * (1 + NEAR)]
    told = " and ".join(f"{kelvin - zero_Celsius:.0f}" for kelvin in off)
    return f"taken at {told} C, not at {_range(fact.temperature_C, 'C')}" if off else ""


def _of_size(fact: Fact, numbers: Sequence[Result]) -> str:
    atoms = sorted({one.provenance["atoms"] for one in numbers if "atoms" in one.provenance})
    if fact.size_nm is None or not atoms:
        return ""
    return f"a model of {' and '.join(map(str, atoms))} atoms stands for {_range(fact.size_nm, 'nm')}"


def _range(ends: tuple[float, float], unit: str) -> str:
    low, high = ends
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"
