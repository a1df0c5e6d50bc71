"""Barriers of the steps that matter: nudged elastic bands through LAMMPS on the distilled potentials, kept as data."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from ase import Atoms
from ase.calculators.calculator import Calculator

from nanokiln.analysis.clock.barriers import COMPUTED, barriers
from nanokiln.potentials.basis.committee import Committee
from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.cards.card import Card, PotentialError, list_cards, load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.training.student import load_committee
from nanokiln.potentials.validation.bench import TEACHERS
from nanokiln.potentials.validation.hops import REACH_A, Hop, hop_prefactor
from nanokiln.potentials.validation.measurement import Bench, energy, relax
from nanokiln.potentials.validation.pathways import Pathway, find_pathway
from nanokiln.potentials.validation.subjects import Subjects
from nanokiln.workflows.studies.band_paths import SHIPPED, NoPathError, Step, ends

# What a generalised-gradient functional itself may be wrong by, which no comparison of potentials with it can show.
FUNCTIONAL_EV = 0.15
PREFACTOR_DECADES = 0.5
PREFACTOR_RANGE = (12.0, 14.0)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """What was found for a step: its path, or why there is none; `prefactor` in 1/s or why there is only a range;
    `teachers` the barrier (eV) that each teacher gives on the very same first and highest image, `members` that of each
    fit of the potential's committee, `stretch` by what their spread grows to the potential's error."""

    step: Step
    card: Card | None
    pathway: Pathway | None = None
    mover: int = 0
    reason: str = ""
    prefactor: float | None = None
    prefactor_reason: str = ""
    teachers: dict[str, float] = field(default_factory=dict)
    members: tuple[float, ...] = ()
    stretch: float = 1.0

    @property
    def barrier_eV(self) -> float:
        """The barrier of the step, or of its way back where the step asks for that."""
        assert self.pathway is not None
        return self.pathway.backward_eV if self.step.backward else self.pathway.barrier_eV

    @property
    def sigma_eV(self) -> float | None:
        """The larger of what teachers and members say of the potential, and the functional's own error, in squares.

        Teachers: student against teacher and teacher against teacher. None without both teachers or a committee: a
        potential alone cannot say how wrong it is.
        """
        told = []
        if len(self.teachers) > 1:
            first, second = list(self.teachers.values())[:2]
            told.append(float(np.hypot(self.barrier_eV - first, first - second)))
        if len(self.members) > 1:
            told.append(self.stretch * float(np.std(self.members, ddof=1)))
        return float(np.hypot(max(told), FUNCTIONAL_EV)) if told else None


def compute_barriers(
    steps: Sequence[Step] = SHIPPED, teachers: Sequence[str] = TEACHERS, say: Say = lambda _: None
) -> Iterator[Found]:
    """Yield every step as it is done; what cannot be computed comes with its reason."""
    judges = {name: judge for name in teachers if (judge := _teacher(name, say)) is not None}
    for card_name in dict.fromkeys(step.card for step in steps):
        mine = [step for step in steps if step.card == card_name]
        try:
            card = load_card(card_name)
        except PotentialError as error:
            yield from (Found(step, None, reason=str(error)) for step in mine)
            continue
        bench = Bench(card_calculator(card), Subjects.load(card.elements))
        committee = load_committee(card)
        for step in mine:
            say(step.name)
            crystal = bench.attach(bench.subjects.phases[step.crystal].atoms())
            found = _one(step, card, relax(crystal, cell=True), bench, judges)
            yield found if committee is None else _by_members(found, committee)


def _teacher(name: str, say: Say) -> Calculator | None:
    try:
        return load_calculator(name)
    except ModuleNotFoundError as error:
        say(f"without teacher {name} ({error}): barriers will have no interval")
        return None


def _one(step: Step, card: Card, crystal: Atoms, bench: Bench, judges: dict[str, Calculator]) -> Found:
    try:
        both = ends(step, crystal, bench.calculator)
        pathway = find_pathway(both.start, both.end, bench.calculator, images=both.images)
    except (NoPathError, RuntimeError) as error:
        return Found(step, card, reason=str(error))
    if step.kind != "landing" and pathway.barrier_eV <= 0.0:
        return Found(step, card, reason="the path only falls: its start is no lasting place under this potential")
    prefactor, why = _prefactor(step, pathway, both.mover, bench)
    return Found(step, card, pathway, both.mover, "", prefactor, why, _judged(step, pathway, judges))


def _by_members(found: Found, committee: Committee) -> Found:
    """Return it with every member's barrier on the same two images: to first order that of the member's own path."""
    if found.pathway is None:
        return found
    foot, top = found.pathway.images[-1 if found.step.backward else 0], found.pathway.saddle
    heights = committee.energies_eV(top) - committee.energies_eV(foot)
    return replace(found, members=tuple(float(height) for height in heights), stretch=committee.stretch)


def _judged(step: Step, pathway: Pathway, judges: dict[str, Calculator]) -> dict[str, float]:
    told = {}
    for name, judge in judges.items():
        heights = []
        for image in (pathway.images[-1 if step.backward else 0], pathway.saddle):
            image = image.copy()
            image.pbc = True
            image.calc = judge
            heights.append(energy(image))
        told[name] = heights[1] - heights[0]
    return told


def _prefactor(step: Step, pathway: Pathway, mover: int, bench: Bench) -> tuple[float | None, str]:
    """Return Vineyard's frequency of the atoms near the one that moves, or why there is none."""
    if step.kind == "landing":
        return None, "no saddle between surface and vacuum"
    first = pathway.images[-1 if step.backward else 0]
    try:
        found = hop_prefactor(bench, Hop(first, pathway.saddle, mover, pathway.barrier_eV))
    except ValueError as error:
        return None, f"no first-order saddle: {error}"
    return found, f"Vineyard, atoms within {REACH_A} A of the one that moves"


