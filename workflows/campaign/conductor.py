"""Conducting a campaign: Snakemake runs what is missing, on this machine's cores or as jobs of a batch system."""

import importlib.util
import logging
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from nanokiln.hpc.processes import end
from nanokiln.hpc.signals import answering
from nanokiln.hpc.site import Site
from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.campaign.campaign_directory import CampaignDirectory
from nanokiln.workflows.campaign.campaign_report import report_campaign
from nanokiln.workflows.campaign.processor_time import costs_of
from nanokiln.workflows.campaign.sweep import CampaignPoint, Sweep, load_campaign
from nanokiln.workflows.engine.batch import load_site
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.tabular import show

SNAKEFILE = Path(__file__).parents[1] / "data" / "campaigns" / "Snakefile"
_MOST_JOBS = 100
_LOG = logging.getLogger(__name__)


def tell_or_conduct(
    file: Path, out: Path, cores: int, site_file: Path | None, *, dry_run: bool = False, as_json: bool = False
) -> int:
    """Run a campaign's file, or show its runs and their cost; return the exit code: 1 where a run is not reported."""
    campaign = load_campaign(file)
    points = campaign.points(file.parent)
    directory = CampaignDirectory(out)
    if dry_run:
        _tell_plan(points, directory, as_json)
        return 0
    site = None if site_file is None else load_site(site_file)
    if site is not None and site.longest_min is not None and campaign.walltime_min > site.longest_min:
        most = f"at most {site.longest_min:g}, the site's longest, was expected"
        raise InputError(f"walltime_min: {most}, not {campaign.walltime_min:g}")
    _executor(site)
    directory.claim(campaign, points)
    conduct(campaign, points, directory, cores, site)
    reported = report_campaign(campaign, points, directory)
    for point in points:
        if why := directory.why_refused(point):
            _LOG.warning("%s failed: %s", point.name, why)
    answer(f"{reported} of {len(points)} runs are reported: {directory.page_path}")
    return 0 if reported == len(points) else 1


@dataclass(frozen=True)
class PlannedRun:
    """A run of a campaign, what it costs, and whether it is reported, failed, or to do."""

    run: str
    atoms: int
    steps: int
    us_per_atom_step: float
    core_h: float
    standing: str


def plan_of(points: Sequence[CampaignPoint], directory: CampaignDirectory) -> list[PlannedRun]:
    """Return the runs of a campaign with their cost, measured here in a few steps of each kind of run."""
    costs, runs = costs_of(points), []
    for point in points:
        cost, steps = costs[point.name], sum(stage.steps for stage in point.recipe.stages)
        standing = "reported" if directory.is_reported(point) else "failed" if directory.why_refused(point) else "to do"
        core_h = cost.core_s(point.recipe) / 3600
        runs.append(PlannedRun(point.name, cost.atoms, steps, cost.us_per_atom_step, core_h, standing))
    return runs


def _tell_plan(points: Sequence[CampaignPoint], directory: CampaignDirectory, as_json: bool) -> None:
    runs = plan_of(points, directory)
    if as_json:
        answer_json(runs)
        return
    table = Table("run", "atoms", "steps", "us per atom and step", "core hours", "standing")
    for one in runs:
        numbers = (str(one.atoms), str(one.steps), f"{one.us_per_atom_step:.1f}", f"{one.core_h:.3g}")
        table.add_row(one.run, *numbers, one.standing)
    show(table)
    left_h = sum(one.core_h for one in runs if one.standing == "to do")
    answer(f"{left_h:.3g} core hours to do, at the speed of one core measured here; ranks that wait are not in it")


def conduct(
    campaign: Sweep, points: Sequence[CampaignPoint], directory: CampaignDirectory, cores: int, site: Site | None
) -> int:
    """Heat and report what is missing, `cores` at a time or as jobs of a site; return Snakemake's exit code.

    A point that failed by its own fault is left out until its recipe changes. InputError without Snakemake.
    """
    executor = _executor(site)
    words = {
        "nanokiln": [sys.executable, "-P", "-m", "nanokiln.workflows.cli.app"],
        "launcher": "" if site is None else site.launch(campaign.ranks, campaign.threads),
        "ranks": campaign.ranks,
        "threads": campaign.threads,
        "retries": campaign.retries,
        "walltime_min": round(campaign.walltime_min),
        "dynamics_min": round(max(campaign.walltime_min - 3, campaign.walltime_min / 2), 2),
        "report_min": 60 if site is None else round(site.report_min),
        "mem_MB": campaign.mem_MB,
    }
    directory.write_plan([point for point in points if not directory.refusal(point).exists()], words)
    shutil.copy(SNAKEFILE, directory.path / "Snakefile")
    how = ["--keep-going", "--rerun-incomplete", "--rerun-triggers", "mtime", "--quiet", "rules"]
    command = [sys.executable, "-m", "snakemake", *how, *(executor or ["--cores", str(cores)])]
    # In a session of its own, it hears of a request to stop from us only, once, and takes its jobs back.
    process = subprocess.Popen(command, cwd=directory.path, start_new_session=True)
    try:
        with answering(lambda _: process.send_signal(signal.SIGINT)):
            return process.wait()
    finally:
        end(process)


def _executor(site: Site | None) -> list[str]:
    """Return the words for Snakemake's executor, none for this machine; InputError where one is not installed."""
    if importlib.util.find_spec("snakemake") is None:
        raise InputError("a campaign needs Snakemake: pip install 'nanokiln[campaign]'")
    if site is None:
        return []
    if site.scheduler != "slurm":
        raise InputError(
            f"campaigns run on this machine's cores or on Slurm, not on {site.scheduler}: give --cores, or submit the "
            "points (points/*.yaml) one by one with `nanokiln submit`"
        )
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        raise InputError("Slurm needs Snakemake's executor for it: pip install 'nanokiln[campaign]'")
    told = {"slurm_partition": site.partition, "slurm_account": site.account}
    defaults = [f"{key}={value}" for key, value in told.items() if value]
    account = [] if site.account else ["--slurm-no-account"]
    accounting = subprocess.run(["sacct", "--noheader"], capture_output=True, check=False).returncode == 0
    asked = [] if accounting else ["--slurm-status-command", "squeue"]
    resources = ["--default-resources", *defaults] if defaults else []
    return ["--executor", "slurm", "--jobs", str(_MOST_JOBS), *account, *asked, *resources]
