"""Copper inside a platelet is counted by the chalcogens around it, and copper beside it is not."""

from dataclasses import replace

import ase
import numpy as np
import pytest

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.inserted import inserted_results
from nanokiln.structures.catalogue import build
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.workflows.studies.insertion_at_rest import along_the_gap


def test_an_atom_put_into_the_gap_is_counted(frame_of, written) -> None:
    model = build("bi2se3-cu-small")
    guests = np.flatnonzero(model.atoms.symbols == "Cu")
    host = load_phase("Bi2Se3").atoms().repeat((3, 3, 1))
    place = along_the_gap(host)[0].positions[-1]
    near = host.positions[~(host.symbols == "Bi")]
    shell = near[np.linalg.norm(near - place, axis=1) < 3.2] - place
    frames = [frame_of(model.atoms, 0, periodic=False), frame_of(model.atoms, 10, periodic=False)]
    moved = frames[1].positions.copy()
    six = np.flatnonzero(model.atoms.symbols == "Se")[:6]
    moved[guests[0]] = [200.0, 0.0, 0.0]
    moved[six] = moved[guests[0]] + shell[:6]  # the surroundings of the gap, carried to where the atom is
    frames[1] = replace(frames[1], positions=moved)
    trajectory = written(frames, model)
    rows = {row.stage: row.value for row in inserted_results(model, trajectory, Labels.of(model))}
    assert rows == {"first": 0.0, "last": 1.0}


@pytest.mark.parametrize("name", ["cu-sphere-small", "cdse-rod-small"])
def test_models_without_a_layered_crystal_have_none(name: str, frame_of, written) -> None:
    model = build(name)
    trajectory = written([frame_of(ase.Atoms(model.atoms), 0, periodic=False)], model)
    assert inserted_results(model, trajectory, Labels.of(model)) == ()
