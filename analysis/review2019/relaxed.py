"""What relaxed structures say about rows: energies of contacts, spacings and cells under the shipped potentials."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from nanokiln.analysis.experiment.evidence import Answerer, Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Measured

# What a row asks for, by the record that holds it.
DIRECT = {
    "A11": ("gold-contacts", ("interface_roughness_A",)),
    "A15": ("gold-contacts", ("tip_minus_side_energy",)),
    "B2": ("janus-interfaces", ("relaxed_plane_angle_deg",)),
    "B3": ("janus-interfaces", ("interface_reconstructs",)),
    "B4": ("phosphide-crystals", ("fcc_onset_x",)),
    "B5": ("phosphide-crystals", ("a_fcc_A", "d112_copper_A")),
    "D2": ("selenide-cells", ("da_dx_A",)),
    "D3": ("selenide-cells", ("smallest_peak_shift_percent",)),
    "E4": ("selenide-cells", ("donor_volume_change_percent",)),
    "E7": ("exchanged-crystals", ("contraction_percent",)),
    "F2": ("copper-insertion", ("onset_Bi2Se3_C", "onset_Bi2Te3_C")),
}
# Rows beside which only the numbers of a record stand, in words.
BESIDE = {"C5": "exchanged-crystals", "E10": "exchanged-crystals", "C19": "exchanged-crystals"}
WORDS = {
    "A11": "gold of 1.5 nm at rest on both ends, not annealed",
    "A15": "one size of gold, cut and laid on, not grown: other places on the faces were not tried",
    "B4": "crystals at rest, phosphorus missing at random and none of the paths between them",
    "D2": "at rest, and so at one temperature, but not at 400 C; the cell was kept cubic",
    "D3": "at rest; every ring of a cubic cell moves alike",
    "E4": "at rest, for x from 0 to 0.2",
    "F2": "from the energy of copper in the gap over copper metal and its hop, by ten minutes and 5 nm; the potential "
    "has dispersion in its labels, and steps at the edge are left out",
}


def record(evidence: Evidence, name: str) -> Measured | None:
    """Return the record of a relaxation, None where there is none at hand."""
    return next((run for run in evidence.measured if run.origin.run == f"relax-{name}"), None)


def told(run: Measured) -> str:
    """Return which record it is, for the method of what it answers."""
    seen = run.origin.validated_K
    limit = ", which has no validated range" if seen is not None and seen[1] <= seen[0] else ""
    return f"record {run.origin.run} on {run.origin.potential}{limit}"


def _direct(row: str, evidence: Evidence) -> Answer | None:
    name, quantities = DIRECT[row]
    if (run := record(evidence, name)) is None:
        return _missing(name) if evidence.histories else None
    found = [run.one(quantity=quantity) for quantity in quantities]
    if any(one is None or (one.value is None and one.interval is None) for one in found):
        why = "; ".join(one.method for one in run.rows if one.value is None and one.interval is None)
        return Answer(reason=f"{why or 'its framework was lost at rest'} ({told(run)})")
    shown = tuple(replace(one, method=f"{one.method}; {told(run)}") for one in found if one is not None)
    return Answer(shown, reason=WORDS.get(row, ""))


def _missing(name: str) -> Answer:
    return Answer(reason=f"no relaxation on a potential that ships is at hand: `nanokiln relax {name}` makes it")


def _beside(row: str, evidence: Evidence) -> Answer | None:
    if (run := record(evidence, BESIDE[row])) is None:
        return None
    rows = [row for row in run.rows if row.name.startswith("fcc over hcp")]
    seen = [f"{row.value:+.0f} meV per Se" if row.value is not None else "a framework lost" for row in rows]
    shares = [row.name.rpartition(" ")[2] for row in rows]
    listed = ", ".join(f"{word} at x = {x}" for word, x in zip(seen, shares, strict=True))
    return Answer(reason=f"fcc over hcp Se of CdSe with x of Cd replaced by 2 Cu, at rest: {listed} ({told(run)})")


@answers("A7", of_run=True)
def _bridge(evidence: Evidence) -> Answer | None:
    """The energy at a bridge; how growth goes with the number of rods is put into the network, and proves nothing."""
    if (run := record(evidence, "gold-contacts")) is None:
        return _missing("gold-contacts") if evidence.histories else None
    energy = run.one(quantity="bridge_energy_minus_tip_energy")
    if energy is None:
        return None
    reason = (
        "a domain of the network collects the clusters of every rod that it touches: its growth with them is put in"
    )
    return Answer((replace(energy, method=f"{energy.method}; {told(run)}"),), reason=reason)


def _every() -> Iterator[Answerer]:
    for row in DIRECT:
        yield Answerer((row,), partial(_direct, row), of_run=True)
    for row in BESIDE:
        yield Answerer((row,), partial(_beside, row), of_run=True)


ANSWERERS = (_bridge, *_every())
