"""The verbs of the minutes clock: `clock`, `infer`, `experiment`, `what-if` and `barriers`."""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from nanokiln.workflows.errors import InputError

if TYPE_CHECKING:
    from nanokiln.analysis.clock.outlook import Inputs
    from nanokiln.analysis.clock.spec import Prediction

REVIEW = "review2019"
OutOption = Annotated[Path, typer.Option("--out", help="directory to write to")]
EnergiesOption = Annotated[
    str | None, typer.Option("--energies", help="potential or teacher whose energies replace the tabulated ones")
]
ExperimentOption = Annotated[
    str, typer.Option("--experiment", help="shipped experiment by its name, or the folder of one's own")
]
WithOption = Annotated[
    list[str] | None, typer.Option("--with", metavar="NAME", help="hypothesis that is to hold, by its name; repeatable")
]
WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", metavar="NAME", help="hypothesis that is not to hold; repeatable")
]
ComputedOption = Annotated[
    bool, typer.Option("--computed-barriers", help="barriers by nudged elastic band replace the stated ranges")
]


def register(app: typer.Typer, panel: str) -> None:
    """Add the verbs to a command line, under a heading of its `--help`."""
    for function in (clock, infer, experiment, what_if, barriers):
        app.command(function.__name__.replace("_", "-"), rich_help_panel=panel)(function)


def clock(
    file: Annotated[Path, typer.Argument(help="experiment for the clock, a .yaml file with heating and particles")],
    out: OutOption = Path("clock"),
    samples: Annotated[int | None, typer.Option(help="Monte Carlo samples, in place of the file's")] = None,
    energies: EnergiesOption = None,
    computed_barriers: ComputedOption = False,
    supposing: WithOption = None,
    denying: WithoutOption = None,
) -> None:
    """From nanoseconds to minutes: at what temperature, after how long, and why, with all uncertainty.

    FILE holds, for example: {heating: {plateaus_C: [300, 350, 400], hold_min: 15}, particles: [{name: my rod,
    kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]}. Mechanisms are hypotheses:
    --with "charge balance" switches one on, --without "exchange through the bulk" one off.
    """
    from nanokiln.analysis.clock.hypotheses import supposing as suppose
    from nanokiln.analysis.clock.spec import load_clock_spec, predict
    from nanokiln.analysis.report.clock_page import write_clock

    spec = _input(load_clock_spec, file)
    spec = spec if samples is None else spec.model_copy(update={"samples": samples})
    replaced = _replacements(energies, computed_barriers) | _input(suppose, {}, supposing or (), denying or ())
    spec = spec.model_copy(update={"inputs": {**replaced, **spec.inputs}})
    with Console(stderr=True).status(f"{len(spec.particles)} particles, {spec.samples} samples"):
        predictions = predict(spec)
    page = write_clock(predictions, spec.samples, out)
    for prediction in predictions:
        _print_prediction(prediction)
    print(page)


def infer(
    file: Annotated[
        Path | None, typer.Argument(help="observations, a .yaml file; without it those of the experiment")
    ] = None,
    source: ExperimentOption = REVIEW,
    group: Annotated[list[str] | None, typer.Option(help="groups of observations to use; all without it")] = None,
    samples: Annotated[int, typer.Option(help="samples to lead from the prior to the posterior")] = 800,
) -> None:
    """What was seen (none, partial or complete at a temperature) narrows barriers, coefficients and enthalpies."""
    from nanokiln.analysis.clock.inference import infer_in_steps, load_observations
    from nanokiln.analysis.experiment import load_experiment

    about = _input(load_experiment, source)
    observations = _input(load_observations, file) if file else about.observations
    chosen = _input(observations.of, group or list(observations.groups))
    with Console(stderr=True).status(f"{samples} samples of {len({o.scene for o in chosen})} scenes, in steps"):
        posterior = _input(infer_in_steps, chosen, about.inputs, about.scenes, samples)
    table = Table(
        "input", "median", "95 %", "spread over prior's", title=f"worth {posterior.effective_samples:.0f} samples"
    )
    for name, ratio in posterior.narrowed(12):
        marginal = posterior.marginal(name)
        low, high = marginal.interval or (float("nan"), float("nan"))
        table.add_row(escape(name), f"{marginal.value:.4g}", f"{low:.4g} to {high:.4g}", f"{ratio:.2f}")
    Console().print(table)
    for observation, again in zip(posterior.observations, posterior.predictive, strict=True):
        what = f"{observation.scene} at {observation.temperature_C:g} C, {observation.watched}: {observation.seen}"
        print(f"{what}; seen again with probability {again:.2f}")


