"""Charts of the CAC payback report read back from what was drawn; results are made by hand, so that each claim is
known: three segments and two regions, four channels, three fiscal years of customers, six quarters of movements."""

import datetime as dt
import itertools
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from revops import wording
from revops.benchmarks import published
from revops.charts import cac_payback as charts
from revops.charts import style
from revops.charts.cac_payback import claims, claims_of_channels, claims_of_customers, claims_of_groups
from revops.charts.cac_payback.claims_of_revenue import bridge
from revops.charts.cac_payback.labels import BASES, aged, named, ranged
from revops.measures.cac_payback import Knobs, measure
from revops.measures.cac_payback.ladder import BASES as RUNGS
from revops.measures.cac_payback.ladder import Ladder
from revops.measures.cac_payback.lag import Lag
from revops.report.figures import svg

ROOT = Path(__file__).parents[2]
NAN, INF = float("nan"), float("inf")
CLAIMS = {
    "paid_back": claims_of_customers.paid_back,
    "ladder": claims.ladder,
    "lag_curve": claims.lag_curve,
    "cohorts": claims_of_customers.cohorts,
    "groups": claims_of_groups.groups,
    "channels": claims_of_channels.channels,
    "survival": claims_of_customers.survival,
    "bridge": bridge,
}
PAYBACKS = (4.0, 5.0, 15.0, 20.0, 30.0, 19.0, 21.0)


def rungs(values=PAYBACKS, wide=0.2, **changes):
    """Return a ladder with these months by definition, each with a range of a fifth down and up."""
    rows = [(basis, 1000.0 * number, 10, 50.0, 0.8, 100.0, value, value * (1 - wide), value * (1 + wide), None)
            for number, (basis, value) in enumerate(zip(RUNGS, values, strict=True), 1)]  # fmt: skip
    columns = ["basis", "spend_amount", "n_customers", "new_amount", "gross_margin", "cac_amount", "payback_months",
               "low", "high", "note"]  # fmt: skip
    parts = {"rungs": pd.DataFrame(rows, columns=columns), "curve": curve(21.0, 20.0, 18.0, 15.0),
             "spread_low": min(values), "spread_high": max(values), "cac_by_month": None, "shares": None,
             "months": None, "months_left_out": 0}  # fmt: skip
    return Ladder(**parts | changes)


def curve(*months, n_months=12):
    counts = [n_months] * len(months) if isinstance(n_months, int) else n_months
    return pd.DataFrame({"lag_months": range(len(months)), "payback_months": months,
                         "cac_amount": [100.0 * value for value in months], "n_months": counts})  # fmt: skip


def line(cohort, shares, *, version="recognised", lost=0.1, wide=0.05, n=40):
    """Return a curve: what share has paid back by the ages from 1 on; n customers seen, a list or for all ages."""
    n = [n] * len(shares) if isinstance(n, int) else n
    shares = np.array(shares, dtype=float)
    return pd.DataFrame({
        "version": version, "cohort": cohort, "age_months": np.arange(1, len(shares) + 1), "n_at_risk": n,
        "paid_back_share": shares, "paid_back_low": np.maximum(shares - wide, 0), "paid_back_high": shares + wide,
        "lost_share": lost, "lost_low": lost / 2, "lost_high": 2 * lost,
    })  # fmt: skip


RISING = np.linspace(0.0, 0.57, 20)
"""3 points a month: 18 months after the first 51 %."""
CURVES = (line("all", RISING), line("FY24", RISING), line("FY25", RISING[:12] - 0.0), line("FY26", [0.0]),
          line("all", RISING + 0.1, version="collected"))  # fmt: skip


def realised(*curves):
    curves = pd.concat(curves or CURVES, ignore_index=True)
    keys = curves[["version", "cohort"]].drop_duplicates(ignore_index=True)
    return SimpleNamespace(curves=curves, by_cohort=keys.assign(n_customers=40))


GROUPS = (
    ("region", "AMER", 40, 18.0, 15.0, 22.0, False, ""),
    ("region", "APAC", 4, 40.0, 10.0, INF, True, "above"),
    ("region", "Unknown", 1, NAN, NAN, NAN, True, ""),
    ("segment", "enterprise", 20, 12.0, 9.0, 16.0, False, "below"),
    ("segment", "smb", 60, 25.0, 20.0, 31.0, False, "above"),
    ("type", "new", 80, 21.0, 18.0, 25.0, False, ""),
)


def groups(rows=GROUPS, drivers=("deal_days",)):
    columns = ["dimension", "group", "n_customers", "payback_months", "low", "high", "is_few", "sure"]
    table = pd.DataFrame(rows, columns=columns)
    return SimpleNamespace(table=table.assign(shrunk_months=22.0, shrunk_low=17.0, shrunk_high=30.0), drivers=drivers)


CHANNELS = (
    ("paid_search", 12.0, 25.0, 21.0, 30.0, "above", True),
    ("webinar", 2.0, 14.0, 12.0, 17.0, "below", False),
    ("organic", 1.0, 17.0, 15.0, 24.0, "depends", True),
    ("partner", 3.0, 19.0, 16.0, INF, "few", False),
    ("podcast", NAN, 16.0, 15.0, 17.0, "no_cost", False),
)


