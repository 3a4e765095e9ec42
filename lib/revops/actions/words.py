"""Words for actions and statuses: the same on a report's first screen, on the review's page and in its mail."""

from revops.actions import Action
from revops.wording import between, money

__all__ = ["FUNCTIONS", "STATUS", "worth_in_words"]

STATUS = {"on_track": "On track", "watch": "Watch", "act": "Act", "not_enough_data": "Not judged yet"}
FUNCTIONS = {"marketing_ops": "Marketing ops", "sales_ops": "Sales ops", "cs_ops": "CS ops", "revops": "RevOps"}


def worth_in_words(action: Action, currency: str) -> str:
    """Return the money that hangs on an action, with its range; else the money in the records; else a dash."""
    if action.worth is None:
        return f"{money(action.amount, currency)} in the records" if action.amount else "–"
    worth = money(action.worth, currency)
    if action.worth_low is None:
        is_correction = action.worth_is == "corrected"
        return (
            f"corrects the forecast by {worth}"
            if is_correction
            else f"{worth} at stake on average, most likely nothing"
        )
    ends = between(action.worth_low, action.worth_high, lambda amount: money(amount, currency))
    before, after = {"added": ("adds ", ""), "corrected": ("corrects the forecast by ", "")}.get(
        action.worth_is, ("", " at stake")
    )
    return f"{before}{worth}{after} ({ends})"
