"""Campaign, CampaignMember, Contact and OpportunityContactRole as Salesforce exports them on a day."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, local_day, stream
from revops.simulate.ids import EMPTY, record_ids
from revops.simulate.market.channels import CHANNELS
from revops.simulate.market.crm import Market
from revops.simulate.market.persons import persons
from revops.simulate.market.salesforce_leads import lead_ids
from revops.simulate.model import World
from revops.simulate.records import Ids, day_text, money_text, person_ids, stamp_text

__all__ = [
    "CAMPAIGN_LAYOUT", "CONTACT_LAYOUT", "MEMBER_LAYOUT", "ROLE_LAYOUT", "campaign_rows", "contact_rows", "member_rows",
    "role_rows",
]  # fmt: skip

CAMPAIGN_LAYOUT = """Id IsDeleted Name ParentId Type Status StartDate EndDate CurrencyIsoCode ExpectedRevenue
    BudgetedCost ActualCost ExpectedResponse NumberSent IsActive OwnerId CreatedDate LastModifiedDate SystemModstamp"""
MEMBER_LAYOUT = """Id IsDeleted CampaignId LeadId ContactId Status HasResponded IsPrimary CreatedDate LastModifiedDate
    SystemModstamp FirstRespondedDate CurrencyIsoCode"""
CONTACT_LAYOUT = """Id IsDeleted MasterRecordId AccountId FirstName LastName Title Email LeadSource OwnerId CreatedDate
    CreatedById LastModifiedDate SystemModstamp"""
ROLE_LAYOUT = """Id IsDeleted OpportunityId ContactId Role IsPrimary CreatedDate CreatedById LastModifiedDate
    SystemModstamp"""
_DAY = 86_400
_ANSWERED = {"webinar": "Attended", "trade_show": "Visited booth", "email_nurture": "Clicked"}


def campaign_rows(world: World, market: Market, until: int) -> pd.DataFrame:
    """Return Campaign.csv: those planned by then, with what they have cost so far; ads are paid for elsewhere."""
    frame = market.funnel.campaigns
    start, end = frame["start"].to_numpy() * _DAY, frame["end"].to_numpy() * _DAY
    planned = start - 30 * _DAY
    over, begun, ads = end < until, start < until, (frame["system"] != "").to_numpy()
    types = np.array([channel.campaign_type for channel in CHANNELS], dtype=object)[frame["channel"]]
    if world.plan.litter:
        types = np.where(
            np.isin(np.arange(len(frame)), stream(world.seed, "types").choice(len(frame), 9)), "Other", types
        )
    cost = np.where(over, frame["cost"], np.where(begun, frame["cost"] // 2, 0))
    changed = stamp_text(np.where(over, end, np.where(begun, start, planned)))
    rows = pd.DataFrame({
        "Id": _campaign_ids(world, market), "IsDeleted": 0, "Name": frame["name"], "ParentId": EMPTY, "Type": types,
        "Status": np.where(over, "Completed", np.where(begun, "In Progress", "Planned")),
        "StartDate": day_text(frame["start"]), "EndDate": day_text(frame["end"] - 1),
        "CurrencyIsoCode": world.plan.currency,
        "BudgetedCost": np.where(ads, "", money_text((frame["cost"] * 11 // 10).to_numpy())),
        "ActualCost": np.where(ads, "", money_text(cost)), "NumberSent": 0, "IsActive": (begun & ~over).astype(int),
        "OwnerId": record_ids("005", 1, world.seed)[0], "CreatedDate": stamp_text(planned),
        "LastModifiedDate": changed, "SystemModstamp": changed,
    })  # fmt: skip
    return rows[planned < until]


def _campaign_ids(world: World, market: Market) -> Array:
    return record_ids("701", len(market.funnel.campaigns), world.seed).to_numpy()


def _contact_ids(world: World, market: Market) -> Array:
    return record_ids("003", len(market.contacts), world.seed).to_numpy()


def member_rows(world: World, market: Market, until: int) -> pd.DataFrame:
    """Return CampaignMember.csv: a person is in a campaign once; the contact is named once the lead has become one."""
    members = market.members[market.members["recorded"] < until]
    lead, at = members["lead"].to_numpy(), members["at"].to_numpy()
    of_lead = np.where(lead >= 0, market.leads["contact"].to_numpy()[lead], -1)
    became = np.where(lead >= 0, market.leads["converted"].to_numpy()[lead], np.nan) < until
    contact = np.where(became, of_lead, members["contact"])
    names = [_ANSWERED.get(channel.name, "Responded") for channel in CHANNELS]
    answered = ~np.isnan(at)
    days = local_day(np.nan_to_num(at).astype(np.int64), world.plan.time_zone).astype(float)
    created = stamp_text(members["recorded"].to_numpy())
    changed = np.where(
        became, stamp_text(np.maximum(market.leads["converted"].to_numpy()[lead], members["recorded"])), created
    )
    rows = pd.DataFrame({
        "Id": record_ids("00v", len(market.members), world.seed).to_numpy()[members.index], "IsDeleted": 0,
        "CampaignId": _campaign_ids(world, market)[members["campaign"]],
        "LeadId": np.where(lead >= 0, lead_ids(world, market)[lead], EMPTY),
        "ContactId": np.where(contact >= 0, _contact_ids(world, market)[contact], EMPTY),
        "Status": np.where(answered, np.array(names, dtype=object)[members["channel"]], "Sent"),
        "HasResponded": answered.astype(int), "IsPrimary": 0, "CreatedDate": created, "LastModifiedDate": changed,
        "SystemModstamp": changed, "FirstRespondedDate": day_text(np.where(answered, days, np.nan)),
        "CurrencyIsoCode": world.plan.currency,
    })  # fmt: skip
    if not world.plan.litter:
        return rows
    twice = np.sort(stream(world.seed, "members twice").choice(2_000, 5, replace=False))
    return pd.concat([rows, rows.iloc[twice[twice < len(rows)]]])


def contact_rows(world: World, market: Market, ids: Ids, until: int) -> pd.DataFrame:
    """Return Contact.csv."""
    contacts = market.contacts[market.contacts["created"] < until]
    lead = contacts["lead"].to_numpy()
    known = contacts.assign(person_number=np.where(lead >= 0, lead, 12_000 + contacts.index))
    created, owner = stamp_text(contacts["created"].to_numpy()), person_ids(ids, contacts["owner"].to_numpy())
    labels = np.array([source.label for source in world.plan.sources], dtype=object)
    source = labels[world.deals["source"].to_numpy()[contacts["deal"]]]
    return pd.DataFrame({
        "Id": _contact_ids(world, market)[contacts.index], "IsDeleted": 0, "MasterRecordId": EMPTY,
        "AccountId": ids.account[contacts["account"]], **persons(world, known),
        "Title": np.where(lead >= 0, market.leads["title"].to_numpy()[lead], ""),
        "LeadSource": np.where(lead >= 0, market.leads["label"].to_numpy()[lead], source), "OwnerId": owner,
        "CreatedDate": created, "CreatedById": owner, "LastModifiedDate": created, "SystemModstamp": created,
    })  # fmt: skip


def role_rows(world: World, market: Market, ids: Ids, until: int) -> pd.DataFrame:
    """Return OpportunityContactRole.csv."""
    roles = market.roles[market.roles["created"] < until]
    created = stamp_text(roles["created"].to_numpy())
    owner = person_ids(ids, world.deals["owner"].to_numpy()[roles["deal"]])
    return pd.DataFrame({
        "Id": record_ids("00K", len(market.roles), world.seed).to_numpy()[roles.index], "IsDeleted": 0,
        "OpportunityId": ids.deal[roles["deal"]], "ContactId": _contact_ids(world, market)[roles["contact"]],
        "Role": roles["role"], "IsPrimary": roles["primary"].astype(int), "CreatedDate": created,
        "CreatedById": owner, "LastModifiedDate": created, "SystemModstamp": created,
    })  # fmt: skip