def channels(rows=CHANNELS, n_models=3, cause="own"):
    columns = ["channel", "own_payback_months", "payback_months", "lowest_months", "highest_months", "verdict",
               "is_sure"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    above = table["verdict"].map({"above": n_models, "depends": 1}).fillna(0).astype(int)
    table["cause"] = table["verdict"].map({"above": cause}).fillna("")
    return SimpleNamespace(by_channel=table.assign(spend_amount=100.0, n_deals=20, n_models=n_models, n_above=above),
                           model="linear")  # fmt: skip


def judged(*verdicts, sure=False, cause="own"):
    """Return channels C0, C1, … with these verdicts."""
    rows = [(f"C{n}", 3.0, 20.0, 15.0, 25.0, verdict, sure) for n, verdict in enumerate(verdicts)]
    return channels(rows, cause=cause)


def lifetime(seen=41, horizon=60, worth=(1000.0, 290.0)):
    """Return survival that falls by half a point a month, seen to an age and extrapolated from there on."""
    age = np.arange(horizon)
    share = 1 - 0.005 * age
    rows = pd.DataFrame({"age_months": age, "n_at_risk": 300 - 3 * age, "survival": share, "low": share - 0.0005 * age,
                         "high": share, "mean_amount": 9.0, "margin_amount": 8.0, "is_tail": age > seen})  # fmt: skip
    table = pd.DataFrame([(*worth, 300)], columns=["ltv_amount", "tail_amount", "n_customers"])
    return SimpleNamespace(curve=rows, table=table, horizon_months=horizon, observed_months=seen)


def quarters(*rows):
    """Return movements: name of the quarter, new, expansion, reactivation, contraction, churn, and its months."""
    columns = ["period", "new", "expansion", "reactivation", "contraction", "churn", "n_months"]
    table = pd.DataFrame(rows, columns=columns)
    net = table[columns[1:6]].sum(axis=1)
    closing = 1000.0 + net.cumsum()
    return SimpleNamespace(bridge=table.assign(opening=closing - net, closing=closing))


QUARTERS = (
    ("FY25-Q3", 1e6, 0.0, 0.0, 0.0, 0.0, 2),
    ("FY25-Q4", 50e3, 10e3, 1e3, -5e3, -10e3, 3),
    ("FY26-Q1", 40e3, 20e3, 0.0, -5e3, -15e3, 3),
    ("FY26-Q2", 30e3, 20e3, 0.0, -5e3, -20e3, 3),
    ("FY26-Q3", 30e3, 10e3, 2e3, -5e3, -25e3, 3),
    ("FY26-Q4", 5e3, 1e3, 0.0, 0.0, -1e3, 1),
)


def result(knobs=None, **changes):
    """Return a result with every chart in it; changes replace its parts."""
    parts = {
        "view": SimpleNamespace(company=SimpleNamespace(currency="USD")),
        "knobs": knobs or Knobs(),
        "ladder": rungs(),
        "lag": Lag(np.array([0.2, 0.3, 0.5]), 50, 2.0, 3, 0.6, None),
        "groups": groups(),
        "channels": channels(),
        "realised": realised(),
        "lifetime": lifetime(),
        "retention": quarters(*QUARTERS),
    }
    return SimpleNamespace(**parts | changes)


def drawn(**changes):
    return {chart.name: chart for chart in charts.draw(result(**changes))}


def one(name, **changes):
    """Return one of the charts; None where the data do not allow it."""
    return CLAIMS[name](result(**changes))


def texts(chart):
    return [text.get_text() for text in chart.axes.texts]


def rows_of(chart):
    return [text.get_text() for text in chart.axes.get_yticklabels()]


def spans(chart, width):
    """Return the ends of all lines of some width, in the order they were drawn."""
    lines = [line for line in chart.axes.get_lines() if line.get_linewidth() == width]
    return [tuple(float(end) for end in line.get_xdata()) for line in lines]


def dots(chart, size, marker="o"):
    """Return (x, y, is filled) of all marks of one shape and size."""
    lines = [line for line in chart.axes.get_lines() if line.get_marker() == marker and line.get_markersize() == size]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0]), line.get_markerfacecolor() != style.GROUND)
            for line in lines]  # fmt: skip


def lines_of(chart):
    """Return (ages, values, colour) of lines over more than two ages."""
    return [(list(line.get_xdata()), list(line.get_ydata()), line.get_color()) for line in chart.axes.get_lines()
            if len(line.get_xdata()) > 2]  # fmt: skip


def test_every_chart_has_data_with_units_and_draws_without_a_warning(recwarn):
    found = charts.draw(result())
    assert [chart.name for chart in found] == list(CLAIMS)
    for chart in found:
        assert len(chart.units) == len(chart.data.columns) and len(chart.data), chart.name
        assert svg(chart).startswith("<svg"), chart.name
        assert chart.alt.startswith(f"{chart.title}. ") and chart.alt.endswith("."), chart.name
        assert chart.caption.endswith(".") and len(chart.title) <= 100, chart.name
        for text in (chart.title, chart.alt, chart.caption):
            assert "caus" not in text and "nan" not in text and "inf" not in text and ".." not in text, text
        assert np.isfinite(chart.data.select_dtypes("number").fillna(0)).all(axis=None), chart.name
    assert [str(warning.message) for warning in recwarn] == []


