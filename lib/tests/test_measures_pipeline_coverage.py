"""Hand-sized truth for the coverage report, a slow twin in plain Python, and the Regional Sales figures."""

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frames import COMPANY, as_of, book, change, deal, quota, state, table
from revops.errors import MeasureError
from revops.measures import pipeline_coverage as measures
from revops.periods import FiscalCalendar

Q3 = FiscalCalendar(1).named("FY26-Q3")
DAY = dt.date(2026, 8, 9)
OWNERS = table("owners", [{"owner_id": "o1", "owner_name": "Ann", "region": "EMEA"}])
NO_QUOTA = table("quotas", [])

DEALS = [
    deal("open-a", close_date="2026-08-20", amount=300.0, segment="SMB", owner_id="o1"),
    deal("open-b", close_date="2026-09-30", amount=100.0, segment="Enterprise", type="expansion"),
    deal("no-amount", close_date="2026-09-01", amount=None, segment="Enterprise"),
    deal("overdue", close_date="2026-08-08", amount=70.0, segment="SMB"),
    deal("late", close_date="2026-10-01", amount=900.0, segment="SMB"),
    deal("early", close_date="2026-08-20", amount=40.0, stage_name="Lead", segment="SMB"),
    deal("renewal", close_date="2026-08-20", amount=500.0, type="renewal", segment="SMB"),
    deal("won", close_date="2026-07-02", amount=250.0, stage_name="Won", segment="SMB", owner_id="o1"),
    deal("won-future", close_date="2026-08-10", amount=99.0, stage_name="Won", segment="SMB"),
    deal("won-before", close_date="2026-06-30", amount=77.0, stage_name="Won", segment="SMB"),
    deal("lost", close_date="2026-08-01", amount=11.0, stage_name="Lost", segment="SMB"),
]


def coverage(*deals, quotas=(), **given):
    rows = {"period": Q3, "as_of": DAY, "company": COMPANY, **given}
    return measures.coverage_by_group(state(*deals), table("quotas", list(quotas)), OWNERS, **rows)


def test_coverage_of_a_hand_sized_quarter():
    """Open 300 + 100 (one more without amount); booked 250 of 650; 400 left: coverage 400 / 400 = 1."""
    row = coverage(*DEALS, quotas=[quota(650)]).iloc[0]
    assert row.drop("group").to_dict() == {
        "quota_amount": 650, "booked_amount": 250, "n_booked": 1, "open_pipeline_amount": 400, "n_open": 3,
        "overdue_amount": 70, "n_overdue": 1, "total_open_amount": 1910, "n_total_open": 7,
        "remaining_amount": 400, "coverage": 1,
    }  # fmt: skip


def test_coverage_is_undefined_when_quota_is_met_or_missing():
    assert math.isnan(coverage(*DEALS, quotas=[quota(250)]).iloc[0]["coverage"])
    assert math.isnan(coverage(*DEALS).iloc[0]["coverage"])


def test_what_the_quota_does_not_cover_is_undefined_by_type_and_coverage_is_after_the_end():
    table = coverage(*DEALS, by="type", quotas=[quota(650)]).set_index("group")
    assert table.loc["renewal", ["booked_amount", "open_pipeline_amount"]].isna().all()
    assert table.loc["renewal", "total_open_amount"] == 500 and table.loc["new", "booked_amount"] == 250
    over = coverage(*DEALS, quotas=[quota(650)], as_of=dt.date(2026, 10, 2)).iloc[0]
    assert math.isnan(over["coverage"]) and over["remaining_amount"] == 301
    rows = measures.measure_rows(measures.measure(as_of(book(DEALS, quotas=[quota(650)]), str(DAY)), measures.Knobs()))
    notes = {row["note"] for row in rows if row["by"] == {"type": "renewal"} and row["id"] == "booked_amount"}
    assert notes == {"the quota does not cover this type"}


def test_groups_are_in_the_company_order_and_empty_ones_stay():
    table = coverage(*DEALS, by="segment", quotas=[quota(400, "segment", "SMB")])
    assert table["group"].tolist() == ["SMB", "Enterprise"]
    assert table["open_pipeline_amount"].tolist() == [300, 100]
    assert table["coverage"].tolist()[0] == 300 / (400 - 250) and math.isnan(table["coverage"].tolist()[1])
    assert coverage(by="segment")[["group", "n_open"]].values.tolist() == [["SMB", 0], ["Enterprise", 0]]


def test_an_owner_without_deals_but_with_a_quota_is_a_row_and_nobody_is_unassigned():
    table = coverage(*DEALS, by="owner", quotas=[quota(600, "owner", "o1"), quota(5, "owner", "o9")])
    assert table["group"].tolist() == ["o1", "o9", "Unassigned"]
    assert table["open_pipeline_amount"].tolist() == [300, 0, 100]


