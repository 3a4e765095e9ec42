"""What several tests share: repeatable property tests, closed figures, and a project whose notebooks have faults."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("repeatable")

NOTEBOOKS = Path(__file__).parent / "notebooks"
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
