"""The tables on what can be credited at all: deals and touches by what became of them, and types of opportunity."""

import pandas as pd

from revops.analysis.journeys import WITH_TOUCHES
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.journeys import reach_by_type, ties
from revops.measures.attribution_comparison.result import AttributionResult
from revops.wording import channel_label, plural

__all__ = ["Display", "found_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
_PEOPLE = {
    "off": "of people of the deal only",
    "no_roles": "of people of the deal, or of all its account where nobody has a role on it",
    "always": "of all people of its account",
}


def found_tables(result: AttributionResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {
        "deals_found": _deals(result.won, "Deals that closed in the window"),
        "reach_by_type": _reach(result),
        "touches_found": _touches(result),
        "deals_made": _deals(result.pipeline, "Deals that were made in the window"),
    }


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


def _reach(result: AttributionResult) -> Display:
    rows = reach_by_type(result.won.found, result.view.opportunities)
    shown = pd.DataFrame({
        "Type": rows["type"].map(channel_label), "Deals won": rows["n_deals"], "With touches": rows["n_touched"],
        "Share of deals": rows["touched_share"], "Amount won": rows["amount"],
        "Amount with touches": rows["touched_amount"], "Share of amount": rows["amount_share"],
    })  # fmt: skip
    caption = "Of which deals the models tell: credit is of those with touches only, by type of opportunity"
    return caption, shown, (None, "count", "count", "share", "money", "money", "share")


def _touches(result: AttributionResult) -> Display:
    rows = result.won.found.left_out
    shown = pd.DataFrame({"What became of them": rows["reason"], "Touches": rows["n_touches"],
                          "Touch and journey": rows["n_pairs"]})  # fmt: skip
    return _caption_of_touches(result), shown, (None, "count", "count")


def _caption_of_touches(result: AttributionResult) -> str:
    """Return by which rules touches were used, and on how many deals channels tie for first or last."""
    knobs, found = result.knobs, result.won.found
    back = f", at most {plural(knobs.lookback_days, 'day')} before it" if knobs.lookback_days else ", however old"
    caption = f"Touches used and left out: up to the day a deal closed{back}, {_PEOPLE[knobs.account_fallback]}. "
    caption += "One touch may be on several deals"
    if n_never := int(found.journeys["kind"].eq("never").sum()):
        caption += f"; those of {plural(n_never, 'journey')} that never came to a deal are among the used, as losses"
    n_won, (first, last) = int(found.journeys["kind"].eq("won").sum()), ties(found)
    if first or last:
        caption += (
            f". On {first:,} of {plural(n_won, 'won deal')} channels tie in time for the first touch, on {last:,} for "
            "the last: the time of entry decides, then the id"
        )
    if knobs.slice and knobs.never_converted != "off":
        caption += ". People who never came to a deal are in no slice: Markov models are told of lost deals only"
    return caption
