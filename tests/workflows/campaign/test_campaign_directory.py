"""What became of a campaign's point is read from what its run said."""

from pathlib import Path

import pytest

from nanokiln.workflows.campaign.campaign_directory import CampaignDirectory
from nanokiln.workflows.campaign.sweep import CampaignPoint
from nanokiln.workflows.errors import GuardError, told
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.failure import Failure


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (told(GuardError(Failure("guard_hot", "too hot", "cool it", 0, 220).text)), "rank 0: too hot"),
        ("warning: this\nbath.damping_ps: above 0 was expected\n", "bath.damping_ps: above 0 was expected"),
        ("\n", ""),
    ],
)
def test_a_refusal_is_told_by_its_message_not_by_the_remedy(tmp_path: Path, log: str, why: str) -> None:
    point = CampaignPoint("one", {}, 1, load_recipe("cdse-rod-small"))
    directory = CampaignDirectory(tmp_path)
    assert directory.why_refused(point) == ""
    directory.refusal(point).parent.mkdir()
    directory.refusal(point).write_text(log)
    assert directory.why_refused(point) == why
