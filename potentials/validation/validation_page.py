"""The validation as one self-contained HTML page: the checks against the teacher, a table per property, pictures."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from nanokiln.potentials.validation.pictures import parity_picture, phonon_pictures

TEMPLATES = Path(__file__).parent / "templates"


def write_html(told: dict[str, Any], path: Path) -> Path:
    """Render what `validate` found to `path` and return it."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in told["rows"]:
        groups.setdefault(row["property"], []).append(row)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["number"] = number
    template = environment.get_template("validate.html")
    phonons = phonon_pictures(told["dispersions"], told["densities"])
    parity = parity_picture(told["parity"]) if told["parity"] else ""
    path.write_text(template.render(told=told, groups=groups, phonons=phonons, parity=parity), "utf-8")
    return path


def number(value: float | None) -> str:
    """Return a number with four significant digits, or a dash."""
    return "–" if value is None else f"{value:.4g}"
