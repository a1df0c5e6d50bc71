"""Measure potentials side by side: student, teacher, experiment; one table as JSON and HTML."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.cards.card import PotentialError, load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.checks import compare
from nanokiln.potentials.validation.coexistence import compute_melting
from nanokiln.potentials.validation.columns import STORED as STORED
from nanokiln.potentials.validation.columns import Column, card_or_none, stored
from nanokiln.potentials.validation.defects import compute_defects
from nanokiln.potentials.validation.expansion import compute_expansion
from nanokiln.potentials.validation.hops import compute_hops
from nanokiln.potentials.validation.measurement import FAILED, Bench, Measurement
from nanokiln.potentials.validation.members import with_errors
from nanokiln.potentials.validation.parity import compute_jury, compute_parity
from nanokiln.potentials.validation.perfect_crystal import (
    compute_elastic,
    compute_energies,
    compute_equation_of_state,
    compute_lattice,
    compute_surfaces,
)
from nanokiln.potentials.validation.phonons import compute_phonons
from nanokiln.potentials.validation.quench import compute_quench
from nanokiln.potentials.validation.subjects import WARM_ELASTIC, Subjects, experiment
from nanokiln.potentials.validation.validation_page import ReportRow, ValidationReport, write_html
from nanokiln.potentials.validation.warm_elasticity import compute_warm_elastic

Whole = Callable[[Bench], Iterator[Measurement]]
Each = Callable[[Bench, str], Iterator[Measurement]]

# Of the whole bench, or of one crystal by its name.
WHOLE: dict[str, Whole] = {
    "lattice": compute_lattice,
    "energies": compute_energies,
    "forces": compute_parity,
    "jury": compute_jury,
}
EACH: dict[str, Each] = {
    "equation of state": compute_equation_of_state,
    "elastic constants": compute_elastic,
    "surface energy": compute_surfaces,
    "defect energy": compute_defects,
    "hop barrier": compute_hops,
    "quench": compute_quench,
    "phonons": compute_phonons,
    "thermal expansion": compute_expansion,
    "melting": compute_melting,
    WARM_ELASTIC: compute_warm_elastic,
}
SLOW = ("melting", WARM_ELASTIC)  # minutes of dynamics for each crystal: only when asked for
PROPERTIES = tuple(name for name in (*WHOLE, *EACH) if name not in SLOW)
TEACHERS = ("nequix", "chgnet")
NONE: Mapping[str, Whole] = MappingProxyType({})
Say = Callable[[str], None]


def measure(
    bench: Bench, properties: Sequence[str] = PROPERTIES, say: Say = lambda _: None, more: Mapping[str, Whole] = NONE
) -> list[Measurement]:
    """Return every measurement of the named properties; one that fails is a row with its reason, not the end.

    `more` are measurements by name besides those known here.
    """
    found: list[Measurement] = []
    whole = {**WHOLE, **more}
    for name in properties:
        began = time.monotonic()
        jobs = {"all": whole[name](bench)} if name in whole else {c: EACH[name](bench, c) for c in bench.crystals}
        for subject, job in jobs.items():
            try:
                found.extend(job)
            except Exception as error:  # the rest of the table is still worth having
                found.append(Measurement(name, subject, FAILED, "", None, f"{type(error).__name__}: {error}"))
        say(f"{name}: {time.monotonic() - began:.0f} s")
    return found


def _measured(
    bench: Bench, properties: Sequence[str], say: Say, more: Mapping[str, Whole], members: bool
) -> list[Measurement]:
    """Return what a bench measures; with `members`, errors by measuring it under each fit of its card's committee."""

    def rows(of: Bench) -> list[Measurement]:
        return measure(of, properties, say, more)

    return with_errors(bench, rows) if members else rows(bench)


def store(
    name: str,
    properties: Sequence[str] = PROPERTIES,
    say: Say = print,
    more: Mapping[str, Whole] = NONE,
    members: bool = False,
) -> Path:
    """Measure a card or a teacher and keep its column with the package, again after every property; return its path.

    A kept column is known by the checksums of the files it was measured with. What it holds of other properties stays
    while those files are the same. A teacher is measured on every crystal there is. `members` measures under every fit
    of a committee too, for errors. Raises PotentialError and ValueError for an unknown name, ModuleNotFoundError
    without the extra that a teacher needs.
    """
    path = STORED / f"{Path(name).stem}.json"
    bench = _bench(name, None)
    kept = stored(name)
    for part in properties:
        kept = Column.measured(name, bench, _measured(bench, (part,), say, more, members)).with_kept(kept, (part,))
        kept.write(path)
    return path


