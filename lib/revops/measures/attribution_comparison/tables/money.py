"""The tables on money: what channels and campaigns cost and bring, by model, by quarter of touch and of close."""

from functools import partial

import numpy as np
import pandas as pd

from revops.analysis.credit import model_name
from revops.measures.attribution_comparison.campaigns import types_by_rule
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.shared import reference_rule
from revops.measures.attribution_comparison.tables.credit import of_one
from revops.measures.attribution_comparison.tables.found import Display
from revops.ratios import safe_ratio
from revops.wording import between, channel_label, cost_of_one, day, missing, money, odds, plural, ranges

__all__ = ["money_tables"]

_VERDICTS = {"keep": "earns its cost under all", "cut": "under none", "depends": "depends on the model",
            "no_cost": "no cost known"}  # fmt: skip
_RULES = {"all": "under all rules", "some": "under some", "none": "under none", "": "–"}
_MOST, _MOST_QUARTERS = 12, 8


def money_tables(result: AttributionResult) -> dict[str, Display]:
    """Return the tables on money by name."""
    tables = {"verdicts": _decisions(result), "costs_left_out": _left_out(result), "lift_tests": _lift(result)}
    tables |= {"largest_campaigns": _campaigns(result), "campaign_types": _types(result)}
    tables["types_of_pipeline"] = _types_of_pipeline(result)
    touched = result.cohorts.touched
    tables |= {"by_touch": _touched(touched, result), "by_close": _closed(result.cohorts.closed)}
    return tables


def _decisions(result: AttributionResult) -> Display:
    rows, known = result.decisions.by_channel, result.decisions.by_channel["verdict"].ne("no_cost")
    order = rows.assign(known=known).sort_values(["known", "spend_amount", "channel"], ascending=[False, False, True])
    own, knobs = result.decisions.by_model, result.knobs
    own = own[own["model"].eq(knobs.reference_model)].set_index("channel").reindex(order["channel"])
    cost = partial(cost_of_one, currency=result.view.company.currency)
    shown = pd.DataFrame({
        "Channel": order["channel"].map(channel_label).to_numpy(), "Spend": order["spend_amount"].to_numpy(),
        f"Cost of {of_one(result)} credited": own["cost_per_credited_amount"].to_numpy(),
        "Range": ranges(own["low"], own["high"], cost),
        "Over all models": ranges(order["lowest_cost"], order["highest_cost"], cost),
        "Models that keep": _of_models(order, "n_keep"),
        "If all won were credited": _of_models(order, "n_keep_shared"), "Deals": order["n_deals"].to_numpy(),
        "Verdict": [_verdict(row) for row in order.itertuples()],
    })  # fmt: skip
    return _caption_of_decisions(result), shown, (None, "money", "cost", None, None, None, None, "count", None)


def _of_models(rows: pd.DataFrame, name: str) -> list[str]:
    """Return how many of the models keep each channel: `13 of 17`."""
    return [f"{n:.0f} of {of:,}" if verdict != "no_cost" else "–" for n, of, verdict in
            zip(rows[name], rows["n_models"], rows["verdict"], strict=True)]  # fmt: skip


def _caption_of_decisions(result: AttributionResult) -> str:
    costs, knobs, one = result.costs, result.knobs, of_one(result)
    most = cost_of_one(costs.most_cost, result.view.company.currency)
    caption = f"Does a channel earn its cost? Yes where {one} of credit costs at most {most}{_why_most(result)}. "
    caption += f"Spend of {day(costs.since)} {costs.since.year} to {day(costs.until)} {costs.until.year}"
    caption += f", {plural(costs.lag_days, 'day')} before the deals closed" if costs.lag_days else ""
    if knobs.reference_model in result.won.models:
        caption += (
            f". Cost and range: {model_name(knobs.reference_model)}, in {odds(knobs.level)} resamples of accounts"
        )
    return f"{caption}. If all won were credited: models that keep, were the unattributed shared as the rest"


def _why_most(result: AttributionResult) -> str:
    if result.knobs.most_cost != "auto":
        return " (most_cost)"
    where = {"ledger": "gross margin by the ledger", "params": "gross_margin"}.get(result.costs.margin_source)
    return f" ({where})" if where else " (no gross margin is known)"


