"""What the documentation shows works: the examples of docstrings, and the imports of the READMEs."""

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
APART = {ROOT / "workflows" / "docs", ROOT / "workflows" / "examples"}  # scripts, no packages
WITH_EXAMPLES = sorted(
    path
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if not APART & set(path.parents) and ">>> " in path.read_text()
)
READMES = sorted(path for path in (ROOT / "README.md", *(ROOT / room / "README.md" for room in ROOMS)) if path.exists())


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_of_docstrings(path: Path) -> None:
    dotted = ".".join(("nanokiln", *path.relative_to(ROOT).with_suffix("").parts))
    module = importlib.import_module(dotted.removesuffix(".__init__"))
    done = doctest.testmod(module, optionflags=doctest.ELLIPSIS, verbose=False)
    assert done.attempted
    assert not done.failed  # what was expected and got is printed


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_readme_imports_is_there(path: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```", path.read_text(), re.M | re.S):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                exec(compile(ast.Module([node], []), str(path), "exec"), {})


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) > 15
