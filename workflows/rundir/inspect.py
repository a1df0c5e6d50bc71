"""Looking at a run from outside."""

import time
from pathlib import Path

from nanokiln.workflows.rundir.failure import read_failure
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.status import Status

_SILENT_S = 300.0


def describe(directory: Path) -> str:
    """Return where a run is, in a few lines: its stages, its last word, and what to do if it stands still."""
    run = RunDirectory(directory).require()
    stages = run.recipe.stages
    lines = [f"{run.path}: {run.recipe.name}"]
    for stage in stages:
        done = run.done(stage)
        mark = f"done at step {done.last_step}" if done else "-"
        lines.append(f"  {stage.name:<28} {stage.start_K:g} -> {stage.stop_K:g} K  {mark}")
    now = Status.read(run.status_path)
    if now is None:
        return "\n".join([*lines, "the dynamics have not begun"])
    lines.append(f"{now.state}: {now.line}")
    if (failure := read_failure(run.failure_path)) is not None:
        lines.append(f"failed: {failure.text}")
    elif run.position_is_end:
        lines.append(f"all stages are done{f'; report: {run.report_path}' if run.report_path.exists() else ''}")
    elif now.state == "running" and time.time() - now.updated > _SILENT_S:
        lines.append(
            f"no word for {(time.time() - now.updated) / 60:.0f} min: if it was killed, `nanokiln resume {run.path}`"
        )
    return "\n".join(lines)
