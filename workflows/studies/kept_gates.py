"""What the stored column of a potential says on its card: crystals held, copper's mobility, particles' cores, the jury.

`nanokiln potentials store` writes these gates anew from the column, so that no figure is carried over by hand.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nanokiln.potentials.cards.card import DATA, Card, Gate, Kind, load_card, write_card
from nanokiln.potentials.training.publish import ranges_by_kind_K, validated_up_to_K
from nanokiln.potentials.training.system import System
from nanokiln.potentials.validation.columns import Column, stored
from nanokiln.potentials.validation.measurement import FAILED, Measurement
from nanokiln.potentials.validation.parity import JURY
from nanokiln.workflows.studies.copper_mobility import CRYSTAL, FRAMEWORK, MOBILE
from nanokiln.workflows.studies.frameworks_held import CRYSTALS, ORDERS, Framework

ORDER_PERCENT = 95.0  # of a framework, that must be left
SHIFT_SPACINGS = 0.1  # of its mean places
CORE_A = 0.3

# Properties that `store` is asked for, and the column their rows carry.
ASKED = {"framework": "framework", "mobility": "mobility", "cores": "cores", "jury": JURY}

Key = tuple[str, str, str]
Rows = Mapping[Key, Measurement]


@dataclass(frozen=True)
class Columns:
    """Rows of a potential and of its teacher by their keys, and what is asked of forces against PBE."""

    own: Rows
    teacher: Rows
    jury_eV_A: float | None

    def value(self, *key: str) -> float | None:
        """Return a figure of the potential; None where there is none."""
        row = self.own.get(_key(key))
        return None if row is None else row.value

    def taught(self, *key: str) -> float | None:
        """Return a figure of the teacher; None where it was not measured."""
        row = self.teacher.get(_key(key))
        return None if row is None else row.value


def keep_gates(name: str) -> Card | None:
    """Write the card of a shipped distilled potential anew with the gates of its stored column, and return it.

    Gates that were measured otherwise stay; ranges follow from all. None for what has no such card: a teacher, or a
    published potential, whose range is a stated one.
    """
    path = DATA / "cards" / f"{name}.yaml"
    card = load_card(name) if path.is_file() else None
    if card is None or card.tier != "distilled":
        return None
    column = stored(name)
    gates = [gate for gate in card.gates if not gate.column]
    if column is not None:
        gates += column_gates(card, column)
    asked_K = System.load(name).limits.temperatures_K
    card = card.model_copy(
        update={
            "gates": tuple(gates),
            "validated_K": (0.0, validated_up_to_K(gates, asked_K)),
            "kinds_K": ranges_by_kind_K(gates, asked_K),
        }
    )
    write_card(card, path)
    return card


def column_gates(card: Card, column: Column) -> list[Gate]:
    """Return the gates that a column answers, each beside what the teacher's own column has."""
    teacher = stored(card.made_from.teacher)
    both = Columns(
        {row.key(): row for row in column.rows},
        {} if teacher is None else {row.key(): row for row in teacher.rows},
        System.load(card.name).limits.jury_eV_A,
    )
    parts: tuple[Callable[[Columns], Iterator[Gate]], ...] = (_frameworks, _mobility, _cores, _jury, _failed)
    return [gate for part in parts for gate in part(both)]


def _frameworks(columns: Columns) -> Iterator[Gate]:
    for name, crystal in CRYSTALS.items():
        for temperature_K in crystal.temperatures_K:
            yield from _framework(columns, name, crystal, f"{temperature_K:g} K")


def _framework(columns: Columns, name: str, crystal: Framework, at: str) -> Iterator[Gate]:
    keys = {order: ("framework", name, f"{crystal.element} in {order} order {at}") for order in ORDERS}
    row = columns.own.get(keys["fcc"])
    if row is None:
        return
    if row.value is None:
        yield _lost("framework", "crystal", f"{name}, {at}", row.note)
        return
    group = f"{name} of {row.note}, {at}"
    volume = f"{columns.value('framework', name, f'volume {at}'):.1f} A3/atom"
    if crystal.order is not None:
        share, its = columns.value(*keys[crystal.order]) or 0.0, columns.taught(*keys[crystal.order])
        shares = ", ".join(f"{100 * (columns.value(*key) or 0.0):.0f} % {order}" for order, key in keys.items())
        note = f"{shares}; {volume}" + (f"; teacher {100 * its:.0f} %" if its is not None else "")
        yield Gate(
            column="framework",
            kind="crystal",
            group=group,
            quantity=f"{crystal.element} in {crystal.order} order (at least)",
            value=_rounded(100 * share),
            unit="%",
            limit=ORDER_PERCENT,
            passed=100 * share >= ORDER_PERCENT,
            note=note,
        )
    key = ("framework", name, f"{crystal.element} off its places {at}")
    shift, its = columns.value(*key), columns.taught(*key)
    if shift is not None:
        limit = None if crystal.soft else SHIFT_SPACINGS
        yield Gate(
            column="framework",
            kind="crystal",
            group=group,
            quantity=f"mean places of {crystal.element} off theirs",
            value=_rounded(shift),
            unit="spacings",
            limit=limit,
            passed=_within(shift, limit),
            note=f"teacher {its:g}" if its is not None else volume,
        )


