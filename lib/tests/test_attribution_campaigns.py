"""Campaigns under every rule: by hand, by plain loops, and what must not change them."""

import datetime as dt
from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from companies_of_campaigns import NAMES, PEOPLE, TYPES, hand_made, random_company, told
from companies_of_people import contact, touch, won
from hand_costs import window_costs
from slow_credit import shares_of

from frames import as_of, change, table, with_each, with_tables
from revops.analysis.credit import SHARED
from revops.analysis.resampling import drawn_range
from revops.measures.attribution_comparison.campaigns import NO_CAMPAIGN, RETURNS_BY_RULE, campaigns

RULES = tuple(rule for rule in SHARED if rule != "last_non_direct")
"""Those that a company has which names no direct channels."""

COLUMNS = ["n_touches", "n_deals", "lowest_amount", "reference_amount", "highest_amount", "spend_amount",
           "lowest_return", "highest_return", "low", "high", "verdict", "top_deal_share", "to_come_amount", "is_mature",
           "is_few"]  # fmt: skip


def measured(company, *costs, day="2026-06-30", margin=0.8, lag_days=30, most_cost=None, **knobs):
    window, won = told(company, day, **knobs)
    return campaigns(window, won, window_costs(*costs, margin=margin, lag_days=lag_days, most_cost=most_cost))


def by_id(found):
    """Return rows by campaign id, those without by channel."""
    table = found.by_campaign
    return table.set_index(table["campaign_id"].fillna("none: " + table["channel"]))


def test_campaigns_by_hand():
    """Linear gives w1, w2 and s 100 / 3 of d1, and s and the e-mail 150 of d2. First touch gives w1 100 and s 300, last
    touch s 100 and the e-mail 300. s has least where the first, or the last, of both its deals counts alone: 100."""
    found = measured(hand_made(), {"campaign_id": "w1", "spend_amount": 40.0}, {"campaign_id": "s", "spend_amount": 70})
    rows = by_id(found)
    assert list(rows.columns) == ["campaign_id", "campaign_name", "channel", "campaign_type", *COLUMNS]
    assert rows.index.tolist() == ["lostonly", "next", "s", "w1", "w2", "none: email"]
    assert rows["campaign_name"].tolist() == ["Fair", "Next", "Social", "Webinar one", "Webinar two", NO_CAMPAIGN]
    assert rows["campaign_type"].tolist() == ["Event", "Event", "Paid Social", "Webinar", "Webinar", NO_CAMPAIGN]
    assert rows["channel"].tolist() == ["event", "event", "social", "webinar", "webinar", "email"]
    assert rows["n_touches"].tolist() == [1, 1, 2, 2, 1, 1] and rows["n_deals"].tolist() == [0, 0, 2, 1, 1, 1]
    linear = [0, 0, 100 / 3 + 150, 100 / 3, 100 / 3, 150]
    assert rows["reference_amount"].tolist() == pytest.approx(linear)
    assert rows.loc["w1", ["lowest_amount", "highest_amount"]].tolist() == [0, 100]
    assert rows.loc["s", "lowest_amount"] == 100 and rows.loc["s", "highest_amount"] == 300
    assert rows.loc["w1", ["lowest_return", "highest_return"]].tolist() == pytest.approx([-1, (100 * 0.8 - 40) / 40])
    assert rows.loc["s", "lowest_return"] == pytest.approx((100 * 0.8 - 70) / 70)
    assert rows["verdict"].tolist() == ["", "", "all", "some", "", ""]
    assert (
        rows.loc["s", "top_deal_share"] == pytest.approx(150 / (150 + 100 / 3)) and rows.loc["w1"].top_deal_share == 1
    )
    assert np.isnan(rows.loc["lostonly", "top_deal_share"]) and rows["is_few"].all()


