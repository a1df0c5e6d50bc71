"""What the stored column of a potential says on its card: crystals held, copper's mobility, particles' cores, the jury.

`nanokiln potentials store` writes these gates anew from the column, so that no figure is carried over by hand.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nanokiln.potentials.cards.card import DATA, Card, Gate, Kind, load_card, write_card
from nanokiln.potentials.training.publish import ranges_by_kind_K, validated_up_to_K
from nanokiln.potentials.training.system import System
from nanokiln.potentials.validation.columns import Column, stored
from nanokiln.potentials.validation.measurement import Measurement
from nanokiln.potentials.validation.parity import JURY
from nanokiln.workflows.studies.copper_mobility import CRYSTAL, FRAMEWORK, MOBILE
from nanokiln.workflows.studies.frameworks_held import CRYSTALS, ORDERS, Framework

ORDER_PERCENT = 95.0  # of a framework, that must be left
SHIFT_SPACINGS = 0.1  # of its mean places
CORE_A = 0.3

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
    if not path.is_file() or load_card(name).tier != "distilled":
        return None
    card, column = load_card(name), stored(name)
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
    parts: tuple[Callable[[Columns], Iterator[Gate]], ...] = (_frameworks, _mobility, _cores, _jury)
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
        what = f"{crystal.element} in {crystal.order} order (at least)"
        yield _gate("framework", "crystal", group, what, 100 * share, "%", ORDER_PERCENT, note, at_least=True)
    key = ("framework", name, f"{crystal.element} off its places {at}")
    shift, its = columns.value(*key), columns.taught(*key)
    if shift is not None:
        limit = None if crystal.soft else SHIFT_SPACINGS
        note = f"teacher {its:g}" if its is not None else volume
        what = f"mean places of {crystal.element} off theirs"
        yield _gate("framework", "crystal", group, what, shift, "spacings", limit, note)


def _mobility(columns: Columns) -> Iterator[Gate]:
    for (of, name, quantity), row in columns.own.items():
        if of != "mobility" or not quantity.startswith(f"D({MOBILE})") or row.value is None:
            continue
        at = quantity.removeprefix(f"D({MOBILE}) ")
        error = columns.value(of, name, f"error of {quantity}")
        order = columns.value(of, name, f"{FRAMEWORK} in fcc order {at}")
        told = [f"standard error {error:.2g}" if error is not None else "", row.note]
        told.append(f"single frames have {100 * order:.0f} % of {FRAMEWORK} fcc" if order is not None else "")
        note = "; ".join(filter(None, told))
        group = f"{CRYSTAL} at its mean volume, {at}"
        yield _gate("mobility", "crystal", group, f"D({MOBILE})", row.value, row.unit, None, note)


def _cores(columns: Columns) -> Iterator[Gate]:
    """A core is judged where the teacher's own minimisation leaves it in place: elsewhere its lattice is no minimum."""
    for (of, name, quantity), row in columns.own.items():
        if of != "cores":
            continue
        what, _, after = quantity.partition(" after ")
        group = f"{name}, after " + after.replace(" at ", ", ")
        if row.value is None:
            yield _lost("cores", "particle", group, row.note)
            continue
        taught = columns.taught(of, name, quantity)
        at_rest = columns.taught(of, name, "core after minimisation")
        judged = quantity.startswith("core") and at_rest is not None and at_rest <= CORE_A
        note = row.note + (f"; teacher {taught:g}" if taught is not None else "")
        limit = CORE_A if judged else None
        yield _gate("cores", "particle", group, f"{what} off its places", row.value, "A", limit, note)


def _jury(columns: Columns) -> Iterator[Gate]:
    for (of, name, quantity), row in columns.own.items():
        if of != JURY or quantity != "RMSE" or row.value is None:
            continue
        slope, taught = columns.value(of, name, "slope"), columns.taught(of, name, quantity)
        note = f"{row.note}; slope {slope:.2f}" + (f"; teacher {taught:.3f}" if taught is not None else "")
        limit = columns.jury_eV_A if name == "all" else None
        yield _gate(JURY, None, f"PBE jury, {name}", "force RMSE", row.value, "eV/A", limit, note)


def _gate(
    column: str,
    kind: Kind | None,
    group: str,
    quantity: str,
    value: float,
    unit: str,
    limit: float | None,
    note: str = "",
    at_least: bool = False,
) -> Gate:
    rounded = float(f"{value:.3g}")
    passed = None if limit is None else (value >= limit if at_least else value <= limit)
    return Gate(
        group=group,
        kind=kind,
        quantity=quantity,
        value=rounded,
        unit=unit,
        limit=limit,
        passed=passed,
        note=note,
        column=column,
    )


def _lost(column: str, kind: Kind, group: str, why: str) -> Gate:
    """Return the gate of a run that did not come to its end."""
    missed = Gate(group=group, kind=kind, quantity="came to its end", value=0.0, unit="of 1", limit=1.0, passed=False)
    return missed.model_copy(update={"note": why, "column": column})


def _key(key: tuple[str, ...]) -> Key:
    of, name, quantity = key
    return of, name, quantity
