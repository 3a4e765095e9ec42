"""What the charts of spend claim: title, alternative text, caption and the data behind it."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from revops import wording
from revops.analysis.credit import model_name
from revops.charts.attribution_comparison.drawings import plot_touched
from revops.charts.attribution_comparison.labels import channels_said, headed, reference_of
from revops.charts.attribution_comparison.rows import plot_decisions, plot_returns
from revops.charts.rows import signed_share
from revops.charts.style import Chart
from revops.measures.attribution_comparison.result import AttributionResult

__all__ = ["decisions", "return_by_campaign", "touched"]

_MOST_ROWS = 12
_NAMED = 5


def decisions(result: AttributionResult) -> Chart | None:
    """Return what an amount credited to each channel costs under all models; None where no cost is known."""
    found, knobs = result.decisions, result.knobs
    rows = found.by_channel[found.by_channel["verdict"].isin(["keep", "cut", "depends"])]
    if rows.empty:
        return None
    reference = reference_of(result.won, knobs.reference_model)
    rows = _with_costs(rows, found.by_model, reference)
    rows = rows.sort_values(["highest_cost", "reference_cost", "channel"], ascending=[False, False, True],
                            ignore_index=True)  # fmt: skip
    write, currency = _cost_of(result), result.view.company.currency
    title, limit = _title_of_decisions(rows), write(result.costs.most_cost)
    parts = [
        f"{row.label} {_ends(row, write)} ({wording.plural(int(row.n_keep), 'model')} of {row.n_models:,} within the "
        f"limit, {_verdict(row)})"
        for row in rows.itertuples()
    ]
    shown = rows.head(_MOST_ROWS)
    ax = plot_decisions(shown, result.costs.most_cost, currency)
    caption = _caption_of_decisions(result, rows, model_name(reference))
    is_cut = (shown["highest_cost"] > ax.get_xlim()[1]).any()
    caption += f" Arrow: beyond {write(ax.get_xlim()[1])}, or nothing credited." if is_cut else ""
    caption += "" if len(shown) == len(rows) else f" The {len(shown)} highest of {len(rows)} channels."
    columns = ["label", "spend_amount", "lowest_cost", "reference_cost", "highest_cost", "n_keep", "n_models", "held",
               "verdict"]  # fmt: skip
    data = headed(rows[columns].replace(np.inf, np.nan))
    units = (None, "money", "cost", "cost", "cost", "count", "count", "share", None)
    return Chart("decisions", title, f"{title}. Limit {limit}. {'; '.join(parts)}.", caption, ax, data, units)


def _caption_of_decisions(result: AttributionResult, rows: pd.DataFrame, reference: str) -> str:
    n_models, limit, knobs = int(rows["n_models"].max()), _cost_of(result)(result.costs.most_cost), result.knobs
    one, few = wording.money(1, result.view.company.currency, exact=True), rows["is_few"].astype(bool)
    caption = (
        f"What {one} of credit costs{f', lowest to highest of {n_models} models' if n_models > 1 else ''}; "
        f"dot: {reference}. A channel earns its cost up to {limit} (dashed): keep = under every model, "
        "cut = under none."
    )
    if (~rows["is_sure"] & rows["verdict"].ne("depends") & ~few).any():
        why = f"less than {wording.share(knobs.sure)} of redraws of accounts agree"
        turns = rows["n_keep_shared"].ne(rows["n_keep"]).any()
        caption += f" With a question mark: {why}{', or sharing what is unattributed turns models' if turns else ''}."
    caption += f" Few: on fewer than {knobs.fewest_deals} won deals, not judged." if few.any() else ""
    found = result.decisions.by_channel
    unknown = [wording.channel_label(name) for name in found.loc[found["verdict"].eq("no_cost"), "channel"]]
    return caption + (f" No known cost: {channels_said(unknown, _NAMED)}." if unknown else "")


def _with_costs(rows: pd.DataFrame, by_model: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return channels with their cost under the reference model; infinite where a model credits nothing."""
    known = by_model[by_model["channel"].isin(rows["channel"])]
    cost = known["cost_per_credited_amount"].fillna(np.inf)
    own = known["model"].eq(reference)
    return rows.assign(
        label=rows["channel"].map(wording.channel_label),
        reference_cost=rows["channel"].map(cost[own].set_axis(known.loc[own, "channel"])).fillna(np.inf),
        highest_cost=rows["channel"].map(cost.groupby(known["channel"]).max()).fillna(rows["highest_cost"]),
        lowest_cost=rows["lowest_cost"].fillna(np.inf),
    )


