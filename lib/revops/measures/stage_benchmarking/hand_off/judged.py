"""What sales made of the MQLs: accepted, turned down and why, given back."""

import numpy as np
import pandas as pd

from revops.analysis.among import is_among
from revops.analysis.passages import wilson
from revops.analysis.passages.grouped import clusters_of
from revops.analysis.survival.influence import error_of, incidence_influence
from revops.company import Company
from revops.measures.stage_benchmarking.hand_off.records import looked_up

__all__ = ["LATER", "SIDES", "accepted", "judged", "reasons_of"]

LATER = "accepted, then turned down"
SIDES = ("accepted", LATER, "rejected", "recycled", "never touched", "open")
_UNSAID = "not said"


def judged(
    rows: pd.DataFrame, timed: pd.DataFrame, history: pd.DataFrame, records: pd.DataFrame, company: Company
) -> pd.DataFrame:
    """Return what sales said of each MQL.

    Parameters
        rows : lead_id, mql_at, sql_at, opportunity_at
        timed : given_back_at
        history : the changes of leads up to the day; records : the leads, as they stood on the day: status,
            modified_at, reject_reason, converted_date
        company : its lead_statuses

    Returns
        As `rows`: side (SIDES), judged_at, reason (of what was turned down), lost_at (when it was turned down or given
        back, touched or not).

    Formula
        Accepted: SQL, conversion or an opportunity; rejected, recycled: a change to such a status; the first, not
        before the MQL, counts. Given back before anybody worked on it is no verdict. Turned down later: rejected after
        it was accepted. The reason is the field that company.yml names, else the words of the status.

    Limits
        Of a lead without history the status of its record counts, as of its last change, where that is not after the
        day. The reason is the record's; an earlier one is not kept.
    """
    record = records.drop_duplicates("lead_id").set_index("lead_id")
    day = rows["mql_at"].dt.floor("D")
    stamps = [rows["sql_at"], looked_up(rows["lead_id"], record["converted_date"]), rows["opportunity_at"]]
    good = pd.concat([at.where(at.dt.floor("D") >= day) for at in stamps], axis=1).min(axis=1)
    bad = _turned_down(rows, history, record, company)
    refused = bad[["rejected", "recycled"]].min(axis=1)
    is_good = good.notna() & ~(refused.dt.floor("D") < good.dt.floor("D"))
    is_back = timed["given_back_at"].notna() & ~is_good
    is_rejected = bad["rejected"].notna() & ~(bad["recycled"] < bad["rejected"])
    later = is_good & bad["rejected"].notna()
    sides = [later, is_good, is_back, refused.notna() & is_rejected, refused.notna()]
    names = [LATER, "accepted", "never touched", "rejected", "recycled"]
    side = pd.Series(np.select(sides, names, "open"), rows.index, dtype="str")
    words = bad["rejected_words"].where(side.isin([LATER, "rejected"]), bad["recycled_words"])
    reason = looked_up(rows["lead_id"], record["reject_reason"]).astype("str").fillna(words).fillna(_UNSAID)
    return pd.DataFrame({
        "side": side, "judged_at": good.where(is_good, refused.where(~is_back)).astype("datetime64[us]"),
        "reason": reason.where(side.isin([LATER, "rejected", "recycled"]), None).astype("str"),
        "lost_at": refused.where(side.ne("accepted")),
    })  # fmt: skip


