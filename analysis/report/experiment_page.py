"""The page of an experiment: the agreement table with its figures, what the clock says, the unconditioned answer."""

import json
from pathlib import Path

from nanokiln.analysis.experiment.agreement import Agreement, figures, limits, midpoints
from nanokiln.analysis.experiment.verdict import count
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import render


def write_experiment(agreement: Agreement, out_dir: Path) -> Path:
    """Write `experiment.json` and `experiment.html`; return the page's path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    posterior = agreement.posterior
    page = render(
        "experiment.html",
        table=agreement.experiment.table,
        verdicts=agreement.verdicts,
        counts=agreement.counts,
        conditioned=agreement.conditioned,
        unconditioned={v.fact.id: v for v in agreement.unconditioned},
        counts_unconditioned=count(agreement.unconditioned),
        posterior=posterior,
        pictures=[(one.anchor, one.caption, draw(one.drawing)) for one in figures(agreement)],
        midpoints=midpoints(agreement),
        limits=limits(agreement),
        limited_C=agreement.experiment.content.limited_C,
        marginals=[posterior.marginal(name) for name, _ in posterior.narrowed(8)] if posterior else [],
        outlooks=agreement.outlooks,
        ranges=agreement.experiment.inputs,
    )
    path = out_dir / "experiment.html"
    path.write_text(page)
    (out_dir / "experiment.json").write_text(json.dumps(agreement.to_json(), indent=1, allow_nan=False) + "\n")
    return path
