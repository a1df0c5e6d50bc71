"""The core's HAADF beside abTEM's on the same particle, and HRTEM with its dose (extra `tem`)."""

import time

import ase.build
import ase.cluster
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from nanokiln.analysis.microscope import CalibratedImage, Exposure, Specimen, haadf, load_instrument, mount
from nanokiln.analysis.microscope.multislice import Optics, hrtem, multislice_haadf

pytest.importorskip("abtem", reason="the extra `tem` is not installed")
# A detector that ends at 110 mrad asks for a coarser potential, and for a fifth of the time.
INSTRUMENT = load_instrument().model_copy(update={"haadf_mrad": (60.0, 110.0), "probe_nm": 0.08})


@pytest.fixture(scope="module")
def particle() -> Specimen:
    atoms = ase.cluster.Octahedron("Au", 4, cutoff=1)
    atoms.set_chemical_symbols(["Cu" if x > 0 else "Au" for x in atoms.positions[:, 0]])
    return mount([atoms], "two metals", "z", up_axis=1)


def on_pixels_of(image: CalibratedImage, other: CalibratedImage) -> np.ndarray:
    rows, columns = np.meshgrid(other.rows, other.columns, indexing="ij")
    place = [(image.corner[1] - rows) / image.pixel, (columns - image.corner[0]) / image.pixel]
    return map_coordinates(image.data, place, order=1, mode="constant")


def test_haadf_is_abtems(particle: Specimen) -> None:
    begun = time.perf_counter()
    theirs = multislice_haadf(particle, INSTRUMENT, Exposure(), Optics(semiangle_mrad=20.0), 0.6)
    between = time.perf_counter()
    ours = haadf(particle, INSTRUMENT, Exposure(), 0.2)
    ended = time.perf_counter()
    print(f"\n{len(particle.elements)} atoms: abTEM {between - begun:.1f} s, core {ended - between:.4f} s")
    same = on_pixels_of(ours, theirs)
    assert np.corrcoef(theirs.data.ravel(), same.ravel())[0, 1] > 0.9
    # Columns: the brightest pixel around each atom in both lies within a pixel of the other's.
    for x, y in np.unique(np.round(particle.points_A[:, :2], 2), axis=0):
        row, column = round((theirs.corner[1] - y) / theirs.pixel), round((x - theirs.corner[0]) / theirs.pixel)
        window = (slice(row - 2, row + 3), slice(column - 2, column + 3))
        tops = [np.array(np.unravel_index(one[window].argmax(), (5, 5))) for one in (theirs.data, same)]
        assert np.abs(tops[0] - tops[1]).max() <= 1
    mirrored = theirs.data[:, ::-1]
    assert np.corrcoef(mirrored.ravel(), same.ravel())[0, 1] < 0.9  # gold is on one side only


def test_hrtem_is_one_in_vacuum_and_counts_its_dose(particle: Specimen) -> None:
    quiet = hrtem(particle, INSTRUMENT, Exposure(), Optics())
    assert quiet.data.mean() == pytest.approx(1.0, abs=0.05)
    loud = hrtem(particle, INSTRUMENT, Exposure(1e4), Optics())
    assert loud.data.sum() == pytest.approx(1e4 * loud.pixel**2 * quiet.data.sum(), rel=0.01)


def test_frames_are_the_frozen_phonons() -> None:
    atoms, random = ase.build.bulk("Cu", cubic=True).repeat((3, 3, 2)), np.random.default_rng(0)
    frames = []
    for _ in range(3):
        shaken = atoms.copy()
        shaken.positions += random.normal(scale=0.15, size=shaken.positions.shape)
        frames.append(shaken)
    still, moving = (hrtem(mount(x, "Cu", "z"), INSTRUMENT, Exposure(), Optics()) for x in ([atoms], frames))
    assert moving.data.std() < still.data.std()
