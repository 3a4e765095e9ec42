"""The stage benchmarking report of exports that lack this or that: measured, shown, drawn, and told what is missing."""

import odd_stages as odd
import pytest
from companies_of_stages import DAY
from whole_stages import LEAN, checked, measured, rows, said, why

from revops.errors import BookError, MeasureError
from revops.measures.stage_benchmarking.needs import OF_HISTORY, OF_LEADS

LAST = "2026-06-30"
LEADS = "leads: the lead export with the days they were qualified, or contacts with their lifecycle dates"
HISTORY = "opportunity_history: the history of stages (OpportunityHistory, or dated copies of the exports)"
NO_MQL = "the day that leads were qualified by marketing (mql_at)"
NO_FIELD = (
    "no lead says when marketing called it qualified: name the field, or the statuses, in company.yml under exports"
)


def found(book, day=DAY, **knobs):
    """Return a report and every word of it, checked."""
    result = measured(book, day, **(LEAN | knobs))
    return result, checked(result)


def test_without_leads_stages_are_told_and_the_rest_says_what_it_needs():
    result, words = found(odd.without(odd.small(), "leads", "lead_history", "contacts", "contact_roles", "touches"))
    assert result.unavailable.items() >= dict.fromkeys(OF_LEADS, LEADS).items()
    assert said(result)[0].startswith("No change beyond noise in the last 13 weeks; the largest leak is ")
    assert "no leads: export leads, or contacts with their lifecycle dates" in words
    values = {key: row["value"] for key, row in rows(result).items()}
    assert not any(value == value for (id, *_), value in values.items() if id in OF_LEADS)
    assert any(value > 0 for (id, *_), value in values.items() if id == "conversion_rate")


def test_without_history_of_stages_leads_are_told():
    result, words = found(odd.without_history(odd.small(until=LAST)))
    assert result.unavailable.items() >= dict.fromkeys(OF_HISTORY, HISTORY).items()
    reason = (
        "the history of stages (OpportunityHistory, or dated copies of the exports): the records of today tell "
        "what was won and lost, not when it moved on"
    )
    assert why(result, "win_rate") == HISTORY and f"– of opportunities won: needs {reason}" in words
    assert any(key[0] == "mql_to_sql_rate" and row["value"] > 0 for key, row in rows(result).items())


def test_without_both_there_is_no_report():
    book = odd.without_history(odd.without(odd.small(until=LAST), "leads", "lead_history"))
    with pytest.raises(MeasureError) as caught:
        measured(book, LAST)
    assert str(caught.value) == f"stage_benchmarking: needs one of: {LEADS}; {HISTORY}; found none."


def test_before_all_records_there_is_no_report():
    with pytest.raises(BookError) as caught:
        measured(odd.small(), "2024-06-01")
    assert str(caught.value) == (
        "as_of 2024-06-01: must not lie before the first day with history (2024-07-16). Choose a later day, or export "
        "the whole history."
    )


def test_contacts_as_leads_tell_the_funnel_and_no_hand_off():
    result, _words = found(odd.contacts_as_leads(odd.small()))
    assert result.funnel.leads["is_contact"].all()
    assert any(key[0] == "mql_to_sql_rate" and row["value"] > 0 for key, row in rows(result).items())
    reason = "the history of leads' statuses, or a field with the day of first work"
    assert why(result, "sla_attainment_rate", window="last_weeks").startswith(reason)
    assert why(result, "late_lead_amount").startswith(reason)


def test_dates_without_a_time_and_no_history_of_leads():
    """Without a history of statuses nothing tells when somebody touched an MQL, nor whom sales turned down."""
    result, words = found(odd.without(odd.date_only(odd.small()), "lead_history"))
    assert result.hand_off.unit == "days" and result.hand_off.why["sla"].startswith("needs the history of leads'")
    assert why(result, "accept_rate", window="last_weeks") == (
        "leads that sales turned down: a status that company.yml calls rejected or recycled"
    )
    assert "on the same day" in words


def test_nothing_but_leads_and_opportunities_of_nobody():
    """No owners, accounts, tools, books, bills, ads and campaigns; no lead tells a source or a segment."""
    result, words = found(odd.bare(odd.small()))
    assert result.unavailable["tool_utilisation_rate"] == "tools: the sheet of tools with their seats"
    assert why(result, "cost_per_mql").startswith("one of: marketing accounts in the ledger, exports of ad sys")
    assert "nobody" in words.lower() or "no owner" in words.lower() or "Unassigned" in words


def test_leads_that_nobody_called_qualified():
    result, _ = found(odd.changed(odd.small(), "leads", mql_at=None, sql_at=None))
    assert why(result, "mql_volume") == why(result, "mql_to_sql_rate") == why(result, "cost_per_mql") == NO_FIELD
    assert why(result, "late_lead_amount") == NO_MQL


def test_one_lead_alone():
    book = odd.without_history(odd.without(odd.small(until=LAST), "lead_history"))
    book = odd.with_tables(book, leads=book.table("leads").tail(1).reset_index(drop=True))
    result, _ = found(book)
    assert said(result)[0] == "Too little to compare: fewer than 5 in the last weeks."


def test_one_opportunity_alone():
    result, _ = found(odd.few_deals(odd.without(odd.small(), "leads", "lead_history"), "S030"))
    assert said(result)[0] == "Too little to compare: fewer than 5 in the last weeks."
    needs = "30 stays in a stage, and a chance to move on that halves while ten still stand there"
    assert why(result, "stuck_amount") == needs
