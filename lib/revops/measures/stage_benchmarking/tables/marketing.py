"""The tables on what marketing operations answers for: volume, cost, complete records, links, tools."""

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also, ranged, with_range
from revops.measures.stage_benchmarking.words import compared_with
from revops.wording import channel_label, count, money, plural

__all__ = ["marketing_tables"]

_MOST_CAMPAIGNS = 12
_FIELDS = {"all": "All of them", "employees": "Employees", "industry": "Industry", "country": "Country",
           "job_title": "Job title", "account_name": "Company", "region": "Region", "segment": "Segment"}  # fmt: skip


def marketing_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name, those that the exports allow."""
    found = result.marketing
    tables = {}
    if len(found.cost):
        tables["cost_per_mql"] = _cost(result)
    if len(found.enrichment):
        tables["enrichment"] = _enrichment(result)
    if len(found.utm_campaigns):
        tables["links"] = _links(result)
    return tables | ({"tools": _tools(result)} if found.tools.n else {})


def _cost(result: StageResult) -> Display:
    rows, currency = result.marketing.cost, result.view.company.currency
    rows = pd.concat([rows[rows["span"].eq("month")].tail(6), rows[rows["span"].ne("month")]])
    write = lambda amount: money(amount, currency)  # noqa: E731
    names = [f"{row.since:%b %Y}" if row.span == "month" else
             f"{row.span.capitalize()} ({plural(row.n_months, 'month')})" for row in rows.itertuples()]  # fmt: skip
    shown = pd.DataFrame({
        "Month": names, "Marketing cost": rows["spend_amount"], "MQLs": rows["n"], "Cost per MQL": rows["cost_per_mql"],
        "Range": [ranged(row.low, row.high, write) for row in rows.itertuples()],
    })  # fmt: skip
    where = {"ledger": "accounts of the books that company.yml calls marketing",
             "campaigns": "ad systems and campaigns alone, without people"}  # fmt: skip
    caption = f"Cost per MQL, by {where.get(str(result.marketing.cost_source), 'no known cost')}; whole months"
    return (also(caption, *(result.marketing.why.get(name) for name in ("cost", "months", "lag", "people", "systems"))),
            shown.reset_index(drop=True), (None, "money", "count", "money", None))  # fmt: skip


def _enrichment(result: StageResult) -> Display:
    rows = result.marketing.enrichment
    rows = rows[rows["dimension"].eq("company")]
    spans = {"Last weeks": "last weeks", "Before": "weeks before", "All leads": "all leads"}
    sides = {name: rows[rows["span"].eq(span)].set_index("field") for name, span in spans.items()}
    fields = list(dict.fromkeys(rows["field"]))
    fields = sorted(fields, key=lambda field: (field == "all", field))
    shown = pd.DataFrame({"Field": [_FIELDS.get(field, field) for field in fields]})
    for name, side in sides.items():
        side = side.reindex(fields)
        shown[name] = [with_range(*ends) for ends in zip(side["share"], side["low"], side["high"], strict=True)]
    caption = (
        f"Leads that tell a field of their company: those of the last {plural(result.knobs.weeks, 'week')}, of "
        f"{compared_with(result.window)}, and of all; words such as unknown do not fill a field"
    )
    why = result.marketing.why
    return also(caption, why.get("fields"), why.get("today")), shown, (None, None, None, None)


def _links(result: StageResult) -> Display:
    """Return the campaigns of the last weeks whose links are wrong, those with most arrivals first."""
    rows = result.marketing.utm_campaigns
    rows = rows[rows["span"].eq("last weeks")]
    n, right = int(rows["campaign"].notna().sum()), int((rows["is_right"] & rows["campaign"].notna()).sum())
    wrong = rows[~rows["is_right"].astype(bool)].sort_values(["n_wrong", "n"], ascending=False, kind="stable")
    shown = pd.DataFrame({
        "Campaign": wrong["campaign"].fillna("(no campaign named)"),
        "Source and medium": [" / ".join(str(word) for word in pair if word == word) for pair in
                              zip(wrong["utm_source"], wrong["utm_medium"], strict=True)],
        "Arrivals": wrong["n"], "Wrong": wrong["n_wrong"], "What is wrong": wrong["wrong"],
        "Written as": wrong["examples"],
    })  # fmt: skip
    caption = (
        f"Campaigns whose links are wrong on more than one arrival in {_one_in(result.knobs.utm_least)}, of the last "
        f"{plural(result.knobs.weeks, 'week')}: {count(right)} of {plural(n, 'campaign')} are right"
    )
    if len(shown) > _MOST_CAMPAIGNS:
        caption += f"; the {_MOST_CAMPAIGNS} with most wrong ones, all are in the file beside this page"
    shown = shown.head(_MOST_CAMPAIGNS).reset_index(drop=True)
    return also(caption, result.marketing.why.get("utm")), shown, (None, None, "count", "count", None, None)


def _one_in(least: float) -> str:
    return count(round(1 / (1 - least))) if least < 1 else "any"


def _tools(result: StageResult) -> Display:
    found = result.marketing.tools
    rows = found.table.sort_values(["idle_amount", "tool_name"], ascending=[False, True], kind="stable")
    shown = pd.DataFrame({
        "Tool": rows["tool_name"].map(channel_label), "Seats": rows["n_seats"], "Used": rows["n_seats_active"],
        "Share used": rows["used_share"], "Cost a year": rows["annual_cost_amount"],
        "Of seats not used": rows["idle_amount"], "Renews": rows["renewal_date"],
        "Mark": ["low" if low else (note or "–") for low, note in
                 zip(rows["is_low"], rows["note"].astype(object).where(rows["note"].notna(), None), strict=True)],
    })  # fmt: skip
    caption = (
        f"Seats paid for and seats used in the last 30 days, as the sheet says today; low: under "
        f"{result.knobs.seats_least:.0%}"
    )
    return (caption, shown.reset_index(drop=True),
            (None, "count", "count", "share", "money", "money", "date", None))  # fmt: skip
