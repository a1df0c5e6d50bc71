"""A trajectory of one's own: the same files as a run, or one line and nothing left behind."""

import json
import sys
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.spacegroup import crystal

from nanokiln.analysis.measured import SCHEMA, Measured
from nanokiln.analysis.trajectory.foreign import Said
from nanokiln.analysis.trajectory.log import read_log
from nanokiln.workflows.cli import app
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.source import Temperatures, measure_files
from nanokiln.workflows.studies.whole import report

CASES = Path(__file__).parents[1] / "data" / "cases"
STEP = 0.3  # angstrom per axis and frame
SAID = Said(elements=("Cu", "Se"), timestep_ps=0.001)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Antifluorite whose copper walks at random, written with types only: forty frames of 0.1 ps."""
    path = tmp_path_factory.mktemp("own") / "own.anything"
    cell = crystal(["Cu", "Se"], [(0.25,) * 3, (0, 0, 0)], spacegroup=225, cellpar=[5.84] * 3 + [90] * 3) * (3, 3, 3)
    rng, edge, x = np.random.default_rng(1), cell.cell[0, 0], cell.positions.copy()
    copper = cell.numbers == 29
    text = ""
    for frame in range(40):
        x[copper] += rng.normal(0, STEP, (copper.sum(), 3))
        text += f"ITEM: TIMESTEP\n{100 * frame}\nITEM: NUMBER OF ATOMS\n{len(cell)}\nITEM: BOX BOUNDS pp pp pp\n"
        text += f"0 {edge}\n" * 3 + "ITEM: ATOMS id type x y z\n"
        rows = zip(copper, x % edge, strict=True)
        text += "".join(f"{i} {1 if cu else 2} {p[0]:.4f} {p[1]:.4f} {p[2]:.4f}\n" for i, (cu, p) in enumerate(rows, 1))
    path.write_text(text)
    ase.io.write(path.with_name("start.xyz"), cell)
    return path


def test_it_gives_what_a_run_gives(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    measured = measure_files([dump], out, SAID, Temperatures(temperature_K=700.0))
    page, warnings = report(out)
    files = {"trajectory.h5", "model.extxyz", "results.json", "report.html", "source.json"}
    assert {path.name for path in out.iterdir()} == files and page.stat().st_size > 50_000
    assert json.loads((out / "results.json").read_text())["schema"] == SCHEMA
    assert Measured.read(out / "results.json").to_json() == measured.to_json()
    D = measured.one(quantity="D", species="Cu")
    assert D is not None and D.value is not None and D.error is not None and D.temperature_K == 700.0
    assert abs(D.value - STEP**2 / 2 / 0.1 * 1e-4) < 3 * D.error
    assert measured.origin.checksums.keys() == {str(dump)} and measured.origin.run == "mine"
    assert warnings == measured.warnings and "no lattice is known of all" in warnings[-1]


def test_without_a_temperature_no_number_claims_one(dump: Path, tmp_path: Path) -> None:
    said = Said(dump.with_name("start.xyz"), timestep_ps=0.001)
    measured = measure_files([dump], tmp_path / "mine", said)
    assert not [row for row in measured.rows if row.temperature_K is not None or "nan" in row.name]
    assert measured.one(quantity="hottest") is None and measured.curve(quantity="temperature") is None
    assert "the temperature is not known" in measured.warnings[0]
    assert "NaN" not in (tmp_path / "mine" / "results.json").read_text()


@pytest.mark.parametrize(
    ("name", "words"),
    [("d24-empty.dump", "is empty"), ("d21-nan-positions.dump", "not finite"), ("hdr.dump", "no trajectory")],
)
def test_a_refusal_leaves_nothing(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measure_files([CASES / "trajectories" / name], tmp_path / "out", SAID)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["d00-plain.dump", "d13c-atom-lost-later.dump", "x32-no-lattice.extxyz"])
def test_three_atoms_are_measured_too(tmp_path: Path, name: str) -> None:
    measured = measure_files([CASES / "trajectories" / name], tmp_path / "out", Said(timestep_ps=0.001))
    atoms = measured.one(quantity="atoms")
    assert atoms is not None and atoms.value == 3
    report(tmp_path / "out")


def test_a_directory_of_something_else_is_left_alone(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="another --out"):
        measure_files([dump], tmp_path, SAID)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_command_line_takes_several_files_after_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CASES / "trajectories" / "d00-plain.dump").read_text()
    frames = ["ITEM: TIMESTEP" + part for part in text.split("ITEM: TIMESTEP")[1:]]
    files = [tmp_path / f"d.{i}" for i in range(3)]
    for path, frame in zip(files, frames, strict=True):
        path.write_text(frame)
    words = ["analyse", "--trajectory", *map(str, files), "--timestep-fs", "2", "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["nanokiln", *words])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 0 and "results.json is written" in capsys.readouterr().out
    assert Measured.read(tmp_path / "out" / "results.json").origin.time_ps == pytest.approx(0.4)
    monkeypatch.setattr(sys, "argv", ["nanokiln", *words, "--elements", "Cu,Xx"])
    with pytest.raises(SystemExit) as end:
        app.main()
    told = capsys.readouterr().err
    assert end.value.code == 2 and told.count("\n") == 1 and "Xx" in told
    assert (tmp_path / "out" / "results.json").exists()


LOG = """LAMMPS (22 Jul 2025)
Per MPI rank memory allocation (min/avg/max) = 3.1 | 3.1 | 3.1 Mbytes
   Step          Temp          PotEng
{hold}
Loop time of 1.2 on 1 procs for 100 steps with 3 atoms
   Step          Temp          PotEng
{ramp}
Loop time of 1.2 on 1 procs for 100 steps with 3 atoms
"""


def test_a_log_says_which_run_was_a_ramp(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    hold = "\n".join(f"{10 * i} {300 + rng.normal(0, 10):.3f} -5.0" for i in range(101))
    ramp = "\n".join(f"{1000 + 10 * i} {300 + 3 * i + rng.normal(0, 10):.3f} -4.0" for i in range(101))
    (tmp_path / "log.lammps").write_text(LOG.format(hold=hold, ramp=ramp))
    record = read_log(tmp_path / "log.lammps", 0.002)
    first, second = record.stages()
    assert (first.hold, second.hold) == (True, False)
    assert abs(first.target_K[0] - 300) < 5 and abs(second.target_K[1] - 600) < 10
    assert len(record.steps) == 201 and record.times_ps[-1] == pytest.approx(4.0)
    before = LOG.format(hold="0 3200 -1\n900 1500 -1", ramp="900 1400 -1")  # counted anew by reset_timestep
    (tmp_path / "log.lammps").write_text(before + LOG.format(hold=hold, ramp=ramp))
    again = read_log(tmp_path / "log.lammps", 0.002, record.steps)
    assert np.array_equal(again.temperature_K, record.temperature_K)
    (tmp_path / "log.lammps").write_text(2 * LOG.format(hold=hold, ramp=ramp))
    with pytest.raises(ValueError, match="counts its steps 2 times from the beginning"):
        read_log(tmp_path / "log.lammps", 0.002, record.steps)
    (tmp_path / "none.log").write_text("LAMMPS\n")
    with pytest.raises(ValueError, match="Step and Temp"):
        read_log(tmp_path / "none.log", 0.002)
