"""The agreement table: every fact of the experiment answered by the program, as HTML and JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import nanokiln.analysis.review2019.beyond
import nanokiln.analysis.review2019.crystals
import nanokiln.analysis.review2019.fronts
import nanokiln.analysis.review2019.gold
import nanokiln.analysis.review2019.janus
import nanokiln.analysis.review2019.own_run
import nanokiln.analysis.review2019.rods
import nanokiln.analysis.review2019.sandwich
import nanokiln.analysis.review2019.stored_runs  # noqa: F401  importing registers the answers
from nanokiln.analysis.clock.clock import History, default_inputs, run_clock
from nanokiln.analysis.clock.distributions import Distribution, draw
from nanokiln.analysis.clock.figures import (
    band,
    budget_picture,
    donors_picture,
    gold_picture,
    plateau_bars,
    sensitivity_picture,
    watched_share,
)
from nanokiln.analysis.clock.inference import Posterior, infer, load_observations
from nanokiln.analysis.clock.outcome import (
    Plateau,
    diffusion_check,
    limiting_step,
    plateau_probabilities,
    product_share,
    summary,
)
from nanokiln.analysis.clock.outlook import Outlook, computed_barriers, computed_energies, outlook
from nanokiln.analysis.clock.scenes import SCENES, janus, run_scenes
from nanokiln.analysis.experiment.evidence import Evidence, verdicts
from nanokiln.analysis.experiment.facts import Experiment, Outcome, Verdict, count, load_experiment
from nanokiln.analysis.experiment.record import Record, shipped_records
from nanokiln.analysis.measure.run import Analysis
from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.page import render
from nanokiln.analysis.review2019.janus import SHOWN as SHOWN_GROUP

SAMPLES, SEED = 3000, 2019
CONTROLS = ("controls",)
SHOWN = ("CdSe-alone", "Cu3P-alone", "sandwich", "sandwich-fed", "rod")


@dataclass(frozen=True)
class Agreement:
    """All verdicts conditioned on the controls only, and, beside them, those without any conditioning."""

    experiment: Experiment
    posterior: Posterior
    histories: dict[str, History]
    verdicts: list[Verdict]
    unconditioned: list[Verdict]
    outlooks: tuple[Outlook, ...] = ()

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many rows ended in each outcome."""
        return count(self.verdicts)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "title": self.experiment.title,
            "samples": len(self.posterior.weights),
            "effective_samples": self.posterior.effective_samples,
            "counts": self.counts,
            "counts_unconditioned": count(self.unconditioned),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "verdicts_unconditioned": [verdict.to_json() for verdict in self.unconditioned],
            "plateaus": {name: _plateaus_json(self, name) for name in SHOWN},
            "outlooks": [one.to_json() for one in self.outlooks],
        }


def agree(
    analysis: Analysis | None = None,
    experiment: Experiment | None = None,
    samples: int = SAMPLES,
    seed: int = SEED,
    inputs: dict[str, Distribution] | None = None,
    runs: Sequence[Record] | None = None,
) -> Agreement:
    """Answer every fact: clock and budgets are computed now, records of runs (the shipped ones) add what they saw."""
    facts = experiment or load_experiment()
    histories = run_scenes(list(SCENES), draw(inputs or default_inputs(), samples, seed))
    observed = load_observations().of(CONTROLS)
    posterior = infer(observed, histories)
    rows = frozenset(row for observation in observed for row in observation.rows)
    free = Evidence(analysis, histories, runs=tuple(shipped_records() if runs is None else runs))
    given = replace(free, weights=posterior.weights, conditioned=rows)
    return Agreement(facts, posterior, histories, verdicts(given, experiment=facts), verdicts(free, experiment=facts))


def compare(energies: Mapping[str, Mapping[str, Any]], samples: int = 600) -> tuple[Outlook, ...]:
    """Return the clock's outlook with tables and ranges, then with computed barriers, then with each set of energies.

    `energies` are measured columns of potentials or teachers by the title they go under.
    """
    sets = {"tables and stated ranges": {}, "computed barriers": computed_barriers()}
    sets |= {title: computed_energies(column) for title, column in energies.items()}
    return tuple(outlook(title, replaced, samples) for title, replaced in sets.items())


