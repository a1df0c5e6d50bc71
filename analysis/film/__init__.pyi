from .discs import conductances
from .film_answer import FilmOutcome, GapCurve, film_outcome, fitting, gap_curve
from .film_run import FilmHistory, heat_film
from .film_spec import FilmSpec, Kind, load_film_spec
from .gold_scene import GoldHistory, GoldScene, ripen_gold
from .layout import Layout, random_layout, read_layout

__all__ = [
    "FilmHistory",
    "FilmOutcome",
    "FilmSpec",
    "GapCurve",
    "GoldHistory",
    "GoldScene",
    "Kind",
    "Layout",
    "conductances",
    "film_outcome",
    "fitting",
    "gap_curve",
    "heat_film",
    "load_film_spec",
    "random_layout",
    "read_layout",
    "ripen_gold",
]
