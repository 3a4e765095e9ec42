"""Calls to correct: those of teams or owners named as biased, and the company's own after a red signal."""

import pandas as pd

from revops.actions import Action
from revops.actions.forecast_accuracy.facts import at, called, where
from revops.actions.forecast_accuracy.made import Worth, action, before_next_call, called_now
from revops.measures.forecast_accuracy.result import LEVELS, ForecastResult
from revops.wording import between, join, missing, money, plural, share

__all__ = ["corrections"]

_WORDS = {"optimism": "more", "sandbagging": "less"}
_WAY = {"optimism": "over", "sandbagging": "under"}
_SHOWN = 3
_LEAST = 0.005


def corrections(result: ForecastResult) -> list[Action]:
    """Return which calls to correct, and by what factor.

    A red company is corrected as a whole; units are then part of that money, and only named.
    """
    named = _named(result)
    whole = _of_company(result, named)
    if whole is not None:
        return [whole]
    return [_of_units(result, rows, finding) for finding, rows in named.groupby("finding", sort=True)]


def _named(result: ForecastResult) -> pd.DataFrame:
    """Return the teams named as biased, else the owners, with their call of this quarter, the largest correction
    first; units with few quarters are shown elsewhere, marked."""
    for level in LEVELS:
        rows = result.units[level]
        is_named = rows["finding"].isin(list(_WAY)) & (rows["bias"].abs() >= _LEAST)
        rows = rows[is_named & ~rows["is_few"].astype(bool)]
        if len(rows):
            now = rows["member"].map(called_now(result, level, "commit"))
            rows = rows.assign(now=now.where(now > 0), name=[result.labels.get(id, id) for id in rows["member"]])
            size = (rows["now"].fillna(0.0) * rows["bias"]).abs()
            return rows.assign(size=size).sort_values(["size", "member"], ascending=[False, True])
    return pd.DataFrame({"finding": [], "name": []}, dtype="str")


def _of_units(result: ForecastResult, rows: pd.DataFrame, finding: str) -> Action:
    """Return one action for all units named the same way."""
    level, with_call = result.knobs.naming_level, rows.dropna(subset="now")
    who = "; ".join(_told(row) for _, row in rows.iterrows())
    because = (
        f"Called {_WORDS[finding]} than came, as a share of the call, beyond chance: {who}. Ranges of {share(level)} "
        "that leave out 0, the quarters' own luck taken off; a range that reaches 0 takes one off the list."
    )
    worth, amount = None, float(with_call["now"].sum())
    if len(with_call):
        worth, one = _sum_of(with_call), len(with_call) == 1
        because += f" Money: {'its share' if one else 'their shares'} of this quarter's {called(result)} {at(result)}"
        because += f", {money(amount, result.view.company.currency)}"
        because += "." if one else "; the ends of their ranges are added up, which is wider than needed."
    text = f"Apply {_factors(rows, called(result))} {_until(result)}"
    return action(f"{finding}_named", text, "sales_ops", before_next_call(result), because, amount=amount, worth=worth)


def _told(row: pd.Series) -> str:
    size, ends = share(abs(row["bias"])), between(*sorted((abs(row["low"]), abs(row["high"]))), share)
    return f"{row['name']} by {size} ({ends}) in {plural(int(row['n']), 'quarter')}"


def _factors(rows: pd.DataFrame, call: str) -> str:
    """Return `0.77 to the call of EMEA, 0.80 to that of APAC and factors of 0.60 to 0.90 to 3 more`."""
    many = len(rows) if len(rows) <= _SHOWN + 1 else _SHOWN
    factors, names = (1 - rows["bias"]).tolist(), rows["name"].tolist()
    parts = [f"{factor:.2f} to {'that' if place else f'the {call}'} of {name}"
             for place, (factor, name) in enumerate(zip(factors[:many], names[:many], strict=True))]  # fmt: skip
    rest = sorted(factors[many:])
    return join(parts + ([f"factors of {rest[0]:.2f} to {rest[-1]:.2f} to {len(rest)} more"] if rest else []))


def _until(result: ForecastResult) -> str:
    return f"{at(result)} until two quarters in a row are within {share(result.knobs.off_by)}"


def _sum_of(rows: pd.DataFrame) -> Worth:
    """Return what the factors take off or add to the calls of this quarter, the ends of the ranges added up."""
    low, value, high = sorted(abs(float((rows["now"] * rows[name]).sum())) for name in ("low", "bias", "high"))
    return low, value, high


def _of_call(result: ForecastResult, row: pd.Series) -> tuple[float, float, float]:
    """Return low, value and high of the bias as a share of the call: over all judged quarters where they prove the same
    way, which is steadier than the last four; of a bias b over what came it is b / (1 + b)."""
    names = ["bias_low", "bias_rate", "bias_high"]
    every = result.error(result.knobs.horizon_weeks)
    if every is not None and every["bias_low"] * row["bias_rate"] > 0 and every["bias_high"] * row["bias_rate"] > 0:
        row = every
    low, value, high = (b / (1 + b) if b > -1 else float("nan") for b in row[names].astype(float))
    return low, value, high


def _of_company(result: ForecastResult, named: pd.DataFrame) -> Action | None:
    """Return the correction of the whole call; None but after a red signal."""
    row = result.signal
    if row is None or row["signal"] != "red" or not row["bias_rate"] > -1:
        return None
    currency = result.view.company.currency
    low, bias, high = _of_call(result, row)
    times = int(row["n_over"] if row["direction"] == "over" else row["n_under"])
    because = (
        f"Too {'high' if row['direction'] == 'over' else 'low'} by more than {share(result.knobs.off_by)} in {times} "
        f"of the last {plural(int(row['n']), 'quarter')}, and the range of the bias leaves out 0; fewer than three in "
        "four, or a range that reaches 0, ends it."
    )
    now = called_now(result, "company", result.found.call)
    amount, worth = float(now.iloc[0]) if len(now) else 0.0, None
    if amount > 0:
        because += f" Money: that share of this quarter's {called(result)} {at(result)}, {money(amount, currency)}."
        ends = sorted(abs(amount * end) for end in (low, bias, high))
        worth = (None, abs(amount * bias), None) if missing(low) or missing(high) else (ends[0], ends[1], ends[2])
    way = named["finding"].map(_WAY).eq(row["direction"])
    same, other = (join(named.loc[rows, "name"].tolist()) for rows in (way, ~way))
    factors = "a factor" if way.sum() == 1 else "factors"
    because += f" It takes the place of {factors} for {same}: that would count the same money twice." if same else ""
    because += f" Not so for {other}, named for the opposite: ask there first." if other else ""
    text = f"Apply {1 - bias:.2f} to the whole {called(result)}{where(result)} {_until(result)}"
    return action("company_off", text, "revops", before_next_call(result), because, amount=amount, worth=worth)
