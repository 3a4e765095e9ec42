"""What bench.py times, at tiny size: that it works, that its sums hold, and that all codes are given the same."""

import json
import subprocess
from pathlib import Path

import bench
import pandas as pd
import pytest
from benches import agreement, journeys, payback, peer, runs, slices, survival, table, works
from benches.alone import Cost
from benches.people import FOLDER
from benches.table import Table, cells_of

from revops.analysis.credit import Paths, credit_by_model, from_paths
from revops.analysis.journeys import journeys_of

COST = Cost(0.5, 0.4, 0.25, 2)
CELLS = [
    {"cell_type": "markdown", "source": ["from here on"], "metadata": {"papermill": {"duration": 1.0}}},
    {"cell_type": "code", "source": ["from revops import report"], "metadata": {"papermill": {"duration": 2.0}}},
    {"cell_type": "code", "source": ["answer"], "metadata": {"papermill": {"duration": 0.02}}},
]
"""Of a notebook that papermill ran: one cell is the report's own."""


@pytest.fixture
def here(monkeypatch):
    """Do timed work in this process, without a clock."""

    def cost_of(work):
        work()
        return COST

    for module in (journeys, payback, survival, works):
        monkeypatch.setattr(module, "cost_of", cost_of)
    monkeypatch.setattr(table, "alone", lambda work, folder: work(folder))
    for module in (table, bench):
        monkeypatch.setattr(module, "fastest", lambda folder, *works, patience: [work(folder) for work in works])


def told(tmp_path, part, *sizes):
    """Return the cells of each row of one part, at some sizes in place of its own."""
    lines = part(Sized(tmp_path, sizes))
    return [cells_of(line) for line in lines if line.startswith("|")]


class Sized(Table):
    """A table of tiny sizes."""

    def __init__(self, folder, sizes):
        super().__init__(folder, most=max(sizes, default=0))
        self.few = list(sizes)

    def sizes(self, most=0, least=0):
        return self.few


def made(tmp_path, n=400, channels=5):
    """Return the folder of tiny journeys."""
    folder = tmp_path / str(channels) / str(n)
    journeys.make_journeys(folder)
    return folder


def test_both_codes_are_given_the_same_journeys(tmp_path):
    folder = made(tmp_path)
    text = pd.read_csv(folder / "paths.csv")
    again = from_paths((row.path.split(" > "), row.wins, row.losses, row.amount) for row in text.itertuples())
    ours = Paths(*journeys._tables(folder))
    assert len(ours.touches) == len(again.touches) == 400
    models = ("first_touch", "last_touch", "linear", "markov_1", "shapley")
    pd.testing.assert_frame_equal(credit_by_model(again, models), credit_by_model(ours, models), check_dtype=False)


def test_parts_of_the_payback_report_are_timed_beside_reading_its_tables(tmp_path, here):
    cells = told(tmp_path, bench._payback, 600, 1500)
    names = [*payback.PARTS, "- customers from stored tables"]
    assert [row[:2] for row in cells] == [[name, size] for size in ("600", "1,500") for name in names]
    figures = ["0.50", "0.2", "pandas.read_parquet", "0.50", "0.2", "1.00", "1.00", "1.00", "growth ≤ 2", "2"]
    assert cells[0][2:] == ["customer months", *figures]
    assert [row[10] for row in cells[6:]] == ["0.40"] * 6  # as long for 1,500 as for 600
    bills = pd.read_parquet(tmp_path / "bills" / "1500" / "subscriptions.parquet")
    assert len(bills) == pytest.approx(1500, rel=0.2)


