"""Atoms of one sample of the clock: a particle built at the composition that it predicts, a frame to look at.

The clock holds amounts, not places. Where they are drawn is said by `DRAWN`: nothing of it is computed.
"""

from dataclasses import dataclass
from functools import cached_property

import ase
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.contents import VOLUME_NM3, Particle
from nanokiln.analysis.forecast.exchanged_host import HOST, HostDomain
from nanokiln.structures.catalogue import build, preset
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
HEXAGON = (np.pi / 4 / (3**0.5 / 2)) ** 0.5  # across a hexagon over the diameter of the circle of its area
MOST_DONORS, FURTHEST_NM = 4, 6.0
DRAWN = "the clock knows amounts: where they lie within the particle is drawn, not computed"
CONTACT_A = 2.2


def geometry(particle: Particle, sample: int) -> dict[str, object]:
    """Return the spec of a model as large as a sample's particle; ValueError for one that has no picture."""
    amounts = {name: value for name, value in vars(particle).items() if isinstance(value, float | np.ndarray)}
    of = {name: of_sample(value, sample) for name, value in amounts.items()}
    host, phosphide, metal = of["host"] * VOLUME_NM3["CdSe"], of["phosphide"] * VOLUME_NM3["Cu3P"], of["metal"]
    if host > 0 and phosphide > 0:
        height, share = 2 * of["path_nm"], phosphide / (host + phosphide)
        outer = {"phase": HOST, "thickness_nm": (1 - share) / 2 * height}
        centre = {"phase": "Cu3P", "thickness_nm": share * height, "name": "centre"}
        layers = [outer | {"name": "lower"}, centre, outer | {"name": "upper"}]
        across = HEXAGON * 2 * of["radius_nm"]
        return {"kind": "plate", "name": "sandwich", "relation": "S1", "across_nm": across, "layers": layers}
    if host > 0:
        if "Pb" in dict(particle.exchange.numbers):
            raise ValueError("rods that take up lead are not drawn: sandwiches, rods beside copper and Janus are")
        shape = {"kind": "prism", "across_nm": HEXAGON * of["radius_nm"], "height_nm": 2 * of["path_nm"]}
        parts = [{"name": "rod", "phase": HOST, "shape": shape}, *_donors(particle, of)]
        return {"kind": "particle", "name": "rod", "parts": parts}
    size = float((6 / np.pi * phosphide) ** (1 / 3))
    if metal <= 0:
        ball = {"name": "phosphide", "phase": "Cu3P", "shape": {"kind": "sphere", "diameter_nm": size}}
        return {"kind": "particle", "name": "phosphide", "parts": [ball]}
    copper = float((12 / np.pi * metal * VOLUME_NM3["Cu"]) ** (1 / 3))
    spec = {"preset": "cu-cu3p-janus-j1"}
    return spec | {"parts": _janus(2 ** (1 / 3) * size, copper)}


def of_sample(value: object, sample: int) -> float:
    """Return one sample's number of an amount that is one for all, or one for each."""
    found = np.asarray(value, dtype=float)
    return float(found if found.ndim == 0 else found[sample])


