"""Measured columns: what a card or a teacher gave, kept with the package, known by the files it was measured with."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from nanokiln.potentials.cards.calculators import signature
from nanokiln.potentials.cards.card import DATA, Card, PotentialError, load_card
from nanokiln.potentials.validation.curves import Density, Dispersion, ForcePairs, FreeEnergy
from nanokiln.potentials.validation.measurement import Bench, Measurement
from nanokiln.structures.storage import write_whole

STORED = DATA / "validation"


class ColumnSource(BaseModel):
    """What identifies the numbers of a card (its files) or of a teacher (the signature of its labels)."""

    model_config = ConfigDict(frozen=True)

    files_sha256: dict[str, str] | None = None
    signed: str | None = None

    @classmethod
    def of(cls, name: str) -> "ColumnSource":
        """Return the source of a card or teacher as it is now."""
        card = card_or_none(name)
        if card is not None:
            return cls(files_sha256={file.path: file.sha256 for file in card.files})
        return cls(signed=signature(name))


class Column(ColumnSource):
    """Rows and curves of one potential, curves by crystal (forces by temperature in K), and what they came from."""

    name: str
    rows: tuple[Measurement, ...]
    dispersions: dict[str, Dispersion] = {}
    densities: dict[str, Density] = {}
    free_energies: dict[str, FreeEnergy] = {}
    parity: dict[int, ForcePairs] = {}

    @classmethod
    def measured(cls, name: str, bench: Bench, rows: Sequence[Measurement]) -> "Column":
        """Return rows, and the curves that were left on the bench."""
        return cls(
            name=name,
            rows=tuple(rows),
            dispersions=bench.dispersions,
            densities=bench.densities,
            free_energies=bench.free_energies,
            parity=bench.parity,
            **ColumnSource.of(name).model_dump(),
        )

    def with_kept(self, kept: "Column | None", asked: Collection[str]) -> "Column":
        """Return the column with what another one of the same files knows besides the properties `asked` for now."""
        if kept is None:
            return self
        known = {row.property for row in self.rows} | set(asked)
        return self.model_copy(
            update={
                "rows": (*self.rows, *(row for row in kept.rows if row.property not in known)),
                "dispersions": kept.dispersions | self.dispersions,
                "densities": kept.densities | self.densities,
                "free_energies": kept.free_energies | self.free_energies,
                "parity": kept.parity | self.parity,
            }
        )

    def write(self, path: Path) -> Path:
        """Write the column as JSON, whole or not at all."""
        told = {key: value for key, value in self.model_dump(mode="json").items() if value is not None}
        write_whole(path, json.dumps(told) + "\n")
        return path


def stored(name: str) -> Column | None:
    """Return the kept column of a card or teacher; None when there is none or its files have changed since."""
    path = STORED / f"{Path(name).stem}.json"
    if not path.is_file():
        return None
    column, now = Column.model_validate_json(path.read_text()), ColumnSource.of(name)
    same = (column.files_sha256, column.signed) == (now.files_sha256, now.signed)
    return column if same else None


def card_or_none(name: str) -> Card | None:
    """Return a card by name or path, or None for what is no card: a teacher."""
    try:
        return load_card(name)
    except PotentialError:
        return None
