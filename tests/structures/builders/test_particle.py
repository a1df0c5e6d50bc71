"""Particles: faces, clusters, shared tips, Wulff shapes."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model
from nanokiln.structures.output.summary import summarise


def positions(model: Model, name: str) -> np.ndarray:
    names = [d.name for d in model.domains]
    return np.asarray(model.atoms.positions[model.atoms.arrays["domain"] == names.index(name)])


def test_tip_touches_the_rod_end_by_one_covalent_radius_sum() -> None:
    model = build("cdse-rod-au-small")
    found = {i.domains: i for i in summarise(model).interfaces}
    for tip in ("tip-top", "tip-bottom"):
        assert found["rod", tip].shortest_ratio == pytest.approx(1.0, abs=1e-6)
    assert positions(model, "tip-top")[:, 2].min() > positions(model, "rod")[:, 2].max()
    assert positions(model, "tip-bottom")[:, 2].max() < positions(model, "rod")[:, 2].min()


def test_clusters_sit_on_the_side_at_random_and_apart() -> None:
    model = build("cdse-rod-au-small")
    one, two, rod = (positions(model, n) for n in ("body-1", "body-2", "rod"))
    assert cdist(one, two).min() > 4.0
    for cluster in (one, two):
        assert 2.5 < cdist(cluster, rod).min() < 3.0
        assert rod[:, 2].min() < cluster[:, 2].mean() < rod[:, 2].max()
    lattices = [d.lattice_A for d in model.domains if d.name.startswith("body")]
    assert not np.allclose(lattices[0], lattices[1])


def test_shared_tip_touches_both_rods() -> None:
    pairs = {i.domains: i for i in summarise(build("cdse-rods-shared-au-small")).interfaces}
    assert pairs["rod-1", "tip"].pairs > 3
    assert pairs["rod-2", "tip"].shortest_ratio < 1.2


def test_dumbbell_ends_carry_different_planes() -> None:
    model = build("pbse-cdse-dumbbell-small")
    by_name = {d.name: d.lattice_A for d in model.domains}
    axis = by_name["rod"][2] / np.linalg.norm(by_name["rod"][2])
    cosines = {n: np.abs(by_name[n] @ axis).max() / 6.124 for n in ("pbse-111", "pbse-100")}
    assert cosines["pbse-100"] == pytest.approx(1.0)
    assert cosines["pbse-111"] == pytest.approx(1 / np.sqrt(3))


def test_wulff_particle_has_its_volume_and_its_faces() -> None:
    spec = {
        "kind": "particle",
        "name": "cube",
        "parts": [
            {"name": "p", "phase": "PbSe", "shape": {"kind": "wulff", "diameter_nm": 4, "energies": {"(100)": 1.0}}}
        ],
    }
    model = build(spec)
    edge = (np.pi / 6) ** (1 / 3) * 40
    assert model.notes["expected"]["p"] == pytest.approx(edge**3 / 6.124**3 * 8, rel=1e-6)
    assert np.ptp(model.atoms.positions, axis=0) == pytest.approx([edge - 3.062] * 3, abs=3.1)


def test_polar_wulff_shape_needs_both_ends() -> None:
    shape = {"kind": "wulff", "diameter_nm": 4, "energies": {"(0001)": 1.0, "(10-10)": 1.0}}
    spec = {"kind": "particle", "name": "x", "parts": [{"name": "p", "phase": "CdSe-wz", "shape": shape}]}
    with pytest.raises(ValueError, match=r"needs both ends, such as \(0001\) and \(000-1\)"):
        build(spec)


def test_scale_multiplies_the_parts() -> None:
    one = build({"preset": "cu-sphere", "scale": 0.5})
    two = build("cu-sphere")
    assert len(two.atoms) / len(one.atoms) == pytest.approx(8.0, rel=0.03)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"host": "nobody"}, "not listed before it"),
        ({"relation": "A1"}, "no `host`"),
        ({"shape": {"kind": "cube"}}, "does not match any of the expected tags"),
    ],
)
def test_bad_parts_are_refused(change: dict[str, object], complaint: str) -> None:
    part = {"name": "p", "phase": "Au", "shape": {"kind": "sphere", "diameter_nm": 2}} | change
    with pytest.raises(ValueError, match=complaint):
        build({"kind": "particle", "name": "x", "parts": [part]})
