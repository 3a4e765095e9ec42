"""Journeys, leads and campaigns of the simulator: planted effects and rates come back, records fit together."""

import csv
import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from revops.simulate.halyard import sample_world
from revops.simulate.market.changes import lead_changes
from revops.simulate.market.channels import CHANNELS, INTERCEPT, ORIGINS, place_of
from revops.simulate.market.clock import office_hours_between, office_later
from revops.simulate.market.crm import market
from revops.simulate.market.funnel import HAND_OFF, MQL, OPPORTUNITY, SQL
from revops.simulate.market.journeys import chance, origin_rate
from revops.simulate.market.reasons import reasons
from revops.simulate.market.salesforce_leads import lead_status

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))
EFFECTS = np.array([INTERCEPT, *(channel.effect for channel in CHANNELS)])
RETARGETING = place_of("retargeting")
EMPTY = "000000000000000AAA"


@pytest.fixture(scope="module")
def world():
    return sample_world()


@pytest.fixture(scope="module")
def found(world):
    return market(world)


@pytest.fixture(scope="module")
def tables():
    """The Salesforce files as dicts of text, by object."""
    folder = ROOT / "data" / "sample" / "salesforce"
    names = ("Lead", "LeadHistory", "Campaign", "CampaignMember", "Contact", "OpportunityContactRole", "Account")
    return {name: list(csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8", newline=""))) for name in names}


def presence(channel):
    """Return a column of ones and one per channel: whether a journey has it."""
    return np.column_stack([np.ones(len(channel)), *((channel == place).any(axis=1) for place in range(len(CHANNELS)))])


def logit(design, outcome):
    """Return coefficients and standard errors by Newton's method."""
    beta = np.zeros(design.shape[1])
    for _ in range(25):
        mean = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (outcome - mean))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def test_a_plain_logit_recovers_every_effect(found):
    journeys = found.funnel.journeys
    beta, error = logit(presence(journeys.channel), (journeys.cases["deal"] >= 0).to_numpy())
    assert (abs(beta - EFFECTS) < 3.5 * error).all()
    assert beta[1 + place_of("webinar")] > 5 * error[1 + place_of("webinar")]
    assert abs(beta[1 + RETARGETING]) < 2 * error[1 + RETARGETING] < 0.25


def test_the_chance_on_record_is_that_of_the_channels(found):
    journeys = found.funnel.journeys
    by_hand = 1 / (1 + np.exp(-(presence(journeys.channel) @ EFFECTS)))
    assert journeys.cases["chance"].to_numpy() == pytest.approx(by_hand)
    assert ((journeys.cases["drawn"] < journeys.cases["chance"]) == (journeys.cases["deal"] >= 0)).all()


def test_the_channel_without_effect_looks_best_to_the_last_touch():
    channels = TRUTH["attribution"]["channels"]
    last = {name: row["opportunities_last_touch"] for name, row in channels.items()}
    lost = {name: row["opportunities_lost_without"] for name, row in channels.items()}
    assert max(last, key=last.get) == "retargeting" == TRUTH["attribution"]["late_channel_without_effect"]
    assert last["retargeting"] > 2.5 * sorted(last.values())[-2]
    assert max(lost, key=lost.get) == "webinar"
    assert (lost["retargeting"], channels["retargeting"]["drawn_opportunities_lost_without"]) == (0, 0)
    assert sum(last.values()) == TRUTH["attribution"]["opportunities"]


def test_what_a_channel_brings_is_what_is_lost_without_it(world, found):
    journeys, channels = found.funnel.journeys, TRUTH["attribution"]["channels"]
    seen = ((journeys.cases["end"] < world.until()) & (journeys.cases["deal"] >= 0)).to_numpy()
    channel, now = journeys.channel[seen], journeys.cases["chance"].to_numpy()[seen]
    for place, item in enumerate(CHANNELS):
        lost = 1 - chance(np.where(channel == place, -1, channel)) / now
        assert channels[item.name]["opportunities_lost_without"] == pytest.approx(lost.sum(), abs=0.006)
        drawn = channels[item.name]["drawn_opportunities_lost_without"]
        assert abs(drawn - lost.sum()) <= 4 * np.sqrt((lost * (1 - lost)).sum())


def test_webinars_come_early_and_retargeting_last(found):
    channel = found.funnel.journeys.channel
    later = channel[:, 1:6]
    place = np.arange(5)
    webinar, email = ((later == place_of(name)) for name in ("webinar", "email_nurture"))
    assert (webinar * place).sum() / webinar.sum() + 0.5 < (email * place).sum() / email.sum()
    assert not (channel[:, :6] == RETARGETING).any() and set(np.unique(channel[:, 6:])) == {-1, RETARGETING}
    touches = found.funnel.touches
    case = found.funnel.leads["case"].to_numpy()[touches["lead"]]
    late = touches[touches["channel"] == RETARGETING].groupby(case[touches["channel"] == RETARGETING])["at"].min()
    base = touches[touches["channel"] != RETARGETING].groupby(case[touches["channel"] != RETARGETING])["at"].max()
    assert (late > base.loc[late.index]).all()


def test_each_origin_converts_at_its_rate(world, found):
    cases = found.funnel.journeys.cases
    for place, origin in enumerate(ORIGINS):
        mine = cases[cases["origin"] == place]
        made = (mine["deal"] >= 0).sum()
        rate = origin_rate(origin, world.seed)
        assert len(mine) - made == round(made * (1 - rate) / rate)
        assert TRUTH["funnel"]["origins"][origin.label]["of_all"] == round(rate, 6)


def test_planted_rates_of_the_funnel_come_back(found):
    for place, origin in enumerate(ORIGINS):
        stage = found.funnel.cases[found.funnel.cases["origin"] == place]["stage"]
        for below, above, rate in ((0, MQL, origin.mql_rate), (MQL, SQL, origin.sql_rate)):
            entered = stage[stage >= below]
            bound = 4 * np.sqrt(rate * (1 - rate) / len(entered))
            assert abs((entered >= above).mean() - rate) < bound, (origin.label, above)
    made = found.funnel.cases["deal"] >= 0
    assert ((found.funnel.cases["stage"] == OPPORTUNITY) == made).all()


def test_the_steps_of_a_lead_follow_each_other(found):
    cases = found.funnel.cases
    for earlier, later in pairwise(("mql", "routed", "worked", "sql", "end")):
        both = cases[cases[earlier].notna() & cases[later].notna()]
        assert (both[earlier] < both[later]).all(), (earlier, later)
    born = found.funnel.leads[found.funnel.leads["person"] == 0].set_index("case")["created"]
    assert (cases["mql"].dropna() > born.loc[cases["mql"].dropna().index]).all()


def test_the_hand_off_became_slower_when_planted(found):
    cases = found.funnel.cases[found.funnel.cases["worked"].notna()]
    hours = office_hours_between(cases["routed"], cases["worked"], cases["utc_hours"])
    slow = cases["mql"] >= dt.datetime(2025, 8, 1, tzinfo=dt.UTC).timestamp()
    error = 1.25 * HAND_OFF["sd"]
    for part, median in ((hours[slow], HAND_OFF["median_hours_slow"]), (hours[~slow], HAND_OFF["median_hours"])):
        assert abs(np.log(part.median() / median)) < 4 * error / np.sqrt(len(part))
    told = TRUTH["funnel"]["hand_off"]["median_by_quarter"]
    assert min(told[q]["median_hours"] for q in ("FY26-Q3", "FY26-Q4", "FY27-Q1", "FY27-Q2")) > 12
    assert max(row["median_hours"] for q, row in told.items() if "FY23-Q3" <= q < "FY26-Q3") < 6.1


def test_the_office_clock_stands_still_at_night_and_at_weekends():
    """Friday 5 June 2026, 17:00 in New York winter hours: one office hour is left, the second falls on Monday."""
    friday = np.array([dt.datetime(2026, 6, 5, 22, 0, tzinfo=dt.UTC).timestamp()])
    utc = np.array([-5.0])
    at = office_later(friday, np.array([2.0]), utc)
    assert dt.datetime.fromtimestamp(int(at[0]), dt.UTC) == dt.datetime(2026, 6, 8, 14, 30, tzinfo=dt.UTC)
    assert office_hours_between(friday, at, utc) == pytest.approx([2.0])
    saturday, sunday = friday + 86_400, friday + 2 * 86_400
    assert office_hours_between(saturday, sunday, utc) == pytest.approx([0.0])


def test_converted_leads_lead_to_contacts_accounts_and_opportunities(tables):
    contacts = {row["Id"]: row for row in tables["Contact"]}
    accounts = {row["Id"]: row["Name"] for row in tables["Account"]}
    deals = {}
    with (ROOT / "data/sample/salesforce/Opportunity.csv").open(encoding="iso-8859-1", newline="") as lines:
        deals = {row["Id"]: row for row in csv.DictReader(lines)}
    made = [row for row in tables["Lead"] if row["IsConverted"] == "1"]
    assert {row["Id"]: row for row in made}.keys() and all(row["Status"] == "Converted" for row in made)
    for row in made:
        assert contacts[row["ConvertedContactId"]]["AccountId"] == row["ConvertedAccountId"]
        assert accounts[row["ConvertedAccountId"]] == row["Company"]
        if row["ConvertedOpportunityId"] != EMPTY:
            deal = deals[row["ConvertedOpportunityId"]]
            assert (deal["AccountId"], deal["CreatedDate"]) == (row["ConvertedAccountId"], row["LastModifiedDate"])
            assert (deal["LeadSource"], deal["Type"]) == (row["LeadSource"], "New Business")
            assert row["MQL_Date__c"] < row["SQL_Date__c"] < deal["CreatedDate"]


def test_every_look_up_finds_its_record(tables):
    known = {name: {row["Id"] for row in rows} for name, rows in tables.items()}
    for row in tables["CampaignMember"]:
        assert row["CampaignId"] in known["Campaign"]
        assert row["LeadId"] in known["Lead"] | {EMPTY} and row["ContactId"] in known["Contact"] | {EMPTY}
        assert (row["LeadId"], row["ContactId"]) != (EMPTY, EMPTY)
        assert (row["HasResponded"] == "1") == (row["FirstRespondedDate"] != "")
    assert {row["LeadId"] for row in tables["LeadHistory"]} <= known["Lead"]
    assert {row["ContactId"] for row in tables["OpportunityContactRole"]} <= known["Contact"]
    assert {row["AccountId"] for row in tables["Contact"]} <= known["Account"]
    assert {row["MasterRecordId"] for row in tables["Lead"]} <= known["Lead"] | {EMPTY}


def test_touches_stand_with_those_who_made_them(tables, found):
    """The first member of each lead is the touch that made it, and of a channel that its source names."""
    first = {}
    names = {row["Id"]: row for row in tables["Campaign"]}
    for row in tables["CampaignMember"]:
        first.setdefault(row["LeadId"], row)
    leads = {row["Id"]: row for row in tables["Lead"] if row["MasterRecordId"] == EMPTY and row["Company"] != "asdf"}
    checked = 0
    for identity, lead in leads.items():
        member = first.get(identity)
        if member and not lead["Company"].startswith("Test Account"):
            assert member["CreatedDate"] >= lead["CreatedDate"], identity
            if lead["UTM_Campaign__c"] and "%" not in lead["UTM_Campaign__c"]:
                tag = "".join(c if c.isalnum() else "-" for c in names[member["CampaignId"]]["Name"].lower())
                same_day = member["CreatedDate"][:16] == lead["CreatedDate"][:16]
                checked += same_day and tag.replace("---", "-").replace("--", "-") == lead["UTM_Campaign__c"]
    assert checked > 1_900


def test_history_leads_to_the_status_of_the_lead(tables):
    last = {}
    for row in tables["LeadHistory"]:
        if row["Field"] == "Status":
            assert row["OldValue"] == last.get(row["LeadId"], "Open")
            last[row["LeadId"]] = row["NewValue"]
    assert {row["Id"]: row["Status"] for row in tables["Lead"]} == {
        row["Id"]: last.get(row["Id"], "Open") for row in tables["Lead"]
    }


def test_the_truth_counts_the_lead_table(tables):
    rows = {row["Id"]: row for row in tables["Lead"]}.values()
    told = TRUTH["funnel"]["leads"]
    kept = [r for r in rows if r["IsDeleted"] == "0" and not r["Company"].startswith("Test Account")]
    members = {row["Id"]: row for row in tables["CampaignMember"]}.values()
    assert {name: told[name] for name in ("exported", "kept", "mql", "sql", "converted", "with_opportunity")} == {
        "exported": len(rows), "kept": len(kept), "mql": sum(r["MQL_Date__c"] != "" for r in kept),
        "sql": sum(r["SQL_Date__c"] != "" for r in kept), "converted": sum(r["IsConverted"] == "1" for r in kept),
        "with_opportunity": sum(r["ConvertedOpportunityId"] != EMPTY for r in kept),
    }  # fmt: skip
    assert (told["members"], told["members_who_answered"]) == (
        len(members), sum(row["HasResponded"] == "1" for row in members)
    )  # fmt: skip
    assert sorted(r["Id"][:15] for r in rows if r["MasterRecordId"] != EMPTY) == told["gone"]["merged"]
    tags = [(r["UTM_Source__c"], r["UTM_Campaign__c"]) for r in kept]
    assert sum(source != source.lower() for source, _ in tags) == told["utm_mistakes"]["case"]
    assert sum("%20" in campaign for _, campaign in tags) == told["utm_mistakes"]["encoded"]
    assert sum(bool(source) and not campaign for source, campaign in tags) == told["utm_mistakes"]["no campaign"]


def test_reasons_stand_on_leads_turned_down_as_often_as_the_truth_says(tables):
    told = TRUTH["funnel"]["reject_reasons"]
    rows = {row["Id"]: row for row in tables["Lead"]}.values()
    for status, share in told["given"].items():
        mine = [row["Disqualified_Reason__c"] for row in rows if row["Status"] == status]
        given = [reason for reason in mine if reason]
        assert {reason: given.count(reason) for reason in told["shares"]} == told["leads"][status]
        assert len(given) / len(mine) == pytest.approx(share, abs=3 * np.sqrt(share * (1 - share) / len(mine)))
        for reason, part in told["shares"].items():
            assert abs(given.count(reason) - part * len(given)) < 4 * np.sqrt(part * (1 - part) * len(given)), reason
    assert {row["Status"] for row in rows if row["Disqualified_Reason__c"]} == set(told["given"])
    assert sum(told["shares"].values()) == pytest.approx(1)


def test_a_reason_does_not_depend_on_the_day_of_the_export(world, found):
    status = lead_status(found, lead_changes(world, found), world.until())
    late, early = reasons(world, found, status), reasons(world, found, status.iloc[:500])
    assert early.tolist() == late.iloc[:500].tolist() and set(early) > {""}


def test_the_exports_alone_tell_the_effects(tables):
    """Journeys put together from leads of one company and their answers, as an analyst would; those of the last 200
    days may still come to something and are left out."""
    channel_of = {channel.campaign_type: place for place, channel in enumerate(CHANNELS)}
    channels = {row["Id"]: channel_of.get(row["Type"]) for row in tables["Campaign"]}
    kept = {r["Id"]: r for r in tables["Lead"] if r["IsDeleted"] == "0" and "Test" not in r["Company"]}
    made = {row["Company"]: row["ConvertedDate"] for row in kept.values() if row["ConvertedOpportunityId"] != EMPTY}
    begun = {}
    for row in kept.values():
        begun[row["Company"]] = min(row["CreatedDate"], begun.get(row["Company"], "9"))
    old = sorted(company for company, first in begun.items() if first < "2025-11-21")
    place = {company: row for row, company in enumerate(old)}
    design = np.zeros((len(old), 1 + len(CHANNELS)))
    design[:, 0] = 1
    for row in tables["CampaignMember"]:
        company = kept.get(row["LeadId"], {}).get("Company")
        counts = row["FirstRespondedDate"] and row["FirstRespondedDate"] <= made.get(company, "9")
        if company in place and counts and channels[row["CampaignId"]] is not None:
            design[place[company], 1 + channels[row["CampaignId"]]] = 1
    beta, error = logit(design, np.array([company in made for company in old]))
    assert (abs(beta - EFFECTS) < 4 * error).all()
    assert max(error) < 0.15


def test_the_mess_of_leads_and_members_is_there(tables):
    leads, members = tables["Lead"], tables["CampaignMember"]
    assert len(leads) - len({row["Id"] for row in leads}) == 3
    assert len(members) - len({row["Id"] for row in members}) == 5
    once = list({row["Id"]: row for row in leads}.values())
    gone = [row for row in once if row["IsDeleted"] == "1"]
    assert (len(gone), sum(row["MasterRecordId"] != EMPTY for row in gone)) == (37, 25)
    assert sum(row["Company"] == "Test Account - please ignore" for row in once) == 2
    assert 0.40 < sum(row["OwnerId"].startswith("00G") for row in once) / len(once) < 0.50
    lists = {row["Id"] for row in tables["Campaign"] if row["Name"].startswith(("Trade", "Synd", "Partner"))}
    late = [r for r in members if r["CampaignId"] in lists and r["FirstRespondedDate"][:10] < r["CreatedDate"][:10]]
    assert len(late) > 1_500 and len({row["CreatedDate"] for row in late}) < 500
    assert sum(row["Type"] == "Other" for row in tables["Campaign"]) == 9
    assert sum(row["HasResponded"] == "0" for row in {row["Id"]: row for row in members}.values()) == 715
