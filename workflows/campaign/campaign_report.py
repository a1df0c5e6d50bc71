"""A campaign joined: the replicas of every setting measured together, one page and one table for all of them."""

from collections.abc import Sequence

import polars

from nanokiln.analysis.measure.study import analyse_study
from nanokiln.analysis.measured import Measured
from nanokiln.analysis.report.campaign_page import PointLine, SettingSection, write_campaign_page
from nanokiln.structures.storage import write_whole
from nanokiln.workflows.campaign.campaign_directory import CampaignDirectory
from nanokiln.workflows.campaign.sweep import CampaignPoint, Sweep


def report_campaign(campaign: Sweep, points: Sequence[CampaignPoint], directory: CampaignDirectory) -> int:
    """Write `campaign.html` and `campaign.csv` from the points that are reported; return how many those are."""
    sections = []
    for label, group in _by_setting(points).items():
        done = [point for point in group if directory.is_reported(point)]
        lines = tuple(_line(point, directory) for point in group)
        sections.append(SettingSection(label, lines, join_points(label, done, directory)))
    frames = [
        section.measured.to_frame().with_columns(polars.lit(section.label).alias("setting"))
        for section in sections
        if section.measured is not None
    ]
    if frames:
        write_whole(directory.table_path, polars.concat(frames, how="diagonal_relaxed").write_csv())
    write_campaign_page(campaign.name, campaign.recipe, sections, directory.page_path)
    return sum(directory.is_reported(point) for point in points)


def join_points(label: str, points: Sequence[CampaignPoint], directory: CampaignDirectory) -> Measured | None:
    """Measure the finished replicas of one setting together, as a study of one rate; None while there is none."""
    runs = [Measured.read(directory.run_of(point).results_path) for point in points]
    return analyse_study(label, runs, [None] * len(runs)) if runs else None


def _by_setting(points: Sequence[CampaignPoint]) -> dict[str, list[CampaignPoint]]:
    groups: dict[str, list[CampaignPoint]] = {}
    for point in points:
        label = ", ".join(f"{place} {value}" for place, value in point.setting.items()) or "as the recipe says"
        groups.setdefault(label, []).append(point)
    return groups


def _line(point: CampaignPoint, directory: CampaignDirectory) -> PointLine:
    why = directory.why_refused(point)
    standing = "reported" if directory.is_reported(point) else f"failed: {why}" if why else "not finished"
    link = f"runs/{point.name}/report.html" if directory.is_reported(point) else ""
    return PointLine(point.name, link, point.recipe.seed, standing)
