"""Cards: every shipped one resolves, covers what it says, and refuses the rest with names that help."""

import pytest
import yaml

from nanokiln.potentials.cards.card import DATA, Card, File, Gate, PotentialError, list_cards, load_card

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


def test_files_for_sets_of_elements_go_to_models_of_just_these_in_their_order() -> None:
    """LAMMPS' `pair_style pod` gives the types the elements of its file in the order of the file."""
    files = [File(path=f"{'-'.join(mine)}.x", sha256="", elements=mine) for mine in (("Cd",), ("Cd", "Se"))]
    card = load_card("cdse-sw").model_copy(update={"files": tuple(files), "pair_commands": ("pair_coeff * * {0}",)})
    with pytest.raises(PotentialError, match=r"no file for types in the order Se, Cd"):
        card.commands(("Se", "Cd"))
    with pytest.raises(PotentialError, match=r"Cd-Se\.x is missing"):
        card.commands(("Cd", "Se"))


def test_one_kind_of_system_that_misses_does_not_empty_the_others() -> None:
    ranges = {"crystal": (0.0, 1000.0), "couple": (0.0, 600.0), "surface": (0.0, 0.0)}
    card = load_card("cdse-sw").model_copy(update={"kinds_K": ranges})
    assert card.range_K(["crystal"]) == (0, 1000)
    assert card.range_K(["couple", "crystal"]) == (0, 600)
    assert card.range_K(["couple", "surface"]) == (0, 0)
    assert card.range_K(["particle"]) == card.validated_K


def test_what_was_fitted_for_a_model_is_named_by_the_coefficients_of_its_elements() -> None:
    """The settings of descriptors stand in files that a new fit leaves as they are."""
    card = load_card("cd-cu-p-se-pod")
    assert card.fitted(["Se", "Cu", "Se"]).path == "cd-cu-p-se-pod/Cu-Se.coeff"
    assert load_card("cdse-sw").fitted(["Cd"]).path == "lammps:CdTeZnSeHgS0.sw"


def test_what_ends_a_range_is_missed_beyond_it() -> None:
    """A lattice at rest that is off ends no range; of two misses above the range the colder one does."""
    gates = tuple(
        Gate(group=group, kind="crystal", quantity="order", value=1, unit="%", limit=95, passed=passed)
        for group, passed in (("a, 0 K", False), ("b, 600 K", True), ("c, 1000 K", False), ("d, 900 K", False))
    )
    card = load_card("cd-cu-p-se-pod").model_copy(update={"gates": gates, "kinds_K": {"crystal": (0.0, 600.0)}})
    assert card.missed("crystal") == "d, 900 K: order 1 % (limit 95)"
    assert card.model_copy(update={"gates": gates[:2]}).missed("crystal").startswith("a, 0 K")
    assert card.missed("couple") == ""
