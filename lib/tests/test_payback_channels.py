"""Payback by channel: credit and cost as the attribution report has them, sums that add up to the books, verdicts."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from companies_of_people import contact, role, touch, won
from hand_payback import books, company, customer_months, customers, effort, lag, new_customer
from scipy.stats import norm, t
from spending_companies import ad, by_day, campaign, people

from frames import as_of
from revops.analysis.credit import credit_by_model, credit_draws, from_paths
from revops.analysis.resampling import customer_counts
from revops.analysis.spending import cost_lines
from revops.measures.attribution_comparison.costs import window_costs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.knobs import Knobs as AttributionKnobs
from revops.measures.attribution_comparison.window import window_of as attribution_window
from revops.measures.cac_payback.books import books_of
from revops.measures.cac_payback.channels import (
    BY_CHANNEL,
    BY_MODEL,
    NO_CHANNEL,
    UNALLOCATED,
    ChannelCosts,
    ChannelCredit,
    channels,
)
from revops.measures.cac_payback.channels.kinds import marginal
from revops.measures.cac_payback.channels.paybacks import paybacks
from revops.measures.cac_payback.channels.verdicts import verdicts
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.effort_by_month import ByMonth
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import ladder
from revops.measures.cac_payback.lag import lag_of, lagged
from revops.measures.cac_payback.window import window_of

THREE = ("first_touch", "last_touch", "linear")
KNOBS = {"models": THREE, "draws": 100, "quarters": 0}
NAN, INF = float("nan"), float("inf")


def rung(window, spend, *, n=4, months=None):
    """Return as much of a ladder as channels take from one."""
    row = pd.Series({"spend_amount": float(spend), "n_customers": n})
    return SimpleNamespace(of=lambda basis: {"lagged": row}[basis], months=window.months if months is None else months)


def told(tables, *, programs=(100.0,) * 6, new_share=1.0, margin=0.8, starts=("2026-05",) * 4, knobs=(), months=None,
         source="ledger", **more):  # fmt: skip
    """Return the channels of a tiny company from April to June 2026: books from January on, all cost at once."""
    window = company(knobs=KNOBS | dict(knobs), **tables, **more)
    kept = replace(books("2026-01", list(programs), margin=margin), source=source, window_margin=margin)
    began = customers(*(new_customer(f"N{at}", start) for at, start in enumerate(starts)))
    months = window.months if months is None else months
    cost = kept.all_spend.reindex(months).sum(skipna=False)
    found = channels(window, kept, began, lag(), effort(new_share), rung(window, cost * new_share, months=months))
    assert list(found.by_model) == BY_MODEL and list(found.by_channel) == BY_CHANNEL
    return found


def rows(table, *columns, **where):
    """Return rows of a table as tuples, where columns are as said; NaN as None."""
    for name, value in where.items():
        table = table[table[name].eq(value)]
    table = table[list(columns)].astype(object)
    return list(table.where(table.notna(), None).itertuples(index=False, name=None))


def hand():
    """Three deals of new business with touches (120 each), one without (240), one of expansion, all closed on 1 May."""
    found = people(
        (120.0, "2026-05-01", ("a", "2026-04-21"), ("b", "2026-04-11")), (120.0, "2026-05-01", ("a", "2026-04-21")),
        (120.0, "2026-05-01", ("c", "2026-04-21")), (60.0, "2026-05-01", ("a", "2026-04-21")),
    )  # fmt: skip
    found["deals"][3] |= {"type": "expansion"}
    found["deals"].append(won("dark", "B", amount=240.0, close_date="2026-05-01", created_at="2025-01-01 09:00"))
    return found


@pytest.fixture(scope="module")
def halyard(sample):
    """The sample company at the end of May 2026: both reports, the same days."""
    view = as_of(sample, "2026-05-31")
    window = window_of(view, Knobs(draws=100))
    began = customers_of(window)
    kept, after = books_of(window), lag_of(began, window)
    driven = effort_of(window, began, after)
    steps = ladder(window, kept, began, after, driven, expansion=pd.Series(dtype=float, index=pd.DatetimeIndex([])))
    other = attribution_window(view, AttributionKnobs(draws=100))
    its = credited(other)
    return SimpleNamespace(
        window=window, books=kept, lag=after, effort=driven, ladder=steps, other=other, its=its,
        costs=window_costs(other, its), found=channels(window, kept, began, after, driven, steps),
    )  # fmt: skip


def test_credit_is_that_of_the_attribution_report_for_the_same_days(halyard):
    ours, its = halyard.found.won.table, halyard.its.table
    assert (halyard.window.since, halyard.window.until) == (halyard.other.since, halyard.other.until)
    assert len(its) > 100 and ours[["model", "channel"]].equals(its[["model", "channel"]])
    for name in ("credited_deals", "credited_amount"):
        np.testing.assert_allclose(ours[name], its[name], rtol=1e-12)
    shared = ours[~ours["model"].str.startswith("markov")]
    assert ours.loc[ours["model"].str.startswith("markov"), "expansion_amount"].isna().all()
    for kind in ("deals", "amount"):
        both = shared[f"new_{kind}"] + shared[f"expansion_{kind}"]
        np.testing.assert_allclose(both, shared[f"credited_{kind}"], rtol=1e-9, atol=1e-6)
        assert (shared[f"expansion_{kind}"] > 0).any()


def test_own_spend_and_its_lag_are_those_of_the_attribution_report(halyard):
    assert halyard.found.costs.lag_days == halyard.costs.lag_days > 30
    its = halyard.costs.by_channel.set_index("channel")["spend_amount"]
    pd.testing.assert_series_equal(halyard.found.costs.own, its[its > 0], check_names=False)


def test_channels_of_every_model_add_up_to_the_ladder_and_to_the_books(halyard):
    found, new_spend = halyard.found, halyard.ladder.of("lagged")["spend_amount"]
    table = found.by_model.fillna({"spend_amount": 0.0})
    sums = (table["spend_amount"] + table["overhead_amount"]).groupby(table["model"]).sum()
    assert len(sums) == 16
    np.testing.assert_allclose(sums, new_spend, rtol=1e-9)
    np.testing.assert_allclose(table.groupby("model")["credited_deals"].sum(), found.won.n_new, rtol=1e-9)
    moved = lagged(halyard.books.all_spend, halyard.lag.weights, 0.9).reindex(halyard.ladder.months)
    assert found.reconciliation["spend_amount"].sum() == pytest.approx(moved.sum())
    assert found.reconciliation["new_spend_amount"].sum() == pytest.approx(new_spend)
    assert found.reconciliation["channel"].iloc[-1] == UNALLOCATED
    whole = found.kinds.set_index("kind").loc["blended"]
    assert whole["cac_amount"] == pytest.approx(halyard.ladder.of("lagged")["cac_amount"])


def test_linear_by_plain_loops(halyard):
    """Won deals of new business of the window, each shared evenly among its touches; days of costs one by one."""
    found, window = halyard.found, halyard.window
    journeys, touches = found.won.found.journeys, found.won.found.touches
    deals, amount = defaultdict(float), defaultdict(float)
    for number, group in touches.groupby("journey"):
        if journeys["kind"][number] == "won" and journeys["type"][number] == "new":
            for code in group["channel"]:
                name = found.won.found.channels[code]
                deals[name] += 1 / len(group)
                amount[name] += journeys["amount"][number] / len(group)
    back = dt.timedelta(days=found.costs.lag_days)
    own = by_day(cost_lines(window.view).lines, window.since - back, window.until - back)
    state = window.view.opportunities
    days = pd.Timestamp(window.since), pd.Timestamp(window.until)
    n_new = int((state["type"].eq("new") & state["outcome"].eq("won") & state["close_date"].between(*days)).sum())
    share = halyard.effort.new_share
    each = (halyard.ladder.of("lagged")["spend_amount"] - share * sum(own.values())) / n_new
    ours = found.by_model[found.by_model["model"].eq("linear")].set_index("channel")
    assert set(deals) <= set(ours.index) and ours["credited_deals"].sum() == pytest.approx(n_new)
    for name in deals:
        row, cost = ours.loc[name], own.get(name, 0.0) * share + each * deals[name]
        assert row["credited_deals"] == pytest.approx(deals[name])
        assert row["cac_amount"] == pytest.approx(cost / deals[name])
        monthly = amount[name] / 12 * halyard.books.window_margin
        assert row["payback_months"] == pytest.approx(cost / monthly)
        assert row["own_payback_months"] == pytest.approx(own[name] * share / monthly)


def test_a_company_by_hand():
    """Books: 300 in the quarter, half of it for new business: 150. Lag: half of the linear credit (a 1/2 + 1, b 1/2,
    c 1, a 1 of expansion: 3.5 of 4 at 10 days) lies at 10 days, so spend of 22 March to 20 June counts: a 40, d 20.
    Own of new business a 20, d 10; overhead 150 - 30 = 120, over 4 deals: 30 each. a is credited with 1.5 deals and
    180: own 20, overhead 45, CAC 65 / 1.5, payback 65 / (180 / 12 x 0.8). d is credited with nothing."""
    spend = [ad("x", "2026-03-21", 1000.0, channel="a"), ad("x", "2026-03-22", 40.0, channel="a"),
             ad("y", "2026-06-20", 20.0, channel="d"), ad("y", "2026-06-21", 1000.0, channel="d")]  # fmt: skip
    found = told(hand(), new_share=0.5, spend=spend)
    assert found.costs.lag_days == 10 and found.model == "linear"
    columns = ["channel", "credited_deals", "credited_amount", "spend_amount", "overhead_amount"]
    assert rows(found.by_model, *columns, model="linear") == [
        (NO_CHANNEL, 1.0, 240.0, None, 30.0), ("a", 1.5, 180.0, 20.0, 45.0), ("b", 0.5, 60.0, None, 15.0),
        ("c", 1.0, 120.0, None, 30.0), ("d", 0.0, 0.0, 10.0, 0.0),
    ]  # fmt: skip
    ours = found.by_model[found.by_model["model"].eq("linear")].set_index("channel")
    assert ours.loc["a", "cac_amount"] == pytest.approx(65 / 1.5)
    assert ours.loc["a", "own_payback_months"] == pytest.approx(20 / 12)
    assert ours.loc["a", "payback_months"] == pytest.approx(65 / 12)
    assert ours.loc[NO_CHANNEL, "payback_months"] == pytest.approx(30 / (240 / 12 * 0.8))
    assert ours.loc["d", ["cac_amount", "payback_months", "own_payback_months", "low", "high"]].isna().all()
    assert rows(found.reconciliation, *found.reconciliation) == [
        ("a", 40.0, 20.0),
        ("d", 20.0, 10.0),
        (UNALLOCATED, 240.0, 120.0),
    ]
    assert rows(found.won.table, "channel", "expansion_deals", "expansion_amount", model="linear") == [
        ("a", 1.0, 60.0),
        ("b", 0.0, 0.0),
        ("c", 0.0, 0.0),
    ]
    assert rows(found.by_channel, "channel", "n_deals", "verdict") == [
        ("a", 2, "few"),
        ("b", 1, "no_cost"),
        ("c", 1, "no_cost"),
        ("d", 0, "few"),
    ]
    assert found.why == {}


def test_spend_without_a_channel_is_a_channel_of_its_own():
    """An ad row that names no channel stands under unknown; it is told, and the rest still adds up."""
    found = told(hand(), spend=[ad("x", "2026-05-01", 40.0, channel=None)])
    assert rows(found.reconciliation, *found.reconciliation) == [("unknown", 40.0, 40.0), (UNALLOCATED, 260.0, 260.0)]
    assert rows(found.by_channel, "channel", "spend_amount", "verdict", channel="unknown") == [("unknown", 40.0, "few")]


def test_what_the_ads_say_beyond_the_books_is_taken_off_by_deal_and_said():
    found = told(hand(), spend=[ad("x", "2026-05-01", 500.0, channel="a")])
    ours = found.by_model[found.by_model["model"].eq("linear")].set_index("channel")
    assert ours["overhead_amount"].sum() == pytest.approx(-200.0) and ours.loc["a", "overhead_amount"] == -75.0
    assert ours.loc["a", "cac_amount"] == pytest.approx(425 / 1.5)
    assert np.isnan(ours.loc["c", "payback_months"]) and ours["spend_amount"].sum() == 500.0
    assert found.why["overhead_amount"] == (
        "ad systems and campaigns say more was spent than the books hold for these months: what is unallocated is "
        "below 0 and taken off by deal"
    )


def test_months_that_the_ladder_leaves_out_count_in_neither_deals_nor_spend():
    """Of April to June only April and June: the deal of May and the spend of May (at lag 0) are in nothing."""
    deals = people(*((120.0, f"2026-0{month}-15", ("a", f"2026-0{month}-15")) for month in (4, 5, 6)))
    spend = [ad("x", f"2026-0{month}-20", 10.0 ** (month - 3), channel="a") for month in (4, 5, 6)]
    months = pd.DatetimeIndex(["2026-04-01", "2026-06-01"])
    found = told(deals, spend=spend, months=months)
    assert found.costs.lag_days == 0 and found.won.n_new == 2
    assert rows(found.by_model, "channel", "credited_deals", "spend_amount", "overhead_amount", model="linear") == [
        (NO_CHANNEL, 0.0, None, 0.0), ("a", 2.0, 1010.0, -810.0)
    ]  # fmt: skip
    whole = told(deals, spend=spend)
    assert rows(whole.by_model, "channel", "credited_deals", "spend_amount", model="linear")[1] == ("a", 3.0, 1110.0)


def test_without_touches_nothing_is_credited_and_it_is_said():
    deals = {"deals": [won(f"00{at}", f"A{at}", amount=100.0) for at in range(3)]}
    found = told(deals, spend=[ad("x", "2026-05-01", 50.0, channel="a")])
    assert found.by_model.empty and found.model is None and found.won.n_untouched == found.won.n_new == 3
    assert rows(found.by_channel, "channel", "spend_amount", "n_deals", "n_models", "verdict", "is_sure") == [
        ("a", 50.0, 0, 0, "few", False)
    ]
    assert {"channels": found.why["channels"]} == {"channels": "needs won deals of new business with touches"}
    assert rows(found.kinds, "kind", "n_customers", "cac_amount", "note")[1] == (
        "paid", None, None, "no model can be had"
    )  # fmt: skip
    assert rows(found.reconciliation, *found.reconciliation) == [("a", 50.0, 50.0), (UNALLOCATED, 250.0, 250.0)]


def test_a_company_without_any_deal_is_told_without_channels():
    found = told({}, starts=())
    assert found.by_model.empty and found.by_channel.empty and found.won.n_new == 0
    assert rows(found.kinds, "kind", "cac_amount", "note") == [
        ("blended", None, "no new customer in these months"), ("paid", None, "no ad system bills any channel"),
        ("marginal", None, "cost or new customers of a year before are not known"),
    ]  # fmt: skip


def test_a_slice_has_no_channels():
    deals = hand()
    for deal in deals["deals"]:
        deal["region"] = "EMEA"
    found = told(deals, knobs={"slice": {"region": "EMEA"}}, spend=[ad("x", "2026-05-01", 50.0, channel="a")])
    assert found.by_model.empty and found.by_channel.empty and found.reconciliation.empty and found.won is None
    assert found.why == {"channels": "spend is not told by region"} and found.model is None
    assert found.kinds["kind"].tolist() == ["blended", "paid", "marginal"]
    assert rows(found.kinds, "cac_amount", "note", kind="paid") == [(None, "spend is not told by region")]
    assert rows(found.kinds, "spend_amount", "n_customers", "cac_amount", kind="blended") == [(300.0, 4.0, 75.0)]
    full = told(hand(), spend=[ad("x", "2026-05-01", 50.0, channel="a")])
    for name in ("by_model", "by_channel", "reconciliation", "kinds"):
        assert getattr(found, name).dtypes.equals(getattr(full, name).dtypes)


def test_without_a_profit_and_loss_what_is_unallocated_is_said_to_be_days_alone():
    found = told(hand(), source="campaigns", campaigns=[campaign("1", 60.0)])
    assert found.why["overhead_amount"] == (
        "without a profit and loss, people are in no cost: what is unallocated is spend of other days alone, as the "
        "lag from lead to first bill is not that from touch to close"
    )
    assert rows(found.kinds, "kind", "note")[1] == ("paid", "no ad system bills any channel")
    assert found.reconciliation["channel"].tolist() == ["fair", UNALLOCATED]


@pytest.mark.parametrize(("given", "why"), [
    ({"margin": NAN}, {"payback_months": "gross margin is not known"}),
    ({"margin": -0.2}, {"payback_months": "never: gross margin is not above 0"}),
    ({"new_share": NAN}, {"payback_months": "nothing tells which share of the cost new customers bear"}),
    ({"programs": (100.0, 100.0, 100.0, 100.0, NAN, 100.0)},
     {"overhead_amount": "what the books hold for these months is not known: only own spend is told"}),
])  # fmt: skip
def test_what_is_not_known_has_no_payback_and_no_verdict(given, why):
    found = told(hand(), knobs={"fewest_customers": 2}, spend=[ad("x", "2026-05-01", 40.0, channel="a")], **given)
    assert found.by_model["payback_months"].isna().all() and found.by_model["low"].isna().all()
    assert rows(found.by_channel, "verdict", "n_above", "is_sure", channel="a") == [("untold", 0, False)]
    assert {name: text for name, text in found.why.items() if name != "spend_amount"} == why
    own = found.by_model[["own_payback_months", "channel"]].dropna()
    assert set(own["channel"]) == ({"a"} if "programs" in given else set())


def test_the_export_that_misses_part_of_the_days_is_named():
    found = told(hand(), spend=[ad("x", "2026-04-01", 40.0, until="2026-05-31", channel="a")])
    assert found.why == {
        "spend_amount": "not known for part of 2026-03-22 to 2026-06-20: google_ads 30 days outside the export"
    }
    assert told(hand()).why == {"spend_amount": "no channel has a cost of its own: no export of ad systems, no "
                                                "campaigns with their actual cost"}  # fmt: skip
    early = told(hand(), campaigns=[campaign("1", 60.0, "2026-01-01", "2026-01-31")])
    assert early.why["spend_amount"] == "no channel has a cost of its own: none of these days"


def single(n, *channels_of_each, amount=1200.0):
    """Return paths of n won deals for each list of channels, each an account of its own."""
    return from_paths([(list(path), 1, 0, amount) for path in channels_of_each for _ in range(n)])


def credit_of(paths, models=THREE, *, n_draws=400, dark=(0, 0.0)):
    """Return credit of plain paths, all of it new business; dark: deals without touches and their amount."""
    table = credit_by_model(paths, models).rename(columns={"credited_deals": "new_deals",
                                                           "credited_amount": "new_amount"})  # fmt: skip
    draws = credit_draws(paths, models, seed=3, n_draws=n_draws)
    won_deals, amount = paths.values("wins").sum() + dark[0], paths.values("amount").sum() + dark[1]
    months = pd.DatetimeIndex(["2026-05-01"])
    return ChannelCredit(months, None, paths, paths, table, draws, models[0], {}, int(won_deals), float(amount), *dark)


def costs_of(overhead=0.0, **own):
    """Return costs by channel, all of them of new business."""
    table = pd.DataFrame({"channel": [*own, UNALLOCATED], "spend_amount": [*own.values(), overhead],
                          "new_spend_amount": [*own.values(), overhead]})  # fmt: skip
    return ChannelCosts(0, pd.Series(own, dtype="float64").rename_axis("channel"), (), table, overhead, {})


def judged(credit, costs, margin=1.0, **knobs):
    """Return by_channel of credit and costs by hand, by channel; a deal of 1,200 is worth 100 a month, 1,800 in 18."""
    knobs = Knobs(**{"models": THREE, "reference_model": "linear", **knobs})
    table = verdicts(paybacks(credit, costs, margin, knobs), credit, costs, margin, knobs)
    assert list(table) == BY_CHANNEL
    return table.set_index("channel")


def test_verdicts_over_models_and_what_makes_a_channel_take_too_long():
    """Forty deals each of a, b, c and of d before e (first touch: d, last touch: e, linear half each). 40 deals repay
    72,000 in 18 months. Overhead is 200 a deal, 8,000 for forty. a costs 40,000: 12 months with overhead; b 80,000:
    own alone is too much; c 70,000: only with overhead; d 50,000: 14.5 months under first touch, never under last
    touch, 27 under linear."""
    credit = credit_of(single(40, "a", "b", "c", "de"))
    found = judged(credit, costs_of(32_000.0, a=40_000.0, b=80_000.0, c=70_000.0, d=50_000.0))
    assert found["verdict"].to_dict() == {"a": "below", "b": "above", "c": "above", "d": "depends", "e": "no_cost"}
    assert found["cause"].to_dict() == {"a": "", "b": "own", "c": "together", "d": "", "e": ""}
    assert found["n_above"].to_dict() == {"a": 0, "b": 3, "c": 3, "d": 2, "e": 0}
    assert found.loc["a", "lowest_months"] == found.loc["a", "highest_months"] == pytest.approx(48_000 / 4_000)
    assert found.loc["d", "lowest_months"] == pytest.approx(58_000 / 4_000) and found.loc["d", "highest_months"] == INF
    excess = found[["excess_amount", "excess_low", "excess_high"]]
    assert excess.loc["b"].tolist() == pytest.approx([80_000 - 72_000.0] * 3), "overhead stays, whatever is cut"
    assert excess.loc[["a", "c", "d", "e"]].isna().all(axis=None), "told only where own cost alone is what takes long"
    assert not found.loc["e", "is_sure"]


def test_own_cost_beyond_the_target_is_told_over_models():
    """Forty deals of x then y. First touch credits x with all: 72,000 are repaid; linear with half: 36,000; last touch
    with nothing. x costs 80,000 of its own: 8,000, 44,000 and all 80,000 are beyond it."""
    found = judged(credit_of(single(40, "xy")), costs_of(0.0, x=80_000.0))
    assert found.loc["x", ["verdict", "cause"]].tolist() == ["above", "own"]
    excess = found.loc["x", ["excess_low", "excess_amount", "excess_high"]].tolist()
    assert excess == pytest.approx([8_000.0, 44_000.0, 80_000.0])


def test_deals_without_touches_are_counted_of_new_business_and_of_all():
    """Of the company by hand: one deal of new business without a touch (240); and one of expansion (70) beside it."""
    found = hand()
    found["deals"].append(won("more", "C", amount=70.0, type="expansion", close_date="2026-05-02"))
    found["deals"].append(won("later", "D", amount=9.0, type="expansion", close_date="2026-07-02"))
    credit = told(found).won
    assert (credit.n_untouched, credit.untouched_amount, credit.untouched_all_amount) == (1, 240.0, 310.0)


def test_where_overhead_alone_takes_too_long_no_cut_mends_it_and_no_money_is_told():
    """2,000 of overhead a deal against 1,800 that a deal repays in 18 months."""
    found = judged(credit_of(single(40, "a")), costs_of(80_000.0, a=400.0))
    assert found.loc["a", ["verdict", "cause"]].tolist() == ["above", "overhead"]
    assert found.loc["a", ["excess_amount", "excess_low", "excess_high"]].isna().all()


def test_what_is_equal_to_the_target_is_within_it():
    credit = credit_of(single(40, "a", "b"))
    found = judged(credit, costs_of(0.0, a=72_000.0, b=72_000.1))
    assert found["verdict"].to_dict() == {"a": "below", "b": "above"}


def test_a_channel_on_few_deals_is_never_judged():
    credit = credit_of(from_paths([(["a"], 1, 0, 1200.0)] * 9 + [(["b"], 1, 0, 1200.0)] * 10))
    found = judged(credit, costs_of(0.0, a=1e9, b=1e9, z=5.0))
    assert found["verdict"].to_dict() == {"a": "few", "b": "above", "z": "few"}
    assert found["is_sure"].to_dict() == {"a": False, "b": True, "z": False}
    assert found.loc["z", ["n_deals", "n_above", "n_models"]].tolist() == [0, 3, 3]
    assert np.isnan(found.loc["z", "lowest_months"]) and np.isnan(found.loc["z", "highest_months"])


def test_only_what_is_far_from_the_target_is_sure():
    """Chance of which of 160 accounts came moves 40 deals by about 14 %: 5 % above the target is not sure, 60 % is."""
    credit = credit_of(single(40, "a", "b", "c", "d"))
    found = judged(credit, costs_of(0.0, a=1.05 * 72_000, b=1.6 * 72_000, c=0.97 * 72_000, d=0.4 * 72_000))
    assert found["verdict"].to_dict() == {"a": "above", "b": "above", "c": "below", "d": "below"}
    assert found["is_sure"].to_dict() == {"a": False, "b": True, "c": False, "d": True}


def test_a_verdict_that_deals_without_touches_would_turn_is_not_sure():
    """b takes 28.8 months; with as many deals without touches again, shared alike, it would take half of that."""
    paths, costs = single(40, "a", "b"), costs_of(0.0, a=10_000.0, b=1.6 * 72_000)
    assert judged(credit_of(paths), costs)["is_sure"].tolist() == [True, True]
    found = judged(credit_of(paths, dark=(80, 96_000.0)), costs)
    assert found["verdict"].tolist() == ["below", "above"] and found["is_sure"].tolist() == [True, False]


def test_ranges_and_chances_by_plain_loops():
    """Of each resample, in which more or fewer of 60 were won: own cost and its part of the overhead, over what it
    repays a month; ends at Hesterberg's tails of what 1 of cost repays."""
    rng = np.random.default_rng(5)
    rows_ = [(list(rng.choice(list("abc"), rng.integers(1, 4))), 1, 0, float(rng.integers(1, 40)) * 100)
             for _ in range(60)]  # fmt: skip
    credit, costs, knobs = credit_of(from_paths(rows_), ("linear",)), costs_of(6_000.0, a=9_000.0), Knobs(models="all")
    table = paybacks(credit, costs, 0.8, knobs).set_index("channel")
    counts = customer_counts(60, knobs.seed, credit.draws.amount["linear"].shape[1])
    for at, name in enumerate("abc"):
        own = {"a": 9_000.0}.get(name, 0.0)
        months = []
        for draw, column in enumerate(counts.T):
            won = sum(column)
            deals, amount = (part["linear"][at, draw] for part in (credit.draws.deals, credit.draws.amount))
            months.append((own + 6_000 * deals / 60) / (amount * won / 60 / 12 * 0.8))
        n = credit.draws.behind("linear")[at]
        tail = norm.cdf(-np.sqrt(n / (n - 1)) * t.ppf(0.9, n - 1))
        repaid = [1 / one for one in months]
        low, high = 1 / np.quantile(repaid, 1 - tail), 1 / np.quantile(repaid, tail)
        assert table.loc[name, ["low", "high"]].tolist() == pytest.approx([low, high])
        assert low < table.loc[name, "payback_months"] < high
        chance = np.mean([one > knobs.target_months for one in months])
        assert table.loc[name, "above_chance"] == (pytest.approx(chance) if own else pytest.approx(NAN, nan_ok=True))


