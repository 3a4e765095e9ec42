"""A simulated company fifty times the sample's size: the same reports from one part and from eight, here and on Dask.

Coverage and attribution, which between them use states of many days, spells, journeys and credit; the other reports
take minutes at this size, and are held against themselves from parts on the sample (test_parts_reports).
"""

from dataclasses import replace

import pandas as pd
import pytest
from benches import people
from benches.works import FAR, HISTORY
from conftest import ROOT
from parted import in_parts
from test_parts_cluster import client  # noqa: F401  a fixture
from test_parts_journeys import same
from test_parts_reports import answer

from revops.analysis.journeys import journeys_of
from revops.book import Book
from revops.book.parts import SCHEDULER, on
from revops.company import load_company
from revops.exports import Audit
from revops.simulate import canonical_tables, simulate
from revops.simulate.halyard import PLAN, SEED

pytestmark = pytest.mark.xdist_group("cluster")

TIMES = 53
"""So many times the sample's deals a quarter make fifty times its deals in all."""


@pytest.fixture(scope="module")
def fifty(tmp_path_factory):
    """Return the company whole, and in eight parts."""
    home = tmp_path_factory.mktemp("fifty")
    tables = canonical_tables(simulate(replace(PLAN, new_per_quarter=TIMES * PLAN.new_per_quarter), SEED))
    tables["opportunities"].to_parquet(home / "opportunities.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "TOUCHES", 4)  # to a deal, as the sample has
        people.write_people(home)
    tables |= {file.stem: pd.read_parquet(file) for file in (home / people.FOLDER).glob("*.parquet")}
    first = tables["opportunities"]["created_at"].min().date().isoformat()
    whole = Book(load_company(ROOT / "params"), tables, Audit((), (), (), (), HISTORY, first))
    return whole, in_parts(whole, home / "cut", 8)


def test_attribution_of_fifty_samples_is_the_same_from_eight_parts_and_its_journeys_on_dask(
    fifty,
    client,  # noqa: F811
    sample,
    monkeypatch,
):
    whole, cut = fifty
    assert len(whole.table("opportunities")) >= 50 * len(sample.table("opportunities"))
    assert len(whole.table("touches")) >= 50 * len(sample.table("touches"))
    assert cut.n_parts == 8
    assert answer("attribution_comparison", cut, monkeypatch) == answer("attribution_comparison", whole, monkeypatch)
    found = journeys_of(whole.as_of("auto", now=FAR))
    with on(client.get_executor(pure=False)):
        same(journeys_of(cut.as_of("auto", now=FAR)), found)


def test_coverage_of_fifty_samples_is_the_same_from_eight_parts_on_dask(fifty, client, monkeypatch):  # noqa: F811
    whole, cut = fifty
    expected = answer("pipeline_coverage", whole, monkeypatch)
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    assert answer("pipeline_coverage", cut, monkeypatch) == expected
