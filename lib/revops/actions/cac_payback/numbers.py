"""The three numbers below the sentence, by who reads them: the same numbers of the report in another choice."""

from revops.actions import Number
from revops.actions.cac_payback.facts import at_age, lagged
from revops.measures.cac_payback.result import CacResult
from revops.wording import between, channel_label, missing, money, months, multiple, plural, share

__all__ = ["numbers"]


def numbers(result: CacResult) -> tuple[Number, ...]:
    """Return three numbers for the audience of the knobs."""
    choice = {
        "executive": (_paid_back, _worth, _cac),
        "marketing_ops": (_cac, _slowest, _unallocated),
        "revops": (_retention, _paid_back, _spread),
    }[result.knobs.audience]
    return tuple(number(result) for number in choice)


def _paid_back(result: CacResult) -> Number:
    """Return the share of customers that has paid back by the target."""
    age = result.knobs.target_months
    row = at_age(result, age)
    if row is None or missing(row["paid_back_share"]):
        why = result.realised.why.get("recognised") or f"too few customers were seen for {months(age)} months"
        return Number("–", f"of customers paid back by {months(age)} months: {why}")
    text = f"of customers had repaid their cost by {months(age)} months"
    if not missing(row["paid_back_low"]):
        text += f" ({between(row['paid_back_low'], row['paid_back_high'], share)})"
    text += f"; {share(row['lost_share'])} had left before"
    return Number(share(row["paid_back_share"]), text, is_bad=row["paid_back_share"] < 0.5)


def _worth(result: CacResult) -> Number:
    """Return lifetime value over CAC."""
    found, target = result.lifetime, result.knobs.ltv_to_cac_target
    if found.table.empty or missing(found.table.iloc[0]["ltv_to_cac"]):
        return Number("–", f"lifetime value over its cost: {found.why or 'no cost can be had'}")
    row = found.table.iloc[0]
    text = f"lifetime value over cost, {found.horizon_months} months"
    if not missing(row["ratio_low"]):
        text += f" ({between(row['ratio_low'], row['ratio_high'], multiple)})"
    text += f"; {multiple(target)} is the usual yardstick"
    return Number(multiple(row["ltv_to_cac"]), text, is_bad=row["ltv_to_cac"] < target)


def _cac(result: CacResult) -> Number:
    """Return what a new customer costs."""
    row, currency = lagged(result), result.view.company.currency
    if missing(row["cac_amount"]):
        return Number("–", f"to win a customer: {row['note'] or 'no new customers'}")
    text = f"to win a customer, people included; it pays {_each(row, currency)} a month"
    return Number(money(row["cac_amount"], currency), text)


def _each(row: object, currency: str) -> str:
    return money(row["new_amount"] / row["n_customers"], currency)


def _slowest(result: CacResult) -> Number:
    """Return the slowest channel on enough deals."""
    rows = result.channels.by_channel
    rows = rows[rows["verdict"].isin(["above", "below", "depends"])].dropna(subset="payback_months")
    if rows.empty:
        return Number(
            "–",
            f"months, the slowest channel: {result.channels.why.get('channels', 'none with a cost is on enough deals')}",
        )
    row = rows.sort_values(["payback_months", "channel"], ascending=[False, True]).iloc[0]
    text = f"months, the slowest channel: {channel_label(row['channel']).lower()}"
    text += f" ({between(row['lowest_months'], row['highest_months'], months)} by the models)"
    return Number(months(row["payback_months"]), text, is_bad=row["payback_months"] > result.knobs.target_months)


def _unallocated(result: CacResult) -> Number:
    """Return the part of the cost that no channel bears."""
    rows, currency = result.channels.reconciliation, result.view.company.currency
    if rows.empty:
        return Number("–", f"of the cost is no channel's own: {result.channels.why.get('channels')}")
    total = rows["spend_amount"].sum()
    own = rows.loc[rows["channel"].eq("(unallocated)"), "spend_amount"].sum()
    return Number(
        share(own / total) if total else "–", f"of {money(total, currency)} is no channel's own: people, tools, fees"
    )


def _retention(result: CacResult) -> Number:
    """Return net and gross retention."""
    rows = result.retention.table
    rows = rows[rows["scope"].eq("all")].set_index("measure")
    if "nrr" not in rows.index or missing(rows.loc["nrr", "value"]):
        return Number("–", f"net revenue retention: {result.retention.why.get('nrr', 'not known')}")
    nrr, grr = rows.loc["nrr"], rows.loc["grr"]
    text = f"net revenue retention over twelve months, gross {share(grr['value'])}"
    text += f" ({between(nrr['low'], nrr['high'], share)} net)" if not missing(nrr["low"]) else ""
    return Number(share(nrr["value"]), text, is_bad=nrr["value"] < 1)


def _spread(result: CacResult) -> Number:
    """Return how far definitions lie apart."""
    rows = result.ladder.rungs["payback_months"].dropna()
    if len(rows) < 2:
        return Number("–", "months between definitions: fewer than two can be had")
    text = f"months between definitions of the same payback: {months(rows.min())} to {months(rows.max())}, "
    return Number(months(rows.max() - rows.min()), text + f"by {plural(len(rows), 'definition')}")
