"""The books: income and costs by month and account, in cents of the company's currency."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.market.campaigns import campaigns
from revops.simulate.market.channels import CHANNELS
from revops.simulate.model import World
from revops.simulate.money.months import month_starts
from revops.simulate.money.recurring import Recurring
from revops.simulate.money.spend import CURRENCIES, ad_spend
from revops.simulate.money.tools import monthly_cost

__all__ = ["COMMISSION", "LINKEDIN_LAG_MONTHS", "META_FEE", "ledger"]

LINKEDIN_LAG_MONTHS = 1  # its invoice is booked in the month after
META_FEE = 0.02  # paid by card in euros: fees on top of the spend
COMMISSION = 0.10  # of what was won, new and expansion, in the month before
_SERVICES, _CREDITS = 0.06, 0.004
_EVENTS = {"6040 Trade shows": ("trade_show",), "6050 Content and webinars": ("webinar", "organic", "email_nurture"),
           "6060 Content syndication": ("content_syndication",), "6070 Partner marketing": ("partner",)}  # fmt: skip
_ADS = {"google_ads": "6010 Google Ads", "linkedin_ads": "6020 LinkedIn Ads", "meta_ads": "6030 Meta Ads"}
_MARKETING, _PAYROLL = "Expenses:6000 Advertising and marketing", "Expenses:6100 Payroll"


def ledger(world: World, running: Recurring) -> pd.DataFrame:
    """Return accounts by path ("Section:parent:account") as rows, months (first days) as columns, cents."""
    starts = month_starts(world)
    months = starts[:-1]
    won = _won(world, starts)
    billed = _billed(world, running)
    step = (world.calendar.index(months) - world.plan.burn_in).astype(float)
    growth = world.plan.growth**step
    noise = stream(world.seed, "ledger").uniform(0.96, 1.04, (4, len(months)))
    tools_bought = np.minimum(0.55 + 0.03 * step, 1.0)
    lines = {
        "Income:4000 Subscription revenue": billed,
        "Income:4100 Implementation services": _SERVICES * won["all"] + 300_000 * growth,
        "Income:4900 Credits and refunds": -_CREDITS * billed,
        "Cost of Goods Sold:5000 Cloud hosting": 0.08 * billed * noise[0],
        "Cost of Goods Sold:5100 Spare parts and field service": 0.07 * billed * noise[1],
        "Cost of Goods Sold:5200 Support salaries": 650_000 * np.ceil(2 + step / 3),
        _MARKETING: 150_000 * growth * noise[2],
        **{f"{_MARKETING}:{name}": cents for name, cents in _ad_accounts(world, months).items()},
        **{f"{_MARKETING}:{name}": cents for name, cents in _campaign_accounts(world, starts).items()},
        **{f"{_PAYROLL}:{name}": cents for name, cents in _payroll(world, months, step).items()},
        f"{_PAYROLL}:6120 Sales commissions": COMMISSION * np.append(0.0, won["sold"][:-1]),
        "Expenses:6200 Software:6210 Sales and marketing tools": 100 * monthly_cost() * tools_bought,
        "Expenses:6200 Software:6220 Engineering tools": 420_000 * growth,
        "Expenses:6300 Rent and utilities": np.full(len(months), 1_150_000.0),
        "Expenses:6400 Sales travel": 480_000 * growth * noise[3],
        "Expenses:6500 Legal and accounting": np.full(len(months), 520_000.0),
        "Other Expenses:7000 Interest expense": np.full(len(months), 210_000.0),
    }  # fmt: skip
    table = pd.DataFrame({name: np.round(cents).astype(np.int64) for name, cents in lines.items()}, index=months).T
    return table.loc[sorted(table.index, key=_order)]


def _order(path: str) -> tuple[int, str]:
    sections = ("Income", "Cost of Goods Sold", "Expenses", "Other Expenses")
    return sections.index(path.split(":")[0]), path


def _won(world: World, starts: Array) -> dict[str, Array]:
    """Return what was won by month of close date, in cents of the company's currency: all, and new and expansion."""
    deals, last = world.deals, world.states.groupby("deal").last()
    good = (last["stage"] == 5) & ~deals["is_test"] & deals["deleted"].isna()
    rate = np.where(deals["foreign"], world.plan.foreign_rate, 1.0)
    cents = last["amount"].clip(lower=0) * rate
    month = np.searchsorted(starts, last["close"].to_numpy(), side="right") - 1
    inside = good.to_numpy() & (month >= 0) & (month < len(starts) - 1)
    found = {}
    for name, kinds in (("all", (0,)), ("sold", (0, 1))):
        mine = inside & deals["kind"].isin(kinds).to_numpy()
        found[name] = np.bincount(month[mine], cents.to_numpy()[mine], len(starts) - 1)
    return found


def _billed(world: World, found: Recurring) -> Array:
    """Return recurring revenue by month in cents of the company's currency: late payments are revenue all the same."""
    rate = np.where(found.customers["foreign"], world.plan.foreign_rate, 1.0)
    return (found.cents * rate[:, None]).sum(axis=0)


def _ad_accounts(world: World, months: Array) -> dict[str, Array]:
    spend, found = ad_spend(world), {}
    for system, account in _ADS.items():
        rate = world.plan.foreign_rate if CURRENCIES[system] == world.plan.foreign_currency else 1.0
        cents = (
            spend[spend["system"] == system].groupby("month")["cents"].sum().reindex(months).to_numpy(dtype=float)
            * rate
        )
        if system == "linkedin_ads":
            cents = np.append(np.full(LINKEDIN_LAG_MONTHS, cents[0]), cents[:-LINKEDIN_LAG_MONTHS])
        found[account] = cents * (1 + META_FEE) if system == "meta_ads" else cents
    return found


def _campaign_accounts(world: World, starts: Array) -> dict[str, Array]:
    """Return what campaigns other than ads cost, booked in the month in which they start."""
    frame = campaigns(world)
    names = np.array([channel.name for channel in CHANNELS])[frame["channel"]]
    month = np.searchsorted(starts, frame["start"].to_numpy(), side="right") - 1
    found = {}
    for account, channels in _EVENTS.items():
        mine = np.isin(names, channels) & (frame["system"] == "").to_numpy() & (month >= 0) & (month < len(starts) - 1)
        found[account] = np.bincount(month[mine], frame["cost"].to_numpy()[mine], len(starts) - 1)
    return found


def _payroll(world: World, months: Array, step: Array) -> dict[str, Array]:
    """Return salaries by team, in which each person counts from the month of joining to that of leaving."""
    people = world.people
    there = (people["hired"].to_numpy()[:, None] <= months + 27) & (people["left"].to_numpy()[:, None] > months)
    success = (people["team"] == "Customer Success").to_numpy()
    base = np.where(people["manager"] < 0, 2_000_000, np.where(people["manager"] == 0, 1_250_000, 850_000))
    paid = base[:, None] * there
    return {
        "6110 Sales salaries": paid[~success].sum(axis=0), "6130 Marketing salaries": 820_000 * np.ceil(3 + step / 4),
        "6140 Customer success salaries": paid[success].sum(axis=0),
        "6150 R&D salaries": 1_100_000 * np.ceil(10 + step),
        "6160 G&A salaries": 900_000 * np.ceil(4 + step / 4),
    }  # fmt: skip
