"""A table of facts is whole, and what it says of a source can be found."""

from pathlib import Path

import pytest
import yaml

from nanokiln.analysis.experiment import Criterion, load_experiment, load_facts

SIZES = {"A": 16, "B": 15, "C": 20, "D": 8, "E": 25, "F": 9}


def test_every_row_of_the_review_is_there_once_and_groups_are_in_order() -> None:
    found = [f.id for f in load_experiment("review2019").table.facts]
    expected = {f"{letter}{i}" for letter, size in SIZES.items() for i in range(1, size + 1)}
    assert len(found) == len(expected) and set(found) == expected
    assert [name[0] for name in found] == sorted(name[0] for name in found)


def test_only_what_lies_outside_atomistics_has_no_criterion() -> None:
    facts = load_experiment("review2019").table.facts
    assert {f.id for f in facts if not f.criteria} == {"D6", "D7", "E22", "F7", "F9"}


def test_a_group_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"no group of facts is called 'Z'; there are: A \(Au on CdSe rods\)"):
        load_experiment("review2019").table.of_group("Z")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{run: {quantity: D, element: Cu}}", "no column is called 'element'; there are: quantity, species"),
        ("{run: {species: Cu}}", "name the quantity"),
        ("{run: {quantity: D}, clock: {scene: s, watched: product, at_C: 300}}", "either a run or the clock"),
        ("{clock: {scene: s, watched: product}}", "either at_C"),
        ("{clock: {scene: s, watched: mass, at_C: 300}}", "watched"),
    ],
)
def test_a_source_that_cannot_be_is_refused(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Criterion.model_validate({"quantity": "x", "unit": "", "from": yaml.safe_load(source)})


def test_a_broken_table_is_one_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "own.yaml"
    broken.write_text(
        "title: t\nsource: s\ngroups: {}\n"
        "facts: [{id: G1, class: EX, fact: f, observable: o, accepted: a, criteria: []}]\n"
    )
    with pytest.raises(ValueError, match="no group for G1"):
        load_facts(broken)
