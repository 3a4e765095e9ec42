"""Published figures stand only beside a number that means the same, and what differs is said."""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from companies_of_people import states

from frames import as_of, book, deal
from revops.analysis.peers import COLUMNS, FLAGS, About
from revops.analysis.peers import peers as beside
from revops.benchmarks import BANDS, published
from revops.errors import MeasureError
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.efficiency import Efficiency
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.likeness import DOUBTS, LIKE, OF_COST, Told, our_numbers
from revops.measures.cac_payback.window import window_of

FIGURES = published(Path(__file__).parents[2])
KEYS = list(dict.fromkeys((like.id, like.basis) for like in LIKE))
OURS = pd.DataFrame(KEYS, columns=["id", "basis"]).assign(ours=1.0)
ABOUT = About(dt.date(2026, 6, 9), 12e6, 40e3, "USD")
SAME = "same definition, as far as it is told"


def peers(figures, ours, knobs, about):
    """Return figures beside our numbers, by the definitions of this report."""
    return beside(figures, ours, LIKE, knobs, about, doubts=DOUBTS)


def figure(**given):
    """Return one published figure: the median NRR of all companies in 2024, 101 %, grade A, but for what is given."""
    row = {"metric": "nrr", "segment_dimension": "all", "segment": "private SaaS", "statistic": "median",
           "value": 101.0, "unit": "percent", "year": "2024", "sample_size": None, "publisher": "A", "title": "B",
           "url": "https://a.example/", "grade": "A", "read_date": pd.Timestamp("2026-11-21"), "note": None,
           "year_end": pd.Timestamp("2024-12-31"), "band_low": np.nan, "band_high": np.nan, **given}  # fmt: skip
    return pd.DataFrame([row]).astype(FIGURES.dtypes.to_dict())


def banded(dimension, low, high, **given):
    return figure(segment_dimension=dimension, segment="a band", band_low=low, band_high=high, **given)


def judged(figures, about=ABOUT, **knobs):
    row = peers(figures, OURS, Knobs(**knobs), about).table.iloc[0]
    return row["flag"], row["why"]


def test_every_definition_of_ours_is_in_the_file():
    for like in LIKE:
        of = FIGURES[FIGURES["metric"].eq(like.metric)]
        assert of["unit"].str.startswith(like.unit).any(), like


def test_no_row_is_shown_without_grade_flag_and_reason():
    table = peers(FIGURES, OURS, Knobs(), ABOUT).table
    assert list(table) == COLUMNS and isinstance(table.index, pd.RangeIndex) and len(table) == 97
    assert table["grade"].isin(list("ABC")).all() and table["flag"].isin(FLAGS).all()
    assert table["why"].ne("").all() and table["publisher"].notna().all() and table["url"].notna().all()
    assert table.loc[table["year"].isna(), "why"].str.contains("no year is printed").all()
    assert table["year"].isna().sum() == 1


def test_magic_numbers_of_different_definitions_are_never_compared():
    table = peers(FIGURES, OURS, Knobs(), ABOUT).table
    of = table[table["id"].eq("magic_number")].groupby("basis")["value"].agg(list)
    assert of.to_dict() == {"gross_new": [0.68, 1.37], "net_new": [0.34, 0.68, 1.1, 0.9]}
    assert table.loc[table["value"].eq(0.9) & table["id"].eq("magic_number"), "flag"].item() == "not comparable"


