"""The report's numbers as rows of the Answer."""

from collections.abc import Iterator

from revops.measures.revenue_answer.earlier import KINDS
from revops.measures.revenue_answer.result import AnswerResult
from revops.metrics.row import Row, row

__all__ = ["measure_rows"]

_NOT_BOTH = "one of the two answers cannot be told"
_TOO_FEW = "fewer than two answers can be told, or none is above 0"


def measure_rows(result: AnswerResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, n, note; undefined is NaN with a note.

    `answer_amount` by who and part (booked, committed, total), `answer_step_amount` by from, to, rule and part for the
    rules that the two define otherwise, `answers_apart_share`, `answers_unexplained_amount` in all and by kind.
    """
    known = int(result.answers.table["booked"].notna().sum())
    apart = row("answers_apart_share", {}, result.apart, n=known, note=_TOO_FEW)
    return [*_answers(result), *_steps(result), apart, *_unexplained(result)]


def _answers(result: AnswerResult) -> Iterator[Row]:
    for line in result.answers.table.itertuples():
        why = {"booked": line.why, "committed": line.why_committed}
        why["total"] = line.why if isinstance(line.why, str) else line.why_committed
        n = {"booked": line.n_booked, "committed": line.n_committed, "total": line.n_booked + line.n_committed}
        for part, note in why.items():
            yield row("answer_amount", {"who": line.who, "part": part}, getattr(line, part), n=n[part], note=note)


def _steps(result: AnswerResult) -> Iterator[Row]:
    for line in result.steps.itertuples():
        for part in ("booked", "committed", "total"):
            by = {"from": line.from_who, "to": line.to_who, "rule": line.rule, "part": part}
            n = line.n if part == "total" else _n(result, line.from_who, line.rule, part)
            yield row("answer_step_amount", by, getattr(line, part), n=n, note=_NOT_BOTH)


def _unexplained(result: AnswerResult) -> Iterator[Row]:
    rows, note = result.unexplained, result.why_unexplained
    for kind in (None, *KINDS):
        mine = rows if kind is None else rows[rows["kind"].eq(kind)]
        value = float("nan") if note else round(float(mine["amount"].sum()), 2)
        yield row("answers_unexplained_amount", {"kind": kind} if kind else {}, value, n=len(mine), note=note)


def _n(result: AnswerResult, who: str, rule: str, part: str) -> int:
    """Return how many records of a part a step moves."""
    moved = result.bridge.records
    return int((moved["from_who"].eq(who) & moved["rule"].eq(rule) & moved["part"].eq(part)).sum())
