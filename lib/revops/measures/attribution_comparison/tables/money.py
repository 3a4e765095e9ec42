"""The tables on money: what channels and campaigns cost and bring, by model, by quarter of touch and of close."""

import numpy as np
import pandas as pd

from revops.measures.attribution_comparison.campaigns import types_by_rule
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.credit import Display
from revops.wording import between, channel_label, day, missing, money, plural, ranges, share

__all__ = ["VERDICTS", "money_tables"]

VERDICTS = {"keep": "earns its cost under all", "cut": "under none", "depends": "depends on the model",
            "no_cost": "no cost known"}  # fmt: skip
_RULES = {"all": "under all rules", "some": "under some", "none": "under none", "": "–"}
_MOST, _MOST_QUARTERS = 15, 8


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
    own = result.decisions.by_model
    own = own[own["model"].eq(result.knobs.reference_model)].set_index("channel").reindex(order["channel"])
    shown = pd.DataFrame({
        "Channel": order["channel"].map(channel_label).to_numpy(), "Spend": order["spend_amount"].to_numpy(),
        "Cost of 1 credited": own["cost_per_credited_amount"].to_numpy(), "Range": ranges(own["low"], own["high"]),
        "Over all models": ranges(order["lowest_cost"], order["highest_cost"]),
        "Models that keep": [f"{row.n_keep} of {row.n_models}" if row.verdict != "no_cost" else "–"
                             for row in order.itertuples()],
        "Deals": order["n_deals"].to_numpy(), "Verdict": [_verdict(row) for row in order.itertuples()],
    })  # fmt: skip
    most, costs = share(result.costs.most_cost), result.costs
    caption = f"Does a channel earn its cost? Yes where 1 credited costs at most {most}{_why_most(result)}. "
    caption += f"Spend of {day(costs.since)} {costs.since.year} to {day(costs.until)} {costs.until.year}"
    caption += f", {plural(costs.lag_days, 'day')} before the deals closed" if costs.lag_days else ""
    return caption, shown, (None, "money", "share", None, None, None, "count", None)


def _why_most(result: AttributionResult) -> str:
    if result.knobs.most_cost != "auto":
        return " (most_cost)"
    where = {"ledger": "gross margin by the ledger", "params": "gross_margin"}.get(result.costs.margin_source)
    return f" ({where})" if where else " (no gross margin is known)"


def _verdict(row: object) -> str:
    """Return the verdict, and whether chance could turn it."""
    if row.verdict == "no_cost":
        return VERDICTS["no_cost"]
    if row.is_few:
        return f"{VERDICTS[row.verdict]}; few deals"
    return VERDICTS[row.verdict] + ("" if row.is_sure or row.verdict == "depends" else "; not beyond chance")


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
    rows = result.campaigns.by_campaign
    size = rows["spend_amount"].fillna(0.0).clip(lower=0) + rows["reference_amount"].fillna(0.0)
    rows = rows.assign(size=size).sort_values(["size", "campaign_name"], ascending=[False, True]).head(_MOST)
    shown, units = _returns(pd.DataFrame({"Campaign": rows["campaign_name"].to_numpy()}), rows, result)
    n = len(result.campaigns.by_campaign)
    return f"Campaigns: the {min(_MOST, n)} largest of {n:,} by cost and credit; all in campaigns.csv", shown, units


def _types(result: AttributionResult) -> Display:
    rows = result.campaigns.by_type
    shown, units = _returns(pd.DataFrame({"Type": rows["campaign_type"].to_numpy()}), rows, result)
    return "Types of campaigns, over all rules; Markov credits channels, not campaigns", shown, units


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
    shown = pd.DataFrame({
        "Quarter of touch": sums["quarter"].astype("str"), "Touches": sums["n_touches"],
        "Credited deals": sums["credited_deals"].round(1), "Credited so far": sums["credited_amount"],
        "Spend": sums["spend_amount"],
        "Cost of 1 credited": sums["spend_amount"] / sums["credited_amount"].where(sums["credited_amount"] > 0),
        "Mature": ["yes" if mature else "not yet" for mature in sums["is_mature"]],
    })  # fmt: skip
    lag = plural(result.costs.lag_days, "day")
    caption = f"Touches by their quarter: deals won so far; a quarter is mature {lag} after its end"
    return caption, shown, (None, "count", "count", "money", "money", "share", None)


def _closed(rows: pd.DataFrame) -> Display:
    """Return what channels are credited with, by the quarter in which deals closed."""
    wide = rows.pivot(index="channel", columns="quarter", values="credited_amount")
    quarters = list(dict.fromkeys(rows["quarter"]))
    wide = wide[quarters[-_MOST_QUARTERS:]].dropna(how="all")
    shown = wide.reset_index(names="Channel")
    shown["Channel"] = shown["Channel"].map(channel_label)
    shown.columns = [str(name) for name in shown.columns]
    last = f", the last {_MOST_QUARTERS} of {len(quarters)}" if len(quarters) > _MOST_QUARTERS else ""
    return f"Credit by the quarter in which deals closed{last}", shown, (None, *["money"] * wide.shape[1])
