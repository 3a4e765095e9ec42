"""Tiny companies whose opportunities move through stages, and a slow retelling of their first passages."""

import datetime as dt

import pandas as pd

from frames import COMPANY, TRACKED, as_of, book, change, deal
from revops.book import AsOf, Book
from revops.company import Company
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.pipeline import Pipeline, pipeline_of
from revops.measures.stage_benchmarking.window import Window, window_of

__all__ = ["FIRST", "company_with", "moved", "piped", "rows_of", "slow_passages", "told"]

FIRST = "2024-01-01"


def company_with(*stages: dict | str, **given) -> Company:
    """Return the tiny company with other stages; names alone are open."""
    listed = [{"name": stage} if isinstance(stage, str) else stage for stage in stages]
    return COMPANY.model_validate({**COMPANY.model_dump(), "stages": listed, "qualifying_stage": None, **given})


def rows_of(deals: dict[str, list[tuple]], company: Company, **given: dict) -> tuple[list[dict], list[dict]]:
    """Return records and history of opportunities from their moves: (time, stage) or (time, stage, amount).

    `given` holds more fields of records by id.
    """
    outcomes = {stage.name: stage.outcome for stage in company.stages}
    records, history = [], []
    for id, moves in deals.items():
        amount = 100.0
        for step, (at, stage, *rest) in enumerate(moves):
            amount = rest[0] if rest else amount
            state = {"stage_name": stage, "outcome": outcomes.get(stage), "amount": amount}
            if stage == "gone":
                state = {"stage_name": moves[step - 1][1], "outcome": "open", "amount": amount, "is_deleted": True}
            history.append({**change(id, at, step), **state})
        record = {"stage_name": state["stage_name"], "outcome": state["outcome"], "amount": amount}
        records.append({**deal(id, created_at=moves[0][0], modified_at=moves[-1][0],
                               **{"stage_name": "Discovery"}), "account_id": f"of {id}", **record,
                        **given.get(id, {})})  # fmt: skip
    return records, history


def moved(deals: dict[str, list[tuple]], company: Company = COMPANY, tracked=None, **given: dict) -> Book:
    """Return a book of opportunities that moved so, and of one that stood there on the first day of history."""
    opens = next(stage.name for stage in company.stages if stage.outcome == "open")
    records, history = rows_of({"old": [(FIRST, opens)], **deals}, company, **given)
    return book(records, history, company, tracked or TRACKED)


def told(book: Book, day: str = "2026-06-30", **knobs) -> tuple[Window, Pipeline]:
    """Return the window and the pipeline of a book as of a day."""
    window = window_of(as_of(book, day), Knobs(**{"fewest_followed": 2, **knobs}))
    return window, pipeline_of(window)


def piped(view: AsOf, **knobs) -> Pipeline:
    """Return the pipeline of a view."""
    return pipeline_of(window_of(view, Knobs(**knobs)))


def slow_passages(history: list[dict], opens: list[str], day: dt.date, since: dt.date) -> dict[tuple, tuple]:
    """Return (opportunity, stage) -> entered, age, event, skipped, amount; told again by loops over rows."""
    found, by_deal = {}, {}
    for row in sorted(history, key=lambda row: (row["opportunity_id"], row["changed_at"], row["sequence"])):
        at = pd.Timestamp(row["changed_at"]).date()
        if at <= day:
            by_deal.setdefault(row["opportunity_id"], {})[at] = row
    for id, ends in by_deal.items():
        days = sorted(ends)
        if ends[days[-1]]["is_deleted"]:
            continue
        lost = None
        for n, at in enumerate(days):
            if ends[at]["outcome"] == "lost" and lost is None:
                if n and ends[days[n - 1]]["outcome"] == "lost":
                    continue
                again = [other for other in days[n + 1 :] if ends[other]["outcome"] != "lost"]
                if not again or (again[0] - at).days > 7:
                    lost = at
        times = [None] * (len(opens) + 1)
        own = [None] * (len(opens) + 1)
        stood = False
        for n, at in enumerate(days):
            row = ends[at]
            if row["outcome"] == "open" and row["stage_name"] in opens:
                place, stood = opens.index(row["stage_name"]), True
            elif row["outcome"] == "won" and all(ends[later]["outcome"] == "won" for later in days[n:]):
                place = len(opens)
            else:
                continue
            if lost is not None and at > lost:
                continue
            own[place] = own[place] or at
            for below in range(place + 1):
                times[below] = times[below] or at
        if not stood:
            continue
        for place, stage in enumerate(opens):
            if times[place] is None or times[place] <= since:
                continue
            onward = times[place + 1]
            event = 1 if onward else 2 if lost else 0
            age = ((onward or lost or day) - times[place]).days
            amount = ends[times[place]]["amount"]
            found[id, stage] = (times[place], age, event, own[place] != times[place], amount)
    return found
