"""The company's own stage and signals from its tables: hand-sized companies, planted ones, the sample."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from answering_companies import defined
from companies_of_people import contact, role, states, touch, won
from spending_companies import ad, campaign, month

from frames import COMPANY, TRACKED, as_of, book, change, deal, renamed, with_each
from revops.company import Organisation as Answers
from revops.measures import cac_payback
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.result import _about
from revops.measures.cac_payback.window import window_of as payback_window
from revops.measures.forecast_accuracy import Knobs as ForecastKnobs
from revops.measures.forecast_accuracy import signal_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation import Told, organisation_of
from revops.measures.stage_benchmarking.organisation.answers import last_quarter, three_answers
from revops.measures.stage_benchmarking.organisation.renewals import lost_renewals, n_renewed
from revops.measures.stage_benchmarking.organisation.result import target_of
from revops.measures.stage_benchmarking.organisation.revenue import bills_of, recurring_revenue
from revops.measures.stage_benchmarking.organisation.tools import n_campaigns
from revops.measures.stage_benchmarking.window import Window, window_of

DAY = "2026-06-30"
ROOT = Path(__file__).parents[2]
WITH_CHANCE = TRACKED | {"win_probability": "OpportunityHistory"}


def seen(deals=(), history=(), *, day=DAY, company=COMPANY, tracked=None, knobs=None, **tables) -> Window:
    """Return the window of a tiny company that has one open deal besides."""
    deals = [deal("0", type="other"), *deals]
    history = [change("0", "2026-02-01 09:00", type="other"), *history]
    tables = {name: rows for name, rows in tables.items() if rows}
    view = as_of(book(deals, history, company, tracked, **tables), day)
    return window_of(view, Knobs(**(knobs or {})))


def bill(customer, at, amount):
    return {"customer_id": customer, "account_id": customer, "month": at, "recurring_amount": amount,
            "status": "active", "basis": "reported"}  # fmt: skip


def renewal(id, lost="2026-05-20", category="Forecast", amount=1000.0, **given):
    """Return a renewal made in February, in one category until it is lost, and its history."""
    stages = [
        change(id, "2026-02-01 09:00", forecast_category=category, amount=amount, type="renewal"),
        change(id, f"{lost} 15:00", 1, stage_name="Lost", forecast_category="Omitted", amount=amount, close_date=lost,
               type="renewal"),
    ]  # fmt: skip
    row = deal(id, stage_name="Lost", type="renewal", close_date=lost, amount=amount, **given)
    return row, stages


def losing(*lost, **given) -> Window:
    """Return a company that lost some renewals, each as `renewal` gives it."""
    return seen([row for row, _ in lost], [state for _, rows in lost for state in rows], **given)


# Recurring revenue


def test_recurring_revenue_is_twelve_times_the_last_whole_month():
    bills = [bill("a", "2026-05-01", 100.0), bill("a", "2026-06-01", 120.0), bill("b", "2026-06-01", 30.0)]
    for day, amount, source in (
        (DAY, 12 * 150, "billing, Jun 2026 x 12"),
        ("2026-06-29", 1200, "billing, May 2026 x 12"),
    ):
        window = seen(day=day, subscriptions=bills)
        found = recurring_revenue(window, bills_of(window.view))
        assert (found.amount, found.dollars, found.source, found.is_rough) == (amount, amount, source, False)
        assert found.why == {}


def test_recurring_revenue_of_a_past_quarter_is_that_of_its_last_month():
    bills = [bill("a", f"2026-0{number}-01", 100.0 * number) for number in range(1, 7)]
    window = seen(subscriptions=bills, knobs={"period": "previous"})
    assert recurring_revenue(window, bills_of(window.view)).amount == 12 * 300


def test_bills_that_end_early_are_said():
    window = seen(subscriptions=[bill("a", "2026-01-01", 100.0)])
    found = recurring_revenue(window, bills_of(window.view))
    assert found.amount == 1200 and found.why == {"amount": "bills end in Jan 2026"}


def test_without_bills_recurring_revenue_is_rough():
    deals = [
        won("1", amount=2400.0, close_date="2026-06-30"),
        won("2", amount=600.0, close_date="2025-07-01", created_at="2025-01-01 09:00", type="renewal"),
        won("3", amount=9000.0, close_date="2025-06-30", created_at="2025-01-01 09:00"),
        won("4", amount=9000.0, type="other"),
    ]
    window = seen(deals, states(deals))
    found = recurring_revenue(window, None)
    assert (found.amount, found.is_rough, found.source) == (3000.0, True, "rough: 2 deals won in the last year")
    assert found.why == {"amount": "no billing export: taken from what was won in the last year"}
    two_years = seen(deals, states(deals), knobs={"months_in_amount": 24})
    assert recurring_revenue(two_years, None).amount == 1500.0


def test_recurring_revenue_without_a_rate_has_no_stage():
    company = COMPANY.model_copy(update={"currency": "EUR"})
    window = seen(company=company, subscriptions=[bill("a", "2026-06-01", 1e6)])
    found = organisation_of(window)
    assert found.arr_amount == 12e6 and np.isnan(found.arr_dollars) and np.isnan(found.stage)
    assert found.why["company_stage"] == "thresholds are in USD: company.yml, rates, needs USD"
    rated = company.model_copy(update={"rates": {"USD": 0.8}})
    assert organisation_of(seen(company=rated, subscriptions=[bill("a", "2026-06-01", 1e6)])).stage == 4  # 15.0M USD


# Signal 1: three answers


def test_three_answers_for_one_quarter():
    deals = [
        won("1", "A", amount=100.0, source="sales", close_date="2026-06-30"),
        won("2", "B", amount=50.0, source="marketing", close_date="2026-04-01", type="renewal"),
        won("3", "C", amount=30.0, source="sales", type="expansion"),
        won("4", "D", amount=7.0, source="marketing", close_date="2026-03-31"),
        won("5", "E", amount=20.0, source="marketing", close_date="2026-05-01"),
    ]
    people = {
        "contacts": [contact("c", "C"), contact("a", "A")],
        "contact_roles": [role("3", "c"), role("1", "a")],
        "touches": [touch("t", "c", "2026-04-20"), touch("u", "a", "2026-07-01")],
    }
    bills = [
        *(bill("old", f"2026-0{number}-01", amount) for number, amount in ((3, 10.0), (4, 10.0), (5, 15.0), (6, 12.0))),
        *(bill("new", f"2026-0{number}-01", 4.0) for number in (5, 6)),
        bill("gone", "2026-03-01", 50.0),
    ]
    window = seen(deals, states(deals), **people, subscriptions=bills)
    company = COMPANY.model_copy(update={"quota_covers": ("new", "expansion")})
    window = Window(as_of(window.view.book.__class__(company, window.view.book.tables, window.view.book.audit), DAY),
                    window.knobs, window.period, window.until)  # fmt: skip
    assert last_quarter(window).name == "FY26-Q2"
    found = three_answers(window, bills_of(window.view))
    assert found["who"].tolist() == ["sales", "finance", "marketing"]
    assert found["amount"].tolist() == [150.0, 12 * (5 + 4), 50.0]  # 100 + 30 + 20; 10 -> 15 and the new one; 30 + 20
    assert found["n"].tolist() == [3, 2, 2] and found["why"].isna().all()


def test_answers_are_those_that_company_yml_defines():
    """Marketing by source alone, sales with renewals, finance by deals won from marketing; what came late is not."""
    deals = [
        won("1", "A", amount=100.0, source="sales"),
        won("2", "B", amount=50.0, source="marketing", type="renewal"),
        won("3", "C", amount=30.0, source="marketing"),
        won("4", "D", amount=900.0, source="marketing"),
    ]
    history = [row | ({"changed_at": "2026-07-06 10:00"} if row["opportunity_id"] == "4" and row["sequence"] else {})
               for row in states(deals)]  # fmt: skip
    company = defined(marketing={"touched": False}, sales={"types": ("new", "renewal")},
                      finance={"bookings": "won", "sources": ("marketing",)})  # fmt: skip
    people = {"contacts": [contact("a", "A")], "contact_roles": [role("1", "a")],
              "touches": [touch("t", "a", "2026-04-20")]}  # fmt: skip
    ledger = [row for at in ("2026-04-01", "2026-05-01", "2026-06-01") for row in month(at, 10.0, 4.0)]
    window = seen(deals, history, day="2026-07-20", company=company, ledger=ledger, **people)
    found = three_answers(window, None)
    assert found["amount"].tolist() == [180.0, 30.0, 30.0] and found["n"].tolist() == [3, 1, 1]
    assert found["definition"].tolist() == [
        "won in the quarter by close date: new and renewal",
        "won in the quarter by close date: new and expansion, source marketing",
        "won in the quarter by close date: new and expansion, source marketing",
    ]
    assert found["counted"].eq("deals").all()


def test_a_quarter_under_way_is_not_told():
    window = seen(day="2026-06-29")
    assert last_quarter(window).name == "FY26-Q1" and last_quarter(seen(day=DAY)).name == "FY26-Q2"


def test_without_bills_finance_tells_the_revenue_of_the_books():
    ledger = [row for at in ("2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01") for row in month(at, 10.0, 4.0)]
    found = three_answers(seen(ledger=ledger), None).set_index("who").loc["finance"]
    assert (found["amount"], found["n"], found["counted"]) == (30.0, 3, "months")
    assert found["definition"] == "revenue of the quarter in the books"
    short = three_answers(seen(ledger=ledger[:-2]), None).set_index("who").loc["finance"]
    assert np.isnan(short["amount"]) and short["why"] == "neither bills nor books hold the months of FY26-Q2"


def test_marketing_without_sources_and_touches_tells_nothing():
    deals = [won("1", source="unknown")]
    found = three_answers(seen(deals, states(deals)), None).set_index("who").loc["marketing"]
    assert np.isnan(found["amount"]) and found["why"] == "no source on record, and no touch of anybody"
    deals = [won("1", source="unknown"), won("2", source="sales")]
    assert three_answers(seen(deals, states(deals)), None).set_index("who").loc["marketing", "amount"] == 0


# Signal 3: the quarter whose target counts


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("FY26-Q2", 9, 8), ("FY26-Q3", 1, 8), ("FY26-Q1", 7, 8)], ("FY26-Q2", 9.0, 8.0)),
        ([("FY26-Q2", 9, np.nan), ("FY26-Q1", 7, 8)], ("FY26-Q1", 7.0, 8.0)),
        ([("FY26-Q3", 9, 8)], None),
        ([], None),
    ],
)
def test_the_target_is_that_of_the_last_quarter_that_is_over(rows, found):
    table = pd.DataFrame(rows, columns=["period", "n", "target"])
    assert target_of(table, seen()) == found
    assert target_of(None, seen()) is None


# Signal 5: lost renewals


def test_a_company_that_flags_its_renewals_and_one_that_commits_them():
    knobs = {"fewest_followed": 5}
    flagged = losing(*(renewal(f"{n}", category="Pipeline") for n in range(1, 6)), knobs=knobs)
    committed = losing(*(renewal(f"{n}", category="Forecast") for n in range(1, 6)), knobs=knobs)
    for window, holds, share in ((flagged, "no", 0.0), (committed, "yes", 1.0)):
        found = organisation_of(window).signals.set_index("signal").loc[5]
        assert (found["holds"], found["value"], found["n"]) == (holds, share, 5)
    assert "5 of 5 lost renewals (>" not in found["strength"] and "$5.0K" in found["strength"]


def test_a_renewal_is_looked_at_some_days_before_it_was_lost():
    late_doubt = change("1", "2026-04-21 09:00", forecast_category="Pipeline", type="renewal", amount=700.0)
    row, (first, last) = renewal("1", lost="2026-05-20")
    for days, was, amount in ((30, "to renew", 1000.0), (29, "in doubt", 700.0), (29 + 31, "to renew", 1000.0)):
        window = seen([row], [first, late_doubt, {**last, "sequence": 2.0}], knobs={"unforeseen_days": days})
        assert lost_renewals(window)[["was", "amount", "lost_on"]].values.tolist() == [
            [was, amount, pd.Timestamp("2026-05-20")]
        ]


def test_what_was_not_there_so_long_before_is_not_known():
    row, (_, last) = renewal("1")
    made = change("1", "2026-05-01 09:00", forecast_category="Forecast", type="renewal")
    found = lost_renewals(seen([{**row, "created_at": "2026-05-01 09:00"}], [made, last]))
    assert found["was"].tolist() == ["not known"] and found["amount"].tolist() == [1000.0]


def test_a_renewal_recorded_late_was_lost_on_its_close_date():
    row, (first, last) = renewal("1")
    due = {"close_date": "2026-04-10"}
    doubt = change("1", "2026-03-20 09:00", forecast_category="Pipeline", type="renewal")
    found = lost_renewals(seen([{**row, **due}], [first, doubt, {**last, **due, "sequence": 2.0}]))
    assert found["lost_on"].tolist() == [pd.Timestamp("2026-04-10")] and found["was"].tolist() == ["to renew"]


def test_a_renewal_lost_twice_is_lost_the_second_time():
    row, (first, last) = renewal("1", lost="2026-06-15")
    middle = [change("1", "2026-03-01 09:00", 1, stage_name="Lost", forecast_category="Omitted", type="renewal"),
              change("1", "2026-04-01 09:00", 2, forecast_category="BestCase", type="renewal")]  # fmt: skip
    found = lost_renewals(seen([row], [first, *middle, {**last, "sequence": 3.0}]))
    assert found[["lost_on", "was"]].values.tolist() == [[pd.Timestamp("2026-06-15"), "in doubt"]]
    won_first = [change("1", "2026-03-01 09:00", 1, stage_name="Won", forecast_category="Closed", type="renewal")]
    found = lost_renewals(seen([row], [first, *won_first, {**last, "sequence": 3.0}]))
    assert found["was"].tolist() == ["to renew"]


def test_only_renewals_lost_within_a_year_count():
    made = {"created_at": "2025-01-01 09:00"}
    rows = [renewal("1", lost="2025-06-30", **made), renewal("2", lost="2025-07-01", **made), renewal("3", lost=DAY)]
    rows = [(row, [{**states[0], "changed_at": row["created_at"]}, states[1]]) for row, states in rows]
    assert lost_renewals(losing(*rows))["opportunity_id"].tolist() == ["2", "3"]
    open_one = deal("4", type="renewal", close_date="2026-01-15")
    states = [change("4", "2025-12-01 09:00", close_date="2026-01-15", type="renewal")]
    assert lost_renewals(seen([open_one], states)).empty  # late, but not lost


def test_where_no_category_has_history_the_probability_tells():
    tracked = {name: what for name, what in WITH_CHANCE.items() if name != "forecast_category"}
    rows = [renewal(f"{n}", forecast_category="Omitted") for n in (1, 2, 3)]
    for (_, path), chance in zip(rows, (0.5, 0.4, None), strict=True):
        path[0]["win_probability"] = chance
    assert lost_renewals(losing(*rows, tracked=tracked))["was"].tolist() == ["to renew", "in doubt", "not known"]
    assert lost_renewals(losing(*rows, tracked=WITH_CHANCE))["was"].tolist() == ["to renew"] * 3
    neither = {name: what for name, what in tracked.items() if name != "win_probability"}
    assert lost_renewals(losing(*rows, tracked=neither))["was"].tolist() == ["not known"] * 3


def test_without_history_nothing_is_known_of_lost_renewals():
    row, _ = renewal("1", modified_at="2026-05-21 10:00", forecast_category="Forecast")
    view = as_of(book([deal("0", modified_at=f"{DAY} 10:00"), row]), DAY)
    found = lost_renewals(window_of(view, Knobs()))
    assert found["was"].tolist() == ["not known"] and found["lost_on"].tolist() == [pd.Timestamp("2026-05-20")]


def test_nothing_after_the_day_changes_what_is_read():
    lost = [renewal(f"{n}", lost=day) for n, day in ((1, "2026-05-20"), (2, "2026-06-20"), (3, "2026-07-10"))]
    early, late = losing(*lost[:1], day="2026-06-10"), losing(*lost, day="2026-06-10")
    pd.testing.assert_frame_equal(lost_renewals(early), lost_renewals(late))
    assert lost_renewals(losing(*lost, day="2026-07-31"))["opportunity_id"].tolist() == ["1", "2", "3"]


# Campaigns and the whole


def test_campaigns_of_a_quarter_are_counted_once_by_name():
    campaigns = [
        campaign("1", start="2026-03-01", end="2026-04-01"),
        campaign("2", start="2026-07-01", end="2026-08-01"),
        campaign("3", start="2026-06-30", end=None),
        campaign("4", start=None, end=None),
        campaign("5", start="2026-05-01", campaign_name="Search  BRAND"),
    ]
    spend = [
        ad("search brand", "2026-05-02"),
        ad("Other", "2026-05-03"),
        ad("Old", "2026-03-31"),
        ad("Free", amount=0.0),
    ]
    window = seen(campaigns=campaigns, spend=spend)
    assert n_campaigns(window.view, last_quarter(window)) == 4  # 1, 3, search brand, other
    assert n_campaigns(seen().view, last_quarter(window)) is None


def test_nothing_known_at_all_is_open_and_nothing_breaks():
    found = organisation_of(seen())
    assert np.isnan(found.arr_amount) and np.isnan(found.stage) and found.arr_source == "not known"
    assert set(found.signals["holds"]) == {"not read"} and found.level == "not read"
    assert (found.n_holding, found.n_read, found.leaning, found.renamed) == (0, 0, None, "open")
    assert set(found.models["points"]) == {"open"} and not found.questions["is_answered"].any()
    assert found.why == {
        "signal 1": "nothing was won or billed in the quarter",
        "signal 2": "the company's forecasts were not asked for",
        "signal 3": "company.yml, mql_targets, names no quarter that is over",
        "signal 4": "no sheet of tools",
        "signal 5": "no renewal came to an end in a year",
        "arr_amount": "no billing export, and nothing won in the last year",
        "company_stage": "no billing export, and nothing won in the last year",
    }


def test_answers_of_company_yml_reach_the_models_and_the_tests():
    said = Answers(employees=600, private_equity=True, mature_marketing=False, leadership_backs="cmo",
                   revops_reports_to="CMO", monday_review_shows=(), connected_tools=("CRM",),
                   ops_people={"marketing": 1, "sales": 1, "revops": 0})  # fmt: skip
    company = COMPANY.model_copy(update={"organisation": said})
    tools = [{"tool_name": name} for name in ("CRM", *"ABCDEFGHIJ")]
    found = organisation_of(seen(company=company, tools=tools))
    points = found.models.set_index(["model", "rule"])["points"]
    assert (
        points[(1, "500 or more people")] == "for"
        and points[(1, "Backed by private equity: goes into RevOps")] == "against"
    )
    assert (
        points[(2, "Each team has one operations person")] == "for"
        and points[(2, "Whom leadership backs")] == "against"
    )
    assert points[(3, "Marketing is large and mature")] == "against"
    assert points[(3, "Both Marketing Ops and RevOps can be staffed")] == "against"
    signal = found.signals.set_index("signal").loc[4]
    assert (signal["holds"], signal["value"]) == ("yes", 10) and (found.level, found.n_read) == ("noise", 1)
    assert found.renamed == "yes"


# The sample


def test_recurring_revenue_of_the_sample_is_the_truth_and_that_of_payback(sample):
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    found = recurring_revenue(window_of(view, Knobs()), bills_of(view))
    payback = payback_window(view, cac_payback.Knobs())
    assert found.amount == _about(payback, customers_of(payback)).arr_amount
    truth = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))["recurring"]["months"]
    assert found.amount == pytest.approx(12 * truth["2026-05"]["reported"], abs=1.0)  # cents of each customer, x 12


def test_the_organisation_of_the_sample(sample):
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    mqls = pd.DataFrame({"period": ["FY27-Q1"], "n": [120], "target": [100.0]})
    off = signal_of(view, ForecastKnobs(calls="history"))
    found = organisation_of(window_of(view, Knobs()), Told(mqls, 0.3, 50), off)
    assert found.signals["holds"].tolist() == ["yes", "no", "yes", "no", "no"]
    assert (found.stage, found.level, found.n_read, found.renamed) == (3, "watch-list", 5, "yes")
    renewals = found.signals.set_index("signal").loc[5]
    assert (round(renewals["value"] * renewals["n"]), renewals["n"]) == (6, 32) and "Best case 14" in renewals[
        "strength"
    ]
    disputes = found.models[found.models["asks"].eq("disputes")]
    assert disputes["points"].tolist() == ["against", "for"] and set(disputes["ours"]) == {"sales accepts too few MQLs"}
    tools = found.signals.set_index("signal").loc[4]
    assert (tools["value"], tools["n"]) == (8, 10)  # of ten, Salesforce and marketing automation are connected
    sold = found.answers.set_index("who").loc["sales"]
    truth = json.loads((ROOT / "data" / "sample_truth.json").read_text(encoding="utf-8"))
    booked = truth["figures"]["2026-06-09"]["booked"]
    assert (sold["n"], sold["amount"]) == pytest.approx(tuple(
        sum(booked[f"FY27-Q1 {type}"][name] for type in ("new", "expansion")) for name in ("n", "amount")))  # fmt: skip


@pytest.mark.parametrize("day", ["2026-06-09", "2025-03-09"])
def test_lost_renewals_of_the_sample_by_plain_loops(sample, day):
    view = sample.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1))
    window = window_of(view, Knobs())
    end = pd.Timestamp(day)
    paths = {}
    for state in view.timeline.to_dict("records"):
        paths.setdefault(state["opportunity_id"], []).append(state)
    expected, n_won = {}, 0
    for row in view.opportunities.to_dict("records"):
        inside = end - pd.DateOffset(years=1) < row["close_date"] <= end
        if row["type"] != "renewal" or row["outcome"] != "lost":
            n_won += row["type"] == "renewal" and row["outcome"] == "won" and inside
            continue
        path = paths[row["opportunity_id"]]
        place = len(path) - 1
        while place > 0 and path[place - 1]["outcome"] == "lost":
            place -= 1
        lost_on = min(path[place]["changed_at"].normalize(), row["close_date"])
        if not end - pd.DateOffset(years=1) < lost_on <= end:
            continue
        before = [s for s in path if s["changed_at"].normalize() <= lost_on - pd.Timedelta(days=30)]
        was, amount = "not known", row["amount"]
        if before:
            state = before[-1]
            named = state["forecast_category"] in ("Forecast", "MostLikely", "Closed")
            was = "to renew" if state["outcome"] == "won" or (named and state["outcome"] == "open") else "in doubt"
            amount = state["amount"] if state["amount"] == state["amount"] else amount
        expected[row["opportunity_id"]] = (lost_on, was, amount)
    found = lost_renewals(window)
    told = {row.opportunity_id: (row.lost_on, row.was, row.amount) for row in found.itertuples()}
    assert len(expected) > 15 and told == expected and n_renewed(window) == n_won


def test_neither_order_nor_names_change_the_organisation(sample):
    day, now = dt.date(2026, 6, 9), dt.datetime(2099, 1, 1)
    shuffled = with_each(sample, lambda rows: rows.sample(frac=1, random_state=5).reset_index(drop=True))
    history = shuffled.table("opportunity_history").sort_values(["opportunity_id", "changed_at", "sequence"])
    shuffled.tables["opportunity_history"] = history.reset_index(drop=True)
    one = organisation_of(window_of(sample.as_of(day, now=now), Knobs()))
    other = organisation_of(window_of(shuffled.as_of(day, now=now), Knobs()))
    pd.testing.assert_frame_equal(one.signals, other.signals)
    pd.testing.assert_frame_equal(one.lost, other.lost)
    pd.testing.assert_frame_equal(one.answers, other.answers)
    lost = [renewal(f"{n}", amount=100.0 * n) for n in range(1, 4)]
    window = losing(*lost)
    turned = window_of(as_of(with_each(window.view.book, renamed), DAY), Knobs())
    columns = ["amount", "lost_on", "was"]
    pd.testing.assert_frame_equal(lost_renewals(window)[columns], lost_renewals(turned)[columns])
