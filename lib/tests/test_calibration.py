"""The small part of `make calibrate`: what is known on a day is known, the tables say what they hold, ranges hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from calibration import attribution, calls, deals, payback, planted, tables
from calibration.buyers import KINDS, buyers, truth
from calibration.cases import COVERED, known_on
from calibration.companies import company
from calibration.frail import frail_company
from calibration.told import OURS, told
from scipy.special import expit

from revops.analysis.credit import credit_by_model
from revops.simulate import Plan, simulate
from revops.simulate.money.calls import calls as simulated_calls

SEEDS = (4, 36, 52, 77)
NAN = float("nan")


@pytest.fixture(scope="module")
def rows():
    return tables.scored(
        pd.DataFrame([row for make in (company, frail_company) for s in SEEDS for row in told(make, s)])
    )


@pytest.mark.parametrize("make", [company, frail_company])
def test_nothing_after_a_day_changes_what_is_known_on_it(make):
    """All states that begin after the day are bent: won, far larger, due long ago."""
    case = make(SEEDS[0])
    after = case.states["first"] > pd.Timestamp(case.target.start) + pd.Timedelta(days=44)
    bent = case.states.assign(
        outcome=case.states["outcome"].mask(after, "won"), amount=case.states["amount"].mask(after, 1e9),
        close_date=case.states["close_date"].mask(after, pd.Timestamp(case.past[-1].end)),
    )  # fmt: skip
    known = known_on(case, 45)
    seen = known_on(type(case)(**{**vars(case), "states": bent}), 45)
    pd.testing.assert_frame_equal(seen.past.deals, known.past.deals)
    pd.testing.assert_frame_equal(seen.past.totals, known.past.totals)
    pd.testing.assert_frame_equal(seen.deals, known.deals)
    pd.testing.assert_series_equal(seen.booked, known.booked)


@pytest.mark.parametrize("make", [company, frail_company])
def test_parts_of_a_quarter_add_up_to_what_it_booked(make):
    case = make(SEEDS[1])
    for day in (1, 75):
        sums = known_on(case, day).then.sums(COVERED).iloc[0]
        parts = sums[["booked_then", "won_from_open", "won_from_other", "won_from_new"]].sum()
        assert sums["booked"] == pytest.approx(case.actual)
        assert parts == pytest.approx(sums["booked"], rel=0.1)  # booked by the day and reopened since


def test_ranges_of_a_handful_of_companies_hold_and_score_better_than_those_of_whole_quarters(rows):
    ours = rows[rows["method"].eq(OURS)]
    assert ours["is_inside"].mean() > 0.6
    scores = rows.groupby("method")["score"].mean()
    assert scores[OURS] < 0.8 * scores[["mean of last four, t-range", "yields and late wins, t-range"]].min()
    assert {"required_low", "probability"} <= set(ours.columns)


def test_a_seed_gives_the_same_rows_again(rows):
    again = pd.DataFrame(told(frail_company, SEEDS[0]))
    first = rows[rows["seed"].eq(SEEDS[0]) & rows["luck"].str.startswith("frailty") & rows["method"].eq(OURS)]
    assert again.loc[again["method"].eq(OURS), "figure"].tolist() == first["figure"].tolist()


def test_shrunk_rates_are_nearer_the_planted_ones_and_their_ranges_hold():
    found = pd.concat(planted.segment_rates(seed) for seed in range(40))
    error = {name: ((found[name] - found["truth"]) ** 2).mean() ** 0.5 for name in ("raw", "shrunk")}
    assert error["shrunk"] < 0.85 * error["raw"]
    assert 0.71 < found["truth"].between(found["low"], found["high"]).mean() < 0.87  # 600 segments: 0.80 +/- 0.03


def test_ranges_of_deal_probabilities_and_slippage_hold():
    """30 companies: 0.80 +/- 0.15 (two standard errors); a share's range is the wider of two, so that it holds more."""
    found = deals.held([row for seed in range(30) for row in deals.ranges(seed)])
    found = found[found["kind"].eq("all")].set_index("figure")
    assert found["companies"].eq(30).all() and found["no_range"].max() < 0.05
    ours = found.drop(index="the same, Wilson alone")["observed"]
    assert ours.between(0.65, 0.97).all() and 0.75 < ours.mean() < 0.90
    assert (found["width"] > 0.02).all() and (found["width"] < 0.5).all()


