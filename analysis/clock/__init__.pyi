from .barriers import Barrier, barrier_inputs, kinetic_inputs, rate_per_s
from .clock import History, default_inputs, run_clock
from .clock_scene import ClockScene, run_scenes
from .contents import Particle, fed_rod, phosphide_particle, rod, sandwich
from .distributions import Distribution, Draws, draw
from .heating import Heating
from .inference import Observation, Observations, Posterior, infer, infer_in_steps, load_observations
from .lattice_monte_carlo import Front, Kinetics, Sites, cation_sites, run_kmc
from .mass_balance import (
    contraction,
    copper_per_selenium,
    donors_per_rod,
    particles_given_up,
    product_volume_ratio,
    sufficient_phosphide_share,
)
from .outcome import (
    Plateau,
    Reach,
    diffusion_check,
    limiting_step,
    plateau_probabilities,
    product_share,
    reaches,
    sensitivity,
    summary,
)
from .outlook import Outlook, computed_barriers, computed_energies
from .spec import ClockSpec, load_clock_spec
from .thermochemistry import (
    Reaction,
    Species,
    congruent_pressure_Pa,
    hertz_knudsen_per_nm2_s,
    pressure_Pa,
    reaction,
    species,
    thermochemical_inputs,
)

__all__ = [
    "Barrier",
    "ClockScene",
    "ClockSpec",
    "Distribution",
    "Draws",
    "Front",
    "Heating",
    "History",
    "Kinetics",
    "Observation",
    "Observations",
    "Outlook",
    "Particle",
    "Plateau",
    "Posterior",
    "Reach",
    "Reaction",
    "Sites",
    "Species",
    "barrier_inputs",
    "cation_sites",
    "computed_barriers",
    "computed_energies",
    "congruent_pressure_Pa",
    "contraction",
    "copper_per_selenium",
    "default_inputs",
    "diffusion_check",
    "donors_per_rod",
    "draw",
    "fed_rod",
    "hertz_knudsen_per_nm2_s",
    "infer",
    "infer_in_steps",
    "kinetic_inputs",
    "limiting_step",
    "load_clock_spec",
    "load_observations",
    "particles_given_up",
    "phosphide_particle",
    "plateau_probabilities",
    "pressure_Pa",
    "product_share",
    "product_volume_ratio",
    "rate_per_s",
    "reaches",
    "reaction",
    "rod",
    "run_clock",
    "run_kmc",
    "run_scenes",
    "sandwich",
    "sensitivity",
    "species",
    "sufficient_phosphide_share",
    "summary",
    "thermochemical_inputs",
]