def column(
    name: str,
    elements: tuple[str, ...],
    properties: Sequence[str],
    say: Say,
    more: Mapping[str, Whole] = NONE,
    members: bool = False,
) -> Column:
    """Return the measured column of a card or a teacher.

    A teacher whose kept column is signed as it signs now is read, not run again. A card is measured; of what is not
    asked for now, its kept column adds what it has.
    """
    kept = stored(name)
    if kept is not None and card_or_none(name) is None:
        return kept
    bench = _bench(name, elements)
    rows = _measured(bench, properties, lambda text: say(f"{name}: {text}"), more, members)
    return Column.measured(name, bench, rows).with_kept(kept, properties)


def _bench(name: str, elements: tuple[str, ...] | None) -> Bench:
    """Return a bench of the crystals of some elements (default: all that the card knows, or all there are)."""
    card = card_or_none(name)
    if card is not None:
        return Bench(card_calculator(card), Subjects.load(elements or card.elements), card)
    return Bench(load_calculator(name), Subjects.load(elements))


def validate(
    name: str,
    out: Path,
    beside: Sequence[str] = TEACHERS,
    properties: Sequence[str] = PROPERTIES,
    say: Say = print,
    more: Mapping[str, Whole] = NONE,
    members: bool = False,
) -> Path:
    """Measure potential `name` beside teachers and experiment; write validation.json and validation.html into `out`.

    `beside` are other cards or teachers; those whose elements do not fit or that are not installed are
    named in the report. `more` are measurements by name besides those known here; `members` measures under every fit
    of its committee too, for errors. Returns the path of the HTML.
    Raises PotentialError for an unknown `name`.
    """
    card = load_card(name)
    elements = tuple(card.elements)
    if not Subjects.load(elements).phases:
        known = ", ".join(Subjects.load().phases)
        raise PotentialError(
            f"nothing to validate '{name}' on: no shipped crystal is made of {', '.join(elements)} only; there are: "
            f"{known}"
        )
    columns = [column(name, elements, properties, say, more, members)]
    teacher = card.made_from.teacher
    missing = {}
    for other in dict.fromkeys((*beside, teacher)) if teacher else beside:
        try:
            columns.append(column(other, elements, properties, say))
        except (ModuleNotFoundError, ValueError) as error:
            missing[other] = str(error)
    by_name = {column.name: column for column in columns}
    report = ValidationReport(
        potential=name,
        title=card.title,
        faults=card.faults,
        gates=card.gates,
        versions={package: version(package) for package in ("ase", "lammps", "phonopy")},
        columns=(*by_name, "experiment"),
        missing=missing,
        teacher=teacher,
        checks=tuple(compare(columns[0].rows, by_name[teacher].rows)) if teacher in by_name else (),
        rows=tuple(table(columns, Subjects.load(elements))),
        parity=columns[0].parity,
        free_energies=columns[0].free_energies,
        dispersions={name: column.dispersions for name, column in by_name.items()},
        densities={name: column.densities for name, column in by_name.items()},
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "validation.json").write_text(json.dumps(report.model_dump(mode="json"), indent=1) + "\n")
    return write_html(report, out / "validation.html")


def table(columns: Sequence[Column], subjects: Subjects) -> Iterator[ReportRow]:
    """Yield one row per quantity of the first column, with the values of all columns and of experiment."""
    found = experiment(subjects)
    others = {column.name: {row.key(): row for row in column.rows} for column in columns}
    for row in columns[0].rows:
        measured = {name: rows.get(row.key()) for name, rows in others.items()}
        value, source = found.get(row.key(), (None, ""))
        yield ReportRow(
            property=row.property,
            subject=row.subject,
            quantity=row.quantity,
            unit=row.unit,
            values={name: None if one is None else one.value for name, one in measured.items()} | {"experiment": value},
            errors={name: one.error for name, one in measured.items() if one is not None and one.error is not None},
            notes={name: one.note for name, one in measured.items() if one is not None and one.note},
            source=source,
        )
