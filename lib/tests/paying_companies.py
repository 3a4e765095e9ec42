"""Made companies whose cost of a customer, lag, margin, sizes, leaving and channels are planted; 48 months of books."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from companies_of_people import WITH_CHANNELS

from frames import audit
from revops import schema
from revops.book import AsOf, Book

__all__ = ["AMOUNT", "CAC", "CHANNELS", "DAY", "GROWTH", "HAZARDS", "LAGS", "MARGIN", "MONTHS", "NEW_SHARE", "SEGMENTS",
           "SIZES", "Kind", "Paying", "grown", "lives", "paths_of_amounts", "paying", "survival"]  # fmt: skip

Array = np.ndarray
DAY = "2026-06-30"
MONTHS = pd.date_range("2022-07-01", "2026-06-01", freq="MS", unit="us")
CAC, MARGIN, AMOUNT, NEW_SHARE = 9_000.0, 0.75, 1_000.0, 0.8
LAGS = np.array([0.1, 0.2, 0.3, 0.2, 0.1, 0.1])
"""Share of customers that come 0, 1, ... months after their lead."""
SEGMENTS = pd.DataFrame({"segment": ["SMB", "Enterprise"], "factor": [0.8, 1.5], "effort": [4 / 7, 3 / 7]})
"""factor: cost of a customer over the company's. effort: share of cost; effort / factor adds up to 1."""
CHANNELS = pd.DataFrame({"channel": ["search", "social", "webinar"], "share": [0.4, 0.2, 0.4], "own": [0.1, 0.25, 0.0]})
"""share: of customers, each with one touch, the day of its lead. own: what ads cost of all cost; webinars nothing."""
HAZARDS = ("constant", "early", "heterogeneous")
SIZES = {"even": 0.2, "skewed": 1.0}
_UP, _DOWN, _TIMES_UP, _TIMES_DOWN = 0.03, 0.015, (1.05, 1.4), (0.7, 0.95)
GROWTH = 1 + _UP * (sum(_TIMES_UP) / 2 - 1) + _DOWN * (sum(_TIMES_DOWN) / 2 - 1)
"""By what the amount of a customer who stays is multiplied in a month, on average."""
_BETA = (0.8, 30.0)
_LONGEST = 600


@dataclass(frozen=True)
class Kind:
    """per_month: new customers expected in the last month. hazard: of leaving, by age: constant (2 % a month), early
    (6 % up to half a year, then 1.5 %) or heterogeneous (of each customer its own, Beta, 2.6 % on average). sizes: even
    or skewed. growth: of cost, a month. late: share of bills that are missing for a month. giant: one customer of the
    window pays as much as 40."""

    per_month: float = 10.0
    hazard: str = "constant"
    sizes: str = "even"
    growth: float = 0.0
    late: float = 0.0
    giant: bool = False


@dataclass(frozen=True)
class Paying:
    """view: the company's tables as of DAY. customers: what is planted of each: segment, channel, lead, start (places
    in MONTHS), life (months it pays). amount: what each pays [customers x MONTHS], late bills too."""

    view: AsOf
    customers: pd.DataFrame
    amount: Array


def paying(kind: Kind, seed: int, n_months: int = len(MONTHS)) -> Paying:
    """Return one company of a kind; of its last n_months alone."""
    rng = np.random.default_rng([seed, 91])
    ages = np.arange(-len(LAGS) + 1, len(MONTHS))
    spend = CAC / NEW_SHARE * kind.per_month * (1 + kind.growth) ** (ages - len(MONTHS) + 1.0)
    customers = _customers(kind, spend, ages, rng)
    amount = _amounts(kind, customers, rng)
    first = len(MONTHS) - n_months
    known = MONTHS[first:]
    tables = _deals(customers, amount[np.arange(len(customers)), customers["start"]], rng) | {
        "ledger": _ledger(spend[-n_months:], amount[:, first:].sum(axis=0), known),
        "subscriptions": _bills(kind, amount[:, first:], known, rng), "spend": _ads(spend[-n_months:], known),
    }  # fmt: skip
    book = Book(WITH_CHANNELS, tables, audit())
    return Paying(book.as_of(pd.Timestamp(DAY).date(), now=pd.Timestamp("2099-01-01")), customers, amount)


