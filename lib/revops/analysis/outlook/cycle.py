"""How fast what the company creates is won: the same in every report that tells it."""

import pandas as pd

from revops.analysis.cycle import CreationWindow, creation_window
from revops.analysis.outlook.subject import Subject

__all__ = ["CREATED_DAYS", "cycle_of"]

CREATED_DAYS = 730
"""What was created in the last two years tells how long it takes."""


def cycle_of(subject: Subject) -> CreationWindow | None:
    """Return how fast what was created in the last two years is won, of the whole company and the types that the quota
    covers (analysis.cycle.creation_window); None without history of stages."""
    view, known = subject.view, subject.view.book.stages_from
    if known is None:
        return None
    since = max(pd.Timestamp(view.day) - pd.Timedelta(days=CREATED_DAYS), pd.Timestamp(known))
    states = subject.company_states
    created = view.book.table("opportunities").set_index("opportunity_id")["created_at"]
    return creation_window(states[states["type"].isin(view.company.quota_covers)], created, since=since)
