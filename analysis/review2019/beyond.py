"""Rows that nothing here can answer, and why a referee would accept that."""

from functools import partial

from nanokiln.analysis.experiment.evidence import Answerer, Evidence
from nanokiln.analysis.experiment.verdict import Answer

REASONS = {
    "A16": "the network of gold on one rod knows no second rod: growth of the far ends of an assembly is not computed",
    "C20": "the clock gives every particle the same inputs within a sample: a spread over particles is not computed",
    "D6": "an electronic loss feature; classical atoms have no spectrum, and only vacancies are reported",
    "D7": "an electronic spectrum from density functional theory; classical atoms have none",
    "E22": "a charge state; classical atoms carry none, the clock has no term of the beam, and the row is a note only",
    "E25": "the clock shortens what is short of copper, wires as rods: that wires keep their shape it cannot give yet",
    "F7": "the row makes no claim, and transport in a solvent is outside the model",
    "F9": "a property of the holder; the images of the program carry none",
}


def _reason(row: str, evidence: Evidence) -> Answer | None:
    return Answer(reason=REASONS[row]) if evidence.histories else None


ANSWERERS = tuple(Answerer((row,), partial(_reason, row)) for row in REASONS)
