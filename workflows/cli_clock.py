"""The verbs of the minutes clock: `clock`, `infer`, `experiment` and `what-if`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from nanokiln.workflows.errors import InputError

OutOption = Annotated[Path, typer.Option("--out", help="directory to write to")]


def register(app: typer.Typer) -> None:
    """Add the verbs to a command line."""
    for verb, function in (("clock", clock), ("infer", infer), ("experiment", experiment), ("what-if", what_if)):
        app.command(verb)(function)


def clock(
    file: Annotated[Path, typer.Argument(help="experiment for the clock, a .yaml file with heating and particles")],
    out: OutOption = Path("clock"),
    samples: Annotated[int | None, typer.Option(help="Monte Carlo samples, in place of the file's")] = None,
) -> None:
    """From nanoseconds to minutes: at what temperature, after how long, and why, with all uncertainty.

    FILE holds, for example: {heating: {plateaus_C: [300, 350, 400], hold_min: 15}, particles: [{name: my rod,
    kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]}.
    """
    from nanokiln.analysis.clock_spec import load_clock_spec, predict, prediction_picture
    from nanokiln.analysis.report import render

    spec = _input(load_clock_spec, file)
    spec = spec if samples is None else spec.model_copy(update={"samples": samples})
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
    samples: Annotated[int, typer.Option(help="samples of the prior")] = 10_000,
) -> None:
    """What was seen (none, partial or complete at a temperature) narrows barriers, coefficients and enthalpies."""
    from nanokiln.analysis.clock import default_inputs
    from nanokiln.analysis.distributions import draw
    from nanokiln.analysis.infer import SHIPPED, load_observations
    from nanokiln.analysis.infer import infer as solve
    from nanokiln.analysis.scenes import run_scenes

    observations = _input(load_observations, file or SHIPPED)
    chosen = _input(observations.of, group or list(observations.groups))
    with Console(stderr=True).status(f"{samples} samples of {len({o.scene for o in chosen})} scenes"):
        histories = _input(run_scenes, sorted({o.scene for o in chosen}), draw(default_inputs(), samples, 1))
    posterior = _input(solve, chosen, histories)
    table = Table(
        "input", "median", "95 %", "spread over prior's", title=f"{posterior.effective_samples:.0f} effective samples"
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
) -> None:
    """Set every fact of the experiment beside its prediction: a table with intervals, verdicts and figures."""
    from nanokiln.analysis.agreement import write_experiment
    from nanokiln.analysis.experiment import SHIPPED, load_experiment

    table = _input(load_experiment, facts or SHIPPED)
    with Console(stderr=True).status("clock, budgets, lattices: a minute or two"):
        agreement = write_experiment(out, experiment=table)
    print(", ".join(f"{number} {outcome}" for outcome, number in agreement.counts.items()))
    print(f"{out / 'experiment.html'}")


def what_if(
    out: OutOption = Path("what-if"), samples: Annotated[int, typer.Option(help="samples per point")] = 200
) -> None:
    """Sweep rod diameter and donors per rod, 100 points, and map the chance of complete conversion."""
    from nanokiln.analysis.whatif import what_if as sweep
    from nanokiln.analysis.whatif import write_campaign

    with Console(stderr=True).status("100 points"):
        picture = write_campaign(sweep(samples=samples), out)
    print(picture)


def _input(function: Any, *given: Any) -> Any:
    """Call a function of the lower rooms; its ValueError is the user's to mend."""
    try:
        return function(*given)
    except (ValueError, FileNotFoundError) as error:
        raise InputError(str(error)) from error


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
