"""The first screen of the revenue answer report: one true sentence, one line below it, three numbers."""

import pandas as pd

from revops.actions import Headline, Number
from revops.measures.revenue_answer import AnswerResult
from revops.ratios import safe_ratio
from revops.wording import day, join, missing, money, plural, share

__all__ = ["headline"]

_NONE = "–"
_KINDS = (
    ("won_not_billed", "won without a new bill"),
    ("billed_not_won", "billed with nothing won"),
    ("other_amount", "billed at another amount"),
)
_SPAN = 2


def headline(result: AnswerResult) -> Headline:
    """Return the first screen.

    The status is of what no rule explains alone (unexplained_share): up to `alike_up_to` on track, from `act_from` on
    act, between the two watch. Where that cannot be told, answers that are at most alike_up_to apart are on track, and
    others not judged; nor is a quarter that has not begun, or old exports.
    """
    return Headline(_status(result), _sentence(result), _below(result), _numbers(result))


def _status(result: AnswerResult) -> str:
    part, knobs = result.unexplained_share, result.knobs
    if result.is_stale or result.view.day < result.period.start:
        return "not_enough_data"
    if missing(part):
        return "on_track" if result.apart <= knobs.alike_up_to else "not_enough_data"
    if part <= knobs.alike_up_to:
        return "on_track"
    return "act" if part >= knobs.act_from else "watch"


def _sentence(result: AnswerResult) -> str:
    if result.is_stale and result.view.day <= result.period.end:
        end, old = day(result.view.last_stamp.date()), plural(result.view.days_without_news, "day")
        return (
            f"The exports end on {end}, {old} before {day(result.view.day)}: what {_name(result)} brings is not known."
        )
    ours, part = _told(result, "sales"), _part(result)
    others = [who for who in result.by_who.index if who != "sales" and not missing(result.by_who.at[who, part])]
    untold = [who for who in result.by_who.index if who != "sales" and who not in others]
    said = f"{_name(result)}: {ours}{_others(result, others)}{_between(result)}"
    return f"{said}; what {join(untold)} would say cannot be told." if untold else f"{said}."


def _told(result: AnswerResult, who: str) -> str:
    """Return what one function counts, in words."""
    row, currency = result.by_who.loc[who], result.view.company.currency
    if missing(row["booked"]):
        return f"what is booked as {who} counts cannot be told"
    is_over = result.view.day > result.period.end
    booked = f"{money(row['booked'], currency)} {'was' if is_over else 'is'} booked"
    if missing(row["committed"]):
        return f"{booked} as {who} counts, and what is committed cannot be told"
    if is_over or not result.counted.definitions[who].committed:
        return f"{booked} as {who} counts"
    return f"{booked} and {money(row['committed'], currency)} committed as {who} counts"


def _part(result: AnswerResult) -> str:
    """Return what answers are compared by: all that the quarter brings, or what is booked where no more is known."""
    return "booked" if missing(result.by_who.at["sales", "total"]) else "total"


def _others(result: AnswerResult, others: list[str]) -> str:
    """Return what the other functions would say; nothing where none can be told."""
    part, currency = _part(result), result.view.company.currency
    amounts = result.by_who[part]
    said = {who: money(amounts[who], currency) for who in others}
    if not said:
        return ""
    booked = " booked" if part == "booked" else ""
    if set(said.values()) == {money(amounts["sales"], currency)}:
        return f"; {join(others)} would say the same"
    if len(said) > 1 and len(set(said.values())) == 1:
        return f"; {join(others)} would both say {next(iter(said.values()))}{booked}"
    first, *rest = [f"{amount}{booked}{result.counted.said_months(who)}" for who, amount in said.items()]
    return f"; {others[0]} would say {first}" + "".join(
        f", {who} {amount}" for who, amount in zip(others[1:], rest, strict=True)
    )


def _between(result: AnswerResult) -> str:
    """Return whether rules explain what lies between the answers of the quarter; nothing where that cannot be told."""
    known = result.by_who[_part(result)].dropna()
    if len(known) < 2 or known.nunique() < 2:
        return ""
    rows = result.unexplained[result.unexplained["period"].eq(result.period.name)]
    if not result.earlier.can_match:
        return ""
    if rows.empty:
        return ", and all that lies between is explained"
    return f", and {money(rows['amount'].sum(), result.view.company.currency)} between is not explained"


def _name(result: AnswerResult) -> str:
    """Return the quarter, and the slice in brackets."""
    parts = [result.labels.get(value, value) for value in result.knobs.slice.values()]
    return f"{result.period.name} ({', '.join(parts)})" if parts else result.period.name


def _below(result: AnswerResult) -> str:
    """Return what moves most between the answers, what is not explained of earlier quarters, where in the quarter we
    are."""
    period, today = result.period, result.view.day
    parts = [] if result.is_stale and today <= period.end else [_largest(result), _earlier(result)]
    if today > period.end:
        parts.append(f"The quarter ended on {day(period.end)}.")
    elif today < period.start:
        parts.append(f"The quarter begins in {plural((period.start - today).days, 'day')}.")
    else:
        parts.append(f"Day {period.day_of(today)} of {period.days}.")
    return " ".join(part for part in parts if part)


