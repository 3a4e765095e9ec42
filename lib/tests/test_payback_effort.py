"""Shares of cost by effort: days on which deals stood open, deals made, amounts won; slices; where nothing tells."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_payback import company, customers, expansion, lag, new_customer, won

from frames import as_of, book, deal, with_each
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.window import window_of

KNOBS = {"quarters": 0}
"""The quarter of the day alone: April to June 2026, of which April and May are over on 9 June."""
NOBODY = customers()
DEALS = [
    won("1", "a", created_at="2026-03-22 22:00", close_date="2026-04-10", segment="SMB", region="EMEA", amount=100.0),
    won("2", "b", created_at="2026-05-30 09:00", close_date="2026-06-05", segment="Enterprise", region="EMEA"),
    won("3", "c", created_at="2026-05-01 09:00", close_date="2026-05-01", segment="SMB", region="AMER", amount=50.0),
    deal("4", account_id="d", created_at="2026-05-22 09:00", close_date="2026-04-01", segment="SMB", region="AMER"),
    deal("5", account_id="e", created_at="2025-01-01 09:00", close_date="2026-04-15", stage_name="Lost", outcome="lost",
         segment="SMB", region="AMER"),
    expansion("6", "a", created_at="2026-04-11 09:00", close_date="2026-04-20", segment="SMB", amount=75.0),
    won("7", "a", type="renewal", created_at="2026-04-01 09:00", close_date="2026-05-31"),
    won("8", "f", created_at="2026-01-01 09:00", close_date="2026-03-31", segment="SMB", region="EMEA"),
]  # fmt: skip
"""Days in April and May: 1: ten, 2: two, 3: one, 4: ten (still open, though due), 5: fifteen; 6: ten of expansion."""


def told(*, day="2026-06-09", deals=DEALS, by=NOBODY, moved=None, **knobs):
    return effort_of(company(day=day, deals=deals, knobs=KNOBS | knobs), by, moved or lag())


def shares(found, name="effort_share"):
    return dict(zip(zip(found.groups["dimension"], found.groups["group"]), found.groups[name]))  # noqa: B905


def test_days_on_which_deals_stood_open():
    """38 of 48 days are of new business."""
    found = told()
    assert (found.new_share, found.slice_share, found.driver, found.n_deals, found.why) == (
        38 / 48,
        1.0,
        "deal_days",
        6,
        None,
    )
    assert shares(found, "effort") == {
        ("region", "AMER"): 26.0, ("region", "EMEA"): 12.0, ("segment", "Enterprise"): 2.0, ("segment", "SMB"): 36.0,
    }  # fmt: skip
    assert shares(found)["segment", "SMB"] == 36 / 38
    assert shares(found, "n_deals") == {("region", "AMER"): 3, ("region", "EMEA"): 2, ("segment", "Enterprise"): 1,
                                        ("segment", "SMB"): 4}  # fmt: skip
    assert list(found.groups) == ["dimension", "group", "effort", "effort_share", "n_deals"]


def test_the_months_begin_earlier_by_the_median_lag():
    """From March on: ten more days of deal 1, all of March of deals 5 and 8."""
    assert told(moved=lag(0.2, 0.6, 0.2)).new_share == (38 + 10 + 31 + 31) / (48 + 72)
    unknown = replace(lag(), median_months=np.nan)
    assert told(moved=unknown).new_share == 38 / 48


def test_effort_is_that_of_the_months_whose_cost_is_counted():
    """April alone: deal 1 ten days, 5 fifteen, 6 ten of expansion. With one of lag: March's 10 + 31 + 31 too."""
    window = company(day="2026-06-09", deals=DEALS, knobs=KNOBS)
    found = effort_of(window, NOBODY, lag(), months=window.months[:1])
    assert found.new_share == 25 / 35 and found.n_deals == 3
    assert shares(found, "effort")["region", "EMEA"] == 10.0
    assert effort_of(window, NOBODY, lag(0, 1), months=window.months[:1]).new_share == (25 + 72) / (35 + 72)
    none = effort_of(window, NOBODY, lag(), months=window.months[:0])
    assert none.new_share == 38 / 48


