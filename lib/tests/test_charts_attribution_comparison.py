"""Charts of the attribution comparison read back from what was drawn; results are made by hand, so that each claim is
known: three models share 100 among three channels, two of which have a known cost."""

import dataclasses
import itertools
import re
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from revops.charts import attribution_comparison as charts
from revops.charts import style
from revops.charts.attribution_comparison import claims, claims_of_models, claims_of_spend
from revops.charts.attribution_comparison.drawings import DARKEST
from revops.charts.attribution_comparison.labels import channels_said, model_label, reference_of, short_name_of
from revops.charts.rows import keep_apart, short_name
from revops.measures.attribution_comparison import Knobs
from revops.measures.attribution_comparison.credited import Credited
from revops.report.figures import svg

NAN, INF = float("nan"), float("inf")
CLAIMS = {
    "decisions": claims_of_spend.decisions,
    "shares": claims.shares,
    "model_map": claims_of_models.model_map,
    "ranks": claims.ranks,
    "tornado": claims_of_models.tornado,
    "planted": claims_of_models.planted,
    "touched": claims_of_spend.touched,
    "return_by_campaign": claims_of_spend.return_by_campaign,
}
MODELS = ("first_touch", "last_touch", "linear")
SHARES = {"paid_search": (0.2, 0.1, 0.15), "retargeting": (0.1, 0.6, 0.35), "webinar": (0.7, 0.3, 0.5)}
SPEND = {"paid_search": 30.0, "retargeting": 10.0}
LIMIT = 0.8


def credit(shares=SHARES, models=MODELS, **columns):
    """Return the credit of 100 by model and channel; ranges of rank for all models but where columns say otherwise."""
    rows = []
    for place, model in enumerate(models):
        given = {channel: parts[place] for channel, parts in shares.items()}
        for channel in sorted(given):
            rank = 1 + sum(other > given[channel] for other in given.values())
            rows.append((model, channel, 100 * given[channel], given[channel], rank, max(rank - 1, 1), rank, 0.5))
    names = ["model", "channel", "credited_amount", "credit_share", "rank", "rank_low", "rank_high", "top_chance"]
    return pd.DataFrame(rows, columns=names).assign(n_deals=40, is_few=False, **columns)


def won(table):
    nothing = {field.name: None for field in dataclasses.fields(Credited)}
    return Credited(**nothing | {"cutoff": "close", "table": table})


def decided(table, spend=SPEND, *, limit=LIMIT, sure=True):
    """Return the decisions on channels as the contract has them, by plain loops."""
    by_model, by_channel = [], []
    for row in table.itertuples():
        paid = spend.get(row.channel, NAN)
        cost = paid / row.credited_amount if row.credited_amount else NAN
        side = "" if np.isnan(paid) else "keep" if paid <= limit * row.credited_amount else "cut"
        by_model.append((row.model, row.channel, paid, row.credited_amount, cost, side))
    for channel in sorted(set(table["channel"])):
        rows = [row for row in by_model if row[1] == channel]
        sides, costs = [row[5] for row in rows], [row[4] for row in rows if not np.isnan(row[4])]
        verdict = "no_cost" if "" in sides else "depends" if len(set(sides)) > 1 else sides[0]
        ends = (min(costs), max(costs)) if costs else (NAN, NAN)
        by_channel.append((channel, rows[0][2], len(rows), sides.count("keep"), sides.count("cut"), *ends, verdict))
    names = ["model", "channel", "spend_amount", "credited_amount", "cost_per_credited_amount", "side"]
    columns = ["channel", "spend_amount", "n_models", "n_keep", "n_cut", "lowest_cost", "highest_cost", "verdict"]
    found = pd.DataFrame(by_channel, columns=columns).assign(held=0.95, is_sure=sure, is_few=False)
    found["n_keep_shared"] = found["n_keep"]
    return SimpleNamespace(by_model=pd.DataFrame(by_model, columns=names), by_channel=found)


def moved(*rows):
    """Return settings moved, and the report's own value of one: setting, alternative, share_moved, n_flips, model."""
    rows = [*rows, ("lookback_days", "365 days", 0.0, 0, "linear")]
    table = pd.DataFrame(rows, columns=["setting", "alternative", "share_moved", "n_flips", "model"])
    is_own = table["alternative"].eq("365 days")
    return table.assign(channel="retargeting", moved=table["share_moved"], n_deals=40, is_default=is_own)


BY_MODEL = ("model", "last_touch", 0.5, 1, "first_touch")
MOVED = (BY_MODEL, ("lookback_days", "30 days", 0.12, 1, "linear"), ("lookback_days", "90 days", 0.2, 0, "linear"),
         ("lost_deals", "without lost deals", 0.04, 0, "markov_1"))  # fmt: skip


def idle(**models):
    """Return what models give to channels that do nothing: met by chance, keen met more."""
    rows = [(place == 1, model, part) for place in (1, 0) for model, parts in models.items() for part in [parts[place]]]
    return SimpleNamespace(table=pd.DataFrame(rows, columns=["selection", "model", "no_effect_share"]))


def quarters(*rows):
    columns = ["quarter", "channel", "n_touches", "credited_deals", "credited_amount", "spend_amount", "is_mature"]
    return SimpleNamespace(touched=pd.DataFrame(rows, columns=columns))


TOUCHED = quarters(
    ("FY26-Q1", "paid_search", 10, 2.0, 4e5, 1e5, True),
    ("FY26-Q1", "webinar", 10, 2.0, 9e5, NAN, True),
    ("FY26-Q2", "paid_search", 12, 1.0, 3e5, 2e5, True),
    ("FY26-Q2", "retargeting", 8, 1.0, 2e5, NAN, True),
    ("FY26-Q3", "paid_search", 5, 0.5, 1e5, 2e5, False),
)


