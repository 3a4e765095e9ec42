"""The gate on the Salesforce example exports, and on the same deals in the other layouts that users bring."""

import csv
import datetime as dt
import io
import json
import zipfile

import openpyxl
import pyarrow.compute as pc
import pytest
from gate import COMPANY, EXAMPLES, HISTORY_REPORT, QUOTAS, REPORT, WEEKLY, balanced, deals, file_audit, gate, left_out

from revops import schema
from revops.exports import Audit, prepare

TOTAL = 628_000.5  # EXPECTED.json of the examples: sum_amount_converted_usd
MIXED = 613_100.5  # the sum over currencies that must never be used


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return gate(tmp_path_factory.mktemp("report"), {"report.csv": REPORT})


@pytest.fixture(scope="module")
def weekly(tmp_path_factory):
    files = {path.name: path for path in sorted(WEEKLY.iterdir())}
    return gate(tmp_path_factory.mktemp("weekly"), files)


def test_report_gives_the_twelve_deals_in_company_currency(report):
    found = deals(report)
    assert len(found) == len({deal["opportunity_id"] for deal in found}) == 12
    assert len({deal["opportunity_id"].casefold() for deal in found}) == 2
    assert sum(deal["amount"] or 0 for deal in found) == TOTAL
    assert sum(deal["amount_original"] or 0 for deal in found) == MIXED
    assert sum(deal["owner_id"] is None for deal in found) == 1
    assert sum(deal["amount"] is None for deal in found) == 1
    assert sum((deal["amount"] or 0) < 0 for deal in found) == 1


def test_report_is_described_in_the_audit(report):
    audit = file_audit(report, "report.csv")
    assert (audit.system, audit.table, audit.route) == ("salesforce", "opportunities", "report")
    assert (audit.encoding, audit.delimiter, audit.header_row) == ("utf-8", ",", 1)
    assert (audit.rows_read, audit.rows_kept) == (17, 12)
    assert (audit.first, audit.last, audit.currencies) == ("2025-01-05", "2025-06-28", ("EUR", "GBP", "USD"))
    assert audit.decisions == (
        "Created Date: month first (day 30 > 12 in 5 of 12 rows)",
        "Close Date: month first (day 31 > 12 in 11 of 12 rows)",
        "Probability (%): percent, divided by 100",
    )
    assert "Next Step" in audit.unknown_columns
    assert left_out(report) == [("report.csv", "footer or total row", 5)]
    assert report.audit.warnings == (
        "opportunities: 1 of 12 have a negative amount; kept (e.g. 0068d00000ABCdF)",
        "opportunities: 1 of 12 have no amount; kept (e.g. 0068d00000ABCDF)",
    )
    assert (report.audit.tracked, report.audit.history_from) == ({}, None)
    assert "opportunity_history" not in report.tables


def test_report_maps_every_word(report):
    by_id = {deal["opportunity_id"]: deal for deal in deals(report)}
    pilot = by_id["0068d00000AbCde"]
    assert pilot["opportunity_name"] == "Société Générale Étanche – Pilote"
    assert (pilot["amount"], pilot["amount_original"], pilot["currency"]) == (70_400.0, 64_000.0, "EUR")
    assert (pilot["stage_name"], pilot["outcome"], pilot["type"]) == ("Proposal/Price Quote", "open", "new")
    assert (pilot["source"], pilot["lead_source"]) == ("marketing", "Trade Show")
    assert (pilot["win_probability"], pilot["forecast_category"]) == (0.75, "Forecast")
    assert (pilot["close_date"], pilot["created_at"]) == (dt.datetime(2025, 7, 15), dt.datetime(2025, 3, 3))
    assert (pilot["owner_id"], pilot["owner_name"], pilot["team"]) == ("Jörg Müller", "Jörg Müller", "AE DACH")
    assert by_id["0068d00000aBcdF"]["source"] == "unknown"


