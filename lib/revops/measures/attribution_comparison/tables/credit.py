"""The tables on credit: what was reconciled, every model on one total, how far they lie apart, what is told beside."""

import pandas as pd

from revops.analysis.credit import LABELS, model_name, rules_table
from revops.analysis.journeys import WITH_TOUCHES
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.result import AttributionResult
from revops.wording import channel_label, count, money, plural, ranges, share, told_share

__all__ = ["Display", "credit_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
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
_SHARED_AS = "each distinct channel alike"


def credit_tables(result: AttributionResult) -> dict[str, Display]:
    """Return the tables on credit by name; those that have no rows are left to the notebook to say so."""
    won = result.won
    tables = {"deals_found": _deals(result.won, "Deals that closed in the window"), "touches_found": _touches(won)}
    tables["deals_made"] = _deals(result.pipeline, "Deals that were made in the window")
    for family, models in FAMILIES.items():
        if any(model in won.models for model in models):
            tables[f"models_{family}"] = _models(result, models, _CAPTIONS[family])
    tables |= {"weights": _weights(result), "spread": _spread(result), "agreement": _agreement(result)}
    tables |= {"pipeline_credit": _pipeline(result), "rank_ranges": _ranks(result), "removal": _removal(result)}
    if result.rate_game is not None:
        tables["rate_game"] = _rate_game(result.rate_game)
    if result.switch_off is not None:
        tables["switch_off"] = _switch_off(result)
    return tables


def _deals(found: Credited, what: str) -> Display:
    """Return deals and amounts by what became of their touches; won, lost, open and undated side by side."""
    rows = found.found.reconciliation
    reasons = [WITH_TOUCHES, *(name for name in found.unattributed["reason"]), *rows["reason"]]
    shown, units = pd.DataFrame({"Touches": list(dict.fromkeys(reasons))}), [None]
    for kind in dict.fromkeys(rows["kind"]):
        own = rows[rows["kind"].eq(kind)].set_index("reason").reindex(shown["Touches"])
        shown[kind.capitalize()] = own["n_deals"].fillna(0).astype("int64").to_numpy()
        shown[f"{kind.capitalize()} amount"] = own["amount"].fillna(0.0).to_numpy()
        units += ["count", "money"]
    shown = shown[shown["Touches"].isin(rows["reason"])].reset_index(drop=True)
    blank = int(rows["n_without_amount"].sum())
    now = ", and those open now" if found.cutoff == "close" and rows["kind"].eq("open").any() else ""
    caption = f"{what}{now}, with touches and without: what has none is credited to nobody"
    caption += f". {plural(blank, 'deal')} without an amount" if blank else ""
    return caption, shown, tuple(units)


def _touches(won: Credited) -> Display:
    rows = won.found.left_out
    shown = pd.DataFrame({"What became of them": rows["reason"], "Touches": rows["n_touches"],
                          "Touch and deal": rows["n_pairs"]})  # fmt: skip
    return "Touches used and left out; one touch may be on several deals", shown, (None, "count", "count")


def _models(result: AttributionResult, models: tuple[str, ...], about: str) -> Display:
    """Return credited amounts channel by model, with what nobody is credited with and the total that all share."""
    won = result.won
    there = [model for model in models if model in won.models]
    wide = won.table.pivot(index="channel", columns="model", values="credited_amount")[there]
    shown = wide.rename(columns=LABELS).reset_index(names="Channel")
    shown["Channel"] = shown["Channel"].map(channel_label)
    nobody = float(won.unattributed["amount"].sum())
    for name, amounts in (("Unattributed", [nobody] * len(there)), ("All won", wide.sum() + nobody)):
        shown.loc[len(shown)] = [name, *amounts]
    caption = f"Credited amount of deals won, {about}"
    return caption, shown, (None, *["money"] * len(there))


def _weights(result: AttributionResult) -> Display:
    """Return what each rule gives to which touch, and which rules could not be had."""
    rows = rules_table()
    rows = rows[rows["model"].isin(result.knobs.models)]
    parts = ["first", "lead", "opportunity", "won", "last", "last_non_direct", "others"]
    columns = {"lead": "Lead made", "opportunity": "Deal made", "last_non_direct": "Last non-direct"}
    shown = pd.DataFrame({"Model": rows["label"]})
    for part in parts:
        shown[columns.get(part, part.capitalize())] = [f"{weight:g}" if weight else "–" for weight in rows[part]]
    if "shapley" in result.knobs.models:
        shown.loc[len(rows)] = [LABELS["shapley"], *["–"] * (len(parts) - 1), _SHARED_AS]
    unknown = result.won.milestones
    shown["Unknown on"] = [share(unknown[model]) if model in unknown else "–" for model in
                           [*rows["model"], *["shapley"] * (len(shown) - len(rows))]]  # fmt: skip
    half = f"{result.knobs.half_life_days:g}"
    caption = (
        "Percent of a deal's credit by touch; others share what is left, under time decay by age (half in "
        f"{half} days). Marks on one touch add up. Unknown on: won deals where a mark is unknown and the rest is scaled"
    )
    return caption, shown.reset_index(drop=True), (None,) * shown.shape[1]


def _spread(result: AttributionResult) -> Display:
    rows = result.spread.sort_values(["model_spread", "channel"], ascending=[False, True])
    own = result.won.of(result.knobs.reference_model) if _has_reference(result) else None
    shown = pd.DataFrame({
        "Channel": rows["channel"].map(channel_label), "Least": rows["lowest_amount"],
        "by": rows["lowest_model"].map(LABELS), "Most": rows["highest_amount"],
        "by model": rows["highest_model"].map(LABELS), "Spread": rows["model_spread"],
    })  # fmt: skip
    units: tuple[str | None, ...] = (None, "money", None, "money", None, "money")
    if own is not None:
        shown["Deals"] = rows["channel"].map(own["n_deals"])
        units = (*units, "count")
    return "What the choice of model decides", shown.reset_index(drop=True), units


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
    wide = found.table.pivot(index="channel", columns="model", values="credited_amount")
    shown = pd.DataFrame({"Channel": [channel_label(name) for name in wide.index], "Least": wide.min(axis=1)})
    units: tuple[str | None, ...] = (None, "money")
    if reference in found.models:
        middle, cost = found.of(reference), result.of_pipeline.by_model
        cost = cost[cost["model"].eq(reference)].set_index("channel").reindex(wide.index)
        shown[LABELS[reference]], shown["Share"] = middle["credited_amount"], middle["credit_share"]
        shown["Range of the share"], shown["Deals"] = ranges(middle["low"], middle["high"]), middle["n_deals"]
        shown["Cost of 1 created"] = cost["cost_per_credited_amount"]
        shown["Its range"] = ranges(cost["low"], cost["high"])
        units = (None, "money", "money", "share", None, "count", "share", None)
    shown["Most"] = wide.max(axis=1)
    nobody = money(float(found.unattributed["amount"].sum()), result.view.company.currency)
    caption = f"Credit for pipeline created, least to most over all models; {nobody} of it is credited to nobody"
    return caption, shown.reset_index(drop=True), (*units, "money")


def _ranks(result: AttributionResult) -> Display:
    """Return each channel's rank with its range under the reference, and the chance to be among the first, by model."""
    reference, top = result.knobs.reference_model, result.knobs.top
    drawn = result.won.table.dropna(subset="top_chance")
    own = drawn[drawn["model"].eq(reference)].set_index("channel")
    chances = drawn.groupby("channel")["top_chance"].agg(["min", "max"])
    shown = pd.DataFrame({"Channel": [channel_label(name) for name in chances.index]}, index=chances.index)
    if len(own):
        shown["Rank"], shown["Range"] = own["rank"], ranges(own["rank_low"], own["rank_high"], count)
        shown[f"Among the first {top}"] = own["top_chance"].map(told_share)
    shown["Least by a model"], shown["Most by a model"] = (chances[end].map(told_share) for end in ("min", "max"))
    units = (None, *(("count", None, None) if len(own) else ()), None, None)
    if len(own):
        shown = shown.sort_values(["Rank", "Channel"])
    caption = f"How stable ranks are under {model_name(reference)}: shares of resamples of accounts"
    return caption, shown.reset_index(drop=True), units


def _removal(result: AttributionResult) -> Display:
    rows = result.won.removal
    wide = rows.pivot(index="channel", columns="model", values="removal_effect")
    shown = wide.rename(columns=LABELS).reset_index(names="Channel")
    shown["Channel"] = shown["Channel"].map(channel_label)
    caption = (
        "Raw removal effects: share of conversions lost when all that enters the channel is lost. They overlap and add "
        "up to more than 1; credit is their share"
    )
    return caption, shown, (None, *["share"] * wide.shape[1])


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
