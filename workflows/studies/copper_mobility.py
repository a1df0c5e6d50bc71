"""How fast copper moves in Cu2Se under a potential, and whether the selenium held: for `potentials validate`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nanokiln.potentials.lammps.dynamics import dynamics
from nanokiln.potentials.validation.measurement import Bench, Measurement

if TYPE_CHECKING:
    from nanokiln.analysis.measured import Result
    from nanokiln.analysis.trajectory.trajectory import Trajectory

CRYSTAL, MOBILE, FRAMEWORK = "Cu2Se", "Cu", "Se"
TEMPERATURES_K = (500.0, 675.0, 900.0)
REPEAT = (3, 3, 3)
STEPS_PER_PS = 500
FRAME_STEPS = 50  # 0.1 ps
LAST_FRAMES = 20  # that the framework's order is averaged over


def compute_mobility(
    bench: Bench, temperatures_K: tuple[float, ...] = TEMPERATURES_K, settle_ps: float = 6.0, measure_ps: float = 20.0
) -> Iterator[Measurement]:
    """D of copper in Cu2Se (cm2/s) with its standard error, and the share of selenium that is still fcc.

    324 atoms settle at no pressure and are measured at the mean volume (NVT); D by the estimator of every analysis.
    Raises ValueError for a calculator that is no card: it takes LAMMPS.
    """
    if bench.card is None:
        raise ValueError("mobility takes LAMMPS: only cards are measured")
    if CRYSTAL not in bench.crystals:
        return
    from rich.progress import track

    for temperature_K in track(temperatures_K, description=f"D of {MOBILE} in {CRYSTAL}", transient=True):
        with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
            dump = hold(bench, temperature_K, settle_ps, measure_ps, Path(folder))
            yield from measured(dump, temperature_K)


def hold(bench: Bench, temperature_K: float, settle_ps: float, measure_ps: float, folder: Path) -> Path:
    """Run the crystal in `folder` and return its dump; RuntimeError when LAMMPS did not get through."""
    assert bench.card is not None
    atoms = bench.crystals[CRYSTAL].repeat(REPEAT)
    frames = dynamics(atoms, _deck(bench, atoms.symbols, temperature_K, settle_ps, measure_ps), folder, limit_s=7200)
    wanted = round(measure_ps * STEPS_PER_PS) // FRAME_STEPS + 1
    if len(frames) != wanted:
        raise RuntimeError(f"only {len(frames)} of {wanted} frames at {temperature_K:g} K: the crystal did not survive")
    return folder / "frames.dump"


def _deck(bench: Bench, symbols: object, temperature_K: float, settle_ps: float, measure_ps: float) -> tuple[str, ...]:
    """Settle at no pressure, take the mean edge of the second half, and measure at that volume."""
    assert bench.card is not None
    elements = tuple(sorted(set(symbols)))  # type: ignore[call-overload]
    half = FRAME_STEPS * round(settle_ps * STEPS_PER_PS / 2 / FRAME_STEPS)
    return (
        "units metal",
        "atom_style atomic",
        "read_data cell.data",
        *bench.card.commands(elements),
        "timestep 0.002",
        "thermo 500",
        "thermo_modify lost error flush yes",
        f"velocity all create {2 * temperature_K} 4711 mom yes rot no",
        f"fix move all npt temp {temperature_K} {temperature_K} 0.1 iso 0 0 1.0",
        f"run {half}",
        "variable edge equal lx",
        f"fix mean all ave/time 10 {half // 10} {half} v_edge",
        f"run {half}",
        "variable grow equal f_mean/lx",
        "variable scale equal ${grow}",
        "change_box all x scale ${scale} y scale ${scale} z scale ${scale} remap units box",
        "unfix mean",
        "unfix move",
        f"fix move all nvt temp {temperature_K} {temperature_K} 0.1",
        "reset_timestep 0",
        f"dump frames all custom {FRAME_STEPS} frames.dump id type element x y z ix iy iz",
        f"dump_modify frames sort id element {' '.join(elements)}",
        f"run {round(measure_ps * STEPS_PER_PS)}",
    )


def measured(dump: Path, temperature_K: float) -> Iterator[Measurement]:
    """D of the mobile atoms, its standard error, and the order of the framework, from a dump of one hold."""
    from nanokiln.analysis.motion.diffusion import compute_diffusion
    from nanokiln.analysis.motion.msd import Displacements
    from nanokiln.analysis.trajectory.trajectory import convert

    at = f"{temperature_K:g} K"
    with convert([dump], None, dump.with_suffix(".h5"), 1 / STEPS_PER_PS, progress=False) as trajectory:
        mobile = np.flatnonzero(trajectory.elements == MOBILE)
        found = compute_diffusion(Displacements(trajectory), mobile, f"D({MOBILE}) {at}")
        yield Measurement("mobility", CRYSTAL, found.name, "cm2/s", found.value, _note(found))
        yield Measurement("mobility", CRYSTAL, f"error of D({MOBILE}) {at}", "cm2/s", found.error)
        yield Measurement("mobility", CRYSTAL, f"{FRAMEWORK} in fcc order {at}", "1", framework_share(trajectory))


def framework_share(trajectory: "Trajectory") -> float:
    """Return the share of the framework's atoms that template matching finds fcc, the mean of the last frames."""
    from nanokiln.analysis.lattice.template_matching import FCC, match

    framework = trajectory.elements == FRAMEWORK
    shares = []
    for index in range(trajectory.n_frames - LAST_FRAMES, trajectory.n_frames):
        frame = trajectory.frame(index)
        kinds = match(frame.positions[framework], frame.cell, trajectory.periodic).kind
        shares.append(float((kinds == FCC).mean()))
    return float(np.mean(shares))


def _note(found: "Result") -> str:
    """Return the 95 % interval, and why there is no value where there is none."""
    low, high = found.interval if found.interval is not None else (np.nan, np.nan)
    why = "" if found.value is not None else "; " + found.method.rpartition("; ")[2]
    return f"95 %: {low:.1e} to {high:.1e}{why}"
