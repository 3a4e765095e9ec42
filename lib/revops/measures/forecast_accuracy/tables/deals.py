"""The tables on deals: how good their chances were, how commit came in, what slipped, and what is offered instead."""

import pandas as pd

from revops.analysis.forecast_categories import CATEGORY_LABELS
from revops.measures.forecast_accuracy.deals.deal_chances import DealChances
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import plural, ranges, share

__all__ = ["Display", "deal_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
_TOLD = {"win_probability": "the CRM", "chance": "deals of the other quarters, by stage and pushes"}


def deal_tables(result: ForecastResult) -> dict[str, Display]:
    """Return the tables on deals; none without their history."""
    told = result.deals
    if told is None:
        return {}
    tables = {"scores": _scores(told), "hits": _hits(told), "slippage": _slipped(told)}
    if told.crm is not None and told.offered is not None:
        tables |= {"told_and_won": _reliability(told), "stages": _stages(told, result.view.company.stage_order)}
    return tables


def _reliability(told: DealChances) -> Display:
    rows = told.crm.table
    shown = pd.DataFrame({
        "Told": [share(told) for told in rows["told"]],
        "Won": rows["won_share"], "Range": ranges(rows["low"], rows["high"]), "Deals": rows["n"],
        "Differs": rows["differs"].map({True: "yes", False: "no"}), "Won by amount": rows["won_amount_share"],
    })  # fmt: skip
    without = f"; {plural(told.crm.n_without, 'deal')} without one" if told.crm.n_without else ""
    caption = f"Of deals the CRM marked so, the share won in the quarter they were due{without}"
    return caption, shown, (None, "share", None, "count", None, "share")


def _scores(told: DealChances) -> Display:
    rows = told.scores
    shown = pd.DataFrame({
        "Chances told by": rows["probability"].map(_TOLD), "Deals": rows["n"], "Told on average": rows["told"],
        "Won": rows["won_share"], "Brier score": [f"{value:.3f}" for value in rows["brier"]],
        "Skill against the usual share": rows["brier_skill"],
        "Skill range": ranges(rows["skill_low"], rows["skill_high"]),
        "Calibration slope": [f"{value:.2f}" if value == value else "–" for value in rows["calibration_slope"]],
        "Slope range": ranges(rows["slope_low"], rows["slope_high"], lambda value: f"{value:.2f}"),
    })  # fmt: skip
    caption = "How good the chances were: a slope below 1 is too bold; skill 0 is no better than the usual share won"
    return caption, shown, (None, "count", "share", "share", None, "share", None, None, None)


def _hits(told: DealChances) -> Display:
    rows = told.hits[told.hits["n"] > 0]
    shown = pd.DataFrame({
        "Category": rows["category"].replace(CATEGORY_LABELS), "Deals": rows["n"], "Won": rows["hit_rate"],
        "Range": ranges(rows["low"], rows["high"]), "Amount": rows["amount"],
        "Won by amount": rows["hit_rate_by_amount"],
        "Range by amount": ranges(rows["by_amount_low"], rows["by_amount_high"]),
    })  # fmt: skip
    caption = "Deals due in the quarter, by forecast category on the day: the share won in it"
    return caption, shown, (None, "count", "share", None, "money", "share", None)


def _slipped(told: DealChances) -> Display:
    rows = told.slipped
    shown = pd.DataFrame({
        "Due on day 1": rows["scope"].map({"due": "all", "commit": "commit"}), "Earlier pushes": rows["pushes"],
        "Deals": rows["n"], "Amount": rows["amount"], "Won": rows["won_share"], "Lost": rows["lost_share"],
        "Moved out": rows["slipped_share"], "Range": ranges(rows["slipped_low"], rows["slipped_high"]),
        "Overdue": rows["overdue_share"] + rows["other_share"],
    })  # fmt: skip
    caption = "What became of the amount due on day 1, by how often its date had been pushed before"
    return caption, shown, (None, None, "count", "money", "share", "share", "share", None, "share")


def _stages(told: DealChances, order: dict[str, int]) -> Display:
    found = told.offered
    rows = found.table.assign(order=found.table["stage_name"].map(order)).sort_values("order")
    ever = told.ever_won.set_index("stage_name").reindex(rows["stage_name"])
    shown = pd.DataFrame({
        "Stage": rows["stage_name"], "CRM says": rows["crm_probability"], "Offered": rows["offered"],
        "Range": ranges(rows["low"], rows["high"]), "Deals": rows["n"],
        "Won in the end": ever["ever_won_share"].to_numpy(), "Range of that": ranges(ever["low"], ever["high"]),
    })  # fmt: skip
    better = "better beyond noise on quarters not used to make them" if found.is_better else "not better beyond noise"
    caption = f"Stage probabilities offered instead: won in the quarter they are due; {better}"
    return caption, shown, (None, "share", "share", None, "count", "share", None)
