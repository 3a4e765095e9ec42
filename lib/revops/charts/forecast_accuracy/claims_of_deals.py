"""What each chart of units and deals claims: title, alternative text, caption and the data behind it."""

import pandas as pd

from revops import wording
from revops.analysis.by_quarter import FEW
from revops.charts.forecast_accuracy.drawings import plot_reliability
from revops.charts.forecast_accuracy.rows import plot_slipped, plot_units
from revops.charts.rows import signed_share
from revops.charts.style import Chart
from revops.measures.forecast_accuracy import ForecastResult
from revops.measures.forecast_accuracy.deals.slippage import FATES

__all__ = ["reliability", "slipped", "units"]

_MOST_ROWS = 14
_PUSHES = {"all": "All due", "0": "Never moved", "1": "Moved once", "2+": "Moved 2+"}


def reliability(result: ForecastResult) -> Chart | None:
    """Return what the CRM's probabilities were worth; None where none has history."""
    told = result.deals.crm if result.deals is not None else None
    if told is None or told.table.empty:
        return None
    table = told.table.reset_index(drop=True)
    named = _named(table)
    title = _title_of_chances(table, named)
    parts = [
        f"told {wording.share(row.told)}, won {wording.share(row.won_share)}{_ends(row.low, row.high)} of {row.n:,}"
        for row in table.itertuples()
    ]
    week, odds = result.knobs.horizon_weeks, wording.odds(result.knobs.level)
    caption = (
        f"Deals due in their quarter, by the CRM's probability in week {week}, and how many were won in it; bars hold "
        f"{odds} times, bin by bin. Dots above the diagonal win more than told."
    )
    if table["is_few"].any():
        caption += f" Hollow: fewer than {FEW} deals."
    if told.n_without:
        caption += f" {wording.plural(told.n_without, 'deal')} without a probability left out."
    ax = plot_reliability(table, named=None if named is None else float(named["told"]))
    data = table[["told", "won_share", "low", "high", "n"]]
    alt = f"{title}. {wording.plural(told.n, 'deal')}: {'; '.join(parts)}."
    return Chart("reliability", title, alt, caption, ax, data, ("share", "share", "share", "share", "count"))


def _named(table: pd.DataFrame) -> pd.Series | None:
    """Return the bin with enough deals that differs most from what was told; None where none differs."""
    rows = table[table["differs"] & ~table["is_few"] & table["low"].notna()]
    return table.loc[(rows["won_share"] - rows["told"]).abs().idxmax()] if len(rows) else None


def _title_of_chances(table: pd.DataFrame, named: pd.Series | None) -> str:
    if named is not None:
        won, ends = wording.share(named["won_share"]), wording.between(named["low"], named["high"], wording.share)
        return f"Of deals told {wording.share(named['told'])}, {won} are won ({ends})"
    if (table["is_few"] | table["low"].isna()).all():
        return "Too few deals or quarters to tell whether the CRM's probabilities hold"
    return "No probability of the CRM is proven wrong"


def _ends(low: float, high: float, write: object = wording.share) -> str:
    return "" if wording.missing(low) else f" ({wording.between(low, high, write)})"


def units(result: ForecastResult) -> Chart | None:
    """Return the bias of teams, and of owners where they are few or there are no teams."""
    teams, owners = (_known(result, level) for level in ("team", "owner"))
    with_owners = teams.empty or len(teams) + len(owners) <= _MOST_ROWS
    rows = pd.concat([teams, owners], ignore_index=True) if with_owners else teams
    if rows.empty:
        return None
    n_all = len(rows)
    if n_all > _MOST_ROWS:
        order = rows["finding"].eq("").astype(int) * 2 - rows["bias"].abs().clip(upper=1)
        rows = rows.loc[sorted(order.sort_values(kind="stable").index[:_MOST_ROWS])].reset_index(drop=True)
    title = _title_of_units(rows)
    parts = []
    for row in rows.itertuples():
        marks = ([row.finding] if row.finding else []) + ([wording.plural(row.n, "quarter")] if row.is_few else [])
        marked = f", {wording.join(marks)}" if marks else ""
        parts.append(f"{row.label} {signed_share(row.bias)}{_ends(row.low, row.high, signed_share)}{marked}")
    odds = wording.odds(result.knobs.naming_level)
    caption = (
        f"Share of the call of week {result.knobs.horizon_weeks} that did not come (below zero: what came on top), "
        f"without what hit all alike and drawn towards the whole; ranges hold {odds} times. Optimism and sandbagging: "
        "the range excludes zero."
    )
    if rows["is_few"].any():
        caption += " Hollow: few quarters, not sorted with the rest."
    if n_all > len(rows):
        caption += f" The {len(rows)} farthest from zero of {n_all}."
    ax = plot_units(rows)
    low, high = ax.get_xlim()
    ends = [signed_share(low)] * bool((rows["low"] < low).any()) + [signed_share(high)] * bool(
        (rows["high"] > high).any()
    )
    caption += f" Cut at {wording.join(ends)}." if ends else ""
    data = rows[["label", "bias", "low", "high", "n", "finding"]]
    alt = f"{title}. {'; '.join(parts)}."
    return Chart("units", title, alt, caption, ax, data, (None, "share", "share", "share", "count", None))


