"""What is odd about the leads, counted and in words for the page."""

import pandas as pd

from revops.measures.stage_benchmarking.funnel.result import PLACES
from revops.measures.stage_benchmarking.window import Window

__all__ = ["counts_of"]

_NAMES = {"mql": "MQL", "sql": "SQL", "opportunity": "an opportunity"}


def counts_of(leads: pd.DataFrame, enquiries: pd.DataFrame, places: tuple[str, ...], window: Window) -> pd.DataFrame:
    """Return what, n, words: everything that was merged, passed over, out of order or not told; only n above 0.

    Parameters
        leads : with is_by_role (opportunities.with_opportunities)
        enquiries : enquiries.enquiries, of the same
        places : those that the records tell of (conversions.places_told)
    """
    told = {**_of_people(leads, enquiries, window), **_of_stamps(leads, enquiries, window)}
    told |= {**_of_opportunities(leads, enquiries), **_untold(leads, enquiries, places, window)}
    rows = [(what, int(n), words) for what, (n, words) in told.items() if n > 0]
    return pd.DataFrame(rows, columns=["what", "n", "words"]).astype({"what": "str", "n": "int64", "words": "str"})


def _of_people(leads: pd.DataFrame, enquiries: pd.DataFrame, window: Window) -> dict[str, tuple[int, str]]:
    merged = [left.n for left in window.view.book.audit.left_out if left.table == "leads" and "merged" in left.reason]
    alone = leads["company_key"].str.startswith("lead ")
    return {
        "merged": (sum(merged), "leads were merged into others by the CRM and are not counted"),
        "together": (
            len(leads) - len(enquiries),
            f"leads belong to an enquiry that their company had begun: within {window.knobs.enquiry_days} days of the "
            "lead before; an enquiry counts once",
        ),
        "again": (
            enquiries["company_key"].duplicated().sum(),
            "enquiries are of companies that had enquired before",
        ),
        "alone": (alone.sum(), "leads name no company: each stands for itself"),
        "contacts": (leads["is_contact"].sum(), "contacts are the leads: the exports hold no leads"),
    }


def _of_stamps(leads: pd.DataFrame, enquiries: pd.DataFrame, window: Window) -> dict[str, tuple[int, str]]:
    table, key = ("contacts", "contact_id") if leads["is_contact"].any() else ("leads", "lead_id")
    raw = window.view.book.table(table).set_index(key).reindex(leads["lead_id"])
    born = leads["created"].dt.normalize().to_numpy()
    day = {name: raw[name].dt.normalize().to_numpy() for name in ("mql_at", "sql_at")}
    early = sum((day[name] < born).astype(int) for name in day)
    mql, sql, made = (enquiries[name].dt.normalize() for name in ("mql_at", "sql_at", "opportunity_at"))
    further = sql.notna() | made.notna()
    return {
        "before_lead": ((early > 0).sum(), "leads were qualified on a day before they were made: taken as on that day"),
        "sql_first": ((sql < mql).sum(), "enquiries were called qualified by sales before marketing did"),
        "opportunity_first": (
            ((made < mql) | (made < sql)).sum(),
            "enquiries had their opportunity before they were called qualified",
        ),
        "no_mql": ((mql.isna() & further).sum(), "enquiries went past MQL: nobody ever called them that"),
        "no_sql": ((sql.isna() & made.notna()).sum(), "enquiries went past SQL: nobody ever called them that"),
    }


def _of_opportunities(leads: pd.DataFrame, enquiries: pd.DataFrame) -> dict[str, tuple[int, str]]:
    known = leads.loc[leads["opportunity_id"].notna(), ["enquiry_id", "opportunity_id", "opportunity_at"]]
    known = known.merge(enquiries[["enquiry_id", "lead_at"]], on="enquiry_id")
    older = known["opportunity_at"].dt.normalize() < known["lead_at"].dt.normalize()
    taken = ~known["opportunity_id"].isin(enquiries["opportunity_id"]) & ~older
    became = leads["contact_id"].notna() | leads["account_id"].notna()
    told = leads.loc[~leads["is_by_role"] | leads["is_contact"], "opportunity_id"]
    return {
        "several": (
            known["opportunity_id"].duplicated().sum(),
            "leads went to an opportunity that another lead had: it counts once",
        ),
        "older": (older.sum(), "leads went to an opportunity older than their enquiry: it did not come of that"),
        "not_first": (
            known.loc[taken, "opportunity_id"].nunique(),
            "opportunities are a second one of their enquiry: the first counts",
        ),
        "by_role": (
            (enquiries["opportunity_id"].notna() & ~enquiries["opportunity_id"].isin(told)).sum(),
            "opportunities were found by the contact's role on them, not by the lead itself",
        ),
        "no_opportunity": (
            (became & ~leads["is_contact"] & leads["opportunity_at"].isna()).sum(),
            "leads were converted without an opportunity",
        ),
        "own_dates": (
            (leads["opportunity_id"].isna() & (leads["opportunity_at"].notna() | leads["customer_at"].notna())).sum(),
            "contacts tell by their own dates that they became part of an opportunity, or customers: none is known",
        ),
    }


def _untold(
    leads: pd.DataFrame, enquiries: pd.DataFrame, places: tuple[str, ...], window: Window
) -> dict[str, tuple[int, str]]:
    view = window.view
    state = view.opportunities
    state = state[state["opportunity_id"].isin(enquiries["opportunity_id"])]
    ahead = state["outcome"].ne("open") & ~(state["close_date"] <= pd.Timestamp(view.day))
    told = {
        f"untold_{place}": (len(enquiries), f"enquiries: no record says which became {_NAMES[place]}; left out")
        for place in PLACES
        if place not in places
    }
    told["closed_ahead"] = (ahead.sum(), "opportunities are closed by a day that has not come: taken as open")
    if view.book.table("lead_history").empty and not leads["is_contact"].any():
        words = "leads have no history: who was turned down is not known, and counts as waiting"
        told["no_history"] = (len(leads), words)
    return told
