"""What a card or a recipe may bring as LAMMPS commands: pair commands, and nothing that runs anything."""

from pathlib import Path

import pytest
import yaml

from nanokiln.potentials.cards.card import DATA, PotentialError, list_cards, load_card
from nanokiln.potentials.cards.pair_commands import check_commands, check_order

STYLE = "pair_style zero 5"


@pytest.mark.parametrize(
    "line",
    [
        "shell touch PWN",
        "pair_coeff * *\nshell touch PWN",
        "pair_coeff * * $(1)",
        "pair_coeff * * ${x}",
        "pair_coeff * * &",
        'pair_coeff * * "a"',
        "pair_coeff * * {0.__class__}",
        "pair_coeff * * {1}",
        "pair_coeff * * {",
        "pair_style python 5",
        "pair_style hybrid/overlay python 5 zero 5",
        "pair_style mliap unified model.pt",
        "pair_style mliap model mliappy x.pkl",
        "fix external all external pf/callback 1 1",
        "include x",
        "",
    ],
)
def test_a_line_that_is_no_pair_command_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="pair_commands"):
        check_commands([STYLE, line], n_files=1)


def test_a_card_passes_the_validator_of_recipes(tmp_path: Path) -> None:
    assert list_cards()
    data = yaml.safe_load((DATA / "cards" / "cu-eam.yaml").read_text())
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(data | {"pair_commands": [*data["pair_commands"], "shell touch PWN"]}))
    with pytest.raises(PotentialError, match="this is not: 'shell touch PWN'") as told:
        load_card(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("pair_coeff * * f.sw Cd Se", True),
        ("pair_coeff * * f.sw Se Cd", False),
        ("pair_coeff * * f.sw Cd NULL", True),
        ("pair_coeff * * 0.01 3", True),
        ("pair_coeff 1 2 Se Cd", True),
    ],
)
def test_elements_written_out_are_in_the_order_of_the_types(line: str, fits: bool) -> None:
    if fits:
        check_order(line, ("Cd", "Se"))
        return
    with pytest.raises(ValueError, match=r"write \{elements\}"):
        check_order(line, ("Cd", "Se"))
