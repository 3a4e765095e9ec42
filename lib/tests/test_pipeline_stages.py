"""The pipeline's stages: by hand, by a slow twin, as of a day, and what odd companies hold."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from staged import FIRST, moved, piped, rows_of, slow_passages, told

from frames import COMPANY, TRACKED, as_of, audit, book, deal, renamed, with_each
from revops.analysis.aging import halving_ages
from revops.book import Book
from revops.measures import pipeline_coverage
from revops.measures.stage_benchmarking.pipeline import GROUPS
from revops.measures.stage_benchmarking.pipeline.passed import PASSAGES
from revops.measures.stage_benchmarking.pipeline.result import Pipeline

OPENS = ["Lead", "Discovery", "Proposal"]
HAND = {
    "a": [("2026-04-01", "Lead", 100), ("2026-04-11", "Discovery", 300), ("2026-05-01", "Proposal"),
          ("2026-05-31", "Won", 250)],
    "b": [("2026-04-01", "Lead", 200), ("2026-04-21", "Lost")],
    "c": [("2026-04-05", "Lead", 100), ("2026-05-05", "Proposal"), ("2026-06-04", "Discovery"),
          ("2026-06-14", "Proposal")],
    "d": [("2026-06-20", "Lead", 100)],
}  # fmt: skip


@pytest.fixture(scope="module")
def hand():
    return told(moved(HAND))[1]


def at(table, **where):
    """Return the one row where columns are so."""
    for name, value in where.items():
        table = table[table[name].eq(value)]
    [row] = table.to_dict("records")
    return row


def test_passages_by_hand(hand):
    assert tuple(hand.passages.columns) == PASSAGES
    rows = hand.passages[["subject_id", "step", "place", "age_days", "event", "is_skipped", "follow_days", "amount"]]
    assert rows.to_numpy().tolist() == [
        ["a", "Lead", 0, 10, 1, False, 90, 100], ["a", "Discovery", 1, 20, 1, False, 80, 300],
        ["a", "Proposal", 2, 30, 1, False, 60, 300],
        ["b", "Lead", 0, 20, 2, False, 90, 200],
        ["c", "Lead", 0, 30, 1, False, 86, 100], ["c", "Discovery", 1, 0, 1, True, 56, 100],
        ["c", "Proposal", 2, 56, 0, False, 56, 100],
        ["d", "Lead", 0, 10, 0, False, 10, 100],
    ]  # fmt: skip
    assert hand.passages["window"].eq(0).all() and hand.passages["cluster"].iloc[0] == "account of a"


def test_the_share_moved_on_by_hand(hand):
    """Lead: of four one moves at 10, one is not seen longer; of two left one is lost at 20 (3/4 x 1/2 gone), the last
    moves at 30: 1/4 + 3/8. By money 1/5; of 300 left 200 lost: 4/5 x 1/3 more."""
    lead = at(hand.converted, step="Lead", horizon_days=30)
    assert (lead["n"], lead["n_followed"], lead["share"]) == (4, 3, pytest.approx(5 / 8))
    assert at(hand.converted, step="Discovery", horizon_days=30)["share"] == 1
    assert at(hand.converted, step="Proposal", horizon_days=30)["share"] == pytest.approx(1 / 2)
    money = at(hand.converted_by_amount, when="now", step="Lead", horizon_days=30)
    assert money["share"] == pytest.approx(1 / 5 + 4 / 5 / 3)
    gap = at(hand.gap, step="Lead", horizon_days=30)
    assert gap["gap"] == pytest.approx(1 / 5 + 4 / 15 - 5 / 8)
    assert np.isnan(at(hand.converted, step="Lead", horizon_days=180)["share"]), "nobody was followed so long"
    assert hand.converted_past.empty and hand.converted_then.empty


def test_what_is_won_by_hand(hand):
    """Of four, one is seen 10 days; one of three is lost at 20; one of two is won at 60: 2/3 x 1/2. By money: 500 less
    100 not seen; 200 of 400 lost; 100 of 200 won: 1/2 x 1/2."""
    count, money = (at(hand.win, when="now", weight=weight, horizon_days=60) for weight in ("count", "amount"))
    assert (count["step"], count["n"], count["share"]) == ("all", 4, pytest.approx(1 / 3))
    assert money["share"] == pytest.approx(1 / 4)
    assert at(hand.win, when="now", weight="count", horizon_days=30)["share"] == 0
    assert hand.win_passages["step"].eq("all").all()


def test_stays_flow_and_endings_by_hand(hand):
    stays = hand.stays[["opportunity_id", "stage_name", "age_days", "event"]].to_numpy().tolist()
    assert stays == [["a", "Lead", 10, 1], ["a", "Discovery", 20, 1], ["a", "Proposal", 30, 1], ["b", "Lead", 20, 3],
                     ["c", "Lead", 30, 1], ["c", "Proposal", 30, 2], ["c", "Discovery", 10, 1],
                     ["c", "Proposal", 16, 0], ["d", "Lead", 10, 0]]  # fmt: skip
    columns = ["stage", "n", "n_skipped", "n_again", "n_back"]
    assert hand.flow.loc[hand.flow["when"].eq("now"), columns].to_numpy().tolist() == [
        ["Lead", 4, 0, 0, 0], ["Discovery", 2, 1, 0, 0], ["Proposal", 2, 0, 1, 1],
    ]  # fmt: skip
    assert hand.flow.loc[hand.flow["when"].eq("past"), "n"].tolist() == [0, 0, 0]
    assert hand.endings.to_numpy().tolist() == [["now", "Lost", 1, 1.0, 200.0]]
    assert at(hand.times, when="now", stage_name="Lead")["median_days"] == 20
    assert hand.records.to_numpy().tolist() == [["won", 1, 250.0], ["lost", 1, 200.0], ["open", 3, 300.0]]
    assert hand.left_out.to_numpy().tolist() == [
        ["came into all their stages on the first day of history or before", 1]
    ]


def test_what_stood_there_on_the_first_day_is_left_out_until_it_moves():
    found = told(moved({"e": [(FIRST, "Discovery"), ("2026-05-01", "Proposal")]}))[1]
    assert found.passages[["subject_id", "step"]].to_numpy().tolist() == [["e", "Proposal"]]
    assert found.stays[["opportunity_id", "stage_name"]].to_numpy().tolist() == [["e", "Proposal"]]
    assert found.win_passages.empty


def test_lost_and_opened_again_counts_as_lost_unless_it_was_a_slip():
    """Opened again after 7 days: closed by mistake. After 8: lost; what follows counts for time in stages only."""
    lost = [("2026-04-01", "Lead"), ("2026-04-11", "Lost")]
    found = told(moved({"a": [*lost, ("2026-04-18", "Lead"), ("2026-05-01", "Won")],
                        "b": [*lost, ("2026-04-19", "Lead"), ("2026-05-01", "Won")]}))[1]  # fmt: skip
    lead = found.passages[found.passages["step"].eq("Lead")]
    assert lead[["age_days", "event"]].to_numpy().tolist() == [[30, 1], [10, 2]]
    assert found.win_passages[["age_days", "event"]].to_numpy().tolist() == [[30, 1], [10, 2]]
    assert len(found.stays[found.stays["opportunity_id"].eq("b")]) == 2
    assert found.notes == (
        "1 opportunity opened again more than 7 days after the loss: counted as lost then; what came later counts for "
        "time in stages only.",
    )
    assert found.endings["n"].tolist() == [1]


def test_a_win_that_was_undone_is_no_win():
    moves = [("2026-04-01", "Lead"), ("2026-04-11", "Won"), ("2026-04-15", "Proposal")]
    found = told(moved({"a": moves, "b": [*moves, ("2026-05-01", "Won")]}))[1]
    assert found.win_passages[["age_days", "event"]].to_numpy().tolist() == [[90, 0], [30, 1]]
    proposal = found.passages[found.passages["step"].eq("Proposal")]
    assert proposal[["age_days", "event"]].to_numpy().tolist() == [[76, 0], [16, 1]]


def test_deleted_ones_and_those_never_open_are_left_out_and_counted():
    found = told(moved({"a": [("2026-04-01", "Lead"), ("2026-04-05", "gone")], "b": [("2026-04-02", "Won")]}))[1]
    assert found.passages.empty
    assert found.win_passages[["subject_id", "age_days", "event"]].to_numpy().tolist() == [["b", 0, 1]]
    assert found.left_out.to_numpy().tolist() == [
        ["deleted, or no longer in the dated exports", 1],
        ["never stood in an open stage", 1],
        ["came into all their stages on the first day of history or before", 1],
    ]
    assert found.why["conversion_rate"] == ("nothing came into a stage in these weeks or in the windows before them")


def test_a_record_without_history_is_left_out():
    records, history = rows_of({"old": [(FIRST, "Lead")], "a": [("2026-04-01", "Lead")]}, COMPANY)
    found = told(book([*records, deal("bare", created_at="2026-04-01", modified_at="2026-05-01")], history))[1]
    assert found.passages["subject_id"].tolist() == ["a"]
    assert at(found.left_out, reason="no history of their stages")["n"] == 1


def test_two_moves_in_a_day_are_one():
    moves = [("2026-04-01 09:00", "Lead"), ("2026-04-03 09:00", "Won"), ("2026-04-03 09:01", "Discovery"),
             ("2026-04-03 17:00", "Proposal")]  # fmt: skip
    found = told(moved({"a": moves, "b": [("2026-04-01", "Discovery")]}))[1].passages
    found = found[found["subject_id"].eq("a")]
    assert found[["step", "age_days", "event", "is_skipped"]].to_numpy().tolist() == [
        ["Lead", 2, 1, False], ["Discovery", 0, 1, True], ["Proposal", 88, 0, False],
    ]  # fmt: skip


def test_types_and_slices():
    given = {"a": {"type": "renewal"}, "b": {"region": "EMEA"}, "c": {"region": "APAC", "type": "expansion"}}
    world = moved({id: [("2026-04-01", "Lead"), ("2026-05-01", "Lost")] for id in given}, **given)
    assert set(told(world)[1].passages["subject_id"]) == {"b", "c"}
    assert set(told(world, types=["new"])[1].passages["subject_id"]) == {"b"}
    part = told(world, slice={"region": "APAC"})[1]
    assert set(part.passages["subject_id"]) == set(part.win_passages["subject_id"]) == {"c"}
    assert part.endings["n"].tolist() == [1] and part.records["n"].tolist() == [0, 1, 0]
    assert part.passages[list(GROUPS)].to_numpy().tolist() == [["Unknown", "APAC", "expansion", "marketing"]]


def test_without_history_nothing_is_told_but_what_the_records_say():
    records, _ = rows_of({id: moves for id, moves in HAND.items()}, COMPANY)
    found = told(book(records))[1]
    tables = (found.passages, found.stays, found.converted, found.converted_past, found.converted_by_amount, found.gap,
              found.times, found.stuck, found.endings, found.win, found.win_passages)  # fmt: skip
    assert all(table.empty for table in tables) and found.cycle is None and np.isnan(found.stuck_amount)
    assert set(found.why) == {"conversion_rate", "median_days_in_stage", "win_rate", "win_rate_by_amount",
                              "halving_days", "stuck_amount", "sales_cycle_days"}  # fmt: skip
    assert found.why["win_rate"] == (
        "needs the history of stages (OpportunityHistory, or dated copies of the exports): the records of today tell "
        "what was won and lost, not when it moved on"
    )
    assert found.records.to_numpy().tolist() == [["won", 1, 250.0], ["lost", 1, 200.0], ["open", 2, 200.0]]
    assert found.stages["n_open"].tolist() == [1, 0, 1]
    assert tuple(found.passages.columns) == PASSAGES


def test_history_of_stages_only_tells_shares_of_heads_and_none_of_money(hand):
    found = told(moved(HAND, tracked={"stage_name": "Date entered columns"}))[1]
    pd.testing.assert_frame_equal(found.converted, hand.converted)
    assert found.passages["amount"].isna().all() and found.gap.empty and found.converted_by_amount.empty
    assert set(found.win["weight"]) == {"count"}
    assert (
        found.why["win_rate_by_amount"]
        == found.why["conversion_rate_by_amount"]
        == (
            "needs the history of amounts (dated copies of the exports): what it was worth when it came in is not known"
        )
    )
    assert np.isnan(found.endings["amount"]).all()


def test_dated_copies_are_said():
    found = told(moved(HAND, tracked=dict.fromkeys(TRACKED, "dated exports")))[1]
    assert found.notes == (
        "Stages are known from dated copies of the exports: a move has the day of the first copy that shows it, and a "
        "stage passed between two copies counts as skipped.",
    )


def test_amounts_known_later_than_stages():
    world = moved(HAND)
    later = Book(world.company, world.tables, audit(TRACKED, FIRST).__class__(
        (), (), (), (), TRACKED, FIRST, whole_from="2026-05-01"))  # fmt: skip
    found = told(later)[1]
    assert found.passages.loc[found.passages["subject_id"].eq("a"), "amount"].isna().tolist() == [True, True, False]
    assert "Amounts are known from 2026-05-01 on; what came in before has none." in found.notes


def test_nothing_at_all():
    found = told(moved({}))[1]
    assert found.passages.empty and found.flow["n"].sum() == 0 and found.stuck_amount != found.stuck_amount
    assert found.why["stuck_amount"] == (
        "needs 30 stays in a stage, and a chance to move on that halves while ten still stand there"
    )


def many(n=400, seed=1, until="2026-06-30"):
    """History of made-up opportunities: forward, back, skipped, lost, opened again, won, undone, deleted."""
    rng, start = np.random.default_rng(seed), pd.Timestamp(FIRST)
    deals = {}
    for number in range(n):
        at, stage, moves = start + pd.Timedelta(days=int(rng.integers(0, 880))), str(rng.choice(OPENS[:2])), []
        for _ in range(int(rng.integers(1, 9))):
            moves.append((f"{at:%Y-%m-%d %H:%M}", stage, float(rng.integers(1, 50) * 10)))
            at += pd.Timedelta(hours=int(rng.choice([2, 30, 150, 400, 900])))
            if at > pd.Timestamp(until):
                break
            stage = str(rng.choice([*OPENS, "Won", "Lost", "gone"], p=[0.1, 0.25, 0.3, 0.13, 0.19, 0.03]))
        while moves[-1][1] == "gone" and len(moves) > 1 and moves[-2][1] == "gone":
            moves.pop()
        deals[f"d{number:04d}"] = [move for n, move in enumerate(moves) if move[1] != "gone" or n == len(moves) - 1]
    return deals


@pytest.fixture(scope="module")
def made_up():
    return many()


@pytest.mark.parametrize("day", ["2026-06-30", "2025-11-15"])
def test_passages_are_those_of_plain_loops(made_up, day):
    world = moved(made_up)
    found = told(world, day)[1].passages
    _, history = rows_of(made_up, COMPANY)
    slow = slow_passages(history, OPENS, dt.date.fromisoformat(day), dt.date.fromisoformat(FIRST))
    ours = {(row.subject_id, row.step): (row.entered.date(), row.age_days, row.event, row.is_skipped, row.amount)
            for row in found.itertuples()}  # fmt: skip
    assert ours == slow and len(slow) > 500 and {event for _, _, event, _, _ in slow.values()} == {0, 1, 2}


def same(found: Pipeline, other: Pipeline, money: float = 1.0) -> None:
    """Assert that two pipelines say the same, but for ids and the scale of money."""
    drop = ["error"]
    for name in ("converted", "converted_past", "converted_then", "converted_by_amount", "gap",
                 "times", "flow", "stages", "endings", "win", "records"):  # fmt: skip
        one, two = getattr(found, name), getattr(other, name).copy()
        amounts = [column for column in two if column in ("amount", "stuck_amount")]
        two[amounts] = two[amounts] / money
        pd.testing.assert_frame_equal(one.drop(columns=drop, errors="ignore"), two.drop(columns=drop, errors="ignore"),
                                      rtol=1e-7)  # fmt: skip
    assert len(found.stuck) == len(other.stuck)
    assert other.stuck["amount"].tolist() == pytest.approx((found.stuck["amount"] * money).tolist())


def test_later_rows_change_nothing(made_up):
    """Rows after the day dropped, doubled and rewritten."""
    world, day = moved(made_up), pd.Timestamp("2025-11-16")
    before = piped(as_of(world, "2025-11-15"))

    def without(table):
        stamp = "changed_at" if "changed_at" in table else "created_at"
        return table[table[stamp] < day] if len(table) else table

    def rewritten(table):
        if "changed_at" not in table:
            return table
        late = table["changed_at"] >= day
        doubled = table[late].assign(sequence=99.0, stage_name="Won", outcome="won", amount=1e6)
        return pd.concat([table, doubled]).sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)

    same_but_records = [with_each(world, without), with_each(world, rewritten)]
    for other in same_but_records:
        same(before, piped(as_of(other, "2025-11-15")))


def test_ids_row_order_and_currency_change_nothing(made_up):
    world = moved(made_up)
    found = piped(as_of(world, "2026-06-30"))
    same(found, piped(as_of(with_each(world, renamed), "2026-06-30")))
    shuffled = with_each(world, lambda table: table if "changed_at" in table else table.sample(frac=1, random_state=3))
    same(found, piped(as_of(shuffled, "2026-06-30")))
    money = with_each(world, lambda table: table.assign(
        **{name: table[name] * 7 for name in table if name in ("amount", "amount_original")}))  # fmt: skip
    same(found, piped(as_of(money, "2026-06-30")), money=7.0)


def test_past_windows_are_seen_as_they_stood_then(made_up):
    """converted_then of one window is what its own last day said: the report of 13 weeks ago."""
    deals = {id: [move for move in moves if move[1] != "gone"] for id, moves in made_up.items()}
    deals = {id: moves for id, moves in deals.items() if not any(move[1] in ("Won", "Lost") for move in moves[:-1])}
    world = moved(deals)
    now, then = (told(world, day, past=1)[1] for day in ("2026-06-30", "2026-03-31"))
    pd.testing.assert_frame_equal(now.converted_then, then.converted)
    last = now.times[now.times["when"].eq("then")].drop(columns="when").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, then.times[then.times["when"].eq("now")].drop(columns="when"))
    assert now.converted_past["n_followed"].sum() > now.converted_then["n_followed"].sum()


def test_a_stage_added_or_given_up_midway_was_not_skipped_before():
    """Discovery begins on 1 May 2026; 30 went past where it was to be, and 10 of the 12 since stood in it."""

    def path(start, *stages):
        days = pd.date_range(start, periods=len(stages), freq="5D")
        return [(f"{day:%Y-%m-%d}", stage) for day, stage in zip(days, stages, strict=True)]

    old = {f"o{n:02d}": path(f"2026-04-{1 + n % 20:02d}", "Lead", "Proposal") for n in range(30)}
    new = {f"n{n:02d}": path("2026-04-26", "Lead", "Discovery", "Proposal") for n in range(10)}
    two = {f"s{n:02d}": path("2026-05-02", "Lead", "Proposal") for n in range(2)}
    found = told(moved({**old, **new, **two}))[1]
    discovery = at(found.stages, stage="Discovery")
    assert discovery["began"] == discovery["first_seen"] == pd.Timestamp("2026-05-01")
    counts = found.passages.groupby("step").size().to_dict()
    assert counts == {"Lead": 2, "Discovery": 12, "Proposal": 42}, "those of Lead before are left out too"
    assert found.notes == (
        "Discovery began on 2026-05-01: who came to it, or to the stage before it, earlier is left out of these two.",
    )
    late = {id: [(f"2025{day[4:]}", stage) for day, stage in moves] for id, moves in {**new, **two}.items()}
    given_up = told(moved({**late, **old}))[1]
    assert at(given_up.stages, stage="Discovery")["ended"] == pd.Timestamp("2025-05-01")
    assert given_up.notes == (
        "Discovery was last come into on 2025-05-01: who came to it, or to the stage before it, later is left out of "
        "these two.",
    )
    few = told(moved({**dict(list(old.items())[:2]), **new, **two}))[1]
    assert few.stages["began"].isna().all() and not few.notes, "two may have skipped it"


def test_a_stage_that_nobody_uses_was_not_skipped():
    found = told(moved({"a": [("2026-04-01", "Lead"), ("2026-05-01", "Proposal")]}))[1]
    assert found.passages[["step", "age_days", "event"]].to_numpy().tolist() == [["Lead", 30, 1], ["Proposal", 60, 0]]
    assert found.stages["first_seen"].isna().tolist() == [False, True, False]


def test_a_stage_renamed_midway_is_one(sample):
    """The sample's Scoping was called Qualification until February 2024: company.yml says so."""
    found = piped(sample.as_of(dt.date(2024, 6, 30), now=dt.datetime(2099, 1, 1)))
    assert found.stages["stage"].tolist() == ["Discovery", "Scoping", "Evaluation", "Proposal", "Negotiation"]
    assert found.stages[["began", "ended"]].isna().all(axis=None)


