"""Every rule of the company's stage, signals, models and tests, as tables of small inputs, at its edges too."""

import numpy as np
import pandas as pd
import pytest

from frames import COMPANY, table
from revops.company import Organisation as Answers
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation import MODELS, SIGNALS, Told, level_of, tallied
from revops.measures.stage_benchmarking.organisation.answers import apart
from revops.measures.stage_benchmarking.organisation.models import Facts, leaning, models_of
from revops.measures.stage_benchmarking.organisation.questions import deciding_questions, rename_test, renamed
from revops.measures.stage_benchmarking.organisation.renewals import seen
from revops.measures.stage_benchmarking.organisation.revenue import in_dollars, last_month
from revops.measures.stage_benchmarking.organisation.signals import (
    Signal,
    answers_signal,
    forecast_signal,
    leads_signal,
    operating_signals,
    renewals_signal,
    tools_signal,
)
from revops.measures.stage_benchmarking.organisation.stages import company_stage, stage_number
from revops.measures.stage_benchmarking.organisation.tools import tools_of

KNOBS = Knobs()


@pytest.mark.parametrize(
    ("dollars", "fairview", "other"),
    [
        (0, "Founder-led", "Lean unified RevOps"),
        (999_999.99, "Founder-led", "Lean unified RevOps"),
        (1_000_000, "Marketing Ops generalist", "Lean unified RevOps"),
        (4_999_999, "Marketing Ops generalist", "Lean unified RevOps"),
        (5_000_000, "Transition", "Lean unified RevOps"),
        (14_999_999, "Transition", "Lean unified RevOps"),
        (15_000_000, "Dedicated RevOps", "Lean unified RevOps"),
        (20_000_000, "Dedicated RevOps", "Unified RevOps"),
        (99_999_999, "Dedicated RevOps", "Unified RevOps"),
        (100_000_000, "Dedicated RevOps", "RevOps coordinates"),
    ],
)
def test_each_source_has_its_own_stage(dollars, fairview, other):
    stages = company_stage(dollars, KNOBS)
    ours = stages[stages["is_ours"]]
    assert list(zip(ours["source"], ours["stage"], strict=True)) == [("Fairview", fairview), ("RevenueTools", other)]


def test_no_stage_is_ours_where_revenue_is_not_known():
    stages = company_stage(np.nan, KNOBS)
    assert not stages["is_ours"].any() and np.isnan(stage_number(stages))


def test_stages_begin_where_the_knobs_say():
    knobs = Knobs(stages_arr=(1, 2, 3), other_stages_arr=(4, 5))
    stages = company_stage(3, knobs)
    assert stages["from_amount"].tolist() == [0, 1, 2, 3, 0, 4, 5]
    assert stage_number(stages) == 4 and stage_number(stages, "RevenueTools") == 1


@pytest.mark.parametrize(
    ("currency", "rates", "dollars"), [("USD", {}, 110.0), ("EUR", {"USD": 0.5}, 220.0), ("EUR", {"GBP": 2}, np.nan)]
)
def test_thresholds_in_dollars_meet_other_currencies_by_the_company_s_rate(currency, rates, dollars):
    company = COMPANY.model_copy(update={"currency": currency, "rates": rates})
    assert in_dollars(110.0, company) == pytest.approx(dollars, nan_ok=True)


@pytest.mark.parametrize(
    ("day", "month"), [("2026-06-30", "2026-06-01"), ("2026-06-29", "2026-05-01"), ("2026-01-05", "2025-12-01")]
)
def test_the_last_month_is_over_on_the_day(day, month):
    assert last_month(pd.Timestamp(day).date()) == pd.Timestamp(month)


@pytest.mark.parametrize(
    ("amounts", "value"),
    [([100, 95, 100], 0.05), ([100, 50, np.nan], 0.5), ([100, np.nan, np.nan], np.nan), ([0, 0, 0], np.nan),
     ([0, 80, 0], 1.0), ([], np.nan)],
)  # fmt: skip
def test_answers_are_apart_by_a_share_of_the_largest(amounts, value):
    assert apart(pd.Series(amounts, dtype="float64")) == pytest.approx(value, nan_ok=True)


