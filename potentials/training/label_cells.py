"""Small cells worth a first-principles label: crystals at several volumes, defects, mixtures, surfaces, snapshots."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.build import bulk, make_supercell
from ase.geometry import get_distances
from ase.io import write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.spacegroup import crystal

from nanokiln.potentials.cards.calculators import load_calculator

# The sizes that the label set was made with, near those of CHGNet (rest_cells.yaml); new ones would be other cells.
WURTZITE = {"a": 4.384, "c": 7.189, "u": 0.3767}
ZINCBLENDE_A, CU2SE_A, CU_A = 6.21, 5.80, 3.63
CD_HCP = {"a": 3.03, "c": 5.70}


def wurtzite() -> Atoms:
    """Return wurtzite CdSe, 8 atoms: the orthohexagonal cell a, sqrt(3) a, c."""
    primitive = bulk("CdSe", "wurtzite", **WURTZITE)
    return make_supercell(primitive, [[1, 0, 0], [1, 2, 0], [0, 0, 1]])


def zincblende() -> Atoms:
    """Return zincblende CdSe, 8 atoms."""
    return bulk("CdSe", "zincblende", a=ZINCBLENDE_A, cubic=True)


def berzelianite() -> Atoms:
    """Return antifluorite Cu2Se, 12 atoms."""
    return crystal(["Se", "Cu"], [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[CU2SE_A] * 3 + [90] * 3)


def cu3p_small() -> Atoms:
    """Return Cu3P as Na3As-type Cu6P2, 8 atoms: the parent of the P6_3cm crystal, whose cell is three times this."""
    sites = [(0, 0, 0.25), (1 / 3, 2 / 3, 0.583), (1 / 3, 2 / 3, 0.25)]
    return crystal(["Cu", "Cu", "P"], sites, spacegroup=194, cellpar=[4.02, 4.02, 7.20, 90, 90, 120])


def cu3p() -> Atoms:
    """Return Cu3P, 24 atoms (Olofsson, Acta Chem. Scand. 26 (1972) 2777)."""
    sites = [(0, 0, 0.3213), (1 / 3, 2 / 3, 0.1998), (0.2806, 0, 0.0765), (0.3761, 0, 0.4246), (0.3322, 0, 0.75)]
    return crystal(["Cu"] * 4 + ["P"], sites, spacegroup=185, cellpar=[6.92, 6.92, 7.20, 90, 90, 120])


def copper() -> Atoms:
    """Return fcc copper, 8 atoms."""
    return bulk("Cu", "fcc", a=CU_A).repeat(2)


def cadmium() -> Atoms:
    """Return hcp cadmium, 8 atoms."""
    return bulk("Cd", "hcp", **CD_HCP).repeat((2, 2, 1))


def selenium() -> Atoms:
    """Return trigonal selenium, 3 atoms."""
    return crystal("Se", [(0.225, 0, 1 / 3)], spacegroup=152, cellpar=[4.45, 4.45, 5.05, 90, 90, 120])


def black_phosphorus() -> Atoms:
    """Return black phosphorus, 8 atoms."""
    return crystal("P", [(0, 0.1017, 0.0806)], spacegroup=64, cellpar=[3.314, 10.90, 4.376, 90, 90, 90])


def without(cell: Atoms, symbol: str, index: int = 0) -> Atoms:
    """Return `cell` with one atom of `symbol` taken out."""
    out = cell.copy()
    del out[[atom.index for atom in cell if atom.symbol == symbol][index]]
    return out


def substituted(cell: Atoms, old: str, new: str, count: int, rng: np.random.Generator) -> Atoms:
    """Return `cell` with `count` atoms of `old`, drawn by `rng`, replaced by `new`."""
    out = cell.copy()
    sites = [atom.index for atom in cell if atom.symbol == old]
    for index in rng.choice(sites, count, replace=False):
        out[int(index)].symbol = new
    return out


def with_interstitial(cell: Atoms, symbol: str, rng: np.random.Generator) -> Atoms:
    """Return `cell` with an atom of `symbol` in the roomiest of 400 random places."""
    points = rng.random((400, 3)) @ cell.cell.array
    _, distances = get_distances(points, cell.positions, cell=cell.cell, pbc=True)
    return cell + Atoms(symbol, [points[int(np.argmax(distances.min(axis=1)))]])


def slab(cell: Atoms, vacuum: float, axis: int = 2) -> Atoms:
    """Return `cell` opened along `axis` by `vacuum` angstrom."""
    out = cell.copy()
    out.wrap(eps=1e-6)
    out.center(vacuum=vacuum / 2, axis=axis)
    return out


def rattled(cell: Atoms, rng: np.random.Generator, displacement: float = 0.08, strain: float = 0.015) -> Atoms:
    """Return `cell` strained and displaced by Gaussians of these widths (strain; angstrom per axis)."""
    out = cell.copy()
    tensor = rng.normal(0, strain, (3, 3))
    out.set_cell(cell.cell[:] @ (np.eye(3) + (tensor + tensor.T) / 2), scale_atoms=True)
    out.positions += rng.normal(0, displacement, out.positions.shape)
    return out


def _scaled(cell: Atoms, volume: float) -> Atoms:
    out = cell.copy()
    out.set_cell(cell.cell[:] * volume ** (1 / 3), scale_atoms=True)
    return out


def _volumes() -> Iterator[tuple[str, Atoms]]:
    primitive = {
        "wz": bulk("CdSe", "wurtzite", **WURTZITE),
        "zb": bulk("CdSe", "zincblende", a=ZINCBLENDE_A),
        "cu2se": bulk("CuSe", "zincblende", a=CU2SE_A) + Atoms("Cu", [[0.75 * CU2SE_A] * 3]),
        "cu3p_small": cu3p_small(),
        "cu": bulk("Cu", "fcc", a=CU_A),
        "cd": bulk("Cd", "hcp", **CD_HCP),
    }
    for volume in (1.0, 0.94, 1.08, 0.88, 1.16):
        for name, cell in primitive.items():
            yield f"{name}-v{volume:.2f}", _scaled(cell, volume)


def _elements(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    yield "cu3p", cu3p()
    yield "se", selenium()
    yield "p-black", black_phosphorus()
    yield "p-iCu", rattled(with_interstitial(black_phosphorus(), "Cu", rng), rng)
    yield "se-rattled", rattled(selenium().repeat((1, 1, 2)), rng)
    yield "p-rattled", rattled(black_phosphorus(), rng)
    yield "cd-rattled", rattled(cadmium(), rng, 0.16)
    yield "cu-rattled", rattled(copper(), rng, 0.16)


def _defects(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    wz, zb, cu2se, parent = wurtzite(), zincblende(), berzelianite(), cu3p_small()
    bases = {
        "wz-vCd": without(wz, "Cd"),
        "cu2se-vCu": without(cu2se, "Cu"),
        "zb-iCu": with_interstitial(zb, "Cu", rng),
        "cu3p-vCu": without(parent, "Cu", 1),
        "wz-iCu": with_interstitial(wz, "Cu", rng),
        "cu2se-vSe": without(cu2se, "Se"),
        "wz-vSe": without(wz, "Se"),
        "cu-v": without(copper(), "Cu"),
        "cu3p-vP": without(parent, "P"),
        "wz-iCd": with_interstitial(wz, "Cd", rng),
    }
    for copy in (1, 2):
        for name, cell in bases.items():
            yield f"{name}-{copy}", rattled(cell, rng)


def _exchange(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    wz, cu2se = wurtzite(), berzelianite()
    for copy in range(1, 5):
        # One Cd2+ for two Cu+: a substitution with an interstitial keeps the electrons even.
        even = with_interstitial(substituted(wz, "Cd", "Cu", 1, rng), "Cu", rng)
        half = with_interstitial(substituted(even, "Cd", "Cu", 1, rng), "Cu", rng)
        yield f"wz-exchange1-{copy}", rattled(even, rng)
        yield f"cu2se-Cd1-{copy}", rattled(without(substituted(cu2se, "Cu", "Cd", 1, rng), "Cu", copy), rng)
        yield f"wz-exchange2-{copy}", rattled(half, rng)
        yield f"wz-Cu1-{copy}", rattled(substituted(wz, "Cd", "Cu", 1, rng), rng)


def _phosphides(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    parent = cu3p_small()
    for copy in range(1, 4):
        yield f"cu3p-Cd1-{copy}", rattled(substituted(parent, "Cu", "Cd", 1, rng), rng)
        yield f"cu3p-Se1-{copy}", rattled(substituted(parent, "P", "Se", 1, rng), rng)
        yield f"cu-P1-{copy}", rattled(substituted(copper(), "Cu", "P", 1 + copy // 2, rng), rng)
        yield f"cu2se-P1-{copy}", rattled(substituted(berzelianite(), "Se", "P", copy, rng), rng)
        yield f"wz-P1-{copy}", rattled(substituted(wurtzite(), "Se", "P", copy, rng), rng)
        yield f"cu3p-rattled-{copy}", rattled(parent, rng, 0.04 * copy)


def _surfaces(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    zincblende110 = make_supercell(bulk("CdSe", "zincblende", a=ZINCBLENDE_A), [[1, 0, 0], [-1, 1, 1], [-1, 1, -1]])
    copper111 = make_supercell(bulk("Cu", "fcc", a=CU_A), [[1, -1, 0], [0, 1, -1], [1, 1, 1]])
    bases = {
        "wz0001": (slab(wurtzite(), 8.0), 0.06),
        "wz1010": (slab(wurtzite(), 7.0, axis=1), 0.06),
        "cu2se001": (slab(berzelianite(), 7.0), 0.06),
        "cu3p0001": (slab(cu3p_small(), 8.0), 0.06),
        "cu111": (slab(copper111, 8.0), 0.06),
        "zb110": (slab(zincblende110, 7.0, 1), 0.06),
    }
    for copy in (1, 2):
        for name, (cell, displacement) in bases.items():
            yield f"{name}-{copy}", rattled(cell, rng, displacement * copy, 0.01)


def _cadmium(rng: np.random.Generator) -> Iterator[tuple[str, Atoms]]:
    for copy in range(8):
        yield f"cd-rattled-{copy}", rattled(cadmium(), rng, 0.08 + 0.02 * copy, 0.02)


def static_cells(seed: int = 7) -> list[Atoms]:
    """Return the cells that need no dynamics, each with `info` name, group and source."""
    rng = np.random.default_rng(seed)
    groups: dict[str, Iterator[tuple[str, Atoms]]] = {
        "volumes": _volumes(),
        "exchange": _exchange(rng),
        "elements": _elements(rng),
        "defects": _defects(rng),
        "phosphides": _phosphides(rng),
        "surfaces": _surfaces(rng),
        "cadmium": _cadmium(rng),
    }
    cells = []
    for group, named in groups.items():
        for name, cell in named:
            out = Atoms(cell.numbers, positions=cell.positions, cell=cell.cell, pbc=True)
            out.info = {"name": name, "group": group, "source": f"static_cells(seed={seed})"}
            cells.append(out)
    return cells


def thermal_starts(seed: int = 11) -> dict[str, tuple[Atoms, tuple[float, ...]]]:
    """Return what the thermal snapshots start from: group/name -> (cell, temperatures in K)."""
    rng = np.random.default_rng(seed)
    wz, zb, cu2se, parent = wurtzite(), zincblende(), berzelianite(), cu3p_small()
    even = with_interstitial(substituted(wz, "Cd", "Cu", 1, rng), "Cu", rng)
    half = with_interstitial(substituted(even, "Cd", "Cu", 1, rng), "Cu", rng)
    dilute = without(substituted(cu2se, "Cu", "Cd", 1, rng), "Cu")
    mixed = substituted(substituted(parent, "P", "Se", 1, rng), "Cu", "Cd", 1, rng)
    hot = (600.0, 900.0, 1200.0)
    return {
        "cdse/wz": (wz, hot),
        "cdse/zb": (zb, hot),
        "cu2se/cu2se": (cu2se, hot),
        "cu2se/vacancy": (without(cu2se, "Cu"), hot),
        "cu3p/small": (parent, hot),
        "cu3p/vacancy": (without(parent, "Cu", 1), hot),
        "metal/cu": (copper(), hot),
        "metal/cd": (cadmium(), (400.0, 600.0)),
        "exchange/even": (even, hot),
        "exchange/half": (half, hot),
        "exchange/dilute": (dilute, hot),
        "exchange/cu-in-wz": (with_interstitial(wz, "Cu", rng), hot),
        "phosphide/mixed": (mixed, hot),
        "phosphide/p-in-cu2se": (substituted(cu2se, "Se", "P", 1, rng), hot),
        "phosphide/p-in-wz": (substituted(wz, "Se", "P", 1, rng), hot),
        "phosphide/p-in-cu": (substituted(copper(), "Cu", "P", 1, rng), hot),
        "surface/wz1010": (slab(wz, 7.0, axis=1), hot[:2]),
        "surface/wz0001": (slab(wz, 8.0), hot[:2]),
        "surface/cu2se": (slab(cu2se, 7.0), hot[:2]),
        "surface/cu3p": (slab(parent, 7.0), hot[:2]),
    }


def thermal_cells(teacher: str, spacing_fs: float = 150.0, copies: int = 3, seed: int = 11) -> Iterator[Atoms]:
    """Yield snapshots of a teacher's Langevin dynamics at constant volume (2 fs), `copies` per start and temperature.

    Each start is strained a little first; temperatures follow one another in one trajectory, and the
    first `spacing_fs` at each temperature are not used.
    """
    rng, calculator = np.random.default_rng(seed), load_calculator(teacher)
    for name, (start, temperatures) in thermal_starts(seed).items():
        atoms = rattled(start, rng, 0.03, 0.01)
        atoms.calc = calculator
        MaxwellBoltzmannDistribution(atoms, temperature_K=temperatures[0], rng=rng)
        for temperature_K in temperatures:
            dynamics = Langevin(atoms, 2 * units.fs, temperature_K=temperature_K, friction=0.02 / units.fs, rng=rng)
            for copy in range(copies):
                dynamics.run(int(spacing_fs / 2))
                out = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True)
                out.info = {
                    "name": f"md-{name.replace('/', '-')}-{temperature_K:.0f}K-{copy}",
                    "group": f"thermal-{name.split('/')[0]}",
                    "source": f"snapshot of Langevin dynamics under {teacher}",
                    "temperature_K": temperature_K,
                }
                yield out


def main() -> None:
    """Write the cells to be labelled; with --thermal, append snapshots of dynamics under a teacher instead."""
    parser = argparse.ArgumentParser(
        prog="python -m nanokiln.potentials.training.label_cells", description=main.__doc__
    )
    parser.add_argument("cells", type=Path, help="extxyz to write")
    parser.add_argument("--thermal", metavar="TEACHER", help="append snapshots under this teacher, e.g. nequix")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.thermal is None:
        write(options.cells, static_cells(options.seed), format="extxyz")
        return
    for cell in thermal_cells(options.thermal, seed=options.seed):
        write(options.cells, cell, format="extxyz", append=True)
        print(cell.info["name"], flush=True)


if __name__ == "__main__":
    main()
