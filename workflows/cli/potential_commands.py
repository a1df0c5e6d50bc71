"""The `nanokiln potentials` verbs."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.cli.json_option import JsonOption

if TYPE_CHECKING:
    from nanokiln.potentials.validation.bench import Whole

_LOG = logging.getLogger(__name__)
potentials = typer.Typer(
    help="What the atoms feel: cards, their measured errors, and how they were made.", no_args_is_help=True
)


@potentials.command("list")
def list_(
    plain: Annotated[bool, typer.Option("--plain", help="bare names, one per line")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the potentials."""
    from nanokiln.potentials.cards.card import list_cards

    if plain:
        answer("\n".join(card.name for card in list_cards()))
        return
    if as_json:
        answer_json(list_cards())
        return
    from rich.table import Table

    from nanokiln.workflows.tabular import show as show_table

    table = Table("potential", "tier", "elements", "validated K", "title")
    for card in list_cards():
        table.add_row(card.name, card.tier, " ".join(card.elements), card.told_range(), card.title)
    show_table(table)


@potentials.command()
def show(
    name: Annotated[str, typer.Argument(help="name of a potential, or path of one's own card")],
    whole: Annotated[bool, typer.Option("--whole", help="every figure, faults in full, commands")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a potential's card on one screen: its source, its ranges with the figure that ends each, its faults."""
    from nanokiln.potentials.cards.card import PotentialError, load_card
    from nanokiln.workflows.cli.card_screen import show_screen, show_whole
    from nanokiln.workflows.errors import InputError

    try:
        card = load_card(name)
        card.check()
    except PotentialError as error:
        raise InputError(str(error)) from error
    if as_json:
        answer_json(card)
    else:
        (show_whole if whole else show_screen)(card)


@potentials.command()
def fit(
    system: Annotated[str, typer.Argument(help="name of a shipped system, or path of one's own YAML")],
    work: Annotated[Path, typer.Option(help="folder of the fit; an interrupted fit goes on there")],
    seeds: Annotated[int, typer.Option(help="random cells to begin with")] = 1200,
    rounds: Annotated[int, typer.Option(help="most rounds of the student's own dynamics")] = 4,
    processes: Annotated[int, typer.Option(help="processes for labels and normal equations")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Distil a teacher into a potential that LAMMPS runs, with error bars of its forces (needs the extra `teacher`)."""
    from nanokiln.workflows.errors import InputError

    try:
        from nanokiln.potentials.training.fit import fit as distil
        from nanokiln.potentials.training.system import System

        student = distil(System.load(system), work, seeds, rounds, _LOG.info, processes)
    except ModuleNotFoundError as error:
        raise InputError(f"fitting needs the extra `teacher` ({error}): pip install 'nanokiln[teacher]'") from error
    except ValueError as error:
        raise InputError(str(error)) from error
    if as_json:
        answer_json({"student": student})
        return
    answer(f"student: {student}; `nanokiln potentials publish {system} --work {work}` measures it and writes its card")


@potentials.command()
def publish(
    system: Annotated[str, typer.Argument(help="name of a shipped system, or path of one's own YAML")],
    work: Annotated[Path, typer.Option(help="folder of a finished fit")],
    model: Annotated[list[Path] | None, typer.Option(help="extended XYZ of a free particle to judge it on too")] = None,
    head: Annotated[
        Path | None, typer.Option(help="YAML with the card's name, title, source, licence, purpose")
    ] = None,
    processes: Annotated[int, typer.Option(help="processes that measure gates side by side")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure the gates of the last student of a fit, and write its card (needs the extra `teacher`)."""
    from nanokiln.potentials.training.publish import head_of, publish
    from nanokiln.potentials.training.system import System
    from nanokiln.workflows.errors import InputError

    if head is None and Path(system).suffix in {".yaml", ".yml"}:
        raise InputError(
            f"{system} is a system of your own: give --head FILE, a YAML with the card's name, title, source, licence "
            "and purpose"
        )
    try:
        card = publish(System.load(system), work, model or [], head_of(head or system), processes=processes)
    except ModuleNotFoundError as error:
        raise InputError(f"gates need the extra `teacher` ({error}): pip install 'nanokiln[teacher]'") from error
    except (ValueError, FileNotFoundError) as error:
        raise InputError(str(error)) from error
    if as_json:
        answer_json(card)
        return
    missed = [f"{gate.group}: {gate.told()}" for gate in card.gates if gate.passed is False]
    answer(f"card {card.name}: {len(card.gates)} figures; " + ("every gate passed" if not missed else "missed:"))
    answer("\n".join(missed))


OnlyOption = Annotated[list[str] | None, typer.Option(help="properties to measure [default: all but the slow ones]")]
MembersOption = Annotated[
    bool, typer.Option("--members", help="measure under each fit of the committee too (as many times as long): errors")
]


@potentials.command()
def validate(
    name: Annotated[str, typer.Argument(help="name of a potential, or path of one's own card")],
    out: Annotated[Path | None, typer.Option(help="folder of the report [default: validation-NAME]")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="teachers or cards to set beside it")] = None,
    only: OnlyOption = None,
    members: MembersOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a potential beside its teachers and experiment: HTML and JSON.

    Seconds to a minute: lattice, energies, forces, jury (forces against PBE), equation of state, elastic constants,
    surface energy, defect energy, hop barrier (with prefactor), quench (hot Cu2Se brought to rest), phonons, thermal
    expansion. Minutes each, by `--only`: melting (brackets from half molten crystals), elastic constants at 300 K,
    mobility (D of Cu in Cu2Se at 500, 675, 900 K), framework (anions kept in order over 20 ps at 300 to 1200 K), cores
    (how far minimisation takes the core of small particles).
    """
    from nanokiln.potentials.cards.card import PotentialError
    from nanokiln.potentials.validation.bench import TEACHERS, validate
    from nanokiln.workflows.errors import InputError

    asked, more = _asked(only)
    folder = out or Path(f"validation-{Path(name).stem}")
    try:
        page = validate(name, folder, beside or TEACHERS, asked, _LOG.info, more, members)
    except PotentialError as error:
        raise InputError(str(error)) from error
    if as_json:
        answer(page.with_suffix(".json").read_text().rstrip())
        return
    answer(f"{page} and {page.with_suffix('.json').name} beside it")


@potentials.command()
def judge(
    run: Annotated[Path, typer.Argument(help="directory of a finished run")],
    beside: Annotated[str, typer.Option(help="teacher, or any ASE calculator as package.module:factory")] = "nequix",
    frames: Annotated[int, typer.Option(help="frames of the run, evenly from the first to the last")] = 8,
    as_json: JsonOption = False,
) -> None:
    """Judge a potential in a run of its own: frames of the run, labelled by a teacher (needs the extra `teacher`).

    Energies of two methods may differ by a constant: what tells is their spread over the frames, and the forces.
    """
    from rich.table import Table

    from nanokiln.workflows.studies.own_frames import judge_frames
    from nanokiln.workflows.tabular import show as show_table

    judged = judge_frames(run, beside, frames)
    if as_json:
        answer_json(judged)
        return
    table = Table("ps", "K", "atoms", "meV/atom", "eV/A", "of eV/A")
    for one in judged:
        when = (f"{one.time_ps:g}", f"{one.temperature_K:.0f}", str(one.atoms))
        table.add_row(
            *when, f"{one.energy_meV_per_atom:.1f}", f"{one.forces_eV_A:.3f}", f"{one.teacher_forces_eV_A:.3f}"
        )
    show_table(table)
    offsets = [one.energy_meV_per_atom for one in judged]
    mean = sum(offsets) / len(offsets)
    spread = (sum((offset - mean) ** 2 for offset in offsets) / len(offsets)) ** 0.5
    squares = sum(one.forces_eV_A**2 for one in judged) / len(judged)
    answer(f"off {beside}: {mean:.1f} meV/atom, spread {spread:.1f} over {len(judged)} frames; {squares**0.5:.3f} eV/A")


@potentials.command()
def store(
    name: Annotated[str, typer.Argument(help="name of a shipped potential or of a teacher")],
    only: OnlyOption = None,
    members: MembersOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a potential or teacher and keep its column with the package, for later reports and the clock.

    What is kept of other properties stays while the potential's files are the same. The card of a distilled potential
    repeats framework, mobility, cores and jury as gates, and its ranges follow from them. A teacher needs the extra
    `teacher` and takes about a hundred times as long as a potential that LAMMPS runs.
    """
    from nanokiln.potentials.validation.bench import store
    from nanokiln.workflows.errors import InputError
    from nanokiln.workflows.studies.kept_gates import keep_gates

    asked, more = _asked(only)
    try:
        path = store(name, asked, _LOG.info, more, members)
    except ModuleNotFoundError as error:
        raise InputError(f"a teacher needs the extra `teacher` ({error}): pip install 'nanokiln[teacher]'") from error
    except ValueError as error:
        raise InputError(str(error)) from error
    finally:
        keep_gates(name)  # an interrupted one has kept what it measured
    if as_json:
        answer_json({"file": path, "column": json.loads(path.read_text())})
    else:
        answer(f"kept: {path}")


def _asked(only: list[str] | None) -> tuple[Sequence[str], dict[str, "Whole"]]:
    """Return the properties to measure, and those of them that this room adds."""
    from nanokiln.potentials.validation.bench import PROPERTIES, SLOW
    from nanokiln.workflows.errors import InputError
    from nanokiln.workflows.studies.copper_mobility import compute_mobility
    from nanokiln.workflows.studies.frameworks_held import compute_cores, compute_frameworks

    more: dict[str, Whole] = {"mobility": compute_mobility, "framework": compute_frameworks, "cores": compute_cores}
    known = (*PROPERTIES, *SLOW, *more)
    if unknown := sorted(set(only or ()) - set(known)):
        raise InputError(f"no property {', '.join(unknown)}; there are: {', '.join(known)}")
    return only or PROPERTIES, more