def test_what_is_stuck_is_what_coverage_calls_stalled(sample):
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    found = piped(view)
    result = pipeline_coverage.measure(view, pipeline_coverage.Knobs())
    deals = result.outlook.deals
    theirs = set(deals.loc[deals["is_stalled"] & deals["type"].isin(["new", "expansion"]), "opportunity_id"])
    assert set(found.stuck["opportunity_id"]) == theirs and len(theirs) > 3
    assert found.stuck_amount == pytest.approx(found.stages["stuck_amount"].sum())
    assert found.stuck["owner_name"].str.fullmatch(r"Owner \d{4,}|Unassigned").all()
    ours, coverage = found.cycle, result.outlook.cycle
    assert (ours.win_rate, ours.median_days, ours.fast_days, ours.n) == (
        coverage.win_rate, coverage.median_days, coverage.fast_days, coverage.n)  # fmt: skip


def test_a_slice_is_judged_by_the_companys_ages(sample):
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    whole, part = piped(view), piped(view, slice={"region": "EMEA"})
    pd.testing.assert_series_equal(whole.stages["halving_days"], part.stages["halving_days"])
    expected = whole.stuck[whole.stuck["region"].eq("EMEA")].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.stuck, expected)
    assert part.cycle.win_rate == whole.cycle.win_rate


