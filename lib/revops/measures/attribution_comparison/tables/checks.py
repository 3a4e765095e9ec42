"""The tables that say how far to trust credit: other settings, planted truth, and one deal touch by touch."""

import numpy as np
import pandas as pd

from revops.analysis.credit import LABELS
from revops.measures.attribution_comparison.deal_audit import DealAudit
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.credit import FAMILIES
from revops.measures.attribution_comparison.tables.found import Display
from revops.wording import channel_label, day, missing, money, plural, share

__all__ = ["check_tables", "has_enough"]

_ROW = 60
_LEAST_MOVED = 0.01
_WORLDS = {True: "keen", False: "alike"}


def check_tables(result: AttributionResult) -> dict[str, Display]:
    """Return the tables by name; those on a deal only where there is one."""
    tables = {"settings": _settings(result)} | _planted(result)
    return tables if result.deal is None else tables | _deal(result)


def has_enough(settings: pd.DataFrame, fewest: int) -> pd.Series:
    """Return whether enough deals have touches under each alternative of sensitivity to be told of.

    Formula
        At least `fewest` deals won with touches, and at least half of those under the report's own settings.
    """
    deals = settings["n_deals"]
    own = deals[settings["is_default"]].max()
    return deals.ge(fewest) & ~deals.lt(own / 2)


def _settings(result: AttributionResult) -> Display:
    rows = result.sensitivity.assign(is_enough=has_enough(result.sensitivity, result.knobs.fewest_deals))
    rows = rows[~rows["is_default"]]
    n_all, rows = len(rows), rows[~rows["share_moved"].lt(_LEAST_MOVED) | rows["n_flips"].gt(0)]
    moves = [_move(channel, gain) for channel, gain in zip(rows["channel"], rows["moved"], strict=True)]
    few = pd.Series(np.where(rows["is_enough"], "", " (few deals)"), rows.index, dtype="str")
    shown = pd.DataFrame({
        "Setting": rows["setting"].map(channel_label).to_numpy(),
        "If it were": (rows["alternative"].astype("str").replace(LABELS) + few).to_numpy(),
        "Under": rows["model"].map(LABELS).fillna("–").to_numpy(), "Deals": rows["n_deals"].to_numpy(),
        "Credit that moves": rows["share_moved"].to_numpy(), "Most": moves,
        "Channels that turn": rows["n_flips"].to_numpy(), "Unattributed": rows["unattributed_amount"].to_numpy(),
    })  # fmt: skip
    caption = (
        "What else the answer hangs on: one setting changed at a time; channels that turn: kept or cut under that model"
    )
    if n_rest := n_all - len(shown):
        verbs = ("moves", "turns") if n_rest == 1 else ("move", "turn")
        caption += (
            f". Not shown: {plural(n_rest, 'change')} that {verbs[0]} less than 1 point and {verbs[1]} no channel"
        )
    if not rows["is_enough"].all():
        caption += (
            f". Few deals: fewer than {result.knobs.fewest_deals}, or than half of the report's own, have touches"
        )
    return caption, shown, (None, None, None, "count", "share", None, "count", "money")


def _move(channel: str, gain: float) -> str:
    points = 0 if missing(gain) else round(gain * 100)
    return f"{channel_label(channel)} {points:+d} point{'' if abs(points) == 1 else 's'}" if points else "–"


def _planted(result: AttributionResult) -> dict[str, Display]:
    """Return how far each model is from planted truth, in both worlds."""
    rows = result.panel.table
    shown, units = pd.DataFrame({"Model": rows["model"].unique()}), [None]
    for selection, buyers in _WORLDS.items():
        world = rows[rows["selection"].eq(selection)].set_index("model").reindex(shown["Model"])
        shown[f"Points off, {buyers}"] = world["l1_points"].round().to_numpy()
        shown[f"Rank correlation, {buyers}"] = [f"{rank:.2f}" for rank in world["rank_correlation"]]
        units += ["count", None]
    shown["Model"] = [LABELS.get(name, "Switch-off logit, no credit") for name in shown["Model"]]
    truly = dict.fromkeys(share(part) for part in result.panel.worlds["incremental_share"])
    caption = (
        "The same code on made-up journeys whose truth is known; keen: keener buyers meet more channels, alike: by "
        "chance. Points off: sum of absolute differences of shares, 200 at most. Touches truly caused "
        f"{' and '.join(truly)} of conversions; every model hands out all of them. What each credits to channels that "
        "do nothing stands behind the chart"
    )
    return {"planted_truth": (caption, shown, tuple(units))}


def _deal(result: AttributionResult) -> dict[str, Display]:
    """Return the touches of one deal, and the credit of each under every rule."""
    deal, currency = result.deal, result.view.company.currency
    rows = deal.touches
    amount = "" if missing(deal.amount) else f", {money(deal.amount, currency, exact=True)}"
    where = f"{deal.opportunity_id}, {deal.kind} {day(deal.ended_at)} {deal.ended_at.year}{amount}"
    if rows.empty:
        shown = pd.DataFrame({"Deal": [where], "Why it has no credit": [deal.why]})
        return {"deal_touches": ("The deal asked for has no touch that counts", shown, (None, None))}
    shown = pd.DataFrame({
        "Date": rows["touched_at"].dt.normalize(), "Channel": rows["channel"].map(channel_label),
        "Campaign": rows["campaign_name"].fillna("–"), "Who": rows["person"],
        "Days before": rows["days_before"].round(), "Marks": rows["milestones"].replace({"": "–"}),
    })  # fmt: skip
    caption = f"{where}: its touches. {deal.why}"
    tables = {"deal_touches": (caption, shown, ("date", None, None, None, "days", None))}
    names = [f"{number + 1}. {day(at)}, {channel_label(channel)}"[:_ROW] for number, (at, channel) in
             enumerate(zip(rows["touched_at"], rows["channel"], strict=True))]  # fmt: skip
    for family, models in FAMILIES.items():
        there = [model for model in models if model in rows]
        if there:
            tables[f"deal_{family}"] = _credit_of(deal, names, there, family)
    return tables


def _credit_of(deal: DealAudit, names: list[str], models: list[str], family: str) -> Display:
    shown = pd.DataFrame({"Touch": names})
    for model in models:
        shown[LABELS[model]] = [share(part) if part else "–" for part in deal.touches[model]]
    also = "; Markov models tell of channels over all journeys and split no single deal" if family == "placed" else ""
    caption = f"{deal.opportunity_id}: percent of its credit by touch{also}"
    return caption, shown, (None,) * shown.shape[1]
