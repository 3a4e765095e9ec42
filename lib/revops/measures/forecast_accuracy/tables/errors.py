"""The tables of errors: every forecast on the same quarters, with ranges, week by week, step by step, type by type."""

import pandas as pd

from revops.measures.forecast_accuracy.forecasts.frozen import LABELS
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.measures.forecast_accuracy.tables.deals import Display
from revops.wording import join, multiple, plural, ranges

__all__ = ["error_tables"]

_VERDICTS = {
    "adds": "better", "makes_worse": "worse", "no_difference": "no difference beyond noise",
    "nearer": "nearer than the call", "farther": "farther than the call", "not_enough": "too few quarters",
}  # fmt: skip
_TYPES = {"new": "New", "expansion": "Expansion", "renewal": "Renewal", "other": "Other", "all": "All"}


def error_tables(result: ForecastResult) -> dict[str, Display]:
    """Return the tables of errors that the data allow, by name."""
    tables = {}
    if len(result.errors):
        tables |= {"all_forecasts": _methods(result), "errors": _errors(result), "footnotes": _footnotes(result)}
        tables |= {"others": _others(result), "by_week": _by_week(result), "value_added": _steps(result)}
    if result.by_type["wape"].notna().any():
        tables |= {"by_type": _by_type(result), "type_errors": _type_errors(result)}
    return tables


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
    """Return WAPE and bias of every forecast at the fixed horizon, with ranges."""
    rows = _at_horizon(result)
    shown = pd.DataFrame({
        "Forecast": rows["category"].map(_label), "Quarters": rows["n"], "WAPE": rows["wape"],
        "WAPE range": ranges(rows["wape_low"], rows["wape_high"]), "Bias": rows["bias_rate"],
        "Bias range": ranges(rows["bias_low"], rows["bias_high"]), "Actual at or above": rows["floor_share"],
    })  # fmt: skip
    caption = f"Week {result.knobs.horizon_weeks}: error over what came, with ranges; {_quarters(result)}"
    return caption, shown, (None, "count", "share", None, "share", None, "share")


def _footnotes(result: ForecastResult) -> Display:
    """Return the measures that stand beside WAPE and bias at the fixed horizon, with ranges."""
    rows = _at_horizon(result)
    shown = pd.DataFrame({
        "Forecast": rows["category"].map(_label), "MdAPE": rows["mdape"],
        "MdAPE range": ranges(rows["mdape_low"], rows["mdape_high"]), "MASE": rows["mase"],
        "MASE range": ranges(rows["mase_low"], rows["mase_high"], multiple), "Quarters of MASE": rows["n_scaled"],
        "MAPE": rows["mape"], "MAPE range": ranges(rows["mape_low"], rows["mape_high"]),
    })  # fmt: skip
    caption = f"Week {result.knobs.horizon_weeks}: the middle miss, misses over the usual change on a year, and MAPE"
    return caption, shown, (None, "share", None, "x", None, "count", "share", None)


def _at_horizon(result: ForecastResult) -> pd.DataFrame:
    """Return the errors at the fixed horizon, the nearest forecast first."""
    rows = _but_the_call_twice(result)
    return rows[rows["horizon_weeks"].eq(result.knobs.horizon_weeks)].sort_values("wape")


def _by_week(result: ForecastResult) -> Display:
    """Return the call's error week by week, beside the errors of owners and teams that offset in it."""
    rows = result.errors[result.errors["category"].eq(result.found.call)]
    named = ["wape", "wape_low", "wape_high"]
    units = result.unit_errors.pivot(index="horizon_weeks", columns="level", values=named)
    shown = pd.DataFrame({
        "Week": [_named(week, result) for week in rows["horizon_weeks"]], "WAPE": rows["wape"],
        "WAPE range": ranges(rows["wape_low"], rows["wape_high"]), "Bias": rows["bias_rate"],
        "Bias range": ranges(rows["bias_low"], rows["bias_high"]),
    })  # fmt: skip
    kinds = [None, "share", None, "share", None]
    for level, word in (("team", "Teams"), ("owner", "Owners")):
        if level in units["wape"]:
            own = units.xs(level, axis=1, level="level").reindex(rows["horizon_weeks"])
            shown[word], shown[f"{word}, range"] = own["wape"].to_numpy(), ranges(own["wape_low"], own["wape_high"])
            kinds += ["share", None]
    caption = f"{_label(result.found.call)}, week by week, {_quarters(result)}; beside it WAPE of each team and owner"
    return caption, shown, tuple(kinds)


