"""Pair commands: which LAMMPS lines a card or a recipe may bring, checked before LAMMPS sees any of them."""

import re
from collections.abc import Sequence

from ase.data import chemical_symbols

ALLOWED = ("pair_style", "pair_coeff", "pair_modify", "comm_modify", "neigh_modify", "kspace_style", "kspace_modify")
CALLBACK = "fix external all external pf/callback 1 1"  # every step; the energy counts in the minimiser too
_OF_CALCULATOR = (CALLBACK, "fix_modify external energy yes virial yes")
_PYTHON = re.compile(r"(python|mliappy\w*|unified)(/\w+)?")  # styles that would import a module or unpickle a file
_PLACEHOLDER = re.compile(r"\{(elements|\d{1,2}|[A-Z][a-z]?)\}")
_PLAIN = re.compile(r"[\w \t.,:+*/\-^~@=%<>\\()\[\]{}]*")
SYMBOLS = frozenset(chemical_symbols[1:])


def check_elements_are_symbols(elements: Sequence[str]) -> None:
    """Raise ValueError unless every element is a chemical symbol, each once."""
    for element in elements:
        if element not in SYMBOLS:
            raise ValueError(f"elements: chemical symbols such as Cu were expected, not {element!r}")
    if len(set(elements)) < len(elements):
        raise ValueError("elements: every element once was expected")


def check_commands(lines: Sequence[str], n_files: int, *, calculator: bool = False) -> None:
    """Raise ValueError unless the lines are pair commands and nothing else.

    No shell, no Python, no variables, quotes, comments or continuation; in braces only `{elements}`, the number of a
    file or a chemical symbol. With a `calculator` its two fixes may follow.
    """
    for line in lines:
        verb, *words = line.split() or [""]
        if calculator and line in _OF_CALCULATOR:
            continue
        if verb not in ALLOWED:
            raise ValueError(
                f"pair_commands: the first must be a pair_style, the others one of {', '.join(ALLOWED)}; "
                f"this is not: {line!r}"
            )
        if not _PLAIN.fullmatch(line) or "\n" in line:
            raise ValueError(f"pair_commands: no $, &, #, quotes or line breaks were expected in {line!r}")
        if any(_PYTHON.fullmatch(word) for word in words):
            raise ValueError(
                f"pair_commands: a style that runs Python is not taken: {line!r}; give `ase: module:factory`"
            )
        _check_braces(line, n_files)
    if not lines or lines[0].split()[:1] != ["pair_style"]:
        raise ValueError(f"pair_commands: the first must be a pair_style, not {next(iter(lines), '')!r}")


def _check_braces(line: str, n_files: int) -> None:
    names = _PLACEHOLDER.findall(line)
    strange = re.search(r"[{}]", _PLACEHOLDER.sub("", line))
    if strange or any(name.isdigit() and int(name) >= n_files for name in names):
        raise ValueError(
            f"pair_commands: in braces {{elements}}, a chemical symbol or the number of one of {n_files} files was "
            f"expected: {line!r}"
        )


def check_order(line: str, elements: Sequence[str]) -> None:
    """Raise ValueError where a line for all types names elements in another order than the types 1.. = `elements`."""
    words = line.split()
    if words[:3] != ["pair_coeff", "*", "*"]:
        return
    named: list[str] = []
    while len(words) > 3 and (words[-1] in SYMBOLS or words[-1] == "NULL"):
        named.insert(0, words.pop())
    if len(named) == len(elements) and any(n not in (e, "NULL") for n, e in zip(named, elements, strict=True)):
        raise ValueError(
            f"potential: a command names the elements {' '.join(named)}, but the types of this model are "
            f"{' '.join(elements)} in this order: write {{elements}} in their place"
        )
