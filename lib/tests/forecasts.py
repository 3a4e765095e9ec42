"""Forecast results made by hand: calls and bookings of past quarters in round numbers, all else ordinary."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from frames import as_of, book, deal
from revops.analysis.people import owner_labels
from revops.measures.forecast_accuracy.deals.deal_chances import DealChances
from revops.measures.forecast_accuracy.deals.recalibrated import Recalibrated
from revops.measures.forecast_accuracy.deals.slippage import slippage
from revops.measures.forecast_accuracy.forecasts.by_deal import ByDeal
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.measures.forecast_accuracy.judged import judged
from revops.measures.forecast_accuracy.knobs import Knobs
from revops.measures.forecast_accuracy.open_quarter import OpenQuarter
from revops.measures.forecast_accuracy.projection import Projection
from revops.measures.forecast_accuracy.result import MAPES, ForecastResult
from revops.measures.forecast_accuracy.signal import chance_table, off_signal
from revops.measures.forecast_accuracy.value_added import compare, value_added

DAY = "2026-08-12"
"""Day 43 of 92 of FY26-Q3: week 7."""
NAN = float("nan")
UNIT = {"member": "EMEA", "n": 11, "is_few": False, "finding": "", "bias": 0.0, "low": -0.1, "high": 0.1}
STEPS = ("same_quarter_last_year", "stage_weighted", "rep", "manager", "final")
VIEW = as_of(book([deal("a", created_at="2026-08-10 09:00")]), DAY)


def told(
    calls=(), actuals=(1e6, 1e6, 1e6, 1e6), others=None, units=(), owner_units=(), now=None, owner_calls=None, week=1,
    day=DAY, period="current", stamp=None, caller="final", source="sheet", owners=None, states=None, deals=None,
    late=None, silent=(), **more,
):  # fmt: skip
    """Return a ForecastResult of a company that called `calls` for quarters that booked `actuals`, oldest first.

    Parameters
        calls : of each past quarter, in the week of the horizon [currency]
        others : category -> forecasts, of each past quarter
        units, owner_units : rows of the tables of teams and owners (UNIT with what is given)
        now : (level, member) -> call for the quarter under way in the week of the horizon
        owner_calls : owner -> last call known for the quarter under way
        states : deals that are open (open_deal)
        more : knobs, but for `show`, which are fields of the result put in at the end
    """
    show = more.pop("show", {})
    knobs = Knobs(horizon_weeks=week, **more)
    last = pd.Timestamp(stamp or "2026-08-10")
    view = dataclasses.replace(VIEW, day=dt.date.fromisoformat(day), last_stamp=last)
    under_way = view.calendar.resolve(period, view.day)
    past = view.calendar.before(under_way, len(calls))
    actuals = [float(actual) for actual in actuals][: len(calls)]
    simple = {caller: calls, **(others or {})}
    found = _frozen(past, under_way, calls, actuals, simple, now or {}, owner_calls or {}, source, caller, states, week)
    same = judged(found, week)
    rows = found.at(week)
    signal = off_signal(rows[rows["category"].eq("commit")], by=["member"], threshold=knobs.off_by)
    ids = [*silent, *(row["member"] for row in owner_units)]
    result = ForecastResult(
        view=view,
        knobs=knobs,
        period=under_way,
        found=found,
        judged=same,
        errors=same.errors(level=knobs.level),
        unit_errors=pd.DataFrame({"level": ["owner", "team"], "horizon_weeks": week, "wape": [0.0, 0.0]}),
        by_type=pd.DataFrame(),
        steps=value_added(same.at(week), [name for name in STEPS if name in set(rows["category"])], level=knobs.level),
        others=compare(same.at(week), "commit", [name for name in others or {} if name not in STEPS[2:]], level=0.8),
        units={"team": _units(units), "owner": _units(owner_units)},
        signal=signal.iloc[0] if len(signal) else None,
        chances=chance_table(MAPES),
        deals=deals,
        open=None,
        late=pd.DataFrame({"actual_amount": actuals, "late_amount": late or [0.0] * len(calls)}),
        carried=pd.DataFrame(),
        silent=silent,
        labels=owner_labels(VIEW.owners if owners is None else owners, ids, show=knobs.show_owners),
        unavailable={},
    )
    return dataclasses.replace(result, **show)


def _frozen(past, under_way, calls, actuals, others, now, owner_calls, source, caller, states, week):
    names = [quarter.name for quarter in past]
    rows = [
        {"period": name, "category": category, "forecast_amount": float(value), "actual_amount": float(actual),
         "level": "company", "member": "company", "is_open": False}
        for category, values in {"commit": calls, **others}.items()
        for name, value, actual in zip(names, values, actuals, strict=True)
    ]  # fmt: skip
    rows += [{"period": under_way.name, "category": "commit", "forecast_amount": float(value), "actual_amount": NAN,
              "level": level, "member": member, "is_open": True} for (level, member), value in now.items()]  # fmt: skip
    columns = ["period", "category", "forecast_amount", "actual_amount", "level", "member", "is_open"]
    pairs = pd.DataFrame(rows, columns=columns).assign(horizon_weeks=week).astype({"is_open": bool})
    booked = pd.DataFrame({"period": names, "type": "new", "owner_id": "o", "actual_amount": actuals})
    known = pd.DataFrame({"member": list(owner_calls), "forecast_amount": list(owner_calls.values())})
    known = known.assign(period=under_way.name, level="owner", category="commit", horizon_weeks=1)
    days = {quarter: {week: quarter.start + dt.timedelta(days=7 * (week - 1))} for quarter in [*past, under_way]}
    return Frozen(
        quarters=Quarters(tuple(past), booked.assign(now_amount=booked["actual_amount"]), True, len(past)),
        states=pd.DataFrame(list(states or [open_deal("x")])),
        deals=ByDeal(pd.DataFrame(), pd.DataFrame()),
        known=known,
        pairs=pairs,
        by_type=pd.DataFrame(),
        source=source,
        call="commit",
        caller=caller,
        callers=pd.Series(dtype=float),
        covers=("new",),
        days=days,
    )


def _units(rows):
    return pd.DataFrame([UNIT | row for row in rows], columns=list(UNIT))


def open_deal(id, **given):
    """Return one state of a deal that stands from June on: open in Proposal, in commit, due 31 August, 100 K."""
    state = {
        "opportunity_id": id, "outcome": "open", "stage_name": "Proposal", "close_date": pd.Timestamp("2026-08-31"),
        "owner_id": "o", "win_probability": 0.8, "forecast_category": "Forecast", "first": pd.Timestamp("2026-06-01"),
        "last": pd.Timestamp("2026-12-31"), "stage_order": 2.0, "type": "new", "amount": 100e3, "pushes": 0,
        "entered": pd.Timestamp("2026-06-01"),
    }  # fmt: skip
    return state | given


def chances(fates=(), table=(), gain=(0.02, 0.01, 0.03)):
    """Return what became of deals; fates: (quarter, pushes, amount, fate) of deals in commit; table: stage_name,
    offered, low, high; gain of the offered probabilities with its range."""
    columns = ["period", "pushes", "amount", "fate"]
    gone = pd.DataFrame(list(fates), columns=columns).assign(forecast_category="Forecast")
    stages = pd.DataFrame(list(table), columns=["stage_name", "offered", "low", "high"])
    offered = Recalibrated(stages, 1025, 12, 0.26, 0.26 - gain[0], *gain) if len(stages) else None
    return DealChances(None, pd.DataFrame(), pd.DataFrame(), offered, slippage(gone), gone, pd.DataFrame())


def projected(
    call=1.32e6, ends=(1.05e6, 1.26e6, 1.46e6), booked=4e5, landing=(9e5, 1.15e6, 1.5e6), n=11, word="medium"
):
    """Return an open quarter with a call, its projection with range, and the landing of the coverage report."""
    low, value, high = ends
    ratios = (value / call,) * n if call else ()
    told = Projection(value, low, high, value / call if call else NAN, ratios, 0, "t on logs", call, booked, 0.8)
    parts = None if landing is None else (0.6 * landing[1], 0.1 * landing[1])
    return OpenQuarter(7, booked, told, pd.DataFrame(), word, (), landing, parts)


def stretched(quarters, *values):
    """Return values repeated in turn, one for each of some quarters."""
    return [float(value) for value in np.resize(values, quarters)]
