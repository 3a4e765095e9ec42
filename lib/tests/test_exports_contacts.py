"""The gate on HubSpot contacts and companies: the example export, both generations of dates, and no personal data."""

import datetime as dt
import random
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from gate import EXAMPLES, balanced, file_audit, left_out, rows
from test_exports_hubspot import COMPANY, DEALS, exports, numbered, read

from revops.exports.people_records.contacts import _with_utm

CONTACTS = EXAMPLES / "hubspot" / "hubspot-crm-exports-all-contacts-2025-07-01.csv"
CONTACT = {
    "Record ID": "",
    "First Name": "Ana",
    "Email": "ana@example.com",
    "Lifecycle Stage": "Lead",
    "Contact owner": "",
    "Create Date": "2025-03-03 09:05",
    "Became a Marketing Qualified Lead Date": "",
    "First Page Seen": "",
}
NEW = 'Date entered "Marketing Qualified Lead (Lifecycle Stage Pipeline)"'
OLD = "Became a Marketing Qualified Lead Date"


def contacts(tmp_path, *changes, company=COMPANY, **files):
    text = numbered(*changes, base=CONTACT)
    return read(tmp_path, {"deals.csv": numbered({}), "contacts.csv": text, **files}, company)


def column(prepared, name, table="contacts"):
    return prepared.tables[table][name].to_pylist()


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return read(tmp_path_factory.mktemp("contacts"), {"contacts.csv": CONTACTS, "deals.csv": DEALS})


def test_the_example_is_read_whole(example):
    audit = file_audit(example, "contacts.csv")
    assert (audit.system, audit.table, audit.rows_read, audit.rows_kept) == ("hubspot", "contacts", 4, 4)
    assert column(example, "contact_id") == ["501", "502", "503", "504"]
    assert column(example, "owner_id") == ["Dana Whitfield", None, "Priya Nair", None]
    assert column(example, "source") == ["marketing"] * 4
    assert column(example, "source_detail_1")[0] == "google"
    assert "contacts: 1 of 4 have a sql_at before their mql_at; kept (e.g. 503)" in example.audit.warnings
    assert balanced(example)


def test_the_example_has_the_dates_of_its_lifecycle(example):
    found = example.tables["contacts"].to_pylist()
    dates = ("lead_at", "mql_at", "sql_at", "opportunity_at", "customer_at")
    assert [found[0][name] for name in dates] == [
        dt.datetime(2024, 12, 1, 8), dt.datetime(2024, 12, 10, 16, 30), dt.datetime(2025, 1, 10, 9),
        dt.datetime(2025, 1, 14, 9, 5), dt.datetime(2025, 4, 30, 12),
    ]  # fmt: skip
    assert [found[3][name] for name in dates] == [None] * 5
    assert (found[0]["first_conversion"], found[0]["recent_conversion_at"]) == (
        "Webinar: signup form", dt.datetime(2025, 1, 13, 10))  # fmt: skip


def test_the_example_has_the_utm_values_of_the_first_page(example):
    assert column(example, "utm_source") == ["google", "LinkedIn", None, "news letter"]
    assert column(example, "utm_medium") == ["cpc", "Paid Social", None, "email"]
    assert column(example, "utm_campaign") == ["Brand_EMEA", None, None, None]


def test_nobodys_name_or_address_is_kept(example):
    kept = "\n".join(str(table.to_pylist()) for name, table in example.tables.items() if name.startswith("contact"))
    assert not any(word in kept for word in ("Ana", "Bo Li", "Sørensen", "@", "555", "cmd", "Kestrel"))
    assert "@" not in str(example.tables["opportunities"].to_pylist())


def test_the_example_says_which_contacts_belong_to_which_deal(example):
    roles = example.tables["contact_roles"]
    assert roles.num_rows == 10
    assert set(column(example, "contact_id", "contact_roles")) == {"501", "502"}
    deals = set(column(example, "opportunity_id", "opportunities"))
    assert set(column(example, "opportunity_id", "contact_roles")) == deals
    assert roles["role"].null_count == roles["is_primary"].null_count == 10


def test_dates_of_the_present_property_come_first_and_the_former_fill_their_blanks(tmp_path):
    prepared = contacts(
        tmp_path,
        {NEW: "2025-03-10", OLD: "2025-03-20"},
        {NEW: "", OLD: "2025-03-21"},
        {NEW: "", OLD: ""},
    )
    assert column(prepared, "mql_at") == [dt.datetime(2025, 3, 10), dt.datetime(2025, 3, 21), None]
    assert file_audit(prepared, "contacts.csv").decisions == ("mql_at: 1 blank filled from the property used before",)


@pytest.mark.parametrize("header", [OLD, NEW, NEW.replace('"', "'")])
def test_either_generation_alone_is_enough(tmp_path, header):
    prepared = contacts(tmp_path, {OLD: None, header: "2025-03-10 08:00"})
    assert column(prepared, "mql_at") == [dt.datetime(2025, 3, 10, 8)]


def test_a_lifecycle_of_ones_own_is_named_in_company_yml(tmp_path):
    own = exports(columns={"contacts": {"mql_at": ["Handed to sales"]}})
    prepared = contacts(tmp_path, {"Handed to sales": "2025-03-11", OLD: ""}, company=own)
    assert column(prepared, "mql_at") == [dt.datetime(2025, 3, 11)]


