"""The instrument: electrons, detectors and cross sections; how many of a dose one atom sends where."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import Avogadro, angstrom, c, e, h, m_e, physical_constants

BOHR_A = physical_constants["Bohr radius"][0] / angstrom
REST_KEV = m_e * c**2 / e / 1000
DATA = Path(__file__).parent / "data" / "instrument.yaml"


class XrayLine(BaseModel):
    """The shell whose line shows an element: its binding energy, its electrons and its fluorescence yield."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shell: Literal["K", "L3"]
    energy_keV: float
    electrons: int
    fluorescence: float = Field(alias="yield")


class SupportFilm(BaseModel):
    """The substance of the support film."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    element: str
    density_g_cm3: float

    @property
    def atoms_per_A3(self) -> float:
        """Number density."""
        return float(self.density_g_cm3 * Avogadro / atomic_masses[atomic_numbers[self.element]] * 1e-24)


class Instrument(BaseModel):
    """A microscope: voltage, probe (full width at half maximum), detectors, lines and film; read from its data file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    high_tension_kV: float
    haadf_mrad: tuple[float, float]
    probe_nm: float
    eds_solid_angle_sr: float
    eds_background: float
    map_dose_per_A2: float
    film: SupportFilm
    lines: dict[str, XrayLine]

    @property
    def wavelength_A(self) -> float:
        """Relativistic wavelength of the electrons."""
        energy = e * 1000 * self.high_tension_kV
        return float(h / np.sqrt(2 * m_e * energy * (1 + energy / (2 * m_e * c**2))) / angstrom)

    def haadf_A2(self, element: str) -> float:
        """Return the cross section of an atom for scattering onto the annular detector.

        Screened Rutherford (Wentzel) scattering integrated over the ring: L. Reimer, H. Kohl, Transmission Electron
        Microscopy (2008), eq. 5.41. Its dependence on Z, between 1.7 and 2, is the contrast of the image.
        """
        Z = atomic_numbers[element]
        radius = BOHR_A * Z ** (-1 / 3)
        screening = self.wavelength_A / (2 * np.pi * radius)
        near, far = (1 / (1 + (0.001 * angle / screening) ** 2) for angle in self.haadf_mrad)
        relativistic = (1 + self.high_tension_kV / REST_KEV) ** 2
        return float(4 * Z**2 * radius**4 * relativistic / BOHR_A**2 * np.pi * screening**2 * (near - far))

    def xray_A2(self, element: str) -> float:
        """Return the cross section of an atom for a count in its line; ValueError for an element without a line.

        Ionisation after Bethe with Powell's coefficients (C. J. Powell, Rev. Mod. Phys. 48 (1976) 33: 0.9 and 0.65),
        good to about a factor of 1.5, times fluorescence yield and the detectors' share of the sphere.
        """
        if element not in self.lines:
            raise ValueError(f"no X-ray line of {element} is on file; there are: {', '.join(sorted(self.lines))}")
        line = self.lines[element]
        overvoltage = self.high_tension_kV / line.energy_keV
        per_cm2 = (
            6.51e-20 * line.electrons * 0.9 / (self.high_tension_kV * line.energy_keV) * np.log(0.65 * overvoltage)
        )
        return float(per_cm2 * 1e16 * line.fluorescence * self.eds_solid_angle_sr / (4 * np.pi))


@lru_cache(maxsize=1)
def load_instrument() -> Instrument:
    """Return the instrument of the data file beside this module."""
    return Instrument.model_validate(yaml.safe_load(DATA.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _table() -> dict[str, NDArray[np.float64]]:
    """Electron scattering factors as four Gaussians (Doyle, Turner, Acta Cryst. A 24 (1968) 390), from pymatgen."""
    import pymatgen.analysis.diffraction as at

    text = (Path(next(iter(at.__path__))) / "atomic_scattering_params.json").read_bytes()
    return {element: np.array(rows) for element, rows in json.loads(text).items()}


def scattering_factor_A(element: str, q_per_A: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the electron scattering factor (angstrom) of an element at q = 1/d; ValueError for one without."""
    if element not in _table():
        raise ValueError(f"no electron scattering factor of {element} is known")
    squared = np.asarray(q_per_A) ** 2 / 4
    return np.asarray(sum(a * np.exp(-b * squared) for a, b in _table()[element]), dtype=np.float64)


@dataclass(frozen=True)
class Exposure:
    """How long one looks: electrons per A2 (None: no noise), thickness of the support film, seed of the noise."""

    dose_per_A2: float | None = None
    film_nm: float = 0.0
    seed: int = 0

    def count(self, expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Poisson counts about expected ones, from this exposure's seed."""
        return np.random.default_rng(self.seed).poisson(expected).astype(float)
