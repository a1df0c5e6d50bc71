"""Unit cells: space group, edges and sites, written out or named as one that a teacher relaxed."""

from functools import lru_cache

import ase
import yaml
from ase.spacegroup import crystal
from pydantic import BaseModel, ConfigDict

from nanokiln.potentials.cards.card import DATA


class UnitCell(BaseModel):
    """A crystal: space group, conventional cell (a, b, c in A, alpha, beta, gamma in degrees), sites per element."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spacegroup: int
    cell: tuple[float, float, float, float, float, float]
    sites: dict[str, list[tuple[float, float, float]]]

    def atoms(self) -> ase.Atoms:
        """Return the conventional cell."""
        symbols = [element for element, sites in self.sites.items() for _ in sites]
        basis = [site for sites in self.sites.values() for site in sites]
        return crystal(symbols, basis, spacegroup=self.spacegroup, cellpar=list(self.cell))


@lru_cache(maxsize=1)
def _rest_cells() -> dict[str, UnitCell]:
    told = yaml.safe_load((DATA / "rest_cells.yaml").read_text())
    return {f"{teacher}/{n}": UnitCell.model_validate(c) for teacher, cells in told.items() for n, c in cells.items()}


def rest_cell(name: str) -> UnitCell:
    """Return the cell `TEACHER/CRYSTAL` that a teacher relaxed; ValueError, with the names there are, for another."""
    cells = _rest_cells()
    if name not in cells:
        raise ValueError(f"no crystal at rest is called {name!r}; there are: {', '.join(cells)}")
    return cells[name]
