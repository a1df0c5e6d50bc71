"""Rows that nothing here can answer, and why a referee would accept that."""

from functools import partial

from nanokiln.analysis.experiment.evidence import Answerer, Evidence
from nanokiln.analysis.experiment.verdict import Answer

REASONS = {
    "D5": "needs a run of a Cu2Se sphere that loses copper at 400 C; no such run is stored yet",
    "D6": "an electronic loss feature; classical atoms have no spectrum, and only vacancies are reported",
    "D7": "an electronic spectrum from density functional theory; classical atoms have none",
    "D8": "needs a run of Cu2Se between 500 and 900 K on the distilled potential; no such run is stored yet",
    "E22": "a charge state; classical atoms carry none, and the row is a note only",
    "F2": "needs insertion energies and hop barriers of Cu in Bi2Se3 and Bi2Te3; no potential at hand covers them, and "
    "no thermochemistry of the inserted compounds is known",
    "F7": "the row makes no claim, and transport in a solvent is outside the model",
}


def _reason(row: str, evidence: Evidence) -> Answer | None:
    return Answer(reason=REASONS[row]) if evidence.histories else None


ANSWERERS = tuple(Answerer((row,), partial(_reason, row)) for row in REASONS)