def test_a_channel_that_many_resamples_credit_with_nothing_has_no_upper_end():
    credit = credit_of(from_paths([(["a"], 1, 0, 1200.0)] * 30 + [(["b"], 1, 0, 1200.0)]))
    table = paybacks(credit, costs_of(0.0, b=600.0), 1.0, Knobs()).set_index("channel")
    assert (table.loc["b", "payback_months"] == 6.0).all() and (table.loc["b", "high"] == INF).all()
    assert (table.loc["b", "low"] < 6.0).all() and (table.loc["b", "low"] > 0).all()


def test_one_account_has_no_range():
    credit = credit_of(from_paths([(["a"], 1, 0, 1200.0)] * 12, accounts=["A"] * 12))
    table = paybacks(credit, costs_of(0.0, a=600.0), 1.0, Knobs())
    own = table[table["channel"].eq("a")]
    assert len(own) == 3 and own[["low", "high", "above_chance"]].isna().all(axis=None)
    assert own["payback_months"].notna().all()
    found = judged(credit, costs_of(0.0, a=600.0))
    assert found.loc["a", ["verdict", "is_sure"]].tolist() == ["below", False]


def test_the_range_of_payback_holds_four_times_in_five():
    """Sixty companies whose accounts come alike: a quarter of deals by a, amounts spread by 60 %; overhead and
    spend are such that a deal of a costs 1,000 and brings 1,200 on average. True payback 1,000 / 100 = 10."""
    rng, held = np.random.default_rng(11), 0
    for _ in range(60):
        n = 80
        by_a = rng.random(n) < 0.25
        amounts = 1200 * rng.lognormal(-0.18, 0.6, n)
        paths = from_paths([(["a"] if one else ["b"], 1, 0, amount) for one, amount in zip(by_a, amounts, strict=True)])
        credit = credit_of(paths, ("linear",), n_draws=100)
        table = paybacks(credit, costs_of(0.0, a=0.25 * n * 1000.0), 1.0, Knobs()).set_index("channel")
        held += bool(table.loc["a", "low"] <= 10.0 <= table.loc["a", "high"])
    assert 0.68 <= held / 60 <= 0.92


