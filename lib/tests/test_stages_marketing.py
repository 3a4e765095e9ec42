"""MQLs, what one costs, filled fields and tools: hand-sized companies, the sample by plain arithmetic, odd input."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from marketing_companies import account, came, lead, seen, told
from scipy.stats import chi2
from spending_companies import ad, campaign

from frames import COMPANY, with_tables
from revops.analysis.passages import moved
from revops.measures.stage_benchmarking.funnel import funnel_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.marketing import Marketing, marketing_moves, marketing_of
from revops.measures.stage_benchmarking.marketing.cost import COST, cost_of
from revops.measures.stage_benchmarking.marketing.enrichment import ENRICHMENT, filled
from revops.measures.stage_benchmarking.marketing.result import MOVES
from revops.measures.stage_benchmarking.marketing.shares import shares_of
from revops.measures.stage_benchmarking.marketing.volume import MQLS, mqls_of, usual_range
from revops.measures.stage_benchmarking.window import window_of
from revops.ratios import share_interval

FILLED = {"industry": "Food", "employees": 20.0, "country": "Chile"}


def mql(id, at, **given):
    """Return a lead that was called qualified on the day it came, or at another."""
    return lead(id, given.pop("created", at), mql_at=at, **given)


def mqls(n, at, name="M", **given):
    return [mql(f"{name}{at}{number}", at, **given) for number in range(n)]


def with_targets(**targets):
    return COMPANY.model_copy(update={"mql_targets": targets})


def quarters(found, name="n"):
    rows = found.mqls[found.mqls["span"].eq("quarter")]
    return dict(zip(rows["name"], rows[name], strict=True))


# MQLs


def test_mqls_are_enquiries_by_the_quarter_in_which_the_first_of_them_was_qualified():
    """Three people of one company are one enquiry, qualified in March by the first."""
    rows = [mql("1", "2026-03-30", enquiry="E"), mql("2", "2026-05-02", enquiry="E"), lead("3", enquiry="E"),
            mql("4", "2026-06-30 23:59"), mql("5", "2025-12-30")]  # fmt: skip
    found = told(rows)
    assert quarters(found) == {"FY25-Q4": 1, "FY26-Q1": 1, "FY26-Q2": 1}
    weeks = found.mqls[found.mqls["span"].eq("weeks")]
    assert dict(zip(weeks["name"], weeks["n"], strict=True)) == {"4": 0, "3": 0, "2": 1, "1": 1, "0": 1}
    assert list(found.mqls.columns) == list(MQLS)


def test_a_target_of_an_open_quarter_counts_for_the_days_so_far():
    """40 of 91 days of the second quarter are known on 10 May: 91 x 40 / 91 = 40; 20 MQLs are half of it."""
    rows = [*mqls(20, "2026-05-01"), *mqls(3, "2026-02-01")]
    table = told(rows, day="2026-05-10", company=with_targets(**{"FY26-Q2": 91, "FY2026-Q1": 6})).mqls
    table = table[table["span"].eq("quarter")].set_index("name")
    assert table.loc["FY26-Q2", ["target", "target_to_date", "target_share"]].tolist() == pytest.approx([91, 40, 0.5])
    assert table.loc["FY26-Q1", ["target", "target_to_date", "target_share"]].tolist() == pytest.approx([6, 6, 0.5])
    assert table["is_over"].to_dict() == {"FY26-Q1": True, "FY26-Q2": False}
    assert table.loc["FY26-Q2", "until"] == pd.Timestamp("2026-05-10")


def test_on_its_last_day_a_quarter_is_over():
    table = told(mqls(2, "2026-05-01"), company=with_targets(**{"FY26-Q2": 4})).mqls
    last = table[table["name"].eq("FY26-Q2")].iloc[0]
    assert last["is_over"] and last["target_share"] == 0.5


def test_targets_that_say_nothing_are_said():
    rows = mqls(2, "2026-05-01")
    assert told(rows).why["targets"] == "no target: set mql_targets in company.yml"
    found = told(rows, company=with_targets(**{"Q2 26": 4, "FY26-Q2": 0}))
    assert found.why["targets"] == "mql_targets of company.yml: not a quarter such as FY27-Q2 (e.g. Q2 26)"
    assert np.isnan(quarters(found, "target_share")["FY26-Q2"])
    window, funnel = seen(rows, company=with_targets(**{"FY26-Q2": 4}), knobs={"slice": {"type": "new"}})
    table, why = mqls_of(window, funnel.enquiries)
    assert why["targets"] == "targets are of the whole company, not of a part of it" and table["target"].isna().all()


def test_nobody_qualified_is_not_none_qualified():
    found = told(came(3))
    assert found.mqls.empty and found.mqls.dtypes.equals(told(mqls(1, "2026-05-01")).mqls.dtypes)
    words = (
        "no lead says when marketing called it qualified: name the field, or the statuses, in company.yml under exports"
    )
    assert found.why["mqls"] == found.why["cost"] == words


def test_what_is_usual_is_the_mean_of_the_windows_before_and_where_one_more_would_lie():
    """Windows of 4, 6, 8 and 10: mean 7, sum of squares 20, variance (20 + 14) / 5; t of 5 at 80 % is 1.475884."""
    days = {"2025-05-01": 4, "2025-08-01": 6, "2025-11-01": 8, "2026-02-01": 10, "2026-05-01": 12}
    rows = [lead("0", "2025-01-01"), *(row for at, n in days.items() for row in mqls(n, at))]
    last = told(rows).mqls.iloc[-1]
    reach = 1.475884 * np.sqrt(34 / 5 * 1.25)
    assert (last["name"], last["n"], last["usual"]) == ("0", 12, 7)
    assert (last["usual_low"], last["usual_high"]) == pytest.approx((7 - reach, 7 + reach), rel=1e-5)


def test_windows_from_before_the_first_lead_are_not_usual():
    rows = [mql("0", "2025-12-01"), *mqls(5, "2026-02-01"), *mqls(5, "2026-05-01")]
    table = told(rows).mqls
    weeks = table[table["span"].eq("weeks")].set_index("name")
    assert weeks["is_whole"].to_dict() == {"4": False, "3": False, "2": False, "1": True, "0": True}
    assert weeks.loc["0", "usual"] == 5 and np.isnan(weeks.loc["0", "usual_low"])


@pytest.mark.parametrize("more, least, most", [(1, 0.80, 0.87), (2, 0.74, 0.82)])
def test_the_range_of_one_more_window_holds_as_often_as_it_says(more, least, most):
    """Four windows and one more of 8, 30 and 120 MQLs, 1,500 companies each: Poisson, and with twice its variance."""
    rng = np.random.default_rng(1)
    for mean in (8, 30, 120):
        means = mean if more == 1 else rng.gamma(mean, 1, (1_500, 5))
        counts = rng.poisson(means, (1_500, 5))
        ends = [usual_range(row[:4], level=0.8)[1:] for row in counts]
        held = np.mean([low <= n <= high for n, (low, high) in zip(counts[:, 4], ends, strict=True)])
        assert least <= held <= most


def test_few_windows_and_windows_of_nothing_have_no_range():
    assert np.isnan(usual_range(np.array([]), level=0.8)).all()
    assert usual_range(np.array([3, 5]), level=0.8) == pytest.approx((4, np.nan, np.nan), nan_ok=True)
    assert usual_range(np.zeros(4), level=0.8) == pytest.approx((0, np.nan, np.nan), nan_ok=True)
    assert usual_range(np.array([0, 0, 1]), level=0.8)[1] == 0


def test_an_earlier_quarter_ends_with_its_end():
    rows = [*mqls(2, "2026-03-31"), *mqls(3, "2026-04-01")]
    found = told(rows, knobs={"period": "previous"})
    assert quarters(found) == {"FY26-Q1": 2}
    assert found.mqls.iloc[-1][["n", "until"]].tolist() == [2, pd.Timestamp("2026-03-31")]


# Cost per MQL

BOOKS = [*account("marketing", [300, 100, 200, 90, 60, 30], "2026-01-01"), *account("sales", [9] * 6, "2026-01-01")]


def months(found, name="cost_per_mql"):
    rows = found.cost[found.cost["span"].eq("month")]
    return {f"{at:%Y-%m}": value for at, value in zip(rows["since"], rows[name], strict=True)}


def test_cost_per_mql_is_marketing_of_a_month_over_its_mqls():
    rows = [*mqls(3, "2026-01-31"), *mqls(4, "2026-03-01"), *mqls(2, "2026-05-31 23:30"), lead("0", "2025-11-20")]
    found = told(rows, ledger=BOOKS)
    values = months(found)
    assert values == pytest.approx(
        {"2026-01": 100, "2026-02": np.nan, "2026-03": 50, "2026-04": np.nan, "2026-05": 30, "2026-06": np.nan},
        nan_ok=True,
    )
    together = found.cost.set_index("span")
    assert together.loc["last months", ["spend_amount", "n", "cost_per_mql", "n_months"]].tolist() == [180, 2, 90, 3]
    before = together.loc["months before"]
    assert before[["spend_amount", "n", "n_months"]].tolist() == [600, 7, 3]
    assert before["cost_per_mql"] == pytest.approx(600 / 7) and found.cost_source == "ledger"
    assert found.why["lag"] == "money spent earlier for the MQLs of a month is not moved to it"
    assert list(found.cost.columns) == list(COST)


def test_the_range_of_a_cost_is_that_of_the_number_of_mqls():
    """Garwood's ends of a Poisson mean by the quantiles of chi square; without MQLs there is a low end alone."""
    found = told([*mqls(4, "2026-03-01"), lead("0", "2025-11-20")], ledger=BOOKS).cost.set_index("since")
    row = found.loc["2026-03-01"]
    assert row["low"] == pytest.approx(200 / (chi2.ppf(0.9, 10) / 2)) and row["high"] == pytest.approx(
        200 / (chi2.ppf(0.1, 8) / 2)
    )
    none = found.loc["2026-02-01"]
    assert none["low"] == pytest.approx(100 / (chi2.ppf(0.9, 2) / 2)) and np.isnan(none["high"])


