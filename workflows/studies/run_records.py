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
    """Return the runs kept with an experiment, one's own in place of those of the same name."""
    names = {measured.origin.run for measured in own}
    return (*(kept for kept in experiment.runs if kept.origin.run not in names), *own)


def outdated(runs: Sequence[Measured]) -> Iterator[str]:
    """Yield a sentence for every run made with other files of its potential than those at hand."""
    for origin in (measured.origin for measured in runs):
        try:
            now = {file.path: file.sha256 for file in load_card(origin.potential).files}
        except PotentialError:
            continue
        if now != origin.checksums:
            yield f"run {origin.run} was made with an earlier {origin.potential}; its numbers are of that potential"