def test_a_month_in_the_middle_that_is_not_counted_draws_no_effort():
    """March and May of three months: 1 ten days, 5 and 8 thirty-one each; then 2, 3 and 4 thirteen."""
    window = company(day="2026-06-09", deals=DEALS, knobs=KNOBS)
    apart = pd.DatetimeIndex(["2026-03-01", "2026-05-01"])
    found = effort_of(window, NOBODY, lag(), months=apart)
    assert shares(found, "effort") == {("region", "AMER"): 31 + 11, ("region", "EMEA"): 10 + 31 + 2,
                                       ("segment", "Enterprise"): 2.0, ("segment", "SMB"): 83.0}  # fmt: skip
    assert found.new_share == 1.0 and found.n_deals == 6
    assert effort_of(window, NOBODY, lag(), months=apart[1:]).n_deals == 3
    amounts = effort_of(company(day="2026-06-09", deals=DEALS, knobs=KNOBS | {"driver": "amount"}), NOBODY, lag(),
                        months=apart)  # fmt: skip
    made = effort_of(
        company(day="2026-06-09", deals=DEALS, knobs=KNOBS | {"driver": "deals"}), NOBODY, lag(), months=apart
    )
    assert (amounts.n_deals, made.n_deals) == (2, 4)


def test_other_times_have_their_own_share():
    """April 25 of 35 days, May 13 of 13; before 2026 deal 5 alone tells, one deal is fewer than two."""
    found = told(fewest_customers=2)
    months = pd.date_range("2025-12-01", "2026-05-01", freq="MS", unit="us")
    by = found.shares_up_to(months, 1)
    assert by["new_share"].tolist() == [38 / 48, 1.0, 1.0, 1.0, 25 / 35, 1.0]
    assert by["is_own"].tolist() == [False, True, True, True, True, True]
    two = found.shares_up_to(months, 2)["new_share"]
    assert two.tolist() == [38 / 48, 1.0, 1.0, 1.0, (72 + 25) / (72 + 35), 38 / 48]
    later = told(fewest_customers=2, moved=lag(0, 1))
    assert later.shares_up_to(months, 1)["new_share"].tolist() == [(38 + 72) / (48 + 72), *two.tolist()[1:]]
    assert found.share_over(months[-2:]) == (38 / 48, True) and found.share_over(months[-2:-1]) == (25 / 35, True)
    assert found.share_over(months[:1]) == (38 / 48, False) and found.share_over(months[:0]) == (38 / 48, False)
    assert told(fewest_customers=7).share_over(months[-2:]) == (38 / 48, False)
    early = pd.DatetimeIndex(["2020-01-01", "2030-01-01"])
    assert found.shares_up_to(early, 3)["is_own"].tolist() == [False, False]


def test_months_of_expansion_alone_tell_no_share_of_new_business():
    rows = [row for row in DEALS if row["opportunity_id"] in "46"]
    found = told(deals=[*rows, expansion("9", "a", created_at="2026-04-02 09:00", close_date="2026-04-03")],
                 fewest_customers=2)  # fmt: skip
    april = pd.DatetimeIndex(["2026-04-01"])
    assert found.new_share == 10 / 22 and found.share_over(april) == (10 / 22, False)


def test_a_share_that_is_set_is_that_of_all_times():
    found, months = told(new_share=0.6), pd.DatetimeIndex(["2020-01-01", "2026-04-01"])
    assert found.by_month is None and found.share_over(months) == (0.6, True)
    assert found.shares_up_to(months, 12).to_dict("list") == {"new_share": [0.6, 0.6], "is_own": [True, True]}


