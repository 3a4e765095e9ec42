"""The gate on ad exports: the examples, the layouts they come in, totals, overlaps, and what is refused."""

import csv
import io
import random

import pytest
from gate import EXAMPLES, balanced, file_audit, gate, left_out, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError

GOOGLE = EXAMPLES / "google_ads" / "Campaign report.csv"
LINKEDIN = EXAMPLES / "linkedin_ads" / "account_512345678_campaign_performance_report.csv"
DAILY = """\
Campaign report
"July 1, 2025 - July 31, 2025"
Day,Campaign,Campaign ID,Campaign type,Currency code,Impr.,Clicks,Cost,Conversions
2025-07-01,Brand,11,Search,USD,"1,000",100,"1,250.50",4.00
2025-07-02,Brand,11,Search,USD,900,90,249.50,1.50
2025-07-02,Banner,12,Display,USD,"9,000",20,100.00,0.00
Total: Campaigns, --, --, --,USD,"10,900",210,"1,600.00",5.50
Total: Account,,,,USD,"10,900",210,"1,600.00",5.50
Total: Search,,,Search,USD,"1,900",190,"1,500.00",5.50
"""
FOUND = {("Brand", "2025-07-01"): 1250.5, ("Brand", "2025-07-02"): 249.5, ("Banner", "2025-07-02"): 100.0}


def ads(folder, *files, **changes):
    """Return what the gate makes of ad exports beside one deal."""
    named = {f"ads{n}.csv" if n else "ads.csv": file for n, file in enumerate(files)}
    return gate(folder, {"deals.csv": rows({}), **named}, **changes)


def refusal(folder, *files, **changes):
    with pytest.raises(ExportError) as caught:
        ads(folder, *files, **changes)
    return str(caught.value)


def spend(prepared):
    return prepared.tables["spend"].to_pylist()


def by_day(prepared):
    found = {(row["campaign_name"], f"{row['date']:%Y-%m-%d}"): row["amount"] for row in spend(prepared)}
    assert len(found) == len(spend(prepared))
    return found


def changed(*changes, text=DAILY):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_the_google_example_gives_the_figures_that_are_known_of_it(tmp_path):
    prepared = ads(tmp_path, GOOGLE)
    found = spend(prepared)
    assert len(found) == 4 and round(sum(row["amount"] for row in found), 2) == 13_167.46
    assert {(row["date"].isoformat()[:10], row["period_end"].isoformat()[:10]) for row in found} == {
        ("2025-07-01", "2025-07-31")
    }
    assert sum(row["conversions"] for row in found) == 61.5 and sum(row["impressions"] for row in found) == 155_661
    assert {row["channel"] for row in found} == {"paid_search"}
    assert left_out(prepared) == [
        ("ads.csv", "footer or total row", 3), ("ads.csv", "title row above the header", 2)
    ]  # fmt: skip
    audit = file_audit(prepared, "ads.csv")
    assert (audit.system, audit.rows_kept, audit.currencies, audit.warnings) == ("google_ads", 4, ("USD",), ())
    assert audit.decisions == (
        "Cost: decimal point (7 of 7 rows show it)",
        "no column of days: the month in its titles, 2025-07-01 to 2025-07-31",
    )
    assert balanced(prepared)


def test_the_linkedin_example_gives_the_figures_that_are_known_of_it(tmp_path):
    prepared = ads(tmp_path, LINKEDIN)
    found = spend(prepared)
    assert len(found) == 3 and sum(row["amount"] for row in found) == 2_214.75
    assert by_day(prepared) == {
        ("CTO whitepaper, DACH", "2025-07-01"): 1234.5,
        ("CTO whitepaper, DACH", "2025-07-02"): 980.25,
        ("Retargeting", "2025-07-02"): 0.0,
    }
    audit = file_audit(prepared, "ads.csv")
    assert (audit.system, audit.encoding, audit.header_row) == ("linkedin_ads", "utf-16-le", 6)
    assert audit.decisions[0] == (
        "Start Date (in UTC): month first (no day above 12; as the period in its titles shows)"
    )
    assert {row["channel"] for row in found} == {"paid_social"} and balanced(prepared)