@pytest.mark.parametrize(
    ("figures", "flag", "why"),
    [
        (figure(), "comparable", SAME),
        (figure(grade="B"), "comparable", SAME + "; read in a copy, or a partner's write-up"),
        (figure(grade="C"), "caution", "quoted by another page, the original was not read"),
        (figure(grade="D"), "not comparable", "method not disclosed"),
        (figure(year=None, year_end=pd.NaT), "caution", "no year is printed"),
        (figure(year="2022", year_end=pd.Timestamp("2022-12-31")), "caution", "old: data of 2022"),
        (figure(year="2023", year_end=pd.Timestamp("2023-12-31")), "comparable", SAME),
        (figure(year="2027", year_end=pd.Timestamp("2027-12-31")), "caution",
         "of a later time than the day of the report: 2027"),
        (figure(year="2026-07", year_end=pd.Timestamp("2026-07-31")), "caution",
         "of a later time than the day of the report: 2026-07"),
        (figure(year="2026-06", year_end=pd.Timestamp("2026-06-30")), "comparable", SAME),
        (figure(segment_dimension="company_type", segment="public SaaS"), "not comparable",
         "companies on a stock exchange: public SaaS"),
        (figure(segment_dimension="industry", segment="Aviation", grade="C"), "not comparable",
         "companies of another line of business: Aviation; quoted by another page, the original was not read"),
        (figure(segment_dimension="funding", segment="VC-backed"), "caution", "only companies of one kind: VC-backed"),
        (figure(statistic="best_in_class"), "caution", "of the best, not of the middle"),
        (figure(statistic="median_or_mean"), "caution", "the page does not say which average"),
        (figure(metric="cac_payback_months", unit="months", note="basis not stated"), "caution",
         "the page does not say whether of revenue or of gross margin"),
        (figure(metric="burn_multiple", unit="x", segment_dimension="rating", segment="good"), "caution",
         "theirs burns cash, ours is the loss of the books; a rule of thumb, not a survey: good"),
        (banded("arr_band", 10e6, 50e6), "comparable", SAME + "; companies of our size: recurring revenue of a band"),
        (banded("arr_band", 12e6, 50e6), "comparable", SAME + "; companies of our size: recurring revenue of a band"),
        (banded("arr_band", 5e6, 12e6), "not comparable", "companies of another size: recurring revenue of a band"),
        (banded("arr_band", 5e6, math.inf), "comparable",
         SAME + "; companies of our size: recurring revenue of a band"),
        (banded("acv_band", 25e3, 50e3), "comparable", SAME + "; companies of our size: contracts of a band"),
        (banded("acv_band", 50e3, 100e3), "not comparable", "companies of another size: contracts of a band"),
        (banded("arpa_band", 1000.0, math.inf), "comparable", SAME + "; companies of our size: accounts of a band"),
        (banded("arr_band", 20e6, 20e6), "comparable", SAME + "; companies of our size: recurring revenue of a band"),
        (banded("arr_band", 25e6, 25e6), "not comparable", "companies of another size: recurring revenue of a band"),
    ],
)  # fmt: skip
def test_a_figure_is_as_comparable_as_the_least_of_what_is_known_of_it(figures, flag, why):
    assert judged(figures, grades=("A", "B", "C", "D")) == (flag, why)


def test_a_size_that_nobody_knows_is_said():
    about = About(ABOUT.day, math.nan, math.nan, "USD")
    assert judged(banded("arr_band", 10e6, 50e6), about) == (
        "caution", "our own size is not known: recurring revenue of a band")  # fmt: skip


def test_a_band_in_dollars_is_held_against_euros_with_caution():
    about = About(ABOUT.day, 12e6, 40e3, "EUR")
    why = "the band is in dollars, our amounts are in EUR; companies of our size: recurring revenue of a band"
    assert judged(banded("arr_band", 10e6, 50e6), about) == ("caution", why)
    assert judged(banded("arr_band", 10e6, 50e6), about, arr_band="$10M-$50M")[0] == "comparable"
    assert judged(figure(), about) == ("comparable", SAME)


@pytest.mark.parametrize(
    ("asked", "flag"),
    [("$10M-$50M", "comparable"), ("$15M-$30M", "comparable"), ("$5M-$20M", "not comparable"), (">$50M",
                                                                                             "not comparable")],
)  # fmt: skip
def test_a_band_that_is_asked_for_is_ours_whole(asked, flag):
    assert judged(banded("arr_band", 10e6, 50e6), About(ABOUT.day, 1e6, 40e3, "USD"), arr_band=asked)[0] == flag


def test_a_band_without_an_amount_is_refused():
    with pytest.raises(MeasureError) as error:
        peers(FIGURES, OURS, Knobs(arr_band="small"), ABOUT)
    assert str(error.value) == (
        "arr_band=small: must be auto or a band of amounts such as $5M-$50M; found no amount. Name the band that your "
        "recurring revenue a year lies in."
    )


def test_figures_come_in_the_unit_of_ours():
    table = peers(FIGURES, OURS, Knobs(), ABOUT).table
    units = table.drop_duplicates(["id", "unit"]).set_index("id")["unit"].to_dict()
    assert units == {
        "payback_months": "months", "cac_ratio": "x", "magic_number": "x", "burn_multiple": "x", "nrr": "share",
        "grr": "share", "logo_churn_rate": "share", "ltv_to_cac": "x", "gross_margin_share": "share",
        "sales_marketing_share": "share", "expansion_share": "share", "new_business_share": "share",
    }  # fmt: skip
    assert table.loc[table["unit"].eq("share"), "value"].between(0.1, 1.3).all()
    assert peers(figure(), OURS, Knobs(), ABOUT).table["value"].item() == pytest.approx(1.01)


