"""What is odd about the leads, counted and in words for the page."""

import pandas as pd

from revops.analysis.among import is_among
from revops.measures.stage_benchmarking.funnel.result import PLACES
from revops.measures.stage_benchmarking.window import Window

__all__ = ["counts_of"]

_NAMES = {"mql": "MQL", "sql": "SQL", "opportunity": "an opportunity"}


def counts_of(leads: pd.DataFrame, enquiries: pd.DataFrame, places: tuple[str, ...], window: Window) -> pd.DataFrame:
    """Return what, n, words (what the page calls it): what was merged, passed, out of order, not told; n above 0.

    Parameters
        leads : with is_by_role (opportunities.with_opportunities)
        enquiries : enquiries.enquiries, of the same
        places : those that the records tell of (conversions.places_told)
    """
    told = {**_of_people(leads, enquiries, window), **_of_stamps(leads, enquiries, window)}
    told |= {**_of_opportunities(leads, enquiries), **_untold(leads, enquiries, places, window)}
    passed = {f"no_{place}" for place in PLACES if place not in places}
    rows = [(what, int(n), words) for what, (n, words) in told.items() if n > 0 and what not in passed]
    return pd.DataFrame(rows, columns=["what", "n", "words"]).astype({"what": "str", "n": "int64", "words": "str"})


def _of_people(leads: pd.DataFrame, enquiries: pd.DataFrame, window: Window) -> dict[str, tuple[int, str]]:
    merged = [left.n for left in window.view.book.audit.left_out if left.table == "leads" and "merged" in left.reason]
    alone = leads["company_key"].str.startswith("lead ")
    return {
        "merged": (sum(merged), "Leads that the CRM merged into others; not counted"),
        "together": (
            len(leads) - len(enquiries),
            f"Leads of an enquiry that had begun: of one company, within {window.knobs.enquiry_days} days of the lead "
            "before; an enquiry counts once",
        ),
        "again": (
            enquiries["company_key"].duplicated().sum(),
            "Enquiries of companies that had enquired before",
        ),
        "alone": (alone.sum(), "Leads that name no company; each stands for itself"),
        "contacts": (leads["is_contact"].sum(), "Contacts taken as leads: the exports hold no leads"),
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
        "before_lead": ((early > 0).sum(), "Leads qualified on a day before they were made; taken as on that day"),
        "sql_first": ((sql < mql).sum(), "Enquiries that sales called qualified before marketing did"),
        "opportunity_first": (
            ((made < mql) | (made < sql)).sum(),
            "Enquiries with an opportunity before they were called qualified",
        ),
        "no_mql": ((mql.isna() & further).sum(), "Enquiries that went past MQL: nobody ever called them that"),
        "no_sql": ((sql.isna() & made.notna()).sum(), "Enquiries that went past SQL: nobody ever called them that"),
    }


def _of_opportunities(leads: pd.DataFrame, enquiries: pd.DataFrame) -> dict[str, tuple[int, str]]:
    known = leads.loc[leads["opportunity_id"].notna(), ["enquiry_id", "opportunity_id", "opportunity_at"]]
    known = known.merge(enquiries[["enquiry_id", "lead_at"]], on="enquiry_id")
    older = known["opportunity_at"].dt.normalize() < known["lead_at"].dt.normalize()
    taken = ~is_among(known["opportunity_id"], enquiries["opportunity_id"]) & ~older
    became = leads["contact_id"].notna() | leads["account_id"].notna()
    told = leads.loc[~leads["is_by_role"] | leads["is_contact"], "opportunity_id"]
    return {
        "several": (
            known["opportunity_id"].duplicated().sum(),
            "Leads that went to an opportunity which another lead had; it counts once",
        ),
        "older": (older.sum(), "Leads that went to an opportunity older than their enquiry; it did not come of that"),
        "not_first": (
            known.loc[taken, "opportunity_id"].nunique(),
            "Second opportunities of an enquiry; the first counts",
        ),
        "by_role": (
            (enquiries["opportunity_id"].notna() & ~is_among(enquiries["opportunity_id"], told)).sum(),
            "Opportunities found by the contact's role on them, not by the lead itself",
        ),
        "no_opportunity": (
            (became & ~leads["is_contact"] & leads["opportunity_at"].isna()).sum(),
            "Leads converted without an opportunity",
        ),
        "own_dates": (
            (leads["opportunity_id"].isna() & (leads["opportunity_at"].notna() | leads["customer_at"].notna())).sum(),
            "Contacts in an opportunity, or customers, by their own dates alone: no opportunity of theirs is known",
        ),
    }


def _untold(
    leads: pd.DataFrame, enquiries: pd.DataFrame, places: tuple[str, ...], window: Window
) -> dict[str, tuple[int, str]]:
    view = window.view
    state = view.opportunities
    state = state[is_among(state["opportunity_id"], enquiries["opportunity_id"])]
    ahead = state["outcome"].ne("open") & ~(state["close_date"] <= pd.Timestamp(view.day))
    told = {
        f"untold_{place}": (
            len(enquiries),
            f"Enquiries of which no record says which became {_NAMES[place]}; that step is left out",
        )
        for place in PLACES
        if place not in places
    }
    told["closed_ahead"] = (ahead.sum(), "Opportunities closed by a day that has not come; taken as open")
    if view.book.table("lead_history").empty and not leads["is_contact"].any():
        words = "Leads without history: who was turned down is not known and counts as waiting"
        told["no_history"] = (len(leads), words)
    return told
