"""The as-of state against a slow twin, and the promise that nothing recorded later changes anything."""

import dataclasses
import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frames import COMPANY, TRACKED, as_of, book, change, deal, state
from revops.analysis.pace import daily_pipeline
from revops.analysis.spans import spans
from revops.analysis.standing import BOOKED, OPEN_PIPELINE, standing
from revops.book import UNASSIGNED, UNKNOWN
from revops.company import TYPES, Company
from revops.errors import BookError
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)


def test_a_past_day_shows_the_state_of_that_day():
    deals = [deal("a", stage_name="Won", amount=80.0, close_date="2026-07-20", modified_at="2026-07-20 10:00")]
    history = [
        change("a", "2026-02-01 09:00"),
        change("a", "2026-05-03 23:59", 1, amount=120.0, stage_name="Proposal"),
        change("a", "2026-07-20 10:00", 2, amount=80.0, stage_name="Won", close_date="2026-07-20"),
    ]
    seen = [
        as_of(book(deals, history), day).opportunities[["stage_name", "outcome", "amount"]].iloc[0].tolist()
        for day in ("2026-05-02", "2026-05-03", "2026-07-20")
    ]
    assert seen == [["Discovery", "open", 100.0], ["Proposal", "open", 120.0], ["Won", "won", 80.0]]


def test_the_last_of_equal_stamps_wins():
    history = [change("a", "2026-03-01 10:00", n, amount=float(n)) for n in range(4)]
    assert as_of(book([deal("a")], history), "2026-03-01").opportunities["amount"].tolist() == [3.0]


def test_a_deal_is_not_there_before_it_was_created_nor_after_it_was_deleted():
    deals = [deal("a", created_at="2026-03-05 08:00", modified_at="2026-05-01")]
    history = [change("a", "2026-03-05 08:00"), change("a", "2026-05-01 12:00", 1, is_deleted=True)]
    b = book([*deals, deal("z")], [*history, change("z", "2026-02-01 09:00")])
    found = [set(as_of(b, day).opportunities["opportunity_id"]) for day in ("2026-03-04", "2026-04-30", "2026-05-01")]
    assert found == [{"z"}, {"a", "z"}, {"z"}]
    assert as_of(b, "2026-05-01").left_out[["opportunity_id", "reason"]].values.tolist() == [
        ["a", "deleted, or no longer in the dated exports"]
    ]


def test_a_deal_without_history_counts_from_its_last_change_and_is_left_out_before():
    b = book([deal("a"), deal("b", modified_at="2026-06-01 10:00")], [change("a", "2026-02-01 09:00")])
    assert set(as_of(b, "2026-06-01").opportunities["opportunity_id"]) == {"a", "b"}
    early = as_of(b, "2026-05-31")
    assert set(early.opportunities["opportunity_id"]) == {"a"}
    assert early.left_out["reason"].tolist() == ["no state known for this day: changed since, and no history of it"]


def test_untracked_fields_come_from_the_record_and_are_named():
    b = book([deal("a", owner_id="o2")], [change("a", "2026-02-01 09:00", owner_id="o1")])
    view = as_of(b, "2026-02-05")
    assert view.opportunities["owner_id"].tolist() == ["o2"]
    assert view.untracked == ("owner_id", "type", "source", "segment", "region")
    tracked = book([deal("a", owner_id="o2")], [change("a", "2026-02-01 09:00", owner_id="o1")],
                   tracked={**TRACKED, "owner_id": "Opportunity Field History"})  # fmt: skip
    assert as_of(tracked, "2026-02-05").opportunities["owner_id"].tolist() == ["o1"]


def test_the_source_of_a_created_deal_is_its_first():
    history = [change("a", "2026-02-01 09:00", source="partner"), change("a", "2026-03-01", 1, source="sales")]
    b = book([deal("a")], history, tracked={**TRACKED, "source": "Opportunity Field History"})
    row = as_of(b, "2026-04-01").opportunities.iloc[0]
    assert (row["source"], row["created_source"]) == ("sales", "partner")