def answers(*amounts):
    who = ["sales", "finance", "marketing"]
    return pd.DataFrame({"who": who, "amount": np.array(amounts, dtype=float), "n": 1})


@pytest.mark.parametrize(
    ("amounts", "holds", "strength", "n"),
    [
        ((100, 95, 100), "no", "sales $100, finance $95 and marketing $100: 5% apart", 3),
        ((100, 94, 100), "yes", "sales $100, finance $94 and marketing $100: 6% apart", 3),
        ((100, np.nan, 80), "yes", "sales $100 and marketing $80: 20% apart", 2),
        ((100, np.nan, np.nan), "not read", None, 1),
        ((0, 0, np.nan), "not read", None, 2),
    ],
)
def test_signal_1_holds_beyond_its_threshold(amounts, holds, strength, n):
    found = answers_signal(answers(*amounts), KNOBS, "USD")
    assert (found.holds, found.strength, found.n, found.threshold) == (holds, strength, n, 0.05)


def test_signal_1_says_why_it_is_not_read():
    assert answers_signal(answers(1, np.nan, np.nan), KNOBS, "USD").why == "fewer than two answers can be told"
    assert answers_signal(answers(0, 0, 0), KNOBS, "USD").why == "nothing was won or billed in the quarter"


def off(signal, **given):
    row = {"signal": signal, "n": 4, "n_beyond": 3, "direction": "over", "wape": 0.2, "bias_rate": 0.18,
           "bias_low": 0.05, "bias_high": 0.31, "off_by": 0.15}  # fmt: skip
    return pd.Series(row | given)


@pytest.mark.parametrize(
    ("row", "holds", "strength"),
    [
        (off("red"), "yes", "3 of 4 quarters more than 15% off; 5% to 31% too high on average"),
        (
            off("red", direction="under", bias_rate=-0.2, bias_low=-0.3, bias_high=-0.1, n_beyond=4),
            "yes",
            "4 of 4 quarters more than 15% off; 10% to 30% too low on average",
        ),
        (off("amber", n_beyond=2), "no", "2 of 4 quarters more than 15% off: watched, not proven"),
        (off("noise"), "no", "3 of 4 quarters more than 15% off: both ways, so a range helps, not a correction"),
        (off("none", n_beyond=0, off_by=0.1), "no", "0 of 4 quarters more than 10% off: as chance does"),
        (off("not_enough", n=3), "not read", None),
        (None, "not read", None),
    ],
)
def test_signal_2_is_only_what_chance_does_not_do(row, holds, strength):
    found = forecast_signal(row)
    assert (found.holds, found.strength) == (holds, strength)


def test_signal_2_says_why_it_is_not_read():
    assert forecast_signal(None).why == "the company's forecasts were not asked for"
    assert forecast_signal("no calls").why == "no calls"
    assert forecast_signal(off("not_enough", n=1)).why == "1 quarter with a forecast, 4 needed"


MET, MISSED = ("FY27-Q1", 100.0, 100.0), ("FY27-Q1", 99.0, 100.0)


@pytest.mark.parametrize(
    ("target", "share", "n", "holds"),
    [
        (MET, 0.39, 100, "yes"),
        (MET, 0.4, 100, "no"),
        (MET, 0.0, 10, "yes"),
        (MET, 0.0, 9, "not read"),
        (MET, np.nan, 0, "not read"),
        (MISSED, 0.1, 100, "no"),
        (None, 0.1, 100, "not read"),
    ],
)
def test_signal_3_needs_the_target_met_and_leads_turned_down(target, share, n, holds):
    found = leads_signal(target, Told(accept_share=share, n_judged=n), KNOBS)
    assert (found.holds, found.n, found.threshold) == (holds, n, 0.4)
    assert (found.why is None) == (holds != "not read")