def test_every_kind_of_credit_is_timed_without_the_other(tmp_path, here, monkeypatch):
    monkeypatch.setattr(bench, "CHANNELS", (4, 6))
    monkeypatch.setattr(journeys, "DRAWS", 3)
    monkeypatch.setattr(peer, "install", lambda folder, name, *wanted: None)
    cells = told(tmp_path, bench._credit, 60, 300)
    three = ["rules, Markov 1", "- paths made too", "- in 3 resamples"]
    more = ["all rules", "Markov 2", "Markov 3", "Markov 4", "Shapley", "game of rates"]
    of_four = [f"{name}, 4 channels" for name in (*three, *three, *more)]
    assert [row[0] for row in cells] == [*of_four, *(f"{name}, 6 channels" for name in (*three, *three))]
    assert [row[1] for row in cells] == ["60"] * 3 + ["300"] * 9 + ["60"] * 3 + ["300"] * 3
    absent = "ChannelAttribution markov_1 (it did not install)"
    assert cells[0][1:] == ["60", "touches", "0.50", "0.2", absent, "", "", "", "", "1.00", "ratio ≤ 1", "2"]
    assert cells[2][1:] == ["60", "touches", "0.50", "0.2", "", "", "", "", "", "1.00", "1M: 20 s, 2 GB", "2"]
    assert not list((tmp_path / "journeys").glob("*/*"))


def test_credit_stands_beside_the_other_on_its_form_of_the_journeys(tmp_path, here, monkeypatch):
    called = []

    def call(folder, python, model):
        called.append((model, (folder / "paths.csv").is_file(), python))
        return Cost(0.25, 0.1, 1.0)

    monkeypatch.setattr(bench, "CHANNELS", (4,))
    monkeypatch.setattr(peer, "install", lambda folder, name, *wanted: folder / "python")
    monkeypatch.setattr(peer, "call", call)
    monkeypatch.setattr(agreement, "verdict", lambda folder, python: "they agree")
    lines = list(bench._credit(Sized(tmp_path, [60])))
    assert cells_of(lines[0])[5:] == [
        "ChannelAttribution markov_1",
        "0.25",
        "1.0",
        "2.00",
        "4.00",
        "1.00",
        "ratio ≤ 1",
        "2",
    ]
    assert lines[-4:] == ["", "Credit by both codes on the same 60 touches:", "4 channels: they agree.", ""]
    models = ["markov_1", "markov_1", "heuristics", "markov_2", "markov_3", "markov_4"]
    assert called == [(model, True, tmp_path / "peer" / "python") for model in models]


def test_a_past_day_by_hand_is_the_books(tmp_path, here):
    folder = tmp_path / "companies" / "600"
    works.make_tables(folder)
    book = works._book(folder)
    day = works._past(book)
    ours = book.as_of(day, now=works.FAR).state(day).set_index("opportunity_id")
    plain = works.state_by_hand(book.tables, day).set_index("opportunity_id")
    columns = [*works.HISTORY, "outcome", "segment", "region", "owner_name", "account_id", "type"]
    pd.testing.assert_frame_equal(plain[columns].sort_index(), ours[columns].sort_index(), check_dtype=False)
    cells = told(tmp_path, bench._books, 3000)
    assert [(row[0], row[2], row[5]) for row in cells] == [
        ("state on a past day", "states of deals", "plain pandas"), ("", "", "pandas.read_parquet"),
        ("- state from stored tables", "states of deals", "pandas.read_parquet"),
        ("stays in stages", "states of deals", "pandas.read_parquet"),
        ("- stays from stored tables", "states of deals", "pandas.read_parquet"),
    ]  # fmt: skip
    assert int(cells[0][1].replace(",", "")) == pytest.approx(3000, rel=0.2)


def test_survival_is_that_of_statsmodels_and_told_beside_it(tmp_path, here, monkeypatch):
    monkeypatch.setattr(peer, "install", lambda folder, name, *wanted: None)
    monkeypatch.setattr(survival, "alone", lambda work, folder: work(folder))
    lines = list(bench._survival(Sized(tmp_path, [500])))
    assert [cells_of(line)[5] for line in lines[:3]] == [
        "statsmodels SurvfuncRight", "lifelines (it did not install)", "statsmodels CumIncidenceRight",
    ]  # fmt: skip
    assert lines[4].startswith("Survival by all codes on the same 500 subjects: they agree; at most ")
    survival._told(tmp_path / "subjects" / "500", "lifelines", COST, [1.0, 2.0], [0.5, 0.5])
    assert survival.verdict(tmp_path / "subjects" / "500").startswith("THEY DIFFER; at most ")


