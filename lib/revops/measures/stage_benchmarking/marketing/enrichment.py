"""Enrichment: which leads tell what we want to know of their company."""

from collections.abc import Collection

import pandas as pd

from revops.company.patterns import folded
from revops.measures.stage_benchmarking.marketing.shares import SHARES, shares_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["ALL_FIELDS", "COMPANY", "ENRICHMENT", "enriched", "filled"]

_KEYS = ("span", "dimension", "group", "field")
ENRICHMENT = dict.fromkeys(_KEYS, "str") | SHARES
ALL_FIELDS = "all"
"""The field of a share of leads that have every field filled."""
COMPANY = "company"


def filled(people: pd.DataFrame, fields: Collection[str], words: Collection[str]) -> pd.DataFrame:
    """Return for each person which fields are filled, and `all`; a field that nobody has filled is left out of both.

    Parameters
        people : people_of; uses the fields
        words : words that fill no field, without regard to case and outer blanks

    Formula
        Text is filled unless it is blank or one of the words; a number where it is above 0.
    """
    known = [name for name in fields if people[name].notna().any()]
    told = pd.DataFrame({name: _is_filled(people[name], words) for name in known}, index=people.index)
    return told.assign(**{ALL_FIELDS: told.all(axis=1)}) if known else told


def enriched(window: Window, people: pd.DataFrame, spans: pd.Series) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return `lead_enrichment_rate` by field, of the company and by lead source; and what a reader should know of it.

    Question
        Do leads come with what sales needs to know of their company?

    Parameters
        window : the report's window; uses filled_fields, unfilled_words and level of its knobs
        people : people_of
        spans : the span of time each person came in, by index of people; rows of none are left out

    Returns
        One row per span x group x field, sorted; dimension "company" (group "company") or "lead_source": span,
        dimension, group, field ("all" = every field), SHARES (n_right = filled)

    Limits
        Fields are as they stand today: older leads have had longer to be filled. A field that no lead has is either
        not exported or never filled: it is left out, and said.

    Source
        Fairview, Marketing Ops versus RevOps: leads with complete firmographic data / leads
    """
    knobs = window.knobs
    told = filled(people, knobs.filled_fields, knobs.unfilled_words)
    lost = [name for name in knobs.filled_fields if name not in told]
    why = {"fields": f"no lead has one, so not exported or never filled: {', '.join(lost)}"} if lost else {}
    if told.empty or not spans.notna().any():
        return pd.DataFrame(columns=[*ENRICHMENT]).astype(ENRICHMENT), why if len(people) else {
            "enrichment": "no leads"
        }
    rows = told[spans.notna()].melt(var_name="field", value_name="is_right", ignore_index=False)
    rows = rows.join(people[["cluster", "lead_source"]]).assign(span=spans)
    parts = [
        rows.assign(dimension=COMPANY, group=COMPANY),
        rows.assign(dimension="lead_source", group=rows["lead_source"]),
    ]
    table = shares_of(pd.concat(parts, ignore_index=True), _KEYS, level=knobs.level)
    return table, why


def _is_filled(values: pd.Series, words: Collection[str]) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return values > 0
    nothing = {"", *(folded(word) for word in words)}
    return values.map({word: folded(word) not in nothing for word in values.dropna().unique()}).eq(True)
