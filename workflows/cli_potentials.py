"""The `nanokiln potentials` verbs."""

from typing import Annotated

import typer

potentials = typer.Typer(
    help="What the atoms feel: cards, their measured errors, and how they were made.", no_args_is_help=True
)


@potentials.command("list")
def list_(plain: Annotated[bool, typer.Option("--plain", help="bare names, one per line")] = False) -> None:
    """List the potentials."""
    from nanokiln.potentials.card import list_cards

    if plain:
        print("\n".join(card.name for card in list_cards()))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("potential", "tier", "elements", "validated K", "title")
    for card in list_cards():
        low, high = card.validated_K
        table.add_row(card.name, card.tier, " ".join(card.elements), f"{low:g}-{high:g}", card.title)
    Console().print(table)


@potentials.command()
def show(name: Annotated[str, typer.Argument(help="name of a potential, or path of one's own card")]) -> None:
    """Show a potential's card: source, range, faults and measured gates."""
    from rich.console import Console
    from rich.table import Table

    from nanokiln.potentials.card import PotentialError, load_card
    from nanokiln.workflows.errors import InputError

    try:
        card = load_card(name)
        card.check()
    except PotentialError as error:
        raise InputError(str(error)) from error
    console = Console()
    for key in (
        "title",
        "purpose",
        "elements",
        "tier",
        "cutoff_A",
        "shortest_A",
        "validated_K",
        "source",
        "licence",
        "made_by",
    ):
        value = getattr(card, key)
        text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        if text:
            console.print(f"[bold]{key}[/]: {text}", highlight=False)
    for fault in card.faults:
        console.print(f"[red]fault[/]: {fault}", highlight=False)
    table = Table("group", "quantity", "value", "limit", "unit", "passed", "note")
    for gate in card.gates:
        limit = "" if gate.limit is None else f"{gate.limit:g}"
        passed = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[gate.passed]
        table.add_row(gate.group, gate.quantity, f"{gate.value:g}", limit, gate.unit, passed, gate.note)
    if card.gates:
        console.print(table)