def _verdict(row: object) -> str:
    """Return the verdict, and whether chance could turn it."""
    if row.verdict == "no_cost":
        return _VERDICTS["no_cost"]
    if row.is_few:
        return f"{_VERDICTS[row.verdict]}; few deals"
    if row.is_sure or row.verdict == "depends":
        return _VERDICTS[row.verdict]
    turns = row.n_keep_shared != row.n_keep
    return f"{_VERDICTS[row.verdict]}; {'hangs on the unattributed' if turns else 'not beyond chance'}"


def _left_out(result: AttributionResult) -> Display:
    """Return costs that were read and not used, those used by a rule to know, and days that ad systems do not tell."""
    costs = result.costs
    lacking = [(f"no rows of {row.system} for {plural(int(row.n_days), 'day')} of these: nothing counts there", np.nan)
               for row in costs.uncovered.itertuples()]  # fmt: skip
    tables = [costs.left_out.assign(used="not used"), costs.noted.assign(used="used"),
              pd.DataFrame(lacking, columns=["reason", "amount"]).assign(used="not known")]  # fmt: skip
    rows = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    rows = rows.reindex(columns=["reason", "used", "n", "amount", "examples"])
    shown = pd.DataFrame({"Costs": rows["reason"], "Used": rows["used"], "Rows": rows["n"], "Amount": rows["amount"],
                          "Examples": rows["examples"]})  # fmt: skip
    return "Costs that were left out, or laid by a rule", shown, (None, None, "count", "money", None)


def _lift(result: AttributionResult) -> Display:
    rows, currency = result.lift, result.view.company.currency

    def amount(value: float) -> str:
        return money(value, currency)

    shown = pd.DataFrame({
        "Channel": rows["channel"].map(channel_label),
        "Days": [f"{day(row.since)} to {day(row.until)} {row.until.year}" for row in rows.itertuples()],
        "Test found": rows["incremental_amount"], "Range": ranges(rows["low"], rows["high"], amount),
        "Credited by the models": ranges(rows["lowest_amount"], rows["highest_amount"], amount),
        "Spend": rows["spend_amount"], "By the test": rows["verdict_by_test"], "Source": rows["source"],
        "Note": rows["note"],
    })  # fmt: skip
    caption = "Lift tests beside credit: what a group held back showed goes before any model"
    return caption, shown, (None, None, "money", None, None, "money", None, None, None)


def _campaigns(result: AttributionResult) -> Display:
    """Return the campaigns that cost or are credited most."""
    found = result.campaigns
    rows = found.by_campaign
    size = rows["spend_amount"].fillna(0.0).clip(lower=0) + rows["reference_amount"].fillna(0.0)
    rows = rows.assign(size=size).sort_values(["size", "campaign_name"], ascending=[False, True]).head(_MOST)
    shown, units = _returns(pd.DataFrame({"Campaign": rows["campaign_name"].to_numpy()}), rows, result)
    n = len(found.by_campaign)
    caption = f"Campaigns: all they cost so far against all deals won by the day; the {min(_MOST, n)} largest of {n:,}"
    caption += f" that did anything since {day(found.since)} {found.since.year}"
    caption += f" ({plural(found.n_older, 'older one')} left out)" if found.n_older else ""
    return f"{caption}, all in campaigns.csv{_by_chance(result)}", shown, units


def _types(result: AttributionResult) -> Display:
    rows = result.campaigns.by_type
    shown, units = _returns(pd.DataFrame({"Type": rows["campaign_type"].to_numpy()}), rows, result)
    caption = "Types of these campaigns, over all rules; Markov credits channels, not campaigns"
    return f"{caption}{_by_chance(result)}", shown, units


def _types_of_pipeline(result: AttributionResult) -> Display:
    """Return what types of campaigns are credited with of pipeline created."""
    rows = types_by_rule(result.by_rule)
    rows = rows[rows["of"].eq("pipeline_created")].groupby("campaign_type")
    deals, amount = (rows[name].agg(["min", "max"]) for name in ("credited_deals", "credited_amount"))
    shown = pd.DataFrame({
        "Type": deals.index, "Fewest deals": deals["min"].round(1).to_numpy(),
        "Most deals": deals["max"].round(1).to_numpy(), "Least": amount["min"].to_numpy(),
        "Most": amount["max"].to_numpy(),
    })  # fmt: skip
    return "Pipeline created, by type of campaign, over all rules", shown, (None, "count", "count", "money", "money")


