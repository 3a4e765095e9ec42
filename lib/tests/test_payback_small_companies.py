"""The CAC payback report of whole small companies, odd ones too: its rows, what it lacks, and that it never stops."""

import dataclasses
from functools import cache
from pathlib import Path

import hand_payback as hand
import pandas as pd
import pytest
from told_payback import told

from revops.actions.cac_payback import actions, headline
from revops.benchmarks import published
from revops.errors import MeasureError
from revops.measures import cac_payback as report
from revops.metrics import METRICS
from revops.metrics.cac_payback import CAC_PAYBACK

FIGURES = published(Path(__file__).parents[2])
BOOKS = hand.ledger("2025-01", "2026-06", revenue=1000, cogs=200, sales=100, sales_people=300, marketing=100)
BILLS = [row for n in range(12) for row in
         hand.billed(f"C{n}", f"2025-{n % 9 + 2:02d}", *[100.0 + n] * (16 - n % 9))]  # fmt: skip
DEALS = [hand.won(f"D{n}", f"C{n}", close_date=f"2025-{n % 9 + 2:02d}-10", region="EMEA") for n in range(12)]
DEALS += [hand.expansion("E1", "C1", close_date="2026-01-10", region="EMEA")]
FAIR = [hand.campaign("m1", 500.0, "2025-06-01", "2026-05-31")]
SOLD = {"ledger": BOOKS, "subscriptions": BILLS, "deals": DEALS}
COMPANIES = {
    "whole": SOLD | {"campaigns": FAIR},
    "no bills": {"ledger": BOOKS, "deals": DEALS},
    "no ledger": {"subscriptions": BILLS, "deals": DEALS, "campaigns": FAIR},
    "slice": SOLD | {"knobs": {"slice": {"region": "EMEA"}}},
    "no margin": SOLD | {"ledger": hand.ledger("2025-01", "2026-06", revenue=1000, sales=100)},
    "negative margin": SOLD | {"ledger": hand.ledger("2025-01", "2026-06", revenue=1000, cogs=1200, sales=400)},
    "no cost": SOLD | {"ledger": hand.ledger("2025-01", "2026-06", revenue=1000, cogs=100, g_and_a=3)},
    "cost of 0": SOLD | {"ledger": hand.ledger("2025-01", "2026-06", revenue=1000, cogs=100, sales=0)},
    "gaps": SOLD | {"ledger": [row for row in BOOKS if row["month"][:7] not in ("2025-08", "2025-09")]},
    "nobody new": SOLD | {"subscriptions": hand.billed("A", "2025-02", *[50.0] * 16), "deals": []},
    "nobody": {"ledger": BOOKS},
    "present prices": SOLD | {"subscriptions": [row | {"basis": "present_price"} for row in BILLS]},
}
MONTHS = "from Apr 2025 to Jun 2026"
UNSAID = "How long a new customer takes to repay its cost cannot be said"


@cache
def measured(name):
    given = COMPANIES[name]
    knobs = {"draws": 100, "fewest_customers": 2, "models": ("linear", "last_touch")} | given.get("knobs", {})
    at = hand.company(**{**given, "knobs": knobs})
    return report.measure(at.view, at.knobs, FIGURES)


def rows(name, id, **by):
    """Return the values of a metric, of those rows that `by` names."""
    return [row for row in report.measure_rows(measured(name)) if row["id"] == id and by.items() <= row["by"].items()]


@pytest.mark.parametrize("name", list(COMPANIES))
def test_every_row_has_a_value_in_its_range_or_says_why_not(name):
    found = report.measure_rows(measured(name))
    keys = [(row["id"], tuple(sorted(row["by"].items()))) for row in found]
    assert len(set(keys)) == len(keys) > 60 and {id for id, _ in keys} <= set(METRICS)
    for row in found:
        is_known = row["value"] == row["value"]
        assert (row["note"] is None) if is_known else (isinstance(row["note"], str) and row["note"]), row
        if row["low"] is not None:
            assert row["low"] <= row["value"] + 1e-9 and not row["high"] < row["value"] - 1e-9, row


