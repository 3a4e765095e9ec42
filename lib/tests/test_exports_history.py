"""History as whole states: each source by itself, several together, and an independent slow twin of their merger."""

import csv
import datetime as dt
import io

import pytest
from gate import COMPANY, IDS, balanced, file_audit, gate, left_out, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.exports import prepare

STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Closed Won")
FIELDS = "OpportunityId,Field,OldValue,NewValue,CreatedDate"
STATES = "Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,IsDeleted"
STEPS = "Opportunity ID,From Stage,To Stage,Last Modified,Amount"
RECORD = {
    "Id": IDS[0],
    "StageName": "Qualification",
    "CloseDate": "2025-07-15",
    "CreatedDate": "2025-03-03 05:00:00",
    "Amount": "1000",
    "CurrencyIsoCode": "USD",
    "OwnerId": "0058d00000Aq1Ab",
    "Type": "New Business",
    "LeadSource": "Web",
    "LastModifiedDate": "2025-06-30 05:00:00",
    "IsDeleted": "0",
}


def states(prepared, opportunity_id=IDS[0], fields=("stage_name",)):
    """Return the day of each state of one opportunity, and some of its fields."""
    history = prepared.tables["opportunity_history"].to_pylist()
    mine = [state for state in history if state["opportunity_id"] == opportunity_id]
    return [(f"{state['changed_at']:%m-%d}", *(state[field] for field in fields)) for state in mine]


def lines(header, *body):
    return "\n".join([header, *body]) + "\n"


def test_states_of_one_stamp_stand_in_the_order_of_their_record_ids(tmp_path):
    history = lines(
        STATES,
        f"0088d00003nB002,{IDS[0]},2025-04-01 12:00:00,Needs Analysis,300,2025-08-01,0",
        f"0088d00003nB001,{IDS[0]},2025-04-01 12:00:00,Prospecting,200,2025-08-01,0",
        f"0088d00003nB000,{IDS[0]},2025-03-03 05:00:00,Qualification,100,2025-08-01,0",
        f"0088d00003nB001,{IDS[0]},2025-04-01 12:00:00,Prospecting,200,2025-08-01,0",
    )
    record = {"StageName": "Needs Analysis", "Amount": "300", "CloseDate": "2025-08-01"}
    prepared = gate(tmp_path, {"deals.csv": rows(record, base=RECORD), "history.csv": history})
    assert states(prepared, fields=("sequence", "stage_name", "amount")) == [
        ("03-03", 0, "Qualification", 100),
        ("04-01", 1, "Prospecting", 200),
        ("04-01", 2, "Needs Analysis", 300),
    ]
    assert left_out(prepared) == [("history.csv", "exact duplicate row", 1)]
    assert balanced(prepared)


def test_steps_of_one_day_are_chained_by_their_stages(tmp_path):
    steps = [
        f"{IDS[0]},,Prospecting,2025-03-03,10",
        f"{IDS[0]},Prospecting,Qualification,2025-04-01,20",
        f"{IDS[0]},Qualification,Qualification,2025-04-01,30",
        f"{IDS[0]},Qualification,Prospecting,2025-04-01,30",
        f"{IDS[0]},Prospecting,Needs Analysis,2025-04-01,40",
        f"{IDS[0]},Needs Analysis,Closed Won,2025-04-02,40",
    ]
    for place, order in enumerate([steps, steps[::-1], [steps[k] for k in (4, 2, 0, 5, 3, 1)]]):
        files = {"deals.csv": rows({"Stage": "Closed Won"}), "history.csv": lines(STEPS, *order)}
        prepared = gate(tmp_path / str(place), files)
        assert states(prepared, fields=("stage_name", "amount")) == [
            ("03-03", "Prospecting", 10),
            ("04-01", "Qualification", 20),
            ("04-01", "Qualification", 30),
            ("04-01", "Prospecting", 30),
            ("04-01", "Needs Analysis", 40),
            ("04-02", "Closed Won", 40),
        ]


def test_a_deal_has_its_first_known_state_from_its_creation(tmp_path):
    history = lines(STATES, f"0088d00003nB001,{IDS[0]},2025-04-01 12:00:00,Prospecting,200,2025-08-01,0")
    record = {"StageName": "Prospecting", "Amount": "200", "CloseDate": "2025-08-01"}
    prepared = gate(tmp_path, {"deals.csv": rows(record, {}, base=RECORD), "history.csv": history})
    assert states(prepared) == [("03-03", "Prospecting"), ("04-01", "Prospecting")]
    assert states(prepared, IDS[1]) == []
    assert prepared.audit.warnings == (
        f"opportunity_history: 1 of 2 opportunities have no history of their stages (e.g. {IDS[1]})",
    )