def test_all_open_opportunities_stand_in_one_line():
    lines = measures.open_amounts_by_standing(state(*DEALS), period=Q3, as_of=DAY, company=COMPANY)
    assert lines[["standing", "amount", "n", "n_without_amount"]].values.tolist() == [
        ["open_pipeline", 400.0, 3, 1],
        ["overdue", 70.0, 1, 0],
        ["type_without_quota", 500.0, 1, 0],
        ["before_qualifying", 40.0, 1, 0],
        ["due_before_period", 0.0, 0, 0],
        ["due_after_period", 900.0, 1, 0],
    ]


def test_created_pipeline_by_source_keeps_unknown_as_a_source_of_its_own():
    deals = [
        deal("a", created_at="2026-07-01 00:00", amount=30.0),
        deal("b", created_at="2026-08-09 23:00", amount=10.0, source="unknown", stage_name="Lost"),
        deal("c", created_at="2026-07-05", amount=None, source="partner"),
        deal("d", created_at="2026-06-30 23:59", amount=500.0),
        deal("e", created_at="2026-07-05", amount=500.0, type="renewal"),
    ]
    made = measures.created_by_source(state(*deals), period=Q3, as_of=DAY, company=COMPANY).set_index("source")
    assert made["created_amount"].to_dict() == {
        "marketing": 30, "sales": 0, "partner": 0, "customer_success": 0, "other": 0, "unknown": 10,
    }  # fmt: skip
    assert made.loc["partner", ["n", "n_without_amount"]].tolist() == [1, 1]
    assert made["share"].sum() == 1 and made.loc["unknown", "share"] == 0.25


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "stage_name": st.sampled_from(["Lead", "Discovery", "Proposal", "Won", "Lost"]),
            "type": st.sampled_from(["new", "expansion", "renewal"]),
            "segment": st.sampled_from(["SMB", "Enterprise", "Odd"]),
            "close_date": st.dates(dt.date(2026, 6, 25), dt.date(2026, 10, 5)).map(str),
            "amount": st.none() | st.integers(-5, 10**8).map(lambda cents: cents / 100),
        }
    ),
    max_size=12,
)


def slow_coverage(rows, quota):
    """The definitions of DESIGN section 4, one opportunity at a time."""
    booked = open_now = overdue = total = 0.0
    for row in rows:
        amount, closes = row["amount"] or 0.0, dt.date.fromisoformat(row["close_date"])
        covered = row["type"] in ("new", "expansion")
        if row["stage_name"] == "Won" and covered and dt.date(2026, 7, 1) <= closes <= DAY:
            booked += amount
        if row["stage_name"] in ("Lead", "Discovery", "Proposal"):
            total += amount
            if closes < DAY:
                overdue += amount
            elif covered and row["stage_name"] != "Lead" and closes <= dt.date(2026, 9, 30):
                open_now += amount
    left = quota - booked
    return [booked, open_now, overdue, total, open_now / left if left > 0 else float("nan")]


@given(ROWS, st.integers(0, 10**6))
def test_coverage_is_that_of_the_slow_twin(rows, amount):
    deals = [deal(f"d{n}", **row) for n, row in enumerate(rows)]
    row = coverage(*deals, quotas=[quota(float(amount))]).iloc[0]
    names = ["booked_amount", "open_pipeline_amount", "overdue_amount", "total_open_amount", "coverage"]
    assert row[names].tolist() == pytest.approx(slow_coverage(rows, amount), nan_ok=True, abs=1e-6)


@given(ROWS, st.sampled_from([0.01, 3.0, 1000.0]))
def test_parts_add_up_and_another_currency_scale_changes_no_ratio(rows, scale):
    deals = [deal(f"d{n}", **row) for n, row in enumerate(rows)]
    scaled = [{**row, "amount": None if row["amount"] is None else row["amount"] * scale} for row in deals]
    whole, parts = (coverage(*deals, by=by, quotas=[quota(900.0)]) for by in (None, "segment"))
    for name in ("booked_amount", "open_pipeline_amount", "overdue_amount", "total_open_amount", "n_open"):
        assert parts[name].sum() == pytest.approx(whole[name].sum(), abs=1e-6)
    other = coverage(*scaled, quotas=[quota(900.0 * scale)])
    assert other["coverage"].tolist() == pytest.approx(whole["coverage"].tolist(), nan_ok=True, abs=1e-9)
    lines = measures.open_amounts_by_standing(state(*deals), period=Q3, as_of=DAY, company=COMPANY)
    assert lines["amount"].sum() == pytest.approx(whole["total_open_amount"].sum(), abs=1e-6)


def full_book(**others):
    history = [
        change(row["opportunity_id"], "2026-02-01 09:00", **{k: row[k] for k in ("stage_name", "close_date", "amount")})
        for row in DEALS
    ]
    history.append(change("open-a", "2026-08-05", 1, close_date="2026-08-20", amount=300.0))
    history[0] = change("open-a", "2026-02-01 09:00", close_date="2026-08-20", amount=200.0)
    return book(DEALS, history, quotas=[quota(650)], **others)


