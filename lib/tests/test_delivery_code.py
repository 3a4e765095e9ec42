"""What the code of a notebook tells of what it reads, before it runs."""

import json
from dataclasses import replace
from importlib import import_module

import pandas as pd
import pytest
from killed import answer_of
from test_delivery_taken_over import ALL, FORECAST, PAYBACK, PIPELINE, REVENUE, ROOT, STAGES
from test_report_reads import Refusing

from revops.delivery.entries import made_entry
from revops.delivery.jobs.job import Job, Limits, Result
from revops.delivery.standing.code import code_of
from revops.measures import forecast_accuracy


def cell(source):
    return {"cell_type": "code", "metadata": {}, "source": source}


@pytest.mark.parametrize(
    ("source", "is_bound"),
    [
        ("from revops.params import settings\nx = settings('a')", True),
        ("from revops.measures import cac_payback as measures", True),
        ("answer.table('x')", True),
        ("view.book.table('x')", False),
        ("open_book(chosen).table('x')", False),
        ("found.tables", False),
        ("found.audit.files", False),
        ("import pandas", False),
        ("from pandas import read_csv", False),
        ("from revops.exports import prepare", False),
        ("from . import x", False),
        ("import revops.book", False),
        ("open('x')", False),
        ("''.__class__", False),
        ("!ls", False),
        ("view.owners", False),
        ("answer.view.left_out", False),
        ("answer.left_out()", True),
        ("(chosen.root / 'data/x.csv').read_text()", False),
        ("chosen.params_dir", False),
        ("from revops.benchmarks import published\npublished(chosen.root)", True),
        ("from revops.benchmarks import published\npublished(chosen.root / 'mine')", False),
        ("from revops.benchmarks import published as p", False),
        ("report.pd.read_csv('x.csv')", False),
        ("frame.read_excel", False),
        ("measures.Path('x.csv')", False),
        ("from revops.measures.cac_payback.result import Path", False),
        ("from revops.measures import *", False),
        ("from revops import measures", False),
        ("from revops.book import stored", False),
        ("from revops.book.stored import stored_in", False),
        ("settings(stem='a', knobs=Knobs)", True),
        ("settings(stem, Knobs)", False),
        ("settings(*given)", False),
        ("other = settings", False),
        ("from revops.params import settings as other", False),
    ],
)
def test_code_that_may_read_more_than_measures_do_is_seen(tmp_path, source, is_bound):
    file = tmp_path / "own.ipynb"
    file.write_text(json.dumps({"cells": [cell("from revops import report"), cell(source)]}))
    assert code_of(file).is_bound is is_bound
    assert code_of(file).reads_published is (not is_bound or "published" in source)


def own(folder, *sources):
    """Return a notebook of one's own in a project folder, with cells as given."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "own.ipynb"
    file.write_text(json.dumps({"cells": [cell(source) for source in sources]}))
    return file


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("as_of = None  # auto, today or a date", False),
        ("as_of = 'today'", True),
        ("open_book(chosen).as_of('today')", True),
        ("dt.date.today()", True),
        ("!date", True),
    ],
)
def test_code_that_may_take_the_day_of_the_clock_is_seen(tmp_path, source, says):
    assert code_of(own(tmp_path, "x = 1", source)).says_today is says


OTHER = "from revops.measures import cac_payback as other"


@pytest.mark.parametrize(
    ("sources", "taken"),
    [
        ((OTHER,), ()),
        ((OTHER, "other.Knobs"), ()),
        ((OTHER, "other.measure(view, 1)"), ((PAYBACK, "measure"),)),
        ((OTHER, "x = other"), ((PAYBACK, ""),)),
        (("from revops.measures.cac_payback import Knobs, measure as m",), ((PAYBACK, "measure"),)),
        (("from revops.measures.cac_payback.result import Knobs",), ((PAYBACK, ""),)),
        ((OTHER, "from revops.measures import revenue_answer as other", "other.x"), ((PAYBACK, "x"), (REVENUE, "x"))),
    ],
)
def test_code_tells_whose_measures_it_takes(tmp_path, sources, taken):
    assert code_of(own(tmp_path, *sources)).measures == taken


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("from revops.measures import revenue_answer as other\nother.measure(view, 1)", {"subscriptions"}),
        ("from revops.measures import forecast_accuracy\nforecast_accuracy.signal_of(view, 1)", {"forecasts"}),
        ("from revops.measures import forecast_accuracy\nforecast_accuracy.Knobs()", set()),
    ],
)
def test_a_report_reads_what_any_cell_of_it_measures(tmp_path, source, more):
    reads = import_module(f"revops.measures.{PIPELINE}").READS
    file = own(tmp_path, "answer", source)
    job = Job("own", file, tmp_path, tmp_path, {}, Limits())
    entry = made_entry(job, Result(answer_of("own", 1) | {"reads": reads}), tmp_path)
    assert entry["reads"] == sorted(entry["reads"]) and {*reads, *more} <= {*entry["reads"]}
    assert bool(more) is ({*entry["reads"]} != {*reads})


def test_what_others_take_of_the_forecasts_reads_what_it_says(sample):
    reads = forecast_accuracy.READS_OF["signal_of"]
    assert "quotas" not in reads
    alone = replace(sample, tables=Refusing({name: sample.table(name) for name in reads}))
    signals = [forecast_accuracy.signal_of(seen.as_of("auto"), forecast_accuracy.Knobs()) for seen in (sample, alone)]
    pd.testing.assert_series_equal(*signals)


def test_code_tells_whose_settings_it_takes_and_whether_it_takes_published_figures():
    told = {stem: code_of(ROOT / "notebooks" / f"{stem}.ipynb") for stem in ALL}
    assert {stem: code.settings for stem, code in told.items()} == {
        **{stem: (stem,) for stem in ALL},
        STAGES: (FORECAST, STAGES),
    }
    assert [stem for stem in ALL if told[stem].reads_published] == [PAYBACK, STAGES]
