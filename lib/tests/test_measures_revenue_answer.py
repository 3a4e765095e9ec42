"""The report on the one revenue answer: the sample, what it says, and that it is blind to what it must not see."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from answering_companies import HAND, HAND_DEALS, HAND_TABLES, defined, open_, seen, won
from conftest import ROOT

from frames import as_of, book, with_each, with_tables
from revops.company import load_settings
from revops.errors import MeasureError, SettingsError
from revops.measures import pipeline_coverage
from revops.measures import revenue_answer as report
from revops.measures.revenue_answer import READS, Knobs, remarks
from revops.metrics import METRICS

DAY, PAST = "2026-06-09", "2026-02-20"
END = pd.Timestamp(PAST) + pd.Timedelta(days=1)
STAMPS = {"touches": "associated_at", "leads": "created_at", "contacts": "created_at", "accounts": "created_at",
          "opportunities": "created_at", "opportunity_history": "changed_at", "campaigns": "start_date"}  # fmt: skip
MONEY = ("amount", "recurring_amount")
FEW = {"past_quarters": 0, "asked_quarters": 0}
TEXT = ["opportunity_name", "account_name", "stage_name", "outcome", "forecast_category", "close_date", "amount"]


def measured(book, day=DAY, **knobs):
    return report.measure(as_of(book, day), Knobs(**(FEW | knobs)))


def rows(result):
    told = report.measure_rows(result)
    found = {(row["id"], *row["by"].items()): row for row in told}
    assert len(found) == len(told)
    return found


def same(one, other, times=1.0, text=True):
    first, second = rows(one), rows(other)
    assert list(first) == list(second)
    for key, row in first.items():
        scale = times if METRICS[key[0]].unit == "money" else 1.0
        slack = 0.005 * row["n"] * times if times != 1.0 else 1e-9
        assert second[key]["value"] == pytest.approx(row["value"] * scale, abs=slack, nan_ok=True), key
        assert (row["n"], row["note"]) == (second[key]["n"], second[key]["note"])
    if text:
        for table in (report.bridge_records, report.answer_records):
            pd.testing.assert_frame_equal(table(one), table(other))
        tables, others = report.display_tables(one), report.display_tables(other)
        assert list(tables) == list(others) and one.notes == other.notes
        for name in tables:
            pd.testing.assert_frame_equal(tables[name][1], others[name][1])


@pytest.fixture(scope="module")
def whole(sample):
    return measured(sample)


@pytest.fixture(scope="module")
def past(sample):
    return measured(sample, PAST, asked_quarters=1)


# The sample


@pytest.mark.parametrize("period", ["current", "previous", "FY26-Q3"])
@pytest.mark.parametrize("slice_", [{}, {"region": "EMEA"}, {"type": "expansion"}])
def test_sales_books_what_the_coverage_report_books(sample, period, slice_):
    ours = measured(sample, period=period, slice=slice_).by_who.loc["sales"]
    coverage = pipeline_coverage.measure(
        as_of(sample, DAY), pipeline_coverage.Knobs(period=period, slice=slice_, past_quarters=0, by=())
    )
    assert ours["booked"] == pytest.approx(coverage.headline["booked_amount"], abs=1e-6)
    assert ours["n_booked"] == coverage.headline["n_booked"] > 0


def test_the_sample_as_it_is_told(whole):
    found = whole.by_who[["booked", "committed", "total", "n_booked", "n_committed"]]
    assert found.loc["marketing"].tolist() == [274_660.99, 1_277_550.20, 1_552_211.19, 13, 51]
    assert found.loc["sales"].tolist() == [396_380.54, 982_366.13, 1_378_746.67, 20, 40]
    assert found.loc["finance"].tolist() == [243_160.56, 0, 243_160.56, 21, 0]
    assert whole.apart == pytest.approx(1 - 243_160.56 / 396_380.54) and whole.unavailable == {}


def test_committed_deals_are_found_again_in_the_state_of_the_day(sample, whole):
    state = as_of(sample, DAY).opportunities
    due = state[state["outcome"].eq("open") & state["close_date"].between(DAY, "2026-07-31")]
    due = due[due["type"].isin(["new", "expansion"]) & due["forecast_category"].eq("Forecast")]
    assert whole.by_who.loc["sales", "committed"] == pytest.approx(due["amount"].sum(), abs=0.005 * len(due))


def test_the_table_of_the_bridge_leads_from_answer_to_answer(whole):
    caption, table, units = report.display_tables(whole)["bridge"]
    assert caption.startswith("What each function would say that FY27-Q2 brings")
    assert list(table) == ["line", "kind", "booked", "committed", "total", "n"] and len(units) == 6
    assert table.loc[table["kind"].eq("answer"), "line"].tolist() == [
        "Marketing says", "Sales says", "Finance says by bills of May alone"]  # fmt: skip
    for part in ("booked", "committed", "total"):
        said, place = 0, None
        for line in table.itertuples():
            cents = round(getattr(line, part) * 100)
            if line.kind == "step":
                said += cents
            else:
                assert place is None or said == cents
                said, place = cents, line.line


def test_every_number_is_in_the_registry_and_what_is_not_known_says_why(sample):
    blind = with_tables(sample, subscriptions=sample.table("subscriptions").head(0))
    result = measured(blind)
    told = rows(result)
    assert {key[0] for key in told} <= set(METRICS)
    finance = told["answer_amount", ("who", "finance"), ("part", "total")]
    assert (
        np.isnan(finance["value"]) and finance["note"] == "needs subscriptions: recurring revenue by customer and month"
    )
    assert all(row["note"] for row in told.values() if np.isnan(row["value"]))
    assert result.unavailable == {
        "answer_amount": "subscriptions: recurring revenue by customer and month (booked, as finance counts it)"
    }
    assert report.lacking(blind) == {
        "answer_amount": "subscriptions: recurring revenue by customer and month (what finance would say)"
    }
    last = report.display_tables(result)["bridge"][1].iloc[-1]
    assert last["line"] == "Finance says" and np.isnan(last["booked"])


# What it says


def test_notes_say_what_is_in_no_answer():
    deals = [*HAND_DEALS, won("z", "Z", "2026-04-04", None), open_("y", "2026-05-20", 1.0, "BestCase")]
    result = report.measure(seen(deals, **HAND_TABLES), Knobs(**FEW))
    assert result.notes == (
        "Open and due before the day, so in no answer, though committed: marketing 2 deals of $1.0K and sales 1 deal "
        "of $999.",
        "Open and due, but in no answer for want of a forecast category: 1 deal of $11.",
        "Without an amount, counted as 0: 1 deal.",
        "Bills are known for Apr 2026 and May 2026; deals won later are not billed yet.",
    )
    assert result.overdue.to_numpy().tolist() == [["marketing", 1000.0, 2], ["sales", 999.0, 1], ["finance", 0.0, 0]]


def test_notes_of_other_quarters(sample):
    next_ = measured(sample, period="next").notes[0]
    assert next_ == "FY27-Q3 has not begun: nothing can be booked in it yet."
    before = measured(sample, period="previous").notes[0]
    assert before == "Deals won in FY27-Q1 count as they stood on Tue 5 May 2026, when its bookings were frozen."
    gone = report.measure(seen(HAND_DEALS, day="2026-08-20", **HAND_TABLES), Knobs(period="previous", **FEW))
    assert "when its bookings were frozen" in gone.notes[0]
    bare = as_of(book([won("1", "A", "2026-05-01", 10.0)]), "2026-08-20")
    plain = report.measure(bare, Knobs(period="previous", **FEW))
    assert plain.notes[0] == (
        "Deals won in FY26-Q2 count as they stand now: no history tells how they stood when it ended."
    )


def test_present_prices_and_slices_are_said():
    rows_ = [row | {"basis": "present_price"} for row in HAND_TABLES["subscriptions"]]
    deals = [row | {"region": "EMEA"} for row in HAND_DEALS]
    result = report.measure(seen(deals, **(HAND_TABLES | {"subscriptions": rows_})), Knobs(slice={"region": "EMEA"}))
    assert result.notes[-2:] == (
        "Bills hold present prices: what customers added since they came is not in them.",
        "Bills of a slice are those of customers whose account has a deal in it.",
    )


def test_a_slice_that_is_not_there_is_refused():
    with pytest.raises(
        MeasureError, match=r"slice region=Atlantis: must name a group with opportunities; found none\."
    ):
        report.measure(HAND(), Knobs(slice={"region": "Atlantis"}))


def test_remarks_say_what_company_yml_counts_in_vain():
    company = defined(marketing={"committed": ("commit", "most_likely")})
    assert remarks(HAND(company).book) == (
        "no opportunity is in forecast category most likely, which marketing counts as committed: see revenue_answers "
        "in company.yml",
    )
    rows_ = [won("1", "A", "2026-05-01", 1.0, source="unknown"), open_("2", "2026-06-20", 1.0, "BestCase")]
    made = [rows_[0], rows_[1] | {"forecast_category": "Forecast", "created_at": "2026-06-01 09:00"}]
    assert remarks(seen(made).book, dt.date(2026, 6, 1))[-1] == (
        "the source of 50% of opportunities is unknown, and marketing counts by source: fill in lead sources, or name "
        "them under sources in company.yml"
    )
    assert remarks(seen(made).book, dt.date(2026, 5, 31))[-1].startswith("the source of 100% of opportunities")


def test_the_settings_file_says_what_the_knobs_are(tmp_path):
    assert load_settings(ROOT / "params" / "revenue_answer.yml", Knobs) == Knobs()
    file = tmp_path / "revenue_answer.yml"
    file.write_text("alike_up_to: 0.5\nact_from: 0.1\n")
    with pytest.raises(SettingsError, match=r"alike_up_to must not be above act_from; found 0\.5 above 0\.1\. Lower"):
        load_settings(file, Knobs)


def test_owners_are_named_only_where_asked_for(sample, whole):
    names = set(sample.table("owners")["owner_name"])
    ids = set(sample.table("owners")["owner_id"])
    for table in (report.bridge_records, report.answer_records):
        assert not set(table(whole)["owner"].dropna()) & (names | ids)
    shown = measured(sample, show_owners=True)
    assert set(report.bridge_records(shown)["owner"].dropna()) <= names


# What it must not see


def is_late(name, table):
    if name == "subscriptions":
        return table["month"] + pd.offsets.MonthEnd(0) >= END
    return table[STAMPS[name]] >= END


def dropped(table, late):
    return table[~late].reset_index(drop=True)


def wild(table, late):
    money = {column: table[column].where(~late, 100 * table[column] + 1e6) for column in MONEY if column in table}
    text = {column: table[column].where(~late, "wild") for column in ("channel", "source", "account_name", "status")
            if column in table}  # fmt: skip
    return table.assign(**money, **text)


@pytest.mark.parametrize("change", [dropped, wild])
def test_what_was_recorded_after_the_day_changes_nothing(sample, past, change):
    tables, n = {}, {}
    for name in (*STAMPS, "subscriptions"):
        table = sample.table(name)
        late = is_late(name, table)
        tables[name], n[name] = change(table, late), int(late.sum())
    assert min(n.values()) > 0, n
    same(past, measured(with_tables(sample, **tables), PAST, asked_quarters=1))


def test_what_the_record_says_today_of_fields_with_history_changes_nothing(sample, past):
    deals = sample.table("opportunities")
    changed = deals["opportunity_id"].isin(sample.table("opportunity_history")["opportunity_id"])
    assert changed.sum() > 1000
    values = {"amount": 1e9, "close_date": END, "forecast_category": "Omitted"}
    other = deals.assign(**{name: deals[name].where(~changed, value) for name, value in values.items()})
    same(past, measured(with_tables(sample, opportunities=other), PAST, asked_quarters=1))


def test_every_table_that_it_reads_is_cut_by_these_tests():
    """Roles and owners have no stamp: they are as of today."""
    assert set(READS) - {"contact_roles", "owners"} == {*STAMPS, "subscriptions"}


def test_the_order_of_rows_changes_nothing(sample, whole):
    seed = np.random.default_rng([ord(letter) for letter in "rows of answers"])
    names = [name for name in READS if name != "opportunity_history"]
    mixed = {name: sample.table(name).sample(frac=1, random_state=seed, ignore_index=True) for name in names}
    same(whole, measured(with_tables(sample, **mixed)))


@pytest.mark.parametrize("name", ["opportunity_id", "account_id", "customer_id", "contact_id", "owner_id"])
def test_other_ids_change_no_number(sample, whole, name):
    other = with_each(sample, lambda t: t.assign(**{name: "x" + t[name].str[::-1]}) if name in t else t)
    if name == "opportunity_id":
        keys = ["opportunity_id", "changed_at", "sequence"]
        states = other.table("opportunity_history").sort_values(keys, ignore_index=True)
        other = with_tables(other, opportunity_history=states)
    same(whole, measured(other), text=False)


def test_money_in_another_unit_changes_amounts_alone(sample, whole):
    seven = with_each(sample, lambda t: t.assign(**{name: 7 * t[name] for name in MONEY if name in t}))
    same(whole, measured(seven), times=7.0, text=False)
