"""Other settings: by hand on two deals, and on the sample against reports run with each setting."""

import numpy as np
import pandas as pd
import pytest
from companies_of_people import won
from hand_window import costs, window

from frames import as_of
from revops.analysis.credit import Paths, credit_by_model, markov
from revops.measures.attribution_comparison.costs import window_costs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.sensitivity import COLUMNS, sensitivity
from revops.measures.attribution_comparison.window import window_of

DEALS = [won("D1", amount=100.0), won("D2", "B", amount=300.0), won("D3", "C", amount=50.0),
         won("D4", "D", amount=70.0, stage_name="Lost")]  # fmt: skip
TOUCHED = {
    "D1": [("social", "2025-09-01"), ("webinar", "2026-02-20"), ("search", "2026-04-20")],
    "D2": [("search", "2026-01-10")],
    "D4": [("search", "2026-04-30"), ("social", "2026-04-30")],
}
SPEND = [("search", "2026-05-01", "2026-05-01", 200.0), ("webinar", "2026-05-01", "2026-05-01", 40.0),
         ("social", "2026-05-01", "2026-05-01", 30.0)]  # fmt: skip


def told(w, *lines, **given):
    """The table of other settings, by setting and alternative."""
    return sensitivity(w, credited(w), costs(w, *lines, **given)).set_index(["setting", "alternative"])


@pytest.fixture(scope="module")
def tiny():
    return told(window(DEALS, TOUCHED), *SPEND)


@pytest.mark.parametrize(("alternative", "expected"), [
    # linear: search 33 + 300, webinar 33, social 33 of 400: 10, 1 and 1 twelfths; D3 has no touches
    ("365 days", (0.0, "", 0.0, 0, 50.0, True)),
    ("no limit", (0.0, "", 0.0, 0, 50.0, False)),
    # 30: D1 search alone, D2 without: 12 twelfths to search; 100 x 0.8 < 200: search is cut
    ("30 days", (2 / 12, "search", 2 / 12, 1, 350.0, False)),
    # 90: D1 search and webinar, D2 without: 6 and 6 twelfths; search is cut, webinar (50 x 0.8 = 40) kept
    ("90 days", (5 / 12, "webinar", 5 / 12, 2, 350.0, False)),
    # 180: D1 search and webinar, D2 search: 350 and 50 of 400, so 10.5 and 1.5 twelfths; webinar is kept
    ("180 days", (1 / 12, "social", -1 / 12, 1, 50.0, False)),
])  # fmt: skip
def test_lookback_by_hand(tiny, alternative, expected):
    row = tiny.loc[("lookback_days", alternative)]
    share, channel, moved, flips, unattributed, is_default = expected
    assert row["share_moved"] == pytest.approx(share) and row["moved"] == pytest.approx(moved)
    assert (row["channel"], row["n_flips"], row["unattributed_amount"]) == (channel, flips, unattributed)
    assert row["is_default"] == is_default and row["model"] == "linear"


def test_columns_settings_and_defaults(tiny):
    table = tiny.reset_index()
    assert [*COLUMNS[:2], *tiny.columns] == list(COLUMNS)
    assert table["setting"].drop_duplicates().tolist() == [
        "model", "lookback_days", "account_fallback", "once_a_day", "responses_only", "lost_deals", "never_converted",
        "markov_order", "half_life_days", "unattributed", "spend_lag_days",
    ]  # fmt: skip
    own = table[table["is_default"]]
    assert own["setting"].is_unique and len(own) == 9
    assert own["share_moved"].eq(0).all() and own["n_flips"].eq(0).all() and own["channel"].eq("").all()


def test_the_two_models_furthest_apart_by_hand():
    """First touch: social 100, search 300. Last touch: search 400. A quarter moves; linear lies between."""
    three = window(DEALS, TOUCHED, models=("first_touch", "linear", "last_touch"))
    row = told(three, *SPEND).loc["model"].reset_index().iloc[0]
    assert (row["model"], row["alternative"]) == ("first_touch", "last_touch")
    assert row["share_moved"] == pytest.approx(0.25) and not row["is_default"]
    assert row["channel"] == "search" and row["moved"] == pytest.approx(0.25)
    assert row["n_flips"] == 1  # social: 100 x 0.8 >= 30, 0 x 0.8 < 30


def test_what_is_unattributed_shared_by_hand(tiny):
    """450 won for 400 credited: search 333 x 1.125 = 375 x 0.8 >= 300 > 333 x 0.8; nothing is left."""
    lines = [("search", "2026-05-01", "2026-05-01", 300.0), ("webinar", "2026-05-01", "2026-05-01", 40.0)]
    table = told(window(DEALS, TOUCHED), *lines)
    row = table.loc[("unattributed", "shared like the rest")]
    assert (row["share_moved"], row["n_flips"], row["unattributed_amount"], row["n_deals"]) == (0, 1, 0, 2)
    assert row["model"] == "linear" and not row["is_default"]
    assert tiny.loc[("unattributed", "shared like the rest"), "n_flips"] == 1  # social: 37.5 x 0.8 = 30
    assert "unattributed" not in told(window(DEALS, TOUCHED)).index.get_level_values("setting")