def test_field_history_alone_rebuilds_every_tracked_field(tmp_path):
    changes = lines(
        FIELDS,
        f"{IDS[0]},StageName,Prospecting,Qualification,2025-04-01 12:00:00",
        f'{IDS[0]},Amount,"USD 10,000.00","EUR 1,000.00",2025-05-01 12:00:00',
        f"{IDS[0]},CloseDate,2025-06-30 00:00:00,2025-07-15 00:00:00,2025-05-02 12:00:00",
        f"{IDS[0]},Type,Renewal,New Business,2025-05-03 12:00:00",
        f"{IDS[0]},LeadSource,Outbound,Web,2025-05-04 12:00:00",
        f"{IDS[0]},NextStep,,Call,2025-05-05 12:00:00",
        f"{IDS[0]},created,,,2025-03-03 05:00:00",
    )
    prepared = gate(tmp_path, {"deals.csv": rows({}, {}, base=RECORD), "changes.csv": changes})
    names = ("stage_name", "amount", "amount_original", "close_date", "type", "source")
    before = ("Prospecting", 10_000.0, 10_000.0, dt.datetime(2025, 6, 30), "renewal", "sales")
    assert states(prepared, fields=names) == [
        ("03-03", *before),
        ("04-01", "Qualification", *before[1:]),
        ("05-01", "Qualification", 1_100.0, 1_000.0, *before[3:]),
        ("05-02", "Qualification", 1_100.0, 1_000.0, dt.datetime(2025, 7, 15), "renewal", "sales"),
        ("05-03", "Qualification", 1_100.0, 1_000.0, dt.datetime(2025, 7, 15), "new", "sales"),
        ("05-04", "Qualification", 1_100.0, 1_000.0, dt.datetime(2025, 7, 15), "new", "marketing"),
    ]
    now = ("Qualification", 1_000.0, 1_000.0, dt.datetime(2025, 7, 15), "new", "marketing")
    assert states(prepared, IDS[1], names) == [("03-03", *now)]
    assert prepared.audit.tracked == dict.fromkeys(
        ("amount", "close_date", "source", "stage_name", "type"), "Opportunity Field History"
    )
    assert prepared.audit.history_from == "2025-04-01"
    assert left_out(prepared) == [("changes.csv", "change of a field that is not used", 2)]


def test_owner_changes_by_name_and_by_id_are_one_change(tmp_path):
    changes = lines(
        FIELDS,
        f"{IDS[0]},Owner,0058d00000Aq1AcAAJ,0058d00000Aq1AbAAJ,2025-05-01 12:00:00",
        f"{IDS[0]},Owner,Priya Nair,Dana Whitfield,2025-05-01 12:00:00",
        f"{IDS[0]},StageName,Prospecting,Qualification,2025-04-01 12:00:00",
    )
    users = "Id,Name\n0058d00000Aq1Ab,Dana Whitfield\n0058d00000Aq1Ac,Priya Nair\n"
    for folder, extra in (("with", {"users.csv": users}), ("without", {})):
        prepared = gate(tmp_path / folder, {"deals.csv": rows({}, base=RECORD), "changes.csv": changes, **extra})
        found = states(prepared, fields=("owner_id",))
        assert (found[0], found[-1]) == (("03-03", "0058d00000Aq1Ac"), ("05-01", "0058d00000Aq1Ab"))
        assert balanced(prepared)


def test_owner_history_joins_the_states_of_the_api(tmp_path):
    history = lines(
        STATES,
        f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,0",
        f"0088d00003nB002,{IDS[0]},2025-06-01 12:00:00,Qualification,200,2025-08-01,0",
    )
    changes = lines(
        FIELDS,
        f"{IDS[0]},Owner,0058d00000Aq1AcAAJ,0058d00000Aq1AbAAJ,2025-05-01 12:00:00",
        f"{IDS[0]},StageName,Prospecting,Closed Won,2025-05-02 12:00:00",
    )
    record = {"Amount": "200", "CloseDate": "2025-08-01"}
    files = {"deals.csv": rows(record, base=RECORD), "history.csv": history, "changes.csv": changes}
    prepared = gate(tmp_path, files)
    assert states(prepared, fields=("stage_name", "owner_id")) == [
        ("03-03", "Prospecting", "0058d00000Aq1Ac"),
        ("05-01", "Prospecting", "0058d00000Aq1Ab"),
        ("06-01", "Qualification", "0058d00000Aq1Ab"),
    ]
    assert prepared.audit.tracked["owner_id"] == "Opportunity Field History"
    assert prepared.audit.tracked["stage_name"] == "OpportunityHistory"
    assert left_out(prepared) == [("changes.csv", "already in OpportunityHistory", 1)]


