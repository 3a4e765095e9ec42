"""The first screen of the attribution comparison: the whole sentence, the line below and the numbers by reader."""

import re
from itertools import product

import pytest
from told_attribution import NAN, told

from revops.actions import Number
from revops.actions.attribution_comparison import headline

CREDIT = "Credit says who was there, not what caused a deal."
SINCE = "since 1 Apr 2025"
MODELS = ("first_touch", "last_touch")
SIDES = {"keep": (100.0, 100.0), "cut": (20.0, 30.0), "depends": (100.0, 20.0)}
"""Credit under the two models of a channel that cost 50, where 1 credited may cost 80 %: more than 62.5 keeps it."""


def channels(**verdicts):
    """Return credit and spend of channels with given verdicts, named in the order of their spend (50, 49, 48 …)."""
    names = [(f"{verdict}{number}", verdict) for verdict, n in verdicts.items() for number in range(n)]
    credit = {model: {name: SIDES[verdict][place] for name, verdict in names} for place, model in enumerate(MODELS)}
    return credit, {name: 50.0 - number for number, (name, _) in enumerate(names)}


def first(*given, **knobs):
    found = headline(told(*given, **knobs))
    return found.status, found.sentence


@pytest.mark.parametrize(
    ("verdicts", "status", "said"),
    [
        ({"keep": 1}, "on_track", "Keep0 earns its cost under every model."),
        ({"keep": 2}, "on_track", "Keep0 and keep1 earn their cost under every model."),
        ({"keep": 3}, "on_track", "Keep0, keep1 and keep2 earn their cost under every model."),
        ({"keep": 4}, "on_track", "All 4 channels earn their cost under every model."),
        ({"cut": 1}, "act", "By no model does cut0 earn the $50 spent."),
        ({"cut": 2}, "act", "By no model do cut0 and cut1 earn the $99 spent."),
        ({"cut": 1, "keep": 1}, "act",
         "By no model does cut0 earn the $50 spent; keep0 earns its cost under every model."),
        ({"cut": 2, "keep": 4}, "act",
         "By no model do cut0 and cut1 earn the $99 spent; 4 channels earn theirs under every model."),
        ({"depends": 1}, "watch", "Whether depends0 earns its $50 depends on the model."),
        ({"depends": 2}, "watch", "Whether depends0 and depends1 earn their $99 depends on the model."),
        ({"depends": 4}, "watch",
         "Whether depends0, depends1, depends2 and depends3 earn their $194 depends on the model."),
        ({"depends": 6}, "watch",
         "Whether depends0, depends1, depends2 and 3 more earn their $285 depends on the model."),
        ({"depends": 1, "cut": 1}, "act",
         "Whether depends0 earns its $50 depends on the model; cut0 earns its cost under none."),
        ({"depends": 1, "cut": 4}, "act",
         "Whether depends0 earns its $50 depends on the model; 4 channels earn theirs under none."),
        ({"depends": 1, "keep": 1, "cut": 1}, "act",
         "Whether depends0 earns its $50 depends on the model; keep0 earns its cost under every model, cut0 under "
         "none."),
        ({"depends": 1, "keep": 5, "cut": 3}, "act",
         "Whether depends0 earns its $50 depends on the model; 5 channels earn theirs under every model, cut0, cut1 "
         "and cut2 under none."),
    ],
)  # fmt: skip
def test_the_sentence_by_the_sides_that_the_models_take(verdicts, status, said):
    assert first(*channels(**verdicts)) == (status, said)


def test_chance_is_said_where_it_could_turn_a_verdict_and_takes_act_away():
    """Not sure: cut1 and keep1; a cut that chance could turn is to be watched."""
    sure = {"cut0": True, "cut1": False, "keep0": True, "keep1": False, "depends0": False}
    assert first(*channels(cut=2, keep=2), sure=sure) == (
        "act",
        "By no model do cut0 and cut1 earn the $99 spent (1 surely); keep0 and keep1 earn theirs under every "
        "model (1 surely).",
    )
    assert first(*channels(cut=1, keep=1), sure=False) == (
        "watch",
        "By no model does cut0 earn the $50 spent (not surely); keep0 earns its cost under every model (not surely).",
    )
    assert first(*channels(depends=1, cut=1), sure=False) == (
        "watch",
        "Whether depends0 earns its $50 depends on the model; cut0 earns its cost under none (not surely).",
    )
    assert first(*channels(keep=4), sure=False) == (
        "on_track",
        "All 4 channels earn their cost under every model (not surely).",
    )


