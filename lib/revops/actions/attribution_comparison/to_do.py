"""What to do about channels: rules over all models, each with what the wrong side would cost, and records to mend."""

from functools import partial

import pandas as pd

from revops.actions import Action, due
from revops.actions.attribution_comparison.facts import (
    by_verdict,
    is_enough,
    regret,
    tested,
    total_won,
    unattributed,
    where,
)
from revops.analysis.credit import model_name
from revops.analysis.journeys import WITH_TOUCHES
from revops.measures.attribution_comparison.result import AttributionResult
from revops.ratios import safe_ratio
from revops.wording import between, channel_label, cost_of_one, day, join, money, plural, share, told_share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, those with the most money first."""
_LEAST_CREDIT = 0.1
_OWNERS = {"executive": (), "marketing_ops": ("marketing_ops",), "revops": ("revops", "sales_ops")}
"""Whose actions come first, by who reads the report."""


def actions(result: AttributionResult) -> list[Action]:
    """Return what to do, by the money that hangs on it; the audience's own first. Nothing where no rule fires."""
    fired = [_dark(result), *_untold_costs(result), _lost_campaigns(result)]
    if is_enough(result):
        fired += [_cut(result, row) for row in by_verdict(result, "cut").itertuples() if row.is_sure]
        fired += [_test(result, row) for row in by_verdict(result, "depends").itertuples()]
    fired += [_cut_by_test(result, row) for row in tested(result, "cut").itertuples()]
    found, first = [one for one in fired if one is not None], _OWNERS[result.knobs.audience]
    return sorted(found, key=lambda one: (one.owner not in first, -(one.worth or 0.0), -one.amount))[:MOST]


def _cut(result: AttributionResult, row: object) -> Action:
    """Return that a channel's budget be moved."""
    currency, name = result.view.company.currency, channel_label(row.channel)
    low, middle, high = regret(result, row.channel)
    spent = money(row.spend_amount, currency)
    text = f"Move the budget of {name.lower()}{where(result)}: by no model did it earn the {spent} spent"
    limit = cost_of_one(result.costs.most_cost, currency)
    costs = f"By the models {_costs(row, currency)}, above {limit} in all of them"
    if pd.isna(row.lowest_cost):
        costs = f"No model credits it with anything, so {money(1, currency)} credited costs more than {limit}"
    because = (
        f"{costs} and, by the least sure of them, in {told_share(row.held)} of resamples. Money: what was spent beyond "
        "the most that its credit may cost, by the models. One model on the other side, or a lift test that finds "
        "more, takes it off the list."
    )
    return _of_budget(result, "cut_under_all", text, row.spend_amount, because, (low, middle, high))


def _cut_by_test(result: AttributionResult, row: object) -> Action:
    """Return that a channel's budget be moved which a test has found not to earn its cost."""
    currency, name = result.view.company.currency, channel_label(row.channel).lower()
    most = result.costs.most_cost
    worth = tuple(float(row.spend_amount - most * found) for found in (row.high, row.incremental_amount, row.low))
    spent, found = money(row.spend_amount, currency), money(row.incremental_amount, currency)
    text = f"Move the budget of {name}{where(result)}: of {spent} spent a test found {found} to come of it"
    because = (
        f"Test of {day(row.since)} to {day(row.until)} {row.until.year} ({row.source or 'lift_tests'}): even the high "
        f"end, {money(row.high, currency)}, at {cost_of_one(most, currency)} for {money(1, currency)} is less than was "
        "spent. Money: how much less. A later test that finds more takes it off the list."
    )
    return _of_budget(result, "cut_by_test", text, row.spend_amount, because, worth)


def _test(result: AttributionResult, row: object) -> Action:
    """Return that a channel be tested on which the models disagree."""
    currency, name = result.view.company.currency, channel_label(row.channel).lower()
    low, middle, high = regret(result, row.channel)
    spent = money(row.spend_amount, currency)
    text = f"Test {name}{where(result)} with a group held back before its {spent} moves: the models disagree"
    most = cost_of_one(result.costs.most_cost, currency)
    because = (
        f"Under {row.n_keep} of {row.n_models} models it earns its cost, under {row.n_cut} not: "
        f"{_costs(row, currency)}, against {most} at most. Money: how far its spend lies from the most that its credit "
        "may cost, by the models. A test under lift_tests that says keep or cut takes it off the list."
    )
    return _of_budget(result, "depends_on_model", text, row.spend_amount, because, (low, middle, high))


def _of_budget(
    result: AttributionResult, rule: str, text: str, spent: float, because: str, worth: tuple[float, float, float]
) -> Action:
    """Return an action on a channel's budget, due by the end of the quarter; worth: least, middle and most."""
    low, middle, high = worth
    by = due.quarter_end(result.period, result.view.day)
    return Action(rule, text, "marketing_ops", float(spent), by, because, (), middle, low, high, "at_stake")


