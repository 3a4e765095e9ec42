"""Whose call a forecasting item is: a manager's includes those of everybody below and must not be added to theirs."""

from collections import defaultdict

import numpy as np
import pandas as pd

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.members import with_members
from revops.exports.people import People
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave
from revops.wording import plural

__all__ = ["by_member"]

CENT = 0.005
NO_LEVEL = (None, None)


def by_member(rows: pd.DataFrame, frames: list[Frame], context: Context) -> pd.DataFrame:
    """Return items with their level, member and amount.

    An owner's call is what is theirs alone; where it was adjusted by hand, the amount that the owner sees. Of a
    manager's item the whole is the company's or a team's call where the owners' managers show that it covers just
    that, else it is left out; the manager's own deals are an owner's call.
    """
    bosses = _bosses(context.people)
    parts = [_of_file(rows[rows["_file"] == frame.source.index], frame, bosses, context) for frame in frames]
    found = pd.concat(parts, ignore_index=True)
    levels, members = found["level"], found["member"]
    found = with_members(found, context)
    found["level"], found["member"] = levels.fillna(found["level"]), members.fillna(found["member"])
    return found.assign(period_name=[f"{start:%Y-%m-%d}" if pd.notna(start) else "" for start in found["period_start"]])


def _of_file(rows: pd.DataFrame, frame: Frame, bosses: dict[str, str], context: Context) -> pd.DataFrame:
    """Return the rows of one file, a manager's item as two where both its whole and what is theirs are calls."""
    below = _below(set(rows["owner_id"].dropna()), bosses)
    summed = rows["unadjusted"].sub(rows["own"]).abs().gt(CENT)
    managers = set(below) | set(rows.loc[summed, "owner_id"])
    is_manager = rows["owner_id"].isin(managers)
    is_known = bool(bosses) or (rows["unadjusted"].notna() & rows["own"].notna()).all()
    _refuse_unknown(rows, is_known, frame, context.ledger)
    spans = _spans(set(rows["owner_id"].dropna()), managers, below, context.people)
    owners = _owners(rows[~is_manager], frame, is_known)
    whole = rows[is_manager]
    whole = whole.assign(amount_original=whole["as_seen"].fillna(whole["amount_original"]))
    named = [spans.get(key, NO_LEVEL) for key in whole["owner_id"]]
    whole = whole.assign(level=[level for level, _ in named], member=[member for _, member in named])
    own = whole.assign(amount_original=whole["own"], level=None, member=None)
    own = own[own["own"].notna() & own["owner_id"].isin(set(own.loc[own["own"].abs().gt(CENT), "owner_id"]))]
    is_unnamed = np.array([level is None for level, _ in named], dtype=bool)
    spare = is_unnamed & whole.index.isin(own.index)
    again = own[~own.index.isin(whole.index[spare])]
    if len(again):
        frame.source.rows_read += len(again)
        frame.source.decisions.append(
            f"{plural(len(again), 'item')} of managers with deals of their own: read as two rows, theirs and the whole"
        )
    if spare.any():
        said = f"{plural(int(spare.sum()), 'item')} of managers: only the deals of their own are read"
        frame.source.decisions.append(said)
    others = pd.Series(is_unnamed & ~spare, whole.index)
    whole = leave(whole, others, "roll-up of others", context.ledger, "owner_id")
    whole = whole[whole["level"].notna()]
    return pd.concat([part for part in (owners, whole, own) if len(part)] or [owners])


def _owners(rows: pd.DataFrame, frame: Frame, is_known: bool) -> pd.DataFrame:
    """Return the calls of those who have nobody below, adjusted ones as the owner sees them."""
    seen = rows["as_seen"].fillna(rows["amount_original"])
    plain = rows["own"].fillna(seen)
    adjusted = rows["has_adjustment"] & is_known
    if adjusted.any():
        frame.source.decisions.append(
            f"{plural(int(adjusted.sum()), 'item')} adjusted by hand: the call is the adjusted amount that its owner "
            "sees, of the others OwnerOnlyAmount"
        )
    return rows.assign(amount_original=seen.fillna(plain).where(adjusted, plain), level=None, member=None)


def _refuse_unknown(rows: pd.DataFrame, is_known: bool, frame: Frame, ledger: Ledger) -> None:
    if not is_known and rows["own"].isna().any():
        lost = rows.loc[rows["own"].isna(), "owner_id"].dropna()
        ledger.problems.append(
            f"{frame.source.name}: it must be known whose forecasts include those of others; found "
            f"{int(rows['own'].isna().sum()):,} of {len(rows):,} items without OwnerOnlyAmount "
            f"({examples(sorted(set(lost)))}), and no managers of owners. Add OwnerOnlyAmount to the export, or export "
            "User with ManagerId."
        )


def _bosses(people: People) -> dict[str, str]:
    """Return the manager of each owner who has one, by ids."""
    owners = people.owners
    if owners is None:
        return {}
    table = {name: owners[name].to_pylist() for name in ("owner_id", "manager_id", "manager_name")
             if name in owners.column_names}  # fmt: skip
    blank = [None] * owners.num_rows
    pairs = zip(table["owner_id"], table.get("manager_id", blank), table.get("manager_name", blank), strict=True)
    found = {owner: people.find(key) or people.find(name) for owner, key, name in pairs}
    return {owner: boss for owner, boss in found.items() if boss and boss != owner}


def _below(owners: set[str], bosses: dict[str, str]) -> dict[str, set[str]]:
    """Return of each of the owners who has some of the others below, at any depth, those others."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for owner in owners:
        above, seen = bosses.get(owner), {owner}
        while above and above not in seen:
            if above in owners:
                found[above].add(owner)
            seen.add(above)
            above = bosses.get(above)
    return dict(found)


def _spans(
    owners: set[str], managers: set[str], below: dict[str, set[str]], people: People
) -> dict[str, tuple[str, str]]:
    """Return what the whole of a manager's items is: the company's, where everybody is below, or one whole team's."""
    found = {key: ("company", "company") for key, under in below.items() if under | {key} == owners}
    if people.owners is None or "team" not in people.owners.column_names:
        return found
    teams = dict(zip(people.owners["owner_id"].to_pylist(), people.owners["team"].to_pylist(), strict=True))
    leaves: defaultdict[str, set[str]] = defaultdict(set)
    for owner in owners - managers:
        leaves[teams.get(owner) or ""].add(owner)
    taken: set[str] = set()
    for key in sorted(set(below) - set(found), key=lambda key: (len(below[key]), key)):
        names = {teams.get(owner) or "" for owner in below[key] - managers}
        team = names.pop() if len(names) == 1 else ""
        if team and team not in taken and leaves[team] == below[key] - managers:
            found[key] = ("team", team)
            taken.add(team)
    return found