def before_and_now(before, now, spend_before=10.0, spend_now=20.0, first="2024-01", bears=None):
    """Return the row of marginal CAC of the second quarter of 2026 against that of 2025; bills from a month on. New
    business bears all of the cost, unless effort tells otherwise."""
    window, n = company(knobs={"quarters": 0}), len(pd.period_range(first, "2026-06", freq="M"))
    spend = pd.Series(spend_before, pd.date_range("2025-01-01", periods=18, freq="MS", unit="us"))
    spend[spend.index >= "2026-01-01"] = spend_now
    starts = ["2025-04"] * before + ["2026-05"] * now
    rows_ = (new_customer(f"N{at}", one) for at, one in enumerate(starts))
    began = customers(*rows_, months=customer_months(first, {"old": [1.0] * n}))
    return marginal(spend, began, window, window.months, bears or effort())


def test_marginal_cac_is_cost_added_over_customers_added():
    """Three months at 20 against three at 10: 30 more, for 12 against 6 customers: 5 each."""
    found = before_and_now(6, 12)
    assert (found["spend_amount"], found["n_customers"], found["cac_amount"]) == (30.0, 6, 5.0)
    assert found["note"] == "against the year before"
    counts = customer_counts(18, Knobs().seed, 500)
    added = [sum(column[6:]) - sum(column[:6]) for column in counts.T]
    tail = norm.cdf(-np.sqrt(18 / 17) * t.ppf(0.9, 17))
    least, most = np.quantile(added, [tail, 1 - tail])
    assert found["low"] == pytest.approx(30 / most)
    assert found["high"] == (pytest.approx(30 / least) if least > 0 else INF)
    assert before_and_now(60, 600)["high"] == pytest.approx(30 / 540, rel=0.1)


