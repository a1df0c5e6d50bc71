"""The card's range is what the gates carry, not what was asked for."""

from nanokiln.potentials.card import Gate
from nanokiln.potentials.publish import validated_up_to_K


def gate(temperature_K: int, passed: bool | None) -> Gate:
    return Gate(group=f"cu, {temperature_K} K", quantity="q", value=1.0, unit="", passed=passed)


def test_range_ends_below_the_first_missed_gate() -> None:
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, None)]) == 600
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, False)]) == 300
    assert validated_up_to_K([gate(300, False), gate(600, True)]) == 0
