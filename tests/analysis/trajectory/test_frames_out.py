"""Frames written for other programs are the frames of the run, and other programs read them."""

from pathlib import Path

import ase.io
import numpy as np
import pytest

from nanokiln.analysis.trajectory.formats import read_frames
from nanokiln.analysis.trajectory.frames_out import write_out
from nanokiln.analysis.trajectory.trajectory import Trajectory


@pytest.fixture
def run(crystal_of, model_of, frame_of, written) -> Trajectory:
    rng, atoms = np.random.default_rng(1), crystal_of("wz", (2, 2, 2))
    frames = []
    for step in range(7):
        moved = atoms.copy()
        moved.positions += rng.normal(0, 0.1, moved.positions.shape)
        frames.append(frame_of(moved, 10 * step))
    return written(frames, model_of(atoms))


@pytest.mark.parametrize(("kind", "name"), [("extxyz", "a.extxyz"), ("extxyz", "a.extxyz.gz"), ("dump", "a.dump.gz")])
def test_what_is_written_is_read_back(run: Trajectory, tmp_path: Path, kind: str, name: str) -> None:
    assert write_out(run, tmp_path / name, kind, every=3) == 3
    back = list(read_frames(tmp_path / name))
    assert len(back) == 3 and [path.name for path in tmp_path.glob(f"*{name}*")] == [name]
    for frame, index in zip(back, (0, 3, 6), strict=True):
        mine = run.frame(index)
        assert np.allclose(frame.positions - frame.origin, mine.positions - mine.origin, atol=1e-4)
        assert frame.elements.tolist() == run.elements.tolist() and frame.ids.tolist() == run.ids.tolist()
        assert np.allclose(frame.cell, mine.cell, atol=1e-5)


def test_ase_reads_extended_xyz(run: Trajectory, tmp_path: Path) -> None:
    write_out(run, tmp_path / "a.extxyz", "extxyz")
    images = ase.io.read(tmp_path / "a.extxyz", index=":")
    assert len(images) == run.n_frames and images[2].get_chemical_symbols() == run.elements.tolist()
    assert images[2].info["Step"] == 20 and images[2].pbc.all()


def test_ovito_reads_both(run: Trajectory, tmp_path: Path) -> None:
    ovito_io = pytest.importorskip("ovito.io")
    for kind in ("extxyz", "dump"):
        write_out(run, tmp_path / f"a.{kind}", kind)
        pipeline = ovito_io.import_file(str(tmp_path / f"a.{kind}"))
        particles = pipeline.compute(3).particles
        names = {t.id: t.name for t in particles.particle_types.types}
        assert pipeline.source.num_frames == run.n_frames
        assert sorted(names[i] for i in np.array(particles.particle_types)) == sorted(run.elements.tolist())


def test_mdanalysis_reads_the_stored_file_itself(run: Trajectory) -> None:
    mdanalysis = pytest.importorskip("MDAnalysis")
    universe = mdanalysis.Universe(str(run.path), format="H5MD", topology_format="MINIMAL", n_atoms=run.n_atoms)
    assert len(universe.trajectory) == run.n_frames
    universe.trajectory[4]
    assert np.allclose(universe.atoms.positions, run.frame(4).positions, atol=1e-4)
    assert universe.trajectory.ts.time == pytest.approx(run.times_ps[4])


def test_the_stored_file_names_its_elements(run: Trajectory) -> None:
    import h5py

    with h5py.File(run.path, "r") as file:
        species = file["particles/all/species"]
        names = {number: name for name, number in h5py.check_enum_dtype(species.dtype).items()}
        assert [names[int(z)] for z in species[:]] == run.elements.tolist()
