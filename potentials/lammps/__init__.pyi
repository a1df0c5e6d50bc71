from .dynamics import run_input
from .session import Session, card_calculator, load_lammps

__all__ = ["Session", "card_calculator", "load_lammps", "run_input"]