def _known(result: ForecastResult, level: str) -> pd.DataFrame:
    """Return the members of a level with a bias, from the lowest to the highest, those with few quarters last."""
    rows = result.units.get(level)
    if rows is None or rows.empty:
        return pd.DataFrame(columns=["label", "noun", "bias", "low", "high", "n", "is_few", "finding"])
    rows = rows[rows["bias"].notna()].sort_values(["is_few", "bias"], kind="stable")
    label = rows["member"].map(result.labels).fillna(rows["member"]) if level == "owner" else rows["member"]
    return rows.assign(label=label.map(lambda name: " ".join(str(name).split())), noun=level)


def _title_of_units(rows: pd.DataFrame) -> str:
    """Return who calls too high or too low beyond luck, or that nobody is proven to."""
    told, nouns = rows[rows["finding"].ne("")], wording.join([f"{noun}s" for noun in rows["noun"].unique()])
    if told.empty:
        noun = " or ".join(rows["noun"].unique())
        return f"No {noun} is proven to call too high or too low"
    if len(told) > 1:
        return f"{len(told)} of {len(rows)} {nouns} call too high or too low, beyond luck"
    row = told.iloc[0]
    if row["finding"] == "optimism":
        return f"{row['label']} calls too high: {wording.share(row['bias'])} of what it calls does not come"
    return f"{row['label']} calls too low: {wording.share(-row['bias'])} more comes than it calls"


def slipped(result: ForecastResult) -> Chart | None:
    """Return what became of the amount due on day 1, by earlier pushes; None where nothing was due."""
    rows = result.deals.slipped if result.deals is not None else None
    if rows is None:
        return None
    rows = rows[rows["scope"].eq("due") & rows["slipped_share"].notna()]
    if not rows["pushes"].eq("all").any():
        return None
    rows = rows.assign(label=rows["pushes"].map(_PUSHES)).reset_index(drop=True)
    kept = [fate for fate in FATES if fate != "other" or rows["other_share"].gt(0).any()]
    whole = rows[rows["pushes"].eq("all")].iloc[0]
    title = (
        f"{wording.share(whole['slipped_share'])} of the amount due on day 1 slips out of the quarter"
        f"{_ends(whole['slipped_low'], whole['slipped_high'])}"
    )
    parts = []
    for _, row in rows.iterrows():
        told = [f"{fate} {wording.share(row[f'{fate}_share'])}" for fate in kept]
        parts.append(f"{row['label']} ({wording.plural(int(row['n']), 'deal')}): {', '.join(told)}")
    caption = (
        f"Amount due on the first day of {wording.plural(int(whole['n_periods']), 'quarter')}, by how often the close "
        "date had been moved back before, and what had become of it; overdue is open with a close date that has passed."
    )
    if "other" in kept:
        caption += " The rest at the right: deleted, of another type by now, or won with an earlier date."
    data = rows[["label", "n", "amount", *(f"{fate}_share" for fate in kept)]]
    units = (None, "count", "money", *["share"] * len(kept))
    return Chart("slipped", title, f"{title}. {'; '.join(parts)}.", caption, plot_slipped(rows, kept), data, units)