def test_with_one_model_it_is_named_and_no_other_is_spoken_of():
    one = {"first_touch": {"a": 100.0, "b": 100.0}}
    assert first(one, {"a": 50.0, "b": 90.0}) == (
        "act",
        "Under first touch, b does not earn the $90 spent; a earns its cost.",
    )
    assert first(one, {"a": 50.0, "b": 50.0}) == ("on_track", "A and b earn their cost under first touch.")
    assert first({"markov_1": {"a": 9.0, "b": 9.0}}, {"a": 50.0, "b": 50.0}) == (
        "act",
        "Under Markov, order 1, a and b do not earn the $100 spent.",
    )
    assert first(one) == (
        "not_enough_data",
        "A is credited with $100 under first touch; no costs are known, so which channels earn their cost cannot be "
        "said.",
    )


def test_channels_on_few_deals_are_not_judged_and_all_means_all_with_a_cost():
    credit, spend = channels(keep=6)
    few = {name: 9 if name > "keep0" else 10 for name in spend}
    assert first(credit, spend, n_deals=few) == (
        "on_track",
        "Of 6 channels only keep0 is on enough deals to judge, and earns its cost under every model.",
    )
    few["keep1"] = 10
    assert first(credit, spend, n_deals=few)[1] == (
        "Of 6 channels only keep0 and keep1 are on enough deals to judge, and earn their cost under every model."
    )
    few["keep2"] = 10
    assert first(credit, spend, n_deals=few)[1] == (
        "Of 6 channels only keep0, keep1 and keep2 are on enough deals to judge, and earn their cost under every model."
    )
    few["keep3"] = 10
    assert first(credit, spend, n_deals=few)[1] == (
        "Only 4 of 6 channels are on enough deals to judge; they earn their cost under every model."
    )
    del spend["keep5"]
    assert first(credit, spend, n_deals=few)[1] == (
        "Only 4 of 5 channels with a known cost are on enough deals to judge; they earn their cost under every model."
    )
    assert first(credit, spend)[1] == "All 5 channels with a known cost earn their cost under every model."
    assert first(credit, spend, n_deals=9) == (
        "not_enough_data",
        "Keep0 is credited with $100 under every model; channels with a known cost are on too few deals, so which "
        "channels earn their cost cannot be said.",
    )


def test_a_cut_or_a_doubt_on_few_deals_is_no_verdict():
    """Alone judged: keep0."""
    credit, spend = channels(keep=1, cut=1, depends=1)
    found = first(credit, spend, n_deals={"keep0": 10, "cut0": 9, "depends0": 9})
    assert found == (
        "on_track",
        "Of 3 channels only keep0 is on enough deals to judge, and earns its cost under every model.",
    )


@pytest.mark.parametrize(
    ("n", "said"), [(0, "No won deals"), (1, "1 won deal"), (9, "9 won deals"), (1234, "1,234 won deals")]
)
def test_too_few_deals_say_nothing_of_channels(n, said):
    found = first(*channels(cut=1), n_won=n, fewest_deals=2000)
    assert found == ("not_enough_data", f"{said} with touches {SINCE}: too few to say which channels earn credit.")


def test_ten_deals_are_enough_and_nine_are_not():
    assert first(*channels(cut=1), n_won=10)[0] == "act"
    assert first(*channels(cut=1), n_won=9)[0] == "not_enough_data"


