"""What is said of the hand-off: against which time, at which hour, in hours or days, and what to do about it."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from handed_over import DAY, company, lead, owned, status
from test_stages_by_hand import book as by_hand

from frames import as_of, book, deal
from revops.actions.stage_benchmarking import to_do
from revops.actions.stage_benchmarking.facts import fell, name_of, since
from revops.benchmarks import published
from revops.measures.stage_benchmarking import Knobs, measure
from revops.measures.stage_benchmarking.changes import Changes
from revops.measures.stage_benchmarking.funnel import LEADS
from revops.measures.stage_benchmarking.funnel.measured import leads_of
from revops.measures.stage_benchmarking.hand_off import EARLIER, hand_off_of
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.hand_off import hand_off_tables
from revops.measures.stage_benchmarking.window import window_of
from revops.measures.stage_benchmarking.words import against, further_back, lasted_in, step_words

ROOT = Path(__file__).parents[2]
FEW = {"fewest_followed": 2, "fewest": 2, "draws": 100, "luck_past": 2, "past": 1}
WINDOWS = ("2026-06-08", "2026-03-09", "2025-12-08")
"""A Monday in the last thirteen weeks up to 30 June 2026, in those before, and in those before them."""
ANCIENT = owned("old", "2025-01-07 09:00", "U1")
"""A change that shows that the history of leads reaches back."""


def result(leads, history, **knobs):
    """Return a result with the hand-off alone."""
    whole = book([deal("old", created_at="2024-01-05 09:00")], (), company(), leads=list(leads),
                 lead_history=list(history))  # fmt: skip
    window = window_of(as_of(whole, DAY), Knobs(**(FEW | knobs)))
    found = hand_off_of(window, SimpleNamespace(leads=leads_of(window)[list(LEADS)].astype(LEADS)))
    parts = dict.fromkeys(StageResult.__dataclass_fields__)
    changes = Changes(found.moves.assign(at_stake=float("nan"), verdict="none"), {})
    given = {"view": window.view, "knobs": window.knobs, "window": window, "hand_off": found, "changes": changes}
    return StageResult(**parts | given)


def by_window(in_time):
    """Return twenty leads of each window, of which so many were touched after an hour, the others after two days."""
    leads, history = [], [ANCIENT]
    leads.append(lead("old", None, created_at="2025-01-06 09:00"))
    for day, n in zip(WINDOWS, in_time, strict=True):
        for number in range(20):
            id = f"{day} {number:02d}"
            later = f"{day[:-2]}{int(day[-2:]) + 2:02d} 10:00"
            leads.append(lead(id, f"{day} 09:00", created_at=f"{day} 08:00"))
            history.append(status(id, f"{day} 10:00" if number < n else later, "Working"))
    return leads, history


def test_the_windows_before_those_before_are_a_comparison_of_their_own():
    found = result(*by_window((2, 10, 18)))
    moves = found.hand_off.moves.set_index("what")
    assert moves.loc["sla", ["n_now", "n_past", "now", "past"]].tolist() == [20, 20, 0.1, 0.5]
    assert moves.loc["sla_earlier", ["n_now", "n_past", "now", "past"]].tolist() == [20, 20, 0.1, 0.9]
    assert moves.loc["sla_earlier", "p_value"] < moves.loc["sla", "p_value"]
    assert set(moves.loc[["sla", "sla_earlier"], "step"]) == {"MQL to first touch"}


def test_a_time_before_the_history_begins_is_not_held_against():
    leads, history = by_window((2, 10, 18))
    assert result(leads, history[1:]).hand_off.moves["what"].tolist() == ["sla", "accept"]
    late = owned("old", "2025-10-02 09:00", "U1")
    assert "sla_earlier" not in set(result(leads, [late, *history[1:]]).hand_off.moves["what"])


def test_a_time_with_too_few_is_not_held_against():
    given = by_window((2, 10, 18))
    assert "sla_earlier" in set(result(*given, fewest=20).hand_off.moves["what"])
    assert "sla_earlier" not in set(result(*given, fewest=21).hand_off.moves["what"])
    assert "sla_earlier" not in set(result(*given, past=2).hand_off.moves["what"])


def test_what_a_comparison_is_held_against_is_said():
    window = result(*by_window((2, 10, 18))).window
    assert against(pd.Series({"what": "sla"}), window) == "the 13 weeks before"
    assert (window.past_since, against(pd.Series({"what": "sla_earlier"}), window)) == (
        dt.date(2025, 12, 31), "the 13 weeks up to 30 Dec 2025")  # fmt: skip
    rows = pd.DataFrame({"what": ["sla", "accept_earlier"], "p_value": [0.1, 0.2]})
    assert further_back(rows, window) == "the 13 weeks up to 30 Dec 2025"
    assert further_back(rows.iloc[:1], window) is None and further_back(rows.assign(p_value=None), window) is None
    assert step_words("sla_earlier", "", None, "within 4 hours") == (
        "MQLs touched within 4 hours, against earlier")  # fmt: skip
    assert lasted_in(dt.date(2025, 12, 30), dt.date(2026, 3, 30)) == "30 Dec 2025 to 30 Mar 2026"
    assert lasted_in(dt.date(2026, 1, 1), dt.date(2026, 3, 30)) == "1 Jan to 30 Mar 2026"


def test_what_fell_against_both_times_is_told_once():
    found = result(*by_window((2, 10, 18)))
    rows = found.changes.table
    sides = rows["what"].isin(["sla", "sla_earlier"])
    for fallen, told in ((sides, ["sla"]), (rows["what"].eq("sla_earlier"), ["sla_earlier"])):
        object.__setattr__(found, "changes", Changes(rows.assign(verdict=rows["verdict"].mask(fallen, "down")), {}))
        assert fell(found)["what"].tolist() == told
    row = fell(found).iloc[0]
    object.__setattr__(found, "view", SimpleNamespace(company=SimpleNamespace(stages=FLAGS)))
    stages = pd.DataFrame({"stage": ["Demo"], "pipeline": None, "first_seen": pd.Timestamp("2024-01-01")})
    object.__setattr__(found, "pipeline", SimpleNamespace(stages=stages))
    assert name_of(row, found) + since(row, found) == (
        "MQLs touched within 4 hours against the 13 weeks up to 30 Dec 2025")  # fmt: skip


FLAGS = [SimpleNamespace(name="Demo", outcome="open"), SimpleNamespace(name="Won", outcome="won")]


def test_the_hand_off_window_by_window():
    caption, shown, units = hand_off_tables(result(*by_window((2, 10, 18))))["hand_off_by_window"]
    assert caption == "The hand-off window by window, each of 13 weeks, the last weeks at the end"
    assert shown["Weeks"].tolist() == [
        "1 Oct to 30 Dec 2025", "31 Dec 2025 to 31 Mar 2026", "1 Apr to 30 Jun 2026"]  # fmt: skip
    assert [words.split(" ")[0] for words in shown["Touched within 4 hours"]] == ["90%", "50%", "10%"]
    assert shown["MQLs"].tolist() == [20, 20, 20] and len(units) == shown.shape[1]
    assert shown["Median hours"].tolist() == ["1.0", "1.0", "20.0"]


def at(hours_in_time, day=WINDOWS[0]):
    """Return twenty leads at each hour, of which so many were touched at once, the others never."""
    leads = [lead(f"{hour} {n:02d}", f"{day} {hour}:00") for hour in hours_in_time for n in range(20)]
    history = [status(f"{hour} {n:02d}", f"{day} {hour}:30", "Working") for hour, k in hours_in_time.items()
               for n in range(k)]  # fmt: skip
    return leads, history


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"09": 14, "15": 2}, "; most late ones come at 15:00 (10% of 20 in time)"),
        ({"09": 2, "15": 2}, ""),
        ({"09": 9, "15": 8}, ""),
        ({"15": 2}, ""),
    ],
)
def test_an_hour_is_named_only_where_it_does_worse_than_the_others(hours, said):
    [action] = to_do._late(result(*at(hours)))
    n, k = 20 * len(hours), sum(hours.values())
    first = f"Touch MQLs within 4 hours: {100 * k / n:.0f}% are, the target is 80%"
    assert action.text == f"{first}{said}: review routing and who is on duty"
    assert len(action.records) == n - k


def test_the_money_of_late_ones_is_that_of_those_listed():
    found = result(*at({"09": 10, "15": 2}))
    leads = found.hand_off.leads
    late = leads["event"].eq(0)
    leads["opportunity_amount"] = 0.0
    leads.loc[~late, "opportunity_amount"] = 900.0
    assert next(to_do._late(found)).amount == 0
    leads.loc[late.idxmax(), "opportunity_amount"] = 70.0
    assert next(to_do._late(found)).amount == 70


def test_dates_without_a_time_tell_no_hour():
    day, later = WINDOWS[0], "2026-06-10"
    leads = [lead(f"{n:02d}", day, opportunity_id=None) for n in range(40)]
    found = result(leads, [status(f"{n:02d}", day if n < 10 else later, "Working") for n in range(30)])
    assert found.hand_off.unit == "days" and found.hand_off.by_hour.empty
    assert found.hand_off.leads["arrived"].isna().all()
    [action] = to_do._late(found)
    assert "most late ones" not in action.text
    assert "hand_off_by_hour" not in {name for name, table in hand_off_tables(found).items() if len(table[1])}


def test_every_comparison_has_its_review():
    """Of stages and days the review is named for the stage; all others are in the list."""
    rows = measure(by_hand().as_of(dt.date(2026, 6, 30), now=dt.datetime(2026, 7, 1)),
                   Knobs(weeks=8, past=3, luck_past=6, fewest_followed=2, fewest=2, draws=100), published(ROOT)
                   ).changes.table  # fmt: skip
    pairs = set(zip(rows["what"].replace(EARLIER), rows["step"], strict=True))
    assert {"funnel", "sla", "accept"} <= {what for what, _ in pairs}
    assert {pair for pair in pairs if pair[0] not in ("stage", "days")} <= set(to_do._REVIEW)
    others = {("win", "all"), ("lead_to_won", "lead_to_won"), ("enrichment", "all"), ("utm", "arrivals")}
    assert set(to_do._REVIEW) - pairs == others
