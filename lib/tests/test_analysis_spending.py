"""Costs of campaigns: each amount once, as known on the day, laid on its days; and the margin that books tell."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from spending_companies import ad, by_day, campaign, month, on, seen

from frames import as_of, with_tables
from revops.analysis.spending import cost_lines, cost_within, gross_margin
from revops.simulate.halyard import sample_world
from revops.simulate.market.campaigns import campaigns as simulated_campaigns
from revops.simulate.market.channels import CHANNELS
from revops.simulate.money.spend import CURRENCIES, ad_spend

LATER = "2026-07-31"


def costs(spend=(), campaigns=(), **given):
    return cost_lines(seen(spend=list(spend), campaigns=list(campaigns), **given))


def told(found, *names):
    """Rows of lines as tuples; null as None."""
    rows = found.lines[list(names)].astype(object)
    return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


def said(table):
    return {row.reason: (row.n, row.amount, row.examples) for row in table.itertuples()}


# Whose row it is


def test_an_ad_row_is_of_the_campaign_with_its_id_before_that_with_its_name():
    found = costs([ad("Campaign 2", campaign_id="1")], [campaign("1"), campaign("2")])
    assert told(found, "campaign_id", "campaign_name", "campaign_type") == [("1", "Campaign 1", "Fair")]


def test_names_are_the_same_without_regard_to_case_and_blanks():
    found = costs([ad("  campaign   ONE ", campaign_id="77")], [campaign("1", campaign_name="Campaign One ")])
    assert told(found, "campaign_id", "campaign_name") == [("1", "Campaign One ")]


def test_an_ad_row_that_no_campaign_matches_keeps_its_own_words():
    found = costs([ad("Brand", campaign_id="77", campaign_type="Search"), ad(None, campaign_id="78")], [campaign("1")])
    assert told(found, "channel", "campaign_id", "campaign_name", "campaign_type", "system", "amount") == [
        ("paid", None, "78", None, "google_ads", 10.0), ("paid", None, "Brand", "Search", "google_ads", 10.0),
    ]  # fmt: skip


def test_a_name_that_two_campaigns_share_matches_none_and_is_said():
    same = [campaign("1", campaign_name="Brand"), campaign("2", campaign_name="BRAND ")]
    found = costs([ad("brand"), ad("brand", "2026-06-11", 5.0), ad("Brand", campaign_id="2")], same)
    assert told(found, "campaign_id", "amount") == [("2", 10.0), (None, 10.0), (None, 5.0)]
    assert said(found.noted)["its name is that of several CRM campaigns: matched to none"] == (2, 15.0, "e.g. brand")


def test_without_a_campaign_of_its_name_a_blank_name_matches_nothing():
    found = costs([ad(" ")], [campaign("1", campaign_name=" "), campaign("2", campaign_name=None)])
    assert told(found, "campaign_id") == [(None,)] and len(found.noted) == 0


def test_a_row_is_told_under_the_channel_of_its_campaign_where_its_touches_are_credited():
    """The ad system's own channel is `paid`; touches of a campaign called LI | x are of social."""
    found = costs([ad("li | x", amount=7.0)], [campaign("1", campaign_name="LI | x")])
    assert told(found, "channel", "amount") == [("social", 7.0)]
    assert said(found.noted) == {
        "told under the channel of its CRM campaign, not under the ad system's": (1, 7.0, "e.g. LI | x")
    }


def test_channels_of_campaigns_are_by_pattern_else_their_type_as_of_touches_else_unknown():
    given = [
        campaign("1", 1.0, campaign_name="Big search day"),
        campaign("2", 2.0),
        campaign("3", 4.0, campaign_type=None),
    ]
    found = costs(campaigns=given)
    assert told(found, "channel", "amount") == [("fair", 2.0), ("search", 1.0), ("unknown", 4.0)]
    assert said(found.noted) == {"no pattern and no type tells its channel": (1, 4.0, "e.g. Campaign 3")}


# Each amount once


def test_what_an_ad_system_bills_counts_as_it_has_it_and_the_campaigns_own_cost_is_left_out():
    found = costs([ad("campaign 1", amount=30.0)], [campaign("1", 100.0), campaign("2", 50.0)])
    assert told(found, "system", "campaign_id", "amount") == [("google_ads", "1", 30.0), ("crm", "2", 50.0)]
    assert said(found.left_out) == {
        "an ad system bills it: its cost in the CRM would count twice": (1, 100.0, "e.g. Campaign 1")
    }


