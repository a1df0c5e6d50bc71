"""What `nanokiln potentials show` prints of a card: one screen, or the whole of it."""

import re
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nanokiln.potentials.cards.card import Card, Kind
from nanokiln.workflows.tabular import show as show_table

_END = re.compile(r"(?<=[a-z0-9)%])[.;] ")
_COLOURS = {None: "white", True: "green", False: "red"}


def show_screen(card: Card) -> None:
    """Print what one must know before a run: the range of each kind of system, why it ends there, and each fault's
    first words."""
    console = _console()
    _say(console, "title", card.title)
    _say(console, "purpose", card.purpose)
    _say(console, "elements", f"{' '.join(card.elements)}; {card.tier}, cutoff {card.cutoff_A:g} A")
    _say(console, "source", card.source)
    _say(console, "licence", card.licence)
    if card.gates:
        show_table(_ranges(card))
    else:
        _say(console, "validated K", card.told_range())
    for fault in card.faults:
        console.print(f"[red]fault[/]: {escape(_first(fault))}", no_wrap=console.is_terminal, overflow="ellipsis")
    if card.faults or card.gates:
        console.print(
            f"`nanokiln potentials show {card.name} --whole`: {len(card.gates)} figures, faults in full, commands"
        )


def show_whole(card: Card) -> None:
    """Print all that a card says: every fault in full, every figure beside its limit, and the commands that made it."""
    console = _console()
    for key in ("title", "purpose", "elements", "tier", "cutoff_A", "shortest_A", "source", "licence", "made_by"):
        value = getattr(card, key)
        _say(console, key, " ".join(value) if isinstance(value, tuple) else str(value))
    _say(console, "validated K", card.told_range())
    for fault in card.faults:
        console.print(f"[red]fault[/]: {escape(fault)}")
    groups: dict[str, list[str]] = {}
    for gate in card.gates:
        figure = f"[{_COLOURS[gate.passed]}]{escape(gate.told())}[/] {escape(gate.note)}"
        groups.setdefault(gate.group, []).append(figure.rstrip())
    table = Table("measured on", "figures", show_lines=True)
    for group, lines in groups.items():
        table.add_row(escape(group), "\n".join(lines))
    if groups:
        console.print(table)


def _console() -> Console:
    """Return a console that leaves lines whole where nobody watches."""
    console = Console(highlight=False)
    console.soft_wrap = not console.is_terminal
    return console


def _say(console: Console, key: str, text: str) -> None:
    if text:
        console.print(f"[bold]{key}[/]: {escape(text)}")


def _first(text: str) -> str:
    """Return the first sentence, or what stands before its first semicolon outside brackets."""
    ends = (found.start() for found in _END.finditer(text))
    end = next((end for end in ends if text.count("(", 0, end) == text.count(")", 0, end)), None)
    return text[:end].rstrip(".")


def _ranges(card: Card) -> Table:
    table = Table("kind of system", "valid, K", "held", "missed first beyond")
    for kind in (*get_args(Kind), None):
        asked = [gate for gate in card.gates if gate.kind == kind and gate.passed is not None]
        if not asked:
            continue
        low_K, high_K = card.kinds_K.get(kind, card.validated_K) if kind else card.validated_K
        valid = f"{low_K:g}-{high_K:g}" if high_K else "none"
        others = (f"{gate.group}: {gate.told()}" for gate in asked if not gate.passed)
        missed = card.missed(kind) if kind else next(others, "")
        held = f"{sum(bool(gate.passed) for gate in asked)} of {len(asked)}"
        table.add_row(kind or "of all", valid if kind else "", held, f"[red]{escape(missed)}[/]" if missed else "-")
    return table
