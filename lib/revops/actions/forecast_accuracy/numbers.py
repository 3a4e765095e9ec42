"""The three numbers below the sentence of the forecast accuracy report."""

from collections.abc import Callable

import pandas as pd

from revops.actions import Number
from revops.actions.forecast_accuracy.facts import NAMES, at, points, signed
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import between, missing, plural, share

__all__ = ["numbers"]

_NAIVE = ("last_quarter", "same_quarter_last_year")


def numbers(result: ForecastResult) -> tuple[Number, ...]:
    """Return bias, WAPE and forecast value added of the call, all at the fixed horizon."""
    return _bias(result), _miss(result), _added(result)


def _bias(result: ForecastResult) -> Number:
    row = result.error(result.knobs.horizon_weeks)
    if row is None or missing(row["bias_rate"]):
        return Number("–", f"bias {at(result)}: {_unjudged(result)}")
    text = f"bias {at(result)} over {plural(int(row['n']), 'quarter')}{_range(row, 'bias', signed)}; plus is too high"
    return Number(signed(row["bias_rate"]), text, is_bad=bool(row["bias_low"] > 0 or row["bias_high"] < 0))


def _miss(result: ForecastResult) -> Number:
    """Return WAPE, and how it compares with the usual change from a year before."""
    row, limit = result.error(result.knobs.horizon_weeks), result.knobs.off_by
    if row is None or missing(row["wape"]):
        return Number("–", f"average miss (WAPE) {at(result)}: {_unjudged(result)}")
    text = f"average miss (WAPE) {at(result)} over {plural(int(row['n']), 'quarter')}{_range(row, 'wape', share)}"
    if not missing(row["mase"]):
        text += f"; {row['mase']:.2f} of the usual change on a year before (MASE)"
        text += "" if row["n_scaled"] == row["n"] else f", in {int(row['n_scaled'])} of them"
    return Number(share(row["wape"]), text, is_bad=bool(row["wape_low"] > limit))


def _added(result: ForecastResult) -> Number:
    """Return by how much the last step is nearer than the naive forecast of the knobs [points of error], and in words
    than the other one, so that the weaker of them is not the only measure."""
    steps, naive = result.steps, result.knobs.naive
    if len(steps) < 2 or steps["step"].iloc[0] != naive or missing(steps["added_to_first"].iloc[-1]):
        return Number("–", f"forecast value added over {NAMES[naive]}: no quarter has both{_over_others(result)}")
    last = steps.iloc[-1]
    ends = _ends(last["first_low"], last["first_high"], last["first_verdict"])
    text = f"forecast value added {at(result)} over {NAMES[naive]}{ends}{_over_others(result)}"
    return Number(points(last["added_to_first"]), text, is_bad=last["first_verdict"] == "makes_worse")


def _over_others(result: ForecastResult) -> str:
    """Return the same over the other naive forecasts: the call against each, on the quarters where both are known."""
    rows = result.others[result.others["method"].isin(_NAIVE) & result.others["method"].ne(result.knobs.naive)]
    rows = rows[rows["difference"].notna()].sort_values("method")
    return "".join(
        f"; {points(-row.difference)} over {NAMES[row.method]}{_ends(-row.high, -row.low, row.verdict)}"
        for row in rows.itertuples()
    )


def _ends(low: float, high: float, verdict: str) -> str:
    """Return a range, and that it proves nothing where it does not."""
    if missing(low) or missing(high):
        return ", too few quarters for a range"
    said = f" ({between(low, high, _plain)} points)"
    if verdict != "no_difference":
        return said
    return f"{said}, {'no difference beyond chance' if low <= 0 <= high else 'unproven among all comparisons'}"


def _plain(part: float) -> str:
    return signed(part).rstrip("%")


def _range(row: pd.Series, name: str, write: Callable[[float], str]) -> str:
    if missing(row[f"{name}_low"]):
        return ", too few for a range"
    return f" ({between(row[f'{name}_low'], row[f'{name}_high'], write)})"


def _unjudged(result: ForecastResult) -> str:
    return "no past quarter with bookings is judged"