def _costs(row: object, currency: str) -> str:
    low, high = (cost_of_one(ratio, currency) for ratio in (row.lowest_cost, row.highest_cost))
    ends = low if low == high else between(row.lowest_cost, row.highest_cost, partial(cost_of_one, currency=currency))
    return f"{money(1, currency)} credited costs {ends}"


def _dark(result: AttributionResult) -> Action | None:
    """Return that won deals without touches be linked to people, where they are many."""
    part = safe_ratio(unattributed(result), total_won(result))
    if not part > result.knobs.most_unattributed:
        return None
    deals = result.won.found.deals
    deals = deals[deals["kind"].eq("won") & deals["reason"].ne(WITH_TOUCHES)]
    sums = deals.groupby("reason", observed=True)["amount"].sum().sort_values(ascending=False, kind="stable")
    reason = sums.index[0]
    rows = deals[deals["reason"].eq(reason)].sort_values(["amount", "opportunity_id"], ascending=[False, True])
    amount = money(rows["amount"].sum(), result.view.company.currency)
    what, mend, owner = _mending(str(reason), result.knobs.lookback_days)
    text = f"{what} {plural(len(rows), 'won deal')}{where(result)} ({reason}): {amount} is credited to nobody"
    because = (
        f"{share(part)} of what was won has no touch that counts, more than {share(result.knobs.most_unattributed)} "
        f"(most_unattributed); all models are silent on it. {mend}."
    )
    by = due.soon(result.period, result.view.day)
    ids = tuple(rows["opportunity_id"])
    return Action("unattributed", text, owner, float(rows["amount"].sum()), by, because, ids)


def _mending(reason: str, lookback_days: int) -> tuple[str, str, str]:
    """Return what to do about deals without touches for a reason, what takes it off the list, and whose it is."""
    if "lookback" in reason:
        return (
            f"Ask whether lookback_days is too short at {lookback_days} for",
            "Their people were touched, only earlier: a longer lookback takes it off the list, and credits old touches",
            "revops",
        )
    mend = "Contact roles on deals, and campaign members for the people who came, take it off the list"
    unknown = "no contact" in reason or "no account" in reason
    return ("Put contacts on" if unknown else "Find the touches of the people on"), mend, "sales_ops"


def _untold_costs(result: AttributionResult) -> list[Action]:
    """Return that the costs of channels be entered which get much credit and have none."""
    if "spend_amount" in result.costs.why or result.knobs.reference_model not in result.won.models:
        return []
    rows = by_verdict(result, "no_cost")
    own = result.won.of(result.knobs.reference_model)
    own = own.reindex(rows["channel"])
    rows = rows.assign(credited=own["credited_amount"].to_numpy())[own["credit_share"].to_numpy() >= _LEAST_CREDIT]
    if rows.empty:
        return []
    currency = result.view.company.currency
    names, one = join([channel_label(channel).lower() for channel in rows["channel"]]), len(rows) == 1
    credited = money(rows["credited"].sum(), currency)
    text = f"Enter what {names} cost{'s' if one else ''}{where(result)}: credited with {credited}, and no cost is known"
    because = (
        f"No ad system and no campaign gives a cost, and {model_name(result.knobs.reference_model)} gives "
        f"{'it' if one else 'each'} {share(_LEAST_CREDIT)} of credit or more. An actual cost on "
        f"{'its campaigns takes it' if one else 'their campaigns takes them'} off the list."
    )
    by = due.soon(result.period, result.view.day)
    return [Action("credit_without_cost", text, "marketing_ops", float(rows["credited"].sum()), by, because, ())]


def _lost_campaigns(result: AttributionResult) -> Action | None:
    """Return that campaigns of the CRM be looked at which cost money and have no touch of anybody on record."""
    rows = result.campaigns.by_campaign.dropna(subset="campaign_id")
    rows = rows[(rows["spend_amount"] > 0) & rows["n_touches"].eq(0) & rows["is_mature"].astype(bool)]
    if rows.empty:
        return None
    currency, spent = result.view.company.currency, float(rows["spend_amount"].sum())
    which = rows["campaign_name"].iloc[0] if len(rows) == 1 else plural(len(rows), "campaign")
    what = f"Find the responses of {which}{where(result)}"
    text = f"{what}: {money(spent, currency)} spent, and no touch is on record"
    because = (
        f"No touch of anybody on record names {'it' if len(rows) == 1 else 'them'}. Members, and UTM tags that name a "
        "campaign, take it off the list; else nobody came."
    )
    ids = tuple(sorted(rows["campaign_id"]))
    by = due.soon(result.period, result.view.day)
    return Action("spend_without_touches", text, "marketing_ops", spent, by, because, ids)