def _largest(result: AnswerResult) -> str:
    steps = result.steps.dropna(subset="total")
    steps = steps[steps["total"].ne(0)]
    if steps.empty:
        return ""
    order = steps["total"].abs().sort_values(ascending=False, kind="stable").index[:_SPAN]
    currency = result.view.company.currency
    words = [f"{_short(row.label)} ({row.from_who} to {row.to_who}, {money(row.total, currency, signed=True)})"
             for row in steps.loc[order].itertuples()]  # fmt: skip
    return f"Most of the difference: {join(words)}."


def _short(label: str) -> str:
    return label[:1].lower() + label[1:]


def _earlier(result: AnswerResult) -> str:
    """Return what is not explained of the quarters before."""
    rows = result.unexplained[result.unexplained["period"].ne(result.period.name)]
    if rows.empty:
        return ""
    names = join([name for name in result.asked if name in set(rows["period"])])
    amount = money(rows["amount"].sum(), result.view.company.currency)
    return f"Of earlier deals and bills ({names}), {amount} is not explained; it is no part of this bridge."


def _numbers(result: AnswerResult) -> tuple[Number, ...]:
    return _ours(result), _unexplained(result), _apart(result)


def _ours(result: AnswerResult) -> Number:
    """Return what sales counts, booked and committed."""
    row, currency = result.by_who.loc["sales"], result.view.company.currency
    if missing(row["total"]):
        why = row["why"] if not missing(row["why"]) else row["why_committed"]
        return Number(_NONE, f"booked and committed as sales counts: {why}")
    of = plural(int(row["n_booked"]), row["counted"][:-1])
    if result.view.day > result.period.end or not result.counted.definitions["sales"].committed:
        return Number(money(row["total"], currency), f"booked as sales counts, in {of}")
    text = f"booked and committed as sales counts: {money(row['booked'], currency)} in {of}, "
    text += f"{money(row['committed'], currency)} open in {plural(int(row['n_committed']), 'deal')}"
    return Number(money(row["total"], currency), text)


def _unexplained(result: AnswerResult) -> Number:
    """Return what was won or billed without the other, and nothing explains."""
    rows, currency, span = result.unexplained, result.view.company.currency, _quarters(result)
    if result.why_unexplained is not None:
        return Number(_NONE, f"won or billed without the other{span}: {result.why_unexplained}")
    if rows.empty:
        return Number(money(0.0, currency), f"won or billed without the other{span}: all is explained")
    told = [f"{int(rows['kind'].eq(kind).sum())} {words}" for kind, words in _KINDS if rows["kind"].eq(kind).any()]
    part = result.unexplained_share
    of = "" if missing(part) else f", {share(part)} of what was booked"
    text = f"won or billed without the other{span}{of}: {join(told)}"
    alone = f"; the bridge and its sentence are of {result.period.name} alone" if len(result.asked) > 1 else ""
    if result.perhaps_twice > 0:
        text += f"; up to {money(result.perhaps_twice, currency)} may be there twice, as a deal and as a customer "
        text += "without an account of the same name or amount"
    text += alone
    is_bad = not missing(part) and part > result.knobs.alike_up_to
    return Number(money(rows["amount"].sum(), currency), text, is_bad=bool(is_bad))


def _quarters(result: AnswerResult) -> str:
    names = result.asked
    return f" of {names[0]}" if len(names) == 1 else f" from {names[0]} to {names[-1]}"


def _apart(result: AnswerResult) -> Number:
    """Return how far the answers on what is booked are apart, and how far they were."""
    known, currency = result.by_who["booked"].dropna(), result.view.company.currency
    if missing(result.apart):
        why = "fewer than two can be told" if len(known) < 2 else "nothing is booked by any"
        return Number(_NONE, f"how far the answers on what is booked are apart: {why}")
    text = "how far the answers on what is booked are apart"
    ends = [money(known.min(), currency), money(known.max(), currency)]
    text += f": {' to '.join(ends)}" if ends[0] != ends[1] else f": each says {ends[0]}"
    text += "".join(f", {who}{said}" for who in known.index if (said := result.counted.said_months(who)))
    past = _past(result)
    if len(past):
        ends = [share(past.min()), share(past.max())]
        text += f"; {ends[0] if ends[0] == ends[1] else ' to '.join(ends)} in {plural(len(past), 'past quarter')}"
    return Number(share(result.apart), text)


def _past(result: AnswerResult) -> pd.Series:
    """Return how far they were apart in each whole quarter before that all who can be told now could be told of."""
    rows = result.earlier.table
    rows = rows[rows["is_whole"] & rows["period"].ne(result.period.name)]
    wide = rows.pivot(index="period", columns="who", values="booked").dropna()
    most = wide.max(axis=1)
    return safe_ratio(most - wide.min(axis=1), most)[most.gt(0)]