def test_the_whole_report_agrees_with_itself():
    result = measures.measure(as_of(full_book(), str(DAY)), measures.Knobs())
    assert result.period == Q3 and result.headline["coverage"] == 1
    assert result.moved[["opportunity_id", "kind", "amount"]].values.tolist() == [
        ["open-a", "up", 100.0],
        ["overdue", "overdue", -70.0],
    ]
    assert result.open_before + result.moved["amount"].sum() == result.headline["open_pipeline_amount"]
    assert result.pace["open_pipeline_amount"].iloc[-1] == result.headline["open_pipeline_amount"]
    assert result.start_coverage == pytest.approx((200 + 100 + 70) / 650)
    assert (result.top_share, result.effective_deals) == (1.0, pytest.approx(1 / (0.75**2 + 0.25**2)))
    records = measures.records_table(result).set_index("opportunity_id")
    for name in ("open_pipeline", "booked", "overdue"):
        amount = result.headline[f"{name}_amount"]
        assert records.loc[records["counts_as"].eq(name), "amount"].sum() == amount


def test_every_measure_is_registered_once_and_undefined_has_a_note():
    rows = measures.measure_rows(measures.measure(as_of(book(DEALS), str(DAY)), measures.Knobs()))
    keys = [(row["id"], tuple(row["by"].items())) for row in rows]
    assert len(keys) == len(set(keys))
    for row in rows:
        assert row["note"] or not math.isnan(row["value"]), row


def test_without_history_or_quota_each_missing_number_names_what_it_needs():
    result = measures.measure(as_of(book(DEALS), str(DAY)), measures.Knobs())
    history = "opportunity history (OpportunityHistory, Opportunity Field History, or dated copies of the exports)"
    sheet = "a quota sheet that covers the period"
    assert result.unavailable == {
        "pipeline_movement_amount": history,
        "start_coverage": sheet,
        "quota_amount": sheet,
        "coverage": sheet,
        "required_coverage": sheet,
        "attainment_probability": sheet,
        **dict.fromkeys(
            ("pipeline_gap_amount", "weighted_pipeline_amount", "landing_amount", "net_new_amount"), history
        ),
    }
    assert result.outlook is None and measures.check_rows(result) == []
    assert result.pace is None and result.moved is None


def test_groups_with_a_comma_are_told_as_a_slice_is_given():
    deals = [deal("a", segment="Small, medium"), deal("b", segment="Enterprise")]
    with pytest.raises(MeasureError) as refusal:
        measures.measure(as_of(book(deals), str(DAY)), measures.Knobs(slice={"segment": "Small"}))
    assert str(refusal.value) == (
        'slice segment=Small: must name a group with opportunities; found none. Known: Enterprise, "Small, medium".'
    )


def test_a_slice_is_the_subject_of_all_tables():
    result = measures.measure(as_of(full_book(), str(DAY)), measures.Knobs(slice={"segment": "SMB"}))
    assert result.headline["open_pipeline_amount"] == 300
    assert result.pace["open_pipeline_amount"].iloc[-1] == 300
    assert result.open_before + result.moved["amount"].sum() == 300
    with pytest.raises(MeasureError) as refusal:
        measures.measure(as_of(full_book(), str(DAY)), measures.Knobs(slice={"segment": "Mid"}))
    assert str(refusal.value) == (
        "slice segment=Mid: must name a group with opportunities; found none. Known: Enterprise, SMB."
    )


def test_owners_have_numbers_that_last_or_names_where_asked():
    b = full_book(owners=[{"owner_id": "o1", "owner_name": "Ann"}])
    hidden = measures.measure(as_of(b, str(DAY)), measures.Knobs())
    shown = measures.measure(as_of(b, str(DAY)), measures.Knobs(show_owners=True))
    label = hidden.labels["o1"]
    assert label.startswith("Owner ") and shown.labels["o1"] == "Ann"
    assert "Ann" not in str(measures.measure_rows(hidden)) + measures.records_table(hidden).to_csv()
    assert label in str(measures.measure_rows(hidden))
    alone = book([deal("x", owner_id="o1")], quotas=[quota(1)], owners=[{"owner_id": "o1", "owner_name": "Ann"}])
    assert measures.measure(as_of(alone, str(DAY)), measures.Knobs()).labels["o1"] == label


def test_an_empty_company_gives_zeros_and_no_failure():
    late = [deal("x", created_at="2026-08-01", stage_name="Lost", close_date="2026-08-05")]
    result = measures.measure(as_of(book(late), str(DAY)), measures.Knobs())
    assert result.headline["open_pipeline_amount"] == 0 and math.isnan(result.top_share)
    assert pd.isna(result.headline["coverage"])