def test_a_slice_is_named_and_has_no_costs():
    why = {"spend_amount": "spend is not told by region"}
    assert first(channels(depends=1)[0], slice={"region": "EMEA"}, why=why) == (
        "not_enough_data",
        "Depends0 (EMEA) is credited with $20 to $100, by the model; spend is not told by region, so which channels "
        "earn their cost cannot be said.",
    )
    assert first(channels(depends=1)[0], slice={"region": "EMEA"}, why=why, n_won=3)[1] == (
        f"3 won deals (EMEA) with touches {SINCE}: too few to say which channels earn credit."
    )


def test_an_owner_is_told_by_number_never_by_id_or_name():
    owners = [{"owner_id": "o1", "owner_name": "Ann Example"}]
    found = first(channels(depends=1)[0], slice={"owner": "o1"}, why={"spend_amount": "no"}, owners=owners)[1]
    assert re.match(r"Depends0 \(Owner \d{4,}\) is credited with ", found) and "Ann" not in found and "o1" not in found
    assert "(Unassigned)" in first(channels(depends=1)[0], slice={"owner": "Unassigned"}, why={"spend_amount": "no"})[1]


def test_without_any_model_it_says_what_the_first_one_needs():
    needs = {"linear": "every touch, not first and last conversions alone", "markov_1": "losses"}
    found = headline(told({}, unavailable=needs))
    assert (found.status, found.sentence) == (
        "not_enough_data",
        "No model that was asked for can be had: linear needs every touch, not first and last conversions alone.",
    )


def test_what_no_touch_reaches_is_to_be_watched_beyond_the_limit_alone():
    """Of 1000 won 300 are dark: 30 %, the limit itself; a cent more is beyond it."""
    credit = {model: {"a": 700.0} for model in MODELS}
    for dark, status in ((300.0, "on_track"), (300.1, "watch")):
        assert first(credit, {"a": 5.0}, dark=[("w", "no contact", dark)])[0] == status


BETWEEN = "Between the two models furthest apart 44% of credit changes channel. "


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, f"Touches reach all of the $120 won {SINCE}. {BETWEEN}"),
        ({"dark": [("w", "no contact", 30.0), ("v", "no account and no contact", 50.0)]},
         f"Touches reach $120 of the $200 won {SINCE} (60%); the rest is credited to nobody. {BETWEEN}"),
        ({"dark": [("w", "no contact", -120.0)]},
         f"Touches reach $120 of the $0 won {SINCE}; the rest is credited to nobody. {BETWEEN}"),
        ({"period": "previous"}, f"Touches reach all of the $120 won from 1 Jan 2025 to 31 Mar 2026. {BETWEEN}"),
        ({"period": "next"}, f"Touches reach all of the $120 won since 1 Jul 2025. {BETWEEN}"),
        ({"quarters": 0}, f"Touches reach all of the $120 won since 1 Apr 2026. {BETWEEN}"),
    ],
)  # fmt: skip
def test_the_line_below_says_what_is_reached_in_which_days_and_how_far_models_lie_apart(given, said):
    """The share of a is 100 of 120 under one model, 35 of 90 under the other: 44 points go from a to b."""
    credit = {"first_touch": {"a": 100.0, "b": 20.0}, "last_touch": {"a": 35.0, "b": 55.0}}
    moved = abs(100 / 120 - 35 / 90)
    assert round(100 * moved) == 44
    assert headline(told(credit, **given)).below == said + CREDIT


def test_the_line_below_where_nothing_is_won_or_reached_or_compared():
    none = headline(told({}, n_won=0)).below
    assert none == f"No deal was won {SINCE}. {CREDIT}"
    dark = headline(told({}, n_won=0, dark=[("w", "no contact", 50.0)])).below
    assert dark == f"Touches reach none of the $50 won {SINCE}: no model credits it. {CREDIT}"
    one = headline(told({"linear": {"a": 100.0}})).below
    assert one == f"Touches reach all of the $100 won {SINCE}. {CREDIT}"


def numbers(*given, **knobs):
    return headline(told(*given, **knobs)).numbers


MOVED = Number("40%", "of credit changes channel between first touch and last touch; a gets $20 to $100")
DARK = Number("$50", "won without a touch that counts: 1 deal, 20% of what was won; no model credits it")


