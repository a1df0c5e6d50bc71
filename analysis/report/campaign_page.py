"""The page of a campaign: every setting with its runs, and what its replicas say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nanokiln.analysis.measured import Measured
from nanokiln.analysis.report.comparison import comparisons
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.study_page import study_figures


@dataclass(frozen=True)
class PointLine:
    """One run in the table: its name with the `link` to its page ("" without one), seed, and how far it came."""

    name: str
    link: str
    seed: int
    standing: str


@dataclass(frozen=True)
class SettingSection:
    """One setting of the campaign in words, its runs, and what was measured on the finished ones together."""

    label: str
    lines: tuple[PointLine, ...]
    measured: Measured | None


def write_campaign_page(name: str, recipe: str, sections: Sequence[SettingSection], out_html: Path) -> None:
    """Write a campaign's page; the file appears under its name only when it is whole."""
    figures = {section.label: study_figures(section.measured) for section in sections if section.measured is not None}
    side_by_side = comparisons({one.label: one.measured for one in sections if one.measured is not None})
    page = render("campaign.html", name=name, recipe=recipe, sections=sections, figures=figures, compared=side_by_side)
    part = out_html.with_suffix(".part")
    part.write_text(page)
    part.replace(out_html)