def test_only_the_grades_asked_for_are_shown():
    assert set(peers(FIGURES, OURS, Knobs(grades=("A",)), ABOUT).table["grade"]) == {"A"}
    table = peers(FIGURES, OURS, Knobs(grades=("D",)), ABOUT).table
    assert len(table) == 8 and set(table["flag"]) == {"not comparable"}


def test_where_no_sound_figure_exists_it_is_said():
    ours = OURS.assign(ours=OURS["ours"].where(OURS["id"].ne("nrr")))
    result = peers(FIGURES, ours, Knobs(grades=("A",)), ABOUT)
    assert "nrr" not in set(result.table["id"])
    assert result.why == {
        "nrr": "our own number is not known",
        "burn_multiple": "no published figure of this definition was found",
        "logo_churn_rate": "no published figure of this definition was found",
        "ltv_to_cac": "none of the 9 published figures is comparable",
        "gross_margin_share": "no published figure of this definition was found",
        "sales_marketing_share": "no published figure of this definition was found",
    }


def test_one_figure_that_is_not_comparable_is_told_as_one():
    result = peers(figure(grade="D"), OURS[OURS["id"].eq("nrr")], Knobs(grades=("D",)), ABOUT)
    assert result.why == {"nrr": "the one published figure is not comparable"}


@pytest.mark.parametrize("figures", [FIGURES.iloc[:0], FIGURES])
def test_without_figures_or_numbers_the_table_is_empty_but_whole(figures):
    result = peers(figures, OURS.assign(ours=np.nan), Knobs(), ABOUT)
    assert result.table.empty and list(result.table) == COLUMNS
    assert set(result.why.values()) == {"our own number is not known"} and set(result.why) == set(OURS["id"])


def test_the_order_of_rows_changes_nothing():
    one = peers(FIGURES, OURS, Knobs(), ABOUT)
    other = peers(FIGURES.sample(frac=1, random_state=3), OURS.iloc[::-1], Knobs(), ABOUT)
    pd.testing.assert_frame_equal(one.table, other.table)
    rank = one.table.assign(rank=one.table["flag"].map(FLAGS.index)).groupby(["id", "basis"])["rank"]
    assert rank.agg(lambda ranks: ranks.is_monotonic_increasing).all()


@pytest.mark.parametrize("arr", [0.5e6, 3e6, 12e6, 40e6, 100e6])
@pytest.mark.parametrize("acv", [5e3, 20e3, 400e3])
def test_flags_of_the_whole_file_agree_with_a_plain_loop(arr, acv):
    table = peers(FIGURES, OURS, Knobs(), About(ABOUT.day, arr, acv, "USD")).table
    counted = table["flag"].value_counts().to_dict()
    expected = dict.fromkeys(counted, 0)
    for row in FIGURES.to_dict("records"):
        for like in LIKE:
            if row["metric"] == like.metric and row["unit"].startswith(like.unit) and row["grade"] != "D":
                flag = FLAGS[slow_level(row, like, arr, acv)]
                expected[flag] = expected.get(flag, 0) + 1
    assert counted == {flag: n for flag, n in expected.items() if n}


def slow_level(row, like, arr, acv):
    by, year = row["segment_dimension"], str(row["year"])
    if by in ("company_type", "industry") or like.level == 2:
        return 2
    if by in BANDS:
        mine = {"arr_band": arr, "revenue_band": arr, "acv_band": acv, "arpa_band": acv / 12}[by]
        low, high = row["band_low"], row["band_high"]
        if low == high:
            low, high = low / 2, high * 2
        if not low <= mine < high:
            return 2
    is_old = year == "nan" or year[:7] < "2023" or row["statistic"] in ("best_in_class", "median_or_mean")
    unstated = row["metric"] == "cac_payback_months" and "basis not stated" in str(row["note"])
    return 1 if row["grade"] == "C" or like.level or is_old or unstated or by in ("funding", "rating") else 0


RUNGS = pd.DataFrame({"basis": ["fully_loaded", "new_logo", "lagged"], "spend_amount": [600.0, 480.0, 400.0],
                      "new_amount": [40.0, 20.0, 20.0], "payback_months": [20.0, 32.0, 27.0]})  # fmt: skip
KEPT = pd.DataFrame({"measure": ["nrr", "grr", "logo_churn_rate", "nrr"], "scope": ["all"] * 3 + ["without_top"],
                     "value": [1.04, 0.9, 0.15, 0.7]})  # fmt: skip


