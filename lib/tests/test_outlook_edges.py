"""The outlook at its edges: too few quarters or deals, no quota, nothing open, all overdue, first and last days."""

import dataclasses
import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest

from frames import with_tables
from revops.actions import pipeline_coverage as act
from revops.analysis.cycle import CreationWindow
from revops.book import Book
from revops.errors import SettingsError
from revops.measures import pipeline_coverage as measures
from revops.params import settings

OUTLOOK = {"required_coverage", "pipeline_gap_amount", "weighted_pipeline_amount", "landing_amount",
           "attainment_probability", "net_new_amount"}  # fmt: skip


def whole(result):
    """Return the rows of the whole subject: id -> row."""
    return {row["id"]: row for row in measures.measure_rows(result) if row["by"] == {}}


def moved_to(book, day, **values):
    """Return a book in which everything open at the end of a day got other values, late that evening."""
    state = book.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1)).opportunities
    ids = state.loc[state["outcome"].eq("open"), "opportunity_id"]
    history = book.tables["opportunity_history"]
    history = history[history["changed_at"] <= f"{day} 23:59:59"]
    last = history[history["opportunity_id"].isin(ids)].drop_duplicates("opportunity_id", keep="last")
    extra = last.assign(changed_at=pd.Timestamp(f"{day} 23:59"), sequence=1e6, **values).astype(history.dtypes)
    rows = pd.concat([history, extra]).sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    return with_tables(book, opportunity_history=rows)


@pytest.mark.parametrize("past_quarters", [0, 3])
def test_fewer_than_four_past_quarters_asked_for_say_nothing(told, past_quarters):
    result = told(past_quarters=past_quarters)
    assert result.outlook is None and result.unavailable == dict.fromkeys(OUTLOOK, "past_quarters of at least 4")
    rows = whole(result)
    assert {id: rows[id]["note"] for id in OUTLOOK} == dict.fromkeys(OUTLOOK, "needs past_quarters of at least 4")
    assert act.headline(result).status == "not_enough_data"
    assert measures.check_rows(result) == []


@pytest.mark.parametrize(("since", "n"), [("2025-05-02", 3), ("2025-05-01", 4)])
def test_fewer_than_four_past_quarters_known_say_nothing_and_four_do(told, sample, since, n):
    """FY26-Q2 begins on 1 May 2025: with history from that day on, four whole quarters lie before FY27-Q2."""
    result = told(book=Book(sample.company, sample.tables, dataclasses.replace(sample.audit, history_from=since)))
    if n < 4:
        assert result.outlook is None
        assert result.unavailable == dict.fromkeys(
            OUTLOOK, "history of at least 4 past quarters since the first booking"
        )
    else:
        assert (result.outlook.n_quarters, len(result.outlook.told), result.unavailable) == (4, 0, {})
        assert act.headline(result).below.startswith("8 in 10 outcomes fall between ")
        assert "; with no past quarters to hold it against, that is not yet validated. " in act.headline(result).below
        assert measures.check_rows(result) == []
        assert measures.display_tables(result)["told"][1].empty


def test_quarters_before_the_first_booking_are_no_past(told):
    """The sample first books in August 2022, in FY23-Q3: on 15 September 2023 four quarters have passed since, on 15
    June three. The empty ones before it would have told a point for a range."""
    assert told("2023-06-15").outlook is None
    outlook = told("2023-09-15").outlook
    assert outlook.own_past.sums(["new", "expansion"])["period"].tolist() == [
        "FY23-Q3", "FY23-Q4", "FY24-Q1", "FY24-Q2",
    ]  # fmt: skip
    low, median, high = outlook.range()
    assert low < 0.9 * median < 1.1 * median < high and outlook.told.empty


def test_fewer_than_eight_quarters_told_are_not_validated(told):
    few = told(backtest_quarters=3)
    assert (few.outlook.n_quarters, len(few.outlook.told), few.outlook.is_validated) == (8, 3, False)
    rows = whole(few)
    assert rows["attainment_probability"]["note"] == "not yet validated"
    assert rows["attainment_probability"]["value"] == told().outlook.probability
    last = told().outlook.told.tail(3).reset_index(drop=True)
    pd.testing.assert_frame_equal(few.outlook.told[["period", "actual"]], last[["period", "actual"]])
    assert told(backtest_quarters=0).outlook.told.empty


@pytest.mark.parametrize(("period", "reason"), [("next", "a period that has begun"), ("previous", None)])
def test_a_period_that_is_not_under_way_has_no_outlook(told, period, reason):
    result = told(period=period)
    needs = dict.fromkeys(OUTLOOK, "a period that is under way")
    assert result.outlook is None
    assert result.unavailable == needs | ({"start_coverage": reason} if reason else {})
    assert {a.rule for a in act.actions(result)} <= {"overdue_opportunities", "opportunities_without_amount"}


