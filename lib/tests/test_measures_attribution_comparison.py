"""The whole attribution comparison report: needs, settings and days, a company worked out by hand, every promised
number, tables that add up and fit a page, and what other reports say of the same deals."""

import datetime as dt
import math

import pandas as pd
import pytest
from companies_of_campaigns import hand_made
from companies_of_people import DAY, contact, role, states, touch, won

from frames import COMPANY, as_of, book, change, deal, with_tables
from revops.book import Book
from revops.charts import attribution_comparison as charts
from revops.errors import MeasureError, SettingsError
from revops.measures import attribution_comparison as report
from revops.measures import pipeline_coverage
from revops.measures.attribution_comparison import Knobs, panel
from revops.measures.attribution_comparison.window import window_of
from revops.metrics.attribution_comparison import ATTRIBUTION_COMPARISON
from revops.params import settings

THREE = ("first_touch", "last_touch", "linear")
COSTS = {"w1": 30.0, "w2": 50.0, "s": 132.0, "lostonly": 0.0, "next": None}
"""Of campaigns that all ran in March 2026; 0 was not entered."""
CHANNELS = COMPANY.model_copy(update={"channels": {"webinar": ("Webinar*",), "social": ("*Social",)}})
KNOBS = {"spend_lag_days": 0, "gross_margin": 0.8, "fewest_deals": 1, "draws": 100}


def with_costs(whole, costs=COSTS):
    rows = whole.table("campaigns")
    paid = rows["campaign_id"].map(costs).astype("float64")
    days = dict.fromkeys(("start_date", "end_date"), pd.Timestamp("2026-03-31"))
    tables = whole.tables | {"campaigns": rows.assign(actual_cost_amount=paid, **days)}
    return Book(CHANNELS, tables, whole.audit)


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Fewer made-up buyers: the models' distance from planted truth has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel, "N_BUYERS", 300)
        yield


def measured(whole, day=DAY, **knobs):
    return report.measure(as_of(whole, day), Knobs(**KNOBS | knobs))


@pytest.fixture(scope="module")
def hand():
    """A (100): webinar w1, webinar w2, social; B (300): social, e-mail; both won. C lost after an event, D open."""
    return measured(with_costs(hand_made()), models=(*THREE, "markov_1", "markov_2"))


@pytest.fixture(scope="module")
def three():
    """The same under the three plainest rules."""
    return measured(with_costs(hand_made()), models=THREE)


def rows_of(result):
    """Return the rows of each id by the values of their keys."""
    found = {}
    for row in report.measure_rows(result):
        found.setdefault(row["id"], {})[tuple(row["by"].values())] = row
    return found


# needs and settings


ENDS = contact("c", first_conversion_at="2026-02-01")
TOUCHES = (
    "needs touches: campaign members (Salesforce CampaignMember, Marketo), or contacts with the dates of their first "
    "and most recent conversion (HubSpot)"
)


def test_without_touches_in_any_form_it_says_which_exports_it_needs():
    bare = book([won("d")], contacts=[contact("c")])
    assert report.refusal(bare) == TOUCHES
    with pytest.raises(MeasureError) as raised:
        measured(bare)
    assert str(raised.value) == f"attribution_comparison: {TOUCHES}; found none."
    assert report.refusal(book([won("d")], touches=[touch("t", "c", "2026-04-01")])) is None
    for name in ("first_conversion_at", "recent_conversion_at"):
        assert report.refusal(book([won("d")], contacts=[contact("c", **{name: "2026-02-01"})])) is None


def test_what_costs_tell_is_lacking_only_where_no_export_has_any():
    needs = "spend: exports of ad systems, or campaigns with their actual cost"
    assert report.lacking(hand_made()) == {
        "spend_amount": needs, "cost_per_credited_amount": needs, "contribution_amount": needs,
        "campaign_return": needs,
    }  # fmt: skip
    assert report.lacking(with_costs(hand_made())) == {}
    spent = {"spend": [{"date": "2026-03-01", "system": "google_ads", "channel": "search", "amount": 5.0}]}
    assert report.lacking(hand_made(**spent)) == {}


TEST = {"channel": "social", "since": "2026-01-01", "until": "2026-03-31", "incremental_amount": 40000,
        "low": -10000, "high": 90000}  # fmt: skip
