from .card import Card, File, Gate, PotentialError, lammps_potentials_folder, list_cards, load_card
from .user_potential import OwnCalculator, OwnPair, card_of

__all__ = [
    "Card",
    "File",
    "Gate",
    "OwnCalculator",
    "OwnPair",
    "PotentialError",
    "card_of",
    "lammps_potentials_folder",
    "list_cards",
    "load_card",
]
