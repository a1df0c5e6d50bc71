"""The report of a synthetic run, made by the real analysis: whole, self-contained, and honest about its warnings."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measure.run import Analysis, analyse
from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.page import number, spread, write_report
from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.trajectory import convert
from nanokiln.structures.catalogue import build

FRAMES, EVERY, TIMESTEP_PS = 40, 100, 0.002


def synthetic(folder: Path) -> Analysis:
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
    run = {"ranks": 2, "potential": "cd-cu-p-se", "tier": "distilled", "seed": 7, "validated_K": [0, 600]}
    write_dump(folder / "run.dump.gz", frames)
    with convert([folder / "run.dump.gz"], model, folder / "run.h5", TIMESTEP_PS) as trajectory:
        return analyse(trajectory, model, thermo, run)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    write_report(synthetic(folder), folder / "report.html")
    assert not list(folder.glob("*.part"))
    return (folder / "report.html").read_text()


def test_the_page_carries_everything_within_itself(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64") == 2
    assert page.count("data:image/svg+xml;base64") >= 5


def test_the_warning_above_the_validated_range_is_in_red(page: str) -> None:
    assert re.search(r'<div class="warning">The run reached \d+ K', page)
    assert "#c62828" in page


def test_a_run_that_stands_for_no_facts_has_no_agreement_table(page: str) -> None:
    assert "Beside the experiment" not in page
    assert '<tr id="C' not in page


def test_every_result_is_printed_with_unit_and_origin(page: str) -> None:
    assert "cm2/s" in page
    assert "measured" in page


@pytest.mark.parametrize(("value", "text"), [(12.0, "12"), (1234.56, "1235"), (3.1e-5, "3.10e-05"), (None, "–")])
def test_numbers_are_written_for_a_reader(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_result_below_detection_is_written_as_a_bound() -> None:
    bound = Result("D_Cd", None, "cm2/s", "measured", interval=(0.0, 2e-7))
    assert spread(bound) == "below 2.0e-07 (95 %)"
    assert spread(replace(bound, value=1e-7, interval=None, error=3e-8)) == "± 3.0e-08"
