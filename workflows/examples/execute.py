"""Run the examples as a newcomer would, each in a copy of its folder: `python workflows/examples/execute.py [NAME...]`.

With --keep the notebooks' outputs are written back, so that the site and GitHub show them; no path may stand in them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
LONGEST_S = 600  # beside other work; alone on two cores each takes less than two minutes


def names() -> list[str]:
    """Return the examples, scripts and notebooks."""
    return sorted(folder.name for folder in HERE.iterdir() if program_of(folder) is not None)


def program_of(folder: Path) -> Path | None:
    """Return what is to be run in a folder: example.sh, example.py or its notebook; None where there is nothing."""
    places = (folder / "example.sh", folder / "example.py", folder / f"{folder.name}.ipynb")
    return next((path for path in places if path.is_file()), None)


def execute(name: str, work: Path) -> Path:
    """Run an example in `work`; return the program there, a notebook with outputs. RuntimeError: what failed."""
    folder = Path(shutil.copytree(HERE / name, work / name))
    program = program_of(folder)
    assert program is not None, name
    if program.suffix == ".ipynb":
        _run_notebook(program)
        return program
    command = ["bash", "-e", program.name] if program.suffix == ".sh" else [sys.executable, program.name]
    done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=LONGEST_S)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return program


def _environment() -> dict[str, str]:
    """The programs of this environment come first, so that `nanokiln` is the one that belongs to it."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _run_notebook(path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    book = nbformat.read(path, as_version=4)
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = _environment()["PATH"]
    try:
        NotebookClient(book, timeout=LONGEST_S, resources={"metadata": {"path": str(path.parent)}}).execute()
    except CellExecutionError as error:
        raise RuntimeError(f"{path.name}: {error}") from error
    finally:
        os.environ["PATH"] = before
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # times of the clock, other ones at every run
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
    nbformat.write(book, path)


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(description="Run the examples, each in a copy of its folder.")
    parser.add_argument("names", nargs="*", default=names())
    parser.add_argument("--keep", action="store_true", help="write the notebooks' outputs back")
    options = parser.parse_args()
    for name in options.names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="nanokiln-") as work:
            program = execute(name, Path(work))
            if options.keep and program.suffix == ".ipynb":
                shutil.copyfile(program, HERE / name / program.name)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
