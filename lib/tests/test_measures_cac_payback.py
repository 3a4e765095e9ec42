"""The whole CAC payback report: needs and settings, every promised number, sums that agree with each other, with the
books and with other reports, and every odd company: no wrong number, and the page says what it is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spending_companies import ad
from whole_payback import (
    BY_HAND,
    HAND_DAY,
    HERE,
    PROMISED,
    QUICK,
    by_hand,
    cell,
    hand_book,
    lines,
    measured,
    rows,
    value,
    words,
)

from frames import as_of, table, with_tables
from revops.book import Book
from revops.company import load_company
from revops.errors import MeasureError, SettingsError
from revops.exports import prepare
from revops.measures import attribution_comparison
from revops.measures import cac_payback as report
from revops.measures.attribution_comparison import panel
from revops.measures.cac_payback import Knobs
from revops.metrics import METRICS
from revops.metrics.cac_payback import CAC_PAYBACK
from revops.params import settings

ROOT = Path(__file__).parents[2]
DAY, MONTH_END = "2026-06-09", "2026-05-31"
LAGGED = {"basis": "lagged"}
NEEDS = (
    "cac_payback: needs costs: the profit and loss by month, exports of ad systems, or campaigns with their actual "
    "cost; found none."
)


@pytest.fixture(scope="module")
def hand():
    return by_hand()


@pytest.fixture(scope="module")
def halyard(sample):
    return measured(sample, DAY, **QUICK)


@pytest.fixture(scope="module")
def at_month_end(sample):
    return measured(sample, MONTH_END, **QUICK)


@pytest.fixture(scope="module")
def truth():
    return json.loads((ROOT / "data" / "sample_truth_systems.json").read_text())


def of(name):
    """Return a table of the company worked out by hand."""
    return hand_book().table(name).copy()


def without(name, **where):
    """Return a table of it without the rows in which a column has a value."""
    rows = of(name)
    return rows[~np.logical_and.reduce([rows[column].eq(of) for column, of in where.items()])].reset_index(drop=True)


# Needs and settings


def test_without_costs_in_any_form_it_says_which_exports_it_needs():
    book = with_tables(hand_book(), ledger=of("ledger").iloc[:0])
    with pytest.raises(MeasureError) as found:
        measured(book, HAND_DAY)
    assert str(found.value) == NEEDS
    assert f"cac_payback: {report.refusal(book)}; found none." == NEEDS


def test_lacking_names_the_metrics_that_bills_and_books_tell():
    found = report.lacking(with_tables(hand_book(), ledger=of("ledger").iloc[:0]))
    ledger = "ledger: the profit and loss by month, its accounts mapped in company.yml"
    of_margin = ("paid_back_share", "lost_before_payback_share", "ltv_amount", "ltv_to_cac")
    assert found == dict.fromkeys(of_margin, f"{ledger}; or gross_margin in params") | dict.fromkeys(
        ("gross_margin_share", "magic_number", "burn_multiple"), ledger
    )
    none = {name: of(name).iloc[:0] for name in ("ledger", "subscriptions")}
    both = report.lacking(with_tables(hand_book(), **none))
    assert all(both[name].startswith("subscriptions: ") for name in of_margin) and both["magic_number"] == ledger
    found = report.lacking(with_tables(hand_book(), subscriptions=of("subscriptions").iloc[:0]))
    assert {"nrr", "grr", "ltv_amount", "paid_back_share"} < set(found) and report.lacking(hand_book()) == {}


def test_the_settings_file_is_the_knobs():
    knobs = settings("cac_payback", Knobs, params_dir=ROOT / "params").knobs
    assert knobs == Knobs() and set(knobs.model_dump()) == set(Knobs.model_fields)


def test_a_model_that_is_not_told_cannot_lead():
    with pytest.raises(SettingsError) as found:
        settings("cac_payback", Knobs, models=["first_touch", "linear"], reference_model="w_shaped")
    assert str(found.value) == (
        "cac_payback, parameter reference_model must be one of models; found w_shaped. Add it to models, or choose "
        "another: first_touch, linear."
    )


def test_a_slice_of_nobody_is_refused():
    with pytest.raises(MeasureError, match="segment"):
        by_hand(knobs={"slice": {"segment": "Enterprise"}})


# Every promised number


@pytest.mark.parametrize("which", ["hand", "halyard"])
def test_every_promised_number_is_a_row_with_a_value_or_a_note(which, request):
    found = rows(request.getfixturevalue(which))
    assert {key[0] for key in found} <= {metric.id for metric in CAC_PAYBACK} <= set(METRICS)
    assert set(PROMISED) <= {key[0] for key in found}
    for basis in ("revenue", "gross_margin", "fully_loaded", "lagged"):
        for id in ("acquisition_spend_amount", "new_customers", "payback_months"):
            assert not np.isnan(found[(id, ("basis", basis))]["value"])
    for key, row in found.items():
        assert not np.isnan(row["value"]) or row["note"], key
        assert np.isfinite(row["value"]) or np.isnan(row["value"]), key
        assert row["low"] is None or not row["low"] > row["value"] + 1e-9, key
        assert row["high"] is None or not row["high"] < row["value"] - 1e-9, key


def test_numbers_by_segment_and_channel_and_age_are_among_them(halyard):
    keys = set(rows(halyard))
    assert ("payback_months", ("segment", "SMB")) in keys and ("payback_months", ("region", "EMEA")) in keys
    assert ("payback_months", ("channel", "webinar"), ("model", "linear")) in keys
    assert ("acquisition_spend_amount", ("channel", "webinar")) in keys
    for id in ("paid_back_share", "lost_before_payback_share"):
        assert (id, ("age_months", 18), ("version", "recognised")) in keys
        assert (id, ("age_months", 18), ("version", "collected")) in keys


def test_without_bills_the_promised_numbers_are_there_with_their_notes():
    found = rows(by_hand(subscriptions=of("subscriptions").iloc[:0]))
    assert set(PROMISED) <= {key[0] for key in found}
    untold = {key[0] for key, row in found.items() if np.isnan(row["value"])}
    assert {"nrr", "grr", "logo_churn_rate", "ltv_amount", "paid_back_share", "lost_before_payback_share"} <= untold


def test_rows_say_what_was_worked_out_by_hand(hand):
    assert value(hand, "payback_months", **LAGGED) == pytest.approx(11.9285714)
    assert value(hand, "cac_amount", **LAGGED) == pytest.approx(4696.875)
    assert value(hand, "new_customers", **LAGGED) == 8
    assert value(hand, "nrr") == pytest.approx(1650 / 1800) and value(hand, "grr") == pytest.approx(1450 / 1800)
    assert value(hand, "logo_churn_rate") == pytest.approx(1 / 3)
    assert value(hand, "paid_back_share", age_months=6, version="recognised") == pytest.approx(4 / 15)
    ltv = {"horizon_months": 11}
    assert value(hand, "ltv_amount", **ltv, basis="with_expansion") == pytest.approx(3262.3511905)
    assert value(hand, "ltv_amount", **ltv, basis="without_expansion") == pytest.approx(3158.1845238)
    assert value(hand, "burn_multiple") == pytest.approx(22_400 / 36_600)
    assert value(hand, "gross_margin_share") == pytest.approx(0.75)


# Sums


def test_channels_add_up_to_the_books_and_to_the_ladder(halyard):
    rungs, found = halyard.ladder.of("lagged"), halyard.channels
    sums = found.reconciliation[["spend_amount", "new_spend_amount"]].sum()
    assert sums["new_spend_amount"] == pytest.approx(rungs["spend_amount"])
    assert sums["spend_amount"] * halyard.effort.new_share == pytest.approx(rungs["spend_amount"])
    for _, rows_of in found.by_model.fillna({"spend_amount": 0.0}).groupby("model"):
        assert rows_of[["spend_amount", "overhead_amount"]].sum().sum() == pytest.approx(rungs["spend_amount"])
    told = rows(halyard)
    by_channel = [row["value"] for key, row in told.items()
                  if key[0] == "acquisition_spend_amount" and key[1][0] == "channel"]  # fmt: skip
    assert len(by_channel) > 9 and sum(by_channel) == pytest.approx(rungs["spend_amount"])


def test_groups_add_up_to_the_ladder(halyard):
    rungs = halyard.ladder.of("lagged")
    for dimension in ("segment", "region"):
        sums = {id: sum(row["value"] for key, row in rows(halyard).items()
                        if key[0] == id and key[1][0] == dimension and not np.isnan(row["value"]))
                for id in ("acquisition_spend_amount", "new_customers")}  # fmt: skip
        assert sums["acquisition_spend_amount"] == pytest.approx(rungs["spend_amount"])
        assert sums["new_customers"] == rungs["n_customers"]


def test_the_books_are_the_ledger(halyard, sample):
    """Counted from the rows: sales and marketing of the window's months, and every category month by month."""
    ledger = sample.table("ledger")
    inside = ledger[ledger["month"].isin(halyard.window.months)]
    cost = inside.loc[inside["category"].isin(["sales", "marketing"]), "amount"].sum()
    assert value(halyard, "acquisition_spend_amount", basis="fully_loaded") == pytest.approx(cost)
    months, totals = sorted(set(ledger["month"])), halyard.books.totals
    for category in ("revenue", "cogs", "sales", "marketing", "r_and_d", "g_and_a", "customer_success"):
        by_month = ledger[ledger["category"].eq(category)].groupby("month")["amount"].sum().reindex(months)
        assert totals.loc[months[:-1], category].to_numpy() == pytest.approx(by_month[:-1].to_numpy()), category
    page = report.display_tables(halyard)["accounts"][1]
    assert page.loc[page["Counted as"].ne("Not counted"), "Booked"].sum() == pytest.approx(cost)


