"""Multislice images through abTEM (extra `tem`): HRTEM and HAADF with aberrations, frozen phonons being frames."""

from dataclasses import dataclass
from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.instrument import Exposure, Instrument
from nanokiln.analysis.microscope.specimen import Specimen

Array = NDArray[np.float64]
MARGIN_A = 3.0


@dataclass(frozen=True)
class Optics:
    """The lenses: defocus (A, positive underfocus), spherical aberration (mm), focal spread (A), probe semiangle
    (mrad), and the sampling of the potential (A) of HRTEM; that of HAADF is what the detector's outer edge needs."""

    defocus_A: float = 600.0
    Cs_mm: float = 1.2
    focal_spread_A: float = 40.0
    semiangle_mrad: float = 20.0
    sampling_A: float = 0.06


def _abtem() -> Any:
    """Return abTEM, told to work on one core without a progress bar; ValueError where it is not installed."""
    try:
        import abtem
    except ImportError as error:
        raise ValueError("multislice images need the extra `tem`: pip install 'nanokiln[tem]'") from error
    abtem.config.set({"device": "cpu", "diagnostics.progress_bar": False, "dask.chunk-size": "128 MB"})
    return abtem


def _boxes(specimen: Specimen) -> tuple[list[ase.Atoms], Array]:
    """Return every frame in one box, the beam along z as abTEM has it, and the box's corner (right, up)."""
    low, high = specimen.points_A.min(axis=0) - MARGIN_A, specimen.points_A.max(axis=0) + MARGIN_A
    side = high - low
    # Downwards is along the beam: the gun is above, and abTEM's slices go from z = 0 on.
    turn = np.array([1.0, 1.0, -1.0])
    corner = np.array([low[0], low[1], -high[2]])
    frames = [
        ase.Atoms(list(one.elements), one.points_A * turn - corner, cell=np.diag(side), pbc=True)
        for one in specimen.each()
    ]
    return frames, low[:2]


def _potential(specimen: Specimen, sampling_A: float) -> "tuple[object, Array, Array]":
    frames, corner = _boxes(specimen)
    tem = _abtem()
    ensemble = tem.AtomsEnsemble(frames) if len(frames) > 1 else frames[0]
    potential = tem.Potential(ensemble, sampling=sampling_A, slice_thickness=2.0)
    return potential, corner, frames[0].cell.lengths()[:2]


def _as_image(name: str, data: Array, pixel: tuple[float, float], corner: Array, unit: str) -> CalibratedImage:
    """Return abTEM's (x, y) array as rows from the top, on square pixels."""
    picture = np.asarray(data, dtype=float).T[::-1]
    top = float(corner[1]) + pixel[1] * (picture.shape[0] - 1)
    about = "multislice, abTEM"
    return CalibratedImage(name, picture, float(pixel[0]), (float(corner[0]), top), unit, about=about)


def hrtem(specimen: Specimen, instrument: Instrument, exposure: Exposure, optics: Optics) -> CalibratedImage:
    """Return a high-resolution image, of intensity 1 in vacuum, or electrons per pixel where a dose is given."""
    tem = _abtem()
    potential, corner, _ = _potential(specimen, optics.sampling_A)
    wave = tem.PlaneWave(energy=1000 * instrument.high_tension_kV)
    ctf = tem.CTF(
        energy=1000 * instrument.high_tension_kV,
        defocus=optics.defocus_A,
        Cs=optics.Cs_mm * 1e7,
        focal_spread=optics.focal_spread_A,
        semiangle_cutoff=40.0,
    )
    found = wave.multislice(potential).apply_ctf(ctf).intensity().compute()
    data = np.asarray(found.array, dtype=float)
    data = data.mean(axis=0) if data.ndim == 3 else data
    image = _as_image("HRTEM", data, tuple(found.sampling), corner, "of the beam")
    if exposure.dose_per_A2 is None:
        return image
    return image.with_data(exposure.count(image.data * exposure.dose_per_A2 * image.pixel**2), unit="electrons")


def multislice_haadf(
    specimen: Specimen, instrument: Instrument, exposure: Exposure, optics: Optics, pixel_A: float = 0.4
) -> CalibratedImage:
    """Return the share of a scanned probe that reaches the annular detector, or electrons where a dose is given."""
    tem = _abtem()
    low, high = instrument.haadf_mrad
    # Of the angles that the sampling holds abTEM keeps two thirds, so that none fold back.
    potential, corner, side = _potential(specimen, 0.98 * instrument.wavelength_A / (3 * 0.001 * high))
    probe = tem.Probe(energy=1000 * instrument.high_tension_kV, semiangle_cutoff=optics.semiangle_mrad, defocus=0.0)
    detector = tem.AnnularDetector(inner=low, outer=high)
    scan = tem.GridScan(start=(0, 0), end=tuple(side), sampling=pixel_A, endpoint=False)
    found = probe.scan(potential, scan=scan, detectors=detector).compute()
    data = np.asarray(found.array, dtype=float)
    data = data.mean(axis=0) if data.ndim == 3 else data
    image = _as_image("HAADF-multislice", data, tuple(found.sampling), corner, "share of the beam")
    if exposure.dose_per_A2 is None:
        return image
    return image.with_data(exposure.count(image.data * exposure.dose_per_A2 * image.pixel**2), unit="electrons")
