"""Lead and LeadHistory as Salesforce exports them on a day."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, local_day, stream
from revops.simulate.ids import EMPTY, record_ids
from revops.simulate.market.changes import OPEN, lead_changes
from revops.simulate.market.crm import Market
from revops.simulate.market.persons import persons
from revops.simulate.market.reasons import reasons
from revops.simulate.model import World
from revops.simulate.people import QUEUE
from revops.simulate.records import Ids, day_text, person_ids, stamp_text

__all__ = ["HISTORY_LAYOUT", "LEAD_LAYOUT", "history_rows", "lead_ids", "lead_rows", "lead_status"]

LEAD_LAYOUT = """Id IsDeleted MasterRecordId FirstName LastName Title Company Country Email LeadSource Status Industry
    NumberOfEmployees OwnerId IsConverted ConvertedDate ConvertedAccountId ConvertedContactId ConvertedOpportunityId
    CreatedDate LastModifiedDate SystemModstamp LastActivityDate MQL_Date__c SQL_Date__c UTM_Source__c UTM_Medium__c
    UTM_Campaign__c Region__c Disqualified_Reason__c"""
HISTORY_LAYOUT = "Id IsDeleted LeadId CreatedById CreatedDate Field DataType OldValue NewValue"
QUEUE_NAME = "Inbound Queue"


def lead_ids(world: World, market: Market) -> Array:
    """Return the id of every lead, the same in an export of any day."""
    return record_ids("00Q", len(market.leads), world.seed).to_numpy()


def lead_rows(world: World, market: Market, ids: Ids, until: int) -> pd.DataFrame:
    """Return Lead.csv: each lead as it stood; three rows twice where the company is untidy."""
    leads, keys = market.leads[market.leads["created"] < until], lead_ids(world, market)
    changes = lead_changes(world, market)
    changes = changes[changes["stamp"] < until]
    status = lead_status(market, changes, until)
    owner = changes[changes["field"] == "Owner"].groupby("lead")["new"].last().reindex(leads.index).fillna(QUEUE)
    gone = leads["gone"].where(leads["gone"] < until)
    converted = leads["converted"] < until
    modified = pd.concat([leads["created"], changes.groupby("lead")["stamp"].last().reindex(leads.index), gone], axis=1)
    stamps = stamp_text(modified.max(axis=1).to_numpy())
    rows = pd.DataFrame({
        "Id": keys[leads.index], "IsDeleted": gone.notna().astype(int),
        "MasterRecordId": np.where(gone.notna() & (leads["master"] >= 0), keys[leads["master"]], EMPTY),
        **persons(world, leads), "Company": leads["company"], "Country": leads["country"], "LeadSource": leads["label"],
        "Title": leads["title"], "Status": status, "Industry": leads["industry"],
        "NumberOfEmployees": ["" if n < 0 else str(n) for n in leads["employees"]],
        "OwnerId": person_ids(ids, owner.astype(np.int64).to_numpy()), "IsConverted": converted.astype(int),
        "CreatedDate": stamp_text(leads["created"].to_numpy()), "LastModifiedDate": stamps, "SystemModstamp": stamps,
        "UTM_Source__c": leads["utm_source"], "UTM_Medium__c": leads["utm_medium"],
        "UTM_Campaign__c": leads["utm_campaign"],
        "Region__c": np.array([r.name for r in world.plan.regions], dtype=object)[leads["region"]],
        "Disqualified_Reason__c": reasons(world, market, status),
        **_conversion(world, market, leads, converted.to_numpy(), ids), **_dates(market, leads, until),
    })  # fmt: skip
    if not world.plan.litter:
        return rows
    twice = np.sort(stream(world.seed, "leads twice").choice(1_000, 3, replace=False))
    return pd.concat([rows, rows.iloc[twice[twice < len(rows)]]])


def lead_status(market: Market, changes: pd.DataFrame, until: int) -> pd.Series:
    """Return the status of every lead made before a moment, as it stood then."""
    leads = market.leads.index[market.leads["created"] < until]
    moved = changes[(changes["field"] == "Status") & (changes["stamp"] < until)]
    return moved.groupby("lead")["new"].last().reindex(leads).fillna(OPEN)


def _conversion(world: World, market: Market, leads: pd.DataFrame, made: Array, ids: Ids) -> dict[str, Array]:
    """Return what a lead became: contact and account, and of the first person of an account the opportunity."""
    contact = np.maximum(leads["contact"].to_numpy(), 0)
    contacts = record_ids("003", len(market.contacts), world.seed).to_numpy()
    deal, account = (market.contacts[name].to_numpy()[contact] for name in ("deal", "account"))
    zone, first = world.plan.time_zone, made & (leads["person"] == 0).to_numpy()
    days = local_day(np.nan_to_num(leads["converted"].to_numpy()).astype(np.int64), zone).astype(float)
    return {
        "ConvertedDate": day_text(np.where(made, days, np.nan)),
        "ConvertedAccountId": np.where(made, ids.account[account], EMPTY),
        "ConvertedContactId": np.where(made, contacts[contact], EMPTY),
        "ConvertedOpportunityId": np.where(first, ids.deal[deal], EMPTY),
    }


def _dates(market: Market, leads: pd.DataFrame, until: int) -> dict[str, Array]:
    """Return the custom fields: when it was called MQL and SQL."""
    cases = market.funnel.cases.loc[np.maximum(leads["case"], 0)]
    mine = ((leads["case"] >= 0) & (leads["person"] == 0)).to_numpy()
    found = {}
    for header, name in (("MQL_Date__c", "mql"), ("SQL_Date__c", "sql")):
        stamp = cases[name].to_numpy()
        found[header] = stamp_text(np.where(mine & (stamp < until), stamp, np.nan))
    return found


def history_rows(world: World, market: Market, ids: Ids, until: int) -> pd.DataFrame:
    """Return LeadHistory.csv: one row per change of status, two per change of owner (names and ids), conversions."""
    changes = lead_changes(world, market)
    place = record_ids("017", 2 * len(changes) + 2 * len(world.owners), world.seed).to_numpy()[2 * len(world.owners) :]
    shown = changes[changes["stamp"] < until]
    gone = (market.leads["gone"].to_numpy()[shown["lead"]] < until).astype(int)
    base = pd.DataFrame({
        "Id": place[2 * shown.index], "IsDeleted": gone, "LeadId": lead_ids(world, market)[shown["lead"]],
        "CreatedById": ids.admin, "CreatedDate": stamp_text(shown["stamp"].to_numpy()), "Field": shown["field"],
        "DataType": "Text", "OldValue": shown["old"], "NewValue": shown["new"],
    })  # fmt: skip
    moved = shown["field"] == "Owner"
    names = {QUEUE: QUEUE_NAME, **world.people["name"].to_dict()}
    old, new = (shown.loc[moved, name].astype(np.int64) for name in ("old", "new"))
    named = base[moved].assign(OldValue=old.map(names), NewValue=new.map(names))
    by_id = base[moved].assign(
        Id=place[2 * shown.index[moved] + 1], DataType="EntityId",
        OldValue=person_ids(ids, old.to_numpy()), NewValue=person_ids(ids, new.to_numpy()),
    )  # fmt: skip
    return pd.concat([base[~moved], named, by_id]).sort_values("Id", kind="stable")