NAMES = ("'first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'u_shaped', 'u_shaped_even', "
         "'w_shaped', 'full_path', 'j_shaped', 'inverse_j', 'time_decay', 'shapley', 'markov_1', 'markov_2', "
         "'markov_3' or 'markov_4'")  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"models": ["first_touch", "last_touch"]},
         "reference_model must be one of models; found linear. Add it to models, or choose another: first_touch, "
         "last_touch."),
        ({"models": []}, "models: must name at least one model; found none. Name one, or write all."),
        ({"models": ["lnear"]}, f"models.0: input should be {NAMES}; found 'lnear'."),
        ({"quarters": 41}, "quarters: input should be less than or equal to 40; found 41."),
        ({"draws": 99}, "draws: input should be greater than or equal to 100; found 99."),
        ({"level": 1.0}, "level: input should be less than 1; found 1.0."),
        ({"audience": "cmo"}, "audience: input should be 'executive', 'marketing_ops' or 'revops'; found 'cmo'."),
        ({"lift_tests": [TEST | {"until": "2025-12-31"}]},
         "lift_tests.0: since must not be after until; found 2026-01-01 and 2025-12-31. Swap them."),
        ({"lift_tests": [TEST, TEST | {"low": 40001}]},
         "lift_tests.1: incremental_amount must lie between low and high; found 40000 outside 40001 to 90000. Correct "
         "the three."),
        ({"lift_tests": [TEST | {"level": 0}]}, "lift_tests.0.level: input should be greater than 0; found 0."),
        ({"lift_tests": [TEST | {"chanel": "x"}]},
         "lift_tests.0.chanel is not a setting. Did you mean channel? Known: channel, high, incremental_amount, level, "
         "low, since, source, until."),
        ({"lift_tests": [{name: TEST[name] for name in TEST if name != "high"}]},
         "lift_tests.0.high is needed and is not there. Add it."),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_whole(given, said):
    with pytest.raises(SettingsError) as raised:
        settings("attribution_comparison", Knobs, **given)
    assert str(raised.value) == f"attribution_comparison, parameter {said}"


def test_settings_that_can_be_are_read_as_meant():
    chosen = settings("attribution_comparison", Knobs, models=["linear", "first_touch", "linear"], lift_tests=[TEST])
    assert chosen.knobs.models == ("linear", "first_touch")
    [test] = chosen.knobs.lift_tests
    assert (test.since, test.until, test.level, test.source) == (dt.date(2026, 1, 1), dt.date(2026, 3, 31), 0.9, "")
    assert settings("attribution_comparison", Knobs).knobs == Knobs()
    with pytest.raises(SettingsError, match=r"most_cost: input should be 'auto', or input should be a finite number"):
        settings("attribution_comparison", Knobs, most_cost=math.inf)


# days


@pytest.mark.parametrize(
    ("given", "since", "until"),
    [
        ({}, "2025-04-01", "2026-06-09"),
        ({"quarters": 0}, "2026-04-01", "2026-06-09"),
        ({"quarters": 1}, "2026-01-01", "2026-06-09"),
        ({"period": "previous"}, "2025-01-01", "2026-03-31"),
        ({"period": "previous", "quarters": 0}, "2026-01-01", "2026-03-31"),
        ({"period": "next"}, "2025-07-01", "2026-06-09"),
        ({"period": "FY25-Q4"}, "2024-10-01", "2025-12-31"),
        ({"period": "FY25-Q4", "quarters": 0}, "2025-10-01", "2025-12-31"),
        ({"period": "FY26-Q2", "quarters": 2}, "2025-10-01", "2026-06-09"),
    ],
)
def test_the_window_ends_with_its_period_or_the_day(given, since, until):
    window = window_of(as_of(hand_made(), "2026-06-09"), Knobs(**given))
    assert (window.since, window.until) == (dt.date.fromisoformat(since), dt.date.fromisoformat(until))


def test_the_window_on_the_first_and_the_last_day_of_a_quarter():
    for day, since in (("2026-03-31", "2026-01-01"), ("2026-04-01", "2026-04-01")):
        window = window_of(as_of(hand_made(), day), Knobs(quarters=0))
        assert (window.since, window.until) == (dt.date.fromisoformat(since), dt.date.fromisoformat(day))