def campaigns(*rows):
    columns = ["campaign_id", "campaign_name", "spend_amount", "lowest_return", "highest_return", "verdict",
               "is_mature"]  # fmt: skip
    return SimpleNamespace(by_campaign=pd.DataFrame(rows, columns=columns).assign(n_deals=3))


CAMPAIGNS = campaigns(
    ("c1", "Webinar: ramp planning", 2e4, -0.5, 0.4, "some", True),
    ("c2", "Trade show FY26-Q3: Intralogistics Forum", 6e4, 0.2, 1.5, "all", True),
    ("c3", None, 1e4, -1.0, -0.2, "none", False),
    ("c4", "No cost known", NAN, NAN, NAN, "", True),
)


def result(table=None, knobs=None, **changes):
    """Return a result with every chart in it; changes replace its parts."""
    table = credit() if table is None else table
    parts = {
        "view": SimpleNamespace(company=SimpleNamespace(currency="USD")),
        "knobs": knobs or Knobs(top=1),
        "won": won(table),
        "decisions": decided(table),
        "costs": SimpleNamespace(most_cost=LIMIT),
        "sensitivity": moved(*MOVED),
        "panel": idle(first_touch=(0.14, 0.17), linear=(0.33, 0.41), markov_2=(0.36, 0.44), switch_off=(0.0, 0.39)),
        "cohorts": TOUCHED,
        "campaigns": CAMPAIGNS,
    }
    return SimpleNamespace(**parts | changes)


def drawn(*args, **changes):
    return {chart.name: chart for chart in charts.draw(result(*args, **changes))}


def one(name, *args, **changes):
    """Return one of the charts; None where the data do not allow it."""
    return CLAIMS[name](result(*args, **changes))


def texts(chart):
    return [text.get_text() for text in chart.axes.texts]


def rows_of(chart):
    return [text.get_text() for text in chart.axes.get_yticklabels()]


def spans(chart, width):
    """Return the ends of all lines of some width, in the order they were drawn."""
    lines = [line for line in chart.axes.get_lines() if line.get_linewidth() == width]
    return [tuple(float(end) for end in line.get_xdata()) for line in lines]


def dots(chart, marker="o"):
    """Return (x, y, is filled) of all marks of one shape."""
    lines = [line for line in chart.axes.get_lines() if line.get_marker() == marker]
    return [(float(line.get_xdata()[0]), int(line.get_ydata()[0]), line.get_markerfacecolor() != style.GROUND)
            for line in lines]  # fmt: skip


def test_every_chart_has_data_with_units_and_draws_without_a_warning(recwarn):
    found = charts.draw(result())
    assert [chart.name for chart in found] == list(CLAIMS)
    for chart in found:
        assert len(chart.units) == len(chart.data.columns) and len(chart.data), chart.name
        assert svg(chart).startswith("<svg"), chart.name
        assert chart.alt.startswith(f"{chart.title}. ") and chart.alt.endswith("."), chart.name
        assert chart.caption.endswith(".") and len(chart.title) <= 100, chart.name
        for text in (chart.title, chart.alt, chart.caption):
            assert "caus" not in text and "nan" not in text and "inf" not in text, text
        assert np.isfinite(chart.data.select_dtypes("number").fillna(0)).all(axis=None), chart.name
    assert [str(warning.message) for warning in recwarn] == []


def test_decisions_are_ranges_of_cost_beside_the_limit():
    """Paid search: 30 spent for 20, 10, 15 credited = 150 %, 300 %, 200 %. Retargeting: 10 for 10, 60, 35."""
    chart = one("decisions")
    assert chart.title == "1 of 2 channels earns its cost under no model; 1 depends on the model"
    assert chart.alt == (
        f"{chart.title}. Limit $0.80. Paid search $1.50 to $3.00 (no models of 3 within the limit, cut); "
        "Retargeting $0.17 to $1.00 (2 models of 3 within the limit, depends)."
    )
    assert chart.caption == (
        "What $1 of credit costs, lowest to highest of 3 models; dot: linear. A channel earns its cost up to $0.80 "
        "(dashed): keep = under every model, cut = under none. No known cost: Webinar."
    )
    assert rows_of(chart) == ["Paid search", "Retargeting"]
    np.testing.assert_allclose(spans(chart, 7), [(1.5, 3.0), (10 / 60, 1.0)])
    assert dots(chart) == [(2.0, 0, True), (pytest.approx(10 / 35), 1, True)]
    assert texts(chart) == ["cut", "depends", "limit $0.80"]
    assert [text.get_color() for text in chart.axes.texts] == [style.WARN, style.INK, style.INK]
    assert spans(chart, 1) == [(LIMIT, LIMIT)]
    assert chart.axes.get_xlim() == (0, 3.0)
    assert chart.data["channel"].tolist() == ["Paid search", "Retargeting"]