def lives(hazard: str, n: int, rng: np.random.Generator) -> Array:
    """Return how many months each of n customers pays before it leaves."""
    if hazard == "heterogeneous":
        return rng.geometric(np.clip(rng.beta(*_BETA, n), 1e-4, 1))
    return np.searchsorted(-survival(hazard)[1:], -rng.random(n)) + 1


@cache
def survival(hazard: str, longest: int = _LONGEST) -> Array:
    """Return the share of very many customers that have not left by age 0, 1, ..."""
    if hazard == "heterogeneous":
        a, b = _BETA
        return np.concatenate([[1.0], np.cumprod((b + np.arange(longest)) / (a + b + np.arange(longest)))])
    rate = np.full(longest, 0.02)
    if hazard == "early":
        rate = np.where(np.arange(longest) < 6, 0.06, 0.015)
    return np.concatenate([[1.0], np.cumprod(1 - rate)])


def paths_of_amounts(sizes: str, n: int, months: int, rng: np.random.Generator) -> Array:
    """Return what each of n customers pays in its first, second, ... month, while it is there [n x months]."""
    sd = SIZES[sizes]
    times = _times(n, months, rng)
    times[:, :1] = 1.0
    return AMOUNT * np.exp(sd * rng.standard_normal((n, 1)) - sd**2 / 2) * np.cumprod(times, axis=1)


@cache
def grown(months: int, n: int) -> Array:
    """Return by what the amounts of n customers who stay are multiplied in some months."""
    return _times(n, months, np.random.default_rng(101)).prod(axis=1)


def _times(n: int, months: int, rng: np.random.Generator) -> Array:
    luck = rng.random((n, months))
    up, down = (rng.uniform(*ends, (n, months)) for ends in (_TIMES_UP, _TIMES_DOWN))
    return np.where(luck < _UP, up, np.where(luck < _UP + _DOWN, down, 1.0))


