"""Barriers through LAMMPS on a published potential: equal ends, honest intervals, reasons where there is no path."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from ase.spacegroup import crystal

from nanokiln.analysis.clock.barriers import barriers
from nanokiln.potentials.cards.card import load_card
from nanokiln.workflows.studies.band_paths import SHIPPED, Step, equivalents
from nanokiln.workflows.studies.bands import FUNCTIONAL_EV, Found, compute_barriers, entry, write_barriers

HOP = Step("Cu surface hop", "cu-eam", "surface hop", "Cu", "Cu", repeat=(2, 2, 1))


@pytest.fixture(scope="module")
def hop() -> Found:
    return next(compute_barriers([HOP], teachers=()))


def test_an_adatom_hops_between_equal_places(hop: Found) -> None:
    assert hop.reason == ""
    assert hop.pathway is not None
    assert hop.pathway.barrier_eV == pytest.approx(hop.pathway.backward_eV, abs=0.05)
    # Cu hopping on Cu(100): 0.69 eV by local density theory (C. Lee et al., Surf. Sci. 306 (1994) L575).
    assert 0.4 < hop.barrier_eV < 0.7
    assert hop.pathway.residual_eV_A <= 0.05
    assert hop.prefactor is not None
    assert 12.0 < np.log10(hop.prefactor) < 14.0
    assert hop.prefactor_reason.startswith("Vineyard")


def test_without_both_teachers_there_is_no_interval_and_no_entry(hop: Found, tmp_path: Path) -> None:
    assert hop.sigma_eV is None
    assert replace(hop, teachers={"one": 0.5}).sigma_eV is None
    path = write_barriers([hop, Found(HOP, None, reason="no potential")], tmp_path / "own.yaml")
    assert yaml.safe_load(path.read_text()) == {}
    assert "without both teachers or a committee no interval" in path.read_text()
    assert "not found (no potential)" in path.read_text()


def test_the_interval_adds_what_student_and_teachers_differ_by(hop: Found, tmp_path: Path) -> None:
    judged = replace(hop, teachers={"better": hop.barrier_eV + 0.3, "worse": hop.barrier_eV - 0.1})
    assert judged.sigma_eV == pytest.approx(np.sqrt(0.3**2 + 0.4**2 + FUNCTIONAL_EV**2))
    assert replace(hop, teachers=dict.fromkeys("ab", hop.barrier_eV)).sigma_eV == pytest.approx(FUNCTIONAL_EV)
    told = barriers(write_barriers([judged], tmp_path / "own.yaml"))["Cu surface hop"]
    assert told.obtained == "neb"
    assert told.barrier_eV.value == pytest.approx(hop.barrier_eV, abs=1e-3)
    assert told.provenance["sha256"] == load_card("cu-eam").files[0].sha256
    assert told.provenance["path"]["kind"] == "surface hop"
    assert told.provenance["energies_eV"][0] == 0.0
    other = replace(judged, step=replace(HOP, name="another"))
    assert set(barriers.__wrapped__(write_barriers([other], tmp_path / "own.yaml"))) == {"Cu surface hop", "another"}


def test_a_committee_gives_an_interval_too_and_the_larger_one_counts(hop: Found, tmp_path: Path) -> None:
    voted = replace(hop, members=(0.5, 0.6, 0.7), stretch=3.0)
    assert voted.sigma_eV == pytest.approx(np.hypot(3.0 * 0.1, FUNCTIONAL_EV))
    assert replace(voted, stretch=0.0).sigma_eV == pytest.approx(FUNCTIONAL_EV)
    agreed = replace(voted, teachers=dict.fromkeys("ab", hop.barrier_eV))
    assert agreed.sigma_eV == voted.sigma_eV
    told = barriers.__wrapped__(write_barriers([voted], tmp_path / "own.yaml"))["Cu surface hop"]
    assert told.provenance["members_eV"] == [0.5, 0.6, 0.7]
    assert "3 times the spread of 3 fits" in told.source


def test_the_way_back_is_asked_for_by_name(hop: Found) -> None:
    assert hop.pathway is not None
    back = replace(hop, step=replace(HOP, backward=True))
    assert back.barrier_eV == hop.pathway.backward_eV
    assert entry(replace(back, teachers={"a": 1.0, "b": 1.0}))["provenance"]["path"]["backward"] is True


def test_a_step_without_its_potential_says_so_and_the_rest_goes_on() -> None:
    found = list(compute_barriers([replace(HOP, card="no-such-card")], teachers=()))
    assert found[0].pathway is None
    assert "no-such-card" in found[0].reason


def test_symmetry_makes_the_neighbours_of_an_interstitial() -> None:
    """From a point on the 6_3 axis of wurtzite the nearest equal ones lie half of c up and down, then a aside."""
    cell = crystal(
        ["Cd", "Se"], [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.3767)], spacegroup=186, cellpar=[4.3, 4.3, 7.0, 90, 90, 120]
    )
    vectors = equivalents(cell, np.array([0.0, 0.0, 1.1]))
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths[0] == pytest.approx(3.5, abs=1e-6)
    assert abs(vectors[0, 2]) == pytest.approx(3.5, abs=1e-6)
    assert np.any(np.isclose(lengths, 4.3, atol=1e-6))


def test_shipped_steps_have_names_of_their_own() -> None:
    assert len({step.name for step in SHIPPED}) == len(SHIPPED)