def test_signal_3_says_its_range():
    found = leads_signal(("FY27-Q1", 120.0, 100.0), Told(accept_share=0.3, n_judged=50), KNOBS)
    n, p, z2 = 50, 0.3, 1.2815515655446004**2  # Wilson at 80 %, by hand
    middle, reach = (p + z2 / 2 / n) / (1 + z2 / n), np.sqrt(z2 * (p * (1 - p) / n + z2 / 4 / n**2)) / (1 + z2 / n)
    assert (found.low, found.high) == pytest.approx((middle - reach, middle + reach))
    assert found.strength == "120 of 100 MQLs in FY27-Q1; 30% (22% to 39%) accepted of 50 MQLs that sales judged"
    why = leads_signal(MET, Told(n_judged=3, accept_share=0.1), KNOBS).why
    assert why == "100 of 100 MQLs in FY27-Q1, but sales judged 3 of them, 10 needed"
    assert leads_signal(None, Told(), KNOBS).why == "company.yml, mql_targets, names no quarter that is over"


def sheet(n, connected=()):
    names = [f"Tool {number:02d}" for number in range(n)]
    return tools_of(table("tools", [{"tool_name": name} for name in [*names, *names[:1]]]), connected)


@pytest.mark.parametrize(
    ("n", "connected", "holds", "value"),
    [
        (10, ("None",), "yes", 10),
        (11, ("tool 00",), "yes", 10),
        (11, ("Tool 00", "TOOL  01"), "no", 9),
        (30, ("Tool*",), "no", 0),
        (9, (), "no", 9),
        (10, (), "not read", np.nan),
        (0, (), "not read", np.nan),
    ],
)
def test_signal_4_counts_tools_that_stand_alone(n, connected, holds, value):
    tools = sheet(n, connected)
    assert len(tools) == n
    found = tools_signal(tools, is_answered=bool(connected), knobs=KNOBS)
    assert found.holds == holds and found.value == pytest.approx(value, nan_ok=True)


def test_signal_4_says_what_it_counts():
    assert tools_signal(sheet(4, ("Tool 00", "Tool 01")), is_answered=True, knobs=KNOBS).strength == (
        "2 of 4 tools do not exchange data"
    )
    assert tools_signal(sheet(4), is_answered=False, knobs=KNOBS).strength == "4 tools in all"
    assert tools_signal(sheet(0), is_answered=True, knobs=KNOBS).why == "no sheet of tools"
    assert tools_signal(sheet(12), is_answered=False, knobs=KNOBS).why == (
        "12 tools; company.yml, organisation.connected_tools, does not say which exchange data"
    )


def lost(*was):
    categories = {"to renew": "Forecast", "in doubt": "BestCase"}
    stood = [categories.get(word) for word in was]
    return pd.DataFrame({"was": pd.Series(was, dtype="str"), "amount": 1000.0,
                         "forecast_category": pd.Series(stood, dtype="str")})  # fmt: skip


@pytest.mark.parametrize(
    ("missed", "doubted", "unknown", "renewed", "holds"),
    [(3, 9, 0, 50, "yes"), (3, 10, 0, 50, "no"), (10, 0, 5, 0, "yes"), (0, 10, 0, 0, "no"), (9, 0, 20, 9, "not read"),
     (0, 0, 0, 5, "no"), (0, 0, 0, 0, "not read"), (0, 0, 3, 5, "not read")],
)  # fmt: skip
def test_signal_5_is_a_share_of_the_lost_renewals_that_are_known(missed, doubted, unknown, renewed, holds):
    rows = lost(*["to renew"] * missed, *["in doubt"] * doubted, *["not known"] * unknown)
    found = renewals_signal(rows, renewed, KNOBS, "USD")
    assert found.holds == holds
    if holds != "not read" and missed + doubted:
        assert (found.value, found.n) == (missed / (missed + doubted), missed + doubted)
        assert found.low < found.value + 1e-12 and found.value < found.high + 1e-12 and found.high - found.low > 0.1


