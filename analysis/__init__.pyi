from . import clock, experiment, film, forecast, lattice, measure, microscope, motion, report, review2019, trajectory
from .measured import Measured, Origin, Result, Series, Subject

__all__ = [
    "Measured",
    "Origin",
    "Result",
    "Series",
    "Subject",
    "clock",
    "experiment",
    "film",
    "forecast",
    "lattice",
    "measure",
    "microscope",
    "motion",
    "report",
    "review2019",
    "trajectory",
]