def work(share_before, share_now, *, deals=12, fewest=10):
    """Return effort of 100 a month in two quarters, on so many deals, one after another."""
    months = pd.date_range("2025-04-01", "2026-06-01", freq="MS", unit="us")
    share = np.where(months < "2026-01-01", share_before, share_now)
    table = pd.DataFrame(
        {"effort": 100.0, "new_effort": 100 * share, "n_begun": deals / 3, "n_ended": deals / 3}, months
    )
    return replace(effort(share_now), by_month=ByMonth(table, 0, fewest))


def test_each_year_bears_its_own_share_in_marginal_cac():
    """Three months at half of 20 against three at 0.8 of 10: 6 more, for 6 customers. At one share it were 15."""
    found = before_and_now(6, 12, bears=work(0.8, 0.5))
    assert (found["spend_amount"], found["n_customers"], found["cac_amount"]) == pytest.approx((6.0, 6, 1.0))
    assert found["note"] == "against the year before, new business 50% of cost, 80% then"
    part = before_and_now(6, 12, bears=replace(work(0.8, 0.5), slice_share=0.25))
    assert part["spend_amount"] == pytest.approx(1.5)
    less = before_and_now(6, 12, bears=work(0.8, 0.3))
    assert np.isnan(less["cac_amount"]) and less["spend_amount"] == pytest.approx(-6.0)
    assert less["note"] == "no more cost than the year before, new business 30% of cost, 80% then"


