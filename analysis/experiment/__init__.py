"""Experiments: facts, evidence, verdicts. Knows no paper.

>>> from nanokiln.analysis.experiment import load_experiment
>>> [fact.id for fact in load_experiment("cdse-disc").table.of_group("M")]
['M1', 'M2', 'M3', 'M4']
"""

from nanokiln.analysis.experiment.agreement import Agreement, agree
from nanokiln.analysis.experiment.evidence import Answerer, Evidence, answers
from nanokiln.analysis.experiment.facts import Criterion, Fact, FactTable, Source, load_facts
from nanokiln.analysis.experiment.folder import Content, Experiment, load_experiment, shipped_experiments
from nanokiln.analysis.experiment.judge import judge_run, verdicts
from nanokiln.analysis.experiment.runs import shipped_records
from nanokiln.analysis.experiment.verdict import OUTCOMES, Answer, Outcome, Verdict, count

__all__ = [
    "OUTCOMES",
    "Agreement",
    "Answer",
    "Answerer",
    "Content",
    "Criterion",
    "Evidence",
    "Experiment",
    "Fact",
    "FactTable",
    "Outcome",
    "Source",
    "Verdict",
    "agree",
    "answers",
    "count",
    "judge_run",
    "load_experiment",
    "load_facts",
    "shipped_experiments",
    "shipped_records",
    "verdicts",
]