def _donors(particle: Particle, of: dict[str, float]) -> list[dict[str, object]]:
    """Return a few of the spheres that feed a rod, around it and no further off than a picture reaches."""
    if particle.pool not in ("selenide", "metal") or of["metal"] <= 0:
        return []
    size = 2 * particle.donor_radius_nm
    count = int(np.clip(round(of.get("donors", 1.0)), 1, MOST_DONORS))
    off = of["radius_nm"] / 2 + size / 2 + float(np.clip(of["gap_nm"], 0.4, FURTHEST_NM))
    phase = "Cu2Se" if particle.pool == "selenide" else "Cu"
    out: list[dict[str, object]] = []
    for i in range(count):
        side, along = (-1) ** i, (i // 2 - (count - 1) // 2 / 2) * 0.45 * 2 * of["path_nm"]
        centre = (0.0, side * off, along)
        shape = {"kind": "sphere", "diameter_nm": size}
        out.append({"name": f"donor-{i + 1}", "phase": phase, "shape": shape, "centre_nm": centre})
    return out


def _janus(phosphide_nm: float, copper_nm: float) -> list[dict[str, object]]:
    phosphide, metal = preset("cu-cu3p-janus-j1")["parts"]
    phosphide = phosphide | {"shape": phosphide["shape"] | {"diameter_nm": phosphide_nm}}
    return [phosphide, metal | {"shape": {"kind": "sphere", "diameter_nm": copper_nm}}]


@dataclass(frozen=True)
class Contents:
    """What one sample holds at a time: shares of the CdSe sublimed and exchanged and of the P left; the copper left in
    phosphide and metal, over three for each P at the start, and in the donors; and `began`, the copper that the
    phosphide had at the start, over three for each P."""

    sublimed: float
    exchanged: float
    phosphorus: float
    copper: float
    donors: float
    began: float


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """One sample of the clock as atoms at any noted minute."""

    history: History
    sample: int

    @cached_property
    def drawing(self) -> "Drawing":
        """The particle as it begins, ready to be drawn at other contents."""
        return Drawing(build(geometry(self.history.particle, self.sample)))

    def at(self, minutes: float) -> ase.Atoms:
        """Return the particle's atoms at a time."""
        return self.drawing.of(self.contents(minutes))

    def contents(self, minutes: float) -> Contents:
        """Return what the sample holds at a time, between the noted ones by a straight line."""
        history, of = self.history, self.history.particle
        s, e, lost = (float(np.interp(minutes, history.minutes, history.extents[:, i, self.sample])) for i in range(3))
        host, phosphide, metal = (of_sample(value, self.sample) for value in (of.host, of.phosphide, of.metal))
        began = 1 - of_sample(history.rates.draws["phosphide_start"], self.sample) / 3
        taken, start = 2 * e * host, 3 * began * phosphide
        pool = start + metal if of.pool == "phosphide" else (2 if of.pool == "selenide" else 1) * metal
        left = max(pool - taken, 0.0)
        if of.pool == "phosphide":
            return Contents(s, e, 1 - lost, left / max(3 * phosphide, 1e-9), 1.0, began)
        return Contents(s, e, 1 - lost, 1.0, left / max(pool, 1e-9), began)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A model that is drawn at other contents than it was built with; `mixed` exchanges cations evenly, not by a front
    from where the copper is."""

    model: Model
    mixed: bool = False

    def of(self, now: Contents) -> ase.Atoms:
        """Return the atoms that are left, copper where cadmium was, layers stacked and thinned as the product's."""
        first = self._phosphide(now) if self._janus is None else self._janus.at(now)
        pieces = [*first, *self._hosts(now), *self._given(now)]
        points, names = (np.concatenate(column) for column in zip(*pieces, strict=True))
        return ase.Atoms(names, points)

    @cached_property
    def _janus(self) -> "_Janus | None":
        return _Janus(self.model) if any(domain.name == "metal" for domain in self.model.domains) else None

    @cached_property
    def _middle(self) -> Array:
        return np.asarray(self.model.atoms.positions[self._of("CdSe-wz", "Cu3P")].mean(axis=0))

    def _of(self, *phases: str) -> NDArray[np.bool_]:
        return np.isin(self.model.atoms.arrays["phase"].astype(str), phases)

    @cached_property
    def _centre_heights(self) -> Array:
        up = np.eye(3)[self.model.stacking_axis]
        return np.asarray((self.model.atoms.positions[self._of("Cu3P")] - self._middle) @ up)

    def _thinned_A(self, now: Contents) -> float:
        """How far each outer domain of a sandwich has come in: its centre is as thick as what is left of it."""
        heights = self._centre_heights
        return float(np.ptp(heights)) / 2 * (1 - max(now.phosphorus, min(now.copper, 1.0))) if len(heights) else 0.0

    @cached_property
    def _domains(self) -> tuple[HostDomain, ...]:
        found = []
        for index, domain in enumerate(self.model.domains):
            if domain.phase == HOST:
                mine = self.model.atoms.arrays["domain"] == index
                heights = (self.model.atoms.positions[mine] - self._middle)[:, self.model.stacking_axis]
                edge = float(heights[np.argmin(abs(heights))]) if self._of("Cu3P").any() else 0.0
                found.append(HostDomain(self.model, index, self._middle, edge))
        return tuple(found)

    def _hosts(self, now: Contents) -> list[tuple[Array, NDArray[np.str_]]]:
        """Rods shorten and are exchanged from their ends, sandwiches lose their rim and are exchanged from within."""
        out = []
        share = now.exchanged / max(1 - now.sublimed, 1e-9)
        rod = not self._of("Cu3P").any()
        for domain in self._domains:
            outward = abs(domain.heights_A) if rod else domain.radii_A
            gone = np.zeros(len(domain.mine), dtype=bool)
            for kind in (domain.cation, ~domain.cation):
                these = np.flatnonzero(kind)
                gone[these[np.argsort(-outward[these], kind="stable")[: round(now.sublimed * len(these))]]] = True
            order = -abs(domain.heights_A) if rod else abs(domain.heights_A)
            if self.mixed:
                order = np.random.default_rng(0).random(len(order))
            points, names = domain.exchanged(gone, order, share)
            if not rod:
                up = np.eye(3)[self.model.stacking_axis]
                points = points - np.sign(domain.heights_A.mean()) * self._thinned_A(now) * up
            out.append((points, names))
        return out

    def _phosphide(self, now: Contents) -> list[tuple[Array, NDArray[np.str_]]]:
        """The phosphide thins to its middle by the copper or phosphorus left, whichever is more; the other is short."""
        mine = np.flatnonzero(self._of("Cu3P"))
        names = np.array(self.model.atoms.get_chemical_symbols())[mine]
        random = np.random.default_rng(0)
        kept = max(now.phosphorus, min(now.copper, 1.0))
        inward = np.argsort(abs(self._centre_heights), kind="stable")
        out = []
        for element, share in (("Cu", now.copper), ("P", now.phosphorus)):
            these = inward[names[inward] == element]
            inside = these[: round(kept * len(these))]
            out.append(random.choice(inside, min(round(share * len(these)), len(inside)), replace=False))
        chosen = np.concatenate(out).astype(int)
        return [(self.model.atoms.positions[mine[chosen]], names[chosen])] if len(mine) else []

    def _given(self, now: Contents) -> list[tuple[Array, NDArray[np.str_]]]:
        """Donors have lost copper: at random from the selenide, from outside of the metal."""
        out = []
        random = np.random.default_rng(0)
        names = np.array(self.model.atoms.get_chemical_symbols())
        for index, domain in enumerate(self.model.domains):
            if not domain.name.startswith("donor"):
                continue
            mine = np.flatnonzero(self.model.atoms.arrays["domain"] == index)
            copper = mine[names[mine] == "Cu"]
            away = np.linalg.norm(self.model.atoms.positions[copper] - self.model.atoms.positions[mine].mean(0), axis=1)
            order = random.permutation(len(copper)) if domain.phase == "Cu2Se" else np.argsort(-away)
            gone = copper[order[: round((1 - now.donors) * len(copper))]]
            kept = np.setdiff1d(mine, gone)
            out.append((self.model.atoms.positions[kept], names[kept]))
        return out


@dataclass(frozen=True, eq=False)
class _Janus:
    """A Janus particle: phosphide is left at its far end, and the copper that it set free lies on the metal's sites."""

    model: Model

    @cached_property
    def _metal(self) -> NDArray[np.bool_]:
        index = [domain.name for domain in self.model.domains].index("metal")
        return np.asarray(self.model.atoms.arrays["domain"] == index)

    @cached_property
    def _inward(self) -> Array:
        """Unit vector from the metal to the phosphide."""
        positions = self.model.atoms.positions
        away = positions[~self._metal].mean(axis=0) - positions[self._metal].mean(axis=0)
        return np.asarray(away / np.linalg.norm(away))

    def at(self, now: Contents) -> list[tuple[Array, NDArray[np.str_]]]:
        """Return positions and elements of phosphide and metal."""
        names, positions = np.array(self.model.atoms.get_chemical_symbols()), self.model.atoms.positions
        phosphide = np.flatnonzero(~self._metal)
        order = phosphide[np.argsort(-(positions[phosphide] @ self._inward), kind="stable")]
        kept = order[: round(now.phosphorus * len(order))]
        copper = kept[names[kept] == "Cu"]
        short = np.random.default_rng(0).permutation(copper)[: round((1 - now.began) * len(copper))]
        free = round(now.began * np.sum(names[phosphide] == "Cu")) - (len(copper) - len(short))
        kept = np.setdiff1d(kept, short)
        sites = self._free_sites[: 4 * (int(self._metal.sum()) + max(free, 0))]
        if len(kept):
            sites = sites[np.asarray(cKDTree(positions[kept]).query(sites)[0]) > CONTACT_A]
        sites = sites[: int(self._metal.sum()) + max(free, 0)]
        return [(positions[kept], names[kept]), (sites, np.full(len(sites), "Cu"))]

    @cached_property
    def _free_sites(self) -> Array:
        """Sites of the metal's lattice around the middle of the plane that cuts its sphere, the nearest first."""
        domain = next(one for one in self.model.domains if one.name == "metal")
        lattice, basis = np.asarray(domain.lattice_A), np.asarray(domain.basis)
        mine = self.model.atoms.positions[self._metal]
        along = mine @ self._inward
        radius = float(np.ptp(along))
        rim = mine[along > along.max() - 4.0].mean(axis=0)
        reach = 1.35 * radius + 5
        home = np.rint(np.linalg.solve(lattice.T, rim - domain.origin_A))
        span = np.ceil(reach * np.linalg.norm(np.linalg.inv(lattice), axis=0)).astype(int) + 1
        grid = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in span), indexing="ij"), axis=-1).reshape(-1, 3)
        points = (grid[:, None] + home + basis[None]).reshape(-1, 3) @ lattice + domain.origin_A
        distance = np.linalg.norm(points - rim, axis=1)
        return np.asarray(points[np.argsort(distance, kind="stable")][: int(np.sum(distance < reach))])
