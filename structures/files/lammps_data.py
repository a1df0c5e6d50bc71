"""LAMMPS data files: every atom style, type labels, masses in any order, restricted and general boxes."""

import re
from dataclasses import dataclass
from pathlib import Path

import ase
import numpy as np
from ase.data import atomic_masses, chemical_symbols
from numpy.typing import NDArray

# Where the columns of the Atoms section are, by style (docs.lammps.org/read_data.html#format-of-the-body).
STYLES = {
    "amoeba": "id mol type q x y z",
    "angle": "id mol type x y z",
    "atomic": "id type x y z",
    "body": "id type flag mass x y z",
    "bond": "id mol type x y z",
    "bpm/sphere": "id mol type diameter density x y z",
    "charge": "id type q x y z",
    "dielectric": "id type q x y z mux muy muz area ed em epsilon curvature",
    "dipole": "id type q x y z mux muy muz",
    "dpd": "id type theta x y z",
    "edpd": "id type temp cv x y z",
    "electron": "id type q espin eradius x y z",
    "ellipsoid": "id type flag density x y z",
    "full": "id mol type q x y z",
    "line": "id mol type flag density x y z",
    "mdpd": "id type rho x y z",
    "molecular": "id mol type x y z",
    "peri": "id type volume density x y z",
    "rheo": "id type status rho x y z",
    "smd": "id type mol volume mass kradius cradius x0 y0 z0 x y z",
    "sph": "id type rho esph cv x y z",
    "sphere": "id type diameter density x y z",
    "spin": "id type x y z spx spy spz sp",
    "template": "id type mol index atom x y z",
    "tri": "id mol type flag density x y z",
}
_GUESSED = {5: "atomic", 7: "full", 8: "atomic", 10: "full"}  # by the number of columns, where that is unique
_SECTION = re.compile(r"^\s*([A-Z][A-Za-z ]*?)\s*(?:#\s*(.*?))?\s*$")
_LENGTH_A = {"metal": 1.0, "real": 1.0, "nano": 10.0, "micro": 1e4, "si": 1e10, "cgs": 1e8, "electron": 0.529177210903}
_MASS_OFF = 0.05  # g/mol


def is_lammps_data(head: str) -> bool:
    """Whether the beginning of a text is that of a LAMMPS data file."""
    lines = head.splitlines()[1:]
    return any(re.match(r"\s*\d+\s+atoms\s*(#.*)?$", line) for line in lines)


def read_lammps_data(text: str, path: Path, elements: tuple[str, ...] = ()) -> ase.Atoms:
    """Return the atoms in the order of their ids, periodic, with arrays `id`, `type` and, where there is one, `mol-id`.

    Elements are `elements` by type, else type labels, the comments of the masses, or the masses. ValueError says what
    is missing or unknown, and how to mend it.
    """
    lines = text.splitlines()
    sections, top = _sections(lines)
    if "Atoms" not in sections:
        raise ValueError(f"{path} has no section Atoms: expected a LAMMPS data file with atoms")
    units = re.search(r"units = (\w+)", lines[0]) if lines else None
    factor = _LENGTH_A.get(units.group(1) if units else "metal")
    if factor is None:
        raise ValueError(f"{path} is written in units {units and units.group(1)}: give lengths in angstrom (metal)")
    cell, origin = _box(top, path)
    table, columns = _atoms(sections["Atoms"], path)
    promised = next(int(line.split()[0]) for line in top if line.split()[1:] == ["atoms"])
    if len(table) != promised:
        raise ValueError(f"{path} promises {promised} atoms and has {len(table)} in section Atoms: it is damaged")
    labels = {row[1]: row[0] for row in map(str.split, sections.get("Atom Type Labels", _NONE).rows)}
    kinds = [labels.get(row[columns["type"]], row[columns["type"]]) for row in table]
    names = _elements(sections.get("Masses", _NONE), labels, elements)
    if unknown := sorted({kind for kind in kinds if kind not in names}):
        raise ValueError(
            f"{path}: nothing says which element type {', '.join(unknown)} is: write masses or type labels, or name "
            "the elements of types 1, 2, ... (`elements: [Cu, Se]` in a recipe's model)"
        )
    try:
        ids = np.array([int(row[columns["id"]]) for row in table])
        xyz = np.array([row[columns["x"] : columns["x"] + 3] for row in table], dtype=float)
        molecules = np.array([int(row[columns["mol"]]) for row in table]) if "mol" in columns else None
    except ValueError as error:
        raise ValueError(f"{path}: {error} in section Atoms: expected the columns {' '.join(columns)}") from None
    order = np.argsort(ids, kind="stable")
    if (np.diff(ids[order]) == 0).any():
        raise ValueError(f"{path} has an atom id twice in section Atoms: ids must be unique")
    atoms = ase.Atoms([names[kinds[i]] for i in order], (xyz[order] - origin) * factor, cell=cell * factor, pbc=True)
    atoms.set_array("id", ids[order])
    atoms.set_array("label", np.array([table[i][columns["type"]] for i in order]))
    if molecules is not None:
        atoms.set_array("mol-id", molecules[order])
    return atoms


