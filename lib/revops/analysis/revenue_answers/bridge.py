"""From one answer to the next, one rule at a time, deal by deal, in cents."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from revops.analysis.revenue_answers.counted import PARTS, Counted
from revops.analysis.revenue_answers.definitions import Definition, Who
from revops.analysis.revenue_answers.labels import label_of, reason_of
from revops.analysis.revenue_answers.won_and_billed import won_and_billed

__all__ = ["RECORDS", "RULES", "STEPS", "Bridge", "bridge_of"]

RULES = ("types", "sources", "categories", "not_billed", "not_won", "other_amount")
"""One rule at a time, always in this order; the last three lead from deals won to bills, or back."""
STEPS = {"from_who": "str", "to_who": "str", "rule": "str", "label": "str", "differs": "bool", "booked": "float64",
         "committed": "float64", "total": "float64", "n": "int64"}  # fmt: skip
RECORDS = {"from_who": "str", "to_who": "str", "rule": "str", "part": "str", "opportunity_id": "str", "customer": "str",
           "name": "str", "owner_id": "str", "amount_before": "float64", "amount_after": "float64", "change": "float64",
           "reason": "str"}  # fmt: skip
_OF_RULE = {"types": ("types",), "sources": ("sources", "touched"), "categories": ("committed",)}


@dataclass(frozen=True)
class Bridge:
    """steps: one row per pair of answers that follow each other and rule: from_who, to_who, rule, label (in words),
        differs (whether the two define it otherwise), booked, committed, total [company currency; NaN where one of the
        two answers cannot be told], n (records behind it). An answer whose booked part cannot be told is passed over.
    records: one row per deal or customer that a step moves: from_who, to_who, rule, part (booked, committed),
        opportunity_id or customer, name, owner_id, amount_before, amount_after, change [company currency], reason.
    """

    steps: pd.DataFrame
    records: pd.DataFrame


def bridge_of(counted: Counted) -> Bridge:
    """Return `answer_step_amount`: what each rule that two functions define otherwise moves.

    Question
        Why do marketing, sales and finance not say the same?

    Formula
        The rules of the one answer are replaced by those of the next, in the order of RULES; what changes with each is
        its step. Answer + steps = next answer, of booked and of committed, to the cent. Deals won and bills are held
        against each other account by account: see won_and_billed.

    Limits
        A deal that two rules tell apart moves with the first. The order decides how much each rule gets, not the sum.
    """
    told = [who for who in counted.definitions if counted.why_not(who, "booked") is None]
    steps, records = [], [pd.DataFrame(columns=[*RECORDS, "before", "after"])]
    for one, other in pairwise(told):
        known = [part for part in PARTS if not (counted.why_not(one, part) or counted.why_not(other, part))]
        for rule, differs, moved in _moves(counted, one, other):
            moved = moved[moved["part"].isin(known)]
            steps.append((one, other, rule, label_of(rule, counted, one, other), differs, *_sums(moved, known)))
            if len(moved):
                records.append(moved.assign(from_who=one, to_who=other, rule=rule))
    table = pd.concat(records, ignore_index=True)
    before, after = (table[name].astype("int64") for name in ("before", "after"))
    table = table.assign(amount_before=before / 100, amount_after=after / 100, change=(after - before) / 100)
    return Bridge(pd.DataFrame(steps, columns=[*STEPS]).astype(STEPS), table[[*RECORDS]].astype(RECORDS))


def _moves(counted: Counted, one: Who, other: Who) -> Iterator[tuple[str, bool, pd.DataFrame]]:
    """Yield each rule, whether the two define it otherwise, and what it moves: part, opportunity_id, customer, name,
    owner_id, before, after [cents], reason."""
    now, aim = counted.definitions[one], counted.definitions[other]
    nothing = _moved(counted.deals.iloc[:0], now, now, "")
    for rule, fields in _OF_RULE.items():
        following = replace(now, **{name: getattr(aim, name) for name in fields})
        differs = _differs(now, following)
        yield rule, differs, _moved(counted.deals, now, following, rule) if differs else nothing
        now = following
    if now.is_billed == aim.is_billed:
        yield from ((rule, False, nothing) for rule in RULES[len(_OF_RULE) :])
        return
    for rule, moved in won_and_billed(counted, aim).items():
        turned = moved if aim.is_billed else moved.rename(columns={"before": "after", "after": "before"})
        yield rule, True, turned


def _differs(one: Definition, other: Definition) -> bool:
    """Return whether two definitions differ, but for the order of what they list."""
    lists = [(set(d.types), d.where_from, set(d.committed)) for d in (one, other)]
    return lists[0] != lists[1]


def _moved(deals: pd.DataFrame, now: Definition, following: Definition, rule: str) -> pd.DataFrame:
    """Return the deals that one of two definitions counts and the other does not."""
    is_in, will_be = now.counts(deals), following.counts(deals)
    rows = deals[is_in ^ will_be]
    before, after = (np.where(counts[rows.index], rows["cents"], 0) for counts in (is_in, will_be))
    reasons = [reason_of(rule, row, bool(gets)) for row, gets in zip(rows.itertuples(), will_be[rows.index])]  # noqa: B905
    return pd.DataFrame({
        "part": rows["part"], "opportunity_id": rows["opportunity_id"], "customer": None,
        "name": rows["opportunity_name"].fillna(rows["opportunity_id"]), "owner_id": rows["owner_id"],
        "before": before, "after": after, "reason": pd.Series(reasons, rows.index, dtype="str"),
    })  # fmt: skip


def _sums(moved: pd.DataFrame, known: list[str]) -> tuple[float, float, float, int]:
    """Return booked, committed and total of a step, and how many records are behind it."""
    change = (moved["after"] - moved["before"]).astype("int64")
    booked, committed = (float(change[moved["part"].eq(part)].sum()) / 100 if part in known else np.nan
                         for part in PARTS)  # fmt: skip
    total = float(change.sum()) / 100 if len(known) == len(PARTS) else np.nan
    return booked, committed, total, len(moved)
