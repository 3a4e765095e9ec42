"""What a run of stage benchmarking cannot give is said: in the list, in the headline, once in the notes."""

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from test_stages_by_hand import KNOBS, book

from frames import with_tables
from revops.actions.stage_benchmarking.headline import headline
from revops.benchmarks import published
from revops.measures.stage_benchmarking import display_tables, lacking, measure, published_table
from revops.measures.stage_benchmarking.tables.published import _joined

ROOT = Path(__file__).parents[2]


@cache
def told(*, history=True, leads=True, **slice):
    """Return the report of the hand-made company, without what is not given."""
    found, none = book(), {}
    if not leads:
        none |= dict.fromkeys(("leads", "lead_history"))
    if not history:
        none |= dict.fromkeys(("opportunity_history",))
        found = replace(found, audit=replace(found.audit, history_from=None, tracked={}))
    found = with_tables(found, **{name: found.table(name).iloc[:0] for name in none})
    if not leads:
        found = with_tables(found, contacts=found.table("contacts").assign(lead_at=pd.NaT))
    view = found.as_of(dt.date(2026, 6, 30), now=dt.datetime(2026, 7, 1))
    knobs = KNOBS.model_copy(update={"slice": slice})
    return measure(view, knobs, published(ROOT))


def test_without_history_what_stages_tell_is_not_available():
    result = told(history=False)
    needs = "opportunity_history: the history of stages (OpportunityHistory, or dated copies of the exports)"
    ids = ("median_days_in_stage", "halving_days", "stuck_amount", "win_rate", "win_rate_by_amount")
    assert {id: result.unavailable[id] for id in ids} == dict.fromkeys(ids, needs)
    assert (
        "conversion_rate" not in result.unavailable and lacking(result.view.book).items() <= result.unavailable.items()
    )


def test_without_leads_what_leads_tell_is_not_available():
    result = told(leads=False)
    assert {"mql_volume", "lead_to_won_rate", "accept_rate", "sla_attainment_rate"} <= set(result.unavailable)
    assert not {"conversion_rate", "win_rate"} & set(result.unavailable)


def test_a_slice_that_has_no_funnel_says_so_metric_by_metric():
    whole, part = told(), told(type="new")
    assert part.funnel.why == "leads are not told apart by type: they have no funnel of their own"
    assert "mql_volume" not in whole.unavailable
    for id in ("mql_volume", "mql_to_sql_rate", "lead_to_won_rate"):
        assert part.unavailable[id] == f"more than these exports tell: {part.funnel.why}"


def compared(*kinds, **given):
    """Return a report in which comparisons of these kinds alone were tested, and none is beyond noise."""
    result = told(**given)
    table = pd.DataFrame({"what": ["stage", "funnel"], "step": ["Discovery", "lead"], "dimension": "company",
                          "p_value": 0.9, "verdict": "none", "at_stake": float("nan"), "why": None})  # fmt: skip
    return replace(result, changes=replace(result.changes, table=table[table["what"].isin(kinds)]))


@pytest.mark.parametrize(
    ("kinds", "given", "words"),
    [
        (("funnel",), {"history": False}, "; stages are not compared: no history."),
        (("funnel",), {}, "; stages are not compared: too few came in."),
        (("stage",), {"leads": False}, "; leads are not compared: none are known."),
        (("stage",), {}, "; leads are not compared: too few came in."),
    ],
)
def test_a_headline_of_half_the_report_does_not_say_that_all_is_well(kinds, given, words):
    found = headline(compared(*kinds, **given))
    assert found.status in ("watch", "not_enough_data") and found.sentence.endswith(words)
    assert found.sentence.startswith("No change beyond noise in the last 26 weeks")


def test_a_headline_of_the_whole_report_adds_nothing():
    assert "not compared" not in headline(compared("stage", "funnel")).sentence
    nothing = headline(compared())
    assert nothing.status == "not_enough_data" and "are not compared" not in nothing.sentence


def test_what_is_of_the_whole_company_says_so_in_a_slice():
    words = "Of the whole company, not of the slice"
    whole, part = display_tables(told()), display_tables(told(type="new"))
    for name in ("company_stages", "signals", "three_answers", "organisation_models"):
        assert words in part[name][0] and words not in whole[name][0]
    assert "our recurring revenue a year of the whole company is" in part["published"][0].replace("Our", "our")


def test_models_stand_once_per_rule():
    _, table, units = display_tables(told())["organisation_models"]
    models = told().organisation.models
    assert len(table) == models["asks"].nunique() == 11 and table["Rule"].is_unique and len(units) == table.shape[1]
    cells = table.iloc[:, 2:5].to_numpy().ravel()
    assert (cells != "–").sum() == len(models) == 22


def test_a_note_that_a_caption_says_stands_once():
    for result in (told(), told(history=False)):
        tables = display_tables(result)
        said = " ".join(caption for name, (caption, *_) in tables.items() if name != "stage_notes").casefold()
        notes = tables["stage_notes"][1]["What to know"]
        assert len(notes) and not [note for note in notes if note.rstrip(".").casefold() in said]


def test_published_figures_on_the_page_have_a_year_and_stand_for_a_range_once():
    result = told()
    caption, table, _ = display_tables(result)["published"]
    assert not table["Year"].eq("not printed").any() and published_table(result)["year"].notna().all()
    assert not table["Which"].str.contains("typical low|typical high").any()
    assert not table["Comparable?"].str.contains("; ").any()
    assert "o figure is of this ARR band" in caption and "the median new contract a year" in caption
    numbers = display_tables(result)["unpublished"][1]["Number"]
    assert "Demo to won" not in set(numbers)


def test_both_ends_of_a_range_are_one_row_and_an_end_alone_stays():
    row = {"id": "a", "basis": "b", "definition": "c", "band": "d", "year": "2025", "grade": "A"}
    rows = pd.DataFrame([
        row | {"publisher": "P", "statistic": "typical_low", "value": 0.1},
        row | {"publisher": "P", "statistic": "typical_high", "value": 0.25},
        row | {"publisher": "P", "statistic": "mean", "value": 0.2},
        row | {"publisher": "Q", "statistic": "typical_high", "value": 0.5},
        row | {"publisher": "R", "statistic": "typical_low", "value": 0.4},
    ])  # fmt: skip
    found = _joined(rows)
    assert found[["publisher", "statistic", "value"]].values.tolist() == [
        ["P", "typical_low", 0.1], ["P", "mean", 0.2], ["Q", "typical_high", 0.5], ["R", "typical_low", 0.4]
    ]  # fmt: skip
    assert found["most"].fillna(0).tolist() == [0.25, 0, 0, 0]
