"""The atoms themselves, as spheres on the same field as an image of them: what the microscope does not show."""

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.specimen import Specimen
from nanokiln.structures.output.spheres import Field, Spheres


def spheres_of(specimen: Specimen) -> Spheres:
    """Return one frame of a specimen, the first, as the eye sees it that looks along the beam."""
    first = specimen.frame == 0
    points = specimen.points_A[first]
    return Spheres(specimen.elements[first], points, -points[:, 2])


def field_on(image: CalibratedImage, longer: int) -> Field:
    """Return the field of an image with so many pixels along its longer edge."""
    rows, columns = image.data.shape
    pixel = max(rows, columns) * image.pixel / longer
    shape = (max(round(rows * image.pixel / pixel), 1), max(round(columns * image.pixel / pixel), 1))
    half = image.pixel / 2
    return Field(float(image.columns[0]) - half, float(image.rows[0]) + half, pixel, shape)