def write_experiment(
    out_dir: Path,
    analysis: Analysis | None = None,
    experiment: Experiment | None = None,
    runs: Sequence[Record] | None = None,
    energies: Mapping[str, Mapping[str, Any]] | None = None,
    samples: int = SAMPLES,
) -> Agreement:
    """Write `experiment.json` and `experiment.html` with the table, its figures and the answer without conditioning.

    `runs` are the records that answer what nanoseconds can (the shipped ones), `energies` as in `compare`.
    """
    agreement = agree(analysis, experiment, samples, runs=runs)
    agreement = replace(agreement, outlooks=compare(energies or {}, max(samples // 5, 100)))
    out_dir.mkdir(parents=True, exist_ok=True)
    page = render(
        "experiment.html",
        experiment=agreement.experiment,
        verdicts=agreement.verdicts,
        counts=agreement.counts,
        unconditioned={v.fact.id: v for v in agreement.unconditioned},
        counts_unconditioned=count(agreement.unconditioned),
        posterior=agreement.posterior,
        pictures=pictures(agreement),
        tables=tables(agreement),
        outlooks=agreement.outlooks,
        ranges=default_inputs(),
    )
    (out_dir / "experiment.html").write_text(page)
    (out_dir / "experiment.json").write_text(json.dumps(agreement.to_json(), indent=1, allow_nan=False) + "\n")
    return agreement


def pictures(agreement: Agreement) -> list[tuple[str, str, str]]:
    """Return (anchor, caption, data URI) of every figure that the table points to."""
    histories, weights = agreement.histories, agreement.posterior.weights
    ramps = ("sandwich-ramp", "rod-ramp", "rod-copper-ramp", "lead-ramp")
    given = plateau_bars(histories, SHOWN, weights, "conditioned on the controls")
    free = plateau_bars(histories, SHOWN, None, "no conditioning")
    inputs = sensitivity_picture(histories["rod-ramp"], weights, "rods beside ample Cu2Se")
    return [
        ("plateaus", "What the clock predicts, conditioned on the controls only", given),
        ("unconditioned", "The same without any conditioning", free),
        ("controls", "The controls, conditioned on themselves", band(histories, ("CdSe-alone", "Cu3P-alone"), weights)),
        ("ramps", "Conversion on a ramp of 10 °C/min: median and 95 % band", band(histories, ramps, weights)),
        ("budget", "Element budget of the sandwiches: how many must feed the others", budget_picture()),
        ("donors", "Element budget of the rods: how many donors one needs", donors_picture()),
        ("sensitivity", "Which input would change the answer most", inputs),
        ("janus", "Phosphorus lost by 15 nm Cu-Cu3P particles", band(_janus(agreement), ("Cu-Cu3P",), weights)),
        ("gold", "Gold left on the body of a rod", gold_picture(histories["rod"].rates.draws, weights)),
    ]


def _janus(agreement: Agreement) -> dict[str, History]:
    return {"Cu-Cu3P": run_clock(janus(agreement.posterior.draws, 15.0), SHOWN_GROUP, agreement.posterior.draws)}


def tables(agreement: Agreement) -> dict[str, Any]:
    """Return midpoints, limiting steps and diffusion checks of the scenes, ready for the page."""
    weights = agreement.posterior.weights
    middles: list[tuple[str, Result, Result]] = []
    limits: list[tuple[str, dict[str, float], Result]] = []
    for name, history in agreement.histories.items():
        if history.particle.pool == "none" or not np.any(np.asarray(history.particle.host) > 0):
            continue
        if name.endswith("-ramp"):
            middle = history.crossing_C(product_share(history), 0.5)
            middle = np.where(np.isnan(middle), history.temperature_C.max(), middle)
            middles.append((name, summary("T50", middle, "C", weights), summary("T50", middle, "C")))
        if name in ("sandwich", "sandwich-fed", "rod", "rod-ample"):
            limits.append((name, limiting_step(history, 350.0, weights), diffusion_check(history, 350.0)))
    marginals = [agreement.posterior.marginal(name) for name, _ in agreement.posterior.narrowed(8)]
    return {"middles": middles, "limits": limits, "marginals": marginals}


def _plateaus_json(agreement: Agreement, name: str) -> dict[str, Any]:
    what, share = watched_share(agreement.histories[name])
    history = agreement.histories[name]
    return {
        "watched": what,
        "conditioned": [_plain(p) for p in plateau_probabilities(history, share, agreement.posterior.weights)],
        "unconditioned": [_plain(p) for p in plateau_probabilities(history, share)],
    }


def _plain(plateau: Plateau) -> dict[str, Any]:
    return {"temperature_C": plateau.temperature_C, "none_partial_complete": list(plateau.probabilities)}
