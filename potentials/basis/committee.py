"""A student's committee: fits that each lack a share of the cells, as an error bar of its forces.

The members' spread alone is far below the error, as what errs is the form that all of them have. So the error bar is
`sqrt((stretch * spread)^2 + floor^2)`, both numbers fitted to labelled cells that no member saw; errors have longer
tails than normal ones, so that 95 % lie within `reach_95` of it, a quantile of the same cells.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.pod_file import COEFFICIENTS, SHAPE, write_set
from nanokiln.potentials.lammps.session import Session

Floats = NDArray[np.float64]

GOES_TO_SINGLE = np.float32  # a member is kept as its difference from the student, which bears it
MARGIN_A = 12.0  # of vacuum about what is not periodic: more than twice any cutoff


@dataclass(frozen=True)
class Committee:
    """Members' coefficients (members, size) in eV of a form, and how their spread becomes an error (eV/A)."""

    form: Pod
    members_eV: Floats
    stretch: float
    floor_eV_A: float
    reach_95: float

    @classmethod
    def load(cls, path: Path, form: Pod, student_eV: Floats) -> "Committee":
        """Read what `save` wrote beside a student."""
        with np.load(path) as data:
            members = student_eV + data["differences_eV"].astype(float)
            return cls(form, members, *(float(data[name]) for name in ("stretch", "floor_eV_A", "reach_95")))

    def save(self, path: Path, student_eV: Floats) -> None:
        """Write the members as differences from the student, in single precision."""
        differences = (self.members_eV - student_eV).astype(GOES_TO_SINGLE)
        np.savez_compressed(
            path, differences_eV=differences, stretch=self.stretch, floor_eV_A=self.floor_eV_A, reach_95=self.reach_95
        )

    def error_of(self, spread_eV_A: Floats) -> Floats:
        """Return the standard error of forces whose members have this standard deviation."""
        return np.hypot(self.stretch * spread_eV_A, self.floor_eV_A)

    def spread(self, cell: ase.Atoms) -> Floats:
        """Return the members' standard deviation per force component of a labelled cell, (n, 3) in eV/A."""
        columns, _, features, _ = self.form.sparse_features(cell)
        return np.asarray((features @ self.members_eV[:, columns].T).std(axis=-1, ddof=1))

    def force_errors(self, frame: ase.Atoms) -> Floats:
        """Return the standard error (eV/A) of each atom's force in a frame of dynamics, by LAMMPS: (n, 3)."""
        cell = frame.copy()
        if not cell.pbc.all():
            cell.center(vacuum=MARGIN_A, axis=[axis for axis in range(3) if not cell.pbc[axis]])
            cell.pbc = True
        there = tuple(e for e in self.form.elements if e in set(cell.get_chemical_symbols()))
        forces = [forces for _, forces in self._asked(cell, there)]
        return self.error_of(np.std(forces, axis=0, ddof=1))

    def energies_eV(self, cell: ase.Atoms) -> Floats:
        """Return each member's energy of a periodic cell without the core, which all have in common: (members,)."""
        there = tuple(e for e in self.form.elements if e in set(cell.get_chemical_symbols()))
        return np.array([energy for energy, _ in self._asked(cell, there)])

    def _asked(self, cell: ase.Atoms, elements: tuple[str, ...]) -> Iterator[tuple[float, Floats]]:
        """Yield energy (eV) and forces (eV/A) of a cell by every member, through LAMMPS."""
        with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
            name = Path(folder) / "-".join(elements)
            files = f"{name.with_suffix(SHAPE)} {name.with_suffix(COEFFICIENTS)}"
            commands = ("pair_style pod", f"pair_coeff * * {files} {' '.join(elements)}")
            for member_eV in self.members_eV:
                write_set(self.form, member_eV, elements, Path(folder))
                with Session(cell, elements, commands) as session:
                    session.run()
                    yield session.energy_eV, session.forces_eV_A