def entry(found: Found) -> dict[str, Any]:
    """Return the entry of `barriers-neb.yaml` for a barrier with an interval."""
    assert found.pathway is not None
    assert found.card is not None
    assert found.sigma_eV is not None
    value = max(found.barrier_eV, 0.0)
    if found.prefactor is not None:
        prefactor = {"value": round(float(np.log10(found.prefactor)), 2), "sigma": PREFACTOR_DECADES}
    else:
        prefactor = dict(zip(("low", "high"), PREFACTOR_RANGE, strict=True))
    step = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(found.step).items() if k not in ("name",)}
    images = found.pathway.images
    return {
        "barrier_eV": {"value": round(value, 3), "sigma": round(found.sigma_eV, 3)},
        "log10_prefactor": prefactor,
        "obtained": "neb",
        "source": f"climbing-image band through LAMMPS; sigma from {_told_by(found)} on the same images, and "
        f"{FUNCTIONAL_EV} eV for the functional, in squares",
        "provenance": {
            "potential": found.card.name,
            "sha256": found.card.fitted(images[0].get_chemical_symbols()).sha256,
            "teachers_eV": {name: round(value, 3) for name, value in found.teachers.items()},
            "members_eV": [round(value, 3) for value in found.members],
            "path": step,
            "atoms": len(images[0]),
            "cell_A": [round(float(length), 3) for length in images[0].cell.lengths()],
            "images": len(images),
            "residual_force_eV_A": round(found.pathway.residual_eV_A, 3),
            "energies_eV": [round(float(e - found.pathway.energies_eV[0]), 3) for e in found.pathway.energies_eV],
            "jump_A": round(jump_A(found), 3),
            "prefactor": found.prefactor_reason,
        },
    }


def _told_by(found: Found) -> str:
    """Return in words what the interval of a barrier comes from."""
    teachers = "student against teacher, teacher against teacher"
    members = f"{found.stretch:.2g} times the spread of {len(found.members)} fits"
    told = [text for text, number in ((teachers, len(found.teachers)), (members, len(found.members))) if number > 1]
    return " or, if larger, ".join(told)


def jump_A(found: Found) -> float:
    """Return how far the atom that moves goes from end to end."""
    assert found.pathway is not None
    images = found.pathway.images
    return float(np.linalg.norm(images[-1].positions[found.mover] - images[0].positions[found.mover]))


def current_barriers(path: Path = COMPUTED) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the stored barriers whose potential ships as it was, and of those that are refused."""
    shipped = {file.sha256 for card in list_cards() for file in card.files}
    names = barriers(path)
    current = tuple(name for name, entry in names.items() if entry.provenance.get("sha256") in shipped)
    return current, tuple(name for name in names if name not in current)


def write_barriers(found: Sequence[Found], path: Path) -> Path:
    """Write what has an interval as entries, the rest as comments with their reasons; other steps of the file stay."""
    done = {one.step.name for one in found}
    kept = {name: old for name, old in _entries(path).items() if name not in done}
    lines = [
        "# Computed by `nanokiln barriers`. None of these replaces a stated range by itself: the clock draws from",
        "# those of barriers.yaml, and from these only where it is asked to (`--computed-barriers`).",
    ]
    for one in found:
        if one.pathway is None:
            lines.append(f"# {one.step.name}: not found ({one.reason})")
        elif one.sigma_eV is None:
            lines.append(
                f"# {one.step.name}: {one.barrier_eV:.2f} eV, without both teachers or a committee no interval"
            )
    new = {one.step.name: entry(one) for one in found if one.pathway is not None and one.sigma_eV is not None}
    entries = kept | new
    body = yaml.safe_dump(entries, sort_keys=False, width=120, default_flow_style=None) if entries else "{}\n"
    path.write_text("\n".join(lines) + "\n" + body)
    return path


def _entries(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}
