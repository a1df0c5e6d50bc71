"""Forked workers: what they hold is handed over as it is, and a library's threads do not keep them waiting."""

import ase.build
import numpy as np
import pytest

from nanokiln.analysis.experiment.beside import beside
from nanokiln.analysis.lattice.template_matching import FCC, match

_held: list[object] = []


def hold(what: object) -> None:
    _held[:] = [what]


def fcc_share(_: int) -> float:
    copper = ase.build.bulk("Cu", cubic=True) * (8, 8, 8)
    return float(np.mean(match(copper.positions, copper.cell.array, np.full(3, True)).kind == FCC))


def held_answer(number: int) -> float:
    return _held[0](number)  # type: ignore[operator]


def test_a_worker_matches_templates_after_its_parent_did() -> None:
    assert fcc_share(0) == pytest.approx(1.0)  # starts the threads that a fork does not have
    with beside(1, hold, (lambda number: 2 * number,)) as pool:
        assert pool.submit(held_answer, 3).result(timeout=60) == 6
        assert pool.submit(fcc_share, 1).result(timeout=60) == pytest.approx(1.0)