@pytest.mark.parametrize(
    ("spend", "said"),
    [
        ({"paid_search": 5.0, "retargeting": 5.0, "webinar": 5.0},
         "All 3 channels with a known cost earn it under every model"),
        ({"paid_search": 500.0, "retargeting": 500.0}, "None of 2 channels with a known cost earns it under any model"),
        ({"paid_search": 12.0, "retargeting": 20.0},
         "Whether either of 2 channels earns its cost depends on the model"),
        ({"paid_search": 12.0, "retargeting": 20.0, "webinar": 40.0},
         "Whether any of 3 channels earns its cost depends on the model"),
        ({"paid_search": 5.0, "retargeting": 500.0}, "1 of 2 channels earns its cost under every model, 1 under none"),
        ({"paid_search": 5.0, "retargeting": 20.0, "webinar": 40.0},
         "1 of 3 channels earns its cost under every model; 2 depend on the model"),
        ({"paid_search": 5.0, "retargeting": 20.0, "webinar": 900.0},
         "1 of 3 channels earns its cost under every model, 1 under none; 1 depends on the model"),
        ({"paid_search": 500.0, "retargeting": 500.0, "webinar": 40.0},
         "2 of 3 channels earn their cost under no model; 1 depends on the model"),
        ({"webinar": 5.0}, "Webinar earns its cost under every model"),
        ({"webinar": 500.0}, "Webinar earns its cost under no model"),
        ({"webinar": 40.0}, "Whether Webinar earns its cost depends on the model"),
    ],
)  # fmt: skip
def test_the_title_of_decisions_counts_verdicts(spend, said):
    assert one("decisions", decisions=decided(credit(), spend)).title == said


def test_decisions_that_chance_may_turn_are_said_to():
    chart = one("decisions", decisions=decided(credit(), {"paid_search": 5.0, "webinar": 900.0}, sure=False))
    assert chart.title == "1 of 2 channels earns its cost under every model, 1 under none, maybe by chance"
    assert texts(chart) == ["cut?", "keep?", "limit $0.80"]
    assert " With a question mark: less than 90% of redraws of accounts agree." in chart.caption
    assert "(3 models of 3 within the limit, keep, not sure)" in chart.alt
    alone = one("decisions", decisions=decided(credit(), {"webinar": 40.0}, sure=False))
    assert alone.title == "Whether Webinar earns its cost depends on the model" and texts(alone)[0] == "depends"


def few(decisions, *channels):
    """Return decisions in which some channels are on few deals, and therefore not sure."""
    rows = decisions.by_channel
    is_few = rows["channel"].isin(channels)
    return SimpleNamespace(by_model=decisions.by_model,
                           by_channel=rows.assign(is_few=is_few, is_sure=rows["is_sure"] & ~is_few))  # fmt: skip


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (["webinar"], "1 of 2 channels earns its cost under every model; 1 depends on the model; 1 on too few deals"),
        (["webinar", "retargeting"], "Paid search earns its cost under every model; 2 on too few deals"),
        (["webinar", "retargeting", "paid_search"], "Too few deals to say which of 3 channels earn their cost"),
    ],
)
def test_channels_on_few_deals_are_counted_and_not_judged(channels, said):
    whole = decided(credit(), {"paid_search": 5.0, "retargeting": 20.0, "webinar": 900.0})
    chart = one("decisions", decisions=few(whole, *channels))
    assert chart.title == said
    assert texts(chart).count("few") == len(channels) == chart.alt.count("too few deals)")
    assert " Few: on fewer than 10 won deals, not judged." in chart.caption
    alone = decided(credit(), {"webinar": 5.0})
    assert (
        one("decisions", decisions=few(alone, "webinar")).title == "Too few deals to say whether Webinar earns its cost"
    )


def test_one_model_is_not_called_every_model():
    table = credit(models=("linear",), shares={name: parts[2:] for name, parts in SHARES.items()})
    found = drawn(table)
    assert found["shares"].title == "Webinar gets the most credit, 50%, by the only model"
    spend = {"paid_search": 5.0, "retargeting": 5.0}
    chart = one("decisions", table, decisions=decided(table, spend))
    assert chart.title == "All 2 channels with a known cost earn it under the only model"
    assert chart.caption.startswith("What $1 of credit costs; dot: linear.")
    assert "model_map" not in found


def test_a_channel_without_credit_under_a_model_has_no_limit_and_an_arrow():
    """Paid search: nothing under first touch, 10 and 15 under the others; retargeting nothing at all."""
    shares = SHARES | {"paid_search": (0.0, 0.1, 0.15), "retargeting": (0.0, 0.0, 0.0)}
    table = credit(shares)
    chart = one("decisions", table, decisions=decided(table))
    assert rows_of(chart) == ["Retargeting", "Paid search"]
    assert "Paid search $2.00 or more, nothing credited under some (no models of 3 within the limit, cut)" in chart.alt
    assert "Retargeting without credit (no models of 3" in chart.alt
    most = chart.axes.get_xlim()[1]
    assert most == 2.5, "a quarter beyond the last known cost"
    assert [dot[:2] for dot in dots(chart, ">")] == [(most, 0), (most, 1)]
    assert spans(chart, 7) == [(most, most), (2.0, most)]
    assert " Arrow: beyond $2.50, or nothing credited." in chart.caption
    assert chart.data["highest_cost"].isna().all() and chart.data["lowest_cost"].isna().tolist() == [True, False]


def test_costs_far_beyond_the_limit_are_cut():
    """The limit 80 %; reference costs 20,000 % and 29 %: the axis ends at four times their middle one, 320 %."""
    chart = one("decisions", decisions=decided(credit(), {"paid_search": 3000.0, "retargeting": 10.0}))
    assert chart.axes.get_xlim()[1] == pytest.approx(4 * LIMIT)
    assert " Arrow: beyond $3.20, or nothing credited." in chart.caption
    assert len(dots(chart)) == 1, "a reference beyond the axis has no dot"


def test_without_known_cost_there_is_no_decision_to_draw():
    assert one("decisions", decisions=decided(credit(), {})) is None