def test_the_books_are_what_was_planted(halyard, truth):
    planted = {name.split(":")[-1]: values for name, values in truth["ledger"]["accounts"].items()}
    at = [truth["ledger"]["months"].index(f"{month:%Y-%m}") for month in halyard.window.months]
    amounts = halyard.books.accounts.set_index("account")["amount"]
    assert set(amounts.index) == set(planted)
    for name, values in planted.items():
        assert amounts[name] == pytest.approx(sum(values[place] for place in at)), name


def test_recurring_revenue_is_what_was_planted_but_for_those_who_are_late_at_the_end(halyard, truth):
    planted = truth["recurring"]["months"]
    months = halyard.customers.months
    for place, month in enumerate(months.months[: months.settled]):
        at = planted[f"{month:%Y-%m}"]
        assert months.amount[:, place].sum() == pytest.approx(at["running"], abs=0.05)  # cents of some in euros
        reported = (months.amount[:, place] > 0) & ~months.late[:, place]
        assert reported.sum() == at["customers"]
    closing = halyard.retention.bridge.iloc[-1]["closing"]
    assert 0 < planted["2026-05"]["running"] - closing < 0.02 * closing


def test_retention_is_what_was_planted_once_those_who_are_late_are_counted_in(halyard, truth):
    doubt = halyard.retention.in_doubt.set_index("state").loc["missing"]
    place = halyard.customers.months.months.get_loc(pd.Timestamp("2025-05-01"))
    then = halyard.customers.months.amount[:, place].sum()
    late = doubt["amount"] / then
    planted = truth["recurring"]["net_retention_12_months"], truth["recurring"]["gross_retention_12_months"]
    assert 0 < planted[0] - value(halyard, "nrr") <= late + 1e-6
    assert 0 < planted[1] - value(halyard, "grr") <= late + 1e-6
    assert f"{int(doubt['n'])} customers" in report.display_tables(halyard)["retention"][0]