def test_a_campaign_is_judged_by_all_it_cost_and_all_it_brought():
    """A's deal closed on 20 March, before the window (from April): webinars one and two have 50 of its 100 each under
    linear. Webinar one cost 30 in 2025 and 10 in April, and so returns (50 x 0.8 - 40) / 40 = 0; under first touch
    (100 x 0.8 - 40) / 40 = 1, under last touch -1. The window's own credit has none of it."""
    deals = [won("d1", "A", amount=100.0, close_date="2026-03-20"), won("d2", "B", amount=300.0)]
    costs = [{"campaign_id": "w1", "spend_amount": 30.0, "last": "2025-06-01"},
             {"campaign_id": "w1", "spend_amount": 10.0, "last": "2026-04-10"}]  # fmt: skip
    window, credit = told(hand_made(deals=deals), quarters=0)
    found = campaigns(window, credit, window_costs(*costs, margin=0.8))
    row = by_id(found).loc["w1"]
    assert (row["n_deals"], row["spend_amount"], row["verdict"]) == (1, 40, "some")
    assert row["reference_amount"] == pytest.approx(50)
    assert (row["lowest_return"], row["highest_return"]) == pytest.approx((-1, 1))
    rows = found.returns_by_rule
    assert rows.columns.tolist() == RETURNS_BY_RULE and len(rows) == len(found.rules) * len(found.by_campaign)
    mine = rows[rows["campaign_id"].eq("w1")].set_index("model")
    assert mine.loc["linear", ["credited_deals", "credited_amount", "spend_amount"]].tolist() == [0.5, 50, 40]
    assert mine.loc["linear", ["contribution_amount", "campaign_return"]].tolist() == pytest.approx([0, 0])
    assert mine.loc["first_touch", ["contribution_amount", "campaign_return"]].tolist() == pytest.approx([40, 1])
    others = rows[rows["campaign_id"].ne("w1")]
    assert others[["spend_amount", "contribution_amount", "campaign_return"]].isna().all(axis=None)
    assert credit.found.journeys["opportunity_id"].dropna().tolist() == ["d2"]


@pytest.mark.parametrize(("lag", "older", "n_older"), [(0, ["w1", "w2"], 2), (17, ["w1"], 1), (16, ["w1", "w2"], 2),
                                                       (59, [], 0)])  # fmt: skip
def test_campaigns_that_did_nothing_lately_are_left_out_and_counted(lag, older, n_older):
    """The window begins on 1 April. Webinar two was last met on 15 March, 17 days before, webinar one on 1 February,
    59 days before: where B and C are all who came in time, they are older."""
    touches = [row for row in hand_made().table("touches").to_dict("records") if row["contact_id"] != "cD"]
    found = measured(hand_made(touches=touches), lag_days=lag, quarters=0)
    assert sorted({"w1", "w2", "s", "lostonly"} - set(found.by_campaign["campaign_id"])) == older
    assert found.n_older == n_older and found.since == dt.date(2026, 4, 1) - dt.timedelta(days=lag)
    rows = by_id(found)
    assert rows.loc["s", "reference_amount"] == pytest.approx(100 / 3 + 150) and rows.loc["s", "n_deals"] == 2
    assert found.by_type["reference_amount"].sum() == pytest.approx(400 - 100 / 3 * n_older)
    paid = measured(hand_made(touches=touches), {"campaign_id": "w1", "spend_amount": 5.0, "last": "2026-04-01"},
                    lag_days=0, quarters=0)  # fmt: skip
    assert "w1" in set(paid.by_campaign["campaign_id"]) and paid.n_older == 1


def test_touches_on_record_are_counted_whether_answered_or_on_a_deal_or_not():
    """E is behind no deal, and did not answer; the second touch is of a contact made after the day."""
    people = [*PEOPLE, contact("cX", "X", created_at="2026-07-15")]
    touches = [touch("t1", "cE", "2026-06-01", "event", campaign_id="lostonly", is_response=False),
               touch("t2", "cX", "2026-06-01", "event", campaign_id="lostonly"),
               touch("t3", "cA", "2026-04-20", "social", campaign_id="s")]  # fmt: skip
    rows = by_id(measured(hand_made(contacts=people, touches=touches), {"campaign_id": "w1", "spend_amount": 5.0}))
    assert rows["n_touches"].to_dict() == {"lostonly": 1, "s": 1, "w1": 0}
    assert rows["n_deals"].to_dict() == {"lostonly": 0, "s": 1, "w1": 0}