def test_weekly_export_gives_the_eleven_deals_that_are_not_deleted(weekly):
    assert len(deals(weekly)) == 11
    assert ("Opportunity.csv", "deleted in the system (IsDeleted)", 1) in left_out(weekly)
    assert file_audit(weekly, "Opportunity.csv").encoding == "cp1252"
    pilot = next(deal for deal in deals(weekly) if deal["opportunity_id"] == "0068d00000AbCde")
    assert pilot["opportunity_name"] == "Société Générale Étanche - Pilote"
    assert (pilot["amount"], pilot["owner_id"], pilot["campaign_id"]) == (70_400.0, "0058d00000Aq1aB", None)
    assert pilot["created_at"] == dt.datetime(2025, 3, 3, 15, 47, 49)  # 20:47:49 UTC
    assert pilot["close_date"] == dt.datetime(2025, 7, 15)
    assert weekly.audit.unrecognised == ()


def test_weekly_history_gives_states_on_the_companys_clock(weekly):
    history = weekly.tables["opportunity_history"]
    assert history.num_rows == file_audit(weekly, "OpportunityHistory.csv").rows_kept == 24
    first = history.filter(pc.equal(history["opportunity_id"], "0068d00000ABcDe")).to_pylist()
    assert [state["sequence"] for state in first] == [0, 1, 2, 3, 4, 5]
    assert [state["stage_name"] for state in first[1:4]] == ["Qualification", "Prospecting", "Qualification"]
    assert first[0]["changed_at"] == dt.datetime(2025, 4, 1, 16, 47, 49)
    assert first[0]["forecast_category"] == "Forecast"
    assert weekly.audit.tracked == dict.fromkeys(
        ("stage_name", "close_date", "win_probability", "forecast_category", "amount"), "OpportunityHistory"
    )
    assert weekly.audit.history_from == "2025-01-05"


def test_history_report_gives_a_state_per_row_and_no_forecast_category(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, "history.csv": HISTORY_REPORT})
    assert prepared.tables["opportunity_history"].num_rows == 32
    assert sorted(prepared.audit.tracked) == ["amount", "close_date", "stage_name", "win_probability"]
    assert prepared.tables["opportunity_history"]["forecast_category"].null_count == 32
    converted = prepared.tables["opportunity_history"].to_pandas().groupby("opportunity_id")["amount"].last()
    assert converted["0068d00000aBcdF"] == 27_500.0


def test_quota_sheet_keeps_restated_rows_and_converts(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, "quota.csv": QUOTAS, "Opportunity.csv": WEEKLY / "Opportunity.csv"})
    quotas = prepared.tables["quotas"].to_pylist()
    found = [(q["level"], q["member"], q["metric"], q["quota_amount"], q["amount_original"]) for q in quotas]
    assert found == [
        ("owner", "0058d00000Aq1Ab", "bookings", 275_000.0, 275_000.0),
        ("owner", "0058d00000Aq1Ab", "bookings", 260_000.0, 260_000.0),
        ("owner", "0058d00000Aq1aB", "bookings", 242_000.0, 220_000.0),
        ("region", "DACH", "pipeline_created", 990_000.0, 900_000.0),
    ]
    assert [q["effective_from"].date().isoformat() for q in quotas[:2]] == ["2025-01-01", "2025-05-15"]


def test_report_and_api_export_of_the_same_deals_are_one(tmp_path):
    prepared = gate(tmp_path, {"a.csv": REPORT, "b.csv": WEEKLY / "Opportunity.csv"}, rates={})
    found = {deal["opportunity_id"]: deal for deal in deals(prepared)}
    assert len(found) == 11
    assert ("a.csv", "same record in another file", 12) in left_out(prepared)
    pilot = found["0068d00000AbCde"]
    assert (pilot["owner_id"], pilot["owner_name"]) == ("0058d00000Aq1aB", "Jörg Müller")
    assert (pilot["amount"], pilot["account_name"]) == (70_400.0, "Société Générale Étanche")
    assert balanced(prepared)