def test_the_truth_of_made_up_deals_is_what_very_many_of_them_show():
    """Luck of sd 0.5 over 3,000 quarters of 40 deals; the base rate of so many others is the share itself."""
    nature = deals._Nature(3000, 40.0, 0.6, -0.4, 0.5, -0.8, np.array([0.3, 0.2, 0.2, 0.2, 0.1]), 0.5)
    made, truth = deals._deals(nature, np.random.default_rng(1)), deals._truth(nature)
    won, told = made["is_won"], made["win_probability"]
    assert won[told.eq(0.5)].mean() == pytest.approx(truth["won_share told 50 %"], abs=0.01)
    assert won[told > 0.7].mean() == pytest.approx(truth["commit_hit_rate"], abs=0.01)
    brier, base = ((told - won) ** 2).mean(), won.mean() * (1 - won.mean())
    assert 1 - brier / base == pytest.approx(truth["brier_skill"], abs=0.01)
    lives = deals._lives(replace(nature, quarters=60, size=2000.0, luck=0.0), np.random.default_rng(1))
    ends = lives.drop_duplicates("opportunity_id", keep="last")["outcome"].value_counts(normalize=True)
    assert ends["won"] / (1 - ends["open"]) == pytest.approx(expit(-0.4), abs=0.01)
    slipped = made["fate"].eq("slipped")
    assert slipped.mean() == pytest.approx(truth["slipped_share"], abs=0.01)
    assert slipped[made["pushes"].eq(1)].mean() == pytest.approx(truth["slipped_share, pushed before"], abs=0.01)
    assert truth["calibration_slope"] == pytest.approx(0.6 / (1 + 0.35 * 0.5**2) ** 0.5, abs=0.01)  # luck flattens


def right(n=4000):
    """Rows of a method that tells the truth: the outcome is drawn from what it tells."""
    rng = np.random.default_rng(1)
    chance = rng.beta(2, 2, n)
    rows = {"seed": np.arange(n), "day": 1, "method": OURS, "actual": 100 + 10 * rng.standard_normal(n),
            "usual": 200.0, "figure": 100.0, "low": 100 - 12.816, "high": 100 + 12.816, "pit": rng.random(n),
            "probability": chance, "made_it": (rng.random(n) < chance).astype(int)}  # fmt: skip
    kinds = dict.fromkeys(("growth", "luck", "deals a quarter", "cycle", "past quarters", "amounts"), "any")
    return tables.scored(pd.DataFrame(rows | kinds))


def test_the_truth_scores_as_the_truth():
    rows = right()
    held = tables.held(rows).iloc[0]
    assert held["low"] < 0.8 < held["high"]
    assert tables.pit(rows).to_numpy() == pytest.approx(0.1, abs=0.02)
    fit = tables.attainment(rows).iloc[0]
    assert fit["slope"] == pytest.approx(1, abs=0.15)
    assert fit["intercept"] == pytest.approx(0, abs=0.15)
    assert fit["base"] == pytest.approx(0.25, abs=0.005)
    assert fit["brier"] == pytest.approx(0.2, abs=0.01)  # 1/4 less the variance of beta(2, 2)
    assert fit["brier_skill"] == pytest.approx(0.2, abs=0.03)


def test_the_interval_score_is_width_and_ten_times_the_miss():
    row = right(3).iloc[:2].assign(actual=[100.0, 120.0], low=90.0, high=110.0)
    assert tables.scored(row)["score"].tolist() == [0.2, (20 + 10 * 10) / 120]
    assert tables.scored(row)["usual_score"].tolist() == [0.1, 0.6]


