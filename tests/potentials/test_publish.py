"""The card's range is what the gates carry, not what was asked for."""

from nanokiln.potentials.card import Gate
from nanokiln.potentials.publish import trials, validated_up_to_K
from nanokiln.potentials.system import System


def gate(temperature_K: int, passed: bool | None) -> Gate:
    return Gate(group=f"cu, {temperature_K} K", quantity="q", value=1.0, unit="", passed=passed)


def test_range_ends_below_the_first_missed_gate() -> None:
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, None)]) == 600
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, False)]) == 300
    assert validated_up_to_K([gate(300, False), gate(600, True)]) == 0


def test_each_crystal_is_judged_once_in_a_cell_it_cannot_turn_over_as_one() -> None:
    found = trials(System.load("cd-cu-p-se"), [])
    assert [t.name for t in found] == ["cdse-wz", "cu2se", "cu3p", "cu"]
    assert all(t.atoms.cell.lengths().min() >= 12 for t in found)
    assert {t.name: t.framework for t in found}["cu3p"] == ("P",)