def test_types_are_their_campaigns_together():
    """Webinar: w1 (spend 40) and w2 (no cost). Its credit is of both, its return of w1 alone."""
    found = measured(hand_made(), {"campaign_id": "w1", "spend_amount": 40.0})
    rows = found.by_type.set_index("campaign_type")
    assert list(rows.columns) == COLUMNS
    assert rows.index.tolist() == ["Event", NO_CAMPAIGN, "Paid Social", "Webinar"]
    webinar = rows.loc["Webinar"]
    assert webinar["reference_amount"] == pytest.approx(200 / 3) and webinar["spend_amount"] == 40
    assert webinar["highest_return"] == pytest.approx((100 * 0.8 - 40) / 40)
    assert webinar["n_deals"] == 1 and webinar["n_touches"] == 3 and webinar["top_deal_share"] == 1
    assert webinar["verdict"] == "some" and rows.loc["Event", "verdict"] == ""
    by_model = found.by_type_model
    assert list(by_model.columns) == ["model", "campaign_type", "credited_deals", "credited_amount", "spend_amount",
                                      "campaign_return"]  # fmt: skip
    assert by_model["model"].unique().tolist() == list(found.rules) and len(by_model) == 4 * len(found.rules)
    first = by_model[by_model["model"].eq("first_touch")].set_index("campaign_type")
    assert first["credited_amount"].tolist() == [0, 0, 300, 100] and first["credited_deals"].tolist() == [0, 0, 1, 1]
    linear = by_model[by_model["model"].eq("linear")].set_index("campaign_type")
    assert linear.loc["Webinar", "campaign_return"] == pytest.approx((100 / 3 * 0.8 - 40) / 40)
    assert first.loc["Webinar", "campaign_return"] == pytest.approx(1.0) and first["campaign_return"].isna().sum() == 3


@pytest.mark.parametrize(("spend", "most_cost", "verdict"), [
    (10.0, 0.1, "all"), (10.0, 0.0999, "some"), (30.0, 0.1, "some"), (30.1, 0.1, "none"), (0.0, 0.1, ""),
    (None, 0.1, ""),
])  # fmt: skip
def test_a_verdict_is_that_of_all_rules(spend, most_cost, verdict):
    """s is credited with 100 to 300: at 0.1 for 1 it may cost 10 under all rules and 30 under the kindest."""
    found = measured(hand_made(), {"campaign_id": "s", "spend_amount": spend}, most_cost=most_cost)
    row = by_id(found).loc["s"]
    assert row["verdict"] == verdict
    assert np.isnan(row["lowest_return"]) == (verdict == "") == np.isnan(row["high"])


def test_campaigns_without_wins_or_without_touches_stay_on_the_list():
    costs = [{"campaign_id": "lostonly", "spend_amount": 5.0},
             {"campaign_id": "quiet", "campaign_name": "Quiet", "channel": "radio", "campaign_type": "Radio",
              "spend_amount": 7.0},
             {"campaign_name": "Ad", "channel": "search", "campaign_type": "Ads", "spend_amount": 9.0},
             {"campaign_name": "Ad", "channel": "video", "campaign_type": "Ads", "spend_amount": None}]  # fmt: skip
    rows = measured(hand_made(), *costs).by_campaign
    assert rows["campaign_name"].tolist() == ["Fair", "Next", "Quiet", "Social", "Webinar one", "Webinar two", "Ad",
                                              "Ad", NO_CAMPAIGN]  # fmt: skip
    spent = rows[rows["campaign_name"].isin(["Fair", "Quiet", "Ad"])]
    assert spent["verdict"].tolist() == ["none", "none", "", ""]
    assert spent["channel"].tolist() == ["event", "radio", "search", "video"]
    assert spent[["lowest_return", "highest_return"]].to_numpy()[:2].tolist() == [[-1, -1]] * 2
    assert spent[["lowest_return", "highest_return"]].iloc[2:].isna().all(axis=None)
    assert spent["spend_amount"].tolist() == [5, 7, 9, 0]
    assert spent["reference_amount"].tolist() == [0, 0, 0, 0] and spent["low"].isna().all()
    assert spent["n_touches"].tolist() == [1, 0, 0, 0] and spent["campaign_id"].isna().tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_what_open_deals_may_still_bring_by_hand():
    """Three deals stood in Discovery on 1 March and 1 April; two were won and one lost on 1 May: at each of both ages
    two of three that are left are won, so 2/3 in the end. The open deal stood there on 1 June, too young to count.
    900 x 2/3 = 600, shared by w1 and next."""
    found = measured(hand_made())
    assert found.to_come.chances.to_numpy().tolist() == [["Discovery", pytest.approx(2 / 3), 4, True]]
    rows = by_id(found)
    assert rows["to_come_amount"].tolist() == pytest.approx([0, 300, 0, 300, 0, 0])
    assert found.by_type.set_index("campaign_type")["to_come_amount"].to_dict() == pytest.approx(
        {"Event": 300, NO_CAMPAIGN: 0, "Paid Social": 0, "Webinar": 300}
    )
    assert (found.to_come.n_deals, found.to_come.n_unvalued, found.unavailable) == (1, 0, {})
    first = by_id(measured(hand_made(), reference_model="first_touch"))
    assert first["to_come_amount"].tolist() == pytest.approx([0, 0, 0, 600, 0, 0])