def _cost_of(result: AttributionResult) -> Callable[[float], str]:
    return partial(wording.cost_of_one, currency=result.view.company.currency)


def _verdict(row: object) -> str:
    if row.is_few:
        return "too few deals"
    return row.verdict if row.is_sure or row.verdict == "depends" else f"{row.verdict}, not sure"


def _ends(row: object, write: Callable[[float], str]) -> str:
    if np.isinf(row.lowest_cost):
        return "without credit"
    if np.isinf(row.highest_cost):
        return f"{write(row.lowest_cost)} or more, nothing credited under some"
    return wording.between(row.lowest_cost, row.highest_cost, write)


def _title_of_decisions(rows: pd.DataFrame) -> str:
    """Return how many channels earn their cost under every model, under none, or by the model chosen; those on few
    deals are only counted."""
    few = rows["is_few"].astype(bool)
    n_few = int(few.sum())
    if n_few == len(rows):
        who = (
            f"whether {rows['label'].iloc[0]} earns its cost"
            if n_few == 1
            else f"which of {n_few} channels earn their cost"
        )
        return f"Too few deals to say {who}"
    return _title_of_judged(rows[~few]) + (f"; {n_few} on too few deals" if n_few else "")


def _title_of_judged(rows: pd.DataFrame) -> str:
    n, n_keep, n_cut = len(rows), *(int(rows["verdict"].eq(word).sum()) for word in ("keep", "cut"))
    n_depends, every = n - n_keep - n_cut, "the only model" if rows["n_models"].max() == 1 else "every model"
    judged = rows[rows["verdict"].ne("depends")]
    chance = ", maybe by chance" if len(judged) and not judged["is_sure"].any() else ""
    if n == 1:
        name, verdict = rows["label"].iloc[0], rows["verdict"].iloc[0]
        said = {"keep": f"{name} earns its cost under {every}", "cut": f"{name} earns its cost under no model"}
        return said.get(verdict, f"Whether {name} earns its cost depends on the model") + chance
    if n_keep == n:
        return f"All {n} channels with a known cost earn it under {every}{chance}"
    if n_cut == n:
        return f"None of {n} channels with a known cost earns it under any model{chance}"
    if n_depends == n:
        return f"Whether {'either' if n == 2 else 'any'} of {n} channels earns its cost depends on the model"
    under = [(n_keep, every), (n_cut, "none")] if n_keep else [(n_cut, "no model")]
    under = [(k, model) for k, model in under if k]
    verb = "earns its cost" if under[0][0] == 1 else "earn their cost"
    said = ", ".join(f"{k} under {model}" for k, model in under[1:])
    said = f"{under[0][0]} of {n} channels {verb} under {under[0][1]}{f', {said}' if said else ''}"
    depends = f"; {n_depends} depend{'s' if n_depends == 1 else ''} on the model" if n_depends else ""
    return f"{said}{depends}{chance}"


def touched(result: AttributionResult) -> Chart | None:
    """Return what touches of each quarter are credited with, and what was spent in it; None without touches, or where
    no model could be had."""
    if not result.won.models:
        return None
    table, currency = result.cohorts.touched, result.view.company.currency
    has_cost = table.groupby("channel")["spend_amount"].transform(lambda spend: spend.gt(0).any()).astype(bool)
    is_known = bool(has_cost.any())
    table = table[has_cost] if is_known else table
    if table.empty:
        return None
    by_quarter = table.groupby("quarter", sort=True)
    rows = by_quarter[["credited_amount", "credited_deals", "n_touches"]].sum()
    rows["spend_amount"] = by_quarter["spend_amount"].sum(min_count=1)
    rows["is_mature"] = by_quarter["is_mature"].all()
    rows = rows.reset_index()
    money = _of(currency)
    parts = [
        f"{row.quarter} credited {money(row.credited_amount)}"
        + ("" if wording.missing(row.spend_amount) else f", spent {money(row.spend_amount)}")
        + ("" if row.is_mature else ", still young")
        for row in rows.itertuples()
    ]
    title = _title_of_touched(rows, money)
    channels = sorted({wording.channel_label(name) for name in table["channel"]})
    of = f"channels with a known cost ({channels_said(channels, _NAMED)})" if is_known else "all channels"
    caption = f"Credit for deals won by now, by the quarter of the touch, of {of}"
    caption += "; spend of the same quarter." if is_known else "; no cost is known."
    if not rows["is_mature"].all():
        caption += " Grey: too young, its deals are still to close."
    data = headed(rows[["quarter", "n_touches", "credited_deals", "credited_amount", "spend_amount"]])
    ax = plot_touched(rows, currency)
    units = (None, "count", "count", "money", "money")
    return Chart("touched", title, f"{title}. {'; '.join(parts)}.", caption, ax, data, units)


