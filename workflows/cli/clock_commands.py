"""The verbs of the minutes clock: `clock`, `infer`, `film`, `experiment`, `what-if` and `barriers`."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from nanokiln.workflows.answer import answer, answer_json, busy, steps
from nanokiln.workflows.cli.json_option import JsonOption
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.tabular import show

if TYPE_CHECKING:
    from nanokiln.analysis.clock.clock_scene import Scenes
    from nanokiln.analysis.clock.distributions import Distribution
    from nanokiln.analysis.clock.inference import Datum
    from nanokiln.analysis.clock.outlook import Inputs
    from nanokiln.analysis.film.film_answer import GapCurve
    from nanokiln.analysis.film.film_spec import FilmSpec
    from nanokiln.analysis.forecast.knowledge import Knowledge
    from nanokiln.analysis.forecast.prediction import Prediction
    from nanokiln.analysis.forecast.what_if import Know
    from nanokiln.workflows.answer import Tell
    from nanokiln.workflows.studies.bands import Found

_LOG = logging.getLogger(__name__)
REVIEW = "review2019"
OutOption = Annotated[Path, typer.Option("--out", help="directory to write to")]
EnergiesOption = Annotated[
    str | None, typer.Option("--energies", help="potential or teacher whose energies replace the tabulated ones")
]
ExperimentOption = Annotated[
    str, typer.Option("--experiment", help="shipped experiment by its name, or the folder of one's own")
]
PosteriorOption = Annotated[
    Path | None, typer.Option("--posterior", help="samples of the inputs that `nanokiln infer` has written")
]
ControlsOption = Annotated[
    bool, typer.Option("--controls/--no-controls", help="condition on the review's controls, which did not change")
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
    for function in (clock, infer, film, experiment, what_if, barriers):
        app.command(function.__name__.replace("_", "-"), rich_help_panel=panel)(function)


def clock(
    file: Annotated[Path, typer.Argument(help="experiment for the clock, a .yaml file with heating and particles")],
    out: OutOption = Path("clock"),
    samples: Annotated[int | None, typer.Option(help="Monte Carlo samples, in place of the file's")] = None,
    posterior: PosteriorOption = None,
    controls: ControlsOption = True,
    energies: EnergiesOption = None,
    computed_barriers: ComputedOption = False,
    supposing: WithOption = None,
    denying: WithoutOption = None,
    as_json: JsonOption = False,
) -> None:
    """From nanoseconds to minutes: at what temperature, after how long, and why, with all uncertainty.

    FILE holds, for example: {heating: {plateaus_C: [300, 350, 400], hold_min: 15}, particles: [{name: my rod,
    kind: rod, diameter_nm: 5, length_nm: 35, donors: 40, gap_nm: 5}]}. What is known besides the stated ranges comes
    from --posterior, a file that `nanokiln infer` wrote, or else from the controls of the review: CdSe and Cu3P alone,
    which did not change. Answers before and after that stand side by side. Mechanisms are hypotheses:
    --with "charge balance" switches one on, --without "exchange through the bulk" one off.
    """
    from nanokiln.analysis.clock.mechanisms import supposing as suppose
    from nanokiln.analysis.clock.spec import load_clock_spec
    from nanokiln.analysis.forecast import of_prior, predict
    from nanokiln.analysis.report.clock_page import write_clock

    spec = _input(load_clock_spec, file)
    spec = spec if samples is None else spec.model_copy(update={"samples": samples})
    replaced = _replacements(energies, computed_barriers) | _input(suppose, {}, supposing or (), denying or ())
    spec = spec.model_copy(update={"inputs": {**replaced, **spec.inputs}})
    know = knowing(posterior, controls, spec.samples, spec.seed)
    inputs = _all_inputs(spec.inputs)
    with busy(f"{len(spec.particles)} particles, {spec.samples} samples"):
        known = _input(know, inputs)
        after = predict(spec, known)
        if posterior is not None:
            before = predict(spec, of_prior(inputs, min(spec.samples, 2000), spec.seed))
        else:
            before = after if known.weights is None else [replace(one, weights=None) for one in after]
    page = write_clock(after, before, spec.samples, known.told, out)
    if as_json:
        _answer_file(page)
        return
    answer(f"inputs: {known.told}")
    for one, other in zip(after, before, strict=True):
        _print_prediction(one, other)
    answer(page)


def infer(
    file: Annotated[
        Path | None,
        typer.Argument(help="own experiment with its data, or observations of the scenes; without it those shipped"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="posterior to write, a .json file")] = Path("posterior.json"),
    source: ExperimentOption = REVIEW,
    group: Annotated[list[str] | None, typer.Option(help="groups of observations to use; all without it")] = None,
    samples: Annotated[int, typer.Option(help="samples to lead from the prior to the posterior")] = 800,
    controls: ControlsOption = True,
    as_json: JsonOption = False,
) -> None:
    """What was seen narrows barriers, coefficients and enthalpies; the posterior is kept for other verbs to read.

    FILE is an experiment as `nanokiln clock` reads it, with what was seen of its particles: {observations: [{scene: my
    rod, temperature_C: 350, watched: product, seen: partial}], series: [eds.csv]}. A CSV file has the columns
    particle,time_min,quantity,value,error; quantities are atom fractions Cd, Cu, Se, P, and length_nm, volume_ratio,
    lattice_A. The controls of the review are taken along unless --no-controls is given.
    """
    from nanokiln.analysis.clock.inference import infer_in_steps
    from nanokiln.analysis.forecast import record_posterior, write_posterior

    seen, scenes, inputs = _sightings(file, source, group, controls)
    with busy(f"{samples} samples of {len({o.scene for o in seen})} scenes, in steps"):
        posterior = _input(infer_in_steps, seen, inputs, scenes, samples)
    file_written = write_posterior(record_posterior(posterior, inputs, source), out)
    if as_json:
        answer_json(
            {
                "effective_samples": posterior.effective_samples,
                "inputs": {name: posterior.marginal(name) for name, _ in posterior.narrowed(12)},
                "seen_again": posterior.seen_again,
                "file": file_written,
            }
        )
        return
    table = Table(
        "input", "median", "95 %", "spread over prior's", title=f"worth {posterior.effective_samples:.0f} samples"
    )
    for name, ratio in posterior.narrowed(12):
        marginal = posterior.marginal(name)
        low, high = marginal.interval or (float("nan"), float("nan"))
        table.add_row(escape(name), f"{marginal.value:.4g}", f"{low:.4g} to {high:.4g}", f"{ratio:.2f}")
    show(table)
    answer(*posterior.seen_again, str(file_written))


def film(
    file: Annotated[Path, typer.Argument(help="scene on a film, a .yaml file with heating, kinds and layout")],
    out: OutOption = Path("film"),
    samples: Annotated[int | None, typer.Option(help="Monte Carlo samples, in place of the file's")] = None,
    posterior: PosteriorOption = None,
    controls: ControlsOption = True,
    gaps: Annotated[bool, typer.Option("--gaps", help="draw what a gap from 1 nm to 10 um does, too")] = False,
    as_json: JsonOption = False,
) -> None:
    """Heat particles where they lie on a film: who gets the copper, who starves, what a gap of bare film does.

    FILE holds, for example: {heating: {plateaus_C: [300, 350, 400], hold_min: 15}, kinds: {rod: {kind: rod,
    diameter_nm: 5, length_nm: 35}, donor: {kind: Cu2Se, diameter_nm: 7}}, layout: {counts: {rod: 5, donor: 195},
    width_nm: 1000}}. Coordinates of a micrograph: layout: {file: places.csv, nm_per_unit: 0.4}, with the columns
    kind,x,y.
    """
    from nanokiln.analysis.film import film_outcome, heat_film, load_film_spec
    from nanokiln.analysis.report.film_page import write_film

    spec = _input(load_film_spec, file)
    spec = spec if samples is None else spec.model_copy(update={"samples": samples})
    layout = _input(spec.placed, file.parent)
    known = _input(knowing(posterior, controls, spec.samples, spec.seed), _all_inputs(spec.inputs))
    heating = spec.heating.heating()
    with busy(f"{len(layout.kinds)} particles, {spec.samples} samples"):
        history = _input(heat_film, layout, spec.kinds, heating, known.draws, spec.holder_K, known.weights)
        outcome = film_outcome(history)
        curve = _input(_gap_curve, spec, known) if gaps else None
    page = write_film(outcome, curve, known.told, out)
    if as_json:
        _answer_file(page)
    else:
        answer(f"inputs: {known.told}", *outcome.words(), *(curve.words() if curve else ()), str(page))


def experiment(
    source: Annotated[str, typer.Argument(help="shipped experiment by its name, or the folder of one's own")] = REVIEW,
    out: OutOption = Path("experiment"),
    run: Annotated[list[Path] | None, typer.Option(help="finished run directory whose numbers answer rows")] = None,
    store: Annotated[Path | None, typer.Option(help="folder to keep the numbers of these runs in, as JSON")] = None,
    energies: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="stored energies beside the tabulated ones; repeatable [default: nequix]"),
    ] = None,
    posterior: PosteriorOption = None,
    supposing: WithOption = None,
    denying: WithoutOption = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="weigh every hypothesis by Bayes factors on the stories (minutes)")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Set every fact of an experiment beside its prediction: a table with intervals, verdicts and figures.

    What takes minutes comes from the clock; what a run of nanoseconds can say, from the runs kept with the experiment
    and from every --run. SOURCE is a folder with a facts.yaml; analysis/README.md shows a small one.
    Mechanisms are hypotheses: --with "phosphorus through copper" answers every row with one more, --without NAME with
    one less, and --compare says which of them the facts ask for. --posterior answers from samples that `nanokiln infer`
    has kept; facts that it has seen cannot agree any more.
    """
    from nanokiln.analysis.clock.mechanisms import supposed
    from nanokiln.analysis.clock.mechanisms import supposing as suppose
    from nanokiln.analysis.experiment import agree, load_experiment
    from nanokiln.analysis.experiment.agreement import energies_of
    from nanokiln.analysis.experiment.rivals import compare_rivals
    from nanokiln.analysis.forecast import load_posterior
    from nanokiln.analysis.report.experiment_page import write_experiment
    from nanokiln.workflows.studies.run_records import keep, record_of, refused, with_shipped

    about = _input(load_experiment, source)
    about = replace(about, inputs=_input(suppose, about.inputs, supposing or (), denying or ()))
    columns = {f"energies of {name}": _input(stored_energies, name) for name in energies or ("nequix",)}
    computed = _input(energies_of, columns)
    if bands := _computed_barriers():
        computed = {"computed barriers": bands, **computed}
    kept = None if posterior is None else _input(load_posterior, posterior)
    own = [record_of(path) for path in run or ()]
    for record in own if store else ():
        _LOG.info("kept: %s", keep(record, store))  # type: ignore[arg-type]
    records = with_shipped(own, about)
    for warning in refused(own, about):
        _LOG.warning(warning)
    with steps("rows of the experiment") as tell:
        agreement = _input(partial(agree, about, runs=records, energies=computed, tell=tell, kept=kept))
        if compare:
            agreement = replace(agreement, comparison=_input(partial(compare_rivals, about, tell=tell)))
    page = write_experiment(agreement, out)
    if as_json:
        _answer_file(page)
        return
    if supposing or denying:
        answer(f"hypotheses that hold: {', '.join(supposed(about.inputs))}")
    answer(agreement.summary)
    if agreement.histories:
        answer(_given(agreement.given))
    if agreement.comparison is not None:
        answer(*agreement.comparison.sentences)
    answer(", ".join(f"{number} {outcome}" for outcome, number in agreement.counted(agreement.verdicts).items()))
    answer(page)


