"""A film along the minutes: one named sample of the clock as frames, its programme, and the stills that tell it."""

from dataclasses import dataclass
from functools import cached_property

import ase
import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.forecast.named_sample import NamedSample, holds_min
from nanokiln.analysis.forecast.reconstruction import DRAWN, Reconstruction, of_sample
from nanokiln.analysis.microscope.movie import Programme


@dataclass(frozen=True, eq=False)
class MinutesFilm:
    """What one sample of the clock does, to be looked at."""

    history: History
    sample: NamedSample

    @cached_property
    def reconstruction(self) -> Reconstruction:
        """The sample's atoms at any minute."""
        return Reconstruction(self.history, self.sample.number)

    @property
    def programme(self) -> Programme:
        """The temperature that the experimenter noted, and what the frames are, written on each of them."""
        of = self.history.heating
        about = f"reconstructed from {self.sample.words}; {DRAWN}"
        kelvin = of.temperatures_C + zero_Celsius
        return Programme(of.minutes, kelvin, holds_min(self.history), kelvin, "min", about)

    @property
    def stills_min(self) -> tuple[float, ...]:
        """The start and the end of every hold, or five times spread evenly where there is no hold."""
        ends = tuple(end for _, end in holds_min(self.history))
        minutes = self.history.heating.minutes
        return (float(minutes[0]), *ends) if ends else tuple(map(float, np.linspace(minutes[0], minutes[-1], 5)))

    @property
    def scan_A(self) -> float | None:
        """How wide the line scan is: as a rod where donors stand beside it, else the whole picture."""
        model = self.reconstruction.drawing.model
        if not any(domain.name.startswith("donor") for domain in model.domains):
            return None
        return 10 * of_sample(self.history.particle.radius_nm, self.sample.number)

    def frames(self, count: int) -> tuple[tuple[float, ase.Atoms], ...]:
        """Return (minute, atoms), so many spread over the programme and those of the stills among them."""
        minutes = self.history.heating.minutes
        spread = np.linspace(minutes[0], minutes[-1], max(count, 2))
        times = np.unique(np.round(np.concatenate([spread, self.stills_min]), 6))
        return tuple((float(t), self.reconstruction.at(float(t))) for t in times)
