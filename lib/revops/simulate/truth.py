"""What is true of a simulated company on a day, by its own bookkeeping: plain loops over what happened, no table code.

Tests compare the pipeline's numbers with these to the cent, so nothing here is shared with the gate, the book or any
measure. Money is counted in whole cents of the company's currency.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from revops.simulate.calendar import day_number
from revops.simulate.expected import true_win_rate
from revops.simulate.model import World
from revops.simulate.people import QUEUE
from revops.simulate.plan import STAGES
from revops.simulate.records import export_ids

__all__ = ["figures", "known_truth"]

_GRACE_DAYS = 5
_Tally = dict[str, dict[str, Any]]


def known_truth(world: World, days: list[dt.date]) -> dict[str, Any]:
    """Return the seed, what was planted, and the exact figures at the end of each of some days."""
    plan = world.plan
    reported = range(plan.burn_in, plan.burn_in + plan.n_quarters + plan.after)
    luck = {world.calendar.name(i): round(float(world.luck[i]), 6) for i in reported}
    rates = {
        motion.type: {s.name: round(true_win_rate(plan, kind, place), 6) for place, s in enumerate(plan.segments)}
        for kind, motion in enumerate(plan.motions)
    }
    return {
        "what": f"The truth behind the exports of {plan.company}; made by python -m revops.simulate. No export.",
        "seed": world.seed,
        "as_of": plan.as_of.isoformat(),
        "currency": plan.currency,
        "rates": {plan.foreign_currency: plan.foreign_rate},
        "luck_by_quarter": luck,
        "win_rate_of_first_pass": rates,
        "planted": {
            "motions": [asdict(motion) for motion in plan.motions], "reopen_rate": plan.reopen_rate,
            "slip_penalty": plan.slip_penalty, "luck_sd": plan.luck_sd, "owner_sd": plan.owner_sd,
            "over_assignment": plan.over_assignment,
            "team_lean": {team.name: team.lean for team in plan.teams},
            "source_win_shift": {source.label: source.win_shift for source in plan.sources},
        },
        "quota_in_force": _company_quota(world),
        "landing_of_open_quarter": _landing(world),
        "records": _records(world),
        "figures": {day.isoformat(): figures(world, day) for day in days},
    }  # fmt: skip


def figures(world: World, day: dt.date) -> dict[str, Any]:
    """Return the core numbers at the end of a day, by quarter and opportunity type; test and deleted deals left out.

    booked     won, by quarter of close date, close date not after the day: `quarter type` -> n, amount
    open       open, close date on the day or later, by quarter of close date
    overdue    open, close date before the day, by type
    total_open open, any close date, by type
    created    by quarter of creation and source: amounts as known on the day
    won_ahead  won with a close date after the day
    frozen     what each past quarter counted as booked five days after its end, or on the day if that is sooner
    """
    tallies: dict[str, _Tally] = defaultdict(lambda: defaultdict(lambda: {"n": 0, "amount": 0}))
    today, plan = day_number(day), world.plan
    for deal, (stage, close, cents) in _standing(world, world.until(day)).items():
        kind = plan.motions[int(world.deals.at[deal, "kind"])].type
        quarter = _quarter(world, close)
        source = plan.sources[int(world.deals.at[deal, "source"])].source
        created = _quarter(world, _local_day(world, int(world.deals.at[deal, "created"])))
        _add(tallies["created"], f"{created} {kind} {source}", cents)
        if stage == STAGES.index("Won"):
            name, key = ("booked", f"{quarter} {kind}") if close <= today else ("won_ahead", kind)
            _add(tallies[name], key, cents)
        elif stage < STAGES.index("Won"):
            _add(tallies["total_open"], kind, cents)
            name, key = ("open", f"{quarter} {kind}") if close >= today else ("overdue", kind)
            _add(tallies[name], key, cents)
    tallies["frozen"] = _frozen(world, day)
    names = ("booked", "open", "overdue", "total_open", "created", "won_ahead", "frozen")
    return {name: {key: _in_money(row) for key, row in sorted(tallies[name].items())} for name in names}


def _standing(world: World, until: int) -> dict[int, tuple[int, int, int]]:
    """Return stage, close day and cents (company currency) of every deal that exists at a moment; 0 where blank."""
    deals = world.deals
    counts = ~deals["is_test"] & ~(deals["deleted"] < until)
    counted, foreign = counts.tolist(), deals["foreign"].tolist()
    hundredths = round(world.plan.foreign_rate * 100)
    standing: dict[int, tuple[int, int, int]] = {}
    columns = (world.states[name].tolist() for name in ("deal", "stamp", "stage", "close", "amount"))
    for deal, stamp, stage, close, amount in zip(*columns, strict=True):
        if stamp >= until:
            break
        if counted[deal]:
            cents = max(amount, 0)
            standing[deal] = (stage, close, cents * hundredths // 100 if foreign[deal] else cents)
    return standing


def _frozen(world: World, day: dt.date) -> _Tally:
    """Return what each quarter that is over counted as booked when its grace had run out."""
    tally: _Tally = defaultdict(lambda: {"n": 0, "amount": 0})
    for index in range(world.plan.burn_in, world.plan.burn_in + world.plan.n_quarters + world.plan.after):
        last = world.calendar.dates(index)[1]
        if last >= day:
            break
        seen = min(last + dt.timedelta(days=_GRACE_DAYS), day)
        for deal, (stage, close, cents) in _standing(world, world.until(seen)).items():
            if stage == STAGES.index("Won") and world.calendar.starts[index] <= close <= day_number(last):
                kind = world.plan.motions[int(world.deals.at[deal, "kind"])].type
                _add(tally, f"{world.calendar.name(index)} {kind}", cents)
    return tally


def _records(world: World) -> dict[str, list[str]]:
    """Return the ids, 15 characters, of deals that are not what they seem."""
    deals, ids = world.deals, [str(identity)[:15] for identity in export_ids(world).deal]
    hostile = deals["name"].str.contains("HYPERLINK|<img", regex=True)
    kinds = {"test": deals["is_test"], "deleted": deals["deleted"].notna(), "hostile_name": hostile}
    kinds["queue_first"] = deals["owner"] == QUEUE
    return {kind: [ids[place] for place in deals.index[flags]] for kind, flags in kinds.items()}


def _company_quota(world: World) -> dict[str, float]:
    """Return the company's quota by quarter, as in force on the plan's as_of."""
    today, first = day_number(world.plan.as_of), world.plan.burn_in
    quota: dict[str, tuple[int, float]] = {}
    for row in world.quotas.itertuples():
        counts = row.who == -1 and row.metric == "Bookings" and row.published <= today and row.quarter >= first
        name = world.calendar.name(row.quarter)
        begun = row.effective <= max(today, int(world.calendar.starts[row.quarter]))
        if counts and begun and row.effective >= quota.get(name, (0, 0.0))[0]:
            quota[name] = (row.effective, float(row.target))
    return {name: target for name, (_, target) in quota.items()}


def _add(tally: _Tally, key: str, cents: int) -> None:
    tally[key]["n"] += 1
    tally[key]["amount"] += cents


def _in_money(row: dict[str, Any]) -> dict[str, Any]:
    return {"n": row["n"], "amount": row["amount"] / 100}


def _quarter(world: World, day: int) -> str:
    return world.calendar.name(int(world.calendar.starts.searchsorted(day, side="right")) - 1)


def _local_day(world: World, stamp: int) -> int:
    moment = dt.datetime.fromtimestamp(stamp, tz=dt.UTC)
    return day_number(moment.astimezone(ZoneInfo(world.plan.time_zone)).date())


def _landing(world: World) -> dict[str, Any]:
    """Return what will have been booked when the quarter that is open at as_of has ended, by type."""
    index = world.plan.burn_in + world.plan.n_quarters - 1
    name, end = world.calendar.name(index), world.calendar.dates(index)[1] + dt.timedelta(days=_GRACE_DAYS)
    return {key: row for key, row in figures(world, end)["booked"].items() if key.startswith(name)}
