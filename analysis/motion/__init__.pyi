from .arrhenius import Isotherm, diffusion_at, fit_arrhenius
from .diffusion import Estimate, compute_diffusion, estimate
from .msd import Displacements, compute_msd
from .ramp import RampFit, compute_ramp, fit_ramp
from .rigid import RigidBody, RigidMotion, find_particles, kabsch, rigid_motion
from .van_hove import compute_van_hove

__all__ = [
    "Displacements",
    "Estimate",
    "Isotherm",
    "RampFit",
    "RigidBody",
    "RigidMotion",
    "compute_diffusion",
    "compute_msd",
    "compute_ramp",
    "compute_van_hove",
    "diffusion_at",
    "estimate",
    "find_particles",
    "fit_arrhenius",
    "fit_ramp",
    "kabsch",
    "rigid_motion",
]
