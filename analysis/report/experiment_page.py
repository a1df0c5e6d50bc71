"""The page of an experiment: the agreement table with its figures, what the clock says, the unconditioned answer."""

import json
from pathlib import Path

from nanokiln.analysis.clock.mechanisms import hypotheses, supposed
from nanokiln.analysis.experiment.agreement import Agreement, figures, limits, midpoints
from nanokiln.analysis.experiment.table_record import ExperimentRecord
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import csv_links, render

NUMBERS = ("id", "quantity", "value", "error", "low", "high", "unit", "obtained")


def write_experiment(agreement: Agreement, out_dir: Path) -> Path:
    """Write `experiment.json` and `experiment.html`; return the page's path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    posterior, shown = agreement.posterior, figures(agreement)
    page = render(
        "experiment.html",
        table=agreement.experiment.table,
        verdicts=agreement.verdicts,
        counts=agreement.counted(agreement.verdicts),
        summary=agreement.summary,
        decided=agreement.decided,
        powers=agreement.powers,
        stories=agreement.stories,
        before={one.group: one for one in agreement.stories_unconditioned},
        conditioned=agreement.conditioned,
        unconditioned={v.fact.id: v for v in agreement.unconditioned},
        counts_unconditioned=agreement.counted(agreement.unconditioned),
        posterior=posterior,
        pictures=[(one.anchor, one.caption, draw(one.drawing)) for one in shown],
        anchors={one.anchor for one in shown},
        midpoints=midpoints(agreement),
        limits=limits(agreement),
        limited_C=agreement.experiment.content.limited_C,
        marginals=[posterior.marginal(name) for name, _ in posterior.narrowed(8)] if posterior else [],
        outlooks=agreement.outlooks,
        ranges=agreement.experiment.inputs,
        comparison=agreement.comparison,
        hypotheses=hypotheses(),
        held=supposed(agreement.experiment.inputs),
        downloads=csv_links({"facts.csv": facts_table(agreement), "numbers.csv": numbers_table(agreement)}),
    )
    path = out_dir / "experiment.html"
    path.write_text(page)
    told = ExperimentRecord.model_validate(agreement.to_json())
    (out_dir / "experiment.json").write_text(json.dumps(told.model_dump(), indent=1, allow_nan=False) + "\n")
    return path


def facts_table(agreement: Agreement) -> list[dict[str, object]]:
    """Return a row per fact: what was seen, what counts as agreement, the verdict and its probability."""
    return [
        {
            "id": one.fact.id,
            "fact": one.fact.fact,
            "accepted": one.fact.accepted,
            "outcome": one.outcome,
            "probability": "" if one.probability is None else one.probability,
            "fails_in": "; ".join(agreement.powers[one.fact.id].refused) if one.fact.id in agreement.powers else "",
            "reason": one.reason,
        }
        for one in agreement.verdicts
    ]


def numbers_table(agreement: Agreement) -> list[dict[str, object]]:
    """Return a row per predicted number: its value, interval or error, unit, and how it was obtained."""
    rows: list[dict[str, object]] = []
    for verdict in agreement.verdicts:
        for one in verdict.results:
            low, high = one.interval or ("", "")
            value = "" if one.value is None else one.value
            error = "" if one.error is None else one.error
            told = (verdict.fact.id, one.name, value, error, low, high, one.unit, one.obtained)
            rows.append(dict(zip(NUMBERS, told, strict=True)))
    return rows
