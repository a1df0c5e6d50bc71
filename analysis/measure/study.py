"""A study as a whole: what its replicas and its heating rates say together that none of the runs says alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy import stats

from nanokiln.analysis.lattice.transformation import Progress, compute_transformation, fit_kissinger, isotonic
from nanokiln.analysis.measure.conversion import LEVELS, held_at
from nanokiln.analysis.measure.pooled import pool_curves, pool_rows
from nanokiln.analysis.measured import COLUMNS, Measured, Origin, Result, Series

Array = NDArray[np.float64]

POOLED = ("D", "local_D", "Ea", "jump_rate")
AVERAGED = ("phase_share", "vacancies")
_GRID = 401
_PER_S = 1e12  # ps in a second
_FURNACE_K_PER_S = 1.0  # about what a heating holder does
_REPLICAS_FOR_AN_ERROR = 3


@dataclass(frozen=True)
class RateGroup:
    """The runs of a study at one heating rate (K/ps, None where the study has none): its replicas."""

    rate_K_per_ps: float | None
    runs: tuple[Measured, ...]

    @property
    def name(self) -> str:
        """What the rows of the group are marked by in `stage`."""
        return "" if self.rate_K_per_ps is None else f"rate-{self.rate_K_per_ps:g}"


def analyse_study(name: str, runs: Sequence[Measured], rates_K_per_ps: Sequence[float | None]) -> Measured:
    """Measure a study from what was measured on its runs, each at its rate.

    Rows: `runs`; `onset` and `midpoint` (domain, phase, other; stage names the rate) with a 95 % interval over
    replicas where there are three; `Ea_kissinger` and `midpoint_extrapolated` where the rates suffice; the quantities
    POOLED over replicas. Curves: `phase_share`, `vacancies` and `transformed` averaged over replicas, `D_heated` over
    those whose heating gave D(T), and `kissinger`.
    ValueError: no run, or runs of different models or potentials.
    """
    origin = _origin(name, runs)
    groups = _groups(runs, rates_K_per_ps)
    onsets, averaged = [], []
    for group in groups:
        found, curves = _transformation(group)
        onsets += found
        averaged += [*curves, *_averages(group), *_heated(group)]
    energies, points, refusals = _kissinger(groups, onsets)
    pooled = [row for group in groups for row in _pooled(group)]
    count = Result("runs of this study", float(len(runs)), "runs", "input", 0.0, quantity="runs")
    warnings = (*_warnings(runs), *_too_few(groups), *refusals)
    return Measured(origin, (count, *onsets, *energies, *pooled), (*averaged, *points), warnings)


def _origin(name: str, runs: Sequence[Measured]) -> Origin:
    if not runs:
        raise ValueError(f"study {name} has no run: one at least must be finished and analysed")
    first = runs[0].origin
    for run in runs:
        if (run.origin.model, run.origin.potential, run.origin.checksums) != (
            first.model,
            first.potential,
            first.checksums,
        ):
            raise ValueError(
                f"study {name}: run {run.origin.run} is of {run.origin.model} with {run.origin.potential}, run "
                f"{first.run} of {first.model} with {first.potential}, or their files differ; a study has one of each"
            )
    origins = [run.origin for run in runs]
    return replace(
        first,
        run=name,
        time_ps=sum(one.time_ps for one in origins),
        hottest_K=max(one.hottest_K for one in origins),
        ranks=max(one.ranks for one in origins),
        seed=None,
        recipe_sha256="",
    )


def _groups(runs: Sequence[Measured], rates: Sequence[float | None]) -> list[RateGroup]:
    pairs = list(zip(runs, rates, strict=True))
    return [RateGroup(rate, tuple(run for run, own in pairs if own == rate)) for rate in dict.fromkeys(rates)]


def _warnings(runs: Sequence[Measured]) -> Iterator[str]:
    """Yield each warning of the runs once; those that differ in their numbers only are one."""
    alike: dict[str, list[str]] = {}
    for warning in (warning for run in runs for warning in run.warnings):
        alike.setdefault(re.sub(r"[\d.]+", "#", warning), []).append(warning)
    for found in alike.values():
        yield found[0] if len(found) == 1 else f"{found[0]} (so or alike in {len(found)} of {len(runs)} runs)"


def _too_few(groups: Sequence[RateGroup]) -> Iterator[str]:
    fewest = min(len(group.runs) for group in groups)
    if fewest < _REPLICAS_FOR_AN_ERROR:
        yield (
            f"The study has {fewest} {'replica' if fewest == 1 else 'replicas'} of a run: onsets have no interval "
            f"below {_REPLICAS_FOR_AN_ERROR}."
        )


def _transformation(group: RateGroup) -> tuple[list[Result], list[Series]]:
    """Return onset and midpoint of each domain over the replicas of a group, and its mean curve."""
    rows, curves = [], []
    for subject in _subjects(group, ("transformed",), ("domain", "phase")):
        mine = [curve for run in group.runs for curve in run.select_curves(**subject)]
        x = np.linspace(max(c.x[0] for c in mine), min(c.x[-1] for c in mine), _GRID)
        rising = np.array([np.interp(x, c.x, isotonic(c.y)) for c in mine])
        one = np.arange(len(mine))
        other = max((c.other for c in mine), key=[c.other for c in mine].count)
        for quantity, level in LEVELS.items():
            name = f"{quantity} of {mine[0].domain} leaving {mine[0].phase}"
            found = compute_transformation(Progress(x, rising, one), _at(name, group), level)
            found = replace(found, quantity=quantity, domain=mine[0].domain, phase=mine[0].phase, other=other)
            held = sum(held_at(curve, level) is not None for curve in mine)
            method = f"{found.method}; in {held} of them while the temperature was held" if held else found.method
            about = {**found.provenance, "rate_K_per_ps": group.rate_K_per_ps, "held": held}
            rows.append(replace(found, stage=group.name, method=method, provenance=about))
        smooth = [replace(c, x=x, y=y, error=None) for c, y in zip(mine, rising, strict=True)]
        mean = pool_curves(smooth, len(smooth), points=101)
        curves.append(replace(mean, name=_at(mean.name, group), stage=group.name, other=other))
    return rows, curves


def _at(name: str, group: RateGroup) -> str:
    return name if group.rate_K_per_ps is None else f"{name} at {group.rate_K_per_ps:g} K/ps"


def _subjects(group: RateGroup, quantities: Sequence[str], columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the different values that some columns of the curves of a group have, quantity among them."""
    found = [
        {name: getattr(curve, name) for name in ("quantity", *columns)}
        for run in group.runs
        for curve in run.curves
        if curve.quantity in quantities
    ]
    return [dict(items) for items in dict.fromkeys(tuple(one.items()) for one in found)]


