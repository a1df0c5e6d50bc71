from .campaign_directory import CampaignDirectory
from .campaign_report import join_points, report_campaign
from .conductor import conduct, tell_or_conduct
from .processor_time import costs_of
from .sweep import CampaignPoint, Sweep, load_campaign

__all__ = [
    "CampaignDirectory",
    "CampaignPoint",
    "Sweep",
    "conduct",
    "costs_of",
    "join_points",
    "load_campaign",
    "report_campaign",
    "tell_or_conduct",
]
