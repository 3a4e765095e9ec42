"""Journeys of the sample company: against the simulator's own, the coverage report, plain loops and past exports."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_journeys_slow import compare, same

from frames import as_of, with_tables
from revops.analysis.journeys import JourneyKnobs, journeys_of
from revops.analysis.standing import BOOKED, standing
from revops.book import Book
from revops.exports import prepare
from revops.measures.pipeline_coverage.created import created_by_source
from revops.simulate import write_exports
from revops.simulate.market.channels import CHANNELS
from revops.simulate.market.crm import market
from revops.simulate.records import export_ids

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))["attribution"]
DAY = "2026-06-09"
NAMES = np.array([channel.name for channel in CHANNELS], dtype=object)


@pytest.fixture(scope="module")
def view(sample):
    return as_of(sample, DAY)


@pytest.fixture(scope="module")
def truth(world):
    return market(world)


def by_deal(result):
    """Return the channels of each opportunity's journey, in order."""
    channel = pd.Series(np.array(result.channels, dtype=object)[result.touches["channel"]], dtype=object)
    deal = result.journeys["opportunity_id"].iloc[result.touches["journey"]].reset_index(drop=True)
    return channel.groupby(deal).agg(list).to_dict()


@pytest.fixture(scope="module")
def planted(truth, world):
    """Channel and person of each touch of the journeys that ended in an opportunity, in order, by opportunity."""
    ids = pd.Series(export_ids(world).deal).str[:15].to_numpy(dtype=object)
    found, rows = truth.funnel.journeys, {}
    over = ((found.cases["end"] < world.until()) & (found.cases["deal"] >= 0)).to_numpy()
    for place in np.flatnonzero(over):
        there = found.channel[place] >= 0
        rows[ids[found.cases["deal"][place]]] = list(
            zip(NAMES[found.channel[place][there]], found.person[place][there], strict=True)
        )
    return rows


ROLES_ALONE = JourneyKnobs(cutoff="creation", account_fallback="off", once_a_day="off", responses_only=True)


def test_every_planted_journey_is_found_and_nothing_that_it_has_not(view, planted):
    found = by_deal(journeys_of(view, ROLES_ALONE))
    assert set(planted) <= set(found) and len(planted) == TRUTH["opportunities"]
    for deal, touches in planted.items():
        assert not Counter(found[deal]) - Counter(channel for channel, _ in touches)


def test_what_is_missing_of_planted_journeys_is_what_a_crm_does_not_know(view, planted, truth, world):
    """A member is in a campaign once; colleagues who stayed leads or have no role are behind no opportunity."""
    found = by_deal(journeys_of(view, ROLES_ALONE))
    ids = pd.Series(export_ids(world).deal).str[:15].to_numpy(dtype=object)
    roles = set(truth.roles["contact"])
    known, reasons = {}, Counter()
    leads = truth.leads[truth.leads["kind"].eq("real")]
    touches = truth.funnel.touches.assign(number=truth.funnel.touches["lead"]).merge(
        leads[["number", "case", "person", "contact"]], on="number"
    )
    cases = truth.funnel.journeys.cases
    touches = touches[
        (cases["deal"].to_numpy()[touches["case"]] >= 0) & (cases["end"].to_numpy()[touches["case"]] < world.until())
    ]
    touches = touches.sort_values(["at", "recorded"], kind="stable")
    again = touches.duplicated(["number", "campaign"])
    for row, twice in zip(touches.itertuples(), again, strict=True):
        why = ("stayed a lead" if row.contact < 0 else "no role" if row.person > 0 and row.contact not in roles
               else "again in a campaign" if twice else "found")  # fmt: skip
        reasons[why] += 1
        if why == "found":
            known.setdefault(ids[cases["deal"][row.case]], Counter())[NAMES[row.channel]] += 1
    assert reasons.total() == sum(map(len, planted.values()))
    assert {deal: Counter(found[deal]) for deal in planted} == known
    assert reasons["found"] / reasons.total() > 0.85 and min(reasons.values()) > 20


