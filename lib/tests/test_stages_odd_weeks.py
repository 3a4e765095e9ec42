"""The stage benchmarking report of odd weeks, quarters and parts of the company: measured, shown, drawn."""

import odd_stages as odd
import pytest
from companies_of_stages import DAY, halyard
from whole_stages import LEAN, checked, measured, rows, said, why

from revops.book import Book
from revops.errors import MeasureError

FEW = "Too little to compare: fewer than 5 in the last weeks."


@pytest.fixture(scope="module")
def book():
    return odd.small()


def found(book, day=DAY, **knobs):
    """Return a report and every word of it, checked."""
    result = measured(book, day, **(LEAN | knobs))
    return result, checked(result)


def test_nothing_in_the_last_weeks():
    result, _ = found(odd.small(until="2025-12-31"))
    assert said(result)[0] == FEW
    assert any(key[0] == "conversion_rate" and row["value"] > 0 for key, row in rows(result).items())


def test_a_quarter_before_all_records(book):
    result, _words = found(book, period="FY23-Q1")
    assert result.window.until.isoformat() == "2023-03-31" and said(result)[0] == FEW


def test_the_first_quarter_has_no_weeks_before_it(book):
    result, _ = found(book, period="FY24-Q3")
    assert said(result)[0] == "Too little to compare: fewer than 5 in the weeks before."


@pytest.mark.parametrize(
    ("knobs", "until"), [({"period": "previous"}, "2026-03-31"), ({"period": "next", "weeks": 52}, "2026-06-30")]
)
def test_other_quarters(book, knobs, until):
    result, _ = found(book, **knobs)
    assert result.window.until.isoformat() == until


def test_four_weeks_of_renewals_in_fiscal_quarters(book):
    book = Book(halyard(fiscal_year_starts=2), book.tables, book.audit)
    result, words = found(book, weeks=4, types=("renewal",))
    assert result.window.period.name == "FY27-Q2" and set(result.pipeline.passages["type"]) == {"renewal"}
    assert "the last 4 weeks" in words


def test_a_slice_of_leads_and_opportunities(book):
    result, _words = found(book, slice={"segment": "SMB", "source": "marketing"})
    assert set(result.funnel.enquiries["segment"]) == {"SMB"} and "in SMB from marketing" in said(result)[0]
    assert why(result, "cost_per_mql") == "cost is of the whole company, the leads are of a part of it"


@pytest.mark.parametrize("slice", [{"owner": "U1"}, {"type": "expansion"}])
def test_a_slice_that_leads_do_not_know_has_no_funnel_and_says_so_everywhere(book, slice):
    reason = f"leads are not told apart by {next(iter(slice))}: they have no funnel of their own"
    result, words = found(book, slice=slice)
    assert result.funnel.why == reason
    for id in ("mql_volume", "mql_to_sql_rate", "lead_to_won_rate", "cost_per_mql", "lead_enrichment_rate",
               "utm_compliance_rate", "late_lead_amount"):  # fmt: skip
        assert why(result, id) == reason, id
    assert why(result, "sla_attainment_rate", window="last_weeks") == reason
    assert "needs the day that leads were qualified" not in words and "no lead says" not in words


def test_a_slice_of_nobody(book):
    with pytest.raises(MeasureError) as caught:
        measured(book, DAY, slice={"segment": "Mid"})
    assert str(caught.value) == (
        "slice segment=Mid: must name a group with opportunities; found none. Known: Enterprise, SMB."
    )
