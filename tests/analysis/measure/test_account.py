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
        "centre: filled hcp gave way to wurtzite from 251 °C (524 K) on, less than half of it in all.",
        "upper kept what it was.",
        "Across the interfaces went 48(7) Cu from centre to upper.",
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
    assert "on crossings of interfaces and replacements could not be counted; none was counted before." in told


def test_what_crossed_before_the_lattice_was_lost_is_told_as_that() -> None:
    crossed = count("crossed", 48.0, species="Cu", domain="centre", other="upper")
    told = tell(Measured(ORIGIN, (LOST, crossed)))
    assert "went 48(7) Cu from centre to upper before the lattice was lost at 427 °C (700 K)." in told
    assert "From 427 °C (700 K) on later ones could not be counted." in told


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
    assert "lay on a lattice, 5 of 15 on none already in the first frame and none as built: that" in broken


def test_disorder_is_set_beside_the_lindemann_index() -> None:
    for index, word in ((0.12, "disordered but not molten (above 0.15)"), (0.2, "molten")):
        row = Result("Lindemann index", index, "1", "measured", 0.01, quantity="lindemann", temperature_K=900.0)
        assert f"hottest hold, {index:.2f}, its framework is {word}." in tell(Measured(ORIGIN, (LOST, row)))


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
    assert "The gold lies in 2 piece(s), 1 at the tip, 1 at the side, the largest of 100 atoms." in told
    assert "No atom was seen to cross an interface" in told
