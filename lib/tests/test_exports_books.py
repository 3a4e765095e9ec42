"""The gate on profit and loss statements by month: the example, every layout they come in, and what is refused."""

import csv
import datetime as dt
import io
import random

import openpyxl
import pytest
from books import ACCOUNTS, LINES, STATEMENT, TITLES, books, by_account, statement
from gate import balanced, file_audit, left_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError

SMALL = {
    "Income:Subscriptions": [100.0, 110.0, 120.0],
    "Income:Refunds": [-5.0, 0.0, -2.5],
    "Cost of Goods Sold:Hosting": [10.0, 10.0, 10.0],
    "Expenses:Automobile": [1.0, 2.0, 3.0],
    "Expenses:Automobile:Fuel": [4.0, 5.0, 6.0],
    "Expenses:Rent": [20.0, 20.0, 20.0],
}


def refusal(folder, *files, **changes):
    with pytest.raises(ExportError) as caught:
        books(folder, *files, **changes)
    return str(caught.value)


def test_the_example_gives_the_figures_that_are_known_of_it(tmp_path):
    ledger = books(tmp_path, STATEMENT).tables["ledger"].to_pandas()
    assert ledger["month"].nunique() == 12 and len(ledger) == 16 * 12
    assert ledger.groupby(["parent", "account"]).ngroups == 16
    assert ledger.groupby("section")["amount"].sum().to_dict() == {
        "income": 1_390_482.5, "cogs": 249_900.0, "expenses": 1_545_327.0
    }  # fmt: skip
    sums = ledger.groupby("category")["amount"].sum()
    assert sums["sales"] + sums["marketing"] == 771_327.0
    assert sums["revenue"] - sums["cogs"] == 1_140_582.5
    assert sums["revenue"] - sums.drop("revenue").sum() == -404_744.5
    assert set(ledger["basis"]) == {"accrual"} and set(ledger["currency"]) == {"USD"}


def test_the_example_is_described_in_the_audit(tmp_path):
    prepared = books(tmp_path, STATEMENT)
    audit = file_audit(prepared, "pl.csv")
    assert (audit.system, audit.table, audit.header_row, audit.encoding) == ("quickbooks", "ledger", 5, "utf-8")
    assert (audit.rows_read, audit.rows_kept, audit.first, audit.last) == (320, 192, "2024-01-01", "2024-12-01")
    assert audit.decisions == ("Jan 2024 and others: decimal point (312 of 312 rows show it)", "accrual basis")
    assert left_out(prepared) == [
        ("pl.csv", "amount in the total column", 24),
        ("pl.csv", "amount of a total or computed line", 96),
        ("pl.csv", "footer row", 1),
        ("pl.csv", "heading without amounts", 4),
        ("pl.csv", "title row above the header", 3),
    ]
    assert balanced(prepared)


def test_a_parent_with_its_own_amount_and_children_counts_once(tmp_path):
    assert by_account(books(tmp_path, statement()).tables["ledger"]) == SMALL