def test_the_bridge_closes_to_the_cent(halyard):
    quarters = {}
    for key, row in rows(halyard).items():
        if key[0] == "recurring_movement_amount":
            quarters.setdefault(dict(key[1:])["quarter"], []).append(row["value"])
    bridge = halyard.retention.bridge.set_index("period")
    assert set(quarters) == set(bridge.index) and len(quarters) > 12
    for quarter, moves in quarters.items():
        opening, closing = bridge.loc[quarter, ["opening", "closing"]]
        assert opening + sum(moves) == pytest.approx(closing, abs=0.005)


def test_customers_csv_holds_the_new_customers_of_the_window(halyard):
    listed = report.customers_table(halyard)
    inside = listed[listed["start_month"].isin(halyard.ladder.months)]
    assert len(inside) == value(halyard, "new_customers", **LAGGED) > 50
    assert inside["new_amount"].sum() == pytest.approx(value(halyard, "new_recurring_amount", **LAGGED))
    assert listed["customer"].is_unique and listed["outcome"].notna().sum() == len(halyard.realised.table)
    left_out = halyard.realised.left_out.set_index("version").loc["recognised", "n"]
    assert len(listed) == len(halyard.realised.table) + left_out


def test_books_csv_is_the_cost_of_the_ladder(halyard):
    months = report.books_table(halyard).set_index("month").loc[halyard.window.months]
    assert months[["programs", "people", "also"]].sum().sum() == pytest.approx(
        value(halyard, "acquisition_spend_amount", basis="fully_loaded")
    )


