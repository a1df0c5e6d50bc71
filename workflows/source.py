"""A trajectory of one's own: measured and reported like a run, into a directory of the same files."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from nanokiln.analysis.measure.run import How, analyse
from nanokiln.analysis.measured import Measured, Origin
from nanokiln.analysis.report.run_course import RunCourse
from nanokiln.analysis.report.run_page import RunReport, write_report
from nanokiln.analysis.trajectory.foreign import Foreign, Said, open_foreign
from nanokiln.analysis.trajectory.frames_out import KINDS, write_out
from nanokiln.analysis.trajectory.log import read_log
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.hpc.launch import cores_of_own
from nanokiln.structures.model import Model
from nanokiln.structures.storage import sha256
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.provenance import versions

SOURCE = "source.json"


class SourceRecord(BaseModel):
    """Where the numbers of a directory come from: the files with their checksums, and what a person said of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trajectory: dict[str, str]
    model: dict[str, str]
    thermo: dict[str, str]
    elements: tuple[str, ...]
    timestep_fs: float | None
    temperature_K: float | None
    units: str | None
    versions: dict[str, str]


@dataclass(frozen=True)
class Temperatures:
    """What is known of the temperature: a log of LAMMPS or a thermo.csv, one number, or nothing."""

    thermo: Path | None = None
    temperature_K: float | None = None


def is_source(directory: Path) -> bool:
    """Whether a directory holds what was measured on a trajectory of one's own."""
    return (directory / SOURCE).is_file()


def measure_files(
    files: Sequence[Path],
    out: Path,
    said: Said | None = None,
    temperatures: Temperatures | None = None,
    how: How | None = None,
) -> Measured:
    """Measure trajectory files of any program; `out` gets trajectory.h5, model.extxyz, results.json and source.json.

    InputError in one line where a file cannot be read or does not fit the others; nothing is left behind then.
    """
    said, temperatures, how = said or Said(), temperatures or Temperatures(), how or How(processes=cores_of_own())
    with _in_place(out) as folder:
        found, record = _read(files, folder / "trajectory.h5", said, temperatures)
        source = _source(files, said, temperatures)
        with found.trajectory as trajectory:
            measured = analyse(trajectory, found.model, record, _origin(out, source), how)
        measured = replace(measured, warnings=_warnings(found, record))
        found.model.write(folder / "model.extxyz")
        measured.write(folder / "results.json")
        (folder / SOURCE).write_text(source.model_dump_json(indent=1) + "\n")
    return measured


def _read(files: Sequence[Path], out: Path, said: Said, temperatures: Temperatures) -> tuple[Foreign, Thermo]:
    try:
        found = open_foreign(files, out, said)
        return found, _record(found.trajectory, said, temperatures)
    except (ValueError, OSError) as error:
        raise InputError(str(error)) from error


def report_files(directory: Path) -> tuple[Path, tuple[str, ...]]:
    """Write `report.html` of what `measure_files` measured; return its path and the warnings."""
    measured, model = Measured.read(directory / "results.json"), Model.read(directory / "model.extxyz")
    source = SourceRecord.model_validate_json((directory / SOURCE).read_text())
    with Trajectory.open(directory / "trajectory.h5") as trajectory:
        course = RunCourse.of(trajectory)
    page = directory / "report.html"
    write_report(RunReport(measured, model, course, source.model_dump(mode="json")), page)
    return page, measured.warnings


@dataclass(frozen=True)
class ExportedFrames:
    """A file of frames that was written for other programs, and how many frames of how many atoms are in it."""

    file: Path
    frames: int
    atoms: int


def export_frames(directory: Path, kind: str, out: Path | None, every: int) -> ExportedFrames:
    """Write the frames of a measured directory for other programs; InputError for what cannot be."""
    if kind not in KINDS:
        raise InputError(f"--format is one of {', '.join(KINDS)}, not {kind!r}")
    out = out or directory / f"trajectory.{kind}"
    if not out.absolute().parent.is_dir():
        raise InputError(f"there is no folder {out.absolute().parent} to put {out.name} into; make it first")
    try:
        with Trajectory.open(directory / "trajectory.h5") as trajectory:
            frames = write_out(trajectory, out, kind, every)
    except (FileNotFoundError, OSError) as error:
        raise InputError(str(error)) from error
    return ExportedFrames(out, frames, trajectory.n_atoms)


@contextmanager
def _in_place(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` once all went well; InputError where `out` holds anything else."""
    if out.exists() and not is_source(out) and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and was not made by `analyse --trajectory`; give another --out")
    if not out.absolute().parent.is_dir():
        raise InputError(f"there is no folder {out.absolute().parent} to put {out.name} into; make it first")
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _record(trajectory: Trajectory, said: Said, temperatures: Temperatures) -> Thermo:
    if temperatures.thermo is None:
        known = np.nan if temperatures.temperature_K is None else temperatures.temperature_K
        return Thermo.steady(trajectory.steps, trajectory.times_ps, known)
    if temperatures.thermo.suffix == ".csv":
        return Thermo(temperatures.thermo)
    per_step = np.ptp(trajectory.times_ps) / np.ptp(trajectory.steps) if trajectory.n_frames > 1 else said.timestep_ps
    return read_log(temperatures.thermo, float(per_step or 0.0), trajectory.steps)


def _source(files: Sequence[Path], said: Said, temperatures: Temperatures) -> SourceRecord:
    def sums(*paths: Path | None) -> dict[str, str]:
        return {str(path): sha256(path) for path in paths if path is not None}

    return SourceRecord(
        trajectory=sums(*files),
        model=sums(said.model),
        thermo=sums(temperatures.thermo),
        elements=said.elements,
        timestep_fs=None if said.timestep_ps is None else 1000 * said.timestep_ps,
        temperature_K=temperatures.temperature_K,
        units=said.units,
        versions=versions(),
    )


def _origin(out: Path, source: SourceRecord) -> Origin:
    sums = source.trajectory | source.model | source.thermo
    return Origin(run=out.name, model="", checksums=sums, versions=source.versions)


def _warnings(found: Foreign, record: Thermo) -> tuple[str, ...]:
    """What was assumed or left out on reading, and what nobody said."""
    out = list(found.warnings)
    if not np.isfinite(record.temperature_K).any():
        out.append("the temperature is not known: give a log with --thermo, or --temperature-K")
    bare = [domain.name for domain in found.model.domains if len(domain.basis) == 1 and not domain.basis.any()]
    if bare:
        out.append(
            f"no lattice is known of {', '.join(bare)}: lattice constants, strain and turning are not measured; a "
            "model that nanokiln built (--model) knows them"
        )
    return tuple(out)
