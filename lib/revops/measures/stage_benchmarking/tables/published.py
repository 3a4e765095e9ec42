"""The table of published figures beside ours, and of numbers that nobody soundly publishes."""

from functools import partial

import pandas as pd

from revops.analysis.peers import shown
from revops.measures.stage_benchmarking.likeness import NAMES
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also
from revops.wording import count, plural, value

__all__ = ["published_tables"]

_OF_EACH = 3


def published_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"published": _published(result), "unpublished": _unpublished(result)}


def _published(result: StageResult) -> Display:
    found, currency = result.peers.table, result.view.company.currency
    rows = found[found["flag"].ne("not comparable")].groupby(["id", "basis"], sort=False).head(_OF_EACH)
    told = shown(rows, lambda *key: NAMES[key], partial(_in_words, currency=currency))
    caption = (
        "Published figures beside ours, the most alike first; grade A: read at its publisher, B: in a copy, C: quoted "
        "by others"
    )
    n = len(found) - len(told)
    rest = f"{plural(n, 'more figure')}, the less alike, {'stands' if n == 1 else 'stand'} in published_figures.csv"
    return also(caption, rest if n else None), told, (None,) * 9


def _in_words(number: float, unit: str, currency: str) -> str:
    """Return a number in the words of its unit."""
    return f"{count(round(number))} {unit}" if unit in ("days", "hours") else value(number, unit, currency)


def _unpublished(result: StageResult) -> Display:
    """Return of which of our numbers nothing may be compared, and why."""
    named = {id: name for (id, _), name in reversed(NAMES.items())}
    rows = [(named[id], why) for id, why in result.peers.why.items() if id in named]
    table = pd.DataFrame(rows, columns=["Number", "Why nothing stands beside it"])
    caption = "Numbers of ours without a sound published figure: our own past is what they are held against"
    return caption, table, (None, None)