def test_months_that_the_books_lack_are_left_out_with_their_mqls_and_named():
    """April and June are not in the books at all; a month with books but without marketing cost nothing."""
    books = [row for row in BOOKS if row["month"][:7] not in ("2026-04", "2026-06")
             and not (row["month"][:7] == "2026-02" and row["category"] == "marketing")]  # fmt: skip
    rows = [lead("0", "2025-11-20"), *mqls(2, "2026-02-10"), *mqls(5, "2026-04-10"), *mqls(2, "2026-05-10"),
            *mqls(2, "2026-06-10")]  # fmt: skip
    found = told(rows, ledger=books)
    assert found.why["months"] == "2 months without marketing cost on record left out (e.g. Jun 2026, Apr 2026)"
    assert months(found, "spend_amount") == pytest.approx(
        {"2026-01": 300, "2026-02": 0, "2026-03": 200, "2026-04": np.nan, "2026-05": 60, "2026-06": np.nan}, nan_ok=True
    )
    assert months(found)["2026-02"] == 0
    last = found.cost.set_index("span").loc["last months"]
    assert last[["since", "until"]].tolist() == [pd.Timestamp("2026-02-01"), pd.Timestamp("2026-05-31")]
    assert last[["spend_amount", "n", "n_months"]].tolist() == [260, 4, 3]