def test_a_coming_quarter_without_a_quota_says_so(told):
    headline = act.headline(told(period="next"))
    assert headline.status == "not_enough_data"
    assert headline.sentence == (
        "FY27-Q3 begins on 1 Aug with $1.17M of open pipeline; without a quota nobody can say whether that is enough."
    )
    assert headline.numbers[0].text == "coverage: no quota for this period in the exports"


def test_without_a_quota_the_landing_is_told_and_the_chance_is_not(told, sample):
    result = told(book=with_tables(sample, quotas=sample.tables["quotas"].iloc[:0]))
    rows = whole(result)
    assert math.isnan(result.outlook.probability) and result.outlook.told["probability"].isna().all()
    assert result.outlook.required is None and not result.outlook.is_validated
    assert (rows["attainment_probability"]["note"], rows["required_coverage"]["note"]) == (
        "no quota", "There is no quota to book.",
    )  # fmt: skip
    asked = ("quota_amount", "coverage", "start_coverage", "required_coverage", "attainment_probability")
    assert result.unavailable == dict.fromkeys(asked, "a quota sheet that covers the period")
    ours, theirs = (r.outlook.range()[1] for r in (result, told()))
    assert ours == pytest.approx(theirs, rel=0.15), "bookings stand in for the quota that new business grows with"
    assert [c["what"] for c in measures.check_rows(result)] == ["80 % range of the landing held"]


def test_a_quota_that_is_met_needs_nothing_more(told, sample):
    quotas = sample.tables["quotas"]
    now = quotas["period_start"].eq(pd.Timestamp("2026-05-01"))
    result = told(book=with_tables(sample, quotas=quotas.assign(quota_amount=quotas["quota_amount"].mask(now, 1000.0))))
    assert result.outlook.required is None and result.outlook.probability == 1
    assert whole(result)["required_coverage"]["note"] == "Nothing remains to book: the quota is met."
    assert math.isnan(whole(result)["pipeline_gap_amount"]["value"])
    assert act.headline(result).status == "on_track"
    assert "coverage_below_required" not in [a.rule for a in act.actions(result)]


def test_nothing_open_leaves_bookings_and_what_may_still_come(told, sample):
    result = told(book=moved_to(sample, "2026-06-09", stage_name="Lost", outcome="lost"))
    assert result.outlook.deals.empty and result.outlook.largest is None
    booked, (low, _, high) = result.headline["booked_amount"], result.outlook.range()
    assert booked < low < high < 1_232_000 and result.outlook.probability < 0.03
    assert act.headline(result).sentence.endswith(" to book and no open pipeline to book it from.")
    assert [a.rule for a in act.actions(result)] == ["coverage_below_required"]
    assert whole(result)["weighted_pipeline_amount"]["value"] == 0
    measures.display_tables(result)


def test_all_overdue_is_said_and_listed(told, sample):
    result = told(book=moved_to(sample, "2026-06-09", close_date=pd.Timestamp("2026-06-01")))
    assert set(result.outlook.deals["place"]) == {"overdue"} and result.headline["n_open"] == 0
    sentence = act.headline(result).sentence
    assert sentence.endswith(" of open deals carry a close date that has passed.")
    found = {a.rule: a for a in act.actions(result)}
    deals = result.outlook.deals
    covered = deals["type"].isin(result.view.company.quota_covers)
    listed = found["overdue_opportunities"].records
    assert len(listed) == covered.sum() < result.headline["n_overdue"] == len(deals)
    assert found["overdue_opportunities"].worth_low < found["overdue_opportunities"].worth


def test_one_open_deal_is_the_largest_and_all_there_is(told, sample):
    lost = moved_to(sample, "2026-06-09", stage_name="Lost", outcome="lost").tables["opportunity_history"]
    state = told().view.opportunities
    due = state[state["outcome"].eq("open") & state["type"].eq("new") & state["close_date"].eq("2026-06-30")]
    id = due.sort_values("amount")["opportunity_id"].iloc[-1]
    kept = lost[~(lost["opportunity_id"].eq(id) & lost["sequence"].eq(1e6))].reset_index(drop=True)
    result = told(book=with_tables(sample, opportunity_history=kept))
    assert (result.outlook.largest, list(result.outlook.deals["opportunity_id"])) == (id, [id])
    brought = set(result.outlook.landing.parts["largest"])
    assert 0.0 in brought and len(brought) > 1
    assert result.top_share == 1 and result.headline["n_open"] == 1


@pytest.mark.parametrize(("day", "left"), [("2026-05-01", 91), ("2026-04-30", 0), ("2026-02-01", 88)])
def test_the_first_and_the_last_day_have_an_outlook(told, day, left):
    """FY26-Q4 is frozen five days after 31 January 2026: until then it is no past quarter."""
    result = told(day)
    assert result.period.days_left(result.view.day) == left
    last = {"2026-05-01": "FY26-Q4", "2026-04-30": "FY26-Q4", "2026-02-01": "FY26-Q3"}[day]
    assert list(result.outlook.told["period"])[-1] == last
    low, _, high = result.outlook.range()
    booked = result.headline["booked_amount"]
    assert booked <= low <= high
    assert (high < 1.2 * booked) == (left == 0), "on the last day little more than late records can come"


