"""The gate on other layouts of systems it reads: formatted reports, HTML, connectors, other languages, odd cells."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest
from gate import COMPANY, IDS, balanced, deals, file_audit, gate, left_out

from revops.company import Company, load_company
from revops.errors import ExportError
from revops.exports import Prepared, prepare
from revops.exports.sheets.titles import Titles, read_titles

A, B, C, D = IDS[:4]
HUBSPOT = load_company(Path(__file__).parent / "hubspot")
UNTYPED = {"types": {"new": ["New Business"], "other": ["(blank)"]}}
JULY, MARCH = dt.datetime(2025, 7, 15), dt.datetime(2025, 3, 3)
FIELDS = ("opportunity_id", "stage_name", "owner_name", "amount", "close_date")


def csv_of(*rows: list[object], sep: str = ",") -> str:
    return "\n".join(sep.join(f'"{cell}"' for cell in row) for row in rows) + "\n"


def book(*rows: list[object]) -> bytes:
    """Return an XLSX file of rows."""
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        workbook.active.append(row)
    workbook.save(out)
    return out.getvalue()


def hubspot(folder: Path, files: dict[str, str], **changes: object) -> Prepared:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return prepare(folder, Company.model_validate({**HUBSPOT.model_dump(), **changes}))


def refusal(folder: Path, files: dict[str, bytes | str], **changes: object) -> str:
    folder = folder / "exports"
    folder.mkdir()
    with pytest.raises(ExportError) as caught:
        gate(folder, files, **{**UNTYPED, **changes})
    return str(caught.value)


def told(prepared: Prepared) -> list[tuple[object, ...]]:
    return [tuple(deal[name] for name in FIELDS) for deal in deals(prepared)]


# --- formatted reports ---

GROUPED = (
    [
        None,
        "Stage  ↑",
        "Opportunity ID",
        "Opportunity Name",
        "Amount",
        "Close Date",
        "Created Date",
        "Opportunity Owner",
    ],
    [None, "Qualification", A, "A1", 1000.0, JULY, MARCH, "Dana"],
    [None, None, B, "A2", 2000.0, JULY, MARCH, "Total Wine Team"],
    [None, "Subtotal", None, "Sum", 3000.0],
    [None, None, None, "Count", 2],
    [None, "Closed Won", C, "A3", 5000.0, JULY, MARCH, "Dana"],
    [None, "Total", None, "Sum", 8000.0],
    [None, None, None, "Count", 3],
)
THREE = [
    (A, "Qualification", "Dana", 1000.0, JULY),
    (C, "Closed Won", "Dana", 5000.0, JULY),
    (B, "Qualification", "Total Wine Team", 2000.0, JULY),
]


def test_a_formatted_report_counts_each_deal_once_with_the_group_it_is_in(tmp_path):
    prepared = gate(tmp_path, {"r.xlsx": book([None, "Pipeline"], [None, "As of 2025-07-01"], [], *GROUPED)}, **UNTYPED)
    assert told(prepared) == THREE
    assert left_out(prepared) == [("r.xlsx", "footer or total row", 4), ("r.xlsx", "title row above the header", 2)]
    assert balanced(prepared)


def test_a_group_named_in_a_row_of_its_own_with_its_count_is_that_of_the_rows_below(tmp_path):
    head, first, second, _, _, third, *_ = GROUPED
    rows = (
        head,
        [None, "Qualification (2)", None, None, 3000.0],
        [None, None, *first[2:]],
        second,
        [None, "Closed Won (1)", None, None, 5000.0],
        [None, None, *third[2:]],
    )
    prepared = gate(tmp_path, {"r.xlsx": book(*rows)}, **UNTYPED)
    assert told(prepared) == THREE
    assert left_out(prepared) == [("r.xlsx", "footer or total row", 2)] and balanced(prepared)


def test_an_account_called_total_is_no_total(tmp_path):
    head = ["Account Name  ↑", *GROUPED[0][1:]]
    head[1] = "Stage"
    rows = (
        head,
        ["Total Wine & More", "Qualification", *GROUPED[1][2:]],
        [None, "Closed Won", *GROUPED[5][2:]],
        ["Total", None, None, "Sum", 6000.0],
    )
    prepared = gate(tmp_path, {"r.xlsx": book(*rows)}, **UNTYPED)
    assert [(d["opportunity_id"], d["account_name"]) for d in deals(prepared)] == [
        (A, "Total Wine & More"),
        (C, "Total Wine & More"),
    ]


def test_groups_that_nothing_marks_are_refused_and_not_lost(tmp_path):
    rows = (
        ["Opportunity Owner", "Stage", "Opportunity ID", "Amount", "Close Date", "Created Date"],
        ["Dana", "Qualification", A, 1000.0, JULY, MARCH],
        [None, None, B, 2000.0, JULY, MARCH],
        ["Eli", "Closed Won", C, 5000.0, JULY, MARCH],
        ["Total", None, None, 8000.0],
    )
    assert refusal(tmp_path, {"r.xlsx": book(*rows)}) == (
        "r.xlsx: must be a plain list; found a grouped report. Export it again as Details Only."
    )


def test_a_row_that_counts_is_no_deal(tmp_path):
    rows = [[*row[:1], *row[1:]] for row in (GROUPED[0], GROUPED[1], GROUPED[5])]
    rows[0][1] = "Stage"
    prepared = gate(
        tmp_path, {"r.xlsx": book(*rows, [None, "Total", None, None, 6000.0], [None, "Count", 2])}, **UNTYPED
    )
    assert [d["opportunity_id"] for d in deals(prepared)] == [A, C]
    assert left_out(prepared) == [("r.xlsx", "footer or total row", 2)]


# --- HTML ---

HTML = (
    "<html><head><meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'></head><body><table border=1>"
    "<tr><th>Opportunity ID</th><th>Opportunity Name</th><th>Stage</th><th>Amount</th><th>Close Date</th>"
    "<th>Created Date</th></tr>"
    f"<tr><td>{A}</td><td>Müller &amp; &lt;script&gt;alert(1)&lt;/script&gt;</td><td>Qualification</td>"
    "<td align=right>1.000,50</td><td>15.07.2025</td><td>03.03.2025 14:05</td></tr>"
    f"<tr><td>{B}</td><td>=1+1<script>alert(2)</script><br>x</td><td>Closed Won</td><td>&nbsp;</td><td>15.07.2025</td>"
    "<td>03.03.2025 14:05</td></tr></table><table><tr><td>Copyright (c) 2000-2025 salesforce.com</td></tr></table>"
    "</body></html>"
)


def test_a_report_exported_as_xls_is_an_html_table_and_what_it_holds_stays_text(tmp_path):
    prepared = gate(tmp_path, {"report.xls": HTML.encode("latin-1")}, **UNTYPED)
    names = [(d["opportunity_name"], d["amount"], d["close_date"]) for d in deals(prepared)]
    assert names == [("Müller & <script>alert(1)</script>", 1000.5, JULY), ("=1+1\nx", None, JULY)]
    audit = file_audit(prepared, "report.xls")
    assert (audit.encoding, audit.delimiter, audit.rows_read, audit.rows_kept) == ("html", None, 2, 2)
    assert balanced(prepared)


@pytest.mark.parametrize("page", ["<!DOCTYPE html><form>Log in</form>", "<html><table><tr><td>Log in</table>"])
def test_a_login_page_saved_as_a_report_is_refused(tmp_path, page):
    assert refusal(tmp_path, {"report.xls": page}) == (
        "report.xls: must hold a table; found a web page (HTML) without one, as a login page that was saved instead of "
        "a report is. Export it again as CSV (Details Only)."
    )


# --- cells ---

HEAD = ["Opportunity ID", "Stage", "Amount", "Close Date", "Created Date"]


def test_amounts_in_two_currencies_are_as_written_and_converted(tmp_path):
    rows = (
        [A, "Qualification", "EUR 64,000.00 (USD 71,400.00)", "7/15/2025", "3/3/2025"],
        [B, "Qualification", "USD 1,000.00", "7/15/2025", "3/3/2025"],
        [C, "Qualification", "GBP -1,000.00 (USD -1,300.00)", "7/15/2025", "3/3/2025"],
    )
    prepared = gate(tmp_path, {"r.csv": csv_of(HEAD, *rows)}, **UNTYPED)
    assert {d["opportunity_id"]: (d["amount"], d["amount_original"], d["currency"]) for d in deals(prepared)} == {
        A: (71_400.0, 64_000.0, "EUR"),
        B: (1_000.0, 1_000.0, "USD"),
        C: (-1_300.0, -1_000.0, "GBP"),
    }
    decisions = file_audit(prepared, "r.csv").decisions
    assert decisions[0] == "Amount: 2 cells in two currencies, that in brackets the converted amount"
    other = csv_of(HEAD, *rows).replace("(USD", "(CHF")
    assert refusal(tmp_path, {"r.csv": other}) == (
        "r.csv: converted amounts must be in USD; found 2 of 3 rows in CHF. Run the report as a user whose currency is "
        "USD, or correct currency in company.yml."
    )


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("Jul 15, 2025, 11:59 PM", "Mar 3, 2025, 9:05 AM"),
        ("15 Jul 2025", "3 Mar 2025 09:05"),
        ("15-JUL-25", "03-MAR-25 09:05"),
        ("15. Juli 2025", "3. März 2025 um 09:05"),
        ("15-Jul-2025", "Mar 3, 2025 at 9:05 AM"),
    ],
)
def test_days_written_with_the_name_of_their_month_are_read_with_their_time(tmp_path, day, moment):
    text = csv_of(HEAD, [A, "Qualification", "100", day, moment])
    found = deals(gate(tmp_path, {"r.csv": text}, **UNTYPED))[0]
    assert (found["close_date"], found["created_at"]) == (JULY, dt.datetime(2025, 3, 3, 9, 5))


@pytest.mark.parametrize("cells", [("75", "10"), ("75%", "10%"), ("0.75", "0.1"), ("75.00%", "10.00 %")])
def test_probability_in_percent_or_as_a_fraction_is_the_same(tmp_path, cells):
    rows = [
        [id, "Qualification", "1", "2025-07-15", "2025-03-03", cell] for id, cell in zip((A, B), cells, strict=True)
    ]
    prepared = gate(tmp_path, {"r.csv": csv_of([*HEAD, "Probability (%)"], *rows)}, **UNTYPED)
    assert {d["opportunity_id"]: d["win_probability"] for d in deals(prepared)} == {A: 0.75, B: 0.1}


def test_blank_rows_of_another_width_are_blank_rows(tmp_path):
    text = (
        csv_of(HEAD, [A, "Qualification", "1", "2025-07-15", "2025-03-03"])
        + '"",""\n"","All opportunities"\n"Copyright ©"\n'
    )
    prepared = gate(tmp_path, {"r.csv": text}, **UNTYPED)
    assert ("r.csv", "blank row", 1) in left_out(prepared) and balanced(prepared)
    assert file_audit(prepared, "r.csv").warnings == (
        "1 row with more or fewer cells than headers left out (e.g. line 4)",
    )


# --- files that say what they are ---


def test_reports_that_cannot_be_read_are_named_with_what_to_export_instead(tmp_path):
    trend = csv_of(
        ["Opportunity ID", "Amount (Historical)", *HEAD[1:]], [A, "1", "Qualification", "1", "7/15/2025", "3/3/2025"]
    )
    sums = csv_of(["Stage", "Sum of Amount", "Record Count"], ["Qualification", "100", "3"])
    nobody = csv_of(HEAD[1:], ["Qualification", "100", "7/15/2025", "3/3/2025"])
    assert refusal(tmp_path, {"a.csv": trend, "b.csv": sums, "c.csv": nobody}) == (
        "exports: some file must hold opportunities; found none in 3 files. Add the Opportunity export, or describe "
        "yours in systems/ beside company.yml. What the files are:\n"
        "  a.csv: not read: a Historical Trending report, whose columns repeat for each snapshot date. Export the "
        "Opportunity History report, or the OpportunityHistory object, for what changed, and a Details Only report of "
        "Opportunities for the present\n"
        "  b.csv: not read: a summary report, with sums instead of records. Export it again as Details Only\n"
        "  c.csv: row 1 comes nearest to salesforce opportunities (report), but lacks opportunity_id (Opportunity ID, "
        "18 Character Oppty ID, Opportunity ID (18)); if it is one, add that to the export"
    )


def test_words_of_other_reports_among_the_cells_change_nothing(tmp_path):
    names = ["Historical amount", "Sum of amount", "Close Date as of 2025"]
    rows = [[id, "Qualification", "1", "2025-07-15", "2025-03-03", n] for id, n in zip((A, B, C), names, strict=True)]
    prepared = gate(tmp_path, {"r.csv": csv_of([*HEAD, "Opportunity Name"], *rows)}, **UNTYPED)
    assert [d["opportunity_name"] for d in deals(prepared)] == [names[0], names[2], names[1]]


# --- connectors and other languages ---


def test_tables_of_a_connector_are_read_by_the_same_names(tmp_path):
    deal = (
        "id,is_deleted,account_id,name,stage_name,amount,probability,close_date,type,lead_source,owner_id,created_date,"
        f"system_modstamp,currency_iso_code\n{A},FALSE,0018d00000AbCdE,Acme,Qualification,1000,10,2025-07-15,"
        "New Business,Web,0058d000001AbCd,2025-03-03 14:05:00,2025-06-03 14:05:00,EUR\n"
    )
    history = (
        "id,opportunity_id,created_date,stage_name,amount,close_date,is_deleted,currency_iso_code\n"
        f"0088d000001AbCd,{A},2025-03-03 14:05:00,Prospecting,500,2025-07-15,FALSE,EUR\n"
        f"0088d000001AbCe,{A},2025-04-03 14:05:00,Qualification,1000,2025-07-15,FALSE,EUR\n"
    )
    account = "id,name,number_of_employees,segment_c\n0018d00000AbCdE,Acme,100,Enterprise\n"
    files = {"opportunity.csv": deal, "opportunity_history.csv": history, "account.csv": account}
    prepared = gate(tmp_path, files, exports={"columns": {"accounts": {"segment": ["Segment__c"]}}})
    found = deals(prepared)[0]
    assert (found["amount"], found["currency"], found["account_name"]) == (1100.0, "EUR", "Acme")
    assert found["created_at"] == dt.datetime(2025, 3, 3, 9, 5)
    states = prepared.tables["opportunity_history"].to_pylist()
    assert [(s["stage_name"], s["amount"]) for s in states] == [("Prospecting", 550.0), ("Qualification", 1100.0)]
    assert prepared.tables["accounts"]["segment"].to_pylist() == ["Enterprise"]


def test_a_report_with_german_labels_is_read(tmp_path):
    text = csv_of(
        ["Opportunity-ID", "Opportunity-Name", "Phase", "Betrag Währung", "Betrag", "Schlusstermin", "Erstelldatum",
         "Opportunity-Inhaber", "Typ", "Lead-Quelle", "Wahrscheinlichkeit (%)"],
        [A, "Müller", "Qualifizierung", "EUR", "1.000,00", "15.07.2025", "03.03.2025", "Jörg", "New Business", "Web",
         "10%"],
        sep=";",
    )  # fmt: skip
    prepared = gate(tmp_path, {"report.csv": text.encode("cp1252")})
    assert told(prepared) == [(A, "Qualification", "Jörg", 1100.0, JULY)]


def test_deals_of_hubspot_are_read_from_a_connector_and_in_french(tmp_path):
    connector = (
        "deal_id,deal_pipeline_id,deal_pipeline_stage_id,owner_id,property_dealname,property_amount,property_closedate,"
        "property_createdate,is_deleted\n98041882360,default,Contract Sent,77,A,64000,2025-07-15 23:59:59,"
        "2025-03-03 14:05:00,false\n98041882361,default,Contract Sent,77,B,1,2025-07-15,2025-03-03 14:05:00,true\n"
    )
    french = csv_of(
        ["ID de fiche d'informations", "Nom de la transaction", "Phase de la transaction", "Pipeline", "Montant",
         "Date de fermeture", "Date de création", "Propriétaire de la transaction"],
        ["98041882360", "A", "Contract Sent", "default", "64000", "2025-07-15 19:59", "2025-03-03 09:05", "77"],
    )  # fmt: skip
    for name, text in (("deal.csv", connector), ("deals.csv", french)):
        (tmp_path / name[:-4]).mkdir()
        prepared = hubspot(tmp_path / name[:-4], {name: text})
        found = [(d["opportunity_id"], d["amount"], d["close_date"], d["created_at"]) for d in deals(prepared)]
        assert found == [("98041882360", 64_000.0, JULY, dt.datetime(2025, 3, 3, 9, 5))]


ADS_DE = (
    "Kampagnenbericht\n1. Juli 2025 - 31. Juli 2025\n"
    "Tag;Kampagnenstatus;Kampagne;Währungscode;Impr.;Klicks;CTR;Durchschn. CPC;Kosten;Conversions\n"
    "01.07.2025;Aktiviert;Marke;EUR;1.000;100;10,00 %;1,00;1.100,00;2,00\n"
    "02.07.2025;Aktiviert;Marke;EUR;1.000;100;10,00 %;1,00;50,50;1,00\n"
    "Gesamt: Kampagnen; --; --; --;2.000;200;10,00 %;1,00;1.150,50;3,00\n"
    "Gesamt: Konto; --; --; --;2.000;200;10,00 %;1,00;1.150,50;3,00\n"
)
PLAIN = csv_of(HEAD, [A, "Qualification", "1", "2025-07-15", "2025-03-03"])


def test_google_ads_in_german_is_read_and_held_against_its_totals(tmp_path):
    prepared = gate(tmp_path, {"r.csv": PLAIN, "ads.csv": ADS_DE}, **UNTYPED)
    spend = prepared.tables["spend"].to_pylist()
    assert [(s["date"].day, s["amount_original"], s["currency"], s["impressions"], s["clicks"]) for s in spend] == [
        (1, 1100.0, "EUR", 1000.0, 100.0),
        (2, 50.5, "EUR", 1000.0, 100.0),
    ]
    assert refusal(tmp_path, {"r.csv": PLAIN, "ads.csv": ADS_DE.replace("1.150,50", "1.250,50")}) == (
        "ads.csv: rows must add up to the printed total; found, for Gesamt: Kampagnen, 2 rows with 1,150.50, printed "
        "1,250.50. Export it again."
    )


# --- what is said ---


def test_open_deals_without_a_close_date_are_warned_of_with_their_sum(tmp_path):
    head = ["Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Close Date", "Create Date"]
    rows = (
        ["1", "A", "Contract Sent", "Sales", "1000", "", "2025-03-03 09:05"],
        ["2", "B", "Contract Sent", "Sales", "2000", "2025-07-01 10:00", "2025-03-03 09:05"],
        ["3", "C", "Closed Won", "Sales", "500", "", "2025-03-03 09:05"],
    )
    prepared = hubspot(tmp_path, {"deals.csv": csv_of(head, *rows)})
    assert [d["opportunity_id"] for d in deals(prepared)] == ["2"]
    assert left_out(prepared) == [("deals.csv", "no close date", 2)]
    assert prepared.audit.warnings == (
        "opportunities: 1 open of 3 have no close date (e.g. 1): with $1,000 they are pipeline of no period and left "
        "out of every number. Give them a close date in the CRM",
    )


def test_amounts_in_no_currency_are_said_to_be_the_companys(tmp_path):
    prepared = gate(tmp_path, {"r.csv": PLAIN}, **UNTYPED)
    assert file_audit(prepared, "r.csv").decisions == ("Amount: no currency in the file; taken as USD",)
    assert COMPANY.currency == "USD"


def test_three_capitals_in_a_title_are_a_currency_only_where_they_are_one():
    assert read_titles(("Quotas FY25 (ARR, EUR, k)",), ("Q1",)) == Titles(1e3, "EUR", 2025)


def test_a_sheet_of_months_is_counted_in_cells_and_says_so(tmp_path):
    sheet = csv_of(
        ["Customer ID", "Customer Email", "2025-05", "2025-06"],
        ["cus_1", "a@b.co", "10.00", ""],
        ["cus_2", "", "5", "6"],
    )
    prepared = gate(tmp_path, {"r.csv": PLAIN, "mrr.csv": sheet}, **UNTYPED)
    audit = file_audit(prepared, "mrr.csv")
    assert (audit.counted_in, audit.sheet_rows, audit.rows_read, audit.rows_kept) == ("cells", 2, 4, 3)
    audit = file_audit(prepared, "r.csv")
    assert (audit.counted_in, audit.sheet_rows, audit.rows_read, audit.rows_kept) == ("rows", 1, 1, 1)
    assert balanced(prepared)


def test_changes_of_an_amount_in_two_currencies_are_those_of_its_own(tmp_path):
    deal = csv_of([*HEAD, "Amount Currency"], [A, "Qualification", "64000", "7/15/2025", "3/3/2025", "EUR"])
    change = csv_of(
        ["Opportunity ID", "Field / Event", "Old Value", "New Value", "Edit Date"],
        [A, "Amount", "EUR 1,000.00 (USD 1,200.00)", "EUR 64,000.00 (USD 71,000.00)", "4/13/2025 9:05 AM"],
        [A, "Stage", "Prospecting", "Qualification", "4/3/2025 9:05 AM"],
    )
    prepared = gate(tmp_path, {"r.csv": deal, "h.csv": change}, **UNTYPED)
    states = prepared.tables["opportunity_history"].to_pylist()
    assert [(s["amount_original"], s["amount"]) for s in states] == [(1000.0, 1100.0)] * 2 + [(64_000.0, 70_400.0)]


def test_an_html_report_with_rows_that_name_its_groups_is_refused(tmp_path):
    grouped = HTML.replace(
        "</th></tr>", "</th></tr><tr><td colspan=6><b>Stage: Qualification (2 records)</b></td></tr>"
    )
    assert refusal(tmp_path, {"report.xls": grouped}) == (
        "report.xls: must be a plain list; found a grouped report. Export it again as Details Only.\n"
        "report.xls, column Opportunity ID: must hold ids of 15 or 18 letters and digits; found 1 of 3 cells that "
        "are none (e.g. Stage: Qualification (2 records)). Export it again, or correct those rows."
    )
