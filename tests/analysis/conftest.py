"""Crystals, walkers and trajectories with known answers, for every test of the analysis."""

from collections.abc import Callable, Iterator
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.spacegroup import crystal
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.trajectory import Trajectory, convert
from nanokiln.structures.model import Domain, Model

ANIONS = ("P", "Se")
HEXAGONAL = [90, 90, 120]
# Lattice constants of the crystals as in structures/data (PDF 8-459; Olofsson 1972; Gulay 2011).
CELLS = {
    "wz": (["Cd", "Se"], [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.3767)], 186, [4.2985, 4.2985, 7.0150, *HEXAGONAL]),
    "zb": (["Cd", "Se"], [(0, 0, 0), (0.25, 0.25, 0.25)], 216, [6.077] * 3 + [90] * 3),
    "antifluorite": (["Se", "Cu"], [(0, 0, 0), (0.25, 0.25, 0.25)], 225, [5.859] * 3 + [90] * 3),
    "filled hcp": (
        ["Cu", "Cu", "Cu", "Cu", "P"],
        [(0, 0, 0.3213), (1 / 3, 2 / 3, 0.1998), (0.2806, 0, 0.0765), (0.3761, 0, 0.4246), (0.3322, 0, 0.75)],
        185,
        [6.9593, 6.9593, 7.1430, *HEXAGONAL],
    ),
}
REPEAT = {"wz": (7, 7, 4), "zb": (5, 5, 5), "antifluorite": (5, 5, 5), "filled hcp": (4, 4, 4)}


def make_crystal(phase: str, repeat: tuple[int, int, int] | None = None) -> ase.Atoms:
    symbols, basis, group, cell = CELLS[phase]
    return crystal(symbols, basis, spacegroup=group, cellpar=cell).repeat(repeat or REPEAT[phase])


def make_model(atoms: ase.Atoms, domain: NDArray[np.int64] | None = None) -> Model:
    """Label bare atoms: anions by element, cells and sites left at zero because these tests do not need them."""
    atoms = atoms.copy()
    n = len(atoms)
    domain = np.zeros(n, dtype=int) if domain is None else domain
    atoms.set_array("domain", domain)
    atoms.set_array("phase", np.full(n, "test"))
    atoms.set_array("sublattice", np.where(np.isin(atoms.symbols, ANIONS), "anion", "cation"))
    atoms.set_array("site", np.zeros(n, dtype=int))
    atoms.set_array("cell_index", np.zeros((n, 3), dtype=int))
    box = np.array(atoms.cell)
    domains = tuple(Domain(f"d{i}", "test", box, box, np.zeros(3), np.zeros((1, 3))) for i in range(domain.max() + 1))
    return Model("test", atoms, domains)


def make_frame(atoms: ase.Atoms, step: int = 0, *, periodic: bool = True) -> DumpFrame:
    """A frame of ase.Atoms; cells must be lower triangular, as LAMMPS has them."""
    return DumpFrame(
        step,
        np.array(atoms.cell),
        np.zeros(3),
        np.full(3, periodic),
        np.arange(1, len(atoms) + 1),
        atoms.positions.copy(),
        np.array(atoms.get_chemical_symbols()),
    )


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[..., Trajectory]]:
    """Write frames as a gz dump, read it back, and open the trajectory."""
    opened: list[Trajectory] = []

    def make(frames: list[DumpFrame], model: Model | None = None, timestep_ps: float = 0.001) -> Trajectory:
        dump = tmp_path / f"t{len(opened)}.dump.gz"
        write_dump(dump, frames, digits=12)
        opened.append(convert([dump], model, tmp_path / f"t{len(opened)}.h5", timestep_ps))
        return opened[-1]

    yield make
    for trajectory in opened:
        trajectory.close()


@pytest.fixture(scope="session")
def crystal_of() -> Callable[..., ase.Atoms]:
    return make_crystal


@pytest.fixture(scope="session")
def model_of() -> Callable[..., Model]:
    return make_model


@pytest.fixture(scope="session")
def frame_of() -> Callable[..., DumpFrame]:
    return make_frame