def test_a_window_that_has_not_begun_is_refused():
    with pytest.raises(MeasureError) as raised:
        window_of(as_of(hand_made(), "2026-06-09"), Knobs(period="next", quarters=0))
    assert str(raised.value) == (
        "period=FY26-Q3, quarters=0: the window must begin by 2026-06-09, the day of the report; found 2026-07-01. "
        "Choose an earlier period, or more quarters before it."
    )


def closed_on(*days):
    """Return a company of one won deal of 100 for each day, each with one touch a month before."""
    deals, tables = [], {"contacts": [], "contact_roles": [], "touches": []}
    for number, day in enumerate(days):
        at = str(dt.date.fromisoformat(day) - dt.timedelta(days=30))
        deals.append(won(f"d{number}", f"a{number}", close_date=day, created_at=f"{at} 09:00"))
        tables["contacts"].append(contact(f"c{number}", f"a{number}"))
        tables["contact_roles"].append(role(f"d{number}", f"c{number}"))
        tables["touches"].append(touch(f"t{number}", f"c{number}", at))
    return book(deals, states(deals), COMPANY, **tables)


def test_deals_of_the_first_and_last_day_count_and_those_beside_do_not():
    company = closed_on("2024-12-31", "2025-01-01", "2026-03-31", "2026-04-01")
    window = window_of(as_of(company, "2026-06-09"), Knobs(period="previous"))
    assert window.journeys().deals["opportunity_id"].tolist() == ["d1", "d2"]


# the company worked out by hand


def test_credit_costs_and_contribution_by_hand(hand):
    """Linear: webinar 2/3 of 100; social 1/3 of 100 and half of 300; e-mail half of 300. Webinars cost 80 and social
    132. Contribution is 0.8 of the credit less the cost."""
    found = rows_of(hand)
    linear = {"webinar": 200 / 3, "social": 550 / 3, "email": 150.0}
    first = {"webinar": 100.0, "social": 300.0, "email": 0.0}
    last = {"webinar": 0.0, "social": 100.0, "email": 300.0}
    spend = {"webinar": 80.0, "social": 132.0}
    for model, credit in (("linear", linear), ("first_touch", first), ("last_touch", last)):
        for channel, amount in credit.items():
            assert found["credited_amount"][model, channel]["value"] == pytest.approx(amount)
            assert found["credit_share"][model, channel]["value"] == pytest.approx(amount / 400)
            paid, cost = spend.get(channel, math.nan), found["cost_per_credited_amount"][model, channel]
            assert cost["value"] == pytest.approx(paid / amount if amount else math.nan, nan_ok=True)
            left = found["contribution_amount"][model, channel]["value"]
            assert left == pytest.approx(0.8 * amount - paid, nan_ok=True)
    assert {key: row["value"] for key, row in found["spend_amount"].items()} == pytest.approx(
        {("email",): math.nan, ("social",): 132.0, ("webinar",): 80.0}, nan_ok=True)  # fmt: skip
    assert found["credited_deals"]["linear", "social"]["value"] == pytest.approx(1 / 3 + 1 / 2)
    assert found["credited_deals"]["linear", "social"]["n"] == 2
    assert found["unattributed_amount"][()]["value"] == 0 and found["unattributed_amount"][()]["n"] == 0


def test_spread_and_disagreement_by_hand(three):
    """Webinar 0 to 100, social 100 to 300, e-mail 0 to 300. First and last touch: 100, 200 and 300 of 400 differ: half
    of their sum is 300 of 400."""
    found = rows_of(three)
    spread = {key[0]: row["value"] for key, row in found["model_spread"].items() if row["value"]}
    assert spread == {"webinar": 100.0, "social": 200.0, "email": 300.0}
    assert found["model_disagreement"][()]["value"] == pytest.approx(0.75)
    assert found["model_disagreement"][()]["n"] == 3


