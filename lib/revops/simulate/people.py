"""Who sells: teams, managers, people who come and go, and whose deal is whose."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, Quarters, stream
from revops.simulate.plan import Plan

__all__ = ["QUEUE", "assign", "hand_over", "hire", "may_sell"]

QUEUE = -1  # the owner of a deal that nobody has picked up

_NAMES = (
    "Adaeze Obi", "Martin Kessler", "Rosa Delgado", "Priya Raman", "Tom Whitaker", "Helena Sjöberg", "Dana Whitfield",
    "Marcus Bell", "Katarina Lindqvist", "Luis Peña", "Grace Kim", "Owen Hartley", "Nadia Rahman", "Eric Fournier",
    "Jörg Müller", "Zoë van Dijk", "Benoît Lefèvre", "Aoife Byrne", "Wei Tan", "Haruka Sato", "Sam O'Connell",
    "Inés García", "Peter Novak", "Ruth Adler", "Caleb Stone", "Mei Lin", "Joana Sá", "Anton Berg", "Vera Holt",
    "Niklas Bauer", "Dele Adeyemi", "Laura Conti", "Hugo Martel", "Ingrid Moe", "Ravi Menon", "Tessa Blake",
    "Paolo Ricci", "Yara Haddad", "Colin Frost", "Sofie Lund",
)  # fmt: skip


def hire(plan: Plan, calendar: Quarters, seed: int) -> pd.DataFrame:
    """Return one row per person: name, team, manager (row number, -1 for none), first and last day, skill."""
    rng = stream(seed, "people")
    first, last = float(calendar.starts[0]), float(calendar.starts[plan.burn_in + plan.n_quarters + plan.after])
    boss = "Chief Revenue Officer"
    rows: list[tuple[str, int, str, float, float]] = [("Sales leadership", -1, boss, first, np.inf)]
    rows += [(team.name, 0, f"Manager, {team.name}", first, np.inf) for team in plan.teams]
    for place, team in enumerate(plan.teams):
        title = "Account Executive" if "new" in team.types else "Customer Success Manager"
        for _ in range(team.seats):
            rows += [(team.name, place + 1, title, *days) for days in _seat(rng, plan, first, last)]
    people = pd.DataFrame(rows, columns=["team", "manager", "title", "hired", "left"])
    people["name"] = [_NAMES[i] if i < len(_NAMES) else f"Owner {i + 1}" for i in range(len(people))]
    by_name = {team.name: team for team in plan.teams}
    people["region"] = [by_name[t].region if t in by_name else None for t in people["team"]]
    people["lean"] = [by_name[t].lean if t in by_name else 0 for t in people["team"]]
    people["skill"] = rng.normal(0, plan.owner_sd, len(people))
    return people


def _seat(rng: np.random.Generator, plan: Plan, first: float, last: float) -> list[tuple[float, float]]:
    """Return the first and last day of each person who holds one seat, one after the other."""
    spells, start = [], first
    while start < last:
        stays = np.floor(365.25 * plan.tenure_years * rng.gamma(2.0, 0.5))
        end = start + max(stays, 200)
        spells.append((start, end if end < last else np.inf))
        start = end + 21 + np.floor(rng.random() * 30)
    return spells


def may_sell(people: pd.DataFrame, team: Array, moments: Array) -> Array:
    """Return moment x person: true where the person carries deals for the team (its row number) at the moment."""
    manager, hired, left = (people[name].to_numpy() for name in ("manager", "hired", "left"))
    at = moments[:, None]
    return (manager == team[:, None] + 1) & (hired <= at) & (at < left)


def assign(plan: Plan, people: pd.DataFrame, deals: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return the row of the person to whom each new deal falls; the manager where every seat is empty."""
    team = _territories(plan)[deals["kind"], deals["segment"], deals["region"]]
    return _pick(may_sell(people, team, deals["created"].to_numpy()), team + 1, rng)


def _territories(plan: Plan) -> Array:
    """Return kind x segment x region: the team that sells it, the last one named where several do; -1 for nobody."""
    shape = (len(plan.motions), len(plan.segments), len(plan.regions))
    teams = np.full(shape, -1)
    for place, team in enumerate(plan.teams):
        kinds = [motion.type in team.types for motion in plan.motions]
        segments = [segment.name in team.segments for segment in plan.segments]
        regions = [team.region in (None, region.name) for region in plan.regions]
        teams[np.ix_(kinds, segments, regions)] = place
    return teams


def _pick(allowed: Array, otherwise: Array, rng: np.random.Generator) -> Array:
    """Return for each row one allowed column at random, or `otherwise` where none is."""
    drawn = np.where(allowed, rng.random(allowed.shape), -1.0)
    return np.where(allowed.any(axis=1), drawn.argmax(axis=1), otherwise)


def hand_over(plan: Plan, people: pd.DataFrame, deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return one row per owner change: deal, moment, old, new. People who leave hand over what is open; a few
    deals move for other reasons.

    `deals` needs owner, created and end (its last event).
    """
    rng = stream(seed, "handover")
    owner = deals["owner"].to_numpy().copy()
    created, end = deals["created"].to_numpy(), deals["end"].to_numpy()
    moved_at = created + (end - created) * rng.uniform(0.2, 0.8, len(deals))
    moved_at[rng.random(len(deals)) >= plan.reassign_rate] = np.inf
    team = people["manager"].to_numpy()[owner] - 1
    moved = np.flatnonzero((moved_at < np.inf) & (team >= 0))
    team = team[moved]
    allowed = may_sell(people, team, moved_at[moved])
    allowed[np.arange(len(moved)), owner[moved]] = False
    moves = _frame([(moved, moved_at[moved], owner[moved], _pick(allowed, team + 1, rng))])
    return pd.concat([moves, _after_leaving(people, moves, owner, created, end, rng)], ignore_index=True)


def _after_leaving(
    people: pd.DataFrame, moves: pd.DataFrame, owner: Array, created: Array, end: Array, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the owner changes that follow when people leave, in the order in which they leave."""
    current, since = owner.copy(), created.copy()
    current[moves["deal"]], since[moves["deal"]] = moves["new"], moves["at"]
    parts = []
    for person in people["left"][people["left"] < np.inf].sort_values(kind="stable").index:
        day = people.at[person, "left"] + 0.3
        team = np.array([people.at[person, "manager"] - 1])
        mine = np.flatnonzero((current == person) & (since < day) & (end > day))
        at = day + rng.uniform(0, 6, len(mine))
        new = _pick(may_sell(people, team, at), team + 1, rng)
        parts.append((mine, at, current[mine], new))
        current[mine], since[mine] = new, at
    return _frame(parts)


def _frame(parts: list[tuple[Array, Array, Array, Array]]) -> pd.DataFrame:
    columns = [np.concatenate([np.empty(0), *(part[i] for part in parts)]) for i in range(4)]
    frame = pd.DataFrame(dict(zip(("deal", "at", "old", "new"), columns, strict=True)))
    return frame.astype({"deal": np.int64, "old": np.int64, "new": np.int64})
