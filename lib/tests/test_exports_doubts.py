"""What a gate in doubt says or decides: currencies in cells, headers that compete, dated folders, names that repeat."""

import io
import os

import openpyxl
import pytest
from gate import COMPANY, DEAL, IDS, balanced, deals, file_audit, gate, rows, said
from test_exports_dated import states as dated_states
from test_exports_history import RECORD, STATES, lines, states

from revops.errors import ExportError
from revops.exports import prepare

API = {**RECORD, "LastModifiedDate": "2025-06-30 05:00:00"}


@pytest.mark.parametrize(
    ("cell", "currency", "amount"),
    [
        ("EUR 64,000.00", "EUR", 70_400.0),
        ("€64,000.00", "EUR", 70_400.0),
        ("64,000.00 GBP", "GBP", 80_000.0),
        ("£64,000.00", "GBP", 80_000.0),
        ("$64,000.00", "USD", 64_000.0),
        ("$(1,200.00)", "USD", -1_200.0),
        ("$250K", "USD", 250_000.0),
        ("€1.5M", "EUR", 1_650_000.0),
    ],
)
def test_a_currency_mark_in_a_cell_is_its_currency(tmp_path, cell, currency, amount):
    found = deals(gate(tmp_path, {"a.csv": rows({"Amount": cell})}))[0]
    assert (found["currency"], found["amount"]) == (currency, amount)


def test_marks_fill_a_currency_column_and_the_rest_is_the_companys(tmp_path):
    prepared = gate(tmp_path, {"a.csv": rows({"Amount": "€1,000.00"}, {"Amount": "1,000.00"})})
    assert sorted((d["currency"], d["amount"]) for d in deals(prepared)) == [("EUR", 1_100.0), ("USD", 1_000.0)]
    assert file_audit(prepared, "a.csv").warnings == ("1 amount without a currency: taken as USD",)


@pytest.mark.parametrize("shown", ["[$EUR] #,##0.00", "[$€-2] #,##0.00", '#,##0.00 "€"'])
def test_a_number_format_of_a_workbook_is_its_currency(tmp_path, shown):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (list(DEAL), [1000 if name == "Amount" else cell for name, cell in DEAL.items()]):
        book.active.append(row)
    book.active.cell(2, list(DEAL).index("Amount") + 1).number_format = shown
    book.save(out)
    found = deals(gate(tmp_path, {"a.xlsx": out.getvalue()}))[0]
    assert (found["currency"], found["amount"]) == ("EUR", 1_100.0)


@pytest.mark.parametrize(("word", "amount"), [("eur", 1_100.0), ("GBP - British Pound", 1_250.0)])
def test_currency_codes_are_read_as_people_write_them(tmp_path, word, amount):
    assert deals(gate(tmp_path, {"a.csv": rows({"Amount Currency": word})}))[0]["amount"] == amount


def test_history_without_a_currency_has_that_of_its_deal(tmp_path):
    record = {"CurrencyIsoCode": "EUR", "StageName": "Prospecting", "Amount": "200", "CloseDate": "2025-08-01"}
    row = f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,0,"
    files = {"deals.csv": rows(record, base=API), "history.csv": lines(f"{STATES},CurrencyIsoCode", row)}
    assert states(gate(tmp_path, files), fields=("amount",)) == [("03-03", 220.0)]


def test_a_prefixed_header_is_the_objects_own(tmp_path):
    deal = {**DEAL, "Type": "Analyst", "Opportunity: Type": "Renewal", "Opportunity: Created Date": "2025-02-02"}
    found = deals(gate(tmp_path, {"a.csv": rows({}, base=deal)}))[0]
    assert (found["type"], found["created_at"].isoformat()) == ("renewal", "2025-02-02T00:00:00")


def test_an_amount_of_ones_own_switches_the_converted_one_off(tmp_path):
    deal = {**DEAL, "Amount (converted)": "900", "ACV": "7"}
    told = {"columns": {"opportunities": {"amount": ["ACV"]}}}
    assert deals(gate(tmp_path, {"a.csv": rows({}, base=deal)}, exports=told))[0]["amount"] == 7.0


def test_a_header_of_company_yml_that_no_file_has_is_refused(tmp_path):
    told = {"columns": {"opportunities": {"segment": ["Segmnt"]}}}
    with pytest.raises(ExportError) as caught:
        gate(tmp_path, {"a.csv": rows({"Segment": "Large"})}, exports=told)
    assert str(caught.value) == (
        "company.yml, exports.columns.opportunities.segment: some file of opportunities must have the header Segmnt; "
        "found none in 1 file. Did you mean Segment? Known: Amount, Close Date, Created Date, Lead Source, Opportunity "
        "ID, Opportunity Name, Opportunity Owner, Segment, Stage, Type. Correct it, or take it out."
    )


def test_another_column_of_the_file_shows_the_order_of_days_and_months(tmp_path):
    text = rows({"Close Date": "4/5/2025", "Created Date": "13/1/2025"})
    prepared = gate(tmp_path, {"a.csv": text})
    assert deals(prepared)[0]["close_date"].isoformat() == "2025-05-04T00:00:00"
    assert "Close Date: day first (no day above 12; as Created Date shows)" in prepared.audit.files[0].decisions
    with pytest.raises(ExportError) as caught:
        gate(tmp_path, {"a.csv": text}, exports={"date_order": "month_first"})
    assert str(caught.value) == (
        "a.csv, column Close Date: exports.date_order in company.yml must agree with the file; found month_first, and "
        "column Created Date can only be day_first. Set it to auto or day_first."
    )