@pytest.mark.parametrize("name", ["report", "weekly"])
def test_tables_have_the_columns_and_dtypes_of_the_schema(name, request):
    prepared = request.getfixturevalue(name)
    for table, arrow in prepared.tables.items():
        described = schema.table(table)
        assert tuple(arrow.column_names) == described.names
        kinds = {column.name: column.kind for column in described.columns}
        expected = {"money": "double", "rate": "double", "number": "double", "flag": "bool"}
        for field in arrow.schema:
            stamp = kinds[field.name] in ("date", "timestamp")
            assert str(field.type) == ("timestamp[us]" if stamp else expected.get(kinds[field.name], "string"))
        keys = list(zip(*(arrow[key].to_pylist() for key in described.key), strict=True))
        assert len(set(keys)) == len(keys)
        assert keys == sorted(keys, key=str) or table == "opportunity_history"
    assert balanced(prepared)


def test_audit_survives_json(weekly):
    assert Audit.from_json(json.loads(json.dumps(weekly.audit.to_json()))) == weekly.audit


def _report_cells():
    with REPORT.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.reader(stream)]


def _write(cells, delimiter=",", quoting=csv.QUOTE_ALL, end="\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(cells)
    return out.getvalue()


def _changed(change):
    """Return the report's cells with `change(label, cell)` applied to every cell below the header."""
    header, *body = _report_cells()
    return [header, *([change(label, cell) for label, cell in zip(header, row, strict=False)] for row in body)]


def test_utf16_with_tabs_is_read(tmp_path, report):
    text = _write(_report_cells(), "\t")
    prepared = gate(tmp_path, {"a.csv": b"\xff\xfe" + text.encode("utf-16-le")})
    assert prepared.tables["opportunities"].equals(report.tables["opportunities"])
    audit = file_audit(prepared, "a.csv")
    assert (audit.encoding, audit.delimiter) == ("utf-16-le", "\t")
    big = gate(tmp_path / "big", {"a.csv": b"\xfe\xff" + text.encode("utf-16-be")})
    assert big.tables["opportunities"].equals(report.tables["opportunities"])
    bare = gate(tmp_path / "bare", {"a.txt": text.encode("utf-16-le")})
    assert bare.tables["opportunities"].equals(report.tables["opportunities"])
    assert file_audit(bare, "a.txt").encoding == "utf-16-le without BOM"


def test_semicolons_day_first_dates_and_decimal_commas_are_read(tmp_path, report):
    def european(label, cell):
        if label in ("Close Date", "Created Date") and cell:
            month, day, year = cell.split("/")
            return f"{int(day):02d}/{int(month):02d}/{year}"
        if "Amount" in label and cell and cell[-1].isdigit():
            return f"{float(cell):,.2f}".translate(str.maketrans(",.", ".,"))
        return cell

    prepared = gate(tmp_path, {"a.csv": b"\xef\xbb\xbf" + _write(_changed(european), ";", end="\r\n").encode()})
    assert prepared.tables["opportunities"].equals(report.tables["opportunities"])
    audit = file_audit(prepared, "a.csv")
    assert (audit.encoding, audit.delimiter) == ("utf-8 with BOM", ";")
    assert audit.decisions[1] == "Close Date: day first (day 31 > 12 in 11 of 12 rows)"
    assert "Amount (converted): decimal comma (11 of 11 rows show it)" in audit.decisions


def test_data_loader_export_is_read(tmp_path, weekly):
    with (WEEKLY / "Opportunity.csv").open(encoding="cp1252", newline="") as stream:
        header, *body = list(csv.reader(stream))
    header = [label.upper() for label in header]
    for row in body:
        for place, label in enumerate(header):
            if label.endswith("DATE") or label == "SYSTEMMODSTAMP":
                row[place] = row[place].replace(" 00:00:00", "").replace(" ", "T")
                row[place] += ".000Z" if "T" in row[place] else ""
            row[place] = {"000000000000000AAA": ""}.get(row[place], row[place])
    prepared = gate(tmp_path, {"extract.csv": _write([header, *body])})
    assert prepared.tables["opportunities"].equals(weekly.tables["opportunities"])


def test_workbook_with_titles_and_totals_is_read(tmp_path, report):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([None, "RevOps - All Opportunities"])
    sheet.append([None, "As of 2025-07-01 09:14:00"])
    sheet.append([])
    header, *body = _report_cells()
    sheet.append([None, *header])
    for row in body[:12]:
        sheet.append([None, *(_native(label, cell) for label, cell in zip(header, row, strict=True))])
    sheet.append([None, "Total", *[None] * 7, 628000.5])
    book.create_sheet("Notes").append(["Ask Dana"])
    out = io.BytesIO()
    book.save(out)
    prepared = gate(tmp_path, {"a.xlsx": out.getvalue()})
    assert prepared.tables["opportunities"].equals(report.tables["opportunities"])
    audit = file_audit(prepared, "a.xlsx/Sheet")
    assert (audit.encoding, audit.delimiter, audit.header_row, audit.rows_read) == ("xlsx", None, 4, 15)
    assert left_out(prepared) == [
        ("a.xlsx/Sheet", "footer or total row", 1),
        ("a.xlsx/Sheet", "title row above the header", 2),
    ]
    assert [name for name, _ in prepared.audit.unrecognised] == ["a.xlsx/Notes"]


def _native(label, cell):
    if label.endswith("Date"):
        return dt.datetime.strptime(cell, "%m/%d/%Y")
    if label in ("Amount", "Amount (converted)", "Probability (%)"):
        return float(cell) if cell else None
    return cell


def test_zip_of_the_weekly_export_is_read(tmp_path, weekly):
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for path in sorted(WEEKLY.iterdir()):
            archive.write(path, path.name)
        archive.writestr("__MACOSX/._Opportunity.csv", b"x")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("deep/inner.zip", inner.getvalue())
    prepared = gate(tmp_path, {"weekly.zip": outer.getvalue()})
    assert {name: table.num_rows for name, table in prepared.tables.items()} == {
        name: table.num_rows for name, table in weekly.tables.items()
    }
    assert prepared.tables["opportunities"].equals(weekly.tables["opportunities"])
    assert file_audit(prepared, "weekly.zip/deep/inner.zip/Opportunity.csv").rows_kept == 11


def test_prefixed_labels_of_custom_report_types_are_read(tmp_path, report):
    header, *body = _report_cells()
    prefixed = {
        "Opportunity Owner": "Opportunity Owner: Full Name",
        "Account Name": "Account: Account Name",
        "Opportunity ID": "Opportunity: Opportunity ID",
        "Next Step": "Account: Type",
    }
    plain = ("Owner Role",)
    header = [prefixed.get(label) or (label if label in plain else f"Opportunity: {label}") for label in header]
    prepared = gate(tmp_path, {"a.csv": _write([header, *body])})
    assert prepared.tables["opportunities"].equals(report.tables["opportunities"])


def test_order_of_files_and_rows_does_not_matter(tmp_path, weekly):
    def reversed_rows(path):
        with path.open(encoding="cp1252", newline="") as stream:
            header, *body = list(csv.reader(stream))
        return _write([header, *reversed(body)])

    files = {f"{9 - place}.csv": reversed_rows(path) for place, path in enumerate(sorted(WEEKLY.iterdir()))}
    prepared = gate(tmp_path, files)
    assert all(prepared.tables[name].equals(table) for name, table in weekly.tables.items())


def test_preparing_twice_gives_the_same(weekly):
    again = prepare(WEEKLY, COMPANY)
    assert again.audit == weekly.audit
    assert all(again.tables[name].equals(table) for name, table in weekly.tables.items())


def test_examples_were_not_changed():
    assert (
        sum(path.stat().st_size for path in EXAMPLES.rglob("*.csv"))
        == 3591
        + 6010
        + 1558
        + 1058
        + 6034
        + 2001
        + 7761
        + 1676
        + 397
        + 4617
        + 1011
        + 1860
        + 3928
        + 2609
        + 191
        + 325
        + 1237
        + 193
        + 186
        + 2054
    )
