"""Element maps: where each element is, as energy-filtered images and X-ray maps show it, and line scans of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from nanokiln.analysis.microscope.calibrated_image import GAUSS, CalibratedImage, Raster
from nanokiln.analysis.microscope.instrument import Exposure, Instrument
from nanokiln.analysis.microscope.specimen import Specimen

Array = NDArray[np.float64]
# The review's pairs: copper green beside cadmium red (figures 8, 10, 11), phosphorus green beside copper red where
# there is no cadmium (figure 7), gold and lead beside cadmium, bismuth where there is none.
REVIEW_COLOURS: Mapping[str, str] = {
    "Cu": "#00c030",
    "Cd": "#e02020",
    "Pb": "#00c030",
    "Au": "#f0d040",
    "Bi": "#e02020",
}
JANUS_COLOURS: Mapping[str, str] = {"P": "#00c030", "Cu": "#e02020"}


def review_colours(species: Sequence[str]) -> Mapping[str, str]:
    """Return the colours in which the review lays the maps of such particles over each other."""
    return JANUS_COLOURS if "P" in species and "Cd" not in species else REVIEW_COLOURS


def element_maps(specimen: Specimen, pixel_A: float, resolution_A: float) -> dict[str, CalibratedImage]:
    """Return atoms per pixel of every element, blurred to a resolution (full width at half maximum).

    The sum of a map is the number of atoms of its element, to rounding: blur and margin lose none.
    """
    sigma = resolution_A / GAUSS / pixel_A
    raster = Raster.around(specimen, pixel_A, 4.5 * sigma * pixel_A + 2 * pixel_A)
    about = f"mean of {specimen.frames} frames, resolution {resolution_A / 10:g} nm"
    maps = {}
    for element in specimen.species:
        there = raster.project(specimen.points_A[specimen.elements == element], 1.0 / specimen.frames)
        blurred = gaussian_filter(there, sigma, mode="constant", truncate=4.0)
        maps[element] = raster.image(element, blurred, "atoms", about)
    return maps


def xray_counts(
    maps: Mapping[str, CalibratedImage], instrument: Instrument, exposure: Exposure
) -> dict[str, CalibratedImage]:
    """Return the counts in the line of every element, bremsstrahlung included, at a dose (ValueError without one).

    The background under a line is the instrument's share of all lines' counts in the pixel, film not counted.
    """
    expected = expected_counts({name: one.data for name, one in maps.items()}, instrument, exposure)
    random = np.random.default_rng(exposure.seed)
    return {
        name: maps[name].with_data(random.poisson(signal + background).astype(float), unit="counts")
        for name, (signal, background) in expected.items()
    }


def expected_counts(
    atoms: Mapping[str, Array], instrument: Instrument, exposure: Exposure
) -> dict[str, tuple[Array, Array]]:
    """Return mean counts of signal and background in the line of every element, for so many atoms of each."""
    if exposure.dose_per_A2 is None:
        raise ValueError("X-ray maps are counts: say the dose, in electrons per A2 over all scans")
    signal = {name: there * instrument.xray_A2(name) * exposure.dose_per_A2 for name, there in atoms.items()}
    background = instrument.eds_background * np.asarray(sum(signal.values()))
    return {name: (mine, background) for name, mine in signal.items()}


@dataclass(frozen=True, eq=False)
class LineScan:
    """Profiles along a line: `along_A` (n,) from its middle, and for every element what each step holds."""

    along_A: Array
    profiles: Mapping[str, Array]
    unit: str

    def smoothed(self, width_A: float) -> "LineScan":
        """Return the scan blurred over a width (full width at half maximum), as one does with few counts."""
        sigma = width_A / GAUSS / float(self.along_A[1] - self.along_A[0])
        return replace(self, profiles={name: gaussian_filter1d(one, sigma) for name, one in self.profiles.items()})

    @property
    def shares(self) -> dict[str, Array]:
        """Every element over the sum of all, NaN where there is nothing."""
        total = np.asarray(sum(self.profiles.values()))
        floor = 0.03 * float(total.max())
        with np.errstate(invalid="ignore", divide="ignore"):
            return {name: np.where(total > floor, one / total, np.nan) for name, one in self.profiles.items()}


def line_scan(maps: Mapping[str, CalibratedImage], upright: bool = True, width_A: float | None = None) -> LineScan:
    """Return what every map holds along its vertical (or horizontal) middle line, summed over a width (all of it)."""
    profiles = {}
    along: Array = np.zeros(0)
    for name, one in maps.items():
        across, along = (one.columns, one.rows) if upright else (one.rows, one.columns)
        inside = np.full(len(across), True) if width_A is None else abs(across - across.mean()) <= width_A / 2
        picked = one.data[:, inside].sum(axis=1) if upright else one.data[inside].sum(axis=0)
        profiles[name] = picked[::-1] if upright else picked
        along = along[::-1] if upright else along
    return LineScan(along, profiles, next(iter(maps.values())).unit)