def test_a_month_that_has_begun_tells_that_an_ad_system_bills_though_it_does_not_count_yet():
    rows = [ad("campaign 1", "2026-06-01", 30.0, until="2026-06-30")]
    found = costs(rows, [campaign("1", 100.0)], day="2026-06-15", last=LATER)
    assert len(found.lines) == 0 and said(found.left_out) == {
        "an ad system bills it: its cost in the CRM would count twice": (1, 100.0, "e.g. Campaign 1"),
        "its month is not over on the day": (1, 30.0, "e.g. Campaign 1"),
    }


def test_rows_of_ads_without_amount_are_left_out_and_rows_of_0_and_below_are_what_they_say():
    found = costs([ad("a", amount=None), ad("b", amount=0.0), ad("c", amount=-5.0)])
    assert told(found, "campaign_name", "amount") == [("b", 0.0), ("c", -5.0)]
    assert said(found.left_out) == {"no amount": (1, 0.0, "e.g. a")}


@pytest.mark.parametrize(("given", "reason"), [
    ({"start": None}, "no start date"),
    ({"start": None, "end": None}, "no start date"),
    ({"end": "2026-04-30"}, "ends before it starts"),
    ({"cost": -8.0}, "a cost below 0"),
    ({"cost": 0.0}, "a cost of 0: taken as not entered"),
    ({"start": "2026-07-01", "end": "2026-07-31"}, "begins after the day"),
])  # fmt: skip
def test_a_cost_that_cannot_be_placed_is_left_out_with_its_amount(given, reason):
    found = costs(campaigns=[campaign("1", **{"cost": 8.0, **given})])
    assert len(found.lines) == 0
    assert said(found.left_out) == {reason: (1, given.get("cost", 8.0), "e.g. Campaign 1")}


def test_without_an_end_a_cost_lies_on_the_month_it_starts_in():
    found = costs(campaigns=[campaign("1", 8.0, "2026-02-11", None)])
    assert told(found, "first", "last") == [(pd.Timestamp("2026-02-11"), pd.Timestamp("2026-02-28"))]
    assert said(found.noted) == {"no end date: laid on the month it starts in": (1, 8.0, "e.g. Campaign 1")}


def test_the_examples_are_the_three_dearest():
    found = costs(campaigns=[campaign(str(n), float(-n)) for n in range(1, 6)])
    assert said(found.left_out) == {"a cost below 0": (5, -15.0, "e.g. Campaign 1, Campaign 2, Campaign 3")}


def test_without_costs_there_are_no_lines_and_the_columns_are_the_same():
    empty, full = costs(), costs([ad("a")], [campaign("1", 5.0)])
    assert len(empty.lines) == len(empty.left_out) == len(empty.noted) == 0
    for name in ("lines", "left_out", "noted"):
        assert list(getattr(empty, name)) == list(getattr(full, name))
    assert empty.lines.dtypes.equals(full.lines.dtypes) and full.lines["first"].dtype == "datetime64[us]"
    assert cost_within(empty.lines, on("2026-01-01"), on("2026-12-31")).columns.tolist() == ["channel", "amount"]


# As of a day


def test_of_ads_the_days_that_were_over_count():
    rows = [ad("a", "2026-06-14"), ad("b", "2026-06-15"), ad("c", "2026-06-16"),
            ad("d", "2026-05-01", until="2026-05-31"), ad("e", "2026-06-01", 4.0, until="2026-06-30")]  # fmt: skip
    found = costs(rows, day="2026-06-15", last=LATER)
    assert [row[0] for row in told(found, "campaign_name")] == ["a", "b", "d"]
    assert said(found.left_out) == {"its month is not over on the day": (1, 4.0, "e.g. e")}


def test_on_the_last_day_of_the_records_what_begins_later_is_listed():
    found = costs([ad("a", "2026-07-02", 3.0)], [campaign("1", 5.0, "2026-07-01", "2026-07-31")])
    assert len(found.lines) == 0
    assert said(found.left_out) == {"begins after the day": (2, 8.0, "e.g. Campaign 1, a")}


