"""The tables on who is in no number, and on what to know of the numbers before they are leaned on."""

from collections.abc import Iterator

import pandas as pd

from revops.measures.cac_payback.ladder import HEADLINE
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display
from revops.metrics import METRICS
from revops.wording import join, money, month_name, months, plural, share

__all__ = ["left_out_tables", "new_without_deal"]

_NEW, _PAID = "new customers", "paid back"
_MOST_MONTHS = 3
_CHANNELS = {"channels": "Channels", "customers": "Channels", "spend_amount": "Cost by channel",
             "overhead_amount": "Cost that is no channel's own", "payback_months": "Payback by channel"}  # fmt: skip
_BOOKS = {"spend": "Cost", "people": "People", "months": "Months of the books", "margin": "Gross margin"}
_VERSIONS = {"recognised": "Paid back, as recognised", "collected": "Paid back, as collected",
             "billed": "Paid back, as billed"}  # fmt: skip
_PEERS = "Published figures"
_OF_WHOLE = "Bills that belong to no part of the company count here too"


def left_out_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name: customers left out, by reason, and what is to be known of the numbers."""
    return {"payback_left_out": _left_out(result), "payback_notes": _notes(result)}


def new_without_deal(result: CacResult) -> pd.DataFrame:
    """Return the new customers of the window (Customers.table) of whom no won deal of new business is found, those that
    pay most first."""
    rows = result.customers.within(result.window)
    rows = rows[rows["opportunity_id"].isna()]
    return rows.sort_values(["new_amount", "customer"], ascending=[False, True], ignore_index=True)


def _left_out(result: CacResult) -> Display:
    own = result.customers.left_out.assign(of=_NEW)
    later = result.realised.left_out
    keys = ["reason", "n", "amount", "examples"]
    joined = later.groupby(keys, sort=False)["version"].agg(list).reset_index()
    joined["of"] = [f"{_PAID}, {join(names)}" for names in joined["version"]]
    rows = pd.concat([own, joined[own.columns]], ignore_index=True) if len(joined) else own
    shown = pd.DataFrame({
        "Reason": rows["reason"], "Not among": rows["of"], "Number": rows["n"], "Recurring a month": rows["amount"],
        "Examples": rows["examples"].str.removeprefix("e.g. "),
    })  # fmt: skip
    what = "Customers, or won deals where none is found, that are in no number of new customers or of who has paid back"
    caption = f"{what}. {_OF_WHOLE}" if result.knobs.slice else what
    return caption, shown.reset_index(drop=True), (None, None, "count", "money", None)


def _notes(result: CacResult) -> Display:
    parts = (_of_largest, _of_unsold, _of_books, _of_bills, _of_the_rest, _of_peers)
    told = [line for part in parts for line in part(result)]
    shown = pd.DataFrame(list(dict.fromkeys(told)), columns=["Of", "What to know"]).astype("str")
    return "What to know of these numbers before leaning on them", shown, (None, None)


def _of_largest(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield what one new customer makes of payback, where it is much of new recurring revenue."""
    ladder = result.ladder
    if not ladder.rests_on_one:
        return
    rung = ladder.of(HEADLINE)
    one = f"one new customer ({ladder.largest_customer}) pays {share(ladder.largest_share)} of what new customers pay"
    without = (
        f"; without it, at the same cost, payback is {months(ladder.without_largest)} months rather than "
        f"{months(rung['payback_months'])}"
    )
    yield "New customers", one + (without if pd.notna(ladder.without_largest) else "")


def _of_unsold(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield how many new customers no deal tells of: a customer under another id looks like one."""
    rows, n_new = new_without_deal(result), len(result.customers.within(result.window))
    if n := len(rows):
        amount = money(rows["new_amount"].sum(), result.view.company.currency)
        yield (
            "New customers",
            (
                f"{n} of {plural(n_new, 'new customer')} in the bills {'has' if n == 1 else 'have'} no won deal of new "
                f"business ({amount} a month): who was moved to another id counts as lost and as new"
            ),
        )


def _of_books(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield what the books do not tell."""
    for name, reason in result.books.why.items():
        yield _BOOKS[name], reason
    if n := result.ladder.months_left_out:
        yield (
            _BOOKS["months"],
            (
                f"{plural(n, 'month')} of {len(result.window.months)} left out of payback: the cost that came before, "
                "or who became a customer, is not known"
            ),
        )


def _of_bills(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield how customers are told, and which months no report holds."""
    bills = result.customers.months
    if bills is None:
        yield (
            "New customers",
            (
                "no billing export holds a month that is over: they are won new business, at the amount of the deal "
                f"over {result.knobs.months_in_amount:g} months"
            ),
        )
        return
    if n := len(bills.missing):
        names = join([month_name(month) for month in bills.missing[:_MOST_MONTHS]])
        yield "Bills", f"{plural(n, 'month')} in no report ({names}{' …' if n > _MOST_MONTHS else ''}): filled for all"
    if n := int(bills.late.any(axis=1).sum()):
        yield "Bills", f"{plural(n, 'customer')} paid late, at least once: filled with the amount before"
    if bills.basis != "reported":
        part = "all" if bills.basis == "present_price" else "some"
        yield "Bills", f"{part} amounts of the past are the prices of today, which no change of price shows in"


def _of_the_rest(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield what the other parts say of themselves; what cannot be had at all stands in `unavailable`."""
    if result.lag.why:
        yield "Lag", result.lag.why
    if result.effort.why:
        yield "Sharing of cost", result.effort.why
    yield from _of_shares(result)
    for name, reason in result.channels.why.items():
        yield _CHANNELS[name], reason
    for version, note in result.realised.notes.items():
        yield _VERSIONS[version], note
    if result.lifetime.note:
        yield "Lifetime value", result.lifetime.note


def _of_shares(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield of which months' new customers the share of cost is not their own."""
    ladder = result.ladder
    held = ladder.shares.index[~ladder.shares["is_own"] & ladder.cac_by_month.notna()]
    if len(held):
        yield (
            "Sharing of cost",
            (
                f"fewer than {result.knobs.fewest_customers} deals, or none of new business, tell what new customers "
                f"bore of the cost of {plural(len(held), 'month')} up to {month_name(held[-1])}: there it is "
                f"{share(result.effort.new_share)}, as in these months"
            ),
        )


def _of_peers(result: CacResult) -> Iterator[tuple[str, str]]:
    """Yield of which numbers no published figure may be compared."""
    why = result.peers.why
    for reason in dict.fromkeys(why.values()):
        labels = [METRICS[name].label if name in METRICS else name.replace("_", " ") for name in why
                  if why[name] == reason]  # fmt: skip
        yield _PEERS, f"{join(labels)}: {reason}"
