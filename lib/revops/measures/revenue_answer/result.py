"""Everything the report on the one revenue answer shows, computed once: tables of different grain that must agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.outlook import Subject
from revops.analysis.people import owner_labels
from revops.analysis.recurring import customer_months
from revops.analysis.revenue_answers import (
    NEEDS_BILLS,
    PARTS,
    Answers,
    Bridge,
    Counted,
    answers_of,
    apart,
    bridge_of,
    counted_in,
)
from revops.book import AsOf
from revops.measures.revenue_answer.earlier import Earlier, earlier_of, quarters_before, unexplained_of
from revops.measures.revenue_answer.knobs import Knobs
from revops.measures.revenue_answer.needs import lacking
from revops.measures.revenue_answer.notes import notes_of, overdue_of
from revops.periods import Period
from revops.ratios import safe_ratio

__all__ = ["AnswerResult", "measure"]


@dataclass(frozen=True)
class AnswerResult:
    """The tables behind one report on the revenue answer.

    answers: the three answers (analysis.revenue_answers.Answers); bridge: from one to the next (Bridge). apart: how far
    they are apart on what is booked [0 to 1], NaN where fewer than two can be told. overdue: per function what it would
    count of open deals that are due before the day. notes: what to mind, a sentence each. earlier: the answers of
    earlier quarters; unexplained: what was won or billed without the other, and nothing explains (earlier). labels:
    what to call each owner; unavailable maps a metric to what it needs.
    """

    view: AsOf
    knobs: Knobs
    period: Period
    counted: Counted
    answers: Answers
    bridge: Bridge
    apart: float
    overdue: pd.DataFrame
    notes: tuple[str, ...]
    earlier: Earlier
    unexplained: pd.DataFrame
    labels: dict[str, str]
    unavailable: dict[str, str]

    @property
    def is_stale(self) -> bool:
        """Return whether the exports end too long before the as-of day to say anything of what is to come."""
        return self.view.days_without_news > self.knobs.stale_after_days

    @property
    def by_who(self) -> pd.DataFrame:
        """Return the answers by function: answers.table, indexed by who."""
        return self.answers.table.set_index("who")

    @property
    def asked(self) -> list[str]:
        """Return the names of the quarters of which what nothing explains is asked after, this one last."""
        names = [name for name in self.earlier.bridges if name != self.period.name]
        return [*names[max(len(names) - self.knobs.asked_quarters, 0) :], self.period.name]

    @property
    def why_unexplained(self) -> str | None:
        """Return why it cannot be told what was won or billed without the other; None where it can."""
        billed = [who for who, definition in self.counted.definitions.items() if definition.is_billed]
        if not billed or len(billed) == len(self.counted.definitions):
            return "needs one answer by deals won and one by bills (company.yml, revenue_answers)"
        if self.counted.billed is None:
            return NEEDS_BILLS
        return None if self.earlier.can_match else "needs an account on most bills, and on most deals won"

    @property
    def unexplained_share(self) -> float:
        """Return what nothing explains over what was booked in the same quarters by the largest answer that goes by
        deals won or by bills; NaN where it cannot be told, or nothing was booked."""
        if self.why_unexplained is not None:
            return np.nan
        rows = self.earlier.booked
        booked = rows[rows["period"].isin(self.asked)].groupby("who")["booked"].sum().max()
        return float(safe_ratio(self.unexplained["amount"].sum(), booked)) if booked > 0 else np.nan

    @property
    def perhaps_twice(self) -> float:
        """Return how much of what nothing explains may be there twice, at most: as a deal without a bill and as a
        customer without an account that have a name or an amount in common; of each quarter the smaller side."""
        rows = self.unexplained[self.unexplained["reason"].str.contains("; same ", regex=False).astype(bool)]
        sides = rows.pivot_table(index="period", columns="kind", values="amount", aggfunc="sum")
        sides = sides.reindex(columns=["won_not_billed", "billed_not_won"]).fillna(0.0)
        return float(sides.min(axis=1).sum())

    @property
    def steps(self) -> pd.DataFrame:
        """Return the steps by rules that two functions do define otherwise: the rest of bridge.steps moves nothing."""
        return self.bridge.steps[self.bridge.steps["differs"]].reset_index(drop=True)


def measure(view: AsOf, knobs: Knobs) -> AnswerResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        What would marketing, sales and finance say that the quarter brings, and why not the same?

    Raises
        MeasureError: the slice names a group that no opportunity belongs to.
    """
    subject = Subject(view, knobs)
    quarters = [*quarters_before(view, subject.period, knobs), subject.period]
    bills = None if view.book.table("subscriptions").empty else customer_months(view)
    found = counted_in(view, quarters, only=subject.only, bills=bills)
    counted = found[subject.period.name]
    answers, bridge = answers_of(counted), bridge_of(counted)
    earlier = earlier_of(found, answers, bridge, knobs, bills)
    unexplained = unexplained_of(earlier, subject.period, knobs)
    owners = {*counted.deals["owner_id"].dropna(), *unexplained["owner_id"].dropna()}
    return AnswerResult(
        view=view,
        knobs=knobs,
        period=subject.period,
        counted=counted,
        answers=answers,
        bridge=bridge,
        apart=apart(answers.table["booked"]),
        overdue=overdue_of(counted),
        notes=notes_of(counted),
        earlier=earlier,
        unexplained=unexplained,
        labels=owner_labels(view.owners, owners, show=knobs.show_owners),
        unavailable=_unavailable(counted, view),
    )


def _unavailable(counted: Counted, view: AsOf) -> dict[str, str]:
    """Return which metrics cannot be given, and what they need."""
    whys = {}
    for who in counted.definitions:
        for part in PARTS:
            if (why := counted.why_not(who, part)) is not None:
                told = (
                    why.removeprefix("needs ") if why.startswith("needs ") else f"more than these exports tell: {why}"
                )
                whys[f"{told} ({part}, as {who} counts it)"] = None
    found = {"answer_amount": "; ".join(whys)} if whys else {}
    if sum(counted.why_not(who, "booked") is None for who in counted.definitions) < 2:
        found |= dict.fromkeys(("answer_step_amount", "answers_apart_share"), "two answers that can be told")
    return lacking(view.book) | found
