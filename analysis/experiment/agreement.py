"""The agreement table: every fact of an experiment answered by the program, with and without conditioning."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.charts import Picture, band, courses, plateau_bars
from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import Draws, draw
from nanokiln.analysis.clock.inference import Posterior, infer
from nanokiln.analysis.clock.mechanisms import supposed
from nanokiln.analysis.clock.outcome import (
    diffusion_check,
    exchanges,
    limiting_step,
    midpoint,
    plateau_probabilities,
    summary,
    watched_share,
)
from nanokiln.analysis.clock.outlook import Inputs, Outlook, computed_energies, outlook
from nanokiln.analysis.experiment.evidence import Evidence
from nanokiln.analysis.experiment.folder import Experiment
from nanokiln.analysis.experiment.judge import verdicts
from nanokiln.analysis.experiment.power import SHUFFLED, Power, answering, answers_shuffled, powers
from nanokiln.analysis.experiment.predictive import percent
from nanokiln.analysis.experiment.rivals import Comparison
from nanokiln.analysis.experiment.stories import Story, stories
from nanokiln.analysis.experiment.verdict import Outcome, Verdict, count
from nanokiln.analysis.forecast.posterior_record import PosteriorRecord
from nanokiln.analysis.measured import Measured, Result

Array = NDArray[np.float64]
CONTROLS = "controls"
OUTLOOKS = 1  # with tables and ranges
Tell = Callable[[int, int, str], None]


NOTHING_GIVEN = "no conditioning"
CONTROLS_GIVEN = "conditioned on the controls"
KEPT_GIVEN = "from a kept posterior"


@dataclass(frozen=True)
class Agreement:
    """All verdicts conditioned on the controls only, and, beside them, those without any conditioning.

    `posterior` is None where the experiment has no scenes for the clock. `powers` are those of the rows by their ids,
    `stories` and `stories_unconditioned` the facts of each group told together, `comparison` rival sets of hypotheses,
    where it was asked for; `given` says what the inputs were conditioned on.
    """

    experiment: Experiment
    posterior: Posterior | None
    histories: Mapping[str, History]
    verdicts: tuple[Verdict, ...]
    unconditioned: tuple[Verdict, ...]
    outlooks: tuple[Outlook, ...] = ()
    powers: Mapping[str, Power] = field(default_factory=dict)
    stories: tuple[Story, ...] = ()
    stories_unconditioned: tuple[Story, ...] = ()
    comparison: Comparison | None = None
    given: str = NOTHING_GIVEN

    def cannot_fail(self, verdict: Verdict) -> bool:
        """Whether a row that agrees does so in every nonsense world as well."""
        return (
            verdict.outcome == "agrees" and verdict.fact.id in self.powers and self.powers[verdict.fact.id].cannot_fail
        )

    def counted(self, judged: Sequence[Verdict]) -> dict[Outcome, int]:
        """Return how many rows ended in each outcome, those that cannot fail left out."""
        return count(one for one in judged if not self.cannot_fail(one))

    @property
    def decided(self) -> dict[str, tuple[str, ...]]:
        """The decided rows: what agrees and could have failed, what disagrees, and what agrees but cannot fail."""
        agreeing = [one for one in self.verdicts if one.outcome == "agrees"]
        return {
            "agrees": tuple(one.fact.id for one in agreeing if not self.cannot_fail(one)),
            "disagrees": tuple(one.fact.id for one in self.verdicts if one.outcome == "disagrees"),
            "cannot fail": tuple(one.fact.id for one in agreeing if self.cannot_fail(one)),
        }

    @property
    def summary(self) -> str:
        """What the table says in a line: decided rows with power, and how probable each story is."""
        agree, disagree, idle = (len(self.decided[name]) for name in ("agrees", "disagrees", "cannot fail"))
        told = [f"{agree} rows agree that could have failed, {disagree} disagree"]
        told += [f"{idle} agree in every world and are not counted"] if idle else []
        chances = ", ".join(f"{one.group} {percent(one.probability)}" for one in self.stories)
        return "; ".join(told) + (f". Probability of each whole story: {chances}" if chances else "") + "."

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many rows ended in each outcome."""
        return count(self.verdicts)

    @property
    def conditioned(self) -> tuple[str, ...]:
        """Rows that narrowed the inputs, which therefore cannot agree."""
        observations = self.posterior.observations if self.posterior else ()
        return tuple(dict.fromkeys(row for observation in observations for row in observation.rows))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "title": self.experiment.table.title,
            "samples": len(self.posterior.weights) if self.posterior else 0,
            "effective_samples": self.posterior.effective_samples if self.posterior else 0,
            "summary": self.summary,
            "decided": {name.replace(" ", "_"): list(rows) for name, rows in self.decided.items()},
            "counts": self.counts,
            "counts_unconditioned": count(self.unconditioned),
            "verdicts": [self._told(verdict) for verdict in self.verdicts],
            "verdicts_unconditioned": [self._told(verdict) for verdict in self.unconditioned],
            "stories": [story.to_json() for story in self.stories],
            "stories_unconditioned": [story.to_json() for story in self.stories_unconditioned],
            "plateaus": {name: _plateaus_json(self, name) for name in self.experiment.held},
            "outlooks": [one.to_json() for one in self.outlooks],
            "hypotheses": list(supposed(self.experiment.inputs)),
            "comparison": None if self.comparison is None else self.comparison.to_json(),
        }

    def _told(self, verdict: Verdict) -> dict[str, Any]:
        power = self.powers.get(verdict.fact.id, Power({}))
        about = {"worlds": power.worlds, "refused": list(power.refused), "cannot_fail": self.cannot_fail(verdict)}
        return {**verdict.to_json(), "power": about}


