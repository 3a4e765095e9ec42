"""What to do about payback: rules with the money beyond the target, leavers, and records to mend."""

import datetime as dt
import math
from collections.abc import Iterator

import pandas as pd

from revops.actions import Action, due
from revops.actions.cac_payback.facts import has_books, is_told, lagged, lost_by, where
from revops.actions.cac_payback.mend import to_mend
from revops.book import UNKNOWN
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.groups import DRIVERS
from revops.measures.cac_payback.tables.ladder import month_range, month_words
from revops.wording import channel_label, join, missing, money, plural, share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, those with the most money first."""
_OWNERS = {"executive": (), "marketing_ops": ("marketing_ops",), "revops": ("revops", "cs_ops")}
"""Whose actions come first, by who reads the report."""
_RECORDS = 50


def actions(result: CacResult) -> list[Action]:
    """Return what to do, by the money that hangs on it; the audience's own first. Nothing where no rule fires."""
    where_it_is = [*_channels(result), *_groups(result)]
    rules = (_leavers, _large, _late, to_mend) if where_it_is else (_whole, _leavers, _large, _late, to_mend)
    found = where_it_is + [one for rule in rules for one in rule(result)]
    first = _OWNERS[result.knobs.audience]
    return sorted(found, key=lambda one: (one.owner not in first, -(one.worth or 0.0), -one.amount))[:MOST]


def _channels(result: CacResult) -> Iterator[Action]:
    """Yield that a cut be tested of a channel that surely repays too slowly, by its own cost alone."""
    rows, currency = result.channels.by_channel, result.view.company.currency
    is_sure = rows["is_sure"].astype(bool)
    best = rows[rows["verdict"].eq("below") & is_sure].sort_values(["payback_months", "channel"])
    verb = f"Test a cut, or a move to {channel_label(best['channel'].iloc[0])}," if len(best) else "Test a cut"
    is_own = rows["verdict"].eq("above") & rows["cause"].eq("own")
    for row in rows[is_own & is_sure & rows["excess_amount"].gt(0)].itertuples():
        own = row.own_payback_months
        takes = "never repaid" if missing(own) else f"repaid in {month_words(own)}"
        text = (
            f"{verb} of the {money(row.spend_amount, currency)} that {channel_label(row.channel)} costs: by itself it "
            f"is {takes}, target {month_words(result.knobs.target_months)}. {money(row.excess_amount, currency)} is at "
            f"stake{_with_it(row.credited_deals)}"
        )
        ends = month_range(row.lowest_months, row.highest_months)
        because = (
            f"With overhead it takes longer than target_months under every model ({ends}), in at least "
            f"{share(result.knobs.sure)} of resamples of accounts; its own cost alone does under most models. Money: "
            "own cost beyond what its customers repay within the target, at the middle model (least and most of any); "
            "overhead stays, and how many customers would come without it is not known: a test tells. One model "
            "within the target takes it off the list."
        )
        yield Action("channel_above_target", text, "marketing_ops", float(row.spend_amount), _end(result), because, (),
                     float(row.excess_amount), float(row.excess_low), float(row.excess_high), "at_stake")  # fmt: skip


def _with_it(deals: float) -> str:
    """Return which credited customers hang on a channel."""
    n = 0 if missing(deals) else max(round(deals), 0)
    return f", and with it {plural(n, 'customer')} that it is credited with" if n else ", and no credited customer"


