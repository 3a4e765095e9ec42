"""The stage benchmarking report of odd companies: pipelines, endings, amounts, names; measured and drawn."""

from functools import cache

import odd_stages as odd
import pandas as pd
from companies_of_stages import DAY, halyard
from whole_stages import LEAN, checked, measured, rows, said, same_rows, why

from revops.actions.stage_benchmarking import actions
from revops.book import Book


def found(book, day=DAY, allow=(), **knobs):
    """Return a report and every word of it, checked."""
    result = measured(book, day, **(LEAN | knobs))
    return result, checked(result, allow)


@cache
def plain():
    """Return the report of the same company without anything odd."""
    return measured(odd.small(), DAY, **LEAN)


def stages(result):
    return set(result.pipeline.passages["step"])


def test_two_pipelines_are_two_ways_to_won():
    result, words = found(odd.two_pipelines(odd.small()))
    assert stages(result) == {"Discovery", "Proposal", "Discovery (Partners)", "Contract (Partners)"}
    ways = {key[1][1] for key in rows(result) if key[0] == "conversion_rate" and "(Partners)" in key[1][1]}
    assert ways == {"Discovery (Partners) > Contract (Partners)", "Contract (Partners) > Won"}
    assert "Proposal to Won" in words and "Proposal to Discovery" not in words


def test_a_stage_added_midway_was_not_skipped_before():
    result, _ = found(odd.with_a_stage_more(odd.small()))
    demo = result.pipeline.passages[result.pipeline.passages["step"].eq("Demo")]
    assert demo["entered"].min() >= pd.Timestamp("2025-09-28") and not demo["is_skipped"].all()


def test_leads_merged_into_one_company_count_once():
    book = odd.small()
    result, _words = found(odd.merged(book))
    whole = plain()
    assert len(result.funnel.enquiries) == len(whole.funnel.enquiries)
    assert len(result.funnel.leads) > len(whole.funnel.leads)


def test_nothing_won():
    """Groups alone are drawn to each other, so above 0."""
    result, words = found(odd.ended(odd.small(), "won", "Proposal", "open"))
    values = [row["value"] for key, row in rows(result).items() if key[0] == "win_rate" and key[2][0] == "window"]
    assert {value for value in values if value == value} == {0.0}
    assert "– days from made to won: none of the " in words


def test_nothing_lost():
    result, words = found(odd.ended(odd.small(), "lost", "Proposal", "open"))
    assert result.leaks.loc[result.leaks["what"].eq("stage"), "lost_share"].eq(0).all()
    assert "Nothing that came in was lost by day 180" in words
    assert "the largest leak" not in said(result)[0]


def test_all_of_one_company():
    result, _words = found(odd.all_of_one_account(odd.small()))
    assert len(result.funnel.enquiries) <= 4, "leads within 180 days of another of theirs are one enquiry"
    assert why(result, "lead_to_won_rate") == why(result, "mql_to_sql_rate") == "no such lead in these weeks"


def test_opportunities_without_amounts():
    result, _words = found(odd.unpriced(odd.small()))
    assert all(
        row["value"] != row["value"] or row["value"] == 0
        for key, row in rows(result).items()
        if key[0] == "stuck_amount"
    )
    assert all(one.worth is None for one in actions(result))


def test_euros_without_a_rate_have_no_company_stage_and_nothing_else_changes():
    book = odd.small()
    result, words = found(Book(halyard(currency="EUR"), book.tables, book.audit))
    assert "€" in words and "rate" in why(result, "company_stage")
    same_rows(plain(), result, but=("company_stage", "benchmark_percentile_band", "operating_signals"))


def test_hostile_names_stay_words():
    """Mark-up, braces, signs of formats and of cells: they are shown as they are and break nothing."""
    book = odd.hostile(odd.small())
    _result, words = found(book, allow=(odd.EVIL, *(odd.EVIL[:n] for n in range(len(odd.EVIL) - 1, 20, -1))))
    assert odd.EVIL in words
