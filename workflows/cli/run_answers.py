"""What `run` and `resume` answer at the end: sentences for a person, or where everything lies for a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.workflows.answer import answer, answer_json, warn

if TYPE_CHECKING:
    from nanokiln.workflows.rundir.rundir import RunDirectory


@dataclass(frozen=True)
class RunAnswer:
    """Where a run is: its state and step, None before the first; results and report, None where not written yet."""

    directory: Path
    state: str | None
    step: int | None
    results: Path | None
    report: Path | None
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, run: "RunDirectory") -> "RunAnswer":
        """Look at a run directory."""
        from nanokiln.workflows.rundir.status import Status

        now = Status.read(run.status_path)
        state, step = (None, None) if now is None else (now.state, now.step)
        return cls(
            run.path, state, step, _written(run.results_path), _written(run.report_path), tuple(run.record.warnings)
        )


def tell_runs(runs: "Sequence[RunDirectory]", study: Path | None = None, *, as_json: bool = False) -> None:
    """Answer for the runs of one command, and for the folder of the study that they make up; on one rank only."""
    from nanokiln.hpc.launch import is_first

    if not is_first():
        return
    if as_json:
        found = [RunAnswer.of(run) for run in runs]
        answer_json({"runs": found} if study is None else {"runs": found, "study": _study_files(study)})
        return
    for run in runs:
        warn(run.record.warnings)
        _tell_end(run)
    if study is not None:
        from nanokiln.workflows.studies.whole import status

        answer(status(study).splitlines()[-1])


def _study_files(out: Path) -> dict[str, Path | None]:
    from nanokiln.workflows.rundir.study_directory import StudyDirectory

    study = StudyDirectory(out)
    return {"results": _written(study.results_path), "report": _written(study.report_path)}


def _written(path: Path) -> Path | None:
    return path if path.exists() else None


def _tell_end(run: "RunDirectory") -> None:
    """The last lines of a run: what happened and where the report is, or how to go on."""
    if run.position_is_end:
        reported = run.report_path.exists()
        if reported:
            answer(_account_of(run))
        answer(f"report: {run.report_path}" if reported else f"finished; `nanokiln report {run.path}` is next")
        return
    from nanokiln.workflows.rundir.status import Status

    now = Status.read(run.status_path)
    where = f" at step {now.step} ({now.note})" if now is not None else ""
    answer(f"stopped{where}; the checkpoint is written, `nanokiln resume {run.path}` goes on")


def _account_of(run: "RunDirectory") -> str:
    """What happened in a measured run, in a paragraph."""
    from nanokiln.analysis.measure.account import tell
    from nanokiln.analysis.measured import Measured

    return tell(Measured.read(run.results_path))