def test_paid_back_and_left_are_told_by_the_target_with_the_cash_beside_them():
    """3 points a month from the first: 17 x 3 = 51 % by 18 months, the first age with half."""
    chart = one("paid_back")
    assert chart.title == "By 18 months 51% had repaid their cost and 10% had left before; half had repaid by 18 months"
    assert "By 12 months 33% (28% to 38%) paid back, 10% (5% to 20%) left before." in chart.alt
    assert chart.alt.endswith("In cash 67% by 20 months.")
    assert chart.caption == (
        "Share of 40 new customers by age, as far as 10 or more were seen, by recognised gross margin: expansion helps "
        "to repay. Each bears the CAC of its first month and segment, whatever it pays. Band: the range that holds 8 "
        "in 10 times when customers are drawn anew. Thin: paid back in cash."
    )
    (_, lost, red), (ages, paid, blue), (_, cash, grey) = lines_of(chart)
    assert ages == list(range(1, 21)) and (red, blue, grey) == (style.WARN, style.ACCENT, style.MUTE)
    np.testing.assert_allclose(paid, RISING)
    np.testing.assert_allclose(cash, RISING + 0.1)
    np.testing.assert_allclose(lost, 0.1)
    assert texts(chart) == ["left first", "paid back", "in cash", "target 18"]
    assert spans(chart, 1) == [(18, 18)]
    assert chart.data["in_cash"].iloc[-1] == pytest.approx(0.67)


def test_paid_back_stops_where_too_few_were_seen():
    n = [40] * 8 + [9] * 12
    found = realised(line("all", RISING, n=n), line("all", RISING, version="billed", n=n))
    chart = one("paid_back", realised=found)
    assert chart.title == "By 8 months 21% had repaid their cost and 10% had left before"
    assert texts(chart) == ["left first", "paid back", "as billed"], "no target within eight months"
    assert all(len(ages) == 8 for ages, *_ in lines_of(chart)) and len(chart.data) == 8
    assert one("paid_back", realised=realised(line("all", RISING, n=9))) is None
    assert one("paid_back", realised=realised(line("all", RISING), version := line("all", [], version="collected"))) \
        .caption.count("Thin") == len(version)  # fmt: skip


def test_who_left_is_told_at_the_last_age_that_is_known():
    found = line("all", RISING[:15])
    found.loc[14, ["lost_share", "lost_low", "lost_high"]] = NAN
    chart = one("paid_back", realised=realised(found))
    assert chart.title == "By 14 months 39% had repaid their cost and 10% had left before"
    assert chart.alt.endswith("By 15 months 42% (37% to 47%) paid back.")
    never = one("paid_back", realised=realised(line("all", RISING[:15], lost=NAN)))
    assert never.title == "By 15 months 42% had repaid their cost" and texts(never) == ["paid back"]


def test_paid_back_of_one_age_is_a_dot_with_its_range():
    chart = one("paid_back", realised=realised(line("all", [0.2])))
    assert chart.title == "By 1 month 20% had repaid their cost and 10% had left before"
    assert dots(chart, 5) == [(1, 0.1, True), (1, 0.2, True)]
    assert spans(chart, 5) == [(1, 1), (1, 1)]


def test_the_ladder_is_a_row_for_each_definition_the_headline_in_front():
    chart = one("ladder")
    assert chart.title == "The same company pays back in 4.0 to 30 months, by definition alone"
    assert "With people 15 (12 to 18); " in chart.alt and " Target 18 months. " in chart.alt
    assert rows_of(chart) == list(BASES.values()) and list(BASES) == list(RUNGS)
    assert [dot[:2] for dot in dots(chart, 6.5)] == list(zip(PAYBACKS, range(7), strict=True))
    np.testing.assert_allclose(spans(chart, 1.8), [(0.8 * value, 1.2 * value) for value in PAYBACKS])
    assert texts(chart) == ["4.0", "5.0", "15", "20", "30", "19", "21", "target 18"]
    front = chart.axes.get_yticklabels()[-1]
    assert front.get_weight() == "bold" and front.get_color() == style.ACCENT
    assert chart.axes.get_xlim() == (0, pytest.approx(1.03 * 36))
    assert "; in front: the one that this page goes by. Line: the range" in chart.caption


def test_a_slice_is_not_called_the_company():
    chart = one("ladder", knobs=Knobs(slice={"region": "EMEA"}))
    assert chart.title == "The same part of the company pays back in 4.0 to 30 months, by definition alone"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((4.0, *[NAN] * 6), "Only one definition gives a payback: 4.0 months"),
        ((20.0,) * 7, "20 months by each of 7 definitions"),
        ((20.0, 20.2, *[NAN] * 5), "20 months by each of 2 definitions"),
    ],
)
def test_the_title_of_the_ladder_counts_what_is_known(values, said):
    chart = one("ladder", ladder=rungs(values))
    assert chart.title == said
    if any(np.isnan(values)):
        assert chart.caption.endswith("Cost a median lag ago and Matched to later wins.")
        assert "in front" not in chart.caption and texts(chart).count("–") == sum(np.isnan(values))


def test_a_ladder_without_payback_is_not_drawn_and_one_without_ranges_is():
    assert one("ladder", ladder=rungs((NAN,) * 7)) is None
    chart = one("ladder", ladder=rungs(wide=NAN))
    assert "Line:" not in chart.caption and "(" not in chart.alt and len(dots(chart, 6.5)) == 7


