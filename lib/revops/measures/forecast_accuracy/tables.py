"""The tables behind the report's sections: how wrong, by whom, and what it is worth."""

import pandas as pd

from revops.measures.forecast_accuracy.deal_tables import Display, deal_tables, ranges
from revops.measures.forecast_accuracy.frozen import LABELS
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import between, money, plural, share

__all__ = ["display_tables", "frozen_table", "stages_table"]

_VERDICTS = {
    "adds": "better", "makes_worse": "worse", "no_difference": "no difference beyond noise",
    "nearer": "nearer than the call", "farther": "farther than the call", "not_enough": "too few quarters",
}  # fmt: skip
_STAGES = ["stage_name", "crm_probability", "offered", "low", "high", "n"]
_SIGNALS = {"none": "–", "not_enough": "not enough"}
_TYPES = {"new": "New", "expansion": "Expansion", "renewal": "Renewal", "other": "Other", "all": "All"}
_NAMED = {1: "day 1", 13: "last"}


def display_tables(result: ForecastResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    tables = {"late": _late(result), "calls": _calls(result), "chances": _chances(result), "signal": _signal(result)}
    if len(result.errors):
        tables |= {"all_forecasts": _methods(result), "errors": _errors(result), "by_week": _by_week(result)}
        tables |= {"value_added": _steps(result), "others": _others(result)}
    if result.by_type["wape"].notna().any():
        tables["by_type"] = _by_type(result)
    tables |= {f"units_{level}": _units(result, level) for level, rows in result.units.items() if len(rows)}
    return tables | deal_tables(result) | _open(result)


def _label(category: str) -> str:
    return LABELS.get(category, category)


def _named(week: int, result: ForecastResult) -> str:
    return f"week {week}" + (f" ({word})" if (word := _name_of(week, result)) else "")


def _name_of(week: int, result: ForecastResult) -> str:
    return _NAMED.get(week, "mid" if week == result.knobs.mid_week else "")


def _quarters(result: ForecastResult) -> str:
    periods = result.judged.periods
    return f"{plural(len(periods), 'quarter')}, {periods[0]} to {periods[-1]}" if periods else "no quarter"


def _but_the_call_twice(result: ForecastResult) -> pd.DataFrame:
    """Return the errors without those of the step whose call is the one judged."""
    return result.errors[result.errors["category"].ne(result.found.caller)]


def _methods(result: ForecastResult) -> Display:
    """Return every forecast at the named weeks, on the same quarters."""
    wide = _but_the_call_twice(result).pivot(index="category", columns="horizon_weeks", values=["wape", "bias_rate"])
    wide = wide.sort_values(("wape", result.knobs.horizon_weeks))
    shown, units = pd.DataFrame({"Forecast": [_label(name) for name in wide.index]}), [None]
    for week in result.named_weeks:
        for name, word in (("wape", "WAPE"), ("bias_rate", "Bias")):
            if (name, week) in wide:
                shown[f"{word}, {_named(week, result)}"] = wide[(name, week)].to_numpy()
                units.append("share")
    return (
        f"Every forecast on the same quarters: {_quarters(result)}; positive bias is over-forecast",
        shown,
        tuple(units),
    )


def _errors(result: ForecastResult) -> Display:
    """Return all measures of error of every forecast, with ranges, at the fixed horizon."""
    rows = _but_the_call_twice(result)
    rows = rows[rows["horizon_weeks"].eq(result.knobs.horizon_weeks)].sort_values("wape")
    shown = pd.DataFrame({
        "Forecast": rows["category"].map(_label), "Quarters": rows["n"], "WAPE": rows["wape"],
        "WAPE range": ranges(rows["wape_low"], rows["wape_high"]), "Bias": rows["bias_rate"],
        "Bias range": ranges(rows["bias_low"], rows["bias_high"]), "MdAPE": rows["mdape"],
        "MdAPE range": ranges(rows["mdape_low"], rows["mdape_high"]), "MASE": rows["mase"],
        "MAPE (footnote)": rows["mape"], "Actual at or above": rows["floor_share"],
    })  # fmt: skip
    units = (None, "count", "share", None, "share", None, "share", None, "x", "share", "share")
    return f"Week {result.knobs.horizon_weeks}: error over what came, with ranges; {_quarters(result)}", shown, units


def _by_week(result: ForecastResult) -> Display:
    """Return the call's error week by week, beside the errors of owners and teams that offset in it."""
    rows = result.errors[result.errors["category"].eq(result.found.call)]
    units = result.unit_errors.pivot(index="horizon_weeks", columns="level", values="wape")
    shown = pd.DataFrame({
        "Week": [_named(week, result) for week in rows["horizon_weeks"]], "Quarters": rows["n"], "WAPE": rows["wape"],
        "WAPE range": ranges(rows["wape_low"], rows["wape_high"]), "Bias": rows["bias_rate"],
        "Bias range": ranges(rows["bias_low"], rows["bias_high"]),
    })  # fmt: skip
    kinds = [None, "count", "share", None, "share", None]
    for level, word in (("team", "WAPE of teams"), ("owner", "WAPE of owners")):
        if level in units:
            shown[word] = units[level].reindex(rows["horizon_weeks"]).to_numpy()
            kinds.append("share")
    return (
        f"{_label(result.found.call)}, week by week; misses of teams and owners offset in the total",
        shown,
        tuple(kinds),
    )


def _steps(result: ForecastResult) -> Display:
    rows = result.steps
    shown = pd.DataFrame({
        "Step": rows["step"].map(_label), "WAPE": rows["wape"], "Bias": rows["bias_rate"],
        "Adds": rows["forecast_value_added"], "Range": ranges(rows["low"], rows["high"]),
        "Verdict": rows["verdict"].map(_VERDICTS).fillna("–"), "Adds to the first": rows["added_to_first"],
        "Range of that": ranges(rows["first_low"], rows["first_high"]),
    })  # fmt: skip
    n = plural(int(rows["n_periods"].max()), "quarter")
    caption = f"What each step adds: error of the step before less its own, on {n}"
    return caption, shown, (None, "share", "share", "share", None, None, "share", None)


def _others(result: ForecastResult) -> Display:
    rows = result.others.sort_values("wape")
    shown = pd.DataFrame({
        "Forecast": rows["method"].map(_label), "WAPE": rows["wape"], "WAPE of the call": rows["official_wape"],
        "Nearer by": rows["difference"], "Range": ranges(rows["low"], rows["high"]),
        "Verdict": rows["verdict"].map(_VERDICTS), "Quarters": rows["n_periods"],
        "p (Diebold-Mariano)": [f"{p:.2f}" if p == p else "–" for p in rows["dm_p"]],
    })  # fmt: skip
    caption = "Would something simpler do better? Each against the call, quarter by quarter"
    return caption, shown, (None, "share", "share", "share", None, None, "count", None)


def _by_type(result: ForecastResult) -> Display:
    """Return forecasts from deals and bookings by opportunity type, and of all types as one number."""
    weeks = sorted({result.knobs.horizon_weeks, result.knobs.mid_week})
    rows = result.by_type[result.by_type["horizon_weeks"].isin(weeks) & result.by_type["wape"].notna()]
    wide = rows.pivot(index="category", columns=["horizon_weeks", "type"], values="wape")
    shown, units = pd.DataFrame({"Forecast": [_label(name) for name in wide.index]}), [None]
    for week in weeks:
        for type, word in _TYPES.items():
            if (week, type) in wide:
                shown[f"{word}, week {week}"] = wide[(week, type)].to_numpy()
                units.append("share")
    caption = f"WAPE of each type, and of all as one number; {plural(int(rows['n'].max()), 'quarter')} at most"
    return caption, shown, tuple(units)


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
    caption = f"{word}s in week {week}; at most {held} of honest ones are named by chance"
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
    found = "not enough" if result.signal is None else _SIGNALS.get(result.signal["signal"], result.signal["signal"])
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
    where = "sheets of calls" if result.found.source == "sheet" else "deals in commit, as they stood"
    return f"Calls come from {where}; a missing one carries the last forward", shown, (None, "count", "count")


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
    shown = pd.DataFrame({"Figure": list(figures), "Amount": list(figures.values())})
    back = now.backtest
    held = pd.DataFrame({
        "Quarter": back["period"], "Low": back["low"], "Base": back["base"], "High": back["high"],
        "Came": back["actual_amount"], "Held": back["is_inside"].map({True: "yes", False: "no"}),
        "Quarters before": back["n_before"],
    })  # fmt: skip
    caption = f"{result.period.name} in week {now.week}: confidence {now.confidence}"
    return {
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
