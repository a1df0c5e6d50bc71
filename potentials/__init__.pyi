from . import basis, cards, lammps, training, validation
from .cards.card import Card, PotentialError, list_cards, load_card

__all__ = [
    "Card",
    "PotentialError",
    "basis",
    "cards",
    "lammps",
    "list_cards",
    "load_card",
    "training",
    "validation",
]