def test_types_return_what_their_campaigns_are_credited_with(three):
    """Linear: 66.67 for webinars that cost 80: (0.8 x 66.67 - 80) / 80 = -1/3; social (0.8 x 183.33 - 132) / 132 = 1/9.
    Of events no cost is known."""
    found = rows_of(three)["campaign_return"]
    assert found["linear", "Webinar"]["value"] == pytest.approx(-1 / 3)
    assert found["linear", "Paid Social"]["value"] == pytest.approx(1 / 9)
    event = found["linear", "Event"]
    assert math.isnan(event["value"]) and event["note"] == "no cost of it is known"


KEYS = {
    "credited_amount": ("model", "channel"), "credited_deals": ("model", "channel"),
    "credit_share": ("model", "channel"), "top_rank_chance": ("model", "channel"),
    "removal_effect": ("model", "channel"), "cost_per_credited_amount": ("model", "channel"),
    "contribution_amount": ("model", "channel"), "campaign_return": ("model", "campaign_type"),
    "spend_amount": ("channel",), "model_spread": ("channel",), "rate_effect": ("channel",),
    "switch_off_share": ("channel",), "unattributed_amount": (), "model_disagreement": (),
}  # fmt: skip


def test_every_number_is_there_by_its_keys_and_an_undefined_one_says_why(hand):
    """The switch-off logit needs more deals: it is unavailable, and that says so."""
    rows = report.measure_rows(hand)
    assert {metric.id for metric in ATTRIBUTION_COMPARISON} == set(KEYS)
    assert {row["id"] for row in rows} == set(KEYS) - {"switch_off_share"}
    assert hand.unavailable["switch_off_share"].startswith("more to go by. Switch-off: ")
    seen = set()
    for row in rows:
        keys = tuple(key for key in row["by"] if key != "of")
        assert keys == KEYS[row["id"]] and row["by"].get("of") in (None, "pipeline")
        assert math.isnan(row["value"]) is bool(row["note"]), row
        assert not math.isinf(row["value"])
        name = (row["id"], *row["by"].items())
        assert name not in seen
        seen.add(name)
    of_pipeline = {row["id"] for row in rows if row["by"].get("of")}
    assert of_pipeline == {"credited_amount", "credited_deals", "credit_share", "unattributed_amount",
                           "cost_per_credited_amount"}  # fmt: skip


def test_models_without_resamples_and_channels_without_cost_or_credit_say_so(hand):
    found = rows_of(hand)
    assert found["top_rank_chance"]["markov_2", "social"]["note"].startswith("ranges come from resampling")
    assert found["spend_amount"][("email",)]["note"] == "no cost of it is known"
    assert found["contribution_amount"]["linear", "email"]["note"] == "no cost of it is known"
    nothing = found["cost_per_credited_amount"]["last_touch", "webinar"]
    assert nothing["note"] == "nothing is credited to it under this model"
    assert found["contribution_amount"]["last_touch", "webinar"]["value"] == pytest.approx(-80.0)


def test_a_slice_has_no_costs_and_says_why():
    company = with_costs(hand_made())
    deals = company.table("opportunities")
    company = with_tables(company, opportunities=deals.assign(region=["EMEA", "APAC", "EMEA", "EMEA"]))
    result = measured(company, models=THREE, slice={"region": "EMEA"})
    found = rows_of(result)
    for id in ("spend_amount", "cost_per_credited_amount", "contribution_amount"):
        [row] = found[id].values()
        assert math.isnan(row["value"]) and (row["by"], row["note"]) == ({}, "spend is not told by region")
    closed = report.deals_table(result).query("of == 'closed'")
    assert closed["opportunity_id"].tolist() == ["d1", "d3", "d4"]
    assert found["credited_amount"]["linear", "webinar"]["value"] == pytest.approx(200 / 3)
    with pytest.raises(MeasureError) as raised:
        measured(company, slice={"region": "AMER"})
    assert str(raised.value) == (
        "slice region=AMER: must name a group with opportunities; found none. Known: APAC, EMEA."
    )


@pytest.mark.parametrize("audience", ["marketing_ops", "revops"])
def test_readers_get_the_same_numbers(three, audience):
    shown = measured(with_costs(hand_made()), models=THREE, audience=audience)
    assert shown.knobs.audience == audience != three.knobs.audience
    assert repr(report.measure_rows(shown)) == repr(report.measure_rows(three))


# tables


