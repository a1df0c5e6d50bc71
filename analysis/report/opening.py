"""How a report begins: one sentence of what happened at which temperature, and one of how far to trust it."""

from collections.abc import Sequence

import numpy as np

from nanokiln.analysis.experiment import Verdict, count
from nanokiln.analysis.measured import Measured, Result

KELVIN = 273.15


def opening(measured: Measured, verdicts: Sequence[Verdict] = ()) -> tuple[str, str]:
    """Return both sentences, from the rows and curves of a run alone."""
    return _what_happened(measured), _how_far(measured, verdicts)


def celsius(temperature_K: float) -> str:
    """Write a temperature in both scales."""
    return f"{temperature_K - KELVIN:.0f} °C ({temperature_K:.0f} K)"


def _what_happened(measured: Measured) -> str:
    origin = measured.origin
    parts = [f"{origin.atoms} atoms of {origin.model or origin.run} were heated for {origin.time_ps:.3g} ps"]
    temperature = next(iter(measured.select_curves(quantity="temperature")), None)
    if temperature is not None and np.isfinite(temperature.y).any():
        parts[0] += f", up to {celsius(origin.hottest_K or float(np.nanmax(temperature.y)))}"
    changes = [*_onsets(measured), *_lost_lattice(measured)]
    parts.append("; ".join(changes) if changes else "no domain left its crystal structure")
    parts += [one for one in (_gone(measured), _crossed(measured), _moved(measured)) if one]
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _onsets(measured: Measured) -> list[str]:
    """Domains whose first tenth left their phase, in the order of temperature; then those that did not."""
    found = [row for row in measured.select(quantity="onset") if row.domain]
    left = sorted((row for row in found if row.value is not None), key=lambda row: row.value or 0.0)
    words = [
        f"the {row.domain} domain began to leave {row.phase or 'its phase'} at {celsius(row.value or 0)}"
        for row in left
    ]
    kept = [row.domain for row in found if row.value is None]
    return words + ([f"{' and '.join(kept)} kept {'its' if len(kept) == 1 else 'their'} structure"] if kept else [])


def _lost_lattice(measured: Measured) -> list[str]:
    row = measured.one(quantity="lattice_lost")
    if row is None or row.value is None:
        return []
    return [f"from {celsius(row.value)} on less than half of the anions lie on a lattice"]


def _gone(measured: Measured) -> str:
    lost = [row for row in measured.select(quantity="lost") if row.value]
    if not lost:
        return "no atom left the particle" if measured.select(quantity="lost") else ""
    return ", ".join(f"{row.value:.0f} {row.species}" for row in lost) + " left the particle"


def _crossed(measured: Measured) -> str:
    """Of which element the most atoms more left a starting domain than came to it."""
    net: dict[tuple[str, str], float] = {}
    for row in measured.select(quantity="crossed"):
        for domain, sign in ((row.domain, 1), (row.other, -1)):
            net[row.species, domain] = net.get((row.species, domain), 0.0) + sign * (row.value or 0.0)
    most = max(net.items(), key=lambda pair: pair[1], default=(("", ""), 0.0))
    (species, domain), number = most
    return f"{number:.0f} more {species} left the {domain} domain than came to it" if number >= 1 else ""


def _moved(measured: Measured) -> str:
    rows = [row for row in measured.select(quantity="D") if row.value and row.temperature_K]
    fastest: Result | None = max(rows, key=lambda row: row.value or 0.0, default=None)
    if fastest is None:
        return ""
    return f"fastest was {fastest.species}, D {fastest.value:.1e} cm²/s at {celsius(fastest.temperature_K or 0)}"


def _how_far(measured: Measured, verdicts: Sequence[Verdict]) -> str:
    """The range in which the potential was validated, the time against minutes, and how many facts were met."""
    origin = measured.origin
    decades = np.log10(600.0 / max(origin.time_ps * 1e-12, 1e-15))
    words = [f"A trajectory of {origin.time_ps:.3g} ps, {decades:.0f} decades shorter than ten minutes"]
    if origin.validated_K is not None and origin.potential:
        low, high = origin.validated_K
        if high <= low:
            words.append(
                f"potential {origin.potential} passed its gates at no temperature: take numbers as indications"
            )
        elif origin.hottest_K > high:
            words.append(f"above {celsius(high)} potential {origin.potential} was not validated")
        else:
            words.append(f"potential {origin.potential} is validated to {celsius(high)}")
    if verdicts:
        told = {name: number for name, number in count(verdicts).items() if number}
        words.append("of the facts it stands for " + ", ".join(f"{number} {name}" for name, number in told.items()))
    if measured.warnings:
        words.append(f"{len(measured.warnings)} warning{'s' if len(measured.warnings) > 1 else ''} below")
    return "; ".join(words) + "."
