"""Forces of a potential against those of labels that it was not fitted to: its teacher's on held-out snapshots of
dynamics, and PBE's on the small cells of the jury."""

import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from nanokiln.potentials.training.pbe_labels import LABELS, load_labels
from nanokiln.potentials.validation.curves import ForcePairs
from nanokiln.potentials.validation.measurement import Bench, Measurement

Floats = NDArray[np.float64]

TRAINING = Path(__file__).parents[1] / "training"  # ships with the source, not with the wheel
SHOWN = 1500
FIRST_TEACHER = "chgnet"  # of labels that were made before they named theirs
JURY = "forces against PBE"
DENSER = LABELS.with_name("pbe-denser.extxyz")
HELD_OUT_EVERY = 10  # as `dataset.split` does it; only these are read


def held_out(folder: Path) -> dict[int, list[Atoms]]:
    """Return the labelled cells of a fit that its fit left out and that a student's dynamics made, by temperature (K).

    `folder` holds one file per stage; a cell's origin ends in its temperature, as `md/bulk/cu2se/600K`.
    """
    found: dict[int, list[Atoms]] = defaultdict(list)
    for path in sorted(folder.glob("labels-*.extxyz*")):
        packed = path.read_bytes()  # unpacked whole: seeking in a gz file unpacks it anew every time
        text = StringIO((gzip.decompress(packed) if path.suffix == ".gz" else packed).decode())
        for cell in ase.io.read(text, index=f"::{HELD_OUT_EVERY}", format="extxyz"):
            kind, *_, last = str(cell.info.get("origin", "")).split("/")
            if kind == "md" and last.endswith("K"):
                found[int(last[:-1])].append(cell)
    return dict(sorted(found.items()))


def labelled_by(cell: Atoms) -> str:
    """Return the teacher that a cell's labels come from."""
    return str(cell.info.get("teacher", FIRST_TEACHER))


def parity(bench: Bench, cells: Sequence[Atoms]) -> tuple[Floats, Floats]:
    """Return the force components (eV/A) of all cells as labelled and as the bench's calculator gives them."""
    labelled = [cell.get_forces().ravel() for cell in cells]
    own = [bench.attach(cell.copy()).get_forces().ravel() for cell in cells]
    return np.concatenate(labelled), np.concatenate(own)


def compute_parity(bench: Bench) -> Iterator[Measurement]:
    """Slope and root mean square error of the forces per temperature; components to draw are left on the bench.

    Cells that another teacher labelled than the one on the card are no judge of it, and named as the reason.
    """
    if bench.card is None:
        return
    folder = TRAINING / (bench.card.made_from.labels_of or bench.card.name)
    if not folder.is_dir():
        return
    rng = np.random.default_rng(0)
    for temperature_K, cells in held_out(folder).items():
        subject, note = f"held-out cells at {temperature_K} K", f"{len(cells)} cells"
        if others := {labelled_by(cell) for cell in cells} - {bench.card.made_from.labels_by or FIRST_TEACHER}:
            why = f"the cells that ship were labelled by {', '.join(sorted(others))}, not by the card's teacher"
            yield Measurement("forces on held-out dynamics", subject, "RMSE", "eV/A", None, why)
            continue
        labelled, own = parity(bench, cells)
        slope = float(own @ labelled / (labelled @ labelled))
        yield Measurement("forces on held-out dynamics", subject, "slope", "1", slope, note)
        yield Measurement("forces on held-out dynamics", subject, "RMSE", "eV/A", _rms(own - labelled), note)
        shown = rng.permutation(len(own))[:SHOWN]
        bench.parity[temperature_K] = ForcePairs(labelled[shown].round(3), own[shown].round(3))


def compute_jury(bench: Bench) -> Iterator[Measurement]:
    """Slope and root mean square error of the forces per set of elements, and of all cells that the card covers.

    Cells that were computed again on a denser mesh of k-points (`DENSER`) tell how much of that is the labels' own.
    """
    denser = {cell.info["name"]: cell.arrays["forces_pbe"] for cell in load_labels(DENSER)} if DENSER.exists() else {}
    groups: dict[str, list[Floats]] = defaultdict(list)
    again: list[Floats] = []
    for cell in load_labels():
        elements = sorted(set(cell.get_chemical_symbols()))
        if bench.card is not None and not set(elements) <= set(bench.card.elements):
            continue
        both = np.stack([cell.arrays["forces_pbe"], bench.attach(cell.copy()).get_forces()])
        groups["-".join(elements)].append(both)
        groups["all"].append(both)
        if cell.info.get("name") in denser:
            again.append(np.stack([denser[cell.info["name"]], *both]))
    for name in sorted(groups, key=lambda name: (name == "all", name)):
        yield from _judged(name, f"{len(groups[name])} cells", *np.concatenate(groups[name], axis=1))
    if again:
        dense, pbe, own = np.concatenate(again, axis=1)
        yield from _judged("on a denser mesh", f"{len(again)} cells", dense, own)
        yield from _judged("on a denser mesh, by the mesh of all", f"{len(again)} cells", pbe, own)
        noise = f"{len(again)} cells; forces of the mesh of all against the denser one"
        yield Measurement(JURY, "on a denser mesh", "labels' own RMSE", "eV/A", _rms(pbe - dense), noise)


def _judged(name: str, note: str, pbe: Floats, own: Floats) -> Iterator[Measurement]:
    yield Measurement(JURY, name, "RMSE", "eV/A", _rms(own - pbe), note)
    yield Measurement(JURY, name, "slope", "1", float(np.sum(own * pbe) / np.sum(pbe**2)), note)


def _rms(x: Floats) -> float:
    return float(np.sqrt(np.mean(x**2)))
