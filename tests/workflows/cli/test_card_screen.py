import pytest

from nanokiln.potentials.cards.card import Card, list_cards, load_card
from nanokiln.workflows.cli.card_screen import show_screen, show_whole

SCREEN_LINES = 40


@pytest.mark.parametrize("card", list_cards(), ids=lambda card: card.name)
def test_a_card_fits_on_one_screen(
    card: Card, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "130")
    show_screen(card)
    told = capsys.readouterr().out
    assert len(told.splitlines()) <= SCREEN_LINES
    for kind, (_, high_K) in card.kinds_K.items():
        (line,) = [line for line in told.splitlines() if line.startswith(f"{kind}\t")]
        assert line.split("\t")[1] == (f"0-{high_K:g}" if high_K else "none")
    assert told.count("fault: ") == len(card.faults)


def test_the_screen_names_what_ends_a_range_and_the_whole_has_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")  # nothing is broken
    card = load_card("cd-cu-p-se-pod")
    show_screen(card)
    assert card.missed("surface") in capsys.readouterr().out
    show_whole(card)
    told = capsys.readouterr().out
    assert all(text in told for text in (*card.faults, card.made_by))
    for gate in card.gates:
        assert f"{gate.told()} {gate.note}".rstrip() in told
