"""What the chart of segments and regions claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops.charts.cac_payback.labels import aged, headed, named, ranged, redrawn
from revops.charts.cac_payback.rows import plot_groups
from revops.charts.style import Chart
from revops.measures.cac_payback.drivers import DEPENDS
from revops.measures.cac_payback.ladder import HEADLINE
from revops.measures.cac_payback.result import CacResult
from revops.wording import channel_label, missing, months, plural

__all__ = ["groups"]

_DIMENSIONS = {"segment": "Segment", "region": "Region"}
_MOST_GROUPS = 8
_LONGEST = 100
_SURE = {"above": "slower", "below": "within", DEPENDS: "by some ways to share cost"}


def groups(result: CacResult) -> Chart | None:
    """Return payback by segment and region; None where no group's can be told, or none is split."""
    knobs, table = result.knobs, result.groups.table
    is_split = table["dimension"].isin(list(_DIMENSIONS)) & table.groupby("dimension")["group"].transform("size").gt(1)
    told = table[is_split & table["payback_months"].notna()]
    if told.empty:
        return None
    told = _as_shown(told)
    rows, title = _in_rows(result, told), _title_of_groups(told, knobs.target_months)
    parts = [f"{row.label} {months(row.payback_months)}{ranged(row.low, row.high)}{_group_said(row)}"
             for row in rows[~rows["is_head"]].itertuples()]  # fmt: skip
    caption = f"Months to pay back, with {redrawn(knobs.level)}. Slower, within: than the target, beyond chance"
    caption += ", however cost is shared." if len(result.groups.drivers) > 1 else "."
    if told["is_few"].any():
        caption += f" Hollow: fewer than {knobs.fewest_customers} customers, drawn to the whole."
    n_more = len(told) - int((~rows["is_head"]).sum()) + int(rows["is_all"].sum())
    caption += f" {plural(n_more, 'group')} with fewer customers not drawn." if n_more else ""
    ax = plot_groups(rows, knobs.target_months)
    most = ax.get_xlim()[1]
    if (rows[["payback_months", "high"]] > most).any(axis=None):
        caption += f" Arrow: beyond {months(most)} months."
    shown = rows[~rows["is_head"]]
    columns = ["label", "dimension", "n_customers", "payback_months", "low", "high", "sure"]
    data = headed(shown[columns].assign(sure=shown["sure"].map(_SURE).fillna("")),
                  dimension="by", label="group", sure="beyond_chance").replace(np.inf, np.nan)  # fmt: skip
    units = (None, None, "count", "months", "months", "months", None)
    alt = f"{title}. Target {aged(knobs.target_months)}. {'; '.join(parts)}."
    return Chart("groups", title, alt, caption, ax, data.reset_index(drop=True), units)


def _as_shown(told: pd.DataFrame) -> pd.DataFrame:
    """Return groups with what is drawn of each: its own payback, or of few customers the one drawn to the whole."""
    few = told["is_few"].astype(bool) & told["shrunk_months"].notna()
    drawn = {"payback_months": "shrunk_months", "low": "shrunk_low", "high": "shrunk_high"}
    shown = {name: told[name].mask(few, told[other]) for name, other in drawn.items()}
    label, is_few = told["group"].map(channel_label), told["is_few"].astype(bool)
    return told.assign(label=label, is_few=is_few, sure=told["sure"].mask(is_few, ""), **shown)


def _in_rows(result: CacResult, told: pd.DataFrame) -> pd.DataFrame:
    """Return the company, then each dimension under its name, slowest group first."""
    rung, blank = result.ladder.of(HEADLINE), {"is_few": False, "sure": "", "is_head": False, "is_all": False}
    whole = {"label": "All new", "dimension": "", "n_customers": rung["n_customers"], **blank, "is_all": True}
    whole |= {name: rung[name] for name in ("payback_months", "low", "high")}
    parts = [pd.DataFrame([whole])] if not missing(rung["payback_months"]) else []
    for dimension, head in _DIMENSIONS.items():
        own = told[told["dimension"].eq(dimension)]
        if own.empty:
            continue
        own = own.sort_values(["n_customers", "group"], ascending=[False, True]).head(_MOST_GROUPS)
        own = own.sort_values(["payback_months", "group"], ascending=[False, True])
        nothing = dict.fromkeys(["payback_months", "low", "high", "n_customers"], np.nan)
        parts += [pd.DataFrame([{"label": head, "dimension": dimension, **nothing, **blank, "is_head": True}]),
                  own.assign(is_head=False, is_all=False)]  # fmt: skip
    columns = [
        "dimension",
        "label",
        "n_customers",
        "payback_months",
        "low",
        "high",
        "is_few",
        "sure",
        "is_head",
        "is_all",
    ]
    numbers = dict.fromkeys(["n_customers", "payback_months", "low", "high"], "float64")
    return pd.concat([part[columns].astype(numbers) for part in parts], ignore_index=True)


def _group_said(row: object) -> str:
    few = ", few, drawn to the whole" if row.is_few else ""
    said = {"above": ", beyond chance slower than the target", "below": ", beyond chance within it",
            DEPENDS: ", beyond chance by some ways to share cost only"}  # fmt: skip
    return few + said.get(row.sure, "")


def _title_of_groups(told: pd.DataFrame, target: float) -> str:
    """Return which groups are slower than the target, or within it, beyond chance."""
    n = len(told)
    sides = {side: told.loc[told["sure"].eq(side), "label"].tolist() for side in ("above", "below")}
    slow, quick = sides["above"], sides["below"]
    if not slow and not quick:
        if n == 1:
            return f"{told['label'].iloc[0]}, the only group, is not beyond chance from the target of {aged(target)}"
        if told["sure"].eq(DEPENDS).any():
            return (
                f"However cost is shared, no segment or region is slower or quicker than {aged(target)} beyond chance"
            )
        return f"No segment or region is beyond chance slower than {aged(target)}, nor quicker"
    for are_named in (True, False):
        parts = []
        if slow:
            who, verb = _who(slow, n, are_named), "takes" if len(slow) == 1 else "take"
            parts.append(f"{who} {verb} longer than {aged(target)} beyond chance")
        if quick:
            who, verb = _who(quick, n, are_named), "pays" if len(quick) == 1 else "pay"
            parts.append(f"{who} {verb} back within {'them' if slow else f'{aged(target)} beyond chance'}")
        if len(title := "; ".join(parts)) <= _LONGEST:
            break
    return title


def _who(names: list[str], n: int, are_named: bool) -> str:
    """Return groups by name, or as so many of all."""
    said = named(names, most=3) if are_named else None
    return said or f"{len(names)} of {plural(n, 'group')}"
