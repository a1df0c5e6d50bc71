"""A table that nobody watches is whole: no cell is cut, no markup is left."""

import pytest
from rich.table import Table

from nanokiln.workflows.tabular import show


def test_a_piped_table_has_a_row_per_line_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name", "what it is", title="[red]all[/]")
    table.add_row("a" * 200, "[bold]long[/] and\nbroken")
    table.add_row("short")
    show(table)
    assert capsys.readouterr().out == f"all\nname\twhat it is\n{'a' * 200}\tlong and broken\nshort\t\n"
