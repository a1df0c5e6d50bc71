"""The account of a run says what was measured, in words, and nothing else."""

from dataclasses import replace

import numpy as np

from nanokiln.analysis.measure.account import tell
from nanokiln.analysis.measured import Measured, Origin, Result, Series

ORIGIN = Origin("demo", "sandwich", phases=("CdSe-wz", "Cu3P"), atoms=892, time_ps=20.6, hottest_K=900.0)

LOST = Result("lost", 700.0, "K", "measured", quantity="lattice_lost", temperature_K=700.0, time_ps=8.0)


def count(quantity: str, value: float, **columns: str) -> Result:
    return Result(quantity, value, "atoms", "measured", max(value, 1) ** 0.5, quantity=quantity, **columns)


def test_what_moved_left_and_transformed_is_told() -> None:
    share = Series(
        "wz", "T", "K", np.array([300.0, 900.0]), np.array([0.97, 0.8]), "", quantity="phase_share", phase="wz"
    )
    rows = (
        count("lost", 0.0, species="Cd"),
        count("lost", 3.0, species="P"),
        count("crossed", 48.0, species="Cu", domain="centre", other="upper"),
        count("replaced", 3.0, species="Cu", other="Cd"),
        Result("onset", 524.0, "K", "measured", quantity="onset", domain="centre", phase="filled hcp", other="wz"),
        Result("onset", None, "K", "measured", interval=(900.0, np.inf), quantity="onset", domain="upper", phase="wz"),
        Result("D", 3e-6, "cm2/s", "measured", 1e-7, quantity="D", species="Cu", temperature_K=900.0),
    )
    told = tell(Measured(ORIGIN, rows, (share,)))
    assert told.startswith("sandwich, 892 atoms, was heated to 627 °C (900 K) within 20.6 ps.")
    for sentence in (
        "The anion lattice held: of its inner anions wurtzite went from 97 % at the start to 80 % at the hottest.",
        "centre stayed hcp, but from 251 °C (524 K) on its cations had left their places around a tenth of its anions",
        "upper kept what it was.",
        "(a place belongs to the domain of most anions around it; there and back are two) went 48(7) Cu from centre to",
        "On their own sites were replaced 3(2) Cd by Cu.",
        "Into vacuum went 3(2) P.",
        "Diffusion in the hottest hold: Cu 3.0e-06 cm2/s at 900 K.",
    ):
        assert sentence in told


def test_a_lost_lattice_is_told_and_nothing_taken_from_it() -> None:
    hot = Result("D", 3e-5, "cm2/s", "measured", 1e-6, quantity="D", species="Cu", provenance={"lattice_lost_K": 700.0})
    none = Result(
        "onset", None, "K", "measured", interval=(900.0, np.inf), quantity="onset", domain="upper", phase="wz"
    )
    told = tell(Measured(ORIGIN, (LOST, hot, none)))
    assert "From 427 °C (700 K) on less than half of its inner anions lay on a lattice: that" in told
    assert "Diffusion" not in told and "held" not in told and "kept" not in told
    assert "No atom was seen" not in told
    assert "no atom was seen" not in told  # nobody looked twice before
    assert told.endswith("nor, once the lattice is lost, stacking, faults, fronts or how domains lie to each other.")


def test_a_lattice_that_held_for_some_looks_tells_that_nothing_happened_then() -> None:
    looked = Series(
        "n", "time_ps", "ps", np.array([0.0, 2.0, 9.0]), np.array([40.0] * 3), "atoms", quantity="phase_count"
    )
    told = tell(Measured(ORIGIN, (LOST,), (looked,)))
    assert "Before the lattice was lost no atom was seen to cross an interface or to take another's site." in told


def test_a_lattice_that_is_lost_at_once_is_not_given_a_temperature() -> None:
    told = tell(Measured(ORIGIN, (replace(LOST, value=215.0, time_ps=0.0),)))
    assert "In its first frame already less than half of its inner anions lay on a lattice" in told
    assert "215" not in told


