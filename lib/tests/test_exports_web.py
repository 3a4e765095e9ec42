"""The gate on GA4 exports: lines of # above, several tables in a file, totals, languages, and days that overlap."""

import pytest
from gate import REPORT, balanced, file_audit, gate, left_out, rows

from revops.errors import ExportError

ABOVE = """\
# ----------------------------------------
# Northwind - northwind.example
# Visits by source
# Account: Northwind
# Property: northwind.example
# Start date: 20250701
# End date: 20250702
# ----------------------------------------
"""
HEAD = "Date,Session source / medium,Session campaign,Landing page + query string,Sessions,Key events\n"
BODY = """\
20250701,google / cpc,Brand,/pricing?gclid=abc&utm_campaign=x,120,4
20250701,(direct) / (none),(direct),/,80,1
20250702,linkedin.com / paid-social,CTO%20whitepaper,https://northwind.example/ebook?mail=ann@acme.com,30,2
20250702,newsletter,Spring,(not set),10,0
"""
FILE = ABOVE + "\n" + HEAD + BODY
GERMAN = """\
# Eigenschaft: northwind.example
Datum;Sitzung – Quelle/Medium;Sitzung – Kampagne;Landingpage + Abfragestring;Sitzungen;Schlüsselereignisse
"""
FRENCH = "Date,Source/Support de la session,Campagne de la session,Page de destination + chaîne de requête,Sessions," \
         "Événements clés\n"  # fmt: skip
SPANISH = "Fecha,Fuente/medio de la sesión,Campaña de la sesión,Página de destino y cadena de consulta,Sesiones," \
          "Eventos clave\n"  # fmt: skip
FOUND = [
    ("2025-07-01", "(direct)", "(none)", "(direct)", "/", 80.0, 1.0),
    ("2025-07-01", "google", "cpc", "Brand", "/pricing", 120.0, 4.0),
    ("2025-07-02", "linkedin.com", "paid-social", "CTO whitepaper", "/ebook", 30.0, 2.0),
    ("2025-07-02", "newsletter", None, "Spring", "(not set)", 10.0, 0.0),
]


def web(folder, *files, **changes):
    named = {f"web{n}.csv" if n else "web.csv": file for n, file in enumerate(files)}
    return gate(folder, {"deals.csv": rows({}), **named}, **changes)


def traffic(prepared):
    found = prepared.tables["web_traffic"].to_pylist()
    return [(f"{row.pop('date'):%Y-%m-%d}", *row.values()) for row in found]


def refusal(folder, *files):
    with pytest.raises(ExportError) as caught:
        web(folder, *files)
    return str(caught.value)


def test_an_exploration_is_read_day_by_day_without_the_query_of_its_pages(tmp_path):
    prepared = web(tmp_path, FILE)
    assert traffic(prepared) == FOUND
    audit = file_audit(prepared, "web.csv")
    assert (audit.system, audit.table, audit.rows_kept, audit.first, audit.last) == (
        "ga4", "web_traffic", 4, "2025-07-01", "2025-07-02"
    )  # fmt: skip
    assert balanced(prepared)


@pytest.mark.parametrize(
    "text",
    [
        GERMAN + BODY.replace(",", ";"),
        "\ufeff" + FRENCH + BODY,
        SPANISH + BODY,
        HEAD.replace("Key events", "Conversions") + BODY,
        FILE.replace("20250701,", "2025-07-01,").replace("20250702,", "2025-07-02,"),
    ],
    ids=["german", "french", "spanish", "conversions", "iso dates"],
)
def test_other_languages_and_layouts_give_the_same(tmp_path, text):
    assert traffic(web(tmp_path, text)) == FOUND


