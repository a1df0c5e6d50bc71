"""Crystals at rest: the exchange of cadmium for copper, copper lost by Cu2Se, phosphorus lost by Cu3P."""

from collections.abc import Iterator

import ase
import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress

from nanokiln.analysis.lattice.sites import TETRAHEDRAL, find_holes
from nanokiln.analysis.lattice.template_matching import FCC, HCP, match
from nanokiln.analysis.measured import Result
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.workflows.studies.relaxing import Relaxed, relax

EXCHANGED = (0.0, 0.5, 1.0)
DEFICITS = (0.0, 0.1, 0.2)
LOST = (0.0, 0.5, 1.0)
_SEEDS = (1,)
_HELD = 0.5  # of a framework on its lattice, below which it is lost and its numbers with it
_APART_A = 1.0  # from an empty hole to the nearest cation: the hole of a cation is nearer


def exchanged_crystals(card: Card) -> Iterator[Result]:
    """CdSe with a share x of Cd replaced by 2 Cu each, on the hcp and on the fcc lattice of Se, cell and all at rest.

    Energies of both per Se against each other, and the volume that the exchange takes at a kept and at the fcc lattice.
    """
    lattices = {"hcp": ("CdSe-wz", (4, 4, 2)), "fcc": ("CdSe-zb", (2, 2, 2))}
    hosts = {name: load_phase(phase).atoms().repeat(repeat) for name, (phase, repeat) in lattices.items()}
    difference, volume, kept = [], {}, {}
    for x in EXCHANGED:
        energy = {}
        for name, host in hosts.items():
            atoms = exchanged(host, x, _SEEDS[0])
            rest = relax(atoms, card, "aniso")
            selenium = int(np.sum(host.symbols == "Se"))
            energy[name], volume[name, x] = rest.energy_eV / selenium, rest.volume_A3 / selenium
            kept[name, x] = framework_share(atoms, rest, name)
        difference.append(1000 * (energy["fcc"] - energy["hcp"]))
        held = f"Se on its lattice {100 * kept['hcp', x]:.0f} % (hcp) and {100 * kept['fcc', x]:.0f} % (fcc)"
        method = f"x = {x:g} of Cd replaced by 2 Cu at random, energy per Se at rest; {held}"
        yield _standing(f"fcc over hcp {x:g}", difference[-1], "meV", method, min(kept["hcp", x], kept["fcc", x]))
    about = "volume per Se of fcc Cu2Se over that of wurtzite CdSe, both at rest under one potential"
    change = 100 * (volume["fcc", 1.0] / volume["hcp", 0.0] - 1)
    held = f"Se on its lattice {100 * kept['hcp', 0.0]:.0f} % before and {100 * kept['fcc', 1.0]:.0f} % after"
    least = min(kept["hcp", 0.0], kept["fcc", 1.0])
    yield _standing("contraction_percent", change, "%", f"{about}; {held}", least)


def framework_share(atoms: ase.Atoms, rest: Relaxed, stacking: str, framework: str = "Se") -> float:
    """Return the share of a framework's atoms that template matching still finds in its stacking, hcp or fcc."""
    before = np.abs(np.diag(atoms.cell.array))
    cell = atoms.cell.array * (rest.edges_A / before)[None, :]
    mine = atoms.symbols == framework
    found = match(rest.positions_A[mine], cell, np.ones(3, dtype=bool)).kind
    return float(np.mean(found == {"hcp": HCP, "fcc": FCC}[stacking]))


def _standing(name: str, value: float, unit: str, method: str, held: float) -> Result:
    """Return a number of a crystal at rest, none where its framework was lost on the way."""
    if held < _HELD:
        return Result(name, None, unit, "measured", method=f"{method}; a framework was lost, so there is no number")
    return Result(name, value, unit, "measured", method=method)


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
    crystal = load_phase("Cu2Se").atoms().repeat(2)
    copper = np.flatnonzero(crystal.symbols == "Cu")
    a_A, kept = [], []
    for x in DEFICITS:
        gone = np.random.default_rng(_SEEDS[0]).permutation(copper)[: round(x / 2 * len(copper))]
        atoms = crystal.copy()
        del atoms[gone.tolist()]
        rest = relax(atoms, card, "iso")
        a_A.append(float(rest.edges_A[0]) / 2)
        kept.append(framework_share(atoms, rest, "fcc"))
        method = f"x = {x:g}, at rest, {100 * kept[-1]:.0f} % of Se on its lattice"
        yield _standing(f"a of Cu(2-x)Se {x:g}", a_A[-1], "A", method, kept[-1])
    if min(kept) < _HELD:
        return
    line = linregress(DEFICITS, a_A)
    slope, error = float(line.slope), float(line.stderr)
    method = f"line through {len(a_A)} cells at rest; error by what the points lie off it"
    yield Result("da_dx_A", float(slope), "A", "measured", error, method=method)
    shift, off = -100 * slope * 0.1 / a_A[0], 100 * error * 0.1 / a_A[0]
    method = "every peak of a cubic cell alike, from x = 0 to 0.1; at rest"
    yield Result("smallest_peak_shift_percent", float(shift), "%", "measured", off, method=method)
    change = 100 * (((a_A[0] + slope * 0.2) / a_A[0]) ** 3 - 1)
    method = "volume of Cu(2-x)Se from x = 0 to 0.2, a tenth of the copper; at rest"
    yield Result("donor_volume_change_percent", float(change), "%", "measured", 6 * off, method=method)


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
    atoms = (
        load_phase("Cu3P").atoms().repeat((2, 2, 1)) if lattice == "Cu3P" else load_phase("Cu3P-fcc").atoms().repeat(3)
    )
    phosphorus = random.permutation(np.flatnonzero(atoms.symbols == "P"))
    if lattice == "Cu3P":
        del atoms[phosphorus[: round(x * len(phosphorus))].tolist()]
        return atoms
    kept = round(len(atoms) * (1 - x) / (4 - x))  # of Cu3P(1-x), so that both have one composition
    atoms.symbols[phosphorus[kept:]] = "Cu"
    return atoms


def _cubic_A(rest: Relaxed) -> float:
    return float(rest.edges_A[0]) / 3


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
