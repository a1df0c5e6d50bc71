"""Tables for people and for programs: drawn in a terminal, tab-separated and whole where the output is piped."""

from itertools import zip_longest

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nanokiln.workflows.answer import answer


def show(table: Table) -> None:
    """Print a table: with lines and as wide as the terminal, or a row per line and nothing cut where nobody watches."""
    console = Console()
    if console.is_terminal:
        console.print(table)
        return
    if table.title:
        answer(_plain(table.title))
    cells = [[str(column.header), *(_plain(cell) for cell in column.cells)] for column in table.columns]
    for row in zip_longest(*cells, fillvalue=""):
        answer("\t".join(row))


def _plain(cell: object) -> str:
    text = Text.from_markup(cell) if isinstance(cell, str) else cell
    return " ".join(str(text).split())