def test_won_deals_with_touches_under_each_alternative(tiny):
    """Within 30 and 90 days only D1 was touched, D3 and the lost D4 never count."""
    n = tiny["n_deals"]
    assert n["lookback_days"].to_dict() == {
        "30 days": 1, "60 days": 1, "90 days": 1, "180 days": 2, "365 days": 2, "no limit": 2
    }  # fmt: skip
    assert n[n.index.get_level_values("setting") != "lookback_days"].eq(2).all()


def test_direct_left_out_by_hand():
    """Without webinar: social and search 50 each of D1's 100, so 14 of 16 and 2 of 16 instead of 10, 1, 1 of 12."""
    row = told(window(DEALS, TOUCHED, direct=("webinar",)), *SPEND).loc[("direct", "without direct")]
    assert row["share_moved"] == pytest.approx(1 / 12) and row["channel"] == "webinar"
    assert row["moved"] == pytest.approx(-1 / 12)
    assert row["n_flips"] == 1  # social: 50 x 0.8 >= 30
    left = window(DEALS, TOUCHED, direct=("webinar",), without_channels=("webinar",))
    assert "direct" not in told(left, *SPEND).index.get_level_values("setting")


def test_answers_and_repeats_by_hand():
    touched = {"D1": [("search", "2026-04-20 10:00"), ("webinar", "2026-04-20 11:00"), ("search", "2026-04-20 12:00"),
                      ("mute_mail", "2026-04-21")]}  # fmt: skip
    table = told(window(DEALS[:1], touched), *SPEND)
    row = table.loc[("once_a_day", "every touch counts")]  # a half and a half become two and one thirds
    assert row["share_moved"] == pytest.approx(1 / 6) and row["channel"] == "search"
    row = table.loc[("responses_only", "all touches, answered or not")]  # a third to each
    assert row["share_moved"] == pytest.approx(1 / 3) and row["channel"] == "mute_mail"
    other = told(window(DEALS[:1], touched, once_a_day="off", responses_only=False), *SPEND)
    assert other.loc[("once_a_day", "every touch counts"), "is_default"]
    assert other.loc[("responses_only", "answered touches only"), "share_moved"] == pytest.approx(0.25)


def test_the_lag_of_spend_moves_verdicts_alone():
    """Spend of 240 on search lies 20 days before the window: with a lag of 0 none is known in it, with 15 all."""
    w = window(DEALS, TOUCHED)
    before = w.since - pd.Timedelta(days=10)
    lines = [("search", before, before, 300.0), ("search", "2026-05-01", "2026-05-01", 100.0), *SPEND[1:]]
    table = told(w, *lines, lag_days=15).loc["spend_lag_days"]
    assert table.index.tolist() == ["0 days", "15 days", "30 days"]
    assert table["share_moved"].eq(0).all() and table["is_default"].tolist() == [False, True, False]
    assert table["n_flips"].tolist() == [1, 0, 0]  # 400 > 333 x 0.8 >= 100


def test_without_known_cost_no_verdict_can_flip():
    table = told(window(DEALS, TOUCHED))
    assert table["n_flips"].isna().all() and "spend_lag_days" not in table.index.get_level_values("setting")
    zero = told(window(DEALS, TOUCHED), ("search", "2026-05-01", "2026-05-01", 0.0))
    assert zero["n_flips"].isna().all()


def test_a_setting_under_which_nothing_is_credited_has_no_share():
    far = {"D1": [("search", "2025-09-01")], "D2": [("webinar", "2025-09-01")]}
    row = told(window(DEALS, far), *SPEND).loc[("lookback_days", "30 days")]
    assert np.isnan(row["share_moved"]) and np.isnan(row["moved"]) and np.isnan(row["n_flips"])
    assert row["unattributed_amount"] == 450 and row["channel"] == ""


def test_nothing_won_with_touches_gives_no_rows():
    table = told(window(DEALS, {}))
    assert table.empty and [*COLUMNS[:2], *table.columns] == list(COLUMNS)


def shares(table):
    amount = dict(zip(table["channel"], table["credited_amount"], strict=True))
    return {name: value / sum(amount.values()) for name, value in amount.items()}


def moved(one, other):
    return sum(abs(one.get(name, 0) - other.get(name, 0)) for name in {*one, *other}) / 2


def slow_linear(found):
    """Linear credit of won deals, touch by touch."""
    amount = {}
    for number, wins, value in zip(found.journeys.index, found.journeys["wins"], found.journeys["amount"], strict=True):
        if wins:
            names = [found.channels[code] for code in found.touches.loc[found.touches["journey"].eq(number), "channel"]]
            for name in names:
                amount[name] = amount.get(name, 0) + value / len(names)
    return amount


@pytest.fixture(scope="module")
def view(sample):
    return as_of(sample, "2026-06-09")


@pytest.fixture(scope="module")
def whole(view):
    w = window_of(view, Knobs(direct=("organic",)))
    given = credited(w)
    paid = window_costs(w, given)
    return w, given, paid, sensitivity(w, given, paid).set_index(["setting", "alternative"])


