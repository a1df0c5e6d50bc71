"""The folder of a study: its recipe, and one run directory for every combination of rate and replica."""

from pathlib import Path

import yaml

from nanokiln.structures.storage import write_whole
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe, parse_recipe
from nanokiln.workflows.rundir.inspect import describe
from nanokiln.workflows.rundir.rundir import RunDirectory


class StudyDirectory:
    """A study on disk: `study.yaml` is the recipe with its `study`, whose variants lie in folders beside it."""

    def __init__(self, path: Path) -> None:
        """Name a directory; nothing is made or read yet."""
        self.path = path.resolve()
        self.recipe_path = self.path / "study.yaml"
        self.results_path = self.path / "study-results.json"
        self.report_path = self.path / "report.html"

    @property
    def exists(self) -> bool:
        """Whether a study lives here."""
        return self.recipe_path.exists()

    def claim(self, recipe: Recipe) -> None:
        """Make the folder this study's; InputError where it holds another, or a single run."""
        if (self.path / "recipe.yaml").exists():
            raise InputError(f"{self.path} holds a single run; give another --out for a study")
        asked = recipe.to_yaml()
        if self.exists and self._has_begun and yaml.safe_load(self.recipe_path.read_text()) != yaml.safe_load(asked):
            raise InputError(f"{self.path} holds another study ({self.recipe_path.name} differs); give another --out")
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.recipe_path, asked)

    def leave_no_trace(self) -> None:
        """Take the claim back where no run has begun."""
        if self.exists and not self._has_begun:
            self.recipe_path.unlink()
            if not any(self.path.iterdir()):
                self.path.rmdir()

    @property
    def _has_begun(self) -> bool:
        return any(run.exists for run in self.runs.values())

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe, `study` included."""
        return parse_recipe(yaml.safe_load(self.recipe_path.read_text()), str(self.recipe_path))

    @property
    def runs(self) -> dict[str, RunDirectory]:
        """The run directories by the names of their folders, those not begun yet among them."""
        return {folder: RunDirectory(self.path / folder) for folder in self.recipe.variants()}

    @property
    def rates_K_per_ps(self) -> tuple[float | None, ...]:
        """The heating rate of each of the runs, in their order; None where the study has no rates."""
        study = self.recipe.study
        rates: tuple[float | None, ...] = (study.rates_K_per_ps if study else ()) or (None,)
        return tuple(rate for rate in rates for _ in range(study.replicas if study else 1))

    @property
    def is_finished(self) -> bool:
        """Whether the dynamics of every run are done."""
        return all(run.exists and run.position_is_end for run in self.runs.values())

    def describe(self) -> str:
        """Return where each run is, one line each, and what to do next."""
        lines = [f"{self.path}: study {self.recipe.name}"]
        for folder, run in self.runs.items():
            lines.append(f"  {folder:<28} {describe(run.path).splitlines()[-1] if run.exists else 'not begun'}")
        done = self.report_path.exists() and self.is_finished
        return "\n".join([*lines, f"all runs are done; report: {self.report_path}" if done else _NEXT])


_NEXT = "the same `nanokiln run` line goes on; the study is measured as a whole once every run is done"
