"""Blended, paid and marginal CAC: all over all, what ads brought over what they cost, what one more cost."""

import numpy as np
import pandas as pd

from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.channels.costs import ChannelCosts
from revops.measures.cac_payback.channels.credit import ChannelCredit
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.knobs import Knobs
from revops.ratios import safe_ratio
from revops.wording import plural

__all__ = ["KINDS", "blended", "marginal", "paid"]

Array = np.ndarray
KINDS = ["kind", "spend_amount", "n_customers", "cac_amount", "low", "high", "note"]
_YEAR = pd.DateOffset(years=1)


def blended(spend: float, customers: Customers, months: pd.DatetimeIndex, knobs: Knobs) -> dict[str, object]:
    """Return all cost of new business over all new customers, as a row of KINDS.

    Parameters
        spend : what new business bears of the books, moved by the lag [currency]
        months : those that the spend is of
    """
    counts = _counts(customers, knobs)[:, _of(customers, months)].sum(axis=1)
    n = int(_of(customers, months).sum())
    note = None if n else "no new customer in these months"
    return _row("blended", spend, n, counts, n, knobs, note)


def paid(credit: ChannelCredit, costs: ChannelCosts, knobs: Knobs) -> dict[str, object]:
    """Return what channels that ad systems bill cost over the customers credited to them, as a row of KINDS.

    Formula
        Own spend of these channels, all of it, that new business bears, without people and other overhead; deals of
        new business credited to them under the model that tables lead with.
    """
    if not costs.paid:
        return _row("paid", np.nan, np.nan, None, 0, knobs, "no ad system bills any channel")
    names, model = list(costs.paid), credit.model
    spend = float(costs.own_new.reindex(names).sum(min_count=1))
    if model is None:
        return _row("paid", spend, np.nan, None, 0, knobs, "no model can be had")
    n = float(credit.of(model, "new_deals").reindex(names).fillna(0.0).sum())
    place = pd.Index(credit.draws.channels).isin(names)
    drawn, behind = credit.draws.deals[model][place].sum(axis=0), credit.draws.behind(model)[place].sum()
    note = "ads alone, without people" if n else "not credited with any won deal of new business"
    return _row("paid", spend, n, drawn, behind, knobs, note)


def marginal(
    spend: pd.Series, customers: Customers, books: Books, months: pd.DatetimeIndex, knobs: Knobs
) -> dict[str, object]:
    """Return the cost added since the same months a year before over the customers added, as a row of KINDS.

    Question
        What did one more customer cost?

    Parameters
        spend : by month, what new business bears of the books, moved by the lag; NaN where it is not known
        months : those of the report whose spend is known

    Formula
        Months of which the year before is not known are left out of both. The share that new business bears is this
        window's in both years. Undefined unless both cost and customers grew. Range: customers of both years resampled.
    """
    known = _is_known(customers, spend, months - _YEAR)
    now = months[known]
    if not len(now):
        return _row("marginal", np.nan, np.nan, None, 0, knobs, "a year before, spend or new customers are not known")
    inside, before = (_of(customers, part) for part in (now, now - _YEAR))
    added = float(spend.reindex(now).sum() - spend.reindex(now - _YEAR).sum())
    n, counts = int(inside.sum() - before.sum()), _counts(customers, knobs)
    drawn = counts[:, inside].sum(axis=1) - counts[:, before].sum(axis=1)
    part = "" if known.all() else f"; {plural(int((~known).sum()), 'month')} without a year before left out"
    if not (added > 0 and n > 0):
        what = "neither cost nor customers grew" if added <= 0 and n <= 0 else (
            "no more customers than the year before" if n <= 0 else "no more cost than the year before")  # fmt: skip
        return _row("marginal", added, n, None, 0, knobs, what + part)
    return _row("marginal", added, n, drawn, int(inside.sum() + before.sum()), knobs, f"against the year before{part}")


def _row(
    kind: str, spend: float, n: float, drawn: Array | None, behind: float, knobs: Knobs, note: str | None
) -> dict[str, object]:
    """Return one row: CAC and its range from resampled customers; high is infinite where too many have none."""
    low = high = np.nan
    cac = safe_ratio(spend, n) if n > 0 and spend == spend and drawn is not None else np.nan
    if np.isfinite(cac):
        least, most = (end[0] for end in drawn_range(drawn[None], np.array([behind]), level=knobs.level))
        low, high = (spend / end if end > 0 else np.inf for end in (most, least))
    return dict(zip(KINDS, (kind, spend, n, cac, low, high, note), strict=True))


def _of(customers: Customers, months: pd.DatetimeIndex) -> Array:
    """Return which customers began in the months, in the order of the resamples."""
    return _ordered(customers)["start_month"].isin(months).to_numpy()


def _ordered(customers: Customers) -> pd.DataFrame:
    return customers.table.sort_values(["start_month", "new_amount"], kind="stable", ignore_index=True)


def _counts(customers: Customers, knobs: Knobs) -> Array:
    """Return how often each customer is taken in each resample [draws x customers]."""
    return customer_counts(len(customers.table), knobs.seed, knobs.draws).T


def _is_known(customers: Customers, spend: pd.Series, before: pd.DatetimeIndex) -> Array:
    """Return of which months a year before spend and all who began are known."""
    told, starts = customers.months, customers.table["start_month"]
    first = starts.min() if told is None else told.months[0] + pd.DateOffset(months=1)
    return spend.reindex(before).notna().to_numpy() & np.asarray(before >= first)