def agree(
    experiment: Experiment,
    runs: Sequence[Measured] | None = None,
    samples: int | None = None,
    energies: Mapping[str, Inputs] | None = None,
    tell: Tell | None = None,
    kept: PosteriorRecord | None = None,
) -> Agreement:
    """Answer every fact: clock and budgets are computed now, runs (those kept with the experiment) add what they saw.

    A posterior that was `kept` stands for the stated ranges, and the controls that it has seen are not weighed again.

    `energies` are computed inputs by the title they go under, for the outlooks beside tables and ranges; `tell` hears
    how many steps are done, of how many, and which comes next. The nonsense worlds are answered beside, by a second
    process.
    """
    number = samples or experiment.samples
    evidence = Evidence(runs=tuple(experiment.runs if runs is None else runs))
    steps = iter(_steps(experiment, len(energies or {}), tell))
    if not experiment.scenes:
        judged = verdicts(evidence, experiment)
        found = powers({SHUFFLED: answers_shuffled(evidence, experiment)}, _rows(experiment))
        told = stories(experiment.table, judged, None)
        return Agreement(experiment, None, {}, judged, judged, (), found, told, told)
    with answering(experiment, evidence.runs) as waiting:
        prior = draw(experiment.inputs, number, experiment.seed)
        draws = prior if kept is None else kept.sample(experiment.inputs, number, experiment.seed)
        histories = _histories(experiment, draws, steps)
        of_prior = histories if kept is None else run_scenes(experiment.scenes, experiment.scenes, prior)
        seen = frozenset(kept.rows if kept is not None and kept.experiment == experiment.name else ())
        controls = experiment.observations.groups.get(CONTROLS, ())
        observed = tuple(one for one in controls if not one.rows or not set(one.rows) <= seen)
        posterior = infer(observed, histories)
        rows = seen | {row for observation in observed for row in observation.rows}
        free = replace(evidence, histories=of_prior, variations={})
        given = replace(evidence, histories=histories, variations={}, weights=posterior.weights, conditioned=rows)
        next(steps)
        unconditioned = verdicts(free, experiment)
        next(steps)
        judged = verdicts(given, experiment) if observed or kept is not None else unconditioned
        next(steps)
        outlooks = compare(experiment, energies or {}, max(number // 5, 100))
        answered = {}
        for name, future in waiting.items():
            next(steps)
            answered[name] = future.result()
    next(steps)
    answered[SHUFFLED] = answers_shuffled(given, experiment)
    next(steps, None)
    whole = stories(experiment.table, judged, posterior.weights)
    before = stories(experiment.table, unconditioned, None)
    found = powers(answered, _rows(experiment))
    basis = " and ".join([KEPT_GIVEN] * (kept is not None) + [CONTROLS_GIVEN] * bool(observed)) or NOTHING_GIVEN
    return Agreement(
        experiment, posterior, histories, judged, unconditioned, outlooks, found, whole, before, given=basis
    )


def _rows(experiment: Experiment) -> list[str]:
    return [fact.id for fact in experiment.table.facts]


def _steps(experiment: Experiment, energies: int, tell: Tell | None) -> Iterator[str]:
    """Yield the steps of an agreement one by one, telling each as it begins."""
    names = [f"scene {name}" for name in experiment.scenes]
    names += ["rows without conditioning", "rows", f"{OUTLOOKS + energies} sets of inputs"]
    names += [world.name for world in experiment.content.worlds] + [SHUFFLED]
    for done, name in enumerate(names):
        if tell is not None:
            tell(done, len(names), name)
        yield name
    if tell is not None:
        tell(len(names), len(names), "")


def _histories(experiment: Experiment, draws: Draws, steps: Iterator[str]) -> dict[str, History]:
    found = {}
    for name, scene in experiment.scenes.items():
        next(steps)
        found[name] = scene.run(draws)
    return found


def compare(experiment: Experiment, energies: Mapping[str, Inputs], samples: int) -> tuple[Outlook, ...]:
    """Return the clock's outlook with tables and ranges, and with each set of computed inputs in place of them."""
    scenes = {name: experiment.scenes[name] for name in experiment.content.outlook}
    sets: dict[str, Inputs] = {"tables and stated ranges": {}, **energies}
    if not scenes:
        return ()
    return tuple(
        outlook(title, replaced, scenes, samples, inputs=experiment.inputs) for title, replaced in sets.items()
    )


def energies_of(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, Inputs]:
    """Return the inputs that the measured columns of potentials or teachers replace, by the title they go under."""
    return {title: computed_energies(column) for title, column in columns.items()}


def figures(agreement: Agreement) -> tuple[Picture, ...]:
    """Return the figures of the clock, conditioned and not, and what the experiment itself brings."""
    posterior, experiment, histories = agreement.posterior, agreement.experiment, agreement.histories
    if posterior is None:
        return ()
    weights = posterior.weights if posterior.observations else None
    found = []
    if experiment.held:
        bars = plateau_bars(histories, experiment.held, weights, agreement.given)
        found.append(Picture("plateaus", f"What the clock predicts at the end of every hold, {agreement.given}", bars))
    if experiment.held and posterior.observations:
        kept = agreement.given.startswith(KEPT_GIVEN)  # its samples were conditioned before they came here
        title = KEPT_GIVEN if kept else NOTHING_GIVEN
        caption = "The same without the controls" if kept else "The same without any conditioning"
        found.append(Picture("unconditioned", caption, plateau_bars(histories, experiment.held, None, title)))
    for story in (one for one in agreement.stories if one.best is not None):
        shown = experiment.content.told.get(story.group, experiment.held)
        caption = f"{story.group}, {story.system}: the sample that meets {story.told:.3g} of {len(story.facts)} facts"
        if shown:
            found.append(Picture(f"best-{story.group}", caption, courses(histories, shown, story.best or 0)))
    if experiment.content.figures is None:
        every = band(histories, tuple(histories), weights)
        return (*found, Picture("courses", "Median and 95 % band of every scene of the clock", every))
    return (*found, *experiment.content.figures(histories, posterior))


@dataclass(frozen=True)
class Midpoint:
    """The midpoint temperature of a ramp, conditioned on the controls and without conditioning."""

    scene: str
    given: Result
    free: Result


@dataclass(frozen=True)
class Limit:
    """How probable it is that each step is the slowest in a scene, and whether diffusion keeps up."""

    scene: str
    steps: Mapping[str, float]
    check: Result


def midpoints(agreement: Agreement) -> tuple[Midpoint, ...]:
    """Return the midpoints of the scenes that exchange their metal on a ramp."""
    weights = agreement.posterior.weights if agreement.posterior else None
    ramps = {n: h for n, h in agreement.histories.items() if exchanges(h) and not h.heating.plateau_ends()}
    return tuple(
        Midpoint(name, summary("T50", midpoint(h), "C", weights), summary("T50", midpoint(h), "C"))
        for name, h in ramps.items()
    )


def limits(agreement: Agreement) -> tuple[Limit, ...]:
    """Return the slowest steps of the scenes for which the experiment asks."""
    weights = agreement.posterior.weights if agreement.posterior else None
    content = agreement.experiment.content
    at_C = content.limited_C
    chosen = {name: agreement.histories[name] for name in content.limited}
    return tuple(Limit(n, limiting_step(h, at_C, weights), diffusion_check(h, at_C)) for n, h in chosen.items())


def _plateaus_json(agreement: Agreement, name: str) -> dict[str, Any]:
    history = agreement.histories[name]
    what, share = watched_share(history)
    weights = agreement.posterior.weights if agreement.posterior else None
    return {
        "watched": what,
        "conditioned": [p.to_json() for p in plateau_probabilities(history, share, weights)],
        "unconditioned": [p.to_json() for p in plateau_probabilities(history, share)],
    }