@dataclass(frozen=True)
class _Section:
    comment: str
    rows: tuple[str, ...]
    remarks: tuple[str, ...]


_NONE = _Section("", (), ())


def _sections(lines: list[str]) -> tuple[dict[str, _Section], list[str]]:
    """Return the sections by name, with the rows' own comments, and the lines of the header."""
    out: dict[str, _Section] = {}
    top: list[str] = []
    name, comment = "", ""
    rows: list[tuple[str, str]] = []
    for line in lines[1:]:
        found = _SECTION.match(line)
        text, _, remark = (part.strip() for part in line.partition("#"))
        if found and text and not any(char.isdigit() for char in text):
            _close(out, name, comment, rows)
            name, comment, rows = found.group(1), found.group(2) or "", []
        elif text and name:
            rows.append((text, remark))
        elif text:
            top.append(text)
    _close(out, name, comment, rows)
    return out, top


def _close(out: dict[str, _Section], name: str, comment: str, rows: list[tuple[str, str]]) -> None:
    if name:
        out[name] = _Section(comment, tuple(row for row, _ in rows), tuple(remark for _, remark in rows))


def _box(top: list[str], path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cell rows and origin of a restricted or a general box."""
    told = {}
    for line in top:
        words = line.split()
        numbers = [word for word in words if re.fullmatch(r"[-+.\dEe]+", word)]
        told[" ".join(words[len(numbers) :])] = np.array(numbers, dtype=float)
    try:
        if "avec" in told:
            return np.array([told["avec"], told["bvec"], told["cvec"]]), told.get("abc origin", np.zeros(3))
        low, high = np.array([told[f"{axis}lo {axis}hi"] for axis in "xyz"]).T
    except KeyError as error:
        raise ValueError(f"{path} says no {error.args[0]}: expected the box of a LAMMPS data file") from None
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = told.get("xy xz yz", np.zeros(3))
    return cell, low


def _atoms(section: _Section, path: Path) -> tuple[list[list[str]], dict[str, int]]:
    """Return the rows of the Atoms section and where their columns are."""
    table = [row.split() for row in section.rows]
    if not table:
        raise ValueError(f"{path} has no atoms in its section Atoms")
    style = (section.comment.split() or [""])[0]
    if style not in (*STYLES, "hybrid"):
        style = _GUESSED.get(len(table[0]), style)
    if style == "hybrid":
        columns = ["id", "type", "x", "y", "z"]
    elif style in STYLES:
        columns = STYLES[style].split()
    else:
        raise ValueError(
            f"{path}: atom style {style or 'not said'} with {len(table[0])} columns; write the style beside the "
            f"section as `Atoms # charge`; known are {', '.join(STYLES)}"
        )
    if short := next((row for row in table if len(row) < len(columns)), None):
        raise ValueError(f"{path}: row `{' '.join(short)}` of Atoms is too short for style {style}")
    return table, {name: i for i, name in enumerate(columns)}


def _elements(masses: _Section, labels: dict[str, str], said: tuple[str, ...]) -> dict[str, str]:
    """Return the element of each type (by its number, as a word)."""
    if said:
        return {str(i): element for i, element in enumerate(said, 1)}
    out = {number: label for label, number in labels.items() if label in chemical_symbols[1:]}
    light = all(float(row.split()[1]) == 1.0 for row in masses.rows)  # reduced units, no hydrogen
    for row, remark in zip(masses.rows, masses.remarks, strict=True):
        word, mass = row.split()[:2]
        kind = labels.get(word, word)
        if kind in out:
            continue
        if remark.split()[:1] and remark.split()[0] in chemical_symbols[1:]:
            out[kind] = remark.split()[0]
            continue
        nearest = int(np.argmin(np.abs(atomic_masses[1:] - float(mass)))) + 1
        if abs(atomic_masses[nearest] - float(mass)) < _MASS_OFF and not light:
            out[kind] = chemical_symbols[nearest]
    return out
