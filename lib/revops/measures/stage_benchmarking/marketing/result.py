"""The numbers of marketing operations together."""

from dataclasses import dataclass

import pandas as pd

from revops.measures.stage_benchmarking.funnel import Funnel
from revops.measures.stage_benchmarking.marketing.compliance import compliance_of, utm_shares
from revops.measures.stage_benchmarking.marketing.cost import cost_of
from revops.measures.stage_benchmarking.marketing.enrichment import ALL_FIELDS, COMPANY, ENRICHMENT, enriched
from revops.measures.stage_benchmarking.marketing.people import people_of
from revops.measures.stage_benchmarking.marketing.shares import SHARES
from revops.measures.stage_benchmarking.marketing.tools import Tools, tools_of
from revops.measures.stage_benchmarking.marketing.volume import mqls_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["ALL_LEADS", "LAST", "MOVES", "PAST", "Marketing", "marketing_of", "spans_of"]

LAST, PAST, ALL_LEADS = "last weeks", "weeks before", "all leads"
_KEYS = ["what", "step", "dimension", "group", "span"]
MOVES = dict.fromkeys(_KEYS, "str") | SHARES


@dataclass(frozen=True)
class Marketing:
    """The numbers of marketing operations; the share of MQLs that become SQLs is the funnel's.

    mqls, cost, enrichment, utm, utm_campaigns, utm_faults, tools: as told by mqls_of, cost_of, enriched,
        compliance_of and tools_of; spans are "last weeks", "weeks before" (the `past` windows before them) and, of
        enrichment, "all leads" known by the day. Empty tables where nothing is known: why says so.
    cost_source: ledger, campaigns, or None.
    moves: shares that may have moved, last weeks and weeks before: what (enrichment, utm), step (the field, or arrivals
        and campaigns), dimension, group, span, SHARES. windows: the same of the company by window of weeks: `window`, 0
        the last weeks, 1 those before, up to luck_past, in place of span.
    why: what is missing, or to be known: mqls, targets, cost, months, lag, people, systems, enrichment, fields, today,
        utm, tools -> in words.
    """

    mqls: pd.DataFrame
    cost: pd.DataFrame
    cost_source: str | None
    enrichment: pd.DataFrame
    utm: pd.DataFrame
    utm_campaigns: pd.DataFrame
    utm_faults: pd.DataFrame
    tools: Tools
    moves: pd.DataFrame
    windows: pd.DataFrame
    why: dict[str, str]


def marketing_of(window: Window, funnel: Funnel) -> Marketing:
    """Return what marketing brings, at what cost, how well described and tagged, and which tools it uses.

    Question
        How well is the machine run that brings the leads?

    Parameters
        window : the report's window
        funnel : the funnel of its leads; uses leads and enquiries

    Limits
        Enrichment and tags are of people, MQLs of enquiries. Fields of leads, the sheet of tools, costs and company.yml
        have no history: they are as they stand today, also on a day long past.
    """
    people = people_of(window.view, funnel.leads)
    place = window.place_of(people["created"])
    spans = spans_of(place, window.knobs.past)
    mqls, of_mqls = mqls_of(window, funnel.enquiries)
    cost, source, of_cost = cost_of(window, funnel.enquiries)
    enrichment, of_fields = enriched(window, people, spans)
    everybody = enriched(window, people, pd.Series(ALL_LEADS, people.index, dtype="str"))[0]
    utm = compliance_of(window, people, spans, place)
    tools = tools_of(window)
    why = of_mqls | of_cost | of_fields | utm.why | _of_today(tools)
    return Marketing(
        mqls, cost, source, _joined(enrichment, everybody), utm.shares, utm.campaigns, utm.faults, tools,
        _moves(enrichment, utm.shares), _windows(window, people, place), why,
    )  # fmt: skip


def spans_of(place: pd.Series, past: int) -> pd.Series:
    """Return "last weeks" or "weeks before" by the place of each window (Window.place_of); null before and after."""
    names = {0: LAST} | dict.fromkeys(range(1, past + 1), PAST)
    return place.map(names).astype("str")


def _joined(enrichment: pd.DataFrame, everybody: pd.DataFrame) -> pd.DataFrame:
    there = [table for table in (enrichment, everybody) if len(table)]
    return (
        pd.concat(there, ignore_index=True).sort_values([*ENRICHMENT][:4], ignore_index=True) if there else enrichment
    )


def _moves(enrichment: pd.DataFrame, utm: pd.DataFrame) -> pd.DataFrame:
    """Return the shares that may move, of all tables, sorted: of lead sources those of all fields alone."""
    told = enrichment[enrichment["dimension"].eq(COMPANY) | enrichment["field"].eq(ALL_FIELDS)]
    parts = [told.rename(columns={"field": "step"}).assign(what="enrichment"),
             utm.rename(columns={"what": "step"}).assign(what="utm", dimension=COMPANY, group=COMPANY)]  # fmt: skip
    there = [part[[*MOVES]] for part in parts if len(part)]
    if not there:
        return pd.DataFrame(columns=[*MOVES]).astype(MOVES)
    return pd.concat(there, ignore_index=True).sort_values(_KEYS, ignore_index=True)


def _windows(window: Window, people: pd.DataFrame, place: pd.Series) -> pd.DataFrame:
    """Return the shares of the company in each window of weeks: what luck is read off."""
    spans = place.where(place.between(0, window.knobs.luck_past))
    enrichment = enriched(window, people, spans)[0]
    utm = utm_shares(window, people, spans, place)
    table = _moves(enrichment[enrichment["dimension"].eq(COMPANY)], utm)
    return table.rename(columns={"span": "window"}).astype({"window": "int64"})


def _of_today(tools: Tools) -> dict[str, str]:
    today = {"today": "fields and tags of leads, tools, costs and targets have no history: they are today's"}
    return today | ({} if tools.n else {"tools": "needs tools: the sheet of tools with their seats"})
