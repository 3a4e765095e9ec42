"""Real forecasts that nobody here made: revenue projections of the US Congressional Budget Office, 1982 to 2026.

Two authorities: the accuracy table the office publishes (percent of the actual, later legislation taken out, Winter
baselines, one decimal), and reference.json beside the data, computed with plain pandas by whoever gathered it from the
raw projections (mape, mpe, rmse_pct in percent; wape a fraction; mean error in billions of dollars).
"""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from revops.measures.forecast_accuracy.errors import accuracy

DATA = os.environ.get("REVOPS_PUBLIC_DATA")
KEY = ["category", "projected_year_number"]
PUBLISHED = {"average_error": "mpe", "average_absolute_error": "mape", "RMSE": "rmspe",
             "two_thirds_spread": "two_thirds_spread"}  # fmt: skip
RAW_KEYS = {"mape": ("mape", 100, 6), "mpe": ("mpe", 100, 6), "rmse_pct": ("rmspe", 100, 6), "wape": ("wape", 1, 6)}

pytestmark = pytest.mark.skipif(not DATA, reason="REVOPS_PUBLIC_DATA names no folder with the public data sets")


@pytest.fixture(scope="module")
def source():
    return Path(DATA) / "cbo-revenue-projections"


@pytest.fixture(scope="module")
def reference(source):
    return json.loads((source / "reference.json").read_text())


@pytest.fixture(scope="module")
def raw(source):
    """Every projection beside the actual of its year, NaN where the year has none yet."""
    actuals = pd.read_csv(source / "actuals_revenue.csv").rename(columns={"fiscal_year": "projected_fiscal_year"})
    key = ["component", "category", "subcategory", "projected_fiscal_year"]
    table = pd.read_csv(source / "baselines_revenue.csv").merge(actuals, on=key, how="left", validate="many_to_one")
    return as_pairs(table, "value")


@pytest.fixture(scope="module")
def errors(source):
    """The office's own pairs of the Winter baselines, later legislation taken out of the projection."""
    table = pd.read_csv(source / "published_revenue_projection_errors.csv")
    return as_pairs(table[table["Winter_flag"]], "adjusted_projection")


def as_pairs(table, forecast):
    names = {"projected_fiscal_year": "period", forecast: "forecast_amount", "actual_value": "actual_amount"}
    return table.rename(columns=names).astype({"period": "str"})


def test_the_published_accuracy_table_is_reproduced_at_every_category_and_year(source, errors):
    """All 88 rows and four statistics to their decimal, and the number of projections, without exception."""
    published = pd.read_csv(source / "published_revenue_summary_stats.csv").set_index(KEY).sort_index()
    found = accuracy(errors, KEY).set_index(KEY).sort_index()
    assert len(published) == 88 and found.index.equals(published.index)
    assert found["n"].tolist() == published["number_of_projections"].tolist() == found["n_periods"].tolist()
    percent = found[list(PUBLISHED.values())].mul(100).round(1).set_axis(list(PUBLISHED), axis=1)
    away = (percent - published[list(PUBLISHED)]).abs() > 1e-9
    assert percent[away.any(axis=1)].empty


def test_no_published_figure_hangs_on_how_a_half_is_rounded(errors):
    """The nearest figure is more than 0.0001 of a point from a half: rounding up or to even gives the same table."""
    figures = accuracy(errors, KEY)[list(PUBLISHED.values())].to_numpy() * 1000
    assert abs(figures % 1 - 0.5).min() > 1e-3


def test_the_table_would_not_match_with_the_error_turned_or_the_raw_projection(source, errors):
    """So that the match above says something: sign, legislation, and the definition of the spread all matter."""
    published = pd.read_csv(source / "published_revenue_summary_stats.csv").set_index(KEY).sort_index()
    unadjusted = accuracy(errors.assign(forecast_amount=errors["value"]), KEY).set_index(KEY).sort_index()
    assert (unadjusted["mpe"].mul(100).round(1) != published["average_error"]).mean() > 0.5
    assert (-unadjusted["mpe"].mul(100).round(1) != published["average_error"]).mean() > 0.5
    share = (errors["forecast_amount"] / errors["actual_amount"] - 1).groupby([errors[name] for name in KEY])
    inner = (share.quantile(0.84) - share.quantile(0.16)).mul(100).round(1)
    assert (inner.sort_index() != published["two_thirds_spread"]).mean() > 0.5


@pytest.mark.parametrize("baselines", ["all", "winter"])
def test_raw_projections_of_total_revenue_match_the_reference(raw, reference, baselines):
    rows = raw[raw["category"].eq("Total") & (raw["Winter_flag"] | (baselines == "all"))]
    found = accuracy(rows, ["projected_year_number"]).set_index("projected_year_number")
    expected = reference[f"total_revenue_{baselines}_baselines_by_projected_year"]
    assert len(expected) == 8
    for year, figures in expected.items():
        assert_matches(found.loc[int(year.removeprefix("year"))], figures)


def test_raw_projections_of_every_category_match_the_reference(raw, reference):
    found = accuracy(raw[raw["projected_year_number"].eq(1)], ["category"]).set_index("category")
    expected = reference["all_categories_projected_year1"]
    assert set(found.index) == set(expected) and len(expected) == 8
    for category, figures in expected.items():
        assert_matches(found.loc[category], figures)


def assert_matches(found, figures):
    """Compare with figures rounded to six decimals."""
    assert found["n"] == figures["n"]
    mean_error = (found["forecast_amount"] - found["actual_amount"]) / found["n"]
    assert mean_error == pytest.approx(figures["mean_error_bn"], abs=1e-6)
    for theirs, (ours, times, decimals) in RAW_KEYS.items():
        assert found[ours] * times == pytest.approx(figures[theirs], abs=10.0**-decimals), theirs


def test_projections_without_an_actual_yet_are_left_out_and_counted(raw, reference):
    """9,154 projections, 8,242 of years with an actual (to 2025): 912 are left out, all of later years."""
    found = accuracy(raw, []).iloc[0]
    assert (found["n"], found["n_left_out"]) == (reference["matched_pairs"], 912) == (8242, 912)
    assert found["n"] + found["n_left_out"] == reference["baseline_rows"]
    later = accuracy(raw, ["period"]).set_index("period")["n_left_out"]
    assert later[later > 0].index.min() == "2026" and later["2026":].sum() == 912
    known = accuracy(raw[raw["actual_amount"].notna()], []).iloc[0]
    assert known.drop("n_left_out").tolist() == pytest.approx(found.drop("n_left_out").tolist(), nan_ok=True)


def test_several_baselines_of_one_year_are_one_period(raw):
    """Total revenue a year ahead: 110 projections of 44 years. The range comes from 44."""
    rows = raw[raw["category"].eq("Total") & raw["projected_year_number"].eq(1)]
    found = accuracy(rows, []).iloc[0]
    assert (found["n"], found["n_periods"]) == (110, 44)
    apart = accuracy(rows.assign(period=range(len(rows))), []).iloc[0]
    assert apart["wape"] == pytest.approx(found["wape"])
    assert apart["wape_high"] - apart["wape_low"] < found["wape_high"] - found["wape_low"]


def test_categories_err_more_than_the_total_in_which_they_cancel(errors):
    rows = errors[errors["projected_year_number"].eq(1)]
    units, total = (
        accuracy(rows[mask], []).iloc[0] for mask in (rows["category"].ne("Total"), rows["category"].eq("Total"))
    )
    assert units["actual_amount"] == pytest.approx(total["actual_amount"], rel=0.02)
    assert units["wape"] > 1.3 * total["wape"]