def test_payback_without_an_upper_end_or_far_beyond_the_others_has_an_arrow():
    """The axis ends at four times the middle of eight values, 4 x 18.5 = 74, the target of 18 among them."""
    table = rungs((4.0, 5.0, 15.0, 20.0, 500.0, 19.0, 21.0)).rungs
    table.loc[6, "high"] = INF
    chart = one("ladder", ladder=rungs(rungs=table))
    assert [dot[:2] for dot in dots(chart, 7, ">")] == [(74, 4), (74, 6)]
    assert " Arrow: beyond 74 months." in chart.caption and "Matched to later wins 21 (17 or more)" in chart.alt
    assert 4 not in [dot[1] for dot in dots(chart, 6.5)], "a dot beyond the axis is not drawn"


def test_the_lag_curve_marks_the_median_and_the_measured_lag():
    chart = one("lag_curve")
    assert chart.title == "Counting cost up to 3 months earlier moves payback less than chance does: 15 to 21 months"
    assert chart.alt.endswith("0: 21, 1: 20, 2: 18, 3: 15. As measured: 21.")
    assert chart.caption.endswith("as this page does. Half of 50 customers took up to 2 months.")
    assert lines_of(chart)[0][:2] == ([0, 1, 2, 3], [21, 20, 18, 15])
    assert dots(chart, 9) == [(2, 18, True)]
    assert texts(chart) == ["measured\n21", "median lag: 18"]
    assert chart.axes.get_ylim()[0] == 0


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ((21.0, 20.0), "Counting cost up to 1 month earlier moves payback less than chance does: 20 to 21 months"),
        ((20.0, 20.1, 20.2), "Counting cost up to 2 months earlier leaves payback at 20 months"),
        ((20.0, 28.3), "Counting cost up to 1 month earlier moves payback less than chance does: 20 to 28 months"),
        ((20.0, 28.5), "Payback is 20 to 28 months, by how much earlier cost is counted"),
    ],
)
def test_the_title_of_the_lag_curve_says_whether_lag_matters(months, said):
    """Chance moves the headline of 21 months by a fifth up and down: by 8.4 in all."""
    assert one("lag_curve", ladder=rungs(curve=curve(*months))).title == said


def test_a_lag_curve_with_gaps_is_drawn_and_one_point_is_not():
    assert one("lag_curve", ladder=rungs(curve=curve(20.0, NAN))) is None
    chart = one("lag_curve", ladder=rungs((4.0, 5.0, 15.0, 20.0, 30.0, NAN, NAN),
                                          curve=curve(20.0, 25.0, NAN, n_months=[12, 8, 0])))  # fmt: skip
    assert texts(chart) == [], "no headline, and the median lag is not known"
    assert chart.caption.endswith(" From 1 month on the books know the cost of fewer of the months that it is for.")
    nobody = Lag(np.array([1.0]), 0, NAN, 0, NAN, "nobody")
    assert "Half of" not in one("lag_curve", lag=nobody).caption


def test_cohorts_compare_the_youngest_two_at_their_common_age():
    chart = one("cohorts")
    assert chart.title == "FY25 and FY24 do not differ beyond noise: 33% against 33% had repaid by 12 months"
    assert chart.alt.endswith(" FY24 57% by 20 months; FY25 33% by 12 months.")
    assert chart.caption.endswith(" Too young or too few to draw: FY26.")
    (old, _, grey), (young, _, front) = lines_of(chart)
    assert (len(old), grey, len(young), front) == (20, style.MUTE, 12, style.ACCENT)
    assert texts(chart) == ["FY24", "FY25"]
    assert list(chart.data) == ["age", "FY24", "FY25", "FY25 from", "FY25 to", "FY25 seen"] and len(chart.data) == 20
    np.testing.assert_allclose(chart.data.iloc[11], [12, 0.33, 0.33, 0.28, 0.38, 40])
    assert chart.data["FY25"].count() == 12


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ([line("FY24", RISING), line("FY25", RISING[:12] + 0.2)],
         "Customers of FY25 repay faster than those of FY24: 53% against 33% had repaid by 12 months"),
        ([line("FY24", RISING), line("FY25", RISING[:12] / 2)],
         "Customers of FY25 repay slower than those of FY24: 16% against 33% had repaid by 12 months"),
        ([line("FY24", RISING), line("FY25", RISING[:12] / 2, wide=NAN)],
         "FY25 and FY24 do not differ beyond noise: 16% against 33% had repaid by 12 months"),
        ([line("FY24", RISING), line("FY25", RISING[:12] + 0.09)],
         "FY25 and FY24 do not differ beyond noise: 42% against 33% had repaid by 12 months"),
        ([line("FY24", RISING + 0.09), line("FY25", RISING[:12])],
         "FY25 and FY24 do not differ beyond noise: 33% against 42% had repaid by 12 months"),
        ([line("FY24", RISING)], "Of FY24 57% had repaid their cost by 20 months; no other year is to compare"),
        ([line("FY24", RISING), line("FY25", RISING[:4])],
         "Of FY25 9% had repaid their cost by 4 months; too early to compare"),
        ([line("FY23", RISING), line("FY24", RISING + 0.2), line("FY25", RISING[:4])],
         "Customers of FY24 repay faster than those of FY23: 77% against 57% had repaid by 20 months"),
    ],
)  # fmt: skip
def test_the_title_of_cohorts_names_noise(curves, said):
    assert one("cohorts", realised=realised(*curves)).title == said


