"""Deals won held against what bills added, account by account."""

from typing import Any

import numpy as np
import pandas as pd

from revops.analysis.revenue_answers.counted import Billed, Counted
from revops.analysis.revenue_answers.definitions import Definition
from revops.wording import plural

__all__ = ["MORE_WON", "NO_ACCOUNT", "NO_BILL", "NO_CUSTOMER", "NO_DEAL", "OLD_DEAL", "won_and_billed"]

_COLUMNS = ["part", "opportunity_id", "customer", "name", "owner_id", "before", "after", "reason"]
NO_ACCOUNT = "no account on the deal: no bill can be found"
NO_CUSTOMER = "customer without an account"
NO_DEAL = "no deal of this account was won"
OLD_DEAL = "nothing won in the quarter nor in the three months before it"
MORE_WON = "; it won a deal of another type or source too"
_EARLY = "won in a month before the bills begin"
_LATE = "month not billed yet"
NO_BILL = "no new bill found"
_OTHER, _SAME = "billed at another amount", "the same but for rounding"
_ROUNDING = 0.001
_MONTHS = 3


def won_and_billed(counted: Counted, definition: Definition) -> dict[str, pd.DataFrame]:
    """Return what leads from deals won to bills, by rule: not_billed, not_won, other_amount.

    Parameters
        definition : whose deals won are held against the bills (types and sources)

    Returns
        rule -> part (booked), opportunity_id, customer, name, owner_id, before (won), after (billed) [cents], reason

    Formula
        A deal closed in a month that the bills do not tell is not billed; so is one without an account, and one whose
        account the bills added nothing for. Bills of a customer whose account won nothing else in the quarter are
        billed, not won. What an account's other deals were won at, and what its bills added, may differ: another
        amount, one line an account, under its largest deal. A customer without an account and a deal without a bill
        that have a name or an amount in common say so of each other, but are not held for the same.
    """
    deals = counted.deals
    wins = deals[deals["part"].eq("booked")]
    counts = Definition(definition.types, definition.sources, definition.touched, (), False).counts(wins)
    won, billed = wins[counts], counted.billed
    table = (
        billed.table
        if billed is not None
        else pd.DataFrame(columns=["customer", "account_id", "account_name", "cents"])
    )
    month = won["close_date"].dt.to_period("M").dt.to_timestamp()
    told = month.isin(billed.months) if billed is not None else pd.Series(False, won.index)
    found = told & won["account_id"].isin(table["account_id"].dropna())
    matched = won[found]
    paid = table["account_id"].isin(matched["account_id"].dropna())
    not_billed = _not_billed(won[~found], told, month, billed)
    not_won = _not_won(table[~paid], counted, won[~found], wins[~counts])
    _hint(not_billed, not_won, won[~found]["account_name"].to_numpy())
    other = _other_amount(matched, table[paid], wins.loc[~counts, "account_id"])
    return {"not_billed": not_billed, "not_won": not_won, "other_amount": other}


def _not_billed(won: pd.DataFrame, told: pd.Series, month: pd.Series, billed: Billed | None) -> pd.DataFrame:
    known = billed.months if billed is not None else pd.DatetimeIndex([])
    early = len(known) > 0 and month[won.index] < known.min()
    untold = ~told[won.index]
    reason = np.select([untold & early, untold, won["account_id"].isna()], [_EARLY, _LATE, NO_ACCOUNT], NO_BILL)
    return pd.DataFrame({
        "part": "booked", "opportunity_id": won["opportunity_id"], "customer": None,
        "name": won["opportunity_name"].fillna(won["opportunity_id"]), "owner_id": won["owner_id"],
        "before": won["cents"], "after": 0, "reason": pd.Series(reason, won.index, dtype="str"),
    })[_COLUMNS]  # fmt: skip


