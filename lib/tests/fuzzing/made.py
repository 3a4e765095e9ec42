"""Small files made by hand, of the systems and layouts that the example exports have none of."""

import csv
import io
from dataclasses import dataclass, field

import test_exports_influence as influence
import test_exports_lead_history as history
import test_exports_leads as leads
import test_exports_marketo as marketo
import test_exports_roles as roles
from books import ACCOUNTS
from gate import IDS, rows
from people import CAMPAIGNS, CONTACTS, LEADS, long, table
from test_exports_ads import META, META_FR
from test_exports_books import XERO
from test_exports_campaigns import REPORT as CAMPAIGN
from test_exports_forecast_items import HEAD, PERIODS, TWO, USERS
from test_exports_forecast_items import ROLES as JOBS
from test_exports_invoices import CREDIT, INVOICE, sheet
from test_exports_payments import UNIFIED
from test_exports_web import FILE

__all__ = ["MADE", "Made"]

DEALS = rows({}, {"Amount": "2500.50"}, {"Amount": "800", "Stage": "Closed Won"})
MEMBER = (
    "CampaignId,LeadId,ContactId,Status,HasResponded,CreatedDate,FirstRespondedDate\n"
    f"{CAMPAIGNS[0]},{LEADS[0]},,Responded,1,2025-03-04 02:30:00,2025-03-04 00:00:00\n"
    f"{CAMPAIGNS[0]},{LEADS[1]},,Sent,0,2025-03-14 02:30:00,\n"
    f"{CAMPAIGNS[1]},,{CONTACTS[0]},Attended,1,2025-04-04 12:30:00,2025-04-19 00:00:00\n"
)
MAPPED = {"columns": {"leads": {"mql_at": ["MQL_Date__c"]}}}


@dataclass(frozen=True)
class Made:
    """Files by name, the first of them the one to damage; `changes` are of the company's settings."""

    files: dict[str, str]
    changes: dict[str, object] = field(default_factory=dict)
    ordered: bool = False
    spread: bool = False


def _beside(name: str, text: str, **changes: object) -> Made:
    return Made({name: text, "deals.csv": DEALS}, changes)


def _leads() -> dict[str, Made]:
    api = table(
        {"MQL_Date__c": "2025-03-10 15:00:00"},
        {"Id": long(LEADS[1]), "CreatedDate": "2025-04-01 12:00:00", "Status": "Working", "MQL_Date__c": ""},
        {"Id": long(LEADS[2]), "IsConverted": "1", "ConvertedDate": "2025-05-14 00:00:00", "Status": "Qualified",
         "ConvertedContactId": long(CONTACTS[0]), "ConvertedOpportunityId": long(IDS[0]), "NumberOfEmployees": "1200",
         "MQL_Date__c": "2025-03-22 09:30:00"},
        base={**leads.API, "NumberOfEmployees": "80", "ConvertedContactId": "", "ConvertedOpportunityId": ""},
    )  # fmt: skip
    report = table({}, {"Lead ID": LEADS[1], "Create Date": "4/22/2025"},
                   {"Lead ID": LEADS[2], "Lead Status": "Working"}, base=leads.REPORT)  # fmt: skip
    converted = table(
        {}, {"Lead ID": LEADS[1], "Create Date": "4/22/2025", "Converted Date": "5/20/2025",
             "Converted Contact ID": CONTACTS[1], "Converted Opportunity ID": IDS[1]},
        {"Lead ID": LEADS[2], "Converted": "0", "Converted Date": "", "Converted Account ID": "",
         "Converted Contact ID": "", "Converted Opportunity ID": ""}, base=leads.CONVERTED,
    )  # fmt: skip
    status = table(
        {}, {"Id": "0178d00000HAbce", "CreatedDate": "2025-03-15 15:00:00", "OldValue": "Working", "NewValue": "MQL"},
        {"Id": "0178d00000HAbcf", "CreatedDate": "2025-03-03 14:05:00", "Field": "created", "OldValue": "",
         "NewValue": ""}, base=history.API,
    )  # fmt: skip
    edits = table({}, {"Edit Date": "3/28/2025", "Old Value": "Working", "New Value": "MQL"}, base=history.REPORT)
    return {
        "leads": _beside("Lead.csv", api, exports=MAPPED),
        "leads report": _beside("leads.csv", report),
        "converted leads report": _beside("leads.csv", converted),
        "lead history": Made({"LeadHistory.csv": status, "Lead.csv": table({}, base=history.LEAD), "deals.csv": DEALS}),
        "lead history report": Made({"history.csv": edits, "leads.csv": report, "deals.csv": DEALS}),
    }