def test_the_month_of_the_day_and_the_month_in_which_leads_begin_are_not_whole():
    rows = [lead("0", "2026-02-02"), *mqls(2, "2026-03-10")]
    assert list(months(told(rows, ledger=BOOKS, day="2026-05-30"))) == ["2026-03", "2026-04"]
    assert list(months(told(rows, ledger=BOOKS, day="2026-05-31"))) == ["2026-03", "2026-04", "2026-05"]
    rows[0] = lead("0", "2026-02-01")
    assert list(months(told(rows, ledger=BOOKS, day="2026-05-30"))) == ["2026-02", "2026-03", "2026-04"]


def test_more_given_back_than_spent_tells_no_cost():
    books = account("marketing", [-50, 100], "2026-04-01")
    found = told([lead("0", "2026-01-01"), *mqls(2, "2026-04-10"), *mqls(2, "2026-05-10")], ledger=books)
    assert months(found) == pytest.approx({"2026-04": np.nan, "2026-05": 50, "2026-06": np.nan}, nan_ok=True)
    assert months(found, "spend_amount")["2026-04"] == -50


def test_without_books_ads_and_campaigns_tell_the_cost():
    """An ad row of 31 on all of May, a campaign of 300 from 16 April to 15 May: half of it in each month."""
    rows = [lead("0", "2026-01-01"), *mqls(3, "2026-05-10")]
    tables = {"spend": [ad("A", "2026-05-01", 31.0, until="2026-05-31")],
              "campaigns": [campaign("C", 300.0, "2026-04-16", "2026-05-15")]}  # fmt: skip
    found = told(rows, **tables)
    assert found.cost_source == "campaigns"
    assert months(found, "spend_amount") == pytest.approx(
        {"2026-04": 150, "2026-05": 150 + 31, "2026-06": np.nan}, nan_ok=True
    )
    assert months(found)["2026-05"] == pytest.approx(181 / 3)
    assert found.why["people"] == "no marketing accounts in the ledger: ads and campaigns alone, without people"
    only_sales = told(rows, ledger=account("sales", [9] * 6, "2026-01-01"), **tables)
    assert only_sales.cost_source == "campaigns"


