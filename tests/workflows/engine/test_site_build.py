"""A site's LAMMPS is asked what it has: what is missing is named, what is there computes the same energy."""

import stat
from pathlib import Path

import pytest

from nanokiln.hpc.launch import site_lmp
from nanokiln.workflows.cli.doctor import site_findings
from nanokiln.workflows.engine.site_build import SiteBuild, look_at, styles_in, suffix_of

RECIPE = """
name: small
model: {kind: plate, name: cdse, relation: S1, across_nm: 1.8, layers: [{phase: CdSe-wz, periods: 3}]}
potential: cdse-sw
programme: [{kind: equilibrate, temperature_K: 300, at_most_ps: 0.4, window_ps: 0.4}]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "small.yaml").write_text(RECIPE)
    return str(tmp_path / "small.yaml")


def program(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_our_own_lammps_passes_as_a_sites(recipe: str) -> None:
    found = list(site_findings([str(site_lmp())], recipe))
    assert [f.what for f in found] == ["site's lmp", "styles", "energy"] and all(f.well for f in found)


def test_a_build_without_a_style_is_told_which(recipe: str, tmp_path: Path) -> None:
    said = "sed -e 's/ sw / /' -e 's/^sw / /' -e 's/ halt / /'"
    lacking = program(tmp_path / "lmp", f'#!/bin/sh\n"{site_lmp()}" "$@" | {said}\n')
    _, styles = site_findings([lacking], recipe)
    assert not styles.well and "fix halt" in styles.seen and "pair_style sw" in styles.seen


def test_another_energy_is_seen(recipe: str, tmp_path: Path) -> None:
    wrong = f'#!/bin/sh\n"{site_lmp()}" "$@"\ncode=$?\n'
    wrong += "[ -f probe.log ] && sed -i 's/^probe -/probe -1/' probe.log\nexit $code\n"
    *_, energy = site_findings([program(tmp_path / "lmp", wrong)], recipe)
    assert energy.what == "energy" and not energy.well


def test_what_is_no_lammps_is_said_in_a_line(recipe: str, tmp_path: Path) -> None:
    for command in ([str(tmp_path / "none")], ["true"], [str(site_lmp()), "-k", "on", "g", "1", "-sf", "kk"]):
        (only,) = site_findings(command, recipe)
        assert not only.well and "\n" not in only.seen


def test_a_suffix_is_looked_for_where_forces_are_computed() -> None:
    assert suffix_of(["srun", "lmp", "-k", "on", "g", "1", "-sf", "kk"]) == "kk" and suffix_of(["lmp"]) == ""
    have = {"Pair": frozenset({"sw", "sw/kk"}), "Fix": frozenset({"nve"}), "Compute": frozenset()}
    wanted = {("pair_style", "sw"), ("fix", "nve")}
    assert SiteBuild("2025", have).with_suffix(wanted, "kk") == (["pair_style sw"], ["fix nve"])
    hybrid = ["pair_style hybrid/overlay pod zbl 1 2", "pair_coeff * * pod a b", "pair_coeff 1 1 zbl 5 5"]
    assert {style for _, style in styles_in(hybrid)} == {"hybrid/overlay", "pod", "zbl"}
    assert "sw" in look_at([str(site_lmp())]).styles["Pair"]