def test_deals_made_in_the_months():
    found = told(driver="deals")
    assert (found.new_share, found.driver, found.n_deals) == (3 / 4, "deals", 4)
    assert shares(found)["region", "AMER"] == pytest.approx(2 / 3)


def test_amounts_won_in_the_months():
    found = told(driver="amount")
    assert (found.new_share, found.n_deals) == (150 / 225, 3)
    assert shares(found) == {("region", "AMER"): 1 / 3, ("region", "EMEA"): 2 / 3, ("segment", "SMB"): 1.0}


def test_a_deal_closed_before_it_was_made_stood_open_for_a_day():
    deals = [won("1", "a", created_at="2026-05-10 09:00", close_date="2026-05-02"),
             expansion("2", "b", created_at="2026-05-03 09:00", close_date="2026-05-05")]  # fmt: skip
    window = window_of(as_of(book(deals), "2026-06-09"), Knobs(**KNOBS))
    assert effort_of(window, NOBODY, lag()).new_share == 1 / 4


def test_a_share_that_is_set_goes_before_the_driver_but_not_between_groups():
    found = told(new_share=0.6)
    assert found.new_share == 0.6 and shares(found) == shares(told())


def test_groups_of_customers_without_deals_are_listed():
    by = customers(
        new_customer("z", "2026-05", segment="Unknown", region="APAC"), new_customer("y", "2026-01", region="old")
    )
    found = shares(told(by=by))
    assert found["segment", "Unknown"] == found["region", "APAC"] == 0.0 and ("region", "old") not in found


def test_a_slice_bears_its_part():
    found = told(slice={"region": "EMEA"})
    assert found.new_share == 38 / 48 and found.slice_share == 12 / 38
    assert shares(found) == {
        ("region", "EMEA"): 12 / 38,
        ("segment", "Enterprise"): 2 / 38,
        ("segment", "SMB"): 10 / 38,
    }
    nobody = told(slice={"type": "expansion"})
    assert nobody.slice_share == 0.0 and nobody.groups.empty


def test_a_slice_with_customers_but_no_effort_has_no_share():
    deals = [*DEALS, won("9", "z", created_at="2025-01-01 09:00", close_date="2025-02-01", region="APAC")]
    found = told(deals=deals, slice={"region": "APAC"}, by=customers(new_customer("z", "2026-05", region="APAC")))
    assert np.isnan(found.slice_share)


def test_another_driver_stands_in_where_the_one_asked_for_tells_nothing():
    found = told(deals=[row for row in DEALS if row["opportunity_id"] in "45"], driver="amount")
    assert found.driver == "deal_days" and found.new_share == 1.0
    assert found.why == (
        "amounts won from 2026-04-01 to 2026-05-31: none, of new business or expansion; shared by days on which deals "
        "stood open instead"
    )


def test_nothing_to_share_cost_by():
    found = told(deals=DEALS[-2:-1])
    assert np.isnan(found.new_share) and found.slice_share == 1.0 and found.groups.empty and found.n_deals == 0
    assert found.why == (
        "days on which deals stood open from 2026-04-01 to 2026-05-31: none, of new business or expansion, nor "
        "anything else to share cost by"
    )
    found = told(deals=DEALS[-2:-1], new_share=0.7, by=customers(new_customer("z", "2026-05")))
    assert found.new_share == 0.7 and np.isnan(found.groups["effort_share"]).all() and len(found.groups) == 2


def test_new_customers_that_no_deal_of_new_business_tells_of_bear_an_unknown_share():
    """All days are of expansion, and yet somebody is new: not nothing, but unknown."""
    found = told(deals=DEALS[5:6], by=customers(new_customer("z", "2026-05")))
    assert np.isnan(found.new_share)
    assert found.why == (
        "days on which deals stood open from 2026-04-01 to 2026-05-31: none of new business, although there are new "
        "customers"
    )
    assert told(deals=DEALS[5:6]).new_share == 0.0