def test_an_ad_system_whose_export_ends_early_is_named():
    rows = [lead("0", "2026-01-01"), *mqls(3, "2026-05-10")]
    spend = [ad("A", "2026-04-01", 30.0, until="2026-05-31"),
             ad("B", "2026-04-01", 30.0, until="2026-05-20", system="meta_ads")]  # fmt: skip
    assert told(rows, spend=spend).why["systems"] == "meta_ads: the export does not fill the last month"


def test_without_any_cost_it_says_what_it_needs():
    found = told(mqls(3, "2026-05-10"))
    assert found.cost.empty and found.cost_source is None
    assert found.why["cost"] == (
        "needs one of: marketing accounts in the ledger, exports of ad systems, or campaigns with their actual cost"
    )


def test_cost_is_of_the_whole_company_alone():
    window, funnel = seen(mqls(3, "2026-05-10"), knobs={"slice": {"type": "new"}}, ledger=BOOKS)
    table, _, why = cost_of(window, funnel.enquiries)
    assert table.empty and why == {"cost": "cost is of the whole company, the leads are of a part of it"}


def test_in_another_currency_costs_are_scaled_and_nothing_else_changes():
    rows = [*mqls(4, "2026-03-01"), lead("0", "2025-11-20")]
    tools = [tool("A", 10, 5, 100.0)]
    one = told(rows, ledger=BOOKS, tools=tools)
    scaled = [{**row, "amount": 3 * row["amount"]} for row in BOOKS]
    three = told(rows, ledger=scaled, tools=[tool("A", 10, 5, 300.0)])
    for name in ("spend_amount", "cost_per_mql", "low", "high"):
        np.testing.assert_allclose(three.cost[name], 3 * one.cost[name])
    pd.testing.assert_frame_equal(one.mqls, three.mqls)
    assert three.tools.idle_amount == 3 * one.tools.idle_amount and three.tools.used_share == one.tools.used_share


# Enrichment


def shares(found, span="last weeks", group="company"):
    rows = found.enrichment[found.enrichment["span"].eq(span) & found.enrichment["group"].eq(group)]
    return {row.field: (row.n_right, row.n) for row in rows.itertuples()}


