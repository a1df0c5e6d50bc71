"""Lit, depth-cued spheres drawn into a depth buffer: how a picture of atoms is made here without another program."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter, zoom

from nanokiln.structures.builders.contacts import radii_A
from nanokiln.structures.palette import COLOURS, OTHER

Floats = NDArray[np.float64]

OURS = "nanokiln"
WHITE, BLACK = np.ones(3), np.zeros(3)
LIGHT = np.array([-0.45, 0.6, 0.66])
SMOOTHING = 2  # pixels drawn per pixel shown, along each edge
CUE = 0.5  # how far the most distant atoms fade into the background
LARGER = 1.08  # than the covalent radius: atoms that are bonded touch


@dataclass(frozen=True, eq=False)
class Spheres:
    """Atoms as the eye sees them: `elements` (n,), `points_A` (n, 3) to the right, up and towards the eye, and the
    `distance_A` (n,) by which they fade."""

    elements: NDArray[np.str_]
    points_A: Floats
    distance_A: Floats

    @property
    def radii_A(self) -> Floats:
        """The radius that each is drawn with."""
        return np.asarray(radii_A(self.elements) * LARGER)

    @property
    def colours(self) -> Floats:
        """Red, green and blue of each, 0 to 1."""
        names, where = np.unique(self.elements, return_inverse=True)
        return np.array([_rgb(COLOURS.get(str(name), OTHER)) for name in names]).reshape(-1, 3)[where]


@dataclass(frozen=True)
class Field:
    """What a picture shows: the place of its upper left corner, the width of a pixel, and rows and columns of them."""

    left_A: float
    top_A: float
    pixel_A: float
    shape: tuple[int, int]


def draw_spheres(spheres: Spheres, field: Field, background: Floats = WHITE) -> Floats:
    """Return the picture (rows, columns, 3) of a field, 0 to 1."""
    pixel = field.pixel_A / SMOOTHING
    shape = (field.shape[0] * SMOOTHING, field.shape[1] * SMOOTHING)
    points = spheres.points_A
    place = np.stack([(field.top_A - points[:, 1]) / pixel, (points[:, 0] - field.left_A) / pixel], axis=1)
    radius = spheres.radii_A / pixel
    distance = spheres.distance_A - spheres.distance_A.min(initial=np.inf)
    faded = distance / max(float(distance.max(initial=0.0)), 20.0)
    depth, owner = _depth_buffer(place, points[:, 2] / pixel, radius, shape)
    if not (owner >= 0).any():
        return np.ones((*field.shape, 3)) * background
    return _smaller(_shade(depth, owner, (place, radius), spheres.colours, (CUE * faded**1.5, background)))


def draw_each(scenes: Sequence[Spheres], field: Field, background: Floats = WHITE) -> tuple[list[Floats], str]:
    """Return the pictures of scenes on one field, and that we drew them."""
    return [draw_spheres(one, field, background) for one in scenes], OURS


def _depth_buffer(
    place: Floats, height: Floats, radius: Floats, shape: tuple[int, int]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return for every pixel the height of the nearest sphere and whose it is, -1 where there is none.

    All lengths in pixels. Stamps one disc after the other, of those atoms that can be seen at all.
    """
    depth = np.full(shape, -np.inf)
    owner = np.full(shape, -1, dtype=np.int64)
    for atom in _perhaps_visible(place, height, radius, shape):
        (row, column), r = place[atom], radius[atom]
        top, left = max(int(row - r), 0), max(int(column - r), 0)
        window = (slice(top, int(row + r) + 2), slice(left, int(column + r) + 2))
        near = depth[window]
        y = np.arange(top, top + near.shape[0])[:, None] - row
        x = np.arange(left, left + near.shape[1])[None] - column
        over = r * r - y * y - x * x
        surface = height[atom] + np.sqrt(np.maximum(over, 0.0))
        won = (over > 0) & (surface > near)
        near[won] = surface[won]
        owner[window][won] = atom
    return depth, owner


def _perhaps_visible(place: Floats, height: Floats, radius: Floats, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return the atoms within the picture that are not far behind what covers their whole neighbourhood."""
    largest = float(radius.max(initial=1.0))
    reach = radius[:, None]
    inside = np.flatnonzero(((place > -reach) & (place < np.array(shape) + reach)).all(axis=1))
    if not len(inside):
        return inside
    cells = np.floor((place[inside] + largest) / (1.6 * largest)).astype(np.int64) + 2
    cover = np.full(tuple(cells.max(axis=0) + 3), -np.inf)
    np.maximum.at(cover, tuple(cells.T), height[inside])
    behind = minimum_filter(cover, size=3)[tuple(cells.T)]
    return np.asarray(inside[height[inside] > behind - 2.0 * largest])


def _shade(
    depth: Floats,
    owner: NDArray[np.int64],
    spheres: tuple[Floats, Floats],
    colours: Floats,
    veil: tuple[Floats, Floats],
) -> Floats:
    """Return the lit picture: diffuse light and a highlight, dark hollows, outlines, and atoms that fade by so much
    into the background."""
    (place, radius), (fade, background) = spheres, veil
    image: Floats = np.ones((*depth.shape, 3)) * background
    seen = owner >= 0
    atom = owner[seen]
    y, x = np.nonzero(seen)
    across = (x - place[atom, 1]) / radius[atom]
    upward = (place[atom, 0] - y) / radius[atom]
    normal = np.stack([across, upward, np.sqrt(np.clip(1 - across**2 - upward**2, 0, 1))], axis=1)
    light = LIGHT / np.linalg.norm(LIGHT)
    diffuse = np.clip(normal @ light, 0, 1)
    gleam = np.clip(normal @ _halfway(light), 0, 1) ** 40
    filled = np.where(seen, depth, float(depth[seen].min()))
    typical = float(np.median(radius))
    hollow = np.clip((_blurred(filled, 1.6 * typical) - filled)[seen] / (2.5 * typical), 0, 1)
    edge = np.clip((maximum_filter(filled, size=3) - filled)[seen] / (1.5 * typical), 0, 1)
    shade = (0.42 + 0.62 * diffuse) * (1 - 0.55 * hollow) * (1 - 0.45 * edge)
    lit = colours[atom] * shade[:, None] + 0.22 * gleam[:, None]
    thick = 0.8 * fade[atom][:, None]
    image[seen] = np.clip(lit * (1 - thick) + thick * background, 0, 1)
    return image


def _blurred(field: Floats, sigma: float) -> Floats:
    """Return a Gaussian blur, worked out on every n-th pixel: it has no finer detail than that."""
    every = max(1, int(sigma / 4))
    coarse = gaussian_filter(field[::every, ::every], sigma / every)
    fine = zoom(coarse, every, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine, dtype=np.float64)[: field.shape[0], : field.shape[1]]


def _halfway(light: Floats) -> Floats:
    half = light + np.array([0.0, 0.0, 1.0])
    return np.asarray(half / np.linalg.norm(half))


def _smaller(image: Floats) -> Floats:
    """Average blocks of pixels: the edges become smooth."""
    high, wide = (n // SMOOTHING for n in image.shape[:2])
    return np.asarray(image.reshape(high, SMOOTHING, wide, SMOOTHING, 3).mean(axis=(1, 3)))


def _rgb(code: str) -> Floats:
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