def test_whole_journeys_keep_their_order_but_for_days_without_a_time(view, planted):
    """Answers have a day and no time: of those of one day the order in which they were entered is all there is."""
    result = journeys_of(view, ROLES_ALONE)
    found = by_deal(result)
    whole = [deal for deal, touches in planted.items() if len(touches) == len(found[deal])]
    wrong = [deal for deal in whole if found[deal] != [channel for channel, _ in planted[deal]]]
    days = result.touches.groupby("journey")["touched_at"].agg(lambda at: at.duplicated().any())
    tied = set(result.journeys.loc[days[days].index, "opportunity_id"])
    assert len(whole) > 500 and set(wrong) <= tied and len(wrong) < 0.06 * len(whole)


def test_first_and_last_channels_are_nearly_those_of_the_truth(view, planted):
    found = by_deal(journeys_of(view, ROLES_ALONE))
    wrong = []
    for place, name in ((0, "opportunities_first_touch"), (-1, "opportunities_last_touch")):
        told = {channel: row[name] for channel, row in TRUTH["channels"].items() if row[name]}
        assert Counter(touches[place][0] for touches in planted.values()) == told
        wrong.append(sum(found[deal][place] != touches[place][0] for deal, touches in planted.items()))
    assert wrong == [29, 15]


def test_who_came_to_nothing_is_each_lead_of_its_own(view, truth, world):
    """Of the journeys without an opportunity each person is one of ours, and so is every colleague left behind."""
    result = journeys_of(view, JourneyKnobs(cutoff="creation"))
    never = result.journeys[result.journeys["kind"].eq("never")]
    leads = truth.leads[truth.leads["kind"].eq("real") & (truth.leads["created"] < world.until())]
    open_leads = leads[(leads["contact"] < 0) | ~(leads["converted"] < world.until())]
    members = truth.members[truth.members["at"].notna() & (truth.members["recorded"] < world.until())]
    assert len(never) == open_leads.index.isin(members["lead"]).sum()
    assert never["account_id"].isna().all() and never["account"].is_unique
    assert never["losses"].sum() == len(never) and never["amount"].sum() == 0


@pytest.mark.parametrize("day", ["2024-08-20", "2025-10-31", DAY])
def test_booked_and_created_are_those_of_the_coverage_report(sample, day):
    seen = as_of(sample, day)
    company, period = sample.company, seen.calendar.quarter_of(dt.date.fromisoformat(day))
    stands = standing(seen.opportunities, period=period, day=seen.day, company=company)
    booked = seen.opportunities[stands.eq(BOOKED)]
    table = journeys_of(seen, JourneyKnobs(since=period.start)).reconciliation
    ours = table[table["kind"].eq("won")]
    assert round(ours["amount"].sum(), 2) == round(booked["amount"].sum(), 2) > 0
    assert ours["n_deals"].sum() == len(booked) and ours["n_without_amount"].sum() == booked["amount"].isna().sum()
    created = created_by_source(seen.opportunities, period=period, as_of=seen.day, company=company)
    made = journeys_of(seen, JourneyKnobs(cutoff="creation", since=period.start, until=period.end)).reconciliation
    assert round(made["amount"].sum(), 2) == round(created["created_amount"].sum(), 2) > 0
    assert made["n_deals"].sum() == created["n"].sum()
    assert made["n_without_amount"].sum() == created["n_without_amount"].sum()


def test_booked_amounts_of_the_coverage_report_are_those_reconciled(told, view):
    result = told()
    table = journeys_of(view, JourneyKnobs(since=result.period.start)).reconciliation
    booked = table.loc[table["kind"].eq("won"), "amount"].sum()
    assert round(booked, 2) == round(result.headline["booked_amount"], 2)


@pytest.mark.parametrize("knobs", [{}, {"cutoff": "creation", "lookback_days": 60, "once_a_day": "channel"}], ids=str)
def test_parts_add_up(view, sample, knobs):
    result = journeys_of(view, JourneyKnobs(**knobs))
    table, touches = result.journeys, result.touches
    with_touches = result.reconciliation[result.reconciliation["reason"].eq("with touches")]
    kinds = with_touches if knobs else with_touches[with_touches["kind"].eq("won")]
    assert table["amount"].sum() == pytest.approx(kinds["amount"].sum(), abs=0.005)
    assert int(table["wins"].sum()) == kinds["n_deals"].sum()
    assert result.left_out["n_touches"].sum() == len(sample.table("touches"))
    assert result.left_out.set_index("reason").loc["used", "n_pairs"] == len(touches)
    assert result.left_out.set_index("reason").loc["used", "n_touches"] == touches["touch_id"].nunique()
    n = np.bincount(touches["journey"], minlength=len(table))
    assert n.min() >= 1 and touches["journey"].is_monotonic_increasing
    for name in ("lead", "opportunity", "won"):
        assert table[name].ge(-1).all() and (table[name] < n).all()
    later = touches.groupby("journey")["days_before"].diff().dropna()
    assert (later <= 1e-9).all() and touches["days_before"].ge(0).all()
    if not knobs:
        assert (table["won"][table["kind"].eq("won")] == n[table["kind"].eq("won")] - 1).all()


