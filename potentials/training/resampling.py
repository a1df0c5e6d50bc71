"""A committee of fits that each lack a fifth of the cells, and how far its spread can be believed."""

import json
import tempfile
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
from nanokiln.potentials.training.dataset import CALM_EV_A, origin_of, read_labels, split
from nanokiln.potentials.training.normal_equations import TRUST, NormalEquations, given, prior
from nanokiln.potentials.training.student import load, load_trust

Floats = NDArray[np.float64]

MEMBERS = 5
COMMITTEE, FIGURES = "committee.npz", "committee.json"
LARGEST = 120  # atoms of held-out dynamics that judge it: no cells that take long
RATIO, COVERAGE = (0.8, 1.25), (90.0, 99.0)  # what is asked of error over spread, and per cent within 95 % intervals


def fit_committee(work: Path) -> list[Gate]:
    """Fit the committee of the last student in `work` from the labels there, write it and its figures, return these.

    Raises ValueError where `work` holds no student, or one of splines.
    """
    students = sorted(work.glob("student-*.npz"))
    if not students:
        raise ValueError(f"{work} holds no student-*.npz: fit one there first with `nanokiln potentials fit`")
    form, student_eV = load(students[-1])
    if not isinstance(form, Pod):
        raise ValueError(f"{students[-1].name} is of splines; only descriptors have a committee")
    train, held = list[ase.Atoms](), list[ase.Atoms]()
    for path in sorted(work.glob("labels-*.extxyz")):
        fitted, aside = split(read_labels(path))
        train, held = train + fitted, held + aside
    committee, gates = calibrated(form, student_eV, fit_members(form, train, load_trust(students[-1]), work), held)
    committee.save(work / COMMITTEE, student_eV)
    (work / FIGURES).write_text(json.dumps([gate.model_dump() for gate in gates]))
    return gates


def share_of(cell: ase.Atoms) -> int:
    """Return which member lacks a labelled cell, always the same."""
    return zlib.crc32(f"{cell.info['energy']:.6f}{len(cell)}".encode()) % MEMBERS


def fit_members(
    form: Pod, cells: Sequence[ase.Atoms], trust: Mapping[str, float] = TRUST, work: Path | None = None
) -> Floats:
    """Return the coefficients of the members, (MEMBERS, size) in eV; `trust` as in `NormalEquations`.

    The members' sums wait on disk, in `work`: of four elements and three kinds of neighbourhood each is 3 GB.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="members-", dir=work) as folder:
        kept = [Path(folder) / f"{k}.npy" for k in range(MEMBERS)]
        matrix, vectors = np.zeros((form.size, form.size)), np.zeros((MEMBERS, form.size))
        for k, path in enumerate(kept):
            share = NormalEquations(form, trust)
            share.add(cell for cell in cells if share_of(cell) == k)
            np.save(path, share.matrix)
            matrix += share.matrix
            vectors[k] = share.vector
        matrix += prior(form, np.diag(matrix).copy())[0]
        for path, vector in zip(kept, vectors, strict=True):
            left = np.load(path)
            np.subtract(matrix, left, out=left)
            factor = scipy.linalg.cho_factor(left.T, lower=True, overwrite_a=True, check_finite=False)
            found.append(scipy.linalg.cho_solve(factor, vectors.sum(axis=0) - vector, check_finite=False))
    return np.array(found)


def calibrated(
    form: Pod, student_eV: Floats, members_eV: Floats, held: Sequence[ase.Atoms]
) -> tuple[Committee, list[Gate]]:
    """Return the committee whose error bars fit every second held-out frame of dynamics, judged on the others."""
    frames = [
        cell
        for cell in held
        if origin_of(cell) == "md" and len(cell) <= LARGEST and np.abs(cell.arrays["forces"]).max() < CALM_EV_A
    ]
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
    """Return stretch and floor (eV/A) of the likeliest normal errors, scaled so that their mean square is right, and
    how many of these standard errors hold 95 % of the errors."""

    def unlikely(logs: Floats) -> float:
        variance = (np.exp(logs[0]) * spread) ** 2 + np.exp(2 * logs[1])
        return float(np.mean(np.log(variance) + error**2 / variance))

    found = scipy.optimize.minimize(unlikely, np.log([2.0, 0.03]), method="Nelder-Mead")
    stretch, floor = np.exp(found.x)
    scale = np.sqrt(np.mean(error**2) / np.mean((stretch * spread) ** 2 + floor**2))
    sigma = scale * np.hypot(stretch * spread, floor)
    return float(stretch * scale), float(floor * scale), float(np.quantile(np.abs(error) / sigma, 0.95))


def judged(committee: Committee, error: Floats, spread: Floats) -> list[Gate]:
    """Return what the error bars are worth on frames that neither the members nor their calibration saw."""
    sigma = committee.error_of(spread)
    ratio = float(np.sqrt(np.mean(error**2) / np.mean(sigma**2)))
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
