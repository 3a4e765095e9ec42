"""What is odd about the hand-off, and what cannot be told of it, in words."""

import pandas as pd

from revops.measures.stage_benchmarking.hand_off.records import Known
from revops.measures.stage_benchmarking.hand_off.result import COUNTS
from revops.measures.stage_benchmarking.hand_off.touched import Touched
from revops.wording import plural

__all__ = ["NO_MQL", "NO_TOUCH", "NO_VERDICT", "counts_of", "why_not"]

NO_MQL = "needs the day that leads were qualified by marketing (mql_at)"
NO_TOUCH = (
    "needs the history of leads' statuses, or a field with the day of first work "
    "(exports.columns.leads.touched_at in company.yml)"
)
NO_VERDICT = "needs leads that sales turned down: a status that company.yml calls rejected or recycled"


def why_not(leads: pd.DataFrame, touched: Touched, known: Known) -> dict[str, str]:
    """Return what cannot be told (sla, accept, stake) and why not.

    Parameters
        leads : HandOff.leads; touched : what tells of touches; known : what was known on the day
    """
    if leads.empty:
        return dict.fromkeys(("sla", "accept", "stake"), NO_MQL)
    why = {} if touched.is_told else dict.fromkeys(("sla", "stake"), NO_TOUCH)
    told = leads["side"].isin(["rejected", "recycled", "never touched", "accepted, then turned down"]).any()
    return why if told or known.history["field"].eq("status").any() else why | {"accept": NO_VERDICT}


def counts_of(leads: pd.DataFrame, touched: Touched) -> pd.DataFrame:
    """Return what is odd about the MQLs: what, n, words; only what there is.

    Parameters
        leads : HandOff.leads with n_again, owner_region, was_worked, is_odd
    """
    n = len(leads)
    region, own = leads["region"], leads["owner_region"]
    odd = leads["is_odd"].fillna(False).astype(bool)
    worked = leads["was_worked"].fillna(False).astype(bool) & ~odd
    unowned = leads["owner_id"].isna()
    by_field = leads["touch"].isin(["conversion", "SQL"])
    found = {
        "days": (n * touched.is_days, "days without a time; working days count, whole ones"),
        "worked": (worked.sum(), "in a working status already when it was qualified; not timed"),
        "odd": (odd.sum(), "called qualified by sales before marketing did; not timed"),
        "late_sign": (by_field.sum() * touched.is_told,
                      "no work shown before sales called it qualified; that moment counts, the latest it can be"),
        "no_owner": (unowned.sum(), "no owner who is a person; the lead's region tells the clock"),
        "again": (leads["n_again"].sum(), "one more person of an enquiry that was qualified already; not timed"),
        "elsewhere": ((own.notna() & region.isin(own) & region.ne(own)).sum(),
                      "went to an owner of another region"),
    }  # fmt: skip
    rows = [{"what": what, "n": int(k), "words": f"{plural(int(k), 'MQL')}: {words}"} for what, (k, words) in
            found.items() if k]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COUNTS)).astype(COUNTS)
