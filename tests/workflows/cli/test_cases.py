"""Recipes from the wild and recipes made to harm: each is refused in one line at once, or run exactly as asked."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nanokiln.potentials.cards.card import lammps_potentials_folder
from nanokiln.workflows import pipeline
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.status import Ending

CASES = Path(__file__).parents[2] / "data" / "cases"
AS_ASKED = ""
FINITE, PLAIN_NAME = "a finite number was expected", "a plain name was expected"
COMMANDS, BRACES = "no $, &, #, quotes or line breaks", "in braces {elements}, a chemical symbol or the number"

# What is right for each file: the words of its refusal, or AS_ASKED.
RIGHT = {
    "b70-si-ge-111-default": "in the crystal itself Ge-Ge are 2.00 A apart",
    "b71-si-310-pbse-522": "no common cell of Si and PbSe within 5 % strain",
    "b72-huge-search": "common cells up to 100000 A2 are 3.2e+07 to try",
    "b73-tetragonal-phase": "but the model also has O, Si, Ti",
    "b75-wrong-origin-choice-Fd-3m": "in the crystal itself Ge-Ge are 2.00 A apart",
    "b77-own-structure-file": "make the model larger along it",  # a file of one cell, and `repeat` is the cure
    "p82-elements-written-swapped": "names the elements Se Cd, but the types of this model are Cd Se",
    "p82d-wrong-element-named": "names the elements Cd Te, but the types of this model are Cd Se",
    "p83-charges-needed": "needs charges, but the atoms of a model carry none",
    "p85-file-not-listed": "add it to `files`",
    "p85b-file-beside-recipe-not-listed": "add it to `files`",
    "p86-folder-with-space": AS_ASKED,
    "p89-element-missing-in-file": "LAMMPS cannot start from this model",
    "r001-unknown-key": "unknown key 'tempreature'",
    "r002-timestep-str": "timestep_fs: Input should be a valid number",
    "r004-timestep-zero": "greater than 0 (given: 0)",
    "r005-timestep-nan": FINITE,
    "r007-timestep-tiny": "greater than or equal to 0.001",
    "r008-timestep-huge": "less than or equal to 20",
    "r010-timestep-list": "a valid number (given: [2])",
    "r011-T-inf": FINITE,
    "r013-T-huge": "a number between -1e+30 and 1e+30 was expected",
    "r014-rate-inf": FINITE,
    "r016-rate-zero": "rate_K_per_ps: Input should be greater than 0",
    "r017-most-inf": FINITE,
    "r019-most-1e12": "steps of 2 fs are more than",
    "r020-window-gt-most": AS_ASKED,
    "r022-prog-empty": "at least 1 item",
    "r023-prog-none": "programme: Input should be a valid tuple",
    "r025-prog-noeq": "the first step must be `kind: equilibrate`",
    "r026-prog-badkind": "programme[0]: Input tag 'bake'",
    "r028-prog-listlist": "programme[0]: Input should be a valid dictionary",
    "r029-frame-tiny": "output.frame_ps: at least 0.02 ps",
    "r031-thermo-inf": FINITE,
    "r032-ckpt-inf": FINITE,
    "r034-frame-gt-run": "output.checkpoint_ps: at least 1000 ps",
    "r035-guard-nan": FINITE,
    "r037-guard-neg": "greater than or equal to 0 (given: -5)",
    "r038-guard-energyinf": FINITE,
    "r040-bath-damp-tiny": "bath.damping_ps: at least one time step",
    "r041-baro-particle": "the model does not repeat along x, y, z",
    "r043-substrate-nan": FINITE,
    "r044-substrate-inf": FINITE,
    "r046-substrate-far": AS_ASKED,
    "r047-vacuum-zero": "greater than or equal to 1",
    "r049-vacuum-all": "fewer than the model's 259 atoms",
    "r050-study-1e9": "at most 1000 runs were expected",
    "r052-study-dup": "two runs would be called rate-100-replica-1",
    "r053-replica-neg": "greater than or equal to 1",
    "r055-name-empty": PLAIN_NAME,
    "r056-name-null": "name: Input should be a valid string",
    "r058-name-newline": PLAIN_NAME,
    "r059-name-traversal": PLAIN_NAME,
    "r061-name-script": PLAIN_NAME,
    "r062-name-unicode": PLAIN_NAME,
    "r067-model-str": "no model is called 'nonsuch'",
    "r068-model-list": "model: Input should be a valid dictionary",
    "r070-model-presetpath": "no model is called '../../../etc/passwd'",
    "r071-model-neg": "scale: Input should be greater than 0",
    "r073-model-nan": FINITE,
    "r074-model-inf": FINITE,
    "r076-model-tiny": "make it larger",
    "r077-model-sc0.15": AS_ASKED,
    "r079-model-recursive": "a value that contains itself",
    "r080-model-elem": "a chemical symbol such as Cu was expected, not 'Xx'",
    "r082-model-cellinf": FINITE,
    "r083-model-celltiny": "cell.a_A: Input should be greater than or equal to 1",
    "r085-model-overlap": "in the crystal itself Cu-Cu are 0.06 A apart",
    "r086-pot-unknown": "no potential 'cu-em'; there are",
    "r088-pot-traversal": "no potential '../../../etc/passwd'",
    "r089-pot-list": "give the name of a potential, or a mapping",
    "r091-pot-nofile": "nofile.eam (paths count from the recipe)",
    "r092-pot-unlisted": "add it to `files`",
    "r094-pot-newline": COMMANDS,
    "r095-pot-element-inject": "chemical symbols such as Cu were expected",
    "r097-pot-dollar": COMMANDS,
    "r098-pot-brace": BRACES,
    "r100-pot-brace3": BRACES,
    "r101-pot-brace4": BRACES,
    "r103-pot-python-style": "a style that runs Python is not taken",
    "r104-pot-amp": COMMANDS,
    "r106-pot-validnan": FINITE,
    "r107-pot-ase-os": "Python's own library, which has no ASE calculator",
    "r109-pot-ase-exit": "Python's own library, which has no ASE calculator",
    "r110-pot-ase-colon": "package.module:factory was expected",
    "r112-pot-ase-rel": "package.module:factory was expected",
    "r113-pyobj": "is not plain YAML: line 8",
    "s02-binary": "text in UTF-8 was expected",
    "s03-latin1": "text in UTF-8 was expected",
    "s05-null": "a recipe is a mapping of keys",
    "s06-list": "a recipe is a mapping of keys",
    "s10-bombmodel": "its aliases unfold to more than",
    "s11-bombname": "its aliases unfold to more than",
    "s13-mergekeys": "is not plain YAML: line 1",
    "s14-multidoc": "is not plain YAML: line 2",
    "s16-nul": "is not plain YAML",
    "s17-unhash": "is not plain YAML: line 1",
    "s19-date": "name: Input should be a valid string",
    "s20-bom": AS_ASKED,
    "s22-hugeint": "an integer with thousands of digits",
    "s23-bombstep": "its aliases unfold to more than",
}
# Potential files that lie beside the recipe of a case, and what they are copies of.
BESIDE = {
    "p82-elements-written-swapped": ("CdTeZnSeHgS0.sw", "CdTeZnSeHgS0.sw"),
    "p82d-wrong-element-named": ("CdTeZnSeHgS0.sw", "CdTeZnSeHgS0.sw"),
    "p85-file-not-listed": ("my.eam.alloy", "Cu_mishin1.eam.alloy"),
    "p85b-file-beside-recipe-not-listed": ("my.sw", "CdTeZnSeHgS0.sw"),
    "p86-folder-with-space": ("pot files/my.eam.alloy", "Cu_mishin1.eam.alloy"),
    "p89-element-missing-in-file": ("CdTeZnSeHgS0.sw", "CdTeZnSeHgS0.sw"),
}


def files() -> dict[str, Path]:
    return {path.stem: path for folder in ("recipes", "bad-recipes") for path in sorted((CASES / folder).iterdir())}


def test_every_file_has_its_row() -> None:
    assert files().keys() == RIGHT.keys()


@pytest.mark.parametrize("name", RIGHT)
def test_a_case_gives_what_is_right(
    name: str,
    nanokiln: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "heat", lambda *_: Ending.STOPPED)  # it is ready to be heated: that is enough here
    monkeypatch.chdir(tmp_path)
    recipe, out = tmp_path / "recipes" / files()[name].name, tmp_path / "out"
    recipe.parent.mkdir()
    shutil.copy(files()[name], recipe)
    shutil.copy(CASES / "structures" / "POSCAR-selective", tmp_path)
    if name in BESIDE:
        beside, source = BESIDE[name]
        (recipe.parent / beside).parent.mkdir(exist_ok=True)
        shutil.copy(lammps_potentials_folder() / source, recipe.parent / beside)
    done = nanokiln("run", recipe, "--out", out)
    said = done.stderr.strip()
    if RIGHT[name] == AS_ASKED:
        assert done.returncode == 0, said
        assert RunDirectory(out).is_prepared
        assert not RunDirectory(out).recipe.roundings
        return
    assert done.returncode == 2, said
    assert RIGHT[name] in said
    assert "\n" not in said
    assert not out.exists()
    assert not list(tmp_path.rglob("PWN*"))
