"""What a distilled potential must share with its teacher, checked on their measured columns."""

from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict, computed_field

from nanokiln.potentials.validation.measurement import Measurement

LATTICE, ELASTIC = 0.01, 0.15
REACH_95, COVERED = 1.96, 0.9  # standard errors of a 95 % interval, and the share of rows that it must at least cover


class ValidationCheck(BaseModel):
    """A demand, how many rows it was put to, and those that missed it: subject, quantity, student and teacher.

    `share` of the rows must hold it.
    """

    model_config = ConfigDict(frozen=True)

    demand: str
    rows: int
    missed: tuple[str, ...]
    share: float = 1.0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        """Whether no more rows missed it than may; nothing to compare is no pass."""
        return self.rows > 0 and len(self.missed) <= (1 - self.share) * self.rows


def within(share: float) -> Callable[[float, float], bool]:
    """Return the test that a student is within a share of its teacher."""
    return lambda student, teacher: abs(student - teacher) <= share * abs(teacher)


def same_sign(student: float, teacher: float) -> bool:
    """Whether both are on one side of zero."""
    return student * teacher > 0


def imaginary_only_with_teacher(student: float, teacher: float) -> bool:
    """Whether the student's share of imaginary modes is zero where the teacher's is."""
    return teacher > 0 or student == 0


DEMANDS: tuple[tuple[str, str, str, Callable[[float, float], bool]], ...] = (
    (f"lattice constants within {100 * LATTICE:g} % of the teacher's", "lattice", "", within(LATTICE)),
    (f"elastic constants within {100 * ELASTIC:g} % of the teacher's", "elastic constants", "", within(ELASTIC)),
    ("signs of reaction energies as the teacher's", "reaction energy", "", same_sign),
    ("imaginary modes only where the teacher has them", "phonons", "imaginary share", imaginary_only_with_teacher),
)


def compare(student: Sequence[Measurement], teacher: Sequence[Measurement]) -> list[ValidationCheck]:
    """Return every demand, put to the teacher's values for subjects and properties that the student was measured on.

    A row that the student has no value for is a miss.
    """
    own = {row.key(): row.value for row in student}
    measured = {(row.property, row.subject) for row in student}
    out = []
    for demand, property_, quantity, holds in DEMANDS:
        asked = [r for r in teacher if r.property == property_ and quantity in ("", r.quantity)]
        rows = [(r, r.value, own.get(r.key())) for r in asked if (property_, r.subject) in measured]
        known = [(r, theirs, mine) for r, theirs, mine in rows if theirs is not None]
        missed = tuple(_told(r, theirs, mine) for r, theirs, mine in known if mine is None or not holds(mine, theirs))
        out.append(ValidationCheck(demand=demand, rows=len(known), missed=missed))
    return [*out, *_covered(student, teacher)]


def _covered(student: Sequence[Measurement], teacher: Sequence[Measurement]) -> Iterator[ValidationCheck]:
    """Whether the intervals of rows with an error hold the teacher's values; nothing where no row has an error."""
    theirs = {row.key(): row.value for row in teacher}
    known = [
        (row, row.value, row.error, value)
        for row in student
        if row.value is not None and row.error is not None and (value := theirs.get(row.key())) is not None
    ]
    if not known:
        return
    missed = tuple(_told(row, value, mine) for row, mine, error, value in known if abs(mine - value) > REACH_95 * error)
    demand = (
        f"the teacher's value within {REACH_95} standard errors of the committee, in {100 * COVERED:g} % of the rows"
    )
    yield ValidationCheck(demand=demand, rows=len(known), missed=missed, share=COVERED)


def _told(row: Measurement, theirs: float, mine: float | None) -> str:
    own = "nothing" if mine is None else f"{mine:.4g}"
    unit = "" if row.unit == "1" else f" {row.unit}"
    return f"{row.subject}: {row.quantity} {own} ({theirs:.4g}){unit}"