def test_credit_and_spend_are_those_of_the_attribution_report_for_the_same_days(at_month_end, sample):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel, "N_BUYERS", 300)
        knobs = attribution_comparison.Knobs(**QUICK, reference_model="linear")
        other = attribution_comparison.measure(as_of(sample, MONTH_END), knobs)
    assert (at_month_end.window.since, at_month_end.window.until) == (other.window.since, other.window.until)
    ours = at_month_end.channels.won.table.set_index(["model", "channel"])
    theirs = {tuple(row["by"].values()): row["value"] for row in attribution_comparison.measure_rows(other)
              if row["id"] == "credited_amount" and set(row["by"]) == {"model", "channel"}}  # fmt: skip
    assert len(theirs) > 30 and set(theirs) == set(ours.index)
    for key, amount in theirs.items():
        assert ours.loc[key, "credited_amount"] == pytest.approx(amount), key
    spent = {row["by"]["channel"]: row["value"] for row in attribution_comparison.measure_rows(other)
             if row["id"] == "spend_amount" and set(row["by"]) == {"channel"}}  # fmt: skip
    own = at_month_end.channels.costs.own
    assert len(own) > 5
    for channel, amount in own.items():
        assert spent[channel] == pytest.approx(amount), channel


# The page


@pytest.mark.parametrize("which", ["hand", "halyard"])
def test_what_is_in_no_number_is_on_the_page(which, request):
    result = request.getfixturevalue(which)
    told = lines(result, "payback_left_out")
    kept = result.customers.left_out
    for row in kept.itertuples():
        assert (row.reason, "new customers", row.n, row.amount, row.examples.removeprefix("e.g. ")) in told
    assert len(told) == len(kept) + result.realised.left_out.drop(columns="version").drop_duplicates().shape[0]
    assert len(told) >= 3


def test_what_the_parts_say_of_themselves_is_on_the_page(halyard):
    said = dict.fromkeys(text for _, text in lines(halyard, "payback_notes"))
    for reason in (*halyard.books.why.values(), *halyard.channels.why.values(), *halyard.realised.notes.values()):
        assert reason in said
    assert halyard.channels.why and any("customers paid late, at least once" in text for text in said)
    assert any("none of the 9 published figures is comparable" in text for text in said)


def test_every_table_has_a_caption_units_and_at_most_nine_columns(halyard, hand):
    for result in (halyard, hand):
        for name, (caption, shown, units) in report.display_tables(result).items():
            assert caption and len(shown) and len(units) == shown.shape[1] <= 9, name
            assert shown.columns.is_unique, name


# Odd companies


def test_a_month_that_the_ledger_lacks_is_left_out_on_both_sides(hand):
    """Without November, the lagged cost of November (1/8 not known), December, January and February is not known:
    G and H are out with it. 50,100 less 3,350 + 3,600 + 3,925 + 3,825 is 35,400; 3,200 a month are left; margin
    51,200 / 68,000. Work of November and December is out too, and with it G's deal: 8 of 11 are of new business."""
    found = by_hand(ledger=without("ledger", month=pd.Timestamp("2025-11-01")))
    assert value(found, "new_customers", **LAGGED) == 6
    assert value(found, "payback_months", **LAGGED) == pytest.approx(35_400 * 8 / 11 / (3_200 * 51_200 / 68_000))
    assert {text for name, text in lines(found, "payback_notes") if name == "Months of the books"} == {
        "the ledger lacks 1 of the window's 15 months (e.g. Nov 2025)",
        "4 months of 15 left out of payback: the cost that came before, or who became a customer, is not known",
    }
    assert "Months of the books" not in dict(lines(hand, "payback_notes"))


def test_without_cogs_revenue_basis_alone_is_told():
    why = "no account of the ledger is mapped to cogs, or none has an amount in the window's months"
    ledger = of("ledger")
    found = by_hand(ledger=ledger.assign(category=ledger["category"].replace("cogs", "g_and_a")))
    assert value(found, "payback_months", basis="revenue") == pytest.approx(17_600 / 5_200)
    for basis in ("gross_margin", "fully_loaded", "new_logo", "lagged"):
        row = rows(found)[("payback_months", ("basis", basis))]
        assert np.isnan(row["value"]) and row["note"] == why
    assert value(found, "cac_amount", **LAGGED) == pytest.approx(4696.875)
    assert np.isnan(value(found, "gross_margin_share")) and ("Gross margin", why) in lines(found, "payback_notes")
    assert found.unavailable["ltv_amount"] == f"the gross margin: {why}" and why in words(found)