def _campaigns() -> dict[str, Made]:
    campaigns = table({}, {"Campaign ID": CAMPAIGNS[1], "Campaign Name": "Expo", "Actual Cost": "12,345.50"},
                      {"Campaign ID": CAMPAIGNS[2], "Actual Cost Currency": "USD"}, base=CAMPAIGN)  # fmt: skip
    shares = table(
        {}, {"CampaignId": long(CAMPAIGNS[1])},
        {"OpportunityId": long(IDS[1]), "Influence": "100", "RevenueShare": "2500.5"}, base=influence.API,
    )  # fmt: skip
    report = table({}, {"Opportunity ID": IDS[1], "Influence (%)": "33.34%", "Revenue Share": "833.67"},
                   base=influence.REPORT)  # fmt: skip
    people = table({}, {"Id": long(CONTACTS[1]), "CreatedDate": "2025-04-04 23:05:00", "LeadSource": "Outbound"},
                   base=roles.CONTACT)  # fmt: skip
    parts = table({}, {"ContactId": long(CONTACTS[1]), "Role": "", "IsPrimary": "0"},
                  {"OpportunityId": long(IDS[1]), "IsPrimary": "0"}, base=roles.API)  # fmt: skip
    both = rows(roles.of_report(0, 0, "Buyer", "1", Amount="1000"), roles.of_report(0, 1, Amount="1000"),
                roles.of_report(1, 1, Amount="2500.50"))  # fmt: skip
    return {
        "campaigns report": _beside("campaigns.csv", campaigns),
        "members": Made({"members.csv": MEMBER, "campaigns.csv": campaigns, "deals.csv": DEALS}),
        "influence": _beside("influence.csv", shares),
        "influence report": _beside("influence.csv", report),
        "contacts": Made({"Contact.csv": people, "roles.csv": parts, "deals.csv": DEALS}),
        "contact roles": Made({"roles.csv": parts, "Contact.csv": people, "deals.csv": DEALS}),
        "deals with contact roles": Made({"roles.csv": both}),
    }


def _calls() -> dict[str, Made]:
    beside = {"User.csv": USERS, "UserRole.csv": JOBS, "deals.csv": DEALS}
    return {
        "forecasting items": Made({"ForecastingItem.csv": HEAD + TWO, "Period.csv": PERIODS, **beside}),
        "forecast periods": Made({"Period.csv": PERIODS, "ForecastingItem.csv": HEAD + TWO, **beside}),
    }


def _marketing() -> dict[str, Made]:
    beside = {"people.csv": marketo.API, "deals.csv": DEALS}
    return {
        "marketo people": Made({"people.csv": marketo.API, "leads.csv": marketo.LEADS, "deals.csv": DEALS}),
        "marketo smart list": _beside("people.csv", marketo.SMART_LIST),
        "marketo changes": Made({"changes.csv": marketo.CHANGES, **beside}, {"exports": marketo.MEANING}),
        "marketo extract": Made({"changes.csv": marketo.bulk(marketo.CHANGES), **beside}, {"exports": marketo.MEANING}),
        "marketo forms": Made({"forms.csv": marketo.FORMS, **beside}),
        "marketo programs": Made({"programs.csv": marketo.PROGRAM, **beside}),
        "ga4": _beside("web.csv", FILE),
        "meta ads": _beside("meta.csv", META),
        "meta ads in French": _beside("meta.csv", META_FR),
    }


def _money() -> dict[str, Made]:
    bills = sheet({}, {"Total": "1,190.00", "Tax": "190.00", "Date (UTC)": "2025-04-15 08:00"},
                  {"Status": "void", "Currency": "eur", "Total": "11.50", "Tax": ""}, base=INVOICE)  # fmt: skip
    back = sheet({"Total": "50.25"}, base=CREDIT)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(line.split("|") for line in XERO.splitlines())
    books = Made({"pl.csv": out.getvalue(), "deals.csv": DEALS}, {"ledger_accounts": ACCOUNTS}, True, True)
    return {
        "payments": _beside("paid.csv", UNIFIED),
        "invoices": Made({"invoices.csv": bills, "credits.csv": back, "deals.csv": DEALS}),
        "credit notes": Made({"credits.csv": back, "invoices.csv": bills, "deals.csv": DEALS}),
        "xero": books,
    }


MADE = {**_leads(), **_campaigns(), **_calls(), **_marketing(), **_money()}