def test_methods_stand_beside_each_other_on_the_same_companies():
    """A rival told 20 too much, with a range of 10 around that: 15 short of the truth's lower end at 100."""
    ours = right(50).assign(actual=100.0, figure=100.0)
    rival = ours.assign(method="a rival", figure=120.0, low=115.0, high=125.0)
    nothing = ours.assign(method="no range", low=np.nan, high=np.nan)
    found = tables.beside_others(tables.scored(pd.concat([ours, rival, nothing]))).set_index("method")
    assert found["wape"].to_dict() == pytest.approx({OURS: 0.0, "a rival": 0.2, "no range": 0.0})
    assert found.loc["a rival", ["held", "score", "median", "over_usual"]].tolist() == pytest.approx([0, 1.6, 1.6, 0.8])
    assert found.loc["a rival", "above_ours"] == pytest.approx(1.6 - found.loc[OURS, "score"])
    assert found.loc["no range"].drop(["day", "wape"]).isna().all()


CALLED = (0, 3, 4)


@pytest.fixture(scope="module")
def called():
    return {seed: calls.called(seed) for seed in CALLED}


def test_teams_whose_calls_lean_are_found_by_their_own_calls_and_honest_ones_left_alone(called):
    """Seeds whose luck is ordinary; `calibrate.py` has many. A wrong sign would turn all of these around."""
    table = calls.found([row for seed, rows in called.items() for row in calls.told(rows, seed)])
    told = table.set_index(["companies of", "level", "planted", "week"]).sort_index()
    leaning = told.loc["teams that lean"]
    assert (leaning.loc[("team", "high"), "named"] == 1).all()
    assert leaning.loc[("team", "low"), "named"].mean() > 0.6
    assert (leaning.loc[("owner", "high"), "named"] > 0.2).all()
    assert (leaning.loc[("owner", "high"), "as too low"] == 0).all()
    for kind in ("all honest", "all honest, no quota"):
        assert (told.loc[(kind, "team", "honest"), "named"] <= 1 / 12).all()
        assert (told.loc[(kind, "owner", "honest"), "named"] <= 0.06).all()
    assert (told.loc["all honest, no quota", "bias of all"].abs() < 0.06).all()
    assert set(told["members"].loc["all honest", "team"]) == {12}


def test_calls_without_the_lean_are_those_of_a_company_whose_teams_do_not_lean(called):
    plan = Plan(teams=tuple(replace(team, lean=0) for team in Plan().teams))
    world = simulate(plan, CALLED[0])
    honest = calls.with_traits(simulated_calls(world), world.people, world.calendar.starts)
    rows = called[CALLED[0]]
    assert (rows["lean"] != 0).sum() > 500 and (honest["lean"] == 0).all()
    made = rows["closed"] + (rows["commit"] - rows["closed"]) / rows["lean"].map({-1: 0.72, 0: 1.0, 1: 1.38})
    np.testing.assert_allclose(made, honest["commit"], rtol=1e-9)
    pd.testing.assert_series_equal(rows["final"], honest["final"])


def test_a_team_stands_beside_what_its_people_book(called):
    rows = called[CALLED[0]]
    sums = rows[rows["level"].eq("owner")].groupby(["day", "team"])[["closed", "final"]].sum()
    teams = rows[rows["level"].eq("team")].set_index(["day", "team"])[["closed", "final"]]
    pd.testing.assert_frame_equal(sums, teams.reindex(sums.index))
    assert rows.loc[rows["week"].eq(1), "known"].max() < 0.08 < 0.4 < rows.loc[rows["week"].eq(7), "known"].min()


# Attribution


CREDITED = tuple(48 * turn + 8 * deals + place for turn in range(2) for deals in range(3) for place in (3, 4))
"""12 companies: of 30, 90 and 300 deals won, with many channels and few, an account's deals several and one."""


@pytest.fixture(scope="module")
def credited():
    return pd.DataFrame([row for seed in CREDITED for row in attribution.told(seed)])


