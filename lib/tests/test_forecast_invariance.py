"""What must not matter to forecasts and their report: later rows, order of rows, names of ids, the unit of money."""

import re

import numpy as np
import pandas as pd
import pytest

from frames import renamed, with_each, with_tables
from revops.actions import forecast_accuracy as act
from revops.book import Book
from revops.measures.forecast_accuracy import display_tables, frozen_table, measure_rows

PAST = "2026-02-20"
KEY = ["period", "horizon_weeks", "category", "level", "member"]
MONEY = re.compile(r"\$[\d,.]+\d[KMB]?|\$\d[KMB]?")


def pairs(found):
    return found.pairs.sort_values(KEY, ignore_index=True)


@pytest.fixture(scope="module")
def today(forecasts):
    return forecasts()


@pytest.fixture(scope="module")
def past(forecasts):
    return forecasts(PAST)


def wild_calls(calls, end):
    """Later calls, said twice with other amounts, and for quarters long over."""
    later = calls[calls["snapshot_date"] >= end]
    old = later.assign(period_start=pd.Timestamp("2025-02-01"), period_end=pd.Timestamp("2025-04-30"))
    return pd.concat([calls, later.assign(forecast_amount=1e9), old], ignore_index=True)


def scaled(table):
    """Return a table with seven times the money."""
    money = [c for c in ("amount", "amount_original", "quota_amount", "forecast_amount") if c in table]
    return table.assign(**{c: table[c] * 7 for c in money})


def bent(sample, what):
    """Return the sample with what was recorded after the day dropped, said twice with other values, or rewritten."""
    end = pd.Timestamp(PAST) + pd.Timedelta(days=1)
    deals, history, calls = (sample.tables[name] for name in ("opportunities", "opportunity_history", "forecasts"))
    before, later = history[history["changed_at"] < end], history[history["changed_at"] >= end]
    assert len(later) > 100 and (calls["snapshot_date"] >= end).sum() > 100
    wild = later.assign(amount=later["amount"] * 7 + 1, stage_name="Won", outcome="won", is_deleted=False,
                        close_date=pd.Timestamp("2026-02-10"), sequence=later["sequence"] + 1)  # fmt: skip
    states = {"dropped": before, "doubled": pd.concat([history, wild]), "rewritten": pd.concat([before, wild])}[what]
    calls = calls[calls["snapshot_date"] < end] if what == "dropped" else wild_calls(calls, end)
    if what == "dropped":
        deals = deals[deals["created_at"] < end].reset_index(drop=True)
    if what == "rewritten":
        deals = deals.assign(stage_name="Won", outcome="won", amount=1e9, close_date=pd.Timestamp("2026-02-10"))
    states = states.sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    return with_tables(sample, opportunities=deals, opportunity_history=states, forecasts=calls)


def mixed(sample):
    """Return the sample with the rows of its tables, and the tables, in another order."""
    seed = np.random.default_rng([ord(letter) for letter in "order of rows"])
    names = ("opportunities", "accounts", "owners", "forecasts", "quotas")
    rows = {name: sample.tables[name].sample(frac=1, random_state=seed, ignore_index=True) for name in names}
    return Book(sample.company, dict(reversed(list((sample.tables | rows).items()))), sample.audit)


@pytest.fixture(scope="module")
def books(sample):
    """Return the sample as it must read the same."""
    ways = {what: bent(sample, what) for what in ("dropped", "doubled", "rewritten")}
    return ways | {"mixed": mixed(sample), "renamed": with_each(sample, renamed), "scaled": with_each(sample, scaled)}


@pytest.mark.parametrize("what", ["dropped", "doubled", "rewritten"])
def test_nothing_recorded_after_the_day_changes_a_pair(forecasts, books, past, what):
    other = forecasts(PAST, books[what])
    pd.testing.assert_frame_equal(other.pairs, past.pairs)
    pd.testing.assert_frame_equal(other.by_type, past.by_type)
    pd.testing.assert_frame_equal(other.known, past.known)
    pd.testing.assert_series_equal(other.callers, past.callers)


