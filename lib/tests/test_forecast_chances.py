"""Reliability, commit hits and recalibrated stages: by hand, by slow twins, and planted chances found again."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, norm, t
from told_deals import listed, told_deals

from revops.analysis.by_quarter import FEW, by_quarter, share_range, worth_of
from revops.analysis.chances import fit_cells
from revops.measures.forecast_accuracy.deals.recalibrated import recalibrated
from revops.measures.forecast_accuracy.deals.reliability import UNTOLD, bin_numbers, commit_hits, reliability
from revops.ratios import share_interval


def test_the_range_by_quarters_is_the_jackknife_by_hand():
    """Sums 1 of 2, 3 of 4, 2 of 2: 6 of 8. Without each: 5/6, 3/4, 4/6; their mean 3/4; variance 2/3 x (2 / 12^2)."""
    sums = np.array([[1.0, 2], [3, 4], [2, 2]])
    low, high = by_quarter(sums, lambda s: s[:, 0].sum() / s[:, 1].sum(), level=0.9)
    margin = t.ppf(0.95, 2) * (2 / 3 * 2 / 144) ** 0.5
    assert (low, high) == pytest.approx((0.75 - margin, 0.75 + margin))


def test_a_mean_of_quarters_has_the_usual_t_range():
    values = np.random.default_rng(1).normal(5, 2, (9, 2))
    low, high = by_quarter(values, lambda s: s.mean(axis=0), level=0.8)
    margin = t.ppf(0.9, 8) * values.std(axis=0, ddof=1) / 3
    assert low == pytest.approx(values.mean(axis=0) - margin) and high == pytest.approx(values.mean(axis=0) + margin)


def test_no_spread_is_no_range():
    for sums in (np.zeros((0, 1)), np.ones((1, 1)), np.ones((4, 1))):
        assert np.isnan(by_quarter(sums, lambda s: s.sum() / max(len(s), 1))).all()
    lone = np.array([[1.0], [np.nan], [2.0]])
    assert np.isnan(by_quarter(lone, lambda s: s.sum())).all(), "undefined without some quarter"


def test_deals_of_quarters_that_differ_are_worth_fewer_by_hand():
    """10 of 20 and 2 of 20, 30 %: left out one by one 0.1 and 0.5, jackknife variance 1/2 x 2 x 0.2^2 = 0.04; chance
    alone 0.21 / 40. So 40 deals are worth 40 / (0.04 / 0.00525) = 5.25, times (z / t)^2 with one degree of freedom."""
    known = (norm.ppf(0.9) / t.ppf(0.9, 1)) ** 2
    assert worth_of([10, 2], [20, 20]) == pytest.approx(5.25 * known)
    assert share_range([10, 2], [20, 20]) == pytest.approx(share_interval(0.3 * 5.25 * known, 5.25 * known))
    assert worth_of([6, 6], [20, 20]) == worth_of([6, 7], [20, 20]) == 40, "never worth more than without shared luck"
    assert worth_of([10, 0, 2], [20, 0, 20]) == pytest.approx(5.25 * known), "a quarter without deals says nothing"
    assert worth_of([3], [20]) == 20 and worth_of([], []) == 0
    assert share_range([3], [20]) == pytest.approx(share_interval(3, 20))
    assert np.isnan(share_range([], [])).all()
    for none_or_all in ([0, 0, 0], [9, 9, 9]):
        low, high = share_range(none_or_all, [9, 9, 9])
        assert 0 <= low < high <= 1 and high - low > 0.05, "never no width"


BY_HAND = listed(
    ("A", 0.7, True, 100.0), ("A", 0.7, False, 300.0), ("A", 0.2, False, 50.0), ("B", 0.7, True, 100.0),
    ("B", 0.2, True, 150.0), ("B", 0.2, False, 200.0), ("B", np.nan, True, 10.0),
)  # fmt: skip


def test_reliability_by_hand():
    """Told 20 %: 1 of 3 won, 150 of 400. Told 70 %: 2 of 3, 200 of 500. One deal was told nothing."""
    found = reliability(BY_HAND.assign(won_amount=BY_HAND["won_amount"] * 0.9))
    assert (found.n, found.n_without) == (6, 1)
    table = found.table
    assert table["told"].tolist() == [0.2, 0.7]
    assert table["won_share"].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert table[["n", "n_periods"]].to_numpy().tolist() == [[3, 2], [3, 2]]
    assert table[["amount", "won_amount"]].to_numpy() == pytest.approx(np.array([[400, 135], [500, 180]]))
    assert table["won_amount_share"].tolist() == pytest.approx([150 / 400, 200 / 500])
    assert table["is_few"].all() and not table["differs"].any()
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx(share_range([0, 1], [1, 2]))
    assert table.loc[1, ["low", "high"]].tolist() == pytest.approx(share_range([1, 1], [2, 1]))
    assert table.loc[1, ["wilson_low", "wilson_high"]].tolist() == pytest.approx(share_interval(2, 3))


def test_deals_told_70_percent_of_which_48_are_won_are_found():
    rng = np.random.default_rng(1)
    told, quarter = np.repeat([0.3, 0.7], 400), np.tile(np.arange(8), 100)
    true = np.where(told == 0.7, 0.48, 0.3)
    rows = zip((f"Q{q}" for q in quarter), told, rng.random(800) < true, strict=True)
    table = reliability(listed(*rows)).table
    assert table["differs"].tolist() == [False, True] and not table["is_few"].any()
    assert table["low"][1] < 0.48 < table["high"][1] < 0.55


def test_a_known_table_agrees_with_a_slow_twin():
    """Loops over dicts; chances of the table rounded to see them as the bins they make."""
    deals = told_deals(2, 400, 7, luck=0.4)
    table = reliability(deals, level=0.9).table
    for row in table.itertuples():
        mine = [d for d in deals.to_dict("records") if d["win_probability"] == row.told]
        won = [d for d in mine if d["is_won"]]
        periods = sorted({d["period"] for d in mine})
        events = [sum(d["period"] == p for d in won) for p in periods]
        counts = [sum(d["period"] == p for d in mine) for p in periods]
        assert (row.n, row.n_periods, row.won_share) == (len(mine), len(periods), pytest.approx(len(won) / len(mine)))
        assert row.won_amount_share == pytest.approx(sum(d["amount"] for d in won) / sum(d["amount"] for d in mine))
        share, left = len(won) / len(mine), []
        for period in range(len(periods)):
            left.append((sum(events) - events[period]) / (sum(counts) - counts[period]))
        variance = (len(left) - 1) / len(left) * sum((v - sum(left) / len(left)) ** 2 for v in left)
        z = norm.ppf(0.95)
        n = min(len(mine), share * (1 - share) / variance * (z / t.ppf(0.95, len(left) - 1)) ** 2)
        centre, half = (share + z**2 / 2 / n), z * (share * (1 - share) / n + z**2 / 4 / n**2) ** 0.5
        assert (row.low, row.high) == pytest.approx(tuple((centre + s * half) / (1 + z**2 / n) for s in (-1, 1)))


def test_many_chances_make_bins_of_equal_count_that_never_part_equal_chances():
    told = np.random.default_rng(1).random(1000)
    code = bin_numbers(told, 10)
    assert np.bincount(code).tolist() == [100] * 10
    assert all(told[code == n].max() < told[code == n + 1].min() for n in range(9))
    tied = np.r_[np.full(500, 0.5), told[:500]]
    code = bin_numbers(tied, 10)
    assert len(set(code[:500])) == 1 and set(code) == set(range(code.max() + 1))
    assert bin_numbers(np.array([0.3, 0.1, 0.3]), 10).tolist() == [1, 0, 1], "few chances: one bin each"
    uneven = np.repeat(np.arange(13) / 20, [45] + [5] * 12)  # the 50th of 105 is the last whose block's middle is below
    assert np.bincount(bin_numbers(uneven, 2)).tolist() == [50, 55]
    deals = told_deals(3, 1000).assign(win_probability=told)
    table = reliability(deals, bins=4).table
    assert table["n"].tolist() == [250] * 4 and table["told"].is_monotonic_increasing
    assert table["told"].tolist() == pytest.approx([np.sort(told)[250 * k : 250 * k + 250].mean() for k in range(4)])


def test_only_due_deals_of_the_types_asked_for_count_and_all_are_counted():
    deals = told_deals(4, 600)
    deals.loc[:99, "place"], deals.loc[100:199, "type"] = "later", "renewal"
    deals.loc[200:219, "win_probability"] = np.nan
    found = reliability(deals, types=["new"])
    assert (found.n, found.n_without) == (380, 20) and found.table["n"].sum() == 380
    assert reliability(deals).n == 480
    assert reliability(deals, "chance").table["n"].sum() == 500


def test_few_deals_are_marked():
    rows = [("A", 0.2, n % 2 == 0) for n in range(FEW - 1)] + [("B", 0.6, n % 2 == 0) for n in range(FEW)]
    assert reliability(listed(*rows)).table["is_few"].tolist() == [True, False]


COMMIT = BY_HAND.assign(forecast_category=["Forecast", "Forecast", "Pipeline", "Forecast", "BestCase", "Odd", None])


def test_commit_hits_by_hand():
    """In commit 2 of 3 won, 200 of 500; by quarters 100 of 400 and 100 of 100: left out 1 and 0.25, so jackknife
    variance 1/2 x 2 x 0.375^2."""
    found = commit_hits(COMMIT).set_index("category")
    assert found.index.tolist() == ["Forecast", "MostLikely", "BestCase", "Pipeline", "Omitted", "Odd", UNTOLD]
    assert found["n"].tolist() == [3, 0, 1, 1, 0, 1, 1] and found["n_won"].tolist() == [2, 0, 1, 0, 0, 0, 1]
    commit = found.loc["Forecast"]
    assert commit["hit_rate"] == pytest.approx(2 / 3) and commit["hit_rate_by_amount"] == pytest.approx(0.4)
    assert (commit["low"], commit["high"]) == pytest.approx(share_range([1, 1], [2, 1]))
    assert (commit["by_amount_low"], commit["by_amount_high"]) == (0, pytest.approx(min(1, 0.4 + 0.375 * 3.0777), 1e-4))
    assert found.loc["MostLikely", ["hit_rate", "low", "hit_rate_by_amount"]].isna().all()
    assert np.isnan(found.loc["BestCase", "by_amount_low"]), "one quarter has no range by amount"
    assert found["n"].sum() == len(COMMIT)


def test_the_range_of_the_hit_rate_by_amount_is_a_slow_jackknife():
    deals = told_deals(5, 500, 6)
    row = commit_hits(deals).iloc[0]
    mine = deals[deals["forecast_category"].eq("Forecast")]
    shares = []
    for period in mine["period"].unique():
        rest = mine[mine["period"].ne(period)]
        shares.append(rest.loc[rest["is_won"], "amount"].sum() / rest["amount"].sum())
    margin = t.ppf(0.9, 5) * (5 / 6 * np.square(shares - np.mean(shares)).sum()) ** 0.5
    share = mine.loc[mine["is_won"], "amount"].sum() / mine["amount"].sum()
    assert (row["by_amount_low"], row["by_amount_high"]) == pytest.approx((share - margin, share + margin))


def test_amounts_of_zero_leave_the_share_by_amount_undefined():
    found = commit_hits(COMMIT.assign(amount=0.0)).iloc[0]
    assert found["hit_rate"] == pytest.approx(2 / 3) and np.isnan(found["hit_rate_by_amount"])


def test_no_deals_give_empty_tables_with_the_same_columns():
    full, empty = reliability(BY_HAND), reliability(BY_HAND.iloc[:0])
    assert empty.table.empty and empty.table.dtypes.equals(full.table.dtypes) and (empty.n, empty.n_without) == (0, 0)
    hits = commit_hits(COMMIT.iloc[:0])
    assert hits["n"].tolist() == [0] * 5 and hits[["hit_rate", "low", "hit_rate_by_amount"]].isna().all(axis=None)
    assert hits.dtypes.equals(commit_hits(COMMIT).dtypes)
    none, some = recalibrated(COMMIT.iloc[:0]), recalibrated(COMMIT)
    assert none.table.empty and none.table.dtypes.equals(some.table.dtypes)
    assert none.n == 0 and np.isnan(none.gain) and not none.is_better


def test_order_ids_quarter_names_and_currency_change_nothing():
    deals = told_deals(6, 400, 8, luck=0.3)
    shuffled = deals.sample(frac=1, random_state=1).reset_index(drop=True)
    renamed = deals.assign(period="z" + deals["period"], opportunity_id="x" + deals["opportunity_id"])
    dearer = deals.assign(amount=deals["amount"] * 150, won_amount=deals["won_amount"] * 150)
    money = ["amount", "won_amount"]
    for again in (shuffled, renamed, dearer):
        for of in (lambda d: reliability(d).table, commit_hits, lambda d: recalibrated(d).table):
            ours, theirs = (
                of(deals).drop(columns=money, errors="ignore"),
                of(again).drop(columns=money, errors="ignore"),
            )
            pd.testing.assert_frame_equal(theirs, ours, rtol=1e-9)
        assert recalibrated(again).gain == pytest.approx(recalibrated(deals).gain)


def bold(seed=1, n=2000, **given):
    """A CRM that tells far too much: true chances 10 to 50 %, told 10 to 90 %."""
    return told_deals(seed, n, slope=0.5, shift=-0.9, **given)


def test_recalibrated_stages_are_nearer_the_planted_chances_and_proven_better():
    deals = bold()
    found = recalibrated(deals)
    truth = deals.groupby("stage_name")["chance"].mean()
    table = found.table.set_index("stage_name")
    assert table["crm_probability"].tolist() == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert (table["offered"] - truth).abs().max() < 0.05 and (table["crm_probability"] - truth).abs().max() > 0.3
    assert table["n"].sum() == len(deals) and (table["low"] < table["offered"]).all()
    assert (table["offered"] < table["high"]).all()
    assert found.is_better and found.low < found.gain < found.high and found.n_periods == 10


def test_the_proof_tells_each_quarter_by_the_others_alone():
    """The slow twin: fit_cells on the other quarters, one at a time; the paired jackknife of the difference."""
    deals = bold(2, 300, quarters=5)
    deals.loc[:19, "win_probability"] = np.nan
    found = recalibrated(deals)
    plain = deals.assign(is_stalled=False)
    losses = []
    for period in plain["period"].unique():
        inside = plain["period"].eq(period)
        cells = fit_cells(plain[~inside])
        told = plain[inside & plain["win_probability"].notna()]
        offered, won = cells.mean[cells.of(told)], told["is_won"].to_numpy(dtype=float)
        crm = told["win_probability"].to_numpy()
        losses.append((len(told), ((crm - won) ** 2).sum(), ((offered - won) ** 2).sum()))
    n, crm, ours = np.array(losses).T
    assert found.n == n.sum() == 280 and found.n_periods == 5
    assert (found.crm_brier, found.offered_brier) == pytest.approx((crm.sum() / 280, ours.sum() / 280))
    left = [(crm.sum() - crm[q] - ours.sum() + ours[q]) / (280 - n[q]) for q in range(5)]
    margin = t.ppf(0.9, 4) * (4 / 5 * np.square(left - np.mean(left)).sum()) ** 0.5
    assert (found.low, found.high) == pytest.approx((found.gain - margin, found.gain + margin))


def test_the_range_of_an_offered_probability_is_its_beta_distribution_of_fewer_deals():
    deals = bold(3, 400, quarters=6, luck=0.5)
    row = recalibrated(deals).table.iloc[2]
    mine = deals[deals["stage_name"].eq(row["stage_name"])]
    cells = fit_cells(deals.assign(is_stalled=False))
    at = cells.of(mine.assign(is_stalled=False))[0]
    by = mine.groupby("period")["is_won"].agg(["sum", "size"])
    worth = worth_of(by["sum"], by["size"]) / len(mine)
    assert worth < 1
    ends = beta.ppf([0.1, 0.9], cells.alpha[at] * worth, cells.beta[at] * worth)
    assert [row["low"], row["high"]] == pytest.approx(ends) and row["offered"] == pytest.approx(cells.mean[at])


def test_right_probabilities_are_not_called_worse():
    found = [recalibrated(told_deals(seed, 600, 8, luck=0.3)) for seed in range(40)]
    called = sum(one.is_better for one in found)
    assert called <= 8  # at 80 % a tenth of the ranges lie above what is true, here at or below 0: 4 of 40
    assert sum(one.gain > 0 for one in found) > called, "somewhat better by chance is not called better"


def test_stages_differ_by_what_they_are_not_by_pushes_or_standing():
    deals = bold(4, 500)
    other = deals.assign(pushes=np.arange(500) % 4, type=np.where(np.arange(500) % 2, "new", "expansion"))
    pd.testing.assert_frame_equal(recalibrated(other).table, recalibrated(deals).table)


def test_one_quarter_offers_probabilities_and_proves_nothing():
    found = recalibrated(bold(5, 200, quarters=1))
    assert len(found.table) == 5 and found.table["offered"].between(0, 1).all()
    assert np.isnan([found.gain, found.low, found.crm_brier]).all() and not found.is_better
    nothing_told = recalibrated(bold(6, 200).assign(win_probability=np.nan))
    assert nothing_told.n == 0 and np.isnan(nothing_told.gain) and nothing_told.table["crm_probability"].isna().all()
    assert nothing_told.table["offered"].notna().all()


def test_stages_of_which_nothing_was_won_are_offered_little_or_nothing():
    deals = bold(7, 400)
    deals["is_won"] &= deals["stage_name"].ne("stage 0.10")
    first = recalibrated(deals).table.iloc[0]
    assert 0 < first["offered"] < 0.05 and first["won_share"] == 0
    with np.errstate(all="raise"):
        none = recalibrated(deals.assign(is_won=False)).table
    assert none["offered"].tolist() == [0] * 5
