from .agreement import Agreement, agree
from .evidence import Answerer, Evidence, answers
from .facts import Criterion, Fact, FactTable, Source, load_facts
from .folder import Content, Experiment, load_experiment, shipped_experiments
from .judge import judge_run, verdicts
from .runs import shipped_records
from .verdict import OUTCOMES, Answer, Outcome, Verdict, count

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