def test_what_crossed_before_the_lattice_was_lost_is_told_as_that() -> None:
    crossed = count("crossed", 48.0, species="Cu", domain="centre", other="upper")
    told = tell(Measured(ORIGIN, (LOST, crossed)))
    assert "went 48(7) Cu from centre to upper before the lattice was lost at 427 °C (700 K)." in told
    assert "no atom was seen" not in told


def test_a_model_that_is_not_intact_at_the_start_says_so() -> None:
    def of(stage: str, off: float) -> tuple[Series, ...]:
        x = np.zeros(1)
        kinds = {"disordered": off, "": 15.0}
        return tuple(
            Series("n", "time_ps", "ps", x, np.array([n]), "atoms", quantity="phase_count", phase=name, stage=stage)
            for name, n in kinds.items()
        )

    intact, broken = (tell(Measured(ORIGIN, (LOST,), (*of("built", 0.0), *of("", n)))) for n in (0.0, 5.0))
    assert "first frame" not in intact
    assert "lay on a lattice (in the first frame 5 of 15 lay on none already, as built none): that" in broken


def test_disorder_is_set_beside_the_lindemann_index() -> None:
    kinds = (
        (0.1, "it is disordered but not molten"),
        (0.2, "it is molten"),
        (0.14, "whether it is molten that leaves open"),
    )
    for index, word in kinds:
        row = Result("Lindemann index", index, "1", "measured", 0.01, quantity="lindemann", temperature_K=900.0)
        told = tell(Measured(ORIGIN, (LOST, row)))
        assert f"fluctuate by {100 * index:.0f} % (Lindemann index, a solid stays below 15 %): {word}." in told


def test_a_loss_without_a_temperature_is_told_by_its_time() -> None:
    lost = replace(LOST, value=np.nan, temperature_K=np.nan, time_ps=2.4)
    assert "From 2.4 ps on less than half" in tell(Measured(ORIGIN, (lost,)))


def test_gold_is_told_by_its_pieces() -> None:
    gold = replace(ORIGIN, model="rod with gold", phases=("Au", "CdSe-wz"))
    rows = (
        count("clusters", 2.0, species="Au"),
        count("clusters", 1.0, species="Au", region="tip"),
        count("clusters", 1.0, species="Au", region="side"),
        count("largest_cluster", 100.0, species="Au"),
    )
    told = tell(Measured(gold, rows))
    assert "The gold lies in 2 pieces, 1 at the tip, 1 at the side, the largest of 100 atoms." in told
    assert "No atom was seen to cross an interface" in told


def ends(quantity: str, first: float, last: float, error: float, **columns: str) -> tuple[Result, Result]:
    rows = ((first, "first"), (last, "last"))
    return tuple(
        Result(quantity, value, "", "measured", error, quantity=quantity, stage=stage, **columns)
        for value, stage in rows
    )  # type: ignore[return-value]


def test_copper_is_told_by_its_twins_and_what_grew() -> None:
    janus = replace(ORIGIN, model="janus", phases=("Cu", "Cu3P"))
    rows = (
        number("fcc_metal", 0.82, 0.01),
        number("grains", 1.0, 0.0),
        *ends("twins", 0.0, 2.0, 0.0),
        *ends("metal_faults", 0.0, 1.0, 0.0),
        *ends("grown", 3.0, 17.0, 1.0),
        number("plane_angle", 16.0, 31.0),
    )
    told = tell(Measured(janus, rows))
    assert (
        "At the end 82 % of the inner copper atoms are fcc, in 1 grain with 2 twin planes (0 at the start) and 1 "
        "stacking faults (0 at the start)." in told
    )
    assert "Of the copper of the phosphide 17 atoms lie on the fcc lattice of copper, 3 at the start." in told
    assert "Cu(111)" not in told  # known to 31 degrees, which is not known
    assert "Cu(111) and Cu3P(300) lie 16.0 degrees" in tell(Measured(janus, (number("plane_angle", 16.0, 1.0),)))


def number(quantity: str, value: float, error: float, **columns: str) -> Result:
    return Result(quantity, value, "", "measured", error, quantity=quantity, **columns)


