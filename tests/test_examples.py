"""The examples run from a copy of their folders; a notebook shows its outputs, and no path of the machine it ran on."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "workflows" / "examples"
_spec = importlib.util.spec_from_file_location("execute", PLACE / "execute.py")
assert _spec is not None and _spec.loader is not None
executing = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(executing)
NOTEBOOKS = sorted(PLACE.glob("*/*.ipynb"))


def test_there_are_eight_scripts_and_three_notebooks() -> None:
    kinds = [executing.program_of(PLACE / name).suffix for name in executing.names()]
    assert len(kinds) - kinds.count(".ipynb") >= 8
    assert kinds.count(".ipynb") >= 3


def test_every_folder_is_an_example_and_every_notebook_a_page() -> None:
    folders = {path.name for path in PLACE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(executing.names())
    site = (ROOT / "workflows" / "docs" / "mkdocs.yml").read_text()
    assert NOTEBOOKS and [path.stem for path in NOTEBOOKS if f"examples/{path.stem}.md" not in site] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_came_out(path: Path) -> None:
    check_outputs(path)


def check_outputs(path: Path) -> None:
    """A notebook whose cells were run once, in order, to their end, and that names no folder of a machine."""
    book = json.loads(path.read_text())
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [one for cell in cells for one in cell["outputs"]]
    assert len(outputs) > 3 and not any(one["output_type"] == "error" for one in outputs)
    text = json.dumps(outputs)
    assert "/home/" not in text and "/tmp/" not in text and "/root/" not in text


@pytest.mark.examples
@pytest.mark.parametrize("name", executing.names())
def test_an_example(name: str, tmp_path: Path) -> None:
    if executing.program_of(PLACE / name).suffix == ".ipynb":
        pytest.importorskip("nbclient")
    program = executing.execute(name, tmp_path)
    if program.suffix == ".ipynb":
        check_outputs(program)
    elif name != "cluster":  # which only prints
        made = {path.name for path in program.parent.iterdir()}
        assert made > {path.name for path in (PLACE / name).iterdir()}
