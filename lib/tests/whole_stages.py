"""The whole stage benchmarking report, measured and read back: rows, tables, charts and every word, for its tests."""

import json
import re
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frames import as_of
from revops.actions import stage_benchmarking as act
from revops.benchmarks import published
from revops.book import Book
from revops.charts import stage_benchmarking as charts
from revops.charts.style import Chart
from revops.measures import stage_benchmarking as report
from revops.measures.stage_benchmarking import Knobs, StageResult
from revops.metrics import METRICS, metric
from revops.metrics.stage_benchmarking import STAGE_BENCHMARKING

__all__ = ["FILES", "LEAN", "QUICK", "checked", "measured", "rows", "said", "same_rows", "same_tables", "same_words",
           "why", "words"]  # fmt: skip

ROOT = Path(__file__).parents[2]
QUICK = {"draws": 100, "fewest_followed": 5, "fewest": 5}
LEAN = {"horizons": (30, 180), "luck_past": 3, "deal_groups": ("segment", "type"), "lead_groups": ("segment",)}
FILES = (report.comparisons_table, report.enquiries_table, report.stuck_table, report.groups_table,
         report.handed_over_table, report.handed_over_by_group_table, report.links_table,
         report.link_faults_table, report.published_table)  # fmt: skip
_BAD = re.compile(r"\b([nN]a[nN]|-?inf|infinite|None(?! of )|NaT|needs needs|null)\b|<NA>|[{}]")


@cache
def figures_of_others() -> pd.DataFrame:
    """Return the published figures."""
    return published(ROOT)


def measured(book: Book, day: str, **knobs: object) -> StageResult:
    """Return the report of a company as of a day; every warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return report.measure(as_of(book, day), Knobs(**(QUICK | knobs)), figures_of_others())


def rows(result: StageResult) -> dict[tuple, dict]:
    """Return the rows of the Answer by id and the values of their keys; each key once."""
    told = report.measure_rows(result)
    found = {(row["id"], *row["by"].items()): row for row in told}
    assert len(found) == len(told)
    return found


def why(result: StageResult, id: str, **by: object) -> str:
    """Return why a number is not there: the note of its row, else what the report lacks; without `needs`."""
    row = rows(result).get((id, *by.items()))
    told = result.unavailable[id] if row is None else row["note"]
    return told.removeprefix("more than these exports tell: ").removeprefix("needs ")


def said(result: StageResult) -> list[str]:
    """Return every sentence of the first screen, of the actions and of what is not there."""
    first = act.headline(result)
    parts = [first.sentence, first.below, *(f"{number.figure} {number.text}" for number in first.numbers)]
    return [*parts, *(f"{one.text} {one.because}" for one in act.actions(result)), *result.unavailable.values()]


def words(result: StageResult) -> str:
    """Return every word that the page says: sentences, captions, cells, charts and notes."""
    return _words(result, report.display_tables(result), charts.draw(result))


def _words(result: StageResult, tables: dict[str, tuple], drawn: list[Chart]) -> str:
    parts = said(result)
    for caption, table, units in tables.values():
        assert len(units) == table.shape[1] and table.columns.is_unique and len(table)
        cells = table.select_dtypes(exclude="number").astype(object)
        parts += [caption, *map(str, table.columns), *map(str, cells.where(cells.notna(), "–").to_numpy().ravel())]
    for chart in drawn:
        parts += [chart.title, chart.alt, chart.caption]
    return "\n".join([*parts, *(str(row["note"]) for row in report.measure_rows(result) if row["note"])])


def checked(result: StageResult, allow: tuple[str, ...] = ()) -> str:
    """Return every word of a report, with what must hold of all of them checked.

    Nothing undefined stands in words, no number is infinite, what is missing says why, every promised number is there
    or among what is not available, ranges hold their values, all readers get three numbers, and it can go out as JSON.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tables, drawn = report.display_tables(result), charts.draw(result)
        told = _words(result, tables, drawn)
        for line in told.split("\n"):
            for known in allow:
                line = line.replace(known, "")
            assert not _BAD.search(line), line
        _rows_hold(result)
        for reader in ("executive", "marketing_ops", "revops"):
            knobs = result.knobs.model_copy(update={"audience": reader})
            first = act.headline(replace(result, knobs=knobs))
            assert len(first.numbers) == 3 and all(number.figure and number.text for number in first.numbers)
            assert not any(_BAD.search(number.text) for number in first.numbers if not allow), first.numbers
    for one in act.actions(result):
        assert one.by >= result.view.day and one.text and one.because
        assert one.worth is None or one.worth_low <= one.worth <= one.worth_high
    for chart in drawn:
        assert chart.title and chart.alt.endswith(".") and len(chart.units) == chart.data.shape[1] and len(chart.data)
    for _, table, _ in tables.values():
        assert not np.isinf(table.select_dtypes("number").to_numpy(dtype=float)).any()
    for of in FILES:
        assert not np.isinf(of(result).select_dtypes("number").to_numpy(dtype=float, na_value=0.0)).any()
    return told


def _rows_hold(result: StageResult) -> None:
    found = rows(result)
    told = {key[0] for key in found} | set(result.unavailable)
    assert not (lost := [metric.id for metric in STAGE_BENCHMARKING if metric.id not in told]), lost
    assert {key[0] for key in found} <= set(METRICS)
    for key, row in found.items():
        is_known = row["value"] == row["value"]
        assert not np.isinf(row["value"]), key
        if not is_known:
            assert isinstance(row["note"], str) and row["note"], row
        if row["low"] is not None:
            assert row["low"] <= row["value"] + 1e-9 and not row["high"] < row["value"] - 1e-9, (key, row)
        if is_known and metric(key[0]).unit == "share":
            assert -1e-9 <= row["value"] <= 1 + 1e-9 or key[0] == "tool_utilisation_rate", (key, row)
        json.dumps(row["by"])


def same_rows(
    one: StageResult, other: StageResult, *, times: float = 1.0, but: tuple[str, ...] = (), free: tuple[str, ...] = ()
) -> None:
    """Check that two reports have the same rows; money of the other `times` as much; ids of `but` are not looked at,
    those of `free` may have other ranges."""
    first, second = rows(one), rows(other)
    assert [key for key in first if key[0] not in but] == [key for key in second if key[0] not in but]
    for key, row in first.items():
        if key[0] in but:
            continue
        scale = times if metric(key[0]).unit == "money" else 1.0
        assert (row["n"], row["note"]) == (second[key]["n"], second[key]["note"]), key
        for name in ("value",) if key[0] in free else ("value", "low", "high"):
            expected = None if row[name] is None else pytest.approx(row[name] * scale, rel=1e-9, abs=1e-6, nan_ok=True)
            assert second[key][name] == expected, (key, name)


def same_tables(one: StageResult, other: StageResult) -> None:
    """Check that two reports have the same tables, on the page and beside it."""
    first, second = (report.display_tables(result) for result in (one, other))
    assert list(first) == list(second)
    for name in first:
        assert first[name][0] == second[name][0] and first[name][2] == second[name][2], name
        _same(first[name][1], second[name][1], name)
    for of in FILES:
        _same(of(one), of(other), of.__name__)


def same_words(one: StageResult, other: StageResult) -> None:
    """Check that two reports say the same, and name the same records."""
    assert said(one) == said(other)
    assert act.actions(one) == act.actions(other)
    assert [chart.alt for chart in charts.draw(one)] == [chart.alt for chart in charts.draw(other)]


def _same(one: pd.DataFrame, other: pd.DataFrame, name: str) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-6, obj=name)
