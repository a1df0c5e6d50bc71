from .knowledge import Knowledge, of_controls, of_prior, of_record
from .measured_courses import MeasuredCourse, load_measured_courses
from .own_experiment import OwnExperiment, load_own_experiment
from .posterior_record import PosteriorRecord, load_posterior, record_posterior, write_posterior
from .prediction import Prediction, predict
from .what_if import Campaign, Varied, sweep, varied

__all__ = [
    "Campaign",
    "Knowledge",
    "MeasuredCourse",
    "OwnExperiment",
    "PosteriorRecord",
    "Prediction",
    "Varied",
    "load_measured_courses",
    "load_own_experiment",
    "load_posterior",
    "of_controls",
    "of_prior",
    "of_record",
    "predict",
    "record_posterior",
    "sweep",
    "varied",
    "write_posterior",
]