def test_three_numbers_for_each_reader_are_of_the_same_result():
    """Credit of a 100 or 20, of b 100 or 180, and 50 of 250 dark; a cost 50 and b 40, of 200 credited by first touch.
    Two types of campaigns of three are on enough deals, one of them earns its cost under no rule."""
    types = [
        {"campaign_type": "Fair", "verdict": "none", "spend_amount": 30.0},
        {"campaign_type": "Webinar", "verdict": "all", "spend_amount": 1.0},
        {"campaign_type": "Other", "verdict": "none", "spend_amount": 99.0, "is_few": True},
        {"campaign_type": "Email", "verdict": "", "spend_amount": NAN},
    ]
    settings = [("model", "last_touch", 0.9), ("lookback_days", "30 days", 0.3), ("half_life_days", "90 days", 0.2)]
    given = {
        "spend": {"a": 50.0, "b": 40.0},
        "dark": [("w", "no contact", 50.0)],
        "types": types,
        "settings": settings,
    }
    assert numbers(**given) == (
        Number("$50", "of $90 spent, where the verdict depends on the model", is_bad=True), MOVED, DARK,
    )  # fmt: skip
    assert numbers(**given, audience="marketing_ops") == (
        Number("$0.45", "for $1 credited by first touch: $90 spent on channels credited with $200"),
        Number(
            "1",
            "of 2 types of campaigns on enough deals to judge earns its cost under no rule: Fair; it cost $30",
            is_bad=True,
        ),
        MOVED,
    )
    assert numbers(**given, audience="revops") == (
        DARK, MOVED, Number("30%", "of credit moves with the setting that matters most: lookback days, 30 days"),
    )  # fmt: skip


def test_numbers_are_bad_news_only_beyond_their_limits():
    """80 spent on 100 credited is just what 1 may cost; 60 dark of 200 are just 30 %."""
    credit = {"first_touch": {"a": 100.0}}
    for spend, is_bad in ((80.0, False), (80.1, True)):
        assert numbers(credit, {"a": spend}, audience="marketing_ops")[0].is_bad is is_bad
    for dark, is_bad in ((60.0, False), (60.1, True)):
        found = numbers({"first_touch": {"a": 140.0}}, dark=[("w", "no contact", dark)])[2]
        assert found.is_bad is is_bad
    assert not numbers(*channels(keep=2))[0].is_bad and numbers(*channels(depends=2))[0].is_bad


def test_numbers_that_cannot_be_had_say_why():
    alone = {"linear": {"a": 100.0}}
    assert numbers(alone, why={"spend_amount": "spend is not told by region"}) == (
        Number("–", "spend: spend is not told by region"),
        Number("–", "of credit changes channel by model: fewer than two models can be had"),
        Number("$0", "won without a touch that counts: no deals"),
    )
    assert numbers(alone, audience="marketing_ops")[:2] == (
        Number("–", "cost of $1 credited: needs costs"),
        Number("–", "types of campaigns that earn their cost under no rule: none with a cost is on enough deals"),
    )
    assert numbers(alone, audience="revops")[2] == Number("–", "of credit moves with another setting: none could be "
                                                          "tried")  # fmt: skip
    other = numbers(alone, {"a": 5.0}, audience="marketing_ops", models=("linear", "markov_1"),
                    reference_model="markov_1")  # fmt: skip
    assert other[0] == Number("–", "cost of $1 credited: Markov, order 1 cannot be had")
    for audience, what in (("executive", "spend"), ("marketing_ops", "cost of $1 credited")):
        without = numbers({}, {"a": 5.0}, audience=audience, unavailable={"linear": "x"})[0]
        assert without == Number("–", f"{what}: no model can be had to set it against")
    nothing = numbers({"linear": {"a": 0.0, "b": 9.0}}, {"a": 5.0}, audience="marketing_ops")
    assert nothing[0] == Number("–", "cost of $1 credited: nothing is credited to channels with a cost by linear")