def test_a_margin_that_is_named_stands_in_for_the_ledger_s():
    ledger = of("ledger")
    cogless = ledger.assign(category=ledger["category"].replace("cogs", "g_and_a"))
    found = by_hand(ledger=cogless, knobs={"gross_margin": 0.75})
    assert value(found, "payback_months", **LAGGED) == pytest.approx(11.9285714)


def test_with_a_negative_margin_no_cost_is_ever_repaid():
    """Hosting 6,000 and revenue 4,000 a month, then 6,000 and 6,000: 72,000 - 90,000 = -18,000, a quarter below 0."""
    ledger = of("ledger")
    found = by_hand(ledger=ledger.assign(amount=ledger["amount"].where(ledger["category"].ne("cogs"), 6_000.0)))
    assert value(found, "gross_margin_share") == pytest.approx(-0.25)
    row = rows(found)[("payback_months", ("basis", "lagged"))]
    assert np.isnan(row["value"]) and row["note"] == "never: gross margin is below 0"
    assert value(found, "payback_months", basis="revenue") == pytest.approx(17_600 / 5_200)
    assert value(found, "ltv_amount", horizon_months=11, basis="with_expansion") == pytest.approx(
        -0.25 / 0.75 * 3262.3511905
    )
    shares = found.realised.curves.query("version == 'recognised'")["paid_back_share"]
    assert shares.max() == 0 and "gross margin is below 0" in words(found)


def exported(folder, change, company=()):
    """Return the report of the company by hand, from exports in which some files are changed."""
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    for name, (old, new) in change.items():
        path = folder / "exports" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    there = load_company(folder).model_copy(update=dict(company))
    found = prepare(folder / "exports", there)
    book = Book(there, {name: rows.to_pandas() for name, rows in found.tables.items()}, found.audit)
    return measured(book, HAND_DAY, **BY_HAND)


def test_a_customer_that_pays_in_another_currency_counts_at_the_fixed_rate(tmp_path):
    """H pays 400 EUR, at 1.25 that is 500 USD: 4,300 a month are new instead of 4,200."""
    name = "MRR_per_Subscriber__monthly_2026.csv"
    line = next(line for line in (HERE / "exports" / name).read_text().splitlines() if line.startswith("cus_H"))
    found = exported(tmp_path, {name: (line, line.replace(",usd,", ",eur,"))}, {"rates": {"EUR": 1.25}})
    assert value(found, "new_recurring_amount", **LAGGED) == pytest.approx(4_300)
    assert value(found, "payback_months", **LAGGED) == pytest.approx(37_575 / (4_300 * 0.75))
    assert "other currencies at fixed rates" in report.display_tables(found)["movements"][0]


def test_a_refund_takes_back_what_was_collected_and_not_what_was_recognised(hand):
    """I pays 12,000 in March, its first month, and gets it back in March: it has not paid back in cash."""
    payments = of("payments")
    mine = payments[payments["customer_id"].eq("cus_I")]
    assert mine["paid_amount"].sum() == 12_000
    back = mine.assign(payment_id="re_I", paid_amount=-mine["paid_amount"])
    found = by_hand(payments=pd.concat([payments, back], ignore_index=True))
    at_one = [result.realised.curves.query("version == 'collected' and cohort == 'all'").iloc[0]["paid_back_share"]
              for result in (hand, found)]  # fmt: skip
    assert at_one == pytest.approx([1 / 7, 0.0])
    key = {"age_months": 6, "version": "recognised"}
    assert value(found, "paid_back_share", **key) == pytest.approx(value(hand, "paid_back_share", **key))


def test_annual_prepayment_pays_back_sooner_in_cash_and_the_page_says_so(hand):
    curves = hand.realised.curves.query("cohort == 'all' and age_months == 1").set_index("version")["paid_back_share"]
    assert curves["recognised"] == 0 < curves["collected"] == pytest.approx(1 / 7)
    assert "Annual prepayment can pay back sooner in cash" in report.display_tables(hand)["cash_and_recognised"][0]


def test_free_plans_are_no_customers_and_the_page_says_how_many(hand):
    assert "cus_J" not in set(hand.customers.months.customers["customer"])
    why = "never paid: free plan, trial or payment that never came"
    assert (why, "new customers", 1, 0.0, "cus_J") in lines(hand, "payback_left_out")
    gone = by_hand(subscriptions=without("subscriptions", customer_id="cus_J"))
    assert value(gone, "payback_months", **LAGGED) == value(hand, "payback_months", **LAGGED)


