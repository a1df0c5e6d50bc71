"""The option of every verb: its answer as JSON, for a script."""

from typing import Annotated

import typer

from nanokiln.workflows.answer import hush


def _for_a_script(asked: bool) -> bool:
    if asked:
        hush()
    return asked


JsonOption = Annotated[
    bool,
    typer.Option("--json", callback=_for_a_script, help="answer in JSON, without lines of progress"),
]
