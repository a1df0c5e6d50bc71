"""A committee of fits that each lack a fifth of the cells, and how far its spread can be believed."""

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import ase
import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray

from nanokiln.potentials.basis.committee import Committee
from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.cards.card import Gate
from nanokiln.potentials.training.dataset import CALM_EV_A, origin_of
from nanokiln.potentials.training.normal_equations import NormalEquations, batches_of, given, prior
from nanokiln.potentials.training.student import Form

Floats = NDArray[np.float64]

MEMBERS = 5
COMMITTEE, FIGURES = "committee.npz", "committee.json"
LARGEST = 120  # atoms of held-out dynamics that judge it: no cells that take long
FEWEST = 4  # of these frames
RATIO, COVERAGE = (0.8, 1.25), (90.0, 99.0)  # what is asked of error over spread, and per cent within 95 % intervals


def fit_committee(work: Path, shares: "Shares", student_eV: Floats, held: Sequence[ase.Atoms]) -> list[Gate]:
    """Fit the committee of a student, write it and its figures in `work`, and return these.

    One of splines has none, nor has one without held-out frames of its dynamics, which say what a spread is worth.
    """
    drop_committee(work)
    judges = [cell for cell in held if _judges(cell)]
    if not isinstance(shares.form, Pod) or len(judges) < FEWEST:
        return []
    committee, gates = calibrated(shares.form, student_eV, shares.members(), judges)
    committee.save(work / COMMITTEE, student_eV)
    (work / FIGURES).write_text(json.dumps([gate.model_dump() for gate in gates]))
    return gates


def drop_committee(work: Path) -> None:
    """Remove the committee of a student that was fitted before."""
    for name in (COMMITTEE, FIGURES):
        (work / name).unlink(missing_ok=True)


class Shares:
    """The normal equations of a fit, apart for the cells that each member of its committee lacks.

    Their matrices wait in `folder`: of four elements and three kinds of neighbourhood each is 3 GB.
    """

    def __init__(self, form: Form, trust: Mapping[str, float], folder: Path) -> None:
        """Start from zero."""
        self.form, self.trust, self.folder = form, trust, folder
        self.vectors = np.zeros((MEMBERS, form.size))

    def add(self, stages: Sequence[Sequence[ase.Atoms]], processes: int = 1) -> None:
        """Add the labelled cells of stages, with a progress bar for each member's; stage by stage or at once, the sums
        are the same to the last bit."""
        for k in range(MEMBERS):
            share = NormalEquations(self.form, self.trust)
            if self._kept(k).exists():
                share.matrix, share.vector = np.load(self._kept(k)), self.vectors[k].copy()
            mine = [[cell for cell in cells if share_of(cell) == k] for cells in stages]
            batches = [batch for cells in mine for batch in batches_of(self.form, cells)]
            share.add_batches(batches, f"normal equations, part {k + 1} of {MEMBERS}", processes)
            np.save(self._kept(k), share.matrix)
            self.vectors[k] = share.vector

    def total(self) -> NormalEquations:
        """Return the normal equations of all cells."""
        out = NormalEquations(self.form, self.trust)
        for k in range(MEMBERS):
            out.matrix += np.load(self._kept(k), mmap_mode="r")
        out.vector += self.vectors.sum(axis=0)
        return out

    def members(self) -> Floats:
        """Return the coefficients of the members, (MEMBERS, size) in eV, under the prior of all cells."""
        found, everything = [], self.total()
        matrix, vector = prior(self.form, np.diag(everything.matrix).copy())
        matrix += everything.matrix
        vector += everything.vector
        for k in range(MEMBERS):
            left = np.load(self._kept(k))
            np.subtract(matrix, left, out=left)
            factor = scipy.linalg.cho_factor(left.T, lower=True, overwrite_a=True, check_finite=False)
            found.append(scipy.linalg.cho_solve(factor, vector - self.vectors[k], check_finite=False))
        return np.array(found)

    def _kept(self, k: int) -> Path:
        return self.folder / f"share-{k}.npy"


