"""Published figures of funnels stand beside ours only with grade, year and what differs; quartiles place a number."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.analysis.peers import FLAGS, NEAR, OFF, PLACE_COLUMNS, SAME, About, Doubt, Like, peers, placed
from revops.benchmarks import published
from revops.errors import MeasureError
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.likeness import DOUBTS, LIKE, NAMES, others, our_numbers

FIGURES = published(Path(__file__).parents[2])
DATED = FIGURES.assign(year=FIGURES["year"].fillna("2025"),
                       year_end=FIGURES["year_end"].fillna(pd.Timestamp("2025-12-31")))  # fmt: skip
ABOUT = About(dt.date(2026, 6, 9), 12e6, 22e3, "USD")
OURS = our_numbers({key: 40.0 if "days" in key[0] or "hours" in key[0] else 0.3 for key in NAMES})


def figure(**given):
    """Return one published figure: a mean win rate of 20 % in 2025, grade A, but for what is given."""
    row = {"metric": "win_rate", "segment_dimension": "all", "segment": "B2B", "statistic": "mean", "value": 20.0,
           "unit": "percent", "year": "2025", "sample_size": None, "publisher": "A", "title": "B",
           "url": "https://a.example/", "grade": "A", "read_date": pd.Timestamp("2026-11-21"), "note": None,
           "year_end": pd.Timestamp("2025-12-31"), "band_low": np.nan, "band_high": np.nan, **given}  # fmt: skip
    return pd.DataFrame([row]).astype(FIGURES.dtypes.to_dict())


def beside(figures, ours=OURS, about=ABOUT, **knobs):
    return others(figures, ours, Knobs(**knobs), about)


def flags_of(metric, **given):
    """Return how far the figures of a published metric can be compared, had all a year, in the order of the file."""
    found = beside(DATED[DATED["metric"].eq(metric)], **given).table
    return list(zip(found["value"].round(3), found["flag"], strict=True))


def test_every_definition_and_every_doubt_is_in_the_file():
    for like in LIKE:
        assert FIGURES.loc[FIGURES["metric"].eq(like.metric), "unit"].str.startswith(like.unit).any(), like
        assert (like.id, like.basis) in NAMES
        assert bool(like.why) == (like.level > SAME)
    for doubt in DOUBTS:
        of = FIGURES[FIGURES["metric"].eq(doubt.metric)]
        assert of[doubt.column].fillna("").str.contains(doubt.says, regex=False).any(), doubt


def test_no_figure_of_a_funnel_is_shown_without_grade_year_and_reason():
    table = beside(FIGURES).table
    assert len(table) == 26 and table["grade"].isin(list("ABC")).all() and table["why"].ne("").all()
    assert table["year"].notna().all() and len(beside(DATED).table) == 39
    assert table["flag"].isin(FLAGS).all() and set(table["unit"]) == {"share", "days", "hours"}
    assert table.loc[table["unit"].eq("share"), "value"].between(0, 1).all()


def test_no_published_conversion_is_without_caution_as_none_says_how_its_cohort_was_followed():
    assert set(beside(FIGURES).table["flag"]) == {"caution", "not comparable"}


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("win_rate", [(0.19, "caution"), (0.29, "caution"), (0.21, "caution"), (0.597, "not comparable"),
                      (0.489, "not comparable")]),
        ("close_rate", [(0.29, "not comparable")]),
        ("forecast_deal_won", [(0.473, "not comparable"), (0.473, "not comparable"), (0.466, "not comparable")]),
        ("opp_to_won", [(0.37, "caution")]),
        ("lost_to_no_decision", [(0.4, "caution"), (0.6, "caution")]),
        ("mql_to_sql", [(0.05, "caution"), (0.4, "caution"), (0.39, "not comparable"), (0.13, "not comparable")]),
        ("mql_to_sal", [(0.4, "not comparable"), (0.6, "not comparable")]),
        ("sal_to_sql", [(0.5, "caution"), (0.7, "caution")]),
        ("lead_response_time", [(42, "not comparable")]),
        ("lead_response_within_1h", [(0.37, "not comparable")]),
        ("lead_never_answered", [(0.23, "not comparable")]),
        ("marketing_sourced_share", [(0.1, "not comparable")]),
        ("marketing_generated_leads_share", [(0.24, "not comparable"), (0.3, "not comparable")]),
        ("forecast_deal_lost", []),
    ],
)  # fmt: skip
def test_each_figure_is_as_comparable_as_its_definition(metric, expected):
    assert flags_of(metric) == expected


def test_a_cycle_in_months_is_told_in_days():
    """4.9 and 6.5 months of 365.25 / 12 days; the median of 60 is in days already, and of contracts of our size."""
    assert flags_of("sales_cycle") == [(197.844, "caution"), (149.144, "caution"), (60.0, "caution")]
    assert flags_of("sales_cycle", about=About(ABOUT.day, 12e6, 300e3, "USD"))[-1] == (60.0, "not comparable")


def test_what_differs_is_said_in_words():
    row = beside(FIGURES[FIGURES["metric"].eq("lead_response_time")]).table.iloc[0]
    assert row["why"] == (
        "theirs is the average of those who answered at all, by the clock; ours the median of all, in office hours; "
        "old: data of 2011; read in a copy, or a partner's write-up"
    )
    row = beside(FIGURES[FIGURES["metric"].eq("opp_to_won")]).table.iloc[0]
    assert row["why"] == (
        "theirs does not say within what time, ours is by the last age that was followed; only companies of one kind: "
        "B2B SaaS; quoted by another page, the original was not read; the page does not say which average; a rough "
        "direction, as the page itself says"
    )


def test_where_no_sound_figure_exists_it_is_said():
    ours = our_numbers({key: 0.3 for key in NAMES if key[0] != "win_rate"})
    assert beside(FIGURES, ours).why == {
        "win_rate": "our own number is not known",
        "lead_to_mql": "no year is printed with the 2 published figures",
        "mql_to_sql_rate": "no year is printed with the 4 published figures",
        "accept_rate": "no year is printed with the 4 published figures",
        "marketing_leads_share": (
            "none of the 2 published figures is comparable; no year is printed with the one other"
        ),
        "first_touch_hours": "the one published figure is not comparable",
        "sla_attainment_rate": "none of the 2 published figures is comparable",
        "never_touched_rate": "the one published figure is not comparable",
        **dict.fromkeys(("cost_per_mql", "lead_enrichment_rate", "utm_compliance_rate", "tool_utilisation_rate"),
                        "no published figure of this definition was found"),
    }  # fmt: skip


def test_a_figure_without_a_year_is_not_shown_and_its_number_says_so():
    alone = beside(figure(year=None, year_end=pd.NaT))
    assert alone.table.empty and alone.why["win_rate"] == "no year is printed with the one published figure"
    other = figure(year=None, year_end=pd.NaT, publisher="C")
    both = beside(pd.concat([figure(), other]))
    assert both.table["publisher"].tolist() == ["A"] and "win_rate" not in both.why
    far = beside(pd.concat([figure(segment_dimension="company_type"), other, other.assign(publisher="D")]))
    assert far.why["win_rate"] == "the one published figure is not comparable; no year is printed with 2 others"


def test_a_figure_of_ones_own_of_our_size_is_compared_by_the_band():
    own = figure(segment_dimension="arr_band", segment="$10M-$50M", band_low=10e6, band_high=50e6)
    assert beside(own).table["why"].item().endswith("companies of our size: recurring revenue of $10M-$50M")
    assert beside(own, arr_band="$1M-$5M").table["flag"].item() == "not comparable"


def test_our_numbers_are_whole_and_in_order():
    ours = our_numbers({("sql_to_won", "by_age"): 0.25})
    assert list(zip(ours["id"], ours["basis"], strict=True)) == list(NAMES)
    assert ours["ours"].notna().sum() == 1 and ours.set_index("id").loc["sql_to_won", "ours"] == 0.25
    assert our_numbers({})["ours"].isna().all() and beside(FIGURES, our_numbers({})).table.empty


def test_a_number_without_a_name_is_refused():
    with pytest.raises(MeasureError) as error:
        our_numbers({("sql_to_won", "by_age"): 0.25, ("reply_rate", "all"): 0.1})
    assert str(error.value) == (
        "stage_benchmarking: our numbers must be those of likeness.NAMES; found 1 of 2 others (e.g. reply_rate all). "
        "Name them there, with what is published alike."
    )


def test_the_order_of_rows_changes_nothing():
    one, other = beside(FIGURES), beside(FIGURES.sample(frac=1, random_state=5), OURS.iloc[::-1])
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(placed(one.table), placed(other.table))


def test_a_doubt_holds_only_of_its_metric_and_words():
    likes = [Like(metric, "", "win_rate", "of_closed", SAME, "won") for metric in ("win_rate", "close_rate")]
    doubts = [Doubt("win_rate", "note", "agency", OFF, "of an agency"), Doubt("close_rate", "", "", NEAR, "its base")]
    figures = pd.concat([figure(), figure(note="an agency"), figure(metric="close_rate", note="an agency")])
    found = peers(figures, OURS, likes, Knobs(), ABOUT, doubts=doubts).table
    assert list(zip(found["flag"], found["why"], strict=True)) == [
        ("comparable", "same definition, as far as it is told"),
        ("not comparable", "of an agency"),
        ("caution", "its base"),
    ]


def quartiles(ours, *pairs, **given):
    figures = pd.concat([figure(statistic=name, value=value, **given) for name, value in pairs])
    return placed(beside(figures, our_numbers({("win_rate", "of_closed"): ours})).table)


@pytest.mark.parametrize(
    ("ours", "share", "place"),
    [(0.09, 0.0, "among the lowest 25 %"), (0.10, 0.25, "above 25% of them at least"), (0.19, 0.25, "above 25% of "
     "them at least"), (0.2, 0.5, "above 50% of them at least"), (0.9, 0.75, "above 75% of them at least")],
)  # fmt: skip
def test_quartiles_place_our_number(ours, share, place):
    row = quartiles(ours, ("p25", 10), ("median", 20), ("p75_best_quartile", 30)).iloc[0]
    assert (row["share"], row["place"]) == (share, place)
    assert row[["low", "middle", "high"]].tolist() == pytest.approx([0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("ours", "place"), [(0.09, "below the range"), (0.1, "within the range"), (0.31, "above the range")]
)
def test_a_range_without_shares_says_only_where_we_are(ours, place):
    row = quartiles(ours, ("typical_low", 10), ("typical_high", 30)).iloc[0]
    assert row["place"] == place and np.isnan(row["share"]) and np.isnan(row["middle"])


def test_a_median_alone_one_end_or_what_is_not_comparable_places_nothing():
    assert quartiles(0.2, ("median", 20)).empty
    assert quartiles(0.2, ("typical_low", 20)).empty
    assert quartiles(0.2, ("p25", 10), ("p75", 20), segment_dimension="company_type").empty
    assert list(placed(beside(FIGURES.iloc[:0]).table)) == PLACE_COLUMNS


def test_sets_of_two_years_are_not_mixed():
    older = figure(statistic="p75", value=20, year="2024", year_end=pd.Timestamp("2024-12-31"))
    figures = pd.concat([figure(statistic="p25", value=10), figure(statistic="p75", value=30), older])
    found = placed(beside(figures, our_numbers({("win_rate", "of_closed"): 0.25})).table)
    assert found["year"].tolist() == ["2025", "2024"] and found["share"].tolist() == [0.25, 0.75]
    assert found["high"].round(2).tolist() == [0.3, 0.2]


def test_places_of_the_file_agree_with_a_plain_loop():
    table, expected = beside(DATED).table, {}
    for row in table.to_dict("records"):
        if row["flag"] != "not comparable" and row["statistic"].startswith("typical"):
            expected.setdefault((row["id"], row["band"]), []).append((row["value"], row["ours"]))
    ends = {key: (min(pairs)[0], max(pairs)[0]) for key, pairs in expected.items()}
    found = placed(table)
    assert {(row.id, row.band): (row.low, row.high) for row in found.itertuples()} == ends
    assert len(found) == 5 and (found["place"] == "within the range").sum() == 2
