"""Element maps, their noise, line scans, HAADF, and what a dose can show."""

import ase
import h5py
import numpy as np
import pytest

from nanokiln.analysis.microscope import (
    Exposure,
    element_maps,
    haadf,
    line_scan,
    load_instrument,
    mount,
    write_emd,
    xray_counts,
)
from nanokiln.analysis.microscope.detection import detection_limit, dose_to_see
from nanokiln.analysis.microscope.element_map import expected_counts
from nanokiln.analysis.microscope.extents import crossings_A, outlines
from nanokiln.analysis.microscope.instrument import Instrument
from nanokiln.structures import build

INSTRUMENT = load_instrument()


@pytest.mark.parametrize("beam", ["x", "z", "1,2,3"])
@pytest.mark.parametrize("resolution_A", [0.5, 10.0, 30.0])
def test_a_maps_integral_is_the_number_of_atoms(beam: str, resolution_A: float) -> None:
    model = build("cdse-cu3p-cdse-small")
    maps = element_maps(mount([model.atoms], "sandwich", beam), 1.7, resolution_A)
    symbols = np.array(model.atoms.get_chemical_symbols())
    assert set(maps) == set(symbols)
    for element, one in maps.items():
        assert one.data.sum() == pytest.approx(np.sum(symbols == element), rel=1e-12)


def test_a_map_shows_atoms_where_they_are() -> None:
    atoms = ase.Atoms("CuCu", positions=[[0, 0, 0], [0, 30.0, 12.0]])
    one = element_maps(mount([atoms], "two", "x"), 1.0, 4.0)["Cu"]
    upper, lower = one.data.copy(), one.data.copy()
    half = one.data.shape[0] // 2
    upper[half:], lower[:half] = 0, 0
    for part, y in ((upper, 6.0), (lower, -6.0)):
        assert (part.sum(axis=1) @ one.rows) / part.sum() == pytest.approx(y, abs=0.01)


def test_noise_follows_the_dose() -> None:
    maps = element_maps(mount([build("cu2se-sphere-small").atoms], "ball"), 4.0, 10.0)
    for dose in (1e5, 1e7):
        mean = {
            name: sum(part)
            for name, part in expected_counts(
                {name: one.data for name, one in maps.items()}, INSTRUMENT, Exposure(dose)
            ).items()
        }
        drawn = np.array(
            [xray_counts(maps, INSTRUMENT, Exposure(dose, seed=seed))["Cu"].data.sum() for seed in range(300)]
        )
        expected = float(mean["Cu"].sum())
        assert drawn.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 300))
        assert drawn.var() == pytest.approx(expected, rel=0.35)
    quiet, loud = (
        haadf(mount([build("cu-sphere-small").atoms], "ball"), INSTRUMENT, Exposure(dose)).data.sum()
        for dose in (1e3, 1e5)
    )
    assert loud / quiet == pytest.approx(100, rel=0.1)


def test_counts_need_a_dose_and_a_line() -> None:
    maps = element_maps(mount([build("cu-sphere-small").atoms], "ball"), 4.0, 10.0)
    with pytest.raises(ValueError, match="say the dose"):
        xray_counts(maps, INSTRUMENT, Exposure())
    with pytest.raises(ValueError, match="no X-ray line of He"):
        INSTRUMENT.xray_A2("He")


def planted(share: float, seed: int) -> dict[str, float]:
    """A sphere of Cu2Se in which Cd took the places of Cu of a share of the cadmium that CdSe would hold."""
    symbols = np.array(build("cu2se-sphere-small").atoms.get_chemical_symbols())
    selenium = int(np.sum(symbols == "Se"))
    cadmium = round(share * selenium)
    return {"Cd": cadmium, "Cu": float(np.sum(symbols == "Cu") - 2 * cadmium), "Se": selenium, "seed": seed}


def seen(share: float, dose: float, trials: int = 400) -> float:
    there = planted(share, 0)
    atoms = {name: np.asarray(float(there[name])) for name in ("Cd", "Cu", "Se")}
    limit = detection_limit("Cd", {"Cd": there["Se"], "Cu": there["Cu"], "Se": there["Se"]}, INSTRUMENT, Exposure(dose))
    signal, background = expected_counts(atoms, INSTRUMENT, Exposure(dose))["Cd"]
    counts = np.random.default_rng(7).poisson(float(signal + background), trials)
    return float(np.mean(counts > limit.decision))