def test_a_month_in_which_a_customer_was_past_due_is_filled_and_counted(hand):
    """F is missing in January. Were that month in the report, nothing would be different but the note."""
    subscriptions = of("subscriptions")
    january = subscriptions[subscriptions["customer_id"].eq("cus_F")].iloc[[0]].assign(month=pd.Timestamp("2026-01-01"))
    whole = by_hand(subscriptions=pd.concat([subscriptions, january.astype(subscriptions.dtypes)], ignore_index=True))
    note = ("Bills", "1 customer paid late, at least once: filled with the amount before")
    assert note in lines(hand, "payback_notes") and note not in lines(whole, "payback_notes")
    for key, row in rows(hand).items():
        assert rows(whole)[key]["value"] == pytest.approx(row["value"], nan_ok=True), key


def test_past_due_rows_that_stand_at_the_end_count_as_paying_still():
    """B is past due in May and June instead of missing: nobody is in doubt, nobody of three is lost."""
    subscriptions = of("subscriptions")
    april = subscriptions[subscriptions["customer_id"].eq("cus_B")].iloc[-1:]
    due = [april.assign(month=pd.Timestamp(month), status="past_due", recurring_amount=0.0)
           for month in ("2026-05-01", "2026-06-01")]  # fmt: skip
    found = by_hand(subscriptions=pd.concat([subscriptions, *due], ignore_index=True))
    assert value(found, "logo_churn_rate") == 0 and value(found, "nrr") == pytest.approx(1_950 / 1_800)


def test_a_month_that_no_report_holds_is_filled_for_all_and_said():
    """Without September, E comes from a report after one that is missing: when it began is not known."""
    found = by_hand(subscriptions=without("subscriptions", month=pd.Timestamp("2025-09-01")))
    assert ("Bills", "1 month in no report (Sep 2025): filled for all") in lines(found, "payback_notes")
    listed = set(report.customers_table(found)["customer"].str[-1])
    assert "E" not in listed and {"C", "D", "G", "H", "I"} <= listed
    told = [row for row in lines(found, "payback_left_out") if row[0].startswith("when it began to pay is not known")]
    assert [row[2] for row in told] == [2 if "F" in listed else 3]


def test_one_giant_customer_is_seen_in_the_range_and_in_retention_without_it(hand):
    """E pays a hundred times as much: the company's number is its number, and the range says how little holds it."""
    subscriptions = of("subscriptions")
    amount = subscriptions["recurring_amount"]
    amount = amount.where(subscriptions["customer_id"].ne("cus_E"), 100 * amount)
    found = by_hand(subscriptions=subscriptions.assign(recurring_amount=amount))
    key = ("payback_months", ("basis", "lagged"))
    assert value(found, "payback_months", **LAGGED) == pytest.approx(37_575 / ((4_200 + 79_200) * 0.75))
    spread = [rows(result)[key]["high"] / rows(result)[key]["low"] for result in (hand, found)]
    assert spread[1] > 10 * spread[0]


def test_the_largest_customer_s_share_is_on_the_page():
    subscriptions = of("subscriptions")
    amount = subscriptions["recurring_amount"]
    amount = amount.where(subscriptions["customer_id"].ne("cus_A"), 100 * amount)
    found = by_hand(subscriptions=subscriptions.assign(recurring_amount=amount))
    share = cell(found, "largest_customers", "Aspen Mills", "Share of now")
    assert share == pytest.approx(120_000 / (120_000 + 3_650)), "of 4,850 that all pay A pays 1,200: 3,650 are others"
    assert value(found, "nrr") == pytest.approx(120_450 / 100_800)
    assert rows(found)[("nrr", ("without", "1 largest"))]["value"] == pytest.approx(0.5625)


def test_a_quarter_without_new_customers_has_expansion_and_no_cac():
    """From April to June: programs 3,600 and 600 a month that came back; nobody new."""
    found = by_hand(knobs={"quarters": 0})
    assert value(found, "payback_months", basis="revenue") == pytest.approx(3_600 / 600)
    row = rows(found)[("payback_months", ("basis", "lagged"))]
    assert np.isnan(row["value"]) and row["n"] == 0 and row["note"] == "no new recurring revenue in these months"
    assert value(found, "new_customers", **LAGGED) == 0 and np.isnan(value(found, "cac_amount", **LAGGED))
    assert "No new customers from Apr 2026 to Jun 2026" in words(found)


