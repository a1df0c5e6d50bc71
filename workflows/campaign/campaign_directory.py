"""The folder of a campaign: its points as recipes, their runs, and what became of each."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from nanokiln.structures.storage import write_json, write_whole
from nanokiln.workflows.campaign.sweep import CampaignPoint, Sweep
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.rundir import RunDirectory


class CampaignDirectory:
    """A campaign on disk: `points/NAME.yaml` is a recipe, `runs/NAME` its run, `state/NAME.*` how far it came."""

    def __init__(self, path: Path) -> None:
        """Name a directory; nothing is made or read yet."""
        self.path = path.resolve()
        self.campaign_path = self.path / "campaign.yaml"
        self.plan_path = self.path / "plan.json"
        self.page_path = self.path / "campaign.html"
        self.table_path = self.path / "campaign.csv"

    def claim(self, campaign: Sweep, points: Sequence[CampaignPoint]) -> None:
        """Write the recipes of all points, those that are there already untouched; InputError in another's folder."""
        if self.path.exists() and any(self.path.iterdir()) and not self.campaign_path.exists():
            raise InputError(f"{self.path} exists and is not a campaign of nanokiln; give another --out")
        if self.campaign_path.exists() and (name := yaml.safe_load(self.campaign_path.read_text()).get("name")) != (
            campaign.name
        ):
            raise InputError(f"{self.path} holds the campaign {name}; give another --out")
        for folder in ("points", "runs", "state", "logs"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        write_whole(self.campaign_path, yaml.safe_dump(campaign.model_dump(mode="json"), sort_keys=False))
        for point in points:
            self._write_recipe(point)

    def _write_recipe(self, point: CampaignPoint) -> None:
        path, text = self.path / "points" / f"{point.name}.yaml", point.recipe.to_yaml()
        if not path.exists() or path.read_text() != text:
            write_whole(path, text)
            self.refusal(point).unlink(missing_ok=True)

    def run_of(self, point: CampaignPoint) -> RunDirectory:
        """Return a point's run directory."""
        return RunDirectory(self.path / "runs" / point.name)

    def refusal(self, point: CampaignPoint) -> Path:
        """Return the file that a point has which failed by its own fault: a guard, or bad input."""
        return self.path / "state" / f"{point.name}.refused"

    def why_refused(self, point: CampaignPoint) -> str:
        """Return the last message of a point that failed by its own fault, "" for any other."""
        path = self.refusal(point)
        words = path.read_text(errors="replace").splitlines() if path.exists() else []
        # What follows a message, such as its remedy, is indented.
        return next((line for line in reversed(words) if line.strip() and not line[0].isspace()), "")

    def is_reported(self, point: CampaignPoint) -> bool:
        """Whether a point's run is measured and its report written."""
        return (self.path / "state" / f"{point.name}.reported").exists()

    def write_plan(self, points: Sequence[CampaignPoint], words: Mapping[str, object]) -> None:
        """Write what the workflow has to know: the points that it is to finish, and what is the same for all."""
        plan = {"points": [point.name for point in points], **words}
        if not self.plan_path.exists() or json.loads(self.plan_path.read_text()) != plan:
            write_json(self.plan_path, plan)