def test_shares_run_from_the_lowest_to_the_highest_model():
    chart = one("shares")
    assert chart.title == "Retargeting gets 10% to 60% of the credit, by model"
    assert chart.alt == (
        f"{chart.title}. Webinar 30% to 70% (linear 50%); Retargeting 10% to 60% (linear 35%); "
        "Paid search 10% to 20% (linear 15%)."
    )
    assert chart.caption == (
        "Share of the credited amount. Bar: from the lowest to the highest of 3 models; filled dot: linear; ring: "
        "first touch; square: last touch."
    )
    assert rows_of(chart) == ["Webinar", "Retargeting", "Paid search"]
    assert spans(chart, 7) == [(0.3, 0.7), (0.1, 0.6), (0.1, 0.2)]
    assert dots(chart) == [(0.7, 0, False), (0.5, 0, True), (0.1, 1, False), (0.35, 1, True), (0.2, 2, False),
                           (0.15, 2, True)]  # fmt: skip
    assert dots(chart, "s") == [(0.3, 0, True), (0.6, 1, True), (0.1, 2, True)]
    assert texts(chart) == ["30% to 70%", "10% to 60%", "10% to 20%", "first", "last", "linear"]
    names = {text.get_text(): text.xy[0] for text in chart.axes.texts[3:]}
    assert names["last"] < names["linear"] < names["first"], "over their own marks"


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"a": (0.5, 0.5, 0.5), "b": (0.5, 0.5, 0.5)}, "All 3 models share the credit alike"),
        ({"a": (1.0, 1.0, 1.0)}, "All credit goes to A, the only channel"),
        ({"a": (0.5, 0.4, 0.5), "b": (0.5, 0.6, 0.5)}, "A gets 40% to 50% of the credit, by model"),
        ({"a": (0.999, 1.0, 1.0), "b": (0.001, 0.0, 0.0)}, "All 3 models share the credit alike"),
        ({"unknown": (0.1, 0.4, 0.5), "LinkedIn Ads": (0.9, 0.6, 0.5)},
         "LinkedIn Ads gets 50% to 90% of the credit, by model"),
    ],
)  # fmt: skip
def test_the_title_of_shares_names_whose_credit_moves_most(shares, said):
    assert one("shares", credit(shares)).title == said


def test_models_that_cannot_be_had_have_no_mark():
    table = credit(models=("last_touch", "last_non_direct"), shares={"a": (0.3, 0.4), "b": (0.7, 0.6)})
    chart = one("shares", table)
    assert texts(chart)[2:] == ["last", "last touch"], "the first model stands in for linear"
    assert "ring" not in chart.caption and "linear" not in chart.caption


def test_few_of_many_channels_are_drawn_and_all_are_in_the_data():
    many = {f"channel_{n:02}": (n / 210, n / 210, (21 - n) / 210) for n in range(1, 21)}
    found = drawn(credit(many))
    assert rows_of(found["shares"])[:2] == ["Channel 01", "Channel 02"] and len(rows_of(found["shares"])) == 12
    assert len(found["shares"].data) == 20
    assert found["shares"].caption.endswith("square: last touch. The 12 channels with most credit of 20.")
    assert found["ranks"].caption.endswith(" The first 12 of 20.")
    columns = [text.get_text() for text in found["model_map"].axes.get_xticklabels()]
    assert len(columns) == 9 and columns[-1] == "Others"
    np.testing.assert_allclose(found["model_map"].data.iloc[:, 1:].sum(axis=1), 1.0)
    assert found["model_map"].caption.endswith(" Others: 12 channels with less.")


def test_the_map_has_a_number_in_each_cell():
    chart = one("model_map")
    assert chart.title == "Webinar gets the most credit under 2 of 3 models, not under 1"
    assert rows_of(chart) == ["First touch", "Last touch", "Linear"]
    assert [text.get_text() for text in chart.axes.get_xticklabels()] == ["Webinar", "Retargeting", "Paid search"]
    assert texts(chart) == ["70", "10", "20", "30", "60", "10", "50", "35", "15"]
    cells = [(int(text.get_position()[1]), int(text.get_position()[0])) for text in chart.axes.texts]
    assert cells == list(itertools.product(range(3), range(3)))
    ranges = "Webinar 30% to 70%; Retargeting 10% to 60%; Paid search 10% to 20%"
    assert chart.alt == f"{chart.title}. By model: {ranges}."
    assert chart.caption == "Share of the credited amount in percent; a row adds up to 100. Stronger: more."
    shades = [(patch.get_alpha(), len(patch.get_path().vertices) // 5) for patch in chart.axes.patches]
    np.testing.assert_allclose(
        sorted(shade for shade, _ in shades), [DARKEST * step / 8 for step in (2, 3, 4, 6, 7, 8)]
    )
    assert sum(n for _, n in shades) == 9


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"a": (0.6, 0.7, 0.8), "b": (0.4, 0.3, 0.2)}, "A gets the most credit under all 3 models"),
        ({"a": (0.6, 0.3, 0.3), "b": (0.3, 0.6, 0.1), "c": (0.1, 0.1, 0.6)},
         "3 channels get the most credit, each under some of 3 models"),
        ({"a": (0.5, 0.5, 0.5), "b": (0.5, 0.5, 0.5)},
         "Under none of 3 models does one channel get more credit than all others"),
        ({"a": (0.5, 0.5, 0.6), "b": (0.5, 0.5, 0.4)}, "A gets the most credit under 1 of 3 models, not under 2"),
    ],
)  # fmt: skip
def test_the_title_of_the_map_says_who_is_first_under_how_many_models(shares, said):
    assert one("model_map", credit(shares)).title == said


@pytest.mark.parametrize("scheme", [("#16202c", "#ffffff", "#0b5cad"), ("#e8edf3", "#11161d", "#6cb0ff")])
def test_numbers_can_be_read_on_the_strongest_cell_of_a_light_and_a_dark_page(scheme):
    """WCAG AA asks for 4.5."""
    ink, ground, accent = (np.array(mpl.colors.to_rgb(colour)) for colour in scheme)
    cell = DARKEST * accent + (1 - DARKEST) * ground
    light = [np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
             for c in (ink, cell)]  # fmt: skip
    assert (max(light) + 0.05) / (min(light) + 0.05) > 4.5