def accepted(leads: pd.DataFrame, until: pd.Timestamp, days: int, level: float) -> dict[str, float]:
    """Return `accept_rate`: of the MQLs that sales has judged within so many days, the share it called qualified.

    Question
        Does marketing keep its part of the agreement?

    Parameters
        leads : HandOff.leads
        until : the last moment that is seen
        days : days after the MQL

    Returns
        n_judged, accept_share, accept_low, accept_high, accept_worth, accept_days; the share is NaN where none was.

    Formula
        F1 / (F1 + F2): Aalen-Johansen shares accepted, and turned down or given back after work, by then; not judged
        yet is censored, given back untouched leaves. So that it does not matter that the one is said sooner than the
        other. Range: Wilson's, worth share (1 - share) / error^2 by influence, summed within companies; at 0 and 1 the
        number judged.

    Source
        As analysis.passages.converted.
    """
    ended = leads["judged_at"].fillna(leads["given_back_at"]).fillna(until)
    age = (ended.dt.floor("D") - leads["mql_at"].dt.floor("D")).dt.days.clip(lower=0).to_numpy()
    good = leads["side"].isin(["accepted", LATER]).to_numpy()
    bad = leads["side"].isin(["rejected", "recycled"]).to_numpy()
    n_judged = int(((good | bad) & (age <= days)).sum())
    names = ("accept_share", "accept_low", "accept_high", "accept_worth")
    if not n_judged:
        return {"n_judged": 0, **dict.fromkeys(names, float("nan")), "accept_days": float(days)}
    back = leads["side"].eq("never touched").to_numpy()
    parts = [
        incidence_influence(age, _events(one, (good | bad | back) & ~one), np.array([days])) for one in (good, bad)
    ]
    (first, moved), (second, other) = parts
    whole = float(first[0] + second[0])
    share = float(first[0]) / whole
    error = float(error_of((second[0] * moved - first[0] * other) / whole**2, clusters_of(_clustered(leads)))[0])
    inside = 1e-9 < share < 1 - 1e-9 and error > 1e-9
    worth = min(share * (1 - share) / error**2, n_judged) if inside else float(n_judged)
    low, high = wilson(np.array([share]), np.array([worth]), level)
    return {"n_judged": n_judged, **dict(zip(names, (share, float(low[0]), float(high[0]), float(worth)), strict=True)),
            "accept_days": float(days)}  # fmt: skip


def reasons_of(now: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """Return what became of the MQLs by side and reason, in the last weeks and in the windows before (HandOff.reasons).

    Parameters
        now, past : rows of HandOff.leads
    """
    counts = [rows.assign(reason=rows["reason"].fillna("")).groupby(["side", "reason"]).size() for rows in (now, past)]
    table = pd.concat(counts, axis=1, keys=["n", "n_past"]).fillna(0).astype("int64").reset_index()
    table["share"], table["share_past"] = table["n"] / (len(now) or np.nan), table["n_past"] / (len(past) or np.nan)
    table["order"] = table["side"].map({side: place for place, side in enumerate(SIDES)})
    order = {"order": True, "n": False, "n_past": False, "reason": True}
    table = table.sort_values(list(order), ascending=list(order.values()), ignore_index=True)
    return table.assign(reason=table["reason"].where(table["reason"].ne(""), None))


def _turned_down(rows: pd.DataFrame, history: pd.DataFrame, record: pd.DataFrame, company: Company) -> pd.DataFrame:
    """Return since when, and by which status, each lead was first rejected and recycled, not before its MQL."""
    status = history[history["field"].eq("status")]
    told = status[["lead_id", "changed_at", "new_value"]]
    bare = record[~is_among(record.index.to_series(), status["lead_id"]) & record["modified_at"].notna()].reset_index()
    bare = bare.assign(changed_at=bare["modified_at"], new_value=bare["status"])[told.columns]
    told = pd.concat([told, bare[bare["new_value"].notna()]], ignore_index=True)
    told = told[is_among(told["lead_id"], rows["lead_id"])]
    since = looked_up(told["lead_id"], rows.set_index("lead_id")["mql_at"]).dt.floor("D")
    told = told[told["changed_at"].dt.floor("D") >= since]
    meaning = told["new_value"].map({word: company.lead_statuses.meaning(word) for word in told["new_value"].unique()})
    found = {}
    for name in ("rejected", "recycled"):
        first = told[meaning.eq(name)].sort_values("changed_at", kind="stable").drop_duplicates("lead_id")
        first = first.set_index("lead_id")
        found[name] = looked_up(rows["lead_id"], first["changed_at"])
        found[f"{name}_words"] = looked_up(rows["lead_id"], first["new_value"])
    return pd.DataFrame(found)


def _events(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.select([one, other], [1, 2], 0)


def _clustered(leads: pd.DataFrame) -> pd.DataFrame:
    return leads.assign(cluster=leads["company_key"])
