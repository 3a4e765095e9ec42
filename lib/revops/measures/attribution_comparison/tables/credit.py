"""The tables on credit: every model on one total, how far they lie apart, the one in front, what is told beside."""

from functools import partial

import pandas as pd

from revops.analysis.credit import LABELS, model_name, rules_table
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.found import Display
from revops.wording import channel_label, cost_of_one, count, money, odds, ranges, share, told_share

__all__ = ["NOBODY", "credit_tables", "of_one"]

FAMILIES = {
    "plain": ("first_touch", "last_touch", "last_non_direct", "linear", "shapley", "time_decay"),
    "placed": ("position_based", "u_shaped", "u_shaped_even", "w_shaped", "full_path", "j_shaped", "inverse_j"),
    "markov": ("markov_1", "markov_2", "markov_3", "markov_4"),
}
"""Models that stand in one table, so that each fits a page."""
_CAPTIONS = {
    "plain": "by place or alike: Shapley here is linear over distinct channels, without order or losses",
    "placed": "by milestones and places",
    "markov": "by the share of conversions that a chain of journeys loses without the channel, told exactly",
}
NOBODY, _ALL = "(unattributed)", "(all won)"
"""Rows that are no channel; in brackets, so that no channel is called so."""
_SHARED_AS = "each distinct channel alike"


def credit_tables(result: AttributionResult) -> dict[str, Display]:
    """Return the tables on credit by name; those that have no rows are left to the notebook to say so."""
    won, tables = result.won, {}
    for family, models in FAMILIES.items():
        if any(model in won.models for model in models):
            tables[f"models_{family}"] = _models(result, models, _CAPTIONS[family])
    tables |= {"weights": _weights(result), "spread": _spread(result), "agreement": _agreement(result)}
    tables |= {"pipeline_credit": _pipeline(result), "reference": _reference(result), "removal": _removal(result)}
    if result.rate_game is not None:
        tables["rate_game"] = _rate_game(result.rate_game)
    if result.switch_off is not None:
        tables["switch_off"] = _switch_off(result)
    return tables


def of_one(result: AttributionResult) -> str:
    """Return one of the company's currency in words: `$1`."""
    return money(1, result.view.company.currency, exact=True)


def _models(result: AttributionResult, models: tuple[str, ...], about: str) -> Display:
    """Return credited amounts channel by model, with what nobody is credited with and the total that all share."""
    won = result.won
    there = [model for model in models if model in won.models]
    wide = won.table.pivot(index="channel", columns="model", values="credited_amount")[there]
    shown = wide.rename(columns=LABELS).reset_index(names="Channel")
    shown["Channel"] = shown["Channel"].map(channel_label)
    nobody = float(won.unattributed["amount"].sum())
    for name, amounts in ((NOBODY, [nobody] * len(there)), (_ALL, wide.sum() + nobody)):
        shown.loc[len(shown)] = [name, *amounts]
    caption = f"Credited amount of deals won, {about}"
    return caption, shown, (None, *["money"] * len(there))


def _weights(result: AttributionResult) -> Display:
    """Return what each rule gives to which touch, and which rules could not be had."""
    rows = rules_table()
    rows = rows[rows["model"].isin(result.won.models)]
    parts = ["first", "lead", "opportunity", "won", "last", "last_non_direct", "others"]
    columns = {"lead": "Lead made", "opportunity": "Deal made", "last_non_direct": "Last non-direct"}
    shown = pd.DataFrame({"Model": rows["label"]})
    for part in parts:
        shown[columns.get(part, part.capitalize())] = [f"{weight:g}" if weight else "–" for weight in rows[part]]
    if "shapley" in result.won.models:
        shown.loc[len(rows)] = [LABELS["shapley"], *["–"] * (len(parts) - 1), _SHARED_AS]
    unknown = result.won.milestones
    shown["Unknown on"] = [share(unknown[model]) if model in unknown else "–" for model in
                           [*rows["model"], *["shapley"] * (len(shown) - len(rows))]]  # fmt: skip
    half = f"{result.knobs.half_life_days:g}"
    caption = (
        "Percent of a deal's credit by touch; others share what is left, under time decay by age (half in "
        f"{half} days). Marks on one touch add up; others are touches up to the last mark, and where there is none the "
        "marks are scaled to 100. Unknown on: won deals where a mark is unknown and the rest is scaled"
    )
    return caption, shown.reset_index(drop=True), (None,) * shown.shape[1]


def _spread(result: AttributionResult) -> Display:
    rows = result.spread.sort_values(["model_spread", "channel"], ascending=[False, True])
    own = result.won.of(result.knobs.reference_model) if _has_reference(result) else None
    shown = pd.DataFrame({
        "Channel": rows["channel"].map(channel_label), "Least": rows["lowest_amount"],
        "Least by": rows["lowest_model"].map(LABELS), "Most": rows["highest_amount"],
        "Most by": rows["highest_model"].map(LABELS), "Spread": rows["model_spread"],
    })  # fmt: skip
    units: tuple[str | None, ...] = (None, "money", None, "money", None, "money")
    if own is not None:
        shown["Deals"] = rows["channel"].map(own["n_deals"])
        units = (*units, "count")
    return "Least and most that any model credits to a channel", shown.reset_index(drop=True), units


def _has_reference(result: AttributionResult) -> bool:
    return result.knobs.reference_model in result.won.models


