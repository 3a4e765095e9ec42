"""What to do so that three answers become one: what was won or billed alone, and what the CRM leaves open."""

import datetime as dt
from collections.abc import Iterator

import pandas as pd

from revops.actions import Action
from revops.actions.due import soon
from revops.measures.revenue_answer import AnswerResult
from revops.wording import count, join, money, one_line, plural, share

__all__ = ["actions"]

_RECORDS = 50
_NAMED = 2


def actions(result: AnswerResult) -> list[Action]:
    """Return what to do, by the money in the records; only that the exports are old, where they are. Nothing where no
    rule fires."""
    if result.is_stale:
        return [_export_again(result)]
    rules = (_won_not_billed, _billed_not_won, _other_amount, _overdue, _uncategorised, _sourceless, _amountless)
    found = [action for rule in rules for action in rule(result)]
    return sorted(found, key=lambda action: -action.amount)


def _export_again(result: AnswerResult) -> Action:
    old = plural(result.view.days_without_news, "day")
    because = (
        "The newest record is older than stale_after_days; what is booked, committed or billed since is not known."
    )
    text = f"Export again: the newest record of the CRM is {old} old"
    return Action("exports_are_old", text, "revops", 0.0, _by(result), because, ())


def _won_not_billed(result: AnswerResult) -> Iterator[Action]:
    """Yield that finance be asked for bills of deals won some time ago."""
    rows = _of_kind(result, "won_not_billed")
    if rows.empty:
        return
    text = (
        f"Ask finance where the {'bill is' if len(rows) == 1 else 'bills are'} of {plural(len(rows), 'deal')} "
        f"won{_in(rows)}: {_money(result, rows['won_amount'])}, {_named(rows)}"
    )
    because = (
        f"{_won(len(rows))} at least {plural(result.knobs.bill_days, 'day')} (bill_days) before the end of the bills, "
        "and the account has no new bill since. A new bill of the account, or a deal that is no longer won, takes it "
        "off the list."
    )
    yield _action(result, "won_not_billed", text, "revops", rows, because)


def _won(n: int) -> str:
    return "It was won" if n == 1 else "Each was won"


def _billed_not_won(result: AnswerResult) -> Iterator[Action]:
    """Yield that the deals be found behind new bills."""
    rows = _of_kind(result, "billed_not_won")
    if rows.empty:
        return
    text = (
        f"Find the deals behind new bills of {plural(len(rows), 'customer')}{_in(rows)} that no deal won explains: "
        f"{_money(result, rows['billed_amount'])} a year, {_named(rows)}"
    )
    because = (
        "Bills added recurring revenue of a customer without an account in the CRM, or whose account has won nothing "
        "since three months before the quarter and has no open deal. A won deal of the account that the bills name "
        "takes it off the list."
    )
    n = int(rows["reason"].str.contains("; same ", regex=False).sum())
    if n:
        because += f" {count(n)} of them {'has' if n == 1 else 'have'} the name or amount of a deal without a bill: an "
        because += "account id in the billing system would close both."
    yield _action(result, "billed_not_won", text, "sales_ops", rows, because)


def _other_amount(result: AnswerResult) -> Iterator[Action]:
    """Yield that amounts be put right that were billed otherwise."""
    rows = _of_kind(result, "other_amount")
    if rows.empty:
        return
    row, currency = rows.iloc[0], result.view.company.currency
    text = (
        f"Put right {plural(len(rows), 'account')} billed{_in(rows)} at another amount than won, "
        f"{_money(result, rows['amount'])} apart: {one_line(row['name'])} "
        f"{money(row['won_amount'], currency)} won, {money(row['billed_amount'], currency)} billed"
    )
    because = (
        f"What bills added in the quarter, x 12, is off by more than {share(result.knobs.other_amount)} (other_amount) "
        "of what the account's deals were won at. The same amount in both takes it off the list."
    )
    yield _action(result, "billed_otherwise", text, "revops", rows, because)


def _overdue(result: AnswerResult) -> Iterator[Action]:
    """Yield that committed deals whose close date has passed get a date."""
    if not _is_under_way(result) or not result.counted.has_categories:
        return
    definition = result.counted.definitions["sales"]
    deals = result.counted.deals[result.counted.deals["part"].eq("overdue")]
    rows = deals[definition.counts(deals.assign(part="committed"))]
    if rows.empty:
        return
    text = f"Re-date or close {plural(len(rows), 'committed deal')} that {_is(len(rows))} overdue: {_sum(result, rows)}"
    text += " in nobody's answer"
    because = (
        "Open, in a category that sales counts as committed, with a close date that has passed: no answer counts it "
        "until it has a date. A new close date takes it off the list."
    )
    yield _of_deals(result, "overdue_commits", text, "sales_ops", rows, because)