def test_the_gate_is_timed_on_as_many_rows_as_it_says(tmp_path, here):
    exports = tmp_path / "exports" / "50"
    works.make_exports(exports)
    assert {file.name: len(pd.read_csv(file)) for file in exports.iterdir()} == {
        "Opportunity.csv": 10, "OpportunityHistory.csv": 40,
    }  # fmt: skip
    cells = told(tmp_path, bench._gate, 50)
    assert [row[5] for row in cells] == ["pyarrow.csv.read_csv", "pandas.read_csv"]


def test_all_credit_of_a_company_is_timed_end_to_end(tmp_path, here):
    cells = told(tmp_path, bench._journeys, 600)
    assert [row[:3] for row in cells] == [
        ["journeys of touches", "600", "touches"], ["- read, found, credited, resampled", "600", "touches"],
    ]  # fmt: skip


def test_runs_are_told_beside_every_notebook_by_papermill(tmp_path, here, monkeypatch):
    asked = []

    def commands(folder, *commands):
        asked.append([" ".join(command) for command in commands])
        for made in (command[2] for command in commands if command[0] == "papermill"):
            Path(made).write_text(json.dumps({"cells": CELLS}))
        return COST

    monkeypatch.setattr(runs, "commands", commands)
    monkeypatch.setattr(runs, "_stand", lambda folder: None)
    ads = tmp_path / "project" / runs.CHANGED
    cells = told(tmp_path, bench._runs)
    assert runs.cells_seconds(tmp_path / "project") == pytest.approx(6 * 0.02)
    assert [row[:3] for row in cells] == [[name, "6", "reports"] for name in (
        "run, cold, ordinary engine", "run, warm, ordinary engine", "run, cold, fork engine", "run, warm, fork engine",
        "run, one export changed", "run, unchanged",
    )]  # fmt: skip
    assert [calls[0].partition("revops run")[2] for calls in asked[:4]] == [
        " --engine ordinary", " --again --engine ordinary", " --engine fork", " --again --engine fork",
    ]  # fmt: skip
    assert len(asked[4]) == 12 and asked[4][1].startswith("jupyter nbconvert --to html ")
    before, after = (pd.read_csv(file)["Amount spent (EUR)"] for file in (runs.ROOT / runs.CHANGED, ads))
    assert ((after - before).abs() > 0.005).sum() == 1


def test_what_reports_cost_beyond_their_own_cells_is_told():
    assert bench._outside(10.0, Cost(60, 60.0), Cost(12, 25.0)) == (
        "The reports' own cells take 10.0 s by the clock. CPU seconds beyond them: papermill, nbconvert 50.0, "
        "warm run on ordinary kernels 15.0: 0.30 of that (aim: ≤ 0.33)."
    )


def test_a_hundred_slices_are_told_beside_ten_by_papermill(tmp_path, here, monkeypatch):
    asked = []

    def commands(folder, *commands):
        asked.append(commands)
        return COST

    monkeypatch.setattr(runs, "commands", commands)
    monkeypatch.setattr(slices, "_TIMES_THE_SAMPLE", 1)
    cells = told(tmp_path, bench._slices)
    assert [row[:3] for row in cells] == [[name, "100", "slices"] for name in slices.WAYS]
    assert {row[5] for row in cells} == {"papermill, nbconvert, 10 of 100"}
    assert [len(commands) for commands in asked] == [1, 1, 1, 1, 20]
    assert asked[3][0][-2:] == ["--on", "dask"] and asked[3][0][asked[3][0].index("--slice") + 1].count(",") == 99
    assert asked[4][2][-2:] == ["-y", '{"slice": {"region": "Region 002"}}']
    deals = pd.read_csv(tmp_path / "regions" / "data/sample/salesforce/Opportunity.csv", encoding="iso-8859-1")
    assert len(deals) > 2000


