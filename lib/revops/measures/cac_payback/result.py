"""Everything the CAC payback report shows, computed once: tables of different grain that must agree."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.analysis import recurring
from revops.analysis.peers import About, Peers, peers
from revops.book import AsOf
from revops.errors import MeasureError
from revops.measures.cac_payback.books import Books, books_of
from revops.measures.cac_payback.by_group import Groups, by_group
from revops.measures.cac_payback.channels import Channels, channels
from revops.measures.cac_payback.counted import counted_months
from revops.measures.cac_payback.customers import Customers, customers_of
from revops.measures.cac_payback.efficiency import Efficiency, efficiency
from revops.measures.cac_payback.effort import Effort, effort_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import Ladder, ladder, won_expansion
from revops.measures.cac_payback.lag import Lag, lag_of
from revops.measures.cac_payback.lifetime import Lifetime, lifetime
from revops.measures.cac_payback.likeness import DOUBTS, LIKE, NO_PEOPLE, OF_COST, Told, our_numbers
from revops.measures.cac_payback.needs import OF_MARGIN, lacking, refusal
from revops.measures.cac_payback.realised import Realised, realised
from revops.measures.cac_payback.retention import RetentionResult, retention
from revops.measures.cac_payback.window import Window, window_of
from revops.periods import Period

__all__ = ["CacResult", "measure"]

_MARGIN = "gross_margin_share"


@dataclass(frozen=True)
class CacResult:
    """The tables behind one CAC payback report; unavailable maps a metric to what it needs."""

    view: AsOf
    knobs: Knobs
    window: Window
    books: Books
    customers: Customers
    lag: Lag
    effort: Effort
    ladder: Ladder
    groups: Groups
    channels: Channels
    realised: Realised
    lifetime: Lifetime
    retention: RetentionResult
    efficiency: Efficiency
    peers: Peers
    unavailable: dict[str, str]

    @property
    def period(self) -> Period:
        """Return the last quarter of the window."""
        return self.window.period


def measure(view: AsOf, knobs: Knobs, published: pd.DataFrame) -> CacResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        How long until a new customer has repaid its cost, by segment and channel, and how many leave first?

    Parameters
        published : figures of others (revops.benchmarks.published)

    Raises
        MeasureError: no costs in any form; no month of the window is over; the slice names a group without
        opportunities.
    """
    if (needs := refusal(view.book)) is not None:
        raise MeasureError(f"cac_payback: {needs}; found none.")
    window = window_of(view, knobs)
    books, customers = books_of(window), customers_of(window)
    lag = lag_of(customers, window)
    effort = effort_of(window, customers, lag, months=counted_months(window, books, customers, lag))
    moved = _movements(customers)
    added = won_expansion(window) if moved is None else _added(moved)
    rungs = ladder(window, books, customers, lag, effort, expansion=added)
    groups = by_group(window, books, customers, lag, effort, rungs)
    found = realised(window, books, customers, rungs, groups)
    worth = lifetime(window, books, customers, rungs)
    kept = retention(window, customers)
    spent = efficiency(window, books, _movements(_of_company(customers, view, knobs)))
    ours = our_numbers(window, books, spent, Told(rungs.rungs, kept.table, moved, worth.table))
    figures = peers(published, ours, LIKE, knobs, _about(window, customers), doubts=DOUBTS)
    return CacResult(
        view=view, knobs=knobs, window=window, books=books, customers=customers, lag=lag, effort=effort, ladder=rungs,
        groups=groups, channels=channels(window, books, customers, lag, effort, rungs), realised=found, lifetime=worth,
        retention=kept, efficiency=spent, peers=_compared(figures, books),
        unavailable=_unavailable(books, _whys(found, worth, kept, spent)) | _lacking(view, books),
    )  # fmt: skip


def _of_company(customers: Customers, view: AsOf, knobs: Knobs) -> Customers:
    """Return the customers of the whole company, also where the report is of a slice."""
    if customers.in_slice is None:
        return customers
    return customers_of(window_of(view, knobs.model_copy(update={"slice": {}})))


def _movements(customers: Customers) -> pd.DataFrame | None:
    """Return what moved recurring revenue, month by month, of the company or of the slice; None without bills."""
    months = customers.months
    return None if months is None else recurring.movements(recurring.only(months, customers.in_slice))


def _added(moved: pd.DataFrame) -> pd.Series:
    """Return what customers added by month: expansion and reactivation."""
    months = pd.to_datetime(moved["period"], format="%Y-%m").astype("datetime64[us]")
    return (moved["expansion"] + moved["reactivation"]).set_axis(pd.DatetimeIndex(months))


def _about(window: Window, customers: Customers) -> About:
    """Return whom published figures are held against."""
    months, new = customers.months, customers.within(window)["new_amount"]
    place = -1 if months is None else int(np.searchsorted(months.months, window.months[-1], side="right")) - 1
    arr = 12 * months.amount[:, place].sum() if place >= 0 else np.nan
    return About(window.view.day, float(arr), float(12 * new.median()), window.view.company.currency)


def _compared(found: Peers, books: Books) -> Peers:
    """Return published figures, with why those of cost are held against nothing where no cost holds people."""
    if books.source != "campaigns":
        return found
    return replace(found, why=found.why | dict.fromkeys(OF_COST, NO_PEOPLE))


def _lacking(view: AsOf, books: Books) -> dict[str, str]:
    """Return which metrics the tables cannot give; a margin that the knobs name is not lacking, nor what it gives."""
    needs = lacking(view.book)
    if np.isnan(books.window_margin):
        return needs
    given = {_MARGIN} if view.book.table("subscriptions").empty else {_MARGIN, *OF_MARGIN}
    return {id: why for id, why in needs.items() if id not in given}


def _unavailable(books: Books, whys: dict[str, str]) -> dict[str, str]:
    """Return what metrics need, in words that follow `needs`."""
    if np.isnan(books.window_margin):
        whys = whys | {_MARGIN: books.why.get("margin", "the books tell none")}
    other = "more than these exports tell: "
    whys = {id: why.replace(": needs ", ": ") for id, why in whys.items()}
    return {id: why.removeprefix("needs ") if why.startswith("needs ") else other + why for id, why in whys.items()}


def _whys(found: Realised, worth: Lifetime, kept: RetentionResult, spent: Efficiency) -> dict[str, str]:
    """Return which metrics these months cannot give, and why."""
    why = kept.why | spent.why
    if "recognised" in found.why:
        why |= dict.fromkeys(("paid_back_share", "lost_before_payback_share"), found.why["recognised"])
    if worth.why is not None:
        why |= dict.fromkeys(("ltv_amount", "ltv_to_cac"), worth.why)
    if "bridge" in why:
        why["recurring_movement_amount"] = why.pop("bridge")
    if "collected" in found.why and "recognised" not in found.why:
        why["paid_back_share_in_cash"] = found.why["collected"]
    return why