def test_signal_5_says_what_was_lost():
    found = renewals_signal(lost(*["to renew"] * 5, *["in doubt"] * 5), 1, KNOBS, "USD")
    assert found.strength == (
        "5 of 10 lost renewals (50%, 31% to 69%) were forecast to renew 30 days before the loss: $5.0K; then in Best "
        "case 5 and Commit 5"
    )
    assert renewals_signal(lost(), 3, KNOBS, "USD").strength == "none of 3 renewals was lost in a year"
    assert renewals_signal(lost(), 0, KNOBS, "USD").why == "no renewal came to an end in a year"
    assert renewals_signal(lost("to renew", "not known"), 0, KNOBS, "USD").why == (
        "what was forecast is known of 1 of 2 lost renewals, 10 needed"
    )


@pytest.mark.parametrize(
    ("outcome", "category", "probability", "word"),
    [
        ("open", "Forecast", 0.1, "to renew"),
        ("open", "MostLikely", None, "to renew"),
        ("open", "BestCase", None, "in doubt"),
        ("open", "Closed", None, "to renew"),
        ("open", "Pipeline", 0.9, "in doubt"),
        ("open", "Omitted", 0.9, "in doubt"),
        ("open", None, 0.5, "to renew"),
        ("open", None, 0.49, "in doubt"),
        ("open", None, None, "not known"),
        ("won", "Closed", 1.0, "to renew"),
        ("lost", "Omitted", 0.0, "in doubt"),
        (None, "Forecast", 0.9, "not known"),
    ],
)
def test_what_a_state_says_of_a_renewal(outcome, category, probability, word):
    row = pd.DataFrame({"outcome": [outcome], "forecast_category": [category], "win_probability": [probability]})
    row = row.astype({"outcome": "str", "forecast_category": "str", "win_probability": "float64"})
    assert seen(row, KNOBS).tolist() == [word]


@pytest.mark.parametrize(
    ("categories", "words"),
    [(("Commit",), ["to renew", "in doubt", "in doubt"]),
     (("Commit", "BestCase"), ["to renew", "to renew", "in doubt"]),
     (("Pipeline",), ["in doubt", "in doubt", "to renew"])],
)  # fmt: skip
def test_which_categories_mean_to_renew_is_a_parameter(categories, words):
    rows = pd.DataFrame({"outcome": "open", "forecast_category": ["Forecast", "BestCase", "Pipeline"],
                         "win_probability": np.nan})  # fmt: skip
    assert seen(rows, Knobs(renew_categories=categories)).tolist() == words


@pytest.mark.parametrize(
    ("n", "read", "word"),
    [(0, 5, "none"), (1, 5, "noise"), (2, 5, "watch-list"), (3, 5, "operational debt"), (5, 5, "operational debt"),
     (0, 0, "not read"), (0, 1, "none")],
)  # fmt: skip
def test_level_by_how_many_hold(n, read, word):
    assert level_of(n, read) == word


def test_signals_stand_in_their_order_each_with_its_source():
    found = operating_signals([Signal(number, "no", n=number) for number in (5, 3, 1, 4, 2)])
    assert found["signal"].tolist() == [1, 2, 3, 4, 5] and found["n"].tolist() == [1, 2, 3, 4, 5]
    assert found["label"].tolist() == list(SIGNALS.values())
    ours = "Fairview; threshold ours"
    assert found["source"].tolist() == [ours, "Fairview", ours, "Fairview", ours]


ARR = (np.nan, 0.0, 9_999_999.0, 10_000_000.0, 20_000_000.0, 74_999_999.0, 75_000_000.0, 99_999_999.0, 100_000_000.0)
EITHER = (None, True, False)


