"""A site's own build of LAMMPS: whether it has the styles that a recipe's deck needs, also those of a suffix, and
whether it computes the same energy as the LAMMPS that comes with nanokiln."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nanokiln.hpc.launch import environment_for_launcher
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.model import Model
from nanokiln.workflows.deck.datafile import boundary
from nanokiln.workflows.deck.deck import Span, make_deck
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.deck.setup import make_setup
from nanokiln.workflows.engine.preflight import probe
from nanokiln.workflows.engine.prepare import build_model, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe

_KINDS = {"pair_style": "Pair", "fix": "Fix", "compute": "Compute", "dump": "Dump", "region": "Region"}
_PLACE = {"pair_style": 1, "region": 2}  # of the style among the words of a command; others name a group before it
_SAME_EV = 1e-5  # per atom: single precision on a GPU is worse than this


@dataclass(frozen=True)
class SiteBuild:
    """What `lmp -h` says: its version, and its styles by kind as in `Pair`."""

    version: str
    styles: dict[str, frozenset[str]]

    def lacks(self, wanted: set[tuple[str, str]]) -> list[str]:
        """Return the wanted styles that are not there, as `pair_style uf3`."""
        return sorted(f"{command} {style}" for command, style in wanted if style not in self.styles[_KINDS[command]])

    def with_suffix(self, wanted: set[tuple[str, str]], suffix: str) -> tuple[list[str], list[str]]:
        """Return the wanted styles that have a version with a suffix, as `uf3/kk`, and those that do not."""
        has: list[str] = []
        not_: list[str] = []
        for command, style in sorted(wanted):
            if command != "region":
                there = f"{style}/{suffix}" in self.styles[_KINDS[command]]
                (has if there else not_).append(f"{command} {style}")
        return has, not_


def look_at(lmp: Sequence[str]) -> SiteBuild:
    """Return what a LAMMPS command says of itself; InputError where it does not run or is no LAMMPS."""
    try:
        done = subprocess.run(
            [*lmp, "-h"], env=environment_for_launcher(), capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"`{' '.join(lmp)} -h` does not run: {error}") from error
    version = re.search(r"Massively Parallel Simulator - (.+)", done.stdout)
    if version is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        told = said[-1] if said else "it says nothing"
        raise InputError(f"`{' '.join(lmp)} -h` is no LAMMPS that runs: {told}")
    styles = {kind: _listed(done.stdout, kind) for kind in _KINDS.values()}
    return SiteBuild(version[1].strip(), styles)


def _listed(text: str, kind: str) -> frozenset[str]:
    """The words below `* Pair styles:` up to the next heading."""
    found = re.search(rf"^\* {kind} styles:?\s*\n(.*?)(?=^\* |\Z)", text, re.MULTILINE | re.DOTALL)
    return frozenset(found[1].split()) if found else frozenset()


def suffix_of(lmp: Sequence[str]) -> str:
    """Return the suffix that a command asks for, as `kk` of `lmp -k on g 1 -sf kk`; empty without one."""
    words = list(lmp)
    places = [i for i, word in enumerate(words[:-1]) if word in {"-sf", "-suffix"}]
    return words[places[-1] + 1] if places else ""


@dataclass(frozen=True)
class Needs:
    """What a recipe asks of LAMMPS: the styles of the decks of all its stages, its model and its potential."""

    styles: set[tuple[str, str]]
    model: Model
    card: Card

    @classmethod
    def of(cls, recipe: Recipe) -> "Needs":
        """Build the model and write the decks; InputError as in a run, and for an ASE calculator."""
        card, model = choose(recipe), as_lammps_needs(build_model(recipe))
        if card.calculator:
            raise InputError(f"the ASE calculator '{card.name}' is called from Python, which a site's lmp does not do")
        positions = model.atoms.positions
        scene = make_setup(
            recipe,
            card,
            boundary=boundary(model),
            elements=model.elements,
            stacking_axis=model.stacking_axis,
            reach_A=card.cutoff_A,
            extent_A=tuple((float(a), float(b)) for a, b in np.stack([positions.min(0), positions.max(0)], axis=1)),
        )
        decks = [make_deck(scene, stage, Span(0, stage.steps, 0)) for stage in recipe.stages]
        lines = [line for deck in decks for line in (*deck.head, *deck.chunk, *deck.checkpoint)]
        return cls(styles_in(lines), model, card)


def styles_in(lines: Sequence[str]) -> set[tuple[str, str]]:
    """Return (command, style) of the commands that name one.

    >>> sorted(styles_in(["pair_style uf3 3", "fix bath all langevin 300 300 0.1 7", "thermo 10"]))
    [('fix', 'langevin'), ('pair_style', 'uf3')]
    """
    named = {("pair_style", line.split()[3]) for line in lines if line.startswith("pair_coeff")}
    # Of a hybrid every pair_coeff names the style that it is for.
    found = named if any(line.startswith("pair_style hybrid") for line in lines) else set()
    for line in lines:
        command, *words = line.split()
        if command in _KINDS and len(words) >= _PLACE.get(command, 3) and "delete" not in words[:2]:
            found.add((command, words[_PLACE.get(command, 3) - 1]))
    return found


def energies(needs: Needs, lmp: Sequence[str]) -> tuple[float, float]:
    """Return the energy per atom (eV) of the model as built, by the site's LAMMPS and by that of nanokiln."""
    theirs, ours = (probe(needs.model, needs.card, command) for command in (lmp, ()))
    return theirs.energy_eV_per_atom, ours.energy_eV_per_atom


def agree(theirs: float, ours: float) -> bool:
    """Whether two energies per atom are one."""
    return abs(theirs - ours) < _SAME_EV