def _groups(result: CacResult) -> Iterator[Action]:
    """Yield that segments, or regions, be looked at whose customers surely repay too slowly: only by that one of the
    two by which there is more money in it, as both share the same cost."""
    found, target = _slow_groups(result), result.knobs.target_months
    if found.empty:
        return
    sums = found.groupby("dimension")["worth"].sum()
    dimension = "segment" if sums.get("segment", -1.0) >= sums.get("region", -1.0) else "region"
    other = found[found["dimension"].ne(dimension)]
    same = ""
    if len(other):
        same = f"; not to be added to that of {join([channel_label(name) for name in other['group']])}, surely slower "
        same += "too: it is the same cost, by " + other["dimension"].iloc[0]
    span = plural(len(result.ladder.months), "month")
    for row in found[found["dimension"].eq(dimension)].itertuples():
        text = (
            f"Review price and effort in {channel_label(row.group)}: customers repay in "
            f"{month_words(row.payback_months)} ({month_range(row.low, row.high)}), target {month_words(target)}"
        )
        because = (
            f"Its cost is its share of {DRIVERS[result.effort.driver]}. It takes longer than target_months beyond "
            f"chance (sure: {share(result.knobs.sure)}), counting how many groups are compared{_by_drivers(result)}. "
            f"Money: cost of the {span} counted beyond what the target allows for what its customers pay{same}. A "
            "payback within the target takes it off the list."
        )
        yield Action("group_above_target", text, "revops", float(row.spend_amount), _end(result), because, (),
                     row.worth, row.worth_low, row.worth_high, "at_stake")  # fmt: skip


def _slow_groups(result: CacResult) -> pd.DataFrame:
    """Return segments and regions surely above the target, with the cost beyond it: worth, worth_low, worth_high."""
    rows, target = result.groups.table, result.knobs.target_months
    rows = rows[rows["dimension"].isin(["segment", "region"]) & rows["payback_months"].notna()]
    rows = rows[rows.groupby("dimension")["group"].transform("size").gt(1) & rows["group"].ne(UNKNOWN)]
    rows = rows[rows["sure"].eq("above") & ~rows["is_few"].astype(bool)]
    ends = {"worth": rows["payback_months"], "worth_low": rows["low"], "worth_high": rows["high"].fillna(math.inf)}
    return rows.assign(**{name: rows["spend_amount"] * (1 - target / at).clip(lower=0.0) for name, at in ends.items()})


def _by_drivers(result: CacResult) -> str:
    """Return that a verdict holds however cost is shared, where there are other ways."""
    others = [DRIVERS[name] for name in result.groups.drivers if name != result.effort.driver]
    return f", and also with cost shared by {' and by '.join(others)}" if others else ""


def _whole(result: CacResult) -> Iterator[Action]:
    """Yield that cost or price be brought to the target, where payback lies above it and no part of it surely does; a
    cost without people is held against no target."""
    row, target, currency = lagged(result), result.knobs.target_months, result.view.company.currency
    if not has_books(result) or not is_told(result) or not row["payback_months"] > target:
        return
    ends = (row["low"], row["payback_months"], math.inf if missing(row["high"]) else row["high"])
    low, worth, high = (float(row["spend_amount"] * max(1 - target / at, 0.0)) for at in ends)
    each = row["new_amount"] / row["n_customers"] * (row["payback_months"] / target - 1)
    text = (
        f"Bring payback{where(result)} from {month_words(row['payback_months'])} to {month_words(target)}: "
        f"{money(worth, currency)} less cost for the same customers, or {money(each, currency)} a month more from each"
    )
    because = (
        "It takes longer than target_months, and no channel, segment or region surely does by itself. Money: cost of "
        f"the {plural(len(result.ladder.months), 'month')} counted beyond what the target allows for what their "
        "customers pay, at the ends of the range too. A payback within the target takes it off the list."
    )
    low, high = (worth, worth) if missing(row["low"]) else (low, high)
    yield Action("payback_above_target", text, "revops", float(row["spend_amount"]), _end(result), because, (),
                 worth, low, high, "at_stake")  # fmt: skip


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
    text = f"Ask after {plural(n, 'customer')} missing from the latest bills: late, or gone"
    because = (
        f"{'It' if n == 1 else 'They'} paid {money(doubt['amount'], currency)} a month before, and "
        f"{'counts' if n == 1 else 'count'} as lost in retention until {'it comes' if n == 1 else 'they come'} back. A "
        "payment takes a customer off the list."
    )
    yield Action("late_or_gone", text, "cs_ops", float(12 * doubt["amount"]), _soon(result), because,
                 doubt["customers"][:_RECORDS])  # fmt: skip


def _end(result: CacResult) -> dt.date:
    return due.quarter_end(result.period, result.view.day)


def _soon(result: CacResult) -> dt.date:
    return due.soon(result.period, result.view.day)
