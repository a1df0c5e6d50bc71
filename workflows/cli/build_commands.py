"""What `nanokiln build` and `nanokiln models` print."""

from math import isfinite
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nanokiln.structures import catalogue
from nanokiln.structures.model import Model
from nanokiln.structures.output.summary import summarise
from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.tabular import show


def list_models(plain: bool, *, as_json: bool = False) -> None:
    """Print every shipped model, bare or with what it is."""
    if plain:
        answer("\n".join(catalogue.models()))
        return
    if as_json:
        answer_json(catalogue.models())
        return
    table = Table("model", "what it is")
    for name, about in catalogue.models().items():
        table.add_row(name, about)
    show(table)


def tell(model: Model, out: Path, *, as_json: bool = False) -> None:
    """Print the summary of a model that was written to `out`: measured on its atoms, not repeated from the request."""
    found = summarise(model)
    if as_json:
        answer_json({"file": out, "summary": found})
        return
    console = Console()
    periodic = "".join(axis for axis, on in zip("xyz", found.periodic, strict=True) if on) or "no axis"
    console.print(
        f"[bold]{escape(str(out))}[/]: {escape(found.name)}, {found.atoms} atoms, periodic along {periodic}",
        highlight=False,
    )
    table = Table("domain", "phase", "atoms", "composition", "turned by", "strain", "off fit")
    for d in found.domains:
        made = "".join(f"{element}{count}" for element, count in d.composition.items())
        strain = f"{100 * max(d.strain, key=abs):+.3f} %"
        fitted = (f"{d.turn_deg:.3f} deg", strain, f"{d.misfit_A:.1e} A") if isfinite(d.misfit_A) else ("no lattice",)
        table.add_row(escape(d.name), escape(d.phase), str(d.atoms), made, *fitted)
    show(table)
    for face in found.interfaces:
        names, near = (
            " | ".join(face.domains),
            f"{face.shortest_A:.2f} A ({face.shortest_ratio:.2f} of the covalent radii)",
        )
        console.print(f"{escape(names)}: {face.pairs} contacts, the shortest {near}", highlight=False)
    dipole = ", ".join(f"{x:.0f}" for x in found.dipole_eA)
    console.print(f"formal charge {found.charge_e:+.0f} e, dipole ({dipole}) e A", highlight=False)
    if found.budget:
        cu, share = found.budget.cu_per_se, 100 * found.budget.given_up_share
        console.print(f"copper over selenium {cu:.2f}, Cu2Se needs 2: {share:.0f} % must be given up", highlight=False)
    for warning in model.notes.get("warnings", ()):
        console.print(f"[yellow]{escape(warning)}[/]", highlight=False)
