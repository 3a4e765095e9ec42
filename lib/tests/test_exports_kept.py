"""Ordinary mess that the gate survives: what is kept, what is left out, and how the audit says so."""

import pytest
from gate import COMPANY, DEAL, IDS, QUOTAS, balanced, deals, file_audit, gate, left_out, rows

API = {
    "Id": IDS[0],
    "Name": "Acme",
    "StageName": "Qualification",
    "CloseDate": "2025-07-15",
    "CreatedDate": "2025-03-03 05:00:00",
    "LastModifiedDate": "2025-06-30 05:00:00",
    "Amount": "1000",
    "Type": "New Business",
}


def test_rows_of_another_width_are_counted_and_never_shifted(tmp_path):
    good = rows({}, {})
    prepared = gate(
        tmp_path, {"a.csv": good + f"{IDS[2]},short\n" + good.splitlines()[1].replace(IDS[0], IDS[3]) + ",more\n"}
    )
    assert len(deals(prepared)) == 2
    assert left_out(prepared) == [("a.csv", "10 cells under 9 headers", 1), ("a.csv", "2 cells under 9 headers", 1)]
    assert balanced(prepared)


def test_blank_rows_totals_and_titles_are_cut_and_counted(tmp_path):
    title = "Pipeline by owner\n\nAs of,2025-07-01\n"
    foot = (
        ",,,,,,,,\nTotal,,,1000,,,,,\n,,,1000,,,,,\nGrand Totals (1 record),,,,,,,,\n\n"
        "Copyright © 2000-2025 x,,,,,,,,\n"
    )
    prepared = gate(tmp_path, {"a.csv": title + rows({"Opportunity Name": "Total rewards"}) + foot})
    assert left_out(prepared) == [
        ("a.csv", "blank row", 1),
        ("a.csv", "footer or total row", 4),
        ("a.csv", "title row above the header", 2),
    ]
    audit = file_audit(prepared, "a.csv")
    assert (audit.header_row, audit.rows_read, audit.rows_kept) == (4, 8, 1)


def test_a_headed_total_is_no_data_but_a_deal_without_a_date_is_a_deal(tmp_path):
    text = rows(
        {},
        {"Close Date": "TBD", "Amount": "700"},
        {"Close Date": "", "Opportunity Name": "Total rewards"},
        {"Created Date": ""},
    )
    prepared = gate(tmp_path, {"a.csv": text + ",no id,Qualification,5,2025-07-15,2025-03-03,Web,New Business,Dana\n"})
    assert left_out(prepared) == [
        ("a.csv", "no close date", 2),
        ("a.csv", "no created date", 1),
        ("a.csv", "no opportunity_id", 1),
    ]
    item = next(item for item in prepared.audit.left_out if item.reason == "no close date")
    assert (item.amount, item.examples) == (1700.0, tuple(sorted(IDS[1:3])))
    assert file_audit(prepared, "a.csv").warnings == ("1 cell with no date: taken as blank (e.g. TBD)",)


def test_embedded_newlines_quotes_and_mixed_line_ends_are_cells(tmp_path):
    text = rows({"Opportunity Name": 'One\nline, "two"\r\nthree'}, {}).replace(
        "Dana Whitfield\n", "Dana Whitfield\r\n", 1
    )
    prepared = gate(tmp_path, {"a.csv": text})
    assert {deal["opportunity_name"] for deal in deals(prepared)} == {'One\nline, "two"\r\nthree', "Acme - Platform"}


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1 555", "-5", "@x", "<img src=x onerror=alert(1)>", "\tx", " x "])
def test_hostile_text_stays_as_it_is(tmp_path, text):
    prepared = gate(tmp_path, {"a.csv": rows({"Opportunity Name": text})})
    assert deals(prepared)[0]["opportunity_name"] == text


def test_nul_characters_are_dropped_and_reported(tmp_path):
    prepared = gate(tmp_path, {"a.csv": rows({"Opportunity Name": "Ac\x00me", "Amount": "1\x000"})})
    assert (deals(prepared)[0]["opportunity_name"], deals(prepared)[0]["amount"]) == ("Acme", 10.0)
    assert file_audit(prepared, "a.csv").warnings == ("NUL characters were dropped from its cells",)


def test_windows_1252_is_read_with_a_warning(tmp_path):
    prepared = gate(tmp_path, {"a.csv": rows({"Opportunity Name": "Café – €"}).encode("cp1252")})
    assert deals(prepared)[0]["opportunity_name"] == "Café – €"
    assert file_audit(prepared, "a.csv").warnings == ("not UTF-8: read as cp1252; look at names with accents",)
    odd = gate(tmp_path / "odd", {"a.csv": rows({"Opportunity Name": "Caf\xe9 \x81"}).encode("latin-1")})
    assert file_audit(odd, "a.csv").encoding == "iso-8859-1"


def test_a_cell_larger_than_any_block_is_read(tmp_path):
    text = rows({"Opportunity Name": "x" * 3_000_000}, {})
    assert {len(deal["opportunity_name"]) for deal in deals(gate(tmp_path, {"a.csv": text}))} == {15, 3_000_000}