def test_of_many_cohorts_the_last_five_are_drawn_and_of_none_nothing():
    curves = [line(f"FY{year}", RISING) for year in range(20, 27)]
    chart = one("cohorts", realised=realised(*curves))
    assert texts(chart) == [f"FY{year}" for year in range(22, 27)] and " The last 5 of 7 years." in chart.caption
    assert one("cohorts", realised=realised(line("all", RISING))) is None


def test_groups_stand_under_their_dimension_slowest_first_and_few_are_drawn_to_the_whole():
    chart = one("groups")
    assert chart.title == "Smb takes longer than 18 months beyond chance; Enterprise pays back within them"
    assert rows_of(chart) == ["All new", "Segment", "Smb", "Enterprise", "Region", "APAC", "AMER"]
    assert dots(chart, 6.5) == [(21, 0, True), (25, 2, True), (12, 3, True), (22, 5, False), (18, 6, True)]
    np.testing.assert_allclose(spans(chart, 1.8), [(16.8, 25.2), (20, 31), (9, 16), (17, 30), (15, 22)])
    assert texts(chart) == ["21", "25  slower", "12  within", "22  few", "18", "target 18"]
    colours = [text.get_color() for text in chart.axes.texts]
    assert colours == [style.INK, style.WARN, style.ACCENT, style.INK, style.INK, style.INK]
    assert [text.get_weight() for text in chart.axes.get_yticklabels()] == [
        "normal", "bold", "normal", "normal", "bold", "normal", "normal"
    ]  # fmt: skip
    assert " Hollow: fewer than 10 customers, drawn to the whole." in chart.caption
    assert "APAC 22 (17 to 30), few, drawn to the whole; " in chart.alt
    assert chart.data["group"].tolist() == ["All new", "Smb", "Enterprise", "APAC", "AMER"]


def by_segment(*sides, name="S{}"):
    """Return segments, each above, below or neither beyond chance."""
    return groups([("segment", name.format(n), 20, 20.0, 15.0, 25.0, False, side) for n, side in enumerate(sides)])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (by_segment("", ""), "No segment or region is beyond chance slower than 18 months, nor quicker"),
        (by_segment("above", "above"), "S0 and S1 take longer than 18 months beyond chance"),
        (by_segment("below", ""), "S0 pays back within 18 months beyond chance"),
        (by_segment("below", "below", "below"), "S0, S1 and S2 pay back within 18 months beyond chance"),
        (by_segment(*["above"] * 4), "4 of 4 groups take longer than 18 months beyond chance"),
        (by_segment("above", "below", name="A long name of unit {}"),
         "1 of 2 groups takes longer than 18 months beyond chance; 1 of 2 groups pays back within them"),
        (by_segment("above", "above", "below", name="A long name of unit {}"),
         "2 of 3 groups take longer than 18 months beyond chance; 1 of 3 groups pays back within them"),
    ],
)  # fmt: skip
def test_the_title_of_groups_names_those_beyond_chance(found, said):
    assert one("groups", groups=found).title == said


def test_a_group_that_only_some_ways_to_share_cost_make_sure_is_not_named_and_said_to_be_so():
    found = by_segment("depends", "", "above")
    chart = one("groups", groups=SimpleNamespace(table=found.table, drivers=("deal_days", "deals")))
    assert chart.title == "S2 takes longer than 18 months beyond chance"
    assert "Slower, within: than the target, beyond chance, however cost is shared." in chart.caption
    assert "S0 20 (15 to 25), beyond chance by some ways to share cost only; S1 20 (15 to 25); " in chart.alt
    assert chart.data["beyond_chance"].tolist()[1:] == ["by some ways to share cost", "", "slower"]
    none = one("groups", groups=by_segment("depends", ""))
    assert (
        none.title == "However cost is shared, no segment or region is slower or quicker than 18 months beyond chance"
    )
    assert "Slower, within: than the target, beyond chance. " in f"{one('groups').caption} "


def test_groups_that_are_many_are_drawn_in_part_and_without_any_payback_not_at_all():
    chart = one("groups", groups=by_segment(*[""] * 10))
    assert len(rows_of(chart)) == 10 and " 2 groups with fewer customers not drawn." in chart.caption
    assert one("groups", groups=groups(GROUPS[2:3])) is None
    assert one("groups", groups=by_segment("above")) is None, "one group is the whole"
    two = groups([*GROUPS[:1], *GROUPS[2:3]])
    assert one("groups", groups=two).title == "AMER, the only group, is not beyond chance from the target of 18 months"
    alone = one("groups", ladder=rungs((4.0, 5.0, 15.0, 20.0, 30.0, NAN, NAN)))
    assert rows_of(alone)[0] == "Segment", "no payback of all to hold them against"