def experiment(
    source: Annotated[str, typer.Argument(help="shipped experiment by its name, or the folder of one's own")] = REVIEW,
    out: OutOption = Path("experiment"),
    run: Annotated[list[Path] | None, typer.Option(help="finished run directory whose numbers answer rows")] = None,
    store: Annotated[Path | None, typer.Option(help="folder to keep the numbers of these runs in, as JSON")] = None,
    energies: Annotated[str, typer.Option(help="stored energies to set beside the tabulated ones")] = "chgnet-pbe",
    supposing: WithOption = None,
    denying: WithoutOption = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="weigh every hypothesis by Bayes factors on the stories (minutes)")
    ] = False,
) -> None:
    """Set every fact of an experiment beside its prediction: a table with intervals, verdicts and figures.

    What takes minutes comes from the clock; what a run of nanoseconds can say, from the runs kept with the experiment
    and from every --run. SOURCE is a folder with a facts.yaml; analysis/README.md shows a small one.
    Mechanisms are hypotheses: --with "phosphorus through copper" answers every row with one more, --without NAME with
    one less, and --compare says which of them the facts ask for.
    """
    from nanokiln.analysis.clock.hypotheses import supposing as suppose
    from nanokiln.analysis.experiment import agree, load_experiment
    from nanokiln.analysis.experiment.agreement import energies_of
    from nanokiln.analysis.experiment.rivals import compare_rivals
    from nanokiln.analysis.report.experiment_page import write_experiment
    from nanokiln.workflows.studies.run_records import keep, record_of, refused, with_shipped

    about = _input(load_experiment, source)
    about = replace(about, inputs=_input(suppose, about.inputs, supposing or (), denying or ()))
    computed = _input(energies_of, {f"energies of {energies}": _input(stored_energies, energies)})
    if bands := _computed_barriers():
        computed = {"computed barriers": bands, **computed}
    own = [record_of(path) for path in run or ()]
    for record in own if store else ():
        print(keep(record, store))  # type: ignore[arg-type]
    records = with_shipped(own, about)
    for warning in refused(own, about):
        Console(stderr=True).print(warning, style="yellow", markup=False)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("")

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        agreement = _input(partial(agree, about, runs=records, energies=computed, tell=tell))
        if compare:
            agreement = replace(agreement, comparison=_input(partial(compare_rivals, about, tell=tell)))
    page = write_experiment(agreement, out)
    print(agreement.summary)
    if agreement.comparison is not None:
        print("\n".join(agreement.comparison.sentences))
    print(", ".join(f"{number} {outcome}" for outcome, number in agreement.counted(agreement.verdicts).items()))
    print(page)


def barriers(
    out: Annotated[Path, typer.Option(help="YAML file to write")] = Path("barriers-neb.yaml"),
    only: Annotated[list[str] | None, typer.Option(help="steps to compute, by name; all without it")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="teachers that judge the same images")] = None,
) -> None:
    """Compute the barriers of the steps that matter by nudged elastic band through LAMMPS, and their intervals.

    The interval needs the teachers (extra `teacher`): how far student and teachers differ on the same images.
    """
    from nanokiln.potentials.validation.bench import TEACHERS
    from nanokiln.workflows.studies.band_paths import SHIPPED
    from nanokiln.workflows.studies.bands import compute_barriers, write_barriers

    if unknown := sorted(set(only or ()) - {step.name for step in SHIPPED}):
        raise InputError(f"no step is called {unknown[0]!r}; there are: {', '.join(step.name for step in SHIPPED)}")
    steps = [step for step in SHIPPED if not only or step.name in only]
    console = Console(stderr=True)
    found = []
    with console.status("bands") as status:
        for one in compute_barriers(steps, tuple(beside or TEACHERS), lambda name: status.update(name)):
            found.append(one)
            write_barriers(found, out)  # an interruption keeps what is done
    table = Table("step", "barrier eV", "interval", "1/s", *(beside or TEACHERS))
    for one in found:
        if one.pathway is None:
            table.add_row(one.step.name, "", escape(one.reason))
            continue
        spread = "none" if one.sigma_eV is None else f"± {1.96 * one.sigma_eV:.2f}"
        rate = one.prefactor_reason if one.prefactor is None else f"{one.prefactor:.1e}"
        table.add_row(
            one.step.name, f"{one.barrier_eV:.2f}", spread, rate, *(f"{v:.2f}" for v in one.teachers.values())
        )
    Console().print(table)
    print(write_barriers(found, out))


