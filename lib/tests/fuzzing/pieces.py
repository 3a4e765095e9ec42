"""Small pieces of the sample company: every so many opportunities or leads, and what belongs to those."""

import csv
import io
from functools import cache

from gate import HERE

__all__ = ["OF_DEALS", "OF_MARKET", "of_deals", "of_market"]

SAMPLE = HERE.parents[2] / "data" / "sample"
CRM = SAMPLE / "salesforce"
STEP, FEWER = 25, 60
OF_DEALS = ("Account.csv", "Opportunity.csv", "OpportunityFieldHistory.csv", "OpportunityHistory.csv", "User.csv",
            "quota_long.csv")  # fmt: skip
OF_MARKET = ("Lead.csv", "LeadHistory.csv", "Campaign.csv", "CampaignMember.csv", "Contact.csv",
             "OpportunityContactRole.csv")  # fmt: skip


@cache
def of_deals() -> dict[str, bytes]:
    """Return the sample company with every twenty-fifth opportunity, and what belongs to those."""
    files, ids, accounts = _deals(STEP)
    for name, by, wanted in (
        ("Account.csv", "Id", accounts),
        ("OpportunityHistory.csv", "OpportunityId", ids),
        ("OpportunityFieldHistory.csv", "OpportunityId", ids),
    ):
        files[name] = _kept(name, by, wanted)
    quotas = _rows("../targets/quota_long.csv")
    files["quota_long.csv"] = _csv([quotas[0], *quotas[-60:]])
    return files | {name: (CRM / name).read_bytes() for name in ("User.csv", "UserRole.csv")}


@cache
def of_market() -> dict[str, bytes]:
    """Return every sixtieth lead and opportunity of the sample company, their contacts, campaigns and members."""
    files, ids, _ = _deals(FEWER)
    roles = _kept("OpportunityContactRole.csv", "OpportunityId", ids)
    files["OpportunityContactRole.csv"] = roles
    contacts = set(_column(roles, "ContactId"))
    leads = _rows("Lead.csv")
    files["Lead.csv"] = _csv([leads[0], *leads[1::FEWER]])
    known = set(_column(files["Lead.csv"], "Id"))
    files["LeadHistory.csv"] = _kept("LeadHistory.csv", "LeadId", known)
    files["Contact.csv"] = _kept("Contact.csv", "Id", contacts)
    members = _rows("CampaignMember.csv")
    lead, contact, campaign = (members[0].index(name) for name in ("LeadId", "ContactId", "CampaignId"))
    members = [members[0], *(row for row in members[1:] if row[lead] in known or row[contact] in contacts)]
    files["CampaignMember.csv"] = _csv(members)
    files["Campaign.csv"] = _kept("Campaign.csv", "Id", {row[campaign] for row in members})
    return files


def _deals(step: int) -> tuple[dict[str, bytes], set[str], set[str]]:
    deals = _rows("Opportunity.csv", "cp1252")
    kept = [deals[0], *deals[1::step]]
    ids, accounts = ({row[deals[0].index(name)] for row in kept[1:]} for name in ("Id", "AccountId"))
    return {"Opportunity.csv": _csv(kept, "cp1252")}, ids, accounts


def _kept(name: str, by: str, wanted: set[str]) -> bytes:
    rows = _rows(name)
    place = rows[0].index(by)
    return _csv([rows[0], *(row for row in rows[1:] if row[place] in wanted)])


def _column(data: bytes, name: str) -> list[str]:
    return [row[name] for row in csv.DictReader(io.StringIO(data.decode(), newline=""))]


def _rows(name: str, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO((CRM / name).read_bytes().decode(encoding), newline="")))


def _csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode(encoding)