def share_of(cell: ase.Atoms) -> int:
    """Return which member lacks a labelled cell, always the same."""
    return zlib.crc32(f"{cell.info['energy']:.6f}{len(cell)}".encode()) % MEMBERS


def _judges(cell: ase.Atoms) -> bool:
    """Return whether a labelled cell is a frame of dynamics that may judge a committee: not large, no collision."""
    calm = np.abs(cell.arrays["forces"]).max() < CALM_EV_A
    return origin_of(cell) == "md" and len(cell) <= LARGEST and bool(calm)


def calibrated(
    form: Pod, student_eV: Floats, members_eV: Floats, frames: Sequence[ase.Atoms]
) -> tuple[Committee, list[Gate]]:
    """Return the committee whose error bars fit every second held-out frame, judged on the others."""
    raw = Committee(form, members_eV, 1.0, 0.0, 0.0)
    error, spread = zip(*(_compared(raw, student_eV, cell) for cell in frames), strict=True)
    bar = fit_error_bar(np.concatenate(error[::2]), np.concatenate(spread[::2]))
    committee = Committee(form, members_eV, *bar)
    return committee, judged(committee, np.concatenate(error[1::2]), np.concatenate(spread[1::2]))


def _compared(committee: Committee, student_eV: Floats, cell: ase.Atoms) -> tuple[Floats, Floats]:
    """Return the student's force errors and the members' deviation in a labelled cell, each (3 n,)."""
    columns, _, features, _ = committee.form.sparse_features(cell)
    off = features @ student_eV[columns] + given(committee.form, cell)[1] - cell.arrays["forces"]
    return off.ravel(), (features @ committee.members_eV[:, columns].T).std(axis=-1, ddof=1).ravel()


def fit_error_bar(error: Floats, spread: Floats) -> tuple[float, float, float]:
    """Return stretch and floor (eV/A) of the likeliest normal errors, and how many of these standard errors hold 95 %
    of the errors.

    The likeliest bars make the mean square of error over bar one, each force for itself. To match the mean squares of
    errors and bars instead leaves both to the one frame whose spread is largest.
    """

    def unlikely(logs: Floats) -> float:
        variance = (np.exp(logs[0]) * spread) ** 2 + np.exp(2 * logs[1])
        return float(np.mean(np.log(variance) + error**2 / variance))

    found = scipy.optimize.minimize(unlikely, np.log([2.0, 0.03]), method="Nelder-Mead")
    stretch, floor = np.exp(found.x)
    sigma = np.hypot(stretch * spread, floor)
    return float(stretch), float(floor), float(np.quantile(np.abs(error) / sigma, 0.95))


def judged(committee: Committee, error: Floats, spread: Floats) -> list[Gate]:
    """Return what the error bars are worth on frames that neither the members nor their calibration saw."""
    sigma = committee.error_of(spread)
    ratio = float(np.sqrt(np.mean((error / sigma) ** 2)))
    covered = 100 * float(np.mean(np.abs(error) < committee.reach_95 * sigma))
    bar = f"error bar {committee.stretch:.2g} times the spread and {committee.floor_eV_A:.2g} eV/A"
    bar += f", 95 % within {committee.reach_95:.3g} of it"
    raw = float(np.sqrt(np.mean(error**2) / np.mean(spread**2)))
    figures = (
        ("force error over error bar", ratio, "", RATIO),
        ("forces within 95 % intervals", covered, "%", COVERAGE),
    )
    group = f"committee of {len(committee.members_eV)}, held-out dynamics"
    return [
        Gate(
            group=group,
            quantity=name,
            value=float(f"{value:.3g}"),
            unit=unit,
            limit=high,
            passed=low <= value <= high,
            note=f"at least {low:g} too; {bar}; bare spread: {raw:.2g} times too small",
        )
        for name, value, unit, (low, high) in figures
    ]
