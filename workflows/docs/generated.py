"""The sources of the site: pages written by hand, and those made from the program itself, which say what it does.

`python workflows/docs/generated.py build/docs` lays them out for the site's generator; `make docs` does both.
"""

import html
import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from shown import fence

from nanokiln.analysis.measure.quantities import as_markdown
from nanokiln.workflows.file_schemas import SCHEMAS, schema_of

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "workflows" / "examples"
NOTEBOOKS = ("sandwich", "trajectory", "minutes")
_ABOUT_VERBS = """

Answers are on stdout, all else on stderr and in the `nanokiln.log` of a run. Every verb takes `--json`: `run` and
`resume` answer with directory, state, step, results, report and warnings of each run, `submit`, `proceed` and `cancel`
with the numbers of jobs, `potentials publish` with the card (`potentials fit` names the student only: its errors are
the card's), all others with what they print or write. Beside it there are no lines of progress where stderr is no
terminal, unless `-v` asks for them.

Exit codes: 0 done, 1 a rank or a check failed, 2 what was asked for cannot be, 3 a guard stopped the run.

"""
ROOMS = ("structures", "potentials", "analysis", "hpc", "workflows")


def lay_out(out: Path) -> None:
    """Write all pages, their pictures and the site's configuration into a folder, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(HERE / "pages", out / "pages")
    shutil.copyfile(HERE / "mkdocs.yml", out / "mkdocs.yml")
    for place, text in pages():
        path = out / "pages" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(ROOT / "structures" / "pictures", out / "pages" / "pictures")
    shutil.copytree(
        HERE / "gallery", out / "pages" / "gallery", ignore=shutil.ignore_patterns("*.txt"), dirs_exist_ok=True
    )
    for name in NOTEBOOKS:
        _notebook(name, out / "pages" / "examples")
    schemas = out / "pages" / "schemas"
    schemas.mkdir()
    for name in SCHEMAS:
        (schemas / f"{name}.json").write_text(json.dumps(schema_of(name), indent=1) + "\n")


def pages() -> Iterator[tuple[str, str]]:
    """Return every generated page by its place."""
    for room in ROOMS:
        yield f"rooms/{room}.md", _room(room)
        yield f"reference/python/{room}.md", _python(room)
    yield "reference/commands.md", _commands()
    yield "reference/recipe.md", _schema("Recipe", "nanokiln.workflows.recipe.recipe", "Recipe")
    yield "reference/campaign.md", _schema("Campaign", "nanokiln.workflows.campaign.sweep", "Sweep")
    yield "reference/site.md", _schema("Site profile", "nanokiln.hpc.site", "Site")
    yield "reference/clock.md", _schema("Clock", "nanokiln.analysis.clock.spec", "ClockSpec")
    yield (
        "reference/experiment.md",
        _schema("Facts of an experiment", "nanokiln.analysis.experiment.facts", "FactTable"),
    )
    yield "reference/quantities.md", _quantities()
    yield "explanation/architecture.md", _architecture()
    yield "reference/models.md", _models()
    yield "reference/cards.md", _cards()
    yield "reference/schemas.md", _schemas()
    yield "reference/changes.md", (ROOT / "CHANGELOG.md").read_text()
    yield "gallery.md", f"{(HERE / 'pages' / 'gallery.md').read_text()}\n{_examples()}\n{_pictures()}"


def _room(room: str) -> str:
    """The README of a room, its links to other rooms turned into links of this site."""
    text = (ROOT / room / "README.md").read_text()
    for other in ROOMS:
        text = text.replace(f"(../{other}/README.md", f"({other}.md")
    return text.replace("(../README.md", "(../index.md")


def _notebook(name: str, folder: Path) -> None:
    """Write the page of a notebook with the outputs that it carries, its pictures beside it."""
    from nbconvert import MarkdownExporter

    body, resources = MarkdownExporter().from_filename(str(EXAMPLES / name / f"{name}.ipynb"))
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in resources["outputs"].items():
        (folder / f"{name}-{file}").write_bytes(data)
        body = body.replace(f"]({file})", f"]({name}-{file})")
    note = f"*This page is the notebook `workflows/examples/{name}/{name}.ipynb`, with what came out of it.*"
    body = re.sub(r"<style scoped>.*?</style>|<style>.*?</style>", "", body, flags=re.S)
    (folder / f"{name}.md").write_text(f"{body.replace(chr(10), chr(10) + chr(10) + note + chr(10), 1)}")


def _examples() -> str:
    """The examples with the first line of each, and what a person would type."""
    lines = ["## Examples that run", "", "`make examples` runs them all; each is a folder of `workflows/examples`.", ""]
    for folder in sorted(one for one in EXAMPLES.iterdir() if one.is_dir() and one.name != "__pycache__"):
        if folder.name in NOTEBOOKS:
            continue
        program = next(folder.glob("example.*"))
        text = program.read_text()
        about = text.splitlines()[0].strip('#" ')
        kind = "python" if program.suffix == ".py" else "bash"
        shown = text.split("\n", 1)[1].strip()
        lines += [f"### {folder.name}", "", about, "", f"```{kind}", shown, "```", ""]
        for file in sorted(folder.glob("*.yaml")):
            lines += [f'```yaml title="{file.name}"', file.read_text().rstrip(), "```", ""]
    return "\n".join(lines)


def _pictures() -> str:
    """Every picture of the folder `gallery`, its caption from the text file of the same name."""
    lines = ["## Pictures", ""]
    for path in sorted((HERE / "gallery").glob("*.[pgj][nip][gf]")):
        caption = path.with_suffix(".txt").read_text().strip()
        lines += [f"![{caption.split('.')[0]}](gallery/{path.name})", "", caption, ""]
    return "\n".join(lines)


def _schemas() -> str:
    lines = [
        "# JSON schemas",
        "",
        "`nanokiln schema NAME` prints one. Editors of YAML complete keys by it:",
        "",
    ]
    lines += ["```yaml", "# yaml-language-server: $schema=recipe.json", "```", "", "| file | what it is |", "|---|---|"]
    lines += [f"| [{name}.json](../schemas/{name}.json) | {kind.about} |" for name, kind in SCHEMAS.items()]
    return "\n".join(lines)


def _commands() -> str:
    """Every verb as its own `--help` tells it; the lists of verbs have whole sentences, which typer cuts short."""
    command = [sys.executable, "-m", "typer", "nanokiln.workflows.cli.app", "utils", "docs", "--name", "nanokiln"]
    text = html.unescape(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    text = text.replace("\n", _ABOUT_VERBS, 1)
    first = dict(re.findall(r"^#+ `nanokiln (?:\S+ )?(\S+)`\n\n(.*?)\n\n", text, re.M | re.S))
    return re.sub(
        r"^\* `([\w-]+)`: .*\.\.\.$", lambda cut: f"* `{cut[1]}`: {' '.join(first[cut[1]].split())}", text, flags=re.M
    )


def _quantities() -> str:
    """What is measured, as the room that measures lists it."""
    about = (
        "What a run or a trajectory is asked, by which function, with what error. The columns by which a number is "
        "found in `results.json` are those of `Measured.to_frame()`; [Measurements](../rooms/analysis.md) says how."
    )
    return f"# Quantities\n\n{about}\n\n{as_markdown()}"


def _architecture() -> str:
    """How the program is laid out: the section of the README, and what a change must keep to."""
    text = _section("README.md", "Architecture")
    return f"# Architecture\n{text}\nWhat a change must keep to stands in `CONTRIBUTING.md` of the project.\n"


def _section(file: str, heading: str) -> str:
    """The text under a heading of the second level."""
    found = re.search(rf"^## {heading}\n(.*?)^## ", (ROOT / file).read_text(), re.M | re.S)
    if found is None:
        raise ValueError(f"{file} has no section {heading!r}")
    return found.group(1)


def _python(room: str) -> str:
    """What a room and its sub-rooms offer, one heading each."""
    package = f"nanokiln.{room}"
    lines = [
        f"# nanokiln.{room}",
        "",
        f"Import a name from the package it stands under, as `from {package} import ...`. `Array`, `Floats`, `Index`, "
        "`Mask` and `Points` are NumPy arrays, their shapes in the text; `Positive`, `Count`, `Line`, `Nanometres` and "
        "their like are numbers and texts within bounds, which `nanokiln.structures.schema` checks.",
        "",
    ]
    for name in [package, *(f"{package}.{path.parent.name}" for path in sorted((ROOT / room).glob("*/__init__.pyi")))]:
        lines += [f"## {name}", "", fence(inspect.getdoc(importlib.import_module(name)) or ""), ""]
        for offered in _offered(name):
            lines += [f"::: {offered}", "    options:", "      heading_level: 3", ""]
    return "\n".join(lines)


def _offered(package: str) -> Iterator[str]:
    """The full names of the functions and classes that a package offers, where they are defined."""
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value) or (inspect.isclass(value) and value.__module__.startswith("nanokiln.")):
            yield f"{value.__module__}.{value.__qualname__}"


def _schema(title: str, module: str, name: str) -> str:
    """A pydantic model and those inside it as tables of keys."""
    seen: dict[str, type[BaseModel]] = {}
    _collect(getattr(importlib.import_module(module), name), seen)
    lines = [f"# {title}", ""]
    for model in seen.values():
        lines += [
            f"## {model.__name__}",
            "",
            inspect.getdoc(model) or "",
            "",
            "| key | takes | default |",
            "|---|---|---|",
        ]
        for key, field in model.model_fields.items():
            default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
            lines.append(f"| `{field.alias or key}` | {_kind(field.annotation)} | {default} |")
        lines.append("")
    return "\n".join(lines)


def _collect(annotation: Any, seen: dict[str, type[BaseModel]]) -> None:
    is_model = inspect.isclass(annotation) and issubclass(annotation, BaseModel)
    if is_model and annotation.__name__ not in seen:
        seen[annotation.__name__] = annotation
        for field in annotation.model_fields.values():
            _collect(field.annotation, seen)
    for part in get_args(annotation):
        _collect(part, seen)


def _kind(annotation: Any) -> str:
    """An annotation in the words of a YAML file."""
    told = inspect.formatannotation(annotation)
    if inspect.isclass(annotation):
        return f"`{annotation.__name__}`"
    names = {part.__name__ for part in _classes(annotation)}
    literals = [str(value) for part in _parts(annotation) for value in get_args(part) if "Literal" in str(part)]
    return ", ".join(f"`{name}`" for name in [*literals, *sorted(names - {"NoneType"})]) or (f"`{told}`")


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _classes(annotation: Any) -> Iterator[type]:
    return (part for part in _parts(annotation) if inspect.isclass(part))


def _shown(value: Any) -> str:
    if value is PydanticUndefined:
        return ""
    if isinstance(value, BaseModel):
        return f"see `{type(value).__name__}`"
    return f"`{value!r}`" if value is not None else "none"


def _models() -> str:
    from nanokiln.structures.catalogue import models

    lines = [
        "# Models that ship",
        "",
        "`nanokiln build NAME --out x.png` draws one.",
        "",
        "| model | what it is |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| `{name}` | {about} |" for name, about in models().items())])


def _cards() -> str:
    lines = ["# Potentials that ship", "", "`nanokiln potentials show NAME --whole` has all of a card.", ""]
    lines += ["| card | elements | tier | source |", "|---|---|---|---|"]
    for path in sorted((ROOT / "potentials" / "data" / "cards").glob("*.yaml")):
        card = yaml.safe_load(path.read_text())
        lines.append(f"| `{card['name']}` | {' '.join(card['elements'])} | {card['tier']} | {card['source']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
