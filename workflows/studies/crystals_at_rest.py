"""Crystals at rest: the exchange of cadmium for copper, copper lost by Cu2Se, phosphorus lost by Cu3P."""

from collections.abc import Iterator

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.sites import TETRAHEDRAL, find_holes
from nanokiln.analysis.measured import Result
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.workflows.studies.relaxing import Relaxed, relax

EXCHANGED = (0.0, 0.25, 0.5, 0.75, 1.0)
DEFICITS = (0.0, 0.05, 0.1, 0.15, 0.2)
LOST = (0.0, 0.25, 0.5, 0.75, 1.0)
_SEEDS = (1, 2)
_APART_A = 1.0  # from an empty hole to the nearest cation: the hole of a cation is nearer


def exchanged_crystals(card: Card) -> Iterator[Result]:
    """CdSe with a share x of Cd replaced by 2 Cu each, on the hcp and on the fcc lattice of Se, cell and all at rest.

    Energies of both per Se against each other, and the volume that the exchange takes at a kept and at the fcc lattice.
    """
    lattices = {"hcp": ("CdSe-wz", (4, 4, 2)), "fcc": ("CdSe-zb", (2, 2, 2))}
    hosts = {name: load_phase(phase).atoms().repeat(repeat) for name, (phase, repeat) in lattices.items()}
    difference, volume = [], {}
    for x in EXCHANGED:
        energies = {}
        for name, host in hosts.items():
            found = [relax(exchanged(host, x, seed), card, "aniso") for seed in (_SEEDS if 0 < x < 1 else _SEEDS[:1])]
            selenium = int(np.sum(host.symbols == "Se"))
            energies[name] = np.array([one.energy_eV for one in found]) / selenium
            volume[name, x] = float(np.mean([one.volume_A3 for one in found])) / selenium
        gap = 1000 * (energies["fcc"].mean() - energies["hcp"].mean())
        error = 1000 * float(np.hypot(np.ptp(energies["fcc"]), np.ptp(energies["hcp"]))) / 2
        difference.append(gap)
        method = f"x = {x:g} of Cd replaced by 2 Cu, energy per Se at rest, {len(energies['fcc'])} random choices"
        yield Result(f"fcc over hcp {x:g}", gap, "meV", "measured", error, method=method)
    yield _first_below(
        "fcc_share_of_exchange", EXCHANGED, difference, "Cd exchanged from which the fcc lattice lies lower"
    )
    change = 100 * (volume["fcc", 1.0] / volume["hcp", 0.0] - 1)
    method = "volume per Se of fcc Cu2Se over that of wurtzite CdSe, both at rest under one potential"
    yield Result("contraction_percent", change, "%", "measured", method=method)


def exchanged(host: ase.Atoms, x: float, seed: int) -> ase.Atoms:
    """Return a crystal of CdSe with a share x of its cadmium replaced by copper there and in the nearest empty hole."""
    random = np.random.default_rng(seed)
    cadmium = np.flatnonzero(host.symbols == "Cd")
    chosen = random.permutation(cadmium)[: round(x * len(cadmium))]
    holes = find_holes(host.positions[host.symbols == "Se"], host.cell.array, host.pbc)
    places = holes.positions_A[holes.kind == TETRAHEDRAL]
    probe = ase.Atoms(f"Cu{len(places)}", positions=places, cell=host.cell, pbc=True) + host[cadmium]
    n = len(places)
    empty = [i for i in range(n) if probe.get_distances(i, range(n, len(probe)), mic=True).min() > _APART_A]
    out = host.copy()
    out.symbols[chosen] = "Cu"
    free = list(empty)
    for atom in chosen:
        row = np.flatnonzero(cadmium == atom)[0] + n
        nearest = int(np.argmin(probe.get_distances(row, free, mic=True)))
        out += ase.Atoms("Cu", positions=[places[free.pop(nearest)]])
    return out