LAYOUTS = {
    "company above the name of the report": statement(titles=["Northwind Software, Inc.", *TITLES[::2], ""]),
    "classic": statement(("Distribution account", ""), ("Total for ", "Total ")),
    "classic with spaces for indentation": statement(
        ("Distribution account", ""), ("Total for ", "   Total "), ("Fuel", "      Fuel"), ("Rent", "   Rent")
    ),
    "parentheses": statement(("-5.00", "(5.00)")),
    "dollars apart from their numbers": statement(("$25.00", "$ 25.00"), ("-5.00", "$ -5.00")),
    "semicolons and decimal commas": statement((".00", ",00"), (".50", ",50"), delimiter=";"),
    "rows cut after their last cell": "\n".join(line.rstrip(",") for line in statement().splitlines()),
    "an operating profit that is called so": statement(("Net Operating Income", "Operating Income")),
    "days for months": statement(("Jan 2024", "31 Jan 2024"), ("Feb 2024", "29 Feb 2024"), ("Mar 2024", "2024-03-31")),
    "no total column": "\n".join(line.rpartition(",")[0] for line in statement().splitlines()[4:]),
    "utf-16": statement(delimiter="\t").encode("utf-16"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_one_statement_give_one_table(tmp_path, layout):
    assert by_account(books(tmp_path, LAYOUTS[layout]).tables["ledger"]) == SMALL


def test_newest_month_first_gives_the_same_table(tmp_path):
    lines = "\n".join("|".join((c := line.split("|"))[:1] + c[3:0:-1] + c[4:]) for line in LINES.splitlines())
    assert by_account(books(tmp_path, statement(lines=lines)).tables["ledger"]) == SMALL


def test_a_workbook_of_numbers_and_dates_gives_the_same_table(tmp_path):
    prepared = books(
        tmp_path, _workbook([*([title] for title in TITLES), *(line.split("|") for line in LINES.splitlines())])
    )
    assert by_account(prepared.tables["ledger"]) == SMALL
    assert file_audit(prepared, "pl.csv").encoding == "xlsx"


def _workbook(cells):
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append([_typed(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(cell):
    plain = cell.replace("$", "").replace("(", "-").replace(")", "")
    try:
        return float(plain)
    except ValueError:
        months = {"Jan 2024": dt.date(2024, 1, 1), "Feb 2024": dt.date(2024, 2, 1), "Mar 2024": dt.date(2024, 3, 1)}
        return months.get(cell, cell or None)


def test_one_month_in_the_title_and_a_lone_total_is_that_month(tmp_path):
    lines = "\n".join(line.split("|")[0] + "|" + line.split("|")[1] for line in LINES.splitlines())
    text = statement(
        ("|Jan 2024", "|Total"), titles=["Profit and Loss", "Northwind", "January 1-31, 2024"], lines=lines
    )
    assert by_account(books(tmp_path, text).tables["ledger"]) == {path: sums[:1] for path, sums in SMALL.items()}


def test_a_section_and_an_account_of_one_name_are_told_apart(tmp_path):
    text = statement(
        ("Hosting|10.00|10.00|10.00|30.00", "Cost of Goods Sold|4.00|4.00|4.00|12.00\nHosting|6.00|6.00|6.00|18.00")
    )
    found = by_account(books(tmp_path, text).tables["ledger"])
    assert found["Cost of Goods Sold:Cost of Goods Sold"] == [4.0, 4.0, 4.0]
    assert found["Cost of Goods Sold:Hosting"] == [6.0, 6.0, 6.0]
    parent = statement(
        (
            "Hosting|10.00|10.00|10.00|30.00",
            "Cost of Goods Sold|4.00|4.00|4.00|12.00\nHosting|6.00|6.00|6.00|18.00\n"
            "Total for Cost of Goods Sold|10.00|10.00|10.00|30.00",
        )
    )
    found = by_account(books(tmp_path / "parent", parent).tables["ledger"])
    assert found["Cost of Goods Sold:Cost of Goods Sold:Hosting"] == [6.0, 6.0, 6.0]


def test_one_name_under_two_parents_is_two_accounts(tmp_path):
    text = statement(
        (
            "Rent|20.00|20.00|20.00|60.00",
            (
                "Repairs||||\nFuel|8.00|8.00|8.00|24.00\nTotal for Repairs|8.00|8.00|8.00|24.00\n"
                "Rent|12.00|12.00|12.00|36.00"
            ),
        )
    )
    found = by_account(books(tmp_path, text).tables["ledger"])
    assert found["Expenses:Repairs:Fuel"] == [8.0] * 3 and found["Expenses:Automobile:Fuel"] == [4.0, 5.0, 6.0]


def test_an_account_may_begin_with_the_word_total(tmp_path):
    found = by_account(books(tmp_path, statement(("Rent|", "Total Wine|"))).tables["ledger"])
    assert found["Expenses:Total Wine"] == [20.0] * 3


def test_blank_cells_are_no_rows_and_empty_headings_are_counted(tmp_path):
    prepared = books(tmp_path, statement(("Refunds|-5.00|0.00|", "Refunds|-5.00||"), ("Rent|", "Premises||||\nRent|")))
    assert by_account(prepared.tables["ledger"])["Income:Refunds"] == [-5.0, -2.5]
    assert ("pl.csv", "heading without amounts", 4) in left_out(prepared) and balanced(prepared)


def test_amounts_without_cents_may_be_rounded_one_by_one(tmp_path):
    text = statement((".00", ""), ("(2.50)", "-3"), ("-7.50", "-8"), ("117.50", "118"), ("322.50", "323"),
                     ("107.50", "108"), ("292.50", "293"), ("78.50", "79"), ("211.50", "212"))  # fmt: skip
    assert by_account(books(tmp_path, text).tables["ledger"])["Income:Refunds"] == [-5.0, 0.0, -3.0]


def test_a_section_that_does_not_add_up_is_refused_with_month_and_both_amounts(tmp_path):
    assert refusal(tmp_path, statement(("Fuel|4.00|5.00|", "Fuel|4.00|5.50|"), ("6.00|15.00", "6.00|15.50"))) == (
        "pl.csv: a section must add up to its printed total; found 2 of 12 totals that do not (e.g. Automobile, Feb "
        "2024: its lines 7.50, printed 7.00; Expenses, Feb 2024: its lines 27.50, printed 27.00). Export it again."
    )


def test_a_computed_line_that_does_not_follow_is_refused(tmp_path):
    assert refusal(tmp_path, statement(("Net Income|$60.00", "Net Income|$61.00"))) == (
        "pl.csv: a computed line must follow from the sections; found 1 of 9 amounts that do not (e.g. Net Income, Jan "
        "2024: they give 60.00, printed 61.00). Export it again."
    )


def test_a_month_cut_out_does_not_add_up_to_the_total_column(tmp_path):
    lines = "\n".join("|".join((c := line.split("|"))[:1] + c[2:]) for line in LINES.splitlines())
    assert refusal(tmp_path, statement(lines=lines)) == (
        "pl.csv: the months of an account must add up to its printed total; found 6 of 6 accounts that do not (e.g. "
        "Subscriptions: its months 230.00, printed 330.00; Refunds: its months -2.50, printed -7.50; Hosting: its "
        "months 20.00, printed 30.00). Export it again."
    )


def test_lines_outside_any_section_are_refused(tmp_path):
    assert refusal(tmp_path, statement(("Total for Expenses|$25.00|$27.00|$29.00|$81.00\n", ""))) == (
        "pl.csv: the section Expenses has no total line: the file looks cut off. Every line must stand in a section "
        "that we know; found 2 that do not, with their amounts (e.g. Automobile 21.00; Rent 60.00). Known: Income, "
        "Revenue, Sales, Cost of Goods Sold, Cost of Sales, Expenses, Expense, Operating Expenses, Other Income, "
        "Other Expenses, Other Expense. Export it again, describe its sections in systems/, or list the "
        "file under exports.ignore."
    )


def test_an_account_twice_in_its_section_is_refused(tmp_path):
    assert refusal(
        tmp_path,
        statement(("Rent|20.00|20.00|20.00|60.00", "Rent|10.00|10.00|10.00|30.00\n" * 2)).replace("\n,,,,\n", "\n", 1),
    ) == (
        "pl.csv: an account must stand once in its section; found 1 of 6 that stand more often (e.g. Expenses:Rent). "
        "Export it again with account numbers, or with its totals."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [("Rent|20.00", "Rent|#REF!")],
            "every amount must be a number; found 1 of 52 cells that are none (e.g. #REF!). Correct the export.",
        ),
        (
            [("Feb 2024", "Jan 2024")],
            "a month must have one column; found 1 of 2 with more (e.g. Jan 2024). Run the report again without "
            "comparison, classes or locations.",
        ),
        (
            [("Jan 2024", "Tammi 2024")],
            "every column must be a month or a total; found 1 of 3 that read as neither (e.g. Tammi 2024). Export it "
            "with English names of months.",
        ),
        (
            [("Jan 2024|Feb 2024|Mar 2024|Total", "Jan - Mar 2024|Apr - Jun 2024|Jul - Sep 2024|Total")],
            "the columns must be months; found 3 columns that are longer (e.g. 2024-01-01 to 2024-03-31, 2024-04-01 to "
            "2024-06-30, 2024-07-01 to 2024-09-30). Run the report again with its columns by month.",
        ),
        (
            [("Rent|20.00|", "Rent|€20.00|")],
            "a statement must be in one currency; found 2 (EUR, USD). Export it again in one.",
        ),
        (
            [("|Total\n", "|\n")],
            "every amount must stand under a header; found 13 of 16 lines with cells that do not (e.g. Subscriptions, "
            "Refunds, Total for Income). Run the report again with columns by month alone, without comparison or "
            "percentages, and export it again.",
        ),
    ],
)  # fmt: skip
def test_a_statement_that_cannot_be_read_without_guessing_is_refused(tmp_path, changes, message):
    assert refusal(tmp_path, statement(*changes)) == f"pl.csv: {message}"


def test_other_columns_are_named_and_part_of_a_month_is_warned_of(tmp_path):
    lines = "\n".join(f"{line}|1.00" if "." in line else f"{line}|" for line in LINES.splitlines())
    text = statement(("Mar 2024|Total|", "Mar 1 - Mar 9, 2024|Total|% of Income"), lines=lines)
    audit = file_audit(books(tmp_path, text), "pl.csv")
    assert audit.unknown_columns == ("% of Income",)
    assert audit.warnings == ("Mar 2024: holds part of the month only (to 2024-03-09)",)


def test_accounts_that_no_pattern_matches_stop_the_run_with_amounts_and_lines_to_paste(tmp_path):
    accounts = {"revenue": ["Income:*"], "g_and_a": ["rent"]}
    assert refusal(tmp_path, statement(("Fuel", 'Fuel "diesel"')), ledger_accounts=accounts) == (
        "company.yml, ledger_accounts: every account must be listed; found 3 of 6 that are not, with their amounts in "
        'USD, Jan 2024 to Mar 2024: Hosting (30.00), Fuel "diesel" (15.00), Automobile (6.00). Add them, correcting '
        'each TODO and guess:\nledger_accounts:\n  TODO: ["Fuel \\"diesel\\"", "Automobile"]\n  cogs: ["Hosting"]'
    )


def test_the_first_pattern_that_matches_wins(tmp_path):
    accounts = {"other": ["Expenses:Automobile*"], **ACCOUNTS}
    table = books(tmp_path, statement(), ledger_accounts=accounts).tables["ledger"].to_pylist()
    assert {row["category"] for row in table if "Automobile" in row["parent"] + row["account"]} == {"other"}


def test_a_statement_in_another_currency_needs_a_rate(tmp_path):
    text = statement(("$", "€"))
    table = books(tmp_path, text).tables["ledger"].to_pylist()
    assert sum(row["amount"] for row in table if row["section"] == "income") == 354.75
    assert {row["currency"] for row in table} == {"EUR"}
    headed = statement(("$", ""), ("Jan 2024", "Jan 2024 (CHF)"))
    assert refusal(tmp_path / "chf", headed) == (
        "ledger: every amount must be convertible to USD; found 18 of 18 that are not (CHF in 18 rows). Add what one "
        "unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO"
    )


def test_totals_without_amounts_and_a_lost_end_are_warned_of(tmp_path):
    blank = statement(("Total for Automobile|$5.00|$7.00|$9.00|$21.00", "Total for Automobile||||"))
    assert file_audit(books(tmp_path, blank), "pl.csv").warnings == (
        "1 total without amounts, so that nothing holds these sections together (e.g. Automobile)",
    )
    lost = "\n".join(statement().splitlines()[:13])
    assert file_audit(books(tmp_path / "lost", lost), "pl.csv").warnings == (
        "no line of Net Income or Net Profit or Net Earnings or Profit for the year: rows may be lost below Gross "
        "Profit",
    )


def test_a_workbook_of_formulas_that_were_never_calculated_is_refused(tmp_path):
    cells = [[cell if not cell[-1:].isdigit() or at == 0 else f"={cell}" for at, cell in enumerate(line.split("|"))]
             for line in LINES.replace("$", "").splitlines()[1:]]  # fmt: skip
    content = _workbook([LINES.splitlines()[0].split("|"), *cells])
    assert refusal(tmp_path, content) == (
        "pl.csv: every formula must have been calculated; found 51 that never were. Open the workbook in Excel and "
        "save it, or export it as CSV."
    )


def test_a_statement_without_amounts_is_refused(tmp_path):
    blank = "Account,Jan 2024\nTrading Income,\nTotal Trading Income,0.00\nNet Profit,0.00\n"
    assert refusal(tmp_path, blank) == (
        "pl.csv: a section must hold accounts with amounts; found none. Export it again for a time in which something "
        "was booked."
    )


def test_two_bases_are_warned_of(tmp_path):
    cash = statement(("Accrual", "Cash"), ("Jan", "Apr"), ("Feb", "May"), ("Mar 2024", "Jun 2024"))
    assert books(tmp_path, statement(), cash).audit.warnings == (
        "ledger: statements of accrual and of cash basis stand beside each other: a cost may count in one month by the "
        "one and in another by the other. Export all on one basis.",
    )


NEXT = statement(("Jan 2024|Feb 2024|Mar 2024", "May 2024|Feb 2024|Mar 2024"), titles=["Profit and Loss", "Northwind"])


def test_statements_that_overlap_are_counted_once(tmp_path):
    prepared = books(tmp_path, statement(), NEXT)
    ledger = prepared.tables["ledger"].to_pandas()
    assert ledger.groupby("month")["amount"].sum().to_list() == [130.0, 147.0, 156.5, 130.0]
    assert ("pl1.csv", "same month and account in another file", 12) in left_out(prepared) and balanced(prepared)
    assert (
        "ledger: 1 month of 5 from Jan 2024 to May 2024 have no statement (e.g. Apr 2024): costs and revenue of that "
        "time are missing, 118 of revenue and 39 of costs in Mar 2024 alone. Export them too."
        in prepared.audit.warnings
    )


def test_the_same_statement_twice_counts_once(tmp_path):
    prepared = books(tmp_path, statement(), statement(), statement(delimiter="\t"))
    assert by_account(prepared.tables["ledger"]) == SMALL and balanced(prepared)


def test_statements_that_contradict_each_other_are_refused(tmp_path):
    other = statement(("Rent|20.00|20.00|20.00|60.00", "Rent|25.00|20.00|20.00|65.00"), ("$25.00|", "$30.00|"),
                      ("$81.00", "$86.00"), ("Income|$60.00", "Income|$55.00"), ("211.50", "206.50"))  # fmt: skip
    assert refusal(tmp_path, statement(), other) == (
        "ledger: files of the same month must tell the same; found 1 amount told in two ways, in 3 months that several "
        "files hold (e.g. Rent, Jan 2024: 20.00 in pl.csv, 25.00 in pl1.csv). Take the older export out of the folder; "
        "of several companies give one consolidated statement."
    )


def test_a_quota_sheet_by_month_is_no_statement(tmp_path):
    sheet = "Rep,Jan 2025,Feb 2025,Total\nDana,1,2,3\nTotal,1,2,3\n"
    prepared = books(tmp_path, sheet)
    assert "ledger" not in prepared.tables
    assert [name for name, _ in prepared.audit.unrecognised] == ["pl.csv"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_columns_in_any_order_give_the_same_table(tmp_path, seed):
    lines = [line.split("|") for line in LINES.splitlines()]
    order = random.Random(seed).sample(range(5), 5)
    text = statement(lines="\n".join("|".join(row[at] for at in order) for row in lines))
    assert by_account(books(tmp_path, text).tables["ledger"]) == SMALL


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 4))
def test_rows_in_any_order_give_the_same_amounts_or_are_refused(tmp_path, seed, n):
    """A few rows change places: an account may move in its section, and nowhere else without a refusal."""
    draw, lines = random.Random(seed), LINES.splitlines()
    for _ in range(n):
        one, two = draw.sample(range(1, 17), 2)
        lines[one], lines[two] = lines[two], lines[one]
    try:
        found = by_account(books(tmp_path, statement(lines="\n".join(lines))).tables["ledger"])
    except ExportError:
        return
    assert sorted(found.values()) == sorted(SMALL.values())
    assert {path.split(":")[0] + path.rpartition(":")[2] for path in found} == {
        path.split(":")[0] + path.rpartition(":")[2] for path in SMALL
    }


XERO = """\
Profit and Loss
Northwind Ltd
For the 3 months ended 31 March 2024

Account|31 Mar 2024|29 Feb 2024|31 Jan 2024
Trading Income|||
Subscriptions|120.00|110.00|100.00
Refunds|(2.50)|-|(5.00)
Total Trading Income|117.50|110.00|95.00
|||
Less Cost of Sales|||
Hosting|10.00|10.00|10.00
Total Cost of Sales|10.00|10.00|10.00
|||
Gross Profit|107.50|100.00|85.00
|||
Plus Other Income|||
Interest Income|1.00|1.00|1.00
Total Other Income|1.00|1.00|1.00
|||
Less Operating Expenses|||
People|||
Rent|20.00|20.00|20.00
Motor Vehicle|||
Fuel|9.00|7.00|5.00
Total Motor Vehicle|9.00|7.00|5.00
Total Operating Expenses|29.00|27.00|25.00
|||
Net Profit|79.50|74.00|61.00
"""
OF_XERO = {
    "Trading Income:Subscriptions": [100.0, 110.0, 120.0],
    "Trading Income:Refunds": [-5.0, -2.5],
    "Less Cost of Sales:Hosting": [10.0, 10.0, 10.0],
    "Plus Other Income:Interest Income": [1.0, 1.0, 1.0],
    "Less Operating Expenses:Rent": [20.0, 20.0, 20.0],
    "Less Operating Expenses:Motor Vehicle:Fuel": [5.0, 7.0, 9.0],
}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_xero_with_the_newest_month_first_and_free_headings(tmp_path, form):
    cells = [line.split("|") for line in XERO.splitlines()]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(cells)
    content = out.getvalue() if form == "csv" else _workbook(cells)
    prepared = books(tmp_path, content)
    assert by_account(prepared.tables["ledger"]) == OF_XERO
    audit = file_audit(prepared, "pl.csv")
    assert (audit.system, audit.first, audit.last) == ("xero", "2024-01-01", "2024-03-01")
    assert audit.decisions[-1] == "basis: the statement does not say"
    assert {row["section"] for row in prepared.tables["ledger"].to_pylist()} == {
        "income", "cogs", "expenses", "other_income"
    }  # fmt: skip
    assert balanced(prepared)


def test_a_section_of_xero_that_nobody_knows_is_refused(tmp_path):
    text = XERO.replace("Plus Other Income", "Grants").replace("Total Other Income", "Total Grants").replace("|", ",")
    assert refusal(tmp_path, text).startswith(
        "pl.csv: every line must stand in a section that we know; found 1 that do not, with their amounts (e.g. Grants "
        "3.00). Known: Income, Trading Income, "
    )


def test_without_any_map_of_accounts_the_statement_is_left_out_with_a_warning(tmp_path):
    prepared = books(tmp_path, statement(), ledger_accounts={})
    assert "ledger" not in prepared.tables and "opportunities" in prepared.tables
    assert ("pl.csv", "no ledger_accounts in company.yml", 18) in left_out(prepared) and balanced(prepared)
    assert prepared.audit.warnings == (
        "ledger: company.yml has no ledger_accounts, so the profit and loss is left out (6 accounts, Jan 2024 to Mar "
        "2024, in USD: cogs 30.00, expenses 81.00, income 322.50), and no report knows costs or revenue of the books. "
        "To use it add, correcting each TODO and guess:\nledger_accounts:\n"
        '  TODO: ["Fuel", "Automobile"]\n  cogs: ["Hosting"]\n  g_and_a: ["Rent"]\n'
        '  revenue: ["Subscriptions", "Refunds"]',
    )