@pytest.mark.parametrize("driver", ["deal_days", "deals", "amount"])
def test_the_sample_day_by_day(sample, driver):
    """Every deal on every day of the months."""
    window = window_of(as_of(sample, "2026-06-09"), Knobs(driver=driver))
    by = customers_of(window)
    moved = lag_of(by, window)
    first = pd.Timestamp(window.since) - pd.DateOffset(months=int(moved.median_months))
    days = [day.date() for day in pd.date_range(first, window.until)]
    sums = {}
    for row in window.view.opportunities.to_dict("records"):
        if row["type"] not in ("new", "expansion"):
            continue
        made, closed = row["created_at"].date(), row["close_date"].date()
        if row["outcome"] == "open":
            closed = window.view.day
        if driver == "deal_days":
            effort = sum(made <= day <= max(made, closed) for day in days)
        elif driver == "deals":
            effort = made in days
        else:
            effort = row["amount"] if row["outcome"] == "won" and closed in days and row["amount"] > 0 else 0
        for key in (row["type"], (row["type"], row["segment"])):
            sums[key] = sums.get(key, 0.0) + effort
    found = effort_of(window, by, moved)
    assert found.new_share == pytest.approx(sums["new"] / (sums["new"] + sums["expansion"]), rel=1e-12)
    for segment in ("SMB", "Mid-market", "Enterprise"):
        assert shares(found)["segment", segment] == pytest.approx(sums["new", segment] / sums["new"], rel=1e-12)
    assert found.groups.groupby("dimension")["effort_share"].sum().tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("driver", ["deal_days", "deals", "amount"])
def test_the_share_of_each_time_of_the_sample_is_what_effort_of_its_months_tells(sample, driver):
    """One month after another, by effort_of, deal by deal; with months of few deals among them."""
    window = window_of(as_of(sample, "2026-06-09"), Knobs(driver=driver, fewest_customers=30))
    moved = lag(0, 0, 1)
    found = effort_of(window, NOBODY, moved)
    months = pd.date_range("2021-01-01", "2026-05-01", freq="MS", unit="us")
    by = found.shares_up_to(months, 3)
    assert 0 < by["is_own"].sum() < len(by) and by["new_share"].nunique() > 20
    for month in months[::4]:
        own = effort_of(window, NOBODY, moved, months=pd.date_range(end=month, periods=3, freq="MS", unit="us"))
        is_own = own.n_deals >= 30 and own.driver == driver
        assert by.loc[month, "is_own"] == is_own
        assert by.loc[month, "new_share"] == pytest.approx(own.new_share if is_own else found.new_share, rel=1e-12)


def test_parts_of_the_sample_add_up(sample):
    window = window_of(as_of(sample, "2026-06-09"), Knobs())
    regions = set(window.view.opportunities["region"])
    parts = []
    for region in sorted(regions):
        of_slice = window_of(window.view, Knobs(slice={"region": region}))
        found = effort_of(of_slice, customers_of(of_slice), lag(0, 0, 1))
        assert found.groups.loc[found.groups["dimension"].eq("segment"), "effort_share"].sum() == pytest.approx(
            found.slice_share
        )
        parts.append(found.slice_share)
    assert np.nansum(parts) == pytest.approx(1.0)


def test_what_is_recorded_later_and_the_order_of_rows_change_nothing(sample):
    end = pd.Timestamp("2025-12-16")

    def cut(table):
        for name in ("created_at", "changed_at", "month"):
            if name in table:
                table = table[~(table[name] >= end)]
        return table.iloc[::-1].reset_index(drop=True) if "changed_at" not in table else table.reset_index(drop=True)

    found = []
    for records in (sample, with_each(sample, cut)):
        window = window_of(as_of(records, "2025-12-15"), Knobs())
        found.append(effort_of(window, customers_of(window), lag(0, 1)))
    assert found[0].new_share == found[1].new_share and found[0].n_deals == found[1].n_deals
    pd.testing.assert_frame_equal(found[0].groups, found[1].groups)