def test_an_open_deal_without_amount_or_chance_brings_nothing_and_is_counted():
    company = hand_made()
    deals, history = company.table("opportunities"), company.table("opportunity_history")
    mine = history["opportunity_id"].eq("d4")
    blank = with_tables(company, opportunity_history=history.assign(amount=history["amount"].mask(mine)))
    late = with_tables(company, opportunity_history=history.assign(stage_name=history["stage_name"].mask(mine, "Lead")),
                       opportunities=deals)  # fmt: skip
    found = measured(blank)
    assert found.to_come.n_unvalued == 1 and by_id(found)["to_come_amount"].tolist() == [0] * 6
    new = late.table("opportunity_history").copy()
    new.loc[new["opportunity_id"].eq("d4"), "changed_at"] = pd.Timestamp("2026-06-02 09:00")
    found = measured(with_tables(late, opportunity_history=new))
    assert found.to_come.n_unvalued == 1 and by_id(found)["to_come_amount"].tolist() == [0] * 6


def test_without_history_what_is_to_come_is_unknown_and_said():
    found = measured(hand_made(history=[]))
    assert found.by_campaign["to_come_amount"].isna().all() and found.by_type["to_come_amount"].isna().all()
    assert found.unavailable == {
        "to_come_amount": "opportunity history (OpportunityHistory, Opportunity Field History, or dated copies of the "
        "exports)"
    }
    assert found.to_come.n_deals == 1 and "next" in by_id(found).index


@pytest.mark.parametrize(("day", "lag", "mature"), [("2026-05-20", 30, True), ("2026-05-20", 71, True),
                                                    ("2026-05-20", 72, False)])  # fmt: skip
def test_a_campaign_is_mature_the_usual_days_after_its_last_touch(day, lag, mature):
    """s was last seen on 20 April, 71 days before 30 June."""
    assert bool(by_id(measured(hand_made(), lag_days=lag)).loc["s", "is_mature"]) is mature


def test_a_planned_end_after_the_last_touch_decides_maturity():
    company = hand_made()
    for end, mature in (("2026-05-31", True), ("2026-06-01", False), ("2026-12-31", False), ("2026-01-01", True)):
        ends = company.table("campaigns").assign(end_date=pd.Timestamp(end))
        found = measured(with_tables(company, campaigns=ends))
        assert bool(by_id(found).loc["s", "is_mature"]) is mature
        assert bool(found.by_type.set_index("campaign_type").loc["Paid Social", "is_mature"]) is mature
    only = {"campaign_name": "Ad", "channel": "search", "campaign_type": "Ads", "spend_amount": 9.0}
    for last, mature in (("2026-05-31", True), ("2026-06-01", False)):
        rows = measured(company, only | {"last": last}).by_campaign
        assert rows.loc[rows["campaign_name"].eq("Ad"), "is_mature"].tolist() == [mature]
    window, won = told(company)
    unknown = window_costs(lag_days=0, why={"lag_days": "no touches of won deals"})
    assert not campaigns(window, won, unknown).by_campaign["is_mature"].any()
    assert campaigns(window, won, window_costs(lag_days=0)).by_campaign["is_mature"].all()