def test_a_lead_is_enriched_where_all_fields_are_filled():
    rows = [lead("1", **FILLED), lead("2", **FILLED | {"industry": " Unknown "}),
            lead("3", **FILLED | {"employees": 0.0}), lead("4", **FILLED | {"country": "  "}), lead("5"),
            lead("6", "2026-01-01", **FILLED), lead("7", "2020-01-01", **FILLED)]  # fmt: skip
    found = told(rows)
    assert shares(found) == {"all": (1, 5), "country": (3, 5), "employees": (3, 5), "industry": (3, 5)}
    assert shares(found, "weeks before") == dict.fromkeys(("all", "country", "employees", "industry"), (1, 1))
    assert shares(found, "all leads") == {"all": (3, 7), "country": (5, 7), "employees": (5, 7), "industry": (5, 7)}
    assert list(found.enrichment.columns) == list(ENRICHMENT)


def test_lead_sources_are_told_apart():
    rows = [lead("1", lead_source="Fair", **FILLED), lead("2", lead_source="Fair"), lead("3", **FILLED)]
    assert shares(told(rows), group="Fair")["all"] == (1, 2)
    assert shares(told(rows), group="Web")["all"] == (1, 1)


def test_a_field_that_nobody_has_is_left_out_and_said():
    rows = [lead("1", **FILLED | {"industry": None}), lead("2", country="Chile")]
    found = told(rows)
    assert shares(found) == {"all": (1, 2), "country": (2, 2), "employees": (1, 2)}
    assert found.why["fields"] == "no lead has one, so not exported or never filled: industry"


def test_where_all_fields_are_blank_there_is_no_share():
    found = told(came(3))
    assert found.enrichment.empty and found.why["fields"].endswith("never filled: industry, employees, country")


def test_contacts_of_hubspot_are_told_by_their_account():
    contacts = [
        {"contact_id": "1", "account_id": "A", "lead_at": "2026-06-01", "mql_at": "2026-06-02", "utm_source": "x",
         "utm_medium": "Email", "utm_campaign": "news"},
        {"contact_id": "2", "account_id": "B", "lead_at": "2026-06-01"},
        {"contact_id": "3", "account_id": None, "lead_at": "2026-06-01"},
        {"contact_id": "4", "account_id": "A"},
    ]  # fmt: skip
    accounts = [{"account_id": "A", "account_name": "A", "industry": "Food", "employees": 5.0},
                {"account_id": "B", "account_name": "B", "industry": "other"}]  # fmt: skip
    found = told(contacts=contacts, accounts=accounts)
    assert shares(found) == {"all": (1, 3), "employees": (1, 3), "industry": (1, 3)}
    assert found.why["fields"] == "no lead has one, so not exported or never filled: country"
    assert quarters(found) == {"FY26-Q2": 1}
    assert found.utm_campaigns[["campaign", "wrong"]].to_numpy().tolist() == [["news", "capitals 1"]]


def test_people_of_one_company_are_worth_less_than_as_many_of_others():
    """Companies of 3 and 1, 3 and 0 right: share 3/4, sum of squares 2 x (3/4)^2, so n_worth = 3/16 x 16 / (18/16)."""
    rows = pd.DataFrame({"by": "x", "cluster": ["a", "a", "a", "b"], "is_right": [True, True, True, False]})
    [row] = shares_of(rows, ["by"], level=0.8).to_dict("records")
    assert row["n_worth"] == pytest.approx(3 / (18 / 16))
    assert row["error"] == pytest.approx(np.sqrt(3 / 16 / row["n_worth"]))


def test_independent_rows_are_worth_themselves_and_their_range_is_wilsons():
    for n_right in (1, 7, 20):
        rows = pd.DataFrame({"by": "x", "cluster": [str(at) for at in range(20)], "is_right": np.arange(20) < n_right})
        [row] = shares_of(rows, ["by"], level=0.8).to_dict("records")
        assert row["n_worth"] == pytest.approx(20)
        assert (row["low"], row["high"]) == pytest.approx(share_interval(n_right, 20, level=0.8))


def test_where_all_are_right_clusters_are_worth_their_effective_number():
    """16 / (9 + 1) of four rows in clusters of 3 and 1; one cluster alone is worth one."""
    rows = pd.DataFrame({"by": ["x"] * 4 + ["y"] * 2, "cluster": list("aaabcc"), "is_right": True})
    assert shares_of(rows, ["by"], level=0.8)["n_worth"].tolist() == [1.6, 1.0]


