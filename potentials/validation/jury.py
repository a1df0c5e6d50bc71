"""The jury: forces of a potential against PBE on the small cells to which nothing is fitted."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from nanokiln.potentials.training.pbe_labels import load_labels
from nanokiln.potentials.validation.measurement import Bench, Measurement

PROPERTY = "forces against PBE"


def compute_jury(bench: Bench) -> Iterator[Measurement]:
    """Slope and root mean square error of the forces per set of elements, and of all cells that the card covers."""
    groups: dict[str, list[np.ndarray]] = defaultdict(list)
    for cell in load_labels():
        elements = sorted(set(cell.get_chemical_symbols()))
        if bench.card is not None and not set(elements) <= set(bench.card.elements):
            continue
        both = np.stack([cell.arrays["forces_pbe"], bench.attach(cell.copy()).get_forces()])
        groups["-".join(elements)].append(both)
        groups["all"].append(both)
    for name in sorted(groups, key=lambda name: (name == "all", name)):
        pbe, own = np.concatenate(groups[name], axis=1)
        note = f"{len(groups[name])} cells"
        yield Measurement(PROPERTY, name, "RMSE", "eV/A", float(np.sqrt(np.mean((own - pbe) ** 2))), note)
        yield Measurement(PROPERTY, name, "slope", "1", float(np.sum(own * pbe) / np.sum(pbe**2)), note)