def ranked(**columns):
    table = credit()
    own = table["model"].eq("linear")
    for name, values in columns.items():
        table[name] = table[name].astype(object)
        table.loc[own, name] = pd.Series(values, index=table.index[own])
    return table.infer_objects()


def test_ranks_are_drawn_with_their_ranges_and_the_chance_to_be_first():
    """Channels sorted: paid search, retargeting, webinar, in the order of the values below."""
    table = ranked(rank_low=[3, 1, 1], rank_high=[3, 2, 2], top_chance=[0.0, 0.03, 0.97], is_few=[True, False, False])
    chart = one("ranks", table)
    assert chart.title == "Only Webinar is surely among the first 1 under linear; 1 is on too few deals to tell"
    assert rows_of(chart) == ["Webinar", "Retargeting", "Paid search"]
    assert spans(chart, 1.8) == [(1, 2), (1, 2), (3, 3)]
    assert dots(chart) == [(1, 0, True), (2, 1, True), (3, 2, False)]
    assert texts(chart) == ["97%", "3%", "<1%", "first 1"]
    assert spans(chart, 1) == [(1.5, 1.5)]
    assert chart.alt == (
        f"{chart.title}. Webinar 1 (1 to 2), among the first 1 in 97%; Retargeting 2 (1 to 2), among the first 1 in "
        "3%; Paid search 3 (3 to 3), among the first 1 in <1%."
    )
    assert chart.caption == (
        "Rank by credit under linear, with the range that holds 8 in 10 times when accounts are drawn anew; at the "
        "right, the share of draws in which it is among the first 1. Hollow: fewer than 10 won deals, never called "
        "sure."
    )


@pytest.mark.parametrize(
    ("columns", "top", "said"),
    [
        ({"top_chance": [0.5, 0.5, 0.5]}, 1, "No channel is surely among the first 1 under linear"),
        ({"top_chance": [0.1, 0.95, 0.95]}, 2, "The first 2 channels under linear are sure"),
        ({"top_chance": [0.6, 0.7, 0.95]}, 2, "Only Webinar is surely among the first 2 under linear"),
        ({"top_chance": [0.6, 0.7, 0.95], "is_few": [False, False, True]}, 2,
         "No channel is surely among the first 2 under linear; 1 is on too few deals to tell"),
        ({"top_chance": [0.6, 0.95, 0.99], "is_few": [True, True, False]}, 2,
         "Only Webinar is surely among the first 2 under linear; 2 are on too few deals to tell"),
        ({"top_chance": [1.0, 1.0, 1.0], "is_few": [True, True, True]}, 2,
         "All 3 channels are on too few deals to rank them under linear"),
        ({"rank_low": [3, 2, 1], "rank_high": [3, 2, 1], "is_few": [True, True, True]}, 3,
         "All 3 channels are on too few deals to rank them under linear"),
        ({"rank_low": [3, 2, 1], "rank_high": [3, 2, 1], "is_few": [True, False, False]}, 3,
         "2 of 3 channels keep their rank under linear, beyond chance; 1 is on too few deals to tell"),
        ({"is_few": [False, True, False]}, 3,
         "1 of 3 channels could hold another rank under linear, by chance alone; 1 is on too few deals to tell"),
        ({}, 3, "2 of 3 channels could hold another rank under linear, by chance alone"),
        ({"rank_low": [3, 2, 1], "rank_high": [3, 2, 1]}, 3,
         "Every channel keeps its rank under linear, beyond chance"),
    ],
)  # fmt: skip
def test_the_title_of_ranks_says_what_is_sure(columns, top, said):
    assert one("ranks", ranked(**columns), knobs=Knobs(top=top)).title == said


def test_ranks_of_a_model_without_draws_are_those_of_one_that_has_them():
    table = credit()
    table.loc[table["model"].ne("last_touch"), ["rank_low", "rank_high", "top_chance"]] = NAN
    assert one("ranks", table).title.endswith("under last touch")
    table[["rank_low", "rank_high", "top_chance"]] = NAN
    assert one("ranks", table) is None
    assert one("ranks", credit({"a": (1.0, 1.0, 1.0)})) is None


def test_each_setting_is_a_bar_with_the_alternative_that_moves_most():
    chart = one("tornado")
    assert chart.title == "The choice of model moves 50 points of credit; settings with enough deals at most 20 points"
    assert [bar.get_width() for bar in chart.axes.patches] == [0.5, 0.2, 0.04]
    assert rows_of(chart) == ["Model: First touch or\nLast touch", "Lookback: 90 days", "Without lost deals"]
    assert texts(chart) == ["50 points, 1 flip", "20 points", "4 points"]
    assert chart.alt == (
        f"{chart.title}. Model: First touch or Last touch 50 points, 1 flip (Retargeting most); Lookback: 90 days 20 "
        "points (Retargeting most); Without lost deals 4 points (Retargeting most)."
    )
    assert chart.caption == (
        "Share of all credit that changes channel when one setting is moved and no other, in points: each setting "
        "with the alternative that moves most. On top: the two models furthest apart. Flips: channels that change "
        "between keep and cut."
    )
    assert chart.data["setting"].tolist() == ["model", "the lookback", "counting lost deals"]
    assert chart.data.columns.tolist() == ["setting", "alternative", "model", "credit_that_moves", "most", "its_move",
                                           "verdicts_that_turn", "deals"]  # fmt: skip


