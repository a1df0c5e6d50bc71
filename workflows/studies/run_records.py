"""Records of runs: from a run directory to the numbers that answer rows, and whether a record is out of date."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nanokiln.analysis.experiment.record import Record, shipped_records
from nanokiln.potentials.cards.card import PotentialError, load_card
from nanokiln.structures.files import sha256
from nanokiln.workflows.pipeline import analyse, finished


def record_of(path: Path) -> Record:
    """Measure a finished run directory and return its record; InputError says what is missing."""
    directory = finished(path)
    return Record.of(analyse(directory), sha256(directory.recipe_path))


def shipped(own: Sequence[Record] = ()) -> tuple[Record, ...]:
    """Return the shipped records with one's own in place of those of the same name."""
    names = {record.name for record in own}
    return (*(record for record in shipped_records() if record.name not in names), *own)


def outdated(records: Sequence[Record]) -> Iterator[str]:
    """Yield a sentence for every record made with other files of its potential than those at hand."""
    for record in records:
        try:
            now = {file.path: file.sha256 for file in load_card(record.potential).files}
        except PotentialError:
            continue
        if now != record.checksums:
            yield f"run {record.name} was made with an earlier {record.potential}; its numbers are of that potential"
