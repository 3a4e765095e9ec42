"""What several tests share: repeatable property tests, closed figures, the sample company, a project with faults."""

import datetime as dt
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from revops.book import Book
from revops.company import load_company
from revops.exports import prepare
from revops.measures import forecast_accuracy
from revops.measures.forecast_accuracy import ForecastResult
from revops.measures.forecast_accuracy import Knobs as ForecastKnobs
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen
from revops.measures.pipeline_coverage import CoverageResult, Knobs, measure
from revops.simulate.halyard import sample_world
from revops.simulate.model import World
from revops.simulate.money.recurring import Recurring, recurring

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("repeatable")

NOTEBOOKS = Path(__file__).parent / "notebooks"
ROOT = Path(__file__).parents[2]
COMPANY = """\
company: Halyard Robotics
currency: USD
stages:
  - {name: Discovery}
  - {name: Won, outcome: won}
  - {name: Lost, outcome: lost}
types: {new: [New business]}
"""


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Leave no figure open behind a test that drew one."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def sample() -> Book:
    """Return the sample company's book."""
    company = load_company(ROOT / "params")
    found = prepare(ROOT / "data" / "sample", company)
    return Book(company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)


@pytest.fixture(scope="session")
def world() -> World:
    """Return the simulated world behind the sample company."""
    return sample_world()


@pytest.fixture(scope="session")
def running(world: World) -> Recurring:
    """Return its recurring revenue."""
    return recurring(world)


@pytest.fixture(scope="session")
def told(sample: Book) -> Callable[..., CoverageResult]:
    """Return a function that measures pipeline coverage of a book (the sample company's by default) as of a day (the
    last of the sample by default), each once."""
    known: dict[str, tuple[Book, CoverageResult]] = {}

    def tell(day: str = "2026-06-09", book: Book = sample, **knobs: object) -> CoverageResult:
        key = f"{day} {id(book)} {knobs}"
        if key not in known:
            view = book.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1))
            known[key] = book, measure(view, Knobs(**knobs))
        return known[key][1]

    return tell


@pytest.fixture(scope="session")
def reports(sample: Book) -> Callable[..., ForecastResult]:
    """Return a function that measures forecast accuracy, each once; arguments and defaults as in `told`."""
    known: dict[str, tuple[Book, ForecastResult]] = {}

    def tell(day: str = "2026-06-09", book: Book = sample, **knobs: object) -> ForecastResult:
        key = f"{day} {id(book)} {knobs}"
        if key not in known:
            view = book.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1))
            known[key] = book, forecast_accuracy.measure(view, ForecastKnobs(**knobs))
        return known[key][1]

    return tell


@pytest.fixture(scope="session")
def forecasts(reports: Callable[..., ForecastResult]) -> Callable[..., Frozen]:
    """Return a function that gives the frozen forecasts behind `reports`."""
    return lambda *args, **kwargs: reports(*args, **kwargs).found


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Return a client of a Dask cluster of two worker processes."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1", memory_limit=0
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def make_project() -> Callable[..., Path]:
    """Return a function that makes a project in a folder, with the named notebooks of lib/tests/notebooks."""

    def make(root: Path, *stems: str) -> Path:
        (root / "params").mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "params" / "company.yml").write_text(COMPANY, encoding="utf-8")
        for stem in stems:
            (root / "params" / f"{stem}.yml").write_text("", encoding="utf-8")
            shutil.copy(NOTEBOOKS / f"{stem}.ipynb", root / "notebooks")
        return root

    return make