def _not_won(billed: pd.DataFrame, counted: Counted, unbilled: pd.DataFrame, uncounted: pd.DataFrame) -> pd.DataFrame:
    state, start, end = counted.view.opportunities, *map(pd.Timestamp, (counted.period.start, counted.period.end))
    won, account = state[state["outcome"].eq("won")], billed["account_id"]
    lately = start - pd.DateOffset(months=_MONTHS)

    def has(deals: pd.DataFrame) -> pd.Series:
        return account.isin(deals["account_id"].dropna())

    reasons = {
        NO_CUSTOMER: account.isna(),
        "won in a month that the bills do not tell yet": has(unbilled),
        "won in the quarter, of another type or source": has(uncounted),
        "won in the quarter, entered after its bookings were frozen": has(won[won["close_date"].between(start, end)]),
        "won before the quarter": has(won[won["close_date"].ge(lately) & won["close_date"].lt(start)]),
        "nothing won lately, but won after the quarter": has(won[won["close_date"].gt(end)]),
        "nothing won lately, but a deal is open": has(state[state["outcome"].eq("open")]),
        OLD_DEAL: has(won),
    }
    reason = np.select([*reasons.values()], [*reasons], NO_DEAL)
    return pd.DataFrame({
        "part": "booked", "opportunity_id": None, "customer": billed["customer"],
        "name": billed["account_name"].fillna(billed["customer"]), "owner_id": None,
        "before": 0, "after": billed["cents"], "reason": pd.Series(reason, billed.index, dtype="str"),
    })[_COLUMNS]  # fmt: skip


def _hint(not_billed: pd.DataFrame, not_won: pd.DataFrame, accounts: np.ndarray) -> None:
    """Say of each customer without an account and each deal without a bill what they have in common; accounts: the
    names of those of the deals."""
    hints: dict[tuple[str, int], list[str]] = {}
    for customer in not_won[not_won["reason"].eq(NO_CUSTOMER)].itertuples():
        for deal, account in zip(not_billed.itertuples(), accounts, strict=True):
            same = _same(deal, account, customer) if deal.reason in (NO_BILL, NO_ACCOUNT) else ""
            if same:
                hints.setdefault(("customer", customer.Index), []).append(f"same {same} as {deal.name}")
                hints.setdefault(("deal", deal.Index), []).append(f"same {same} as {customer.name}")
    for (what, at), said in hints.items():
        table = not_won if what == "customer" else not_billed
        table.loc[at, "reason"] += "; " + ", ".join(dict.fromkeys(said))


def _same(deal: Any, account: Any, customer: Any) -> str:
    """Return what a deal and a customer have in common, in words; blank where nothing."""
    is_near = deal.before > 0 and abs(customer.after - deal.before) <= _ROUNDING * deal.before
    is_named = isinstance(account, str) and account.strip().casefold() == customer.name.strip().casefold()
    return " and ".join(["name"] * is_named + ["amount"] * is_near)


def _other_amount(won: pd.DataFrame, billed: pd.DataFrame, others: pd.Series) -> pd.DataFrame:
    ranked = won.sort_values(["cents", "opportunity_id"], ascending=[False, True])
    largest = ranked.drop_duplicates("account_id").set_index("account_id")
    accounts = won.groupby("account_id")["cents"].agg(["sum", "size"])
    rows = billed.set_index("account_id").join([accounts, largest[["opportunity_id", "owner_id"]]])
    rows = rows[rows["cents"].ne(rows["sum"])].sort_values("customer")
    is_rounding = (rows["cents"] - rows["sum"]).abs() <= _ROUNDING * rows["sum"].abs()
    has_more = rows.index.isin(others.dropna())
    reason = [f"{plural(n, 'deal')} of this account, {_SAME if same else _OTHER}{MORE_WON if more and not same else ''}"
              for n, same, more in zip(rows["size"], is_rounding, has_more, strict=True)]  # fmt: skip
    return pd.DataFrame({
        "part": "booked", "opportunity_id": rows["opportunity_id"], "customer": rows["customer"],
        "name": rows["account_name"].fillna(rows["customer"]), "owner_id": rows["owner_id"], "before": rows["sum"],
        "after": rows["cents"], "reason": pd.Series(reason, rows.index, dtype="str"),
    })[_COLUMNS].reset_index(drop=True)  # fmt: skip
