"""The validation as one self-contained HTML page: the checks against the teacher, a table per property, pictures."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, ConfigDict

from nanokiln.potentials.cards.card import Gate
from nanokiln.potentials.validation.checks import ValidationCheck
from nanokiln.potentials.validation.curves import Density, Dispersion, ForcePairs, FreeEnergy
from nanokiln.potentials.validation.pictures import parity_picture, phonon_pictures

TEMPLATES = Path(__file__).parent / "templates"


class ReportRow(BaseModel):
    """One quantity of one subject: value, error and note by column, and where that of experiment comes from."""

    model_config = ConfigDict(frozen=True)

    property: str
    subject: str
    quantity: str
    unit: str
    values: dict[str, float | None]
    errors: dict[str, float]
    notes: dict[str, str]
    source: str


class ValidationReport(BaseModel):
    """A potential beside teachers and experiment; curves by column and crystal, forces by temperature (K)."""

    model_config = ConfigDict(frozen=True)

    potential: str
    title: str
    faults: tuple[str, ...]
    gates: tuple[Gate, ...]
    versions: dict[str, str]
    columns: tuple[str, ...]
    missing: dict[str, str]
    teacher: str
    checks: tuple[ValidationCheck, ...]
    rows: tuple[ReportRow, ...]
    parity: dict[int, ForcePairs]
    free_energies: dict[str, FreeEnergy]
    dispersions: dict[str, dict[str, Dispersion]]
    densities: dict[str, dict[str, Density]]


def write_html(report: ValidationReport, path: Path) -> Path:
    """Render a report to `path` and return it."""
    groups: dict[str, list[ReportRow]] = {}
    for row in report.rows:
        groups.setdefault(row.property, []).append(row)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters |= {"number": number, "error": "{:.2g}".format}
    template = environment.get_template("validate.html")
    phonons = phonon_pictures(report.dispersions, report.densities)
    parity = parity_picture(report.parity) if report.parity else ""
    path.write_text(template.render(told=report, groups=groups, phonons=phonons, parity=parity), "utf-8")
    return path


def number(value: float | None) -> str:
    """Return a number with four significant digits, or a dash."""
    return "–" if value is None else f"{value:.4g}"