def wide(n=12):
    """Return a company of 30 deals with touches in n channels, of which each deal meets three, and five deals dark."""
    deals, tables = [], {"contacts": [], "contact_roles": [], "touches": [], "campaigns": []}
    for number in range(35):
        closed = dt.date(2023, 9, 1) + dt.timedelta(days=29 * number)
        made = str(closed - dt.timedelta(days=60))
        stage = "Lost" if number % 4 == 3 else "Won"
        deals.append(won(f"d{number:02d}", f"a{number}", stage_name=stage, amount=100.0 + number,
                         close_date=str(closed), created_at=f"{made} 09:00"))  # fmt: skip
        if number % 7 == 6:
            continue
        tables["contacts"].append(contact(f"c{number}", f"a{number}", created_at=str(made)))
        tables["contact_roles"].append(role(f"d{number:02d}", f"c{number}"))
        for place in range(3):
            at, name = closed - dt.timedelta(days=90 - 30 * place), f"ch{(number * (place + 1)) % n:02d}"
            tables["touches"].append(touch(f"t{number}-{place}", f"c{number}", str(at), name))
    for number in range(n):
        tables["campaigns"].append({"campaign_id": f"ch{number:02d}", "campaign_name": f"K{number}",
                                    "campaign_type": f"type {number % 3}", "actual_cost_amount": 10.0 + number,
                                    "start_date": "2026-01-01", "end_date": "2026-02-01"})  # fmt: skip
    return book(deals, states(deals), COMPANY, **tables)


@pytest.fixture(scope="module")
def many():
    test = TEST | {"channel": "ch01", "since": "2025-10-01"}
    return measured(wide(), cohort_quarters=20, lift_tests=[test], fewest_deals=2)


def test_every_table_fits_a_page_and_has_a_unit_for_each_column(many):
    shown = report.display_tables(many)
    assert len(many.won.channels) == 12 and {"lift_tests", "by_close", "models_plain", "models_placed"} <= set(shown)
    for name, (caption, frame, units) in shown.items():
        assert caption and len(frame) and len(units) == frame.shape[1] <= 9, name
        assert frame.columns.is_unique and isinstance(frame.index, pd.RangeIndex), name
        assert set(units) <= {None, "money", "cost", "share", "count", "days", "date"}, name
        for column, unit in zip(frame.columns, units, strict=True):
            assert unit in (None, "date") or pd.api.types.is_numeric_dtype(frame[column]), (name, column)
            if unit not in (None, "date"):
                assert not frame[column].isin([math.inf, -math.inf]).any(), (name, column)


def test_tables_and_charts_have_names_of_their_own(many):
    names = [*report.display_tables(many), *(chart.name for chart in charts.draw(many))]
    assert len(names) == len(set(names)) and len(names) > 25


def test_more_quarters_than_fit_are_the_last_eight_and_said_to_be(many):
    caption, frame, _ = report.display_tables(many)["by_close"]
    every = many.cohorts.closed
    quarters = list(dict.fromkeys(every["quarter"]))
    assert caption == f"Credit by the quarter in which deals closed, the last 8 of {len(quarters)}"
    assert len(quarters) > 8 and frame.columns.tolist() == ["Channel", *quarters[-8:]]
    last = every[every["quarter"].eq(quarters[-1])]
    assert frame[quarters[-1]].sum() == pytest.approx(last["credited_amount"].sum())


def total_won(result, day=DAY):
    """Return what was won in the window by the records alone."""
    deals = result.view.opportunities
    days = deals["close_date"].between(pd.Timestamp(result.window.since), pd.Timestamp(result.window.until))
    rows = deals[days & deals["outcome"].eq("won")]
    return rows["amount"].sum(), len(rows)