# Tools


def tool(name, seats, active, cost, renewal="2026-12-31", **given):
    return {"tool_name": name, "n_seats": seats, "n_seats_active": active, "annual_cost_amount": cost,
            "renewal_date": renewal, **given}  # fmt: skip


def test_seats_not_used_cost_their_part():
    """A: 4 of 10 used, 600 of 1,000 idle; B: all used; together 9 of 15."""
    found = told(tools=[tool("B", 5, 5, 50.0), tool("A", 10, 4, 1_000.0, n_seats_assigned=9)]).tools
    assert found.table[["tool_name", "used_share", "idle_amount", "is_low"]].to_numpy().tolist() == [
        ["A", 0.4, 600.0, True], ["B", 1.0, 0.0, False],
    ]  # fmt: skip
    assert (found.n, found.n_told, found.n_low, found.used_share) == (2, 2, 1, 0.6)
    assert (found.annual_cost_amount, found.idle_amount) == (1_050, 600)


def test_seats_that_nobody_wrote_down_are_not_unused_seats():
    found = told(tools=[tool("A", None, 4, 10.0), tool("B", 5, None, 10.0), tool("C", 0, 0, 10.0), tool("D", 4, 1, 8.0),
                        tool("E", 5, -1, 10.0)]).tools  # fmt: skip
    assert found.table["note"].tolist()[:3] == [
        "the sheet does not say how many seats are paid for", "the sheet does not say how many seats are used",
        "the sheet does not say how many seats are paid for",
    ]  # fmt: skip
    assert found.table["used_share"].isna().tolist() == [True, True, True, False, True]
    assert not found.table["is_low"][:3].any()
    assert (found.n, found.n_told, found.used_share, found.idle_amount) == (5, 1, 0.25, 6.0)


def test_more_seats_used_than_paid_for_fill_the_tool_and_are_said():
    found = told(tools=[tool("A", 10, 12, 100.0), tool("B", 10, 5, 100.0)]).tools
    assert found.table.loc[0, ["used_share", "idle_amount", "note"]].tolist() == [
        1.0,
        0.0,
        "more seats used than paid for",
    ]
    assert found.used_share == 0.75


def test_an_earlier_contract_of_a_tool_is_left_out_and_a_renewal_that_is_past_is_said():
    found = told(tools=[tool("A", 10, 5, 100.0, "2025-12-31"), tool("A", 20, 10, 200.0), tool("A", 2, 1, 20.0),
                        tool("B", 4, 2, 8.0, "2026-06-29"), tool("C", 4, 2, 8.0, None)]).tools  # fmt: skip
    assert found.table["tool_name"].tolist() == ["A", "A", "B", "C"] and found.n_left_out == 1
    assert found.table["note"].dropna().tolist() == ["its renewal lies before the day"]
    assert found.annual_cost_amount == 236


def test_without_tools_nothing_is_used_and_it_says_so():
    found = told(came(1))
    assert found.tools.table.empty and found.tools.n == 0
    assert np.isnan([found.tools.used_share, found.tools.annual_cost_amount, found.tools.idle_amount]).all()
    assert found.why["tools"] == "needs tools: the sheet of tools with their seats"


# Together


def test_without_leads_there_is_nothing_but_tools():
    found = told(tools=[tool("A", 10, 4, 1_000.0)], ledger=BOOKS)
    assert isinstance(found, Marketing) and found.tools.n == 1
    for name in ("mqls", "cost", "enrichment", "utm", "utm_campaigns", "utm_faults", "moves", "windows"):
        assert getattr(found, name).empty, name
    assert found.why["enrichment"] == "no leads"
    full = told([*mqls(2, "2026-05-01", **FILLED), lead("1", "2026-05-01", "a", "b", "c")], ledger=BOOKS)
    for name in ("mqls", "cost", "enrichment", "utm", "moves", "windows"):
        assert getattr(found, name).dtypes.equals(getattr(full, name).dtypes), name