def _mobility(columns: Columns) -> Iterator[Gate]:
    for (of, name, quantity), row in columns.own.items():
        if of != "mobility" or not quantity.startswith(f"D({MOBILE})") or row.value is None:
            continue
        at = quantity.removeprefix(f"D({MOBILE}) ")
        error = columns.value(of, name, f"error of {quantity}")
        order = columns.value(of, name, f"{FRAMEWORK} in fcc order {at}")
        told = [f"standard error {error:.2g}" if error is not None else "", row.note]
        told.append(f"single frames have {100 * order:.0f} % of {FRAMEWORK} fcc" if order is not None else "")
        yield Gate(
            column=of,
            kind="crystal",
            group=f"{CRYSTAL} at its mean volume, {at}",
            quantity=f"D({MOBILE})",
            value=_rounded(row.value),
            unit=row.unit,
            note="; ".join(filter(None, told)),
        )


def _cores(columns: Columns) -> Iterator[Gate]:
    """A core is judged where the teacher's own minimisation leaves it in place: elsewhere its lattice is no minimum."""
    for (of, name, quantity), row in columns.own.items():
        if of != "cores" or quantity == FAILED:
            continue
        what, _, after = quantity.partition(" after ")
        group = f"{name}, after " + after.replace(" at ", ", ")
        if row.value is None:
            yield _lost("cores", "particle", group, row.note)
            continue
        taught = columns.taught(of, name, quantity)
        at_rest = columns.taught(of, name, "core after minimisation")
        judged = quantity.startswith("core") and at_rest is not None and at_rest <= CORE_A
        limit = CORE_A if judged else None
        yield Gate(
            column=of,
            kind="particle",
            group=group,
            quantity=f"{what} off its places",
            value=_rounded(row.value),
            unit="A",
            limit=limit,
            passed=_within(row.value, limit),
            note=row.note + (f"; teacher {taught:g}" if taught is not None else ""),
        )


def _jury(columns: Columns) -> Iterator[Gate]:
    for (of, name, quantity), row in columns.own.items():
        if of != JURY or quantity != "RMSE" or row.value is None:
            continue
        slope, taught = columns.value(of, name, "slope"), columns.taught(of, name, quantity)
        limit = columns.jury_eV_A if name == "all" else None
        yield Gate(
            column=of,
            group=f"PBE jury, {name}",
            quantity="force RMSE",
            value=_rounded(row.value),
            unit="eV/A",
            limit=limit,
            passed=_within(row.value, limit),
            note=f"{row.note}; slope {slope:.2f}" + (f"; teacher {taught:.3f}" if taught is not None else ""),
        )


def _failed(columns: Columns) -> Iterator[Gate]:
    """A measurement that broke off says so on the card, beside what it had found until then; it ends no range."""
    for (of, name, quantity), row in columns.own.items():
        if of in ASKED and quantity == FAILED:
            yield _lost(ASKED[of], None, f"{of}, {name}", row.note)


def _within(value: float, limit: float | None) -> bool | None:
    return None if limit is None else value <= limit


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _lost(column: str, kind: Kind | None, group: str, why: str) -> Gate:
    """Return the gate of a run, or of a whole measurement, that did not come to its end."""
    quantity, value, limit = "came to its end", 0.0, 1.0
    return Gate(
        column=column,
        kind=kind,
        group=group,
        quantity=quantity,
        value=value,
        unit="of 1",
        limit=limit,
        passed=False,
        note=why,
    )


def _key(key: tuple[str, ...]) -> Key:
    of, name, quantity = key
    return of, name, quantity
