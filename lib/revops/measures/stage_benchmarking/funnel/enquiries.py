"""Leads of one company that came together are one enquiry, and how far that one got."""

import pandas as pd

from revops.measures.stage_benchmarking.window import Window

__all__ = ["COLUMNS", "enquiries", "enquiry_ids"]

COLUMNS = ["enquiry_id", "company_key", "n_leads", "lead_at", "mql_at", "sql_at", "opportunity_at", "won_at", "lost_at",
           "opportunity_id", "amount", "source", "lead_source", "segment", "region"]  # fmt: skip
_STAMPS = ["mql_at", "sql_at", "opportunity_at", "won_at"]
_OF_FIRST = ["company_key", "source", "lead_source", "segment", "region"]


def enquiry_ids(leads: pd.DataFrame, enquiry_days: int) -> pd.Series:
    """Return the enquiry of each lead: the id of the first lead of it.

    Parameters
        leads : lead_id, company_key, created
        enquiry_days : a lead that comes more days after the one before it of its company begins another enquiry

    Formula
        Days between calendar days. Nothing else ends an enquiry: neither an opportunity nor a refusal.
    """
    order = leads.sort_values(["company_key", "created", "lead_id"])
    gap = order["created"].dt.normalize().diff()
    begins = order["company_key"].ne(order["company_key"].shift()) | (gap > pd.Timedelta(days=enquiry_days))
    return order["lead_id"].where(begins).ffill().reindex(leads.index).astype("str")


def enquiries(leads: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return one row per enquiry: when it came, how far it got and when, and whether it was lost.

    Question
        Of those who came, who got how far, and when?

    Parameters
        leads : Funnel.leads with is_by_role (opportunities.with_opportunities)

    Returns
        COLUMNS, sorted by lead_at and enquiry_id: see Funnel

    Formula
        Each milestone is the first that any of its leads has; qualified again counts once. The opportunity is one made
        on the day of its first lead or later: first those that the CRM made of its leads, then those by role, the
        earliest. One opportunity is of one enquiry: of that which the CRM made it of, else of the latest begun.
        won_at: its closing day, where it stands won and that day has come, not before it was made. lost_at: the
        same where it stands lost; without an opportunity the day on which the last of all its leads was turned down,
        where none has come forward since.

    Limits
        Whether a lead that is turned down is called lost or left waiting, the share of those followed that has moved on
        by an age is the same as long as nobody comes back: who never moves on counts below the line either way. It is
        called lost, so that the time in a step ends when somebody decides. That one comes back only later days tell:
        until then shares of the last weeks are too low, by no more than the share of those who do.
    """
    ordered = leads.sort_values(["created", "lead_id"])
    groups = ordered.groupby("enquiry_id", sort=False)
    found = groups[_OF_FIRST].first().assign(n_leads=groups.size(), lead_at=groups["created"].min())
    found = found.assign(mql_at=groups["mql_at"].min(), sql_at=groups["sql_at"].min())
    deal = _deals(ordered, found["lead_at"], window)
    told = ordered[ordered["opportunity_id"].isna()].groupby("enquiry_id")[["opportunity_at", "customer_at"]].min()
    told = told.reindex(found.index).where(deal["opportunity_id"].isna())
    found = found.assign(
        opportunity_id=deal["opportunity_id"], amount=deal["amount"],
        opportunity_at=deal["opportunity_at"].fillna(told["opportunity_at"]),
        won_at=deal["won_at"].fillna(told["customer_at"]),
    )  # fmt: skip
    turned = ordered[["rejected_at", "recycled_at"]].min(axis=1).groupby(ordered["enquiry_id"])
    turned = turned.max().where(turned.count().eq(turned.size())).reindex(found.index)
    goes_on = found[_STAMPS].max(axis=1) > turned
    is_plain = found[["opportunity_at", "won_at"]].isna().all(axis=1)
    lost = deal["lost_at"].fillna(turned.where(is_plain & ~goes_on))
    types = dict.fromkeys(["lead_at", *_STAMPS, "lost_at"], "datetime64[us]")
    types |= {"opportunity_id": "str", "amount": "float64", "n_leads": "int64"} | dict.fromkeys(_OF_FIRST, "str")
    found = found.assign(lost_at=lost).astype(types).reset_index()[COLUMNS]
    return found.sort_values(["lead_at", "enquiry_id"], ignore_index=True)


def _deals(leads: pd.DataFrame, lead_at: pd.Series, window: Window) -> pd.DataFrame:
    """Return the opportunity of each enquiry, null where it has none: its id, amount, when made, won and lost."""
    pairs = leads.loc[leads["opportunity_id"].notna(), ["enquiry_id", "opportunity_id", "opportunity_at", "is_by_role"]]
    pairs = pairs.assign(lead_at=lead_at.reindex(pairs["enquiry_id"]).to_numpy())
    pairs = pairs[pairs["opportunity_at"].dt.normalize() >= pairs["lead_at"].dt.normalize()]
    pairs = pairs.sort_values(["is_by_role", "lead_at"], ascending=[True, False], kind="stable")
    state = window.view.opportunities[["opportunity_id", "outcome", "close_date", "amount"]]
    pairs = pairs.drop_duplicates("opportunity_id").merge(state, on="opportunity_id")
    order = ["is_by_role", "opportunity_at", "amount", "opportunity_id"]
    chosen = pairs.sort_values(order, ascending=[True, True, False, True]).drop_duplicates("enquiry_id")
    closed = chosen["close_date"].where(chosen["close_date"] <= pd.Timestamp(window.view.day))
    closed = closed.mask(closed < chosen["opportunity_at"], chosen["opportunity_at"])
    chosen = chosen.assign(
        won_at=closed.where(chosen["outcome"].eq("won")), lost_at=closed.where(chosen["outcome"].eq("lost"))
    )
    kept = ["opportunity_id", "opportunity_at", "amount", "won_at", "lost_at"]
    return chosen.set_index("enquiry_id")[kept].reindex(lead_at.index)
