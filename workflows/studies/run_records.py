"""Runs as evidence: from a run directory to the numbers that answer rows, and whether they are out of date."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nanokiln.analysis.experiment import Experiment
from nanokiln.analysis.experiment.runs import thinned
from nanokiln.analysis.measured import Measured
from nanokiln.potentials.cards.card import PotentialError, load_card
from nanokiln.workflows.pipeline import measured_of


def record_of(path: Path) -> Measured:
    """Return what was measured on a finished run directory; InputError says what is missing."""
    return measured_of(path)


def keep(measured: Measured, folder: Path) -> Path:
    """Write a run's numbers, thinned, into a folder under the run's name; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    return thinned(measured).write(folder / f"{measured.origin.run}.json")


def with_shipped(own: Sequence[Measured], experiment: Experiment) -> tuple[Measured, ...]:
    """Return the runs kept with an experiment, one's own in place of those of the same name; those of a potential that
    no longer ships are left out (`refused` says which)."""
    names = {measured.origin.run for measured in own}
    kept = (run for run in experiment.runs if run.origin.run not in names and not _outdated(run))
    return (*kept, *own)


def refused(own: Sequence[Measured], experiment: Experiment) -> Iterator[str]:
    """Yield a sentence for every kept run that is refused, and for every own one of an earlier potential."""
    names = {measured.origin.run for measured in own}
    for run in experiment.runs:
        if run.origin.run not in names and (why := _outdated(run)):
            yield f"record {run.origin.run} is refused: {why}"
    for run in own:
        if (why := _outdated(run)) and "no longer ships" not in why:
            yield f"run {run.origin.run}: {why}"


def _outdated(run: Measured) -> str:
    """Return why a run's potential is not the one at hand, nothing where it is."""
    origin = run.origin
    try:
        now = {file.path: file.sha256 for file in load_card(origin.potential).files}
    except PotentialError:
        return f"its potential {origin.potential} no longer ships"
    stale = now != origin.checksums
    return f"it was made with an earlier {origin.potential}; its numbers are of that potential" if stale else ""