LAYOUTS = {
    "utf-8": DAILY,
    "Excel .csv: utf-16 with tabs": "\n".join(
        "\t".join(row) for row in csv.reader(io.StringIO(DAILY))
    ).encode("utf-16"),
    "decimal commas": changed(
        ('"1,000"', "1.000"), ('"9,000"', "9.000"), ('"10,900"', "10.900"), ('"1,900"', "1.900"),
        ('"1,250.50"', '"1.250,50"'), ("249.50", '"249,50"'), ("100.00", '"100,00"'), ('"1,600.00"', '"1.600,00"'),
        ('"1,500.00"', '"1.500,00"'), ("4.00", '"4,00"'), ("1.50\n", '"1,50"\n'), (",0.00", ',"0,00"'),
        ("5.50", '"5,50"'),
    ),
    "currency in the header": changed((",Currency code", ""), (",USD", ""), (",Cost", ",Cost (USD)")),
    "days in words": changed(("2025-07-01", '"Jul 1, 2025"'), ("2025-07-02", '"Jul 2, 2025"')),
    "dashes for nothing": changed(("0.00\n", " --\n")),
    "micros": (
        "date,campaign_id,campaign_name,cost_micros,impressions,clicks\n2025-07-01,11,Brand,1250500000,1000,100\n"
        "2025-07-02,11,Brand,249500000,900,90\n2025-07-02,12,Banner,100000000,9000,20\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_one_google_export_give_the_same_spend(tmp_path, layout):
    prepared = ads(tmp_path, LAYOUTS[layout])
    assert by_day(prepared) == FOUND and balanced(prepared)


def test_months_are_read_to_their_last_day(tmp_path):
    text = changed(("Day,", "Month,"), ("2025-07-01,Brand", "June 2025,Brand"), ("2025-07-02", "July 2025"))
    assert {(f"{row['date']:%Y-%m-%d}", f"{row['period_end']:%Y-%m-%d}") for row in spend(ads(tmp_path, text))} == {
        ("2025-06-01", "2025-06-30"),
        ("2025-07-01", "2025-07-31"),
    }


def test_amounts_in_another_currency_need_a_rate_and_stay_apart(tmp_path):
    totals = "Total" + DAILY.split("Total", 1)[1]
    text = changed((totals, ""), ("Display,USD", "Display,EUR"))
    found = {row["campaign_name"]: (row["amount"], row["currency"]) for row in spend(ads(tmp_path, text))}
    assert found == {"Brand": (249.5, "USD"), "Banner": (110.0, "EUR")}
    assert refusal(tmp_path / "chf", text.replace("EUR", "CHF")) == (
        "spend: every amount must be convertible to USD; found 1 of 3 that are not (CHF in 1 row). Add what one unit "
        "is worth in USD to company.yml:\n  rates:\n    CHF: TODO"
    )


def test_rows_that_do_not_add_up_to_the_total_of_campaigns_are_refused(tmp_path):
    assert refusal(tmp_path, changed(('2025-07-02,Banner,12,Display,USD,"9,000",20,100.00,0.00\n', ""))) == (
        "ads.csv: rows must add up to the printed total; found, for Total: Campaigns, 2 rows with 1,500.00, printed "
        "1,600.00. Export it again."
    )
    assert refusal(tmp_path / "type", changed(('190,"1,500.00"', '190,"1,400.00"'))) == (
        "ads.csv: rows must add up to the printed total; found, for Total: Search, 2 rows with 1,500.00, printed "
        "1,400.00. Export it again."
    )


def test_a_google_export_without_its_totals_is_warned_of(tmp_path):
    prepared = ads(tmp_path, DAILY.split("Total", 1)[0])
    assert file_audit(prepared, "ads.csv").warnings == (
        "no total at its end, which its system always prints: rows may be lost",
    )


def test_an_account_that_spent_more_than_the_view_shows_is_warned_of(tmp_path):
    prepared = ads(
        tmp_path, changed(('Account,,,,USD,"10,900",210,"1,600.00"', 'Account,,,,USD,"10,900",210,"2,000.00"'))
    )
    assert file_audit(prepared, "ads.csv").warnings == (
        "Total: Account: 3 rows with 1,600.00, printed 2,000.00; the export leaves campaigns out, or rows are lost",
    )


def test_a_total_in_the_column_of_campaigns_is_no_campaign(tmp_path):
    days = "Brand,2025-07-01,9,1250.50\nBrand,2025-07-02,9,249.50\nBanner,2025-07-02,9,100.00\n"
    totals = "Total: Campaigns, --,27,1600.00\nTotal: Account, --,27,1600.00\n"
    prepared = ads(tmp_path, f"Campaign,Day,Clicks,Cost\n{days}{totals}")
    assert by_day(prepared) == FOUND and ("ads.csv", "footer or total row", 2) in left_out(prepared)


def test_a_row_without_a_campaign_is_the_sum_of_the_others_or_refused(tmp_path):
    text = changed(("Total" + DAILY.split("Total", 1)[1], "2025-07-31,,,,USD,,,1600.00,\n"))
    prepared = ads(tmp_path, text)
    assert by_day(prepared) == FOUND and ("ads.csv", "footer or total row", 1) in left_out(prepared)
    assert refusal(tmp_path / "other", text.replace("1600.00", "1500.00")) == (
        "ads.csv: every row must name a campaign, or be the sum of the others; found 1 of 4 that name none and hold "
        "1,500.00, beside 1,600.00 of the others. Export it again with the campaign in every row."
    )


def test_one_total_over_several_months_is_refused_with_what_to_export(tmp_path):
    text = GOOGLE.read_text().replace("July 1, 2025 - July 31", "June 1, 2025 - July 31")
    assert refusal(tmp_path, text) == (
        "ads.csv: each row must be of one day or of one month; found one total from 2025-06-01 to 2025-07-31. In "
        "Google Ads segment the Campaigns report by Day (or Month) and download it again."
    )
    bare = "\n".join(GOOGLE.read_text().splitlines()[2:])
    assert refusal(tmp_path / "bare", bare) == (
        "ads.csv: each row must be of one day or of one month; found neither a column of days nor a period. In Google "
        "Ads segment the Campaigns report by Day (or Month) and download it again."
    )


def test_the_same_export_twice_and_in_another_encoding_counts_once(tmp_path):
    prepared = ads(tmp_path, DAILY, DAILY, LAYOUTS["Excel .csv: utf-16 with tabs"])
    assert by_day(prepared) == FOUND and balanced(prepared)
    assert [item for item in left_out(prepared) if item[1].startswith("same")] == [
        ("ads1.csv", "same file given twice", 8),
        ("ads2.csv", "same spend in another file", 3),
    ]


def test_exports_that_overlap_count_each_day_once(tmp_path):
    head, last = DAILY.split("Total", 1)[0], "2025-07-03,Brand,11,Search,USD,10,1,7.00,0.00\n"
    later = head.replace(DAILY.splitlines()[3] + "\n", "").replace("90,249.50,1.50", "90,249.50,2.50") + last
    prepared = ads(tmp_path, head, later)
    assert by_day(prepared) == {**FOUND, ("Brand", "2025-07-03"): 7.0}
    assert next(row["conversions"] for row in spend(prepared) if row["amount"] == 249.5) == 2.5
    assert sum(n for _, reason, n in left_out(prepared) if reason == "same spend in another file") == 2
    assert balanced(prepared)


def test_ids_in_one_export_and_names_in_the_other_are_one_campaign(tmp_path):
    names = changed(
        (",Campaign ID", ""), (",11,", ","), (",12,", ","), (" --, --, --", " --, --"), (",,,,", ",,,"), (",,,S", ",,S")
    )
    assert by_day(ads(tmp_path, DAILY, names)) == FOUND


def test_amounts_that_contradict_each_other_are_refused(tmp_path):
    head = DAILY.split("Total", 1)[0]
    assert refusal(tmp_path, head, head.replace("249.50", "240.00")) == (
        "spend: a campaign must have one amount for the same days; found 1 of 3 with several (e.g. Brand, 2025-07-02: "
        "240.00 in ads1.csv and 249.50 in ads.csv). Of exports made at different times keep the later one; of rows of "
        "one export add the column that tells them apart (Campaign ID, Account, Ad group, Device)."
    )


def test_rows_that_an_unread_column_tells_apart_are_refused_and_exact_copies_counted(tmp_path):
    head = DAILY.split("Total", 1)[0]
    row = head.splitlines()[-1] + "\n"
    prepared = ads(tmp_path, head + row)
    assert by_day(prepared) == FOUND and ("ads.csv", "exact duplicate row", 1) in left_out(prepared)
    aged = "\n".join(f"{line},{at}" for at, line in enumerate((head + row).splitlines()[2:])).replace(
        ",0\n", ",Age\n", 1
    )
    assert refusal(tmp_path / "aged", aged) == (
        "spend: a campaign must have one amount for the same days; found 1 of 3 with several (e.g. Banner, 2025-07-02: "
        "100.00 in ads.csv). Of exports made at different times keep the later one; of rows of one export add the "
        "column that tells them apart (Campaign ID, Account, Ad group, Device)."
    )


def test_campaigns_of_one_name_in_two_accounts_are_two(tmp_path):
    text = "Day,Account,Campaign,Cost,Clicks\n2025-07-01,X,Brand,5.50,1\n2025-07-01,Y,Brand,5.50,1\n"
    assert sum(row["amount"] for row in spend(ads(tmp_path, text))) == 11.0


def test_a_month_beside_its_days_is_refused(tmp_path):
    month = changed(
        ("Day,", "Month,"), ("2025-07-02", "2025-07-01"), ("Display", "Video"), text=DAILY.split("Total", 1)[0]
    )
    month = month.replace("2025-07-01,Brand,11,Search,USD,900,90,249.50,1.50\n", "")
    assert refusal(tmp_path, DAILY, month) == (
        "spend: the rows of a campaign must not cover the same days twice; found 2 of 5 that lie over others, in "
        "ads.csv and ads1.csv (e.g. Banner 2025-07-01 to 2025-07-31, Brand 2025-07-01 to 2025-07-31). Keep either the "
        "days or the month, and either the campaigns or their parts."
    )


def test_parts_of_a_campaign_are_kept_apart_and_never_beside_the_whole(tmp_path):
    head = DAILY.split("Total", 1)[0]
    lines = head.splitlines()
    parts = "\n".join(
        [*lines[:2], f"{lines[2]},Device", *(f"{line},{d}" for line in lines[3:] for d in ("Mobile", "Desktop"))]
    )
    prepared = ads(tmp_path, parts)
    assert sum(row["amount"] for row in spend(prepared)) == 3200.0
    assert {row["part"] for row in spend(prepared)} == {"Mobile", "Desktop"}
    assert "must not cover the same days twice; found 3 of 6" in refusal(tmp_path / "both", head, parts)


def test_channels_of_the_company_come_first(tmp_path):
    found = spend(ads(tmp_path, DAILY, channels={"display": ["Display", "*banner*"], "brand": ["brand"]}))
    assert {row["campaign_name"]: row["channel"] for row in found} == {"Banner": "display", "Brand": "brand"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "249.50",
            "n/a",
            "ads.csv, column Cost: must hold numbers; found 1 of 6 cells that are none (e.g. n/a). Correct the export.",
        ),
        (
            "2025-07-02,Banner",
            "soon,Banner",
            "ads.csv, column Day: every cell must be a date or blank; found 1 that are none (e.g. soon). Correct the "
            "export.",
        ),
        (
            "100.00,0.00",
            "100.00",
            "ads.csv: rows must have 9 cells as the header has; found 1 of 8 with another number (e.g. line 6). Export "
            "it again, or correct its delimiters and quotes.",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(tmp_path, old, new, message):
    assert refusal(tmp_path, changed((old, new))) == message


def test_an_export_with_headers_of_its_own_is_not_recognised(tmp_path):
    prepared = ads(tmp_path, "Kampagne,Kosten\nMarke,5\n")
    assert "spend" not in prepared.tables
    assert [name for name, _ in prepared.audit.unrecognised] == ["ads.csv"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rows_and_columns_in_any_order_give_the_same_spend(tmp_path, seed):
    """Columns anywhere, rows anywhere below the header, totals among them."""
    draw = random.Random(seed)
    table = [row for row in csv.reader(io.StringIO(DAILY)) if len(row) == 9]
    order = draw.sample(range(9), 9)
    body = draw.sample(table[1:4], 3) + draw.sample(table[4:], 3)
    labelled = [row if row in table[1:4] else ["", *row[1:]] for row in body]
    out = [[row[at] for at in order] for row in [table[0], *labelled]]
    for row, label in zip(out[4:], [row[0] for row in body[3:]], strict=True):
        row[0] = label
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(out)
    try:
        prepared = ads(tmp_path, text.getvalue())
    except ExportError:
        return
    assert by_day(prepared) == FOUND


META = """\
Reporting starts,Reporting ends,Campaign name,Campaign ID,Ad set name,Amount spent (EUR),Impressions,Link clicks
2025-07-01,2025-07-01,Retargeting,120210000000000011,Visitors,"1,234.50",20000,150
2025-07-01,2025-07-01,Retargeting,120210000000000011,Customers,10.25,1200,14
2025-07-02,2025-07-02,Retargeting,120210000000000011,Visitors,5.00,100,1
"""
META_FR = """\
Début des rapports;Fin des rapports;Nom de la campagne;Montant dépensé (EUR);Impressions;Clics sur un lien
2025-07-01;2025-07-31;Été – prospection;1\u202f234,56;20\u202f000;150
2025-07-01;2025-07-31;Notoriété;65,44;1 200;14
2025-07-01;2025-07-31;;1\u202f300,00;21\u202f200;164
"""


def test_meta_in_english_by_day_and_ad_set(tmp_path):
    prepared = ads(tmp_path, META)
    found = spend(prepared)
    assert {row["part"]: row["amount_original"] for row in found if row["date"].day == 1} == {
        "Visitors": 1234.5, "Customers": 10.25
    }  # fmt: skip
    assert round(sum(row["amount"] for row in found), 2) == round(1249.75 * 1.1, 2)
    assert {(row["system"], row["channel"], row["campaign_id"], row["currency"]) for row in found} == {
        ("meta_ads", "paid_social", "120210000000000011", "EUR")
    }
    assert file_audit(prepared, "ads.csv").currencies == ("EUR",) and balanced(prepared)


def test_meta_in_french_by_month_with_a_row_of_totals(tmp_path):
    prepared = ads(tmp_path, META_FR)
    assert {row["campaign_name"]: row["amount_original"] for row in spend(prepared)} == {
        "Été – prospection": 1234.56, "Notoriété": 65.44
    }  # fmt: skip
    assert {row["period_end"].day for row in spend(prepared)} == {31}
    assert sum(row["impressions"] for row in spend(prepared)) == 21_200
    assert left_out(prepared) == [("ads.csv", "footer or total row", 1)] and balanced(prepared)


def test_meta_without_a_split_by_time_is_refused(tmp_path):
    assert refusal(tmp_path, META_FR.replace("2025-07-31", "2025-09-30")) == (
        "ads.csv: each row must be of one day or of one month; found 2 of 2 rows that are not (e.g. 2025-07-01 to "
        "2025-09-30). In Ads Manager export the table with the breakdown By time > Day (or Month)."
    )


def test_linkedin_in_utf8_with_commas_and_a_total_gives_the_same(tmp_path):
    lines = [row for row in csv.reader(io.StringIO(LINKEDIN.read_bytes().decode("utf-16")), delimiter="\t")]
    total = ["Total", *[""] * 9, "2,214.75", *[""] * 10]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*lines, total])
    prepared = ads(tmp_path, out.getvalue(), LINKEDIN)
    assert sum(row["amount"] for row in spend(prepared)) == 2_214.75
    assert ("ads.csv", "footer or total row", 1) in left_out(prepared) and balanced(prepared)
    assert "rows must add up" in refusal(tmp_path / "off", out.getvalue().replace("2,214.75", "2,215.75"))


def test_months_without_a_row_between_others_are_told_with_what_the_month_before_spent(tmp_path):
    head = "Day,Campaign,Campaign ID,Currency code,Impr.,Clicks,Cost\n"
    days = ("2025-01-15,Brand,11,USD,10,1,300.00\n", "2025-02-03,Brand,11,USD,10,1,40.00\n",
            "2025-05-01,Brand,11,USD,10,1,7.00\n")  # fmt: skip
    gap = gate(tmp_path / "a", {"deals.csv": rows({}), "google.csv": head + "".join(days)})
    assert gap.audit.warnings == (
        "spend: google_ads has no row for 2 months between its first and its last (e.g. 2025-03, 2025-04), after $40 "
        "in the month before. Add that export, unless nothing ran.",
    )
    assert gate(tmp_path / "b", {"deals.csv": rows({}), "google.csv": head + "".join(days[:2])}).audit.warnings == ()