@pytest.mark.parametrize(("words", "said"), [
    (["--size", "ten"], "argument --size: invalid _size value: 'ten'"),
    (["--slices", "0"], "argument --slices: invalid _slice_count value: '0'"),
    (["other"], "invalid choice: 'other'"),
])  # fmt: skip
def test_a_size_or_part_that_there_is_not_is_refused(words, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        bench.main(words)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_credit_of_two_codes_is_compared_by_channel():
    """Of 10 deals and 100 of amount; Markov 1 gives a 6 and 60. One run gives it 6.1 and 62 (1 % and 2 % apart), the
    other 5.9 and 58: apart from each other 2 % and 4 %."""
    amounts = {"first_touch": (2, 8), "last_touch": (3, 7), "linear": (5, 5), "markov_1": (6, 4)}
    rows = [(model, channel, deals, 10.0 * deals) for model, pair in amounts.items()
            for channel, deals in zip("ab", pair, strict=True)]  # fmt: skip
    ours = pd.DataFrame(rows, columns=["model", "channel", "credited_deals", "credited_amount"])
    names = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}
    rules = pd.DataFrame({"channel_name": ["b", "a"]})
    for model, name in names.items():
        rules[f"{name}_conversions"] = amounts[model][::-1]
        rules[f"{name}_value"] = [10.0 * deals for deals in amounts[model][::-1]]

    def run(deals, amount):
        return pd.DataFrame({"channel_name": ["a", "b"], "total_conversions": [deals, 10 - deals],
                             "total_conversion_value": [amount, 100 - amount]})  # fmt: skip

    assert agreement.compared(ours, rules, run(6.1, 62), run(5.9, 58)) == (
        "they agree; first, last and linear are 0e+00 of all credit apart, "
        "Markov 1 1.00% of deals and 2.00% of amount, its own two seeds 2.00% and 4.00%"
    )
    assert agreement.compared(ours, rules, run(6.5, 62), run(6.4, 58)).startswith("THEY DIFFER; ")
    rules.loc[0, "linear_touch_value"] = 51.0
    assert agreement.compared(ours, rules, run(6.1, 62), run(5.9, 58)).startswith(
        "THEY DIFFER; first, last and linear are 5e-03 of all credit apart, "
    )


def test_an_environment_that_cannot_be_made_is_none(tmp_path, monkeypatch):
    def run(command, **_):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", run)
    assert peer.install(tmp_path / "peer", peer.NAME, *peer.WANTED) is None


def test_journeys_are_found_in_a_company_with_people(tmp_path, here):
    folder = tmp_path / "60"
    works.make_people(folder)
    assert works.journeys(folder) == works.plain_people(folder) == COST
    view = works._book(folder, with_people=True).as_of("auto", now=works.FAR)
    found, n = journeys_of(view), len(pd.read_parquet(folder / FOLDER / "touches.parquet"))
    assert n == works.TOUCHES * len(pd.read_parquet(folder / "opportunities.parquet"))
    assert set(found.journeys["kind"]) == {"won", "lost", "never"}
    assert 0.2 * n < found.left_out.set_index("reason").loc["used", "n_touches"] < n
    assert len(found.channels) == 13


@pytest.mark.parametrize("stem", ["cac_payback", "stage_benchmarking"])
def test_the_measures_of_reports_that_ask_for_published_figures_are_timed(tmp_path, here, stem):
    folder = tmp_path / "600"
    works.make_people(folder)
    assert works.measure(folder, stem) == COST
    leads, changes = (pd.read_parquet(folder / FOLDER / f"{name}.parquet") for name in ("leads", "lead_history"))
    assert changes["lead_id"].nunique() == leads["mql_at"].notna().sum() == pytest.approx(0.6 * len(leads), rel=0.2)