def test_spend_without_a_channel_is_its_own_row_and_adds_up():
    found = by_hand(spend=table("spend", [ad("x", "2026-02-01", 500.0, until="2026-02-28", channel=None)]))
    sums = found.channels.reconciliation.set_index("channel")["spend_amount"]
    assert sums["unknown"] == pytest.approx(500) and sums.sum() == pytest.approx(50_100)
    assert cell(found, "channel_sums", "Unknown", "Cost") == pytest.approx(500)
    assert cell(found, "channel_sums", "Total", "Cost") == pytest.approx(50_100)


def test_without_touches_costs_are_told_and_credit_is_not(hand):
    assert ("Channels", "needs won deals of new business with touches") in lines(hand, "payback_notes")
    assert hand.channels.by_model.empty and "by_channel" not in report.display_tables(hand)
    assert value(hand, "acquisition_spend_amount", channel="(unallocated)") == pytest.approx(37_575)
    assert not any(key[0] == "payback_months" and key[1][0] == "channel" for key in rows(hand))


def test_without_bills_customers_are_won_deals_and_the_page_says_so(hand):
    """New business is won in April, May, July, September, October, December, January and March at the same amounts, but
    without a bill nobody expands or comes back but by deals: 400 a month."""
    found = by_hand(subscriptions=of("subscriptions").iloc[:0], payments=of("payments").iloc[:0])
    assert value(found, "new_customers", **LAGGED) == 8
    assert value(found, "new_recurring_amount", **LAGGED) == pytest.approx(4_200)
    assert value(found, "new_recurring_amount", basis="revenue") == pytest.approx(4_600)
    assert value(found, "payback_months", basis="new_logo") == pytest.approx(
        value(hand, "payback_months", basis="new_logo")
    )
    note = (
        "no billing export holds a month that is over: they are won new business, at the amount of the deal over 12 "
        "months"
    )
    assert ("New customers", note) in lines(found, "payback_notes")
    assert "customers by won deals" in report.display_tables(found)["by_definition"][0]
    assert {"nrr", "grr", "ltv_amount", "paid_back_share", "magic_number"} <= set(found.unavailable)
    words(found)


def test_without_a_ledger_ads_are_the_cost_and_people_are_said_to_be_missing():
    """546 days from January 2025 to June 2026 at 100 a day; 75 % of the window's 456 days bear the eight customers."""
    bill = ad("x", "2025-01-01", 54_600.0, until="2026-06-30", channel="paid")
    found = by_hand(ledger=of("ledger").iloc[:0], spend=table("spend", [bill]))
    assert value(found, "acquisition_spend_amount", basis="new_logo") == pytest.approx(45_600 * 0.75)
    assert value(found, "payback_months", basis="revenue") == pytest.approx(45_600 / 5_200)
    assert np.isnan(value(found, "payback_months", basis="fully_loaded"))
    note = "needs the profit and loss (ledger): what ad systems and campaigns bill holds no people"
    assert ("People", note) in lines(found, "payback_notes")
    assert {"gross_margin_share", "magic_number", "burn_multiple"} <= set(found.unavailable)
    words(found)


def test_one_customer_is_too_few_to_say_anything_of():
    """C alone, beside A that was there before: one customer, and no word on how long it takes."""
    subscriptions = of("subscriptions")
    found = by_hand(subscriptions=subscriptions[subscriptions["customer_id"].isin(["cus_A", "cus_C"])])
    assert value(found, "new_customers", **LAGGED) == 1
    assert value(found, "cac_amount", basis="new_logo") == pytest.approx(51_500 * 0.75)
    assert "1 new customer" in words(found) and "too few" in words(found)
    why = "won new business, never billed up to the last month that is over"
    assert [row[2] for row in lines(found, "payback_left_out") if row[0] == why] == [7]


@pytest.mark.parametrize("kept", [["cus_A"], ["cus_J"]], ids=["nobody new", "nobody at all"])
def test_no_customers_at_all_are_said_to_be_none(kept):
    subscriptions = of("subscriptions")
    found = by_hand(subscriptions=subscriptions[subscriptions["customer_id"].isin(kept)])
    assert value(found, "new_customers", **LAGGED) == 0 and np.isnan(value(found, "payback_months", **LAGGED))
    assert found.unavailable["paid_back_share"] == "new customers whose first month is known"
    assert "No new customers" in words(found) and found.realised.curves.empty