def slow(window, won):
    """Credit by rule, campaign (its channel where none) and deal: plain loops over the touches of won journeys."""
    found, credit = won.found, defaultdict(lambda: defaultdict(float))
    for number, journey in enumerate(found.journeys.to_dict("records")):
        touches = [row for row in found.touches.to_dict("records") if row["journey"] == number]
        if journey["kind"] != "won":
            continue
        n, channels = len(touches), [won.channels[row["channel"]] for row in touches]
        decayed = [2 ** -(row["days_before"] / 7) for row in touches]
        for rule in RULES:
            if rule == "time_decay":
                shares = [value / sum(decayed) for value in decayed]
            elif rule == "shapley":
                shares = [1 / len(set(channels)) / channels.count(channel) for channel in channels]
            else:
                shares = shares_of(rule, n, journey["lead"], journey["opportunity"], journey["won"])
            for row, channel, share in zip(touches, channels, shares, strict=True):
                key = row["campaign_id"] if isinstance(row["campaign_id"], str) else f"none: {channel}"
                credit[rule, key][journey["record_id"]] += float(share) * journey["amount"]
    return credit


def whole(window):
    """Return the journeys of all deals won by the day, whenever they closed."""
    found = window.journeys("close", since=None, until=window.view.day)
    return SimpleNamespace(found=found, channels=found.channels)


@pytest.mark.parametrize(("seed", "quarters"), [(1, 4), (2, 0)])
def test_campaigns_are_those_of_plain_loops(seed, quarters):
    company = random_company(seed)
    window, won = told(company, lookback_days=90, quarters=quarters)
    assert len(whole(window).found.journeys) > len(won.found.journeys) or quarters
    costs = [{"campaign_id": f"k{n}", "spend_amount": 900.0 * 5**n} for n in range(6)]
    found = campaigns(window, won, window_costs(*costs, margin=0.7, most_cost=0.5))
    credit, rows = slow(window, whole(window)), by_id(found)
    touches = company.table("touches")
    key = touches["campaign_id"].fillna("none: " + touches["channel"].astype("str"))
    n_touches = key.value_counts()
    late = touches["touched_at"] >= pd.Timestamp(window.since) - pd.Timedelta(days=30)
    here = {*key[late], *(cost["campaign_id"] for cost in costs)}
    assert rows["n_touches"].to_dict() == n_touches[sorted(here)].to_dict()
    assert found.n_older == sum(not key.startswith("none") for key in set(n_touches.index) - here)
    assert found.rules == RULES and (len(rows) == 9) == (quarters == 4)
    for key, row in rows.iterrows():
        amounts = [sum(credit[rule, key].values()) for rule in RULES]
        spend = {f"k{n}": 900.0 * 5**n for n in range(6)}.get(key, float("nan"))
        linear = credit["linear", key]
        assert row["lowest_amount"] == pytest.approx(min(amounts), abs=1e-6)
        assert row["highest_amount"] == pytest.approx(max(amounts), abs=1e-6)
        assert row["reference_amount"] == pytest.approx(sum(linear.values())) and row["n_deals"] == len(linear)
        assert row["top_deal_share"] == pytest.approx(max(linear.values()) / sum(linear.values()))
        returns = [(amount * 0.7 - spend) / spend for amount in amounts]
        assert row["lowest_return"] == pytest.approx(min(returns), nan_ok=True)
        assert row["highest_return"] == pytest.approx(max(returns), nan_ok=True)
        n_earn = sum(spend <= 0.5 * amount for amount in amounts)
        wanted = "" if spend != spend else {0: "none", len(RULES): "all"}.get(n_earn, "some")
        assert row["verdict"] == wanted
    assert set(rows["verdict"]) >= {"", "all", "none"}


