"""The record of a run, `run.json`: what made it, who heated it, what to beware of, and its files' checksums."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nanokiln.potentials.cards.card import Card, Kind
from nanokiln.structures.storage import write_whole
from nanokiln.workflows.errors import InputError

_REPEATED = ("validated_K", "ranks")  # schema 1 had no version, and said these twice


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PotentialRecord(_Value):
    """The potential as it was when the run was prepared; `files` are checksums (SHA-256) by path.

    `kinds_K` is the range for each kind of system that the model has, of those that were judged apart, and `missed` the
    gate that ends it.
    """

    name: str
    tier: Literal["published", "distilled", "toy", "own"]
    pair_commands: tuple[str, ...]
    calculator: str
    validated_K: tuple[float, float]
    files: dict[str, str]
    kinds_K: dict[Kind, tuple[float, float]] = {}
    missed: dict[Kind, str] = {}

    @classmethod
    def of(cls, card: Card, kinds: Sequence[Kind] = ()) -> "PotentialRecord":
        """Return what a card says now, of its range that for a model of these kinds."""
        low_K, high_K = card.range_K(kinds)
        return cls(
            name=card.name,
            tier=card.tier,
            pair_commands=tuple(card.pair_commands),
            calculator=card.calculator,
            validated_K=(float(low_K), float(high_K)),
            files={file.path: file.sha256 for file in card.files},
            kinds_K={kind: card.kinds_K[kind] for kind in kinds if kind in card.kinds_K},
            missed={kind: card.missed(kind) for kind in kinds if card.missed(kind)},
        )

    @property
    def range_K(self) -> tuple[float, float] | None:
        """The range it is validated in; None for one's own that says nothing."""
        return None if self.tier == "own" and not self.validated_K[1] else self.validated_K


class SceneRecord(_Value):
    """What LAMMPS has to know of the model: boundary, elements in the order of types, axis of the layers, reach of the
    potential (A), number of atoms, and where the model begins and ends along each axis (A)."""

    boundary: str
    elements: tuple[str, ...]
    stacking_axis: int
    reach_A: float
    atoms: int
    extent_A: tuple[tuple[float, float], ...] = ()


class HeatingSession(_Value):
    """One session of dynamics: when it began, where, on how many ranks and threads, by which command."""

    began: str
    host: str
    versions: dict[str, str]
    ranks: int
    threads: int
    lmp: tuple[str, ...]
    command: tuple[str, ...]


class FileRecord(_Value):
    """A finished file: its SHA-256, and the files it was made from."""

    sha256: str
    parents: tuple[str, ...]


class RunRecord(_Value):
    """Everything that numbers of a run depend on, and the warnings that go with them.

    `sealed` are checksums of what the dynamics began with, recipe and model, by file. `drawn_from` is what the report
    was made of: checksums of the numbers, frames and facts in it, and the version.
    """

    schema_version: Literal[2] = 2
    name: str
    timestep_ps: float
    seed: int
    potential: PotentialRecord
    warnings: tuple[str, ...]
    energy_as_built_eV_per_atom: float
    scene: SceneRecord
    versions: dict[str, str]
    sessions: tuple[HeatingSession, ...] = ()
    files: dict[str, FileRecord] = Field(default_factory=dict)
    sealed: dict[str, str] = Field(default_factory=dict)
    drawn_from: dict[str, str] = Field(default_factory=dict)

    @property
    def ranks(self) -> int:
        """Ranks of the last session, 1 before there was one."""
        return self.sessions[-1].ranks if self.sessions else 1

    def write(self, path: Path) -> None:
        """Write the file whole."""
        write_whole(path, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "RunRecord":
        """Read what `write` wrote, or a record of schema 1; InputError for anything else."""
        try:
            return cls.model_validate_json(_as_schema_2(path.read_text(errors="replace")))
        except FileNotFoundError as error:
            raise InputError(f"{path} is missing: the run was never prepared; `nanokiln run` does that") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise InputError(
                f"{path} is no record of a run that this version reads: {place}: {first['msg']} "
                f"({error.error_count()} faults); was it changed by hand?"
            ) from error


def _as_schema_2(text: str) -> str:
    """Return the text of a record without what schema 1 said twice; any other text as it is."""
    try:
        told = json.loads(text)
    except json.JSONDecodeError:
        return text
    if not isinstance(told, dict) or "schema_version" in told:
        return text
    return json.dumps({key: value for key, value in told.items() if key not in _REPEATED})
