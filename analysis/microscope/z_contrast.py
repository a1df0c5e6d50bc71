"""HAADF images as Z-contrast projections: the atoms' cross sections for the annular detector under a probe."""

import numpy as np
from scipy.ndimage import gaussian_filter

from nanokiln.analysis.microscope.calibrated_image import GAUSS, CalibratedImage, Raster
from nanokiln.analysis.microscope.instrument import Exposure, Instrument
from nanokiln.analysis.microscope.specimen import Specimen


def haadf(specimen: Specimen, instrument: Instrument, exposure: Exposure, pixel_A: float = 0.2) -> CalibratedImage:
    """Return the share of the beam that reaches the annular detector, or counts where a dose is given.

    Incoherent: every atom adds its cross section under a Gaussian probe; neither channelling nor defocus is in it.
    """
    sigma = 10 * instrument.probe_nm / GAUSS / pixel_A
    raster = Raster.around(specimen, pixel_A, 5 * sigma * pixel_A + 2.0)
    strength = {element: instrument.haadf_A2(element) for element in specimen.species}
    weights = np.array([strength[element] for element in specimen.species])
    each = weights[np.searchsorted(np.array(specimen.species), specimen.elements)]
    share = raster.project(specimen.points_A, each / specimen.frames / pixel_A**2)
    share = gaussian_filter(share, sigma, mode="constant")
    film = instrument.film
    share += film.atoms_per_A3 * 10 * exposure.film_nm * instrument.haadf_A2(film.element)
    low, high = instrument.haadf_mrad
    about = f"{low:g}-{high:g} mrad, probe {instrument.probe_nm:g} nm, mean of {specimen.frames} frames"
    image = raster.image("HAADF", share, "share of the beam", about)
    if exposure.dose_per_A2 is None:
        return image
    return image.with_data(exposure.count(share * exposure.dose_per_A2 * pixel_A**2), unit="electrons")
