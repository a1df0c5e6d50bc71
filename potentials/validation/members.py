"""What the fits of a committee make of a crystal: their spread is the error of a measured number."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from nanokiln.potentials.basis.pod_file import write_pod
from nanokiln.potentials.cards.card import Card, PotentialError
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.training.student import load_committee
from nanokiln.potentials.validation.measurement import Bench, Measurement

LEAST = 3  # members with a value, for a spread of it


@contextmanager
def members(card: Card) -> Iterator[tuple[list[Card], float]]:
    """Lend the card of each fit of a card's committee, and what their spread is stretched by to be an error.

    The stretch is that of forces on cells which no member saw. Raises PotentialError where no committee ships.
    """
    committee = load_committee(card)
    if committee is None:
        raise PotentialError(
            f"potential '{card.name}' ships without a committee: its numbers have no spread of members"
        )
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
        cards = []
        for number, member_eV in enumerate(committee.members_eV, 1):
            own = Path(folder) / str(number)
            write_pod(committee.form, member_eV, own)
            files = []
            for file in card.files:
                path = own / Path(file.path).name
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                files.append(file.model_copy(update={"path": str(path), "sha256": digest}))
            cards.append(card.model_copy(update={"name": f"{card.name} {number}", "files": tuple(files)}))
        yield cards, committee.stretch


def with_errors(bench: Bench, measure: Callable[[Bench], Sequence[Measurement]]) -> list[Measurement]:
    """Return what is measured on a card's bench, each row with the stretched standard deviation over its members.

    A row that fewer than three members have a value of gets no error. Raises PotentialError, before anything is
    measured, for a teacher or a card without a committee.
    """
    if bench.card is None:
        raise PotentialError("a teacher has no committee: only cards have errors of their members")
    found: dict[tuple[str, str, str], list[float]] = {}
    with members(bench.card) as (cards, stretch):
        rows = measure(bench)
        for member in cards:
            for row in measure(Bench(card_calculator(member), bench.subjects, member)):
                if row.value is not None:
                    found.setdefault(row.key(), []).append(row.value)
    values = {key: np.array(of) for key, of in found.items() if len(of) >= LEAST}
    errors = {key: stretch * float(of.std(ddof=1)) for key, of in values.items()}
    return [replace(row, error=errors.get(row.key()) if row.value is not None else None) for row in rows]
