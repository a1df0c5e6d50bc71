"""How far to trust a report: its time against minutes, its potential, and how many facts were met, in a sentence."""

from collections.abc import Sequence

import numpy as np

from nanokiln.analysis.experiment import Verdict, count
from nanokiln.analysis.measured import Measured


def how_far(measured: Measured, verdicts: Sequence[Verdict]) -> str:
    """Return the sentence, from the run's origin, its warnings and the verdicts on the facts that it stands for."""
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
            words.append(f"above {high:.0f} K potential {origin.potential} was not validated")
        else:
            words.append(f"potential {origin.potential} is validated to {high:.0f} K")
    if verdicts:
        told = {name: number for name, number in count(verdicts).items() if number}
        words.append("of the facts it stands for " + ", ".join(f"{number} {name}" for name, number in told.items()))
    if measured.warnings:
        words.append(f"{len(measured.warnings)} warning{'s' if len(measured.warnings) > 1 else ''} below")
    return "; ".join(words) + "."