@pytest.mark.parametrize("rule", RULES)
def test_campaigns_add_up_to_channels_and_to_the_total_to_the_cent(rule):
    company = random_company(3)
    found, (_, won) = measured(company, reference_model=rule), told(company)
    sums = found.by_campaign.groupby("channel")["reference_amount"].sum()
    assert sums.to_dict() == pytest.approx(won.of(rule)["credited_amount"].to_dict(), abs=0.005)
    by_model = found.by_type_model[found.by_type_model["model"].eq(rule)]
    total = won.found.journeys["amount"].sum()
    assert by_model["credited_amount"].sum() == pytest.approx(total, abs=0.005) and total > 10_000
    assert by_model["credited_deals"].sum() == pytest.approx(won.found.journeys["wins"].sum())
    assert found.by_type["reference_amount"].tolist() == pytest.approx(by_model["credited_amount"].tolist())


def test_one_account_that_won_tells_no_range():
    deals = [won("d1", "A", amount=100.0)]
    row = by_id(measured(hand_made(deals=deals), {"campaign_id": "s", "spend_amount": 10.0})).loc["s"]
    assert row[["low", "high"]].isna().all() and row["reference_amount"] > 0


def test_ranges_are_those_of_the_draws_of_channels():
    """Each channel one campaign: the return in each draw is what the draw credits the channel with."""
    company = random_company(4)
    touches = company.table("touches")
    company = with_tables(
        company, touches=touches.assign(campaign_id=touches["channel"]), campaigns=table("campaigns", [])
    )
    costs = [{"campaign_id": f"channel_{n}", "spend_amount": 30_000.0} for n in range(3)]
    window, won = told(company, draws=300, level=0.6)
    rows = by_id(campaigns(window, won, window_costs(*costs)))
    for place, name in enumerate(won.channels[:3]):
        drawn = (won.draws.amount["linear"][place] * 0.8 - 30_000) / 30_000
        low, high = drawn_range(drawn[None], [won.draws.behind("linear")[place]], level=0.6)
        assert rows.loc[name, ["low", "high"]].tolist() == pytest.approx([low[0], high[0]])
        assert rows.loc[name, "low"] < rows.loc[name, "high"]
    assert rows.loc["channel_3", ["low", "high"]].isna().all()
    types = campaigns(window, won, window_costs(*costs)).by_type.iloc[0]
    drawn = (won.draws.amount["linear"][:3].sum(axis=0) * 0.8 - 90_000) / 90_000
    wins = won.found.journeys[won.found.journeys["wins"] > 0]  # of the type, the campaign without a cost among them
    n = won.of("linear")["credited_deals"].sum() * wins["account"].nunique() / len(wins)
    low, high = drawn_range(drawn[None], [n], level=0.6)
    assert [types["low"], types["high"]] == pytest.approx([low[0], high[0]])


def test_nothing_recorded_after_the_day_changes_a_number():
    costs = [{"campaign_id": "w1", "spend_amount": 40.0}, {"campaign_id": "s", "spend_amount": 70.0}]
    company, day = hand_made(), "2026-06-05"
    later = [
        touch("u1", "cA", "2026-06-20", "social", campaign_id="s"),
        touch("u2", "cD", "2026-06-20", "radio", campaign_id="x"),
        touch("u3", "cB", "2026-06-06", "event", campaign_id="lostonly"),
    ]  # fmt: skip
    closing = change("d4", "2026-06-10 09:00", 5, stage_name="Won", close_date="2026-06-10", amount=9.0)
    found = {name: company.table(name) for name in ("touches", "opportunity_history")}
    history = pd.concat([found["opportunity_history"], table("opportunity_history", [closing])], ignore_index=True)
    grown = with_tables(company, touches=pd.concat([found["touches"], table("touches", later)], ignore_index=True),
                        opportunity_history=history)  # fmt: skip
    after = {"campaign_id": "w1", "spend_amount": 99.0, "last": "2026-07-15"}
    before, told_then = measured(company, *costs, day=day), measured(grown, *costs, after, day=day)
    for name in ("by_campaign", "by_type", "by_type_model", "returns_by_rule"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(told_then, name))
    assert not before.by_campaign.equals(measured(grown, *costs, day="2026-06-30").by_campaign)