@pytest.mark.parametrize("which", ["hand", "many"])
def test_each_model_and_what_none_credits_make_up_all_that_was_won_to_the_cent(which, request):
    result = request.getfixturevalue(which)
    amount, n = total_won(result)
    long = report.credit_table(result)
    for model, rows in long[long["of"].eq("won")].groupby("model"):
        assert round(rows["credited_amount"].sum() * 100) == round(amount * 100), model
        assert rows["credited_deals"].sum() == pytest.approx(n), model
        with_touches = rows[rows["channel"].ne("(unattributed)")]
        won_rows = result.won.found.reconciliation.query("kind == 'won' and reason == 'with touches'")
        assert with_touches["credited_amount"].sum() == pytest.approx(won_rows["amount"].sum())
    assert set(long["of"]) == {"won", "pipeline_created"}
    assert not long.duplicated(["of", "model", "channel"]).any()
    created = long[long["of"].eq("pipeline_created")].groupby("model")["credited_amount"].sum()
    assert created.to_numpy() == pytest.approx(result.pipeline.found.reconciliation["amount"].sum())


def test_rows_of_the_answer_make_up_what_was_won(many):
    found = rows_of(many)
    dark = found["unattributed_amount"][()]
    amount, _ = total_won(many)
    assert dark["n"] > 0
    for model in many.won.models:
        mine = [row["value"] for key, row in found["credited_amount"].items() if key[0] == model and len(key) == 2]
        assert len(mine) == 12 and sum(mine) + dark["value"] == pytest.approx(amount)


def test_tables_of_models_end_in_the_same_total(many):
    amount, _ = total_won(many)
    shown = report.display_tables(many)
    for name in ("models_plain", "models_placed", "models_markov"):
        frame = shown[name][1]
        assert frame["Channel"].tolist()[-2:] == ["(unattributed)", "(all won)"]
        body, last = frame.iloc[:-1, 1:], frame.iloc[-1, 1:]
        assert body.sum().to_numpy() == pytest.approx(last.to_numpy(dtype=float))
        assert last.to_numpy(dtype=float) == pytest.approx(amount)


@pytest.mark.parametrize("which", ["hand", "many"])
def test_every_deal_of_the_window_is_in_one_row_with_one_reason(which, request):
    result = request.getfixturevalue(which)
    deals = report.deals_table(result)
    assert deals.columns.tolist() == ["of", "opportunity_id", "kind", "reason", "amount"]
    assert not deals.duplicated(["of", "opportunity_id"]).any() and deals.notna().all(axis=None)
    records = result.view.opportunities
    for of, name in (("closed", "close_date"), ("created", "created_at")):
        mine = deals[deals["of"].eq(of)]
        day = records[name].dt.normalize()
        inside = day.between(pd.Timestamp(result.window.since), pd.Timestamp(result.window.until))
        inside |= records["outcome"].eq("open") & (of == "closed")  # those open now stand beside them
        assert sorted(mine["opportunity_id"]) == sorted(records.loc[inside, "opportunity_id"])
        counted = mine.groupby(["kind", "reason"])["amount"].agg(["size", "sum"])
        shown = (result.won if of == "closed" else result.pipeline).found.reconciliation
        assert {(row.kind, row.reason): (row.n_deals, row.amount) for row in shown.itertuples()} == {
            key: (size, pytest.approx(amount)) for key, size, amount in counted.itertuples()
        }


def test_other_tables_are_those_behind_the_report(many):
    assert report.cost_table(many)["amount"].sum() == pytest.approx(sum(10.0 + n for n in range(12)))
    by_rule = report.by_rule_table(many)
    own = by_rule[by_rule["of"].eq("won") & by_rule["model"].eq("linear")]
    assert own["credited_amount"].sum() == pytest.approx(many.won.of("linear")["credited_amount"].sum())
    ever = many.window.journeys(since=None).journeys["amount"].sum()
    assert report.campaigns_table(many)["reference_amount"].sum() == pytest.approx(ever) and ever > 2000
    returns = report.returns_table(many)
    assert returns[returns["model"].eq("linear")]["credited_amount"].sum() == pytest.approx(ever)


# odd states


def test_a_company_without_a_model_to_be_had_still_has_a_report():
    """First and last conversions cannot feed linear."""
    whole = book([won("d")], states([won("d")]), contacts=[ENDS], contact_roles=[role("d", "c")])
    result = measured(whole, models=("linear",))
    assert result.won.models == ()
    every = "every touch, not first and last conversions alone"
    assert result.unavailable["linear"] == result.unavailable["rate_effect"].replace("ones", "conversions") == every
    found = rows_of(result)
    assert found["unattributed_amount"][()]["value"] == 0 and math.isnan(found["model_disagreement"][()]["value"])
    assert found["model_disagreement"][()]["note"] == "fewer than two models can be had"
    assert report.display_tables(result) and len(report.deals_table(result)) == 2
    assert report.credit_table(result).empty


