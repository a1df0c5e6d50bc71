from pathlib import Path

import pytest

from nanokiln.potentials.cards.card import Card, Gate, list_cards, load_card
from nanokiln.potentials.training.publish import ranges_by_kind_K
from nanokiln.potentials.training.system import System
from nanokiln.potentials.validation.columns import Column, ColumnSource, stored
from nanokiln.potentials.validation.measurement import Measurement
from nanokiln.workflows.studies import kept_gates
from nanokiln.workflows.studies.kept_gates import column_gates, keep_gates

STUDENT = "cd-cu-p-se-pod"
DISTILLED = [card.name for card in list_cards() if card.tier == "distilled"]


def column(*rows: Measurement) -> Column:
    return Column(name=STUDENT, rows=rows, **ColumnSource.of(STUDENT).model_dump())


def held(
    name: str, element: str, temperature_K: float, fcc: float | None, hcp: float | None
) -> tuple[Measurement, ...]:
    at, note = f"{temperature_K:g} K", "300 atoms, 20 ps" if fcc is not None else "only 7 frames"
    return (
        Measurement("framework", name, f"{element} in fcc order {at}", "1", fcc, note),
        Measurement("framework", name, f"{element} in hcp order {at}", "1", hcp, note),
        Measurement("framework", name, f"{element} off its places {at}", "spacings", 0.2, note),
        Measurement("framework", name, f"volume {at}", "A3/atom", 30.0, note),
    )


@pytest.mark.parametrize("name", DISTILLED)
def test_cards_repeat_their_columns_and_their_ranges_follow(name: str) -> None:
    card, kept = load_card(name), stored(name)
    repeated = [gate for gate in card.gates if gate.column]
    assert repeated == ([] if kept is None else column_gates(card, kept))
    assert card.kinds_K == ranges_by_kind_K(card.gates, System.load(name).limits.temperatures_K)


def test_a_framework_counts_in_its_own_stacking() -> None:
    """A wurtzite that became zinc blende is lost though all of it is in order; so is a crystal that did not survive."""
    card = load_card(STUDENT)
    rows = (
        *held("CdSe-wz", "Se", 900, 0.6, 0.4),
        *held("Cu2Se", "Se", 900, 0.97, 0.03),
        *held("Cu3P", "P", 700, None, None),
    )
    gates = {(gate.group, gate.quantity): gate for gate in column_gates(card, column(*rows))}
    stacked = gates["CdSe-wz of 300 atoms, 20 ps, 900 K", "Se in hcp order (at least)"]
    assert (stacked.value, stacked.passed, stacked.temperature_K) == (40.0, False, 900.0)
    assert gates["CdSe-wz of 300 atoms, 20 ps, 900 K", "mean places of Se off theirs"].passed is False
    assert gates["Cu2Se of 300 atoms, 20 ps, 900 K", "Se in fcc order (at least)"].passed is True
    assert gates["Cu2Se of 300 atoms, 20 ps, 900 K", "mean places of Se off theirs"].passed is None, "a soft lattice"
    lost = gates["Cu3P, 700 K", "came to its end"]
    assert (lost.value, lost.passed, lost.temperature_K) == (0.0, False, 700.0)
    assert "7 frames" in lost.note


def test_a_core_is_judged_where_the_teacher_keeps_it() -> None:
    rows = (
        Measurement("cores", "cdse-rod-small", "core after minimisation", "A", 0.4, "54 of 264 atoms"),
        Measurement("cores", "cdse-rod-small", "core after 10 ps at 300 K", "A", 0.2, "54 of 264 atoms"),
        Measurement("cores", "cu2se-sphere-small", "core after minimisation", "A", 0.9, "49 of 285 atoms"),
        Measurement("cores", "cu2se-sphere-small", "core after 10 ps at 300 K", "A", None, "only 7 frames"),
    )
    rest, warm, sphere, lost = column_gates(load_card(STUDENT), column(*rows))
    assert rest.passed is False
    assert (warm.passed, warm.temperature_K) == (True, 300.0)
    assert sphere.passed is None
    assert "teacher 1.03" in sphere.note
    assert (lost.passed, lost.temperature_K, lost.note) == (False, 300.0, "only 7 frames")


def test_a_measurement_that_broke_off_says_so_and_ends_no_range() -> None:
    rows = (
        *held("CdSe-wz", "Se", 300, 0.0, 1.0),
        Measurement("framework", "all", "failed", "", None, "RuntimeError: no room left"),
        Measurement("cores", "all", "failed", "", None, "RuntimeError: no room left"),
    )
    gates = column_gates(load_card(STUDENT), column(*rows))
    broken = [gate for gate in gates if gate.quantity == "came to its end"]
    assert [(gate.group, gate.kind, gate.passed) for gate in broken] == [
        ("framework, all", None, False),
        ("cores, all", None, False),
    ]
    assert all("no room left" in gate.note for gate in broken)
    assert "particle" not in ranges_by_kind_K(gates, [300])


def test_a_card_is_written_anew_and_keeps_what_no_column_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copper's D stood on a card with the figure of another temperature: what `store` writes comes from the column."""
    card = load_card(STUDENT)
    written: list[Card] = []
    wrong = Gate(group="Cu2Se at its mean volume, 500 K", quantity="D(Cu)", value=1, unit="cm2/s", column="mobility")
    own = [gate for gate in card.gates if not gate.column]
    monkeypatch.setattr(kept_gates, "load_card", lambda _: card.model_copy(update={"gates": (*own, wrong)}))
    monkeypatch.setattr(kept_gates, "write_card", lambda card, _: written.append(card))
    kept = keep_gates(STUDENT)
    assert written == [kept]
    assert kept == card
    monkeypatch.setattr(kept_gates, "stored", lambda _: None)
    bare = keep_gates(STUDENT)
    assert bare is not None
    assert list(bare.gates) == own


def test_what_has_no_distilled_card_is_left_alone() -> None:
    assert keep_gates("cu-eam") is None
    assert keep_gates("nequix") is None
