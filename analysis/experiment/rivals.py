"""Rivals: sets of hypotheses weighed against each other by how well they explain the facts of each story.

The evidence of a set is the mean, over all its inputs, of the probability of what was seen: of every fact that the
clock decides, with a share `MISREAD` of misreadings, so that a fact out of reach counts fifty to one against, not
infinitely. A story on which no hypothesis has any bearing is left out.
Controls are facts like others here. Facts that runs, crystals or symmetry decide are the same under every set.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock_scene import ScenesOnRequest
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.inference import MISREAD
from nanokiln.analysis.clock.mechanisms import SWITCH, hypotheses, supposed, supposing
from nanokiln.analysis.clock.smc import mean_likelihood, temper
from nanokiln.analysis.experiment.beside import beside
from nanokiln.analysis.experiment.evidence import Answerer, Evidence, Panel
from nanokiln.analysis.experiment.folder import Experiment
from nanokiln.analysis.experiment.predictive import percent
from nanokiln.analysis.experiment.verdict import Verdict, judge

Array = NDArray[np.float64]
ALL = "all"
SAMPLES, TEMPERED, MOVES = 4000, 300, 4
PILOT, FEW = 200, 20  # samples that show what hypotheses bear on, and which answers are one per sample
WORTH_TELLING, ERRORS = 0.5, 3.0  # log10 of three to one, and standard errors: a dozen sets and stories are looked at
WORKERS = 2
LN10 = float(np.log(10.0))
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Support:
    """How well a set explains the clock's facts of one story, or of all: evidence and its error, both as log10, and the
    probability that one sample meets every fact, and its error. `best` is the most facts that one sample meets."""

    group: str
    facts: tuple[str, ...]
    log10_evidence: float
    error: float
    joint: float
    joint_error: float
    best: float


@dataclass(frozen=True)
class Rival:
    """A set of hypotheses under a name: which hold, its support by story, and how probable each fact is under it."""

    name: str
    holds: tuple[str, ...]
    supports: Mapping[str, Support]
    chances: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Rival sets of hypotheses, the base first."""

    rivals: tuple[Rival, ...]

    def factor(self, rival: Rival, group: str) -> tuple[float, float]:
        """Return log10 of the Bayes factor of a set against the base on a story, and its standard error."""
        one, base = rival.supports[group], self.rivals[0].supports[group]
        return one.log10_evidence - base.log10_evidence, float(np.hypot(one.error, base.error))

    @property
    def groups(self) -> tuple[str, ...]:
        """The stories, and all of them together."""
        return tuple(self.rivals[0].supports)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the facts require, in words."""
        return (*(told for rival in self.rivals[1:] if (told := self._tell(rival))), *self._whole())

    def _tell(self, rival: Rival) -> str:
        """Return on which stories a set is favoured or not, by more than three to one and three errors."""
        parts = []
        for group in self.groups:
            size, error = self.factor(rival, group)
            if _clear(abs(size), error):
                word = "for" if size > 0 else "against"
                on = "all facts together" if group == ALL else group
                parts.append(f"{word} it on {on} 10^{abs(size):.1f}({error:.1f}) to 1")
        return f"{rival.name}: the facts speak {', '.join(parts)}." if parts else ""

    def _whole(self) -> Iterator[str]:
        """Tell the joint probability of every story before and after, and whether any set explains all."""
        undecided = [rival.name for rival in self.rivals[1:] if not self._tell(rival)]
        if undecided:
            yield f"The facts cannot tell these from the base: {', '.join(undecided)}."
        base = self.rivals[0]
        for group in self.groups:
            best = max(self.rivals, key=lambda rival: rival.supports[group].joint)
            before, after = base.supports[group].joint, best.supports[group].joint
            on = "All facts together" if group == ALL else f"Story {group}"
            gain = f"; {percent(after)} with {best.name}" if after > before else ""
            yield f"{on}: {percent(before)} of the base's samples meet every fact of the clock{gain}."
        never = [row for row in base.chances if all(rival.chances[row] == 0.0 for rival in self.rivals)]
        if never:
            yield f"No sample of any set meets {', '.join(never)}."
        if all(rival.supports[ALL].joint == 0.0 for rival in self.rivals):
            yield "No set explains all facts at once."

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"sentences": list(self.sentences), "sets": [self._told(rival) for rival in self.rivals]}

    def _told(self, rival: Rival) -> dict[str, Any]:
        supports = []
        for group, one in rival.supports.items():
            size, error = self.factor(rival, group)
            about = {**vars(one), "facts": list(one.facts)}
            supports.append({**about, "log10_bayes_factor": size, "bayes_factor_error": error})
        return {"name": rival.name, "holds": list(rival.holds), "supports": supports, "chances": dict(rival.chances)}


@dataclass(frozen=True)
class Jury:
    """The facts that samples of the clock decide, and who answers them."""

    experiment: Experiment
    facts: tuple[str, ...]
    answerers: tuple[Answerer, ...]

    def chances(self, draws: Draws) -> Array:
        """Return how probable each fact is under each sample, (facts, samples); what has no answer is not met."""
        samples, about = len(next(iter(draws.values()))), self.experiment
        judged = _judged(about, self.facts, self.answerers, draws)
        return np.stack([np.broadcast_to(_each(one), samples) for one in judged])


def log_likelihood(chances: Array) -> Array:
    """Return the logarithm of the probability of having seen facts, each now and then read wrong."""
    return np.log(MISREAD + (1.0 - 2.0 * MISREAD) * chances)


def summon(experiment: Experiment) -> Jury:
    """Return the jury of an experiment: a few samples show which facts the clock's samples decide, and in which stories
    any hypothesis makes a difference.

    ValueError: in none.
    """
    clock = tuple(one for one in experiment.answerers if not one.of_run)
    draws = draw(rival_sets(experiment.inputs)["all rivals"], PILOT, experiment.seed)
    plain = {name: np.zeros(PILOT) if name.startswith(SWITCH) else column for name, column in draws.items()}
    # Scenes of many particles and lattice runs, which answer with a number for all samples, are heard with few of them.
    few = {name: column[:FEW] for name, column in plain.items()}
    every = tuple(fact.id for fact in experiment.table.facts)
    alone = tuple(one.fact.id for one in _judged(experiment, every, clock, few) if len(_each(one)) == FEW and one.free)
    clock = tuple(one for one in clock if set(one.rows) & set(alone))
    with_all, without = (_judged(experiment, alone, clock, these) for these in (draws, plain))
    moved: dict[str, list[tuple[str, bool]]] = {}
    for one, base in zip(with_all, without, strict=True):
        moved.setdefault(one.fact.group, []).append((one.fact.id, not np.array_equal(_each(one), _each(base))))
    facts = tuple(row for found in moved.values() if any(other for _, other in found) for row, _ in found)
    if not facts:
        raise ValueError(f"no hypothesis has any bearing on the facts of experiment {experiment.name}")
    return Jury(experiment, facts, tuple(one for one in clock if set(one.rows) & set(facts)))


def _judged(
    experiment: Experiment, rows: tuple[str, ...], answerers: tuple[Answerer, ...], draws: Draws
) -> list[Verdict]:
    """Return the verdicts on some rows, in the order of the table; scenes that nobody asks for are not run."""
    with np.errstate(all="ignore"):  # under some sets nothing happens, and a spread of nothing is no number
        panel = Panel(answerers, Evidence(histories=ScenesOnRequest(experiment.scenes, draws)))
        return [judge(fact, panel.answer(fact.id)) for fact in experiment.table.facts if fact.id in rows]


def _each(verdict: Verdict) -> Array:
    return np.zeros(1) if verdict.chance is None else verdict.chance.each


def _group(experiment: Experiment, row: str) -> str:
    return next(fact.group for fact in experiment.table.facts if fact.id == row)


def rival_sets(inputs: Mapping[str, Distribution]) -> dict[str, dict[str, Distribution]]:
    """Return the base, every change of one hypothesis, and all rivals at once."""
    held = supposed(inputs)
    rivals = [name for name in hypotheses() if name not in held]
    sets = {"base": dict(inputs)}
    sets |= {f"without {name}": supposing(inputs, off=[name]) for name in held}
    sets |= {name: supposing(inputs, on=[name]) for name in rivals}
    return sets | {"all rivals": supposing(inputs, on=rivals)}


def compare_rivals(
    experiment: Experiment, samples: int = SAMPLES, tempered: int = TEMPERED, tell: Tell | None = None
) -> Comparison:
    """Weigh the base against each hypothesis switched by itself, all rivals, and those that the stories favour.

    `samples` of the prior give the evidence of every story at once; that of all facts together, which are rare in it,
    comes from `tempered` ones that are led on from there. Two processes share the sets.
    """
    jury, sets = summon(experiment), rival_sets(experiment.inputs)
    total = len(sets) + 1
    with beside(WORKERS, _hold, (jury, samples, tempered)) as pool:
        waiting = {name: pool.submit(_weigh, name, inputs) for name, inputs in sets.items()}
        found: list[Rival] = []
        for name, future in waiting.items():
            if tell is not None:
                tell(len(found), total, f"hypotheses: {name}")
            found.append(future.result())
        favoured = _favoured(Comparison(tuple(found)), experiment.inputs)
        if favoured is not None:
            if tell is not None:
                tell(len(found), total, f"hypotheses: {favoured[0]}")
            found.append(pool.submit(_weigh, *favoured).result())
    if tell is not None:
        tell(total, total, "")
    return Comparison(tuple(found))


def _favoured(comparison: Comparison, base: Mapping[str, Distribution]) -> tuple[str, dict[str, Distribution]] | None:
    """Return the set of the rivals that some story favours, where they are two or more and not all."""
    rivals = [rival for rival in comparison.rivals[1:] if rival.name in hypotheses()]
    groups = comparison.groups
    on = [one.name for one in rivals if any(_clear(*comparison.factor(one, group)) for group in groups)]
    return (" and ".join(on), supposing(base, on)) if 1 < len(on) < len(rivals) else None


def _clear(size: float, error: float) -> bool:
    return size > max(WORTH_TELLING, ERRORS * error)


_held: list[tuple[Jury, int, int]] = []


def _hold(jury: Jury, samples: int, tempered: int) -> None:
    _held[:] = [(jury, samples, tempered)]


def _weigh(name: str, inputs: Mapping[str, Distribution]) -> Rival:
    """Return a set with its support: of every story by samples of the prior, of all by tempering that begins there."""
    jury, samples, tempered = _held[0]
    seen: list[Array] = []

    def terms(draws: Draws) -> Array:
        chances = jury.chances(draws)
        seen[:] = seen or [chances]
        return log_likelihood(chances)

    # An evidence needs no samples that have forgotten where they began, and its error knows whom they descend from.
    ensemble = temper(inputs, terms, tempered, jury.experiment.seed, MOVES, first=samples, most_moves=MOVES)
    chances = seen[0]
    supports = {}
    for group in (*dict.fromkeys(_group(jury.experiment, row) for row in jury.facts), ALL):
        rows = [i for i, row in enumerate(jury.facts) if group in (ALL, _group(jury.experiment, row))]
        found = mean_likelihood(log_likelihood(chances[rows]).sum(axis=0))
        if group == ALL:
            found = ensemble.log_evidence, ensemble.log_evidence_error
        supports[group] = _support(group, tuple(jury.facts[i] for i in rows), chances[rows], found)
    each = dict(zip(jury.facts, map(float, chances.mean(axis=1)), strict=True))
    return Rival(name, supposed(inputs), supports, each)


def _support(group: str, facts: tuple[str, ...], chances: Array, found: tuple[float, float]) -> Support:
    joint = chances.prod(axis=0)
    spread = float(joint.std() / np.sqrt(len(joint)))
    logarithm, error = (value / LN10 for value in found)
    return Support(group, facts, logarithm, error, float(joint.mean()), spread, float(chances.sum(axis=0).max()))
