from .discs import alone, conductances, pair_without_loss
from .film_outcome import FilmOutcome, GapCurve, film_outcome, gap_curve
from .film_run import FilmHistory, heat_film
from .film_spec import FilmSpec, Kind, load_film_spec
from .layout import Layout, random_layout, read_layout

__all__ = [
    "FilmHistory",
    "FilmOutcome",
    "FilmSpec",
    "GapCurve",
    "Kind",
    "Layout",
    "alone",
    "conductances",
    "film_outcome",
    "gap_curve",
    "heat_film",
    "load_film_spec",
    "pair_without_loss",
    "random_layout",
    "read_layout",
]
