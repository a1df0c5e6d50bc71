"""A micrograph of one's own beside a simulated image: same scale, their FFTs and line profiles together."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.fourier import power_spectrum
from nanokiln.analysis.microscope.plate import DPI, show
from nanokiln.analysis.microscope.spots import find_spots


def read_micrograph(path: Path, pixel_nm: float | None = None) -> CalibratedImage:
    """Read an image of one channel (colours are averaged): PNG, TIFF and what else Pillow reads, and with RosettaSciIO
    installed what HyperSpy reads, whose scale is then that of the file.

    ValueError where the file cannot be read, or nobody says how large its pixels are.
    """
    if not path.is_file():
        raise ValueError(f"there is no micrograph {path}")
    data, found = _pixels(path)
    pixel_nm = pixel_nm or found
    if pixel_nm is None:
        raise ValueError(f"{path} does not say how large its pixels are: give --beside-pixel-nm")
    rows, columns = data.shape
    pixel = 10 * pixel_nm
    corner = (-pixel * (columns - 1) / 2, pixel * (rows - 1) / 2)
    return CalibratedImage(path.stem, data, pixel, corner, "of the file", about=str(path))


def _pixels(path: Path) -> tuple[np.ndarray, float | None]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            data = np.asarray(picture, dtype=float)
        return (data[..., :3].mean(axis=2) if data.ndim == 3 else data), None
    except (UnidentifiedImageError, OSError):
        return _of_hyperspys_formats(path)


def _of_hyperspys_formats(path: Path) -> tuple[np.ndarray, float | None]:
    try:
        from importlib import import_module

        from rsciio import IO_PLUGINS
    except ImportError as error:
        raise ValueError(f"{path} is no PNG or TIFF; for other formats: pip install rosettasciio") from error
    suffix = path.suffix.lstrip(".").lower()
    for plugin in IO_PLUGINS:
        if suffix in plugin["file_extensions"]:
            try:
                signals = import_module(plugin["api"]).file_reader(str(path))
            except Exception:  # the readers raise anything on a file of another program
                continue
            for signal in signals:
                if np.ndim(signal["data"]) == 2:
                    axis = signal["axes"][-1]
                    scale = {"nm": 1.0, "A": 0.1, "Å": 0.1, "um": 1e3, "µm": 1e3}.get(str(axis.get("units")))
                    return np.asarray(signal["data"], dtype=float), None if scale is None else scale * axis["scale"]
    raise ValueError(f"{path} holds no image that can be read; give a PNG, a TIFF or what HyperSpy reads")


def set_beside(own: CalibratedImage, simulated: CalibratedImage, path: Path) -> list[str]:
    """Draw both at one scale, their FFTs and their profiles along the middle; return the strongest spacings of both."""
    figure = Figure(figsize=(9, 10.5), dpi=DPI, layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=(3, 3, 1.6))
    half = max(_reach(own), _reach(simulated))
    told = []
    for column, (image, title) in enumerate(((own, f"yours: {own.name}"), (simulated, "simulated"))):
        axes = figure.add_subplot(grid[0, column], facecolor="black")
        show(axes, image)
        middle = (float(image.columns.mean()), float(image.rows.mean()))
        axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
        axes.set(xticks=[], yticks=[], title=title)
        spectrum = power_spectrum(image)
        axes = figure.add_subplot(grid[1, column], facecolor="black")
        show(axes, spectrum, log=True)
        axes.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], title="FFT")
        spacings = sorted({round(spot.spacing_A, 2) for spot in find_spots(spectrum, 0.05)[:12]}, reverse=True)
        told.append(f"{title}: {', '.join(f'{d:.2f}' for d in spacings) or 'no'} A in the FFT")
    axes = figure.add_subplot(grid[2, :])
    for image, label in ((own, "yours"), (simulated, "simulated")):
        profile = image.data.sum(axis=0)
        profile = (profile - profile.min()) / max(float(np.ptp(profile)), 1e-30)
        axes.plot((image.columns - image.columns.mean()) / 10, profile, label=label)
    axes.set(xlabel="to the right (nm)", ylabel="summed over rows, scaled", xlim=(-half / 10, half / 10))
    axes.legend(frameon=False)
    figure.savefig(path)
    return told


def _reach(image: CalibratedImage) -> float:
    return float(max(image.data.shape) * image.pixel / 2)
