"""Relaxations that answer rows: by name, the potential they take, and the record that they leave."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.potentials.cards.card import Card, PotentialError, load_card
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.provenance import versions
from nanokiln.workflows.studies.contacts_at_rest import gold_contacts, janus_interfaces
from nanokiln.workflows.studies.crystals_at_rest import exchanged_crystals, phosphide_crystals, selenide_cells
from nanokiln.workflows.studies.insertion_at_rest import insertion
from nanokiln.workflows.studies.run_records import keep


@dataclass(frozen=True)
class Relaxation:
    """What is computed, on which potential unless another is asked for, and for which group of facts."""

    compute: Callable[[Card], Iterator[Result]]
    potential: str
    group: str


RELAXATIONS = {
    "gold-contacts": Relaxation(gold_contacts, "au-cd-se", "A"),
    "janus-interfaces": Relaxation(janus_interfaces, "cd-cu-p-se-pod-fast", "B"),
    "phosphide-crystals": Relaxation(phosphide_crystals, "cd-cu-p-se-pod-fast", "B"),
    "selenide-cells": Relaxation(selenide_cells, "cd-cu-p-se-pod-fast", "D"),
    "exchanged-crystals": Relaxation(exchanged_crystals, "cd-cu-p-se-pod-fast", "E"),
    "copper-insertion": Relaxation(insertion, "bi-cu-se-te", "F"),
}
EXPERIMENT = "review2019"


def relax_all(names: Sequence[str], store: Path, potential: str = "") -> Iterator[Measured]:
    """Compute relaxations one after another and keep each as a record in `store`; InputError for an unknown name.

    `potential` replaces that of those whose elements it covers.
    """
    if unknown := sorted(set(names) - set(RELAXATIONS)):
        raise InputError(f"no relaxation is called {unknown[0]!r}; there are: {', '.join(RELAXATIONS)}")
    for name in names:
        one = RELAXATIONS[name]
        try:
            card = load_card(potential or one.potential)
            card.check()
        except PotentialError as error:
            raise InputError(str(error)) from error
        began = time.monotonic()
        rows = tuple(replace(row, quantity=row.name) for row in one.compute(card))
        measured = Measured(_origin(name, one, card, time.monotonic() - began), rows)
        path = keep(measured, store)
        path.with_suffix(".yaml").write_text(
            yaml.safe_dump({"relaxation": name, "potential": card.name, "about": (one.compute.__doc__ or "").strip()})
        )
        yield measured


def _origin(name: str, one: Relaxation, card: Card, seconds: float) -> Origin:
    return Origin(
        run=f"relax-{name}",
        model="",
        potential=card.name,
        checksums={file.path: file.sha256 for file in card.files},
        validated_K=card.validated_K,
        versions=versions(),
        experiment=EXPERIMENT,
        group=one.group,
        command=" ".join(["nanokiln", *sys.argv[1:]]),
        seconds=round(seconds, 1),
    )