def test_a_company_of_one_type_lands_that_type(told, sample):
    deals = sample.tables["opportunities"]
    ids = deals.loc[deals["type"].eq("new"), "opportunity_id"]
    parts = {name: sample.tables[name] for name in ("opportunities", "opportunity_history")}
    only = {name: t[t["opportunity_id"].isin(ids)].reset_index(drop=True) for name, t in parts.items()}
    result = told(book=with_tables(sample, **only))
    outlook = result.outlook
    assert list(outlook.by_type["type"]) == ["new"]
    assert (outlook.landing.draws[["expansion", "renewal"]] == 0).all(axis=None)
    assert (outlook.net_new.due_amount, outlook.net_new.so_far["lost"]) == (0.0, 0.0)
    assert (outlook.net_new.parts["lost"] == 0).all()
    assert measures.display_tables(result)["landing_by_type"][1]["Part"].tolist() == ["new"]


def test_an_unknown_cycle_gives_no_velocity_and_says_why(told):
    sample, nothing = told(), float("nan")
    for cycle, why in (
        (CreationWindow(pd.Series(dtype=float), nothing, nothing, nothing, 5, "Only 5."), "Only 5."),
        (CreationWindow(pd.Series([0.2], index=[0.0]), 0.2, 0.0, 0.0, 90, None), "half of all wins take no day"),
    ):
        rows = whole(dataclasses.replace(sample, outlook=dataclasses.replace(sample.outlook, cycle=cycle)))
        assert math.isnan(rows["pipeline_velocity_amount"]["value"])
        assert rows["pipeline_velocity_amount"]["note"] == why


def test_watch_above_on_track_is_refused_in_plain_words():
    params = Path(__file__).parents[2] / "params"
    with pytest.raises(SettingsError) as raised:
        settings("pipeline_coverage", measures.Knobs, params_dir=params, watch_from=0.7)
    assert str(raised.value) == (
        "pipeline_coverage, parameter watch_from must not be above on_track_from; found 0.7 above 0.6. "
        "Lower the one or raise the other."
    )


def test_deals_due_later_bring_what_the_listed_ones_are_expected_to(told, sample):
    """Those before the qualifying stage are not listed, and bring nothing to the money at stake either."""
    company = sample.company.model_copy(update={"qualifying_stage": "Proposal"})
    result = told("2026-04-10", Book(company, sample.tables, sample.audit))
    listed = result.records.loc[result.records["counts_as"].eq("due_after_period"), "opportunity_id"]
    deals = result.outlook.deals.set_index("opportunity_id")
    every = deals[deals["place"].eq("later") & deals["type"].ne("renewal")]["expected_amount"].sum()
    expected = deals.loc[listed, "expected_amount"].sum()
    assert expected < 0.6 * every
    assert result.outlook.landing.parts["later"].mean() == pytest.approx(expected, rel=0.1)


def test_exports_that_end_long_before_the_day_say_nothing_of_what_is_to_come(told):
    """The sample's last record is of 9 June 2026."""
    known, stale = told("2026-06-16"), told("2026-06-17")
    assert known.outlook is not None and not known.is_stale
    assert stale.outlook is None and stale.is_stale
    assert stale.unavailable["landing_amount"] == "newer exports: the last record is of 2026-06-09"
    assert told("2026-06-17", stale_after_days=8).outlook is not None
    headline, (action,) = act.headline(stale), act.actions(stale)
    assert headline.sentence == (
        "The exports end on 9 Jun, 8 days before 17 Jun: what has become of FY27-Q2 since is not known."
    )
    assert headline.status == "not_enough_data"
    assert (action.text, action.worth) == ("Export again: the newest record of the CRM is 8 days old", None)


def test_a_quarter_of_credit_notes_keeps_every_range_around_its_value(sample, told):
    """One small credit among late wins: a range of past shares below 0 is still a range."""
    deals, history = (sample.tables[name] for name in ("opportunities", "opportunity_history"))
    credit = {"opportunity_id": "credit", "amount": -1_500.0, "type": "new", "stage_name": "Won", "outcome": "won",
              "close_date": pd.Timestamp("2025-10-30")}  # fmt: skip
    at = pd.Timestamp("2025-10-30 12:00")
    more = deals.tail(1).assign(**credit, created_at=at, modified_at=at)
    state = history.tail(1).assign(**{k: v for k, v in credit.items() if k in history}, changed_at=at, is_deleted=False)
    book = with_tables(
        sample,
        opportunities=pd.concat([deals, more.astype(deals.dtypes)], ignore_index=True),
        opportunity_history=pd.concat([history, state.astype(history.dtypes)], ignore_index=True).sort_values(
            ["opportunity_id", "changed_at", "sequence"], ignore_index=True
        ),
    )
    result = told("2026-04-26", book=book)
    low, value, high = result.needed_coverage
    assert 0 < low < value < high
    for row in measures.measure_rows(result):
        if row.get("low") is not None:
            assert row["low"] <= row["value"] <= row["high"], row
