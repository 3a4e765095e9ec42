"""Payback by group: by hand, against plain loops, planted factors recovered, what is few or has no effort."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hand_payback import billed, books, company, customer_months, customers, effort, expansion, lag, new_customer, won
from scipy.stats import false_discovery_control

from frames import as_of
from revops.analysis.recurring import movements
from revops.analysis.resampling import customer_counts, customers_drawn, drawn_range
from revops.measures.cac_payback.books import books_of
from revops.measures.cac_payback.by_group import COLUMNS, by_group
from revops.measures.cac_payback.counted import counted_months
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.drawn_to_whole import Values, drawn_to_whole, surely
from revops.measures.cac_payback.drivers import over_drivers, shared_by_others
from revops.measures.cac_payback.effort import DRIVERS, effort_of
from revops.measures.cac_payback.expanded import expanded
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import ladder, won_expansion
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.window import window_of

SHARES = {"segment": {"Enterprise": 0.6, "SMB": 0.4}, "region": {"EMEA": 1.0}}
NONE = pd.Series(dtype="float64", index=pd.DatetimeIndex([]))
KNOBS = {"quarters": 1, "draws": 100, "fewest_customers": 2}
"""The quarter of 30 June 2026 and the one before: January to June."""
EARLIER = won("before", "z", type="other", created_at="2025-11-01 09:00", close_date="2025-12-15")
"""From its close on the CRM tells who is new."""
FOUR = [
    new_customer("a", "2026-01", 100.0, segment="Enterprise"),
    new_customer("b", "2026-02", 300.0, segment="Enterprise"),
    new_customer("c", "2026-03", 50.0),
    new_customer("d", "2026-06", 150.0),
]


EARLY = won("early", "z", close_date="2025-12-15", stage_name="Lost", outcome="lost")
"""Closed before the window: so the CRM is known to hold all of its months."""


def told(*, by=None, costs=None, shared=None, moved=None, expansion=NONE, knobs=(), **tables):
    window = company(knobs=KNOBS | dict(knobs), **tables)
    parts = window, costs or books("2025-01", [1000.0] * 18), by or customers(*FOUR), moved or lag()
    shared = shared or effort(0.75, **SHARES)
    return by_group(*parts, shared, ladder(*parts, shared, expansion=expansion)).table


def row(table, group, dimension="segment"):
    return table.set_index(["dimension", "group"]).loc[(dimension, group)]


def values(*groups):
    """Return groups of customers; each: what its customers pay."""
    sums = (
        np.array([f(np.array(group)) for group in groups], dtype=float) for f in (len, np.sum, lambda a: (a**2).sum())
    )
    return Values([f"g{at}" for at in range(len(groups))], *sums)


# By hand


def test_two_segments_worked_by_hand():
    """6 months of 1000 are 6000; new business bears 4500: 2700 and 1800. At a margin of 0.8, 400 a month earn 320."""
    table = told()
    assert list(table) == COLUMNS
    assert table["dimension"].tolist() == ["region", "segment", "segment", "type", "type"]
    names = ["n_customers", "new_amount", "effort_share", "spend_amount", "cac_amount", "payback_months"]
    assert row(table, "Enterprise")[names].tolist() == pytest.approx([2, 400.0, 0.6, 2700.0, 1350.0, 2700 / 320])
    assert row(table, "SMB")[names].tolist() == pytest.approx([2, 200.0, 0.4, 1800.0, 900.0, 1800 / 160])
    assert row(table, "EMEA", "region")[names].tolist() == pytest.approx([4, 600.0, 1.0, 4500.0, 1125.0, 4500 / 480])
    assert row(table, "new", "type")[names].tolist() == pytest.approx([4, 600.0, 0.75, 4500.0, 1125.0, 4500 / 480])


def test_ranges_are_of_resampled_customers():
    table = told()
    counts = customer_counts(4, Knobs().seed, 100)
    paid = np.array([[100 * a + 300 * b for a, b in zip(counts[0], counts[1], strict=True)]])
    least, most = drawn_range(paid, np.array([2.0]), level=0.8)
    assert row(table, "Enterprise")["low"] == pytest.approx(2700 / (0.8 * most[0]))
    assert least[0] == 0 and np.isnan(row(table, "Enterprise")["high"])


@pytest.mark.parametrize("n", [0, 3, 20_000])
def test_resamples_hold_as_many_customers_as_they_count(n):
    assert np.array_equal(customers_drawn(n, 5, 40), customer_counts(n, 5, 40).sum(axis=0))


def test_expansion_beside_new_business_from_bills():
    """a pays 20 more from March; b 30 less in April and 40 more in May; old 100 more in February."""
    paid = {
        "a": [100, 100, 120, 120, 120, 120], "b": [0, 300, 300, 270, 310, 310], "c": [0, 0, 50, 50, 50, 50],
        "old": [500, 600, 600, 600, 600, 600],
    }  # fmt: skip
    months = customer_months(
        "2026-01", {name: [float(amount) for amount in line] for name, line in paid.items()}, known=True
    )
    by = customers(*FOUR[1:], months=months)
    moved = movements(months)
    added = pd.Series((moved["expansion"] + moved["reactivation"]).to_numpy(), months.months[1:])
    table = told(by=by, expansion=added)
    found = row(table, "expansion", "type")
    assert found[["n_customers", "new_amount", "effort_share"]].tolist() == [3, 160.0, 0.25]
    assert found["spend_amount"] == 5 * 1000 * 0.25 and np.isnan(found["cac_amount"])
    assert found["payback_months"] == pytest.approx(1250 / (160 * 0.8))
    assert found["new_amount"] == added.sum()


def test_expansion_beside_new_business_from_deals():
    deals = [
        expansion("1", "a", close_date="2026-02-01", amount=240.0),
        expansion("2", "a", close_date="2026-03-01", amount=120.0),
        expansion("3", "b", close_date="2025-12-31", amount=999.0),
        expansion("4", None, close_date="2026-03-01", amount=60.0),
        expansion("5", "c", close_date="2026-03-01", amount=60.0, stage_name="Lost", outcome="lost"),
        won("6", "d", close_date="2026-03-01"),
    ]
    window = company(knobs=KNOBS, deals=deals)
    found = expanded(window, customers(*FOUR), window.months)
    assert found.tolist() == [5.0, 30.0]
    assert won_expansion(window).reindex(window.months).sum() == 35.0
    assert row(told(deals=deals), "expansion", "type")["new_amount"] == 35.0


def test_a_customer_that_comes_back_expands():
    months = customer_months("2026-01", {"a": [100.0, 0, 0, 80, 80, 0]}, known=True)
    window = company(knobs=KNOBS)
    assert expanded(window, customers(months=months), window.months).tolist() == [80.0]
    assert expanded(window, customers(months=months), window.months[:3]).tolist() == []
    assert expanded(window, customers(months=months, in_slice=["b"]), window.months).tolist() == []


# What is few, missing or odd


def test_few_customers_are_marked_and_never_called_sure():
    table = told(knobs={"fewest_customers": 3, "target_months": 0.1})
    assert table.set_index("group")["is_few"].to_dict() == {
        "EMEA": False, "Enterprise": True, "SMB": True, "expansion": True, "new": False
    }  # fmt: skip
    assert table.set_index("group")["sure"].to_dict() == {
        "EMEA": "above", "Enterprise": "", "SMB": "", "expansion": "", "new": "above"
    }  # fmt: skip


def test_a_group_without_customers_has_cost_and_no_payback():
    shares = {"segment": {"Enterprise": 0.5, "SMB": 0.4, "Mid": 0.1}, "region": {"EMEA": 1.0}}
    table = told(shared=effort(1.0, **shares))
    empty = row(table, "Mid")
    assert empty[["n_customers", "new_amount", "spend_amount", "factor", "sure"]].tolist() == [0, 0.0, 600.0, 1.0, ""]
    names = ["cac_amount", "payback_months", "low", "high", "shrunk_months", "shrunk_low", "shrunk_high"]
    assert empty[names].isna().all() and empty["is_few"]


def test_a_group_without_effort_has_customers_and_no_cost():
    by = customers(*FOUR, new_customer("e", "2026-04", 70.0, segment="Unknown"))
    shares = {"segment": {"Enterprise": 0.6, "SMB": 0.4, "Unknown": 0.0}, "region": {"EMEA": 1.0}}
    unknown = row(told(by=by, shared=effort(1.0, **shares)), "Unknown")
    assert unknown[["n_customers", "new_amount", "spend_amount", "sure"]].tolist() == [1, 70.0, 0.0, ""]
    names = ["cac_amount", "payback_months", "low", "high", "shrunk_months", "shrunk_low", "shrunk_high"]
    assert unknown[names].isna().all() and unknown["factor"] > 0


@pytest.mark.parametrize("margin", [-0.2, 0.0])
def test_without_margin_there_is_no_payback_but_a_cac(margin):
    table = told(costs=books("2025-01", [1000.0] * 18, margin=margin))
    assert table[["payback_months", "low", "high", "shrunk_months"]].isna().all(axis=None)
    assert row(table, "Enterprise")["cac_amount"] == 1350.0 and set(table["sure"]) == {""}


def test_nobody_new_and_unknown_shares():
    table = told(by=customers())
    assert table["payback_months"].isna().all() and row(table, "SMB")["spend_amount"] == pytest.approx(1800.0)
    unknown = effort(float("nan"), segment={"SMB": float("nan")})
    table = told(shared=unknown)
    assert table["spend_amount"].isna().all() and table["payback_months"].isna().all()
    assert row(table, "SMB")["n_customers"] == 2


def test_one_customer():
    table = told(by=customers(FOUR[0]), shared=effort(1.0, segment={"Enterprise": 1.0}, region={"EMEA": 1.0}))
    only = row(table, "Enterprise")
    assert only["payback_months"] == pytest.approx(6000 / 80) and only["factor"] == 1.0 and np.isnan(only["high"])
    assert only["shrunk_low"] < only["shrunk_months"] < only["shrunk_high"]


def test_cost_is_of_the_months_before():
    """Spend of 1000 a month to December 2025, then 2000: with a lag of two months January and February cost 1000."""
    costs = books("2025-01", [1000.0] * 12 + [2000.0] * 6)
    table = told(costs=costs, moved=lag(0, 0, 1), shared=effort(0.5, **SHARES))
    assert row(table, "Enterprise")["spend_amount"] == pytest.approx(0.6 * 0.5 * 10_000)
    assert row(table, "expansion", "type")["spend_amount"] == pytest.approx(5_000)


def test_months_whose_cost_is_not_known_count_nowhere():
    """Books from January on, lag of two months: customers of January and February are left out."""
    table = told(costs=books("2026-01", [1000.0] * 6), moved=lag(0, 0, 1))
    assert row(table, "new", "type")[["n_customers", "spend_amount"]].tolist() == [2, 3000.0]


def test_a_slice_adds_up_to_its_own_ladder():
    shared = effort(0.75, slice_share=0.4, segment={"SMB": 0.4}, region={"EMEA": 0.3, "AMER": 0.1})
    window = company(knobs=KNOBS | {"slice": {"segment": "SMB"}}, deals=[EARLY, won("1", "c", segment="SMB")])
    parts = window, books("2025-01", [1000.0] * 18), customers(*FOUR[2:]), lag(), shared
    rungs = ladder(*parts, expansion=NONE)
    table = by_group(*parts, rungs).table
    assert rungs.of("lagged")["spend_amount"] == pytest.approx(1800.0)
    sums = table.groupby("dimension")["spend_amount"].sum()
    assert sums[["region", "segment"]].tolist() == pytest.approx([1800.0, 1800.0])
    assert np.isnan(row(table, "expansion", "type")["spend_amount"])
    assert row(table, "EMEA", "region")["spend_amount"] == pytest.approx(1350.0)


def test_the_sample_adds_up(sample):
    window = window_of(as_of(sample, "2026-06-09"), Knobs())
    by = customers_of(window)
    parts = window, books_of(window), by, lag_of(by, window)
    shared, moved = effort_of(*parts[:1], *parts[2:]), movements(by.months)
    added = pd.Series((moved["expansion"] + moved["reactivation"]).to_numpy(), by.months.months[1:])
    rungs = ladder(*parts, shared, expansion=added)
    table, whole = by_group(*parts, shared, rungs).table, rungs.of("lagged")
    for name in ("n_customers", "new_amount", "spend_amount"):
        sums = table.groupby("dimension")[name].sum()
        assert sums[["region", "segment"]].tolist() == pytest.approx([whole[name]] * 2)
        assert row(table, "new", "type")[name] == pytest.approx(whole[name])
    names = ["payback_months", "low", "high", "cac_amount"]
    assert row(table, "new", "type")[names].tolist() == pytest.approx(whole[names].tolist())
    both = table[table["dimension"].eq("type")]
    assert both["new_amount"].sum() == pytest.approx(rungs.of("revenue")["new_amount"])
    assert both["spend_amount"].sum() == pytest.approx(whole["spend_amount"] / shared.new_share)
    known = table[table["dimension"].eq("segment")]
    assert (known["factor"] * known["n_customers"]).sum() == pytest.approx(known["n_customers"].sum())


def test_names_order_and_currency_change_nothing():
    """Some begin in the same month with the same amount, in another segment."""
    rows = [(f"2026-0{1 + at % 3}", 37.0 * (1 + at // 6), "SMB" if at % 2 else "Enterprise") for at in range(12)]
    by = customers(*(new_customer(f"x{at}", month, paid, segment=kind) for at, (month, paid, kind) in enumerate(rows)))
    other = customers(*(new_customer(f"y{99 - at}", month, 10 * paid, segment=kind)
                        for at, (month, paid, kind) in reversed(list(enumerate(rows)))))  # fmt: skip
    one, two = told(by=by), told(by=other, costs=books("2025-01", [10_000.0] * 18))
    scaled = ["new_amount", "spend_amount", "cac_amount"]
    two[scaled] /= 10
    pd.testing.assert_frame_equal(one, two)


# Drawn to the whole


def test_groups_that_hardly_differ_are_drawn_to_the_whole():
    same = values(*([100.0] * 30, [100.0] * 30, [100.0] * 30))
    found = drawn_to_whole(np.array([20.0, 20.0, 20.0]), same, 0.8, of_amounts=True)
    assert found.middle.tolist() == pytest.approx([20.0] * 3) and found.factor.tolist() == pytest.approx([1.0] * 3)
    assert (found.high / 20 < 1 + 1.6 / np.sqrt(30)).all()


def test_the_fewer_customers_the_nearer_to_the_whole():
    groups = values([100.0] * 60, [100.0] * 40, [100.0] * 20, [100.0] * 2)
    figure = np.array([10.0, 30.0, 15.0, 60.0])
    found = drawn_to_whole(figure, groups, 0.8, of_amounts=True)
    whole = (figure * groups.amount).sum() / groups.amount.sum()
    kept = np.log(found.middle / whole) / np.log(figure / whole)
    assert kept[:2].min() > 0.85 and kept[3] < 0.6 and (kept > 0).all() and (kept < 1).all()


def test_drawn_to_the_whole_by_plain_sums():
    """The mixture over spreads, spelled out group by group."""
    groups, figure = values([80.0, 120.0, 100.0], [50.0] * 8, [10.0, 30.0]), np.array([12.0, 25.0, 40.0])
    found = drawn_to_whole(figure, groups, 0.8, of_amounts=True)
    inside = [(0.8 - 1) ** 2 + (1.2 - 1) ** 2, 0.0, 2 * 0.5**2]
    of_all = sum(inside) / (2 + 7 + 1)
    v = [(1 + (own + 5 * of_all) / (n - 1 + 5)) / n for own, n in zip(inside, (3, 8, 2), strict=True)]
    share = [300 / 740, 400 / 740, 40 / 740]
    centre = np.log(sum(f * s for f, s in zip(figure, share, strict=True)))
    spreads, weights = np.linspace(0.02, 1.5, 60), []
    for t in spreads:
        log = np.log(t) - 0.5 * (t / 0.4) ** 2
        for y, noise, part in zip(np.log(figure), v, share, strict=True):
            log -= (1 - part) * 0.5 * (np.log(noise + t * t) + (y - centre) ** 2 / (noise + t * t))
        weights.append(np.exp(log))
    for at in range(3):
        y = np.log(figure[at]) - centre
        kept = [t * t / (t * t + v[at]) for t in spreads]
        middle = sum(w * k * y for w, k in zip(weights, kept, strict=True)) / sum(weights)
        of_whole = sum(part**2 * noise for part, noise in zip(share, v, strict=True))
        variance = sum(w * (k * v[at] + (1 - k) ** 2 * of_whole + (k * y - middle) ** 2)
                       for w, k in zip(weights, kept, strict=True)) / sum(weights)  # fmt: skip
        assert found.middle[at] == pytest.approx(np.exp(centre + middle), rel=1e-9)
        for end, sign in ((found.low, -1), (found.high, 1)):
            assert end[at] == pytest.approx(np.exp(centre + middle + sign * 1.2815516 * variance**0.5), rel=1e-6)


def planted(seed, sizes, spread):
    """Return the true figures of groups of planted cost, what is seen of them, and their customers."""
    rng = np.random.default_rng(seed)
    true = 20 * np.exp(rng.normal(0, spread, len(sizes)))
    groups = [100 * rng.lognormal(-0.18, 0.6, rng.poisson(size)) for size in sizes]
    with np.errstate(divide="ignore"):
        seen = np.array(
            [size * 100 * figure / group.sum() for size, figure, group in zip(sizes, true, groups, strict=True)]
        )
    return true, np.where(np.isfinite(seen), seen, np.nan), values(*groups)


@pytest.mark.parametrize(("sizes", "spread", "least", "most", "better"), [
    ((60, 25, 13), 0.3, 0.74, 0.86, 0.85), ((40, 30, 20, 10, 5, 3), 0.4, 0.74, 0.86, 0.75),
    ((30, 4, 4, 3, 3, 2), 0.1, 0.8, 0.97, 0.5), ((60, 40, 25, 13), 0.05, 0.76, 0.97, 0.85),
])  # fmt: skip
def test_planted_factors_are_recovered(sizes, spread, least, most, better):
    """Over 400 companies: ranges hold about as often as they say, and the error is less than that of groups alone."""
    raw, drawn, held = [], [], []
    for seed in range(400):
        true, seen, groups = planted(seed, sizes, spread)
        found, known = drawn_to_whole(seen, groups, 0.8, of_amounts=True), ~np.isnan(seen)
        raw += list(np.log(seen / true)[known])
        drawn += list(np.log(found.middle / true)[known])
        held += list(((found.low <= true) & (true <= found.high))[known])
    assert least < np.mean(held) < most
    assert np.sqrt(np.mean(np.square(drawn))) < better * np.sqrt(np.mean(np.square(raw)))


def test_ranges_of_groups_alone_hold_too():
    """The report itself over 30 companies: low and high of the groups alone, and drawn."""
    window, sizes = company(knobs=KNOBS), (40, 15, 6)
    held, held_drawn = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        true = 20 * np.exp(rng.normal(0, 0.3, 3))
        cost = np.array(sizes) * 100 * 0.8 * true
        came = [(name, amount) for name, size in zip("abc", sizes, strict=True)
                for amount in 100 * rng.lognormal(-0.18, 0.6, rng.poisson(size))]  # fmt: skip
        by = customers(*(new_customer(f"{name}{at}", f"2026-0{1 + at % 6}", amount, segment=name)
                         for at, (name, amount) in enumerate(came)))  # fmt: skip
        shared = effort(1.0, segment=dict(zip("abc", cost / cost.sum(), strict=True)))
        rung = SimpleNamespace(spend_amount=cost.sum(), gross_margin=0.8)
        rungs = SimpleNamespace(of=lambda basis, rung=rung: rung, months=window.months)
        costs = books("2026-01", [cost.sum() / 6] * 6)
        table = by_group(window, costs, by, lag(), shared, rungs).table
        rows = table[table["dimension"].eq("segment")].set_index("group").reindex(list("abc"))
        held += list((rows["low"] <= true) & ~(rows["high"] < true))
        held_drawn += list((rows["shrunk_low"] <= true) & (rows["shrunk_high"] >= true))
    assert 0.7 < np.mean(held) < 0.92 and 0.7 < np.mean(held_drawn) < 0.9


# Beyond noise


def test_surely_is_benjamini_and_hochberg_at_one_less_sure():
    rng = np.random.default_rng(3)
    for _ in range(50):
        payback = rng.uniform(10, 30, 6)
        is_above = (
            rng.random((6, 200)) < np.where(payback > 18, 1, -1)[:, None] * rng.uniform(0.3, 0.5, 6)[:, None] + 0.5
        )
        may = rng.random(6) < 0.8
        p = (1 + (is_above != (payback > 18)[:, None]).sum(axis=1)) / 201
        passes = np.zeros(6, dtype=bool)
        if may.any():
            passes[may] = false_discovery_control(p[may]) <= 0.1
        expected = np.where(passes, np.where(payback > 18, "above", "below"), "")
        assert surely(payback, is_above, 18, may=may, sure=0.9).tolist() == expected.tolist()


def test_a_segment_surely_above_the_target_is_called_so():
    """60 customers each; SMB pays back in 40 months, Enterprise in 10, Mid in 18: the target."""
    kinds = ("SMB", "Enterprise", "Mid")
    by = customers(
        *(new_customer(f"{kind}{at}", f"2026-0{1 + at % 6}", 100.0, segment=kind) for kind in kinds for at in range(60))
    )
    cost = {kind: 60 * 80.0 * months for kind, months in zip(kinds, (40, 10, 18.05), strict=True)}
    whole = sum(cost.values())
    shared = effort(1.0, segment={kind: part / whole for kind, part in cost.items()}, region={"EMEA": 1.0})
    table = told(by=by, costs=books("2026-01", [whole / 6] * 6), shared=shared)
    assert {kind: row(table, kind)["sure"] for kind in kinds} == {"SMB": "above", "Enterprise": "below", "Mid": ""}
    assert row(table, "SMB")["factor"] == pytest.approx(40 / (68.05 / 3), rel=0.05)


# However cost is shared


def of_two_segments(**given):
    """Return a company that shares cost between segments by days alike, and by deals 1 to 9; all deals are lost."""
    lost = {"outcome": "lost", "stage_name": "Lost", "region": "EMEA"} | given
    deals = [won("s", created_at="2026-01-01 09:00", close_date="2026-06-29", segment="SMB", **lost)]
    deals += [won(f"e{at}", created_at="2026-02-01 09:00", close_date="2026-02-20", segment="Enterprise", **lost)
              for at in range(1, 10)]  # fmt: skip
    return [EARLY, *deals]


def shared_two_ways(target=18, **given):
    """60 customers a segment pay 100 a month, of which 80 are left: 4,800. Cost is 288,000."""
    kinds, deals = ("SMB", "Enterprise"), of_two_segments(**given)
    by = customers(
        *(new_customer(f"{kind}{at}", f"2026-0{1 + at % 6}", 100.0, segment=kind) for kind in kinds for at in range(60))
    )
    window = company(knobs=KNOBS | {"target_months": target}, deals=deals)
    parts = window, books("2026-01", [48_000.0] * 6), by, lag()
    shared = effort_of(window, by, lag())
    return by_group(*parts, shared, ladder(*parts, shared, expansion=NONE))


def test_a_group_is_sure_only_where_every_way_to_share_cost_says_so():
    """By days 180 each: 144,000 / 4,800 = 30 months. By deals 28,800 and 259,200: 6 and 54. No amount was won."""
    found = shared_two_ways()
    assert found.drivers == ("deal_days", "deals")
    names = ["payback_months", "lowest_months", "highest_months", "sure"]
    assert row(found.table, "SMB")[names].tolist() == [30.0, pytest.approx(6.0), 30.0, "depends"]
    assert row(found.table, "Enterprise")[names].tolist() == [30.0, 30.0, pytest.approx(54.0), "above"]
    assert row(found.table, "EMEA", "region")[names].tolist() == [30.0, 30.0, 30.0, "above"]
    assert row(found.table, "new", "type")[names].tolist() == [30.0, 30.0, 30.0, "above"]
    low = shared_two_ways(target=5.9)
    assert row(low.table, "SMB")["sure"] == "depends", "6 months are not surely above 5.9"
    assert row(shared_two_ways(target=54.5).table, "Enterprise")["sure"] == "depends", "nor 54 within 54.5"
    assert row(shared_two_ways(target=100).table, "Enterprise")["sure"] == "below"


def test_the_share_of_new_business_moves_with_the_way_to_share_cost():
    """Expansion: one deal of 20 days beside 360 of new business, and one deal beside 10: 11 deals."""
    window = company(knobs=KNOBS, deals=[*of_two_segments(), expansion("x", "a", created_at="2026-03-01 09:00",
                                         close_date="2026-03-20", outcome="lost", stage_name="Lost")])  # fmt: skip
    by = customers(*(new_customer(f"c{at}", "2026-02", segment="SMB") for at in range(12)))
    shared = effort_of(window, by, lag())
    parts = window, books("2026-01", [1000.0] * 6), by, lag(), shared
    table = by_group(*parts, ladder(*parts, expansion=NONE)).table
    new, earned = row(table, "new", "type"), 12 * 100 * 0.8
    assert new["payback_months"] == new["highest_months"] == pytest.approx(6000 * 360 / 380 / earned)
    assert new["lowest_months"] == pytest.approx(6000 * 10 / 11 / earned)
    smb = row(table, "SMB")
    assert smb["highest_months"] == pytest.approx(6000 * 180 / 380 / earned)
    assert smb["lowest_months"] == pytest.approx(6000 * 1 / 11 / earned)


def others(window, by):
    """Return the effort by each driver that is not used."""
    return shared_by_others(window, by, lag(), effort_of(window, by, lag()), window.months)


def test_ways_that_tell_nothing_are_left_out():
    window, by = company(knobs=KNOBS, deals=of_two_segments()), customers(*FOUR)
    assert [one.driver for one in others(window, by)] == ["deals"]
    stands_in = company(knobs=KNOBS | {"driver": "amount"}, deals=of_two_segments())
    used = effort_of(stands_in, by, lag())
    assert used.driver == "deal_days"
    assert [one.driver for one in others(stands_in, by)] == ["deals"]
    none = company(knobs=KNOBS)
    assert others(none, by) == []
    assert told().set_index("group")[["lowest_months", "highest_months"]].loc["SMB"].tolist() == [11.25, 11.25]


def test_over_drivers_by_hand():
    def by(*rows):
        table = pd.DataFrame(rows, columns=["group", "payback_months", "sure"])
        return table.assign(dimension="segment")

    nan = float("nan")
    own = by(("a", 20.0, "above"), ("b", 12.0, ""), ("c", 30.0, "above"), ("d", nan, ""), ("e", 9.0, "below"))
    other = by(("e", 25.0, "above"), ("c", 40.0, "above"), ("b", 9.0, "below"), ("d", 50.0, "above"), ("z", 1.0, ""))
    found = over_drivers(own, [other])
    assert found["sure"].tolist() == ["depends", "depends", "above", "", "depends"], "a is in one table alone"
    assert found["lowest_months"].fillna(0).tolist() == [20.0, 9.0, 30.0, 0, 9.0]
    assert found["highest_months"].fillna(0).tolist() == [20.0, 12.0, 40.0, 0, 25.0]
    assert over_drivers(own, [])["sure"].tolist() == own["sure"].tolist()


def test_the_sample_over_drivers_is_each_driver_on_its_own(sample):
    """Each driver asked for by itself, with a ladder of its own: the same paybacks, and the verdicts that all share."""
    seen = {}
    for driver in DRIVERS:
        window = window_of(as_of(sample, "2026-06-09"), Knobs(driver=driver))
        by = customers_of(window)
        parts = window, books_of(window), by, lag_of(by, window)
        shared = effort_of(window, *parts[2:], months=counted_months(*parts))
        found = by_group(*parts, shared, ladder(*parts, shared, expansion=NONE))
        assert found.drivers[0] == driver and set(found.drivers) == set(DRIVERS)
        seen[driver] = found.table.set_index(["dimension", "group"])
    months = pd.DataFrame({driver: table["payback_months"] for driver, table in seen.items()})
    for table in seen.values():
        np.testing.assert_allclose(table["lowest_months"], months.min(axis=1), rtol=1e-9)
        np.testing.assert_allclose(table["highest_months"], months.max(axis=1), rtol=1e-9)
        assert table["sure"].tolist() == seen["deal_days"]["sure"].tolist()
    smb = seen["deal_days"].loc[("segment", "SMB")]
    assert smb["lowest_months"] < 20 and smb["highest_months"] > 26 and smb["sure"] == "depends"


def test_segments_and_regions_are_tested_together_against_chance():
    """Groups that would be sure among the two of their own dimension may not be among the four of both."""
    rng = np.random.default_rng(2)
    kinds = [(segment, region) for segment in ("A", "B") for region in ("X", "Y")]
    by = customers(*(new_customer(f"{segment}{region}{at}", f"2026-0{1 + at % 6}", amount, segment=segment,
                                  region=region)
                     for segment, region in kinds for at, amount in enumerate(rng.lognormal(4, 1, 15))))  # fmt: skip
    shares = {"segment": {"A": 0.5, "B": 0.5}, "region": {"X": 0.5, "Y": 0.5}}
    window = company(knobs=KNOBS | {"draws": 500})
    parts = window, books("2026-01", [21_000.0] * 6), by, lag(), effort(1.0, **shares)
    rungs = ladder(*parts, expansion=NONE)
    table = by_group(*parts, rungs).table
    came = by.table.sort_values(["start_month", "new_amount"], kind="stable")
    counts = customer_counts(len(came), Knobs().seed, 500)
    tested = table[table["dimension"].ne("type")].reset_index(drop=True)
    p = []
    for line in tested.itertuples():
        paid = (came["new_amount"].where(came[line.dimension].eq(line.group), 0.0).to_numpy()[:, None] * counts).sum(0)
        is_above = line.spend_amount / np.maximum(paid * 0.8, 1e-9) > 18
        p.append((1 + (is_above != (line.payback_months > 18)).sum()) / 501)
    passes = false_discovery_control(p) <= 0.1
    expected = np.where(passes, np.where(tested["payback_months"] > 18, "above", "below"), "")
    assert tested["sure"].tolist() == expected.tolist()
    apart = np.concatenate([false_discovery_control(p[:2]), false_discovery_control(p[2:])]) <= 0.1
    assert apart.tolist() != passes.tolist(), f"the case must tell the two apart: {p}"


def test_bills_and_deals_tell_the_same_groups():
    """The whole way from rows: two customers, their deals, and what they pay."""
    bills = [*billed("old", "2025-12", *[10] * 7), *billed("a", "2026-02", 100, 100, 100, 100, 100),
             *billed("b", "2026-03", 200, 200, 200, 200)]  # fmt: skip
    deals = [EARLY, won("1", "a", close_date="2026-02-10", segment="SMB", amount=1200.0),
             won("2", "b", close_date="2026-03-10", segment="Enterprise", amount=2400.0)]  # fmt: skip
    window = company(knobs=KNOBS, subscriptions=bills, deals=deals)
    without = company(knobs=KNOBS, deals=deals)
    found, other = (told(by=customers_of(which), deals=deals) for which in (window, without))
    names = [
        "dimension",
        "group",
        "n_customers",
        "new_amount",
        "spend_amount",
        "payback_months",
        "low",
        "shrunk_months",
    ]
    pd.testing.assert_frame_equal(found[names], other[names])
