"""What to mend in the books and the bills, so that payback can be told."""

from collections.abc import Iterator

from revops.actions import Action, due
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.left_out import new_without_deal
from revops.wording import count, join, missing, money, month_name, plural

__all__ = ["to_mend"]

_RECORDS = 50


def to_mend(result: CacResult) -> Iterator[Action]:
    """Yield what the books must tell: which accounts are cost, what margin is, and what months cost; and who in the
    bills is new by them alone."""
    books, by = result.books, due.soon(result.period, result.view.day)
    if "spend" in books.why:
        text = f"Make the cost of winning customers known: {books.why['spend']}"
        because = (
            "Without it no payback can be had. Accounts under sales or marketing in company.yml take it off the list."
        )
        yield Action("no_cost", text, "revops", 0.0, by, because, ())
    elif lacks := [month for month in books.months if missing(books.all_spend[month])]:
        yield Action("missing_books", _add(lacks, books.source), "revops", 0.0, by, _LEFT_OUT, ())
    if missing(books.window_margin):
        text = f"Make gross margin known: {books.why.get('margin', 'the books tell none')}"
        because = (
            "Without it no payback on gross margin can be had. Accounts under cogs in company.yml, or gross_margin in "
            "params, take it off the list."
        )
        yield Action("no_margin", text, "revops", float(books.all_spend.sum()), by, because, ())
    yield from _without_deal(result)


def _without_deal(result: CacResult) -> Iterator[Action]:
    """Yield that new customers be looked at of whom no won deal tells: they may be old ones under another id."""
    rows, by = new_without_deal(result), due.soon(result.period, result.view.day)
    if not (n := len(rows)):
        return
    amount = float(rows["new_amount"].sum())
    text = (
        f"Look at {plural(n, 'new customer')} in the bills without a won deal: "
        f"{money(amount, result.view.company.currency)} a month counts as new"
    )
    because = (
        "No won deal of new business tells of them: they bought without one, or were moved to another id, and then "
        "count as lost and as new."
        if n > 1
        else "No won deal of new business tells of it: it bought without one, or was moved to another id, and then "
        "counts as lost and as new."
    )
    because += f" Records: the {_RECORDS} that pay most." if n > _RECORDS else ""
    because += " A won deal of the account that the bills name, or the id of before, takes a customer off the list."
    yield Action("new_without_deal", text, "revops", 12 * amount, by, because, tuple(rows["customer"].head(_RECORDS)))


_LEFT_OUT = (
    "Months whose cost is not known are left out, with the customers that came of them. Their cost takes it off the "
    "list."
)


def _add(lacks: list[object], source: str) -> str:
    """Return which months are to be added."""
    names, n = [month_name(month) for month in lacks], len(lacks)
    shown = join([*names[:3], f"{count(n - 3)} more"] if n > 3 else names)
    what = "books" if source == "ledger" else "cost of ads"
    return f"Add the {what} of {shown}: what {'it' if n == 1 else 'they'} cost is not known"
