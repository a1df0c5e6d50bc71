"""What crystals, orientation relations and built models say (rows that ask for the starting state or for spacings)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree
from scipy.spatial.distance import cdist

from nanokiln.analysis.clock.contents import VOLUME_NM3, contraction
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.lattice.occupation import complete_shells
from nanokiln.analysis.lattice.template_matching import FCC, match
from nanokiln.analysis.measured import Result
from nanokiln.structures.catalogue import build, models
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.crystals.relation import load_relation
from nanokiln.structures.model import Model

BUILT = "built model, before heating"
CANDIDATES = ("Cu2Se", "CdSe-wz", "CdSe-zb", "Cu3P", "Cu")


def _exact(name: str, value: float, unit: str = "", method: str = "") -> Result:
    return Result(name, float(value), unit, "input", method=method)


def spacing_A(phase: str, indices: tuple[int, int, int]) -> float:
    """Return the distance of lattice planes."""
    return float(1.0 / np.linalg.norm(np.linalg.inv(load_phase(phase).lattice_A) @ np.array(indices)))


def spacings_A(phase: str, longest: float, shortest: float) -> NDArray[np.float64]:
    """Return the spacings of the reflections with intensity between two lengths, the longest first."""
    from pymatgen.analysis.diffraction.xrd import XRDCalculator

    wavelength = 0.02508  # 200 kV electrons
    angles = tuple(2 * np.degrees(np.arcsin(wavelength / 2 / d)) for d in (longest, shortest))
    pattern = XRDCalculator(wavelength=wavelength).get_pattern(load_phase(phase).structure(), two_theta_range=angles)
    strong = np.array(pattern.y) > 2.0
    return np.asarray(wavelength / 2 / np.sin(np.radians(np.array(pattern.x)[strong]) / 2))


@cache
def built(name: str) -> Model | None:
    """Return a shipped model, or None where the catalogue has none of that name."""
    return build(name) if name in models() else None


@answers("C1")
def _space_groups(_: Evidence) -> Answer:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    numbers = {
        label: SpacegroupAnalyzer(load_phase(phase).structure(), symprec=0.01).get_space_group_number()
        for label, phase in (("space_group_CdSe", "CdSe-wz"), ("space_group_Cu3P", "Cu3P"))
    }
    relation = load_relation("S1")
    axes = [
        lattice[2] / np.linalg.norm(lattice[2])
        for lattice in (relation.substrate_lattice_A(), relation.film_lattice_A())
    ]
    angle = float(np.degrees(np.arccos(np.clip(abs(axes[0] @ axes[1]), 0.0, 1.0))))
    return Answer(
        (
            *(_exact(name, number, "", "symmetry of the cited cells") for name, number in numbers.items()),
            _exact("largest_c_axis_angle_deg", angle, "deg", "relation S1"),
        ),
        reason="the review calls the space groups equal; they are 186 and 185",
    )


@answers("C2")
def _cell_strain(_: Evidence) -> Answer:
    relation = load_relation("S1")
    film, substrate = (np.linalg.norm(x[0]) for x in (relation.film_lattice_A(), relation.substrate_lattice_A()))
    strain = float(100.0 * (3**0.5 * substrate / film - 1.0))
    method = "1x1 Cu3P on the sqrt3 cell of CdSe, relation S1, before the strain is shared"
    return Answer((_exact("film_strain_percent", strain, "%", method),), reason="S1 is inferred; the formula is lost")


@answers("C6")
def _fitting_phase(_: Evidence) -> Answer:
    """Match the spacings that the Se lattice of the converted domain keeps against every candidate compound."""
    product = spacings_A("Cu2Se", 4.0, 1.1)
    residuals = {}
    for phase in CANDIDATES:
        lines = spacings_A(phase, 4.3, 1.0)
        residuals[phase] = float(np.sqrt(np.mean([(np.min(abs(lines / d - 1.0))) ** 2 for d in product])))
    del residuals["Cu2Se"]
    # Cu2Se itself fits up to the spread of its published cells.
    own = 5.859 / 5.84 - 1.0
    best = min(residuals, key=lambda phase: residuals[phase])
    method = f"reflections of fcc Cu2Se, published cells differ by {100 * own:.2f} %; the next best is {best}"
    return Answer(
        (Result("next_over_best_residual", residuals[best] / own, "", "thermochemistry", method=method),),
        reason="from crystals: that the product has this lattice is an assumption of the exchange at a kept Se lattice",
    )


@answers("B2")
def _copper_on_phosphide(_: Evidence) -> Answer:
    phosphide, copper = spacing_A("Cu3P", (3, 0, 0)), spacing_A("Cu", (1, 1, 1))
    mismatch = 100.0 * (phosphide / copper - 1.0)
    method = f"d300 {phosphide:.3f} A, d111 {copper:.3f} A of the cited cells"
    return Answer((_exact("spacing_mismatch_percent", mismatch, "%", method),))


@answers("B3")
def _janus_relations(_: Evidence) -> Answer:
    tilts = [abs(t) for name in ("J1", "J2") for t in load_relation(name).tilts_deg]
    extra = ", ".join(
        f"{name} {angle:.1f} deg" for name in ("J1", "J2") for angle in load_relation(name).deviations_deg()
    )
    return Answer(
        (_exact("worst_relation_angle_deg", max(tilts), "deg", "directions against their planes, from the matrices"),),
        reason=f"the third condition, Cu(111)//Cu3P(300), is off by {extra}",
    )


@answers("B5")
def _spacings_of_the_fcc_phosphide(_: Evidence) -> Answer:
    return Answer(
        (_exact("d112_copper_A", spacing_A("Cu", (1, 1, 2)), "A", "cited cell"),),
        reason=f"cited cells give {spacing_A('Cu', (1, 1, 2)):.4f} A for copper; 4.16 A of the phosphide is an input",
    )


def diameter_nm(model: Model, name: str) -> float:
    """Return the largest extent of a domain, its outermost atoms included, as an image would show it."""
    index = [d.name for d in model.domains].index(name)
    mine = model.atoms.positions[model.atoms.arrays["domain"] == index]
    hull = mine[ConvexHull(mine).vertices] if len(mine) > 8 else mine
    nearest = float(np.median(np.asarray(cKDTree(mine).query(mine, k=2)[0])[:, 1]))
    return float(np.max(cdist(hull, hull)) + nearest) / 10.0


@answers("A1")
def _gold_on_rods(_: Evidence) -> Answer | None:
    if (model := built("cdse-rod-au")) is None:
        return None
    gold = [d.name for d in model.domains if d.phase == "Au"]
    tips = [diameter_nm(model, name) for name in gold if name.startswith("tip")]
    body = [diameter_nm(model, name) for name in gold if not name.startswith("tip")]
    return Answer(
        (
            _exact("smallest_body_Au_nm", min(body), "nm", BUILT),
            _exact("largest_body_Au_nm", max(body), "nm", BUILT),
            _exact("smallest_tip_Au_nm", min(tips), "nm", BUILT),
            _exact("tips_with_Au", len(tips), "", BUILT),
        )
    )


def _touching_rods(model: Model, name: str, reach_A: float = 4.0) -> int:
    """Return how many CdSe domains have an atom within reach of a domain."""
    positions, domain = model.atoms.positions, model.atoms.arrays["domain"]
    index = [d.name for d in model.domains].index(name)
    tree = cKDTree(positions[domain == index])
    rods = [i for i, d in enumerate(model.domains) if d.phase.startswith("CdSe")]
    return sum(bool(np.any(np.asarray(tree.query(positions[domain == i])[0]) < reach_A)) for i in rods)


@answers("A2")
def _shared_gold(_: Evidence) -> Answer | None:
    if (model := built("cdse-rods-shared-au")) is None:
        return None
    most = max(_touching_rods(model, d.name) for d in model.domains if d.phase == "Au")
    return Answer((_exact("rods_per_shared_Au", most, "", f"{BUILT}, contacts below 4 A"),))


@answers("A3")
def _free_gold(_: Evidence) -> Answer | None:
    if (model := built("cdse-rods-free-au")) is None:
        return None
    gold = np.isin(model.atoms.arrays["domain"], [i for i, d in enumerate(model.domains) if d.phase == "Au"])
    gap = float(np.min(cKDTree(model.atoms.positions[gold]).query(model.atoms.positions[~gold])[0]))
    return Answer((_exact("gap_over_cutoff", gap / 6.0, "", f"{BUILT}, smallest gap over a cutoff of 6 A"),))


@cache
def _fcc_of_copper() -> tuple[float, int]:
    """Return the fcc share of the copper that J1 is built with, and of how many inner atoms; no world changes it."""
    model = built("cu-cu3p-janus-j1")
    assert model is not None
    atoms = model.atoms
    free, corner = np.full(3, False), atoms.positions.min(axis=0)
    box, placed = np.diag(np.ptp(atoms.positions, axis=0) + 20.0), atoms.positions - corner + 10.0
    placed = placed[np.asarray(atoms.arrays["phase"] == "Cu")]
    inner, kind = complete_shells(placed, box, free), match(placed, box, free).kind
    return float(np.mean(kind[inner] == FCC)), int(inner.sum())


@answers("B1")
def _janus(_: Evidence) -> Answer | None:
    if (model := built("cu-cu3p-janus-j1")) is None:
        return None
    phase, symbols = model.atoms.arrays["phase"], np.array(model.atoms.get_chemical_symbols())
    mine = phase == "Cu3P"
    ratio = np.sum(symbols[mine] == "Cu") / max(np.sum(symbols[mine] == "P"), 1)
    fcc, inner = _fcc_of_copper()
    about = f"{BUILT}; {inner} inner atoms of the copper, template matching"
    return Answer(
        (
            _exact("Cu_per_P", ratio, "", BUILT),
            _exact("fcc_of_copper_domain", fcc, "", about),
        )
    )


@answers("D1", "E1")
def _sphere(_: Evidence) -> Answer | None:
    if (model := built("cu2se-sphere")) is None:
        return None
    units = np.pi / 6 * 7.0**3 / VOLUME_NM3["Cu2Se"]
    error = 100.0 * (len(model.atoms) / (3.0 * units) - 1.0)
    return Answer(
        (
            _exact("atom_count_error_percent", error, "%", "atoms against the volume of a 7 nm sphere over the cell"),
            _exact("sphere_diameter_nm", diameter_nm(model, model.domains[0].name), "nm", BUILT),
        )
    )


@answers("E1", "E2")
def _rods_and_donors(_: Evidence) -> Answer | None:
    if (model := built("cu2se-cdse-rod")) is None:
        return None
    symbols, domain = np.array(model.atoms.get_chemical_symbols()), model.atoms.arrays["domain"]
    is_rod = np.isin(domain, [i for i, d in enumerate(model.domains) if d.phase.startswith("CdSe")])
    misplaced = int(np.sum(is_rod & (symbols == "Cu")) + np.sum(~is_rod & (symbols == "Cd")))
    rod = model.atoms.positions[is_rod]
    length = float(np.max(np.ptp(rod, axis=0)) / 10.0)
    return Answer(
        (
            _exact("misplaced_cations", misplaced, "", BUILT),
            _exact("rod_length_nm", length, "nm", f"{BUILT}, along its axis"),
        )
    )


@answers("C19", "E11")
def _kept_axis(_: Evidence) -> Answer:
    relation = load_relation("C1")
    old, new = relation.substrate_lattice_A()[2], relation.film_lattice_A().sum(axis=0)
    angle = float(np.degrees(np.arccos(np.clip(abs(old @ new) / np.linalg.norm(old) / np.linalg.norm(new), 0.0, 1.0))))
    return Answer(
        reason=f"in a reconstructed product the axes are {angle:.1f} deg apart because it is built on the kept Se "
        f"lattice ({100 * contraction():.1f} % in volume): an assumption; no grown product is at hand"
    )


ANSWERERS = (
    _space_groups,
    _cell_strain,
    _fitting_phase,
    _copper_on_phosphide,
    _janus_relations,
    _spacings_of_the_fcc_phosphide,
    _gold_on_rods,
    _shared_gold,
    _free_gold,
    _janus,
    _sphere,
    _rods_and_donors,
    _kept_axis,
)