def test_history_without_stages_is_no_history(tmp_path):
    changes = lines(FIELDS, f"{IDS[0]},Owner,Priya Nair,Dana Whitfield,2025-05-01 12:00:00")
    prepared = gate(tmp_path, {"deals.csv": rows({}, base=RECORD), "changes.csv": changes})
    assert "opportunity_history" not in prepared.tables
    assert (prepared.audit.tracked, prepared.audit.history_from) == ({}, None)
    assert left_out(prepared) == [("changes.csv", "no history of stages for this opportunity", 1)]


def test_a_deleted_record_keeps_its_past_and_ends_deleted(tmp_path):
    history = lines(
        STATES,
        f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,1",
        f"0088d00003nB002,{IDS[2]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,0",
        f"0088d00003nB003,{IDS[2]},2025-03-04 05:00:00,Qualification,200,2025-08-01,1",
    )
    deals = rows({"IsDeleted": "1"}, {"IsDeleted": "1"}, {}, base=RECORD)
    prepared = gate(tmp_path, {"deals.csv": deals, "history.csv": history})
    assert states(prepared, fields=("stage_name", "is_deleted")) == [
        ("03-03", "Prospecting", False),
        ("06-30", "Prospecting", True),
    ]
    assert prepared.tables["opportunities"]["opportunity_id"].to_pylist() == sorted([IDS[0], IDS[2]])
    assert left_out(prepared) == [
        ("deals.csv", "deleted in the system (IsDeleted)", 1),
        ("history.csv", "deleted in the system (IsDeleted)", 1),
    ]
    assert balanced(prepared)


def test_history_of_deals_that_are_not_kept_is_left_out(tmp_path):
    history = lines(
        STATES,
        f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Nobody's stage,200,2025-08-01,0",
        f"0088d00003nB002,{IDS[3]},2025-03-03 05:00:00,Nobody's stage,200,2025-08-01,0",
        f"0088d00003nB003,{IDS[1]},TBD,Prospecting,200,2025-08-01,0",
        f"0088d00003nB004,{IDS[1]},2025-03-03 05:00:00,,200,2025-08-01,0",
        f"0088d00003nB005,{IDS[1]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,0",
    )
    record = {"StageName": "Prospecting", "Amount": "200", "CloseDate": "2025-08-01"}
    deals = rows({"Name": "[TEST] mine"}, {"Name": "Acme", **record}, base=RECORD)
    prepared = gate(tmp_path, {"deals.csv": deals, "history.csv": history})
    assert left_out(prepared) == [
        ("deals.csv", "test record", 1),
        ("history.csv", "no date of change", 1),
        ("history.csv", "no stage", 1),
        ("history.csv", "opportunity not in the export", 2),
    ]
    assert states(prepared, IDS[1]) == [("03-03", "Prospecting")]
    assert balanced(prepared)


def test_history_amounts_follow_the_ratio_of_their_deal_where_there_is_no_rate(tmp_path):
    report = rows({"Amount": "100", "Amount Currency": "CHF", "Amount (converted)": "120"})
    history = lines(STEPS, f"{IDS[0]},,Prospecting,2025-03-03,50")
    prepared = gate(tmp_path, {"deals.csv": report, "history.csv": history})
    assert states(prepared, fields=("amount", "amount_original")) == [("03-03", 60.0, 50.0)]
    assert "converted amounts: no currency column; taken as USD" in file_audit(prepared, "deals.csv").decisions


SECONDS = st.integers(0, 12)
CHAINS = st.lists(st.tuples(SECONDS, st.permutations(STAGES)), max_size=1)
START = dt.datetime(2025, 3, 1)


