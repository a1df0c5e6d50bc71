"""Breaks of the public interface since a commit or tag: `python workflows/docs/api_breaks.py REF`, exit code 1 if any.

Public is what the rooms and sub-rooms offer in their `__init__.pyi`. A break is allowed before version 1, but not in
silence: what is printed goes into CHANGELOG.md.
"""

import ast
import subprocess
import sys
import tempfile
from pathlib import Path

import griffe

ROOT = Path(__file__).parents[2]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")


def offered(root: Path) -> set[str]:
    """Return the full names, where they are defined, that the faces of a tree import and list."""
    names = set()
    for room in ROOMS:
        for face in (root / room).rglob("__init__.pyi"):
            package = ".".join(face.parent.relative_to(root).parts)
            for node in ast.walk(ast.parse(face.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module:
                    names |= {f"{package}.{node.module}.{alias.name}" for alias in node.names}
    return names


def breaks(before: Path, after: Path) -> list[str]:
    """Return what changed between two trees so that a caller of the public interface may fail, one line each."""
    public, lines = offered(before), []
    missing = public - offered(after)
    lines += [f"{name}: is not offered any more" for name in sorted(missing)]
    for room in ROOMS:
        old, new = (griffe.load(room, search_paths=[str(tree)], try_relative_path=False) for tree in (before, after))
        for found in griffe.find_breaking_changes(old, new):
            path = found.obj.path
            if any(path == name or path.startswith((f"{name}.", f"{name}(")) for name in public - missing):
                lines.append(f"{path}: {found.kind.value}: {_short(found.old_value)} -> {_short(found.new_value)}")
    return lines


def _short(value: object) -> str:
    return str(value)[:80]


def tree_of(ref: str, place: Path) -> Path:
    """Lay the tree of a commit into a folder."""
    archive = subprocess.run(["git", "archive", ref, "*.py*"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive.stdout, check=True)
    return place


def main() -> None:
    """Compare the working tree with a commit."""
    with tempfile.TemporaryDirectory() as place:
        found = breaks(tree_of(sys.argv[1], Path(place)), ROOT)
    print("\n".join(found) or f"no break of the public interface since {sys.argv[1]}")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
