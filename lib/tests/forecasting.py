"""A small company for tests of forecasts: three reps in two teams, their manager, and what they call and win."""

import datetime as dt

from frames import TRACKED, as_of, book, change, deal
from revops.analysis.outlook import Subject
from revops.measures.forecast_accuracy.forecasts.frozen import frozen
from revops.measures.forecast_accuracy.knobs import Knobs
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)
OWNERS = [
    {"owner_id": "ann", "team": "North", "region": "America", "manager_id": "max"},
    {"owner_id": "bob", "team": "North", "region": "America", "manager_id": "max"},
    {"owner_id": "cat", "team": "South", "region": "America", "manager_id": "max"},
    {"owner_id": "max", "manager_id": None},
]
WITH_OWNERS = TRACKED | {"owner_id": "Opportunity Field History", "win_probability": "OpportunityHistory"}


def quarter(name):
    return CALENDAR.named(name)


def call(day, member, amount, level="owner", period="FY26-Q1", category="Forecast", **given):
    """Return one call for a whole quarter."""
    span = {"period_start": str(quarter(period).start), "period_end": str(quarter(period).end)}
    return {"snapshot_date": day, "level": level, "member": member, "category": category, "forecast_amount": amount,
            **span, **given}  # fmt: skip


def won(id, owner, close, amount, opened=None, saved=None, **given):
    """Return a deal and its states: open since 60 days before the day it was won, or since `opened`."""
    day = dt.date.fromisoformat(close)
    opened = opened or str(day - dt.timedelta(days=60))
    kept = {"owner_id": owner, "close_date": close, "amount": amount, **given}
    end = {"stage_name": "Won", "forecast_category": "Closed", "win_probability": 1.0}
    ways = {"forecast_category": "Forecast", "win_probability": 0.5}
    type = {"type": kept.get("type", "new")}
    states = [change(id, f"{opened} 09:00", **{**ways, **kept, **type}),
              change(id, f"{saved or close} 10:00", 1, **{**kept, **type, **end})]  # fmt: skip
    return deal(id, created_at=f"{opened} 09:00", **{**kept, **end}), states


def company(deals, calls=(), owners=OWNERS, history=True, tracked=WITH_OWNERS):
    """Return the book of deals (won()) and calls."""
    others = {"owners": owners} | ({"forecasts": list(calls)} if calls else {})
    states = [state for _, states in deals for state in states] if history else []
    return book([record for record, _ in deals], states, tracked=tracked, **others)


def subject(of, day, **knobs):
    return Subject(as_of(of, day), Knobs(**{"stale_after_days": 366} | knobs))


def told(of, day, **knobs):
    """Return all forecasts of a book as seen at the end of a day."""
    return frozen(subject(of, day, **knobs))


def values(found, category, period, level="company", member="company", column="forecast_amount"):
    """Return one forecast of a quarter by week."""
    rows = found.pairs
    chosen = rows["category"].eq(category) & rows["period"].eq(period) & rows["level"].eq(level)
    rows = rows[chosen & rows["member"].eq(member)]
    assert not rows["horizon_weeks"].duplicated().any()
    return dict(zip(rows["horizon_weeks"].tolist(), rows[column].tolist(), strict=True))
