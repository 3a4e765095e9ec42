"""Scores of chances told: by hand, by slow twins, by another optimiser, and planted slopes found again."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit
from scipy.stats import t
from told_deals import listed, told_deals

from revops.measures.forecast_accuracy.deals.scores import brier_parts, scores

BY_HAND = listed(("A", 0.8, True), ("A", 0.8, False), ("A", 0.2, False), ("B", 0.8, True), ("B", 0.2, False),
                 ("B", 0.2, False), ("B", 0.2, True))  # fmt: skip


def test_scores_by_hand():
    """Seven deals: errors 0.04, 0.64, 0.04 | 0.04, 0.04, 0.04, 0.64: 1.48 / 7. Base of A is B's 2 of 4, so 0.25 each,
    base of B is A's 1 of 3: two won 4/9, two not 1/9: (0.75 + 10/9) / 7. Told 0.8: 2 of 3 won; told 0.2: 1 of 4."""
    row = scores(BY_HAND).iloc[0]
    assert (row["n"], row["n_without"], row["n_periods"]) == (7, 0, 2)
    assert (row["told"], row["won_share"]) == pytest.approx((3.2 / 7, 3 / 7))
    base = (0.75 + 10 / 9) / 7
    assert (row["brier"], row["base_brier"]) == pytest.approx((1.48 / 7, base))
    assert row["brier_skill"] == pytest.approx(1 - 1.48 / 7 / base)
    assert row["log_loss"] == pytest.approx(-(5 * np.log(0.8) + 2 * np.log(0.2)) / 7)
    assert row["reliability"] == pytest.approx((3 * (0.8 - 2 / 3) ** 2 + 4 * (0.2 - 0.25) ** 2) / 7)
    assert row["resolution"] == pytest.approx((3 * (2 / 3 - 3 / 7) ** 2 + 4 * (0.25 - 3 / 7) ** 2) / 7)
    assert row["uncertainty"] == pytest.approx(12 / 49)
    slope = (logit(2 / 3) - logit(1 / 4)) / (logit(0.8) - logit(0.2))  # two chances: the line goes through both shares
    assert row["calibration_slope"] == pytest.approx(slope)
    assert row["calibration_intercept"] == pytest.approx(logit(2 / 3) - slope * logit(0.8))


def slow_scores(deals, name):
    """The slow twin: loops over deals as dicts; the other quarters listed anew for each deal."""
    rows = deals.to_dict("records")
    won = [1.0 if row["is_won"] else 0.0 for row in rows]
    errors = [(row[name] - came) ** 2 for row, came in zip(rows, won, strict=True)]
    base = []
    for row, came in zip(rows, won, strict=True):
        others = [c for other, c in zip(rows, won, strict=True) if other["period"] != row["period"]]
        base.append((sum(others) / len(others) - came) ** 2)
    return sum(errors) / len(rows), sum(base) / len(rows)


def negative_likelihood(coefficients, told, won):
    """Return minus the log-likelihood of won on the logit of what was told, deal by deal."""
    chance = expit(coefficients[0] + coefficients[1] * logit(np.clip(told, 0.01, 0.99)))
    return -np.where(won, np.log(chance), np.log(1 - chance)).sum()


def another_fit(deals, name="win_probability"):
    told, won = deals[name].to_numpy(), deals["is_won"].to_numpy(dtype=bool)
    return minimize(negative_likelihood, [0.0, 0.5], (told, won), method="Nelder-Mead",
                    options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000}).x  # fmt: skip


def test_scores_ranges_and_slope_are_what_slow_twins_and_another_optimiser_find():
    deals = told_deals(3, 240, 6, slope=0.6, shift=-0.3, luck=0.3, told=(0.0, 0.1, 0.45, 0.8, 1.0))
    row = scores(deals, level=0.9).iloc[0]
    brier, base = slow_scores(deals, "win_probability")
    assert (row["brier"], row["base_brier"]) == pytest.approx((brier, base))
    intercept, slope = another_fit(deals)
    assert (row["calibration_intercept"], row["calibration_slope"]) == pytest.approx((intercept, slope), abs=1e-5)
    left = [deals[deals["period"].ne(period)] for period in deals["period"].unique()]
    skills = [1 - np.divide(*slow_scores(part, "win_probability")) for part in left]
    slopes = np.array([another_fit(part)[1] for part in left])
    for values, whole, name in ((skills, 1 - brier / base, "skill"), (slopes, slope, "slope")):
        margin = t.ppf(0.95, 5) * (5 / 6 * sum((v - sum(values) / 6) ** 2 for v in values)) ** 0.5
        assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx((whole - margin, whole + margin), abs=1e-4)


def test_true_or_false_and_one_or_zero_are_the_same_outcome():
    deals = told_deals(2, 500)
    found = [scores(deals.assign(is_won=deals["is_won"].astype(kind))) for kind in (bool, int, float)]
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])
    assert found[0]["calibration_slope"].iloc[0] > 0.5, "what statsmodels makes of bool in a formula is the opposite"