def _customers(kind: Kind, spend: Array, months: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Return the customers whose first month lies in MONTHS: leads by Poisson chance in proportion to the cost."""
    parts = SEGMENTS["effort"] / SEGMENTS["factor"]
    n = rng.poisson(np.outer(spend * NEW_SHARE / CAC, parts))
    lead = np.repeat(months, n.sum(axis=1))
    segment = np.repeat(np.tile(np.arange(len(SEGMENTS)), len(months)), n.ravel())
    start = lead + rng.choice(len(LAGS), len(lead), p=LAGS)
    channel = rng.choice(len(CHANNELS), len(lead), p=CHANNELS["share"])
    table = pd.DataFrame({"segment": segment, "channel": channel, "lead": lead, "start": start})
    table = table.assign(life=lives(kind.hazard, len(table), rng))
    table = table[table["start"].between(0, len(MONTHS) - 1)].reset_index(drop=True)
    if kind.giant:
        table.loc[len(table) // 2, ["start", "lead", "life"]] = [len(MONTHS) - 12, len(MONTHS) - 13, _LONGEST]
    return table


def _amounts(kind: Kind, customers: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return what each customer pays in each of MONTHS."""
    n, months = len(customers), len(MONTHS)
    by_age = paths_of_amounts(kind.sizes, n, months, rng)
    if kind.giant:
        by_age[n // 2] *= 40 * AMOUNT / by_age[n // 2, 0]
    age = np.arange(months) - customers["start"].to_numpy()[:, None]
    there = (age >= 0) & (age < customers["life"].to_numpy()[:, None])
    return np.where(there, np.take_along_axis(by_age, np.maximum(age, 0), axis=1), 0.0).round(2)


def _bills(kind: Kind, amount: Array, months: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """Return recurring amounts by customer and month; late ones, never of the last three months, are missing."""
    late = (rng.random(amount.shape) < kind.late) & (np.arange(len(months)) < len(months) - 3)
    row, column = np.nonzero((amount > 0) & ~late)
    return _table(
        "subscriptions", len(row), customer_id=_ids("C", len(amount))[row], account_id=_ids("A", len(amount))[row],
        month=months[column], status="active", recurring_amount=amount[row, column], basis="reported", currency="USD",
    )  # fmt: skip


def _ledger(spend: Array, revenue: Array, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the books: four tenths of the cost for ads and events, six for people; 0.75 of revenue is margin."""
    lines = [("Subscriptions", "Income", "income", "revenue", revenue),
             ("Hosting", "Cost of sales", "cogs", "cogs", (1 - MARGIN) * revenue),
             ("Ads and events", "Expenses", "expenses", "marketing", 0.4 * spend),
             ("Sales salaries", "Expenses", "expenses", "sales", 0.6 * spend)]  # fmt: skip
    return pd.concat(
        [
            _table("ledger", len(months), month=months, account=account, parent=parent, section=section,
                   category=category, amount=amount, currency="USD", basis="accrual")
            for account, parent, section, category, amount in lines
        ]
    ).sort_values(["month", "parent", "account"], ignore_index=True)  # fmt: skip


def _ads(spend: Array, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return what ads of each channel cost, by month."""
    paid = CHANNELS[CHANNELS["own"] > 0]
    systems = {"search": "google_ads", "social": "linkedin_ads"}
    return pd.concat(
        [
            _table("spend", len(months), date=months, period_end=months + pd.offsets.MonthEnd(0),
                   system=systems[row.channel], channel=row.channel, campaign_id=row.channel,
                   campaign_name=row.channel, amount=row.own * spend, currency="USD")
            for row in paid.itertuples()
        ], ignore_index=True
    )  # fmt: skip


def _deals(customers: pd.DataFrame, first: Array, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return each customer's won deal, its lead, contact, role and touch; and expansion deals, whose days stand to all
    as cost of expansion does to all cost.

    A lead is made on the 2nd of its month; its deal closes on the 25th of the month of the first bill, and stands open
    in proportion to what a customer of its segment costs. Its amount is a year of the `first` month.
    """
    n = len(customers)
    days = (10 * SEGMENTS["factor"].to_numpy())[customers["segment"]]
    months = pd.date_range(MONTHS[0] - pd.DateOffset(months=len(LAGS) - 1), MONTHS[-1], freq="MS", unit="us")
    lead_at = months[customers["lead"].to_numpy() + len(LAGS) - 1] + pd.Timedelta(days=1, hours=9)
    close = MONTHS[customers["start"].to_numpy()] + pd.Timedelta(days=24)
    names, people, deals = _ids("A", n), _ids("P", n), _ids("D", n)
    made = close - pd.to_timedelta(days - 1, unit="D")
    segment = SEGMENTS["segment"].to_numpy()[customers["segment"]]
    channel = CHANNELS["channel"].to_numpy()[customers["channel"]]
    new = _table("opportunities", n, opportunity_id=deals, account_id=names, stage_name="Won", outcome="won",
                 type="new", source="marketing", segment=segment, created_at=made,
                 close_date=close, amount=12 * first, currency="USD")  # fmt: skip
    more = np.flatnonzero(rng.random(n) < (1 - NEW_SHARE) / NEW_SHARE)
    expansion = new.iloc[more].assign(
        opportunity_id=_ids("E", n)[more], type="expansion",
        source=np.array(["sales", "customer_success"])[rng.integers(2, size=len(more))],
    )  # fmt: skip
    opportunities = pd.concat([new, expansion.astype(new.dtypes)]).sort_values("opportunity_id", ignore_index=True)
    return {
        "opportunities": opportunities,
        "leads": _table("leads", n, lead_id=_ids("L", n), created_at=lead_at, is_converted=True, account_id=names,
                        contact_id=people, opportunity_id=deals, source="marketing"),
        "contacts": _table("contacts", n, contact_id=people, account_id=names, created_at=lead_at),
        "contact_roles": _table("contact_roles", n, opportunity_id=deals, contact_id=people),
        "touches": _table("touches", n, touch_id=_ids("T", n), touched_at=lead_at, contact_id=people, channel=channel,
                          campaign_id=channel, campaign_name=channel, is_response=True),
    }  # fmt: skip


def _table(name: str, n: int, **columns: object) -> pd.DataFrame:
    """Return a canonical table of n rows; columns not given are null."""
    kinds = {column.name: column.dtype for column in schema.table(name).columns}
    given = {name: np.asarray(columns[name]) if np.ndim(columns[name]) else columns[name] for name in columns}
    return pd.DataFrame(
        {name: pd.Series(given.get(name), pd.RangeIndex(n), dtype=kind) for name, kind in kinds.items()}
    )


def _ids(letter: str, n: int) -> Array:
    return np.array([f"{letter}{number:06d}" for number in range(n)], dtype=object)
