"""The agreement table: every fact of an experiment answered by the program, with and without conditioning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.charts import Picture, band, plateau_bars
from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.inference import Posterior, infer
from nanokiln.analysis.clock.outcome import (
    diffusion_check,
    exchanges,
    limiting_step,
    midpoint,
    plateau_probabilities,
    summary,
    watched_share,
)
from nanokiln.analysis.clock.outlook import Inputs, Outlook, computed_barriers, computed_energies, outlook
from nanokiln.analysis.experiment.evidence import Evidence
from nanokiln.analysis.experiment.folder import Experiment
from nanokiln.analysis.experiment.judge import verdicts
from nanokiln.analysis.experiment.verdict import Outcome, Verdict, count
from nanokiln.analysis.measured import Measured, Result

Array = NDArray[np.float64]
CONTROLS = "controls"


@dataclass(frozen=True)
class Agreement:
    """All verdicts conditioned on the controls only, and, beside them, those without any conditioning.

    `posterior` is None where the experiment has no scenes for the clock.
    """

    experiment: Experiment
    posterior: Posterior | None
    histories: Mapping[str, History]
    verdicts: tuple[Verdict, ...]
    unconditioned: tuple[Verdict, ...]
    outlooks: tuple[Outlook, ...] = ()

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
            "counts": self.counts,
            "counts_unconditioned": count(self.unconditioned),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "verdicts_unconditioned": [verdict.to_json() for verdict in self.unconditioned],
            "plateaus": {name: _plateaus_json(self, name) for name in self.experiment.held},
            "outlooks": [one.to_json() for one in self.outlooks],
        }


def agree(
    experiment: Experiment,
    runs: Sequence[Measured] | None = None,
    samples: int | None = None,
    energies: Mapping[str, Inputs] | None = None,
) -> Agreement:
    """Answer every fact: clock and budgets are computed now, runs (those kept with the experiment) add what they saw.

    `energies` are computed inputs by the title they go under, for the outlooks beside tables and ranges.
    """
    number = samples or experiment.samples
    evidence = Evidence(runs=tuple(experiment.runs if runs is None else runs))
    if not experiment.scenes:
        judged = verdicts(evidence, experiment)
        return Agreement(experiment, None, {}, judged, judged)
    histories = run_scenes(experiment.scenes, experiment.scenes, draw(experiment.inputs, number, experiment.seed))
    observed = experiment.observations.groups.get(CONTROLS, ())
    posterior = infer(observed, histories)
    rows = frozenset(row for observation in observed for row in observation.rows)
    free = replace(evidence, histories=histories, variations={})
    given = replace(free, weights=posterior.weights, conditioned=rows)
    unconditioned = verdicts(free, experiment)
    judged = verdicts(given, experiment) if observed else unconditioned
    outlooks = compare(experiment, energies or {}, max(number // 5, 100))
    return Agreement(experiment, posterior, histories, judged, unconditioned, outlooks)


def compare(experiment: Experiment, energies: Mapping[str, Inputs], samples: int) -> tuple[Outlook, ...]:
    """Return the clock's outlook with tables and ranges, with computed barriers, and with each set of energies."""
    scenes = {name: experiment.scenes[name] for name in experiment.content.outlook}
    sets: dict[str, Inputs] = {"tables and stated ranges": {}, "computed barriers": computed_barriers(), **energies}
    return tuple(outlook(title, replaced, scenes, samples) for title, replaced in sets.items()) if scenes else ()


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
        title = "conditioned on the controls" if posterior.observations else "no conditioning"
        bars = plateau_bars(histories, experiment.held, weights, title)
        found.append(Picture("plateaus", f"What the clock predicts at the end of every hold, {title}", bars))
    if experiment.held and posterior.observations:
        bars = plateau_bars(histories, experiment.held, None, "no conditioning")
        found.append(Picture("unconditioned", "The same without any conditioning", bars))
    if experiment.content.figures is None:
        courses = band(histories, tuple(histories), weights)
        return (*found, Picture("courses", "Median and 95 % band of every scene of the clock", courses))
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
