from . import heat, prepare
from .batch import load_site, proceed, submit
from .display import Display
from .engine import Engine
from .external import External
from .logbook import Logbook
from .preflight import Probe, probe

__all__ = [
    "Display",
    "Engine",
    "External",
    "Logbook",
    "Probe",
    "heat",
    "load_site",
    "prepare",
    "probe",
    "proceed",
    "submit",
]