def own(told, *, why=None, source="ledger"):
    """Return our numbers of April to June and two quarters before: the books lack June, and lose 0.25 in cogs."""
    window = window_of(as_of(book([deal("0", created_at="2024-01-01 09:00")], states([deal("0")])), "2026-06-30"),
                       Knobs(quarters=0))  # fmt: skip
    totals = pd.DataFrame({"revenue": [9e9, 100.0, 300.0, np.nan], "sales": [9e9, 40.0, 40.0, np.nan],
                           "marketing": [9e9, 10.0, 30.0, np.nan]},
                          index=pd.date_range("2026-03-01", periods=4, freq="MS"))  # fmt: skip
    margin = np.nan if source == "campaigns" else 0.75
    books = Books(source, totals.index, None, None, None, totals, margin, source, why or {})
    magic = pd.DataFrame({
        "quarter": [f"FY25-Q{n}" for n in (1, 2, 3, 4)] + ["FY26-Q1", "FY26-Q2"],
        "numerator_amount": [999.0, 10.0, -2.0, 20.0, 12.0, np.nan], "spend_amount": [1.0, 10.0, 10.0, 10.0, 20.0, 9.0],
        "note": [None, None, "not meaningful: nothing was added", None, None, "not over: 2 of 3 months"],
    })  # fmt: skip
    holed = magic.assign(numerator_amount=magic["numerator_amount"].where(magic["quarter"].ne("FY25-Q3")))
    both = pd.concat([magic.assign(variant="net_new"), holed.assign(variant="gross_new")])
    found = Efficiency(both, pd.DataFrame({"burn_multiple": [1.7]}), pd.DataFrame(), {})
    return our_numbers(window, books, found, told).set_index(["id", "basis"])["ours"]


def test_our_numbers_in_the_shape_of_others_by_hand():
    """The last four whole quarters added 40 for 50; June is in no books, March not in the window."""
    moved = pd.DataFrame({"period": ["2026-03", "2026-04", "2026-06"], "new": [9e9, 10.0, 20.0],
                          "expansion": [9e9, 15.0, 5.0], "reactivation": [0.0, 10.0, 0.0]})  # fmt: skip
    ours = own(Told(RUNGS, KEPT, moved, pd.DataFrame({"ltv_to_cac": [3.4]}))).to_dict()
    assert list(ours) == KEYS
    assert np.isnan(ours.pop(("magic_number", "gross_new")))  # one of its four quarters is not known
    assert ours == pytest.approx({
        ("payback_months", "new_logo"): 32, ("cac_ratio", "new_logo"): 480 / (12 * 20),
        ("cac_ratio", "fully_loaded"): 600 / (12 * 40), ("magic_number", "net_new"): (10 - 2 + 20 + 12) / 50,
        ("burn_multiple", "year"): 1.7, ("nrr", "all"): 1.04, ("grr", "all"): 0.9, ("grr", "lost"): 0.1,
        ("logo_churn_rate", "kept"): 0.85, ("ltv_to_cac", "horizon"): 3.4, ("gross_margin_share", "window"): 0.75,
        ("sales_marketing_share", "window"): 120 / 400, ("expansion_share", "of_new"): 20 / 50,
        ("expansion_share", "of_gained"): 20 / 60, ("new_business_share", "of_gained"): 30 / 60,
    })  # fmt: skip


@pytest.mark.parametrize("given", [{"source": "campaigns"}, {"why": {"spend": "no account is mapped"}}])
def test_without_accounts_of_sales_there_is_no_share_of_cost(given):
    assert np.isnan(own(Told(RUNGS), **given)["sales_marketing_share", "window"])


def test_a_cost_without_people_is_compared_with_no_published_cost():
    told = Told(RUNGS, KEPT, None, pd.DataFrame({"ltv_to_cac": [3.4]}))
    whole, ours = own(told), own(told, source="campaigns")
    of_cost = ours.index.get_level_values("id").isin(OF_COST)
    assert OF_COST == ("payback_months", "cac_ratio", "ltv_to_cac") and of_cost.sum() == 4
    assert whole[of_cost].notna().all() and ours[of_cost].isna().all()
    assert ours["nrr", "all"] == 1.04 and ours["grr", "all"] == 0.9
    assert not set(peers(FIGURES, ours.reset_index(), Knobs(), ABOUT).table["id"]) & set(OF_COST)


def test_our_numbers_are_unknown_where_nothing_tells_them():
    ours = own(Told(RUNGS.iloc[:0]), source="campaigns").drop(["magic_number", "burn_multiple"], level="id")
    assert ours.isna().all() and len(ours) == len(KEYS) - 3
    assert peers(FIGURES, ours.reset_index(), Knobs(), ABOUT).table.empty