def test_a_campaign_that_still_runs_counts_so_far_on_the_last_day_of_the_records_alone():
    runs = [campaign("1", 60.0, "2026-06-01", "2026-08-31")]
    now = costs(campaigns=runs)
    assert told(now, "first", "last", "amount") == [(pd.Timestamp("2026-06-01"), pd.Timestamp("2026-06-30"), 60.0)]
    assert said(now.noted) == {"still runs: its cost so far, to the day": (1, 60.0, "e.g. Campaign 1")}
    before = costs(campaigns=runs, last=LATER)
    assert len(before.lines) == 0
    assert said(before.left_out) == {"not over on the day: its cost so far is not known": (1, 60.0, "e.g. Campaign 1")}


def test_nothing_that_begins_after_the_day_changes_anything():
    known = [ad("brand"), ad("e", "2026-06-01", until="2026-06-30")], [campaign("1", 5.0, campaign_name="Brand")]
    later = [ad("brand", "2026-06-16", 99.0)], [campaign("2", 7.0, "2026-06-16", campaign_name="Brand")]
    plain = costs(*known, day="2026-06-15", last=LATER)
    more = costs(known[0] + later[0], known[1] + later[1], day="2026-06-15", last=LATER)
    for name in ("lines", "left_out", "noted"):
        assert getattr(plain, name).equals(getattr(more, name))


# Any days


def test_a_line_is_laid_evenly_on_its_days():
    """31 over May: 1 a day. 30 over 16 May to 14 June: 1 a day. From 20 May to 2 June: 12 days and 14 days."""
    found = costs(
        campaigns=[campaign("1", 31.0), campaign("2", 30.0, "2026-05-16", "2026-06-14", campaign_type="Mail")]
    )
    within = cost_within(found.lines, on("2026-05-20"), on("2026-06-02"))
    assert within.to_dict("records") == [{"channel": "fair", "amount": 12.0}, {"channel": "mail", "amount": 14.0}]
    assert cost_within(found.lines, on("2026-06-15"), on("2026-12-31")).empty


def many(seed, n=120):
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(n):
        first = pd.Timestamp("2025-01-01") + pd.Timedelta(days=int(rng.integers(0, 400)))
        last = first + pd.Timedelta(days=int(rng.integers(0, 100)))
        rows.append(campaign(str(at), float(rng.uniform(1, 1000)), f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}",
                             campaign_type=str(rng.choice(["a", "b", "c"]))))  # fmt: skip
    return costs(campaigns=rows).lines


@pytest.mark.parametrize("seed", range(3))
def test_days_one_by_one_give_the_same(seed):
    lines, since, until = many(seed), on("2025-05-05"), on("2025-11-20")
    for key in ("channel", "campaign_id"):
        within = cost_within(lines, since, until, (key,))
        assert dict(zip(within[key], within["amount"], strict=True)) == pytest.approx(by_day(lines, since, until, key))


def test_days_next_to_each_other_add_up_to_the_days_together():
    lines = many(7)
    cuts = [on("2024-12-31"), on("2025-02-14"), on("2025-02-15"), on("2025-09-30"), on("2027-12-31")]
    parts = [cost_within(lines, start + pd.Timedelta(days=1), end) for start, end in pairwise(cuts)]
    sums = pd.concat(parts).groupby("channel")["amount"].sum()
    assert sums.to_dict() == pytest.approx(lines.groupby("channel")["amount"].sum().to_dict())


def test_a_null_is_a_group_too():
    found = costs([ad("a", amount=1.0), ad("b", amount=2.0), ad("Campaign 1", amount=4.0)], [campaign("1")])
    within = cost_within(found.lines, on("2026-01-01"), on("2026-12-31"), ("campaign_id",))
    assert within["campaign_id"].tolist()[0] == "1" and within["amount"].tolist() == [4.0, 3.0]


def test_rows_in_any_order_give_the_same_bytes():
    amounts = [0.1, 0.7, 1e6, 3.3, 0.2, 9.9, 1e-3, 5.5]
    rows = [ad(f"Brand {n}", f"2026-06-{10 + n}", amount) for n, amount in enumerate(amounts)]
    own = [campaign("1", 0.3), campaign("2", 0.6)]
    one, other = costs(rows, own), costs(rows[::-1], own[::-1])
    assert one.lines.equals(other.lines)
    days = on("2026-05-03"), on("2026-06-15")
    assert cost_within(one.lines, *days).equals(cost_within(other.lines, *days))


