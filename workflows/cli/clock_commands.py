"""The verbs of the minutes clock: `clock`, `infer`, `experiment`, `what-if` and `barriers`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from nanokiln.workflows.errors import InputError

OutOption = Annotated[Path, typer.Option("--out", help="directory to write to")]
EnergiesOption = Annotated[
    str | None, typer.Option("--energies", help="potential or teacher whose energies replace the tabulated ones")
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
) -> None:
    """From nanoseconds to minutes: at what temperature, after how long, and why, with all uncertainty.

    FILE holds, for example: {heating: {plateaus_C: [300, 350, 400], hold_min: 15}, particles: [{name: my rod,
    kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]}.
    """
    from nanokiln.analysis.clock.spec import load_clock_spec, predict, prediction_picture
    from nanokiln.analysis.report.page import render

    spec = _input(load_clock_spec, file)
    spec = spec if samples is None else spec.model_copy(update={"samples": samples})
    replaced = _replacements(energies, computed_barriers)
    spec = spec.model_copy(update={"inputs": {**replaced, **spec.inputs}})
    with Console(stderr=True).status(f"{len(spec.particles)} particles, {spec.samples} samples"):
        predictions = predict(spec)
    out.mkdir(parents=True, exist_ok=True)
    found = [prediction.to_json() for prediction in predictions]
    (out / "clock.json").write_text(json.dumps(found, indent=1) + "\n")
    page = render("clock.html", found=found, picture=prediction_picture(predictions), samples=spec.samples)
    (out / "clock.html").write_text(page)
    for prediction in found:
        _print_prediction(prediction)
    print(f"{out / 'clock.html'}")


def infer(
    file: Annotated[
        Path | None, typer.Argument(help="observations, a .yaml file; without it those of the review")
    ] = None,
    group: Annotated[list[str] | None, typer.Option(help="groups of observations to use; all without it")] = None,
    samples: Annotated[int, typer.Option(help="samples to lead from the prior to the posterior")] = 800,
) -> None:
    """What was seen (none, partial or complete at a temperature) narrows barriers, coefficients and enthalpies."""
    from nanokiln.analysis.clock.clock import default_inputs
    from nanokiln.analysis.clock.inference import SHIPPED, infer_in_steps, load_observations

    observations = _input(load_observations, file or SHIPPED)
    chosen = _input(observations.of, group or list(observations.groups))
    with Console(stderr=True).status(f"{samples} samples of {len({o.scene for o in chosen})} scenes, in steps"):
        posterior = _input(infer_in_steps, chosen, default_inputs(), samples)
    table = Table(
        "input", "median", "95 %", "spread over prior's", title=f"worth {posterior.effective_samples:.0f} samples"
    )
    for name, ratio in posterior.narrowed(12):
        marginal = posterior.marginal(name)
        low, high = marginal.interval or (float("nan"), float("nan"))
        table.add_row(name, f"{marginal.value:.4g}", f"{low:.4g} to {high:.4g}", f"{ratio:.2f}")
    Console().print(table)
    for observation, again in zip(posterior.observations, posterior.predictive, strict=True):
        what = f"{observation.scene} at {observation.temperature_C:g} C, {observation.watched}: {observation.seen}"
        print(f"{what}; seen again with probability {again:.2f}")


def experiment(
    out: OutOption = Path("experiment"),
    facts: Annotated[Path | None, typer.Option(help="own table of facts, in place of the review's")] = None,
    run: Annotated[list[Path] | None, typer.Option(help="finished run directory whose numbers answer rows")] = None,
    store: Annotated[Path | None, typer.Option(help="folder to keep the records of these runs in, as JSON")] = None,
    energies: Annotated[str, typer.Option(help="stored energies to set beside the tabulated ones")] = "chgnet-pbe",
) -> None:
    """Set every fact of the experiment beside its prediction: a table with intervals, verdicts and figures.

    What takes minutes comes from the clock; what a run of nanoseconds can say, from the shipped records of longer runs
    and from every --run.
    """
    from nanokiln.analysis.experiment.agreement import write_experiment
    from nanokiln.analysis.experiment.facts import SHIPPED, load_experiment
    from nanokiln.workflows.studies.run_records import outdated, record_of, shipped

    table = _input(load_experiment, facts or SHIPPED)
    columns = {f"energies of {energies}": _input(stored_energies, energies)}
    own = [record_of(path) for path in run or ()]
    for record in own if store else ():
        print(record.write(store / f"{record.name}.json"))  # type: ignore[operator]
    records = shipped(own)
    for warning in outdated(records):
        Console(stderr=True).print(warning, style="yellow")
    with Console(stderr=True).status("clock, budgets, lattices: a minute or two"):
        agreement = write_experiment(out, experiment=table, runs=records, energies=columns)
    print(", ".join(f"{number} {outcome}" for outcome, number in agreement.counts.items()))
    print(f"{out / 'experiment.html'}")


def barriers(
    out: Annotated[Path, typer.Option(help="YAML file to write")] = Path("barriers-neb.yaml"),
    only: Annotated[list[str] | None, typer.Option(help="steps to compute, by name; all without it")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="teachers that judge the same images")] = None,
) -> None:
    """Compute the barriers of the steps that matter by nudged elastic band through LAMMPS, and their intervals.

    The interval needs the teachers (extra `teacher`): how far student and teachers differ on the same images.
    """
    from nanokiln.workflows.studies.band_paths import SHIPPED
    from nanokiln.workflows.studies.bands import TEACHERS, compute_barriers, write_barriers

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
            table.add_row(one.step.name, "", one.reason)
            continue
        spread = "none" if one.sigma_eV is None else f"± {1.96 * one.sigma_eV:.2f}"
        rate = one.prefactor_reason if one.prefactor is None else f"{one.prefactor:.1e}"
        table.add_row(
            one.step.name, f"{one.barrier_eV:.2f}", spread, rate, *(f"{v:.2f}" for v in one.teachers.values())
        )
    Console().print(table)
    print(write_barriers(found, out))


def what_if(
    out: OutOption = Path("what-if"), samples: Annotated[int, typer.Option(help="samples per point")] = 200
) -> None:
    """Sweep rod diameter and donors per rod, 100 points, and map the chance of complete conversion."""
    from nanokiln.analysis.clock.what_if import what_if as sweep
    from nanokiln.analysis.clock.what_if import write_campaign

    with Console(stderr=True).status("100 points"):
        picture = write_campaign(sweep(samples=samples), out)
    print(picture)


def _input(function: Any, *given: Any) -> Any:
    """Call a function of the lower rooms; its ValueError is the user's to mend."""
    try:
        return function(*given)
    except (ValueError, FileNotFoundError) as error:
        raise InputError(str(error)) from error


def _replacements(energies: str | None, barriers_too: bool) -> dict[str, Any]:
    """Return the inputs of the clock that computed numbers replace."""
    from nanokiln.analysis.clock.outlook import computed_barriers, computed_energies

    found = _input(computed_energies, _input(stored_energies, energies)) if energies else {}
    return found | (computed_barriers() if barriers_too else {})


def stored_energies(name: str) -> dict[str, Any]:
    """Return the stored column of a potential or teacher; a ValueError lists what is stored."""
    from nanokiln.potentials.validation.bench import STORED

    path = Path(name) if name.endswith(".json") else STORED / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in STORED.glob("*.json")))
        raise ValueError(f"no stored energies called {name!r}; there are: {known}, or give a validation .json")
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def _print_prediction(prediction: dict[str, Any]) -> None:
    table = Table("hold", "none", "partial", "complete", title=f"{prediction['name']}: {prediction['watched']}")
    for plateau in prediction["plateaus"]:
        table.add_row(
            f"{plateau['temperature_C']:g} C", *(f"{100 * p:.0f} %" for p in plateau["none_partial_complete"])
        )
    Console().print(table)
    for result in prediction["temperatures"]:
        low, high = result["interval"]
        print(f"  {result['name']}: {result['value']:.0f} C ({low:.0f} to {high:.0f})")
    if "limiting_step" in prediction:
        step, chance = max(prediction["limiting_step"].items(), key=lambda pair: pair[1])
        print(f"  slowest step: {step} ({100 * chance:.0f} %)")
    if prediction["sensitivity"]:
        print(f"  the input that matters most: {prediction['sensitivity'][0][0].replace('_', ' ')}")
