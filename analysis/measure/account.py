"""The account of a run: what happened to its system, in one paragraph of words made from the measured numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured, Result, Series

_FEW = 8  # events of one kind that are told at most
_MOST_STRUCTURES = 3  # told of a lattice, the commonest ones
_MOLTEN = 0.15  # Lindemann index above which a body is no solid
_FOLLOWED = 0.5  # share of the starting places below which exchange is not followed
_NOTICED_PERCENT = 5.0  # change of a radius of gyration that is told
_VAGUE_DEG = 5.0  # error of an angle from which on it says nothing
# Of each structure: the phases that have it, its name in a model that has one of them, and what it is in others.
_STRUCTURES = {
    "wz": (("CdSe-wz", "CdS-wz"), "wurtzite", "hcp with half of its places filled (as in wurtzite)"),
    "zb": (("CdSe-zb",), "zinc blende", "fcc with half of its places filled (as in zinc blende)"),
    "antifluorite": (("Cu2Se",), "the lattice of Cu2Se", "fcc with its places filled (as in Cu2Se)"),
    "filled hcp": (("Cu3P",), "the lattice of Cu3P", "hcp with its places filled (as in Cu3P)"),
    "rocksalt": (("PbSe", "PbS"), "rock salt", "fcc with its octahedral places filled (as in rock salt)"),
}
_STACKED = {"wz": "hcp", "filled hcp": "hcp", "zb": "fcc", "antifluorite": "fcc", "rocksalt": "fcc"}
_EXCHANGED = {"CdSe-wz", "CdSe-zb", "CdS-wz", "PbSe", "PbS", "Cu2Se", "Cu3P", "Cu3P-fcc"}


def tell(measured: Measured) -> str:
    """Return a paragraph: the lattice, what transformed, what changed places, what left, what the system is about, and
    what the run cannot tell.

    Only rows and curves of the run are read; what was not measured is not mentioned.

    >>> from nanokiln.analysis.measured import Measured, Origin
    >>> told = tell(Measured(Origin("demo", "CdSe rod", atoms=264, time_ps=20.0, hottest_K=673.0)))
    >>> print(told.partition(". ")[0])
    CdSe rod, 264 atoms, was heated to 400 °C (673 K) within 20 ps
    """
    origin = measured.origin
    opening = (
        f"{origin.model}, {origin.atoms} atoms, was heated to {_hot(origin.hottest_K)} within {origin.time_ps:.3g} ps."
    )
    phases = set(origin.phases)
    sentences = [opening, *_lattice(measured), *_transformed(measured), *_events(measured)]
    sentences += (*_unseen(measured), *_left(measured))
    if "Au" in phases:
        sentences += _gold(measured)
    if {"Cu", "Cu3P"} <= phases or {"Cu", "Cu3P-fcc"} <= phases or phases == {"Cu"}:
        sentences += _copper(measured)
    if "PbSe" in phases:
        sentences += _lead(measured)
    if phases & {"Bi2Se3", "Bi2Te3"}:
        sentences += _platelet(measured)
    sentences += _spread_out(measured)
    if len(phases & _EXCHANGED) > 1:
        sentences += (*_fronts(measured), *_stacked(measured))
    if phases & {"Cu2Se", "Cu3P"}:
        sentences += _deficits(measured)
    return " ".join([*sentences, *_mobility(measured), _beyond(measured)])


def _word(phase: str, measured: Measured) -> str:
    of, own, foreign = _STRUCTURES.get(phase, ((), phase, phase))
    return own if set(of) & set(measured.origin.phases) else foreign


def _hot(kelvin: float) -> str:
    return f"{kelvin - zero_Celsius:.0f} °C ({kelvin:.0f} K)"


def _lattice(measured: Measured) -> Iterator[str]:
    if (lost := measured.one(quantity="lattice_lost")) is not None:
        whose = "inner metal atoms" if lost.phase == "metal" else "inner anions"
        whose += " (no anion has all its neighbours)" if _unjudged(measured) else ""
        from_there = "In its first frame already" if lost.time_ps == 0 else f"From {_where(lost)} on"
        yield (
            f"{from_there} less than half of its {whose} lay on a lattice{_at_first(measured)}: that part of the run "
            "shows a disordered material, in which no site, vacancy, crossing or replacement can be counted."
        )
        yield from _no_melt(measured)
        return
    shares = [_ends(curve) for curve in measured.select_curves(quantity="phase_share", domain="") if curve.phase]
    seen = [one for one in shares if max(one[1:]) > 0.1 and one[0] in _STRUCTURES]
    told = [
        f"{_word(phase, measured)} went from {100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
        for phase, first, last in sorted(seen, key=lambda one: -max(one[1:]))[:_MOST_STRUCTURES]
    ]
    inner = _inner(measured)
    of = f"The anion lattice held: of its {f'{inner} ' if inner else ''}inner anions"
    stacked = _stacking(measured)
    if stacked:
        yield f"{of} {_listed(stacked)}."
        of = "With the cations around them"
    if told and not (len(told) == len(stacked) == 1 and told[0].endswith(stacked[0].partition(" went ")[2])):
        yield f"{of} {'; '.join(told)}."
    yield from _thin(measured)
    if not told and _unjudged(measured):
        yield "Whether its anion lattice held cannot be said: none of its anions has all its neighbours."
    yield from _metal(measured)
    melting = measured.hottest(quantity="lindemann")
    if melting is not None and melting.value is not None and melting.value > _MOLTEN:
        yield (
            f"Its framework is molten: the distances of neighbours fluctuate by {100 * melting.value:.0f} % (Lindemann "
            f"index, a solid stays below {100 * _MOLTEN:.0f} %)."
        )


def _thin(measured: Measured) -> Iterator[str]:
    """Yield the compounds whose structure no inner anion had as built, for all of them lay beside another domain."""
    built = {one.phase: one.y for one in measured.select_curves(quantity="phase_count", domain="", stage="built")}
    for phase in measured.origin.phases:
        mine = [name for name, (of, *_) in _STRUCTURES.items() if phase in of]
        if mine and mine[0] in built and built.get("", np.zeros(1)).any() and not built[mine[0]].any():
            yield f"As built no inner anion had the structure of {phase}, so thin are its domains."


def _stacking(measured: Measured) -> list[str]:
    """Return how the inner anions are stacked, first and at the hottest, the commoner kind first."""
    found = [_ends(curve) for curve in measured.select_curves(quantity="stacking_share", domain="")]
    return [
        f"those stacked {kind} went from {100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
        for kind, first, last in sorted(found, key=lambda one: -max(one[1:]))
        if max(first, last) > 0.1
    ]


def _metal(measured: Measured) -> Iterator[str]:
    """Yield how much of the metal is stacked fcc, and hcp as at twins and faults, where it is measured."""
    told = []
    for phase, of in (("fcc metal", "fcc"), ("hcp metal", "hcp, as at twins and faults,")):
        curve = measured.curve(quantity="phase_share", domain="", phase=phase)
        if curve is not None and np.isfinite(curve.y).any():
            _, first, last = _ends(curve)
            told.append(f"those that are {of} went from {100 * first:.0f} % at the start to {100 * last:.0f} %")
    if told:
        inner = _inner(measured, "metal")
        yield f"Of its {f'{inner} ' if inner else ''}inner metal atoms {_listed(told)} at the hottest."


def _inner(measured: Measured, phase: str = "", domain: str = "") -> int:
    """Return how many anions, or atoms of the metal, have all their neighbours; 0 where that was not kept."""
    counted = measured.curve(quantity="phase_count", phase=phase, domain=domain, stage="")
    return 0 if counted is None else int(np.max(counted.y, initial=0.0))


def _unjudged(measured: Measured) -> bool:
    """Whether the model has anions, but none that lies deep enough to tell whether there is a lattice."""
    shares = [curve for curve in measured.select_curves(quantity="phase_share") if not curve.phase.endswith(" metal")]
    return bool(shares) and not any(np.isfinite(curve.y).any() for curve in shares)


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
    return f" (in the first frame {off[0]:.0f} of {all_of[0]:.0f} lay on none already, as built {before})"


def _no_melt(measured: Measured) -> Iterator[str]:
    melting = measured.hottest(quantity="lindemann")
    if melting is None or melting.value is None:
        return
    index = f"In the hottest hold the distances of neighbours in its framework fluctuate by {100 * melting.value:.0f} %"
    kind = "it is molten" if melting.value > _MOLTEN else "it is disordered but not molten"
    if abs(melting.value - _MOLTEN) < 2 * (melting.error or 0.0):
        kind = "whether it is molten that leaves open"
    yield f"{index} (Lindemann index, a solid stays below {100 * _MOLTEN:.0f} %): {kind}."


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
        if (kind := _STACKED.get(row.phase)) is not None and kind == _STACKED.get(row.other):
            around = f"around half of them at {_hot(middle)}" if middle is not None else "around less than half in all"
            yield (
                f"{row.domain} stayed {kind}, but from {_hot(row.value)} on its cations had left their places around a "
                f"tenth of its anions and more, {around}."
            )
            continue
        into = {"": "", "disordered": " to disorder"}.get(row.other, f" to {_word(row.other, measured)}")
        yield f"{row.domain}: {_word(row.phase, measured)} gave way{into} from {_hot(row.value)} on{half}."
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
        home = "a place belongs to the domain of most anions around it; there and back are two"
        yield f"Across the interfaces ({home}) went {_listed(told)}{until}."
    if replaced:
        told = [f"{_number(row)} {row.other} by {row.species}" for row in replaced[:_FEW]]
        yield f"On their own sites were replaced {_listed(told)}{until}."
    several = bool(measured.origin.phases) and len(measured.origin.phases) > 1
    if several and not crossed and not replaced and not _unjudged(measured) and _looked(measured, lost):
        seen = "no atom was seen to cross an interface or to take another's site"
        yield f"{seen.capitalize()}." if lost is None else f"Before the lattice was lost {seen}."


def _unseen(measured: Measured) -> Iterator[str]:
    """Yield that exchange could not be followed to the end, where most places of the start were no longer told."""
    known = measured.one(quantity="sites_known")
    if known is not None and known.value is not None and known.value < _FOLLOWED:
        yield (
            f"Of the places that cations held at the start {100 * known.value:.0f} % could be told apart to the end, "
            "for layers moved over each other or were lost: later exchange went unseen."
        )


def _looked(measured: Measured, lost: Result | None) -> bool:
    """Whether sites were looked at twice and more before the lattice was lost."""
    if lost is None:
        return True
    counted = measured.curve(quantity="phase_count", phase="", domain="", stage="")
    return counted is not None and lost.time_ps is not None and int(np.sum(counted.x < lost.time_ps)) > 1


def _left(measured: Measured) -> Iterator[str]:
    before, after = (measured.one(quantity="bodies", stage=stage) for stage in ("first", "last"))
    if before is not None and after is not None and before.value != after.value:
        yield f"Its separate bodies were {before.value:.0f} at the start and {after.value:.0f} at the end."
    rows = measured.select(quantity="lost")
    gone = [f"{_number(row)} {row.species}" for row in rows if row.value]
    if gone:
        yield f"Into vacuum went {_listed(gone)}."
    elif rows:
        yield "Nothing left into vacuum."


def _gold(measured: Measured) -> Iterator[str]:
    pieces = measured.one(quantity="clusters", species="Au", region="")
    largest = measured.one(quantity="largest_cluster", species="Au")
    if pieces is not None and largest is not None and pieces.value:
        places = [measured.one(quantity="clusters", species="Au", region=place) for place in ("tip", "side")]
        where = "".join(f", {row.value:.0f} at the {row.region}" for row in places if row is not None)
        many = f"{pieces.value:.0f} pieces{where}, the largest" if pieces.value > 1 else f"one piece{where},"
        loose = measured.one(quantity="scattered", species="Au")
        rest = f"; {loose.value:.0f} atoms lie in no piece of twelve" if loose is not None and loose.value else ""
        yield f"The gold lies in {many} of {largest.value:.0f} atoms{rest}."
    neck = measured.one(quantity="neck_growth")
    if neck is not None:
        yield f"The neck between its two domains grew by {neck.value:.1f} A in radius."
    yield from _grains(measured, "gold")
    yield from _faces(measured)


def _grains(measured: Measured, metal: str) -> Iterator[str]:
    """Yield how the metal is ordered at the end: grains, their boundary, twin planes and stacking faults."""
    share, grains = measured.one(quantity="fcc_metal"), measured.one(quantity="grains")
    if share is None or grains is None or grains.value is None:
        return
    if grains.value < 0.5:
        yield f"At the end none of its {metal} lies on a lattice."
        return
    ordered = f"At the end {100 * (share.value or 0):.0f} % of the inner {metal} atoms are fcc, in {grains.value:.2g}"
    told = [f"{ordered} grain{'' if grains.value == 1 else 's'}"]
    for quantity, word in (("twins", "twin planes"), ("metal_faults", "stacking faults")):
        before, after = (measured.one(quantity=quantity, stage=stage) for stage in ("first", "last"))
        if before is not None and after is not None:
            told.append(f"{after.value:.2g} {word} ({before.value:.0f} at the start)")
    boundary = measured.one(quantity="boundary_atoms")
    if boundary is not None and grains.value > 1:
        told.append(f"{boundary.value:.0f} atoms in grain boundaries")
    yield f"{told[0]}{' with ' if told[1:] else ''}{_listed(told[1:]) if told[1:] else ''}."


def _faces(measured: Measured) -> Iterator[str]:
    for row in measured.select(quantity="roughness", stage="last"):
        before = measured.one(quantity="roughness", stage="first", domain=row.domain, other=row.other)
        if before is not None and "lattice_lost_K" not in row.provenance:
            became = f"{before.value:.1f} to {row.value:.1f} A"
            yield f"The face of {row.domain} and {row.other}: its height scatters by {became}, first to last."


def _copper(measured: Measured) -> Iterator[str]:
    yield from _grains(measured, "copper")
    before, after = (measured.one(quantity="grown", stage=stage) for stage in ("first", "last"))
    if before is not None and after is not None:
        yield (
            f"Of the copper of the phosphide {after.value:.0f} atoms lie on the fcc lattice of copper, "
            f"{before.value:.0f} at the start."
        )
    round_ = measured.one(quantity="asphericity")
    if round_ is not None:
        yield f"The asphericity of the whole is {round_.value:.3f} (0 is a sphere, 1 a rod)."
    angle = measured.one(quantity="plane_angle")
    if angle is not None and _is_known(angle):
        yield f"Cu(111) and Cu3P(300) lie {angle.value:.1f} degrees apart."


def _is_known(angle: Result) -> bool:
    """Whether an angle was taken on lattices that are there, and sharply enough to say something."""
    return "lattice_lost_K" not in angle.provenance and (angle.error is None or angle.error < _VAGUE_DEG)


def _lead(measured: Measured) -> Iterator[str]:
    if measured.one(quantity="lattice_lost") is not None:
        return
    for curve in measured.select_curves(quantity="phase_share", phase="rocksalt"):
        if curve.domain and np.isfinite(curve.y).any():
            _, first, last = _ends(curve)
            inner = _inner(measured, domain=curve.domain)
            became = f"{100 * first:.0f} % at the start to {100 * last:.0f} % at the hottest"
            yield f"Rock salt of the {f'{inner} ' if inner else ''}inner anions of {curve.domain} went from {became}."


def _spread_out(measured: Measured) -> Iterator[str]:
    """Yield how far the atoms of each domain have drawn apart or together, where there are several and one did."""
    rows = [row for row in measured.select(quantity="Rg_change") if row.value is not None]
    if len(rows) > 1 and any(abs(row.value or 0.0) > _NOTICED_PERCENT for row in rows):
        largest = sorted(rows, key=lambda row: -abs(row.value or 0.0))[:_FEW]
        told = [f"{row.domain} {row.value:+.0f} %" for row in largest]
        yield f"By radius of gyration the atoms of the domains spread out (+) or drew together (-): {_listed(told)}."


def _fronts(measured: Measured) -> Iterator[str]:
    """Yield how far the places moved where the cations of one domain give way to those of the next."""
    for row in measured.select(quantity="front", stage="last"):
        before = measured.one(quantity="front", stage="first", domain=row.domain, other=row.other)
        if before is None or row.value is None or before.value is None or "lattice_lost_K" in row.provenance:
            continue
        moved, error = row.value - before.value, float(np.hypot(row.error or 0.0, before.error or 0.0))
        front = f"The front of {row.species} between {row.domain} and {row.other}"
        if abs(moved) <= error:
            yield f"{front} stayed where it was, within {error:.1f} A."
        else:
            yield f"{front} moved by {abs(moved):.1f}({error:.1f}) A into {row.other if moved > 0 else row.domain}."


def _stacked(measured: Measured) -> Iterator[str]:
    """Yield the faults in the stacking of the anions at the end, and the angles between the axes of the domains."""
    faults = [row for row in measured.select(quantity="faults") if "lattice_lost_K" not in row.provenance]
    if faults:
        told = [f"{row.value:.0f} in {row.domain}" for row in faults]
        yield f"Faults in the stacking of its anion layers at the end: {_listed(told)}."
    angles = [row for row in measured.select(quantity="axis_angle") if _is_known(row)]
    if angles:
        told = [f"{row.value:.1f} degrees between {row.domain} and {row.other}" for row in angles]
        yield f"Their close-packed axes lie apart by {_listed(told)}."


def _platelet(measured: Measured) -> Iterator[str]:
    before, after = (measured.one(quantity="inserted", stage=stage) for stage in ("first", "last"))
    if before is not None and after is not None:
        yield (
            "Copper atoms inside the platelet, with four chalcogens and more around them, went from "
            f"{before.value:.0f} to {after.value:.0f}."
        )
    for row in measured.select(quantity="strain_zz"):
        if "lattice_lost_K" not in row.provenance and "platelet" in row.domain:
            yield f"The c axis of {row.domain} changed by {100 * (row.value or 0):+.1f} %."


def _deficits(measured: Measured) -> Iterator[str]:
    for row in measured.select(quantity="deficit", stage="last"):
        before = measured.one(quantity="deficit", stage="first", domain=row.domain)
        if before is not None and "lattice_lost_K" not in row.provenance:
            formula = row.name.partition(" in ")[0].removeprefix("x of ")
            said = f"x of {formula}" if "-x)" in formula else "Copper missing per anion"
            until = "" if measured.one(quantity="lattice_lost") is None else " until the lattice was lost"
            yield f"{said} in {row.domain} went from {before.value:.2f} to {_spread(row)}{until}."


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


def _beyond(measured: Measured) -> str:
    """Return what the run cannot tell, whatever it showed."""
    minutes = "What takes minutes, such as evaporation, ripening or exchange between particles, such a run cannot tell"
    if measured.one(quantity="lattice_lost") is None:
        return f"{minutes}."
    return f"{minutes}, nor, once the lattice is lost, stacking, faults, fronts or how domains lie to each other."


def _size(row: Result) -> float:
    return -(row.value or 0.0)


def _number(row: Result) -> str:
    return f"{row.value:.0f}({row.error:.0f})" if row.error is not None else f"{row.value:.0f}"


def _spread(row: Result) -> str:
    return f"{row.value:.2f}({row.error:.2f})" if row.error is not None else f"{row.value:.2f}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
