"""The deck, read as text."""

from dataclasses import replace

import pytest

from nanokiln.workflows.deck.deck import Limits, Setup, Span, make_deck
from nanokiln.workflows.recipe.programme import Barostat, Bath, Stage
from nanokiln.workflows.recipe.recipe import Substrate

SCENE = Setup(
    boundary="f f f",
    pair=("pair_style sw", "pair_coeff * * file Cd Se"),
    elements=("Cd", "Se"),
    timestep_ps=0.002,
    cadence=(10, 50, 500),
    limits=Limits(2000, 1.5, 1.2, 20),
    seed=123,
    reach_A=4.3,
    piece_atoms=8,
)
RAMP = Stage("02-ramp-400K", 300, 400, 1000, Bath(kind="nose-hoover"), None)
FRESH, LATER = Span(0, 1000, 0), Span(2000, 3000, 2450, reference_eV_per_atom=-2.0)


def test_velocities_are_drawn_for_a_fresh_model_only() -> None:
    fresh, later = make_deck(SCENE, RAMP, FRESH), make_deck(SCENE, RAMP, LATER)
    drawn = [line for line in fresh.head if line.startswith("velocity")]
    assert drawn == ["velocity all create 300 123 mom yes rot yes dist gaussian"]
    assert not [line for line in later.head if line.startswith(("velocity", "minimize", "reset_timestep"))]
    assert "read_restart ../../checkpoints/checkpoint-2450.restart" in later.head


def test_a_ramp_goes_on_where_it_was() -> None:
    deck = make_deck(SCENE, RAMP, LATER)
    assert deck.run_command(2500) == "run 2500 upto start 2000 stop 3000"
    assert "fix bath all nvt temp 300 400 0.1" in deck.head
    assert "variable target equal ramp(300,400)" in deck.head


def test_boundaries_are_multiples_of_the_frame_and_the_end() -> None:
    deck = make_deck(SCENE, RAMP, replace(LATER, begin=2417))
    assert deck.next_boundary(2417) == 2450
    assert deck.next_boundary(2450) == 2500
    assert deck.next_boundary(2990) == 3000
    runs = [line for line in deck.files()["deck.in"].splitlines() if line.startswith("run")]
    assert runs[0] == "run 2450 upto start 2000 stop 3000"
    assert runs[1] == 'run 3000 upto start 2000 stop 3000 every 50 "include chunk.in" "include stop.in"'


@pytest.mark.parametrize(
    ("bath", "expected"),
    [
        ("nose-hoover", ["fix bath all nvt temp 300 400 0.1"]),
        ("csvr", ["fix move all nve", "fix bath all temp/csvr 300 400 0.1 123"]),
        ("langevin", ["fix move all nve", "fix bath all langevin 300 400 0.1 124 zero yes"]),
    ],
)
def test_every_bath_has_its_fixes(bath: str, expected: list[str]) -> None:
    stage = replace(RAMP, bath=Bath.model_validate({"kind": bath}))
    fixes = [line for line in make_deck(SCENE, stage, FRESH).head if line.startswith(("fix bath", "fix move"))]
    assert fixes == expected


def test_a_langevin_bath_is_reseeded_at_every_frame_whether_or_not_it_is_a_checkpoint() -> None:
    stage = replace(RAMP, bath=Bath(kind="langevin"))
    assert any("fix bath all langevin 300 400" in line for line in make_deck(SCENE, stage, FRESH).chunk)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [("z", "z 0 0 1"), ("xy", "x 0 0 1 y 0 0 1 couple xy"), ("xyz", "x 0 0 1 y 0 0 1 z 0 0 1")],
)
def test_the_barostat_moves_its_axes_only(axes: str, expected: str) -> None:
    scene = replace(SCENE, boundary="p p p", axes=axes, piece_atoms=None)
    pressed = replace(RAMP, barostat=Barostat())
    assert f"fix bath all npt temp 300 400 0.1 {expected}" in make_deck(scene, pressed, FRESH).head
    gentle = replace(pressed, bath=Bath(kind="csvr"))
    assert f"fix move all nph {expected}" in make_deck(scene, gentle, FRESH).head


def test_rotation_is_taken_out_of_particles_only() -> None:
    slab = replace(SCENE, boundary="p p f")
    assert "velocity all create 300 123 mom yes rot no dist gaussian" in make_deck(slab, RAMP, FRESH).head


def test_the_walltime_is_lammps_own() -> None:
    deck = make_deck(SCENE, RAMP, replace(FRESH, walltime_s=3725.5))
    assert deck.head[0] == "timer timeout 1:02:05 every 10"


def test_a_checkpoint_is_renamed_into_place() -> None:
    lines = make_deck(SCENE, RAMP, FRESH).checkpoint
    folder = "../../checkpoints"
    assert lines[1:3] == (
        f"write_restart {folder}/new.restart",
        f"shell mv {folder}/new.restart {folder}/checkpoint-$(step).restart",
    )


def test_a_substrate_is_a_wall_below() -> None:
    scene = replace(SCENE, substrate=Substrate(position_A=-3))
    assert "fix substrate all wall/lj93 zlo -3 0.05 3 8" in make_deck(scene, RAMP, FRESH).head


def test_nothing_initialises_lammps_between_a_restart_and_its_bath() -> None:
    head = make_deck(SCENE, RAMP, LATER).head
    restart, bath = (next(i for i, line in enumerate(head) if line.startswith(w)) for w in ("read_restart", "fix bath"))
    assert not [line for line in head[restart:bath] if line.startswith(("run", "balance", "minimize", "velocity"))]
