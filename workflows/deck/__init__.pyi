from .datafile import write_data
from .deck import Deck, Limits, Setup, Span, make_deck
from .orient import as_lammps_needs
from .setup import make_setup

__all__ = [
    "Deck",
    "Limits",
    "Setup",
    "Span",
    "as_lammps_needs",
    "make_deck",
    "make_setup",
    "write_data",
]