def by_hand(facts):
    """Return the points of each rule, model by model in the order of the page, by plain ifs."""
    arr = None if np.isnan(facts.dollars) else facts.dollars
    people = dict(facts.ops_people)

    def if_yes(known, points, otherwise="neither"):
        return "open" if known is None else points if known else otherwise

    tools = None if facts.n_tools is None else facts.n_tools >= 15
    campaigns = None if facts.n_campaigns is None else facts.n_campaigns >= 100
    crowd = None if facts.employees is None else facts.employees >= 500
    dispute = True if facts.disputes == "yes" else None
    teams = [people[name] for name in ("marketing", "sales", "customer_success") if name in people]
    alone = None if len(teams) < 2 else teams == [1] * len(teams)
    both = [people.get("marketing"), people.get("revops")]
    staffed = False if 0 in both else None if None in both else True
    mature, equity = facts.mature_marketing, facts.private_equity
    backs = {"revops": ("for", "against"), "cmo": ("against", "for"), None: ("open", "open")}[facts.leadership_backs]
    if arr is None:
        roll, band2, band3 = "open", "open", "open"
    else:
        roll = "against" if 10e6 <= arr < 75e6 else "neither"
        band2 = "for" if arr < 100e6 else "against"
        band3 = "against" if arr < 20e6 else "neither" if arr < 100e6 else "for"
    return {
        1: [roll, if_yes(crowd, "for", "against"), if_yes(tools, "for"), if_yes(campaigns, "for"),
            if_yes(mature, "for"), if_yes(equity, "against"), if_yes(dispute, "against"), if_yes(alone, "against")],
        2: [band2, if_yes(equity, "for"), if_yes(dispute, "for"), if_yes(alone, "for"), if_yes(tools, "against"),
            if_yes(campaigns, "against"), if_yes(mature, "against"), backs[0]],
        3: [band3, if_yes(mature, "for", "against"), if_yes(tools, "for"), if_yes(campaigns, "for"),
            if_yes(staffed, "for", "against"), backs[1]],
    }  # fmt: skip


def test_models_by_plain_ifs_over_many_companies():
    rng = np.random.default_rng(3)
    choices = {
        "dollars": ARR, "employees": (None, 499, 500), "n_tools": (None, 14, 15), "n_campaigns": (None, 99, 100),
        "private_equity": EITHER, "mature_marketing": EITHER, "leadership_backs": (None, "revops", "cmo"),
        "ops_people": ((), (("marketing", 1),), (("marketing", 1), ("sales", 1)), (("marketing", 1), ("sales", 2)),
                       (("marketing", 2), ("revops", 1)), (("marketing", 0), ("sales", 1)), (("revops", 0),)),
        "disputes": ("yes", "no", "not read"),
    }  # fmt: skip
    for _ in range(40):
        facts = Facts(**{name: values[rng.integers(len(values))] for name, values in choices.items()})
        found = models_of(facts, KNOBS)
        assert {model: found.loc[found["model"].eq(model), "points"].tolist() for model in MODELS} == by_hand(facts)
        told = tallied(found).set_index("model")
        net = {model: points.count("for") - points.count("against") for model, points in by_hand(facts).items()}
        assert (told["n_for"] - told["n_against"]).to_dict() == net
        best = [model for model, value in net.items() if value == max(net.values())]
        assert leaning(found) == (best[0] if len(best) == 1 and max(net.values()) > 0 else None)


def test_nothing_known_leaves_every_rule_open():
    found = models_of(Facts(), KNOBS)
    assert set(found["points"]) == {"open"} and leaning(found) is None
    assert tallied(found)["n_open"].tolist() == [8, 8, 6]


