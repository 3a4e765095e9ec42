"""A planted collapse and a slow hand-off are found through the whole report, and on a quiet day nothing is said."""

import pandas as pd
import pytest
from calibration import stages
from calibration.stage_companies import (
    COLLAPSED,
    HORIZONS,
    PLANTED,
    QUIET,
    ROOT,
    SEGMENT,
    Kind,
    book_of,
    collapsed,
    true_days,
    true_leads,
    true_shares,
    view_of,
)

from revops.benchmarks import published
from revops.measures.stage_benchmarking import measure
from revops.measures.stage_benchmarking.knobs import Knobs

KIND, SEED = Kind(growth=-0.03, size=60.0, luck=0.18), 1


@pytest.fixture(scope="module")
def book():
    return book_of(KIND, SEED)


@pytest.fixture(scope="module")
def found(book):
    """Everything the report tells of the company that collapsed."""
    return measure(view_of(collapsed(book, SEED), PLANTED), Knobs(), published(ROOT))


def said(table):
    rows = table[table["verdict"].isin(["up", "down"])]
    return set(rows[["what", "step", "group", "verdict"]].itertuples(index=False, name=None))


def test_the_report_names_the_segment_that_collapsed_and_the_slow_hand_off(found):
    told = said(found.changes.table)
    assert {("stage", COLLAPSED, SEGMENT, "down"), ("sla", "MQL to first touch", "company", "down")} <= told
    assert {what for what, *_ in told} <= {"stage", "sla", "sla_earlier"}
    assert {verdict for *_, verdict in told} == {"down"}
    assert {step for what, step, *_ in told if what == "stage"} == {COLLAPSED}


def test_on_the_quiet_day_nothing_is_said(book):
    table, _, _ = stages.changes(view_of(book, QUIET))
    assert table["p_value"].notna().sum() > 40
    assert not said(table)


def test_the_collapse_is_planted_in_one_segment_alone(book):
    """Of its opportunities that moved on in the last weeks half are lost, of the others none, and none came back."""
    after = collapsed(book, SEED).tables
    before, deals = (tables["opportunities"].set_index("opportunity_id") for tables in (book.tables, after))
    hit = (before["stage_name"] != deals["stage_name"]) | (before["close_date"] != deals["close_date"])
    segments = book.tables["accounts"].set_index("account_id")["segment"]
    assert set(deals.loc[hit, "account_id"].map(segments)) == {SEGMENT} and set(deals.loc[hit, "outcome"]) == {"lost"}
    last = after["opportunity_history"].groupby("opportunity_id").last().loc[deals.index[hit]]
    assert set(last["stage_name"]) == {"Lost"} and last["changed_at"].min() >= pd.Timestamp("2025-08-02")
    rows = book.tables["opportunity_history"]
    later = rows[rows["stage_name"].isin(["Proposal", "Negotiation", "Won"])].drop_duplicates("opportunity_id")
    mine = later["opportunity_id"].map(before["account_id"].map(segments)).eq(SEGMENT)
    n = int((mine & later["changed_at"].ge("2025-08-02")).sum())
    assert n >= 20 and abs(hit.sum() - n / 2) < 3 * (n / 4) ** 0.5


def test_what_is_held_to_be_true_is_what_is_planted():
    """Stage entries that nobody records change little; leads by the shares of their sources, 0.45 to 0.7 and 0.7 to
    0.85."""
    shares = true_shares(0.0, 250.0).set_index(["type", "step", "horizon_days"])["true"]
    plan = {"Discovery": 0.72, "Scoping": 0.80, "Evaluation": 0.82, "Proposal": 0.84}
    for step, chance in plan.items():
        assert shares["new", step, 180] == pytest.approx(chance, abs=0.04)
    by_type = shares.unstack("horizon_days")[list(HORIZONS)]
    assert (by_type.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    days = true_days(0.0, 250.0).set_index(["type", "step"])["true"]
    assert days["new", "Evaluation"] == pytest.approx(20, abs=3)
    leads = true_leads(0.0, 250.0).set_index(["step", "horizon_days"])["true"]
    assert 0.55 < leads["lead", 180] < 0.65 and 0.72 < leads["mql", 180] < 0.82


def row(seed, inside, **given):
    low, high = (0.0, 1.0) if inside else (0.0, 0.01)
    return {"seed": seed, "growth": 0.0, "size": 60.0, "luck": 0.0, "about": "share", "type": "new", "share": 0.5,
            "step": "Discovery", "horizon_days": 30, "windows": "the last weeks", "low": low, "high": high,
            **given}  # fmt: skip


def move(seed, verdict, **given):
    return {"seed": seed, "growth": 0.0, "size": 60.0, "luck": 0.0, "about": "move", "day": "planted", "what": "stage",
            "step": COLLAPSED, "dimension": "segment", "group": SEGMENT, "verdict": verdict, "n_now": 30,
            **given}  # fmt: skip


def test_tables_count_what_they_say(monkeypatch):
    monkeypatch.setattr(stages, "true_shares", lambda _: pd.DataFrame(
        {"type": ["new"], "step": ["Discovery"], "horizon_days": [30], "true": [0.6]}))  # fmt: skip
    monkeypatch.setattr(stages, "true_days", lambda _: pd.DataFrame({"type": [""], "step": [""], "true": [0.0]}))
    monkeypatch.setattr(stages, "true_leads", lambda _: pd.DataFrame(
        {"step": [""], "horizon_days": [30], "true": [0.0]}))  # fmt: skip
    table = stages.held(pd.DataFrame([row(1, True), row(2, False), row(3, True), row(4, True)]))
    assert set(table["held"]) == {0.75} and set(table["companies"]) == {4}
    assert table["apart"].tolist() == pytest.approx([-0.1] * len(table))
    rows = pd.DataFrame([
        move(1, "down"), move(1, "down", step="Proposal"), move(2, "none", n_now=50), move(2, "down", what="sla"),
        move(3, "none", day="quiet"), move(3, "up", day="quiet"), move(4, "down", group="SMB", n_now=5),
    ])  # fmt: skip
    power = stages.planted(rows).query("entries == 'all'").set_index("found")["told"]
    assert power.to_dict() == {"the segment": 0.25, "the company": 0.0, "either": 0.25, "the hand-off": 0.25}
    some = stages.planted(rows).query("found == 'the segment'").set_index("entries")
    assert some["companies"].to_dict() == {"all": 4, "20 to 39": 1, "40 to 79": 1}
    assert some["told"].to_dict() == {"all": 0.25, "20 to 39": 1.0, "40 to 79": 0.0}
    [told] = stages.wrong(rows).itertuples()
    assert (told.told, told.wrong) == (4, 0.5)
    assert stages.alarms(rows).query("kind == 'all'")["told"].tolist() == [1.0]
