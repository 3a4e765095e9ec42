"""Whose row it is in a sheet of quotas or calls: an owner, a team, a region, a segment or the company."""

import re
from fnmatch import fnmatch

import pandas as pd

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.people import People, folded
from revops.wording import person

__all__ = ["member_of", "with_members"]

BLANK = "(blank)"
NOTE = re.compile(r"\s*\([^()@]*\)\s*$")
USER_ID = r"005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?"


def with_members(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows with the `level` and the `member` each is for; rows for nobody we know go to the ledger.

    Parameters
        rows : with owner_name, owner_id, and `_name`, the file
    """
    found = [
        member_of(name, key, context.people, context.company)
        for name, key in zip(rows["owner_name"], rows["owner_id"], strict=True)
    ]
    levels, members = (pd.Series([pair[i] for pair in found], rows.index, dtype="object") for i in (0, 1))
    rows = rows.assign(level=levels, member=members)
    _refuse_strangers(rows, context.people, context.ledger)
    _warn_of_unseen(rows, context)
    return rows


def _warn_of_unseen(rows: pd.DataFrame, context: Context) -> None:
    """Warn of owners known by their id in the sheet alone: no file has them, so nothing of theirs is counted."""
    if context.people.owners is not None:
        return
    unseen = rows[
        rows["level"].eq("owner") & rows["member"].str.fullmatch(USER_ID) & ~rows["member"].isin(context.people.ids)
    ]
    for name, part in unseen.groupby("_name"):
        shown = examples(sorted({person(word) for word in part["owner_name"].fillna(part["member"])}))
        amount = part["amount_original"].sum() if "amount_original" in part else 0.0
        context.ledger.warnings.append(
            f"{name}: {len(part):,} of {int(rows['_name'].eq(name).sum()):,} rows with {amount:,.2f} are for owners "
            f"of no opportunity ({shown}): correct their ids, or export the users too"
        )


def member_of(name: object, key: object, people: People, company: Company) -> tuple[str | None, str | None]:
    """Return the level and the member a row is for: an owner, the company, a region, a segment or a team.

    Somebody who is not hired yet, and so has no id, is an owner under the name that the sheet gives.
    """
    name = name if isinstance(name, str) else ""
    key = key if isinstance(key, str) else ""
    owner = people.find(key) or people.find(name) or people.find(NOTE.sub("", name))
    if owner is None and people.owners is None and re.fullmatch(USER_ID, key):
        owner = key[:15]  # nothing lists the owners: an id of a user is one
    if owner:
        return "owner", owner
    if folded(name) in {folded(word) for word in company.quotas.company_names}:
        return "company", "company"
    for level, groups in (("region", company.regions), ("segment", company.segments)):
        spellings = {folded(word): word for word in groups.names}
        spellings |= {folded(other): word for word, others in groups.also.items() for other in others}
        if folded(name) in spellings:
            return level, spellings[folded(name)]
    team = people.teams.get(folded(name))
    if team:
        return "team", team
    is_open = not key and any(fnmatch(folded(name), folded(pattern)) for pattern in company.quotas.open_headcount)
    return ("owner", name.strip()) if is_open else (None, None)


def _refuse_strangers(rows: pd.DataFrame, people: People, ledger: Ledger) -> None:
    strangers = rows[rows["level"].isna()]
    lacks = "User export" if people.owners is None else "" if people.teams else "export of teams (UserRole)"
    also = f", or the {lacks} to the folder" if lacks else ""
    _refuse_namesakes(strangers, people, ledger)
    strangers = strangers[~_is_shared(strangers, people)]
    for name, part in strangers.groupby("_name"):
        total = int((rows["_name"] == name).sum())
        words = part["owner_name"].fillna(part["owner_id"]).fillna(BLANK)
        shown = examples(sorted({str(word) for word in words}))
        ledger.problems.append(
            f"{name}: every row must be for an owner, a team, a region, a segment or the company; found "
            f"{len(part):,} of "
            f"{total:,} that are for none we know ({shown}). Add the name to owner_aliases, regions, segments or "
            f"quotas.company_names in company.yml, or an owner_id to the sheet{also}."
        )


def _is_shared(rows: pd.DataFrame, people: People) -> pd.Series:
    return rows["owner_name"].fillna("").map(lambda name: folded(name) in people.shared).astype(bool)


def _refuse_namesakes(strangers: pd.DataFrame, people: People, ledger: Ledger) -> None:
    shared = strangers[_is_shared(strangers, people)]
    for name, part in shared.groupby("_name"):
        ledger.problems.append(
            f"{name}: a name must be one owner's; found {len(part):,} of {len(strangers):,} rows whose name several "
            f"have ({examples(sorted(set(part['owner_name'])))}). Add their owner_id to the sheet."
        )