def test_quarters_over_by_then_read_the_same_months_later(past, today):
    ours, theirs = (f.pairs[~f.pairs["is_open"]] for f in (past, today))
    both = ours.merge(theirs, on=KEY, suffixes=("", "_later"), validate="1:1")
    common = set(ours["period"]) & set(theirs["period"])
    assert len(common) == 11
    assert len(both) == ours["period"].isin(common).sum() == theirs["period"].isin(common).sum()
    pd.testing.assert_series_equal(both["actual_amount"], both["actual_amount_later"], check_names=False)
    pd.testing.assert_series_equal(both["is_carried"], both["is_carried_later"], check_names=False)
    np.testing.assert_allclose(both["forecast_amount_later"], both["forecast_amount"], rtol=1e-12)


@pytest.mark.parametrize(("day", "weeks"), [("2026-02-02", (1,)), (PAST, (1, 2))])
def test_the_open_quarter_told_then_is_what_is_told_of_it_later(forecasts, today, day, weeks):
    """Of the weeks whose calls were all made by then: on 2 February the quarter before is not frozen yet."""
    then = forecasts(day)
    ours = then.pairs[then.pairs["is_open"] & then.pairs["horizon_weeks"].isin(weeks)]
    ours = ours.drop(columns=["actual_amount", "is_open"])
    assert set(ours["period"]) == {"FY27-Q1"} and len(ours) > 20
    both = ours.merge(today.pairs, on=KEY, suffixes=("", "_later"), how="left", validate="1:1")
    np.testing.assert_allclose(both["forecast_amount_later"], both["forecast_amount"], rtol=1e-12)
    assert both["actual_amount"].notna().all()


def test_the_order_of_rows_changes_no_pair(forecasts, books, today):
    other = forecasts(book=books["mixed"])
    pd.testing.assert_frame_equal(pairs(other), pairs(today))


def test_the_names_of_ids_change_nothing_but_names(forecasts, books, today):
    other = forecasts(book=books["renamed"])
    expected = pairs(today)
    named = "x" + expected["member"].str[::-1]
    expected = expected.assign(member=expected["member"].mask(expected["level"].eq("owner"), named))
    expected = expected.sort_values(KEY, ignore_index=True)
    pd.testing.assert_frame_equal(pairs(other), expected, rtol=1e-7)  # sums in another order


def test_another_unit_of_money_scales_every_amount(forecasts, books, today):
    other = forecasts(book=books["scaled"])
    expected = pairs(today)
    money = ["forecast_amount", "actual_amount"]
    expected[money] = expected[money] * 7
    pd.testing.assert_frame_equal(pairs(other), expected, rtol=1e-6)


# The whole report: its numbers and its tables


def numbers(result, by=None):
    """Return the rows of a report as a table; without `by` those of owners."""
    rows = [row | {"by": str(row["by"])} for row in measure_rows(result) if (by or "owner") not in row["by"]]
    return pd.DataFrame(rows).sort_values(["id", "by"], ignore_index=True)


def assert_same(other, expected, rtol=1e-9, by=None, money=1.0):
    """Assert that two reports tell the same; by: rows left out; money: factor on amounts of the expected one."""
    ours, theirs = numbers(other, by), numbers(expected, by)
    assert ours[["id", "by"]].values.tolist() == theirs[["id", "by"]].values.tolist()
    is_money = theirs["id"].str.endswith("_amount")
    for name in ("value", "low", "high"):
        theirs[name] = pd.to_numeric(theirs[name]) * np.where(is_money, money, 1.0)
        np.testing.assert_allclose(pd.to_numeric(ours[name]), theirs[name], rtol=rtol, atol=1e-9)
    assert ours[["level", "n", "note"]].astype(str).equals(theirs[["level", "n", "note"]].astype(str))


def without_money(value):
    """Return a value with the amounts in its words, if it is of words, taken out."""
    return MONEY.sub("…", value) if isinstance(value, str) else value


