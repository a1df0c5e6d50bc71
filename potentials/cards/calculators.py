"""ASE calculators by name or import path: what teachers label with, and what a recipe may run on."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ase.calculators.calculator import BaseCalculator, Calculator

from nanokiln.potentials.cards import nequix
from nanokiln.potentials.cards.card import File, PotentialError
from nanokiln.structures.storage import sha256


@dataclass(frozen=True)
class NamedCalculator:
    """A calculator with a name of its own: `package.module:factory`, and how it signs labels, if not by that name."""

    factory: str
    signs: Callable[[], str] | None = None


# A teacher is a row here; what it needs is imported when it is loaded, because it comes with the extra `teacher`.
NAMED = {
    "chgnet": NamedCalculator("nanokiln.potentials.cards.chgnet:as_shipped"),
    "nequix": NamedCalculator("nanokiln.potentials.cards.nequix:oam_pft", signs=nequix.signature),
    "nequix-d3": NamedCalculator("nanokiln.potentials.cards.nequix:oam_pft_d3", signs=nequix.signature_d3),
}


def check_path(name: str) -> None:
    """Raise ValueError unless this is a calculator's name or `package.module:factory`, and no module of Python's own.

    Nothing is imported.
    """
    if name in NAMED:
        return
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(f"one of {', '.join(NAMED)} or package.module:factory was expected, not {name!r}")
    if name.partition(":")[0].partition(".")[0] in sys.stdlib_module_names:
        raise ValueError(f"{name!r} is in Python's own library, which has no ASE calculator")


def load_calculator(name: str) -> Calculator:
    """Return a calculator by name, or any ASE calculator by its import path `package.module:factory`.

    Raises ValueError for an unknown name or factory and ModuleNotFoundError when its package is not installed.
    """
    path = NAMED[name].factory if name in NAMED else name
    module, colon, factory = path.partition(":")
    if not colon:
        raise ValueError(f"no calculator '{name}'; there are {', '.join(NAMED)}, or give package.module:factory")
    check_path(name)
    home = import_module(module)
    if not hasattr(home, factory):
        raise ValueError(f"{module} has no {factory} to make a calculator with")
    made = getattr(home, factory)()
    if not isinstance(made, BaseCalculator):
        raise ValueError(f"{name} gives a {type(made).__name__}, not an ASE calculator")
    return made


def signature(name: str) -> str:
    """Return what labels are signed with: the name and, where weights may be given, the head of their checksum."""
    signs = NAMED[name].signs if name in NAMED else None
    return name if signs is None else signs()


def origin(name: str) -> tuple[str, tuple[File, ...]]:
    """Return which package a calculator comes from, and the file that decides what it computes.

    Raises PotentialError when there is no such calculator; nothing of it is loaded.
    """
    try:
        check_path(name)
    except ValueError as error:
        raise PotentialError(f"potential: there is no ASE calculator '{name}': {error}") from error
    if name in NAMED:
        return f"nanokiln's teacher {name}", ()
    module = name.partition(":")[0]
    try:
        spec = find_spec(module) if ":" in name else None
    except (ModuleNotFoundError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise PotentialError(
            f"potential: no ASE calculator '{name}'; give package.module:factory of an installed package, "
            f"or one of {', '.join(NAMED)}"
        )
    package = module.partition(".")[0]
    try:
        release = f"{package} {version(package)}"
    except PackageNotFoundError:
        release = package
    return f"ASE calculator of {release}", (_file(Path(spec.origin)),)


def _file(path: Path) -> File:
    return File(path=str(path), sha256=sha256(path))
