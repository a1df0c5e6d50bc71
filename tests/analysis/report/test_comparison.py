"""Settings are drawn side by side where they differ, and only there."""

from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.analysis.report.campaign_page import PointLine, SettingSection, write_campaign_page
from nanokiln.analysis.report.comparison import comparisons


def setting(D: float | None, onset: float) -> Measured:
    bound = (0.0, 2e-6) if D is None else None
    error = None if D is None else 1e-7
    rows = (
        Result("steps", 100.0, "steps", "input", error=0.0, quantity="steps"),
        Result("onset of shell", onset, "K", "measured", error=20.0, quantity="onset", domain="shell"),
        Result("D of Cu", D, "cm2/s", "measured", error, bound, quantity="D", species="Cu"),
    )
    return Measured(Origin("campaign", ""), rows, ())


def test_numbers_that_differ_are_drawn_mobility_first() -> None:
    drawn = comparisons({"rate 25": setting(1e-6, 700.0), "rate 100": setting(None, 800.0)})
    assert [caption for caption, _ in drawn] == ["D of Cu by setting", "onset of shell by setting"]
    assert all(uri.startswith("data:image/svg+xml") for _, uri in drawn)
    assert comparisons({"rate 25": setting(1e-6, 700.0)}) == []
    assert comparisons({"one": setting(1e-6, 700.0), "two": setting(1e-6, 700.0)}) == []


def test_the_page_shows_them(tmp_path) -> None:
    lines = (PointLine("a", "", 1, "reported"),)
    sections = [
        SettingSection("rate 25", lines, setting(1e-6, 700.0)),
        SettingSection("rate 100", lines, setting(2e-6, 800.0)),
    ]
    write_campaign_page("rates", "recipe", sections, tmp_path / "campaign.html")
    assert "Settings side by side" in (tmp_path / "campaign.html").read_text()
    write_campaign_page("rates", "recipe", sections[:1], tmp_path / "campaign.html")
    assert "Settings side by side" not in (tmp_path / "campaign.html").read_text()