@pytest.mark.parametrize("name", list(COMPANIES))
def test_every_table_number_and_action_can_be_told(name):
    result = measured(name)
    for text, frame, units in report.display_tables(result).values():
        assert len(frame) and len(units) == frame.shape[1] <= 9 and frame.columns.is_unique
        assert "needs needs" not in text and "nan" not in text and "None" not in text
    for reader in ("executive", "marketing_ops", "revops"):
        knobs = result.knobs.model_copy(update={"audience": reader})
        found = headline(dataclasses.replace(result, knobs=knobs))
        for text in (found.sentence, found.below, *(number.text for number in found.numbers)):
            assert not any(bad in text for bad in ("nan", "None", "no limit", "needs the gross margin: needs")), text
    for one in actions(result):
        assert one.worth is None or one.worth_low <= one.worth <= one.worth_high
    assert not any(why.startswith("needs") for why in result.unavailable.values())
    assert report.customers_table(result)["customer"].is_unique and len(report.books_table(result))


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("no ledger", "not_enough_data", f"{UNSAID} without the profit and loss (ledger), or gross_margin in params."),
        ("no margin", "not_enough_data", f"{UNSAID}: no account of the ledger is mapped to cogs, or none has an amount "
         "in the window's months."),
        ("negative margin", "act", "A new customer never repays its cost: gross margin is below 0."),
        ("no cost", "not_enough_data",
         f"{UNSAID}: no account of the ledger is mapped to sales or marketing in company.yml."),
        ("cost of 0", "not_enough_data",
         f"No cost of winning customers is on the books {MONTHS}: there is nothing to repay."),
        ("nobody", "not_enough_data", f"{UNSAID}: nothing tells which share of the cost new customers bear."),
    ],
)  # fmt: skip
def test_odd_companies_are_told_what_is_wrong(name, status, sentence):
    found = headline(measured(name))
    assert (found.status, found.sentence) == (status, sentence)


def test_the_headline_is_the_last_line_of_the_ladder():
    """8 of the 12 customers came in months that count; 8 of 10 of revenue is margin."""
    result = measured("whole")
    row = result.ladder.of("lagged")
    (told_row,) = rows("whole", "payback_months", basis="lagged")
    assert told_row["value"] == pytest.approx(row["spend_amount"] / (0.8 * row["new_amount"])) and told_row["n"] == 8
    assert headline(result).sentence.startswith(
        f"On average a new customer repays its cost in {told_row['value']:.1f} months ("
    )


def test_cost_by_channel_and_by_type_adds_up_to_that_of_the_ladder():
    (whole,) = rows("whole", "acquisition_spend_amount", basis="lagged")
    by_channel = [row for row in rows("whole", "acquisition_spend_amount") if "channel" in row["by"]]
    assert [row["by"]["channel"] for row in by_channel][-1] == "(unallocated)" and len(by_channel) == 2
    assert sum(row["value"] for row in by_channel) == pytest.approx(whole["value"])
    (new,) = rows("whole", "acquisition_spend_amount", type="new")
    assert new["value"] == pytest.approx(whole["value"])
    for by in ("segment", "region"):
        parts = [row["value"] for row in rows("whole", "acquisition_spend_amount") if by in row["by"]]
        assert sum(parts) == pytest.approx(whole["value"])


def test_every_number_of_the_registry_is_in_the_rows_or_among_what_is_lacking():
    for name in COMPANIES:
        ids = {row["id"] for row in report.measure_rows(measured(name))} | set(measured(name).unavailable)
        assert {metric.id for metric in CAC_PAYBACK} <= ids, name


BILLED = "subscriptions: recurring revenue by customer and month (Stripe's MRR per subscriber, or its subscriptions)"
LEDGER = "ledger: the profit and loss by month, its accounts mapped in company.yml"
SOURCE = "more than these exports tell: no opportunity has customer_success as its source: see sources in company.yml"


