"""The table of published figures beside ours, and of numbers that nobody soundly publishes."""

import pandas as pd

from revops.measures.stage_benchmarking.likeness import NAMES
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also
from revops.wording import plural, value

__all__ = ["published_tables"]

_OF_EACH = 3


def published_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"published": _published(result), "unpublished": _unpublished(result)}


def _published(result: StageResult) -> Display:
    found, currency = result.peers.table, result.view.company.currency
    rows = found[found["flag"].ne("not comparable")].groupby(["id", "basis"], sort=False).head(_OF_EACH)
    shown = pd.DataFrame({
        "Number": [NAMES[key] for key in zip(rows["id"], rows["basis"], strict=True)],
        "Ours": [value(number, unit, currency) for number, unit in zip(rows["ours"], rows["unit"], strict=True)],
        "Theirs": [value(number, unit, currency) for number, unit in zip(rows["value"], rows["unit"], strict=True)],
        "Which": rows["statistic"].str.replace("_", " "), "Of whom": rows["band"],
        "Year": rows["year"].fillna("not printed"), "n": rows["n"].fillna("not printed"),
        "By, grade": [f"{who}, {grade}" for who, grade in zip(rows["publisher"], rows["grade"], strict=True)],
        "Comparable?": [f"{flag}: {why}" if why else flag for flag, why in zip(rows["flag"], rows["why"], strict=True)],
    })  # fmt: skip
    caption = (
        "Published figures beside ours, the most alike first; grade A: read at its publisher, B: in a copy, C: quoted "
        "by others"
    )
    n = len(found) - len(shown)
    rest = f"{plural(n, 'more figure')}, the less alike, {'stands' if n == 1 else 'stand'} in published_figures.csv"
    return also(caption, rest if n else None), shown.reset_index(drop=True), (None,) * 9


def _unpublished(result: StageResult) -> Display:
    """Return of which of our numbers nothing may be compared, and why."""
    named = {id: name for (id, _), name in reversed(NAMES.items())}
    rows = [(named[id], why) for id, why in result.peers.why.items() if id in named]
    shown = pd.DataFrame(rows, columns=["Number", "Why nothing stands beside it"])
    caption = "Numbers of ours without a sound published figure: our own past is what they are held against"
    return caption, shown, (None, None)
