"""Free enthalpies against temperature: forms agree, pieces join, melting and vapour are those measured."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.constants import R, atm, h, k, physical_constants, pi
from scipy.optimize import brentq

from nanokiln.analysis.clock.free_enthalpy import GRID_K, ROOM_K, Stretch, ThermoPhase, between, heating_gibbs
from nanokiln.analysis.clock.thermochemistry import (
    CADMIUM_EVAPORATION,
    COPPER_EVAPORATION,
    COPPER_EXCHANGE,
    DISPROPORTIONATION,
    PHOSPHIDE_TO_P4,
    SUBLIMATION,
    Reaction,
    congruent_pressure_Pa,
    mass_kg,
    pressure_Pa,
    reaction,
    species,
    thermochemical_inputs,
)

MEANS = {name: np.array([entry.mean]) for name, entry in thermochemical_inputs().items()}
PHASES = [(name, phase) for name, entry in species().items() for phase in entry.phases]
LEAD = reaction("Pb evaporates", Pb=-1, Pb_g=1)
WHITE = reaction("P evaporates", P=-4, P4_g=1)
SELENIUM = reaction("Se evaporates", Se=-2, Se2_g=1)
RINGS = reaction("Se evaporates as rings", Se=-6, Se6_g=1)


def pressure(of: Reaction, gas: str, T: float) -> float:
    return float(pressure_Pa(of, gas, T, MEANS)[0])


def boiling_K(of: Reaction, gas: str, between_K: tuple[float, float]) -> float:
    return float(brentq(lambda T: np.log(pressure(of, gas, T) / atm), *between_K))


def heat_capacity(phase: ThermoPhase, T: float, step: float = 0.5) -> float:
    low, here, high = phase.gibbs(np.array([T - step, T, T + step]))
    return float(-T * (low - 2 * here + high) / step**2)


@pytest.mark.parametrize(
    ("name", "between_K", "measured_K"),
    [
        ("Cd", (500, 700), 594.22),
        ("Cu", (1200, 1500), 1357.77),
        ("Pb", (500, 700), 600.61),
        ("Se", (450, 560), 494.0),
        ("P", (290, 350), 317.3),
    ],
)
def test_melting_follows_where_free_enthalpies_cross(
    name: str, between_K: tuple[float, float], measured_K: float
) -> None:
    crystal, liquid = species()[name].phases
    crossing = brentq(lambda T: float((crystal.gibbs(T) - liquid.gibbs(T))[0]), *between_K)
    assert crossing == pytest.approx(measured_K, abs=0.1)


@pytest.mark.parametrize(
    ("name", "melting_K", "kJ"), [("Cd", 594.22, 6.21), ("Cu", 1357.77, 13.26), ("Pb", 600.61, 4.77), ("Se", 494, 6.69)]
)
def test_heats_of_fusion_are_those_of_the_CRC_handbook(name: str, melting_K: float, kJ: float) -> None:
    crystal, liquid = species()[name].phases
    around = np.array([melting_K - 1e-2, melting_K + 1e-2])
    slope = float(np.diff(liquid.gibbs(around) - crystal.gibbs(around))[0]) / 2e-2
    assert -melting_K * slope / 1e3 == pytest.approx(kJ, rel=0.08)


@pytest.mark.parametrize(("name", "phase"), PHASES, ids=[f"{n} {p.name}" for n, p in PHASES])
def test_pieces_of_a_phase_join(name: str, phase: ThermoPhase) -> None:
    """A wrong digit in a published polynomial shows as a step of many J/mol."""
    for end in (one.to_K for one in phase.stretches[:-1]):
        low, high = phase.gibbs(np.array([end - 1e-6, end + 1e-6]))
        assert low == pytest.approx(high, abs=0.05)
        slopes = [np.diff(phase.gibbs(end + np.array(step)))[0] / 0.01 for step in ((-0.011, -0.001), (0.001, 0.011))]
        jump = -end * (slopes[1] - slopes[0]) / 1e3
        expected = next(one.transition_kJ for below, one in pairwise(phase.stretches) if below.to_K == end)
        assert jump == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("name", ["Cd", "Cu", "Pb", "P", "Cu(g)", "Pb(g)", "P2(g)", "P4(g)", "S2(g)"])
def test_published_polynomials_hold_the_entropy_at_298_K_of_the_table(name: str) -> None:
    entropy = species()[name].phases[0].at_room()[1]
    assert entropy == pytest.approx(species()[name].S.mean, abs=0.15)


@pytest.mark.parametrize("name", ["Cu(g)", "Pb(g)", "P2(g)", "P4(g)", "S2(g)"])
def test_published_polynomials_hold_the_enthalpy_at_298_K_of_the_table(name: str) -> None:
    assert species()[name].phases[0].at_room()[0] / 1e3 == pytest.approx(species()[name].H.mean, abs=0.4)


@pytest.mark.parametrize(
    ("name", "J_mol_K"),
    [
        ("Cd", 26.02),
        ("Cu", 24.44),
        ("Pb", 26.65),
        ("Se", 25.4),
        ("P", 23.82),
        ("Cd(g)", 20.79),
        ("P2(g)", 32.05),
        ("P4(g)", 67.16),
        ("S2(g)", 32.5),
    ],
)
def test_heat_capacities_at_298_K_are_those_of_CODATA_and_CRC(name: str, J_mol_K: float) -> None:
    assert heat_capacity(species()[name].phases[0], 299.0) == pytest.approx(J_mol_K, abs=0.4)


def test_Se2_is_what_its_spectrum_says() -> None:
    """Rigid rotor, oscillator and three electronic levels with the constants of Huber and Herzberg (1979)."""
    per_cm_K = 100 * h * physical_constants["speed of light in vacuum"][0] / k
    levels, weights = np.array([0.0, 510.0, 7958.0]) * per_cm_K, np.array([1.0, 2.0, 2.0])

    def gibbs(T: float) -> float:
        translation = (2 * pi * mass_kg("Se2(g)") * k * T / h**2) ** 1.5 * k * T / 1e5
        inside = T / (2 * 0.0899 * per_cm_K) / -np.expm1(-385.3 * per_cm_K / T) * np.sum(weights * np.exp(-levels / T))
        return float(-R * T * np.log(translation * inside))

    def slope(T: float) -> float:
        return (gibbs(T + 0.05) - gibbs(T - 0.05)) / 0.1

    assert species()["Se2(g)"].S.mean == pytest.approx(-slope(ROOM_K), abs=0.1)
    table = heating_gibbs(species()["Se2(g)"].phases)
    for T in (500.0, 900.0, 1300.0):
        expected = gibbs(T) - gibbs(ROOM_K) - (T - ROOM_K) * slope(ROOM_K)
        assert between(table, T) == pytest.approx(expected, abs=60.0)


@pytest.mark.parametrize("T", [500.0, 550.0, 590.0, 600.0, 700.0, 800.0, 900.0, 1000.0])
def test_cadmium_vapour(T: float) -> None:
    """log10 p/atm = 5.939 - 5799/T over the solid, 5.242 - 5392/T over the liquid (handbook fits)."""
    fit = 5.939 - 5799 / T if T < 594.22 else 5.242 - 5392 / T
    assert pressure(CADMIUM_EVAPORATION, "Cd(g)", T) == pytest.approx(atm * 10**fit, rel=0.12)


@pytest.mark.parametrize("T", [800.0, 1000.0, 1200.0, 1300.0])
def test_copper_vapour(T: float) -> None:
    expected = atm * 10 ** (9.123 - 17748 / T - 0.7317 * np.log10(T))
    assert pressure(COPPER_EVAPORATION, "Cu(g)", T) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("T", [650.0, 800.0, 1000.0, 1200.0, 1300.0])
def test_lead_vapour(T: float) -> None:
    """ln p/Pa = 31.1717 - 23239.99/T - 1.075 ln T (Alcock, Itkin and Horrigan 1984)."""
    expected = np.exp(31.1717444649217 - 23239.9913435889 / T - 1.075 * np.log(T))
    assert pressure(LEAD, "Pb(g)", T) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("T", "pascal"), [(342.0, 1e2), (388.0, 1e3), (453.0, 1e4), (549.5, 1e5)])
def test_vapour_of_white_phosphorus(T: float, pascal: float) -> None:
    """CRC Handbook of Chemistry and Physics, vapour pressure of the elements."""
    assert pressure(WHITE, "P4(g)", T) == pytest.approx(pascal, rel=0.1)


def test_boiling_points_of_cadmium_and_white_phosphorus() -> None:
    assert boiling_K(CADMIUM_EVAPORATION, "Cd(g)", (900, 1200)) == pytest.approx(1040, abs=5)
    assert boiling_K(WHITE, "P4(g)", (450, 700)) == pytest.approx(553.65, abs=5)
    assert pressure(WHITE, "P4(g)", 553.65) == pytest.approx(atm, rel=0.1)


def test_phosphorus_vapour_begins_to_dissociate_near_800_C() -> None:
    """About one molecule of P4 in a hundred at 1073 K and 1 atm (Greenwood and Earnshaw)."""
    ln_K = -reaction("dissociates", P4_g=-1, P2_g=2).gibbs(1073.0, MEANS)[0] / (R * 1073.0)
    assert 0.005 < np.sqrt(np.exp(ln_K) / 4.0) < 0.03


def selenium_Pa(T: float) -> float:
    """Return the total pressure over selenium: Se2, and the larger molecules together."""
    return pressure(SELENIUM, "Se2(g)", T) + pressure(RINGS, "Se6(g)", T)


@pytest.mark.parametrize("T", [500.0, 552.0, 617.0, 704.0, 813.0, 958.0])
def test_vapour_of_selenium(T: float) -> None:
    """Total log10 p/Pa = 9.7565 - 4213/(T - 71.15) (Landolt-Boernstein), to which the larger molecules were fitted."""
    assert selenium_Pa(T) == pytest.approx(10 ** (9.7565 - 4213 / (T - 71.15)), rel=0.1)


@pytest.mark.parametrize(("T", "pascal"), [(500, 1e0), (552, 1e1), (617, 1e2), (704, 1e3), (813, 1e4), (958, 1e5)])
def test_vapour_of_selenium_by_another_handbook(T: float, pascal: float) -> None:
    """CRC Handbook, temperatures of round pressures; the two handbooks themselves differ by 26 % at 1 kPa."""
    assert selenium_Pa(T) == pytest.approx(pascal, rel=0.4)


def test_selenium_boils_where_it_was_measured() -> None:
    assert float(brentq(lambda T: np.log(selenium_Pa(T) / atm), 800, 1100)) == pytest.approx(958, abs=15)


@pytest.mark.parametrize("T", [724.0, 800.0, 900.0, 958.0])
def test_Se2_is_a_share_of_the_vapour_over_selenium(T: float) -> None:
    assert 0.05 < pressure(SELENIUM, "Se2(g)", T) / selenium_Pa(T) < 0.4


@pytest.mark.parametrize(("T", "pascal"), [(530, 1e0), (583, 1e1), (654, 1e2), (745, 1e3), (867, 1e4), (1040, 1e5)])
def test_vapour_of_cadmium_by_another_handbook(T: float, pascal: float) -> None:
    """CRC Handbook, temperatures of round pressures."""
    assert pressure(CADMIUM_EVAPORATION, "Cd(g)", T) == pytest.approx(pascal, rel=0.2)


@pytest.mark.parametrize(("T", "pascal"), [(978, 1e0), (1088, 1e1), (1229, 1e2)])
def test_vapour_of_lead_by_another_handbook(T: float, pascal: float) -> None:
    """CRC Handbook, temperatures of round pressures."""
    assert pressure(LEAD, "Pb(g)", T) == pytest.approx(pascal, rel=0.2)


@pytest.mark.parametrize("T", [989.0, 1100.0, 1200.0, 1300.0])
def test_vapour_of_CdSe_over_the_whole_range_measured(T: float) -> None:
    """log10 p/Pa = 12.01 - 11090/T between 989 and 1325 K, Cd and Se2 together."""
    cadmium = float(congruent_pressure_Pa(-SUBLIMATION.gibbs(T, MEANS) / (R * T))[0])
    total = cadmium * (1 + 0.5 * np.sqrt(mass_kg("Se2(g)") / mass_kg("Cd(g)")))
    assert total == pytest.approx(10 ** (12.01 - 11090 / T), rel=0.1)


@pytest.mark.parametrize("T", [852.0, 900.0, 972.0])
def test_formation_of_Cu2Se_is_that_of_the_cell(T: float) -> None:
    """Cells with liquid Se give -63.02 - 0.0295 T kJ/mol between 852 and 972 K."""
    formed = reaction("Cu2Se forms", Cu=-2, Se=-1, Cu2Se=1).gibbs(T, MEANS)[0] / 1e3
    assert formed == pytest.approx(-63.02 - 0.0295 * T, abs=0.6)


@pytest.mark.parametrize("T", [750.0, 1000.0, 1300.0])
def test_formation_of_Cu2S_is_that_of_sulphur_potentials(T: float) -> None:
    """2 Cu + 1/2 S2 = Cu2S: -131.8 + 0.03079 T kJ/mol between 708 and 1356 K (Gaskell, after Kubaschewski)."""
    formed = reaction("Cu2S forms", Cu=-2, S2_g=-0.5, Cu2S=1).gibbs(T, MEANS)[0] / 1e3
    assert formed == pytest.approx(-131.8 + 0.03079 * T, abs=species()["Cu2S"].H.deviation)


@pytest.mark.parametrize(("celsius", "pascal"), [(300, 4.5e-5), (350, 1.26e-3), (400, 2.1e-2)])
def test_pressure_of_the_exchange_knows_the_transition_of_Cu2Se(celsius: float, pascal: float) -> None:
    """The expected numbers hold the transition of 6.8 kJ/mol and no heat capacities."""
    assert pressure(COPPER_EXCHANGE, "Cd(g)", celsius + 273.15) == pytest.approx(pascal, rel=0.2)


def test_Cu3P_melts_before_it_boils_and_lives_beside_copper() -> None:
    """Both facts bound its enthalpy of formation.

    It melts congruently near 1295 K under 1 bar, so P4 over it stays below (activity of Cu at most 1); beside copper it
    stands up to the eutectic at 987 K and does not fall apart to CuP2.
    """
    without = MEANS | {"H_Cu3P": np.zeros(1)}
    boils = PHOSPHIDE_TO_P4.gibbs(1295.0, without)[0] / 1e3
    assert boils == pytest.approx(-44.3, abs=0.5)
    assert species()["Cu3P"].H.high == pytest.approx(boils, abs=0.5)
    falls = DISPROPORTIONATION.gibbs(987.0, without)[0] / 2e3
    assert falls == pytest.approx(-66.6, abs=0.5)


def test_three_forms_of_one_heat_capacity_agree() -> None:
    """Cp = 20 + 8e-3 T as a heat capacity, by NASA's coefficients and as a free enthalpy."""
    a, b = 20.0, 8e-3
    forms = [
        Stretch(Cp=(a, 1e3 * b, 0.0)),
        Stretch(nasa7=(a / R, b / R, 0.0, 0.0, 0.0, 300.0, 4.0)),
        Stretch(gibbs={"0": 300.0, "1": 50.0, "T lnT": -a, "2": -b / 2}),
    ]
    tables = [heating_gibbs((ThermoPhase(name="x", source="y", stretches=(form,)),)) for form in forms]
    for table in tables[1:]:
        assert np.abs(table - tables[0]).max() < 0.01
    assert tables[0][GRID_K == 298.0] == pytest.approx(0.0, abs=0.01)


def test_a_table_is_read_between_its_points_and_held_beyond_them() -> None:
    table = GRID_K**2 / 1e3
    assert between(table, np.array([200.0, 500.25, 2000.0])) == pytest.approx([40.0, 250.25025, 4000.0], abs=1e-3)
    assert between(table, np.array([1.0, 9000.0])) == pytest.approx([40.0, 4000.0])


def test_what_is_not_a_free_enthalpy_is_refused() -> None:
    with pytest.raises(ValueError, match="one of gibbs, nasa7 and Cp"):
        Stretch(Cp=(1.0, 0.0, 0.0), gibbs={"0": 1.0})
    with pytest.raises(ValueError, match="goes with Cp only"):
        Stretch(gibbs={"0": 1.0}, transition_kJ=1.0)
    warm, cold = Stretch(to_K=500, Cp=(1.0, 0.0, 0.0)), Stretch(to_K=400, Cp=(1.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="must rise"):
        ThermoPhase(name="x", source="y", stretches=(warm, cold))
    with pytest.raises(ValueError, match="mixes"):
        ThermoPhase(name="x", source="y", stretches=(cold, Stretch(gibbs={"0": 1.0})))