def assert_tables(other, expected, rtol=1e-9, money=1.0, but=()):
    """Assert that two reports show the same tables."""
    ours, theirs = display_tables(other), display_tables(expected)
    assert list(ours) == list(theirs)
    for name, (caption, table, units) in theirs.items():
        if name in but:
            continue
        factors = {c: money if unit == "money" else 1 for c, unit in zip(table.columns, units, strict=True)}
        assert without_money(caption) == without_money(ours[name][0])
        table = table.assign(**{c: table[c] * factor for c, factor in factors.items() if factor != 1})
        shown = ours[name][1].reset_index(drop=True), table.reset_index(drop=True)
        if money != 1:
            shown = tuple(one.map(without_money) for one in shown)
        pd.testing.assert_frame_equal(*shown, rtol=rtol, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize("what", ["dropped", "rewritten"])
def test_nothing_recorded_after_the_day_changes_the_report(reports, books, what):
    other, expected = reports(PAST, books[what]), reports(PAST)
    assert_same(other, expected, by="none")
    assert_tables(other, expected)
    pd.testing.assert_frame_equal(frozen_table(other), frozen_table(expected))
    assert other.silent == expected.silent and other.unavailable == expected.unavailable


def test_the_order_of_rows_changes_nothing_in_the_report(reports, books):
    other, expected = reports(book=books["mixed"]), reports()
    assert_same(other, expected, by="none")
    assert_tables(other, expected)


def test_the_names_of_ids_change_nothing_in_the_report_but_labels(reports, books):
    other, expected = reports(book=books["renamed"]), reports()
    assert_same(other, expected, rtol=1e-6)
    assert_tables(other, expected, rtol=1e-6, but=("units_owner",))
    ours, theirs = (result.units["owner"].set_index("member") for result in (other, expected))
    theirs = theirs.set_axis("x" + theirs.index.str[::-1]).reindex(ours.index)
    assert not set(other.labels.values()) & set(expected.labels.values()) - {"Unassigned"}
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6, check_names=False)


def test_another_unit_of_money_changes_no_rate_in_the_report(reports, books):
    other, expected = reports(book=books["scaled"]), reports()
    assert_same(other, expected, rtol=1e-6, by="none", money=7.0)
    assert_tables(other, expected, rtol=1e-6, money=7.0)


# What is said and what is to do: the headline and the actions

OWNER = re.compile(r"Owner \d+")


def told(result, *hidden):
    """Return each text of the headline and the actions, with what matches the hidden patterns taken out."""
    first, to_do = act.headline(result), act.actions(result)
    texts = [first.status, first.sentence, first.below]
    texts += [part for number in first.numbers for part in (number.figure, number.text, str(number.is_bad))]
    texts += [part for one in to_do for part in (one.rule, one.text, one.owner, str(one.by), one.because)]
    for pattern in hidden:
        texts = [pattern.sub("…", text) for text in texts]
    return texts


def worths(result):
    """Return the money of the actions, undefined as NaN."""
    rows = [(one.amount, one.worth, one.worth_low, one.worth_high) for one in act.actions(result)]
    return np.array(rows, dtype=float)


def test_there_is_something_to_compare(reports):
    texts = " ".join(told(reports()))
    assert len(act.actions(reports())) > 2 and MONEY.search(texts)


@pytest.mark.parametrize("what", ["dropped", "doubled", "rewritten"])
def test_nothing_recorded_after_the_day_changes_what_is_said(reports, books, what):
    other, expected = reports(PAST, books[what]), reports(PAST)
    assert act.headline(other) == act.headline(expected) and act.actions(other) == act.actions(expected)


def test_the_order_of_rows_changes_nothing_that_is_said(reports, books):
    other, expected = reports(book=books["mixed"]), reports()
    assert told(other) == told(expected)
    assert [one.records for one in act.actions(other)] == [one.records for one in act.actions(expected)]
    np.testing.assert_allclose(worths(other), worths(expected), rtol=1e-9)


def test_the_names_of_ids_change_nothing_that_is_said_but_names(reports, books):
    other, expected = reports(book=books["renamed"]), reports()
    assert told(other, OWNER) == told(expected, OWNER)
    for ours, theirs in zip(act.actions(other), act.actions(expected), strict=True):
        assert sorted(ours.records) == sorted("x" + id[::-1] for id in theirs.records)
    np.testing.assert_allclose(worths(other), worths(expected), rtol=1e-6)


def test_another_unit_of_money_changes_nothing_that_is_said_but_money(reports, books):
    other, expected = reports(book=books["scaled"]), reports()
    assert told(other, MONEY) == told(expected, MONEY) and told(other) != told(expected)
    assert [one.records for one in act.actions(other)] == [one.records for one in act.actions(expected)]
    np.testing.assert_allclose(worths(other), worths(expected) * 7, rtol=1e-6)
