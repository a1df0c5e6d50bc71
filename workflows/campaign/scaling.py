"""Scaling: how fast a recipe runs on more ranks, measured where it is asked, and what that means for an allocation.

A step of N atoms on P ranks takes c n + s n^(2/3) + L log2 P with n = N / P: work on a rank's own atoms, on the skin of
its domain, and waiting for the others. The three are fitted to short runs of LAMMPS on one rank and on more, of the
model and of several copies of it side by side (strong and weak scaling).
"""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from nanokiln.hpc.launch import clean_environment, mpi_command, site_lmp
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.model import Model
from nanokiln.workflows.deck.datafile import write_data
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.engine.prepare import build_model, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe

_LOOP = re.compile(r"^Loop time of (\S+) on (\d+) procs for (\d+) steps with (\d+) atoms", re.MULTILINE)
_DAY_S = 86_400
_USEFUL = 0.5  # efficiency below which more ranks are a waste


@dataclass(frozen=True)
class Timing:
    """So many `ranks` took `step_s` seconds for a step of so many `atoms`."""

    ranks: int
    atoms: int
    step_s: float


@dataclass(frozen=True)
class Scaling:
    """The law of a step: `atom_s` per own atom, `skin_s` per n^(2/3), `wait_s` per doubling of the ranks (seconds), the
    largest relative misfit of the timings that it was fitted to, and the `fewest` atoms on a rank among them: of
    smaller domains, which are all skin, it says nothing."""

    atom_s: float
    skin_s: float
    wait_s: float
    misfit: float
    fewest: float = 1.0

    @classmethod
    def of(cls, timings: Sequence[Timing]) -> "Scaling":
        """Fit the law, no part of it negative, by relative least squares."""
        rows = np.array([_parts(t.atoms, t.ranks) for t in timings])
        taken = np.array([t.step_s for t in timings])
        law, _ = nnls(rows / taken[:, None], np.ones(len(taken)))
        atom_s, skin_s, wait_s = (float(x) for x in law)
        misfit = float(abs(rows @ law / taken - 1).max())
        return cls(atom_s, skin_s, wait_s, misfit, min(t.atoms / t.ranks for t in timings))

    def step_s(self, atoms: int, ranks: int) -> float:
        """Return how long a step takes."""
        return float(np.dot(_parts(atoms, ranks), [self.atom_s, self.skin_s, self.wait_s]))

    def efficiency(self, atoms: int, ranks: int) -> float:
        """Return the share of the cores' time that one rank alone would have needed as well."""
        return self.step_s(atoms, 1) / (ranks * self.step_s(atoms, ranks))

    def ns_per_day(self, atoms: int, ranks: int, timestep_ps: float) -> float:
        """Return the simulated nanoseconds of a day of wall time."""
        return _DAY_S / self.step_s(atoms, ranks) * timestep_ps / 1000

    def most_ranks(self, atoms: int) -> int:
        """Return the largest power of two of ranks that is used to a half at least, each with the `fewest` atoms."""
        ranks = 1
        while 2 * ranks * self.fewest <= atoms and self.efficiency(atoms, 2 * ranks) >= _USEFUL:
            ranks *= 2
        return ranks


def _parts(atoms: int, ranks: int) -> tuple[float, float, float]:
    own = atoms / ranks
    return own, own ** (2 / 3) if ranks > 1 else 0.0, float(np.log2(ranks))


def measure_scaling(recipe: Recipe, ranks: Sequence[int], steps: int) -> list[Timing]:
    """Return timings of one copy of a recipe's model on every number of ranks, and of as many copies as ranks.

    InputError for a model that LAMMPS does not run, or a potential that is an ASE calculator.
    """
    card, model = choose(recipe), as_lammps_needs(build_model(recipe))
    if card.calculator:
        raise InputError(f"the ASE calculator '{card.name}' runs on one rank: it does not scale")
    asked = dict.fromkeys((r, copies) for r in ranks for copies in (1, r))
    return [_time(model, card, recipe, count, copies, steps) for count, copies in asked]


def _time(model: Model, card: Card, recipe: Recipe, ranks: int, copies: int, steps: int) -> Timing:
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as name:
        folder = Path(name)
        write_data(model, folder / "model.data")
        (folder / "speed.in").write_text(_deck(model, card, recipe, copies, steps))
        program = [str(site_lmp()), "-in", "speed.in", "-log", "speed.log", "-screen", "none"]
        command = mpi_command(ranks, program) if ranks > 1 else program
        subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, check=False)
        log = (folder / "speed.log").read_text() if (folder / "speed.log").exists() else ""
    found = _LOOP.findall(log)
    if not found or int(found[-1][1]) != ranks:
        raise InputError(f"LAMMPS does not run {steps} steps of this model on {ranks} ranks")
    times = [float(seconds) / int(count) for seconds, _, count, _ in found[1:]]
    return Timing(ranks, int(found[-1][3]), min(times))  # whatever else runs here only adds to it


def _deck(model: Model, card: Card, recipe: Recipe, copies: int, steps: int) -> str:
    return "\n".join(
        [
            "units metal",
            "atom_style atomic",
            "boundary p p p",  # also what is free: its copies lie side by side, and its vacuum keeps them apart
            "read_data model.data",
            f"replicate {copies} 1 1",
            *card.commands(model.elements),
            f"timestep {recipe.timestep_ps}",
            "velocity all create 300 4711",
            "fix 1 all nve/limit 0.1",
            "balance 1.1 shift xyz 10 1.1",
            "thermo 100000",
            *[f"run {steps}"] * 4,  # the first builds the lists and is not counted
            "",
        ]
    )


ATOMS = (1_000, 10_000, 100_000, 1_000_000)


def table_of(law: Scaling, atoms: Sequence[int], timestep_ps: float) -> list[tuple[str, ...]]:
    """Return rows of the most ranks that are used well, ns per day on one rank, 16, 128 and on those most, and core
    hours per nanosecond there."""
    rows = []
    for count in atoms:
        most = law.most_ranks(count)
        speeds = [law.ns_per_day(count, ranks, timestep_ps) if ranks <= most else None for ranks in (1, 16, 128, most)]
        hours = 24 * most / law.ns_per_day(count, most, timestep_ps)
        told = ["-" if speed is None else f"{speed:.3g}" for speed in speeds]
        rows.append((f"{count}", *told[:3], f"{most}", told[3], f"{hours:.3g}"))
    return rows
