"""A simulated company fifty times the sample's size: every report is the same from one part and from eight.

It is the sample company with that many more deals: its exports are written, prepared by the gate, and cut. Parts are
gone through on this machine (by one process, or by a pool of them) and by Dask workers.
"""

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from conftest import ROOT
from parted import in_parts
from test_parts_reports import REPORTS, answer

from revops.book import Book
from revops.book.components import KEYS
from revops.book.executors import on
from revops.book.stored import stored_in
from revops.company import load_company
from revops.exports import prepare
from revops.simulate import simulate, write_exports
from revops.simulate.halyard import PLAN, SEED
from revops.variables import SCHEDULER

TIMES = 53
"""So many times the sample's deals a quarter make fifty times its deals in all."""
FEW = {
    "attribution_comparison": {"draws": 100, "models": ["linear", "markov_1"]},
    "forecast_accuracy": {"judged_quarters": 4, "past_quarters": 4, "backtest_quarters": 2},
    "revenue_answer": {"past_quarters": 1},
    "stage_benchmarking": {
        "draws": 100,
        "luck_past": 2,
        "horizons": [90],
        "deal_groups": ["segment"],
        "lead_groups": ["segment"],
    },
}
"""Knobs that make a report quicker than REPORTS' do: fewer models, earlier quarters, ages and groups."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the company whole, in eight parts, and a place for what reports answer from the whole."""
    home, company = tmp_path_factory.mktemp("fifty"), load_company(ROOT / "params")
    world = simulate(replace(PLAN, new_per_quarter=TIMES * PLAN.new_per_quarter), SEED)
    write_exports(world, home / "exports")
    found = prepare(home / "exports", company)
    shutil.rmtree(home / "exports")
    whole = Book(company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)
    yield whole, in_parts(whole, home / "cut", 8), {}
    shutil.rmtree(home)


@pytest.fixture
def told(made, monkeypatch):
    """Return a function that tells what a report answers from the company in parts, with none of their tables read yet:
    a report names those that were."""
    _, cut, _ = made

    def ask(stem):
        return answer(stem, Book(cut.company, stored_in(cut.tables.home), cut.audit), monkeypatch, knobs_of(stem))

    return ask


@pytest.fixture
def expected(made, monkeypatch):
    """Return a function that tells what a report answers from the whole company, asked once for all tests."""
    whole, _, known = made

    def ask(stem):
        if stem not in known:
            known[stem] = answer(stem, whole, monkeypatch, knobs_of(stem))
        assert known[stem]["measures"] and not known[stem]["unavailable"]
        return known[stem]

    return ask


def knobs_of(stem):
    return FEW.get(stem, REPORTS[stem])


def test_the_company_is_fifty_samples(made, sample):
    whole, cut, _ = made
    assert cut.n_parts == 8
    n = {name: (len(whole.table(name)), len(sample.table(name))) for name in KEYS}
    assert n["opportunities"][1] > 2000 and all(ours >= 50 * its for ours, its in n.values())


@pytest.mark.parametrize("stem", sorted(REPORTS.keys() - {"cac_payback"}))
def test_a_report_of_fifty_samples_is_the_same_from_parts(stem, told, expected):
    assert told(stem) == expected(stem)


def test_payback_of_fifty_samples_is_the_same_from_parts_in_a_pool_of_processes(told, expected):
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool, on(pool):
        assert told("cac_payback") == expected("cac_payback")


@pytest.mark.parametrize("stem", sorted(REPORTS))
def test_a_report_of_fifty_samples_is_the_same_from_parts_on_dask(stem, told, expected, client, monkeypatch):
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    assert told(stem) == expected(stem)
