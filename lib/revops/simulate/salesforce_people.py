"""Account and User as Salesforce exports them: companies, and the people who may own a record."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.ids import EMPTY, record_ids
from revops.simulate.model import World
from revops.simulate.records import Ids, person_ids, stamp_text

__all__ = ["account_rows", "known_people", "role_rows", "user_rows"]

_ZONES = {"AMER": "America/New_York", "EMEA": "Europe/Berlin", "APAC": "Asia/Singapore", None: "America/New_York"}
_DAY, _MORNING, _EVENING = 86_400, 50_400, 79_200
_DOMAIN = "halyard.example"


def account_rows(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return Account.csv."""
    accounts = world.accounts[world.accounts["created"] < until]
    created, owner = stamp_text(accounts["created"].to_numpy()), person_ids(ids, accounts["owner"].to_numpy())
    segments = np.array([*(s.name for s in world.plan.segments), ""], dtype=object)
    return pd.DataFrame({
        "Id": ids.account[accounts.index], "IsDeleted": 0, "MasterRecordId": EMPTY, "Name": accounts["name"].to_numpy(),
        "ParentId": EMPTY, "BillingCountry": accounts["country"].to_numpy(),
        "Industry": accounts["industry"].to_numpy(), "OwnerId": owner,
        "NumberOfEmployees": ["" if n < 0 else str(n) for n in accounts["employees"]],
        "CreatedDate": created, "CreatedById": owner, "LastModifiedDate": created, "LastModifiedById": owner,
        "SystemModstamp": created, "Segment__c": segments[accounts["segment"]],
        "Region__c": np.array([r.name for r in world.plan.regions], dtype=object)[accounts["region"]],
    })  # fmt: skip


def known_people(world: World, until: int) -> Array:
    """Return the people on record: hired by then, and not gone before the first reported day without a trace."""
    people, first = world.people, world.calendar.starts[world.plan.burn_in]
    used = np.unique(np.concatenate([world.deals["owner"], world.owners["old"], world.owners["new"]]))
    seen = (people["left"] > first) | people.index.isin(used)
    return np.flatnonzero((people["hired"] * _DAY + _MORNING < until).to_numpy() & seen.to_numpy())


def user_rows(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return User.csv: sellers, managers, those who left (inactive), and the user that integrations run as."""
    shown = known_people(world, until)
    people = world.people.loc[shown]
    parts = people["name"].str.split(" ", n=1)
    created = stamp_text(people["hired"].to_numpy() * _DAY + _MORNING)
    gone_at = people["left"].to_numpy() * _DAY + _EVENING
    active = gone_at >= until
    changed = np.where(active, created, stamp_text(np.where(active, np.nan, gone_at)))
    numbers = [f"{first[0]}{last[:4]}".lower() for first, last in parts]
    email = [f"person{number}@{_DOMAIN}" for number in shown]
    users = pd.DataFrame({
        "Id": ids.person[shown], "Username": email, "LastName": parts.str[1], "FirstName": parts.str[0],
        "Name": people["name"], "CompanyName": world.plan.company, "Department": "Sales",
        "Title": people["title"], "Email": email, "Alias": numbers, "IsActive": active.astype(int),
        "TimeZoneSidKey": people["region"].map(lambda region: _ZONES.get(region, _ZONES[None])),
        "UserRoleId": people["team"].map(_roles(world)), "ProfileId": EMPTY, "UserType": "Standard",
        "ManagerId": [ids.person[m] if m >= 0 else EMPTY for m in people["manager"]],
        "CreatedDate": created, "LastModifiedDate": changed, "SystemModstamp": changed,
        "Region__c": people["region"].fillna(""),
    })  # fmt: skip
    robot = users.iloc[[0]].assign(
        Id=ids.admin, Username=f"integration@{_DOMAIN}", LastName="Integration", FirstName="", Name="Integration",
        Department="", Title="", Email=f"integration@{_DOMAIN}", Alias="integ", UserRoleId=EMPTY,
        ManagerId=EMPTY, IsActive=1,
    )  # fmt: skip
    return pd.concat([users, robot])


def role_rows(world: World, ids: Ids) -> pd.DataFrame:
    """Return UserRole.csv: the teams, below the leadership."""
    roles, written = _roles(world), stamp_text(np.array([world.people["hired"].min() * _DAY + _MORNING]))[0]
    top = next(iter(roles.values()))
    return pd.DataFrame({
        "Id": list(roles.values()), "Name": list(roles), "ParentRoleId": [EMPTY, *[top] * (len(roles) - 1)],
        "RollupDescription": list(roles), "DeveloperName": [name.replace(" ", "_") for name in roles],
        "LastModifiedDate": written, "LastModifiedById": ids.admin, "SystemModstamp": written,
    })  # fmt: skip


def _roles(world: World) -> dict[str, str]:
    """Return the role id of each team, the leadership first."""
    teams = list(dict.fromkeys(world.people["team"]))
    return dict(zip(teams, record_ids("00E", len(teams), world.seed), strict=True))