def test_where_few_deals_tell_of_a_year_one_share_stands_for_both_in_marginal_cac():
    found = before_and_now(6, 12, bears=work(0.8, 0.5, deals=9))
    assert found["spend_amount"] == 15.0
    assert found["note"] == "against the year before, both at this window's share of new business: few deals then"
    assert before_and_now(6, 12, bears=effort(NAN))["note"] == "cost or new customers of a year before are not known"


def test_months_without_a_year_before_are_left_out_of_marginal_cac():
    """Bills begin in April 2025: who began then is not known, so April 2026 has no year before. Two months at 20
    against two at 10, 12 customers."""
    found = before_and_now(0, 12, first="2025-04")
    assert (found["spend_amount"], found["n_customers"]) == (20.0, 12)
    assert found["note"] == "against the year before; 1 month without a year before left out"


@pytest.mark.parametrize(("given", "note"), [
    ((6, 6), "no more customers than the year before"),
    ((6, 12, 20.0, 20.0), "no more cost than the year before"),
    ((12, 6, 20.0, 10.0), "no more customers and no more cost than the year before"),
    ((6, 12, NAN, 20.0), "cost or new customers of a year before are not known"),
])  # fmt: skip
def test_marginal_cac_is_undefined_where_either_did_not_grow(given, note):
    found = before_and_now(*given)
    assert np.isnan(found["cac_amount"]) and np.isnan(found["low"]) and found["note"] == note


