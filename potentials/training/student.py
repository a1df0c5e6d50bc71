"""A student on disk: its form and coefficients for later work, and beside them the files that LAMMPS reads."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.committee import Committee
from nanokiln.potentials.basis.core import Core
from nanokiln.potentials.basis.environments import Environments, nested
from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.pod_file import COEFFICIENTS, SHAPE, write_pod
from nanokiln.potentials.basis.splines import Basis, Grid
from nanokiln.potentials.basis.uf3_file import write_uf3
from nanokiln.potentials.cards.card import DATA, Card
from nanokiln.potentials.training.normal_equations import TRUST

Form = Basis | Pod
Floats = NDArray[np.float64]
SPLINES, DESCRIPTORS = "splines", "pod"


def save(path: Path, form: Form, coefficients_eV: Floats, trust: Mapping[str, float] = TRUST) -> None:
    """Write form, coefficients and how much cells counted to `path` (.npz), and beside it what LAMMPS reads: a .uf3
    file or a folder."""
    if isinstance(form, Pod):
        head: dict[str, Any] = {"form": DESCRIPTORS, **asdict(form)}
        write_pod(form, coefficients_eV, path.with_suffix(""))
    else:
        grids = {name: asdict(getattr(form, name)) for name in ("pair", "bond", "far")}
        head = {"form": SPLINES, "elements": form.elements, "reach_A": form.reach_A, **grids}
        write_uf3(form, coefficients_eV, path.with_suffix(".uf3"), f"nanokiln, {'-'.join(form.elements)}")
    told = json.dumps(dict(trust))
    np.savez_compressed(path.with_suffix(".npz"), coefficients_eV=coefficients_eV, basis=json.dumps(head), trust=told)


def load(path: Path) -> tuple[Form, Floats]:
    """Read form and coefficients of a student saved by `save`."""
    with np.load(path.with_suffix(".npz")) as data:
        return _form(json.loads(str(data["basis"]))), data["coefficients_eV"]


def load_trust(path: Path) -> dict[str, float]:
    """Return how much cells counted, by where they came from, when a student saved by `save` was fitted."""
    with np.load(path.with_suffix(".npz")) as data:
        return dict(json.loads(str(data["trust"]))) if "trust" in data else TRUST.copy()  # older files do not tell


def load_committee(card: Card) -> Committee | None:
    """Return the committee that ships beside a card's student, None where there is none."""
    if card.committee is None:
        return None
    form, student_eV = load(DATA / "files" / f"{card.name}.npz")
    assert isinstance(form, Pod)
    return Committee.load(card.committee.resolve(), form, student_eV)


def _form(head: dict[str, Any]) -> Form:
    kind = head.pop("form", SPLINES)  # files older than the second form do not name theirs
    elements = tuple(head.pop("elements"))
    if kind == DESCRIPTORS:
        settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in head.items()}
        told = settings.pop("environments", None)
        environments = None if told is None else Environments(**{k: nested(np.array(v)) for k, v in told.items()})
        return Pod(elements, **settings | {"core": Core(**head["core"]), "environments": environments})
    grids = {name: Grid(**head[name]) for name in ("pair", "bond", "far")}
    return Basis(elements, reach_A=tuple(head.get("reach_A", ())), **grids)


def pair_commands(path: Path, elements: tuple[str, ...]) -> tuple[str, ...]:
    """Return the pair_style and pair_coeff lines for LAMMPS types in the order of `elements`, which is the form's."""
    form, _ = load(path)
    listed, path = " ".join(elements), path.resolve()
    if isinstance(form, Basis):
        return "pair_style uf3 3", f"pair_coeff * * {path.with_suffix('.uf3')} {listed}"
    name = path.with_suffix("") / "-".join(elements)
    files = f"{name.with_suffix(SHAPE)} {name.with_suffix(COEFFICIENTS)}"
    style = f"pair_style hybrid/overlay pod zbl {form.core.inner_A} {form.core.outer_A}"
    return style, f"pair_coeff * * pod {files} {listed}", *form.core.commands(elements)