def _steps(result: ForecastResult) -> Display:
    rows = result.steps
    shown = pd.DataFrame({
        "Step": rows["step"].map(_label), "WAPE": rows["wape"], "Bias": rows["bias_rate"],
        "Adds": rows["forecast_value_added"], "Range": ranges(rows["low"], rows["high"]),
        "Verdict": _verdicts(rows), "Adds to the first": rows["added_to_first"],
        "Range of that": ranges(rows["first_low"], rows["first_high"]),
    })  # fmt: skip
    n = plural(int(rows["n_periods"].max()), "quarter")
    caption = f"What each step adds: error of the step before less its own, on {n}; verdicts hold over all steps"
    return caption, shown, (None, "share", "share", "share", None, None, "share", None)


def _others(result: ForecastResult) -> Display:
    rows = result.others.sort_values("wape")
    shown = pd.DataFrame({
        "Forecast": rows["method"].map(_label), "WAPE": rows["wape"], "WAPE of the call": rows["official_wape"],
        "Nearer by": rows["difference"], "Range": ranges(rows["low"], rows["high"]),
        "Verdict": _verdicts(rows), "Quarters": rows["n_periods"],
        "p (Diebold-Mariano)": [f"{p:.2f}" if p == p else "–" for p in rows["dm_p"]],
    })  # fmt: skip
    caption = "Would something simpler do better? Each against the call, quarter by quarter; verdicts hold over all"
    return caption, shown, (None, "share", "share", "share", None, None, "count", None)


def _verdicts(rows: pd.DataFrame) -> pd.Series:
    """Return the verdicts in words; a range of one comparison that leaves 0 out proves nothing among all."""
    is_lone = rows["verdict"].eq("no_difference") & ((rows["low"] > 0) | (rows["high"] < 0))
    return rows["verdict"].map(_VERDICTS).fillna("–").mask(is_lone, "unproven among all comparisons")


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
    caption = "WAPE of each type, and of all as one number, renewals in; above, of what the quota covers"
    return caption, shown, tuple(units)


def _type_errors(result: ForecastResult) -> Display:
    """Return WAPE and bias of each opportunity type, and of all as one number, with n and ranges."""
    rows = result.by_type[result.by_type["horizon_weeks"].eq(result.knobs.horizon_weeks)].dropna(subset="wape")
    rows = rows.assign(place=rows["type"].map(list(_TYPES).index)).sort_values(["place", "wape"])
    shown = pd.DataFrame({
        "Type": rows["type"].map(_TYPES), "Forecast": rows["category"].map(_label), "Quarters": rows["n"],
        "WAPE": rows["wape"], "WAPE range": ranges(rows["wape_low"], rows["wape_high"]), "Bias": rows["bias_rate"],
        "Bias range": ranges(rows["bias_low"], rows["bias_high"]),
    })  # fmt: skip
    caption = f"Week {result.knobs.horizon_weeks}, by type: each forecast on all quarters it could be made for"
    return caption, shown, (None, None, "count", "share", None, "share", None)


def _but_the_call_twice(result: ForecastResult) -> pd.DataFrame:
    """Return the errors without those of the step whose call is the one judged."""
    return result.errors[result.errors["category"].ne(result.found.caller)]


def _label(category: str) -> str:
    return LABELS.get(category, category)


def _named(week: int, result: ForecastResult) -> str:
    return f"week {week}" + (f" ({word})" if (word := _name_of(week, result)) else "")


def _name_of(week: int, result: ForecastResult) -> str:
    if week == 1:
        return "day 1" if result.is_day_1(week) else "first"
    return "last" if week == 13 else "mid" if week == result.knobs.mid_week else ""


def _quarters(result: ForecastResult) -> str:
    """Return which quarters are judged, and which with a call are not."""
    same = result.judged
    if not same.periods:
        return "no quarter"
    said = f"{plural(len(same.periods), 'quarter')}, {same.periods[0]} to {same.periods[-1]}"
    if same.dropped:
        said += f"; without {join(list(same.dropped))}, of which some forecast is missing"
    return said