def _averages(group: RateGroup) -> Iterator[Series]:
    for subject in _subjects(group, AVERAGED, COLUMNS[1:]):
        mine = [curve for run in group.runs for curve in run.select_curves(**subject)]
        mean = pool_curves(mine, len(group.runs))
        yield replace(mean, name=_at(mean.name, group), stage=group.name)


def _heated(group: RateGroup) -> Iterator[Series]:
    """Yield D(T) of each species, the mean of its logarithm over the replicas whose heating gave one."""
    for subject in _subjects(group, ("D_heated",), ("species",)):
        mine = [curve for run in group.runs for curve in run.select_curves(**subject)]
        logs = [replace(c, y=np.log(c.y), error=c.error / c.y) for c in mine if c.error is not None]
        mean = pool_curves(logs, len(logs))
        assert mean.error is not None
        D = np.exp(mean.y)
        method = f"mean of the logarithm over {len(logs)} of {len(group.runs)} runs, whose heating gave D(T)"
        yield replace(mean, name=_at(mean.name, group), y=D, error=D * mean.error, stage=group.name, method=method)


def _pooled(group: RateGroup) -> Iterator[Result]:
    """Yield each quantity of POOLED over the replicas that have it; `stage` names the rate before the stage."""
    found: dict[tuple[str, ...], list[Result]] = {}
    for row in (row for run in group.runs for row in run.rows if row.quantity in POOLED):
        found.setdefault(tuple(getattr(row, name) for name in COLUMNS), []).append(row)
    for rows in found.values():
        mean_K = [row.temperature_K for row in rows if row.temperature_K is not None]
        yield replace(
            pool_rows(rows, len(group.runs)),
            name=_at(_title(rows[0]), group),
            stage=f"{group.name} {rows[0].stage}".strip(),
            temperature_K=float(np.mean(mean_K)) if mean_K else None,
        )


