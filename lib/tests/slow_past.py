"""Past quarters a second time: each day rebuilt by the book, one opportunity at a time, in plain Python."""

import datetime as dt

import pandas as pd

COVERED = ("new", "expansion")


def rows(table):
    return [row for row in table.to_dict("records") if row["type"] in COVERED]


def amount(row):
    return row["amount"] if row["amount"] == row["amount"] else 0.0


def booked(state, quarter, day):
    """Return what is won in a quarter by a day: opportunity_id -> amount."""
    last = pd.Timestamp(min(day, quarter.end))
    won = [r for r in rows(state) if r["outcome"] == "won" and pd.Timestamp(quarter.start) <= r["close_date"] <= last]
    return {row["opportunity_id"]: amount(row) for row in won}


def slow_sums(view, quarter, left, inside=lambda id: True):
    """Return one row of SameDay.sums, and what had been created by then: the day and the frozen end rebuilt."""
    day = max(quarter.end - dt.timedelta(days=left), quarter.start)
    then, frozen = view.state(day), quarter.end + dt.timedelta(days=view.company.grace_days)
    was = {id: a for id, a in booked(then, quarter, day).items() if inside(id)}
    won = {id: a for id, a in booked(view.state(frozen), quarter, frozen).items() if inside(id)}
    opened = {r["opportunity_id"]: r for r in rows(then) if r["outcome"] == "open" and inside(r["opportunity_id"])}
    close = {id: r["close_date"].date() for id, r in opened.items()}
    due = [id for id, r in opened.items()
           if day <= close[id] <= quarter.end and r["stage_order"] >= view.company.qualifying_order]  # fmt: skip
    new = [id for id in won if id not in opened and id not in was]
    born = [r for r in rows(then) if r["created_at"].date() >= quarter.start and inside(r["opportunity_id"])]
    sums = {
        "booked_then": sum(was.values()),
        "open_amount": sum(amount(opened[id]) for id in due),
        "won_from_open": sum(won.get(id, 0.0) for id in due),
        "won_from_other": sum(won[id] for id in opened if id in won and id not in due),
        "won_from_new": sum(won[id] for id in new),
        "booked": sum(won.values()),
    }
    return sums, sum(amount(row) for row in born)
