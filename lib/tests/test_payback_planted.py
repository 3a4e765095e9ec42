"""A large made company, whose truth is planted: every part of the CAC payback report finds it again."""

from functools import cache

import numpy as np
import pytest
from calibration.payback import channel_payback, lifetime_value, paid_and_lost, retained
from measured_payback import parts
from paying_companies import (
    AMOUNT,
    CAC,
    DAY,
    GROWTH,
    HAZARDS,
    LAGS,
    MARGIN,
    MONTHS,
    NEW_SHARE,
    SEGMENTS,
    Kind,
    lives,
    paths_of_amounts,
    paying,
    survival,
)

from revops.measures.cac_payback import Knobs

KINDS = {
    "steady": Kind(per_month=120.0, hazard="early", late=0.01),
    "growing": Kind(per_month=150.0, hazard="constant", growth=0.08),
}
MONTHS_TO_PAY = CAC / (AMOUNT * MARGIN)


@cache
def told(name):
    company = paying(KINDS[name], 1)
    return company, parts(company.view, Knobs(draws=100, models=("last_touch", "linear"), horizon_months=36))


def test_the_made_company_is_what_is_planted():
    """2,000 leads or more: chance moves shares by 1 in 100, counts by 2."""
    rng = np.random.default_rng(3)
    customers = told("steady")[0].customers
    came = customers[customers["lead"].between(0, len(MONTHS) - len(LAGS))]
    assert len(came) == pytest.approx(120 * (len(MONTHS) - len(LAGS) + 1), rel=0.04)
    lag = (came["start"] - came["lead"]).value_counts(normalize=True).sort_index()
    assert lag.tolist() == pytest.approx(LAGS, abs=0.02)
    parts_ = SEGMENTS["effort"] / SEGMENTS["factor"]
    assert parts_.sum() == pytest.approx(1) and (came["segment"] == 0).mean() == pytest.approx(parts_[0], abs=0.03)
    for hazard in HAZARDS:
        life = lives(hazard, 40_000, rng)
        assert [(life > age).mean() for age in (1, 6, 12, 40)] == pytest.approx(
            survival(hazard)[[1, 6, 12, 40]], abs=0.012
        )
    assert paths_of_amounts("even", 40_000, 24, rng)[:, 23].mean() == pytest.approx(AMOUNT * GROWTH**23, rel=0.01)


def test_the_headline_is_the_planted_cost_over_the_planted_margin():
    rung = told("steady")[1]["ladder"].of("lagged")
    assert rung["cac_amount"] == pytest.approx(CAC, rel=0.06)
    assert rung["gross_margin"] == pytest.approx(MARGIN, abs=1e-9)
    assert rung["payback_months"] == pytest.approx(MONTHS_TO_PAY, rel=0.06)


def test_lag_and_share_of_new_business_are_found():
    found = told("steady")[1]
    assert found["lag"].weights[: len(LAGS)].tolist() == pytest.approx(LAGS, abs=0.03)
    assert found["lag"].median_months == 2 and found["lag"].share_from_lead == 1
    assert found["effort"].new_share == pytest.approx(NEW_SHARE, abs=0.03)


def test_where_cost_grows_a_payback_without_lag_is_too_long_by_what_cost_grew():
    """8 % a month, 2.3 months of lag on average: 1 / sum(w 1.08^-k) = 1.19 times too long."""
    ladder, too_long = told("growing")[1]["ladder"], 1 / (LAGS @ 1.08 ** -np.arange(len(LAGS)))
    assert too_long == pytest.approx(1.19, abs=0.005)
    assert ladder.of("lagged")["payback_months"] == pytest.approx(MONTHS_TO_PAY, rel=0.06)
    ratio = ladder.of("new_logo")["payback_months"] / ladder.of("lagged")["payback_months"]
    assert ratio == pytest.approx(too_long, rel=0.02)


def test_segments_cost_what_is_planted():
    table = told("steady")[1]["groups"].table
    by = table[table["dimension"].eq("segment")].set_index("group")
    for row in SEGMENTS.itertuples():
        assert by.loc[row.segment, "payback_months"] == pytest.approx(MONTHS_TO_PAY * row.factor, rel=0.08)
        assert by.loc[row.segment, "factor"] == pytest.approx(row.factor, rel=0.08)


def test_shares_paid_back_and_lost_are_those_of_very_many():
    kind, curves = KINDS["steady"], told("steady")[1]["realised"].curves
    by = curves[curves["version"].eq("recognised") & curves["cohort"].eq("all")].set_index("age_months")
    true = paid_and_lost(kind.hazard, kind.sizes)
    for age in (6, 12, 24):
        assert by.loc[age, "lost_share"] == pytest.approx(true["lost"][age - 1], abs=0.02)
        assert by.loc[age, "paid_back_share"] == pytest.approx(true["paid_back"][age - 1], abs=0.05)


def test_lifetime_value_is_found_where_margin_over_churn_is_far_off():
    """Early leavers: the curve seen finds 36 months of value; a constant rate without an end has its own idea."""
    row, true = told("steady")[1]["lifetime"].of("with_expansion"), lifetime_value("early", 36)
    assert row["ltv_amount"] == pytest.approx(true, rel=0.04)
    assert row["ltv_to_cac"] == pytest.approx(true / CAC, rel=0.08)
    assert row["constant_hazard_ltv"] > 1.3 * true


def test_what_customers_come_to_pay_more_is_no_part_of_what_their_cost_bought():
    """Amounts go up by 3 in 100 chances a month, down by 1.5: without what lies above the first month, value is 7 %
    or more lower."""
    row, true = told("steady")[1]["lifetime"].of("without_expansion"), lifetime_value("early", 36, "without_expansion")
    assert true < 0.93 * lifetime_value("early", 36)
    assert row["ltv_amount"] == pytest.approx(true, rel=0.04) and row["ltv_to_cac"] == pytest.approx(
        true / CAC, rel=0.08
    )


def test_retention_is_that_of_the_customers_who_were_there():
    company, found = told("steady")
    table = found["retention"].table
    by = table[table["scope"].eq("all")].set_index("measure")["value"]
    for name, true in retained(company, KINDS["steady"]).items():
        assert by[name] == pytest.approx(true, abs=0.02), name


def test_channels_cost_what_is_planted_and_add_up_to_the_headline():
    found = told("steady")[1]
    table = found["channels"].by_model
    by = table[table["model"].eq("linear")].set_index("channel")
    for name, months in channel_payback().items():
        assert by.loc[name, "payback_months"] == pytest.approx(months, rel=0.1), name
    whole = by["spend_amount"].fillna(0).sum() + by["overhead_amount"].sum()
    assert whole == pytest.approx(found["ladder"].of("lagged")["spend_amount"])


def test_a_giant_customer_moves_the_payback_and_is_seen_in_the_range():
    knobs = Knobs(draws=100, models=("linear",))
    views = (paying(Kind(giant=giant), 5).view for giant in (False, True))
    plain, giant = (parts(view, knobs)["ladder"].of("lagged") for view in views)
    assert giant["payback_months"] < 0.9 * plain["payback_months"]
    assert giant["high"] / giant["low"] > 1.2 * plain["high"] / plain["low"]


def test_the_same_seed_makes_the_same_company():
    one, other = (paying(Kind(per_month=3.0), 7) for _ in range(2))
    assert (one.amount == other.amount).all() and str(one.view.day) == DAY
