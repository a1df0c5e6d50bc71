"""The report of a synthetic run, made by the real analysis: whole, self-contained, and honest about its warnings."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.experiment import judge_run, load_experiment
from nanokiln.analysis.measure.run import analyse
from nanokiln.analysis.measured import Origin
from nanokiln.analysis.report.run_page import RunReport, StandsFor, write_report
from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.trajectory import convert
from nanokiln.structures.catalogue import build

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
    origin = Origin("synthetic", "", ranks=2, seed=7, potential="cd-cu-p-se", validated_K=(0.0, 600.0))
    write_dump(folder / "run.dump.gz", frames)
    with convert([folder / "run.dump.gz"], model, folder / "run.h5", TIMESTEP_PS) as trajectory:
        measured = analyse(trajectory, model, thermo, origin)
        ends = (trajectory.atoms(0), trajectory.atoms(-1))
    measured = replace(measured, warnings=("the run reached 914 K",))
    return RunReport(measured, model, ends, {"seed": 7})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    return synthetic(tmp_path_factory.mktemp("run"))


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[[RunReport], str]:
    def write(report: RunReport) -> str:
        write_report(report, tmp_path / "report.html")
        assert not list(tmp_path.glob("*.part"))
        return (tmp_path / "report.html").read_text()

    return write


@pytest.fixture
def page(report: RunReport, page_of: Callable[[RunReport], str]) -> str:
    """The page of a run that stands for the sandwiches of the review."""
    review = load_experiment("review2019")
    verdicts = judge_run(report.measured, report.model, review, "C")
    return page_of(replace(report, stands_for=StandsFor(review.table.groups["C"], verdicts)))


def test_the_page_carries_everything_within_itself(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64") == 2
    assert page.count("data:image/svg+xml;base64") >= 5


def test_warnings_are_in_red(page: str) -> None:
    assert '<div class="warning">the run reached 914 K</div>' in page
    assert "#c62828" in page


def test_every_row_of_the_sandwich_has_a_verdict_and_no_short_run_claims_minutes(page: str) -> None:
    for i in range(1, 20):
        assert f'<tr id="C{i}">' in page
    row = page[page.index('<tr id="C10">') : page.index('<tr id="C11">')]
    assert "not testable" in row
    assert "decades longer" in row


def test_a_run_that_stands_for_no_facts_has_no_table_of_verdicts(
    report: RunReport, page_of: Callable[[RunReport], str]
) -> None:
    plain = page_of(report).split("</style>")[1]
    assert "Beside the experiment" not in plain and 'id="C1"' not in plain and "agrees" not in plain


def test_every_result_is_printed_with_unit_and_origin(page: str) -> None:
    assert "cm2/s" in page
    assert "measured" in page


def test_wurtzite_is_judged_by_what_is_left_of_it(page: str) -> None:
    """A plate that only shakes keeps its wurtzite, although Cu3P is a good part of its anions."""
    row = page[page.index('<tr id="C4">') : page.index('<tr id="C5">')]
    assert "wurtzite fraction 300C: <b>1</b>" in row
    assert "disagrees" not in row
