"""The power spectrum of an image: what microscopists call its FFT."""

import numpy as np
from scipy.fft import fft2, fftshift

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage


def power_spectrum(image: CalibratedImage, longest_q: float = 1.0) -> CalibratedImage:
    """Return |FFT|^2 of an image less its mean, faded towards its edges (Hann), up to a q in 1/angstrom.

    The image is padded to a square, so that the pixels of the spectrum are square too.
    """
    rows, columns = image.data.shape
    faded = (image.data - image.data.mean()) * np.hanning(rows)[:, None] * np.hanning(columns)[None]
    size = max(rows, columns)
    size += 1 - size % 2
    power = np.asarray(abs(fftshift(fft2(faded, s=(size, size)))) ** 2, dtype=np.float64)
    step = 1 / (size * image.pixel)
    middle, reach = size // 2, min(int(longest_q / step), size // 2)
    part = power[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    return CalibratedImage(f"FFT of {image.name}", part, step, (-reach * step, reach * step), image.unit, "1/A")