def selenide_cells(card: Card) -> Iterator[Result]:
    """The cubic cell of Cu(2-x)Se from x = 0 to 0.2 without pressure, copper missing at random, all at one temperature.

    The cell keeps its shape: at rest the cubic crystal is an average that no potential holds.
    """
    crystal = load_phase("Cu2Se").atoms().repeat(3)
    copper = np.flatnonzero(crystal.symbols == "Cu")
    cells = []
    for x in DEFICITS:
        edges = []
        for seed in _SEEDS if x else _SEEDS[:1]:
            gone = np.random.default_rng(seed).permutation(copper)[: round(x / 2 * len(copper))]
            atoms = crystal.copy()
            del atoms[gone.tolist()]
            edges.append(relax(atoms, card, "iso").edges_A[0] / 3)
        cells.append((float(np.mean(edges)), float(np.ptp(edges)) / 2))
        yield Result(f"a of Cu(2-x)Se {x:g}", cells[-1][0], "A", "measured", cells[-1][1], method=f"x = {x:g}, at rest")
    a = np.array([cell for cell, _ in cells])
    slope, covariance = np.polyfit(DEFICITS, a, 1, cov=True)
    error = float(np.sqrt(covariance[0, 0]))
    method = f"line through {len(a)} cells at rest, {len(_SEEDS)} random choices each; error of the line"
    yield Result("da_dx_A", float(slope[0]), "A", "measured", error, method=method)
    shift = -100 * slope[0] * 0.1 / a[0]
    yield Result(
        "smallest_peak_shift_percent",
        float(shift),
        "%",
        "measured",
        100 * error * 0.1 / float(a[0]),
        method="every peak of a cubic cell alike, from x = 0 to 0.1; at rest",
    )
    change = 100 * (((a[0] + slope[0] * 0.2) / a[0]) ** 3 - 1)
    method = "volume of Cu(2-x)Se from x = 0 to 0.2, a tenth of the copper; at rest"
    yield Result("donor_volume_change_percent", float(change), "%", "measured", method=method)


def phosphide_crystals(card: Card) -> Iterator[Result]:
    """Cu3P(1-x) on the lattice of Cu3P with phosphorus missing and on an fcc lattice, per Cu, cell and all at rest."""
    difference = []
    for x in LOST:
        hexagonal, cubic = poor(x, "Cu3P"), poor(x, "fcc")
        at_rest = relax(hexagonal, card, "aniso"), relax(cubic, card, "iso")
        per_copper = [
            rest.energy_eV / int(np.sum(atoms.symbols == "Cu"))
            for rest, atoms in zip(at_rest, (hexagonal, cubic), strict=True)
        ]
        difference.append(1000 * (per_copper[1] - per_copper[0]))
        told = f"{cubic.get_chemical_formula()} against {hexagonal.get_chemical_formula()}, energy per Cu at rest"
        yield Result(f"fcc over Cu3P {x:g}", difference[-1], "meV", "measured", method=f"x = {x:g}; {told}")
        yield Result(f"a of fcc Cu3P(1-x) {x:g}", _cubic_A(at_rest[1]), "A", "measured", method=f"x = {x:g}, at rest")
        if x == 0:
            method = "fcc Cu3P of the Cu3Au type at rest, before any phosphorus is lost"
            yield Result("a_fcc_A", _cubic_A(at_rest[1]), "A", "measured", method=method)
    yield _first_below("fcc_onset_x", LOST, difference, "phosphorus lost from which the fcc lattice lies lower")
    copper = relax(load_phase("Cu").atoms().repeat(4), card, "iso")
    method = "copper at rest under the same potential"
    yield Result("d112_copper_A", float(copper.edges_A[0]) / 4 / 6**0.5, "A", "measured", method=method)


def poor(x: float, lattice: str, seed: int = 1) -> ase.Atoms:
    """Return Cu3P(1-x): Cu3P with phosphorus missing, or an fcc crystal in which copper takes the place of it."""
    random = np.random.default_rng(seed)
    atoms = load_phase("Cu3P").atoms().repeat(2) if lattice == "Cu3P" else load_phase("Cu3P-fcc").atoms().repeat(4)
    phosphorus = random.permutation(np.flatnonzero(atoms.symbols == "P"))
    if lattice == "Cu3P":
        del atoms[phosphorus[: round(x * len(phosphorus))].tolist()]
        return atoms
    kept = round(len(atoms) * (1 - x) / (4 - x))  # of Cu3P(1-x), so that both have one composition
    atoms.symbols[phosphorus[kept:]] = "Cu"
    return atoms


def _cubic_A(rest: Relaxed) -> float:
    return float(rest.edges_A[0]) / 4


def _first_below(name: str, x: tuple[float, ...], y: list[float], method: str) -> Result:
    """Return where y first falls below zero, by lines between the points; a bound where it does not."""
    values: NDArray[np.float64] = np.asarray(y)
    below = np.flatnonzero(values < 0)
    told = f"{method}; {', '.join(f'{v:+.0f} meV at {at:g}' for at, v in zip(x, y, strict=True))}"
    if not len(below):
        return Result(name, None, "", "measured", interval=(x[-1], float("inf")), method=f"{told}; not up to {x[-1]:g}")
    first = int(below[0])
    if first == 0:
        return Result(name, None, "", "measured", interval=(float("-inf"), x[0]), method=f"{told}; from the start on")
    at = x[first - 1] + (x[first] - x[first - 1]) * values[first - 1] / (values[first - 1] - values[first])
    return Result(name, float(at), "", "measured", method=told)
