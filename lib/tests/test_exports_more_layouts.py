"""Statements and lists of subscriptions as they also come: cut footers, comparisons, ends ahead, prices missing."""

import pytest
from books import books, by_account, statement
from gate import balanced, file_audit, gate, left_out, rows
from test_exports_books import SMALL
from test_exports_subscriptions import paid, subs

from revops.errors import ExportError

DEALS = {"deals.csv": rows({})}
COMPARED = """\
Profit and Loss
Northwind
"January-March, 2024"

,Jan 2024,,Feb 2024,,Total,
,Jan 2024,Dec 2023 (PP),Feb 2024,Jan 2024 (PP),Total,Total (PP)
Income,,,,,,
Sales,1000.00,900.00,1100.00,1000.00,2100.00,1900.00
Total for Income,$1000.00,$900.00,$1100.00,$1000.00,$2100.00,$1900.00
Expenses,,,,,,
Rent,100.00,90.00,110.00,100.00,210.00,190.00
Total for Expenses,$100.00,$90.00,$110.00,$100.00,$210.00,$190.00
Net Income,$900.00,$810.00,$990.00,$900.00,$1890.00,$1710.00
"""
PERCENT = """\
Profit and Loss
Northwind

,Jan 2024,,Feb 2024,
,Current,% of Income,Current,% of Income
Income,,,,
Sales,1000.00,100.00 %,1100.00,100.00 %
Total for Income,$1000.00,100.00 %,$1100.00,100.00 %
Net Income,$1000.00,100.00 %,$1100.00,100.00 %
"""


def test_a_footer_without_quotes_that_its_commas_cut_is_still_a_footer(tmp_path):
    text = statement().replace('"Accrual Basis Wednesday, July 09, 2025 04:19 PM GMTZ"',
                                "Accrual Basis Wednesday, July 09, 2025 04:19 PM GMTZ")  # fmt: skip
    prepared = books(tmp_path, text)
    assert by_account(prepared.tables["ledger"]) == SMALL
    assert set(prepared.tables["ledger"]["basis"].to_pylist()) == {"accrual"}
    assert ("pl.csv", "footer row", 1) in left_out(prepared) and balanced(prepared)


def test_an_account_called_after_a_basis_is_no_footer(tmp_path):
    text = statement(("Rent", "Cash basis adjustment"))
    assert "Expenses:Cash basis adjustment" in by_account(books(tmp_path, text).tables["ledger"])


def test_a_comparison_beside_each_month_is_named_and_not_read(tmp_path):
    prepared = books(tmp_path, COMPARED)
    assert by_account(prepared.tables["ledger"]) == {"Income:Sales": [1000.0, 1100.0], "Expenses:Rent": [100.0, 110.0]}
    unknown = file_audit(prepared, "pl.csv").unknown_columns
    assert {"Dec 2023 (PP)", "Jan 2024 (PP)"} <= set(unknown)


def test_percentages_below_a_second_header_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(ExportError) as caught:
        books(tmp_path, PERCENT)
    assert "Run the report again with columns by month alone, without comparison or percentages" in str(caught.value)


def test_an_end_that_lies_ahead_does_not_lengthen_the_others(tmp_path):
    ahead = {"Ended At (UTC)": "2025-12-01 10:00"}
    prepared = gate(tmp_path, {**DEALS, "s.csv": subs({}, ahead)})
    months = [month for _, month, _, _ in paid(prepared, customer_id="cus_1")]
    assert (
        months == [month for _, month, _, _ in paid(prepared, customer_id="cus_2")] == ["2025-04", "2025-05", "2025-06"]
    )


def test_a_subscription_without_an_amount_is_left_out_with_a_warning(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "s.csv": subs({}, {"Amount": ""})})
    assert {row[0] for row in paid(prepared)} == {"cus_1"}
    assert left_out(prepared) == [("s.csv", "no amount", 1)] and balanced(prepared)
    assert (
        "subscriptions: 1 subscription of 1 customer without an amount left out (e.g. sub_2): billed by use, or at "
        "several prices. Export MRR per subscriber, which has them."
    ) in prepared.audit.warnings
