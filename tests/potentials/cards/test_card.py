"""Cards: every shipped one resolves, covers what it says, and refuses the rest with names that help."""

import pytest
import yaml

from nanokiln.potentials.cards.card import DATA, Card, PotentialError, list_cards, load_card

CARDS = list_cards()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_shipped_files_are_what_the_card_says(card: Card) -> None:
    card.check()
    assert (DATA / "cards" / f"{card.name}.yaml").is_file()
    commands = card.commands(card.elements)
    assert commands[0].startswith("pair_style ")
    assert all("{" not in line for line in commands)


def test_elements_follow_the_lammps_types() -> None:
    assert load_card("cdse-sw").commands(("Se", "Cd"))[1].endswith(" Se Cd")


def test_uncovered_element_names_potentials_that_cover_it() -> None:
    with pytest.raises(PotentialError, match=r"covers Cd, Se but the model also has Cu.*none"):
        load_card("cdse-sw").commands(("Cd", "Cu", "Se", "Xx"))


def test_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(PotentialError, match=r"no potential 'cdse-swx'; there are: .*cdse-sw"):
        load_card("cdse-swx")


def test_own_card_with_changed_file_is_refused(tmp_path) -> None:
    data = yaml.safe_load((DATA / "cards" / "cu-eam.yaml").read_text())
    (tmp_path / "mine.eam").write_text("not what it was")
    data["files"][0]["path"] = "mine.eam"
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(data))
    card = load_card(tmp_path / "mine.yaml")
    assert card.commands(("Cu",))[1] == f"pair_coeff * * {tmp_path / 'mine.eam'} Cu"
    with pytest.raises(PotentialError, match="the file was changed"):
        card.check()


def test_types_of_absent_elements_are_left_out() -> None:
    alloy = load_card("cu-au-eam")
    numbered = [line.split()[:3] for line in alloy.commands(("Cu", "Au"))[1:]]
    assert numbered == [["pair_coeff", "2", "2"], ["pair_coeff", "1", "1"]]
    assert [line.split()[-1].rpartition("/")[2] for line in alloy.commands(("Cu",))] == ["eam", "Cu_u3.eam"]
