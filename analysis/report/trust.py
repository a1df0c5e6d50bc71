"""How far to trust a report, in words: its potential, its time against minutes, and which facts it met or missed."""

from collections.abc import Sequence

import numpy as np

from nanokiln.analysis.experiment import Verdict
from nanokiln.analysis.measured import Measured
from nanokiln.analysis.report.page import measure, spread

_MINUTE_PS = 60e12


def how_far(measured: Measured, timed: bool = False) -> str:
    """Return the sentence, from the run's origin and its warnings; `timed` says that its time is set beside that of
    the microscope elsewhere."""
    origin, words = measured.origin, []
    if origin.validated_K is not None and origin.potential:
        low, high = origin.validated_K
        name = f"the force model (potential {origin.potential})"
        if high <= low:
            words.append(
                f"{name} fails its accuracy tests at the lowest temperature they were made at: what happens here may "
                "be an artefact of it, and its numbers are indications"
            )
        elif origin.hottest_K > high:
            words.append(f"above {high:.0f} K {name} was not validated")
        else:
            words.append(f"{name} is validated to {high:.0f} K")
    if not timed:
        decades = np.log10(_MINUTE_PS / max(origin.time_ps, 1e-3))
        words.append(f"one minute in a microscope is {decades:.0f} decades longer than its {origin.time_ps:.3g} ps")
    if measured.warnings:
        words.append(f"{len(measured.warnings)} warning{'s' if len(measured.warnings) > 1 else ''} below")
    told = "; ".join(words)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def beside_facts(verdicts: Sequence[Verdict]) -> str:
    """Return which facts of the experiment the run agrees with, which it disagrees with and how, and how many it
    leaves undecided or unanswered; '' where it stands for none."""
    if not verdicts:
        return ""
    of = {name: [one for one in verdicts if one.outcome == name] for name in {one.outcome for one in verdicts}}
    agreeing, against = of.get("agrees", []), of.get("disagrees", [])
    if len(of.get("not testable", [])) == len(verdicts):
        return f"The run can judge none of the {len(verdicts)} facts that it stands beside."
    words = [f"The run agrees with the experiment in {_named(agreeing) if agreeing else 'nothing'}"]
    if against:
        words.append("It disagrees in " + "; in ".join(_against(one) for one in against))
    if undecided := of.get("consistent"):
        words.append(f"Undecided, or what was put in: {_listed([one.fact.id for one in undecided])}")
    if silent := of.get("not testable"):
        words.append(f"{len(silent)} of the {len(verdicts)} facts it cannot judge")
    return f"{'. '.join(words)}."


def _named(verdicts: Sequence[Verdict]) -> str:
    return "; in ".join(f"{one.fact.id}, “{one.fact.fact}”" for one in verdicts)


def _against(verdict: Verdict) -> str:
    """Return a fact that the run disagrees with: what was seen, what counts as agreement, and what the run has."""
    found = ", ".join(
        f"{one.name.replace('_', ' ')} {measure(one, 2)} {spread(one)}".strip() for one in verdict.results
    )
    return f"{verdict.fact.id}, “{verdict.fact.fact}” (accepted: {verdict.fact.accepted}; here: {found})"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