def test_segment_and_region_come_from_the_deal_then_its_account_then_its_owner():
    b = book(
        [deal("a", segment="SMB", account_id="x", owner_id="o"), deal("b", account_id="x", owner_id="o"), deal("c")],
        [change(id, "2026-02-01 09:00") for id in "abc"],
        accounts=[{"account_id": "x", "account_name": "Acme", "segment": "Enterprise"}],
        owners=[{"owner_id": "o", "owner_name": "Ann", "region": "EMEA", "segment": "Other"}],
    )
    rows = as_of(b, "2026-04-01").opportunities
    assert rows["segment"].tolist() == ["SMB", "Enterprise", UNKNOWN]
    assert rows["region"].tolist() == ["EMEA", "EMEA", UNKNOWN]
    assert rows["owner_name"].tolist() == ["Ann", "Ann", UNASSIGNED]
    assert rows["account_name"].fillna("").tolist() == ["Acme", "Acme", ""]


def test_groups_are_named_as_the_company_writes_them_and_sized_where_blank():
    segments = {
        "names": ["SMB", "Large"],
        "also": {"Large": ["Enterprise ", "ENT"]},
        "from_employees": {"SMB": 1, "Large": 500},
    }
    company = Company.model_validate({**COMPANY.model_dump(), "segments": segments})
    accounts = [{"account_id": str(n), "employees": n, "segment": name} for n, name in
                ((1, "ent"), (499, None), (500, None), (0, None), (9, "smb"), (8, "Odd"))]  # fmt: skip
    deals = [deal(row["account_id"], account_id=row["account_id"]) for row in accounts]
    rows = as_of(
        book(deals, [change(d["opportunity_id"], "2026-02-01") for d in deals], company, accounts=accounts),
        "2026-04-01",
    )
    found = dict(zip(rows.opportunities["account_id"], rows.opportunities["segment"], strict=True))
    assert found == {"1": "Large", "499": "SMB", "500": "Large", "0": UNKNOWN, "9": "SMB", "8": "Odd"}


def test_auto_is_the_day_of_the_last_stamp_that_the_clock_has_reached():
    b = book(
        [deal("a", modified_at="2026-06-09 17:00"), deal("b", created_at="2031-01-01")], [change("a", "2026-05-01")]
    )
    view = b.as_of("auto", now=dt.datetime(2026, 11, 21))
    assert (view.day, view.rule, view.n_future_stamps) == (dt.date(2026, 6, 9), "the last change in the data", 1)
    assert b.as_of("today", now=dt.datetime(2026, 11, 21)).day == dt.date(2026, 11, 21)


def test_a_past_day_without_history_is_refused():
    with pytest.raises(BookError) as refusal:
        as_of(book([deal("a", modified_at="2026-06-09")]), "2026-06-08")
    assert str(refusal.value) == (
        "as_of 2026-06-08: a day before the last change in the exports (2026-06-09) needs opportunity history; "
        "found none. Add OpportunityHistory, or keep dated copies of the exports: `python -m revops check --keep`."
    )


def test_a_state_outside_of_what_is_known_is_refused():
    view = as_of(book([deal("a")], [change("a", "2026-02-01 09:00")]), "2026-03-01")
    with pytest.raises(BookError) as refusal:
        view.state(dt.date(2026, 3, 2))
    assert str(refusal.value) == (
        "state on 2026-03-02: must lie between the first day with history (2026-02-01) and as_of (2026-03-01). "
        "Choose another day, or add opportunity history."
    )


# Random little books: a deal is created with a first state, then changes.
MOMENTS = st.datetimes(dt.datetime(2026, 5, 1), dt.datetime(2026, 9, 28)).map(lambda t: t.replace(microsecond=0))
CHANGES = st.tuples(
    MOMENTS,
    st.fixed_dictionaries(
        {
            "stage_name": st.sampled_from(["Lead", "Discovery", "Proposal", "Won", "Lost"]),
            "close_date": st.dates(dt.date(2026, 6, 20), dt.date(2026, 10, 10)).map(str),
            "amount": st.none() | st.integers(1, 10**6).map(float),
            "is_deleted": st.sampled_from([False] * 9 + [True]),
        }
    ),
)
WORLDS = st.dictionaries(
    st.sampled_from("abcde"),
    st.tuples(st.sampled_from(["new", "renewal"]), st.lists(CHANGES, min_size=1, max_size=6)),
    min_size=1,
)


def built(world):
    deals = [deal("anchor", created_at="2026-04-01", modified_at="2026-04-01", type="renewal")]
    history = [change("anchor", "2026-04-01")]
    for id, (type, changes) in world.items():
        states = sorted(changes, key=lambda c: c[0])
        last = {key: value for key, value in states[-1][1].items() if key != "is_deleted"}
        deals.append(deal(id, created_at=str(states[0][0]), modified_at=str(states[-1][0]), type=type, **last))
        history += [change(id, str(at), n, **values) for n, (at, values) in enumerate(states)]
    return book(deals, history)


