"""Dated folders of current-state exports, read as history."""

import datetime as dt

import pytest
from gate import DEAL, IDS, WEEKLY, balanced, gate, left_out, rows

NAMES = ("stage_name", "amount", "owner_id", "is_deleted")


def states(prepared, opportunity_id, fields=NAMES):
    history = prepared.tables["opportunity_history"].to_pylist()
    mine = [state for state in history if state["opportunity_id"] == opportunity_id]
    return [(f"{state['changed_at']:%m-%d %H:%M}", *(state[field] for field in fields)) for state in mine]


def test_folders_tell_what_changed_and_by_when(tmp_path):
    stamped = {**DEAL, "Last Modified Date": "2025-03-03"}
    prepared = gate(
        tmp_path,
        {
            "2025-06-01/a.csv": rows({"Stage": "Prospecting"}, {}, base=stamped),
            "2025-06-08/b.csv": rows({"Stage": "Prospecting", "Amount": "1500"}, {}, base=stamped),
            "2025-06-15/c.csv": rows(
                {"Opportunity Owner": "Priya Nair", "Amount": "1500", "Last Modified Date": "2025-06-10"},
                {},
                {"Created Date": "2025-06-11", "Last Modified Date": "2025-06-12"},
                base=stamped,
            ),
        },
    )
    assert states(prepared, IDS[0]) == [
        ("03-03 00:00", "Prospecting", 1000.0, "Dana Whitfield", False),
        ("06-08 23:59", "Prospecting", 1500.0, "Dana Whitfield", False),  # not restamped: by the end of that day
        ("06-10 00:00", "Qualification", 1500.0, "Priya Nair", False),
    ]
    assert states(prepared, IDS[1]) == [("03-03 00:00", "Qualification", 1000.0, "Dana Whitfield", False)]
    assert states(prepared, IDS[2])[0][0] == "06-11 00:00"
    assert prepared.audit.history_from == "2025-06-01"
    assert set(prepared.audit.tracked) == {"stage_name", "amount", "close_date", "owner_id", "type", "source"}
    assert set(prepared.audit.tracked.values()) == {"dated exports"}
    assert prepared.tables["opportunities"].num_rows == 3
    assert balanced(prepared)


def test_a_deal_missing_from_a_later_folder_is_deleted_that_day(tmp_path):
    files = {
        "2025-06-01/a.csv": rows({}, {}),
        "2025-06-08/a.csv": rows({}),
        "2025-06-15/a.csv": rows({}, {"Amount": "7"}),
    }
    prepared = gate(tmp_path, files)
    assert states(prepared, IDS[1], ("is_deleted", "amount")) == [
        ("03-03 00:00", False, 1000.0),
        ("06-01 23:59", False, 1000.0),
        ("06-08 23:59", True, 1000.0),
        ("06-15 23:59", False, 7.0),
    ]
    gone = gate(tmp_path / "gone", dict(list(files.items())[:2]))
    assert gone.tables["opportunities"]["opportunity_id"].to_pylist() == sorted(IDS[:2])
    assert states(gone, IDS[1], ("is_deleted",))[-1] == ("06-08 23:59", True)


def test_undated_files_beside_dated_folders_are_the_current_state(tmp_path):
    quota = "owner_name,period_start,period_end,target\nDana Whitfield,2025-04-01,2025-06-30,{}\n"
    prepared = gate(
        tmp_path,
        {
            "2025-06-01/a.csv": rows({}),
            "2025-06-01/quota.csv": quota.format(5),
            "a.csv": rows({"Amount": "9", "Last Modified Date": "2025-06-20"}),
            "quota.csv": quota.format(6),
        },
    )
    assert states(prepared, IDS[0], ("amount",)) == [
        ("03-03 00:00", 1000.0),
        ("06-01 23:59", 1000.0),
        ("06-20 00:00", 9.0),
    ]
    assert prepared.tables["opportunities"]["amount"].to_pylist() == [9.0]
    assert prepared.tables["quotas"]["quota_amount"].to_pylist() == [6.0]
    assert prepared.audit.unrecognised == (
        (
            "2025-06-01/quota.csv",
            "not read: of dated folders only opportunities and forecasts count; see the files beside the dated folders",
        ),
    )
    assert balanced(prepared)


def test_the_latest_folder_gives_the_other_tables(tmp_path):
    quota = "owner_name,period_start,period_end,target\nDana Whitfield,2025-04-01,2025-06-30,{}\n"
    days = ("2025-06-01", "2025-06-08")
    files = {f"{day}/quota.csv": quota.format(place) for place, day in enumerate(days)}
    prepared = gate(tmp_path, {**files, **{f"{day}/deals.csv": rows({}) for day in days}})
    assert prepared.tables["quotas"]["quota_amount"].to_pylist() == [1.0]
    assert [name for name, _ in prepared.audit.unrecognised] == ["2025-06-01/quota.csv"]
    assert left_out(prepared) == []


def test_opportunity_history_goes_before_dated_folders(tmp_path):
    deals = (WEEKLY / "Opportunity.csv").read_text(encoding="cp1252")
    later = deals.replace('"Negotiation/Review"', '"Closed Won"').replace(
        '"0058d00000Aq1AcAAJ"', '"0058d00000Aq1AbAAJ"'
    )
    prepared = gate(
        tmp_path,
        {
            "2025-07-01/Opportunity.csv": deals.encode("cp1252"),
            "2025-07-08/Opportunity.csv": later.encode("cp1252"),
            "OpportunityHistory.csv": WEEKLY / "OpportunityHistory.csv",
        },
    )
    found = states(prepared, "0068d00000ABcDe", ("stage_name", "owner_id"))
    assert found[-3:] == [
        ("06-30 16:47", "Negotiation/Review", "0058d00000Aq1Ac"),
        ("07-08 23:59", "Negotiation/Review", "0058d00000Aq1Ab"),
        ("07-08 23:59", "Closed Won", "0058d00000Aq1Ab"),  # OpportunityHistory ends before: the record goes on
    ]
    assert prepared.audit.tracked["owner_id"] == "dated exports"
    assert prepared.audit.tracked["stage_name"] == "OpportunityHistory"
    assert prepared.audit.history_from == "2025-01-05"
    untold = states(prepared, "0068d00000ABCDF", ("stage_name",))  # no row in OpportunityHistory: the folders tell it
    assert untold == [("06-28 16:47", "Prospecting"), ("06-30 16:47", "Prospecting")]


@pytest.mark.parametrize("name", ["2025-06-01 old", "june"])
def test_other_folders_are_no_days(tmp_path, name):
    prepared = gate(tmp_path, {f"{name}/a.csv": rows({})})
    assert prepared.audit.history_from is None
    assert prepared.tables["opportunities"]["created_at"].to_pylist() == [dt.datetime(2025, 3, 3)]


def test_a_deal_that_has_gone_is_kept_beside_folders_of_several_files(tmp_path):
    stamped = {**DEAL, "Last Modified Date": "2025-03-03"}
    days = {
        "2025-06-01/a.csv": rows({}, {}, base=stamped),
        "2025-06-08/b.csv": rows({}, base=stamped),
        "2025-06-08/c.csv": rows({}, base=stamped),
    }
    prepared = gate(tmp_path, days)
    assert states(prepared, IDS[1])[-1] == ("06-08 23:59", "Qualification", 1000.0, "Dana Whitfield", True)
    assert prepared.tables["opportunities"].num_rows == 2 and balanced(prepared)