def cut(day):
    """Return the company's exports as they were at the end of a day: deals that were not yet closed are open."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    stamps = {"opportunities": "created_at", "leads": "created_at", "payments": "paid_at", "ledger": "month",
              "subscriptions": "month"}  # fmt: skip
    tables = {name: of(name)[of(name)[stamp] < end].reset_index(drop=True) for name, stamp in stamps.items()}
    deals = tables["opportunities"]
    still_open = deals["close_date"] >= end
    tables["opportunities"] = deals.assign(
        modified_at=pd.NaT, outcome=deals["outcome"].mask(still_open, "open"),
        stage_name=deals["stage_name"].mask(still_open, "Discovery"),
    )  # fmt: skip
    return with_tables(hand_book(), **tables)


@pytest.mark.parametrize(("day", "n"), [("2025-04-30", 1), ("2025-05-20", 1), ("2025-06-30", 2), ("2025-09-30", 4)])
def test_days_early_in_history_tell_what_is_known_and_no_more(day, n):
    """In April 2025 there is one new customer (B), in June two: fewer than the ten that a payback stands on."""
    found = measured(cut(day), day, **(BY_HAND | {"fewest_customers": 10}))
    assert value(found, "new_customers", basis="new_logo") == n
    assert "too few to say how long" in words(found)
    notes = [text for name, text in lines(found, "payback_notes") if name == "Months of the books"]
    assert any(text.startswith("the ledger lacks") for text in notes)
    assert any("left out of payback" in text for text in notes) and "nrr" in found.unavailable
    assert found.books.window_margin == pytest.approx(0.7)


def test_before_the_first_month_is_over_there_is_nothing_to_tell():
    """Of a day whose window is before all records, the page still comes, and says that nothing is known."""
    found = measured(hand_book(), HAND_DAY, **(BY_HAND | {"period": "FY24-Q4", "quarters": 0}))
    row = rows(found)[("payback_months", ("basis", "lagged"))]
    assert np.isnan(row["value"]) and row["note"] == "no month of the window whose new customers are known"
    assert found.channels.by_model.empty
    words(found)


# Slices


@pytest.mark.parametrize("slice", [{"segment": "SMB"}, {"region": "EMEA"}, {"region": "AMER", "segment": "SMB"}])
def test_a_slice_is_a_part_of_the_whole_and_says_which_part(sample, halyard, slice):
    found = measured(sample, DAY, **QUICK, slice=slice)
    part, whole = (value(result, "new_customers", **LAGGED) for result in (found, halyard))
    assert 0 < part < whole
    assert value(found, "acquisition_spend_amount", **LAGGED) < value(halyard, "acquisition_spend_amount", **LAGGED)
    told = " and ".join(slice)
    assert ("Channels", f"spend is not told by {told}") in lines(found, "payback_notes")
    assert "belong to no part of the company" in report.display_tables(found)["payback_left_out"][0]
    assert all(str(name) in words(found) for name in slice.values())


def test_slices_of_all_segments_are_the_whole(sample, halyard):
    """Customers whose deal has no segment are in no slice: one, of 98. Cost is shared by deals of the months of each
    slice's own lag, so that it adds up to 1 %."""
    names = ("SMB", "Mid-market", "Enterprise")
    found = [measured(sample, DAY, **QUICK, slice={"segment": name}) for name in names]
    unknown = rows(halyard)[("new_customers", ("segment", "Unknown"))]["value"]
    n = sum(value(result, "new_customers", basis="new_logo") for result in found)
    assert n + unknown == value(halyard, "new_customers", basis="new_logo")
    spent = sum(value(result, "acquisition_spend_amount", basis="new_logo") for result in found)
    assert spent == pytest.approx(value(halyard, "acquisition_spend_amount", basis="new_logo"), rel=0.01)


def test_a_slice_by_owner_is_of_the_deals_of_that_owner(sample):
    deals = sample.table("opportunities")
    owner = deals.loc[deals["type"].eq("new") & deals["outcome"].eq("won"), "owner_id"].value_counts().index[0]
    found = measured(sample, DAY, **QUICK, slice={"owner": owner})
    owners = deals.set_index("opportunity_id")["owner_id"]
    assert len(found.customers.table) > 5 and set(found.customers.table["opportunity_id"].map(owners)) == {owner}
    words(found)