def test_odd_spaces_in_times_and_stages_are_spaces(tmp_path):
    changes = {"Created Date": "3/14/2025, 9:14\u202fAM", "Stage": "Needs\u00a0 Analysis"}
    found = deals(gate(tmp_path, {"a.csv": rows(changes)}))[0]
    assert (found["created_at"].isoformat(), found["stage_name"]) == ("2025-03-14T09:14:00", "Needs Analysis")


def test_brackets_in_a_lead_source_are_letters(tmp_path):
    sources = [{"source": "marketing", "lead_source": ["Event [2024]"]}, {"source": "sales", "lead_source": ["*"]}]
    text = rows({"Lead Source": "Event [2024]"}, {"Lead Source": "Event 2"})
    found = deals(gate(tmp_path, {"a.csv": text}, sources=sources))
    assert sorted((d["lead_source"], d["source"]) for d in found) == [
        ("Event 2", "sales"),
        ("Event [2024]", "marketing"),
    ]


def test_an_owner_known_by_a_name_that_two_have_is_warned_of(tmp_path):
    users = "User ID,Full Name\n0058d00000Aq1Ac,Sam Lee\n0058d00000Aq1AD,Sam Lee\n0058d00000Aq1Ab,Dana Whitfield\n"
    prepared = gate(tmp_path, {"a.csv": rows({"Opportunity Owner": "Sam Lee"}, {}), "users.csv": users})
    assert said(prepared) == (
        "opportunities: 1 of 2 belong to an owner known by a name that several have (e.g. Sam Lee); add Owner ID to "
        "the report",
    )


@pytest.mark.parametrize("name", ["20250615", "2025-06-15 weekly", "ex/2025-06-15"])
def test_a_date_in_a_name_that_is_not_read_as_one_is_warned_of(tmp_path, name):
    prepared = gate(tmp_path, {f"{name}/a.csv": rows({})})
    assert prepared.audit.warnings == (
        f"1 name of a folder or zip with a date that is not read as one (e.g. {name.removeprefix('ex/')}): only "
        "folders named YYYY-MM-DD, at the top of the exports folder, are exports of a day",
    )


def test_dated_folders_say_what_comes_late_what_goes_and_when_they_end(tmp_path):
    keys = [{"Opportunity ID": f"0068d00000Ab0{k:02d}"} for k in range(20)]
    files = {"2025-06-01/a.csv": rows(*keys[:18]), "2025-06-08/a.csv": rows(*keys[8:])}
    prepared = gate(tmp_path, files)
    assert prepared.audit.warnings == (
        "2025-06-08: 2 of 12 opportunities were created before 2025-06-01 and are not in that export "
        "(e.g. 0068d00000Ab018, 0068d00000Ab019): until then they count with their first known state",
        "2025-06-08: 8 of the 18 opportunities of 2025-06-01 are not in it and count as gone from that day on. If its "
        "export was filtered or cut off, remove it.",
    )
    assert prepared.audit.exported_on == "2025-06-08"
    assert balanced(prepared)


def test_a_deleted_deal_keeps_its_history_beside_dated_folders(tmp_path):
    row = f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Qualification,1000,2025-07-15,0"
    files = {
        "2025-06-29/a.csv": rows({"LastModifiedDate": "2025-06-20 05:00:00"}, {}, base=API),
        "2025-07-01/a.csv": rows({"IsDeleted": "1"}, {}, base=API),
        "2025-07-01/history.csv": lines(STATES, row),
    }
    prepared = gate(tmp_path, files)
    found = dated_states(prepared, IDS[0], ("stage_name", "is_deleted"))
    assert found[0] == ("03-03 00:00", "Qualification", False)
    assert found[-1] == ("06-30 01:00", "Qualification", True)
    assert balanced(prepared)


def test_a_grouped_workbook_with_marked_headers_is_filled_down(tmp_path):
    book, out = openpyxl.Workbook(), io.BytesIO()
    names = ["Opportunity Owner  ↑", *(name for name in DEAL if name != "Opportunity Owner")]
    owners = ["Dana", None, "Subtotal", "Sam", None]
    book.active.append(names)
    for k, owner in enumerate(owners):
        cells = [DEAL[name] if name != "Opportunity ID" else IDS[k] for name in names[1:]]
        book.active.append([owner, *([] if owner == "Subtotal" else cells)])
    book.active.append(["Count", 4])
    book.save(out)
    prepared = gate(tmp_path, {"a.xlsx": out.getvalue()})
    assert sorted(deal["owner_name"] for deal in deals(prepared)) == ["Dana", "Dana", "Sam", "Sam"]
    assert [(item.reason, item.n) for item in prepared.audit.left_out] == [("footer or total row", 2)]


def test_a_file_name_that_is_no_text_is_shown_with_its_bytes_replaced(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9.csv", "w") as file:
        file.write(rows({}))
    assert [file.name for file in prepare(tmp_path, COMPANY).audit.files] == ["caf\ufffd.csv"]