def test_channels_are_ranges_over_models_beside_the_target():
    chart = one("channels")
    assert chart.title == "1 of 3 channels takes longer than 18 months under every model, 1 under some, 1 under none"
    assert rows_of(chart) == ["Paid search", "Partner", "Organic", "Webinar"]
    most = chart.axes.get_xlim()[1]
    assert most == pytest.approx(34.5), "1.15 x 30, the last known end, leaves room for the arrow"
    np.testing.assert_allclose(spans(chart, 7), [(21, 30), (16, most), (15, 24), (12, 17)])
    assert dots(chart, 6.5) == [(25, 0, True), (19, 1, True), (17, 2, True), (14, 3, True)]
    assert dots(chart, 4.5) == [(12, 0, False), (3, 1, False), (1, 2, False), (2, 3, False)]
    assert [dot[:2] for dot in dots(chart, 7, ">")] == [(most, 1)]
    assert texts(chart)[:4] == ["slower", "few", "depends", "within?"]
    colours = [text.get_color() for text in chart.axes.texts[:4]]
    assert colours == [style.WARN, style.MUTE, style.INK, style.ACCENT]
    assert chart.caption == (
        "Months to pay back own cost and a share of overhead, lowest to highest of 3 models; dot: linear; ring: own "
        "cost alone (none beyond the target). Question mark: not beyond chance. Few: fewer than 10 won deals. Arrow: "
        "beyond 34 months, or nothing credited. No known cost: Podcast."
    )
    assert "Partner 16 or more (too few deals; own cost alone 3.0)" in chart.alt
    assert "Webinar 12 to 17 (within the target under every model, not beyond chance; own cost alone 2.0)" in chart.alt


@pytest.mark.parametrize(("sure", "unsure"), [(True, ""), (False, ", not beyond chance")])
def test_a_channel_that_overhead_makes_slow_is_grey_and_no_cut_of_it_is_said_to_help(sure, unsure):
    chart = one("channels", channels=judged("above", sure=sure, cause="overhead"))
    (word, *_) = chart.axes.texts
    assert (word.get_text(), word.get_color(), word.get_weight()) == ("overhead", style.MUTE, "normal")
    assert {part.get_color() for part in chart.axes.lines if part.get_linewidth() == 7} == {style.MUTE}
    assert chart.data["verdict"].tolist() == ["overhead"]
    assert chart.caption == (
        "Months to pay back own cost and a share of overhead, lowest to highest of 3 models; dot: linear; ring: own "
        "cost alone (none beyond the target). Overhead: slower even without own cost, so no cut of that mends it."
    )
    title = f"C0 takes longer than 18 months under every model{'' if sure else ', maybe by chance'}"
    assert chart.title == title and chart.alt == (
        f"{title}. Target 18 months. C0 15 to 25 (slower than the target under every model even without its own cost"
        f"{unsure}; own cost alone 3.0)."
    )


@pytest.mark.parametrize("cause", ["own", "together"])
def test_a_channel_that_its_own_cost_makes_slow_is_red(cause):
    chart = one("channels", channels=judged("above", sure=True, cause=cause))
    assert (texts(chart)[0], chart.axes.texts[0].get_color()) == ("slower", style.WARN)
    assert "Overhead:" not in chart.caption


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (judged("above", "above"), "All 2 channels take longer than 18 months under every model, maybe by chance"),
        (judged("above", sure=True), "C0 takes longer than 18 months under every model"),
        (judged("below", sure=True), "C0 pays back within 18 months under every model"),
        (judged("below", "below", "depends", sure=True),
         "2 of 3 channels pay back within 18 months under every model, 1 under some"),
        (judged("depends"), "Whether C0 pays back within 18 months depends on the model"),
        (judged("depends", "depends"), "Whether either of 2 channels pays back within 18 months depends on the model"),
        (judged(*["depends"] * 3, "few"), "Whether any of 3 channels pays back within 18 months depends on the model"),
        (judged("few"), "Too few deals to say whether a channel pays back in time"),
        (judged("few", "few"), "Too few deals to say whether channels pay back in time"),
        (channels(CHANNELS[:1], n_models=1), "Paid search takes longer than 18 months under the only model"),
    ],
)  # fmt: skip
def test_the_title_of_channels_counts_verdicts(found, said):
    assert one("channels", channels=found).title == said


def test_channels_of_which_nothing_is_judged_are_not_drawn():
    assert one("channels", channels=channels(CHANNELS[4:])) is None
    untold = [("a", 3.0, NAN, NAN, NAN, "untold", False), ("b", 3.0, NAN, NAN, NAN, "few", False)]
    assert one("channels", channels=channels(untold)) is None
    many = one("channels", channels=judged(*["above"] * 14))
    assert len(rows_of(many)) == 12 and " The 12 slowest of 14 channels." in many.caption and len(many.data) == 14


def test_survival_is_seen_and_then_extrapolated():
    """Half a point a month: 79.5 % after 41 months; the tail holds 290 of 1000."""
    chart = one("survival")
    assert chart.title == "80% are still there after 41 months; 29% of lifetime value is extrapolated"
    assert "94% (93% to 94%) after 12 months; " in chart.alt and chart.alt.endswith("after 59 months, extrapolated.")
    (seen, shares, front), (tail, _, grey) = lines_of(chart)
    assert (seen[0], seen[-1], front) == (0, 41, style.ACCENT) and (tail[0], tail[-1], grey) == (41, 59, style.MUTE)
    assert shares[-1] == pytest.approx(0.795)
    assert texts(chart) == ["seen", "extrapolated"]
    assert chart.caption.startswith("Share of 300 new customers still paying, by age. Band: ")
    assert chart.data["age"].tolist() == [*range(0, 42, 3), 41, *range(42, 60, 3)]
    assert chart.data["extrapolated"].tolist() == [""] * 15 + ["yes"] * 6


