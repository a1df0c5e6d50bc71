"""Events that happened: who sat where, with every change of site that was none taken back."""

from dataclasses import dataclass

from nanokiln.analysis.lattice.departures import around_anions, around_holes, moved_only
from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measure.transport import Mobility


@dataclass(frozen=True)
class Events:
    """Who sat on cation and anion sites at the censuses before the lattice is lost, in its own frame; and `seen`, how
    that was judged, in words."""

    cations: Occupation
    anions: Occupation
    seen: str


def events_of(survey: Survey, mobility: Mobility) -> Events | None:
    """Return the events of a run, None where it has no lattice to see them on, or fewer than two censuses of it."""
    kept = survey.kept(mobility.order.until)
    if survey.tracker is None or kept < 2:
        return None
    tracker = survey.tracker
    paths_A = mobility.displacements.in_frames(survey.frames[:kept])
    holes, sites = around_holes(tracker, paths_A), around_anions(tracker, paths_A)
    seen = f"an atom that moved away from most anions around it and stayed; {kept} censuses"
    if mobility.order.is_lost:
        seen += ", those with a lattice"
    return Events(
        moved_only(_first(tracker.cations, kept), holes), moved_only(_first(tracker.anions, kept), sites), seen
    )


def _first(occupation: Occupation, censuses: int) -> Occupation:
    return Occupation(occupation.atom[:censuses], occupation.known[:censuses])