def _of(currency: str) -> object:
    return lambda amount: wording.money(amount, currency)


def _title_of_touched(rows: pd.DataFrame, money: object) -> str:
    """Return what the last quarter old enough brought for what was spent in it."""
    old = rows[rows["is_mature"]]
    if old.empty:
        return "No quarter of touches is old enough to be judged"
    last = old.iloc[-1]
    said = f"Touches of {last['quarter']}, the last old enough, are credited with {money(last['credited_amount'])}"
    return said if wording.missing(last["spend_amount"]) else f"{said} for {money(last['spend_amount'])} spent"


def return_by_campaign(result: AttributionResult) -> Chart | None:
    """Return what the campaigns with the most spend return under all rules; None where no campaign's cost is known, or
    no model could be had."""
    if not result.won.models:
        return None
    rows = result.campaigns.by_campaign
    rows = rows[rows["spend_amount"].gt(0) & rows["lowest_return"].notna() & rows["verdict"].ne("")]
    if rows.empty:
        return None
    n_all = len(rows)
    order = ["spend_amount", "campaign_name", "campaign_id"]
    rows = rows.sort_values(order, ascending=[False, True, True], ignore_index=True).head(_MOST_ROWS)
    rows = rows.assign(label=[_campaign_label(row) for row in rows.itertuples()])
    title, money = _title_of_returns(rows, n_all), _of(result.view.company.currency)
    parts = [
        f"{row.label}, {money(row.spend_amount)} spent: "
        f"{wording.between(row.lowest_return, row.highest_return, signed_share)} ({row.verdict}"
        f"{'' if row.is_mature else ', still young'})"
        for row in rows.itertuples()
    ]
    caption = (
        "Contribution less spend, over spend, from the rule that credits least to the one that credits most. All, "
        f"some, none: of the rules, earns its cost.{f' Most spend first, of {n_all}.' if n_all > 1 else ''}"
    )
    if not rows["is_mature"].all():
        caption += " Hollow: too young, its deals are still to close."
    ax = plot_returns(rows)
    most = ax.get_xlim()[1]
    caption += f" Arrow: beyond {signed_share(most)}." if (rows["highest_return"] > most).any() else ""
    columns = ["label", "spend_amount", "n_deals", "lowest_return", "highest_return", "verdict"]
    data = headed(rows[columns], label="campaign")
    units = (None, "money", "count", "share", "share", None)
    return Chart("return_by_campaign", title, f"{title}. {'; '.join(parts)}.", caption, ax, data, units)


def _campaign_label(row: object) -> str:
    name = "" if wording.missing(row.campaign_name) else " ".join(str(row.campaign_name).split())
    return name or ("No name" if wording.missing(row.campaign_id) else str(row.campaign_id))


def _title_of_returns(rows: pd.DataFrame, n_all: int) -> str:
    """Return how many of the campaigns that are old enough earn their cost under all rules, some, or none."""
    who, old = f"the {len(rows)} campaigns with the most spend", rows[rows["is_mature"].astype(bool)]
    who = who if n_all > len(rows) else wording.plural(len(rows), "campaign")
    if old.empty:
        return f"{who[0].upper()}{who[1:]} {'is' if len(rows) == 1 else 'are'} too young to judge"
    n, counts = len(old), old["verdict"].value_counts()
    who = who if n == len(rows) else f"the {n} old enough of {who}" if n > 1 else f"the one old enough of {who}"
    name = old["label"].iloc[0] if len(rows) == 1 else who
    words = {"all": "all rules", "some": "some rules only", "none": "no rule"}
    (most, word), *rest = [(int(counts[verdict]), word) for verdict, word in words.items() if verdict in counts]
    earn = f"{'earns its cost' if most == 1 else 'earn their cost'} under {word}"
    if not rest:
        return f"{name[0].upper()}{name[1:]} {earn}"
    return f"Of {who} {most} {earn}, {wording.join([f'{number} under {said}' for number, said in rest])}"
