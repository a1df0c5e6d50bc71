"""Dynamics in a LAMMPS process of its own, so that a crash is only a short list of frames."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import ase
import ase.io
from ase.io.lammpsdata import write_lammps_data


def run_input(commands: Sequence[str], folder: Path, limit_s: float | None = None, check: bool = False) -> None:
    """Run commands as an input file in `folder`, for `limit_s` at most; with `check` a failure is an error.

    Raises CalledProcessError then. What LAMMPS said lies in `log.lammps`.
    """
    (folder / "deck.in").write_text("\n".join(commands) + "\n")
    program = [str(Path(sys.executable).parent / "lmp"), "-in", "deck.in", "-log", "log.lammps", "-screen", "none"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(program, cwd=folder, timeout=limit_s, check=check, capture_output=True)


def dynamics(atoms: ase.Atoms, deck: tuple[str, ...], folder: Path, limit_s: float = 120.0) -> list[ase.Atoms]:
    """Run a LAMMPS deck on a cell in `folder` and return the frames it dumped, even if it failed midway.

    The deck reads `cell.data` and dumps to `frames.dump`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dump = folder / "frames.dump"
    dump.unlink(missing_ok=True)
    elements = sorted(set(atoms.get_chemical_symbols()))
    write_lammps_data(folder / "cell.data", atoms, specorder=elements, masses=True)
    run_input(deck, folder, limit_s)
    if not dump.exists() or dump.stat().st_size == 0:
        return []
    try:
        return list(ase.io.read(dump, index=":", format="lammps-dump-text"))
    except (ValueError, IndexError, KeyError):
        return []


def deck(
    elements: tuple[str, ...], pair: tuple[str, ...], ensemble: tuple[str, ...], steps: int, every: int
) -> tuple[str, ...]:
    """Return the commands of a run on `cell.data` at 2 fs; `ensemble` gives the velocity and fix commands."""
    return (
        "units metal",
        "atom_style atomic",
        "box tilt large",
        "read_data cell.data",
        *pair,
        "neigh_modify every 1 delay 0 check yes",
        *ensemble,
        "timestep 0.002",
        "thermo 100",
        "thermo_modify lost ignore flush yes",
        f"dump frames all custom {every} frames.dump id element x y z",
        f"dump_modify frames sort id element {' '.join(elements)}",
        f"run {steps}",
    )
