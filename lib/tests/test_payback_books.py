"""Cost of acquisition and margin by month: each account once, as known on the day, and what could not be had."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from books import STATEMENT
from books import books as gated
from hand_ladder import account, books, window
from spending_companies import ad, campaign, on

from frames import as_of, with_tables
from revops.analysis.spending import gross_margin
from revops.measures.cac_payback import Knobs
from revops.measures.cac_payback.books import CATEGORIES, books_of
from revops.measures.cac_payback.window import window_of

REVENUE = account("revenue", "4000 Subscriptions", [100, 200, 300], "2026-04-01")
COGS = account("cogs", "5000 Hosting", [20, 30, 70], "2026-04-01")
ADS = account("marketing", "6010 Google Ads", [10, 11, 12], "2026-04-01")
SALARIES = account("sales", "6110 Sales Salaries", [40, 41, 42], "2026-04-01")
WHOLE = (REVENUE, COGS, ADS, SALARIES)


def months(found, name):
    return {f"{month:%Y-%m}": value for month, value in found.spend[name].items()}


# What counts as what


def test_accounts_of_sales_and_marketing_are_people_by_their_own_name_and_programs_otherwise():
    """The pattern is held against the account, without regard to case, not against the accounts above it."""
    found = books(
        REVENUE, COGS,
        *(account(category, name, [amount], "2026-06-01", parent="Expenses:6100 Payroll")
          for category, name, amount in (("sales", "6110 SALARIES", 1.0), ("marketing", "Payroll taxes", 2.0),
                                         ("sales", "6120 Commissions", 4.0), ("marketing", "Events", 8.0),
                                         ("r_and_d", "R&D salaries", 16.0))),
    )  # fmt: skip
    assert found.spend.loc["2026-06-01"].to_dict() == {"programs": 12.0, "people": 3.0, "also": 0.0}
    assert found.all_spend.loc["2026-06-01"] == 15.0
    assert dict(zip(found.accounts["account"], found.accounts["use"], strict=True)) == {
        "4000 Subscriptions": "left_out", "5000 Hosting": "left_out", "6110 SALARIES": "people",
        "Payroll taxes": "people", "6120 Commissions": "programs", "Events": "programs", "R&D salaries": "left_out",
    }  # fmt: skip


def test_parts_of_other_categories_count_where_the_knob_names_them():
    """A fifth of 50 in customer success and all of 7 in other; general costs stay out."""
    rest = [account(name, name, [amount], "2026-06-01")
            for name, amount in (("customer_success", 50), ("other", 7), ("g_and_a", 9))]  # fmt: skip
    found = books(*WHOLE, *rest, also_acquisition={"customer_success": 0.2, "other": 1.0, "g_and_a": 0.0})
    assert months(found, "also") == pytest.approx({"2026-04": 0, "2026-05": 0, "2026-06": 17})
    assert found.all_spend.tolist() == pytest.approx([50, 52, 71])
    assert found.accounts.set_index("account")["use"][["customer_success", "other", "g_and_a"]].tolist() == [
        "also", "also", "left_out",
    ]  # fmt: skip


def test_accounts_tell_the_window_and_months_tell_all_time():
    """Two months before the quarter are in the months, not in the amounts of the accounts."""
    found = books(REVENUE, COGS, account("marketing", "Ads", [5, 6, 10, 11, 12], "2026-02-01"))
    assert list(found.accounts.columns) == ["category", "account", "parent", "use", "amount"]
    assert found.accounts.set_index("account")["amount"].to_dict() == {
        "5000 Hosting": 120.0, "Ads": 33.0, "4000 Subscriptions": 600.0,
    }  # fmt: skip
    assert months(found, "programs") == {"2026-02": 5, "2026-03": 6, "2026-04": 10, "2026-05": 11, "2026-06": 12}


def test_an_account_of_the_other_side_takes_from_its_category():
    """Discounts booked as an expense take 30 of 300 of revenue; funds of a partner take 4 of 12 of marketing."""
    found = books(
        *WHOLE, account("revenue", "Discounts", [30], "2026-06-01", section="expenses"),
        account("marketing", "Co-marketing funds received", [4], "2026-06-01", section="other_income"),
        account("other", "Interest received", [3], "2026-06-01", section="other_income"),
        account("other", "Interest paid", [5], "2026-06-01", section="other_expenses"),
    )  # fmt: skip
    june = found.totals.loc["2026-06-01"]
    assert june[["revenue", "cogs", "sales", "marketing", "other"]].tolist() == [270, 70, 42, 8, 2]
    assert june["result"] == 300 - 30 + 4 + 3 - 70 - 42 - 12 - 5 == 148
    assert june["result"] == june["revenue"] - june[list(CATEGORIES[1:])].sum()
    assert found.spend.loc["2026-06-01", "programs"] == 8
    assert found.margin.loc["2026-06-01"] == pytest.approx(200 / 270)
    by_name = found.accounts.set_index("account")["amount"]
    assert by_name[["Discounts", "Co-marketing funds received"]].tolist() == [30, 4]


# Margin


def test_margin_by_month_and_of_the_window():
    found = books(*WHOLE)
    assert found.margin.tolist() == pytest.approx([0.8, 0.85, 230 / 300])
    assert found.window_margin == pytest.approx(480 / 600)
    assert (found.source, found.margin_source, found.why) == ("ledger", "ledger", {})


def test_a_cost_of_goods_beyond_revenue_is_a_margin_below_0():
    found = books(REVENUE, account("cogs", "Hosting", [150, 200, 310], "2026-04-01"), ADS)
    assert found.margin.tolist() == pytest.approx([-0.5, 0.0, -1 / 30])
    assert found.window_margin == pytest.approx(-0.1) and "margin" not in found.why


def test_a_margin_of_the_params_holds_in_every_month():
    found = books(REVENUE, ADS, SALARIES, gross_margin=0.7)
    assert found.margin.tolist() == [0.7] * 3
    assert (found.window_margin, found.margin_source) == (0.7, "params") and "margin" not in found.why


@pytest.mark.parametrize(("accounts", "why"), [
    ((REVENUE, ADS), "no account of the ledger is mapped to cogs, or none has an amount in the window's months"),
    ((COGS, ADS), "the ledger has no revenue above 0 in the window's months"),
    ((account("revenue", "Sales", [-5.0], "2026-05-01"), COGS),
     "the ledger has no revenue above 0 in the window's months"),
    ((account("revenue", "Sales", [9.0], "2025-05-01"), account("cogs", "Hosting", [9.0], "2025-05-01")),
     "the ledger holds no month of the window"),
    ((), "needs the profit and loss (ledger), or gross_margin in params"),
])  # fmt: skip
def test_a_margin_that_cannot_be_had_says_why(accounts, why):
    found = books(*accounts, tables={"campaigns": [campaign("1", 5.0)]})
    assert np.isnan(found.window_margin) and found.margin_source == "none"
    assert found.why["margin"] == why


def test_one_month_without_cost_of_goods_has_no_margin_and_the_window_has():
    found = books(REVENUE, account("cogs", "Hosting", [20, None, 70], "2026-04-01"), ADS)
    assert found.margin.isna().tolist() == [False, True, False]
    assert found.window_margin == pytest.approx(510 / 600)


# Months that the books do not hold


def test_a_month_without_a_statement_is_not_known_and_said():
    gap = [account(category, name, [10, None, 12], "2026-04-01")
           for category, name in (("revenue", "Sales"), ("cogs", "Hosting"), ("sales", "Wages"))]  # fmt: skip
    found = books(*gap)
    assert found.all_spend.isna().tolist() == [False, True, False]
    assert found.totals.isna().all(axis=1).tolist() == [False, True, False]
    assert np.isnan(found.margin.iloc[1])
    assert found.why["months"] == "the ledger lacks 1 of the window's 3 months (e.g. May 2026)"


def test_an_account_without_an_amount_in_a_month_that_is_held_cost_nothing():
    found = books(*WHOLE, account("marketing", "Events", [None, 7, None], "2026-04-01"))
    assert months(found, "programs") == {"2026-04": 10, "2026-05": 18, "2026-06": 12}


def test_a_ledger_that_stops_before_the_day_leaves_the_last_months_open():
    found = books(*([row for row in rows if row["month"] < "2026-05-01"] for rows in WHOLE))
    assert [f"{month:%Y-%m}" for month in found.months] == ["2026-04", "2026-05", "2026-06"]
    assert found.all_spend.isna().tolist() == [False, True, True]
    assert found.why["months"] == "the ledger lacks 2 of the window's 3 months (e.g. May 2026, Jun 2026)"


def test_a_month_counts_once_it_is_over_on_the_day():
    """On 30 May, May is not over; on 31 May it is."""
    before, after = (books(*WHOLE, day=day, last="2026-07-31") for day in ("2026-05-30", "2026-05-31"))
    assert (len(before.months), len(after.months)) == (1, 2)
    assert before.accounts["amount"].sum() == 100 + 20 + 10 + 40
    assert before.window_margin == pytest.approx(0.8) and after.window_margin == pytest.approx(250 / 300)


def test_what_is_booked_after_the_day_changes_nothing_not_even_the_list_of_accounts():
    later = [account(category, f"New {category}", [1e6], "2026-06-01") for category in CATEGORIES]
    given = {"day": "2026-05-31", "last": "2026-07-31"}
    one, two = books(*WHOLE, **given), books(*WHOLE, *later, **given)
    for name in ("spend", "accounts", "totals"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert (one.window_margin, one.why) == (two.window_margin, two.why)


def test_a_ledger_that_begins_after_the_day_is_none():
    given = {"day": "2026-03-31", "last": "2026-07-31", "tables": {"spend": [ad("A", "2026-02-10")]}}
    assert books(*WHOLE, **given).source == "campaigns"


# What the accounts lack


def test_books_without_sales_and_marketing_tell_no_cost():
    found = books(REVENUE, COGS, account("g_and_a", "Everything", [9, 9, 9], "2026-04-01"))
    assert found.all_spend.isna().all()
    assert found.why == {"spend": "no account of the ledger is mapped to sales or marketing in company.yml"}


def test_books_without_people_say_so_and_count_what_there_is():
    found = books(REVENUE, COGS, ADS)
    assert found.all_spend.tolist() == [10, 11, 12]
    assert found.why == {
        "people": "no account of sales and marketing fits people_accounts: people are not told apart from programs"
    }


# Without a ledger


def test_without_a_ledger_cost_is_that_of_ads_and_campaigns_laid_on_their_days():
    """The fair runs from 22 May to 10 June: 10 of its 20 days in each month. Ads: 10 in May, 30 in June."""
    found = books(tables={
        "spend": [ad("A", "2026-05-05"), ad("A", "2026-06-01", 30.0, until="2026-06-30")],
        "campaigns": [campaign("1", 100.0, "2026-05-22", "2026-06-10")],
    })  # fmt: skip
    assert found.source == "campaigns"
    assert months(found, "programs") == pytest.approx({"2026-05": 60, "2026-06": 80})
    assert found.all_spend.tolist() == pytest.approx([60, 80])
    assert found.spend[["people", "also"]].isna().all(axis=None) and found.totals.isna().all(axis=None)
    assert found.accounts.empty and list(found.totals.columns) == [*CATEGORIES, "result"]
    assert found.why == {
        "people": "needs the profit and loss (ledger): what ad systems and campaigns bill holds no people",
        "months": "ad systems and campaigns tell nothing of 1 of the window's 3 months",
        "margin": "needs the profit and loss (ledger), or gross_margin in params",
    }


def test_months_after_the_last_row_of_the_ads_are_not_known_and_those_after_the_last_fair_are():
    fair = [campaign("1", 31.0)]
    with_ads = books(tables={"spend": [ad("A", "2026-04-05")], "campaigns": fair})
    assert with_ads.all_spend.isna().tolist() == [False, True, True]
    alone = books(tables={"campaigns": fair})
    assert months(alone, "programs") == pytest.approx({"2026-05": 31, "2026-06": 0})


def test_without_any_cost_nothing_is_known_and_said():
    found = books()
    assert found.all_spend.isna().all() and list(found.months) == list(window().months)
    assert found.why["spend"] == (
        "needs the profit and loss (ledger), exports of ad systems, or campaigns with their actual cost"
    )


def test_ads_of_a_month_that_is_not_over_tell_nothing_yet():
    found = books(tables={"spend": [ad("A", "2026-06-02")]}, day="2026-06-20")
    assert len(found.months) == 0 and found.all_spend.empty
    assert found.why["months"] == "ad systems and campaigns tell nothing of 2 of the window's 2 months"


# The sample company and the examples


@pytest.fixture(scope="module")
def view(sample):
    return as_of(sample, "2026-06-09")


@pytest.fixture(scope="module")
def found(view):
    return books_of(window_of(view, Knobs()))


@pytest.fixture(scope="module")
def truth():
    from conftest import ROOT

    return json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))["ledger"]


def of_truth(truth, *names):
    """Return sums of the accounts with one of these words in them, by month."""
    picked = [amounts for path, amounts in truth["accounts"].items() if any(name in path for name in names)]
    return [sum(row) for row in zip(*picked, strict=True)]


def test_cost_of_the_sample_is_that_of_its_accounts(found, truth):
    """Every account of 6000, and commissions, are programs; salaries of both teams, tools and travel are people."""
    assert [f"{month:%Y-%m}" for month in found.months] == truth["months"]
    assert found.spend["programs"].tolist() == pytest.approx(of_truth(truth, "6000", "6120"), abs=0.005)
    assert found.spend["people"].tolist() == pytest.approx(of_truth(truth, "6110", "6130", "6210", "6400"), abs=0.005)
    assert not found.spend["also"].any() and found.why == {}


def test_the_sample_reconciles_to_its_net_profit_and_every_account_is_listed(view, found, truth):
    """Result: income less all else. Amounts of the accounts: the ledger's of the window's 13 months, by category."""
    net = np.array(of_truth(truth, "Income:")) - of_truth(truth, "Cost of Goods Sold", "Expenses")
    assert found.totals["result"].tolist() == pytest.approx(net.tolist(), abs=0.005)
    assert len(found.accounts) == len(truth["accounts"])
    ledger = view.book.table("ledger")
    window = ledger[ledger["month"] >= "2025-05-01"]
    assert found.accounts.groupby("category")["amount"].sum().to_dict() == pytest.approx(
        window.groupby("category")["amount"].sum().to_dict()
    )
    assert found.totals[list(CATEGORIES)].sum().sum() == pytest.approx(ledger["amount"].sum())


def test_margins_are_those_of_gross_margin_month_by_month(view, found):
    for start, end in pairwise([*found.months[:5], found.months[5]]):
        until = (end - pd.Timedelta(days=1)).date()
        assert gross_margin(view, start.date(), until) == pytest.approx(found.margin[start], rel=1e-12)
    assert found.window_margin == gross_margin(view, on("2025-05-01"), on("2026-05-31"))


def test_row_order_and_currency_change_nothing_they_should_not(sample, found):
    ledger = sample.table("ledger")
    shuffled = with_tables(sample, ledger=ledger.sample(frac=1, random_state=3))
    scaled = with_tables(sample, ledger=ledger.assign(amount=ledger["amount"] * 8))
    again, dearer = (books_of(window_of(as_of(book, "2026-06-09"), Knobs())) for book in (shuffled, scaled))
    pd.testing.assert_frame_equal(again.spend, found.spend, check_exact=True)
    pd.testing.assert_frame_equal(again.accounts, found.accounts, check_exact=True)
    pd.testing.assert_frame_equal(dearer.spend, found.spend * 8)
    pd.testing.assert_series_equal(dearer.margin, found.margin)


def test_the_quickbooks_example_reconciles_to_the_totals_that_it_prints(tmp_path):
    """Total Income, Total Expenses and Net Income of its last column; sales and marketing added up from its leaves."""
    ledger = gated(tmp_path, STATEMENT).tables["ledger"].to_pandas()
    view = as_of(with_tables(window().view.book, ledger=ledger), "2026-06-30")
    found = books_of(replace(window(), view=view, months=pd.date_range("2024-01-01", periods=12, freq="MS")))
    total = found.totals.sum()
    assert len(found.accounts) == 16 and found.totals["result"].notna().sum() == 12
    assert (total["revenue"], total["cogs"], total["result"]) == (1_390_482.5, 249_900.0, -404_744.5)
    assert found.all_spend.sum() == pytest.approx(771_327.0)
    assert found.spend["people"].sum() == pytest.approx(393_000 + 144_000 + 27_060)
    assert found.window_margin == pytest.approx(1_140_582.5 / 1_390_482.5)
