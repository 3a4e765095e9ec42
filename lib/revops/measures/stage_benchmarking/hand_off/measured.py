"""The hand-off of MQLs to sales: the SLA, what was accepted, what goes with being late."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from revops.analysis.office import hours_of_a_day, times_of_day
from revops.measures.stage_benchmarking.funnel import Funnel
from revops.measures.stage_benchmarking.hand_off.handed import handed_over
from revops.measures.stage_benchmarking.hand_off.judged import accepted, judged, reasons_of
from revops.measures.stage_benchmarking.hand_off.moves import moves_of
from revops.measures.stage_benchmarking.hand_off.oddities import counts_of, why_not
from revops.measures.stage_benchmarking.hand_off.records import Known, known_of, looked_up
from revops.measures.stage_benchmarking.hand_off.result import BY_GROUP, BY_HOUR, LEADS, REASONS, TABLE, HandOff
from revops.measures.stage_benchmarking.hand_off.shares import never_touched, touch_hours, within_sla
from revops.measures.stage_benchmarking.hand_off.stake import at_stake
from revops.measures.stage_benchmarking.hand_off.timed import ROUNDING, timed
from revops.measures.stage_benchmarking.hand_off.touched import Touched, first_touches
from revops.measures.stage_benchmarking.window import Window

__all__ = ["hand_off_of"]

_NOW, _PAST = "now", "past"
_GROUPS = ("owner_id", "team", "lead_source", "region")
_UNTOLD = pd.Series({"n_followed": 0, **dict.fromkeys(("share", "low", "high", "n_worth"), np.nan)})
_FEW = 5
"""Fewer in an hour or a group than these: how many there are, and no share."""


def hand_off_of(window: Window, funnel: Funnel) -> HandOff:
    """Return how MQLs came to sales, as known at the end of the day.

    Question
        Does sales work on what marketing hands over in time, does it accept it, and what goes with being late?

    Parameters
        window : the last weeks and those before; uses leads, lead_history, owners, opportunities and their history
        funnel : Uses leads.

    Returns
        HandOff

    Formula
        The clock runs from the MQL to the first work on it (touched.first_touches), in office hours of whoever got it
        (handed.handed_over), for the first qualified person of each enquiry. Not touched yet is censored at the last
        moment seen; given back untouched never is.

    Limits
        No export keeps who made a change: the touch may be automation's. The clock of a lead that is qualified again
        runs from its last MQL. A colleague of an enquiry who is worked on in place of the first is not seen.
    """
    known = known_of(window, funnel.leads)
    leads, touched = _leads(window, funnel.leads, known)
    knobs, why = window.knobs, why_not(leads, touched, known)
    days = _accept_days(leads, window)
    table = _table([(_NOW, leads[leads["place"].eq(0)]), (_PAST, leads[leads["place"].between(1, knobs.past)])],
                   window, known, days, why)  # fmt: skip
    past = _table(_each(leads, 1, knobs.luck_past), window, known, days, why)
    earlier = _table(_earlier(leads, window, known), window, known, days, why)
    now, before = leads[leads["place"].eq(0)], leads[leads["place"].between(1, knobs.past)]
    by_hour = _by_hour(now, before, window) if not touched.is_days else pd.DataFrame(columns=list(BY_HOUR))
    stake = at_stake(leads[leads["place"].between(0, knobs.past)], known.until, knobs)
    if stake.empty and "sla" not in why:
        why["stake"] = "too few MQLs on time and late, or with an opportunity, to compare"
    return HandOff(
        leads[list(LEADS)].astype(LEADS), table, past, by_hour.astype(BY_HOUR), _by_group(now, window),
        reasons_of(now, before)[list(REASONS)].astype(REASONS), stake, moves_of(table, past, earlier, window),
        "days" if touched.is_days else "hours", knobs.sla_hours,
        hours_of_a_day(window.view.company.office_hours), counts_of(leads, touched), why,
    )  # fmt: skip


def _leads(window: Window, leads: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Touched]:
    """Return HandOff.leads with n_again, owner_region, was_worked and is_odd, and what tells of touches."""
    company = window.view.company
    rows = handed_over(window, leads, known.history)
    touched = first_touches(rows, known.history, known.records, company)
    clock = timed(rows, touched, known.until, window.knobs.sla_hours, company)
    verdict = judged(rows, clock, known.history, known.records, company)
    amount = looked_up(rows["opportunity_id"], known.amounts).rename("opportunity_amount")
    rows = rows.assign(arrived=pd.Series(None, rows.index, dtype="str")) if touched.is_days else rows
    return pd.concat([rows, clock, verdict, amount, touched.table[["was_worked", "is_odd"]]], axis=1), touched


def _each(leads: pd.DataFrame, first: int, last: int) -> list[tuple[str, pd.DataFrame]]:
    """Return the MQLs of each window, by its number."""
    return [(str(number), leads[leads["place"].eq(number)]) for number in range(first, last + 1)]


def _earlier(leads: pd.DataFrame, window: Window, known: Known) -> list[tuple[str, pd.DataFrame]]:
    """Return the MQLs of each of the windows before those before, then of all; none where what tells of touches begins
    after them."""
    first, last = window.knobs.past + 1, 2 * window.knobs.past
    since = pd.Timestamp(window.since) - pd.Timedelta(days=last * window.days)
    told = pd.concat([known.history["changed_at"], known.records["touched_at"]]).min()
    if not told < since + pd.Timedelta(days=1):
        return []
    return [*_each(leads, first, last), ("earlier", leads[leads["place"].between(first, last)])]


def _accept_days(leads: pd.DataFrame, window: Window) -> int:
    """Return the age at which acceptance is told: the largest horizon with enough followed in the last weeks."""
    age = (pd.Timestamp(window.view.day) - leads.loc[leads["place"].eq(0), "mql_at"].dt.floor("D")).dt.days
    horizons = window.knobs.horizons
    return max((days for days in horizons if age.ge(days).sum() >= window.knobs.fewest_followed), default=horizons[0])


def _table(
    parts: Iterable[tuple[str, pd.DataFrame]], window: Window, known: Known, days: int, why: dict[str, str]
) -> pd.DataFrame:
    """Return the rows of HandOff.table."""
    level, sla = window.knobs.level, window.knobs.sla_hours
    rows = []
    for name, leads in parts:
        clocked = leads[leads["hours"].notna()]
        share = _UNTOLD
        if len(clocked):
            share = within_sla(leads, sla, level=level, fewest=window.knobs.fewest_followed).iloc[0]
        is_open, is_back = clocked["event"].eq(0), clocked["event"].eq(2)
        is_over = clocked["follow_hours"] > sla + ROUNDING
        never = never_touched(int(((is_open | is_back) & is_over).sum()), int(is_over.sum()), level)
        judged_by = accepted(leads, known.until, days, level)
        if "accept" in why:
            judged_by |= dict.fromkeys(("accept_share", "accept_low", "accept_high", "accept_worth"), np.nan)
        region, own = leads["region"], leads["owner_region"]
        rows.append({
            "window": name, "n": len(leads), "n_timed": len(clocked), "n_touched": int(clocked["event"].eq(1).sum()),
            "n_never": int(is_back.sum()), "n_open": int(is_open.sum()),
            "n_waiting": int((is_open & clocked["is_late"].isna()).sum()),
            "n_followed": int(share["n_followed"]), "sla_share": share["share"], "sla_low": share["low"],
            "sla_high": share["high"], "sla_worth": share["n_worth"],
            **dict(zip(("never_share", "never_low", "never_high"), never, strict=True)),
            **touch_hours(leads, level=level), **judged_by, "n_again": int(leads["n_again"].sum()),
            "n_elsewhere": int((own.notna() & region.isin(own) & region.ne(own)).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(TABLE)).astype(TABLE)


def _by_hour(now: pd.DataFrame, past: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the rows of HandOff.by_hour: every time of day, whether any came at it or not."""
    order = times_of_day(window.view.company.office_hours)
    parts = [_grouped(leads, "arrived", window).reindex(order).assign(window=name)
             for name, leads in ((_NOW, now), (_PAST, past))]  # fmt: skip
    table = pd.concat(parts).rename_axis("arrived").reset_index()
    return table.fillna({"n": 0})[list(BY_HOUR)].astype(BY_HOUR)


def _by_group(now: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the rows of HandOff.by_group."""
    parts = []
    for dimension, column in zip(("owner", *_GROUPS[1:]), _GROUPS, strict=True):
        table = _grouped(now, column, window).rename_axis("group").reset_index().assign(dimension=dimension)
        parts.append(table.sort_values(["n", "group"], ascending=[False, True]))
    table = pd.concat(parts, ignore_index=True).assign(is_few=lambda rows: rows["n"] < window.knobs.fewest)
    return table[list(BY_GROUP)].astype(BY_GROUP)


def _grouped(leads: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    """Return by group: n (that can be timed), n_untouched, share within the SLA with its range, median, longest."""
    rows = leads[leads["hours"].notna() & leads[column].notna()]
    told = within_sla(rows, window.knobs.sla_hours, by=[column], level=window.knobs.level, fewest=_FEW)
    told = told.set_index(column)[["n", "share", "low", "high", "n_worth"]]
    hours = {group: touch_hours(part) for group, part in rows.groupby(column)}
    for name in ("median_hours", "seen_hours"):
        told[name] = [hours[group][name] for group in told.index]
    return told.assign(n_untouched=rows["event"].ne(1).groupby(rows[column]).sum().reindex(told.index))
