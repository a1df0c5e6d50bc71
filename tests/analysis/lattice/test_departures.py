"""One atom sits on one site: a site that can no longer be told is not held by who has left it."""

import numpy as np

from nanokiln.analysis.lattice.departures import Surroundings, moved_only
from nanokiln.analysis.lattice.exchange import crossings
from nanokiln.analysis.lattice.jumps import find_hops
from nanokiln.analysis.lattice.tracking import Occupation

CENSUSES, MOVES = 12, 4


def test_a_move_counts_once_when_the_old_site_can_no_longer_be_told() -> None:
    """An atom goes 5 A from site 0 to site 1, and then site 0 is told in no census any more."""
    paths_A = np.zeros((CENSUSES, 9, 3))  # the atom, and the four anions around each of the sites
    paths_A[MOVES:, 0, 0] = 5.0
    corners = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    atom = np.full((CENSUSES, 2), -1)
    atom[:MOVES, 0], atom[MOVES:, 1] = 0, 0
    known = np.full(atom.shape, True)
    known[MOVES:, 0] = False
    moved = moved_only(Occupation(atom, known), Surroundings(paths_A, corners, known, 4.0))
    settled = moved.settled().atom
    assert ((settled == 0).sum(axis=1) == 1).all()
    assert len(find_hops(moved)) == 1
    assert crossings(moved, np.array([0, 1]), np.array(["Cu"]), 2)["Cu"].tolist() == [[0, 1], [0, 0]]
