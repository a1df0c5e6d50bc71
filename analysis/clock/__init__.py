"""The minutes clock: thermochemistry, mass balance and activated steps, integrated under all their uncertainty.

>>> from nanokiln.analysis.clock import ClockScene, Heating, default_inputs, draw, product_share, rod
>>> stairs = Heating.plateaus([300.0, 400.0], hold_min=10.0, rate_C_per_min=20.0)
>>> history = ClockScene("a bare rod", lambda draws: rod(), stairs, holder_K=10.0).run(draw(default_inputs(), 20, 1))
>>> history.extents.shape[1:]
(3, 20)
"""

from nanokiln.analysis.clock.clock import History, default_inputs, run_clock
from nanokiln.analysis.clock.clock_scene import ClockScene, run_scenes
from nanokiln.analysis.clock.contents import Particle, fed_rod, phosphide_particle, rod, sandwich
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.inference import Observation, Posterior, infer, infer_in_steps, load_observations
from nanokiln.analysis.clock.outcome import limiting_step, plateau_probabilities, product_share, sensitivity
from nanokiln.analysis.clock.spec import ClockSpec, Prediction, load_clock_spec, predict

__all__ = [
    "ClockScene",
    "ClockSpec",
    "Distribution",
    "Draws",
    "Heating",
    "History",
    "Observation",
    "Particle",
    "Posterior",
    "Prediction",
    "default_inputs",
    "draw",
    "fed_rod",
    "infer",
    "infer_in_steps",
    "limiting_step",
    "load_clock_spec",
    "load_observations",
    "phosphide_particle",
    "plateau_probabilities",
    "predict",
    "product_share",
    "rod",
    "run_clock",
    "run_scenes",
    "sandwich",
    "sensitivity",
]
