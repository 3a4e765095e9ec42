"""The table of published figures beside ours, and of numbers that nobody soundly publishes."""

from collections.abc import Iterator
from functools import partial

import pandas as pd

from revops.analysis.peers import shown
from revops.measures.stage_benchmarking.likeness import NAMES
from revops.measures.stage_benchmarking.ours import about_us
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also
from revops.wording import count, money, plural, value

__all__ = ["published_tables"]

_OF_EACH = 3
_OF_ONE = ["id", "basis", "definition", "band", "year", "publisher", "grade"]
_LOW, _HIGH = "typical_low", "typical_high"
_OUR_SIZE = "companies of our size: recurring revenue"
_DEMO = "demo"


def published_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"published": _published(result), "unpublished": _unpublished(result)}


def _published(result: StageResult) -> Display:
    """Return figures that may be compared: both ends of a range in one row, the first reason to be careful."""
    found, write = result.peers.table, partial(_in_words, currency=result.view.company.currency)
    rows = _joined(found[found["flag"].ne("not comparable")]).groupby(["id", "basis"], sort=False).head(_OF_EACH)
    rows = rows.reset_index(drop=True)
    told, is_range = shown(rows, lambda *key: NAMES[key], write), rows["most"].notna()
    most = [write(*pair) for pair in zip(rows["most"].fillna(0.0), rows["unit"], strict=True)]
    told["Theirs"] = told["Theirs"].mask(is_range, told["Theirs"] + " to " + pd.Series(most, told.index, dtype="str"))
    told["Which"] = told["Which"].mask(is_range, "typical range")
    told["Comparable?"] = told["Comparable?"].str.split("; ").str[0]
    caption = (
        "Published figures with a year beside ours, the most alike first; grade A: read at its publisher, B: in a "
        "copy, C: quoted by others. Why to be careful: the first reason; all of them stand in published_figures.csv"
    )
    n = len(found) - len(rows) - int(is_range.sum())
    rest = f"{plural(n, 'more figure')}, the less alike, {'stands' if n == 1 else 'stand'} there"
    return also(caption, rest if n else None, _size(result, rows), *_counted(result, rows)), told, (None,) * 9


def _joined(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with both ends of a typical range of one source as one: the lower as value, the upper as most."""
    lower, upper = rows["statistic"].eq(_LOW), rows["statistic"].eq(_HIGH)
    ends = rows.loc[upper, [*_OF_ONE, "value"]].rename(columns={"value": "most"})
    whole = rows.merge(ends, on=_OF_ONE, how="left", validate="many_to_one")
    whole["most"] = whole["most"].where(lower.to_numpy())
    has_lower = rows.merge(rows.loc[lower, _OF_ONE].assign(there=True), on=_OF_ONE, how="left")["there"].notna()
    return whole[~(upper.to_numpy() & has_lower.to_numpy())]


def _in_words(number: float, unit: str, currency: str) -> str:
    """Return a number in the words of its unit."""
    return f"{count(round(number))} {unit}" if unit in ("days", "hours") else value(number, unit, currency)


def _size(result: StageResult, rows: pd.DataFrame) -> str:
    """Return how large we are, and whether a figure shown is of companies of that recurring revenue."""
    about, asked = about_us(result.window, result.organisation), result.knobs.arr_band
    year, deal = (money(amount, about.currency) if amount == amount else "not known"
                  for amount in (about.arr_amount, about.acv_amount))  # fmt: skip
    band = "" if asked == "auto" else f", the band asked for {asked}"
    whole = " of the whole company" if result.knobs.slice else ""
    said = f"our recurring revenue a year{whole} is {year}{band}, the median new contract a year {deal}"
    is_ours = rows["why"].str.contains(_OUR_SIZE, regex=False).any()
    return f"{said}; {'some figures are' if is_ours else 'no figure is'} of this ARR band"


def _counted(result: StageResult, rows: pd.DataFrame) -> Iterator[str]:
    """Yield how our numbers are counted that stand in this table alone, and what is of the whole company."""
    there, knobs = set(rows["id"] + " " + rows["basis"]), result.knobs
    weeks = plural(knobs.weeks * (knobs.past + 1), "week")
    if "win_rate of_closed" in there:
        yield f"our win rate of closed deals: won, of all that closed in the {weeks}, whenever they were made"
    if "sql_to_won by_age" in there:
        yield (
            f"our SQL to won: enquiries that became an SQL in the {weeks} and were won by the largest age that enough "
            f"were followed to, at most {max(knobs.horizons)} days"
        )
    if "sales_cycle_days won" in there and knobs.slice:
        yield "days from made to won are of the whole company"


def _unpublished(result: StageResult) -> Display:
    """Return of which of our numbers nothing may be compared, and why; a demo only where a stage is one."""
    named = {id: name for (id, _), name in reversed(NAMES.items())}
    if not any(_DEMO in stage.name.casefold() for stage in result.view.company.stages):
        named.pop("demo_to_won")
    rows = [(named[id], why) for id, why in result.peers.why.items() if id in named]
    table = pd.DataFrame(rows, columns=["Number", "Why nothing stands beside it"])
    caption = "Numbers of ours without a sound published figure: our own past is what they are held against"
    return caption, table, (None, None)
