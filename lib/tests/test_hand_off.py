"""The hand-off: by hand, by plain loops, with what is odd, and as of a day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from handed_over import DAY, MONDAY, by_lead, company, lead, owned, row, status, told

from revops.analysis.passages.compared import MOVES
from revops.measures.stage_benchmarking.hand_off.judged import accepted
from revops.measures.stage_benchmarking.hand_off.oddities import NO_MQL, NO_TOUCH, NO_VERDICT
from revops.measures.stage_benchmarking.hand_off.result import BY_GROUP, BY_HOUR, COUNTS, LEADS, REASONS, STAKE, TABLE

REGIONS = {"office_hours": {"time_zones": {"AMER": "America/New_York", "EMEA": "Europe/Berlin"}},
           "regions": {"names": ["AMER", "EMEA"], "also": {"EMEA": ["Europe"]}}}  # fmt: skip


def four():
    """Return four MQLs. A is touched after 2 hours, B after 10, C is given back untouched after 2, D came today at ten
    and was not touched by noon, when the last stamp of the day is."""
    leads = [lead("A"), lead("B"), lead("C", f"{MONDAY} 17:00"), lead("D", f"{DAY} 10:00"), lead("E", None)]
    history = [status("A", f"{MONDAY} 11:00", "Working"), status("B", "2026-06-09 09:30", "Working"),
               status("C", "2026-06-09 09:30", "Recycled"), status("E", f"{DAY} 12:00", "Nurture")]  # fmt: skip
    return leads, history


def test_four_leads_by_hand():
    """Of four at risk after 2 hours one is touched (1/4) and one given back; D is seen no longer. B, the last one at
    risk, of the half that is left, is touched after 10 hours: 1/4 + 1/2."""
    found = told(*four())
    assert by_lead(found, "hours") == {"A": 2, "B": 10, "C": 2, "D": 2}
    assert by_lead(found, "follow_hours")["D"] == 2
    assert by_lead(found, "event") == {"A": 1, "B": 1, "C": 2, "D": 0}
    assert by_lead(found, "is_late") == {"A": False, "B": True, "C": True, "D": pd.NA}
    now = row(found)
    names = ("n", "n_timed", "n_touched", "n_never", "n_open", "n_waiting", "n_followed")
    assert [now[name] for name in names] == [4, 4, 2, 1, 1, 1, 3]
    assert (now["sla_share"], now["never_share"]) == (0.25, 0.5)
    assert (now["median_hours"], now["seen_hours"]) == (10, 10) and np.isnan(now["p90_hours"])
    assert now["sla_low"] < 0.25 < now["sla_high"] and now["never_low"] < 0.5 < now["never_high"]
    assert (found.unit, found.sla_hours, found.day_hours) == ("hours", 4, 9.5)
    assert found.counts.to_dict("records") == [
        {"what": "no_owner", "n": 4,
         "words": "4 MQLs: no owner who is a person; the lead's region tells the clock"}]  # fmt: skip


def test_columns():
    found = told(*four(), luck_past=8)
    for table, columns in ((found.leads, LEADS), (found.table, TABLE), (found.past, TABLE), (found.by_hour, BY_HOUR),
                           (found.by_group, BY_GROUP), (found.reasons, REASONS), (found.stake, STAKE),
                           (found.counts, COUNTS)):  # fmt: skip
        assert table.columns.tolist() == list(columns)
        assert table.dtypes.astype(str).to_dict() == columns
        assert table.index.tolist() == list(range(len(table)))
    assert found.moves.columns.tolist() == MOVES and found.moves["what"].tolist() == ["sla", "accept"]
    assert found.past["window"].tolist() == [str(number) for number in range(1, 9)]


def test_a_mean_of_the_touched_misleads_where_many_still_wait():
    """Of forty leads the odd ones are touched after an hour, the others wait for three weeks: the mean of the touched
    says one hour. Half were touched after one hour, and nine in ten never."""
    leads = [lead(f"{n:02d}") for n in range(40)]
    found = told(leads, [status(f"{n:02d}", f"{MONDAY} 10:00", "Working") for n in range(1, 40, 2)])
    touched = found.leads[found.leads["event"].eq(1)]
    assert touched["hours"].mean() == 1
    now = row(found)
    assert now["sla_share"] == now["never_share"] == 0.5 and now["median_hours"] == 1
    assert np.isnan(now["p90_hours"]) and np.isnan(now["median_high"])
    fewer = told(leads, [status(f"{n:02d}", f"{MONDAY} 10:00", "Working") for n in range(0, 40, 4)])
    assert np.isnan(row(fewer)["median_hours"]) and row(fewer)["seen_hours"] > 100


def test_what_counts_as_the_first_touch():
    leads = [
        lead("status"), lead("rejected"), lead("field", touched_at=f"{MONDAY} 09:30"),
        lead("conversion", is_converted=True, converted_date="2026-06-09", contact_id="C1"),
        lead("SQL", sql_at="2026-06-09 10:00"), lead("before", touched_at="2026-06-01 09:00"), lead("nothing"),
        lead("other"),
    ]  # fmt: skip
    history = [
        status("status", f"{MONDAY} 08:00", "Working"), status("status", f"{MONDAY} 08:30", "Open"),
        status("status", f"{MONDAY} 12:00", "Working"), status("status", f"{MONDAY} 13:00", "Working", "x", 1),
        status("rejected", f"{MONDAY} 10:00", "Disqualified"), status("field", f"{MONDAY} 15:00", "Working"),
        status("SQL", "2026-06-10 15:00", "Working"), status("before", f"{MONDAY} 14:00", "Working"),
        status("other", f"{MONDAY} 11:00", "Looked at"), owned("other", f"{MONDAY} 11:00", "Wei"),
    ]  # fmt: skip
    found = told(leads, history)
    assert by_lead(found, "hours") | {"nothing": None, "other": None} == {
        "status": 3, "rejected": 1, "field": 0.5, "conversion": 18.5, "SQL": 10.5, "before": 5, "nothing": None,
        "other": None,
    }  # fmt: skip
    names = by_lead(found, "touch")
    assert {id: name for id, name in names.items() if isinstance(name, str)} == {
        "status": "status", "rejected": "status", "field": "field", "conversion": "conversion", "SQL": "SQL",
        "before": "status",
    }  # fmt: skip
    assert (found.leads.set_index("lead_id").loc[["nothing", "other"], "event"] == 0).all()
    told_of = found.counts.set_index("what")["words"]
    assert told_of["late_sign"] == (
        "2 MQLs: no work shown before sales called it qualified; that moment counts, the latest it can be"
    )


def test_who_was_worked_on_already_or_is_out_of_order_is_not_timed():
    leads = [lead("working"), lead("late mark"), lead("sql first", sql_at="2026-06-05 09:00"), lead("field",
             touched_at="2026-06-05 09:00"), lead("fine")]  # fmt: skip
    history = [
        status("working", "2026-06-05 09:00", "Working"), status("late mark", f"{MONDAY} 12:00", "SQL", "Working"),
        status("fine", "2026-06-05 09:00", "Working"), status("fine", f"{MONDAY} 09:00:30", "MQL", "Working"),
        status("fine", f"{MONDAY} 12:00", "Working", "MQL"),
    ]  # fmt: skip
    found = told(leads, history)
    hours = by_lead(found, "hours")
    assert {id: value for id, value in hours.items() if not np.isnan(value)} == {"fine": 3}
    assert (row(found)["n"], row(found)["n_timed"]) == (5, 1)
    words = found.counts.set_index("what")["words"]
    assert words["worked"] == "3 MQLs: in a working status already when it was qualified; not timed"
    assert words["odd"] == "1 MQL: called qualified by sales before marketing did; not timed"


def test_the_first_person_who_got_it_tells_the_clock():
    """16:00 UTC is noon in New York and 18:00 in Berlin, after which New York works on for 6 hours and Berlin none."""
    owners = [{"owner_id": "Ann", "region": "amer", "team": "West"}, {"owner_id": "Bo", "region": "Europe"},
              {"owner_id": "Cy", "region": None}]  # fmt: skip
    at, next_day = f"{MONDAY} 16:00", "2026-06-09 05:00"
    leads = [lead("routed", at, owner_id="Bo"), lead("kept", at, owner_id="Bo"), lead("now", at, owner_id="Bo"),
             lead("was", at, owner_id="Bo"), lead("region", at, owner_id="Cy", region="AMER"),
             lead("queue", at, owner_id="queue", region="EMEA"), lead("none", at)]  # fmt: skip
    history = [
        owned("routed", f"{MONDAY} 16:02", "queue 2"), owned("routed", f"{MONDAY} 16:04", "Ann"),
        owned("routed", f"{MONDAY} 20:00", "Bo", "Ann"), owned("kept", f"{MONDAY} 15:00", "Ann"),
        owned("was", f"{MONDAY} 20:00", "Bo", "Ann"),
    ]  # fmt: skip
    history += [status(row["lead_id"], next_day, "Working") for row in leads]
    found = told(leads, history, whose=company(**REGIONS), owners=owners)
    assert by_lead(found, "owner_id") | {"queue": None, "none": None} == {
        "routed": "Ann", "kept": "Ann", "now": "Bo", "was": "Ann", "region": "Cy",
        "queue": None, "none": None,
    }  # fmt: skip
    assert by_lead(found, "zone") == {
        "routed": "America/New_York", "kept": "America/New_York", "now": "Europe/Berlin", "was": "America/New_York",
        "region": "America/New_York", "queue": "Europe/Berlin", "none": "UTC",
    }  # fmt: skip
    assert by_lead(found, "hours") == {
        "routed": 6, "kept": 6, "now": 0, "was": 6, "region": 6, "queue": 0, "none": 2,
    }  # fmt: skip
    assert by_lead(found, "arrived") == {
        "routed": "12:00", "kept": "12:00", "now": "after closing", "was": "12:00", "region": "12:00",
        "queue": "after closing", "none": "16:00",
    }  # fmt: skip
    groups = found.by_group.set_index(["dimension", "group"])["n"]
    assert groups["owner", "Ann"] == 3 and groups["team", "West"] == 3


def test_work_within_a_minute_is_work():
    found = told([lead("A")], [status("A", f"{MONDAY} 09:00:20", "MQL"), status("A", f"{MONDAY} 09:00:36", "Working")])
    assert by_lead(found, "hours") == {"A": pytest.approx(0.01)}


def test_people_of_one_enquiry_count_once():
    leads = [lead("A", account_name="Acme"), lead("B", f"{MONDAY} 12:00", account_name="Acme"), lead("C")]
    found = told(leads, [status("B", f"{MONDAY} 13:00", "Working"), status("C", f"{MONDAY} 13:00", "Working")])
    assert found.leads["lead_id"].tolist() == ["A", "C"] and row(found)["n_again"] == 1
    assert found.counts.set_index("what")["words"]["again"] == (
        "1 MQL: one more person of an enquiry that was qualified already; not timed"
    )


def test_days_without_a_time_count_as_whole_working_days():
    """The same day is 0 hours, within the SLA; from Friday to Monday is one day of 9.5 hours, and is not."""
    leads = [lead("same", "2026-06-12"), lead("next", "2026-06-12"), lead("sunday", "2026-06-14"), lead("open", DAY)]
    history = [status("same", "2026-06-12", "Working"), status("next", "2026-06-15", "Working"),
               status("sunday", "2026-06-15", "Working")]  # fmt: skip
    found = told(leads, history)
    assert found.unit == "days" and by_lead(found, "hours") == {"same": 0, "next": 9.5, "sunday": 9.5, "open": 0}
    assert by_lead(found, "is_late") == {"same": False, "next": True, "sunday": True, "open": pd.NA}
    assert found.counts.set_index("what")["words"]["days"] == (
        "4 MQLs: days without a time; working days count, whole ones"
    )
    timed = told([lead("same", "2026-06-12 15:00")], [status("same", "2026-06-12", "Working")])
    assert timed.unit == "days" and by_lead(timed, "hours") == {"same": 0}


def test_a_day_of_sql_or_conversion_is_its_end():
    leads = [lead("A", sql_at=MONDAY), lead("B", sql_at="2026-06-09")]
    found = told(leads, [status("C", f"{MONDAY} 09:30", "Working"), status("A", "2026-06-01 09:00", "Open")])
    assert found.unit == "hours" and by_lead(found, "hours") == {"A": 9, "B": 18.5}


def test_without_history_and_without_a_field_touches_are_not_told():
    found = told([lead("A", sql_at="2026-06-09 10:00"), lead("B")])
    assert found.why == {"sla": NO_TOUCH, "stake": NO_TOUCH, "accept": NO_VERDICT}
    now = row(found)
    assert (now["n"], now["n_timed"], now["n_judged"]) == (2, 0, 1)
    assert all(np.isnan(now[name]) for name in ("sla_share", "never_share", "median_hours", "accept_share"))
    assert found.by_hour["n"].sum() == 0 and found.by_group.empty and found.stake.empty
    assert found.moves["p_value"].isna().all()


def test_the_field_alone_tells_touches():
    found = told([lead("A", touched_at=f"{MONDAY} 10:00"), lead("B"), lead("C", touched_at="2026-07-02 10:00")])
    assert "sla" not in found.why and by_lead(found, "event") == {"A": 1, "B": 0, "C": 0}
    assert row(found)["sla_share"] == pytest.approx(1 / 3)


def test_statuses_of_records_judge_where_there_is_no_history():
    """B was changed after the day, so that its status of today tells nothing of it."""
    leads = [lead("A", status="Disqualified", modified_at="2026-06-12 09:00", touched_at=f"{MONDAY} 10:00"),
             lead("B", status="Disqualified", modified_at="2026-07-02 09:00"),
             lead("C", sql_at="2026-06-09 10:00")]  # fmt: skip
    found = told(leads)
    assert by_lead(found, "side") == {"A": "rejected", "B": "open", "C": "accepted"} and "accept" not in found.why
    assert by_lead(found, "reason")["A"] == "Disqualified"


def test_contacts_as_leads_say_what_is_missing():
    people = [{"contact_id": f"P{n}", "created_at": "2026-05-04", "lead_at": "2026-05-04", "mql_at": f"{MONDAY} 09:00",
               "sql_at": "2026-06-10 09:00" if n % 2 else None} for n in range(4)]  # fmt: skip
    found = told([], contacts=people)
    assert found.why == {"sla": NO_TOUCH, "stake": NO_TOUCH, "accept": NO_VERDICT}
    assert (row(found)["n"], row(found)["n_judged"]) == (4, 2)


@pytest.mark.parametrize("leads", [[], [lead("A", None)]])
def test_nobody_qualified(leads):
    found = told(leads, [status("A", f"{MONDAY} 10:00", "Working")])
    assert found.why == dict.fromkeys(("sla", "accept", "stake"), NO_MQL)
    assert found.table["n"].tolist() == [0, 0] and found.leads.empty and found.table["sla_share"].isna().all()
    assert found.moves["now"].isna().all() and found.counts.empty and found.stake.empty


def test_one_lead_and_all_untouched():
    one = told([lead("A")], [status("A", f"{MONDAY} 10:00", "Working")])
    assert row(one)["n_touched"] == 1 and np.isnan(row(one)["sla_share"]) and row(one)["median_hours"] == 1
    none = told([lead(str(n)) for n in range(9)], [status("0", f"{MONDAY} 09:30", "Opened")])
    now = row(none)
    assert (now["sla_share"], now["never_share"], now["n_open"]) == (0, 1, 9)
    assert 0 < now["sla_high"] < 0.4 and np.isnan(now["median_hours"]) and now["sla_worth"] == 9
    assert none.stake.empty and none.why["stake"] == (
        "too few MQLs on time and late, or with an opportunity, to compare"
    )


def test_sides_and_reasons():
    leads = [
        lead("good", sql_at="2026-06-10 09:00"), lead("later", sql_at="2026-06-10 09:00", reject_reason="Budget"),
        lead("bad", reject_reason="Too small"), lead("unsaid"), lead("again"), lead("back"), lead("open"),
        lead("worked"),
    ]  # fmt: skip
    history = [
        status("good", f"{MONDAY} 10:00", "Working"), status("later", "2026-06-20 09:00", "Disqualified"),
        status("bad", "2026-06-10 09:00", "Disqualified"), status("unsaid", "2026-06-10 09:00", "Junk lead"),
        status("again", "2026-06-09 09:00", "Working"), status("again", "2026-06-12 09:00", "Recycled"),
        status("back", "2026-06-09 09:00", "Recycled"), status("worked", "2026-06-09 09:00", "Working"),
        status("open", "2026-06-01 09:00", "Disqualified"),
    ]  # fmt: skip
    found = told(leads, history)
    rows = [(side, reason if isinstance(reason, str) else None, n) for side, reason, n in
            zip(found.reasons["side"], found.reasons["reason"], found.reasons["n"], strict=True)]  # fmt: skip
    assert rows == [
        ("accepted", None, 1), ("accepted, then turned down", "Budget", 1), ("rejected", "Junk lead", 1),
        ("rejected", "Too small", 1), ("recycled", "Recycled", 1), ("never touched", None, 1), ("open", None, 2),
    ]  # fmt: skip
    assert found.reasons["share"].tolist() == pytest.approx([1 / 8] * 6 + [2 / 8])
    now = row(found)
    assert (now["n_judged"], now["accept_share"]) == (5, pytest.approx(2 / 5))


def test_acceptance_is_not_flattered_by_verdicts_still_to_come():
    """Sales accepts six in ten after two days and turns the others down after fifty. Of those who have been judged when
    four in five MQLs are younger than that, far more than six in ten are accepted."""
    rng, until = np.random.default_rng(4), pd.Timestamp("2026-06-30 12:00")
    shares, held, naive = [], 0, []
    for _ in range(100):
        at = pd.Timestamp("2026-04-02") + pd.to_timedelta(rng.integers(0, 80, 300), unit="D")
        good = rng.random(300) < 0.6
        said = pd.Series(at + pd.to_timedelta(np.where(good, 2, 50), unit="D"))
        said = said.where(said <= until)
        side = np.select([said.isna(), good], ["open", "accepted"], "recycled")
        leads = pd.DataFrame({"mql_at": at, "judged_at": said, "given_back_at": pd.NaT, "side": side,
                              "company_key": np.arange(300).astype(str)})  # fmt: skip
        found = accepted(leads, until, 60, 0.8)
        shares.append(found["accept_share"])
        held += found["accept_low"] <= 0.6 <= found["accept_high"]
        naive.append((side == "accepted").sum() / (side != "open").sum())
    assert np.mean(naive) > 0.7
    assert np.mean(shares) == pytest.approx(0.6, abs=0.01)
    assert 70 <= held <= 90


def test_each_hour_of_the_day_is_told():
    found = told([lead("A"), lead("B", f"{MONDAY} 20:00")], [status("A", f"{MONDAY} 10:00", "Working")])
    now = found.by_hour[found.by_hour["window"].eq("now")]
    assert now["arrived"].tolist() == ["before opening", *(f"{h:02d}:00" for h in range(8, 18)), "after closing",
                                       "day off"]  # fmt: skip
    assert now.set_index("arrived")["n"].to_dict()["09:00"] == 1 and now["n"].sum() == 2


def made_up(seed):
    """Return leads, changes and owners of a company at random."""
    rng = np.random.default_rng(seed)
    leads, history = [], []
    words = ["Open", "Working", "Disqualified", "Recycled", "MQL", None]
    for n in range(60):
        at = pd.Timestamp("2026-05-10") + pd.Timedelta(minutes=int(rng.integers(0, 51 * 1440)))
        after = [str(at + pd.Timedelta(minutes=int(rng.exponential(3000)))) for _ in range(2)]
        leads.append(lead(f"{n:02d}", str(at), sql_at=after[0] if rng.random() < 0.3 else None,
                          touched_at=after[1] if rng.random() < 0.3 else None))  # fmt: skip
        for place in range(int(rng.integers(0, 4))):
            moment = at + pd.Timedelta(minutes=int(rng.exponential(2500)) - 200)
            new, old = rng.choice(words[:5]), rng.choice(words)
            history.append(status(f"{n:02d}", str(moment), new, old, place))
    return leads, history


def slow(leads, history, day):
    """Return by lead the event and its stamp, as a reader of the definitions would find them, one lead at a time."""
    end, found = dt.datetime.fromisoformat(f"{day} 23:59:59.999999"), {}
    meaning = {"Working": "working", "Disqualified": "rejected", "Recycled": "recycled"}
    at = dt.datetime.fromisoformat
    for row_ in leads:
        start = at(row_["mql_at"])
        if start > end:
            continue
        changes = sorted(
            ((at(c["changed_at"]), c["sequence"], c) for c in history if c["lead_id"] == row_["lead_id"]),
            key=lambda item: item[:2],
        )
        changes = [(moment, c) for moment, _, c in changes if moment <= end]
        until = [
            c
            for moment, c in changes
            if moment <= start
            or (moment <= start + dt.timedelta(seconds=60) and meaning.get(c["new_value"]) != "working")
        ]
        later = [c for _, c in changes if c not in until]
        stood = until[-1]["new_value"] if until else later[0]["old_value"] if later else None
        touches = [m for m, c in changes if m >= start and meaning.get(c["new_value"]) in ("working", "rejected")]
        for name in ("sql_at", "touched_at"):
            if row_[name] and start <= at(row_[name]) <= end:
                touches.append(at(row_[name]))
        backs = [m for m, c in changes if m >= start and meaning.get(c["new_value"]) == "recycled"]
        first, back = min(touches, default=None), min(backs, default=None)
        if meaning.get(stood) == "working":
            found[row_["lead_id"]] = None
        elif back is not None and (first is None or back < first):
            found[row_["lead_id"]] = (2, back)
        else:
            found[row_["lead_id"]] = (0, None) if first is None else (1, first)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_touches_are_those_of_a_plain_loop(seed):
    leads, history = made_up(seed)
    found, wanted = told(leads, history, day="2026-06-24"), slow(leads, history, "2026-06-24")
    events, hours = by_lead(found, "event"), by_lead(found, "hours")
    ends = found.leads.set_index("lead_id")[["touched_at", "given_back_at"]].min(axis=1)
    assert set(events) == set(wanted) and {None, 0, 1, 2} == {w and w[0] for w in wanted.values()}
    for id, one in wanted.items():
        assert np.isnan(hours[id]) == (one is None)
        if one is not None:
            assert events[id] == one[0] and (one[1] is None or ends[id] == pd.Timestamp(one[1]))


@pytest.mark.parametrize("seed", range(4))
def test_the_share_within_the_sla_is_that_of_a_plain_loop(seed):
    found = told(*made_up(seed), day="2026-06-24", sla_hours=12.5)
    rows = found.leads[found.leads["hours"].notna() & found.leads["place"].eq(0)]
    cases = sorted(zip(rows["hours"], rows["event"], strict=True))
    share, alive = 0.0, 1.0
    for moment in sorted({hours for hours, event in cases if event and hours <= 12.5}):
        at_risk = sum(hours >= moment for hours, _ in cases)
        touched, back = (sum(case == (moment, event) for case in cases) for event in (1, 2))
        share, alive = share + alive * touched / at_risk, alive * (1 - (touched + back) / at_risk)
    assert 0 < share < 1 and row(found)["sla_share"] == pytest.approx(share, abs=0.02)


def test_nothing_after_the_day_counts():
    leads, history = made_up(7)
    day = "2026-06-15"
    end = pd.Timestamp(f"{day} 23:59:59")
    gone = [r | {n: None if r[n] and pd.Timestamp(r[n]) > end else r[n] for n in ("mql_at", "sql_at", "touched_at")}
            for r in leads]  # fmt: skip
    early = [c for c in history if pd.Timestamp(c["changed_at"]) <= end]
    whole, cut = told(leads, history, day=day), told(gone, early, day=day)
    assert len(early) < len(history)
    for name in ("leads", "table", "past", "by_hour", "by_group", "reasons", "stake", "moves", "counts"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(cut, name))


def test_order_of_rows_changes_nothing():
    leads, history = made_up(8)
    one, other = told(leads, history), told(leads[::-1], history[::-1])
    for name in ("leads", "table", "by_hour", "by_group", "reasons", "moves"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
