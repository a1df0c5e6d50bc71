"""What a distilled potential must share with its teacher, checked on their measured columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LATTICE, ELASTIC = 0.01, 0.15

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ValidationCheck:
    """A demand, how many rows it was put to, and those that missed it: subject, quantity, student and teacher."""

    demand: str
    rows: int
    missed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no row missed it; nothing to compare is no pass."""
        return self.rows > 0 and not self.missed


def within(share: float) -> Callable[[float, float], bool]:
    """Return the test that a student is within a share of its teacher."""
    return lambda student, teacher: abs(student - teacher) <= share * abs(teacher)


def same_sign(student: float, teacher: float) -> bool:
    """Whether both are on one side of zero."""
    return student * teacher > 0


def only_his_imaginary(student: float, teacher: float) -> bool:
    """Whether the student's share of imaginary modes is zero where the teacher's is."""
    return teacher > 0 or student == 0


DEMANDS: tuple[tuple[str, str, str, Callable[[float, float], bool]], ...] = (
    (f"lattice constants within {100 * LATTICE:g} % of the teacher's", "lattice", "", within(LATTICE)),
    (f"elastic constants within {100 * ELASTIC:g} % of the teacher's", "elastic constants", "", within(ELASTIC)),
    ("signs of reaction energies as the teacher's", "reaction energy", "", same_sign),
    ("imaginary modes only where the teacher has them", "phonons", "imaginary share", only_his_imaginary),
)


def compare(student: Sequence[Row], teacher: Sequence[Row]) -> list[ValidationCheck]:
    """Return every demand, put to the teacher's values for subjects and properties that the student was measured on.

    A row that the student has no value for is a miss.
    """
    own = {_key(row): row["value"] for row in student}
    measured = {(row["property"], row["subject"]) for row in student}
    out = []
    for demand, property_, quantity, holds in DEMANDS:
        rows = [r for r in teacher if r["property"] == property_ and quantity in ("", r["quantity"])]
        rows = [r for r in rows if r["value"] is not None and (property_, r["subject"]) in measured]
        missed = [r for r in rows if own.get(_key(r)) is None or not holds(own[_key(r)], r["value"])]
        out.append(ValidationCheck(demand, len(rows), tuple(_told(r, own.get(_key(r))) for r in missed)))
    return out


def _key(row: Row) -> tuple[str, str, str]:
    return row["property"], row["subject"], row["quantity"]


def _told(row: Row, own: float | None) -> str:
    mine = "nothing" if own is None else f"{own:.4g}"
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    return f"{row['subject']}: {row['quantity']} {mine} ({row['value']:.4g}){unit}"
