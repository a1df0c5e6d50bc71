"""Heat a prepared run directory and nothing else, which tests interrupt: `python heat_only.py DIR RANKS [LMP...]`."""

import sys
from pathlib import Path

from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.errors import GuardError, RunError
from nanokiln.workflows.rundir.rundir import RunDirectory

if __name__ == "__main__":
    run = RunDirectory(Path(sys.argv[1]))
    try:
        with run.lock():
            print(heat(run, Resources(ranks=int(sys.argv[2]), lmp=tuple(sys.argv[3:])), RankGroup()))
    except (GuardError, RunError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None
