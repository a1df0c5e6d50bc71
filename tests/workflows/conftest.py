"""Recipes small enough to heat in a second or two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

MODEL = {
    "kind": "plate",
    "name": "cdse",
    "relation": "S1",
    "across_nm": 1.8,
    "layers": [{"phase": "CdSe-wz", "periods": 3}],
}


def recipe_data(**changes: Any) -> dict[str, Any]:
    """A bare CdSe particle of 144 atoms under the published Stillinger-Weber potential, 1.2 ps."""
    recipe: dict[str, Any] = {
        "name": "small",
        "model": MODEL,
        "potential": "cdse-sw",
        "bath": {"kind": "nose-hoover"},
        "programme": [
            {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.4, "window_ps": 0.4},
            {"kind": "ramp", "to_K": 400, "rate_K_per_ps": 200},
            {"kind": "hold", "duration_ps": 0.3},
        ],
        "output": {"thermo_ps": 0.02, "frame_ps": 0.1, "checkpoint_ps": 0.2},
    }
    return {**recipe, **changes}


@pytest.fixture(scope="session")
def small_recipe() -> Callable[..., dict[str, Any]]:
    """Return a function that makes the small recipe, changed as its keywords say."""
    return recipe_data


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small recipe, changed as its keywords say, and returns the path."""

    def to_file(name: str = "small.yaml", **changes: Any) -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump(recipe_data(**changes)))
        return path

    return to_file