def _agreement(result: AttributionResult) -> Display:
    """Return how far each model lies from the reference."""
    reference, rows = result.knobs.reference_model, result.disagreement
    rows = rows[rows["model_a"].eq(reference) | rows["model_b"].eq(reference)]
    other = rows["model_a"].where(rows["model_b"].eq(reference), rows["model_b"])
    shown = pd.DataFrame({"Model": other.map(LABELS), "Credit that moves": rows["share_moved"],
                          "Rank correlation": [f"{rank:.2f}" for rank in rows["rank_correlation"]]})  # fmt: skip
    shown = shown.sort_values("Credit that moves", ascending=False, kind="stable", ignore_index=True)
    caption = f"How far each model lies from {model_name(reference)}: share of credit that changes channel"
    return caption, shown, (None, "share", None)


def _pipeline(result: AttributionResult) -> Display:
    """Return least, reference and most credit for pipeline created, by channel, and what it cost."""
    found, reference = result.pipeline, result.knobs.reference_model
    currency = result.view.company.currency
    wide = found.table.pivot(index="channel", columns="model", values="credited_amount")
    shown = pd.DataFrame({"Channel": [channel_label(name) for name in wide.index], "Least": wide.min(axis=1)})
    units: tuple[str | None, ...] = (None, "money")
    if reference in found.models:
        middle, cost = found.of(reference), result.of_pipeline.by_model
        cost = cost[cost["model"].eq(reference)].set_index("channel").reindex(wide.index)
        shown[LABELS[reference]], shown["Share"] = middle["credited_amount"], middle["credit_share"]
        shown["Range of the share"], shown["Deals"] = ranges(middle["low"], middle["high"]), middle["n_deals"]
        shown[f"Cost of {of_one(result)} created"] = cost["cost_per_credited_amount"]
        shown["Its range"] = ranges(cost["low"], cost["high"], partial(cost_of_one, currency=currency))
        units = (None, "money", "money", "share", None, "count", "cost", None)
    shown["Most"] = wide.max(axis=1)
    nobody = money(float(found.unattributed["amount"].sum()), currency)
    caption = f"Credit for pipeline created, least to most over all models; {nobody} of it is credited to nobody"
    caption += f". Shares, costs and ranges: {model_name(reference)}" if reference in found.models else ""
    return caption, shown.reset_index(drop=True), (*units, "money")


def _reference(result: AttributionResult) -> Display:
    """Return credit, share and rank of each channel under the reference model, with their ranges by chance."""
    won, knobs = result.won, result.knobs
    model = next((name for name in (knobs.reference_model, *won.models) if name in won.models), None)
    rows = won.of(model).reset_index().sort_values(["rank", "channel"])
    few = ["; few deals" if is_few else "" for is_few in rows["is_few"]]
    shown = pd.DataFrame({
        "Channel": rows["channel"].map(channel_label), "Deals": rows["n_deals"],
        "Credited deals": rows["credited_deals"].round(1), "Credited": rows["credited_amount"],
        "Share": rows["credit_share"], "Range of the share": ranges(rows["low"], rows["high"]),
        "Rank": rows["rank"], "Range of the rank": ranges(rows["rank_low"], rows["rank_high"], count),
        f"Among the first {knobs.top}": [f"{told_share(part)}{word}"
                                         for part, word in zip(rows["top_chance"], few, strict=True)],
    })  # fmt: skip
    name = model_name(model) if model else "no model"
    caption = (
        f"Credit of deals won under {name}. Ranges hold {odds(knobs.level)} times when accounts are drawn anew; few: "
        f"on fewer than {knobs.fewest_deals} deals"
    )
    units = (None, "count", "count", "money", "share", None, "count", None, None)
    return caption, shown.reset_index(drop=True), units


def _removal(result: AttributionResult) -> Display:
    """Return the raw effects of conversions and of amount, by order of the chain."""
    rows, shown = result.won.removal, pd.DataFrame({"Channel": list(result.won.channels)})
    for model in dict.fromkeys(rows["model"]):
        own = rows[rows["model"].eq(model)].set_index("channel").reindex(shown["Channel"])
        shown[f"Order {model[-1]}"] = own["removal_effect"].to_numpy()
        shown[f"Order {model[-1]}, amount"] = own["amount_effect"].to_numpy()
    shown = shown if len(rows) else shown.iloc[:0]
    shown["Channel"] = shown["Channel"].map(channel_label)
    apart = ", that of credit notes by effects of their own" if result.won.ends["n_below_zero"].any() else ""
    caption = (
        "Raw removal effects by order of the Markov chain: share of conversions, and of their amount, lost when all "
        "that enters the channel is lost. They overlap and add up to more than 100%; credited deals are in proportion "
        f"to the former, credited amount to the latter{apart}"
    )
    return caption, shown, (None, *["share"] * (shown.shape[1] - 1))


def _rate_game(rows: pd.DataFrame) -> Display:
    shown = pd.DataFrame({"Channel": rows["channel"].map(channel_label), "Lift of the rate": rows["rate_effect"],
                          "Share of the rate": rows["rate_share"]})  # fmt: skip
    return "Game of rates: how often journeys with the channel convert, not how much", shown, (None, "share", "share")


def _switch_off(result: AttributionResult) -> Display:
    rows = result.switch_off
    shown = pd.DataFrame({"Channel": rows["channel"].map(channel_label), "Lost if off": rows["switch_off_share"],
                          "Range": ranges(rows["low"], rows["high"])})  # fmt: skip
    caption = "A logit's guess, not credit: conversions lost without the channel, if its buyers were not keener anyway"
    return caption, shown, (None, "share", None)