@st.composite
def worlds(draw):
    """Return deals with a creation, rows of whole states, and chains of single changes, all on a few seconds."""
    deals = []
    for place in range(draw(st.integers(1, 3))):
        whole = draw(st.lists(st.tuples(SECONDS, st.sampled_from(STAGES), st.integers(1, 9)), max_size=4))
        chains = {}
        for field, values in (("StageName", STAGES), ("OwnerId", ("a", "b", "c")), ("Amount", ("1", "2", "3", "4"))):
            chain = draw(st.permutations(values))[: draw(st.integers(1, len(values)))]
            chains[field] = (chain, sorted(draw(st.lists(SECONDS, min_size=len(chain) - 1, max_size=len(chain) - 1))))
        deals.append({"id": IDS[place], "created": draw(SECONDS), "whole": whole, "chains": chains})
    return (
        deals,
        draw(st.sets(st.sampled_from(["StageName", "OwnerId", "Amount"]))),
        draw(st.randoms(use_true_random=False)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_merger_equals_its_slow_twin(tmp_path_factory, world):
    deals, tracked, random = world
    folder = tmp_path_factory.mktemp("twin")
    for name, (header, body) in _files(deals, tracked).items():
        random.shuffle(body)
        out = io.StringIO()
        csv.writer(out).writerows([header, *body])
        (folder / name).write_text(out.getvalue())
    prepared = prepare(folder, COMPANY.model_copy(update={"time_zone": "UTC"}))
    assert balanced(prepared)
    table = prepared.tables.get("opportunity_history")
    found = table.to_pylist() if table else []
    for deal in deals:
        mine = [state for state in found if state["opportunity_id"] == deal["id"]]
        assert bool(mine) == _is_known(deal, deals, tracked)
        for second in range(14) if mine else ():
            past = [state for state in mine if state["changed_at"] <= START + dt.timedelta(seconds=second)]
            if second >= deal["created"]:
                assert past, "no state although it was created"
            for field in ("stage_name", "amount", "owner_id") if past else ():
                assert past[-1][field] == _twin(deal, field, second, deals, tracked), (field, second)


OWNERS = {"a": "0058d00000Aq1Ab", "b": "0058d00000Aq1Ac", "c": "0058d00000Aq1aB"}
SHORT = {"stage_name": "StageName", "amount": "Amount", "owner_id": "OwnerId"}


def _files(deals, tracked):
    stamp = lambda second: f"{START + dt.timedelta(seconds=second):%Y-%m-%d %H:%M:%S}"  # noqa: E731
    records, whole, changes = [], [], []
    for deal in deals:
        chains = deal["chains"]
        record = {**RECORD, "Id": deal["id"], "CreatedDate": stamp(deal["created"])}
        record |= {field: chain[-1] for field, (chain, _) in chains.items()}
        records.append(list({**record, "OwnerId": OWNERS[record["OwnerId"]]}.values()))
        for second, stage, amount in deal["whole"]:
            number = f"0088d00003n{len(whole):04d}"
            whole.append([number, deal["id"], stamp(second), stage, amount, "2025-08-01", "0"])
        for field in sorted(tracked):
            chain, seconds = chains[field]
            for old, new, second in zip(chain, chain[1:], seconds, strict=False):
                pair = [OWNERS.get(value, value) for value in (old, new)]
                changes.append([deal["id"], field, *pair, stamp(second)])
    return {
        "deals.csv": (list(RECORD), records),
        "history.csv": (STATES.split(","), whole),
        "changes.csv": (FIELDS.split(","), changes),
    }


def _is_known(deal, deals, tracked):
    """Return whether anything tells the stages of a deal."""
    if any(other["whole"] for other in deals):
        return bool(deal["whole"]) or ("StageName" in tracked and len(deal["chains"]["StageName"][0]) > 1)
    return any("StageName" in tracked and len(other["chains"]["StageName"][0]) > 1 for other in deals)


def _twin(deal, field, second, deals, tracked):
    """Return the value of one field at one second, told by plain rules from the made-up world."""
    name = SHORT[field]
    if deal["whole"] and field != "owner_id":
        ordered = sorted(enumerate(deal["whole"]), key=lambda item: (item[1][0], item[0]))
        past = [row for _, row in ordered if row[0] <= second] or [ordered[0][1]]
        return past[-1][1] if field == "stage_name" else float(past[-1][2])
    chain, seconds = deal["chains"][name]
    said = name in tracked and any(
        len(other["chains"][name][0]) > 1 and (field == "owner_id" or not other["whole"]) for other in deals
    )
    if not said:
        return None
    value = chain[sum(at <= second for at in seconds)]
    return OWNERS[value] if field == "owner_id" else float(value) if field == "amount" else value


@pytest.mark.parametrize("amount", ["USD 10,000.00", "USD 10.000,00"])
def test_amounts_of_field_history_are_read_as_they_are_written(tmp_path, amount):
    changes = lines(
        "Opportunity ID,Field / Event,Old Value,New Value,Edit Date",
        f'{IDS[0]},Amount,"{amount}","{amount}",2025-05-01',
        f"{IDS[0]},Stage,Prospecting,Qualification,2025-05-01",
    )
    prepared = gate(tmp_path, {"deals.csv": rows({}), "changes.csv": changes})
    assert states(prepared, fields=("amount",))[-1] == ("05-01", 10_000.0)
