"""Relaxations: structures as they should be, energies with known answers, and records that answer rows."""

from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.analysis.experiment import Evidence, load_experiment
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.measured import Measured, Result
from nanokiln.potentials.cards import Card, load_card
from nanokiln.structures.catalogue import build
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.studies import relaxations
from nanokiln.workflows.studies.contacts_at_rest import adhesion
from nanokiln.workflows.studies.crystals_at_rest import _first_below, exchanged, poor
from nanokiln.workflows.studies.insertion_at_rest import _onset, along_the_gap, gap_of
from nanokiln.workflows.studies.relaxations import RELAXATIONS, Relaxation, relax_all
from nanokiln.workflows.studies.relaxing import relax

COPPER = load_card("cu-eam")


def test_a_crystal_comes_to_the_cell_of_its_potential() -> None:
    rest = relax(bulk("Cu", "fcc", a=3.7, cubic=True).repeat(4), COPPER, "iso")
    assert rest.edges_A / 4 == pytest.approx([3.615] * 3, abs=0.002)  # Mishin et al. 2001
    assert rest.energy_eV / 256 == pytest.approx(-3.54, abs=0.002)


def test_a_particle_stays_where_it_was_laid() -> None:
    ball = build("cu-sphere-small").atoms
    rest = relax(ball, COPPER)
    assert np.linalg.norm(rest.positions_A - ball.positions, axis=1).max() < 1.0


def test_two_pieces_of_one_metal_gain_what_their_faces_cost() -> None:
    model = build("au-pair")
    part = model.atoms.arrays["domain"] == 0
    energy, area = adhesion(model, part, load_card("cu-au-eam"))
    assert energy < 0
    assert 0 < area < 900  # of spheres of 3 nm that are 0.3 nm apart only the caps touch


@pytest.mark.parametrize("phase", ["CdSe-wz", "CdSe-zb"])
def test_the_exchange_puts_two_coppers_for_a_cadmium(phase: str) -> None:
    host = load_phase(phase).atoms().repeat(2)
    cadmium = int(np.sum(host.symbols == "Cd"))
    half, whole = exchanged(host, 0.5, 1), exchanged(host, 1.0, 1)
    assert half.symbols.formula.count() == {"Cd": cadmium // 2, "Se": cadmium, "Cu": cadmium}
    assert whole.symbols.formula.count() == {"Se": cadmium, "Cu": 2 * cadmium}
    assert shortest(whole) > 1.0
    if phase == "CdSe-zb":  # the antifluorite crystal itself
        assert shortest(whole) == pytest.approx(6.077 * 3**0.5 / 4, abs=0.01)


def shortest(atoms: ase.Atoms) -> float:
    distances = atoms.get_all_distances(mic=True)
    return float(distances[distances > 0].min())


@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
def test_both_poor_phosphides_have_one_composition(x: float) -> None:
    ratios = []
    for lattice in ("Cu3P", "fcc"):
        found = poor(x, lattice).symbols.formula.count()
        ratios.append(found.get("P", 0) / found["Cu"])
    assert ratios[0] == pytest.approx(ratios[1], abs=0.01)
    assert ratios[0] == pytest.approx((1 - x) / 3, abs=0.01)


@pytest.mark.parametrize("phase", ["Bi2Se3", "Bi2Te3"])
def test_copper_goes_from_six_neighbours_to_four(phase: str) -> None:
    host = load_phase(phase).atoms().repeat((3, 3, 1))
    assert 2.0 < gap_of(host) < 3.5
    path = along_the_gap(host)
    anions = np.flatnonzero(~(host.symbols == "Bi"))
    near = [np.sort(one.get_distances(len(host), anions, mic=True))[:7] for one in path]
    assert near[0][5] - near[0][0] < 0.1 and near[0][6] > near[0][5] + 0.5
    assert near[-1][0] < near[0][0]  # right under an anion


def test_where_a_line_falls_below_zero() -> None:
    assert _first_below("n", (0.0, 0.5, 1.0), [10.0, 5.0, -5.0], "m").value == pytest.approx(0.75)
    assert _first_below("n", (0.0, 1.0), [10.0, 5.0], "m").interval == (1.0, np.inf)
    assert _first_below("n", (0.0, 1.0), [-1.0, 5.0], "m").interval == (-np.inf, 0.0)


def test_higher_barriers_begin_hotter() -> None:
    low, high = _onset("Bi2Se3", 0.8), _onset("Bi2Se3", 1.2)
    assert low.value < high.value
    assert low.interval[0] < low.value < low.interval[1]


def test_a_relaxation_is_kept_and_answers_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_up(card: Card):
        """Two numbers."""
        assert card.name == "cu-eam"
        yield Result("tip_minus_side_energy", -0.2, "J/m2", "measured", 0.05, method="made up")

    monkeypatch.setitem(RELAXATIONS, "gold-contacts", Relaxation(made_up, "cu-eam", "A"))
    (found,) = relax_all(["gold-contacts"], tmp_path)
    again = Measured.read(tmp_path / "relax-gold-contacts.json")
    assert again.origin == found.origin
    assert found.origin.checksums and found.origin.command
    assert "Two numbers" in (tmp_path / "relax-gold-contacts.yaml").read_text()
    answer = Panel(load_experiment("review2019").answerers, Evidence(runs=(again,))).answer("A15")
    assert answer.results[0].value == -0.2
    assert "record relax-gold-contacts on cu-eam" in answer.results[0].method


def test_an_unknown_relaxation_names_those_that_are() -> None:
    with pytest.raises(InputError, match="there are: gold-contacts"):
        list(relax_all(["gold"], Path()))
    assert relaxations.EXPERIMENT == "review2019"