def test_paid_cac_is_of_channels_that_an_ad_system_bills():
    """a is billed by Google (60), the fair by the CRM (90): 60 over the 1.5 deals of a."""
    found = told(hand(), spend=[ad("x", "2026-05-01", 60.0, channel="a")], campaigns=[campaign("1", 90.0)])
    assert found.costs.paid == ("a",) and found.costs.own.to_dict() == {"a": 60.0, "fair": 90.0}
    assert rows(found.kinds, "spend_amount", "n_customers", "cac_amount", "note", kind="paid") == [
        (60.0, 1.5, 40.0, "ads alone, without people")
    ]
    assert rows(found.kinds, "spend_amount", "n_customers", "cac_amount", kind="blended") == [(300.0, 4.0, 75.0)]


def test_money_in_another_unit_changes_amounts_alone():
    """Everything a thousand times as large: CAC is, months and verdicts are not."""
    credit, more = (credit_of(single(40, "a", "ab", amount=amount)) for amount in (1200.0, 1.2e6))
    one, other = judged(credit, costs_of(900.0, a=5e4)), judged(more, costs_of(9e5, a=5e7))
    money = ["spend_amount", "cac_amount", "excess_amount", "excess_low", "excess_high"]
    pd.testing.assert_frame_equal(one.drop(columns=money), other.drop(columns=money))
    pd.testing.assert_frame_equal(one[money] * 1000, other[money])


def test_the_order_of_rows_changes_nothing():
    tables, spend = hand(), [ad("x", "2026-05-01", 60.0, channel="a"), ad("y", "2026-05-02", 30.0, channel="c")]
    one = told(tables, spend=spend)
    other = told({name: rows_[::-1] for name, rows_ in tables.items()}, spend=spend[::-1])
    for name in ("by_model", "by_channel", "kinds", "reconciliation"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_touches_and_costs_after_the_day_change_nothing():
    tables, spend = hand(), [ad("x", "2026-05-01", 60.0, channel="a")]
    later = {**tables, "touches": [*tables["touches"], touch("late", "002", "2026-07-03", "z")],
             "contacts": [*tables["contacts"], contact("new", "B", created_at="2026-07-02")],
             "contact_roles": [*tables["contact_roles"], role("dark", "new")]}  # fmt: skip
    one = told(tables, spend=spend)
    other = told(later, spend=[*spend, ad("z", "2026-07-02", 1e6, channel="a")])
    for name in ("by_model", "by_channel", "kinds", "reconciliation"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
