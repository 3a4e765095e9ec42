"""The tables on who stays and what growth costs: retention, movements, the largest customers, figures of others."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display
from revops.metrics import metric
from revops.wording import missing, money, multiple, plural, ranges, value

__all__ = ["kept_tables"]

_MEASURES = {"nrr": "Net revenue retention", "grr": "Gross revenue retention", "logo_churn_rate": "Customers lost"}
_VARIANTS = {"net_new": "Net new", "gross_new": "New and expansion", "revenue": "Revenue"}


def kept_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name, those that the exports allow."""
    found = {"retention": _retention, "bridge": _bridge, "largest_customers": _top, "cs_expansion": _expansion,
             "magic_number": _magic, "burn_multiple": _burn, "published": _published}  # fmt: skip
    return {name: table(result) for name, table in found.items()}


def _retention(result: CacResult) -> Display:
    rows, top = result.retention.table, result.knobs.top
    whole, without = (rows[rows["scope"].eq(scope)].set_index("measure") for scope in ("all", "without_top"))
    names = [name for name in _MEASURES if name in whole.index]
    shown = pd.DataFrame({
        "Over twelve months": [_MEASURES[name] for name in names], "All": [whole.loc[n, "value"] for n in names],
        "Range": ranges([whole.loc[n, "low"] for n in names], [whole.loc[n, "high"] for n in names]),
        f"Without the {top} largest": [without["value"].get(n, float("nan")) for n in names],
        "Customers": [whole.loc[n, "n"] for n in names],
    })  # fmt: skip
    caption = (
        "Recurring revenue of the customers of twelve months ago, now over then; gross: nobody counts for more than "
        "then"
    )
    if result.retention.in_doubt_n:
        doubt = money(result.retention.in_doubt_amount, result.view.company.currency)
        caption += (
            f". {plural(result.retention.in_doubt_n, 'customer')} with {doubt} a month missing of late may have paid "
            "late; counted as lost"
        )
    return caption, shown, (None, "share", None, "share", "count")


def _bridge(result: CacResult) -> Display:
    rows = result.retention.bridge
    shown = pd.DataFrame({"Quarter": rows["period"], "At its start": rows["opening"], "New": rows["new"],
                          "Expansion": rows["expansion"], "Reactivation": rows["reactivation"],
                          "Contraction": rows["contraction"], "Churn": rows["churn"],
                          "At its end": rows["closing"]})  # fmt: skip
    caption = "What moved recurring revenue a month; late payments are filled in, other currencies at fixed rates"
    return caption, shown, (None, *["money"] * 7)


def _top(result: CacResult) -> Display:
    rows = result.retention.top
    shown = pd.DataFrame({"Customer": rows["customer"], "A year ago": rows["then"], "Now": rows["now"],
                          "Change": rows["change"], "Share of now": rows["share"]})  # fmt: skip
    return f"The {len(rows)} largest customers, recurring a month", shown, (None, "money", "money", "money", "share")


def _expansion(result: CacResult) -> Display:
    rows = result.efficiency.expansion
    shown = pd.DataFrame({"Quarter": rows["quarter"], "Expansion won": rows["expansion_amount"],
                          "By customer success": rows["cs_expansion_amount"], "Share": rows["cs_share"],
                          "Deals": rows["n_deals"]})  # fmt: skip
    return "Expansion won, and what customer success sourced of it", shown, (None, "money", "money", "share", "count")


def _magic(result: CacResult) -> Display:
    rows = result.efficiency.magic
    quarters = list(dict.fromkeys(rows["quarter"]))
    shown, units = pd.DataFrame({"Quarter": quarters}), [None]
    for variant, label in _VARIANTS.items():
        own = rows[rows["variant"].eq(variant)].set_index("quarter").reindex(quarters)
        shown[label] = [note if missing(number) and not missing(note) else multiple(number)
                        for number, note in zip(own["magic_number"], own["note"], strict=True)]  # fmt: skip
        units.append(None)
    spend = rows.drop_duplicates("quarter").set_index("quarter")["spend_amount"].reindex(quarters)
    shown["Cost the quarter before"] = spend.to_numpy()
    caption = (
        "Magic number in three variants that are never to be compared with each other: what was added over the cost "
        "before"
    )
    return caption, shown, (*units, "money")


def _burn(result: CacResult) -> Display:
    rows = result.efficiency.burn
    shown = pd.DataFrame({
        "Loss": rows["loss_amount"], "Net new a year": rows["net_new_amount"],
        "Burn multiple": [note if missing(number) and not missing(note) else multiple(number)
                          for number, note in zip(rows["burn_multiple"], rows["note"], strict=True)],
    })  # fmt: skip
    shown.insert(0, "Over", [plural(4, "quarter")] * len(shown))
    return "Operating loss of the books over net new annual recurring revenue", shown, (None, "money", "money", None)


def _published(result: CacResult) -> Display:
    rows, currency = result.peers, result.view.company.currency
    shown = pd.DataFrame({
        "Number": [metric(id).label for id in rows["id"]],
        "Ours": _in_words(rows["ours"], rows["id"], currency), "Theirs": _in_words(rows["value"], rows["id"], currency),
        "Which": rows["statistic"], "Of whom": rows["band"],
        "Year, n": [f"{year}, {n}" for year, n in zip(rows["year"], rows["n"], strict=True)],
        "By, grade": [f"{who}, {grade}" for who, grade in zip(rows["publisher"], rows["grade"], strict=True)],
        "Comparable?": [flag if missing(why) or not why else f"{flag}: {why}"
                        for flag, why in zip(rows["flag"], rows["why"], strict=True)],
    })  # fmt: skip
    caption = (
        "Published figures beside ours: A read at the publisher, B in a copy, C quoted by others; definitions differ "
        "more than companies do"
    )
    return caption, shown, (None,) * 8


def _in_words(numbers: pd.Series, ids: pd.Series, currency: str) -> list[str]:
    return [value(number, metric(id).unit, currency) for number, id in zip(numbers, ids, strict=True)]
