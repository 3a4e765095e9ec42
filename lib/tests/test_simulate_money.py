"""Spend, books, billing and calls of the simulator, through the gate and against the simulator's own truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.simulate.money.calls import BIAS, calls
from revops.simulate.money.ledger import ledger
from revops.simulate.money.tools import TOOLS

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))
MONTHS = TRUTH["ledger"]["months"]


def by_month(table, column="month"):
    return table[column].dt.strftime("%Y-%m")


def test_spend_is_that_of_the_simulator_by_month_and_system(sample):
    spend = sample.tables["spend"]
    sums = spend.groupby(["system", by_month(spend, "date")])["amount_original"].sum()
    for system, months in TRUTH["spend"]["by_month"].items():
        assert sums[system].round(2).to_dict() == pytest.approx(months, abs=0.005)
        assert set(spend.loc[spend["system"] == system, "currency"]) == {TRUTH["spend"]["currencies"][system]}
    assert set(spend["channel"]) == {"paid_search", "paid_social", "retargeting"}
    named = spend["campaign_name"].str.contains("Retargeting")
    assert (spend["channel"].eq("retargeting") == named).all()


def test_every_account_of_the_books_is_read_to_the_cent(sample):
    table = sample.tables["ledger"]
    path = table["parent"] + ":" + table["account"]
    read = {
        name: part.sort_values("month")["amount"].tolist() for name, part in table.groupby(path) if part["amount"].any()
    }
    assert read == TRUTH["ledger"]["accounts"]
    assert sorted(by_month(table).unique()) == MONTHS
    assert table["category"].notna().all() and set(table["basis"]) == {"accrual"}


def test_the_books_agree_with_the_ads_but_for_what_is_planted():
    accounts, spend = TRUTH["ledger"]["accounts"], TRUTH["spend"]["by_month"]
    booked = {name: accounts[f"Expenses:6000 Advertising and marketing:{name}"] for name in (
        "6010 Google Ads", "6020 LinkedIn Ads", "6030 Meta Ads")}  # fmt: skip
    paid = {system: [spend[system][month] for month in MONTHS] for system in spend}
    assert booked["6010 Google Ads"] == pytest.approx(paid["google_ads"], abs=0.005)
    assert booked["6020 LinkedIn Ads"][1:] == pytest.approx(paid["linkedin_ads"][:-1], abs=0.005)
    assert booked["6030 Meta Ads"] == pytest.approx([value * 1.1 * 1.02 for value in paid["meta_ads"]], abs=0.006)


def test_recurring_revenue_is_that_of_the_simulator_by_month(sample):
    table = sample.tables["subscriptions"]
    sums = table.groupby(by_month(table))["recurring_amount"].agg(["sum", "size"])
    told = TRUTH["recurring"]["months"]
    assert sums["sum"].to_dict() == pytest.approx({month: row["reported"] for month, row in told.items()}, abs=0.3)
    assert sums["size"].to_dict() == {month: row["customers"] for month, row in told.items()}
    assert list(told) == MONTHS


def test_customers_are_bridged_to_accounts(sample):
    table, accounts = sample.tables["subscriptions"], sample.tables["accounts"]
    customers = table.drop_duplicates("customer_id")
    assert customers["account_id"].isna().sum() == 4
    known = customers.dropna(subset=["account_id"])
    names = accounts.set_index("account_id")["account_name"]
    assert (known["account_id"].map(names).to_numpy() == known["customer_name"].to_numpy()).all()
    assert customers["currency"].eq("EUR").sum() == TRUTH["recurring"]["customers_in_euros"]
    last = table[by_month(table) == MONTHS[-1]].set_index("customer_id")["recurring_amount"]
    assert last.idxmax() == TRUTH["recurring"]["giant"] and 0.08 < last.max() / last.sum() < 0.15


def test_retention_of_the_last_year_is_what_the_months_say(running, world):
    rate = np.where(running.customers["foreign"], world.plan.foreign_rate, 1.0)[:, None]
    cents = (running.cents * rate)[:, : len(MONTHS)]
    then, now = cents[:, -13], cents[:, -1]
    kept = TRUTH["recurring"]
    assert kept["net_retention_12_months"] == pytest.approx(now[then > 0].sum() / then.sum(), abs=1e-6)
    assert kept["gross_retention_12_months"] < min(1.0, kept["net_retention_12_months"])


def test_customers_leave_early_and_then_on_their_anniversary(running):
    ages = TRUTH["recurring"]["churn_by_age"]

    def hazard(first, last):
        rows = [ages[str(age)] for age in range(first, last + 1)]
        return sum(row["left"] for row in rows) / sum(row["at_risk"] for row in rows)

    assert hazard(1, 8) > 4 * hazard(13, 23)
    assert hazard(12, 12) > 3 * hazard(9, 11)
    assert hazard(1, 12) > 1.5 * hazard(13, 36)
    ends = running.customers["end"].dropna().astype(int)
    for customer, end in ends.items():
        assert running.cents[customer, end:].sum() == 0 < running.cents[customer, end - 1]


def test_the_planted_weights_are_those_by_which_the_first_year_is_given_up(running):
    """Of those who leave in their first year, the share that is gone by month 6 of 12; expansions make it later."""
    known = running.customers[running.customers["age_known"] & running.customers["end"].notna()]
    age = known["end"] - known["start"]
    weights = np.array(TRUTH["recurring"]["weights_of_the_month_in_which_the_first_year_is_given_up"])
    planted, seen = weights[:7].sum() / weights.sum(), (age[age <= 12] <= 6).mean()
    n = (age <= 12).sum()
    assert n >= 30 and planted - 0.15 - 3 * np.sqrt(0.25 / n) < seen < planted + 3 * np.sqrt(0.25 / n)


def test_an_expansion_raises_what_its_customer_pays(world, running):
    """In the month in which it is won, by a twelfth of its amount, where the contract still runs."""
    deals, last = world.deals, world.states.groupby("deal").last()
    place = pd.Series(running.customers.index, running.customers["account"])
    months, checked = running.months, 0
    closings = {}
    for deal in deals.index[(deals["kind"] < 3) & ~deals["is_test"] & deals["deleted"].isna()]:
        closings.setdefault(deals["account"][deal], []).append(deal)
    for account, mine in closings.items():
        grown = [d for d in mine if deals["kind"][d] == 1 and last["stage"][d] == 5]
        if len(grown) != 1 or account not in place or running.customers["giant"][place[account]]:
            continue
        month = int(np.searchsorted(months, last["close"][grown[0]], side="right")) - 1
        cents = running.cents[place[account]]
        others = [last["close"][d] for d in mine if deals["kind"][d] != 1 and last["stage"][d] == 5]
        others += [deals["due"][d] for d in mine if deals["kind"][d] == 2]
        near = any(abs(day - last["close"][grown[0]]) < 62 for day in others)
        if 0 < month < len(months) and cents[month - 1] > 0 < cents[month] and not near:
            assert abs(cents[month] - cents[month - 1] - last["amount"][grown[0]] / 12) <= 1
            checked += 1
    assert checked > 25


def test_calls_are_read_whole(sample):
    table, told = sample.tables["forecasts"], TRUTH["calls"]
    assert len(table) == 3 * told["rows"]
    assert set(table["category"]) == {"Forecast", "BestCase", "Closed"}
    assert table.groupby("level")["member"].nunique().to_dict() == {"company": 1, "owner": 17, "region": 2, "team": 2}
    assert table["period_start"].nunique() == len(told["quarters"]) == 12


def test_team_biases_come_back_from_the_calls(world):
    """What was called of what was still to come, over all weeks from the seventh on: quota no longer says much."""
    table = calls(world)
    people = table[table["who"] >= 0].astype({"who": int})
    week = people.groupby("quarter")["day"].rank(method="dense")
    late = people[(week >= 7) & (people["final"] > people["closed"])]
    lean = world.people["lean"].to_numpy()[late["who"]]
    seen = (late["commit"] - late["closed"]).groupby(lean).sum() / (late["final"] - late["closed"]).groupby(lean).sum()
    for side, bias in BIAS.items():
        assert seen[side] == pytest.approx(bias, rel=0.12)
    week4 = TRUTH["calls"]["commit_over_final_in_week_4"]
    assert week4["-1"] < 0.85 < week4["0"] < 1.12 < week4["1"]


def test_what_is_closed_in_a_call_was_saved_before_it(world):
    """What a seller has won so far never shrinks within a quarter, but by a win that was taken back."""
    table = calls(world)
    people = table[table["who"] >= 0]
    assert (people["closed"] <= people["final"] + 0.01).all()
    assert (people.groupby(["quarter", "who"])["closed"].diff().dropna() >= -0.01).all()


def test_tools_are_read(sample):
    table = sample.tables["tools"]
    assert dict(zip(table["tool_name"], table["annual_cost_amount"], strict=True)) == {t[0]: t[4] for t in TOOLS}


def test_commissions_follow_what_was_won(world, running):
    table = ledger(world, running)
    won = table.loc["Expenses:6100 Payroll:6120 Sales commissions"].to_numpy()
    last = world.states.groupby("deal").last()
    deals = world.deals
    good = (last["stage"] == 5) & ~deals["is_test"] & deals["deleted"].isna() & (deals["kind"] < 2)
    rate = np.where(deals["foreign"], 1.1, 1.0)
    april = pd.Timestamp("2025-04-01"), pd.Timestamp("2025-05-01")
    close = pd.to_datetime(last["close"], unit="D")
    sold = (last["amount"].clip(lower=0) * rate)[good & (close >= april[0]) & (close < april[1])].sum()
    may = table.columns.get_loc((april[1] - pd.Timestamp(0)).days)
    assert won[may] == round(0.10 * sold)