def _title(row: Result) -> str:
    """Return a name for people that holds for every replica, as temperatures measured in a hold do not."""
    place = f" from the {row.region}" if row.region else ""
    what = row.quantity.removeprefix("local_").replace("_", " ")
    return f"{what} of {row.species}{place}{row.stage and f', {row.stage}'}"


def _kissinger(groups: Sequence[RateGroup], onsets: Sequence[Result]) -> tuple[list[Result], list[Series], list[str]]:
    """Return Kissinger's energy, its extrapolation and its points for every domain, and why there is none."""
    rows: list[Result] = []
    curves: list[Series] = []
    refusals: list[str] = []
    rate_of = {group.name: group.rate_K_per_ps for group in groups}
    for domain in dict.fromkeys(row.domain for row in onsets):
        mine = [row for row in onsets if row.domain == domain and row.quantity == "midpoint" and rate_of[row.stage]]
        reached = [row for row in mine if row.value is not None]
        if len(mine) < 2 or len(reached) < 2:
            continue
        rates = np.array([rate_of[row.stage] for row in reached], dtype=float) * _PER_S
        midpoints = np.array([row.value for row in reached], dtype=float)
        curves.append(_points(reached[0], rates, midpoints))
        try:
            rows += _energy(reached[0], rates, midpoints, _common_error_K(reached))
        except ValueError as error:
            refusals.append(f"No Kissinger energy of {domain}: {error}.")
    return rows, curves, refusals


def _common_error_K(rows: Sequence[Result]) -> float:
    """Return the standard error of a midpoint, the same at every rate; ValueError where there is none.

    Pooling the rates steadies what three replicas say; Student's t stands for what is left of that doubt.
    """
    if held := [row.stage for row in rows if row.provenance["held"]]:
        raise ValueError(f"the midpoint at {', '.join(held)} was reached in a hold, where the rate says nothing")
    if any(row.error is None for row in rows):
        raise ValueError(f"every rate needs {_REPLICAS_FOR_AN_ERROR} replicas for the error of its midpoint")
    errors = np.array([row.error for row in rows], dtype=float)
    freedom = sum(row.provenance["replicas"] - 1 for row in rows)
    wider = float(stats.t.ppf(0.975, freedom) / stats.norm.ppf(0.975))
    return max(wider * float(np.sqrt((errors**2).mean())), 0.1)


def _points(row: Result, rates_K_per_s: Array, midpoints_K: Array) -> Series:
    order = np.argsort(midpoints_K)
    return Series(
        f"Kissinger's points of {row.domain}",
        "inverse_kT_eV",
        "1/eV",
        1 / (kB * midpoints_K[order][::-1]),
        np.log(rates_K_per_s / midpoints_K**2)[order][::-1],
        "",
        method="ln(rate / T^2), rate in K/s, against 1/kT of the midpoint; a slope of -Ea",
        quantity="kissinger",
        domain=row.domain,
        phase=row.phase,
        other=row.other,
    )


def _energy(row: Result, rates: Array, midpoints: Array, error_K: float) -> Iterator[Result]:
    fit = fit_kissinger(rates, midpoints, np.full(len(rates), error_K))
    crossed = float(np.log10(rates.max() / rates.min()))
    about = {"rates_K_per_s": rates.tolist(), "midpoints_K": midpoints.tolist(), "error_K": error_K}
    yield Result(
        f"Kissinger energy of {row.domain} leaving {row.phase}",
        fit.Ea_eV,
        "eV",
        "measured",
        fit.error_eV,
        method=f"midpoints at {len(rates)} rates over {crossed:.1f} decades; assumes that one step limits at all rates",
        provenance=about,
        quantity="Ea_kissinger",
        domain=row.domain,
        phase=row.phase,
        other=row.other,
    )
    if fit.Ea_eV > 2 * fit.error_eV:
        far = replace(fit.temperature_at(_FURNACE_K_PER_S), quantity="midpoint_extrapolated", provenance=about)
        far = replace(far, name=f"midpoint of {row.domain} leaving {row.phase} at {_FURNACE_K_PER_S:g} K/s")
        yield replace(far, domain=row.domain, phase=row.phase, other=row.other)