def test_rules_say_the_thresholds_of_the_knobs():
    knobs = Knobs(
        many_employees=20, martech_tools=3, many_campaigns=7, unified_arr=(1e6, 2e6), other_stages_arr=(3e6, 4e6)
    )
    facts = Facts(dollars=4e6, employees=20, n_tools=3, n_campaigns=6)
    found = models_of(facts, knobs).set_index(["model", "rule"])
    assert found.loc[(1, "20 or more people"), "points"] == "for"
    assert found.loc[(1, "3 or more tools: stays apart"), "points"] == "for"
    assert found.loc[(1, "7 or more campaigns a quarter: stays apart"), "points"] == "neither"
    assert found.loc[(1, "Recurring revenue $1.0M to $2.0M: goes into RevOps"), "points"] == "neither"
    by_size = "Recurring revenue: below $3.0M lean to one team, from $4.0M on to Marketing Ops under the CMO"
    assert found.loc[(2, by_size), "points"] == "against" and found.loc[(3, by_size), "points"] == "for"


@pytest.mark.parametrize(
    ("said", "right", "verdict"),
    [
        ({}, ["open", "open", "open"], "open"),
        ({"revops_reports_to": "CMO"}, ["no", "open", "open"], "open"),
        ({"revops_reports_to": "VP Marketing"}, ["no", "open", "open"], "open"),
        ({"revops_reports_to": "CRO"}, ["yes", "open", "open"], "open"),
        ({"revops_reports_to": "VP Sales and Marketing"}, ["yes", "open", "open"], "open"),
        ({"revops_owns_pipeline_stages": True}, ["open", "open", "open"], "open"),
        ({"revops_owns_renewals": False}, ["open", "no", "open"], "open"),
        ({"revops_owns_pipeline_stages": True, "revops_owns_renewals": True}, ["open", "yes", "open"], "open"),
        ({"monday_review_shows": ()}, ["open", "open", "no"], "open"),
        ({"monday_review_shows": ("nrr",)}, ["open", "open", "yes"], "open"),
        ({"revops_reports_to": "CEO", "monday_review_shows": ("nrr",)}, ["yes", "open", "yes"], "no"),
        ({"revops_reports_to": "CMO", "monday_review_shows": ()}, ["no", "open", "no"], "yes"),
        ({"revops_reports_to": "CMO", "revops_owns_renewals": False, "monday_review_shows": ("nrr",)},
         ["no", "no", "yes"], "yes"),
    ],
)  # fmt: skip
def test_rename_test_by_answers(said, right, verdict):
    found = rename_test(Answers(**said))
    assert found["is_right"].tolist() == right and renamed(found) == verdict


def test_rename_test_says_the_answers():
    found = rename_test(Answers(revops_reports_to="CMO", revops_owns_pipeline_stages=True,
                                monday_review_shows=("nrr", "full_funnel")))  # fmt: skip
    assert found["answer"].tolist() == [
        "CMO",
        "pipeline stages yes and renewals not answered",
        "NRR and full-funnel conversion",
    ]
    assert rename_test(Answers())["answer"].tolist() == ["not answered"] * 3


def test_deciding_questions_are_open_where_nothing_is_known():
    found = deciding_questions(Facts(), company_stage(np.nan, KNOBS), Told(), KNOBS)
    assert len(found) == 5 and set(found["ours"]) == {"not answered"} and not found["is_answered"].any()


def test_deciding_questions_say_what_is_known():
    facts = Facts(5e6, n_tools=12, leadership_backs="cmo", ops_people=(("marketing", 2), ("revops", 1)))
    told = Told(leak="between", leak_words="MQL to SQL loses most")
    found = deciding_questions(facts, company_stage(5e6, KNOBS), told, KNOBS)
    assert found["ours"].tolist() == [
        "between functions: MQL to SQL loses most",
        "12 tools",
        "Transition (Fairview) and Lean unified RevOps (RevenueTools)",
        "the CMO",
        "Marketing Ops 2 people, RevOps 1 person",
    ]
    assert found["is_answered"].all()


def test_signal_2_is_read_at_15_percent_where_the_row_does_not_say():
    assert forecast_signal(off("red").drop("off_by")).threshold == 0.15