# Margin


def margin(rows, since="2026-01-01", until="2026-06-30", **given):
    return gross_margin(seen(ledger=[row for part in rows for row in part], **given), on(since), on(until))


def test_the_margin_is_of_months_that_lie_in_the_days_whole_and_were_over():
    """February and March: (300 - 60) / 300 = 0.8. January begins before the days, April ends after them."""
    rows = [month("2026-01-01", 100, 90), month("2026-02-01", 100, 30), month("2026-03-01", 200, 30),
            month("2026-04-01", 100, 90)]  # fmt: skip
    assert margin(rows, "2026-01-02", "2026-04-29") == pytest.approx(0.8)
    assert margin(rows, "2026-02-01", "2026-12-31", day="2026-03-31", last=LATER) == pytest.approx(0.8)
    assert margin(rows, "2026-02-01", "2026-12-31", day="2026-03-30", last=LATER) == pytest.approx(0.7)


@pytest.mark.parametrize("rows", [
    [], [month("2026-02-01", 100)], [month("2026-02-01", 0, 5)], [month("2026-02-01", -5, 5)],
    [month("2026-02-01", None, 5)], [month("2025-02-01", 100, 5)],
])  # fmt: skip
def test_without_revenue_and_its_cost_there_is_no_margin(rows):
    assert np.isnan(margin(rows))


def test_a_cost_beyond_revenue_is_a_margin_below_0():
    assert margin([month("2026-02-01", 100, 150)]) == pytest.approx(-0.5)


# The sample company


@pytest.fixture(scope="module")
def truth():
    """What the simulator spent by channel and day: ads month by month, campaigns over their days."""
    world, names = sample_world(), [channel.name for channel in CHANNELS]
    rate = {"USD": 1.0, "EUR": world.plan.foreign_rate}
    rows = [(names[row.channel], row.month, row.days, row.cents / 100 * rate[CURRENCIES[row.system]])
            for row in ad_spend(world).itertuples()]  # fmt: skip
    rows += [(names[row.channel], row.start, row.end - row.start, row.cost / 100)
             for row in simulated_campaigns(world).itertuples() if not row.system]  # fmt: skip
    return rows


@pytest.mark.parametrize(("since", "until"), [("2025-02-01", "2026-01-31"), ("2024-12-17", "2026-01-25")])
def test_spend_by_channel_is_what_the_simulator_spent(sample, truth, since, until):
    """Meta is in euros, converted at one rate and rounded to the cent in each of some 30 rows: less than 0.3."""
    wanted, days = {}, [(on(day) - on("1970-01-01")).days for day in (since, until)]
    for channel, first, length, amount in truth:
        there = sum(days[0] <= day <= days[1] for day in range(first, first + length))
        wanted[channel] = wanted.get(channel, 0.0) + amount * there / length
    found = cost_within(cost_lines(as_of(sample, "2026-06-09")).lines, on(since), on(until))
    given = dict(zip(found["channel"], found["amount"], strict=True))
    assert given == pytest.approx({name: value for name, value in wanted.items() if value}, abs=0.3)


def test_on_the_sample_nothing_that_begins_after_the_day_changes_anything(sample):
    day = pd.Timestamp("2026-03-15")
    spend, campaigns, ledger = (sample.table(name).copy() for name in ("spend", "campaigns", "ledger"))
    spend.loc[spend["date"] > day, "amount"] *= 9
    campaigns.loc[campaigns["start_date"] > day, ["actual_cost_amount", "campaign_name"]] = [123.0, "Same for all"]
    ledger.loc[ledger["month"] > day - pd.offsets.MonthEnd(1), "amount"] *= 3
    other = with_tables(sample, spend=spend, campaigns=campaigns, ledger=ledger)
    one, two = (as_of(book, "2026-03-15") for book in (sample, other))
    assert cost_lines(one).lines.equals(cost_lines(two).lines)
    assert cost_lines(one).left_out.equals(cost_lines(two).left_out)
    days = on("2025-01-01"), on("2026-12-31")
    assert gross_margin(one, *days) == gross_margin(two, *days)
