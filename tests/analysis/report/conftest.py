"""The report of a synthetic run, made by the real analysis."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measure.run import analyse
from nanokiln.analysis.measured import Origin
from nanokiln.analysis.report.run_course import RunCourse
from nanokiln.analysis.report.run_page import RunReport
from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.trajectory import convert
from nanokiln.structures.catalogue import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FRAMES, EVERY, TIMESTEP_PS = 40, 100, 0.002


def synthetic(folder: Path) -> RunReport:
    """Atoms that shake about their sites, copper that walks at random, on a ramp from 300 to 900 K and a hold."""
    model = build("cdse-cu3p-cdse-small")
    random = np.random.default_rng(4)
    copper = np.array(model.atoms.get_chemical_symbols()) == "Cu"
    walk = np.zeros((len(model.atoms), 3))
    frames, lines = [], ["step,time_ps,stage,target_K,temperature_K,potential_eV,kinetic_eV,pressure_bar,volume_A3"]
    for i in range(FRAMES):
        target = min(300.0 + 30.0 * i, 900.0)
        stage = "01-ramp" if i < 20 else "02-hold"
        atoms = model.atoms.copy()
        walk[copper] += random.normal(0, 0.05, (copper.sum(), 3))
        atoms.positions += walk + random.normal(0, 0.0035 * target**0.5, walk.shape)
        identity = np.arange(1, len(atoms) + 1)
        symbols = np.array(atoms.get_chemical_symbols())
        cell, no = np.array(atoms.cell), np.full(3, False)
        frames.append(DumpFrame(i * EVERY, cell, np.zeros(3), no, identity, atoms.positions, symbols))
        row = (i * EVERY, i * EVERY * TIMESTEP_PS, stage, target, target + random.normal(0, 8))
        lines.append(",".join(map(str, (*row, -2800.0 + 0.1 * i, 60.0, 0.0, 1e5))))
    thermo = folder / "thermo.csv"
    thermo.write_text("\n".join(lines) + "\n")
    origin = Origin("synthetic", "", ranks=2, seed=7, potential="cd-cu-p-se-pod-fast", validated_K=(0.0, 600.0))
    write_dump(folder / "run.dump.gz", frames)
    with convert([folder / "run.dump.gz"], model, folder / "run.h5", TIMESTEP_PS) as trajectory:
        measured = analyse(trajectory, model, thermo, origin)
        course = RunCourse.of(trajectory)
    measured = replace(measured, warnings=("the run reached 914 K",))
    return RunReport(measured, model, course, {"seed": 7}, recipe="name: synthetic\n")


def look(page: Path, width: int, *more: str) -> tuple[dict[str, str], str]:
    """Return what a page's own trial wrote about itself into its root, and what the browser said."""
    given = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=8000"]
    said = subprocess.run(
        [str(CHROMIUM), *given, f"--window-size={width},900", *more, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    root = said.stdout[: said.stdout.index(">", said.stdout.index("<html")) + 1]
    return dict(re.findall(r'data-(\w+)="([^"]*)"', root)), said.stderr


@pytest.fixture(scope="session")
def opened() -> Callable[..., tuple[dict[str, str], str]]:
    """Open a page in headless Chromium: give it and its width in pixels."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    return look


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    return synthetic(tmp_path_factory.mktemp("run"))
