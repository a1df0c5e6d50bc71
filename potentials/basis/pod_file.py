"""Write fitted descriptors as the files of LAMMPS' `pair_style pod`.

What LAMMPS does beyond its manual: it takes the elements of a pair_coeff line in the order given as the file's first
ones, so that a model without some of them is computed with others' coefficients. Hence files for every set of elements:
a set's columns are those of the whole, and its cost is lower.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod

Floats = NDArray[np.float64]

SHAPE, COEFFICIENTS = ".pod", ".coeff"


def element_sets(elements: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return every set of the elements that a model may hold, each in the order of the whole."""
    return [mine for n in range(1, len(elements) + 1) for mine in combinations(elements, n)]


def write_pod(pod: Pod, coefficients_eV: Floats, folder: Path) -> None:
    """Write settings and coefficients for every set of elements, named by it, as `Cd-Se.pod` and `Cd-Se.coeff`."""
    for mine in element_sets(pod.elements):
        write_set(pod, coefficients_eV, mine, folder)


def write_set(pod: Pod, coefficients_eV: Floats, mine: tuple[str, ...], folder: Path) -> None:
    """Write settings and coefficients for models of exactly these elements."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = pod.columns_of(frozenset(pod.elements.index(e) for e in mine))
    name = folder / "-".join(mine)
    name.with_suffix(SHAPE).write_text(shape(pod, mine))
    axes, centroids = _tables(pod, mine)
    numbers = np.concatenate([coefficients_eV[columns], axes, centroids])
    lines = [f"model_coefficients: {len(columns)} {len(axes)} {len(centroids)}", *(f"{c:.12g}" for c in numbers)]
    name.with_suffix(COEFFICIENTS).write_text("\n".join(lines) + "\n")


def _tables(pod: Pod, mine: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return axes (over all descriptors, not pairs alone) and centroids of neighbourhoods as LAMMPS reads them."""
    if pod.environments is None:
        return np.zeros(0), np.zeros(0)
    axes, centroids = pod.environments_of([pod.elements.index(e) for e in mine])
    n, components, pairs = axes.shape
    full = np.zeros((n, sum(pod.blocks(n)), components))
    full[:, :pairs] = axes.transpose(0, 2, 1)
    return full.ravel(), centroids.ravel()


def shape(pod: Pod, elements: tuple[str, ...]) -> str:
    """Return the settings of a model with some of the elements, a keyword a line."""
    numbers: dict[str, object] = {
        "species": " ".join(elements),
        "pbc": "1 1 1",
        "rin": pod.inner_A,
        "rcut": pod.cutoff_A,
        "bessel_polynomial_degree": pod.bessel,
        "inverse_polynomial_degree": pod.inverse,
        "onebody": 1,
        "twobody_number_radial_basis_functions": pod.pair,
    }
    if pod.environments is not None:
        numbers["number_of_environment_clusters"] = pod.kinds
        numbers["number_of_principal_components"] = len(pod.environments.axes[0])
    for name, (radial, angular) in {"three": pod.three, "four": pod.four, "five": pod.five}.items():
        numbers |= {f"{name}body_number_radial_basis_functions": radial, f"{name}body_angular_degree": angular}
    return "".join(f"{key} {value}\n" for key, value in numbers.items())
