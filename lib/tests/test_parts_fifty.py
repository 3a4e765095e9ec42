"""A simulated company fifty times the sample's size: the same reports from one part and from eight.

It is the sample company with that many more deals: its exports are written, prepared by the gate, and cut. Parts are
gone through here, by a pool of processes or by Dask workers; each report of the sample goes through them here
(test_parts_reports). Stage benchmarking, which takes too long at this size for every run of the tests, is held to what
it takes from the parts: journeys, states, spells, customers by month and leads, from which all else is made in one.
"""

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from benches.works import FAR
from conftest import ROOT
from parted import in_parts
from test_parts_journeys import same
from test_parts_reports import REPORTS, answer

from revops.analysis.journeys import journeys_of
from revops.analysis.recurring import customer_months
from revops.analysis.spans import spans_of
from revops.book import Book
from revops.book.components import KEYS
from revops.book.executors import on
from revops.book.stored import stored_in
from revops.company import load_company
from revops.exports import prepare
from revops.measures.stage_benchmarking.funnel.records import lead_records
from revops.simulate import simulate, write_exports
from revops.simulate.halyard import PLAN, SEED
from revops.variables import SCHEDULER

TIMES = 53
"""So many times the sample's deals a quarter make fifty times its deals in all."""
FEW = {
    "attribution_comparison": {"draws": 100, "models": ["linear", "markov_1"]},
    "forecast_accuracy": {"judged_quarters": 4, "past_quarters": 4, "backtest_quarters": 2},
    "revenue_answer": {"past_quarters": 1},
}
"""Knobs that make a report quicker than REPORTS' do: fewer models and earlier quarters."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the company whole, and in eight parts."""
    home, company = tmp_path_factory.mktemp("fifty"), load_company(ROOT / "params")
    world = simulate(replace(PLAN, new_per_quarter=TIMES * PLAN.new_per_quarter), SEED)
    write_exports(world, home / "exports")
    found = prepare(home / "exports", company)
    shutil.rmtree(home / "exports")
    whole = Book(company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)
    yield whole, in_parts(whole, home / "cut", 8)
    shutil.rmtree(home)


@pytest.fixture
def fifty(made):
    """Return the company whole, and in eight parts of which nothing is read: a report names the tables that were."""
    whole, cut = made
    return whole, Book(cut.company, stored_in(cut.tables.home), cut.audit)


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        yield pool


def test_the_company_is_fifty_samples(fifty, sample):
    whole, cut = fifty
    assert cut.n_parts == 8
    n = {name: (len(whole.table(name)), len(sample.table(name))) for name in KEYS}
    assert n["opportunities"][1] > 2000 and all(ours >= 50 * its for ours, its in n.values())


def is_same(stem, fifty, monkeypatch):
    """Assert that a report tells all its numbers of the whole company, and the same from parts."""
    (whole, cut), knobs = fifty, FEW.get(stem, REPORTS[stem])
    expected = answer(stem, whole, monkeypatch, knobs)
    assert expected["measures"] and not expected["unavailable"]
    assert answer(stem, cut, monkeypatch, knobs) == expected


@pytest.mark.parametrize("stem", ["attribution_comparison", "revenue_answer"])
def test_a_report_of_fifty_samples_is_the_same_from_parts(stem, fifty, monkeypatch):
    is_same(stem, fifty, monkeypatch)


def test_payback_of_fifty_samples_is_the_same_from_parts_in_a_pool_of_processes(fifty, pool, monkeypatch):
    with on(pool):
        is_same("cac_payback", fifty, monkeypatch)


@pytest.mark.parametrize("stem", ["forecast_accuracy", "pipeline_coverage"])
def test_a_report_of_fifty_samples_is_the_same_from_parts_on_dask(stem, fifty, client, monkeypatch):
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    is_same(stem, fifty, monkeypatch)


def test_what_reports_take_from_parts_of_fifty_samples_is_that_of_the_whole_on_dask(fifty, client):
    whole, cut = (book.as_of("auto", now=FAR) for book in fifty)
    with on(client.get_executor(pure=False)):
        same(journeys_of(cut), journeys_of(whole))
        for find in (spans_of, leads, lambda view: view.opportunities, lambda view: view.left_out):
            pd.testing.assert_frame_equal(find(cut), find(whole), check_exact=True)
        one, other = customer_months(cut), customer_months(whole)
    pd.testing.assert_frame_equal(one.customers, other.customers)
    np.testing.assert_array_equal(one.amount, other.amount)


def leads(view):
    return lead_records(SimpleNamespace(view=view))


def test_spells_and_leads_of_fifty_samples_are_those_of_the_whole(fifty):
    whole, cut = (book.as_of("auto", now=FAR) for book in fifty)
    for find in (spans_of, leads):
        pd.testing.assert_frame_equal(find(cut), find(whole), check_exact=True)
