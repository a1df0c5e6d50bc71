"""Records of runs: what is written is read back, and rows are answered from them as far as they honestly can be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nanokiln.analysis.review2019.beyond
import nanokiln.analysis.review2019.crystals
import nanokiln.analysis.review2019.stored_runs  # noqa: F401  importing registers the answers
from nanokiln.analysis.experiment.evidence import Evidence, answer, verdicts
from nanokiln.analysis.experiment.record import Record, shipped_records
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.arrhenius import Isotherm, diffusion_at, fit_arrhenius
from nanokiln.analysis.motion.ramp import BOLTZMANN_EV_PER_K


def record(phases: tuple[str, ...], **changed: object) -> Record:
    made = Record("r", "ab", "p", {"p.uf3": "cd"}, "m", phases, 900, 200.0, 900.0, (0.0, 600.0), ("w",), {}, {})
    return replace(made, **changed)  # type: ignore[arg-type]


def diffusion(temperature_K: float, D: float) -> Result:
    about = {"temperature_K": temperature_K}
    return Result("D", D, "cm2/s", "measured", 0.1 * D, provenance=about)


def curve(name: str, x: list[float], y: list[float]) -> Series:
    return Series(name, "x", "K", np.array(x), np.array(y), "", np.full(len(x), 0.01))


def outcome(row: str, *records: Record) -> str:
    return verdicts(Evidence(runs=records), lambda r: r == row)[0].outcome


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    results = {
        "D_Cu": diffusion(675.0, 3e-5),
        "bound": Result("b", None, "A", "measured", interval=(0.0, 1.0), method="x"),
    }
    made = record(("Cu", "Cu3P"), results=results, series={"phase_wz": curve("phase wz", [300, 400], [1.0, np.nan])})
    again = Record.read(made.write(tmp_path / "runs" / "r.json"))
    assert again.results == made.results
    assert again.series["phase_wz"].y == pytest.approx([1.0, np.nan], nan_ok=True)
    assert (again.phases, again.validated_K, again.warnings) == (made.phases, made.validated_K, made.warnings)
    assert "above the 600 K" in again.told
    (tmp_path / "own.json").write_text('{"name": "r"}')
    with pytest.raises(ValueError, match="no record of a run"):
        Record.read(tmp_path / "own.json")


def test_every_shipped_record_has_its_recipe_beside_it() -> None:
    from nanokiln.analysis.experiment.record import SHIPPED

    for found in shipped_records():
        assert (SHIPPED / f"{found.name}.yaml").is_file(), found.name
        assert found.checksums
        assert found.time_ps > 1


def test_copper_in_selenide_is_read_at_675_K_off_its_own_line() -> None:
    holds = {
        f"D_Cu_{T}K": diffusion(T, 4e-4 * np.exp(-0.14 / (BOLTZMANN_EV_PER_K * T))) for T in (500, 600, 700, 800, 900)
    }
    one = record(("Cu2Se",), results=holds)
    found = answer("D8", Evidence(runs=(one,)))
    assert found is not None
    told = {r.name: r for r in found.results}
    assert told["Ea_Cu"].value == pytest.approx(0.14, abs=1e-6)
    assert told["D_Cu_675K"].value == pytest.approx(4e-4 * np.exp(-0.14 / (BOLTZMANN_EV_PER_K * 675)), rel=1e-6)
    assert outcome("D8", one) == "consistent" or outcome("D8", one) == "agrees"
    free = replace(one, results=holds | {"Rg_change_sphere": Result("c", 0.0, "%", "measured", 0.1)})
    assert outcome("D8", free) == "not testable"


def test_a_point_on_the_line_has_the_error_of_the_line_there() -> None:
    runs = [Isotherm(T, 4e-4 * np.exp(-0.2 / (BOLTZMANN_EV_PER_K * T)), 1e-6, "a") for T in (600.0, 700.0, 800.0)]
    near, far = (diffusion_at(runs, "D", T) for T in (700.0, 400.0))
    widths = [np.log(r.interval[1] / r.interval[0]) for r in (near, far)]  # type: ignore[index]
    assert widths[1] > widths[0]
    assert fit_arrhenius(runs, "Cu")[0].value == pytest.approx(0.2, abs=1e-6)


def test_a_relation_that_was_put_in_never_counts_as_agreeing() -> None:
    kept = {"axis_angle_a_b": Result("axis", 0.4, "deg", "measured", 0.2)}
    assert outcome("C19", record(("CdSe-wz", "Cu2Se"), results=kept)) == "consistent"
    lost = {"axis_angle_a_b": Result("axis", 9.0, "deg", "measured", 0.2)}
    assert outcome("E11", record(("CdSe-wz", "Cu2Se"), results=lost)) == "disagrees"


def test_edges_are_measured_from_the_centre_of_a_plate_that_drifted() -> None:
    x = np.linspace(0, 60, 61).tolist()

    def profiles(when: str, low: float, high: float) -> dict[str, Series]:
        copper = [float(low < v < high) for v in x]
        cadmium = [1.0 - c for c in copper]
        return {f"profile_{when}_Cu": curve("Cu", x, copper), f"profile_{when}_Cd": curve("Cd", x, cadmium)}

    sandwich = ("CdSe-wz", "Cu3P")
    drifted = record(sandwich, hottest_K=573.0, series=profiles("before", 19.5, 40.5) | profiles("after", 29.5, 50.5))
    assert outcome("C3", drifted) == "agrees"
    spread = record(sandwich, hottest_K=573.0, series=profiles("before", 19.5, 40.5) | profiles("after", 4.5, 55.5))
    assert outcome("C3", spread) == "disagrees"
    assert outcome("C3", replace(spread, hottest_K=1000.0)) == "not testable"


def test_the_longest_run_speaks() -> None:
    gold = {
        "neck_growth": Result("n", 8.0, "A", "measured", 0.5),
        "boundary_atoms": Result("b", 60.0, "", "measured", 9.0),
    }
    short = {key: replace(value, value=-5.0) for key, value in gold.items()}
    runs = (record(("Au",), results=short, time_ps=10.0), record(("Au",), results=gold, time_ps=400.0))
    assert outcome("A13", *runs) == "agrees"
    assert outcome("A13") == "not testable"
