"""Measured columns: what a card or a teacher gave, kept with the package, known by the files it was measured with."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nanokiln.potentials.cards.calculators import weights_of
from nanokiln.potentials.cards.card import DATA, Card, PotentialError, load_card
from nanokiln.potentials.validation.crystals import Bench, Measurement
from nanokiln.structures.files import sha256

STORED = DATA / "validation"


def stored(name: str) -> dict[str, Any] | None:
    """Return the kept column of a card or teacher; None when there is none or its files have changed since."""
    path = STORED / f"{Path(name).stem}.json"
    if not path.is_file():
        return None
    told: dict[str, Any] = json.loads(path.read_text())
    return told if all(told.get(key) == value for key, value in made_from(name).items()) else None


def made_from(name: str) -> dict[str, Any]:
    """Return what identifies the numbers of a card (its files) or a teacher (its weights, where they are ours)."""
    card = card_or_none(name)
    if card is not None:
        return {"files_sha256": {file.path: file.sha256 for file in card.files}}
    weights = weights_of(name)
    return {} if weights is None else {"weights_sha256": sha256(weights)}


def as_column(name: str, bench: Bench, rows: Sequence[Measurement]) -> dict[str, Any]:
    """Return rows and curves as plain data, with the checksums of what they were measured with."""
    return made_from(name) | {
        "name": name,
        "rows": [asdict(row) for row in rows],
        "dispersions": {phase: _plain(d) for phase, d in bench.dispersions.items()},
        "densities": {phase: _plain(d) for phase, d in bench.densities.items()},
        "free_energies": {phase: _plain(f) for phase, f in bench.free_energies.items()},
        "parity": {str(temperature_K): _plain(forces) for temperature_K, forces in bench.parity.items()},
    }


def _plain(record: Any) -> dict[str, Any]:
    """Return a dataclass or dict with its arrays as rounded lists."""
    told = record if isinstance(record, dict) else asdict(record)
    return {k: np.round(v, 4).tolist() if isinstance(v, np.ndarray) else v for k, v in told.items()}


def joined(new: dict[str, Any], kept: dict[str, Any] | None) -> dict[str, Any]:
    """Return a column with what another one of the same files knows besides."""
    if kept is None:
        return new
    known = {row["property"] for row in new["rows"]}
    rows = new["rows"] + [row for row in kept["rows"] if row["property"] not in known]
    curves = ("dispersions", "densities", "free_energies", "parity")
    return new | {"rows": rows} | {curve: kept.get(curve, {}) | new[curve] for curve in curves}


def card_or_none(name: str) -> Card | None:
    """Return a card by name or path, or None for what is no card: a teacher."""
    try:
        return load_card(name)
    except PotentialError:
        return None
