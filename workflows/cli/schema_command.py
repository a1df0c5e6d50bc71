"""`nanokiln schema`: the JSON schema of a kind of file."""

from typing import Annotated

import typer

from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.cli.json_option import JsonOption
from nanokiln.workflows.errors import InputError


def schema(
    name: Annotated[str, typer.Argument(help="recipe, results, run, ...; without it all are listed")] = "",
    as_json: JsonOption = False,
) -> None:
    """Print the JSON schema of a file that people or the program write, for editors and other programs.

    For example: nanokiln schema recipe > recipe.schema.json; an editor that knows YAML schemas then completes keys.
    """
    from nanokiln.workflows.file_schemas import SCHEMAS, schema_of

    if not name and as_json:
        answer_json({one: kind.about for one, kind in SCHEMAS.items()})
    elif not name:
        answer(*(f"{one}\t{kind.about}" for one, kind in SCHEMAS.items()))
    elif name in SCHEMAS:
        answer_json(schema_of(name))
    else:
        raise InputError(f"no file is called {name!r}; there are: {', '.join(SCHEMAS)}")


def register(app: typer.Typer, panel: str) -> None:
    """Add the verb to the program, under a heading of its help."""
    app.command(rich_help_panel=panel)(schema)
