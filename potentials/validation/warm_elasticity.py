"""Elastic constants of a warm crystal: mean stresses of slightly strained cells in dynamics at constant volume."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.io.lammpsdata import write_lammps_data
from numpy.typing import NDArray

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.lammps.dynamics import run_input
from nanokiln.potentials.validation.measurement import Bench, Measurement
from nanokiln.potentials.validation.subjects import WARM_ELASTIC

Floats = NDArray[np.float64]

AT_K = 300.0
STRAIN = 0.01
SMALLEST_A = 14.0
STEPS_PER_PS = 500
EDGES_PS, SETTLE_PS, BLOCKS = 10, 2, 8  # blocks of 1 ps, whose scatter is the error
BAR_GPA = 1e5 * units.Pascal / units.GPa
STRAINED = {
    "xx": "x scale {} y scale 1 z scale 1 remap",
    "zz": "x scale 1 y scale 1 z scale {} remap",
    "yz": "yz delta {} remap",
}
VOIGT = ("xx", "yy", "zz", "xy", "xz", "yz")  # the order of LAMMPS' pressure


def compute_warm_elastic(bench: Bench, name: str, temperature_K: float = AT_K) -> Iterator[Measurement]:
    """The isothermal elastic constants of a cubic or hexagonal crystal and their standard errors.

    By central differences of the mean stress, 1 % either way, about the mean edges at no pressure. Raises ValueError
    without a card, and RuntimeError when LAMMPS did not get through.
    """
    if bench.card is None:
        raise ValueError("needs LAMMPS: only cards are heated")
    subject = bench.subjects.phases[name]
    if not subject.elastic:
        return
    crystal = bench.crystals[name]
    warm = crystal.repeat([int(np.ceil(SMALLEST_A / length)) for length in crystal.cell.lengths()])
    strains = ("xx", "yz") if subject.cubic else tuple(STRAINED)
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
        stress = strained_stress(bench.card, warm, strains, temperature_K, Path(folder))
    note = f"{len(warm)} atoms, {BLOCKS} ps at each strain"
    for quantity, (value, error) in sorted(constants(stress, subject.cubic).items()):
        yield Measurement(WARM_ELASTIC, name, quantity, "GPa", value, note)
        yield Measurement(WARM_ELASTIC, name, f"error of {quantity}", "GPa", error)


def strained_stress(
    card: Card, crystal: Atoms, strains: tuple[str, ...], temperature_K: float, folder: Path
) -> dict[str, Floats]:
    """Return the slope of the stress with each strain, GPa: 6 components in LAMMPS' order, by block (blocks, 6)."""
    elements = tuple(sorted(set(crystal.get_chemical_symbols())))
    write_lammps_data(folder / "cell.data", crystal, specorder=list(elements), masses=True)
    run_input(_deck(card, elements, strains, temperature_K), folder, 7200)
    slopes = {}
    for strain in strains:
        pressures = [_blocks(folder / f"{strain}-{way}.txt") for way in ("up", "down")]
        slopes[strain] = (pressures[1] - pressures[0]) * BAR_GPA / (2 * STRAIN)
    return slopes


def _blocks(path: Path) -> Floats:
    rows = np.atleast_2d(np.loadtxt(path)) if path.exists() else np.empty((0, 7))
    if len(rows) < BLOCKS:
        raise RuntimeError(f"only {len(rows)} of {BLOCKS} ps at {path.stem}: the crystal did not survive")
    return np.asarray(rows[-BLOCKS:, 1:])


def _deck(card: Card, elements: tuple[str, ...], strains: tuple[str, ...], temperature_K: float) -> tuple[str, ...]:
    """Take the mean edges of the second half at no pressure; strain, settle and average; undo, and so on."""
    half = EDGES_PS * STEPS_PER_PS // 2
    out = [
        "units metal",
        "atom_style atomic",
        "box tilt large",
        "read_data cell.data",
        "change_box all triclinic",
        *card.commands(elements),
        "timestep 0.002",
        "thermo 500",
        f"velocity all create {2 * temperature_K} 4711 mom yes rot no",
        f"fix move all npt temp {temperature_K} {temperature_K} 0.1 aniso 0 0 1.0",
        f"run {half}",
        *(f"variable l{axis} equal l{axis}" for axis in "xyz"),
        f"fix edges all ave/time 10 {half // 10} {half} v_lx v_ly v_lz",
        f"run {half}",
        *(f"variable grow{axis} equal f_edges[{n}]/l{axis}" for n, axis in enumerate("xyz", 1)),
        *(f"variable scale{axis} equal ${{grow{axis}}}" for axis in "xyz"),  # now, before the box changes
        "change_box all x scale ${scalex} y scale ${scaley} z scale ${scalez} remap",
        "unfix edges",
        "unfix move",
        f"fix move all nvt temp {temperature_K} {temperature_K} 0.1",
        f"variable shear equal {STRAIN}*lz",
        "variable back equal -v_shear",
    ]
    for strain in strains:
        for way, amount in (("up", STRAIN), ("down", -STRAIN)):
            if strain == "yz":
                there, back = ("${shear}", "${back}") if way == "up" else ("${back}", "${shear}")
            else:
                there, back = f"{1 + amount}", f"{1 / (1 + amount):.12f}"
            out += [
                f"change_box all {STRAINED[strain].format(there)}",
                f"run {SETTLE_PS * STEPS_PER_PS}",
                f"fix mean all ave/time 10 {STEPS_PER_PS // 10} {STEPS_PER_PS} "
                + " ".join(f"c_thermo_press[{n}]" for n in range(1, 7))
                + f" file {strain}-{way}.txt",
                f"run {BLOCKS * STEPS_PER_PS}",
                "unfix mean",
                f"change_box all {STRAINED[strain].format(back)}",
            ]
    return tuple(out)


def constants(slopes: dict[str, Floats], cubic: bool) -> dict[str, tuple[float, float]]:
    """Return each independent constant (GPa) and its standard error from `strained_stress`, averaged over symmetry."""
    component = {name: n for n, name in enumerate(VOIGT)}

    def mean(*terms: tuple[str, str]) -> tuple[float, float]:
        blocks = np.mean([slopes[strain][:, component[stress]] for strain, stress in terms], axis=0)
        return float(blocks.mean()), float(blocks.std(ddof=1) / np.sqrt(len(blocks)))

    if cubic:
        return {"C11": mean(("xx", "xx")), "C12": mean(("xx", "yy"), ("xx", "zz")), "C44": mean(("yz", "yz"))}
    return {
        "C11": mean(("xx", "xx")),
        "C12": mean(("xx", "yy")),
        "C13": mean(("xx", "zz"), ("zz", "xx"), ("zz", "yy")),
        "C33": mean(("zz", "zz")),
        "C44": mean(("yz", "yz")),
    }