def test_a_quote_inside_a_cell_is_text(tmp_path):
    text = rows({}, {}).replace("Acme - Platform", 'Ac"me"', 1)
    assert {deal["opportunity_name"] for deal in deals(gate(tmp_path, {"a.csv": text}))} == {
        'Ac"me"',
        "Acme - Platform",
    }
    odd = rows({}, {}).replace("Acme - Platform", '5" pipe', 1)
    prepared = gate(tmp_path / "odd", {"a.csv": odd})
    assert {deal["opportunity_name"] for deal in deals(prepared)} == {'5" pipe', "Acme - Platform"}


def test_equal_duplicate_headers_are_one_and_different_ones_are_reported(tmp_path):
    same = (
        rows({}, {})
        .replace("Opportunity Owner", "Opportunity Owner,Lead Source")
        .replace("Dana Whitfield", "Dana Whitfield,Web")
    )
    prepared = gate(tmp_path, {"a.csv": same})
    assert "Lead Source: stands twice with the same cells; read once" in file_audit(prepared, "a.csv").decisions
    other = same.replace("Dana Whitfield,Web", "Dana Whitfield,Webinar", 1)
    prepared = gate(tmp_path / "other", {"a.csv": other})
    audit = file_audit(prepared, "a.csv")
    assert audit.warnings == ("Lead Source: stands twice with different cells; the first is used",)
    assert audit.unknown_columns == ("Lead Source (2)",)
    assert {deal["lead_source"] for deal in deals(prepared)} == {"Web"}


def test_duplicates_keep_the_last_modified_whatever_their_order(tmp_path):
    table = [
        {"Id": IDS[0], "Amount": "1", "LastModifiedDate": "2025-06-29 05:00:00"},
        {"Id": IDS[0], "Amount": "2", "LastModifiedDate": "2025-06-30 05:00:00"},
        {"Id": IDS[0], "Amount": "2", "LastModifiedDate": "2025-06-30 05:00:00"},
        {"Id": IDS[1], "Amount": "30", "LastModifiedDate": "2025-06-30 05:00:01"},
        {"Id": IDS[1], "Amount": "4"},
    ]
    found = []
    for place, order in enumerate((table, table[::-1])):
        prepared = gate(tmp_path / str(place), {"a.csv": rows(*order, base=API)})
        found.append(sorted((deal["opportunity_id"], deal["amount"]) for deal in deals(prepared)))
        assert left_out(prepared) == [("a.csv", "duplicate id", 2), ("a.csv", "exact duplicate row", 1)]
        assert balanced(prepared)
    assert found[0] == found[1]
    assert found[0][0] == (IDS[0], 2.0) or found[0][1] == (IDS[0], 2.0)


def test_a_deletion_that_came_later_wins_over_the_record(tmp_path):
    text = rows(
        {"Id": IDS[0], "IsDeleted": "0"},
        {"Id": IDS[0], "IsDeleted": "1", "LastModifiedDate": "2025-07-30 05:00:00"},
        {"Id": IDS[1], "IsDeleted": "0"},
        base=API,
    )
    prepared = gate(tmp_path, {"a.csv": text})
    assert [deal["opportunity_id"] for deal in deals(prepared)] == [IDS[1]]


def test_the_same_file_twice_counts_once(tmp_path):
    prepared = gate(
        tmp_path, {"a.csv": rows({}, {}), "copy/b.csv": rows({}, {}), "quota.csv": QUOTAS}, owner_aliases={}
    )
    assert len(deals(prepared)) == 2
    assert left_out(prepared) == [("copy/b.csv", "same file given twice", 2)]
    assert file_audit(prepared, "copy/b.csv").warnings == ("has the same content as a.csv",)
    assert balanced(prepared)


def test_a_column_that_the_better_file_lacks_is_filled_from_the_other(tmp_path):
    report = {**DEAL, "Account Name": "Acme Ltd", "Amount": "999"}
    prepared = gate(tmp_path, {"report.csv": rows({}, base=report), "api.csv": rows({"Amount": ""}, base=API)})
    deal = deals(prepared)[0]
    assert (deal["account_name"], deal["owner_name"], deal["amount"]) == ("Acme Ltd", "Dana Whitfield", None)
    assert file_audit(prepared, "api.csv").decisions == (
        "account_name: filled from another file for the same records",
        "lead_source: filled from another file for the same records",
        "owner_name: filled from another file for the same records",
    )


def test_test_records_are_left_out_by_pattern(tmp_path):
    accounts = "Id,Name\n0018d00000Ac0Az,test account 7\n0018d00000Ac1Az,Acme\n"
    text = rows(
        {"AccountId": "0018d00000Ac0Az"},
        {"AccountId": "0018d00000Ac1Az"},
        {"Name": "A [TEST] deal", "AccountId": ""},
        base=API,
    )
    prepared = gate(tmp_path, {"deals.csv": text, "accounts.csv": accounts})
    assert [deal["account_name"] for deal in deals(prepared)] == ["Acme"]
    assert left_out(prepared) == [("deals.csv", "test record", 2)]


