"""From files to credit: a company with nothing but Salesforce, one with nothing but HubSpot."""

import pytest
from gate import COMPANY as NORTHWIND
from gate import IDS, rows
from people import CAMPAIGNS, CONTACTS, LEADS, long, table
from test_exports_hubspot import COMPANY as HUBSPOT
from test_exports_hubspot import numbered

from frames import as_of
from revops.analysis.credit import MODELS
from revops.book import Book
from revops.exports import prepare
from revops.measures.attribution_comparison import Knobs, lacking, refusal
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.needs import OF_SPEND
from revops.measures.attribution_comparison.window import window_of

MEMBER = {"CampaignId": "", "LeadId": "", "ContactId": "", "Status": "Responded", "HasResponded": "1",
          "CreatedDate": "2025-01-02 15:00:00", "FirstRespondedDate": ""}  # fmt: skip
LEAD = {"Id": long(LEADS[0]), "IsDeleted": "0", "Company": "Acme", "LeadSource": "Web", "Status": "Qualified",
        "OwnerId": long("0058d00000Aq1Ac"), "IsConverted": "1", "ConvertedDate": "2025-03-03 00:00:00",
        "ConvertedContactId": long(CONTACTS[1]), "ConvertedOpportunityId": long(IDS[0]),
        "ConvertedAccountId": long("0018d00000Ac0Az"), "CreatedDate": "2025-01-10 17:00:00",
        "SystemModstamp": "2025-03-04 14:05:00"}  # fmt: skip
CAMPAIGN = {"Id": "", "IsDeleted": "0", "Name": "", "Type": "Other", "Status": "Completed", "ActualCost": "",
            "StartDate": "2024-12-01 00:00:00"}  # fmt: skip
ROLE = {"Id": long("00K8d00000RAbcd"), "IsDeleted": "0", "OpportunityId": "", "ContactId": "", "Role": "Buyer",
        "IsPrimary": "1", "CreatedDate": "2025-03-03 14:05:00"}  # fmt: skip
CONTACT = {"Record ID": "", "Lifecycle Stage": "Lead", "Create Date": "2025-01-05 09:00",
           "Became a Lead Date": "2025-01-05 09:00", "First Conversion Date": "", "Recent Conversion Date": "",
           "First Page Seen": ""}  # fmt: skip
DAY = "2025-06-30"


