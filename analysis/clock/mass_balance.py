"""Element budgets: what the copper at hand can make, from volumes and counts alone."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.contents import VOLUME_NM3

Array = NDArray[np.float64] | float


def copper_per_selenium(phosphide_share: Array, copper_per_phosphorus: Array = 3.0) -> Array:
    """Return Cu/Se of a sandwich in which this share of the volume is copper phosphide; Cu2Se throughout needs 2.

    >>> from nanokiln.analysis.clock import copper_per_selenium
    >>> round(float(copper_per_selenium(1 / 3)), 2)
    1.69
    """
    copper = copper_per_phosphorus * np.asarray(phosphide_share) / VOLUME_NM3["Cu3P"]
    return copper / ((1.0 - np.asarray(phosphide_share)) / VOLUME_NM3["CdSe"])


def product_volume_ratio(phosphide_share: Array, copper_per_phosphorus: Array = 3.0) -> Array:
    """Return the volume of the Cu2Se that a sandwich's own copper makes over the sandwich's volume."""
    share = np.minimum(np.asarray(copper_per_selenium(phosphide_share, copper_per_phosphorus)) / 2.0, 1.0)
    return share * (1.0 - np.asarray(phosphide_share)) * VOLUME_NM3["Cu2Se"] / VOLUME_NM3["CdSe"]


def sufficient_phosphide_share(copper_per_phosphorus: Array = 3.0) -> Array:
    """Return the share of phosphide in the volume at which a sandwich's own copper is just enough."""
    need = 2.0 / VOLUME_NM3["CdSe"]
    return need / (need + np.asarray(copper_per_phosphorus) / VOLUME_NM3["Cu3P"])


def particles_given_up(phosphide_share: Array, copper_per_phosphorus: Array = 3.0) -> Array:
    """Return the share of sandwiches that must give all their copper to the others."""
    return np.clip(1.0 - np.asarray(copper_per_selenium(phosphide_share, copper_per_phosphorus)) / 2.0, 0.0, 1.0)


def donors_per_rod(
    length_nm: Array, diameter_nm: Array, donor_diameter_nm: Array = 7.0, copper_given: Array = 0.075
) -> Array:
    """Return the Cu2Se spheres a CdSe rod needs when each gives up a share `copper_given` of its copper."""
    selenium = np.pi / 4.0 * np.asarray(diameter_nm) ** 2 * length_nm / VOLUME_NM3["CdSe"]
    copper = 2.0 * np.pi / 6.0 * np.asarray(donor_diameter_nm) ** 3 / VOLUME_NM3["Cu2Se"] * copper_given
    return 2.0 * selenium / copper


def contraction() -> float:
    """Return the change of volume per Se from CdSe to Cu2Se, as a share: the Se lattice kept, the cations exchanged.

    >>> from nanokiln.analysis.clock import contraction
    >>> round(contraction(), 3)
    -0.113
    """
    return VOLUME_NM3["Cu2Se"] / VOLUME_NM3["CdSe"] - 1.0
