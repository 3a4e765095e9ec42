"""The tables on who stays and what growth costs: retention, movements, the largest customers, figures of others."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from revops.analysis.peers import shown
from revops.measures.cac_payback.efficiency import NOT_OVER
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.rows import OF_PRICES
from revops.measures.cac_payback.tables.ladder import Display, also, month_words
from revops.metrics import metric
from revops.wording import missing, money, month_name, plural, ranges, value

__all__ = ["kept_tables"]

_MEASURES = {"nrr": "Net revenue retention", "grr": "Gross revenue retention", "logo_churn_rate": "Customers lost"}
_NAMES = {
    ("cac_ratio", "new_logo"): "Cost for 1 a year from new customers",
    ("cac_ratio", "fully_loaded"): "Cost for 1 a year, expansion included",
    ("magic_number", "gross_new"): "Magic number, new and expansion",
    ("magic_number", "net_new"): "Magic number, net new",
    ("grr", "lost"): "Recurring revenue lost in a year",
    ("logo_churn_rate", "kept"): "Customers kept for a year",
    ("sales_marketing_share", "window"): "Sales and marketing of revenue",
    ("expansion_share", "of_new"): "Expansion, of new and expansion",
    ("expansion_share", "of_gained"): "Expansion, of all that was gained",
    ("new_business_share", "of_gained"): "New customers, of all that was gained",
}
_MIDDLE = ("median", "mean", "median_or_mean", "share")
_OF_EACH, _QUARTERS = 2, 8
_BY_SIZE = "by the larger of then and now"
_VARIANTS = {"net_new": "Net new", "gross_new": "New and expansion", "revenue": "Revenue"}


def kept_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name, those that the exports allow."""
    found = {"retention": _retention, "movements": _bridge, "largest_customers": _top, "cs_expansion": _expansion,
             "magic_number": _magic, "burn_multiple": _burn, "published": _published}  # fmt: skip
    return {name: table(result) for name, table in found.items()}


def _retention(result: CacResult) -> Display:
    rows, top = result.retention.table, result.knobs.top
    whole, without = (rows[rows["scope"].eq(scope)].set_index("measure") for scope in ("all", "without_top"))
    names = list(_MEASURES)
    shown = pd.DataFrame({
        "Over twelve months": [_MEASURES[name] for name in names], "All": whole["value"].reindex(names).to_numpy(),
        "Range": ranges(whole["low"].reindex(names), whole["high"].reindex(names)),
        "Without the largest" if top == 1 else f"Without the {top} largest": without["value"].reindex(names).to_numpy(),
        "Its range": ranges(without["low"].reindex(names), without["high"].reindex(names)),
        "Customers": whole["n"].reindex(names).to_numpy(),
    })  # fmt: skip
    caption = (
        f"Recurring revenue in {month_name(result.retention.now)} of the customers of twelve months before, over "
        f"theirs then; gross: nobody counts for more than then; the {'' if top == 1 else f'{top} '}largest: {_BY_SIZE}"
    )
    notes = [result.retention.why.get("nrr"), *_doubts(result)]
    return also(caption, *notes), shown[shown["Customers"].gt(0)], (None, "share", None, "share", None, "count")


def _doubts(result: CacResult) -> list[str]:
    """Return who may have been told wrongly, in words."""
    doubt, currency = result.retention.in_doubt.set_index("state"), result.view.company.currency
    said = {"missing": "missing of late, may have paid late; counted as lost",
            "past_due": "past due and not paid since; counted as paying"}  # fmt: skip
    return [f"{plural(int(row['n']), 'customer')} with {money(row['amount'], currency)} a month, {said[state]}"
            for state, row in doubt.iterrows() if row["n"]]  # fmt: skip


def _bridge(result: CacResult) -> Display:
    rows, why = result.retention.bridge.tail(_QUARTERS).reset_index(drop=True), result.retention.why.get("bridge")
    rows = rows if why is None else rows.assign(**dict.fromkeys(OF_PRICES, float("nan")))
    names = [row.period if row.n_months == 3 else f"{row.period} ({plural(row.n_months, 'month')})"
             for row in rows.itertuples()]  # fmt: skip
    shown = pd.DataFrame({"Quarter": names, "At its start": rows["opening"], "New": rows["new"],
                          "Expansion": rows["expansion"], "Reactivation": rows["reactivation"],
                          "Contraction": rows["contraction"], "Churn": rows["churn"],
                          "At its end": rows["closing"]})  # fmt: skip
    caption = "What moved recurring revenue a month; late payments are filled in, other currencies at fixed rates"
    return also(caption, why), shown, (None, *["money"] * 7)


