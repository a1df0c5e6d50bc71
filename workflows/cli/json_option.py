"""The option of every verb that answers with numbers."""

from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="answer in JSON, on stdout")]
