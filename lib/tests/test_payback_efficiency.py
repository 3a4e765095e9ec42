"""Magic number, burn multiple and expansion by customer success: worked by hand, and said where they mean nothing."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from companies_of_people import states

from frames import as_of, book, deal
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.efficiency import VARIANTS, efficiency
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.window import window_of

MONTHS = pd.date_range("2025-01-01", "2026-06-01", freq="MS", unit="us")
TEXT = ("quarter", "variant", "note", "first_quarter", "last_quarter")


def window(day="2026-06-30", *, deals=(), quarters=2, **knobs):
    """Return the window of a company with calendar quarters and one deal that counts in nothing."""
    deals = [deal("0", type="other", created_at="2024-01-01 09:00"), *deals]
    return window_of(as_of(book(deals, states(deals)), day), Knobs(quarters=quarters, **knobs))


def books(months=MONTHS, **columns):
    """Return books of 100 revenue, 20 cogs, 30 sales and 20 marketing a month but for what is given: a loss of 10."""
    table = {"revenue": 100.0, "cogs": 20.0, "sales": 30.0, "marketing": 20.0, "r_and_d": 40.0, **columns}
    totals = pd.DataFrame(table, index=months).dropna(axis=1, how="all")
    cost = totals.drop(columns="revenue", errors="ignore").sum(axis=1, skipna=False)
    revenue = totals.get("revenue", 0.0)
    nothing = pd.DataFrame(index=months)
    return Books("ledger", months, nothing, pd.Series(dtype=float), nothing, totals.assign(result=revenue - cost),
                 np.nan, "none", {})  # fmt: skip


NO_LEDGER = Books("campaigns", MONTHS, pd.DataFrame(index=MONTHS), pd.Series(dtype=float), pd.DataFrame(),
                  pd.DataFrame(index=MONTHS), np.nan, "none", {})  # fmt: skip


def moved(months=MONTHS, opening=1000.0, **columns):
    """Return movements of 10 new, 4 expansion, -1 contraction, -3 churn and 2 back a month but for what is given."""
    parts = {"new": 10.0, "expansion": 4.0, "contraction": -1.0, "churn": -3.0, "reactivation": 2.0, **columns}
    table = pd.DataFrame(parts, index=months)
    closing = opening + table.sum(axis=1).cumsum()
    table = table.assign(opening=closing - table.sum(axis=1), closing=closing)
    return table.assign(period=months.strftime("%Y-%m")).reset_index(drop=True)


def of(result, quarter, variant):
    rows = result.magic
    return rows[rows["quarter"].eq(quarter) & rows["variant"].eq(variant)].iloc[0]


def by_month(**given):
    """Return a column of months: given by month such as m2026_02, all others `other`."""
    other = given.pop("other")
    return [given.get(f"m{month:%Y_%m}", other) for month in MONTHS]


def test_magic_numbers_of_a_quarter_by_hand():
    """A month adds 10 + 4 + 2 and loses 1 + 3: 12 net, 16 gross. A quarter costs 3 x (30 + 20) = 150."""
    result = efficiency(window(), books(revenue=by_month(other=100.0, m2026_04=120.0, m2026_05=130.0)), moved())
    net, gross, revenue = (of(result, "FY26-Q2", variant) for variant in VARIANTS)
    assert (net.numerator_amount, net.spend_amount) == (12 * 3 * 12, 150)
    assert net.magic_number == pytest.approx(432 / 150)
    assert gross.magic_number == pytest.approx(12 * 3 * 16 / 150)
    assert revenue.numerator_amount == 4 * (120 + 130 + 100 - 300)
    assert revenue.magic_number == pytest.approx(200 / 150)
    assert result.magic["note"].notna().tolist() == [False, False, True] * 2 + [False] * 3


def test_the_cost_is_that_of_the_quarter_before():
    spend = by_month(other=30.0, m2026_01=300.0, m2026_05=9999.0)
    result = efficiency(window(), books(sales=spend), moved())
    assert of(result, "FY26-Q2", "net_new").spend_amount == 300 + 30 + 30 + 3 * 20
    assert of(result, "FY26-Q1", "net_new").spend_amount == 150


def test_rows_are_the_windows_quarters_by_variant_oldest_first():
    result = efficiency(window(quarters=3), books(), moved())
    assert result.magic["quarter"].drop_duplicates().tolist() == ["FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
    assert result.magic["variant"].tolist() == list(VARIANTS) * 4
    assert list(result.magic) == ["quarter", "variant", "numerator_amount", "spend_amount", "magic_number", "note"]
    assert result.expansion["quarter"].tolist() == ["FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
    assert list(result.burn) == ["first_quarter", "last_quarter", "loss_amount", "net_new_amount", "burn_multiple",
                                 "note"]  # fmt: skip
    for table in (result.magic, result.burn, result.expansion):
        assert isinstance(table.index, pd.RangeIndex)
        assert {str(kind) for name, kind in table.dtypes.items() if name in TEXT} == {"str"}


@pytest.mark.parametrize(
    ("case", "notes"),
    [
        ({"moves": moved(churn=-100.0)}, ["not meaningful: nothing was added", None, "not meaningful: revenue did not "
                                          "grow"]),
        ({"moves": None}, ["needs recurring revenue by customer and month"] * 2
         + ["not meaningful: revenue did not grow"]),
        ({"moves": moved().drop(index=16)}, ["the bills do not hold each of its months"] * 2
         + ["not meaningful: revenue did not grow"]),
        ({"books": books(sales=by_month(other=30.0, m2026_02=np.nan))},
         ["the ledger does not hold each month of the quarter before"] * 3),
        ({"books": books(revenue=by_month(other=100.0, m2026_02=np.nan))},
         [None, None, "the ledger does not hold each of its months and of the quarter before"]),
        ({"books": books(sales=0.0, marketing=0.0)},
         ["not meaningful: no cost of sales and marketing in the quarter before"] * 3),
        ({"books": books(sales=np.nan, marketing=np.nan)}, ["needs the profit and loss by month"] * 3),
        ({"books": replace(books(sales=0.0, marketing=0.0), why={"spend": "no account is mapped"})},
         ["no account is mapped"] * 3),
        ({"books": NO_LEDGER}, ["needs the profit and loss by month"] * 3),
    ],
)  # fmt: skip
def test_what_means_nothing_has_no_number_but_a_reason(case, notes):
    result = efficiency(window(), case.get("books", books()), case.get("moves", moved()))
    rows = result.magic[result.magic["quarter"].eq("FY26-Q2")]
    assert [None if pd.isna(note) else note for note in rows["note"]] == notes
    assert rows["magic_number"].isna().tolist() == [note is not None for note in notes]


def test_a_quarter_that_is_not_over_has_no_number_yet():
    """On 15 June, April and May are over; the quarter before is whole."""
    result = efficiency(window("2026-06-15"), books(MONTHS[:-1]), moved(MONTHS[:-1]))
    last = result.magic[result.magic["quarter"].eq("FY26-Q2")]
    assert last["note"].tolist() == ["not over: 2 of 3 months"] * 3
    assert last[["numerator_amount", "magic_number"]].isna().all(axis=None)
    assert of(result, "FY26-Q1", "net_new").magic_number == pytest.approx(432 / 150)
    assert result.burn[["first_quarter", "last_quarter"]].iloc[0].tolist() == ["FY25-Q2", "FY26-Q1"]


def test_a_category_without_accounts_costs_nothing():
    assert of(efficiency(window(), books(marketing=np.nan), moved()), "FY26-Q2", "net_new").spend_amount == 90


def test_burn_multiple_by_hand():
    """Four quarters lose 12 x 10 and add 12 x 12 a month, 1,728 a year."""
    row = efficiency(window(), books(), moved()).burn.iloc[0]
    assert (row.loss_amount, row.net_new_amount) == (120, 12 * 12 * 12)
    assert row.burn_multiple == pytest.approx(120 / 1728)
    assert (row.first_quarter, row.last_quarter) == ("FY25-Q3", "FY26-Q2") and pd.isna(row.note)


@pytest.mark.parametrize(
    ("given", "moves", "note"),
    [
        (books(revenue=200.0), moved(), "not meaningful: no loss"),
        (books(), moved(churn=-100.0), "not meaningful: nothing was added, net of what was lost"),
        (books(), None, "needs recurring revenue by customer and month"),
        (NO_LEDGER, moved(), "needs the profit and loss by month"),
        (books(sales=by_month(other=30.0, m2025_11=np.nan)), moved(),
         "the ledger and the bills do not both hold four whole quarters in a row"),
    ],
)  # fmt: skip
def test_burn_without_meaning_says_why(given, moves, note):
    row = efficiency(window(), given, moves).burn.iloc[0]
    assert row.note == note and np.isnan(row.burn_multiple)


def test_burn_is_of_the_last_four_quarters_that_are_known():
    """June is in no ledger yet: the four quarters end with March."""
    row = efficiency(window(), books(sales=by_month(other=30.0, m2026_06=np.nan)), moved()).burn.iloc[0]
    assert (row.first_quarter, row.last_quarter, row.loss_amount) == ("FY25-Q2", "FY26-Q1", 120)


def test_a_profit_is_a_loss_below_nothing():
    assert efficiency(window(), books(revenue=200.0), moved()).burn["loss_amount"].iloc[0] == -12 * 90


EXPANDED = [
    deal("1", type="expansion", stage_name="Won", source="customer_success", amount=30.0, close_date="2026-04-01"),
    deal("2", type="expansion", stage_name="Won", source="sales", amount=50.0, close_date="2026-06-30"),
    deal("3", type="expansion", stage_name="Won", source="customer_success", amount=7.0, close_date="2026-03-31"),
    deal("4", type="expansion", stage_name="Lost", source="customer_success", amount=1e6, close_date="2026-05-01"),
    deal("5", type="new", stage_name="Won", source="customer_success", amount=1e6, close_date="2026-05-01"),
    deal("6", type="expansion", stage_name="Won", source="customer_success", amount=1e6, close_date="2025-09-30"),
    deal("7", type="expansion", stage_name="Won", source="customer_success", amount=None, close_date="2026-05-01"),
]  # fmt: skip


def test_expansion_that_customer_success_made_by_hand():
    """April to June: 30 of 80, in three deals, one of them without an amount; January to March 7 of 7; before, none."""
    result = efficiency(window(deals=EXPANDED), books(), moved())
    table = result.expansion.set_index("quarter")
    assert table.loc["FY26-Q2"].tolist() == [30, 80, 30 / 80, 3]
    assert table.loc["FY26-Q1"].tolist() == [7, 7, 1, 1]
    assert table.loc["FY25-Q4", ["cs_expansion_amount", "expansion_amount", "n_deals"]].tolist() == [0, 0, 0]
    assert np.isnan(table.loc["FY25-Q4", "cs_share"]) and result.why == {}


def test_without_a_source_of_that_name_nobody_can_tell_and_it_is_said():
    deals = [{**one, "source": "sales"} for one in EXPANDED]
    result = efficiency(window(deals=deals), books(), moved())
    assert result.expansion["cs_expansion_amount"].isna().all() and result.expansion["expansion_amount"].sum() == 87
    assert result.why == {
        "cs_expansion_amount": "no opportunity has customer_success as its source: see sources in company.yml"
    }


def test_expansion_is_that_of_the_slice():
    deals = [{**one, "segment": "SMB" if one["opportunity_id"] == "2" else "Enterprise"} for one in EXPANDED]
    result = efficiency(window(deals=deals, slice={"segment": "SMB"}), books(), moved())
    assert result.expansion.set_index("quarter").loc["FY26-Q2"].tolist() == [0, 50, 0, 1]


def test_what_is_won_after_the_day_changes_nothing():
    """On 31 May nobody knows of the deal that closes in June."""
    early = [{**one, "created_at": "2026-01-01 09:00"} for one in EXPANDED]
    late = [deal("8", type="expansion", stage_name="Won", source="sales", close_date="2026-05-02",
                 created_at="2026-06-02 09:00")]  # fmt: skip
    one, other = (efficiency(window("2026-05-31", deals=deals), books(), moved()) for deals in (early, early + late))
    pd.testing.assert_frame_equal(one.expansion, other.expansion)


def test_another_currency_changes_amounts_alone_and_order_nothing():
    one = efficiency(window(), books(), moved())
    scaled = {name: column * 7.5 for name, column in moved().drop(columns="period").items()}
    moves = moved().assign(**scaled).sample(frac=1, random_state=1)
    ledger = books(revenue=750.0, cogs=150.0, sales=225.0, marketing=150.0, r_and_d=300.0)
    other = efficiency(window(), ledger, moves)
    np.testing.assert_allclose(other.magic["magic_number"], one.magic["magic_number"], equal_nan=True)
    np.testing.assert_allclose(other.magic["numerator_amount"], 7.5 * one.magic["numerator_amount"])
    np.testing.assert_allclose(other.burn["burn_multiple"], one.burn["burn_multiple"])


def test_random_quarters_agree_with_plain_sums():
    rng = np.random.default_rng(4)
    parts = {"new": rng.uniform(5, 15, 18), "expansion": rng.uniform(0, 5, 18), "churn": -rng.uniform(0, 4, 18)}
    sales, revenue = rng.uniform(20, 40, 18), rng.uniform(90, 200, 18)
    result = efficiency(window(quarters=3), books(sales=sales, revenue=revenue), moved(**parts))
    for place, quarter in enumerate(["FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]):
        this, before = range(6 + 3 * place, 9 + 3 * place), range(3 + 3 * place, 6 + 3 * place)
        cost = sum(sales[month] + 20 for month in before)
        net = sum(parts["new"][m] + parts["expansion"][m] + parts["churn"][m] - 1 + 2 for m in this)
        grown = 4 * (sum(revenue[m] for m in this) - sum(revenue[m] for m in before))
        assert of(result, quarter, "net_new").magic_number == pytest.approx(12 * net / cost)
        assert of(result, quarter, "revenue").numerator_amount == pytest.approx(grown)
        assert np.isnan(of(result, quarter, "revenue").magic_number) == (grown <= 0)
    assert window(quarters=3).until == dt.date(2026, 6, 30)
