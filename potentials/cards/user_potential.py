"""Potentials of the user's own, written into a recipe: LAMMPS pair commands, or an ASE calculator."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, NonNegativeFloat, PositiveFloat, Tag, model_validator

from nanokiln.potentials.cards.calculators import origin
from nanokiln.potentials.cards.card import (
    LAMMPS_PREFIX,
    Card,
    File,
    PotentialError,
    lammps_potentials_folder,
    load_card,
)
from nanokiln.structures.storage import sha256

CALLBACK = "fix external all external pf/callback 1 1"  # every step; the energy counts in the minimiser too
_ALLOWED = ("pair_style", "pair_coeff", "pair_modify", "comm_modify", "neigh_modify", "kspace_style", "kspace_modify")


class _Own(BaseModel):
    """What both kinds say: the elements, where the potential may be believed, how close atoms may come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    elements: Annotated[tuple[str, ...], Field(min_length=1)]
    name: str = ""
    validated_K: tuple[float, float] = (0.0, 0.0)
    shortest_A: NonNegativeFloat = 0.0

    def _card(self, name: str, source: str, **rest: Any) -> Card:
        return Card(
            name=self.name or name,
            title=f"{'-'.join(self.elements)}, the recipe's own",
            elements=self.elements,
            tier="own",
            validated_K=self.validated_K,
            shortest_A=self.shortest_A,
            source=source,
            licence="the owner's",
            purpose="as the recipe says",
            faults=() if self.validated_K[1] else ("Nobody has said where it holds: give validated_K if you know.",),
            **rest,
        )


class OwnPair(_Own):
    """LAMMPS pair commands in metal units; `{elements}` stands for the elements in the order of the LAMMPS types.

    A word of a command that is one of `files` becomes its path, and its checksum goes into the run's record.
    """

    pair_commands: Annotated[tuple[str, ...], Field(min_length=1)]
    files: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _commands_of_a_potential(self) -> "OwnPair":
        words = [line.split() for line in self.pair_commands]
        strange = [" ".join(line) for line in words if line[:1] not in [[verb] for verb in _ALLOWED]]
        if words[0][:1] != ["pair_style"] or strange:
            raise ValueError(
                f"pair_commands: the first must be a pair_style, the others one of {', '.join(_ALLOWED)}; "
                f"this is not: {(strange or self.pair_commands)[0]!r}"
            )
        named = {_base(word) for line in words for word in line}
        if unnamed := [name for name in self.files if _base(name) not in named]:
            raise ValueError(f"files: no pair command names {', '.join(unnamed)}")
        if len({_base(name) for name in self.files}) < len(self.files):
            raise ValueError("files: two of them have the same name; rename one")
        return self

    def placed(self, folder: Path) -> "OwnPair":
        """Return it with absolute paths, relative ones counted from `folder`."""
        there = (name if name.startswith(LAMMPS_PREFIX) else str((folder / name).resolve()) for name in self.files)
        return self.model_copy(update={"files": tuple(there)})

    def card(self) -> Card:
        """Return the card of these commands, with the checksums of the files as they are now.

        Raises PotentialError for a file that is not there, or one in the commands that `files` leaves out.
        """
        numbers = {_base(name): f"{{{index}}}" for index, name in enumerate(self.files)}
        lines = [[numbers.get(_base(word), word) for word in line.split()] for line in self.pair_commands]
        for word in (word for line in lines[1:] for word in line[3:]):
            if Path(word).is_file() or (lammps_potentials_folder() / _base(word)).is_file():
                raise PotentialError(f"potential: the commands name {word}; add it to `files`, so that it is recorded")
        return self._card(
            f"own {'/'.join(lines[0][1:2])}",
            "the recipe",
            pair_commands=tuple(map(" ".join, lines)),
            files=tuple(map(_file, self.files)),
            cutoff_A=0.0,
        )


def _base(name: str) -> str:
    """Return the bare name of a file, `lammps:` or folders before it or not."""
    return Path(name.removeprefix(LAMMPS_PREFIX)).name


def _file(name: str) -> File:
    inside = name.startswith(LAMMPS_PREFIX)
    path = lammps_potentials_folder() / _base(name) if inside else Path(name).resolve()
    if not path.is_file():
        raise PotentialError(
            f"potential: there is no file {path}" + ("" if inside else " (paths count from the recipe)")
        )
    return File(path=name if inside else str(path), sha256=sha256(path))


class OwnCalculator(_Own):
    """An ASE calculator `package.module:factory`, or a teacher's name, called through `fix external` on one rank.

    `reach_A`: atoms further apart do not feel each other; it decides which pieces have left, and how far the images
    of a free particle are kept apart.
    """

    ase: str
    reach_A: PositiveFloat = 6.0

    def placed(self, folder: Path) -> "OwnCalculator":  # noqa: ARG002
        """Return itself: a calculator has no path."""
        return self

    def card(self) -> Card:
        """Return the card: a pair style that only keeps neighbours, and the fix that calls the calculator."""
        commands = (
            f"pair_style zero {self.reach_A:g}",
            "pair_coeff * *",
            CALLBACK,
            "fix_modify external energy yes virial yes",
        )
        source, files = origin(self.ase)
        return self._card(
            self.ase, source, pair_commands=commands, files=files, cutoff_A=self.reach_A, calculator=self.ase
        )


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "str"
    if isinstance(value, dict):
        return "OwnCalculator" if "ase" in value else "OwnPair"
    return type(value).__name__ if isinstance(value, _Own) else None


Potential = Annotated[
    Annotated[str, Tag("str")] | Annotated[OwnPair, Tag("OwnPair")] | Annotated[OwnCalculator, Tag("OwnCalculator")],
    Discriminator(
        _kind,
        custom_error_type="potential",
        custom_error_message="give the name of a potential, or a mapping with pair_commands or with ase",
    ),
]


def card_of(potential: str | OwnPair | OwnCalculator) -> Card:
    """Return the card of what a recipe's `potential` says; PotentialError when it cannot be had."""
    return load_card(potential) if isinstance(potential, str) else potential.card()


def placed(potential: str | OwnPair | OwnCalculator, folder: Path) -> str | OwnPair | OwnCalculator:
    """Return a recipe's potential with its paths made absolute, those beside the recipe counted from `folder`."""
    if not isinstance(potential, str):
        return potential.placed(folder)
    beside = folder / potential
    return str(beside.resolve()) if beside.suffix in {".yaml", ".yml"} and beside.is_file() else potential


def unplaced(potential: str | OwnPair | OwnCalculator) -> Any:
    """Return what a potential says without the folders it lies in: what a seed may depend on."""
    if isinstance(potential, str):
        return Path(potential).name
    said = potential.model_dump(mode="json")
    return said | {"files": [_base(name) for name in said["files"]]} if "files" in said else said
