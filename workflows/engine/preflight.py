"""The preflight: what can be known before anything expensive starts."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from nanokiln.hpc.launch import clean_environment, environment_for_launcher, site_lmp
from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.cards.user_potential import OwnCalculator
from nanokiln.structures.model import Model
from nanokiln.workflows.deck.datafile import boundary, write_data
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe

_SKIN_A = 2.0 + 1e-5  # LAMMPS' default in metal units, and what its log rounds away
_BYTES_PER_ATOM_AND_FRAME = 30  # compressed dump and H5MD together, measured on this program's own output
_BYTES_PER_ATOM_AND_RESTART = 120


@dataclass(frozen=True)
class Probe:
    """What LAMMPS says about the model as built: energy, largest cutoff and shortest distance."""

    energy_eV_per_atom: float
    reach_A: float
    closest_A: float


def check_ranks(recipe: Recipe, ranks: int, lmp: Sequence[str] = ()) -> None:
    """Raise InputError when an ASE calculator is to run on several ranks or under a site's `lmp`."""
    if not isinstance(recipe.potential, OwnCalculator):
        return
    name = recipe.potential.ase
    if lmp:
        raise InputError(
            f"potential: the ASE calculator '{name}' is called from Python, which a site's lmp does not do: "
            "leave --lmp out"
        )
    if ranks > 1:
        raise InputError(
            f"potential: the ASE calculator '{name}' sees all atoms at once and runs on one rank, but {ranks} were "
            "asked for: use --ranks 1 (threads may help)"
        )


def probe(model: Model, card: Card, lmp: Sequence[str] = ()) -> Probe:
    """Let LAMMPS (a site's own, where its command is given) or the ASE calculator compute the model once.

    InputError passes on what it objects to.
    """
    return _probe_with_calculator(model, card) if card.calculator else _probe_with_lammps(model, card, lmp)


def _probe_with_calculator(model: Model, card: Card) -> Probe:
    from ase.neighborlist import neighbor_list

    from nanokiln.workflows.engine.external import ask, calculator_of

    try:
        found = ask(calculator_of(card.calculator), model.atoms, card.cutoff_A)
    except InputError:
        raise
    except Exception as error:  # a calculator may raise anything
        raise InputError(
            f"potential: the ASE calculator '{card.calculator}' cannot compute this model: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isfinite(found.energy_eV):
        raise InputError("the model's energy is not a number: two of its atoms lie on top of each other")
    closest = neighbor_list("d", model.atoms, card.cutoff_A).min(initial=card.cutoff_A)
    return Probe(found.energy_eV / len(model.atoms), card.cutoff_A, float(closest))


def _probe_with_lammps(model: Model, card: Card, lmp: Sequence[str]) -> Probe:
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as name:
        folder = Path(name)
        write_data(model, folder / "model.data")
        (folder / "probe.in").write_text(_probe_deck(model, card))
        command = [*(lmp or [str(site_lmp())]), "-in", "probe.in", "-log", "probe.log", "-screen", "none"]
        env = environment_for_launcher() if lmp else clean_environment()
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        log = (folder / "probe.log").read_text() if (folder / "probe.log").exists() else done.stderr
    if done.returncode or "probe " not in log:
        error = next((line for line in log.splitlines() if line.startswith("ERROR")), done.stderr.strip() or "no log")
        if "requires atom attribute q" in error:
            raise InputError(
                f"potential '{card.name}' needs charges, but the atoms of a model carry none: choose another style"
            )
        raise InputError(f"LAMMPS cannot start from this model with potential '{card.name}': {error}")
    energy, closest = (float(x) for x in re.findall(r"^probe (\S+) (\S+)$", log, re.MULTILINE)[-1])
    if not isfinite(energy):
        raise InputError("the model's energy is not a number: two of its atoms lie on top of each other")
    reach = float(re.findall(r"master list distance cutoff = (\S+)", log)[-1]) - _SKIN_A
    return Probe(energy, reach, closest)


def _probe_deck(model: Model, card: Card) -> str:
    return "\n".join(
        [
            "units metal",
            "atom_style atomic",
            f"boundary {boundary(model)}",
            "read_data model.data",
            *card.commands(model.elements),
            "compute pairs all pair/local dist",
            "compute closest all reduce min c_pairs inputs local",
            "thermo_style custom step pe c_closest",
            "run 0 post no",
            'print "probe $(pe/atoms) $(c_closest)"',
            "",
        ]
    )


def check_box(model: Model, found: Probe) -> None:
    """Raise InputError when the box repeats so closely that an atom would feel its own image."""
    cell = np.asarray(model.atoms.cell, dtype=float)
    for axis in np.flatnonzero(model.atoms.pbc):
        normal = np.cross(cell[(axis + 1) % 3], cell[(axis + 2) % 3])
        height = abs(cell[axis] @ normal) / np.linalg.norm(normal)
        if height < 2 * found.reach_A:
            raise InputError(
                f"the box repeats every {height:.1f} A along axis {'xyz'[axis]}, less than twice the potential's "
                f"reach of {found.reach_A:.1f} A: make the model larger along it"
            )


def check_distance(card: Card, recipe: Recipe, found: Probe) -> None:
    """Raise InputError when the model as built has atoms closer than the potential knows."""
    limit = recipe.guards.shortest_A if recipe.guards.shortest_A is not None else card.shortest_A
    if found.closest_A < limit:
        raise InputError(
            f"two atoms of the model are {found.closest_A:.2f} A apart, but potential '{card.name}' is valid from "
            f"{limit:.2f} A on: mend the model, or set guards.shortest_A if you know better"
        )


def check_pieces(recipe: Recipe, model: Model) -> None:
    """Raise InputError when the model itself would count as a piece that has left."""
    atoms = len(model.atoms)
    if recipe.vacuum is not None and not model.atoms.pbc.all() and recipe.vacuum.piece_atoms >= atoms:
        raise InputError(
            f"vacuum.piece_atoms: fewer than the model's {atoms} atoms were expected, not {recipe.vacuum.piece_atoms}: "
            "the model itself would count as a piece that has left; give less, or `vacuum: null`"
        )


def expected_bytes(recipe: Recipe, n_atoms: int) -> int:
    """Return about how much disk the run will use."""
    steps = sum(stage.steps for stage in recipe.stages)
    frames, restarts = steps // recipe.cadence[1] + 1, 3 + len(recipe.stages)
    return n_atoms * (frames * _BYTES_PER_ATOM_AND_FRAME + restarts * _BYTES_PER_ATOM_AND_RESTART) + steps * 20


def check_disk(recipe: Recipe, n_atoms: int, folder: Path) -> None:
    """Raise InputError when the disk has less room than the run will use, the guard's reserve included."""
    need = expected_bytes(recipe, n_atoms) + recipe.guards.free_disk_MB * 1e6
    free = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free
    if free < need:
        raise InputError(
            f"the run needs about {need / 1e6:.0f} MB but the disk of {folder} has {free / 1e6:.0f} MB: "
            "free some space, or write fewer frames (output.frame_ps)"
        )