def _top(result: CacResult) -> Display:
    rows, accounts = result.retention.top, result.view.book.table("accounts")
    names = rows["customer"].map(accounts.set_index("account_id")["account_name"]).astype("str")
    shown = pd.DataFrame({"Customer": names.fillna(rows["customer"]), "A year ago": rows["then"], "Now": rows["now"],
                          "Change": rows["change"], "Share of now": rows["share"]})  # fmt: skip
    many = "largest customer" if len(rows) == 1 else f"{len(rows)} largest customers"
    caption = (
        f"The {many} of twelve months before, {_BY_SIZE}, recurring a month; share: of all recurring revenue now, new "
        "customers too"
    )
    return caption, shown, (None, "money", "money", "money", "share")


def _expansion(result: CacResult) -> Display:
    rows = result.efficiency.expansion
    shown = pd.DataFrame({"Quarter": rows["quarter"], "Expansion won": rows["expansion_amount"],
                          "By customer success": rows["cs_expansion_amount"], "Share": rows["cs_share"],
                          "Deals": rows["n_deals"]})  # fmt: skip
    caption = "Expansion won, and what customer success sourced of it"
    shown = shown if shown["Deals"].any() else shown.head(0)
    return also(caption, *result.efficiency.why.values()), shown, (None, "money", "money", "share", "count")


def _magic(result: CacResult) -> Display:
    rows = result.efficiency.magic
    rows = rows[~rows["note"].fillna("").str.startswith(NOT_OVER)]
    rows = rows if rows["spend_amount"].notna().any() else rows.head(0)
    quarters = list(dict.fromkeys(rows["quarter"]))
    shown = pd.DataFrame({"Quarter": quarters})
    for variant, label in _VARIANTS.items():
        own = rows[rows["variant"].eq(variant)].set_index("quarter").reindex(quarters)
        shown[label] = [_or_note(_decimals, number, note)
                        for number, note in zip(own["magic_number"], own["note"], strict=True)]  # fmt: skip
    spend = rows.drop_duplicates("quarter").set_index("quarter")["spend_amount"].reindex(quarters)
    shown["Cost the quarter before"] = spend.to_numpy()
    caption = (
        "Magic number in three variants that are never to be compared with each other: what a quarter added, for a "
        "year, over the cost of the quarter before"
    )
    return also(caption, _of_whole(result)), shown, (None, None, None, None, "money")


def _burn(result: CacResult) -> Display:
    rows = result.efficiency.burn
    rows = rows[rows["first_quarter"].notna()]
    shown = pd.DataFrame({
        "From": rows["first_quarter"], "To": rows["last_quarter"], "Loss": rows["loss_amount"],
        "Net new a year": rows["net_new_amount"],
        "Burn multiple": [_or_note(_decimals, number, note)
                          for number, note in zip(rows["burn_multiple"], rows["note"], strict=True)],
    })  # fmt: skip
    caption = "Loss of the ledger, interest included (below 0: a profit), over net new recurring revenue a year"
    return also(caption, _of_whole(result)), shown, (None, None, "money", "money", None)


def _of_whole(result: CacResult) -> str | None:
    """Return that a number is of the whole company, where the report is of a part of it."""
    return "of the whole company: the books do not tell its parts apart" if result.knobs.slice else None


def _published(result: CacResult) -> Display:
    found, currency = result.peers.table, result.view.company.currency
    rows = found[found["flag"].ne("not comparable")]
    rows = rows.iloc[(~rows["statistic"].isin(_MIDDLE)).to_numpy().argsort(kind="stable")]
    rows = rows.groupby(["id", "basis"], sort=False).head(_OF_EACH).sort_index()
    told = shown(rows, lambda *key: _NAMES.get(key) or metric(key[0]).label, partial(_in_words, currency=currency))
    caption = (
        "Published figures beside ours, the most alike first; grade A: read at its publisher, B: in a copy, C: quoted "
        "by others"
    )
    n = len(found) - len(told)
    rest = (
        f"{plural(n, 'more figure')}, the less alike, {'stands' if n == 1 else 'stand'} in published_figures.csv"
        if n
        else None
    )
    return also(caption, rest), told, (None,) * 9


def _in_words(number: float, unit: str, currency: str) -> str:
    """Return a number in the words of its unit."""
    return month_words(number) if unit == "months" else value(number, unit, currency)


def _or_note(write: Callable[[float], str], number: float, note: str | None) -> str:
    """Return a number in words, or why there is none."""
    return str(note) if missing(number) and not missing(note) else write(number)


def _decimals(number: float) -> str:
    """Return a ratio with two decimals."""
    return "–" if missing(number) else f"{number:.2f}x"
