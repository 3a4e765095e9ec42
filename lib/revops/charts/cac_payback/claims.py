"""What the charts of definitions and of lag claim: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.charts.cac_payback.claims_of_channels import channels
from revops.charts.cac_payback.claims_of_customers import cohorts, paid_back, survival
from revops.charts.cac_payback.claims_of_groups import groups
from revops.charts.cac_payback.claims_of_revenue import bridge
from revops.charts.cac_payback.drawings_of_cost import plot_lag_curve
from revops.charts.cac_payback.labels import BASES, aged, headed, ranged, redrawn
from revops.charts.cac_payback.rows import plot_ladder
from revops.charts.style import Chart
from revops.measures.cac_payback.ladder import HEADLINE
from revops.measures.cac_payback.result import CacResult

__all__ = ["draw", "ladder", "lag_curve"]


def draw(result: CacResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    found = (paid_back, ladder, lag_curve, cohorts, groups, channels, survival, bridge)
    return [chart for told in found if (chart := told(result)) is not None]


def ladder(result: CacResult) -> Chart | None:
    """Return payback by definition; None where no definition gives one."""
    rows, target = result.ladder.rungs, result.knobs.target_months
    rows = rows.assign(label=rows["basis"].map(BASES), is_headline=rows["basis"].eq(HEADLINE))
    known = rows[np.isfinite(rows["payback_months"])]
    if known.empty:
        return None
    title = _title_of_ladder(known, "part of the company" if result.knobs.slice else "company")
    parts = [
        f"{row.label} {wording.months(row.payback_months)}{ranged(row.low, row.high)}" for row in rows.itertuples()
    ]
    ax = plot_ladder(rows, target)
    caption = (
        "Months to pay back by definition, from revenue and cost without people to new customers and all that won them"
    )
    caption += "; in front: the one that this page goes by" if known["is_headline"].any() else ""
    caption += f". Line: {redrawn(result.knobs.level)}." if known["low"].notna().any() else "."
    ends = rows[["payback_months", "high"]].max(axis=None)
    caption += _arrow(ax.get_xlim()[1]) if ends > ax.get_xlim()[1] else ""
    unknown = rows[rows["payback_months"].isna()]
    caption += f" No payback: {wording.join(unknown['label'].tolist())}." if len(unknown) else ""
    columns = ["label", "spend_amount", "n_customers", "new_amount", "gross_margin", "payback_months", "low", "high"]
    data = headed(rows[columns].replace(np.inf, np.nan), label="definition", new_amount="new_revenue_a_month")
    units = (None, "money", "count", "money", "share", "months", "months", "months")
    alt = f"{title}. Target {aged(target)}. {'; '.join(parts)}."
    return Chart("ladder", title, alt, caption, ax, data, units)


def _title_of_ladder(known: pd.DataFrame, who: str) -> str:
    """Return how far the definitions that give a payback are apart."""
    values = known["payback_months"]
    low, high = wording.months(values.min()), wording.months(values.max())
    if len(known) == 1:
        return f"Only one definition gives a payback: {high} months"
    if low == high:
        return f"{low} months by each of {len(known)} definitions"
    return f"The same {who} pays back in {low} to {high} months, by definition alone"


def _arrow(most: float) -> str:
    return f" Arrow: beyond {wording.months(most)} months."


def lag_curve(result: CacResult) -> Chart | None:
    """Return payback by how many months earlier cost is counted; None where fewer than two lags can be told."""
    rows, lag = result.ladder.curve.replace(np.inf, np.nan), result.lag
    known = rows[rows["payback_months"].notna()]
    if len(known) < 2:
        return None
    headline = float(result.ladder.of(HEADLINE)["payback_months"])
    title = _title_of_lag(known, result.ladder.of(HEADLINE))
    said = [f"{row.lag_months:g}: {wording.months(row.payback_months)}" for row in known.itertuples()]
    alt = f"{title}. Months to pay back by months that cost is counted earlier: {', '.join(said)}."
    caption = "Payback of new customers where all cost is counted so many months before they began to pay"
    if np.isfinite(headline):
        caption += (
            f"; dashed: spread over the time that customers took from {_since(result)} to first bill, as this page does"
        )
        alt += f" As measured: {wording.months(headline)}."
    caption += f". Half of {wording.plural(lag.n, 'customer')} took up to {aged(lag.median_months)}." if lag.n else "."
    fewer = known[known["n_months"].lt(known["n_months"].max())]
    if len(fewer):
        caption += (
            f" From {aged(fewer['lag_months'].min())} on the books know the cost of fewer of the months that it is for."
        )
    data = headed(rows[["lag_months", "payback_months", "cac_amount", "n_months"]])
    ax = plot_lag_curve(rows, lag.median_months, headline)
    return Chart("lag_curve", title, alt, caption, ax, data, ("count", "months", "money", "count"))


def _since(result: CacResult) -> str:
    """Return from when the time to the first bill is counted."""
    part = result.lag.share_from_lead
    return "lead" if part == 1 else "lead, else deal," if part > 0 else "deal"


def _title_of_lag(known: pd.DataFrame, rung: pd.Series) -> str:
    """Return whether it matters when cost is counted: by more than the range of the headline."""
    low, high, last = known["payback_months"].min(), known["payback_months"].max(), known["lag_months"].max()
    ends = f"{wording.months(low)} to {wording.months(high)} months"
    if wording.months(low) == wording.months(high):
        return f"Counting cost up to {aged(last)} earlier leaves payback at {wording.months(low)} months"
    if rung["low"] + (high - low) < rung["high"]:
        return f"Counting cost up to {aged(last)} earlier moves payback less than chance does: {ends}"
    return f"Payback is {ends}, by how much earlier cost is counted"
