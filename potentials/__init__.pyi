from . import cards, lammps, training, validation
from .cards.card import Card, PotentialError, list_cards, load_card

__all__ = [
    "Card",
    "PotentialError",
    "cards",
    "lammps",
    "list_cards",
    "load_card",
    "training",
    "validation",
]