def test_settings_under_which_few_deals_are_left_are_not_told():
    """40 won deals under the report's own settings: 30 days leave 9, 60 days 19 (less than half), 90 days 20."""
    rows = (BY_MODEL, ("lookback_days", "30 days", 0.9, 5, "linear"), ("lookback_days", "60 days", 0.4, 1, "linear"),
            ("lookback_days", "90 days", 0.2, 0, "linear"))  # fmt: skip
    table = moved(*rows).assign(n_deals=[40, 9, 19, 20, 40])
    chart = one("tornado", sensitivity=table)
    assert chart.title == "The choice of model moves 50 points of credit; settings with enough deals at most 20 points"
    assert rows_of(chart)[1:] == ["Lookback: 90 days"] and chart.data["deals"].tolist() == [40, 20]
    assert chart.caption.endswith(
        " Not told: 2 changes that leave fewer than 10 won deals, or than half of the report's own."
    )
    assert one("tornado", sensitivity=table, knobs=Knobs(fewest_deals=21)) is None
    assert one("tornado", sensitivity=table, knobs=Knobs(fewest_deals=20)) is not None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("lookback_days", "30 days", 0.01, 0, "linear")], "Of the settings, the lookback moves most credit: 1 point"),
        ([BY_MODEL, ("lookback_days", "30 days", 0.5, 0, "linear")],
         "The choice of model and the lookback each move 50 points of credit"),
        ([BY_MODEL, ("lost_deals", "x", 0.75, NAN, "markov_1")],
         "Counting lost deals moves 75 points of credit, more than the choice of model with 50 points"),
        ([BY_MODEL, ("some_new_one", "7", 0.001, 0, "linear")],
         "The choice of model moves 50 points of credit; settings with enough deals at most <1 point"),
    ],
)  # fmt: skip
def test_the_title_of_settings_sets_them_beside_the_choice_of_model(rows, said):
    assert one("tornado", sensitivity=moved(*rows)).title == said


def test_settings_that_move_nothing_are_not_drawn():
    still = ("once_a_day", "every touch counts", 0.0, 0, "linear")
    assert one("tornado", sensitivity=moved(BY_MODEL, still)) is None
    assert one("tornado", sensitivity=moved()) is None
    flips = ("spend_lag_days", "0 days", 0.0, 2, "linear")
    chart = one("tornado", sensitivity=moved(BY_MODEL, still, flips, ("some_new_one", "7", NAN, NAN, "linear")))
    assert rows_of(chart)[1:] == ["Lag of spend: 0 days"] and texts(chart)[1] == "0 points, 2 flips"


def test_planted_truth_shows_what_idle_channels_are_given():
    chart = one("planted")
    assert chart.title == "On made-up buyers all 3 models give channels that do nothing 14% to 44% of the credit"
    assert rows_of(chart) == ["First touch", "Linear", "Switch-off logit"], "Markov 2 counts, but has no row"
    assert dots(chart) == [(0.14, 0, False), (0.17, 0, True), (0.33, 1, False), (0.41, 1, True), (0.0, 2, False),
                           (0.39, 2, True)]  # fmt: skip
    assert texts(chart) == ["17%", "41%", "39%", "met by chance", "keen met more"]
    assert spans(chart, 1) == [(0, 0)], "the truth"
    assert chart.alt == (
        f"{chart.title}. Buyers met by chance, and keener ones met more: First touch 14% and 17%; Linear 33% and 41%; "
        "Switch-off logit 0% and 39%."
    )
    assert chart.data["model"].tolist() == ["First touch", "Linear", "Markov 2", "Switch-off logit"]
    assert chart.caption.endswith(" All 4 stand with the data.")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ({"linear": (0.2, 0.2)}, "On made-up buyers the model gives channels that do nothing 20% of the credit"),
        ({"linear": (0.0, 0.0)}, "On made-up buyers the model gives idle channels no credit"),
        ({"linear": (0.0, 0.001), "last_touch": (0.0, 0.0)},
         "On made-up buyers all 2 models give idle channels no credit"),
        ({"linear": (0.0, 0.3), "last_touch": (0.0, 0.0)},
         "On made-up buyers 1 of 2 models gives channels that do nothing 0% to 30% of the credit"),
        ({"linear": (0.1, 0.3), "switch_off": (0.0, 0.9)},
         "On made-up buyers the model gives channels that do nothing 10% to 30% of the credit"),
    ],
)  # fmt: skip
def test_the_title_of_planted_truth_counts_the_models_that_fail(models, said):
    assert one("planted", panel=idle(**models)).title == said


def test_models_without_a_row_of_their_own_are_drawn_where_there_are_no_others():
    assert rows_of(one("planted", panel=idle(markov_4=(0.1, 0.2)))) == ["Markov 4"]
    assert one("planted", panel=idle(switch_off=(0.0, 0.2))) is None


def test_quarters_of_touches_set_credit_beside_spend_of_channels_with_a_cost():
    """Q1: 400K for 100K of paid search. Q2: 300K for 200K; retargeting and webinar have no cost in any quarter."""
    chart = one("touched")
    assert chart.title == "Touches of FY26-Q2, the last old enough, are credited with $300K for $200K spent"
    assert chart.alt == (
        f"{chart.title}. FY26-Q1 credited $400K, spent $100K; FY26-Q2 credited $300K, spent $200K; "
        "FY26-Q3 credited $100K, spent $200K, still young."
    )
    assert chart.caption == (
        "Credit for deals won by now, by the quarter of the touch, of channels with a known cost (Paid search); spend "
        "of the same quarter. Grey: too young, its deals are still to close."
    )
    lines = {line.get_label(): line for line in chart.axes.get_lines() if not line.get_label().startswith("_")}
    np.testing.assert_allclose(lines["credited"].get_ydata(), [4e5, 3e5, NAN])
    np.testing.assert_allclose(lines["spent"].get_ydata(), [1e5, 2e5, NAN])
    young = [line for line in chart.axes.get_lines() if line.get_markerfacecolor() == style.GROUND]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in young] == [(2, 1e5), (2, 2e5)]
    assert [text.get_text() for text in chart.axes.get_xticklabels()] == ["Q1\nFY26", "Q2\nFY26", "Q3\nFY26"]
    assert texts(chart) == ["credited", "spent"]