def test_spend_on_few_deals_is_beside_the_spend_that_the_model_decides():
    credit, spend = channels(depends=2)
    assert numbers(credit, spend, n_deals={"depends0": 40, "depends1": 9})[0] == Number(
        "$50",
        "of $99 spent, where the verdict depends on the model; $49 is on channels with too few deals to judge",
        is_bad=True,
    )


@pytest.mark.parametrize(
    ("verdicts", "figure", "said"),
    [
        (["all"], "0", "1 type of campaigns on enough deals to judge earn their cost under no rule"),
        (["none"], "1", "1 type of campaigns on enough deals to judge earns its cost under no rule: T0; it cost $10"),
        (["none", "some", "none"], "2", "3 types of campaigns on enough deals to judge earn their cost under no rule: "
         "T2 and T0; they cost $40"),
    ],
)  # fmt: skip
def test_types_of_campaigns_are_counted_in_the_right_number(verdicts, figure, said):
    """The dearest is named first."""
    rows = [{"campaign_type": f"T{number}", "verdict": verdict, "spend_amount": 10.0 * (number + 1)}
            for number, verdict in enumerate(verdicts)]  # fmt: skip
    assert numbers(types=rows, audience="marketing_ops")[1] == Number(figure, f"of {said}", is_bad=figure != "0")


@pytest.mark.parametrize(
    ("lift", "status", "said"),
    [
        ([("keep0", "keep")], "on_track", "Keep1 earns its cost under every model; by test, keep0 earns its cost."),
        ([("keep0", "cut")], "act", "Keep1 earns its cost under every model; by test, keep0 does not earn its cost."),
        ([("keep0", "unclear")], "on_track", "Keep0 and keep1 earn their cost under every model."),
        ([("keep0", "keep"), ("keep1", "cut")], "act", "By test, keep0 earns its cost and keep1 does not earn its "
         "cost."),
        ([("keep0", "cut"), ("keep1", "cut")], "act", "By test, keep0 and keep1 do not earn their cost."),
    ],
)  # fmt: skip
def test_what_a_test_found_goes_before_the_models(lift, status, said):
    assert first(*channels(keep=2), lift=lift) == (status, said)


@pytest.mark.parametrize("audience", ["executive", "marketing_ops", "revops"])
def test_status_sentence_and_line_are_the_same_for_every_reader(audience):
    found = headline(told(*channels(depends=1, keep=2, cut=1), audience=audience))
    same = headline(told(*channels(depends=1, keep=2, cut=1)))
    assert (found.status, found.sentence, found.below) == (same.status, same.sentence, same.below)
    assert len(found.numbers) == 3


def test_every_mix_of_verdicts_is_one_sentence_in_the_right_number():
    """Every channel with a verdict is named, or counted, once; verbs agree with what they are of."""
    for n_keep, n_cut, n_depends, sure in product((0, 1, 2, 5), (0, 1, 3), (0, 1, 2, 4), (True, False)):
        if not n_keep + n_cut + n_depends:
            continue
        said = first(*channels(depends=n_depends, keep=n_keep, cut=n_cut), sure=sure)[1]
        assert said.endswith(".") and said[0].isupper() and "  " not in said and said.count(".") == 1
        for verdict, n in (("keep", n_keep), ("cut", n_cut), ("depends", n_depends)):
            names = len(re.findall(rf"\b{verdict}\d", said, re.IGNORECASE))
            more = sum(map(int, re.findall(rf"{verdict}\d and (\d) more", said, re.IGNORECASE)))
            if verdict == "keep":
                counted = re.findall(r"(\d) channels (?:earn theirs under every|earn their cost)", said)
            elif verdict == "cut":
                counted = re.findall(r"(\d) channels(?: earn theirs)? under none", said)
            else:
                counted = []
            assert names + more + sum(map(int, counted)) == n, said
        assert not re.search(r"\b1 channels|\band \S+ earns|^\S+ earn ", said)
        assert (" surely)" in said or "(not surely)" in said) is (not sure and n_keep + n_cut > 0)