def book_of(folder, files, company):
    """Return the book of files written into a folder."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = prepare(folder, company)
    return Book(company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)


def answered(campaign, day, contact=None, lead=None):
    """Return a member of a campaign who answered on a day."""
    whom = {"LeadId": long(LEADS[lead])} if contact is None else {"ContactId": long(CONTACTS[contact])}
    return {"CampaignId": long(CAMPAIGNS[campaign]), "FirstRespondedDate": f"{day} 00:00:00", **whom}


@pytest.fixture(scope="module")
def salesforce(tmp_path_factory):
    """Deal 0, won 1,000: the lead that became it answered the webinar on 10 January, the contact in the role searched
    on 1 February and answered the webinar on 1 April. Deal 1, lost: search. Deal 2, won 500: webinar, of a contact
    who was never a lead. Deal 3, won 70: nobody is known."""
    company = NORTHWIND.model_copy(update={"channels": {"webinar": ("Webinar*",), "search": ("Search*",)}})
    won = {"Stage": "Closed Won", "Close Date": "2025-05-15"}
    deals = rows(
        won, {"Stage": "Closed Lost", "Close Date": "2025-05-20"}, {**won, "Amount": "500"}, {**won, "Amount": "70"}
    )
    files = {
        "deals.csv": deals,
        "Campaign.csv": table({"Id": long(CAMPAIGNS[0]), "Name": "Webinar - Zero"}, {"Id": long(CAMPAIGNS[1]),
                              "Name": "Search - Brand"}, base=CAMPAIGN),
        "CampaignMember.csv": table(answered(0, "2025-01-10", lead=0), answered(1, "2025-02-01", 0),
                                    answered(0, "2025-04-01", 0), answered(1, "2025-02-02", 2),
                                    answered(0, "2025-04-01", 3), base=MEMBER),
        "Lead.csv": table({}, base=LEAD),
        "roles.csv": table(*({"OpportunityId": long(IDS[deal]), "ContactId": long(CONTACTS[contact])}
                             for deal, contact in ((0, 0), (1, 2), (2, 3))), base=ROLE),
    }  # fmt: skip
    return book_of(tmp_path_factory.mktemp("salesforce"), files, company)


def credit_of(book, cutoff="close", **knobs):
    return credited(window_of(as_of(book, DAY), Knobs(draws=100, **knobs)), cutoff)


SHARED_WON = {  # credited to search, of 1,500 to share
    "first_touch": 0, "last_touch": 0, "last_non_direct": 0,
    "linear": 1000 / 3,
    "position_based": 200,  # 40 webinar, 20 search, 40 webinar
    "u_shaped": 0, "u_shaped_even": 0,  # first touch and lead are one
    "w_shaped": 1000 / 3,  # 60 on the first touch, 30 on search; nothing between them
    "full_path": 250,  # 45, 22.5 and 22.5 on the last
    "j_shaped": 200, "inverse_j": 200,
    "shapley": 500,
}  # fmt: skip


def test_salesforce_alone_feeds_every_model(salesforce):
    assert refusal(salesforce) is None and set(lacking(salesforce)) == set(OF_SPEND)
    found = credit_of(salesforce, direct=("search",))
    assert found.unavailable == {} and found.models == MODELS
    for model, search in SHARED_WON.items():
        credit = found.of(model)["credited_amount"].to_dict()
        assert credit == pytest.approx({"search": search, "webinar": 1500 - search}), model
    assert found.milestones == dict.fromkeys(("u_shaped", "u_shaped_even", "w_shaped", "full_path"), 0.5)
    assert found.ends["n_journeys"].tolist() == [2, 1, 0]
    assert found.unattributed.to_numpy().tolist() == [["no account and no contact", 1, 0, 70.0]]


def test_salesforce_alone_feeds_markov_by_hand(salesforce):
    """Starts: webinar 2, search 1. From webinar 1 of 3 goes to search and 2 convert; from search 1 of 2 goes to the
    webinar and 1 is lost. p = 2/3; without search 2/3 x 2/3 = 4/9; without the webinar nothing."""
    found = credit_of(salesforce)
    effects = found.removal[found.removal["model"].eq("markov_1")].set_index("channel")["removal_effect"]
    assert effects.to_dict() == pytest.approx({"search": 1 / 3, "webinar": 1})
    deals = found.of("markov_1")["credited_deals"].to_dict()
    assert deals == pytest.approx({"search": 0.5, "webinar": 1.5})


def test_salesforce_alone_credits_the_pipeline_made(salesforce):
    """By 3 March the won deal of 1,000 has two touches, the lost one of 1,000 one, and nobody else any."""
    found = credit_of(salesforce, "creation")
    assert found.of("linear")["credited_amount"].to_dict() == {"search": 1500, "webinar": 500}
    assert found.unattributed["amount"].sum() == 570


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory):
    """Deal 1, won 1,000, of contacts 1 and 2: 1 first came by search and again, 2 once by social. Deal 2, won 500, of
    contact 2. Deal 3, lost, of contact 3. Deal 4, won 200, of nobody."""
    company = HUBSPOT.model_copy(update={"channels": {"search": ("google",), "social": ("linkedin",)}})
    won, lost = ({"Deal Stage": f"Closed {end}", f'Date entered "Closed {end} (Sales Pipeline)"': "2025-05-15 10:00",
                  "Close Date": "2025-05-15 10:00"} for end in ("Won", "Lost"))  # fmt: skip
    of = "Associated Contact IDs"
    deals = numbered({**won, of: "1;2"}, {**won, "Amount": "500", of: "2"}, {**lost, of: "3"},
                     {**won, "Amount": "200", of: ""})  # fmt: skip
    page = "https://ex.example/?utm_source="
    contacts = numbered(
        {"First Conversion Date": "2025-01-10 10:00", "Recent Conversion Date": "2025-02-10 10:00",
         "First Page Seen": f"{page}google"},
        {"First Conversion Date": "2025-01-15 10:00", "Recent Conversion Date": "2025-01-15 10:00",
         "First Page Seen": f"{page}linkedin"},
        {"First Conversion Date": "2025-01-20 10:00", "First Page Seen": f"{page}google"},
        base=CONTACT,
    )  # fmt: skip
    return book_of(tmp_path_factory.mktemp("hubspot"), {"deals.csv": deals, "contacts.csv": contacts}, company)


def test_hubspot_conversions_alone_feed_the_single_touch_models_and_the_others_are_refused_by_name(hubspot):
    assert refusal(hubspot) is None
    found = credit_of(hubspot, direct=("unknown",))
    assert found.models == ("first_touch", "last_touch", "last_non_direct")
    assert found.unavailable == dict.fromkeys(MODELS[3:], "every touch, not first and last conversions alone")
    assert {model: found.of(model)["credited_amount"].to_dict() for model in found.models} == {
        "first_touch": {"search": 1000, "social": 500, "unknown": 0},
        "last_touch": {"search": 0, "social": 500, "unknown": 1000},
        "last_non_direct": {"search": 0, "social": 1500, "unknown": 0},
    }
    assert set(found.draws.deals) == set(found.models) and found.removal.empty and found.milestones == {}
    assert found.of("first_touch")["high"].gt(0).any()
    assert found.unattributed["amount"].tolist() == [200]


def test_hubspot_deals_alone_are_refused_with_what_touches_may_be(hubspot):
    bare = Book(hubspot.company, {name: table for name, table in hubspot.tables.items() if name != "contacts"},
                hubspot.audit)  # fmt: skip
    assert refusal(bare) == (
        "needs touches: campaign members (Salesforce CampaignMember, Marketo), or contacts with the dates of their "
        "first and most recent conversion (HubSpot)"
    )
    found = credit_of(bare)
    assert found.unavailable == dict.fromkeys(MODELS, "deals won with touches")
    assert found.unattributed["amount"].sum() == 1700 and found.found.journeys.empty
