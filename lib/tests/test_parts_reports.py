"""Every report of the sample company is the same from its tables in parts: each number, sentence and action."""

import json

import pytest
from conftest import ROOT
from parted import in_parts

import revops.book
from revops.book import Book
from revops.book.stored import stored_in
from revops.variables import SCHEDULER

REPORTS = {
    "attribution_comparison": {"draws": 100, "models": ["linear", "time_decay", "shapley", "markov_1", "markov_2"]},
    "cac_payback": {"draws": 100},
    "forecast_accuracy": {},
    "pipeline_coverage": {"past_quarters": 4, "backtest_quarters": 2},
    "revenue_answer": {},
    "stage_benchmarking": {"draws": 100, "luck_past": 2},
}
"""Each with the knobs that make it quick."""


def answer(stem, book, monkeypatch, knobs=None):
    """Return what a report's notebook answers from a book, with other knobs than REPORTS': its own cells up to the
    Answer, run here.

    Among it are the tables that were read, which a book notes of all its reports, so that it is to be a fresh one.
    """
    knobs = REPORTS[stem] if knobs is None else knobs
    monkeypatch.setattr(revops.book, "open_book", lambda chosen: book)
    cells = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    upto = next(place for place, source in enumerate(code) if "answer = report.Answer(" in source)
    names: dict[str, object] = {}
    exec(code[0], names)
    assert knobs.keys() <= names.keys()
    names |= knobs
    for source in code[1 : upto + 1]:
        exec(source, names)
    return names["answer"].to_json()


@pytest.mark.parametrize(("stem", "n"), [(stem, 2 if stem == "revenue_answer" else 7) for stem in REPORTS])
def test_a_report_of_the_sample_is_the_same_from_parts_here_and_on_dask(stem, n, sample, client, tmp_path, monkeypatch):
    """The tables that it reads are noted alike, whether its READS name them or not."""
    uncut = in_parts(sample, tmp_path / "whole", 1)
    whole = answer(stem, uncut, monkeypatch)
    cut = in_parts(sample, tmp_path / "cut", n)
    assert answer(stem, cut, monkeypatch) == whole
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    there = Book(cut.company, stored_in(tmp_path / "cut"), cut.audit)
    assert answer(stem, there, monkeypatch) == whole
    assert cut.tables.read == there.tables.read == uncut.tables.read
