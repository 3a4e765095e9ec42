"""Weekly calls: what each seller, team and the company expect to book by the quarter's end, biased as is known."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.model import World, owner_at
from revops.simulate.quotas import BOOKINGS

__all__ = ["BIAS", "CALLED_QUARTERS", "MISSING", "calls", "calls_sheet"]

BIAS = {-1: 0.72, 0: 1.0, 1: 1.38}  # by lean: how much of what is still to come a team calls
CALLED_QUARTERS = 12
MISSING = 0.03  # calls that were not made, in every third quarter
_DAY = 86_400


def calls(world: World) -> pd.DataFrame:
    """Return one row per week, member (row of people; -1 the company, -2 - n team n) and quarter: day, quarter, who,
    closed, commit, best (dollars), final (what was booked in the end).

    A call is what is won so far and, times the team's bias, what will still come: mostly guessed from quota in the
    first weeks, mostly known in the last, with noise that shrinks. Teams call the sum of their people, less or more
    by a point or two; the company calls the sum of its teams.
    """
    rng, plan = stream(world.seed, "calls"), world.plan
    booked = _booked(world)
    last = plan.burn_in + plan.n_quarters - 1
    parts = []
    for index in range(last - CALLED_QUARTERS + 1, last + 1):
        first, after = (int(day) for day in world.calendar.starts[index : index + 2])
        mondays = np.arange(first + (-(first + 3)) % 7, after, 7)
        quota = world.quotas[(world.quotas["quarter"] == index) & (world.quotas["metric"] == BOOKINGS)]
        targets = quota[quota["who"] > len(plan.teams)].groupby("who")["target"].first()
        mine = booked[(booked["close"] >= first) & (booked["close"] < after)]
        for place, monday in enumerate(mondays):
            rows = _week(world, targets, mine, monday, (place + 1) / len(mondays), rng)
            parts.append(
                rows.assign(day=monday, quarter=index, silent=rng.random(len(rows)) < MISSING * (index % 3 == 0))
            )
    return pd.concat(parts, ignore_index=True)


def _booked(world: World) -> pd.DataFrame:
    """Return each deal that counts as booked in the end: owner, close day, day it was saved, dollars."""
    deals, last = world.deals, world.states.groupby("deal").last()
    good = (last["stage"] == 5) & ~deals["is_test"] & deals["deleted"].isna() & (deals["kind"] < 2)
    last, deal = last[good], last.index[good].to_numpy()
    rate = np.where(deals["foreign"].to_numpy()[deal], world.plan.foreign_rate, 1.0)
    owner = owner_at(world, deal, last["stamp"].to_numpy())
    amount = last["amount"].clip(lower=0).to_numpy() * rate / 100
    return pd.DataFrame(
        {"owner": owner, "close": last["close"].to_numpy(), "saved": last["stamp"] // _DAY, "amount": amount}
    )


def _week(
    world: World, targets: pd.Series, booked: pd.DataFrame, day: int, known: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the calls of one Monday: people on quota who are there, their teams, the company."""
    people = world.people
    who = np.array([w for w in targets.index if people["hired"][w] <= day < people["left"][w]])
    owner, amount = booked["owner"].to_numpy(), booked["amount"].to_numpy()
    known_then = ((booked["saved"] < day) & (booked["close"] < day)).to_numpy()
    final, closed = (np.bincount(owner, amount * part, len(people))[who] for part in (1, known_then))
    weight = 0.25 + 0.75 * known
    guess = np.maximum(0.9 * targets.loc[who].to_numpy() - closed, 0.0)
    to_come = weight * (final - closed) + (1 - weight) * guess
    bias = np.array([BIAS[lean] for lean in people["lean"][who]])
    spread = 0.30 * (1 - known) + 0.05
    commit = closed + bias * to_come * np.exp(spread * rng.normal(size=len(who)) - spread**2 / 2)
    best = commit + (0.15 + 0.35 * (1 - known)) * bias * np.maximum(to_come, 0.06 * guess + 2_000)
    rows = pd.DataFrame({"who": who, "closed": closed, "commit": commit, "best": best, "final": final})
    teams = rows.groupby(people["manager"][who].to_numpy())[["closed", "commit", "best", "final"]].sum()
    teams = teams.reset_index(names="who")
    for name in ("commit", "best"):
        teams[name] = teams["closed"] + (teams[name] - teams["closed"]) * rng.uniform(0.97, 1.03, len(teams))
    whole = teams.drop(columns="who").sum().to_frame().T.assign(who=-1)
    return pd.concat([rows, teams.assign(who=-1 - teams["who"]), whole], ignore_index=True)


def calls_sheet(world: World, day: int) -> str:
    """Return targets/weekly_calls.csv: a row per Monday and caller, in dollars; calls not made are no rows."""
    table = calls(world)
    table = table[(table["day"] <= day) & ~(table["silent"] & (table["who"] >= 0))]
    sheet = pd.DataFrame({
        "Week of": np.asarray(table["day"], dtype="datetime64[D]").astype(str),
        "Rep": [_name(world, who) for who in table["who"].astype(int)],
        "Period": [world.calendar.name(index) for index in table["quarter"]],
        "Commit": _rounded(table["commit"]), "Best Case": _rounded(table["best"]),
        "Closed QTD": [f"{value:.2f}" for value in table["closed"]],
    })  # fmt: skip
    return sheet.to_csv(index=False, lineterminator="\n")


def _name(world: World, who: int) -> str:
    if who == -1:
        return "Company"
    return str(world.people["name"][who]) if who >= 0 else world.plan.teams[-2 - who].name


def _rounded(values: pd.Series) -> Array:
    return (np.round(values / 500) * 500).astype(np.int64).to_numpy()
