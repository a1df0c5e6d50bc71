"""The vacuum ledger: which atoms left the particle, and that none is unaccounted for."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from nanokiln.structures.model import Model
from nanokiln.structures.storage import write_whole
from nanokiln.workflows.rundir.frames import table
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.thermo_rows import column

COLUMNS = "step,time_ps,temperature_K,element,id,domain,vx_A_per_ps,vy_A_per_ps,vz_A_per_ps"


@dataclass(frozen=True)
class Departure:
    """One atom that left: when, at what temperature of the whole, which, from which domain, and how fast (A/ps)."""

    step: int
    time_ps: float
    temperature_K: float
    element: str
    id: int
    domain: str
    velocity_A_per_ps: tuple[float, float, float]

    @property
    def line(self) -> str:
        """The departure as a row of left.csv."""
        speed = ",".join(f"{v:.4f}" for v in self.velocity_A_per_ps)
        head = f"{self.step},{self.time_ps:.4f},{self.temperature_K:.2f},{self.element}"
        return f"{head},{self.id},{self.domain},{speed}"


def departures(run: RunDirectory) -> list[Departure]:
    """Return every atom that left, in order of time."""
    dumps = list(run.path.glob("stages/*/left-*.dump"))
    if not dumps:
        return []
    model, timestep_ps = Model.read(run.model_path), run.recipe.timestep_ps
    rows = run.thermo_path.read_text().splitlines()[1:]
    steps, temperatures = column(rows, "step"), column(rows, "temperature_K")
    out = []
    for path in dumps:
        for step, text in read_frames(path):
            atoms = table(text)
            temperature = float(np.interp(step, steps, temperatures))
            for i, number in enumerate(atoms["id"].astype(int)):
                domain = model.domains[int(model.atoms.arrays["domain"][number - 1])].name
                velocity = tuple(float(atoms[f"v{axis}"][i]) for axis in "xyz")
                element = str(atoms["element"][i])
                out.append(Departure(step, step * timestep_ps, temperature, element, int(number), domain, velocity))  # type: ignore[arg-type]
    return sorted(out, key=lambda d: (d.step, d.id))


def write_ledger(run: RunDirectory) -> list[Departure]:
    """Write left.csv and return what is in it."""
    gone = departures(run)
    write_whole(run.path / "left.csv", "\n".join([COLUMNS, *(d.line for d in gone)]) + "\n")
    return gone


def _elements(text: str) -> list[str]:
    """The element column alone, because every frame of a run is counted."""
    lines = text.splitlines()
    at = lines[8].split()[2:].index("element")
    return [line.split(maxsplit=at + 1)[at] for line in lines[9:]]


def open_entries(run: RunDirectory, at_most: int = 5) -> list[str]:
    """Return where the ledger does not close: per frame and species, atoms at start = atoms present + atoms left."""
    start = Counter(Model.read(run.model_path).atoms.get_chemical_symbols())
    gone = departures(run)
    faults = []
    for path in run.dumps():
        for step, text in read_frames(path):
            present = Counter(_elements(text))
            left = Counter(d.element for d in gone if d.step < step)
            if present + left != start:
                odd = {e: (start[e], present[e], left[e]) for e in start if present[e] + left[e] != start[e]}
                faults.append(f"step {step}: the ledger does not close (start, present, left): {odd}")
                if len(faults) == at_most:
                    return faults
    return faults