def test_order_of_rows_and_names_of_ids_change_nothing():
    company = random_company(5)
    costs = [{"campaign_id": f"k{n}", "spend_amount": 900.0 * 5**n} for n in range(6)]
    first = measured(company, *costs)
    shuffled = with_each(company, lambda rows: rows.sample(frac=1, random_state=1).reset_index(drop=True))
    history = shuffled.table("opportunity_history").sort_values(["opportunity_id", "changed_at"], ignore_index=True)
    second = measured(with_tables(shuffled, opportunity_history=history), *costs[::-1])
    for name in ("by_campaign", "by_type", "by_type_model", "returns_by_rule"):
        pd.testing.assert_frame_equal(getattr(second, name), getattr(first, name), rtol=1e-9)
    ids = {name: company.table(name).assign(campaign_id="z" + company.table(name)["campaign_id"])
           for name in ("touches", "campaigns")}  # fmt: skip
    third = measured(
        with_tables(company, **ids), *({**cost, "campaign_id": "z" + cost["campaign_id"]} for cost in costs)
    )
    pd.testing.assert_frame_equal(
        third.by_campaign.drop(columns="campaign_id"), first.by_campaign.drop(columns="campaign_id")
    )


def test_another_currency_scale_scales_amounts_and_leaves_returns():
    company = random_company(6)
    cost = {"campaign_id": "k1", "spend_amount": 900.0}
    first = by_id(measured(company, cost))
    tables = {name: company.table(name).assign(amount=company.table(name)["amount"] * 1000)
              for name in ("opportunities", "opportunity_history")}  # fmt: skip
    second = by_id(measured(with_tables(company, **tables), cost | {"spend_amount": 900_000.0}))
    assert second["reference_amount"].tolist() == pytest.approx((first["reference_amount"] * 1000).tolist())
    same = ["lowest_return", "highest_return", "low", "high", "top_deal_share"]
    pd.testing.assert_frame_equal(second[same], first[same], rtol=1e-9)
    assert second["verdict"].tolist() == first["verdict"].tolist()


def test_hostile_names_are_data():
    names = ["=cmd|'/c calc'!A1", "<script>alert(1)</script>", NO_CAMPAIGN, "none: email", ""]
    company = hand_made()
    kept = company.table("campaigns").assign(campaign_name=pd.Series(names, dtype="str"), campaign_type="\x1f|,;\n")
    cost = {"campaign_name": NO_CAMPAIGN, "channel": "email", "campaign_type": NO_CAMPAIGN, "spend_amount": 3.0}
    found = measured(with_tables(company, campaigns=kept), cost)
    rows = found.by_campaign
    assert sorted(rows["campaign_name"].iloc[:5]) == sorted(names) and len(rows) == 7
    assert rows["spend_amount"].notna().tolist() == [False] * 5 + [True, False]
    assert rows["reference_amount"].iloc[5:].tolist() == [0, 150]
    assert found.by_type["campaign_type"].tolist() == ["\x1f|,;\n", NO_CAMPAIGN]


def test_campaigns_that_the_crm_does_not_list_have_the_names_on_their_touches():
    company = hand_made(campaigns=[])
    touches = company.table("touches")
    named = touches.assign(
        campaign_name=touches["campaign_id"].map(NAMES), campaign_type=touches["campaign_id"].map(TYPES)
    )
    expected, found = measured(hand_made()), measured(with_tables(company, touches=named))
    pd.testing.assert_frame_equal(found.by_campaign, expected.by_campaign)
    rows = measured(company).by_campaign
    assert rows["campaign_name"].isna().tolist() == [True] * 5 + [False]
    assert rows["campaign_type"].tolist() == ["Unknown"] * 5 + [NO_CAMPAIGN]


def test_a_campaign_of_several_channels_is_one_row_under_most_of_its_touches():
    company = hand_made()
    touches = company.table("touches")
    first = touches["touch_id"].eq("t4")
    rows = by_id(measured(with_tables(company, touches=touches.assign(channel=touches["channel"].mask(first, "ad")))))
    assert rows.loc["s", "channel"] == "ad" and rows.loc["s", "reference_amount"] == pytest.approx(150 + 100 / 3)
    more = pd.concat([touches, table("touches", [touch("t9", "cB", "2026-03-01", "social", campaign_id="s")])])
    more = more.assign(channel=more["channel"].mask(more["touch_id"].eq("t4"), "ad")).reset_index(drop=True)
    assert by_id(measured(with_tables(company, touches=more))).loc["s", "channel"] == "social"


