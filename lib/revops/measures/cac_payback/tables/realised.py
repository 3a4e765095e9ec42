"""The tables on who has paid back and who left first, and on what a customer is worth."""

import pandas as pd

from revops.measures.cac_payback.lifetime import BASES
from revops.measures.cac_payback.realised import AGES
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display, also, month_words
from revops.wording import between, missing, money, multiple, plural, ranges

__all__ = ["realised_tables"]

_VERSIONS = {
    "recognised": "Recognised",
    "first_price": "Without expansion",
    "collected": "Collected",
    "billed": "Billed",
}
_CASH = {"collected": "as it comes in (collected)", "billed": "as invoices are sent (billed)"}
_EXPANSION = "Expansion helps to repay, though its cost is not in CAC"


def realised_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name; those on bills only where there are some."""
    tables, versions = {}, set(result.realised.by_cohort["version"])
    if "recognised" in versions:
        tables["paid_back_by_cohort"] = _cohorts(result)
    if len(versions) > 1:
        tables["cash_and_recognised"] = _versions(result)
    known = len(result.lifetime.table) and not missing(result.lifetime.table["ltv_amount"].iloc[0])
    return tables | ({"lifetime_value": _worth(result)} if known else {})


def _cohorts(result: CacResult) -> Display:
    rows = result.realised.by_cohort
    rows = rows[rows["version"].eq("recognised")]
    shown = pd.DataFrame({"Began to pay in": rows["cohort"].replace("all", "All"), "Customers": rows["n_customers"],
                          "CAC": rows["cac_amount"], "Half paid back after": rows["median_age"]})  # fmt: skip
    for age in AGES[:3]:
        shown[f"Paid back by {age}"] = rows[f"paid_back_{age}"]
    shown[f"Left before, by {AGES[2]}"] = rows[f"lost_{AGES[2]}"]
    caption = (
        "Share of customers whose gross margin has reached their CAC by so many months, and that left before it had; "
        f"those not yet so old count as long as they were seen. {_EXPANSION}. All of a segment that began in one month "
        "bear the same CAC, whatever they pay: the small ones repay late. A dash: fewer than "
        f"{plural(result.knobs.fewest_customers, 'customer')} are at risk at that age, or half is not reached"
    )
    shown, units = _told(shown, (None, "count", "money", "months", *["share"] * 4))
    return also(caption, *_notes(result, "recognised")), shown, units


def _told(shown: pd.DataFrame, units: tuple[str | None, ...]) -> tuple[pd.DataFrame, tuple[str | None, ...]]:
    """Return the table without shares that no row tells."""
    kept = [unit != "share" or shown[name].notna().any() for name, unit in zip(shown, units, strict=True)]
    units = tuple(unit for unit, is_kept in zip(units, kept, strict=True) if is_kept)
    return shown.loc[:, kept].reset_index(drop=True), units


def _notes(result: CacResult, version: str) -> list[str | None]:
    """Return what to know of a version: who is in no number of it, and its own note."""
    found = result.realised
    out = found.left_out[found.left_out["version"].eq(version)]
    left = [f"left out: {plural(int(row.n), 'customer')} that {row.reason}" for row in out.itertuples()]
    return [*left, found.notes.get(version)]


def _versions(result: CacResult) -> Display:
    rows = result.realised.by_cohort
    rows = rows[rows["cohort"].eq("all")]
    shown = pd.DataFrame({"Counted when": rows["version"].map(_VERSIONS), "Customers": rows["n_customers"],
                          "Half paid back after": rows["median_age"]})  # fmt: skip
    for age in AGES:
        shown[f"Paid back by {age}"] = rows[f"paid_back_{age}"]
    other = next((name for name in rows["version"] if name in _CASH), None)
    caption = (
        "Customers by what counts as repaying: revenue as the months are served (recognised); of it no more than each "
        f"paid in its first month (without expansion){f'; or money {_CASH[other]}' if other else ''}. {_EXPANSION}"
    )
    if other:
        caption += ". Annual prepayment can pay back sooner in cash, and hides the risk of the renewal"
    shown, units = _told(shown, (None, "count", "months", *["share"] * len(AGES)))
    return also(caption, *(_notes(result, other) if other else [])), shown, units


def _worth(result: CacResult) -> Display:
    found, none, currency = result.lifetime, (float("nan"),) * 2, result.view.company.currency
    row, every = (found.of(basis) for basis in BASES)
    horizon = month_words(found.horizon_months)
    lines = [(f"Gross margin of a new customer over {horizon}, each month at no more than its first",
              row["ltv_amount"], (row["low"], row["high"]))]  # fmt: skip
    if row["tail_amount"] > 0:
        seen = f"of which beyond the {month_words(found.observed_months)} seen: an extrapolation{_rests(row)}"
        lines.append((seen, row["tail_amount"], none))
    lines += [
        ("The same with expansion, whose cost is not in CAC", every["ltv_amount"], (every["low"], every["high"])),
        ("Were the rate of leaving the same at every age, without a horizon", row["constant_hazard_ltv"], none),
        ("CAC, lagged", row["cac_amount"], none),
    ]
    lines = [line for line in lines if not missing(line[1])]
    shown = pd.DataFrame({
        "What": [line[0] for line in lines], "Amount": [line[1] for line in lines],
        "Range": ranges(*zip(*(line[2] for line in lines), strict=True), lambda x: money(x, currency)),
    })  # fmt: skip
    churn, rate = row["monthly_churn"], result.knobs.discount_rate
    leave = f"{churn:.1%} leave in a month" if churn > 0 else "nobody was seen to leave"
    discount = f"discounted by {100 * rate:.3g}% a year" if rate else "not discounted"
    return also(_ratio(row, every, result), leave, discount, found.note), shown, (None, "money", None)


def _rests(row: pd.Series) -> str:
    """Return what the rate of leaving beyond the ages seen is measured on."""
    if not row["tail_at_risk"] > 0:
        return ""
    return f" that rests on {plural(int(row['tail_left']), 'leaver')} among {int(row['tail_at_risk']):,}"


def _ratio(row: pd.Series, every: pd.Series, result: CacResult) -> str:
    """Return lifetime value over CAC in words, without expansion and with it."""
    if missing(row["ltv_to_cac"]):
        return "Lifetime value; what a customer costs is not known, so how often it earns that back is not either"
    alone, both = (f"{multiple(part['ltv_to_cac'])}{_ends(part)}" for part in (row, every))
    target = multiple(result.knobs.ltv_to_cac_target)
    return (
        f"Lifetime value over CAC, expansion not counted: {alone}, the target is {target} or more. With expansion, "
        f"whose cost is not in CAC: {both}"
    )


def _ends(row: pd.Series) -> str:
    return "" if missing(row["ratio_low"]) else f" ({between(row['ratio_low'], row['ratio_high'], multiple)})"
