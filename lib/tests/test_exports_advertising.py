"""Advertising in the books held against what ad systems report: shown by month and in all, warned of, never added."""

import pyarrow as pa
import pytest
from gate import file_audit, gate, rows

ACCOUNTS = {"revenue": ["Income:*"], "marketing": ["*marketing*", "*advertising*"], "g_and_a": ["*"]}
BOOKS = """\
Profit and Loss,,,
Northwind,,,
"July-September, 2025",,,
,,,
Distribution account,Jul 2025,Aug 2025,Sep 2025
Income,,,
Subscriptions,9000.00,9000.00,9000.00
Total for Income,9000.00,9000.00,9000.00
Expenses,,,
Marketing,,,
Advertising,1000.00,1300.00,1000.00
Events marketing,700.00,0.00,0.00
Total for Marketing,1700.00,1300.00,1000.00
Rent,50.00,50.00,50.00
Total for Expenses,1750.00,1350.00,1050.00
Net Income,7250.00,7650.00,7950.00
"""
HEAD = "Day,Campaign,Campaign ID,Currency code,Impr.,Clicks,Cost\n"


def ads(*days):
    """Return a Google Ads export of one campaign with days and costs."""
    lines = [f"{day},Brand,11,USD,10,1,{cost}\n" for day, cost in days]
    return HEAD + "".join(lines) + f"Total: Campaigns, --, --,USD,10,1,{sum(cost for _, cost in days):.2f}\n"


META = """\
Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions
2025-07-01,2025-07-31,Lookalikes,100.00,10
2025-08-01,2025-08-31,Lookalikes,200.00,10
"""
GOOGLE = ads(("2025-07-01", 900.0), ("2025-08-15", 1000.0), ("2025-09-10", 500.0))


def prepared(folder, files, **changes):
    return gate(folder, {"deals.csv": rows({}), **files}, **{"ledger_accounts": ACCOUNTS, **changes})


def test_each_month_and_the_total_show_books_ads_and_their_difference(tmp_path):
    found = prepared(tmp_path, {"pl.csv": BOOKS, "google.csv": GOOGLE, "meta.csv": META})
    said = [line for line in file_audit(found, "pl.csv").decisions if line.startswith("advertising")]
    assert said == [
        "advertising is 1 account: Expenses:Marketing:Advertising",
        "advertising of Sep 2025 is not compared: the ads cover part of it",
        "advertising of Jul 2025: $1,000 in the books, $1,000 by ad systems (google_ads $900, meta_ads $100): the same",
        "advertising of Aug 2025: $1,300 in the books, $1,200 by ad systems (google_ads $1,000, meta_ads $200): $100 "
        "(8%) more in the books",
        "advertising of Jul 2025 to Aug 2025, 2 months: $2,300 in the books, $2,200 by ad systems (google_ads $1,900, "
        "meta_ads $300): $100 (4%) more in the books",
    ]
    assert not found.audit.warnings


def test_a_difference_above_the_stated_share_is_warned_of(tmp_path):
    found = prepared(tmp_path, {"pl.csv": BOOKS, "google.csv": ads(("2025-07-01", 400.0), ("2025-08-31", 500.0))})
    assert found.audit.warnings == (
        "ledger: advertising of Jul 2025 to Aug 2025, 2 months: $2,300 in the books, $900 by ad systems (google_ads "
        "$900): $1,400 (61%) more in the books, which is more than 10%. Look for an ad system that is not exported, "
        "for fees and taxes in these accounts, for accounts that advertising_accounts should name, and for bills of "
        "the month before or after. The books count; ads split them by channel and are added nowhere.",
    )


def test_the_company_names_its_accounts_of_advertising(tmp_path):
    found = prepared(
        tmp_path, {"pl.csv": BOOKS, "meta.csv": META}, advertising_accounts=["*:Marketing:Events*", "Nothing"]
    )
    said = file_audit(found, "pl.csv").decisions
    assert "advertising is 1 account: Expenses:Marketing:Events marketing" in said
    assert (
        "advertising of Aug 2025: $0 in the books, $200 by ad systems (meta_ads $200): $200 less in the books" in said
    )


def test_books_without_an_account_of_advertising_say_so(tmp_path):
    found = prepared(tmp_path, {"pl.csv": BOOKS.replace("Advertising", "Marketing agencies"), "meta.csv": META})
    assert file_audit(found, "pl.csv").decisions[-1] == (
        "no account of marketing says advertising: ads of $300 are not held against the books; name the accounts in "
        "advertising_accounts of company.yml"
    )


@pytest.mark.parametrize("name", ["ledger", "spend"])
def test_books_and_ads_stay_apart_and_neither_feeds_the_other(tmp_path, name):
    both = prepared(tmp_path / "both", {"pl.csv": BOOKS, "google.csv": GOOGLE, "meta.csv": META})
    alone = {"ledger": {"pl.csv": BOOKS}, "spend": {"google.csv": GOOGLE, "meta.csv": META}}[name]
    table = prepared(tmp_path / "alone", alone).tables[name]
    assert both.tables[name].equals(table) and isinstance(table, pa.Table)
    total = {"ledger": ("amount", 31_150.0), "spend": ("amount", 2_700.0)}[name]
    assert sum(table[total[0]].to_pylist()) == total[1]


def test_a_parent_named_advertising_does_not_make_all_below_it_advertising(tmp_path):
    books = BOOKS.replace("\nMarketing,,,", "\nAdvertising and marketing,,,")
    books = books.replace("for Marketing", "for Advertising and marketing")
    own = prepared(tmp_path / "a", {"pl.csv": books, "meta.csv": META})
    below = "Expenses:Advertising and marketing:"
    assert f"advertising is 1 account: {below}Advertising" in file_audit(own, "pl.csv").decisions
    none = prepared(tmp_path / "b", {"pl.csv": books.replace("\nAdvertising,", "\nGoogle,"), "meta.csv": META})
    said = [line for line in file_audit(none, "pl.csv").decisions if line.startswith("advertising is")]
    assert said == [f"advertising is 2 accounts: {below}Events marketing, {below}Google"]


def test_a_profit_and_loss_that_is_not_mapped_is_left_out_beside_ads_too(tmp_path):
    found = prepared(tmp_path, {"pl.csv": BOOKS, "meta.csv": META}, ledger_accounts={})
    assert "ledger" not in found.tables and found.tables["spend"].num_rows == 2
