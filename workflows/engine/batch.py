"""Submitting a run to a batch system."""

import re
import sys
from pathlib import Path
from typing import Any

from nanokiln.hpc import slurm
from nanokiln.hpc.job import Job
from nanokiln.hpc.resources import Resources
from nanokiln.structures.schema.explain import nearest
from nanokiln.workflows.engine.preflight import check_ranks
from nanokiln.workflows.engine.prepare import build_model, check_elements, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.obvious import find_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory

_WARN_S = 120
_SHORTEST_MIN = 5


def submit(
    recipe: str, out: Path, resources: Resources, scheduler: str, site: dict[str, Any], *, dry_run: bool = False
) -> str:
    """Return the batch script (`dry_run`), or submit it and say so; the recipe is checked either way."""
    if scheduler != "slurm":
        raise InputError(f"unknown scheduler '{scheduler}'{nearest(scheduler, ['slurm'])}")
    if resources.walltime_min is None or resources.walltime_min < _SHORTEST_MIN:
        raise InputError(f"--walltime-min must be at least {_SHORTEST_MIN} (given: {resources.walltime_min})")
    _refuse_hostile(site)
    loaded = find_recipe(recipe)
    check_ranks(loaded, resources.ranks, resources.lmp)
    RunDirectory(out).refuse_other(loaded)
    check_elements(choose(loaded), build_model(loaded))
    source = recipe if Path(recipe).suffix not in {".yaml", ".yml"} else str(Path(recipe).resolve())
    text = slurm.script(_job(loaded.name, source, out.resolve(), resources, site))
    if dry_run:
        return text.rstrip()
    try:
        number = slurm.submit(text, Path.cwd())
    except slurm.SubmitError as error:
        raise InputError(str(error)) from error
    return f"submitted job {number}; `nanokiln status {out}` tells where it is"


def _refuse_hostile(site: dict[str, Any]) -> None:
    """Raise InputError for a partition, account or module that a batch script could read as something else."""
    for name, given in site.items():
        for word in (given,) if isinstance(given, str) else given:
            if word and not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._/+-]*", word):
                raise InputError(
                    f"--{name.removesuffix('s')}: a name of letters, digits and . _ - / + was expected, not {word!r}"
                )


def _job(name: str, source: str, out: Path, resources: Resources, site: dict[str, Any]) -> Job:
    assert resources.walltime_min is not None
    dynamics_min = resources.walltime_min - _WARN_S / 60 - 1  # room for the checkpoint
    options = {
        "--out": out,
        "--ranks": resources.ranks,
        "--threads": resources.threads,
        "--walltime-min": f"{dynamics_min:g}",
    }
    activate = Path(sys.executable).parent / "activate"
    return Job(
        name=name,
        command=("nanokiln", "run", source, *(str(part) for pair in options.items() for part in pair)),
        ranks=resources.ranks,
        threads=resources.threads,
        walltime_min=resources.walltime_min,
        activate=str(activate) if activate.exists() else "",
        warn_s=_WARN_S,
        **site,
    )