def test_moves_are_the_shares_of_now_and_before_and_windows_add_up_to_them():
    days = ["2026-06-01", "2026-02-01", "2025-11-01", "2025-08-01", "2025-05-01", "2025-02-01"]
    rows = [
        row
        for at in days
        for row in (*came(2, "a", "b", "c", at=at, name=f"T{at}", **FILLED), *came(1, at=at, name=f"N{at}"))
    ]
    found = told(rows)
    assert list(found.moves.columns) == list(MOVES)
    assert not found.moves.duplicated(["what", "step", "dimension", "group", "span"]).any()
    sums = found.windows[found.windows["window"].between(1, 4)].groupby(["what", "step"])[["n", "n_right"]].sum()
    past = found.moves[found.moves["span"].eq("weeks before") & found.moves["dimension"].eq("company")]
    pd.testing.assert_frame_equal(past.set_index(["what", "step"])[["n", "n_right"]].sort_index(), sums.sort_index())
    assert found.windows["window"].unique().tolist() == [0, 1, 2, 3, 4, 5]
    assert set(found.moves["step"]) == {"all", "country", "employees", "industry", "arrivals", "campaigns"}


def test_a_field_that_is_filled_no_more_has_moved_and_the_others_have_not():
    """Nine of ten leads have an industry in each window before, one in four of the last; heads stay at 2 of 3."""
    rows = []
    for at in ("2026-06-01", "2026-02-01", "2025-11-01", "2025-08-01", "2025-05-01", "2025-02-01", "2024-11-01"):
        for number in range(120):
            has = number % 4 == 0 if at == "2026-06-01" else number % 10 > 0
            rows.append(lead(f"{at}{number}", at, industry="Food" if has else None, country="Chile",
                             employees=5.0 if number % 3 else None))  # fmt: skip
    found = told(rows)
    table = moved(marketing_moves(found, Knobs())).set_index(["dimension", "step"])
    assert table["what"].eq("enrichment").all()
    assert table.loc["company", "verdict"].to_dict() == {
        "all": "down", "country": "none", "employees": "none", "industry": "down",
    }  # fmt: skip
    assert table.loc[("company", "industry"), ["now", "past", "n_now", "n_past"]].tolist() == [0.25, 0.9, 120, 480]
    assert table.loc[("lead_source", "all"), "group"] == "Web"


def test_where_nothing_can_be_compared_nothing_is():
    assert marketing_moves(told(), Knobs()) == []