def test_deals_told_the_truth_have_slope_1_and_skill():
    row = scores(told_deals(1, 20_000)).iloc[0]
    assert row["calibration_slope"] == pytest.approx(1, abs=0.06)
    assert row["calibration_intercept"] == pytest.approx(0, abs=0.06)
    assert row["reliability"] < 0.001
    variance = np.var([0.1, 0.3, 0.5, 0.7, 0.9])  # 0.08 of 0.25
    assert row["brier_skill"] == pytest.approx(variance / 0.25, abs=0.02)
    assert row["skill_low"] < variance / 0.25 < row["skill_high"] and row["skill_low"] > 0


@pytest.mark.parametrize(("slope", "shift"), [(0.4, 0.0), (0.8, -0.7), (1.5, 0.3)])
def test_planted_slopes_and_intercepts_are_found(slope, shift):
    row = scores(told_deals(4, 20_000, slope=slope, shift=shift)).iloc[0]
    assert row["calibration_slope"] == pytest.approx(slope, abs=0.06)
    assert row["calibration_intercept"] == pytest.approx(shift, abs=0.06)
    assert (row["slope_high"] < 1) if slope < 1 else (row["slope_low"] > 1)


def test_telling_everyone_the_usual_share_has_no_skill_and_telling_nonsense_less():
    deals = told_deals(5, 4000).assign(usual=0.5, turned=lambda d: 1 - d["win_probability"])
    found = scores(deals, ["usual", "turned"]).set_index("probability")
    assert found.loc["usual", "brier_skill"] == pytest.approx(0, abs=0.01)
    assert found.loc["usual", "reason"] == "All deals were told the same probability."
    assert found.loc["turned", "brier_skill"] < -0.5 and found.loc["turned", "calibration_slope"] < -0.8


def test_a_shift_of_the_usual_share_between_quarters_is_no_skill():
    """All of one quarter won, none of the next: a base rate that knew its own quarters would look far better."""
    rows = [(f"Q{q}", 0.5, q % 2 == 0) for q in range(8) for _ in range(20)]
    row = scores(listed(*rows)).iloc[0]
    base = 0.5 * (3 / 7 - 1) ** 2 + 0.5 * (4 / 7) ** 2
    assert row["base_brier"] == pytest.approx(base) and row["brier_skill"] == pytest.approx(1 - 0.25 / base)


def test_the_parts_add_up_to_the_score():
    for seed, told in ((1, (0.1, 0.3, 0.9)), (2, tuple(np.linspace(0.03, 0.97, 70)))):
        deals = told_deals(seed, 900, slope=0.5, told=told)
        parts = brier_parts(deals["win_probability"].to_numpy(), deals["is_won"].to_numpy(dtype=int))
        rest = parts["within_bins"]
        total = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + rest
        assert total == pytest.approx(parts["brier"], abs=1e-14)
        assert (rest == 0.0) if len(told) <= 12 else (0 < abs(rest) < 0.005)


def test_what_is_better_than_the_first_is_seen_on_the_same_deals():
    """Chances told too boldly against the truth; the gain is the difference of the two Brier scores."""
    deals = told_deals(6, 3000, slope=0.4)
    found = scores(deals, ["win_probability", "chance"])
    first, second = (row for _, row in found.iterrows())
    assert np.isnan(first["gain"]) and np.isnan(first["gain_low"])
    assert second["gain"] == pytest.approx(first["brier"] - second["brier"])
    assert 0 < second["gain_low"] < second["gain"] < second["gain_high"]
    turned = scores(deals, ["chance", "win_probability"]).iloc[1]
    assert (turned["gain"], turned["gain_low"]) == pytest.approx((-second["gain"], -second["gain_high"]))
    per_quarter = deals.assign(gain=(deals["win_probability"] - deals["is_won"]) ** 2
                               - (deals["chance"] - deals["is_won"]) ** 2)  # fmt: skip
    left = [per_quarter.loc[per_quarter["period"].ne(p), "gain"].mean() for p in deals["period"].unique()]
    margin = t.ppf(0.9, 9) * (9 / 10 * np.square(left - np.mean(left)).sum()) ** 0.5
    assert second["gain_high"] - second["gain"] == pytest.approx(margin)


def test_deals_that_lack_any_of_the_chances_are_left_out_of_all_and_counted():
    deals = told_deals(7, 300)
    deals.loc[:29, "win_probability"] = np.nan
    deals.loc[20:49, "chance"] = np.nan
    deals.loc[290:, "place"] = "overdue"
    found = scores(deals, ["win_probability", "chance"])
    assert found["n"].tolist() == [240, 240] and found["n_without"].tolist() == [50, 50]
    alone = scores(deals).iloc[0]
    assert (alone["n"], alone["n_without"]) == (260, 30)
    pd.testing.assert_frame_equal(found, scores(deals.iloc[50:290], ["win_probability", "chance"])
                                  .assign(n_without=50))  # fmt: skip