def test_lead_is_told_by_its_front_and_not_after_the_lattice_is_lost() -> None:
    dumbbell = replace(ORIGIN, model="dumbbell", phases=("CdSe-wz", "PbSe"))
    faces = {"domain": "rod", "other": "pbse", "species": "Pb"}
    moved, still = (ends("front", 10.0, last, 1.0, **faces) for last in (3.0, 10.5))
    assert "The front of Pb between rod and pbse moved by 7.0(1.4) A into rod." in tell(Measured(dumbbell, moved))
    assert "front of Pb between rod and pbse stayed where it was, within 1.4 A." in tell(Measured(dumbbell, still))
    gone = tuple(replace(row, provenance={"lattice_lost_K": 700.0}) for row in moved)
    assert "The front of" not in tell(Measured(dumbbell, (LOST, *gone)))


def test_structures_of_other_compounds_are_told_by_what_they_are() -> None:
    """Copper that leaves half of its places makes no zinc blende of Cu2Se, nor does a microscopist call it so."""
    x, selenide = np.array([300.0, 700.0]), replace(ORIGIN, model="Cu2Se", phases=("Cu2Se",))
    shares = {"antifluorite": [1.0, 0.7], "zb": [0.0, 0.3]}
    curves = tuple(
        Series(name, "T", "K", x, np.array(y), "", quantity="phase_share", phase=name) for name, y in shares.items()
    )
    told = tell(Measured(selenide, (), curves))
    assert "the lattice of Cu2Se went from 100 % at the start to 70 %" in told
    assert "fcc with half of its places filled (as in zinc blende) went from 0 %" in told


def test_domains_that_run_into_one_another_are_told_by_their_size() -> None:
    rows = tuple(number("Rg_change", value, 0.3, domain=name) for name, value in (("metal", 4.6), ("phosphide", 23.7)))
    told = tell(Measured(ORIGIN, rows))
    assert "spread out (+) or drew together (-): phosphide +24 % and metal +5 %." in told
    assert "spread out" not in tell(Measured(ORIGIN, rows[:1]))


def test_a_lattice_that_only_lost_its_filling_stayed_what_it_was() -> None:
    selenide = replace(ORIGIN, model="Cu2Se", phases=("Cu2Se",))
    stacked = Series(
        "fcc", "T", "K", np.array([300.0, 700.0]), np.array([1.0, 0.95]), "", quantity="stacking_share", phase="fcc"
    )
    about = {"domain": "crystal", "phase": "antifluorite", "other": "zb"}
    onset = Result("onset", 422.0, "K", "measured", quantity="onset", **about)
    told = tell(Measured(selenide, (onset,), (stacked,)))
    assert "inner anions those stacked fcc went from 100 % at the start to 95 % at the hottest." in told
    assert "crystal stayed fcc, but from 149 °C (422 K) on its cations had left their places around a tenth" in told
    assert "gave way" not in told
    restacked = replace(onset, phase="zb", other="wz")
    assert "gave way to" in tell(Measured(selenide, (restacked,)))


def test_places_that_are_no_longer_told_apart_are_owned_up_to() -> None:
    for share, told in ((0.2, True), (0.9, False)):
        seen = "20 % could be told apart to the end" in tell(Measured(ORIGIN, (number("sites_known", share, 0.0),)))
        assert seen is told


def test_a_model_too_thin_for_its_structure_says_so() -> None:
    def built(wz: float) -> tuple[Series, ...]:
        kinds = {"wz": wz, "filled hcp": 20.0, "": 100.0}
        return tuple(
            Series("n", "t", "ps", np.zeros(1), np.array([n]), "", quantity="phase_count", phase=name, stage="built")
            for name, n in kinds.items()
        )

    thin, thick = (tell(Measured(ORIGIN, (), built(n))) for n in (0.0, 40.0))
    assert "As built no inner anion had the structure of CdSe-wz" in thin and "of Cu3P, so" not in thin
    assert "As built" not in thick