OTHERS = {
    ("lookback_days", "30 days"): {"lookback_days": 30},
    ("lookback_days", "60 days"): {"lookback_days": 60},
    ("lookback_days", "90 days"): {"lookback_days": 90},
    ("lookback_days", "180 days"): {"lookback_days": 180},
    ("lookback_days", "no limit"): {"lookback_days": 0},
    ("account_fallback", "people of the deal only"): {"account_fallback": "off"},
    ("account_fallback", "all of the account"): {"account_fallback": "always"},
    ("once_a_day", "every touch counts"): {"once_a_day": "off"},
    ("responses_only", "all touches, answered or not"): {"responses_only": False},
    ("direct", "without direct"): {"without_channels": ("organic",)},
}


@pytest.mark.parametrize("which", OTHERS)
def test_settings_of_the_sample_are_those_of_a_report_run_with_them(view, whole, which):
    _, given, paid, table = whole
    found = window_of(view, Knobs(**OTHERS[which])).journeys()
    amount, own = slow_linear(found), slow_linear(given.found)
    ours, theirs = ({name: value / sum(each.values()) for name, value in each.items()} for each in (own, amount))
    row = table.loc[which]
    assert row["share_moved"] == pytest.approx(moved(ours, theirs))
    if row["share_moved"]:
        gain = theirs.get(row["channel"], 0) - ours.get(row["channel"], 0)
        assert row["moved"] == pytest.approx(gain)
        assert abs(gain) >= max(abs(theirs.get(n, 0) - ours.get(n, 0)) for n in {*ours, *theirs}) - 1e-9
    flips = 0
    for spent in paid.by_channel.itertuples():
        sides = [spent.spend_amount <= paid.most_cost * each.get(spent.channel, 0) for each in (own, amount)]
        flips += sides[0] != sides[1]
    assert row["n_flips"] == flips
    rows = found.reconciliation
    left = rows.loc[rows["kind"].eq("won") & rows["reason"].ne("with touches"), "amount"].sum()
    assert row["unattributed_amount"] == pytest.approx(left)


def test_losses_order_and_half_life_of_the_sample(view, whole):
    _, given, _, table = whole
    own = {model: shares(given.of(model).reset_index()) for model in ("markov_1", "time_decay")}
    without = {("lost_deals", "without lost deals"): {"lost_deals": False},
               ("never_converted", "without people who never converted"): {"never_converted": "off"}}  # fmt: skip
    for which, knobs in without.items():
        found = window_of(view, Knobs(**knobs)).journeys()
        other = shares(markov(Paths(found.journeys, found.touches, found.channels)).table)
        assert table.loc[which, "share_moved"] == pytest.approx(moved(own["markov_1"], other)) != 0
    for order in (2, 3, 4):
        other = shares(given.of(f"markov_{order}").reset_index())
        assert table.loc[("markov_order", f"order {order}"), "share_moved"] == pytest.approx(
            moved(own["markov_1"], other)
        )
    for days in (30, 90):
        other = shares(credit_by_model(given.paths, ("time_decay",), knobs=Knobs(half_life_days=days).credit))
        row = table.loc[("half_life_days", f"{days} days")]
        assert row["share_moved"] == pytest.approx(moved(own["time_decay"], other)) and row["model"] == "time_decay"
    best = max(moved(shares(given.of(a).reset_index()), shares(given.of(b).reset_index()))
               for a in given.models for b in given.models)  # fmt: skip
    assert table.loc["model", "share_moved"].iloc[0] == pytest.approx(best)


def test_a_report_with_other_settings_marks_its_own(view):
    models = ("time_decay", "markov_1", "markov_2")
    knobs = Knobs(lookback_days=120, lost_deals=False, never_converted="accounts", half_life_days=14, models=models,
                  reference_model="markov_1")  # fmt: skip
    w = window_of(view, knobs)
    given = credited(w)
    table = sensitivity(w, given, window_costs(w, given)).set_index(["setting", "alternative"])
    own = table[table["is_default"]]
    assert own.loc["lookback_days"].index.tolist() == ["120 days"]
    assert own.loc["lost_deals"].index.tolist() == ["without lost deals"]
    assert own.loc["half_life_days"].index.tolist() == ["14 days"]
    assert own.loc["never_converted"].index.tolist() == ["with people who never converted"]
    assert table.loc["lost_deals", "share_moved"].tolist()[1] > 0
    none_left = table.loc[("never_converted", "without people who never converted")]  # a chain without losses
    assert np.isnan(none_left["share_moved"]) and np.isnan(none_left["n_flips"])
    assert table.loc["lookback_days", "model"].eq("markov_1").all() and len(table.loc["lookback_days"]) == 7


def test_a_slice_has_no_people_who_never_converted_and_no_spend(view):
    w = window_of(view, Knobs(slice={"region": "EMEA"}))
    given = credited(w)
    table = sensitivity(w, given, window_costs(w, given))
    assert not {"never_converted", "spend_lag_days"} & set(table["setting"]) and table["n_flips"].isna().all()
    assert table.loc[table["setting"].eq("lookback_days"), "share_moved"].max() > 0