def test_ranges_of_credit_hold_and_verdicts_called_sure_are_rarely_wrong(credited):
    """12 companies. Were the ranges of one company a single one, the error at 0.8 would be 11.5 points: 20 are nearly
    two. A wrong sign would turn sure verdicts around."""
    found = attribution.held(credited).set_index(["id", "by", "value"])
    assert found.loc[("credit_share", "all", ""), "n"] == 3 * (6 * 12 + 6 * 4)
    for id in ("credit_share", "cost_per_credited_amount"):
        assert abs(found.loc[(id, "model", "linear"), "observed"] - 0.8) < 0.2
    assert found.loc[("rank", "all", ""), "observed"] > 0.7
    sure = attribution.sure(credited).set_index(["by", "companies of", "true cost"])
    assert sure.loc[("linear", "all", 1.2), "surely keep"] < 0.1
    assert sure.loc[("linear", "all", "any"), "observed"] < 0.2
    told = attribution.chances(credited).query("model == 'all'")
    assert told["observed"].iloc[0] < 0.2 and told["observed"].iloc[-1] > 0.7


def test_what_very_many_accounts_are_credited_with_is_the_mean_of_companies():
    """100 companies of 30 deals won, of one per account: each channel's mean credit within four standard errors."""
    kind, rng = KINDS[4], np.random.default_rng(1)
    true = truth(kind)
    made = [buyers(kind, int(rng.poisson(true.attrs["accounts"])), rng) for _ in range(100)]
    assert np.mean([paths.values("wins").sum() for paths in made]) == pytest.approx(30, abs=4 * (30 / 100) ** 0.5)
    credit = np.array([credit_by_model(paths, ("linear", "last_touch"))["credited_amount"] for paths in made])
    right = true.set_index("model").loc[["linear", "last_touch"], "amount"].to_numpy()
    assert np.abs((credit.mean(axis=0) - right) / (credit.std(axis=0) / 100**0.5)).max() < 4
    assert true.groupby("model")["amount"].sum().to_numpy() == pytest.approx([right[:4].sum()] * 3)


def test_tables_of_credit_by_hand():
    """Four ranges of two companies: one holds, the truth of one lies below, of one above, of one is none told. Three
    channels called sure: right, wrong, at the threshold; all of one company, so that two thirds of its are wrong."""
    traits = {"won": 30, "sizes": "even", "deals": "one", "channels": 4, "model": "linear"}
    told = {"true": [0.1, 0.05, 0.3, 0.1], "low": [0.1, 0.1, 0.1, np.nan], "high": [0.2, 0.2, 0.2, np.nan]}
    share = {"share_true": told["true"], "low": told["low"], "high": told["high"]}
    others = {f"{id}_{end}": values for id in ("rank", "cost") for end, values in told.items()}
    ranges = pd.DataFrame({"what": "range", "seed": [1, 1, 2, 2], **share, **others, "n_deals": 20, "credited": 5.0,
                           **traits})  # fmt: skip
    row = attribution.held(ranges).iloc[0]
    assert row[["observed", "under", "over", "not_told"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.25])
    assert (row["n"], row["companies"]) == (3, 2)
    verdicts = pd.DataFrame({
        "what": "verdict", "seed": [1, 1, 1, 1, 2], "level": [0.8, 0.95, 1.0, 1.2, 0.8],
        "verdict": ["keep", "cut", "keep", "keep", "cut"], "is_sure": [True, True, True, False, False],
        "right": ["keep", "keep", "keep", "cut", "keep"], **traits,
    })  # fmt: skip
    found = attribution.sure(verdicts).set_index(["by", "companies of", "true cost"])["observed"]["linear", "all"]
    assert found.to_dict() == {"any": 0.4, 0.8: 0.0, 0.95: 1.0, 1.0: 1.0, 1.2: 0.0}
    assert attribution.sure(verdicts)["wrong of sure"].iloc[0] == pytest.approx((2 / 3 + 0) / 2)


def test_ranges_of_the_switch_off_hold_where_buyers_do_not_select_themselves():
    """30 worlds of six ranges: were the six apart the error would be 3 points, were they one, 7."""
    found = attribution.switched_held(pd.DataFrame([row for seed in range(30) for row in attribution.switched(seed)]))
    assert abs(found["observed"].iloc[0] - 0.8) < 0.12 and found["n"].iloc[0] > 150


