"""Blended, paid and marginal CAC: all over all, what ads brought over what they cost, what one more cost."""

import numpy as np
import pandas as pd

from revops.analysis.resampling import customer_counts, customers_drawn, drawn_range
from revops.measures.cac_payback.channels.costs import ChannelCosts
from revops.measures.cac_payback.channels.credit import ChannelCredit
from revops.measures.cac_payback.counted import told_months
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.window import Window
from revops.ratios import safe_ratio
from revops.wording import plural, share

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
    n = int(customers.table["start_month"].isin(months).sum())
    drawn = customers_drawn(n, knobs.seed, knobs.draws)
    return _row("blended", spend, n, drawn, n, knobs, None if n else "no new customer in these months")


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
    spend: pd.Series, customers: Customers, window: Window, months: pd.DatetimeIndex, effort: Effort
) -> dict[str, object]:
    """Return the cost added since the same months a year before over the customers added, as a row of KINDS.

    Question
        What did one more customer cost?

    Parameters
        spend : by month, of the books, moved by the lag, before new business's share of it; NaN where it is not known
        months : those of the report whose spend is known
        effort : Uses share_over, slice_share.

    Formula
        Cost of each year = spend x the share of it that new business bore in that year. Months of which the year before
        is not known are left out of both. Where too few deals tell of one of the years, this window's share stands in
        for both. Undefined unless both cost and customers grew. Range: customers of both years resampled.
    """
    knobs, before = window.knobs, months - _YEAR
    first, last = told_months(window, customers)
    known = spend.reindex(months).notna().to_numpy() & spend.reindex(before).notna().to_numpy()
    known &= np.asarray((before >= first) & (before <= last))
    now, then, by = _shares(effort, months[known], before[known])
    added = float(now * spend.reindex(months[known]).sum() - then * spend.reindex(before[known]).sum())
    added *= effort.slice_share
    if not known.any() or np.isnan(added):
        return _row("marginal", np.nan, np.nan, None, 0, knobs, "cost or new customers of a year before are not known")
    starts = customers.table["start_month"].sort_values()
    more = starts.isin(months[known]).to_numpy() * 1.0 - starts.isin(before[known]).to_numpy()
    more, n = more[more != 0], int(more.sum())
    left = f"; {plural(int((~known).sum()), 'month')} without a year before left out" if not known.all() else ""
    if added > 0 and n > 0:
        drawn = more @ customer_counts(len(more), knobs.seed, knobs.draws)
        return _row("marginal", added, n, drawn, len(more), knobs, f"against the year before{by}{left}")
    flat = [name for name, grew in (("customers", n > 0), ("cost", added > 0)) if not grew]
    note = f"no more {' and no more '.join(flat)} than the year before{by}{left}"
    return _row("marginal", added, n, None, 0, knobs, note)


def _shares(effort: Effort, months: pd.DatetimeIndex, before: pd.DatetimeIndex) -> tuple[float, float, str]:
    """Return the share of cost that new business bore in the months and the year before, and what is said of them."""
    (now, is_own), (then, was_own) = effort.share_over(months), effort.share_over(before)
    if not (is_own and was_own):
        return effort.new_share, effort.new_share, ", both at this window's share of new business: few deals then"
    return now, then, "" if now == then else f", new business {share(now)} of cost, {share(then)} then"


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
