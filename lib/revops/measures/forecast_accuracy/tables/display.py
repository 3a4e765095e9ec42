"""The tables behind the report's sections: how wrong, by whom, and what it is worth."""

import pandas as pd

from revops.measures.forecast_accuracy.confidence import confidence_rule, what_would_change
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.measures.forecast_accuracy.tables.deals import Display, deal_tables
from revops.measures.forecast_accuracy.tables.errors import error_tables
from revops.wording import between, money, ranges, share

__all__ = ["display_tables", "frozen_table", "stages_table"]

_STAGES = ["stage_name", "crm_probability", "offered", "low", "high", "n"]
_SIGNALS = {"none": "–", "not_enough": "not enough"}


def display_tables(result: ForecastResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    tables = {"late": _late(result), "calls": _calls(result), "chances": _chances(result), "signal": _signal(result)}
    tables |= error_tables(result)
    tables |= {f"units_{level}": _units(result, level) for level, rows in result.units.items() if len(rows)}
    return tables | deal_tables(result) | _open(result)


def _units(result: ForecastResult, level: str) -> Display:
    """Return teams or owners: own bias drawn towards the whole, and of teams the signal."""
    rows, word = result.units[level], level.capitalize()
    named = rows["member"].map(lambda member: result.labels.get(member, member)) if level == "owner" else rows["member"]
    shown = pd.DataFrame({
        word: named, "Quarters": rows["n"], "Called": rows["forecast_amount"], "Came": rows["actual_amount"],
        "Own bias": rows["bias"], "Range": ranges(rows["low"], rows["high"]),
        "Finding": rows["finding"].replace({"": "–"}), "WAPE": rows["wape"],
    })  # fmt: skip
    units = [None, "count", "money", "money", "share", None, None, "share"]
    if level == "team":
        shown["Quarters off of last 4"], shown["Signal"] = rows["n_beyond"], rows["signal"].replace(_SIGNALS)
        units += ["count", None]
    held, week = share(1 - result.knobs.naming_level), result.knobs.horizon_weeks
    caption = f"{word}s in week {week}; chance names no more than about {held} of honest ones"
    return caption, shown.sort_values(word, ignore_index=True), tuple(units)


def _signal(result: ForecastResult) -> Display:
    """Return the last four quarters at the fixed horizon, which the signal looks at."""
    rows = result.found.at(result.knobs.horizon_weeks)
    rows = rows[rows["category"].eq(result.found.call) & (rows["actual_amount"] > 0)]
    order = [period.name for period in result.found.quarters.last]
    rows = rows.set_index("period").reindex([name for name in order if name in set(rows["period"])]).tail(4)
    off = (rows["forecast_amount"] - rows["actual_amount"]) / rows["actual_amount"]
    shown = pd.DataFrame({
        "Quarter": rows.index, "Call": rows["forecast_amount"].to_numpy(), "Came": rows["actual_amount"].to_numpy(),
        "Error": off.to_numpy(), "Beyond": ["yes" if abs(e) > result.knobs.off_by else "no" for e in off],
    })  # fmt: skip
    found = "not enough" if result.signal is None else result.signal["signal"].replace("_", " ")
    caption = (
        f"The {share(result.knobs.off_by)} signal in week {result.knobs.horizon_weeks}: {found.replace('–', 'none')}"
    )
    return caption, shown, (None, "money", "money", "share", None)


def _chances(result: ForecastResult) -> Display:
    rows = result.chances
    shown = pd.DataFrame({
        "MAPE of a forecaster without bias": [share(mape) for mape in rows["mape"]],
        "One quarter beyond": rows["one_beyond"],
        "3 of 4 beyond": rows["most_beyond"], "3 of 4, the same way": rows["most_same_way"],
    })  # fmt: skip
    return f"What chance alone does: beyond {share(result.knobs.off_by)}", shown, (None, "share", "share", "share")


def _late(result: ForecastResult) -> Display:
    columns = {
        "period": "Quarter",
        "actual_amount": "Frozen",
        "now_amount": "As recorded now",
        "late_amount": "Late change",
    }
    caption = "What counts as came: bookings frozen some grace days after the quarter; later changes stand apart"
    if not result.found.quarters.is_frozen:
        caption = "What counts as came: bookings as recorded now, since no history tells what stood then"
    return caption, result.late.rename(columns=columns), (None, "money", "money", "money")


def _calls(result: ForecastResult) -> Display:
    words = {"company": "company", "group": "team or region", "owner": "owner"}
    rows = result.carried
    shown = pd.DataFrame({"Level": rows["level"].map(words), "Weekly calls": rows["n_calls"],
                          "Carried from an earlier week": rows["n_carried"]})  # fmt: skip
    source = result.found.source
    where = "sheets of calls" if source == "sheet" else "deals in commit, as they stood"
    unused = " (those of sheets cover too few quarters, or too little of what is booked)"
    said = unused if source == "history" and len(result.view.book.table("forecasts")) else ""
    caption = f"Calls come from {where}{said}; a missing one carries the last forward"
    return caption, shown, (None, "count", "count")


def _open(result: ForecastResult) -> dict[str, Display]:
    """Return the open quarter, how such projections held, and what would change it; nothing without one."""
    now, currency = result.open, result.view.company.currency
    if now is None:
        return {}
    told = now.projection
    figures = {"Booked so far": now.booked, "Call": told.call, "Conservative": told.conservative,
               "Base": told.projected_amount, "Optimistic": told.optimistic}  # fmt: skip
    if now.landing is not None:
        low, median, high = now.landing
        name = f"Landing by deals ({between(low, high, lambda amount: money(amount, currency))})"
        figures[name] = median
        figures["of which open deals, on average"], figures["and deals to come, on average"] = now.landing_parts
    shown = pd.DataFrame({"Figure": list(figures), "Amount": list(figures.values())})
    back = now.backtest
    held = pd.DataFrame({
        "Quarter": back["period"], "Low": back["low"], "Base": back["base"], "High": back["high"],
        "Came": back["actual_amount"], "Held": back["is_inside"].map({True: "yes", False: "no"}),
        "Quarters before": back["n_before"],
    })  # fmt: skip
    caption = f"{result.period.name} in week {now.week}: confidence {now.confidence}"
    limits = {"high_width": result.knobs.narrow_width, "medium_width": result.knobs.wide_width}
    rule = confidence_rule(level=result.knobs.level, **limits)
    said = {"Confidence is": now.confidence, "because": " ".join(now.reasons), "by the rule": rule}
    why = [*said.items(), *(("would change it", line) for line in what_would_change(told, currency=currency))]
    changes = pd.DataFrame(why, columns=["Confidence", "Why"])
    return {
        "confidence": ("How sure, by which rule, and what would change it", changes, (None, None)),
        "projection": (caption, shown, (None, "money")),
        "told": ("Past quarters projected from those before them alone, in the same week", held,
                 (None, "money", "money", "money", "money", None, "count")),
    }  # fmt: skip


def frozen_table(result: ForecastResult) -> pd.DataFrame:
    """Return every frozen forecast beside what came, for a spreadsheet; owners as they may be shown."""
    rows = result.found.pairs.drop(columns="is_open").sort_values(
        ["period", "horizon_weeks", "level", "member", "category"], ignore_index=True
    )
    is_owner = rows["level"].eq("owner")
    rows["member"] = rows["member"].where(
        ~is_owner, rows["member"].map(lambda member: result.labels.get(member, member))
    )
    return rows[["period", "horizon_weeks", "level", "member", "category", "forecast_amount", "actual_amount",
                 "is_carried"]]  # fmt: skip


def stages_table(result: ForecastResult) -> pd.DataFrame:
    """Return the stage probabilities offered in place of the CRM's, for the CRM: offered is the chance to be won in the
    quarter the deal is due, ever_won_share in the end; empty without history of them."""
    if result.deals is None or result.deals.offered is None:
        return pd.DataFrame(columns=[*_STAGES, "ever_won_share"])
    ever = result.deals.ever_won.set_index("stage_name")["ever_won_share"]
    table = result.deals.offered.table[_STAGES]
    return table.assign(ever_won_share=table["stage_name"].map(ever))