def test_a_markov_reference_gives_way_to_linear():
    found = measured(hand_made(), reference_model="markov_1")
    assert found.reference == "linear" and not any(rule.startswith("markov") for rule in found.rules)
    only = measured(hand_made(), models=("markov_1", "first_touch"), reference_model="markov_1")
    assert only.rules == ("first_touch", "linear") and only.reference == "linear"
    assert by_id(only)["reference_amount"].tolist() == pytest.approx(by_id(found)["reference_amount"].tolist())


def test_first_and_last_conversions_alone_have_no_campaigns():
    people = [contact("cA", "A", first_conversion_at="2026-02-01", recent_conversion_at="2026-04-01")]
    found = measured(hand_made(contacts=people, touches=[], contact_roles=[]))
    assert found.rules == ("first_touch", "last_touch") and found.reference == "first_touch"
    assert found.by_campaign["campaign_name"].tolist() == [NO_CAMPAIGN] and found.by_campaign["n_touches"].tolist() == [
        2
    ]
    assert found.by_campaign["reference_amount"].tolist() == [100.0]


def test_nothing_won_and_nothing_touched():
    deals = [won("d1", "A", stage_name="Lost")]
    cost = {"campaign_id": "w1", "spend_amount": 40.0}
    found = measured(hand_made(deals=deals), cost)
    row = by_id(found).loc["w1"]
    assert row[["reference_amount", "highest_return"]].isna().all() and row["verdict"] == "" and found.rules == ()
    assert (row["spend_amount"], row["n_touches"]) == (40, 2) and found.returns_by_rule.empty
    quiet = measured(hand_made(touches=[], campaigns=[]), cost)
    assert quiet.by_campaign["campaign_id"].tolist() == ["w1"] and quiet.by_campaign["n_touches"].tolist() == [0]
    empty = measured(hand_made(touches=[], campaigns=[]))
    assert empty.by_campaign.empty and empty.by_type.empty and empty.by_type_model.empty
    assert empty.by_campaign.dtypes.astype(str).equals(quiet.by_campaign.dtypes.astype(str))


def test_in_a_slice_only_its_deals_count():
    company = hand_made()
    regions = company.table("opportunities").assign(region=["AMER", "EMEA", "EMEA", "EMEA"])
    found = by_id(measured(with_tables(company, opportunities=regions), slice={"region": "EMEA"}))
    assert found["reference_amount"].to_dict() == {"lostonly": 0, "next": 0, "s": 150, "w1": 0, "none: email": 150}
    assert found["verdict"].eq("").all() and found["spend_amount"].isna().all()


def test_the_sample_company_adds_up(sample):
    day = "2026-06-09"
    window, won = told(sample, day, quarters=24)
    costs = sample.table("campaigns").dropna(subset=["actual_cost_amount"]).head(200)
    costs = [{"campaign_id": row.campaign_id, "spend_amount": row.actual_cost_amount} for row in costs.itertuples()]
    found = campaigns(window, won, window_costs(*costs))
    sums = found.by_campaign.groupby("channel")["reference_amount"].sum()
    linear = won.of("linear")["credited_amount"]
    assert sums.reindex(linear.index).tolist() == pytest.approx(linear.tolist(), abs=0.005)
    assert found.by_campaign["campaign_id"].is_unique and set(found.by_campaign["verdict"]) == {
        "",
        "all",
        "some",
        "none",
    }
    weighted = found.to_come.of_touch.sum()
    assert found.by_campaign["to_come_amount"].sum() == pytest.approx(weighted) and weighted > 0
    state = as_of(sample, day).opportunities
    touched = state[state["opportunity_id"].isin(found.to_come.found.journeys["opportunity_id"])]
    chance = found.to_come.chances.set_index("stage_name")["chance"]
    assert weighted == pytest.approx((touched["amount"] * touched["stage_name"].map(chance)).sum())
    assert found.to_come.n_deals == len(touched) > 50