def test_quarters_without_cost_are_those_of_all_channels():
    rows = TOUCHED.touched.assign(spend_amount=NAN)
    chart = one("touched", cohorts=SimpleNamespace(touched=rows))
    assert chart.title == "Touches of FY26-Q2, the last old enough, are credited with $500K"
    assert chart.caption.startswith(
        "Credit for deals won by now, by the quarter of the touch, of all channels; no cost"
    )
    assert texts(chart) == ["credited"] and chart.data["credited_amount"].tolist() == [13e5, 5e5, 1e5]
    chart = one("touched", cohorts=SimpleNamespace(touched=rows.assign(is_mature=False)))
    assert chart.title == "No quarter of touches is old enough to be judged"
    assert one("touched", cohorts=SimpleNamespace(touched=rows.iloc[:0])) is None


def test_many_quarters_have_fewer_ticks_and_words_apart():
    rows = [(f"FY{year}-Q{q}", "paid_search", 1, 1.0, 1e5, 1e5, True) for year in range(22, 27) for q in range(1, 5)]
    chart = one("touched", cohorts=quarters(*rows))
    assert len(chart.axes.get_xticks()) == 7
    heights = [text.xyann[1] for text in chart.axes.texts]
    assert abs(heights[0] - heights[1]) >= 0.09 * np.ptp(chart.axes.get_ylim()) - 1


def test_campaigns_are_drawn_from_the_lowest_to_the_highest_return():
    chart = one("return_by_campaign")
    assert chart.title == "Of the 2 old enough of 3 campaigns 1 earns its cost under all rules, 1 under some rules only"
    assert rows_of(chart) == ["Trade show FY26-Q3:\nIntralogistics Forum", "Webinar: ramp planning", "c3"]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in chart.axes.patches]
    np.testing.assert_allclose(bars, [(0.2, 1.5), (-0.5, 0.4), (-1.0, -0.2)])
    faces = [mpl.colors.to_hex(bar.get_facecolor()) for bar in chart.axes.patches]
    assert faces == [style.ACCENT, style.MUTE, style.GROUND], "hollow: not yet mature"
    assert texts(chart) == ["all", "some", "none"]
    assert spans(chart, 1)[-1] == (0, 0)
    assert chart.alt == (
        f"{chart.title}. Trade show FY26-Q3: Intralogistics Forum, $60K spent: +20% to +150% (all); Webinar: ramp "
        "planning, $20K spent: -50% to +40% (some); c3, $10K spent: -100% to -20% (none, still young)."
    )
    assert chart.caption == (
        "Contribution less spend, over spend, from the rule that credits least to the one that credits most. All, "
        "some, none: of the rules, earns its cost. Most spend first, of 3. Hollow: too young, its deals are still to "
        "close."
    )


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["all"], "C0 earns its cost under all rules"),
        (["none"], "C0 earns its cost under no rule"),
        (["all"] * 2, "2 campaigns earn their cost under all rules"),
        (["some"] * 2, "2 campaigns earn their cost under some rules only"),
        (["none"] * 14, "The 12 campaigns with the most spend earn their cost under no rule"),
        (["none", "some"], "Of 2 campaigns 1 earns its cost under some rules only, 1 under no rule"),
        (["all"] * 13 + ["none"], "The 12 campaigns with the most spend earn their cost under all rules"),
        (["none"] + ["all"] * 13,
         "Of the 12 campaigns with the most spend 11 earn their cost under all rules, 1 under no rule"),
    ],
)  # fmt: skip
def test_the_title_of_campaigns_counts_verdicts(verdicts, said):
    rows = [(f"c{n}", f"C{n}", 1e6 - n, -0.1, 0.1, verdict, True) for n, verdict in enumerate(verdicts)]
    assert one("return_by_campaign", campaigns=campaigns(*rows)).title == said


def test_returns_far_beyond_the_others_are_cut():
    rows = [("c1", "A", 9.0, 0.1, 60.0, "all", True), ("c2", "B", 8.0, 0.1, 0.5, "all", True),
            ("c3", "C", 7.0, 0.1, 0.5, "all", True)]  # fmt: skip
    chart = one("return_by_campaign", campaigns=campaigns(*rows))
    assert dots(chart, ">") == [(2.0, 0, True)] and chart.caption.endswith(" Arrow: beyond +204%.")
    assert "A, $9 spent: +10% to +6000% (all)" in chart.alt
    assert one("return_by_campaign", campaigns=campaigns(CAMPAIGNS.by_campaign.iloc[3, :7])) is None


def test_where_no_model_could_be_had_nothing_is_said_of_credit():
    nothing = won(credit().iloc[:0])
    assert nothing.models == ()
    assert one("touched", won=nothing) is None and one("return_by_campaign", won=nothing) is None


def test_nothing_credited_draws_only_what_needs_no_credit():
    table = credit().assign(
        credited_amount=0.0, credit_share=NAN, rank=NAN, rank_low=NAN, rank_high=NAN, top_chance=NAN
    )
    found = drawn(table, decisions=decided(table), sensitivity=moved().iloc[:0])
    assert list(found) == ["decisions", "planted", "touched", "return_by_campaign"]
    assert found["decisions"].title == "None of 2 channels with a known cost earns it under any model"
    empty = table.iloc[:0]
    assert list(drawn(empty, decisions=SimpleNamespace(by_model=decided(table).by_model.iloc[:0],
                                                       by_channel=decided(table).by_channel.iloc[:0]),
                      sensitivity=moved().iloc[:0])) == ["planted"]  # fmt: skip