def _uncategorised(result: AnswerResult) -> Iterator[Action]:
    """Yield that open deals get a forecast category, where others have one."""
    deals, definition = result.counted.open_deals, result.counted.definitions["sales"]
    if not _is_under_way(result) or not result.counted.has_categories or not definition.committed:
        return
    rows = deals[deals["role"].isna() & deals["type"].isin(definition.types)]
    if rows.empty:
        return
    text = f"Give a forecast category to {plural(len(rows), 'open deal')} due in {result.period.name}: "
    text += f"{_sum(result, rows)} that nobody can call committed"
    because = "Without a category no answer counts an open deal. A category takes it off the list."
    yield _of_deals(result, "no_forecast_category", text, "sales_ops", rows, because)


def _sourceless(result: AnswerResult) -> Iterator[Action]:
    """Yield that deals of unknown source get one, where somebody counts by source."""
    found = {who: d for who, d in result.counted.definitions.items() if d.sources and "unknown" not in d.sources}
    deals, sales = result.counted.deals, result.counted.definitions["sales"]
    if not found or sales.sources is not None:
        return
    mine = deals[sales.counts(deals)] if not sales.is_billed else deals[deals["part"].eq("booked")]
    touched = any(definition.touched for definition in found.values())
    rows = mine[mine["source"].eq("unknown") & ~(mine["is_touched"] & touched)]
    if rows.empty:
        return
    text = (
        f"Say where {plural(len(rows), 'deal')} of {result.period.name} came from: {_sum(result, rows)} booked or "
        f"committed that sales counts, and {join(list(found))} cannot"
    )
    because = (
        "No source is on record, and no touch of marketing is known. A lead source or a campaign takes it off the list."
    )
    yield _of_deals(result, "unknown_source", text, "marketing_ops", rows, because)


def _amountless(result: AnswerResult) -> Iterator[Action]:
    """Yield that deals that count get an amount."""
    deals = result.counted.deals
    counts = pd.Series(False, deals.index)
    for definition in result.counted.definitions.values():
        counts |= definition.counts(deals)
    rows = deals[counts & deals["amount"].isna()]
    if rows.empty:
        return
    verb = "counts" if len(rows) == 1 else "count"
    text = f"Give an amount to {plural(len(rows), 'deal')} of {result.period.name} that {verb} 0 in every answer"
    because = "Won, or committed, without an amount. An amount takes it off the list."
    yield _of_deals(result, "no_amount", text, "sales_ops", rows, because)


def _of_kind(result: AnswerResult, kind: str) -> pd.DataFrame:
    """Return what is not explained of one kind, the largest first."""
    rows = result.unexplained[result.unexplained["kind"].eq(kind)]
    rows = rows.assign(record=rows["opportunity_id"].fillna(rows["customer"]))
    return rows.sort_values(["amount", "record"], ascending=[False, True])


def _action(result: AnswerResult, rule: str, text: str, owner: str, rows: pd.DataFrame, because: str) -> Action:
    because += f" Records: the {_RECORDS} with most money." if len(rows) > _RECORDS else ""
    return Action(
        rule, text, owner, round(float(rows["amount"].sum()), 2), _by(result), because, tuple(rows["record"][:_RECORDS])
    )


def _of_deals(result: AnswerResult, rule: str, text: str, owner: str, rows: pd.DataFrame, because: str) -> Action:
    """Return an action on deals of `counted`, the largest first."""
    rows = rows.assign(record=rows["opportunity_id"], amount=rows["cents"] / 100)
    rows = rows.sort_values(["amount", "record"], ascending=[False, True])
    return _action(result, rule, text, owner, rows, because)


def _sum(result: AnswerResult, rows: pd.DataFrame) -> str:
    return money(rows["cents"].sum() / 100, result.view.company.currency)


def _money(result: AnswerResult, amounts: pd.Series) -> str:
    return money(amounts.sum(), result.view.company.currency)


def _in(rows: pd.DataFrame) -> str:
    """Return ` in FY27-Q1`, ` from FY26-Q4 to FY27-Q1`: the quarters of rows, whose names sort by time."""
    names = sorted(set(rows["period"]))
    return f" in {names[0]}" if len(names) == 1 else f" from {names[0]} to {names[-1]}"


def _named(rows: pd.DataFrame) -> str:
    """Return the first names, and how many more there are."""
    names = [one_line(name) for name in rows["name"].head(_NAMED)]
    more = len(rows) - len(names)
    return join([*names, f"{count(more)} more"] if more else names)


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _is_under_way(result: AnswerResult) -> bool:
    return result.period.start <= result.view.day <= result.period.end


def _by(result: AnswerResult) -> dt.date:
    return soon(result.period, result.view.day)