def test_a_window_without_journeys_has_a_report():
    """The only touch lies far before the lookback."""
    whole = book([won("d")], states([won("d")]), contacts=[contact("c")], contact_roles=[role("d", "c")],
                 touches=[touch("t", "c", "2026-03-01")])  # fmt: skip
    result = measured(whole, lookback_days=1, never_converted="off")
    found = rows_of(result)
    assert (found["unattributed_amount"][()]["value"], found["unattributed_amount"][()]["n"]) == (100.0, 1)
    assert all(len(key) == 3 for key in found["credited_amount"]) and result.deal is None  # of pipeline alone
    assert set(result.unavailable.values()) >= {"deals won with touches"}
    assert report.display_tables(result)


# beside another report


def booked(whole, day, period="previous"):
    chosen = pipeline_coverage.Knobs(period=period)
    return pipeline_coverage.measure(as_of(whole, day), chosen).headline["booked_amount"]


def won_in(whole, day, period="previous"):
    rows = window_of(as_of(whole, day), Knobs(period=period, quarters=0)).journeys().reconciliation
    return rows.loc[rows["kind"].eq("won"), "amount"].sum()


def test_what_is_won_is_what_the_coverage_report_books():
    """Two of four deals closed in the quarter before; a renewal is in neither report."""
    company = closed_on("2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01")
    assert booked(company, "2026-06-09") == won_in(company, "2026-06-09") == 200.0
    deals = company.table("opportunities")
    renewed = with_tables(company, opportunities=deals.assign(type=["new", "renewal", "new", "new"]))
    history = renewed.table("opportunity_history")
    kinds = dict(zip(deals["opportunity_id"], ["new", "renewal", "new", "new"], strict=True))
    renewed = with_tables(renewed, opportunity_history=history.assign(type=history["opportunity_id"].map(kinds)))
    assert booked(renewed, "2026-06-09") == won_in(renewed, "2026-06-09") == 100.0


def test_what_changed_after_the_quarter_is_in_the_credit_and_not_in_what_was_booked():
    """On 20 April the deal of March is made 150: booked says what the quarter closed with, credit what is known now."""
    row = deal("d", stage_name="Won", amount=150.0, account_id="A", created_at="2026-02-01 09:00",
               close_date="2026-03-20")  # fmt: skip
    closing = {"stage_name": "Won", "close_date": "2026-03-20", "type": "new"}
    history = [
        change("d", "2026-02-01 09:00", type="new"),
        change("d", "2026-03-20 12:00", 1, amount=100.0, **closing),
        change("d", "2026-04-20 12:00", 2, amount=150.0, **closing),
    ]
    tables = {"contacts": [contact("c")], "contact_roles": [role("d", "c")],
              "touches": [touch("t", "c", "2026-03-01")]}  # fmt: skip
    company = book([row], history, COMPANY, **tables)
    assert (booked(company, "2026-06-09"), won_in(company, "2026-06-09")) == (100.0, 150.0)
    assert (booked(company, "2026-04-10"), won_in(company, "2026-04-10")) == (100.0, 100.0)


def test_the_sample_books_what_is_credited_or_dark_but_for_later_changes(sample):
    """A quarter that has just ended has had no time for changes: on its last day both reports say the same."""
    view_day = "2026-04-30"
    assert booked(sample, view_day, "current") == pytest.approx(won_in(sample, view_day, "current"), abs=0.005)
    later = booked(sample, "2026-06-09"), won_in(sample, "2026-06-09")
    assert later[0] > 0 and abs(later[1] / later[0] - 1) < 0.02


def test_off_is_a_word_also_where_yaml_reads_a_switch_and_models_may_be_told_in_one_word():
    names = ("account_fallback", "once_a_day", "never_converted")
    found = report.Knobs(**dict.fromkeys(names, False), models="first_touch, linear")
    assert [getattr(found, name) for name in names] == ["off"] * 3 and found.models == ("first_touch", "linear")