def test_stuck_by_hand():
    """Thirty stood 10 days and moved on, ten 50 and were lost, so that the chance halves at 10 (aging); two stand."""
    fast = {f"f{n:02d}": [("2025-01-01", "Lead"), ("2025-01-11", "Won")] for n in range(30)}
    slow = {f"s{n:02d}": [("2025-01-01", "Lead"), ("2025-02-20", "Lost")] for n in range(10)}
    now = {"w": [("2026-06-19", "Lead", 70)], "x": [("2026-06-20", "Lead", 50)]}
    window, found = told(moved({**fast, **slow, **now}, w={"owner_id": "u1"}))
    assert halving_ages(window.subject.company_states).to_dict() == {"Lead": 10.0}
    assert found.stuck[["opportunity_id", "amount", "days_in_stage", "halving_days"]].to_numpy().tolist() == [
        ["old", 100.0, 911, 10.0], ["w", 70.0, 11, 10.0],
    ]  # fmt: skip
    lead = at(found.stages, stage="Lead")
    assert (lead["n_open"], lead["n_stuck"], lead["stuck_amount"], found.stuck_amount) == (3, 2, 170.0, 170.0)
    assert found.stuck["owner_name"].iloc[0] == "Unassigned" and found.stuck["owner_name"].iloc[1].startswith("Owner ")
