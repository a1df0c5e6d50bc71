"""The account of a run: what happened to its system, in one paragraph of words made from the measured numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured, Result, Series

_FEW = 8  # events of one kind that are told at most
_MOLTEN = 0.15  # Lindemann index above which a body is no solid


def tell(measured: Measured) -> str:
    """Return a paragraph: the lattice, what transformed, what changed places, what left, and what the system is about.

    Only rows and curves of the run are read; what was not measured is not mentioned.

    >>> from nanokiln.analysis.measured import Measured, Origin
    >>> tell(Measured(Origin("demo", "CdSe rod", atoms=264, time_ps=20.0, hottest_K=673.0)))
    'CdSe rod, 264 atoms, was heated to 400 °C (673 K) within 20 ps.'
    """
    origin = measured.origin
    opening = (
        f"{origin.model}, {origin.atoms} atoms, was heated to {_hot(origin.hottest_K)} within {origin.time_ps:.3g} ps."
    )
    phases = set(origin.phases)
    sentences = [opening, *_lattice(measured), *_transformed(measured), *_events(measured), *_left(measured)]
    if "Au" in phases:
        sentences += _gold(measured)
    if {"Cu", "Cu3P"} <= phases or {"Cu", "Cu3P-fcc"} <= phases or phases == {"Cu"}:
        sentences += _copper(measured)
    if "PbSe" in phases:
        sentences += _lead(measured)
    if phases & {"Bi2Se3", "Bi2Te3"}:
        sentences += _platelet(measured)
    if phases & {"Cu2Se", "Cu3P"}:
        sentences += _deficits(measured)
    return " ".join([*sentences, *_mobility(measured)])


def _word(phase: str) -> str:
    return {"wz": "wurtzite", "zb": "zinc blende"}.get(phase, phase)


def _hot(kelvin: float) -> str:
    return f"{kelvin - zero_Celsius:.0f} °C ({kelvin:.0f} K)"


def _lattice(measured: Measured) -> Iterator[str]:
    lost = measured.one(quantity="lattice_lost")
    if lost is not None:
        yield (
            f"From {_where(lost)} on less than half of its inner anions lay on a lattice{_at_first(measured)}: that "
            "part of the run shows a disordered material, in which no site, vacancy, crossing or replacement can be "
            "counted."
        )
        yield from _no_melt(measured)
        return
    shares = [_ends(curve) for curve in measured.select_curves(quantity="phase_share", domain="") if curve.phase]
    told = [
        f"{_word(phase)} went from {100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
        for phase, first, last in shares
        if max(first, last) > 0.1 and phase not in ("disordered", "bare", "fcc metal")
    ]
    if told:
        yield f"The anion lattice held: of its inner anions {'; '.join(told)}."
    for phase, first, last in shares:
        if phase == "fcc metal":
            became = f"{100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
            yield f"Of its inner metal atoms those that are fcc went from {became}."
    melting = measured.hottest(quantity="lindemann")
    if melting is not None and melting.value is not None and melting.value > _MOLTEN:
        yield f"Its framework is molten by its Lindemann index, {melting.value:.2f}."


def _where(lost: Result) -> str:
    """Return where the lattice is lost: a temperature, or the time in a run whose temperature nobody knows."""
    if lost.value is not None and np.isfinite(lost.value):
        return _hot(lost.value)
    return "its first frame" if not lost.time_ps else f"{lost.time_ps:.3g} ps"


def _at_first(measured: Measured) -> str:
    """Return how many inner anions lay on no lattice in the first frame, where those of the starting model did."""
    of = measured.select_curves(quantity="phase_count", domain="", stage="")
    off, all_of = ([one.y[0] for one in of if one.phase == phase] for phase in ("disordered", ""))
    built = measured.curve(quantity="phase_count", phase="disordered", domain="", stage="built")
    if not off or not all_of or built is None or off[0] <= built.y[0]:
        return ""
    before = f"{built.y[0]:.0f}" if built.y[0] else "none"
    return f", {off[0]:.0f} of {all_of[0]:.0f} on none already in the first frame and {before} as built"


def _no_melt(measured: Measured) -> Iterator[str]:
    melting = measured.hottest(quantity="lindemann")
    if melting is None or melting.value is None:
        return
    index = f"By its Lindemann index in the hottest hold, {melting.value:.2f}, its framework is"
    yield f"{index} molten." if melting.value > _MOLTEN else f"{index} disordered but not molten (above {_MOLTEN})."


def _ends(curve: Series) -> tuple[str, float, float]:
    known = np.flatnonzero(np.isfinite(curve.y))
    if not len(known):
        return curve.phase, 0.0, 0.0
    x = curve.x[known]
    return curve.phase, float(curve.y[known[np.argmin(x)]]), float(curve.y[known[np.argmax(x)]])


def _transformed(measured: Measured) -> Iterator[str]:
    onsets = measured.select(quantity="onset")
    for row in onsets:
        if row.value is None:
            continue
        midpoints = measured.select(quantity="midpoint", domain=row.domain)
        middle = next((one.value for one in midpoints if one.value is not None), None)
        half = f" and half of it at {_hot(middle)}" if middle is not None else ", less than half of it in all"
        into = {"": "", "disordered": " to disorder"}.get(row.other, f" to {_word(row.other)}")
        yield f"{row.domain}: {_word(row.phase)} gave way{into} from {_hot(row.value)} on{half}."
    kept = [row.domain for row in onsets if row.value is None]
    if kept and measured.one(quantity="lattice_lost") is None:
        yield f"{_listed(kept)} kept what {'they were' if len(kept) > 1 else 'it was'}."


def _events(measured: Measured) -> Iterator[str]:
    crossed = sorted(measured.select(quantity="crossed"), key=_size)
    replaced = sorted(measured.select(quantity="replaced"), key=_size)
    lost = measured.one(quantity="lattice_lost")
    until = "" if lost is None else f" before the lattice was lost at {_where(lost)}"
    if crossed:
        told = [f"{_number(row)} {row.species} from {row.domain} to {row.other}" for row in crossed[:_FEW]]
        yield f"Across the interfaces went {_listed(told)}{until}."
    if replaced:
        told = [f"{_number(row)} {row.other} by {row.species}" for row in replaced[:_FEW]]
        yield f"On their own sites were replaced {_listed(told)}{until}."
    several = bool(measured.origin.phases) and len(measured.origin.phases) > 1
    if several and not crossed and not replaced and lost is None:
        yield "No atom was seen to cross an interface or to take another's site."
    elif several and lost is not None:
        seen = "later ones" if crossed or replaced else "crossings of interfaces and replacements"
        before = "" if crossed or replaced else "; none was counted before"
        yield f"From {_where(lost)} on {seen} could not be counted{before}."


def _left(measured: Measured) -> Iterator[str]:
    rows = measured.select(quantity="lost")
    gone = [f"{_number(row)} {row.species}" for row in rows if row.value]
    if gone:
        yield f"Into vacuum went {_listed(gone)}."
    elif rows:
        yield "Nothing left into vacuum."


def _gold(measured: Measured) -> Iterator[str]:
    pieces = measured.one(quantity="clusters", species="Au", region="")
    largest = measured.one(quantity="largest_cluster", species="Au")
    if pieces is not None and largest is not None:
        places = [measured.one(quantity="clusters", species="Au", region=place) for place in ("tip", "side")]
        where = "".join(f", {row.value:.0f} at the {row.region}" for row in places if row is not None)
        yield f"The gold lies in {pieces.value:.0f} piece(s){where}, the largest of {largest.value:.0f} atoms."
    neck = measured.one(quantity="neck_growth")
    if neck is not None:
        yield f"The neck between its two domains grew by {neck.value:.1f} A in radius."
    yield from _faces(measured)


def _faces(measured: Measured) -> Iterator[str]:
    for row in measured.select(quantity="roughness", stage="last"):
        before = measured.one(quantity="roughness", stage="first", domain=row.domain, other=row.other)
        if before is not None and "lattice_lost_K" not in row.provenance:
            became = f"{before.value:.1f} to {row.value:.1f} A"
            yield f"The face of {row.domain} and {row.other} went from {became} in roughness."


def _copper(measured: Measured) -> Iterator[str]:
    share, grains = measured.one(quantity="fcc_metal"), measured.one(quantity="grains")
    if share is not None and grains is not None:
        fcc = 100 * (share.value or 0)
        yield f"Of the inner atoms of its metal {fcc:.0f} % are fcc at the end, in {grains.value:.1f} grain(s)."
    round_ = measured.one(quantity="asphericity")
    if round_ is not None:
        yield f"Its asphericity is {round_.value:.3f} (0 is a sphere)."
    angle = measured.one(quantity="plane_angle")
    if angle is not None and "lattice_lost_K" not in angle.provenance:
        yield f"Cu(111) and Cu3P(300) lie {angle.value:.1f} deg apart."


def _lead(measured: Measured) -> Iterator[str]:
    for curve in measured.select_curves(quantity="phase_share", phase="rocksalt"):
        if curve.domain:
            _, first, last = _ends(curve)
            became = f"{100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
            yield f"Rock salt of the inner anions of {curve.domain} went from {became}."


def _platelet(measured: Measured) -> Iterator[str]:
    before, after = (measured.one(quantity="inserted", stage=stage) for stage in ("first", "last"))
    if before is not None and after is not None:
        yield f"Copper with four or more chalcogen neighbours went from {before.value:.0f} to {after.value:.0f} atoms."
    for row in measured.select(quantity="strain_zz"):
        if "lattice_lost_K" not in row.provenance and "platelet" in row.domain:
            yield f"The c axis of {row.domain} changed by {100 * (row.value or 0):+.1f} %."
    for row in measured.select(quantity="Rg_change"):
        if "platelet" not in row.domain:
            yield f"The copper of {row.domain} spread by {row.value:+.0f} % in radius of gyration."


def _deficits(measured: Measured) -> Iterator[str]:
    for row in measured.select(quantity="deficit", stage="last"):
        before = measured.one(quantity="deficit", stage="first", domain=row.domain)
        if before is not None:
            yield f"{row.domain} lacks {_spread(row)} copper per anion, {before.value:.2f} at the start."


def _mobility(measured: Measured) -> Iterator[str]:
    species = dict.fromkeys(row.species for row in measured.select(quantity="D"))
    told = []
    for name in species:
        row = measured.hottest(quantity="D", species=name)
        if row is None or "lattice_lost_K" in row.provenance:
            continue
        value = f"{row.value:.1e}" if row.value is not None else f"below {row.interval[1]:.1e}" if row.interval else ""
        told.append(f"{name} {value} cm2/s at {row.temperature_K or 0:.0f} K")
    if told:
        yield f"Diffusion in the hottest hold: {_listed(told)}."


def _size(row: Result) -> float:
    return -(row.value or 0.0)


def _number(row: Result) -> str:
    return f"{row.value:.0f}({row.error:.0f})" if row.error is not None else f"{row.value:.0f}"


def _spread(row: Result) -> str:
    return f"{row.value:.2f}({row.error:.2f})" if row.error is not None else f"{row.value:.2f}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