def test_types_not_asked_for_are_left_out():
    deals = told_deals(8, 300)
    mixed = pd.concat([deals, deals.assign(type="renewal", is_won=True)], ignore_index=True)
    pd.testing.assert_frame_equal(scores(mixed, types=["new"]), scores(deals))
    assert scores(mixed)["n"].iloc[0] == 600


APART = "What was told parts won from lost without overlap."
ALIKE = "All deals were told the same probability."


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "No deal was told a probability."),
        ([("A", np.nan, True)], "No deal was told a probability."),
        ([("A", 0.2, True), ("B", 0.5, True)], "All of the deals were won."),
        ([("A", 0.2, False), ("B", 0.5, False)], "None of the deals was won."),
        ([("A", 0.5, False), ("B", 0.5, True)], ALIKE),
        ([("A", 0.0, False), ("B", 0.005, True)], ALIKE),
        ([("A", 0.2, False), ("B", 0.5, True), ("B", 0.9, True)], APART),
        ([("A", 0.2, False), ("B", 0.5, True), ("B", 0.5, False)], APART),
        ([("A", 0.9, False), ("B", 0.5, False), ("B", 0.1, True)], APART),
    ],
)
def test_a_slope_that_cannot_be_known_is_undefined_and_says_why(rows, reason):
    row = scores(listed(*rows)).iloc[0]
    assert row["reason"] == reason
    assert row[["calibration_slope", "slope_low", "calibration_intercept", "intercept_high"]].isna().all()


def best_at(slope, told, won):
    """Return the least negative log-likelihood at a slope, over all intercepts."""
    signs, steps = np.where(won, -1.0, 1.0), slope * logit(told)
    return minimize_scalar(lambda a: np.logaddexp(0, signs * (a + steps)).sum(), bounds=(-60, 60), method="bounded").fun


def test_a_slope_is_given_exactly_where_the_likelihood_has_a_maximum():
    """Small random sets: where none is given, the likelihood still rises between a slope of 5 and of 20."""
    rng = np.random.default_rng(3)
    seen = {True: 0, False: 0}
    for _ in range(60):
        told, won = rng.choice([0.2, 0.5, 0.8], 6), rng.random(6) < 0.5
        if won.all() or not won.any() or np.ptp(told) == 0:
            continue
        row = scores(listed(*[(f"Q{n % 3}", p, w) for n, (p, w) in enumerate(zip(told, won, strict=True))])).iloc[0]
        runs_away = min(best_at(b, told, won) for b in (-20, 20)) < min(
            best_at(b, told, won) for b in np.linspace(-5, 5, 41)
        )
        assert np.isnan(row["calibration_slope"]) == runs_away
        seen[bool(runs_away)] += 1
    assert min(seen.values()) > 5


def test_one_quarter_has_figures_and_no_ranges():
    rows = [
        ("A", 0.2, False),
        ("A", 0.5, True),
        ("A", 0.5, False),
        ("A", 0.8, True),
        ("A", 0.8, False),
        ("A", 0.2, True),
    ]
    row = scores(listed(*rows)).iloc[0]
    assert row["calibration_slope"] == pytest.approx(0, abs=1e-9) and np.isnan(row["slope_low"])
    assert row["reason"] == "One quarter alone has no range."
    assert np.isnan(row["brier_skill"]) and row["brier"] > 0
    lone = listed(("A", 0.2, False), ("A", 0.5, True), ("A", 0.9, True), ("B", 0.7, False), ("B", 0.3, False))
    found = scores(lone).iloc[0]
    assert found["reason"] == "Without one of the quarters there is no slope." and np.isnan(found["slope_low"])
    assert not np.isnan(found["calibration_slope"])


def test_order_ids_quarter_names_and_currency_change_no_score():
    deals = told_deals(9, 400, luck=0.3)
    names = ["win_probability", "chance"]
    first = scores(deals, names)
    shuffled = deals.sample(frac=1, random_state=1).reset_index(drop=True)
    renamed = deals.assign(period="z" + deals["period"], opportunity_id="x" + deals["opportunity_id"])
    dearer = deals.assign(amount=deals["amount"] * 150, won_amount=deals["won_amount"] * 150)
    for again in (shuffled, renamed, dearer):
        pd.testing.assert_frame_equal(scores(again, names), first, rtol=1e-7)


def test_luck_shared_by_a_quarter_widens_the_ranges():
    widths = []
    for luck in (0.0, 0.8):
        found = pd.concat(scores(told_deals(seed, 1000, 8, luck=luck)) for seed in range(5))
        widths.append((found["skill_high"] - found["skill_low"]).mean())
    assert widths[1] > 1.5 * widths[0]


def test_nothing_is_warned_of():
    """Two chances make a line that goes through both shares: statsmodels would take counts of them for separated."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scores(BY_HAND)["calibration_slope"].notna().all()
        scores(told_deals(3, 60, 4, told=(0.02, 0.5, 0.98)))
