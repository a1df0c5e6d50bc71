"""Made-up recipes, clock files and cards: each is taken or refused in one line, none breaks or hangs the program."""

import copy
import datetime
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.spec import load_clock_spec
from nanokiln.analysis.forecast import of_prior, predict
from nanokiln.potentials.cards.card import DATA, PotentialError, load_card
from nanokiln.structures.crystals import crystal
from nanokiln.structures.schema.plain_yaml import PlainYamlError, load_yaml
from nanokiln.workflows.engine.prepare import build_model, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import parse_recipe

BALL = {"name": "ball", "phase": "Cu", "shape": {"kind": "sphere", "diameter_nm": 1.6}}
SILICON = {"name": "Si", "spacegroup": "Fd-3m", "cell": {"a_A": 5.43}, "sites": [["Si", "metal", [0, 0, 0]]]}
PHASES = [SILICON | {"formal_charges": {"Si": 0}}, "CdSe-zb"]
RELATION = {"phases": PHASES, "planes": ["(001)", "(001)"], "directions": ["[100]", "[100]"]}
LAYERS = [{"phase": PHASES[0], "periods": 1}, {"phase": "CdSe-zb", "thickness_nm": 0.6}]
MODELS = (
    {"kind": "particle", "name": "gold", "parts": [BALL], "scale": 1.0},
    {"kind": "stack", "name": "slab", "relation": RELATION, "layers": LAYERS, "max_strain": 0.2, "max_area_A2": 60},
    {"kind": "scene", "name": "two", "items": [{"name": "a", "model": {"preset": "cu-sphere-small"}, "count": 2}]},
)
PAIR = {"elements": ["Cu"], "pair_commands": ["pair_style zero 5", "pair_coeff * *"], "validated_K": [0, 900]}
RECIPES = tuple(
    {
        "name": "small",
        "model": model,
        "potential": potential,
        "timestep_fs": 2,
        "bath": {"kind": "csvr", "damping_ps": 0.1},
        "programme": [
            {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 2, "window_ps": 1},
            {"kind": "plateaus", "temperatures_K": [400, 500], "rate_K_per_ps": 50, "hold_ps": 1},
        ],
        "output": {"thermo_ps": 0.02, "frame_ps": 0.1, "checkpoint_ps": 0.2},
        "study": {"rates_K_per_ps": [50, 100], "replicas": 2},
    }
    for model in MODELS
    for potential in ("cu-eam", PAIR)
)
ROD = {"name": "my rod", "kind": "rod", "diameter_nm": 5, "length_nm": 35, "donors": 40, "gap_nm": 5}
BI = {"name": "bi", "kind": "janus", "diameter_nm": 20}
CLOCK = {
    "heating": {"plateaus_C": [300, 350], "hold_min": 15, "rate_C_per_min": 20},
    "particles": [ROD, BI],
    "samples": 20,
    "holder_K": 5,
    "inputs": {"H_Cu2Se": {"value": -60, "sigma": 3}},
}
CARD = yaml.safe_load((DATA / "cards" / "cu-eam.yaml").read_text())

InTime = Callable[[], AbstractContextManager[None]]
MARKS = (*"{}[]:&*!|>%@`'\"\t#,?-", "<<: ", "!!int ", "&a ", "*a")

hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.floats(min_value=-10, max_value=1000),
    st.integers(),
    st.sampled_from([0, -1, 1e-300, 1e308, 10**400, float("nan"), "1e400", ".inf", "{0.__class__}", "$(shell)"]),
    st.sampled_from(
        ["a\nshell touch PWN", "\x1b[31m", "[red]", "../../etc/passwd", "<b>", "", "(--110)", "Xx", "os:x"]
    ),
    st.text(max_size=12),
    st.just(datetime.date(2020, 1, 1)),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a nested value but its root."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in entries:
        yield (*at, key)
        yield from places(inside, (*at, key))


@st.composite
def changed(draw: Callable[..., Any], originals: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """One of the originals with one to three of its values replaced, removed or joined by an unknown key."""
    data = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 3))):
        there = sorted(places(data), key=str)
        if not there:
            break
        *way, last = draw(st.sampled_from(there))
        inside: Any = data
        for key in way:
            inside = inside[key]
        what = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"]))
        if what == "replace":
            inside[last] = draw(hostile)
        elif what == "remove":
            del inside[last]
        elif isinstance(inside, dict):
            inside[draw(st.text(max_size=6))] = draw(hostile)
    return data


def in_one_line(error: Exception) -> bool:
    text = str(error)  # control characters are written out where it is shown
    return len(text.splitlines()) == 1 and len(text) < 3000


several = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@several
@given(changed(RECIPES))
def test_recipes(monkeypatch: pytest.MonkeyPatch, in_time: InTime, data: dict[str, Any]) -> None:
    monkeypatch.setattr(crystal, "MOST_SITES", 20_000)  # what is allowed by size only takes time
    try:
        with in_time():
            recipe = parse_recipe(data)
            choose(recipe)
            build_model(recipe)
    except InputError as error:
        assert in_one_line(error)


@several
@given(st.sampled_from([yaml.safe_dump(one) for one in RECIPES]), st.data())
def test_yaml(in_time: InTime, text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        bit = st.one_of(st.text(max_size=3), st.sampled_from(MARKS))
        text = text[:at] + data.draw(bit) + text[at + data.draw(st.integers(0, 2)) :]
    try:
        with in_time():
            load_yaml(text, "text")
    except PlainYamlError as error:
        assert "\n" not in str(error)


@several
@given(changed((CLOCK,)))
def test_clock_files(tmp_path: Path, in_time: InTime, data: dict[str, Any]) -> None:
    path = tmp_path / "clock.yaml"
    path.write_text(yaml.dump(data))
    try:
        with in_time():
            spec = load_clock_spec(path)
            predict(spec, of_prior(default_inputs() | spec.inputs, 10, 1))
    except ValueError as error:
        assert in_one_line(error)


@several
@given(changed((CARD,)))
def test_cards(tmp_path: Path, in_time: InTime, data: dict[str, Any]) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(yaml.dump(data))
    try:
        with in_time():
            card = load_card(path)
            card.check()
            lines = card.commands(("Cu",))
    except PotentialError as error:
        assert in_one_line(error)
        return
    assert all(line.split()[0].startswith(("pair_", "comm_", "neigh_", "kspace_")) for line in lines)
