"""Every shipped model: contacts, counts, bookkeeping, orientation and strain measured on its atoms."""

import numpy as np
import pytest

from nanokiln.structures.builders.contacts import SHORTEST_CONTACT, short_contacts
from nanokiln.structures.catalogue import build, models, preset, validate
from nanokiln.structures.crystals.indices import angle_deg, plane_normal
from nanokiln.structures.crystals.relation import load_relation
from nanokiln.structures.model import Model
from nanokiln.structures.output.summary import fitted_lattice_A, summarise, turn_and_strain

SMALL = [n for n in models() if n.endswith("-small")] + ["cdse-cu3p-cdse", "cdse-cu3p-cdse-slab"]
LARGE = [n for n in models() if n not in SMALL]


def check(model: Model) -> None:
    assert len(short_contacts(model.atoms, SHORTEST_CONTACT)) == 0
    summary = summarise(model)
    assert summary.atoms == summary.carved - sum(summary.removed.values())
    assert sum(d.atoms for d in summary.domains) == summary.atoms
    carved = model.notes["repair"]["carved"]
    for name, expected in model.notes.get("expected", {}).items():
        assert abs(carved[name] - expected) <= max(1.0, 0.02 * expected), name
    for domain in summary.domains:
        if domain.atoms < 4:
            continue  # atoms so few span no lattice
        assert domain.misfit_A < 1e-9
        assert domain.turn_deg < 0.01
    if "spec" in model.notes and model.notes["spec"]["kind"] != "stack":
        assert max(abs(s) for d in summary.domains for s in d.strain) < 1e-6


@pytest.mark.parametrize("name", SMALL)
def test_small_models(name: str) -> None:
    model = build(name)
    assert len(model.atoms) < 1500
    check(model)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_full_size_models(name: str) -> None:
    check(build(name))


@pytest.mark.parametrize(
    ("model", "relation", "host", "film"),
    [
        ("cdse-cu3p-cdse", "S1", "lower", "centre"),
        ("cu-cu3p-janus-j1-small", "J1", "phosphide", "metal"),
        ("cu-cu3p-janus-j2-small", "J2", "phosphide", "metal"),
        ("cu-cu3p-janus-j3-small", "J3", "phosphide", "metal"),
        ("cdse-rod-au-small", "A1", "rod", "tip-top"),
        ("pbse-cdse-dumbbell-small", "P1", "rod", "pbse-111"),
        ("pbse-cdse-dumbbell-small", "P2", "rod", "pbse-100"),
    ],
)
def test_orientation_measured_on_atoms_is_that_of_the_relation(model: str, relation: str, host: str, film: str) -> None:
    built = build(model)
    names = [d.name for d in built.domains]
    host_A, film_A = (fitted_lattice_A(built, names.index(n))[0] for n in (host, film))
    turn, strain = turn_and_strain(load_relation(relation).film_on(host_A), film_A)
    assert turn < 0.01
    assert np.abs(strain).max() < 1e-6


def test_j1_planes_measured_on_the_built_particle() -> None:
    built = build("cu-cu3p-janus-j1-small")
    phosphide, metal = (fitted_lattice_A(built, i)[0] for i in (0, 1))
    angle = angle_deg(plane_normal(phosphide, (3, 0, 0)), plane_normal(metal, (1, 1, 1)))
    assert angle == pytest.approx(0.75, abs=0.02)
    assert "warnings" not in built.notes


def test_j2_is_built_with_a_warning_that_gives_the_angle() -> None:
    assert "8.89 degrees apart" in build("cu-cu3p-janus-j2-small").notes["warnings"][0]


def test_a1_stack_and_its_direction_on_atoms() -> None:
    spec = {
        "kind": "stack",
        "name": "a1",
        "relation": "A1",
        "max_strain": 0.01,
        "along_z": "vacuum",
        "layers": [{"phase": "CdSe-wz", "periods": 1}, {"phase": "Au", "periods": 3}],
    }
    built = build(spec)
    assert np.linalg.norm(np.cross(*np.array(built.atoms.cell)[:2])) == pytest.approx(64.0, abs=0.05)
    cdse, gold = (fitted_lattice_A(built, i)[0] for i in (0, 1))
    assert angle_deg(np.array([1, 1, 0]) @ cdse, np.array([1, -1, 0]) @ gold) < 0.1
    _, strain = turn_and_strain(built.domains[1].reference_A, gold)
    assert sorted(strain)[:2] == pytest.approx([-0.0063, -0.0063], abs=5e-5)


def test_presets_can_be_changed_and_names_are_helped() -> None:
    assert validate({"preset": "cdse-cu3p-cdse", "across_nm": 5}).across_nm == 5  # type: ignore[union-attr]
    assert preset("cu-cu3p-janus-j1-5nm")["scale"] == 0.5
    with pytest.raises(ValueError, match="Did you mean 'cdse-cu3p-cdse'"):
        build("cdse-cu3p-cdze")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"acros_nm": 3}, "acros_nm"),
        ({"across_nm": -1}, "greater than 0"),
        ({"relation": "S9"}, "no orientation relation is called 'S9'"),
        ({"layers": [{"phase": "Au", "periods": 2}]}, "joins CdSe-wz and Cu3P"),
        ({"layers": [{"phase": "Cu3P"}]}, "either thickness_nm or periods"),
        ({"side_plane": "(0001)"}, "not upright"),
    ],
)
def test_bad_specs_are_refused(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        build({"preset": "cdse-cu3p-cdse", **change})


def test_own_phase_and_own_relation_of_a_model() -> None:
    own = {
        "name": "wide",
        "spacegroup": "Fm-3m",
        "cell": {"a_A": 4.3},
        "sites": [["Cu", "metal", [0, 0, 0]]],
        "formal_charges": {"Cu": 0},
    }
    relation = {"phases": ["Cu3P-fcc", own], "planes": ["(100)", "(1-10)"], "directions": ["[011]", "[11-2]"]}
    spec = preset("cu-cu3p-janus-j3-small")
    parts = [dict(p) for p in spec["parts"]]
    parts[1] |= {"phase": own, "relation": relation}
    built = build({**spec, "parts": parts})
    lattice = fitted_lattice_A(built, 1)[0]
    assert np.linalg.norm(lattice, axis=1) == pytest.approx([4.3] * 3)


def test_same_seed_same_file(tmp_path: object) -> None:
    from hashlib import sha256
    from pathlib import Path

    folder = Path(str(tmp_path))
    hashes = set()
    for run in range(2):
        build("cdse-rods-free-au-small").write(folder / f"{run}.extxyz")
        hashes.add(sha256((folder / f"{run}.extxyz").read_bytes()).hexdigest())
    assert len(hashes) == 1
    build({"preset": "cdse-rods-free-au-small", "seed": 8}).write(folder / "other.extxyz")
    assert sha256((folder / "other.extxyz").read_bytes()).hexdigest() not in hashes
