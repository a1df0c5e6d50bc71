from .agreement import Agreement, agree
from .evidence import Answerer, Evidence, answers
from .facts import Criterion, Fact, FactTable, Source, load_facts
from .folder import Content, Experiment, load_experiment, shipped_experiments
from .judge import judge_run, verdicts
from .power import Power
from .predictive import Chance, Sampled, chance
from .rivals import Comparison, Rival, Support, compare_rivals
from .runs import shipped_records
from .stories import Story
from .table_record import ExperimentRecord
from .verdict import OUTCOMES, Answer, Outcome, Verdict, count
from .worlds import WORLDS, World

__all__ = [
    "OUTCOMES",
    "WORLDS",
    "Agreement",
    "Answer",
    "Answerer",
    "Chance",
    "Comparison",
    "Content",
    "Criterion",
    "Evidence",
    "Experiment",
    "ExperimentRecord",
    "Fact",
    "FactTable",
    "Outcome",
    "Power",
    "Rival",
    "Sampled",
    "Source",
    "Story",
    "Support",
    "Verdict",
    "World",
    "agree",
    "answers",
    "chance",
    "compare_rivals",
    "count",
    "judge_run",
    "load_experiment",
    "load_facts",
    "shipped_experiments",
    "shipped_records",
    "verdicts",
]
