"""What to do about payback: rules with the money beyond the target, leavers, and records to mend."""

from collections.abc import Iterator

from revops.actions import Action, due
from revops.actions.cac_payback.facts import lagged, lost_by, where
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.groups import DRIVERS
from revops.wording import between, channel_label, count, join, missing, money, month_name, months, plural, share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, those with the most money first."""
_OWNERS = {"executive": (), "marketing_ops": ("marketing_ops",), "revops": ("revops", "cs_ops")}
"""Whose actions come first, by who reads the report."""


def actions(result: CacResult) -> list[Action]:
    """Return what to do, by the money that hangs on it; the audience's own first. Nothing where no rule fires."""
    rules = (_channels, _segments, _leavers, _large, _late, _books)
    found, first = [one for rule in rules for one in rule(result)], _OWNERS[result.knobs.audience]
    return sorted(found, key=lambda one: (one.owner not in first, -(one.worth or 0.0), -one.amount))[:MOST]


def _channels(result: CacResult) -> Iterator[Action]:
    """Yield that a channel's budget be moved which surely repays too slowly."""
    rows, currency = result.channels.by_channel, result.view.company.currency
    target = months(result.knobs.target_months)
    best = rows[rows["verdict"].eq("below")].sort_values(["payback_months", "channel"])
    for row in rows[rows["verdict"].eq("above") & rows["is_sure"].astype(bool)].itertuples():
        if not row.excess_amount > 0:
            continue
        to = f" to {channel_label(best.iloc[0]['channel']).lower()}" if len(best) else ""
        text = (
            f"Move {money(row.excess_amount, currency)} of the {money(row.spend_amount, currency)} spent on "
            f"{channel_label(row.channel).lower()}{to}: its customers repay in {months(row.payback_months)} months, "
            f"target {target}"
        )
        because = (
            "Under every model it takes longer than target_months "
            f"({between(row.lowest_months, row.highest_months, months)}), and {share(result.knobs.sure)} of resamples "
            "of accounts agree. Money: how much of its own cost the target does not allow, at the middle model (least "
            "and most of any). One model within the target takes it off the list."
        )
        yield Action("channel_above_target", text, "marketing_ops", float(row.spend_amount), _end(result), because, (),
                     float(row.excess_amount), float(row.excess_low), float(row.excess_high), "at_stake")  # fmt: skip


def _segments(result: CacResult) -> Iterator[Action]:
    """Yield that a segment be looked at whose customers surely repay too slowly."""
    rows = result.groups.table
    rows = rows[rows["dimension"].isin(["segment", "region"]) & rows["sure"].eq("above") & ~rows["is_few"].astype(bool)]
    target = result.knobs.target_months
    for row in rows.itertuples():
        worth = [row.spend_amount * (1 - target / at) for at in (row.low, row.payback_months, row.high)]
        text = (
            f"Review price and effort in {row.group}: customers repay in {months(row.payback_months)} months "
            f"({between(row.low, row.high, months)}), target {months(target)}"
        )
        because = (
            f"Its cost is its share of {DRIVERS[result.effort.driver]}; the whole range lies above target_months, also "
            "counting how many groups are compared. Money: cost beyond what the target allows for what its customers "
            "pay. A payback within the target takes it off the list."
        )
        yield Action("group_above_target", text, "revops", float(row.spend_amount), _end(result), because, (),
                     float(worth[1]), float(worth[0]), float(worth[2]), "at_stake")  # fmt: skip


def _leavers(result: CacResult) -> Iterator[Action]:
    """Yield that leaving before payback be looked into."""
    lost, table = lost_by(result), result.realised.table
    if lost is None or not lost["lost_share"] > result.knobs.most_lost:
        return
    gone = table[table["outcome"].eq("left")]
    currency, mean = result.view.company.currency, gone["shortfall_amount"].mean()
    n = lagged(result)["n_customers"]
    worth = [float(lost[name] * n * mean) for name in ("lost_share", "lost_low", "lost_high")]
    low, high = (None, None) if missing(worth[1]) else (worth[1], worth[2])
    text = (
        f"Find out why {share(lost['lost_share'])} of new customers{where(result)} leave before they have repaid their "
        f"cost: {money(mean, currency)} is lost on each"
    )
    because = (
        f"More than most_lost ({share(result.knobs.most_lost)}) leave first within {int(lost['age_months'])} months. "
        "Money: what as many of this window's new customers would leave unpaid. Records: those who left so, the "
        "latest first."
    )
    latest = gone.sort_values(["start_month", "customer"], ascending=[False, True])["customer"].head(50)
    yield Action("leave_before_payback", text, "cs_ops", float(gone["shortfall_amount"].sum()), _end(result), because,
                 tuple(latest), worth[0], low, high, "at_stake")  # fmt: skip


def _large(result: CacResult) -> Iterator[Action]:
    """Yield that retention hangs on a few customers."""
    rows = result.retention.table
    rows = rows[rows["measure"].eq("nrr")].set_index("scope")["value"]
    if not {"all", "without_top"} <= set(rows.index) or not rows["all"] >= 1 > rows["without_top"]:
        return
    top = result.retention.top
    text = (
        f"Look after the {plural(len(top), 'largest customer')}: with them net retention is {share(rows['all'])}, "
        f"without {share(rows['without_top'])}"
    )
    because = (
        "Net retention is 100% or more only with the largest `top` customers. Retention without them at 100% takes it "
        "off the list."
    )
    yield Action("few_large_customers", text, "cs_ops", float(12 * top["now"].sum()), _soon(result), because,
                 tuple(top["customer"]))  # fmt: skip


def _late(result: CacResult) -> Iterator[Action]:
    """Yield that customers missing from the bills of late be asked after."""
    doubt = result.retention.in_doubt.set_index("state").loc["missing"]
    if not doubt["n"]:
        return
    text = (
        f"Ask after {plural(int(doubt['n']), 'customer')} missing from the bills of the last "
        f"{plural(result.knobs.late_months, 'month')}: late, or gone"
    )
    because = (
        f"They paid {money(doubt['amount'], result.view.company.currency)} a month before, and count as lost in "
        "retention until they come back; a payment takes them off the list."
    )
    yield Action("late_or_gone", text, "cs_ops", float(12 * doubt["amount"]), _soon(result), because, ())


def _books(result: CacResult) -> Iterator[Action]:
    """Yield what is to be mended in the books."""
    books = result.books
    if books.source == "ledger" and "margin" in books.why and books.margin_source != "params":
        text = f"Set cost of goods apart in the books: {books.why['margin']}"
        because = (
            "Without it no payback on gross margin can be had. Accounts under cogs in company.yml take it off the list."
        )
        yield Action("no_margin", text, "revops", float(books.all_spend.sum()), _soon(result), because, ())
    missing_months = [month for month in books.months if missing(books.all_spend[month])]
    if missing_months:
        names = [month_name(month) for month in missing_months]
        shown = join([*names[:3], f"{count(len(names) - 3)} more"] if len(names) > 3 else names)
        text = f"Add the books of {shown}: cost of {plural(len(names), 'month')} is not known"
        because = "Months whose cost is not known are left out, with the customers that came of them."
        yield Action("missing_books", text, "revops", 0.0, _soon(result), because, ())


def _end(result: CacResult) -> object:
    return due.quarter_end(result.period, result.view.day)


def _soon(result: CacResult) -> object:
    return due.soon(result.period, result.view.day)