def test_what_came_after_the_last_week_changes_nothing_but_all_leads():
    rows = [*mqls(3, "2026-03-30", **FILLED), *came(4, "a", "b", "c", at="2026-02-01")]
    later = [*mqls(9, "2026-04-01"), *came(9, "A", "b", None, at="2026-05-01", name="X")]
    one = told(rows, knobs={"period": "previous"}, ledger=BOOKS)
    two = told([*rows, *later], knobs={"period": "previous"}, ledger=BOOKS)
    for name in ("mqls", "cost", "utm", "utm_campaigns", "utm_faults", "moves", "windows"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


# The sample


@pytest.fixture(scope="module")
def of_sample(sample):
    """Return the sample's numbers with each person as an enquiry."""
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    leads = sample.table("leads").rename(columns={"created_at": "created"})
    leads = leads.assign(is_contact=False, company_key=leads["account_name"])
    enquiries = leads.rename(columns={"created": "lead_at"})[["lead_id", "lead_at", "mql_at"]]
    return marketing_of(window_of(view, Knobs()), SimpleNamespace(leads=leads, enquiries=enquiries))


def test_cost_per_mql_of_the_sample_is_the_ledger_by_hand(sample, of_sample):
    """Marketing accounts of March to May 2026, over the MQLs of those months."""
    ledger, leads = sample.table("ledger"), sample.table("leads")
    for row in of_sample.cost.itertuples():
        inside = ledger["month"].between(row.since, row.until) & ledger["category"].eq("marketing")
        n = leads["mql_at"].between(row.since, row.until + pd.Timedelta(hours=24) - pd.Timedelta(microseconds=1)).sum()
        assert row.spend_amount == pytest.approx(ledger.loc[inside, "amount"].sum()) and row.n == n > 5
        assert row.cost_per_mql == pytest.approx(row.spend_amount / n)
    last = of_sample.cost.set_index("span").loc["last months"]
    assert last[["since", "until"]].tolist() == [pd.Timestamp("2026-03-01"), pd.Timestamp("2026-05-31")]


def test_enrichment_of_the_sample_is_that_of_plain_pandas(sample, of_sample):
    leads = sample.table("leads")
    day = leads["created_at"].dt.normalize()
    spans = {"last weeks": day.between("2026-03-11", "2026-06-09"), "all leads": day.notna(),
             "weeks before": day.between("2025-03-12", "2026-03-10")}  # fmt: skip
    whole = (
        leads[["industry", "employees", "country"]]
        .notna()
        .assign(all=leads[["industry", "employees"]].notna().all(axis=1))
    )
    told = of_sample.enrichment[of_sample.enrichment["dimension"].eq("company")].set_index(["span", "field"])
    for span, inside in spans.items():
        for field in whole:
            row = told.loc[(span, field)]
            assert (row["n"], row["n_right"]) == (inside.sum(), whole.loc[inside, field].sum())
    assert filled(leads, ["industry"], ()).sum().tolist() == [whole["industry"].sum()] * 2


def test_tools_of_the_sample_are_those_of_its_sheet(sample, of_sample):
    sheet = sample.table("tools")
    assert of_sample.tools.used_share == pytest.approx(sheet["n_seats_active"].sum() / sheet["n_seats"].sum())
    idle = (sheet["annual_cost_amount"] * (sheet["n_seats"] - sheet["n_seats_active"]) / sheet["n_seats"]).sum()
    assert of_sample.tools.idle_amount == pytest.approx(idle)
    low = sheet.loc[sheet["n_seats_active"] < 0.6 * sheet["n_seats"], "tool_name"]
    assert set(of_sample.tools.table.query("is_low")["tool_name"]) == set(low) and len(low) == 4


def test_mqls_of_the_sample_by_quarter_are_its_stamps(sample, of_sample):
    at = sample.table("leads")["mql_at"].dropna()
    rows = of_sample.mqls[of_sample.mqls["span"].eq("quarter")]
    assert rows["n"].sum() == len(at) == 1583
    for row in rows.itertuples():
        assert row.n == at.dt.normalize().between(row.since, row.until).sum()
    last = rows.iloc[-1]
    assert (last["name"], last["target"]) == ("FY27-Q2", 105)
    assert last["target_to_date"] == pytest.approx(105 * 40 / 92)


def test_the_numbers_hang_together_with_the_funnel_of_the_sample(sample):
    """With the real funnel: MQLs of all quarters are its enquiries with an MQL, people of all windows its leads; and
    what is recorded after a day changes nothing of that day, but for fields without history."""
    view = sample.as_of(dt.date(2025, 3, 9), now=dt.datetime(2099, 1, 1))
    window = window_of(view, Knobs())
    funnel = funnel_of(window)
    found = marketing_of(window, funnel)
    rows = found.mqls[found.mqls["span"].eq("quarter")]
    assert rows["n"].sum() == funnel.enquiries["mql_at"].notna().sum()
    assert shares(found, "all leads")["all"][1] == len(funnel.leads)
    leads, end = sample.table("leads"), pd.Timestamp("2025-03-10")
    early = leads[leads["created_at"] < end]
    early = early.assign(mql_at=early["mql_at"].where(early["mql_at"] < end))
    past = with_tables(sample, leads=early, ledger=sample.table("ledger").query("month < '2025-03-01'"))
    before = window_of(past.as_of(dt.date(2025, 3, 9), now=dt.datetime(2099, 1, 1)), Knobs())
    same = marketing_of(before, funnel_of(before))
    for name in ("cost", "enrichment", "utm", "utm_campaigns", "utm_faults", "moves", "windows"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(same, name))
    pd.testing.assert_frame_equal(found.mqls, same.mqls)
