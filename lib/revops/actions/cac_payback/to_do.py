"""What to do about payback: rules with the money beyond the target, leavers, and records to mend."""

import datetime as dt
import math
from collections.abc import Iterator

from revops.actions import Action, due
from revops.actions.cac_payback.facts import lagged, lost_by, where
from revops.actions.cac_payback.mend import to_mend
from revops.book import UNKNOWN
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.groups import DRIVERS
from revops.measures.cac_payback.tables.ladder import month_range, month_words
from revops.wording import channel_label, missing, money, plural, share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, those with the most money first."""
_OWNERS = {"executive": (), "marketing_ops": ("marketing_ops",), "revops": ("revops", "cs_ops")}
"""Whose actions come first, by who reads the report."""
_RECORDS = 50


def actions(result: CacResult) -> list[Action]:
    """Return what to do, by the money that hangs on it; the audience's own first. Nothing where no rule fires."""
    rules = (_channels, _groups, _leavers, _large, _late, to_mend)
    found, first = [one for rule in rules for one in rule(result)], _OWNERS[result.knobs.audience]
    return sorted(found, key=lambda one: (one.owner not in first, -(one.worth or 0.0), -one.amount))[:MOST]


def _channels(result: CacResult) -> Iterator[Action]:
    """Yield that own cost be taken off a channel that surely repays too slowly by it."""
    rows, currency = result.channels.by_channel, result.view.company.currency
    is_sure = rows["is_sure"].astype(bool)
    best = rows[rows["verdict"].eq("below") & is_sure].sort_values(["payback_months", "channel"])
    to = f" to {channel_label(best['channel'].iloc[0])}, within the target under every model" if len(best) else ""
    verb = "Move" if len(best) else "Cut"
    for row in rows[rows["verdict"].eq("above") & is_sure & rows["excess_amount"].gt(0)].itertuples():
        of = f"{money(row.excess_amount, currency)} of the {money(row.spend_amount, currency)}"
        takes = "never repay" if missing(row.payback_months) else f"repay in {month_words(row.payback_months)}"
        text = (
            f"{verb} {of} that {channel_label(row.channel)} costs{to}: its customers {takes}, target "
            f"{month_words(result.knobs.target_months)}"
        )
        ends = month_range(row.lowest_months, row.highest_months)
        because = (
            f"Under every model it takes longer than target_months ({ends}), in at least {share(result.knobs.sure)} of "
            "resamples of accounts. Money: how much of its own cost the target does not allow, at the middle model "
            "(least and most of any). One model within the target takes it off the list."
        )
        yield Action("channel_above_target", text, "marketing_ops", float(row.spend_amount), _end(result), because, (),
                     float(row.excess_amount), float(row.excess_low), float(row.excess_high), "at_stake")  # fmt: skip


def _groups(result: CacResult) -> Iterator[Action]:
    """Yield that a segment or region be looked at whose customers surely repay too slowly."""
    rows = result.groups.table
    rows = rows[rows["dimension"].isin(["segment", "region"]) & rows["payback_months"].notna()]
    rows = rows[rows.groupby("dimension")["group"].transform("size").gt(1) & rows["group"].ne(UNKNOWN)]
    rows = rows[rows["sure"].eq("above") & ~rows["is_few"].astype(bool)]
    target = result.knobs.target_months
    for row in rows.itertuples():
        ends = (row.low, row.payback_months, math.inf if missing(row.high) else row.high)
        low, middle, high = (float(row.spend_amount * max(1 - target / at, 0.0)) for at in ends)
        text = (
            f"Review price and effort in {channel_label(row.group)}: customers repay in "
            f"{month_words(row.payback_months)} ({month_range(row.low, row.high)}), target {month_words(target)}"
        )
        because = (
            f"Its cost is its share of {DRIVERS[result.effort.driver]}. It takes longer than target_months beyond "
            f"chance (sure: {share(result.knobs.sure)}), also counting how many groups are compared. Money: cost "
            "beyond what the target allows for what its customers pay. A payback within the target takes it off the "
            "list."
        )
        yield Action("group_above_target", text, "revops", float(row.spend_amount), _end(result), because, (),
                     middle, low, high, "at_stake")  # fmt: skip


def _leavers(result: CacResult) -> Iterator[Action]:
    """Yield that leaving before payback be looked into."""
    lost, table = lost_by(result), result.realised.table
    if lost is None or not lost["lost_share"] > result.knobs.most_lost:
        return
    gone = table[table["outcome"].eq("left")].sort_values(["start_month", "customer"], ascending=[False, True])
    currency, mean = result.view.company.currency, gone["shortfall_amount"].mean()
    worth = [float(lost[name] * lagged(result)["n_customers"] * mean)
             for name in ("lost_share", "lost_low", "lost_high")]  # fmt: skip
    low, high = (None, None) if missing(worth[1]) else (worth[1], worth[2])
    text = (
        f"Find out why {share(lost['lost_share'])} of new customers{where(result)} leave before they have repaid their "
        f"cost: {money(mean, currency)} is lost on each"
    )
    n, of = min(len(gone), _RECORDS), plural(len(gone), "customer")
    because = (
        f"More than most_lost ({share(result.knobs.most_lost)}) leave first within "
        f"{plural(int(lost['age_months']), 'month')}. Money: what as many of this window's new customers would leave "
        f"unpaid. Records: {of} who left so{f', the latest {n}' if n < len(gone) else ''}. A share of at most "
        "most_lost takes it off the list."
    )
    yield Action("leave_before_payback", text, "cs_ops", float(gone["shortfall_amount"].sum()), _end(result), because,
                 tuple(gone["customer"].head(n)), worth[0], low, high, "at_stake")  # fmt: skip


def _large(result: CacResult) -> Iterator[Action]:
    """Yield that retention hangs on a few customers."""
    rows = result.retention.table
    rows = rows[rows["measure"].eq("nrr")].set_index("scope")["value"]
    if not rows["all"] >= 1 > rows["without_top"]:
        return
    top = result.retention.top
    many, them = ("largest customer", "it") if len(top) == 1 else (f"{len(top)} largest customers", "them")
    kept, rest = share(rows["all"]), share(rows["without_top"])
    text = f"Look after the {many}: with {them} net retention is {kept}, without {rest}"
    because = (
        f"Net retention is 100% or more only with the {many} (top). Retention without {them} at 100% takes it off the "
        "list."
    )
    yield Action("few_large_customers", text, "cs_ops", float(12 * top["now"].sum()), _soon(result), because,
                 tuple(top["customer"]))  # fmt: skip


def _late(result: CacResult) -> Iterator[Action]:
    """Yield that customers missing from the bills of late be asked after."""
    doubt = result.retention.in_doubt.set_index("state").loc["missing"]
    n, currency = int(doubt["n"]), result.view.company.currency
    if not n:
        return
    late = plural(result.knobs.late_months, "month").removeprefix("1 ")
    text = f"Ask after {plural(n, 'customer')} missing from the bills of the last {late}: late, or gone"
    because = (
        f"{'It' if n == 1 else 'They'} paid {money(doubt['amount'], currency)} a month before, and "
        f"{'counts' if n == 1 else 'count'} as lost in retention until {'it comes' if n == 1 else 'they come'} back. A "
        "payment takes a customer off the list."
    )
    yield Action("late_or_gone", text, "cs_ops", float(12 * doubt["amount"]), _soon(result), because, ())


def _end(result: CacResult) -> dt.date:
    return due.quarter_end(result.period, result.view.day)


def _soon(result: CacResult) -> dt.date:
    return due.soon(result.period, result.view.day)