@pytest.mark.parametrize(
    "knobs",
    [{}, {"cutoff": "creation", "account_fallback": "always", "once_a_day": "channel", "never_converted": "off"}],
    ids=str,
)
def test_plain_loops_find_the_same_on_a_part_of_the_sample(sample, knobs):
    """The deals, people and touches of one account in twelve, with the whole history."""
    accounts = set(sample.table("accounts")["account_id"].sort_values().iloc[::12])
    deals, contacts, leads = (sample.table(n) for n in ("opportunities", "contacts", "leads"))
    deals = deals[deals["account_id"].isin(accounts)].reset_index(drop=True)
    contacts = contacts[contacts["account_id"].isin(accounts)].reset_index(drop=True)
    leads = leads[leads["account_id"].isin(accounts) | (leads.index % 12 == 0)].reset_index(drop=True)
    touches, roles = sample.table("touches"), sample.table("contact_roles")
    whom = touches["contact_id"].isin(contacts["contact_id"]) | touches["lead_id"].isin(leads["lead_id"])
    part = with_tables(
        sample,
        opportunities=deals,
        contacts=contacts,
        leads=leads,
        touches=touches[whom].reset_index(drop=True),
        contact_roles=roles[roles["opportunity_id"].isin(deals["opportunity_id"])].reset_index(drop=True),
    )
    assert compare(as_of(part, "2025-11-15"), JourneyKnobs(**knobs)) > 50


@pytest.mark.parametrize("day", ["2024-03-14", "2026-02-20"])
def test_a_past_day_is_what_the_exports_of_that_day_say(sample, world, tmp_path, day):
    """As the systems would have written them that evening. A role has no stamp; in the sample none is added later.

    The id of a touch holds that of the lead until it is a contact.
    """
    write_exports(world, tmp_path, dt.date.fromisoformat(day))
    found = prepare(tmp_path, sample.company)
    past = Book(sample.company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)
    for knobs in (JourneyKnobs(keep_open=True), JourneyKnobs(cutoff="creation", never_converted="accounts")):
        one, other = (journeys_of(as_of(book, day), knobs) for book in (sample, past))
        one.touches.pop("touch_id")
        other.touches.pop("touch_id")
        same(one, other)
        assert set(one.journeys["kind"]) >= {"won", "never"}


def test_rows_after_the_day_may_be_anything(sample):
    day = "2026-02-20"
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    now = journeys_of(as_of(sample, day))
    tables = {}
    for name, stamp in (("touches", "associated_at"), ("leads", "created_at"), ("contacts", "created_at")):
        table = sample.table(name)
        later = table[stamp] >= end
        assert later.sum() > 50
        wild = {c: table[c].where(~later, "wild") for c in ("channel", "account_id", "source") if c in table}
        tables[name] = table.assign(**wild)
    touches = tables["touches"]
    more = touches[touches["associated_at"] >= end].assign(touch_id=lambda t: "x" + t["touch_id"])
    tables["touches"] = pd.concat([touches, more], ignore_index=True)
    same(now, journeys_of(as_of(with_tables(sample, **tables), day)))


def test_the_order_of_rows_changes_nothing(sample, view):
    seed = np.random.default_rng([ord(letter) for letter in "order of rows"])
    names = ("opportunities", "contacts", "contact_roles", "leads", "touches")
    mixed = {name: sample.tables[name].sample(frac=1, random_state=seed, ignore_index=True) for name in names}
    same(journeys_of(view), journeys_of(as_of(with_tables(sample, **mixed), DAY)))