def test_five_per_cent_of_cadmium_are_seen_at_the_dose_that_statistics_say() -> None:
    there = planted(0.05, 0)
    atoms = {"Cd": there["Se"], "Cu": there["Cu"], "Se": there["Se"]}
    dose = dose_to_see(0.05, "Cd", atoms, INSTRUMENT)
    assert seen(0.05, dose) == pytest.approx(0.95, abs=0.04)
    assert seen(0.05, 10 * dose) == 1.0
    assert seen(0.05, dose / 20) < 0.5
    assert seen(0.0, dose) < 0.09


def test_planted_cadmium_through_the_whole_microscope() -> None:
    """Atoms exchanged one by one, projected, blurred, counted: the same as the statistics of their number."""
    atoms = build("cu2se-sphere-small").atoms.copy()
    symbols = np.array(atoms.get_chemical_symbols())
    selenium = int(np.sum(symbols == "Se"))
    copper = np.random.default_rng(3).permutation(np.flatnonzero(symbols == "Cu"))
    symbols[copper[: round(0.05 * selenium)]] = "Cd"
    keep = np.setdiff1d(np.arange(len(atoms)), copper[round(0.05 * selenium) : 2 * round(0.05 * selenium)])
    atoms.set_chemical_symbols(list(symbols))
    maps = element_maps(mount([atoms[keep]], "planted"), 4.0, 10.0)
    there = {"Cd": float(selenium), "Cu": float(maps["Cu"].data.sum()), "Se": float(selenium)}
    dose = dose_to_see(0.05, "Cd", there, INSTRUMENT)
    for factor, least, most in ((1.0, 0.85, 1.0), (0.05, 0.0, 0.6)):
        exposure = [Exposure(factor * dose, seed=seed) for seed in range(60)]
        limit = detection_limit("Cd", there, INSTRUMENT, exposure[0])
        found = [xray_counts(maps, INSTRUMENT, one)["Cd"].data.sum() > limit.decision for one in exposure]
        assert least <= np.mean(found) <= most


def test_haadf_weighs_by_charge() -> None:
    ratio = INSTRUMENT.haadf_A2("Au") / INSTRUMENT.haadf_A2("Cu")
    assert 1.5 < np.log(ratio) / np.log(79 / 29) < 2.0
    total = haadf(mount([build("cu-sphere-small").atoms], "ball"), INSTRUMENT, Exposure())
    atoms = len(build("cu-sphere-small").atoms)
    assert total.data.sum() * total.pixel**2 == pytest.approx(atoms * INSTRUMENT.haadf_A2("Cu"), rel=1e-9)
    with_film = haadf(mount([build("cu-sphere-small").atoms], "ball"), INSTRUMENT, Exposure(film_nm=10))
    assert with_film.data.min() > 0


def test_lengths_and_edges_are_those_of_the_atoms() -> None:
    rod = build("cdse-rod-small")
    image = haadf(mount([rod.atoms], "rod", "x", rod.stacking_axis), INSTRUMENT, Exposure())
    (outline,) = outlines(image)
    assert outline.length_nm == pytest.approx(np.ptp(rod.atoms.positions[:, 2]) / 10, abs=0.35)
    sandwich = build("cdse-cu3p-cdse-5nm")
    scan = line_scan(element_maps(mount([sandwich.atoms], "sandwich", "x"), 1.0, 8.0))
    low, high = crossings_A(scan, "Cd", "Cu")
    symbols, z = np.array(sandwich.atoms.get_chemical_symbols()), sandwich.atoms.positions[:, 2]
    edges = [
        (z[symbols == "Cu"].max() + np.sort(z[(symbols == "Cd") & (z > z.mean())])[0]) / 2,
        (z[symbols == "Cu"].min() + np.sort(z[(symbols == "Cd") & (z < z.mean())])[-1]) / 2,
    ]
    assert high - low == pytest.approx(edges[0] - edges[1], abs=2.0)


def test_files_open_in_a_reader_of_another_house(tmp_path) -> None:
    image = haadf(mount([build("cdse-rod-small").atoms], "rod"), INSTRUMENT, Exposure())
    write_emd([image], tmp_path / "a.emd")
    with h5py.File(tmp_path / "a.emd") as file:
        assert file["images/HAADF/data"].shape == image.data.shape[::-1]
    reader = pytest.importorskip("rsciio.emd", reason="RosettaSciIO is not installed")
    (read,) = reader.file_reader(str(tmp_path / "a.emd"))
    assert read["data"] == pytest.approx(image.data, abs=1e-6)
    assert [axis["scale"] for axis in read["axes"]] == pytest.approx([image.pixel / 10] * 2)
    assert {axis["units"] for axis in read["axes"]} == {"nm"}


def test_the_instruments_file_is_its_own_check() -> None:
    with pytest.raises(ValueError):
        Instrument.model_validate(INSTRUMENT.model_dump(by_alias=True) | {"probe": 1})