def what_if(
    out: OutOption = Path("what-if"),
    samples: Annotated[int, typer.Option(help="samples per point")] = 200,
    source: ExperimentOption = REVIEW,
    scene: Annotated[str, typer.Option(help="scene of the experiment whose heating is taken")] = "rod",
) -> None:
    """Sweep rod diameter and donors per rod, 100 points, and map the chance of complete conversion."""
    from nanokiln.analysis.clock.what_if import what_if as sweep
    from nanokiln.analysis.clock.what_if import write_campaign
    from nanokiln.analysis.experiment import load_experiment

    scenes = _input(load_experiment, source).scenes
    if scene not in scenes:
        raise InputError(f"experiment {source} has no scene {scene!r}; it has: {', '.join(scenes) or 'none'}")
    with Console(stderr=True).status("100 points"):
        picture = write_campaign(sweep(scenes[scene].heating, samples=samples), out)
    print(picture)


def _input(function: Any, *given: Any) -> Any:
    """Call a function of the lower rooms; its ValueError is the user's to mend."""
    try:
        return function(*given)
    except (ValueError, FileNotFoundError) as error:
        raise InputError(str(error)) from error


def _replacements(energies: str | None, barriers_too: bool) -> "Inputs":
    """Return the inputs of the clock that computed numbers replace."""
    from nanokiln.analysis.clock.outlook import computed_energies

    found: Inputs = _input(computed_energies, _input(stored_energies, energies)) if energies else {}
    return found | (_computed_barriers() if barriers_too else {})


def _computed_barriers() -> "Inputs":
    """Return the stored barriers of potentials that ship; a word on stderr for others, or where there are none."""
    from nanokiln.analysis.clock.outlook import computed_barriers
    from nanokiln.workflows.studies.bands import current_barriers

    current, stale = current_barriers()
    for name in stale:
        print(f"nanokiln: the stored barrier of {name} is refused: its potential no longer ships", file=sys.stderr)
    if not current:
        print("nanokiln: no stored barrier is of a potential that ships; `nanokiln barriers` computes", file=sys.stderr)
    return computed_barriers(only=current)


def stored_energies(name: str) -> dict[str, Any]:
    """Return the stored column of a potential or teacher; a ValueError lists what is stored."""
    from nanokiln.potentials.validation.bench import STORED

    path = Path(name) if name.endswith(".json") else STORED / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in STORED.glob("*.json")))
        raise ValueError(f"no stored energies called {name!r}; there are: {known}, or give a validation .json")
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def _print_prediction(prediction: "Prediction") -> None:
    table = Table("hold", "none", "partial", "complete", title=escape(f"{prediction.name}: {prediction.watched}"))
    for plateau in prediction.plateaus:
        table.add_row(f"{plateau.temperature_C:g} C", *(f"{100 * p:.0f} %" for p in plateau.probabilities))
    Console().print(table)
    for result in prediction.temperatures:
        low, high = result.interval or (float("nan"), float("nan"))
        print(f"  {result.name}: {result.value:.0f} C ({low:.0f} to {high:.0f})")
    if prediction.limiting_step:
        step, chance = max(prediction.limiting_step.items(), key=lambda pair: pair[1])
        print(f"  slowest step: {step} ({100 * chance:.0f} %)")
    if prediction.sensitivity:
        print(f"  the input that matters most: {prediction.sensitivity[0][0].replace('_', ' ')}")
