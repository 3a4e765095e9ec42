"""What an MQL costs: marketing cost of whole months over the MQLs of those months."""

import datetime as dt

import pandas as pd
from scipy.special import gammaincinv

from revops.analysis.spending import booked, cost_by_month, cost_lines, uncovered
from revops.errors import examples
from revops.measures.stage_benchmarking.marketing.volume import NO_MQL
from revops.measures.stage_benchmarking.window import Window
from revops.ratios import safe_ratio
from revops.wording import plural

__all__ = ["COST", "cost_of"]

COST = {
    "span": "str", "since": "datetime64[us]", "until": "datetime64[us]", "n_months": "int64",
    "spend_amount": "float64", "n": "int64", "cost_per_mql": "float64", "low": "float64", "high": "float64",
}  # fmt: skip
_MONTHS_A_WEEK = 12 / 52
_ADS = "campaigns"


def cost_of(window: Window, enquiries: pd.DataFrame) -> tuple[pd.DataFrame, str | None, dict[str, str]]:
    """Return `cost_per_mql` by month, of the last months and of those before; where cost is from; and notes, in words.

    Question
        What does marketing pay for a qualified enquiry, and did that change?

    Parameters
        window : the report's window; uses ledger of its view, else spend and campaigns
        enquiries : Funnel.enquiries; uses lead_at, mql_at

    Returns
        One row per whole month from the first of which leads and cost are known, then "last months" (as many whole
        months as the weeks are) and "months before" (`past` times as many, before those):
        span             "month", "last months", "months before"
        since, until     first and last day
        n_months         months with a cost; others count with neither cost nor MQLs
        spend_amount     marketing cost [company currency]; NaN where the month has none on record
        n                MQLs of the months
        cost_per_mql     NaN without MQLs, without cost on record, and where more was given back than spent
        low, high        its range: as the number of MQLs may differ by luck; no high end without MQLs

    Formula
        Ledger: accounts that company.yml maps to marketing, people among them where they are booked so, of the months
        from their first row to their last. Without such accounts: costs of ad systems and campaigns laid evenly on
        their days, up to the last month that an ad system fills. Range: spend over the ends of the exact range of a
        Poisson mean (Garwood).

    Limits
        Cost is held against the MQLs of the same month: what was spent earlier to bring them is not moved. Costs have
        no history: a month booked again later is seen as booked again.

    Source
        Fairview, Marketing Ops versus RevOps: marketing spend / MQLs; Garwood, Biometrika 28 (1936)
    """
    at = enquiries["mql_at"].dropna()
    source, spend, why = _spend(window)
    if at.empty or window.knobs.slice:
        why["cost"] = "cost is of the whole company, the leads are of a part of it" if len(at) else NO_MQL
    if "cost" in why:
        return pd.DataFrame(columns=list(COST)).astype(COST), None, {"cost": why["cost"]}
    first = (enquiries["lead_at"].min().normalize() - pd.Timedelta(days=1)).replace(day=1) + pd.DateOffset(months=1)
    first = max(first, spend.index.min())
    months = pd.date_range(first, _last_whole(window.until), freq="MS", unit="us")
    n = at.dt.to_period("M").value_counts().reindex(months.to_period("M"), fill_value=0).to_numpy()
    by_month = pd.DataFrame({"since": months, "spend_amount": spend.reindex(months).to_numpy(), "n": n})
    by_month["until"] = by_month["since"] + pd.offsets.MonthEnd(0)
    by_month["n_months"] = by_month["spend_amount"].notna().astype("int64")
    lost = by_month.loc[by_month["n_months"].eq(0), "since"]
    if len(lost):
        why["months"] = (
            f"{plural(len(lost), 'month')} without marketing cost on record left out "
            f"({examples(lost.iloc[::-1].dt.strftime('%b %Y'))})"
        )
    table = pd.concat([by_month.assign(span="month"), _together(window, by_month)], ignore_index=True)
    return _with_ratio(table, window.knobs.level).astype(COST)[[*COST]], source, why


def _spend(window: Window) -> tuple[str | None, pd.Series, dict[str, str]]:
    """Return where marketing cost is from (ledger, campaigns or None), the cost by month, and what is to be said."""
    lag = "money spent earlier for the MQLs of a month is not moved to it"
    rows = booked(window.view)
    rows = rows[rows["category"].eq("marketing")]
    if len(rows):
        sums = rows.groupby("month")["booked"].sum()
        held = pd.DatetimeIndex(booked(window.view)["month"].unique())
        held = held[(held >= sums.index.min()) & (held <= sums.index.max())]
        return "ledger", sums.reindex(held, fill_value=0.0), {"lag": lag}
    lines = cost_lines(window.view).lines
    if lines.empty:
        needs = "marketing accounts in the ledger, exports of ad systems, or campaigns with their actual cost"
        return None, pd.Series(dtype=float), {"cost": f"needs one of: {needs}"}
    ads = lines[lines["system"].ne("crm")]
    end = _last_whole((ads if len(ads) else lines)["last"].max())
    months = pd.date_range(lines["first"].min().replace(day=1), end, freq="MS", unit="us")
    said = {"lag": lag, "people": "no marketing accounts in the ledger: ads and campaigns alone, without people"}
    missing = uncovered(ads, months[-1].date(), (months[-1] + pd.offsets.MonthEnd(0)).date()) if len(months) else ads
    if len(missing):
        said["systems"] = f"{', '.join(sorted(set(missing['system'])))}: the export does not fill the last month"
    return _ADS, pd.Series(cost_by_month(lines, months), months), said


def _last_whole(until: dt.date | pd.Timestamp) -> pd.Timestamp:
    """Return a day in the last month that is over at the end of a day."""
    return pd.Timestamp(until) + pd.Timedelta(days=1) - pd.DateOffset(months=1)


def _together(window: Window, by_month: pd.DataFrame) -> pd.DataFrame:
    """Return the last months with a cost together, and those before them."""
    there = by_month[by_month["n_months"].eq(1)]
    size = max(round(window.knobs.weeks * _MONTHS_A_WEEK), 1)
    parts = {"last months": there.iloc[-size:], "months before": there.iloc[:-size].iloc[-size * window.knobs.past :]}
    return pd.DataFrame([
        {"span": span, "since": part["since"].min(), "until": part["until"].max(),
         "n_months": len(part), "spend_amount": part["spend_amount"].sum(), "n": part["n"].sum()}
        for span, part in parts.items() if len(part)
    ])  # fmt: skip


def _with_ratio(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the table with the cost of one MQL and its range."""
    spend, n = table["spend_amount"].where(table["spend_amount"] >= 0), table["n"].astype(float)
    most, least = gammaincinv(n + 1, (1 + level) / 2), gammaincinv(n.clip(lower=1), (1 - level) / 2)
    return table.assign(cost_per_mql=safe_ratio(spend, n), low=spend / most, high=safe_ratio(spend, least.where(n > 0)))