@pytest.mark.parametrize(("n", "warned"), [(1_999, False), (2_000, True), (2_001, False)])
def test_two_thousand_rows_look_truncated(tmp_path, n, warned):
    header, row, _ = rows({}).partition("\n")[0], rows({}).splitlines()[1], None
    body = "".join(row.replace(IDS[0], f"0068d0000{k:06d}") + "\n" for k in range(n))
    prepared = gate(tmp_path, {"a.csv": f"{header}\n{body}"})
    shown = ("holds exactly 2,000 rows, the limit of a report on screen: it looks truncated",)
    assert file_audit(prepared, "a.csv").warnings == (shown if warned else ())


def test_headers_without_rows_are_warned_of_beside_a_full_file(tmp_path):
    prepared = gate(tmp_path, {"a.csv": rows({}), "b.csv": rows({}).splitlines()[0] + "\n"})
    assert file_audit(prepared, "b.csv").warnings == ("holds headers and no rows",)


def test_ignored_hidden_and_foreign_files_are_listed(tmp_path):
    files = {
        "a.csv": rows({}),
        "old/b.csv": rows({}, {}),
        ".DS_Store": b"x",
        "~$a.xlsx": b"x",
        "photo.png": b"\x89PNG" + bytes(99),
    }
    prepared = gate(tmp_path, files, exports={"ignore": ["old/*"]})
    assert prepared.audit.unrecognised == (
        (".DS_Store", "not read: a hidden file"),
        ("old/b.csv", "not read: exports.ignore has old/*"),
        ("photo.png", "not a table: its bytes are not text"),
        ("~$a.xlsx", "not read: a hidden file"),
    )


def test_what_the_export_says_of_closing_is_checked_against_the_stages(tmp_path):
    text = rows({"IsWon": "1", "IsClosed": "true"}, {"IsWon": "0", "IsClosed": "false"}, base=API)
    prepared = gate(tmp_path, {"a.csv": text})
    assert prepared.audit.warnings == tuple(
        f"opportunities: 1 of 2 where {flag} of the export disagrees with the outcome of their stage in company.yml "
        f"(e.g. {IDS[0]})"
        for flag in ("is_closed", "is_won")
    )
    assert [deal["outcome"] for deal in deals(prepared)] == ["open", "open"]


def test_forecast_categories_of_both_routes_are_one_vocabulary(tmp_path):
    words = ["Best Case", "BestCase", "Commit", "Forecast", "most likely", "Upside"]
    prepared = gate(tmp_path, {"a.csv": rows(*({"ForecastCategoryName": word} for word in words), base=API)})
    by_id = {deal["opportunity_id"]: deal["forecast_category"] for deal in deals(prepared)}
    assert [by_id[key] for key in IDS] == ["BestCase", "BestCase", "Forecast", "Forecast", "MostLikely", None]
    assert prepared.audit.warnings == ("forecast category: kept blank where it is none we know: Upside (1 row)",)


def test_owners_are_found_by_name_and_alias_and_blank_ones_stay_blank(tmp_path):
    users = (
        "User ID,Full Name,Role\n0058d00000Aq1Ab,Dana Whitfield,AE West\n"
        "0058d00000Aq1Ac,Sam Lee,AE\n0058d00000Aq1AD,Sam Lee,AE\n"
    )
    owners = [{"Opportunity Owner": name} for name in ("dana  whitfield", "Dana W.", "Sam Lee", "Nobody", "")]
    prepared = gate(tmp_path, {"a.csv": rows(*owners), "users.csv": users})
    by_id = {deal["opportunity_id"]: (deal["owner_id"], deal["team"]) for deal in deals(prepared)}
    assert [by_id[key] for key in IDS[:5]] == [
        ("0058d00000Aq1Ab", "AE West"),
        ("0058d00000Aq1Ab", "AE West"),
        ("Sam Lee", None),
        ("Nobody", None),
        (None, None),
    ]


def test_amounts_without_a_currency_are_the_companys(tmp_path):
    deal = {
        "Opportunity ID": IDS[0],
        "Amount Currency": "EUR",
        **{k: v for k, v in DEAL.items() if k != "Opportunity ID"},
    }
    prepared = gate(tmp_path, {"a.csv": rows({}, {"Amount Currency": ""}, base=deal)})
    assert sorted((d["amount"], d["currency"]) for d in deals(prepared)) == [(1000.0, "USD"), (1100.0, "EUR")]
    assert file_audit(prepared, "a.csv").warnings == ("1 amount without a currency: taken as USD",)


def test_own_headers_of_company_yml_come_first(tmp_path):
    columns = {"opportunities": {"segment": ("Segment__c",), "amount_original": ("ACV__c",)}}
    text = rows({"Segment__c": "Enterprise", "ACV__c": "7"}, base=API)
    prepared = gate(tmp_path, {"a.csv": text}, exports={"columns": columns})
    assert (deals(prepared)[0]["segment"], deals(prepared)[0]["amount"]) == ("Enterprise", 7.0)


def test_the_example_company_is_left_as_it_was():
    assert COMPANY.rates == {"EUR": 1.1, "GBP": 1.25}