def test_internal_names_are_read(tmp_path):
    base = {
        "hs_object_id": "9", "createdate": "2025-03-03T14:05:00Z", "lifecyclestage": "lead",
        "hs_v2_date_entered_marketingqualifiedlead": "", "hs_analytics_source": "",
        "hs_lifecyclestage_marketingqualifiedlead_date": "2025-03-04T02:00:00Z", "associatedcompanyid": "77",
    }  # fmt: skip
    prepared = read(tmp_path, {"a.csv": numbered({}), "b.csv": rows({"hs_object_id": "9"}, base=base)})
    [found] = prepared.tables["contacts"].to_pylist()
    assert (found["contact_id"], found["account_id"], found["source"]) == ("9", "77", "unknown")
    assert (found["created_at"], found["mql_at"]) == (dt.datetime(2025, 3, 3, 9, 5), dt.datetime(2025, 3, 3, 21))


@pytest.mark.parametrize(("page", "expected"), [
    ("https://x.example/?utm_source=a+b&UTM_SOURCE=second", "a b"),
    ("https://x.example/a?x=1&utm_source=%20Google%20#utm_source=no", "Google"),
    ("https://x.example/?utm_source=ana@example.com", None),
    ("https://x.example/?utm_source=", None),
    ("https://x.example/utm_source=path", None),
    ("/?utm_source=caf%C3%A9", "café"),
])  # fmt: skip
def test_utm_values_are_decoded_once_and_their_case_is_kept(tmp_path, page, expected):
    assert column(contacts(tmp_path, {"First Page Seen": page}), "utm_source") == [expected]


def slow_utm(url, name):
    """Return the first value of a UTM key by taking the whole address apart."""
    for parameter in url.partition("?")[2].partition("#")[0].split("&"):
        key, _, value = parameter.partition("=")
        if unquote_plus(key).strip().lower() == name and value:
            return unquote_plus(value).strip() or None
    return None


def test_utm_values_are_those_of_each_address_alone():
    chance = random.Random(11)
    signs = ["?", "?", "&", "&", "#", "=", "=", "/", "%20", "+", "%C3%A9", "gclid", "&utm_source=", "&UTM_Medium=",
             "utm_", "utm%5Fsource=x&utm_source", "\n", "a", "B", "é", "1"]  # fmt: skip
    urls = ["".join(chance.choices(signs, k=chance.randint(0, 14))) for _ in range(3000)]
    pages = pa.chunked_array([pa.array([None, *urls[:1700]]), pa.array([], pa.string()), pa.array(urls[1700:])])
    found = _with_utm(pa.table({"first_page": pages}))
    for name in ("utm_source", "utm_medium"):
        values = found[name].to_pylist()
        assert values == [None, *(slow_utm(url, name) for url in urls)]
        assert len(set(values)) > 20


def test_utm_columns_of_their_own_come_first(tmp_path):
    page = "https://x.example/?utm_source=page"
    prepared = contacts(
        tmp_path, {"utm_source": "own", "First Page Seen": page}, {"First Page Seen": page, "utm_source": ""}
    )
    assert column(prepared, "utm_source") == ["own", "page"]


def test_addresses_in_free_text_are_cut_out(tmp_path):
    prepared = contacts(
        tmp_path, {"First Conversion": "Form of ana@example.com"}, {"First Conversion": "bo@example.com"}
    )
    assert column(prepared, "first_conversion") == ["Form of", None]


def test_merged_contacts_are_one_also_in_their_deals(tmp_path):
    deals = numbered({"Associated Contact IDs": "1;2"}, {"Associated Contact IDs": ""})
    prepared = contacts(
        tmp_path,
        {"Merged record IDs": "2;77", "Associated Deal IDs": "2;999"},
        {"Merged record IDs": "", "Associated Deal IDs": ""},
        **{"deals.csv": deals},
    )
    assert ("contacts.csv", "merged into another record", 1) in left_out(prepared)
    assert [tuple(role.values())[:2] for role in prepared.tables["contact_roles"].to_pylist()] == [
        ("1", "1"),
        ("2", "1"),
    ]
    assert balanced(prepared)


def test_folders_without_contacts_have_neither_table(tmp_path):
    tables = read(tmp_path, {"deals.csv": numbered({})}).tables
    assert set(tables) == {"opportunities", "opportunity_history"}


def test_companies_are_accounts_and_no_contacts(tmp_path):
    companies = (
        "Record ID,Company name,Company owner,Industry,Number of Employees,Lifecycle Stage,Create Date\n"
        '7,"Acme; Robotics",Dana Whitfield,Manufacturing,1200.0,Customer,2025-01-01 09:00\n'
    )
    prepared = contacts(tmp_path, {}, **{"companies.csv": companies})
    assert file_audit(prepared, "companies.csv").table == "accounts"
    [account] = prepared.tables["accounts"].to_pylist()
    assert (account["account_id"], account["account_name"], account["employees"]) == ("7", "Acme; Robotics", 1200.0)


def test_order_of_files_and_rows_does_not_matter(tmp_path):
    lines = CONTACTS.read_text(encoding="utf-8").splitlines(keepends=True)
    turned = "".join([lines[0], *reversed(lines[1:])])
    one = read(tmp_path / "a", {"a.csv": DEALS, "b.csv": CONTACTS})
    other = read(tmp_path / "b", {"b.csv": DEALS, "a.csv": turned})
    for name in ("contacts", "contact_roles", "opportunity_history"):
        assert one.tables[name].equals(other.tables[name])
    assert pc.sum(one.tables["opportunities"]["amount"]).as_py() == 262_900.75
