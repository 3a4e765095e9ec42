"""The tables of the attribution comparison: what they count, what their captions say, and what they leave out."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from companies_of_people import contact, role, touch, won
from told_credit import company_of, credit_of, mixed

from frames import as_of
from revops.measures import attribution_comparison as report
from revops.measures.attribution_comparison.journeys import reach_by_type, ties
from revops.measures.attribution_comparison.tables.checks import has_enough

NAN = float("nan")


def measured(company, **knobs):
    return report.measure(as_of(company, "2026-06-30"), report.Knobs(**{"draws": 100, "fewest_deals": 7, **knobs}))


def whole(**knobs):
    """Return a company of 24 deals, 16 won; the odd ones expansions; the last two without a touch."""
    deals, touches, others = mixed()
    deals = [row | {"type": ("new", "expansion")[place % 2]} for place, row in enumerate(deals)]
    touches = [row for row in touches if row["contact_id"] not in ("c22", "c23")]
    campaigns = [{"campaign_id": f"m{k}", "campaign_name": f"K{k}", "campaign_type": "email",
                  "actual_cost_amount": 40.0, "start_date": "2026-02-01", "end_date": "2026-02-28"}
                 for k in range(2)]  # fmt: skip
    return company_of(deals, touches, **others, campaigns=campaigns)


@pytest.fixture(scope="module")
def made():
    return measured(whole())


@pytest.fixture(scope="module")
def shown(made):
    return report.display_tables(made)


def column(table, name):
    return table[1][name].tolist()


def test_reach_by_type_is_counted_deal_by_deal(made, shown):
    """By plain loops over the records of the company."""
    rows, opportunities = {}, made.view.opportunities
    touched = set(made.won.found.journeys["opportunity_id"].dropna())
    for row in opportunities[opportunities["outcome"].eq("won")].itertuples():
        n, n_touched, amount, reached = rows.get(row.type, (0, 0, 0.0, 0.0))
        is_in = row.opportunity_id in touched
        rows[row.type] = (n + 1, n_touched + is_in, amount + row.amount, reached + row.amount * is_in)
    found = reach_by_type(made.won.found, opportunities).set_index("type")
    assert sorted(rows) == found.index.tolist() == ["expansion", "new"]
    for kind, (n, n_touched, amount, reached) in rows.items():
        assert tuple(found.loc[kind]) == pytest.approx((n, n_touched, n_touched / n, amount, reached, reached / amount))
    assert found["n_touched"].sum() < found["n_deals"].sum() == 16
    dark = made.won.unattributed["amount"].sum()
    assert found["amount"].sum() - found["touched_amount"].sum() == pytest.approx(dark)
    assert column(shown["reach_by_type"], "Type") == ["Expansion", "New"]


def test_ties_are_won_deals_whose_first_or_last_touch_shares_its_time_with_another_channel():
    """d1: search and email at the first moment. d2: twice search at the last: no tie. d3: one moment, two channels."""
    deals = [won(f"d{n}", f"A{n}", close_date="2026-05-01") for n in (1, 2, 3)]
    at = {"c1": (("2026-03-01", "search"), ("2026-03-01", "email"), ("2026-03-09", "email")),
          "c2": (("2026-03-01", "email"), ("2026-03-09", "search"), ("2026-03-09", "search")),
          "c3": (("2026-03-01", "email"), ("2026-03-01", "search"))}  # fmt: skip
    touches = [touch(f"t{who}{place}", who, day, channel) | {"campaign_id": f"m{place}"}
               for who, rows in at.items() for place, (day, channel) in enumerate(rows)]  # fmt: skip
    company = company_of(deals, touches, contacts=[contact(f"c{n}", f"A{n}") for n in (1, 2, 3)],
                         contact_roles=[role(f"d{n}", f"c{n}") for n in (1, 2, 3)])  # fmt: skip
    assert ties(credit_of(company, day="2026-06-30").found) == (2, 1)
    caption = report.display_tables(measured(company))["touches_found"][0]
    assert caption == (
        "Touches used and left out: up to the day a deal closed, at most 365 days before it, of people of the deal, or "
        "of all its account where nobody has a role on it. One touch may be on several deals. On 2 of 3 won deals "
        "channels tie in time for the first touch, on 1 for the last: the time of entry decides, then the id"
    )


def test_the_caption_of_touches_says_the_rules_they_were_used_by(made):
    without = report.display_tables(measured(whole(), lookback_days=0, account_fallback="off"))["touches_found"][0]
    assert without.startswith(
        "Touches used and left out: up to the day a deal closed, however old, of people of the deal only. "
    )
    slice = report.display_tables(measured(whole(), slice={"type": "new"}, account_fallback="always"))
    assert slice["touches_found"][0].endswith(
        ". People who never came to a deal are in no slice: Markov models are told of lost deals only"
    )
    assert "slice" not in report.display_tables(made)["touches_found"][0]


def test_the_reference_table_is_the_credit_of_the_reference_model_with_its_ranges(made, shown):
    caption, frame, units = shown["reference"]
    own = made.won.of("linear").sort_values(["rank", "channel"])
    assert caption == (
        "Credit of deals won under linear. Ranges hold 8 in 10 times when accounts are drawn anew; few: on fewer than "
        "7 deals"
    )
    assert frame.columns.tolist() == ["Channel", "Deals", "Credited deals", "Credited", "Share", "Range of the share",
                                      "Rank", "Range of the rank", "Among the first 3"]  # fmt: skip
    assert frame["Credited"].tolist() == own["credited_amount"].tolist() and len(units) == 9
    assert frame["Deals"].tolist() == own["n_deals"].tolist()
    first = own.iloc[0]
    assert frame["Range of the share"].iloc[0] == f"{first.low:.0%} to {first.high:.0%}"
    assert frame["Range of the rank"].iloc[0] == f"{first.rank_low:.0f} to {first.rank_high:.0f}"
    few = own["is_few"].tolist()
    assert [text.endswith("; few deals") for text in frame["Among the first 3"]] == few


def test_channels_on_few_deals_are_marked_in_the_reference_table():
    frame = report.display_tables(measured(whole(), fewest_deals=100))["reference"][1]
    assert frame["Among the first 3"].str.endswith("; few deals").all()


def test_rows_that_are_no_channel_stand_in_brackets(made, shown):
    for name in ("models_plain", "models_placed", "models_markov"):
        assert column(shown[name], "Channel")[-2:] == ["(unattributed)", "(all won)"]
    credit = report.credit_table(made)
    assert "(unattributed)" in set(credit["channel"]) and "unattributed" not in set(credit["channel"])
    assert not credit.duplicated(["of", "model", "channel"]).any()


def test_removal_effects_are_told_of_conversions_and_of_amount(made, shown):
    caption, frame, units = shown["removal"]
    raw = made.won.removal[made.won.removal["model"].eq("markov_2")]
    assert frame.shape[1] == len(units) == 9
    assert frame["Order 2"].tolist() == raw["removal_effect"].tolist()
    assert frame["Order 2, amount"].tolist() == raw["amount_effect"].tolist() != frame["Order 2"].tolist()
    credited = made.won.of("markov_2")
    for effects, brought in (("Order 2", "credited_deals"), ("Order 2, amount", "credited_amount")):
        shares = frame[effects] / frame[effects].sum()
        assert shares.to_numpy() == pytest.approx((credited[brought] / credited[brought].sum()).to_numpy())
    assert caption.endswith("credited deals are in proportion to the former, credited amount to the latter")


def test_verdicts_say_cost_in_money_under_which_model_and_how_often_the_range_holds(made, shown):
    """Two campaigns of 40 each: email costs 80."""
    caption, frame, units = shown["verdicts"]
    cost = made.decisions.by_model.set_index(["model", "channel"]).loc[("linear", "email")]
    row = frame.set_index("Channel").loc["Email"]
    assert row["Spend"] == cost["spend_amount"] > 0 and units[2] == "cost"
    assert row["Cost of $1 credited"] == pytest.approx(cost["spend_amount"] / cost["credited_amount"])
    assert row["Range"] == f"${cost['low']:.2f} to ${cost['high']:.2f}"
    assert caption.startswith("Does a channel earn its cost? Yes where $1 of credit costs at most $1.00 (no gross ")
    assert ". Cost and range: linear, in 8 in 10 resamples of accounts" in caption
    assert ". By chance: linear, in 8 in 10 resamples" in shown["largest_campaigns"][0]
    assert frame.shape[1] == len(units) <= 9


def test_what_the_unattributed_would_turn_stands_beside_the_verdict(made):
    rows = made.decisions.by_channel
    rows = rows.assign(n_keep_shared=np.arange(len(rows)) + 3)
    both = SimpleNamespace(by_model=made.decisions.by_model, by_channel=rows)
    caption, frame, units = report.display_tables(_with(made, decisions=both))["verdicts"]
    said = frame.set_index("Channel")["If all won were credited"]
    place = rows["channel"].tolist().index("email")
    assert said["Email"] == f"{place + 3} of 16" and len(units) == frame.shape[1] == 9
    assert said.drop("Email").eq("–").all(), "no cost is known"
    assert caption.endswith("models that keep, were the unattributed shared as the rest")


def _with(result, **parts):
    return SimpleNamespace(**{name: getattr(result, name) for name in result.__dataclass_fields__} | parts)


def test_by_close_a_channel_without_credit_in_a_quarter_has_nothing_not_a_dash(made):
    rows = [("FY26-Q1", "email", 1.0, 10.0), ("FY26-Q2", "search", 1.0, 20.0)]
    closed = pd.DataFrame(rows, columns=["quarter", "channel", "credited_deals", "credited_amount"])
    cohorts = SimpleNamespace(touched=made.cohorts.touched, closed=closed, model="linear")
    frame = report.display_tables(_with(made, cohorts=cohorts))["by_close"][1]
    assert frame.to_numpy().tolist() == [["Email", 10.0, 0.0], ["Search", 0.0, 20.0]]


def settings(**columns):
    rows = [("lookback_days", "365 days", 0.0, 0.0, True), ("lookback_days", "30 days", 0.5, 3.0, False),
            ("lookback_days", "90 days", 0.2, 0.0, False), ("once_a_day", "every touch counts", 0.009, 0.0, False),
            ("lost_deals", "without lost deals", 0.009, 1.0, False), ("direct", "none", NAN, NAN, False)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["setting", "alternative", "share_moved", "n_flips", "is_default"])
    given = {"model": "linear", "channel": "email", "moved": -0.123, "unattributed_amount": 5.0, "n_deals": 40.0}
    return table.assign(**given | columns)


def test_settings_show_what_moves_a_point_or_turns_a_verdict_and_count_the_rest(made):
    caption, frame, units = report.display_tables(_with(made, sensitivity=settings()))["settings"]
    assert frame["If it were"].tolist() == ["30 days", "90 days", "without lost deals", "none"]
    assert frame["Most"].tolist() == ["Email -12 points"] * 4 and len(units) == frame.shape[1] == 8
    assert caption == (
        "What else the answer hangs on: one setting changed at a time; channels that turn: kept or cut under that "
        "model. Not shown: 1 change that moves less than 1 point "
        "and turns no channel"
    )


def test_settings_that_leave_few_deals_are_marked(made):
    """40 deals under the report's own settings, of which 19 are less than half; fewest_deals is 7."""
    table = settings(n_deals=[40.0, 6.0, 19.0, 40.0, 20.0, NAN])
    assert has_enough(table, 7).tolist() == [True, False, False, True, True, False]
    assert has_enough(table, 41).sum() == 0
    caption, frame, units = report.display_tables(_with(made, sensitivity=table))["settings"]
    assert frame["If it were"].tolist()[:3] == ["30 days (few deals)", "90 days (few deals)", "without lost deals"]
    assert frame["Deals"].tolist()[:3] == [6, 19, 20] and units[3] == "count" and len(units) == 8
    assert caption.endswith(". Few deals: fewer than 7, or than half of the report's own, have touches")