def test_what_is_lacking_is_said_in_words_that_follow_needs():
    of_bills = ("paid_back_share", "lost_before_payback_share", "ltv_amount", "ltv_to_cac", "nrr", "grr",
                "logo_churn_rate", "recurring_movement_amount", "magic_number", "burn_multiple")  # fmt: skip
    cash = {"paid_back_share_in_cash": "payments or invoices by customer", "cs_expansion_amount": SOURCE}
    assert measured("whole").unavailable == cash
    assert measured("no bills").unavailable == {"cs_expansion_amount": SOURCE} | dict.fromkeys(of_bills, BILLED)
    of_margin = dict.fromkeys(of_bills[:4], f"{LEDGER}; or gross_margin in params")
    of_ledger = dict.fromkeys(("gross_margin_share", "magic_number", "burn_multiple"), LEDGER)
    assert measured("no ledger").unavailable == {"cs_expansion_amount": SOURCE} | of_margin | of_ledger


def with_margin(name, **given):
    """Return a company without a ledger, measured with a margin of the knobs."""
    knobs = {"gross_margin": 0.8, "draws": 100, "fewest_customers": 2, "models": ("linear", "last_touch")}
    known = hand.company(**COMPANIES[name] | given, knobs=knobs)
    return report.measure(known.view, known.knobs, FIGURES)


def test_with_a_margin_in_the_knobs_only_what_no_margin_gives_is_lacking():
    """Payback and lifetime value are told then, of ads and campaigns; without bills too they need the bills."""
    of_ledger = dict.fromkeys(("magic_number", "burn_multiple"), LEDGER)
    found = with_margin("no ledger")
    cash = {"paid_back_share_in_cash": "payments or invoices by customer"}
    assert found.unavailable == {"cs_expansion_amount": SOURCE} | cash | of_ledger
    values = {row["id"]: row["value"] for row in report.measure_rows(found)}
    assert all(values[name] == values[name] for name in ("paid_back_share", "ltv_amount", "ltv_to_cac"))
    bare = with_margin("no ledger", subscriptions=[]).unavailable
    assert {bare[name] for name in ("paid_back_share", "lost_before_payback_share", "ltv_amount", "ltv_to_cac")} == {
        BILLED
    }
    assert "gross_margin_share" not in bare


def test_without_a_ledger_published_costs_are_held_against_nothing_and_the_page_says_why():
    why = "theirs hold people, ours is of ads and campaigns alone, without the profit and loss (ledger)"
    found = with_margin("no ledger")
    assert found.ladder.of("new_logo")["payback_months"] > 0
    assert {found.peers.why[name] for name in ("payback_months", "cac_ratio", "ltv_to_cac")} == {why}
    notes = report.display_tables(found)["payback_notes"][1]
    assert f"CAC payback, cac ratio and LTV to CAC: {why}" in notes["What to know"].tolist()
    assert why not in measured("whole").peers.why.values()
    assert headline(found).status == "not_enough_data" and "people not counted" in headline(found).sentence


def test_at_present_prices_neither_expansion_nor_contraction_is_known():
    why = (
        "recurring revenue is told at the present price of each subscription, and prices have no past: export MRR per "
        "subscriber"
    )
    found = rows("present prices", "recurring_movement_amount")
    for row in found:
        assert row["note"] == (why if row["by"]["kind"] in ("expansion", "contraction") else None)
    assert {row["by"]["kind"] for row in found} == {"new", "expansion", "contraction", "churn", "reactivation"}
    assert all(row["note"] is None for row in rows("whole", "recurring_movement_amount"))


def test_without_costs_in_any_form_there_is_no_report():
    at = hand.company(subscriptions=BILLS, deals=DEALS)
    with pytest.raises(MeasureError) as caught:
        report.measure(at.view, at.knobs, FIGURES)
    assert str(caught.value) == (
        "cac_payback: needs costs: the profit and loss by month, exports of ad systems, or campaigns with their actual "
        "cost; found none."
    )


def test_results_by_hand_have_the_tables_that_the_measures_make():
    """What the tests of words and tables stand on: the columns of told_payback are those of a measured report."""
    real, made = measured("whole"), told()
    for part in ("ladder", "groups", "channels", "realised", "lifetime", "retention", "efficiency", "peers"):
        ours, theirs = getattr(made, part), getattr(real, part)
        for field in dataclasses.fields(theirs):
            table, by_hand = getattr(theirs, field.name), getattr(ours, field.name)
            if isinstance(table, pd.DataFrame) and len(by_hand.columns):
                same = [column for column in table if column in by_hand]
                assert list(by_hand.columns) == same, (part, field.name)
