"""The three numbers below the sentence, by who reads them: the same numbers of the report in another choice."""

from dataclasses import replace

from revops.actions import Number
from revops.actions.cac_payback.facts import at_age, has_books, has_people, lagged, people, reason
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import month_range, month_words
from revops.wording import between, channel_label, missing, money, months, multiple, plural, share

__all__ = ["numbers"]

_NONE = "–"


def numbers(result: CacResult) -> tuple[Number, ...]:
    """Return three numbers for the audience of the knobs; none is bad news of few customers, or of a cost without
    people."""
    choice = {
        "executive": (_paid_back, _worth, _cac),
        "marketing_ops": (_cac, _slowest, _unallocated),
        "revops": (_retention, _paid_back, _spread),
    }[result.knobs.audience]
    found = tuple(number(result) for number in choice)
    if not has_books(result):
        found = tuple(replace(one, is_bad=False) for one in found)
    if lagged(result)["n_customers"] >= result.knobs.fewest_customers:
        return found
    return tuple(replace(one, text=f"{one.text}; few customers", is_bad=False) for one in found)


def _paid_back(result: CacResult) -> Number:
    """Return the share of customers that has paid back by the target, in whole months."""
    age = max(round(result.knobs.target_months), 1)
    row, within = at_age(result, age), plural(age, "month")
    if row is None or missing(row["paid_back_share"]):
        why = result.realised.why.get("recognised") or "too few customers were seen so long"
        return Number(_NONE, f"of customers had repaid their cost by {within}: {reason(why)}")
    text = f"of customers had repaid their cost by {within}"
    if not missing(row["paid_back_low"]):
        text += f" ({between(row['paid_back_low'], row['paid_back_high'], share)})"
    if not missing(row["lost_share"]):
        text += f"; {share(row['lost_share'])} had left before"
    text += "" if has_books(result) else "; people not counted"
    return Number(share(row["paid_back_share"]), text, is_bad=bool(row["paid_back_share"] < 0.5))


def _worth(result: CacResult) -> Number:
    """Return lifetime value over CAC, expansion not counted: its cost is not in CAC."""
    found, target = result.lifetime, result.knobs.ltv_to_cac_target
    row = found.of("without_expansion")
    if missing(row["ltv_to_cac"]):
        why = reason(found.why or "what a new customer costs is not known")
        return Number(_NONE, f"lifetime value over cost: {why}")
    text = f"lifetime value over cost, {month_words(found.horizon_months)} ahead, expansion not counted"
    if not missing(row["ratio_low"]):
        text += f" ({between(row['ratio_low'], row['ratio_high'], multiple)})"
    text += f"; the target is {multiple(target)}" if has_books(result) else "; people not counted"
    return Number(multiple(row["ltv_to_cac"]), text,
                  is_bad=bool(row["ltv_to_cac"] < target))  # fmt: skip


def _cac(result: CacResult) -> Number:
    """Return what a new customer costs."""
    row, currency = lagged(result), result.view.company.currency
    if missing(row["cac_amount"]) or row["cac_amount"] < 0:
        return Number(_NONE, f"to win a customer: {row['note']}")
    pays = money(row["new_amount"] / row["n_customers"], currency)
    return Number(money(row["cac_amount"], currency), f"to win a customer, {people(result)}; it pays {pays} a month")


def _slowest(result: CacResult) -> Number:
    """Return the slowest channel on enough deals."""
    found = result.channels
    rows = found.by_channel[found.by_channel["verdict"].isin(["above", "below", "depends"])]
    rows = rows.dropna(subset="payback_months")
    if rows.empty:
        why = found.why.get("channels") or found.why.get("payback_months") or "none with a cost is on enough deals"
        return Number(_NONE, f"months, the slowest channel: {why}")
    row = rows.sort_values(["payback_months", "channel"], ascending=[False, True]).iloc[0]
    text = f"months, the slowest channel: {channel_label(row['channel'])}"
    if row["n_models"] > 1:
        text += f" ({month_range(row['lowest_months'], row['highest_months'])} by the models)"
    return Number(months(row["payback_months"]), text, is_bad=bool(row["payback_months"] > result.knobs.target_months))


def _unallocated(result: CacResult) -> Number:
    """Return the part of the cost that no channel bears."""
    found, currency = result.channels, result.view.company.currency
    rows, text = found.reconciliation, "of the cost is no channel's own"
    if rows.empty:
        return Number(_NONE, f"{text}: {found.why['channels']}")
    total, own = (float(part.sum(skipna=False)) for part in
                  (rows["spend_amount"], rows.loc[rows["channel"].eq("(unallocated)"), "spend_amount"]))  # fmt: skip
    if missing(total):
        return Number(_NONE, f"{text}: the cost of these months is not known")
    if total == own == 0:
        return Number(_NONE, f"{text}: there is none")
    if own < 0 or not total > 0:
        return Number(_NONE, f"{text}: ad systems and campaigns say more was spent than the books hold")
    kinds = ", such as people and tools" if has_people(result) else ""
    return Number(share(own / total), f"of {money(total, currency)} is no channel's own{kinds}")


def _retention(result: CacResult) -> Number:
    """Return net and gross retention."""
    rows = result.retention.table
    rows = rows[rows["scope"].eq("all")].set_index("measure")
    nrr, grr = rows.loc["nrr"], rows.loc["grr"]
    if missing(nrr["value"]):
        return Number(_NONE, f"net revenue retention: {result.retention.why['nrr']}")
    ends = "" if missing(nrr["low"]) else f" ({between(nrr['low'], nrr['high'], share)})"
    text = f"net revenue retention over twelve months{ends}; gross {share(grr['value'])}"
    return Number(share(nrr["value"]), text, is_bad=bool(nrr["value"] < 1))


def _spread(result: CacResult) -> Number:
    """Return how far definitions lie apart."""
    rows = result.ladder.rungs["payback_months"].dropna()
    if len(rows) < 2:
        return Number(_NONE, "months between definitions: fewer than two can be had")
    text = f"months between {len(rows)} definitions of the same payback: {months(rows.min())} to {months(rows.max())}"
    return Number(months(rows.max() - rows.min()), text)