PAYING = (1, 14, 19, 32)


@pytest.fixture(scope="module")
def paid():
    """What the CAC payback report tells of a few made companies."""
    return pd.DataFrame([row for seed in PAYING for row in payback.told(seed)])


def test_ranges_of_the_payback_report_hold_what_was_planted(paid):
    """4 companies of 19 ranges: were those of one company a single one, three of four would be in."""
    found = payback.held(paid).query("by == 'all'").set_index("id")
    assert set(found.index) == {"payback_months", "group", "group, shrunk", "paid_back by 12", "lost by 12",
                                "paid_back by 24", "lost by 24", "ltv_amount", "ltv_to_cac",
                                "ltv_amount, first price", "ltv_to_cac, first price", "nrr", "grr",
                                "logo_churn_rate", "channel"}  # fmt: skip
    told = paid[paid["what"].eq("range") & paid["low"].notna()]
    assert told["true"].between(told["low"], told["high"]).mean() > 0.6
    assert (found["bias"].abs() < 0.35).all() and (found["companies"] == len(PAYING)).all()


def test_what_people_use_is_farther_off_than_the_report(paid):
    found = payback.rivals(paid).query("by == 'all'").set_index(["id", "method"])["error"]
    assert found["payback", "ours: lagged"] < 0.3 < found["payback", "revenue, without people"]
    assert found["ltv", "ours: survival seen, tail"] < found["ltv", "what the living pay, over churn"]


def test_tables_of_the_payback_report_count_what_they_say():
    """A range that holds, one below and one above the truth, of two companies, and one that is not told; a channel
    twice as dear as the target called below it, and one half as dear called above."""
    traits = dict(per_month=3.0, hazard="constant", sizes="even", growth=0.0)
    ranges = pd.DataFrame({
        "what": "range", "id": "nrr", "true": 1.0, "value": [1.0, 0.5, 1.5, NAN], "seed": [1, 1, 2, 2],
        "low": [0.9, 0.4, 1.2, NAN], "high": [1.1, 0.6, 1.6, NAN], **traits,
    })  # fmt: skip
    row = payback.held(ranges).iloc[0]
    assert row[["observed", "over", "under", "not_told"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.25])
    assert (row["n"], row["companies"], row["bias"]) == (3, 2, pytest.approx(0.0))
    verdicts = pd.DataFrame({"what": "verdict", "id": ["a", "a", "b", "b"], "level": [2.0, 2.0, 0.5, 0.5],
                             "verdict": ["below", "above", "above", "below"], "is_sure": [True, True, True, False],
                             "seed": 1, **traits})  # fmt: skip
    found = payback.named(verdicts).set_index("channel")
    assert found["wrong"].to_dict() == {"a": 0.5, "b": 0.5} and found.loc["b", "surely below"] == 0


def test_planted_shares_of_paid_back_and_lost_are_what_plain_loops_find():
    """2,500 customers one by one, each month a die for leaving: shares within three standard errors (3 points)."""
    rng, true, n = np.random.default_rng(5), payback.paid_and_lost("constant", "even"), 2500
    paid, lost = np.zeros(24), np.zeros(24)
    for _ in range(n):
        cost = 9_000 * (0.8 if rng.random() < (4 / 7 / 0.8) else 1.5)
        amount, earned = 1_000 * np.exp(0.2 * rng.standard_normal() - 0.02), 0.0
        for age in range(24):
            luck = rng.random() if age else 1.0
            amount *= rng.uniform(1.05, 1.4) if luck < 0.03 else rng.uniform(0.7, 0.95) if luck < 0.045 else 1.0
            earned += 0.75 * amount
            if earned >= cost:
                paid[age:] += 1
                break
            if rng.random() < 0.02:
                lost[age:] += 1
                break
    assert true["paid_back"] == pytest.approx(paid / n, abs=0.03)
    assert true["lost"] == pytest.approx(lost / n, abs=0.03)
