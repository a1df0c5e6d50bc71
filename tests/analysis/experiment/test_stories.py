"""The facts of one experiment are told together, by one sample at a time."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.experiment import Chance, ExperimentRecord, FactTable, Verdict, agree, load_experiment
from nanokiln.analysis.experiment.stories import stories
from nanokiln.structures.storage import write_json

GROUPS = {name: {"system": "s", "source": "s", "holder_K": 10} for name in ("G", "H")}
ROW = {"class": "EX", "fact": "f", "observable": "o", "accepted": "a", "criteria": []}
TABLE = FactTable.model_validate(
    {"title": "t", "source": "s", "groups": GROUPS, "facts": [{"id": i, **ROW} for i in ("G1", "G2", "G3", "H1")]}
)
SCHEMA = Path(__file__).parents[3] / "analysis" / "data" / "experiment.schema.json"


def verdict(index: int, *each: float, free: bool = True) -> Verdict:
    return Verdict(TABLE.facts[index], "consistent", "", (), chance=Chance(np.array(each)), free=free)


def test_each_fact_alone_is_likely_and_all_together_are_not() -> None:
    rows = (verdict(0, 1, 1, 1, 0), verdict(1, 0, 1, 1, 1), verdict(2, 0.5))
    (story,) = stories(TABLE, rows, None)
    assert story.probability == pytest.approx(0.25)
    assert story.breaks[0] == ("G3", 0.5)
    assert story.without == pytest.approx(0.5)
    assert (story.best in (1, 2), story.told) == (True, 2.5)


def test_the_weights_of_the_samples_count() -> None:
    rows = (verdict(0, 1, 1, 1, 0), verdict(1, 0, 1, 1, 1))
    (story,) = stories(TABLE, rows, np.array([0.0, 1.0, 0.0, 3.0]))
    assert (story.probability, story.breaks) == (0.25, (("G1", 0.75),))


def test_inputs_and_single_facts_make_no_story() -> None:
    assert stories(TABLE, (verdict(0, 1.0), verdict(1, 1.0, free=False), verdict(3, 0.0)), None) == ()


def test_the_record_follows_the_shipped_schema(tmp_path: Path) -> None:
    told = agree(load_experiment("cdse-disc"), samples=60).to_json()
    assert ExperimentRecord.model_validate(told).verdicts[0].probability is not None
    with pytest.raises(ValueError, match="probability"):
        ExperimentRecord.model_validate({**told, "verdicts": [{**told["verdicts"][0], "probability": 1.5}]})
    write_json(tmp_path / "schema.json", ExperimentRecord.model_json_schema())
    assert (tmp_path / "schema.json").read_text().split() == SCHEMA.read_text().split()
