"""The agreement table: every row answered, nothing by hand, and what was conditioned never counted."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock import outlook as alternatives
from nanokiln.analysis.clock.contents import VOLUME_NM3, sphere_units
from nanokiln.analysis.clock.mass_balance import (
    contraction,
    copper_per_selenium,
    donors_per_rod,
    particles_given_up,
    product_volume_ratio,
    sufficient_phosphide_share,
)
from nanokiln.analysis.clock.ripening import crossover_nm, dissolution_per_s, ripen
from nanokiln.analysis.clock.what_if import what_if, write_campaign
from nanokiln.analysis.experiment.agreement import Agreement, write_experiment
from nanokiln.analysis.experiment.facts import count, load_experiment
from nanokiln.analysis.review2019 import fronts as answers_kmc

ENERGIES = {
    "name": "own",
    "rows": [{"property": "formation energy", "subject": "CdSe-wz", "quantity": "formation", "value": -155.0}],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agreement, Path]:
    folder = tmp_path_factory.mktemp("experiment")
    with pytest.MonkeyPatch.context() as patch:
        # A small rod for the lattice and one scene for the outlooks: the same program in a tenth of the time.
        small = {**answers_kmc.ROD["parts"][0], "shape": {"kind": "prism", "across_nm": 2.0, "height_nm": 8.0}}
        patch.setitem(answers_kmc.ROD, "parts", [small])
        answers_kmc.lattice_rod.cache_clear()
        patch.setattr(alternatives, "SHOWN", ("sandwich",))
        patch.setattr(alternatives, "RAMPS", ("sandwich-ramp",))
        agreement = write_experiment(folder, energies={"energies of own": ENERGIES}, samples=450)
    answers_kmc.lattice_rod.cache_clear()
    return agreement, folder


def test_every_row_appears_and_most_are_computed(written: tuple[Agreement, Path]) -> None:
    agreement, folder = written
    data = json.loads((folder / "experiment.json").read_text())
    assert [v["id"] for v in data["verdicts"]] == [fact.id for fact in load_experiment().facts]
    counts = agreement.counts
    assert counts["agrees"] + counts["disagrees"] + counts["consistent"] >= 60
    page = (folder / "experiment.html").read_text()
    assert all(f'<tr id="{fact.id}">' in page for fact in load_experiment().facts)


def test_every_row_that_is_not_testable_gives_its_reason(written: tuple[Agreement, Path]) -> None:
    for verdict in written[0].verdicts:
        if verdict.outcome == "not testable":
            assert len(verdict.reason) > 30, verdict.fact.id


def test_rows_of_the_controls_never_agree(written: tuple[Agreement, Path]) -> None:
    outcome = {v.fact.id: v.outcome for v in written[0].verdicts}
    assert {outcome[row] for row in ("C17", "C18", "B13")} <= {"consistent", "disagrees"}


def test_the_answer_without_conditioning_stands_beside(written: tuple[Agreement, Path]) -> None:
    agreement, folder = written
    data = json.loads((folder / "experiment.json").read_text())
    assert sum(data["counts_unconditioned"].values()) == 88
    for name in ("sandwich", "CdSe-alone", "Cu3P-alone"):
        assert len(data["plateaus"][name]["conditioned"]) == len(data["plateaus"][name]["unconditioned"])
    assert {p["temperature_C"] for p in data["plateaus"]["sandwich"]["conditioned"]} == {300.0, 350.0, 400.0}
    assert count(agreement.unconditioned) != {}


def test_computed_numbers_stand_beside_tables_and_ranges(written: tuple[Agreement, Path]) -> None:
    folder = written[1]
    told = json.loads((folder / "experiment.json").read_text())["outlooks"]
    assert [one["name"] for one in told] == ["tables and stated ranges", "computed barriers", "energies of own"]
    assert told[0]["replaced"] == {}
    assert told[2]["replaced"] == {"H_CdSe": {"value": -155.0, "sigma": 14.5}}
    assert told[2]["reactions"]["CdSe sublimes"]["value"] > told[0]["reactions"]["CdSe sublimes"]["value"] + 5
    page = (folder / "experiment.html").read_text()
    assert "-144.8 ± 5.8" in page
    assert "-155 ± 14" in page


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere(written: tuple[Agreement, Path]) -> None:
    page = (written[1] / "experiment.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    for anchor in set(re.findall(r'href="#([^"]+)"', page)):
        assert f'id="{anchor}"' in page, anchor


def test_the_budget_of_equal_domains() -> None:
    """Two CdSe domains to one Cu3P: Cu/Se = (3/v(Cu3P)) / (2/v(CdSe))."""
    expected = 3 / VOLUME_NM3["Cu3P"] / (2 / VOLUME_NM3["CdSe"])
    assert copper_per_selenium(1 / 3) == pytest.approx(expected, rel=1e-12)
    assert particles_given_up(1 / 3) == pytest.approx(1 - expected / 2, rel=1e-12)
    enough = sufficient_phosphide_share()
    assert copper_per_selenium(enough) == pytest.approx(2.0, rel=1e-12)
    assert particles_given_up(enough) == pytest.approx(0.0, abs=1e-12)
    assert product_volume_ratio(enough) == pytest.approx((1 - enough) * (1 + contraction()), rel=1e-12)


def test_donors_give_exactly_the_copper_that_a_rod_needs() -> None:
    donors = donors_per_rod(35.0, 5.0, copper_given=0.1)
    copper = donors * 2 * sphere_units(7.0, "Cu2Se") * 0.1
    assert copper == pytest.approx(2 * np.pi / 4 * 25 * 35 / VOLUME_NM3["CdSe"], rel=1e-12)


def test_gold_is_conserved_and_goes_faster_when_hot_or_small() -> None:
    from nanokiln.analysis.clock.clock import default_inputs
    from nanokiln.analysis.clock.distributions import draw
    from nanokiln.analysis.review2019.gold import STAIRS

    draws = draw(default_inputs(), 50, seed=1)
    gold = ripen(STAIRS, draws, 10.0)
    assert gold.body_left + gold.tip_gain == pytest.approx(np.ones_like(gold.body_left), abs=1e-12)
    assert np.all(np.diff(gold.body_left, axis=0) <= 1e-12)
    assert np.all(dissolution_per_s(1.0, 450.0, draws) > dissolution_per_s(3.0, 450.0, draws))
    assert np.all(crossover_nm(2.0, 450.0, draws) > 0)


def test_a_campaign_covers_its_grid_and_more_copper_never_converts_less(tmp_path: Path) -> None:
    campaign = what_if(np.array([4.0, 6.0]), np.array([5.0, 50.0, 500.0]), samples=80)
    assert campaign.complete.shape == (2, 3)
    assert np.all(np.diff(campaign.complete, axis=1) >= 0)
    assert write_campaign(campaign, tmp_path).stat().st_size > 10_000