def slow_state(world, day):
    """The last change up to the end of the day, one deal at a time, in plain Python."""
    found = {"anchor": {"stage_name": "Discovery", "close_date": "2026-07-15", "amount": 100.0}}
    for id, (type, changes) in world.items():
        past = [c for c in sorted(changes, key=lambda c: c[0]) if c[0].date() <= day]
        if past and not past[-1][1]["is_deleted"]:
            found[id] = {**past[-1][1], "type": type}
    return found


@given(WORLDS, st.dates(dt.date(2026, 6, 1), dt.date(2026, 9, 30)))
def test_the_state_of_a_day_is_that_of_the_slow_twin(world, day):
    rows = as_of(built(world), str(day)).opportunities
    expected = slow_state(world, day)
    assert set(rows["opportunity_id"]) == set(expected)
    for row in rows.itertuples():
        want = expected[row.opportunity_id]
        assert (row.stage_name, str(row.close_date.date())) == (want["stage_name"], want["close_date"])
        assert row.amount == want["amount"] if want["amount"] is not None else pd.isna(row.amount)


@given(WORLDS, WORLDS, st.dates(dt.date(2026, 6, 1), dt.date(2026, 9, 27)))
def test_nothing_recorded_after_the_day_changes_its_state(world, other, day):
    """Rows after the day are dropped, and another world's later rows put in their place."""

    def rewritten(id):
        kept = [c for c in world[id][1] if c[0].date() <= day]
        later = [c for c in other.get(id, ("", []))[1] if c[0].date() > day]
        return (world[id][0], kept + later)

    future = {id: rewritten(id) for id in world if any(c[0].date() <= day for c in world[id][1])}
    if future:
        ours, theirs = (as_of(built(w), str(day)).opportunities.set_index("opportunity_id") for w in (world, future))
        fields = [*TRACKED, "outcome", "type", "created_at"]
        pd.testing.assert_frame_equal(ours[fields], theirs[fields])


@given(WORLDS, st.dates(dt.date(2026, 7, 1), dt.date(2026, 9, 30)))
def test_every_day_of_a_quarter_in_one_pass_equals_each_day_rebuilt(world, last):
    b, quarter = built(world), CALENDAR.named("FY26-Q3")
    view = as_of(b, str(last))
    states = spans(view.timeline, b.table("opportunities"), as_of=last, company=COMPANY, types=TYPES)
    pace = daily_pipeline(states, [quarter], as_of=last, company=COMPANY)
    assert pace["date"].dt.date.tolist() == [quarter.start + dt.timedelta(n) for n in range(quarter.day_of(last))]
    for row in pace.iloc[:: max(len(pace) // 9, 1)].itertuples():
        rows = view.state(row.date.date())
        where = standing(rows, period=quarter, day=row.date.date(), company=COMPANY)
        expected = [rows.loc[where.eq(name), "amount"].sum() for name in (OPEN_PIPELINE, BOOKED)]
        assert [row.open_pipeline_amount, row.booked_amount] == pytest.approx(expected, abs=1e-3)


def test_row_order_changes_nothing():
    world = {
        "a": (
            "new",
            [
                (
                    dt.datetime(2026, 6, 1),
                    {"stage_name": "Won", "close_date": "2026-07-05", "amount": 3.0, "is_deleted": False},
                )
            ],
        )
    }
    b = built(world | {"b": world["a"]})
    turned = dataclasses.replace(b, tables={n: t.iloc[::-1].reset_index(drop=True) for n, t in b.tables.items()})
    first, second = (
        as_of(x, "2026-07-05").opportunities.sort_values("opportunity_id", ignore_index=True) for x in (b, turned)
    )
    pd.testing.assert_frame_equal(first, second)
    assert len(state()) == 0


def test_a_dated_folder_without_changes_is_as_late_as_its_name():
    b = book([deal("a")], [change("a", "2026-02-01 09:00")])
    later = dataclasses.replace(b, audit=dataclasses.replace(b.audit, exported_on="2026-06-15"))
    assert later.as_of("auto", now=dt.datetime(2026, 7, 1)).day == dt.date(2026, 6, 15)
    assert b.as_of("auto", now=dt.datetime(2026, 7, 1)).day < dt.date(2026, 6, 15)