def test_names_with_markup_or_at_length_are_text_within_the_drawing():
    names = ["<img src=x onerror=alert(1)>", "$x$ & co", "W" * 80, "two\nlines", "Nord " * 20]
    shares = {name: (0.2, 0.1 + 0.05 * n, 0.3 - 0.05 * n) for n, name in enumerate(names)}
    table = credit(shares)
    rows = [(f"c{n}", name, 10.0 - n, -0.1, 0.2, "some", True) for n, name in enumerate(names)]
    spend = dict.fromkeys(names, 9.0)
    found = drawn(table, decisions=decided(table, spend), campaigns=campaigns(*rows))
    for name in ("decisions", "shares", "model_map", "ranks", "return_by_campaign"):
        drawing = svg(found[name])
        assert "<img" not in drawing and "&lt;img" in drawing and "$x$ &amp; co" in drawing
        assert found[name].axes.get_window_extent().width > 60, "names leave room for the marks"
        assert all(len(row.splitlines()) <= 2 for row in rows_of(found[name]))
    assert "W" * 39 + "…" in found["shares"].data["channel"].tolist()


def test_the_order_of_rows_changes_nothing():
    first, table = drawn(), credit().sample(frac=1, random_state=3)
    table["model"] = pd.Categorical(table["model"], MODELS)
    table = table.sort_values("model", kind="stable").astype({"model": "str"})
    again = drawn(table, decisions=decided(credit()), sensitivity=moved(*MOVED[::-1]),
                  cohorts=SimpleNamespace(touched=TOUCHED.touched.iloc[::-1]),
                  campaigns=SimpleNamespace(by_campaign=CAMPAIGNS.by_campaign.iloc[::-1]))  # fmt: skip
    assert {name: svg(chart) for name, chart in first.items()} == {name: svg(chart) for name, chart in again.items()}


def test_drawing_changes_no_global_state_and_gives_the_same_bytes_twice():
    before = dict(mpl.rcParams)
    first, second = ([svg(chart) for chart in charts.draw(result())] for _ in range(2))
    assert first == second and dict(mpl.rcParams) == before
    colours = set(re.findall("#[0-9a-f]{6}", "".join(first)))
    assert colours <= set(style.COLOURS), "only colours that follow the page"


CROWDED = {f"content_syndication_{n}": (0.07 + 0.001 * n,) * 3 for n in range(13)}


def drawn_texts(ax):
    """Return what is written in a chart, but for ticks that lie outside it or belong to an axis that is not shown."""
    ticks = []
    for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        shown = [tick for tick in axis.get_major_ticks() if min(ends) <= tick.get_loc() <= max(ends)]
        ticks += [label for tick in shown for label in (tick.label1, tick.label2) if axis.get_visible()]
    return [text for text in (*ax.texts, *ticks) if text.get_visible() and text.get_text()]


@pytest.mark.parametrize("table", [None, credit(CROWDED), credit({"a": (1.0, 1.0, 1.0)})])
def test_nothing_drawn_reaches_beyond_the_figure_and_no_text_stands_on_another(table):
    for chart in charts.draw(result(table)):
        figure = chart.axes.figure
        with style.report():
            figure.draw_without_rendering()
        assert figure.get_figwidth() * 72 <= 350
        shown = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]
        assert all(text.get_fontsize() >= 11 for text in shown)
        boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(chart.axes)]
        for said, box in boxes:
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, (chart.name, said)
            assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, (chart.name, said)
        for (one, a), (other, b) in itertools.combinations(boxes, 2):
            wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 1 or high <= 0.25 * min(a.height, b.height), (chart.name, one, other)


def test_labels_are_short_and_unknown_models_keep_their_name():
    names = ("first_touch", "last_non_direct", "u_shaped_even", "markov_2", "shapley")
    assert [model_label(name) for name in names] == [
        "First touch", "Last non-direct", "U-shaped, even", "Markov 2", "Shapley"
    ]  # fmt: skip
    assert [short_name_of(name) for name in ("linear", "u_shaped", "markov_2", "shapley", "last_non_direct")] == [
        "linear", "U-shaped", "Markov 2", "Shapley", "last non-direct"
    ]  # fmt: skip
    assert reference_of(won(credit()), "linear") == "linear" and reference_of(won(credit()), "shapley") == "first_touch"
    assert channels_said(list("abc"), 3) == "a, b and c" and channels_said(["a"], 3) == "a" and channels_said([]) == ""
    assert (
        channels_said(list("abcd"), 3) == "a, b, c and 1 other" and channels_said(list("abcde"), 3)[-8:] == "2 others"
    )


def test_texts_are_kept_apart_in_their_order_and_within_the_ends():
    np.testing.assert_allclose(keep_apart([0.5, 0.5], [0.2, 0.2], 0, 1), [0.5, 0.7])
    np.testing.assert_allclose(keep_apart([0.9, 0.1, 0.95], [0.2] * 3, 0, 1), [0.7, 0.1, 0.9])
    np.testing.assert_allclose(keep_apart([0.5], [0.2], 0, 1), [0.5])
    assert len(keep_apart([], [], 0, 1)) == 0


def test_short_names_fit_their_lines():
    assert short_name("Trade show FY26-Q3: Intralogistics Forum") == "Trade show FY26-Q3:\nIntralogistics Forum"
    assert short_name("one two three four five six seven", lines=1).endswith("…")