def test_survival_seen_to_the_horizon_or_without_a_value_says_so():
    whole = one("survival", lifetime=lifetime(seen=60, horizon=36))
    assert whole.title == "82% are still there after 35 months, all of it seen" and texts(whole) == ["seen"]
    poor = one("survival", lifetime=lifetime(worth=(-5.0, -1.0)))
    assert poor.title == "80% are still there after 41 months; what lies beyond, up to 60 months, is extrapolated"
    short = one("survival", lifetime=lifetime(seen=0, horizon=2))
    assert short.title.startswith("100% are still there after 0 months; ") and svg(short)
    nothing = lifetime()
    nothing.curve = nothing.curve.iloc[:0]
    assert one("survival", lifetime=nothing) is None


def test_the_bridge_stacks_what_was_won_and_lost_in_each_quarter():
    """The last four whole quarters won 61 + 60 + 50 + 42 = 213, and lost 15 + 20 + 25 + 30 = 90."""
    chart = one("bridge", retention=quarters(*QUARTERS[1:]))
    assert chart.title == "The last four whole quarters won $213K a month of recurring revenue and lost $90K"
    assert "FY25-Q4 won $61K, lost $15K; " in chart.alt and "FY26-Q4, 1 month of it won $6.0K, lost $1.0K." in chart.alt
    whole = [patch for patch in chart.axes.patches if patch.get_x() < 3.5]
    tops = {}
    for patch in whole:
        number = round(patch.get_x() + patch.get_width() / 2)
        low, high = tops.get(number, (0.0, 0.0))
        end = patch.get_y() + patch.get_height()
        tops[number] = (min(low, end), max(high, end))
    assert tops == {0: (-15e3, 61e3), 1: (-20e3, 60e3), 2: (-25e3, 50e3), 3: (-30e3, 42e3)}
    net = next(line for line in chart.axes.get_lines() if line.get_marker() == "D" and len(line.get_ydata()) > 1)
    assert list(net.get_ydata()) == [46e3, 40e3, 25e3, 12e3, 5e3]
    assert texts(chart) == ["new", "expansion", "reactivation", "net", "contraction", "churn"]
    names = [label.get_text() for label in chart.axes.get_xticklabels()]
    assert names == ["Q4\nFY25", "Q1\nFY26", "Q2", "Q3", "Q4"]
    pale = [patch.get_alpha() for patch in chart.axes.patches if patch.get_x() > 3.5]
    assert max(pale) == pytest.approx(0.4) and max(patch.get_alpha() for patch in whole) == 1
    assert chart.caption.endswith(" Pale: not all of its months are in it.")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (QUARTERS[:1], "The months told so far won $1.0M a month of recurring revenue and lost $0"),
        (QUARTERS[:2], "The last whole quarter won $61K a month of recurring revenue and lost $15K"),
        (QUARTERS[1:3], "The last two whole quarters won $121K a month of recurring revenue and lost $35K"),
    ],
)
def test_the_title_of_the_bridge_tells_whole_quarters(rows, said):
    assert one("bridge", retention=quarters(*rows)).title == said


def test_the_bridge_draws_eight_quarters_and_names_only_what_moved():
    still = [(f"FY{year}-Q{n}", 5.0, 0.0, 0.0, 0.0, 0.0, 3) for year in (24, 25, 26) for n in (1, 2, 3, 4)]
    chart = one("bridge", retention=quarters(*still))
    assert len(chart.data) == 8 and texts(chart) == ["new", "net"]
    none = one("bridge", retention=quarters(("FY26-Q1", 0.0, 0.0, 0.0, 0.0, 0.0, 3)))
    assert texts(none) == ["net"] and svg(none)
    assert one("bridge", retention=quarters()) is None


def test_without_bills_what_needs_them_is_left_out():
    nothing = lifetime()
    nothing.curve, nothing.table = nothing.curve.iloc[:0], nothing.table.iloc[:0]
    empty = realised()
    empty.curves, empty.by_cohort = empty.curves.iloc[:0], empty.by_cohort.iloc[:0]
    found = drawn(realised=empty, lifetime=nothing, retention=quarters())
    assert list(found) == ["ladder", "lag_curve", "groups", "channels"]
    bare = drawn(realised=empty, lifetime=nothing, retention=quarters(), groups=groups(GROUPS[:0]),
                 channels=channels(CHANNELS[:0]), ladder=rungs((NAN,) * 7, curve=curve(NAN)))  # fmt: skip
    assert bare == {}


HOSTILE = ["<img src=x onerror=alert(1)>", "$x$ & co", "W" * 80, "two\nlines", "Nord " * 20]
NAMED = {
    "groups": groups([("segment", name, 20, 20.0 + n, 15.0, 31.0, n == 3, "above" if n < 2 else "")
                      for n, name in enumerate(HOSTILE)]),
    "channels": channels([(name, 3.0, 20.0 + n, 15.0, 25.0 + n, "above", n > 2) for n, name in enumerate(HOSTILE)]),
}  # fmt: skip


def test_names_with_markup_or_at_length_are_text_within_the_drawing():
    found = drawn(**NAMED)
    for name in NAMED:
        drawing = svg(found[name])
        assert "<img" not in drawing and "&lt;img" in drawing and "$x$ &amp; co" in drawing
        assert found[name].axes.get_window_extent().width > 60, "names leave room for the marks"
        assert all(len(row.splitlines()) <= 2 for row in rows_of(found[name]))
        assert len(found[name].title) <= 100