def _returns(
    shown: pd.DataFrame, rows: pd.DataFrame, result: AttributionResult
) -> tuple[pd.DataFrame, tuple[str | None, ...]]:
    """Return cost, credit and return of campaigns beside their names."""
    currency = result.view.company.currency
    credit = [_ends(low, high, currency) for low, high in
              zip(rows["lowest_amount"], rows["highest_amount"], strict=True)]  # fmt: skip
    shown["Deals"], shown["Spend"] = rows["n_deals"].to_numpy(), rows["spend_amount"].to_numpy()
    shown["Credited"], shown["Return over rules"] = credit, ranges(rows["lowest_return"], rows["highest_return"])
    shown["By chance"] = ranges(rows["low"], rows["high"])
    shown["Earns its cost"] = [_earns(row, is_type="Type" in shown) for row in rows.itertuples()]
    shown["Largest deal"], shown["To come"] = rows["top_deal_share"].to_numpy(), rows["to_come_amount"].to_numpy()
    return shown, (None, "count", "money", None, None, None, None, "share", "money")


def _by_chance(result: AttributionResult) -> str:
    """Return under which rule the range by chance is, and how often it holds."""
    rule = reference_rule(result.won, result.knobs)
    return "" if rule is None else f". By chance: {model_name(rule)}, in {odds(result.knobs.level)} resamples"


def _earns(row: object, *, is_type: bool) -> str:
    """Return the verdict; a type always has young campaigns too."""
    if not row.verdict:
        return _RULES[""]
    young = "" if row.is_mature or is_type else "; too young"
    return _RULES[row.verdict] + ("; few deals" if row.is_few else "") + young


def _ends(low: float, high: float, currency: str) -> str:
    return "–" if missing(low) else between(low, high, lambda amount: money(amount, currency))


def _touched(rows: pd.DataFrame, result: AttributionResult) -> Display:
    """Return what the touches of each quarter have brought so far, over all channels."""
    sums = rows.groupby("quarter", sort=False, observed=True).agg(
        n_touches=("n_touches", "sum"), credited_deals=("credited_deals", "sum"),
        credited_amount=("credited_amount", "sum"), spend_amount=("spend_amount", lambda part: part.sum(min_count=1)),
        is_mature=("is_mature", "all"),
    ).reset_index()  # fmt: skip
    credited = sums["credited_amount"].where(sums["credited_amount"] > 0)
    shown = pd.DataFrame({
        "Quarter of touch": sums["quarter"].astype("str"), "Touches": sums["n_touches"],
        "Credited deals": sums["credited_deals"].round(1), "Credited so far": sums["credited_amount"],
        "Spend": sums["spend_amount"],
        f"Cost of {of_one(result)} credited": safe_ratio(sums["spend_amount"], credited),
        "Mature": ["yes" if mature else "not yet" for mature in sums["is_mature"]],
    })  # fmt: skip
    lag = plural(result.costs.lag_days, "day")
    caption = f"Touches by their quarter: deals won so far; a quarter is mature {lag} after its end"
    return caption, shown, (None, "count", "count", "money", "money", "cost", None)


def _closed(rows: pd.DataFrame) -> Display:
    """Return what channels are credited with, by the quarter in which deals closed."""
    wide = rows.pivot(index="channel", columns="quarter", values="credited_amount")
    quarters = list(dict.fromkeys(rows["quarter"]))
    wide = wide[quarters[-_MOST_QUARTERS:]].dropna(how="all").fillna(0.0)
    shown = wide.reset_index(names="Channel")
    shown["Channel"] = shown["Channel"].map(channel_label)
    shown.columns = [str(name) for name in shown.columns]
    last = f", the last {_MOST_QUARTERS} of {len(quarters)}" if len(quarters) > _MOST_QUARTERS else ""
    return f"Credit by the quarter in which deals closed{last}", shown, (None, *["money"] * wide.shape[1])
