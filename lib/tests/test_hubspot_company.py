"""A company whose only exports are HubSpot deals: what its reports give, and what they refuse by name."""

import csv
import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from revops.analysis.aging import halving_ages
from revops.analysis.spans import spans
from revops.book import Book, open_book
from revops.company import load_company
from revops.errors import BookError
from revops.measures import pipeline_coverage as measures
from revops.measures.stage_benchmarking.knobs import Knobs as StageKnobs
from revops.measures.stage_benchmarking.pipeline import pipeline_of
from revops.measures.stage_benchmarking.window import window_of
from revops.params import Knobs, ReportSettings

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STAGES = ("Appointment Scheduled", "Qualified To Buy", "Contract Sent", "Closed Won", "Closed Lost")
TODAY = dt.date(2025, 6, 30)
NEEDS = "opportunity history of amounts and close dates (dated copies of the exports); found that of stages only"


def deals() -> list[dict[str, str]]:
    """Return a deal created every five days of two years; a third is won after 60 days, a third lost after 40.

    Of the others half are in Contract Sent since day 50, and all are due at the end of August 2025.
    """
    rows = []
    for n in range(146):
        born = dt.datetime(2023, 7, 1, 9) + dt.timedelta(days=5 * n)
        path = [(0, STAGES[0]), (10, STAGES[1]), *[[(50, STAGES[2]), (60, STAGES[3])], [(40, STAGES[4])],
                [(50, STAGES[2])] if n % 2 else []][n % 3]]  # fmt: skip
        entered = {stage: born + dt.timedelta(days=days) for days, stage in path}
        entered = {stage: at for stage, at in entered.items() if at.date() <= TODAY}
        now, last = list(entered.items())[-1]
        close = last if now.startswith("Closed") else dt.datetime(2025, 8, 31)
        dates = {
            f'Date entered "{s} (Sales Pipeline)"': f"{entered[s]:%Y-%m-%d %H:%M}" if s in entered else ""
            for s in STAGES
        }
        rows.append(
            {
                "Record ID": str(9_804_188_236 + n),
                "Deal Name": f"Deal {n}",
                "Pipeline": "Sales Pipeline",
                "Deal Stage": now,
                "Amount": str(1000 + n),
                "Close Date": f"{close:%Y-%m-%d} 23:59",
                "Create Date": f"{born:%Y-%m-%d %H:%M}",
                "Deal owner": ("Dana Whitfield", "Jörg Müller", "")[n % 3],
                "Deal Type": "New Business",
                "Original Traffic Source": ("Paid Search", "Offline Sources")[n % 2],
                **dates,
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of its own: our notebook and knobs, the HubSpot company, one export of its deals."""
    root = tmp_path_factory.mktemp("hubspot")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    shutil.copytree(HERE / "hubspot", root / "params")
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(ROOT / "params" / f"{notebook.stem}.yml", root / "params")
    write(root / "data" / "sample" / "hubspot-crm-exports-all-deals.csv", deals())
    return root


def said(project: Path, *stems: str) -> subprocess.CompletedProcess[str]:
    """Run the reports as a user would."""
    call = [sys.executable, "-m", "revops", "run", *stems]
    return subprocess.run(call, cwd=project, capture_output=True, text=True)


@pytest.fixture(scope="module")
def latest(project) -> Path:
    """What a run of all reports leaves."""
    run = said(project)
    assert run.returncode == 0, run.stdout + run.stderr
    return project / "outputs" / "latest"


@pytest.fixture(scope="module")
def book(project) -> Book:
    return open_book(ReportSettings("pipeline_coverage", load_company(project / "params"), Knobs(), project / "params"))


def test_stages_tell_how_heads_move_on_and_nothing_of_money(book):
    """Everyone moves on after 10 days; of three, one is lost 30 days later and one moves on after 40, or one and a
    half; of those one is won after 10 days more."""
    view = book.as_of(TODAY, now=dt.datetime(2099, 1, 1))
    found = pipeline_of(window_of(view, StageKnobs(past=2)))
    past = found.converted_past.set_index(["step", "horizon_days"])
    assert past.loc[("Appointment Scheduled", 30), "share"] == 1
    assert past.loc[("Qualified To Buy", 30), "share"] == 0
    assert past.loc[("Qualified To Buy", 60), "share"] == pytest.approx(1 / 2, abs=0.03)
    assert past.loc[("Contract Sent", 30), "share"] == pytest.approx(2 / 3, abs=0.05)
    assert found.converted_by_amount.empty and found.passages["amount"].isna().all()
    assert found.notes == () and not found.passages["is_skipped"].any()
    assert found.why["win_rate_by_amount"].startswith("needs the history of amounts")
    assert set(found.stuck["stage_name"]) <= {"Qualified To Buy", "Contract Sent"} and len(found.stuck)


def test_stages_have_history_and_past_pipeline_has_none(book):
    assert (book.stages_from, book.history_from, book.has_history) == (dt.date(2023, 7, 1), None, False)
    assert book.needs == NEEDS
    view = book.as_of("auto")
    assert view.day == dt.date(2025, 6, 30)
    assert view.untracked[:2] == ("amount", "close_date")
    assert view.knows(view.day) and not view.knows(view.day - dt.timedelta(days=1))
    with pytest.raises(BookError) as refusal:
        book.as_of(dt.date(2025, 3, 31))
    assert str(refusal.value) == (
        "as_of 2025-03-31: a day before the last change in the exports (2025-06-30) needs opportunity history; found "
        "that of stages only. Add OpportunityHistory, or keep dated copies of the exports: `python -m revops check "
        "--keep`."
    )


def test_numbers_of_today_are_those_of_the_records(book):
    rows = pd.DataFrame(deals()).astype({"Amount": "float"})
    is_open = ~rows["Deal Stage"].str.startswith("Closed")
    result = measures.measure(book.as_of("auto"), measures.Knobs(period="next"))
    at_stage = is_open & rows["Deal Stage"].ne(STAGES[0])
    assert result.headline["open_pipeline_amount"] == rows.loc[at_stage, "Amount"].sum()
    assert result.headline["total_open_amount"] == rows.loc[is_open, "Amount"].sum()
    now = measures.measure(book.as_of("auto"), measures.Knobs())
    won = rows[rows["Deal Stage"].eq(STAGES[3])]
    quarter = pd.PeriodIndex(won["Close Date"].str[:10], freq="Q")
    assert now.headline["booked_amount"] == won.loc[quarter == "2025Q2", "Amount"].sum() > 0
    earlier = now.earlier.set_index("period")["booked_amount"]
    assert earlier["FY25-Q1"] == won.loc[quarter == "2025Q1", "Amount"].sum() > 0


def test_what_needs_amounts_and_close_dates_of_the_past_is_refused_by_name(book):
    result = measures.measure(book.as_of("auto"), measures.Knobs())
    for id in ("pipeline_movement_amount", "weighted_pipeline_amount", "landing_amount", "net_new_amount"):
        assert result.unavailable[id] == NEEDS
    assert result.pace is None and result.moved is None and result.outlook is None
    assert pd.isna(result.start_coverage)


def test_ages_in_stage_run_on_the_dates_of_stages(book):
    view = book.as_of("auto")
    table = spans(view.timeline, book.table("opportunities"), as_of=view.day, company=book.company)
    stays = table[table["stage_name"].eq("Qualified To Buy") & table["outcome"].eq("open")]
    ended = stays[stays["last"] < pd.Timestamp(view.day)]
    days = (ended["last"] - ended["entered"]).dt.days + 1
    assert set(days) == {30, 40} and len(days) > 80
    assert table["amount"].min() >= 1000 and table["close_date"].notna().all()
    assert "Qualified To Buy" in halving_ages(table).index


def test_report_runs_and_says_what_its_history_allows(latest):
    answer = json.loads((latest / "pipeline_coverage.json").read_text())
    assert (answer["as_of"], answer["period"]) == ("2025-06-30", "FY25-Q2")
    assert {item["id"]: item["needs"] for item in answer["unavailable"]}["landing_amount"] == NEEDS
    page = (latest / "pipeline_coverage.html").read_text(encoding="utf-8")
    assert "Taken from the current record, since no export has their history: amount, close date, owner id" in page


def test_a_report_that_the_exports_cannot_feed_is_no_failure_unless_it_was_asked_for(project, latest):
    why = (
        "It needs a sheet of weekly calls or ForecastingItem, or opportunity history with forecast categories "
        "(OpportunityHistory), from which calls are rebuilt; the exports hold none."
    )
    manifest = json.loads((latest / "manifest.json").read_text())
    entry = next(entry for entry in manifest["reports"] if entry["report"] == "forecast_accuracy")
    assert (entry["outcome"], entry["failure"]["reason"]) == ("not_run", why)
    index = (latest / "index.html").read_text(encoding="utf-8")
    assert f"Not made in this run: {why}" in index and "Read this first" not in index
    asked = said(project, "forecast_accuracy")
    assert (asked.returncode, why in asked.stdout) == (1, True)


def test_dated_copies_give_past_pipeline_from_the_first_one_on(project, tmp_path):
    shutil.copytree(project / "params", tmp_path / "params")
    rows = deals()
    for day in ("2025-06-23", "2025-06-30"):
        there = [row for row in rows if row["Create Date"][:10] <= day]
        write(tmp_path / "data" / "sample" / day / "deals.csv", there)
    book = open_book(ReportSettings("x", load_company(tmp_path / "params"), Knobs(), tmp_path / "params"))
    assert (book.stages_from, book.history_from) == (dt.date(2023, 7, 1), dt.date(2025, 6, 23))
    view = book.as_of("auto")
    assert view.knows(dt.date(2025, 6, 23)) and not view.knows(dt.date(2025, 6, 22))
    with pytest.raises(BookError) as refusal:
        book.as_of(dt.date(2025, 6, 1))
    assert str(refusal.value) == (
        "as_of 2025-06-01: must not lie before the first day with history (2025-06-23). Choose a later day, or export "
        "the whole history."
    )