def test_the_order_of_rows_changes_nothing():
    assert svg(one("groups")) == svg(one("groups", groups=groups(GROUPS[::-1])))
    assert svg(one("channels")) == svg(one("channels", channels=channels(CHANNELS[::-1])))


def test_drawing_changes_no_global_state_and_gives_the_same_bytes_twice():
    before = dict(mpl.rcParams)
    first, second = ([svg(chart) for chart in charts.draw(result())] for _ in range(2))
    assert first == second and dict(mpl.rcParams) == before
    colours = set(re.findall("#[0-9a-f]{6}", "".join(first)))
    assert colours <= set(style.COLOURS), "only colours that follow the page"


def drawn_texts(ax):
    """Return what is written in a chart, but for ticks that lie outside it or belong to an axis that is not shown."""
    ticks = []
    for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        shown = [tick for tick in axis.get_major_ticks() if min(ends) <= tick.get_loc() <= max(ends)]
        ticks += [label for tick in shown for label in (tick.label1, tick.label2) if axis.get_visible()]
    return [text for text in (*ax.texts, *ticks) if text.get_visible() and text.get_text()]


CLOSE = [line(f"FY{year}", RISING + 0.001 * year) for year in range(22, 27)]
VARIED = {
    "all": {},
    "hostile": NAMED | {"knobs": Knobs(target_months=29), "lifetime": lifetime(seen=3),
                        "ladder": rungs(wide=NAN, curve=curve(*range(1, 25))),
                        "retention": quarters(*[(f"FY2{n}-Q4", 10.0, 0, 5.0, -5e5, -9e5, 3) for n in range(8)])},
    "short": {"realised": realised(line("all", [0.2]), line("FY26", [0.0, 0.1])), "lifetime": lifetime(0, 2),
              "ladder": rungs(curve=curve(20.0, 21.0)), "retention": quarters(QUARTERS[1])},
    "far": {"knobs": Knobs(target_months=1.5), "lifetime": lifetime(seen=57),
            "realised": realised(line("all", RISING * 0.0), line("all", RISING * 0.0, version="collected"), *CLOSE),
            "ladder": rungs((4.0, 5.0, 15.0, 20.0, 5000.0, 19.0, INF))},
}  # fmt: skip


@pytest.mark.parametrize("changes", VARIED.values(), ids=VARIED)
def test_nothing_drawn_reaches_beyond_the_figure_and_no_text_stands_on_another(changes):
    for chart in charts.draw(result(**changes)):
        figure = chart.axes.figure
        with style.report():
            figure.draw_without_rendering()
        assert figure.get_figwidth() * 72 <= 350
        shown = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]
        assert all(text.get_fontsize() >= 11 for text in shown)
        assert chart.axes.get_window_extent().width > 60, chart.name
        boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(chart.axes)]
        for said, box in boxes:
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, (chart.name, said)
            assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, (chart.name, said)
        for (one, a), (other, b) in itertools.combinations(boxes, 2):
            wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 1 or high <= 0.15 * min(a.height, b.height), (chart.name, one, other)


@pytest.fixture(scope="module")
def measured(sample):
    """Return the report on the sample company, with few draws."""
    view = sample.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1))
    return measure(view, Knobs(draws=100, models=("linear", "first_touch", "last_touch")), published(ROOT))


def test_of_the_sample_everything_can_be_drawn_and_the_titles_are_what_its_tables_say(measured):
    found = {chart.name: chart for chart in charts.draw(measured)}
    assert list(found) == list(CLAIMS)
    for chart in found.values():
        assert len(chart.units) == len(chart.data.columns) and len(chart.title) <= 100 and svg(chart)
    whole = [row for row in measured.retention.bridge.itertuples() if row.n_months == 3][-4:]
    won = sum(row.new + row.expansion + row.reactivation for row in whole)
    lost = -sum(row.contraction + row.churn for row in whole)
    said = f"won {wording.money(won, 'USD')} a month of recurring revenue and lost {wording.money(lost, 'USD')}"
    assert found["bridge"].title == f"The last four whole quarters {said}"
    row = next(row for row in measured.realised.curves.itertuples()
               if (row.version, row.cohort, row.age_months) == ("recognised", "all", 18))  # fmt: skip
    shares = f"{wording.share(row.paid_back_share)} had repaid their cost and {wording.share(row.lost_share)} had left"
    assert found["paid_back"].title.startswith(f"By 18 months {shares} before")
    told = [months for months in measured.ladder.rungs["payback_months"] if months == months]
    ends = f"{wording.months(min(told))} to {wording.months(max(told))} months"
    assert found["ladder"].title == f"The same company pays back in {ends}, by definition alone"


def test_short_words():
    assert aged(1) == "1 month" and aged(18.0) == "18 months" and aged(7.5) == "7.5 months"
    assert ranged(18, 24) == " (18 to 24)" and ranged(18, INF) == " (18 or more)"
    assert ranged(NAN, 24) == ranged(18, NAN) == ranged(INF, INF) == ""
    assert named(["a", "b"]) == "a and b" and named(["a", "b", "c"]) is None and named(["a" * 25]) is None
