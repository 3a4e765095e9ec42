"""The three numbers below the sentence, by who reads them: the same numbers of the report in another choice."""

import pandas as pd

from revops.actions import Number
from revops.actions.attribution_comparison.facts import by_verdict, total_won, unattributed
from revops.analysis.credit import model_name
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.checks import has_enough
from revops.ratios import safe_ratio
from revops.wording import channel_label, cost_of_one, join, missing, money, plural, share

__all__ = ["numbers"]


def numbers(result: AttributionResult) -> tuple[Number, ...]:
    """Return three numbers for the audience of the knobs."""
    choice = {
        "executive": (_depends, _moved, _dark),
        "marketing_ops": (_cost, _campaigns, _moved),
        "revops": (_dark, _moved, _settings),
    }[result.knobs.audience]
    return tuple(number(result) for number in choice)


def _depends(result: AttributionResult) -> Number:
    """Return the spend on which the models do not agree, and what is spent on channels that have too few deals."""
    rows = result.decisions.by_channel
    known = rows[rows["verdict"].ne("no_cost")]
    if known.empty:
        return Number("–", f"spend: {_why_no_spend(result)}")
    currency, depends = result.view.company.currency, by_verdict(result, "depends")
    few = known.loc[known["is_few"].astype(bool), "spend_amount"].sum()
    text = f"of {money(known['spend_amount'].sum(), currency)} spent, where the verdict depends on the model"
    text += f"; {money(few, currency)} is on channels with too few deals to judge" if few > 0 else ""
    return Number(money(depends["spend_amount"].sum(), currency), text, is_bad=len(depends) > 0)


def _moved(result: AttributionResult) -> Number:
    """Return how much credit changes channel between models, and between which."""
    rows = result.disagreement.dropna(subset="share_moved")
    if rows.empty:
        return Number("–", "of credit changes channel by model: fewer than two models can be had")
    top = rows.sort_values("share_moved", ascending=False, kind="stable").iloc[0]
    spread = result.spread.sort_values(["model_spread", "channel"], ascending=[False, True]).iloc[0]
    currency = result.view.company.currency
    text = (
        f"of credit changes channel between {model_name(top['model_a'])} and {model_name(top['model_b'])}; "
        f"{channel_label(spread['channel']).lower()} gets {money(spread['lowest_amount'], currency)} to "
        f"{money(spread['highest_amount'], currency)}"
    )
    return Number(share(top["share_moved"]), text)


def _dark(result: AttributionResult) -> Number:
    """Return what is won without a touch on record."""
    total, nobody = total_won(result), unattributed(result)
    part = safe_ratio(nobody, total)
    n = int(result.won.unattributed["n_deals"].sum())
    text = f"won without a touch that counts: {plural(n, 'deal')}"
    text += f", {share(part)} of what was won; no model credits it" if n and not missing(part) else ""
    return Number(money(nobody, result.view.company.currency), text, is_bad=part > result.knobs.most_unattributed)


def _cost(result: AttributionResult) -> Number:
    """Return spend over credit of the channels with a known cost, under the reference model."""
    rows, reference = result.decisions.by_model, result.knobs.reference_model
    rows = rows[rows["model"].eq(reference) & rows["spend_amount"].notna()]
    spend, credited = rows["spend_amount"].sum(), rows["credited_amount"].sum()
    cost, currency = safe_ratio(spend, credited), result.view.company.currency
    if missing(cost) or not spend > 0 or not credited > 0:
        return Number("–", f"cost of {money(1, currency)} credited: {_why_no_ratio(result, spend)}")
    text = (
        f"for {money(1, currency)} credited by {model_name(reference)}: {money(spend, currency)} spent on channels "
        f"credited with {money(credited, currency)}"
    )
    return Number(cost_of_one(cost, currency), text, is_bad=cost > result.costs.most_cost)


def _why_no_ratio(result: AttributionResult, spend: float) -> str:
    """Return why spend over credit cannot be had."""
    name = model_name(result.knobs.reference_model)
    if result.won.models and result.knobs.reference_model not in result.won.models:
        return f"{name} cannot be had"
    return f"nothing is credited to channels with a cost by {name}" if spend > 0 else _why_no_spend(result)


def _why_no_spend(result: AttributionResult) -> str:
    """Return why no spend stands beside credit."""
    is_known = result.costs.by_channel["spend_amount"].gt(0).any()
    why = "no model can be had to set it against" if is_known and not result.won.models else "no costs are known"
    return result.costs.why.get("spend_amount", why)


def _campaigns(result: AttributionResult) -> Number:
    """Return the types of campaigns that earn their cost under no rule; single campaigns are on too few deals."""
    rows = result.campaigns.by_type
    known = rows[rows["verdict"].ne("") & ~rows["is_few"].astype(bool)]
    none = known[known["verdict"].eq("none")].sort_values(["spend_amount", "campaign_type"], ascending=[False, True])
    if known.empty:
        return Number("–", "types of campaigns that earn their cost under no rule: none with a cost is on enough deals")
    text = f"of {plural(len(known), 'type')} of campaigns on enough deals to judge "
    text += f"{'earns its cost' if len(none) == 1 else 'earn their cost'} under no rule"
    if len(none):
        spent = money(none["spend_amount"].sum(), result.view.company.currency)
        text += f": {join(none['campaign_type'].tolist())}; {'it' if len(none) == 1 else 'they'} cost {spent}"
    return Number(f"{len(none):,}", text, is_bad=len(none) > 0)


def _settings(result: AttributionResult) -> Number:
    """Return the setting, beside the model, that moves most credit."""
    rows = result.sensitivity
    rows = rows[has_enough(rows, result.knobs.fewest_deals)]
    rows = rows[~rows["is_default"] & rows["setting"].ne("model") & rows["share_moved"].notna()]
    if rows.empty:
        return Number("–", "of credit moves with another setting: none could be tried")
    top = rows.sort_values("share_moved", ascending=False, kind="stable").iloc[0]
    text = f"of credit moves with the setting that matters most: {_setting(top)}"
    return Number(share(top["share_moved"]), text)


def _setting(row: pd.Series) -> str:
    return f"{channel_label(row['setting']).lower()}, {row['alternative']}"
