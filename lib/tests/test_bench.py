"""What bench.py times, at tiny size: that it works, and that both codes would be given the same journeys."""

import subprocess

import bench
import pandas as pd
import pytest
from benches import agreement, journeys, payback, peer, works
from benches.alone import Cost
from benches.people import FOLDER

from revops.analysis.credit import Paths, credit_by_model, from_paths
from revops.analysis.journeys import journeys_of

COST = Cost(0.5, 0.4, 0.25, 2)


@pytest.fixture
def here(monkeypatch):
    """Do timed work in this process, without a clock."""

    def cost_of(work):
        work()
        return COST

    for module in (journeys, payback, works):
        monkeypatch.setattr(module, "cost_of", cost_of)
    monkeypatch.setattr(bench, "alone", lambda work, folder: work(folder))
    monkeypatch.setattr(bench, "fastest", lambda folder, *works: [work(folder) for work in works])


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
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in bench._payback(tmp_path, (600, 1500))]
    assert [row[:2] for row in cells] == [[name, size] for size in ("600", "1,500") for name in payback.PARTS]
    assert {tuple(row[2:]) for row in cells[:5]} == {
        ("0.50", "0.2", "pandas.read_parquet", "0.50", "0.2", "1.00", "1.00", "1.00", "per row ≤ 2", "2")
    }
    bills = pd.read_parquet(tmp_path / "bills" / "1500" / "subscriptions.parquet")
    assert len(bills) == pytest.approx(1500, rel=0.2)


def test_every_kind_of_credit_is_timed_without_the_other(tmp_path, here, monkeypatch):
    monkeypatch.setattr(bench, "TOUCHES", (60, 300))
    monkeypatch.setattr(bench, "CHANNELS", (4, 6))
    monkeypatch.setattr(journeys, "DRAWS", 3)
    monkeypatch.setattr(peer, "install", lambda folder: None)
    lines = list(bench._credit(tmp_path, bench.SIZES))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    three = ["rules, Markov 1: 4 channels", "- paths made of tables too", "- in 3 resamples"]
    more = ["all rules", "Markov 2", "Markov 3", "Markov 4", "Shapley", "game of rates"]
    others = ["rules, Markov 1: 6 channels", *three[1:]]
    assert [row[0] for row in cells] == [*three, *three, *more, *others, *others]
    assert [row[1] for row in cells] == ["60"] * 3 + ["300"] * 9 + ["60"] * 3 + ["300"] * 3
    first = ["60", "0.50", "0.2", bench.ABSENT, "", "", "", "", "1.00", "ratio ≤ 1", "2"]
    assert cells[0][1:] == first
    assert cells[2][1:] == ["60", "0.50", "0.2", "", "", "", "", "", "1.00", "≤ 20 s, 2 GB", "2"]
    assert not list((tmp_path / "journeys").glob("*/*"))


def test_credit_stands_beside_the_other_on_its_form_of_the_journeys(tmp_path, here, monkeypatch):
    called = []

    def call(folder, python, model):
        called.append((model, (folder / "paths.csv").is_file(), python))
        return Cost(0.25, 0.1, 1.0)

    monkeypatch.setattr(bench, "TOUCHES", (60,))
    monkeypatch.setattr(bench, "CHANNELS", (4,))
    monkeypatch.setattr(peer, "install", lambda folder: folder / "python")
    monkeypatch.setattr(peer, "call", call)
    monkeypatch.setattr(agreement, "verdict", lambda folder, python: "they agree")
    lines = list(bench._credit(tmp_path, bench.SIZES))
    cells = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert cells[4:] == ["ChannelAttribution markov_1", "0.25", "1.0", "2.00", "4.00", "1.00", "ratio ≤ 1", "2"]
    assert lines[-3:] == ["", "Credit by both codes on the same 60 touches:", "4 channels: they agree."]
    models = ["markov_1", "markov_1", "heuristics", "markov_2", "markov_3", "markov_4"]
    assert called == [(model, True, tmp_path / "peer" / "python") for model in models]


def test_work_that_ran_out_of_memory_is_told_so():
    line = bench._row("points", None, "other", COST, "ratio ≤ 1", 1000, (None, 1000))
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "points", "1,000", "out of", "mem.", "other", "0.50", "0.2", "", "", "", "ratio ≤ 1", "",
    ]  # fmt: skip


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
    assert peer.install(tmp_path / "peer") is None


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
