"""The tables on who has paid back and who left first, and on what a customer is worth."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display
from revops.wording import between, missing, money, multiple, share

__all__ = ["AT", "realised_tables"]

AT = (12, 18, 24, 36)
"""The ages at which cohorts are told."""
_VERSIONS = {"recognised": "Recognised", "collected": "Collected", "billed": "Billed"}


def realised_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name; those on bills only where there are some."""
    tables = {}
    if len(result.realised.by_cohort):
        tables["paid_back_by_cohort"] = _cohorts(result)
    if result.realised.by_cohort["version"].nunique() > 1:
        tables["cash_and_recognised"] = _versions(result)
    return tables | ({"lifetime_value": _worth(result)} if len(result.lifetime.table) else {})


def _cohorts(result: CacResult) -> Display:
    rows = result.realised.by_cohort
    rows = rows[rows["version"].eq("recognised")]
    shown = pd.DataFrame({"Began to pay in": rows["cohort"].replace("all", "All"), "Customers": rows["n_customers"],
                          "CAC": rows["cac_amount"], "Half paid back after": rows["median_age"]})  # fmt: skip
    units: list[str | None] = [None, "count", "money", "months"]
    for age in AT[:3]:
        shown[f"Paid back by {age}"] = rows[f"paid_back_{age}"]
        units.append("share")
    shown[f"Left before, by {AT[2]}"] = rows[f"lost_{AT[2]}"]
    caption = (
        "Share of customers whose gross margin has reached their CAC by so many months, and that left before it had; "
        "those not yet so old count as long as they were seen. A dash: nobody is so old, or half is not reached"
    )
    return caption, shown.reset_index(drop=True), (*units, "share")


def _versions(result: CacResult) -> Display:
    rows = result.realised.by_cohort
    rows = rows[rows["cohort"].eq("all")]
    shown = pd.DataFrame({"Counted when": rows["version"].map(_VERSIONS), "Customers": rows["n_customers"],
                          "Half paid back after": rows["median_age"]})  # fmt: skip
    units: list[str | None] = [None, "count", "months"]
    for age in AT:
        shown[f"Paid back by {age}"] = rows[f"paid_back_{age}"]
        units.append("share")
    caption = (
        "The same customers by when revenue counts: as the months are served (recognised), or as money comes in. "
        "Annual prepayment pays back sooner in cash, and hides the risk of the renewal"
    )
    return caption, shown.reset_index(drop=True), tuple(units)


def _worth(result: CacResult) -> Display:
    row, found = result.lifetime.table.iloc[0], result.lifetime
    lines = [
        (
            f"Gross margin of a new customer over {found.horizon_months} months",
            row["ltv_amount"],
            (row["low"], row["high"]),
        )
    ]
    if row["tail_amount"] > 0:
        lines.append((f"of which beyond the {found.observed_months} months that were seen: an extrapolation",
                      row["tail_amount"], None))  # fmt: skip
    lines.append(
        ("Were the rate of leaving the same at every age, without a horizon", row["constant_hazard_ltv"], None)
    )
    lines.append(("CAC, lagged", row["cac_amount"], None))
    currency = result.view.company.currency
    shown = pd.DataFrame({
        "What": [line[0] for line in lines], "Amount": [line[1] for line in lines],
        "Range": ["–" if line[2] is None or missing(line[2][0]) else between(*line[2], lambda x: money(x, currency))
                  for line in lines],
    })  # fmt: skip
    ratio = multiple(row["ltv_to_cac"])
    caption = f"Lifetime value over CAC: {ratio}"
    if not missing(row["ratio_low"]):
        caption += f" ({between(row['ratio_low'], row['ratio_high'], multiple)})"
    caption += f", {multiple(result.knobs.ltv_to_cac_target)} or more is the usual yardstick"
    caption += f". {row['monthly_churn']:.1%} leave in a month" if not missing(row["monthly_churn"]) else ""
    rate = result.knobs.discount_rate
    caption += f". Discounted by {share(rate)} a year" if rate else ". Not discounted"
    return caption, shown, (None, "money", None)
