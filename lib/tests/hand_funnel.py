"""Tiny companies with leads, their history and the opportunities they became, and the plain loops that join them."""

import datetime as dt
from types import SimpleNamespace

from companies_of_people import WITH_CHANNELS, contact, role
from spending_companies import seen

from frames import deal
from revops.measures.stage_benchmarking.funnel import LEADS, Funnel, funnel_of
from revops.measures.stage_benchmarking.funnel.conversions import places_told
from revops.measures.stage_benchmarking.funnel.enquiries import enquiries
from revops.measures.stage_benchmarking.funnel.measured import leads_of
from revops.measures.stage_benchmarking.funnel.oddities import counts_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import Window, window_of

__all__ = ["DAY", "LARGE", "company", "contact", "deal", "known", "lead", "made", "moved", "role", "slow_enquiries",
           "told", "won"]  # fmt: skip

DAY = "2026-06-30"
SIZES = WITH_CHANNELS.segments.model_copy(update={"from_employees": {"SMB": 1, "Enterprise": 1000}})
LARGE = WITH_CHANNELS.model_copy(update={"segments": SIZES})


def company(*, day: str = DAY, last: str | None = None, of=LARGE, deals=(), knobs=None, **tables) -> Window:
    """Return the Window of a tiny company: leads, lead_history, contacts, contact_roles, accounts, deals."""
    oldest = deal("oldest", type="other", created_at="2024-01-01 09:00")
    view = seen(day, last=last or max(day, DAY), company=of, deals=[oldest, *deals], **tables)
    return window_of(view, Knobs(**(knobs or {})))


def told(**given) -> Funnel:
    """Return the funnel of a tiny company."""
    return funnel_of(company(**given))


def known(**given) -> SimpleNamespace:
    """Return leads, enquiries and counts of a tiny company, without the shares that are told of them."""
    window = company(**given)
    leads = leads_of(window)
    found = enquiries(leads, window)
    return SimpleNamespace(leads=leads[list(LEADS)], enquiries=found, by_role=leads["is_by_role"],
                           counts=counts_of(leads, found, places_told(found), window))  # fmt: skip


def lead(id: str, at: str = "2026-01-01 10:00", name: str | None = None, **given) -> dict:
    """Return a lead of the web site, of a company called as it is."""
    return {"lead_id": id, "created_at": at, "account_name": name or f"Company {id}", "source": "marketing",
            "lead_source": "Web", "is_converted": "contact_id" in given, **given}  # fmt: skip


def made(id: str, deal: str | None, at: str, on: str, **given) -> dict:
    """Return a lead converted on a day to the contact C<id> of the account A<id> and, where given, a deal."""
    became = {"contact_id": f"C{id}", "account_id": f"A{id}", "opportunity_id": deal, "converted_date": on}
    return lead(id, at, **{**became, **given})


def won(id: str, at: str, on: str, **given) -> dict:
    """Return an opportunity made at nine on a day and won on another."""
    return deal(id, **{"created_at": f"{at} 09:00", "close_date": on, "stage_name": "Won", **given})


def moved(lead: str, at: str, status: str, before: str | None = None, **given) -> dict:
    """Return a change of a lead's status."""
    return {"lead_id": lead, "changed_at": at, "sequence": 0, "field": "status", "old_value": before,
            "new_value": status, **given}  # fmt: skip


def slow_enquiries(leads: list[dict], deals: list[dict], day: dt.date, enquiry_days: int) -> list[dict]:
    """Return enquiries by plain loops over leads with company_key and their opportunities by id."""
    deals = {row["opportunity_id"]: row for row in deals}
    found: list[list[dict]] = []
    for row in sorted(leads, key=lambda row: (row["company_key"], row["created"], row["lead_id"])):
        last = found[-1][-1] if found else None
        near = last and (row["created"].date() - last["created"].date()).days <= enquiry_days
        if near and last["company_key"] == row["company_key"]:
            found[-1].append(row)
        else:
            found.append([row])
    return [_slow(rows, found, deals, day) for rows in found]


def _slow(rows: list[dict], all_rows: list[list[dict]], deals: dict, day: dt.date) -> dict:
    told = {"enquiry_id": rows[0]["lead_id"], "n_leads": len(rows), "lead_at": rows[0]["created"]}
    for name in ("mql_at", "sql_at"):
        stamps = [row[name] for row in rows if row[name]]
        told[name] = min(stamps) if stamps else None
    told |= {"opportunity_id": None, "opportunity_at": None, "won_at": None, "lost_at": None}
    mine = [(row["is_by_role"], deals[row["opportunity_id"]]["created_at"], -deals[row["opportunity_id"]]["amount"],
             row["opportunity_id"]) for row in rows if row["opportunity_id"]
            and _owner(row["opportunity_id"], all_rows, deals) is rows]  # fmt: skip
    if mine:
        _, at, _, id = min(mine)
        told |= {"opportunity_id": id, "opportunity_at": at}
        outcome, closed = deals[id]["outcome"], deals[id]["close_date"]
        if outcome != "open" and closed.date() <= day:
            told["won_at" if outcome == "won" else "lost_at"] = max(at, closed)
        return told
    turned = [min(stamps) for row in rows if (stamps := [row[n] for n in ("rejected_at", "recycled_at") if row[n]])]
    later = [told[name] for name in ("mql_at", "sql_at") if told[name]]
    if len(turned) == len(rows) and all(stamp <= max(turned) for stamp in later):
        told["lost_at"] = max(turned)
    return told


def _owner(id: str, all_rows: list[list[dict]], deals: dict) -> list[dict] | None:
    """Return the enquiry that an opportunity is of: made of one of its leads, else by role; the latest begun."""
    best, rank = None, None
    for rows in all_rows:
        if deals[id]["created_at"].date() < rows[0]["created"].date():
            continue
        kinds = [row["is_by_role"] for row in rows if row["opportunity_id"] == id]
        if kinds and (rank is None or (not min(kinds), rows[0]["created"]) > rank):
            best, rank = rows, (not min(kinds), rows[0]["created"])
    return best
