"""Judging: the facts of an experiment, or of the one group for which a run stands, against what is known."""

from nanokiln.analysis.experiment.evidence import Evidence, Panel
from nanokiln.analysis.experiment.folder import Experiment
from nanokiln.analysis.experiment.verdict import Verdict, judge
from nanokiln.analysis.measured import Measured
from nanokiln.structures.model import Model

SILENT_RUN = "not measured in this run; `nanokiln experiment` sets what else is known beside it"


def verdicts(evidence: Evidence, experiment: Experiment) -> tuple[Verdict, ...]:
    """Judge every fact against what the evidence allows to say, in the table's order."""
    panel = Panel(experiment.answerers, evidence)
    return tuple(judge(fact, panel.answer(fact.id)) for fact in experiment.table.facts)


def judge_run(measured: Measured, model: Model, experiment: Experiment, group: str) -> tuple[Verdict, ...]:
    """Judge the facts of one group against what one run has measured; only what speaks of runs is asked.

    ValueError: the experiment has no such group.
    """
    facts = experiment.table.of_group(group)
    panel = Panel(tuple(one for one in experiment.answerers if one.of_run), Evidence(own=measured, model=model))
    return tuple(judge(fact, panel.answer(fact.id), SILENT_RUN) for fact in facts)
