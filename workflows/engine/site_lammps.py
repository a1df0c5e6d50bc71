"""A site's own LAMMPS: the same deck as a plain input file, run by a command such as `srun lmp -k on g 1 -sf kk`."""

import re
import subprocess
import time
from pathlib import Path

from nanokiln.hpc.launch import environment_for_launcher
from nanokiln.hpc.processes import end, ends_with_its_parent, follow
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.crash_report import examine
from nanokiln.workflows.engine.display import Display
from nanokiln.workflows.engine.logbook import Logbook
from nanokiln.workflows.engine.patience import Patience
from nanokiln.workflows.errors import GuardError, RunError
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.rundir.failure import REMEDIES, Failure, classify, tell
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import thermo_rows
from nanokiln.workflows.rundir.standing import Position, position
from nanokiln.workflows.rundir.status import Ending, State
from nanokiln.workflows.rundir.thermo_rows import column

_SILENT = ("-in", "deck.in", "-log", "log.lammps", "-screen", "none", "-nonbuf")


def heat_with_lmp(run: RunDirectory, resources: Resources) -> Ending:
    """Heat with a site's `lmp`, one start per stage; equilibration then always takes its full `at_most_ps`.

    Stopping writes a checkpoint at the next frame, as with the bindings. Raises GuardError and RunError.
    """
    recipe = run.recipe
    deadline = time.monotonic() + resources.walltime_min * 60 if resources.walltime_min else None
    with Display() as display:
        logbook = Logbook(run, recipe, resources.ranks, display.show)
        while (where := position(run)) is not None:
            stage = recipe.stages[where.index]
            left_s = None if deadline is None else max(1.0, deadline - time.monotonic())
            logbook.write_deck(stage, where, left_s)
            logbook.start_clock(where.begin)
            _run_stage(logbook, stage, where, resources)
            if run.done(stage) is None:
                return Ending.STOPPED
    return Ending.FINISHED


def _run_stage(logbook: Logbook, stage: Stage, where: Position, resources: Resources) -> None:
    folder = logbook.run.stage_path(stage)
    with (folder / "lmp.out").open("wb") as out:
        process = subprocess.Popen(
            [*resources.lmp, *_SILENT],
            cwd=folder,
            env=environment_for_launcher(resources.threads),
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=ends_with_its_parent,
            pass_fds=logbook.run.lock_fds,
        )
        patience = Patience(logbook.run)
        try:
            follow(
                lambda: process.poll() is None and not patience.is_over(),
                lambda: _look(logbook, stage, where, "running"),
            )
        finally:
            end(process)
    patience.complain()
    if process.returncode:
        _raise(logbook.run, folder, process.returncode)
    step = logbook.run.checkpoints.steps()[0]
    planned = where.first + stage.steps
    reason = "" if step >= planned else "stop" if logbook.run.stop_path.exists() else "walltime"
    logbook.conclude(stage, where, step, reason)
    going: State = "running" if where.index + 1 < len(logbook.recipe.stages) else "finished"
    _look(logbook, stage, where, "stopped" if reason else going, reason)


def _look(logbook: Logbook, stage: Stage, where: Position, state: State, note: str = "") -> None:
    """Seal what checkpoint is new, and tell the last row of the stage."""
    folder = logbook.run.stage_path(stage)
    newest = next(iter(logbook.run.checkpoints.steps()), None)
    if newest is not None and newest > where.begin and state == "running":
        logbook.close(stage, newest)
    rows = thermo_rows(folder)[-1:]
    if rows:
        step, temperature, atoms = (column(rows, name)[0] for name in ("step", "temperature_K", "atoms"))
        logbook.publish(state, stage, where, (int(step), int(atoms), float(temperature)), note)


def _raise(run: RunDirectory, folder: Path, code: int) -> None:
    log = folder / "log.lammps"
    text = (log.read_text() if log.exists() else "") + (folder / "lmp.out").read_text()
    message = next((line for line in text.splitlines() if line.startswith("ERROR")), "")
    if not message:
        raise RunError(f"lmp ended with code {code} and no word; see {folder}/lmp.out")
    kind, step = classify(message), re.search(r"on step (\d+)", message)
    failure = Failure(kind, message.removeprefix("ERROR: "), REMEDIES[kind], 0, int(step.group(1)) if step else None)
    failure = examine(failure, run) if failure.is_guard else failure
    tell(failure, run.failure_path)
    raise (GuardError if failure.is_guard else RunError)(failure.text)
