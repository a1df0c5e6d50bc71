"""Both programmes stand in one unit, with what the run leaves out and how much shorter it is."""

from nanokiln.workflows.recipe.both_programmes import beside
from nanokiln.workflows.recipe.recipe import Recipe, parse_recipe

Items = list[dict[str, object]]
SETTLE = {"kind": "equilibrate", "temperature_K": 293, "at_most_ps": 1, "window_ps": 0.5}
PLATEAUS = {"kind": "plateaus", "temperatures_K": [573, 673], "rate_K_per_ps": 100, "hold_ps": 50}
RAMP = {"kind": "ramp", "to_K": 900, "rate_K_per_ps": 25}


def recipe(programme: Items, microscope: Items) -> Recipe:
    group = {"name": "review2019", "group": "C", "microscope": microscope}
    told = {"name": "a", "model": {"preset": "cdse-cu3p-cdse-small"}, "potential": "cd-cu-p-se-pod-fast"}
    return parse_recipe({**told, "programme": programme, "experiment": group})


def minutes(*temperatures_C: int) -> Items:
    return [{"at_C": one, "minutes": 15} for one in temperatures_C]


def test_what_the_run_holds_and_what_it_does_not_is_told_in_celsius() -> None:
    there, here = beside(recipe([SETTLE, PLATEAUS], minutes(300, 350, 400)))
    assert there == "The microscope held 300 °C for 15 min, 350 °C for 15 min, 400 °C for 15 min."
    assert here == (
        "The run takes 105 ps in all: it holds 20 °C for at most 1 ps, 300 °C for 50 ps, 400 °C for 50 ps; it does not "
        "hold 350 °C; 13 decades less than the 45 min there."
    )
    assert "does not hold" not in beside(recipe([SETTLE, PLATEAUS], minutes(300, 400)))[1]


def test_a_ramp_says_how_high_it_goes() -> None:
    there, here = beside(recipe([SETTLE, RAMP], [{"at_C": 300, "minutes": 0}]))
    assert there == "The microscope went to 300 °C."
    assert "it holds 20 °C for at most 1 ps, and goes up to 627 °C; it does not hold 300 °C." in here
