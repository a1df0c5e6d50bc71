from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from nanokiln.potentials.cards.card import PotentialError, load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.training.student import load_committee
from nanokiln.potentials.validation.bench import validate
from nanokiln.potentials.validation.measurement import Bench, Measurement, energy
from nanokiln.potentials.validation.members import members, with_errors
from nanokiln.potentials.validation.subjects import Subjects

STUDENT = "cd-cu-p-se-pod-fast"


def copper_selenide() -> Atoms:
    cell = bulk("CuSe", "zincblende", a=5.6, cubic=True)
    cell.rattle(0.1, seed=4)
    return cell


def test_the_cards_of_members_are_those_that_the_committee_asks() -> None:
    card = load_card(STUDENT)
    committee = load_committee(card)
    assert committee is not None
    asked = committee.energies_eV(copper_selenide())
    with members(card) as (cards, stretch):
        assert stretch == committee.stretch and len({member.name for member in cards}) == len(asked)
        cell, own = copper_selenide(), []
        for member in cards:
            cell.calc = card_calculator(member)
            own.append(energy(cell))
    assert np.diff(own) == pytest.approx(np.diff(asked), abs=1e-6)  # the core is the same in all
    assert np.ptp(own) > 1e-3


def test_an_error_is_the_stretched_spread_of_the_members() -> None:
    card = load_card(STUDENT)

    def measure(bench: Bench) -> Sequence[Measurement]:
        value, name = energy(bench.attach(copper_selenide())), "" if bench.card is None else bench.card.name
        return [
            Measurement("energy", "CuSe", "E", "eV", value),
            Measurement(
                "energy", "CuSe", "of two members", "eV", value if name.endswith((" 1", " 2", "fast")) else None
            ),
            Measurement("energy", "CuSe", "of members alone", "eV", None if name == STUDENT else value),
        ]

    committee = load_committee(card)
    assert committee is not None
    spread = committee.stretch * np.std(committee.energies_eV(copper_selenide()), ddof=1)
    found = with_errors(Bench(card_calculator(card), Subjects.load(("Cu",)), card), measure)
    assert found[0].error == pytest.approx(spread, rel=1e-5) and found[0].value == found[1].value is not None
    assert [row.error for row in found[1:]] == [None, None] and found[2].value is None


def test_a_potential_without_a_committee_is_refused_before_anything_is_measured(tmp_path) -> None:
    def never(bench: Bench) -> Iterator[Measurement]:
        raise AssertionError("measured")

    with pytest.raises(PotentialError, match="ships without a committee"):
        validate("cu-eam", tmp_path, properties=("never",), more={"never": never}, members=True)