@pytest.mark.parametrize(
    "total",
    ["Grand total,,,,240,7\n", ",,,,240,7\n", ",,,,240,7,Grand total\n"],
    ids=["in the first column", "blank", "behind the last column"],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_row_of_totals_is_left_out_and_held_against_the_rows(tmp_path, total, first):
    body = total + BODY if first else BODY + total
    prepared = web(tmp_path, HEAD + body)
    assert traffic(prepared) == FOUND
    assert left_out(prepared) == [("web.csv", "footer or total row", 1)]
    assert "rows hold 240 sessions, the printed total is 240" in file_audit(prepared, "web.csv").decisions
    assert balanced(prepared)


@pytest.mark.parametrize("total", ["Grand total,,,,400,7\n", ",,,,400,7\n", ",,,,400,7,Grand total\n"])
def test_rows_that_do_not_add_up_to_the_total_are_warned_of(tmp_path, total):
    assert file_audit(web(tmp_path, HEAD + BODY + total), "web.csv").warnings == (
        "rows hold 240 sessions, the printed total is 400: the export leaves rows out, or counts visits twice",
    )


def test_each_table_of_an_overview_is_looked_at_alone(tmp_path):
    overview = (
        ABOVE
        + "\n# Date range\nCity,Active users\nBerlin,182\n\n# Date range\n"
        + HEAD
        + BODY
        + ("\n# Date range\nSession source / medium,Sessions\n(direct) / (none),893\n")
    )
    prepared = web(tmp_path, overview)
    assert traffic(prepared) == FOUND and balanced(prepared)
    (one, why), (two, unread) = prepared.audit.unrecognised
    assert (one, two) == ("web.csv (table 1)", "web.csv (table 3)")
    assert why.startswith("no row among the first 30 holds headers that we know") or "comes nearest" in why
    assert unread.startswith("not read: ga4 web traffic of a whole period. Its sessions have no day. In GA4 make")


def test_numbers_of_days_are_refused_with_what_to_export(tmp_path):
    assert refusal(tmp_path, ABOVE + "Nth day,Session source / medium,Sessions\n0000,google / cpc,10\n") == (
        "web.csv: Each row must have its date; found the number of a day (Nth day). In GA4 take Date instead of Nth "
        "day into the rows of the exploration, with Session source / medium, Session campaign and Sessions, and export "
        "it again."
    )


def test_rows_by_event_would_count_a_visit_several_times_and_are_not_read(tmp_path):
    prepared = web(tmp_path, "Date,Session source / medium,Event name,Sessions\n20250701,google / cpc,scroll,4\n")
    ((_, why),) = prepared.audit.unrecognised
    assert why.startswith("not read: ga4 web traffic by event or page. A visit stands in it once for each of its")


def test_columns_that_are_not_used_do_not_lose_visits(tmp_path):
    text = (
        "Date,Session source / medium,Device category,Sessions\n20250701,google / cpc,mobile,10\n"
        "20250701,google / cpc,desktop,15\n20250701,google / cpc,desktop,15\n"
    )
    prepared = web(tmp_path, text)
    assert traffic(prepared) == [("2025-07-01", "google", "cpc", None, None, 25.0, None)]
    assert left_out(prepared) == [("web.csv", "exact duplicate row", 1)]
    assert balanced(prepared)


def test_without_a_column_of_the_source_the_query_of_the_page_tells_it(tmp_path):
    text = (
        "Date,Landing page + query string,Sessions\n20250701,/a?UTM_Source=News%20letter&utm_medium=email,10\n"
        "20250701,/a?gclid=1,5\n20250701,/a,2\n"
    )
    assert traffic(web(tmp_path, text)) == [
        ("2025-07-01", None, None, None, "/a", 2.0, None),
        ("2025-07-01", "News letter", "email", None, "/a", 10.0, None),
        ("2025-07-01", "google", "cpc", None, "/a", 5.0, None),
    ]


def test_days_that_two_files_hold_alike_count_once(tmp_path):
    more = FILE + "20250703,google / cpc,Brand,/,9,0\n"
    for place, files in enumerate([(FILE, more), (more, FILE)]):
        prepared = web(tmp_path / str(place), *files)
        assert [row[0] for row in traffic(prepared)] == [row[0] for row in FOUND] + ["2025-07-03"]
        assert [item.reason for item in prepared.audit.left_out if "file" in item.reason] == [
            "same day in another file"
        ]
        assert balanced(prepared)


def test_of_two_files_of_a_day_the_one_with_more_detail_counts_where_they_agree_in_all(tmp_path):
    coarse = "Date,Session source / medium,Sessions\n20250701,google / cpc,120\n20250701,(direct) / (none),80\n"
    assert traffic(web(tmp_path, coarse, FILE)) == FOUND


def test_days_that_two_files_tell_differently_are_refused_with_their_sessions(tmp_path):
    assert refusal(tmp_path, FILE, FILE.replace(",120,4", ",150,4")) == (
        "web_traffic: files of the same day must tell the same; found 1 day told in two ways, of 2 (e.g. 2025-07-01: "
        "200 sessions in web.csv, 230 in web1.csv). Of exports made at different times keep the later one; of exports "
        "with different filters make one without."
    )


def test_a_row_with_words_and_no_day_is_refused(tmp_path):
    assert "found 1 of 5 without, with 10 sessions (e.g. bing / organic). Export it again." in refusal(
        tmp_path, HEAD + BODY + ",bing / organic,,,10,0\n"
    )


def test_sessions_by_channel_group_without_days_are_not_read_and_say_what_to_export(tmp_path):
    prepared = gate(
        tmp_path,
        {"deals.csv": REPORT, "Traffic_acquisition.csv": "Session default channel group,Sessions\nDirect,893\n"},
    )
    assert prepared.audit.unrecognised[0][0] == "Traffic_acquisition.csv"
    assert prepared.audit.unrecognised[0][1].startswith(
        "not read: ga4 web traffic of a whole period. Its sessions have no day. In GA4 make an exploration with the "
        "rows Date, "
    )


def test_a_column_of_nothing_but_addresses_tells_nothing(tmp_path):
    """The other file of the same days tells more, so its rows are taken."""
    days = range(1, 29)
    people = "".join(f"202507{day:02d},google / cpc,ann{day}@b.example,5\n" for day in days)
    pages = "".join(f"202507{day:02d},google / cpc,/p{day},5\n" for day in days)
    prepared = web(
        tmp_path,
        f"Date,Session source / medium,Session campaign,Sessions\n{people}",
        f"Date,Session source / medium,Landing page + query string,Sessions\n{pages}",
    )
    assert [row[3:6] for row in traffic(prepared)] == [(None, f"/p{day}", 5.0) for day in days]
