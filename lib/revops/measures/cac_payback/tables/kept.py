"""The tables on who stays and what growth costs: retention, movements, the largest customers, figures of others."""

from collections.abc import Callable

import pandas as pd

from revops.measures.cac_payback.efficiency import NOT_OVER
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display
from revops.metrics import metric
from revops.wording import missing, money, month_name, plural, ranges, value

__all__ = ["kept_tables"]

_MEASURES = {"nrr": "Net revenue retention", "grr": "Gross revenue retention", "logo_churn_rate": "Customers lost"}
_NAMES = {
    "cac_ratio": "Cost for 1 of new recurring revenue a year",
    "sales_marketing_share": "Sales and marketing of revenue",
    "expansion_share": "Expansion of what was gained",
    "new_business_share": "New business of what was gained",
}
_MIDDLE = ("median", "mean", "median_or_mean", "share")
_OF_EACH, _QUARTERS = 2, 8
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
        f"Without the {top} largest": without["value"].reindex(names).to_numpy(),
        "Its range": ranges(without["low"].reindex(names), without["high"].reindex(names)),
        "Customers": whole["n"].reindex(names).to_numpy(),
    })  # fmt: skip
    caption = (
        f"Recurring revenue in {month_name(result.retention.now)} of the customers of twelve months before, over "
        "theirs then; gross: nobody counts for more than then"
    )
    doubt = result.retention.in_doubt.set_index("state").loc["missing"]
    if doubt["n"]:
        amount = money(doubt["amount"], result.view.company.currency)
        caption += (
            f". {plural(int(doubt['n']), 'customer')} with {amount} a month, missing of late, may have paid late; "
        )
        caption += "counted as lost"
    return caption, shown[shown["Customers"].gt(0)], (None, "share", None, "share", None, "count")


def _bridge(result: CacResult) -> Display:
    rows = result.retention.bridge.tail(_QUARTERS).reset_index(drop=True)
    part = rows["n_months"].lt(3)
    names = rows["period"].where(
        ~part, rows["period"] + rows["n_months"].map(lambda n: f" ({plural(int(n), 'month')})")
    )
    shown = pd.DataFrame({"Quarter": names, "At its start": rows["opening"], "New": rows["new"],
                          "Expansion": rows["expansion"], "Reactivation": rows["reactivation"],
                          "Contraction": rows["contraction"], "Churn": rows["churn"],
                          "At its end": rows["closing"]})  # fmt: skip
    caption = "What moved recurring revenue a month; late payments are filled in, other currencies at fixed rates"
    return caption, shown, (None, *["money"] * 7)


def _top(result: CacResult) -> Display:
    rows, accounts = result.retention.top, result.view.book.table("accounts")
    names = rows["customer"].map(accounts.set_index("account_id")["account_name"])
    shown = pd.DataFrame({"Customer": names.fillna(rows["customer"]), "A year ago": rows["then"], "Now": rows["now"],
                          "Change": rows["change"], "Share of now": rows["share"]})  # fmt: skip
    caption = f"The {len(rows)} largest of the customers of twelve months ago, recurring a month"
    return caption, shown, (None, "money", "money", "money", "share")


def _expansion(result: CacResult) -> Display:
    rows = result.efficiency.expansion
    shown = pd.DataFrame({"Quarter": rows["quarter"], "Expansion won": rows["expansion_amount"],
                          "By customer success": rows["cs_expansion_amount"], "Share": rows["cs_share"],
                          "Deals": rows["n_deals"]})  # fmt: skip
    return "Expansion won, and what customer success sourced of it", shown, (None, "money", "money", "share", "count")


def _magic(result: CacResult) -> Display:
    rows = result.efficiency.magic
    rows = rows[~rows["note"].fillna("").str.startswith(NOT_OVER)]
    quarters = list(dict.fromkeys(rows["quarter"]))
    shown = pd.DataFrame({"Quarter": quarters})
    for variant, label in _VARIANTS.items():
        own = rows[rows["variant"].eq(variant)].set_index("quarter").reindex(quarters)
        shown[label] = [_or_note(_decimals, number, note)
                        for number, note in zip(own["magic_number"], own["note"], strict=True)]  # fmt: skip
    spend = rows.drop_duplicates("quarter").set_index("quarter")["spend_amount"].reindex(quarters)
    shown["Cost the quarter before"] = spend.to_numpy()
    caption = (
        "Magic number in three variants that are never to be compared with each other: what was added over the cost of "
        "the quarter before"
    )
    return caption, shown, (None, None, None, None, "money")


def _burn(result: CacResult) -> Display:
    rows = result.efficiency.burn
    shown = pd.DataFrame({
        "From": rows["first_quarter"], "To": rows["last_quarter"], "Loss": rows["loss_amount"],
        "Net new a year": rows["net_new_amount"],
        "Burn multiple": [_or_note(_decimals, number, note)
                          for number, note in zip(rows["burn_multiple"], rows["note"], strict=True)],
    })  # fmt: skip
    caption = "Loss of the books (below 0: a profit) over net new annual recurring revenue"
    return caption, shown, (None, None, "money", "money", None)


def _published(result: CacResult) -> Display:
    found, currency = result.peers.table, result.view.company.currency
    rows = found[found["flag"].ne("not comparable")]
    rows = rows.iloc[(~rows["statistic"].isin(_MIDDLE)).to_numpy().argsort(kind="stable")]
    rows = rows.groupby(["id", "basis"], sort=False).head(_OF_EACH).sort_index()
    shown = pd.DataFrame({
        "Number": [_NAMES.get(id) or metric(id).label for id in rows["id"]],
        "Ours": _in_words(rows["ours"], rows, currency), "Theirs": _in_words(rows["value"], rows, currency),
        "Which": rows["statistic"].str.replace("_", " "), "Of whom": rows["band"],
        "Year": rows["year"].fillna("not printed"), "n": rows["n"].fillna("not printed"),
        "By, grade": [f"{who}, {grade}" for who, grade in zip(rows["publisher"], rows["grade"], strict=True)],
        "Comparable?": [f"{flag}: {why}" if why else flag for flag, why in zip(rows["flag"], rows["why"], strict=True)],
    })  # fmt: skip
    n_rest = len(found) - len(shown)
    caption = (
        "Published figures beside ours, the most alike first; grade A: read at its publisher, B: in a copy, C: quoted "
        "by others"
    )
    if n_rest:
        caption += (
            f". {plural(n_rest, 'figure')} more, of other definitions or companies, stand in published_figures.csv"
        )
    return caption, shown.reset_index(drop=True), (None,) * 9


def _in_words(numbers: pd.Series, rows: pd.DataFrame, currency: str) -> list[str]:
    """Return numbers in the words of their unit."""
    return [value(number, unit, currency) for number, unit in zip(numbers, rows["unit"], strict=True)]


def _or_note(write: Callable[[float], str], number: float, note: str | None) -> str:
    """Return a number in words, or why there is none."""
    return str(note) if missing(number) and not missing(note) else write(number)


def _decimals(number: float) -> str:
    """Return a ratio with two decimals."""
    return "–" if missing(number) else f"{number:.2f}x"