def _given(given: str) -> str:
    from nanokiln.analysis.experiment.agreement import NOTHING_GIVEN

    if given != NOTHING_GIVEN:
        return f"the clock answers {given}"
    return (
        "the clock answers from stated ranges alone, without the controls of the review that `nanokiln clock` begins "
        "with: to have them here too, `nanokiln infer --group controls --out p.json`, then --posterior p.json"
    )


def barriers(
    out: Annotated[Path, typer.Option(help="YAML file to write")] = Path("barriers-neb.yaml"),
    only: Annotated[list[str] | None, typer.Option(help="steps to compute, by name; all without it")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="teachers that judge the same images")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute the barriers of the steps that matter by nudged elastic band through LAMMPS, and their intervals.

    The interval is the spread of the potential's committee on the same images, as calibrated, or, with the teachers
    (extra `teacher`), how far they differ, if that is more; and what the functional itself may be wrong by.
    """
    from nanokiln.potentials.validation.bench import TEACHERS
    from nanokiln.workflows.studies.band_paths import SHIPPED
    from nanokiln.workflows.studies.bands import compute_barriers, write_barriers

    if unknown := sorted(set(only or ()) - {step.name for step in SHIPPED}):
        raise InputError(f"no step is called {unknown[0]!r}; there are: {', '.join(step.name for step in SHIPPED)}")
    asked = [step for step in SHIPPED if not only or step.name in only]
    found: list[Found] = []
    with steps("bands") as tell:
        say = partial(_say_band, tell, found, len(asked))
        for one in compute_barriers(asked, tuple(beside or TEACHERS), say):
            found.append(one)
            write_barriers(found, out)  # an interruption keeps what is done
    if as_json:
        answer_json([_band_row(one) for one in found])
        return
    table = Table("step", "barrier eV", "interval", "fits eV", "1/s", *(beside or TEACHERS))
    for one in found:
        if one.pathway is None:
            table.add_row(one.step.name, "", escape(one.reason))
            continue
        spread = "none" if one.sigma_eV is None else f"± {1.96 * one.sigma_eV:.2f}"
        fits = f"{min(one.members):.2f} to {max(one.members):.2f}" if one.members else ""
        rate = one.prefactor_reason if one.prefactor is None else f"{one.prefactor:.1e}"
        table.add_row(
            one.step.name, f"{one.barrier_eV:.2f}", spread, fits, rate, *(f"{v:.2f}" for v in one.teachers.values())
        )
    show(table)
    answer(write_barriers(found, out))


def what_if(
    file: Annotated[
        Path | None, typer.Argument(help="experiment for the clock; without it a rod beside 40 donors, 300-400 C")
    ] = None,
    vary: Annotated[
        list[str] | None, typer.Option(help="NAME=LOW:HIGH:POINTS, with :log, or NAME=A,B,C; once or twice")
    ] = None,
    out: OutOption = Path("what-if"),
    samples: Annotated[int, typer.Option(help="samples per point")] = 200,
    particle: Annotated[str | None, typer.Option(help="particle of the experiment; the first without it")] = None,
    posterior: PosteriorOption = None,
    controls: ControlsOption = True,
    as_json: JsonOption = False,
) -> None:
    """Sweep one or two quantities of an experiment, or inputs of the clock, and map what becomes of a particle.

    NAME is diameter_nm, length_nm (thickness_nm), phosphide_share, donors, donor_diameter_nm, gap_nm (distance_nm),
    plateau_C, hold_min, rate_C_per_min, holder_K, or any input, such as 'E_Cu kick-out of Cd'. Without --vary: diameter
    and donors, a hundred points.
    """
    from nanokiln.analysis.clock.outcome import percent_of
    from nanokiln.analysis.clock.spec import load_clock_spec
    from nanokiln.analysis.forecast.what_if import DEFAULT, DEFAULT_SPEC, sweep, varied
    from nanokiln.analysis.report.campaign_map import write_campaign

    spec = _input(load_clock_spec, file) if file else DEFAULT_SPEC
    over = [_input(varied, text) for text in vary or DEFAULT]
    know = knowing(posterior, controls, samples, spec.seed)
    with steps("points of the map") as tell:
        watched = particle or spec.particles[0].name
        campaign = _input(sweep, spec, watched, over, know, lambda done, total: tell(done, total, ""))
    picture = write_campaign(campaign, out)
    if as_json:
        _answer_file(picture)
        return
    names = [one.name for one in campaign.varied]
    table = Table(*names, "none", "partial", "complete", "median share", "never half", title=escape(campaign.particle))
    for point in campaign.points:
        chances = (percent_of(p) for p in (*point.chances, point.share[1], point.midpoint_never))
        table.add_row(*(f"{v:g}" for v in point.at), *chances)
    show(table)
    answer(str(picture))


def _answer_file(page: Path) -> None:
    """Answer with the JSON that was written beside a page or picture."""
    answer(page.with_suffix(".json").read_text().rstrip())


def _band_row(found: "Found") -> dict[str, object]:
    known = found.pathway is not None
    return {
        "step": found.step.name,
        "barrier_eV": found.barrier_eV if known else None,
        "sigma_eV": found.sigma_eV if known else None,
        "prefactor_per_s": found.prefactor,
        "teachers_eV": found.teachers,
        "reason": found.reason or found.prefactor_reason,
    }


def _say_band(tell: "Tell", found: "Sequence[Found]", total: int, name: str) -> None:
    tell(len(found), total, name)


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
        _LOG.warning("the stored barrier of %s is refused: its potential no longer ships", name)
    if not current:
        _LOG.info("no stored barrier is of a potential that ships; `nanokiln barriers` computes")
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


def _print_prediction(prediction: "Prediction", before: "Prediction") -> None:
    from nanokiln.analysis.clock.outcome import percent_of

    columns = ["none", "partial", "complete"]
    columns += [] if before is prediction else ["before: none", "partial", "complete"]
    table = Table("hold", *columns, title=escape(f"{prediction.name}: {prediction.watched}"))
    for plateau, earlier in zip(prediction.plateaus, before.plateaus, strict=True):
        chances = plateau.probabilities + (() if before is prediction else earlier.probabilities)
        table.add_row(f"{plateau.temperature_C:g} °C", *(percent_of(chance) for chance in chances))
    show(table)
    for one in prediction.reaches:
        answer(f"  {one.words}")
    if prediction.limiting_step:
        step, chance = max(prediction.limiting_step.items(), key=lambda pair: pair[1])
        answer(f"  slowest step: {step} ({100 * chance:.0f} %)")
    if prediction.sensitivity:
        answer(f"  the input that matters most: {prediction.sensitivity[0][0].replace('_', ' ')}")


def _gap_curve(spec: "FilmSpec", known: "Knowledge") -> "GapCurve":
    """Return what a gap does to the first kind of rod in a ring of the first kind of donor, as many as fit."""
    from nanokiln.analysis.film import fitting, gap_curve

    hosts = [one for one in spec.kinds.values() if one.takes]
    donors = [one for one in spec.kinds.values() if not one.takes]
    if not hosts or not donors:
        raise ValueError("a gap needs a kind of rod and a kind of donor")
    gaps = [10.0 ** (0.5 * i) for i in range(9)]
    number = fitting(hosts[0], donors[0], gaps[0])
    return gap_curve(hosts[0], donors[0], number, gaps, spec.heating.heating(), known.draws, known.weights)


def _all_inputs(replaced: "Inputs") -> "Inputs":
    from nanokiln.analysis.clock.clock import default_inputs

    return {**default_inputs(), **replaced}


def knowing(posterior: Path | None, controls: bool, samples: int, seed: int) -> "Know":
    """Return what gives samples of inputs: a kept posterior, the controls of the review, or the stated ranges alone."""
    from nanokiln.analysis.experiment import load_experiment
    from nanokiln.analysis.forecast import load_posterior, of_controls, of_prior, of_record

    if posterior is not None:
        record = _input(load_posterior, posterior)
        return lambda inputs: of_record(record, inputs, samples, seed)
    if not controls:
        return lambda inputs: of_prior(inputs, samples, seed)
    review = load_experiment(REVIEW)

    def know(inputs: "Mapping[str, Distribution]") -> "Knowledge":
        try:
            return of_controls(inputs, samples, seed, review.observations, review.scenes)
        except ValueError as error:
            raise InputError(f"{error}; --no-controls leaves the controls of the review out") from error

    return know


def _sightings(
    file: Path | None, source: str, group: list[str] | None, controls: bool
) -> "tuple[tuple[Datum, ...], Scenes, Inputs]":
    """Return what was seen, in which scenes, and the inputs: of one's own experiment or of known scenes."""
    from nanokiln.analysis.clock.clock_scene import of_another
    from nanokiln.analysis.clock.inference import load_observations
    from nanokiln.analysis.experiment import load_experiment
    from nanokiln.analysis.forecast import load_own_experiment
    from nanokiln.analysis.forecast.knowledge import CONTROLS

    about = _input(load_experiment, source)
    if file is None or _input(_has_groups, file):
        observations = _input(load_observations, file) if file else about.observations
        return _input(observations.of, group or list(observations.groups)), about.scenes, dict(about.inputs)
    spec, seen = _input(load_own_experiment, file)
    scenes, inputs = {**spec.scenes()}, _all_inputs(spec.inputs)
    if controls:
        if twice := sorted(set(scenes) & set(about.scenes)):
            raise InputError(f"{file}: a particle may not be called {twice[0]!r}, the name of a scene of {source}")
        known = _input(about.observations.of, [CONTROLS])
        scenes |= {one.scene: replace(about.scenes[one.scene], experiment=CONTROLS) for one in known}
        inputs |= {name: inputs[own] for own, name in of_another(CONTROLS).items()}
        seen = (*seen, *known)
    return seen, scenes, inputs


def _has_groups(file: Path) -> bool:
    """Whether a file holds groups of observations of known scenes rather than an experiment of its own."""
    from nanokiln.structures.schema.plain_yaml import read_yaml

    told = read_yaml(file)
    return isinstance(told, dict) and "groups" in told
