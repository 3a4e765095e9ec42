"""Where a quarter lands, for the company or a slice of it: the subject, its past on the same day, its open deals."""

from revops.analysis.outlook.cycle import cycle_of
from revops.analysis.outlook.groups import GroupOutlook, slice_draws
from revops.analysis.outlook.knobs import OutlookKnobs
from revops.analysis.outlook.landed import Landed, landed, renewals_due
from revops.analysis.outlook.past import FEWEST, Past, is_stale, past_of
from revops.analysis.outlook.subject import Subject, groups_of

__all__ = [
    "FEWEST",
    "GroupOutlook",
    "Landed",
    "OutlookKnobs",
    "Past",
    "Subject",
    "cycle_of",
    "groups_of",
    "is_stale",
    "landed",
    "past_of",
    "renewals_due",
    "slice_draws",
]
