"""Error bars of forces in a run: per domain and temperature, only while the potential is the one that was run."""

from types import SimpleNamespace
from typing import Any, cast

import ase
import numpy as np
import pytest

from nanokiln.potentials.cards.card import load_card
from nanokiln.structures import build
from nanokiln.structures.model import Model
from nanokiln.workflows.rundir.force_errors import FRAMES, force_error_results
from nanokiln.workflows.rundir.record import PotentialRecord

CARD = "cd-cu-p-se-pod-fast"


@pytest.fixture(scope="module")
def model() -> Model:
    return build("cdse-cu3p-cdse-small")


class Heated:
    """A trajectory of a model whose atoms are ever further off their places, the last frame without its first atom."""

    def __init__(self, model: Model, n_frames: int = 7) -> None:
        self.model, self.n_frames, self.n_atoms = model, n_frames, len(model.atoms)
        self.steps = 100 * np.arange(n_frames)
        self.times_ps = 0.2 * np.arange(n_frames)

    def frame(self, index: int) -> SimpleNamespace:
        present = np.ones(self.n_atoms, dtype=bool)
        present[0] = index < self.n_frames - 1
        return SimpleNamespace(present=present)

    def atoms(self, index: int) -> ase.Atoms:
        atoms = ase.Atoms(self.model.atoms.numbers, self.model.atoms.positions, cell=self.model.atoms.cell, pbc=False)
        atoms.rattle(0.02 + 0.03 * index, seed=1)
        return atoms[self.frame(index).present]


def found(model: Model, potential: PotentialRecord) -> list[Any]:
    thermo = SimpleNamespace(temperature_at=lambda steps: 300.0 + steps)
    return list(force_error_results(potential, cast(Any, Heated(model)), model, cast(Any, thermo)))


def test_every_domain_has_an_error_bar_at_every_time_and_hot_frames_a_larger_one(model: Model) -> None:
    rows = found(model, PotentialRecord.of(load_card(CARD)))
    assert len(rows) == FRAMES * len(model.domains)
    assert {row.domain for row in rows} == {domain.name for domain in model.domains}
    for domain in model.domains:
        errors = [row.value for row in rows if row.domain == domain.name]
        assert 0.01 < errors[0] < errors[-1] < 2.0
    assert rows[-1].temperature_K == 900.0


def test_another_potential_has_none(model: Model) -> None:
    mine = PotentialRecord.of(load_card(CARD))
    assert not found(model, mine.model_copy(update={"files": {**mine.files, "more.coeff": "0"}}))
    assert not found(model, PotentialRecord.of(load_card("cdse-sw")))
