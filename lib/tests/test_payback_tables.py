"""The tables of the CAC payback report: whole captions, what stands in them, and what is left out of them."""

import dataclasses

import hand_payback as hand
import pandas as pd
import pytest
from told_payback import INF, NAN, channel, group, left, rung, told

from revops.measures import cac_payback as report

LADDER = (
    "Payback in months by definition: Apr 2025 to May 2026, customers by won deals. The last line is the one that this "
    "page goes by. New customers bear 100% of the cost, by days that deals stood open"
)
LAG = "The lag is measured on 50 customers: "
AT_ONCE = f"{LAG}half came in the month of the lead; nineteen in twenty within 2 months"
SUMS = [("paid_search", 400.0, 300.0), ("(unallocated)", 600.0, 500.0)]
CREDIT = {"new_deals": {"paid_search": 3.0, "organic": 2.0}, "new_amount": {"paid_search": 30.0},
          "credited_amount": {"paid_search": 45.0}}  # fmt: skip
KINDS = [("blended", 100.0, 10.0, 10.0, 8.0, 12.0, None), ("paid", 50.0, 2.0, 25.0, 20.0, INF, "ads alone"),
         ("marginal", 50.0, 0.0, NAN, NAN, NAN, "no more customers than the year before")]  # fmt: skip
MAGIC = [
    ("FY26-Q1", variant, 100.0, 50.0, number, note)
    for variant, number, note in (
        ("net_new", NAN, "not meaningful: nothing was added"),
        ("gross_new", 0.964, None),
        ("revenue", 2.0, None),
    )
]
MAGIC += [("FY26-Q2", variant, NAN, 50.0, NAN, "not over: 2 of 3 months") for variant in ("net_new", "gross_new")]
BRIDGE = [
    ("FY26-Q1", 100.0, 20.0, 10.0, -5.0, -10.0, 0.0, 115.0, 3),
    ("FY26-Q2", 115.0, 5.0, 0.0, 0.0, 0.0, 0.0, 120.0, 1),
]
EXPANSION = [("FY26-Q1", 40.0, 100.0, 0.4, 3), ("FY26-Q2", 0.0, 0.0, NAN, 0)]


def by_model(**payback):
    """Return rows of two models: linear as given, last touch half as much."""
    return [{"model": model, "channel": name, "credited_deals": 2.0, "credited_amount": 24.0, "spend_amount": 9.0,
             "overhead_amount": 1.0, "cac_amount": 5.0, "own_payback_months": months, "payback_months": months / times,
             "low": 1.0, "high": 2.0, "above_chance": 0.5}
            for model, times in (("last_touch", 2), ("linear", 1)) for name, months in payback.items()]  # fmt: skip


def figure(**given):
    """Return a published figure."""
    row = {"id": "payback_months", "basis": "new_logo", "ours": 20.0, "definition": "d", "statistic": "p25_best",
           "value": 16.0, "unit": "months", "band": "all", "year": "2025", "n": "342", "grade": "A", "publisher": "P",
           "flag": "comparable", "why": "same", "url": None, "note": None}  # fmt: skip
    return row | given


WHOLE = {
    "groups": [group("new", "type"), group("expansion", "type"), group("SMB"), group("EMEA", "region", n=3, sure="")],
    "channels": [channel("paid_search"), channel("organic", "no_cost")], "sums": SUMS, "credit": CREDIT, "kinds": KINDS,
    "by_model": by_model(paid_search=30.0, organic=NAN), "magic": MAGIC, "bridge": BRIDGE, "expansion": EXPANSION,
    "burn": ("FY25-Q2", "FY26-Q1", 50.0, 100.0, 0.5, None), "peers": [figure()],
    "versions": ("recognised", "collected"),
}  # fmt: skip


def shown(name, **given):
    return report.display_tables(told(**given))[name]


def caption(name, **given):
    return shown(name, **given)[0]


def column(name, header, **given):
    return shown(name, **given)[1][header].tolist()


def test_every_table_is_there_for_a_report_that_has_all_with_a_unit_a_column_and_nine_columns_at_most():
    found = report.display_tables(told(**WHOLE))
    assert list(found) == [
        "by_definition", "accounts", "paid_back_by_cohort", "cash_and_recognised", "lifetime_value", "by_type",
        "by_segment", "by_region", "by_channel", "channel_models", "channel_sums", "kinds_of_cac", "retention",
        "movements", "largest_customers", "cs_expansion", "magic_number", "burn_multiple", "published", "payback_notes",
    ]  # fmt: skip
    for name, (text, frame, units) in found.items():
        assert frame.shape[1] == len(units) <= 9 and frame.columns.is_unique and len(frame), name
        assert set(units) <= {None, "money", "count", "share", "months"} and isinstance(frame.index, pd.RangeIndex), (
            name
        )
        assert text[0].isupper() and not text.endswith("."), name
        assert not any(bad in text for bad in ("nan", "None", "1.0 months", " inf", "  ", "..")), name
        words = frame.select_dtypes("str")
        assert not words.isin(["nan", "None", "no limit", "nan to nan"]).any(axis=None), name
        for header, unit in zip(frame, units, strict=True):
            assert (unit is None) != pd.api.types.is_numeric_dtype(frame[header]), (name, header)


def test_a_report_of_the_barest_data_has_only_tables_with_something_in_them():
    nothing = {"nrr": (NAN, NAN), "top": 1, "curve": (), "worth": {"ltv": NAN, "ratio": NAN}}
    assert list(report.display_tables(told(**nothing))) == [
        "by_definition", "accounts", "retention", "largest_customers", "payback_notes"
    ]  # fmt: skip


def test_the_ladder_says_why_a_line_has_none_and_what_to_know_of_those_that_have():
    rows = [rung("revenue", 4.0), rung("gross_margin", NAN, NAN, NAN, note="gross margin is not known"),
            rung("lagged", 20.0, 18.0, NAN, note="without people: needs the profit and loss")]  # fmt: skip
    text, frame, units = shown("by_definition", rungs=rows)
    assert text == f"{LADDER}. {AT_ONCE}. Some lines: without people: needs the profit and loss"
    every = [rung(basis, note="without people") for basis in ("revenue", "lagged")]
    assert caption("by_definition", rungs=every) == f"{LADDER}. {AT_ONCE}. Without people"
    assert frame["Payback"].tolist() == ["4.0", "gross margin is not known", "20"]
    assert frame["Range"].tolist() == ["18 to 24", "–", "18 or more"]
    assert units == (None, "money", "count", "money", "share", "money", None, None)
    assert frame["Definition"].tolist()[-1] == "Cost of the months before, as measured"


@pytest.mark.parametrize(("n", "said"), [
    (1, "1 month left out: cost, or who is new, is not known of it"),
    (3, "3 months left out: cost, or who is new, is not known of them"),
])  # fmt: skip
def test_months_left_out_are_counted_below_the_ladder(n, said):
    assert caption("by_definition", months_left_out=n) == f"{LADDER}. {said}. {AT_ONCE}"


def test_customers_are_said_to_come_from_bills_where_they_do():
    months = hand.customer_months("2026-01", {"A": [1.0, 1.0]})
    assert caption("by_definition", months=months) == f"{LADDER.replace('won deals', 'bills')}. {AT_ONCE}"


@pytest.mark.parametrize(
    ("weights", "share", "said"),
    [
        ((0.1, 0.5, 0.4), 1.0, "half came within 1 month of the lead; nineteen in twenty within 2 months"),
        ((1.0,), 1.0, "half came in the month of the lead; nearly all of them"),
        ((0.1, 0.1, 0.8), 0.6,
         "half came within 2 months of the lead (60% of them), else of the deal; nineteen in twenty within 2 months"),
        ((0.1, 0.5, 0.4), 0.0,
         "half came within 1 month of the deal, since no lead is on record; nineteen in twenty within 2 months"),
    ],
)  # fmt: skip
def test_the_lag_is_told_with_what_it_was_counted_from(weights, share, said):
    lag = hand.lag(*weights)
    lag = type(lag)(lag.weights, 50, lag.median_months, lag.cycle_months, share, None)
    assert caption("by_definition", lag=lag) == f"{LADDER}. {LAG}{said}"


def test_a_lag_that_is_not_known_says_so():
    why = "the time from lead to first bill is known of no new customers"
    assert caption("by_definition", lag=hand.lag(why=why)) == f"{LADDER}. T{why[1:]}"


@pytest.mark.parametrize(("effort", "knobs", "said"), [
    ({"new_share": 0.72}, {}, ". New customers bear 72% of the cost, by days that deals stood open"),
    ({"new_share": 0.72, "driver": "deals"}, {}, ". New customers bear 72% of the cost, by deals made"),
    ({"new_share": 0.72, "driver": "amount"}, {}, ". New customers bear 72% of the cost, by amounts won"),
    ({"new_share": 0.5}, {"new_share": 0.5}, ". New customers bear 50% of the cost, as new_share says"),
    ({"new_share": NAN}, {}, ""),
])  # fmt: skip
def test_the_share_of_the_cost_that_new_customers_bear_is_told_and_by_what(effort, knobs, said):
    result = told(**knobs)
    result = dataclasses.replace(result, effort=dataclasses.replace(result.effort, **effort))
    text = report.display_tables(result)["by_definition"][0]
    assert text == f"{LADDER.split('. New')[0]}{said}. {AT_ONCE}"


def test_where_no_account_is_of_people_no_line_is_said_to_be_without_them():
    names = column("by_definition", "Definition", books_why={"people": "no account fits people_accounts"})
    assert names == [
        "On revenue, people not told apart from programs", "On gross margin", "All cost counted",
        "New customers alone, their part of the cost", "At most: all cost on new customers",
        "Cost of the median lag earlier", "Cost of the months before, as measured",
    ]  # fmt: skip
    alone = column("by_definition", "Definition", source="campaigns", books_why={"people": "needs the ledger"})
    assert alone == column("by_definition", "Definition")
    assert alone[0] == "On revenue, without people or tools" and alone[2] == "With people"


def test_accounts_say_how_they_count_and_what_the_books_lack():
    text, frame, _ = shown("accounts", books_why={"people": "no account fits people_accounts"})
    assert text == (
        "Every account of the books, Apr 2025 to May 2026, and whether it is cost of acquisition. No account fits "
        "people_accounts"
    )
    assert frame.to_numpy().tolist() == [
        ["6000 Ads", "sales", "Programs, commissions", 500.0], ["6100 Salaries", "sales", "People and tools", 900.0],
        ["7000 Interest", "other", "Not counted", 10.0],
    ]  # fmt: skip


def test_cohorts_say_who_is_left_out_and_versions_what_to_know():
    out = [("recognised", "began in a month whose cost is not known", 2, 9.0, "A"),
           ("collected", "began before the first payment", 1, 9.0, "A")]  # fmt: skip
    given = {"left_out": out, "notes": {"collected": "3 of 9 payments name no known invoice"}}
    text, frame, _ = shown("paid_back_by_cohort", **given)
    assert text == (
        "Share of customers whose gross margin has reached their CAC by so many months, and that left before it had; "
        "those not yet so old count as long as they were seen. Expansion helps to repay, though its cost is not in "
        "CAC. All of a segment that began in one month bear the same CAC, whatever they pay: the small ones repay "
        "late. A dash: fewer than 10 customers are at risk at that age, or half is not reached. Left out: 2 customers "
        "that began in a month whose cost is not known"
    )
    assert frame.to_numpy().tolist() == [["All", 40, 2000.0, 27.0, 0.25, 0.25, 0.25, 0.25]]
    text, frame, _ = shown("cash_and_recognised", versions=("recognised", "first_price", "collected"), **given)
    assert text == (
        "Customers by what counts as repaying: revenue as the months are served (recognised); of it no more than each "
        "paid in its first month (without expansion); or money as it comes in (collected). Expansion helps to repay, "
        "though its cost is not in CAC. Annual prepayment can pay back sooner in cash, and hides the risk of the "
        "renewal. Left out: 1 customer that began before the first payment. 3 of 9 payments name no known invoice"
    )
    assert frame["Counted when"].tolist() == ["Recognised", "Without expansion", "Collected"]
    billed = caption("cash_and_recognised", versions=("recognised", "first_price", "billed"))
    assert "; or money as invoices are sent (billed). " in billed
    assert caption("cash_and_recognised", versions=("recognised", "first_price"), **given) == (
        "Customers by what counts as repaying: revenue as the months are served (recognised); of it no more than each "
        "paid in its first month (without expansion). Expansion helps to repay, though its cost is not in CAC"
    )


def test_shares_that_no_row_tells_have_no_column():
    result = told(versions=("recognised", "first_price"))
    rows = result.realised.by_cohort
    rows[["paid_back_24", "lost_24", "paid_back_36"]] = NAN
    rows.loc[1, "paid_back_18"] = NAN
    tables = report.display_tables(result)
    _, cohorts, units = tables["paid_back_by_cohort"]
    ages = ["Paid back by 12", "Paid back by 18"]
    assert list(cohorts) == ["Began to pay in", "Customers", "CAC", "Half paid back after", *ages]
    assert units == (None, "count", "money", "months", "share", "share")
    _, versions, units = tables["cash_and_recognised"]
    assert list(versions) == ["Counted when", "Customers", "Half paid back after", *ages]
    assert units == (None, "count", "months", "share", "share")


def test_lifetime_value_is_told_with_its_tail_its_note_and_its_rate():
    text, frame, _ = shown("lifetime_value", worth={"note": "seen for 6 months only"}, discount_rate=0.085)
    assert text == (
        "Lifetime value over CAC, expansion not counted: 3.5x (3.0x to 4.0x), the target is 3.0x or more. With "
        "expansion, whose cost is not in CAC: 3.9x (3.3x to 4.4x). 1.0% leave in a month. Discounted by 8.5% a year. "
        "Seen for 6 months only"
    )
    assert frame["What"].tolist() == [
        "Gross margin of a new customer over 60 months, each month at no more than its first",
        "of which beyond the 41 months seen: an extrapolation that rests on 1 leaver among 64",
        "The same with expansion, whose cost is not in CAC",
        "Were the rate of leaving the same at every age, without a horizon", "CAC, lagged",
    ]  # fmt: skip
    assert frame["Amount"].tolist() == pytest.approx([7000.0, 1000.0, 7700.0, 20_000.0, 2000.0])
    assert frame["Range"].tolist() == ["$6.0K to $8.0K", "–", "$6.6K to $8.8K", "–", "–"]
    _, frame, _ = shown("lifetime_value", worth={"left": (0, 1200), "observed": 1})
    assert frame["What"][1] == (
        "of which beyond the 1 month seen: an extrapolation that rests on no leavers among 1,200"
    )
    _, frame, _ = shown("lifetime_value", worth={"left": (0, 0)})
    assert frame["What"][1] == "of which beyond the 41 months seen: an extrapolation"


def test_lifetime_value_without_a_tail_a_cost_or_a_leaver_leaves_their_lines_out():
    none = {"tail": 0.0, "cac": NAN, "ratio": NAN, "constant": NAN, "churn": 0.0, "ends": (NAN, NAN)}
    text, frame, _ = shown("lifetime_value", worth=none)
    assert text == (
        "Lifetime value; what a customer costs is not known, so how often it earns that back is not either. Nobody was "
        "seen to leave. Not discounted"
    )
    assert frame["What"].tolist() == [
        "Gross margin of a new customer over 60 months, each month at no more than its first",
        "The same with expansion, whose cost is not in CAC",
    ]  # fmt: skip
    assert frame["Amount"].tolist() == pytest.approx([7000.0, 7700.0]) and frame["Range"].tolist() == ["–", "–"]
    alone = caption("lifetime_value", worth={"ratio_ends": (NAN, NAN), "observed": 1})
    assert alone.startswith(
        "Lifetime value over CAC, expansion not counted: 3.5x, the target is 3.0x or more. With expansion, whose cost "
        "is not in CAC: 3.9x. "
    )


def test_groups_are_told_against_the_target_and_few_are_marked():
    rows = [group("A", sure="above"), group("B", sure="below"), group("C", sure=""), group("D", sure="", n=3),
            group("E", payback=NAN, low=NAN, high=NAN, sure=""), group("F", low=20.0, high=NAN)]  # fmt: skip
    rows[3] |= {"shrunk_months": 21.0, "shrunk_low": 19.0, "shrunk_high": 23.0}
    text, frame, _ = shown("by_segment", groups=rows, effort_why="deals stand in for days")
    assert text == (
        "Payback in months by segment, cost shared by days that its deals stood open; fewer than 10 customers are few, "
        "and drawn to the whole: the fewer, the more; target 18. Deals stand in for days"
    )
    assert frame["Against the target"].tolist() == [
        "surely slower", "surely within", "not beyond chance", "few", "–", "surely slower"
    ]  # fmt: skip
    assert frame["Range"].tolist() == ["20 to 28"] * 3 + ["19 to 23", "–", "20 or more"]
    assert frame["Payback"].tolist()[:4] == [24.0] * 3 + [21.0] and frame.shape[1] == 7
    text, frame, _ = shown("by_type", groups=[group("expansion", "type"), group("new", "type")])
    assert text == (
        "Payback in months by type, cost shared by days that its deals stood open; fewer than 10 customers are few; "
        "target 18"
    )
    assert frame.shape[1] == 7 and frame["Type"].tolist() == ["Expansion", "New"] and pd.isna(frame["CAC"][0])


def test_groups_are_told_over_all_ways_to_share_cost_and_sure_only_where_all_agree():
    rows = [group("A", lowest_months=19.0, highest_months=27.0, sure="depends"),
            group("B", payback=14.0, lowest_months=9.0, highest_months=18.1, sure="depends"),
            group("C", payback=14.0, lowest_months=9.0, highest_months=18.0, sure="depends"),
            group("D", lowest_months=24.0, highest_months=26.0), group("E", n=3, sure="")]  # fmt: skip
    text, frame, units = shown("by_region", groups=[row | {"dimension": "region"} for row in rows],
                               drivers=("deal_days", "deals", "amount"))  # fmt: skip
    assert text == (
        "Payback in months by region, cost shared by days that its deals stood open; fewer than 10 customers are few, "
        "and drawn to the whole: the fewer, the more; target 18. Other ways to share cost: by deals made or by amount "
        "won; sure only where all agree"
    )
    assert frame["Over ways to share cost"].tolist() == ["19 to 27", "9.0 to 18", "9.0 to 18", "24 to 26", "–"]
    assert frame["Against the target"].tolist() == [
        "slower, surely only by some ways to share cost", "depends on how cost is shared",
        "within, surely only by some ways to share cost", "surely slower", "few",
    ]  # fmt: skip
    assert frame.shape[1] == len(units) == 8


def test_a_group_whose_deals_drew_no_work_has_no_cost_rather_than_none_at_all():
    row = group("Unknown", payback=NAN, low=NAN, high=NAN, spend=0.0, n=1, sure="")
    frame = shown("by_segment", groups=[row])[1]
    assert frame["Cost"].isna().all() and frame["Customers"].tolist() == [1]
    assert frame["Against the target"].tolist() == ["no work on record to share cost by"]


def test_two_groups_or_channels_that_read_alike_keep_their_own_names():
    assert column("by_segment", "Segment", groups=[group("mid_market"), group("Mid market"), group("SMB")]) == [
        "Mid market (mid_market)", "Mid market (Mid market)", "SMB"
    ]  # fmt: skip
    twice = {"channels": [channel("paid_search"), channel("Paid search")],
             "by_model": by_model(**{"paid_search": 9.0, "Paid search": 5.0})}  # fmt: skip
    assert shown("channel_models", **twice)[1].columns.tolist() == [
        "Model", "Paid search (Paid search)", "Paid search (paid_search)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "surely slower than the target by its own cost alone"),
        ({"cause": "together"}, "surely slower than the target; own cost alone repays in 20 months"),
        (
            {"cause": "together", "is_sure": False},
            "slower than the target, not beyond chance; own cost alone repays in 20 months",
        ),
        ({"cause": "together", "own_payback_months": NAN}, "surely slower than the target"),
        ({"cause": "overhead"}, "surely slower than the target even without its own cost"),
        ({"is_sure": False, "cause": "own"}, "slower than the target by its own cost alone, not beyond chance"),
        ({"verdict": "below", "cause": ""}, "surely within the target"),
        ({"verdict": "below", "cause": "", "is_sure": False}, "within the target, not beyond chance"),
        ({"verdict": "depends"}, "depends on the model"),
        ({"verdict": "few"}, "few deals"),
        ({"verdict": "no_cost"}, "no cost known"),
        ({"verdict": "untold"}, "no payback can be told"),
    ],
)
def test_the_verdict_on_a_channel_in_words(given, said):
    assert column("by_channel", "Verdict", channels=[channel("a", **given)]) == [said]


BY_CHANNEL = (
    "Payback in months by channel, credit for new business by linear: own cost, and for each customer alike a part of "
    "what is no channel's own; CAC is over the deals credited; target 18. At stake: own cost that its customers do not "
    "repay within the target (over all models), where it is own cost alone that takes too long"
)


def test_channels_are_told_with_what_is_at_stake_and_what_to_know():
    whys = {"overhead_amount": "only own spend is told", "customers": "69 deals, 98 customers"}
    rows = [channel("paid_search"), channel("b", excess=(NAN, NAN, NAN)), channel("c", excess=(0.0, 0.0, 5.0)),
            channel("d", highest_months=INF), channel("e", cause="together"), channel("f", "depends")]  # fmt: skip
    text, frame, _ = shown("by_channel", channels=rows, whys={"channels": whys}, credit=CREDIT)
    assert text == f"{BY_CHANNEL}. Only own spend is told. 69 deals, 98 customers"
    assert frame["At stake"].tolist() == ["$400 ($100 to $600)", "–", "–", "$400 ($100 to $600)", "–", "–"]
    assert frame["Over all models"].tolist() == ["24 to 36"] * 3 + ["24 or more"] + ["24 to 36"] * 2
    assert "credit for new business: own cost" in caption("by_channel", channels=rows)


def test_deals_that_a_channel_is_credited_with_stand_beside_those_on_whose_path_it_was():
    """CAC is 200 of ten credited deals; it was on the path of twenty."""
    rows = [channel("a"), channel("b", credited_deals=4.5), channel("c", credited_deals=NAN)]
    _, frame, units = shown("by_channel", channels=rows)
    assert frame.columns.tolist() == [
        "Channel", "On its path", "Deals credited", "Own cost", "CAC", "Payback", "Over all models", "Verdict",
        "At stake",
    ]  # fmt: skip
    assert units == (None, "count", "count", "money", "money", "months", None, None, None)
    assert frame["On its path"].tolist() == [20, 20, 20] and frame["Deals credited"].tolist()[:2] == [10.0, 4.5]
    assert frame["Deals credited"].isna().tolist() == [False, False, True]


def test_where_overhead_takes_too_long_the_caption_says_that_no_cut_mends_it():
    rows = [channel("a"), channel("b", cause="overhead", excess=(NAN, NAN, NAN))]
    assert caption("by_channel", channels=rows, credit=CREDIT) == (
        f"{BY_CHANNEL}. Where a channel is slower even without its own cost, no cut of that cost mends it"
    )
    assert caption("by_channel", channels=rows[:1], credit=CREDIT) == BY_CHANNEL


def test_deals_without_a_touch_have_a_row_below_the_channels():
    dark = {"channels": [channel("paid_search")], "credit": CREDIT, "untouched": (2, 70.0, 90.0),
            "by_model": by_model(**{"(no channel)": 17.0, "paid_search": 30.0})}  # fmt: skip
    frame = shown("by_channel", **dark)[1]
    assert frame["Channel"].tolist() == ["Paid search", "(no touch on record)"]
    assert frame.iloc[1][["Deals credited", "CAC", "Payback"]].tolist() == [2.0, 5.0, 17.0]
    assert frame["On its path"].isna().tolist() == [False, True], "it was on nobody's path"
    assert frame.iloc[1][["Over all models", "Verdict", "At stake"]].tolist() == ["–", "no channel known", "–"]
    frame = shown("channel_sums", **dark, sums=SUMS)[1]
    assert frame["Channel"].tolist() == ["Paid search", "(no channel's own)", "(no touch on record)", "Total"]
    assert frame.iloc[2, 1:3].isna().all() and frame.iloc[2, 3:].tolist() == [2.0, 70.0, 90.0]
    assert frame.iloc[3, 1:].tolist() == [1000.0, 800.0, 5.0, 100.0, 135.0]


def test_models_stand_in_rows_and_the_channels_with_the_most_cost_in_columns():
    rows = [channel(name, spend=100.0 + place) for place, name in enumerate("abcdefghi")] + [
        channel("z", "no_cost", spend=NAN)
    ]
    text, frame, units = shown(
        "channel_models", channels=rows, by_model=by_model(**dict.fromkeys("abcdefghi", 30.0), z=NAN)
    )
    assert text == (
        "Payback in months by channel under each model of attribution; the 8 with the most own cost, "
        "all in channels_by_model.csv"
    )
    assert frame.columns.tolist() == ["Model", *"IHGFEDCB"] and units == (None, *["months"] * 8)
    assert frame.to_numpy().tolist() == [["last touch", *[15.0] * 8], ["linear", *[30.0] * 8]]
    assert "channel_models" not in report.display_tables(told(channels=rows[-1:], by_model=by_model(z=NAN)))


def test_costs_by_channel_add_up_to_the_books_and_say_so_only_where_they_do():
    text, frame, _ = shown("channel_sums", sums=SUMS, credit=CREDIT)
    assert text == (
        "Cost by channel as ad systems and campaigns tell it, and what is no channel's own: they add up to the books. "
        "Credit by linear: that of channels is the attribution report's of the same days"
    )
    assert frame["Channel"].tolist() == ["Paid search", "(no channel's own)", "Total"]
    assert frame.iloc[-1].tolist()[1:] == [1000.0, 800.0, 3.0, 30.0, 45.0]
    text, frame, _ = shown("channel_sums", sums=[SUMS[0], ("(unallocated)", NAN, NAN)], credit=CREDIT)
    assert text.startswith("Cost by channel as ad systems and campaigns tell it, and what is no channel's own. Credit")
    assert frame.iloc[-1].isna().tolist() == [False, True, True, False, False, False]
    assert "channel_sums" not in report.display_tables(told(sums=SUMS[1:], credit=CREDIT))
    text, frame, units = shown("channel_sums", sums=SUMS, credit=CREDIT, credit_model=None)
    assert text.endswith("they add up to the books") and frame.shape[1] == len(units) == 3
    assert caption("channel_sums", sums=SUMS, credit=CREDIT, source="campaigns") == (
        "Cost by channel as ad systems and campaigns tell it, and what is no channel's own. Credit by linear: that of "
        "channels is the attribution report's of the same days"
    )


def test_three_kinds_of_cac_with_their_notes_and_a_range_without_an_end():
    text, frame, _ = shown("kinds_of_cac", kinds=KINDS)
    assert text == "What one new customer costs, counted in three ways"
    assert frame["Per customer"].tolist() == ["$10", "$25", "–"]
    assert frame["Range"].tolist() == ["$8 to $12", "$20 or more", "–"]
    assert frame["To know"].tolist() == ["", "ads alone", "no more customers than the year before"]


OF_THEN = (
    "Recurring revenue in May 2026 of the customers of twelve months before, over theirs then; gross: nobody counts "
    "for more than then"
)
KEPT = f"{OF_THEN}; the 2 largest: by the larger of then and now"


def test_retention_says_who_may_have_been_told_wrongly():
    text, frame, _ = shown("retention", doubt=(3, 1500.0), owed=(1, 20.0))
    assert text == (
        f"{KEPT}. 3 customers with $1.5K a month, missing of late, may have paid late; counted as lost. 1 "
        "customer with $20 a month, past due and not paid since; counted as paying"
    )
    assert frame["All"].tolist() == [1.02, 0.9, 0.05]
    assert frame["Without the 2 largest"].tolist() == [0.95, 0.85, 0.06]
    text, frame, _ = shown("retention", top=1)
    assert text == f"{OF_THEN}; the largest: by the larger of then and now" and "Without the largest" in frame
    why = {"retention": {"nrr": "prices have no past", "grr": "prices have no past"}}
    assert caption("retention", nrr=(NAN, NAN), whys=why) == f"{KEPT}. Prices have no past"


def test_the_bridge_marks_a_quarter_that_is_cut_off_and_does_not_tell_what_prices_hide():
    text, frame, _ = shown("movements", bridge=BRIDGE)
    assert text == "What moved recurring revenue a month; late payments are filled in, other currencies at fixed rates"
    assert frame["Quarter"].tolist() == ["FY26-Q1", "FY26-Q2 (1 month)"]
    parts = ["At its start", "New", "Expansion", "Reactivation", "Contraction", "Churn"]
    assert frame[parts].sum(axis=1).tolist() == frame["At its end"].tolist() == [115.0, 120.0]
    text, frame, _ = shown("movements", bridge=BRIDGE, whys={"retention": {"bridge": "prices have no past"}})
    assert text.endswith(". Prices have no past")
    assert frame[["Expansion", "Contraction"]].isna().all(axis=None) and frame["New"].tolist() == [20.0, 5.0]
    assert len(shown("movements", bridge=BRIDGE * 6)[1]) == 8


def test_largest_customers_are_named_by_their_account_alone():
    text, frame, _ = shown("largest_customers", top=1)
    rest = (
        "of twelve months before, by the larger of then and now, recurring a month; share: of all recurring revenue "
        "now, new customers too"
    )
    assert text == f"The largest customer {rest}" and frame.to_numpy().tolist() == [["A0", 900.0, 1000.0, 100.0, 0.1]]
    assert caption("largest_customers") == f"The 2 largest customers {rest}"


def test_expansion_without_a_source_says_why_and_without_deals_is_no_table():
    assert caption("cs_expansion", expansion=EXPANSION) == "Expansion won, and what customer success sourced of it"
    why = {"efficiency": {"cs_expansion_amount": "no opportunity has customer_success as its source"}}
    assert caption("cs_expansion", expansion=EXPANSION, whys=why) == (
        "Expansion won, and what customer success sourced of it. No opportunity has customer_success as its source"
    )
    assert "cs_expansion" not in report.display_tables(told(expansion=EXPANSION[1:]))


def test_a_magic_number_is_told_of_quarters_that_are_over_with_two_decimals_or_why_not():
    text, frame, _ = shown("magic_number", magic=MAGIC)
    told_so = (
        "Magic number in three variants that are never to be compared with each other: what a quarter added, for a "
        "year, over the cost of the quarter before"
    )
    assert text == told_so
    assert frame.to_numpy().tolist() == [["FY26-Q1", "not meaningful: nothing was added", "0.96x", "2.00x", 50.0]]
    whole = ". Of the whole company: the books do not tell its parts apart"
    assert caption("magic_number", magic=MAGIC, slice={"region": "EMEA"}) == told_so + whole
    none = [(*row[:3], NAN, NAN, "needs the profit and loss by month") for row in MAGIC[:3]]
    assert "magic_number" not in report.display_tables(told(magic=none))


def test_a_burn_multiple_is_told_of_four_quarters_or_why_not():
    text, frame, _ = shown("burn_multiple", burn=("FY25-Q2", "FY26-Q1", -5.0, 100.0, NAN, "not meaningful: no loss"))
    assert text == ("Loss of the ledger, interest included (below 0: a profit), over net new recurring revenue a year")
    assert frame.to_numpy().tolist() == [["FY25-Q2", "FY26-Q1", -5.0, 100.0, "not meaningful: no loss"]]
    assert "burn_multiple" not in report.display_tables(told())


def test_published_figures_stand_beside_ours_under_the_name_of_what_they_count():
    rows = [figure(value=value) for value in (6.0, 16.0, 24.0, 30.0)] + [
        figure(id="grr", basis="lost", ours=0.14, value=0.1, unit="share", why="", year=None, n=None),
        figure(id="logo_churn_rate", basis="kept", ours=0.91, value=0.9, unit="share", flag="caution", why="old"),
        figure(id="cac_ratio", basis="fully_loaded", ours=1.2, value=1.3, unit="x", flag="not comparable"),
    ]  # fmt: skip
    text, frame, _ = shown("published", peers=rows)
    assert text == (
        "Published figures beside ours, the most alike first; grade A: read at its publisher, B: in a copy, C: quoted "
        "by others. 3 more figures, the less alike, stand in published_figures.csv"
    )
    assert frame["Number"].tolist() == [
        *["CAC payback"] * 2,
        "Recurring revenue lost in a year",
        "Customers kept for a year",
    ]
    assert frame["Ours"].tolist() == [*["20 months"] * 2, "14%", "91%"]
    assert frame["Theirs"].tolist() == ["6 months", "16 months", "10%", "90%"]
    assert frame["Comparable?"].tolist() == [*["comparable: same"] * 2, "comparable", "caution: old"]
    assert frame.loc[2, ["Year", "n", "Which"]].tolist() == ["not printed", "not printed", "p25 best"]
    one = caption("published", peers=rows[:3])
    assert one.endswith(". 1 more figure, the less alike, stands in published_figures.csv")
    assert caption("published", peers=rows[:2]).endswith("C: quoted by others")


def test_files_hold_every_customer_month_channel_and_figure():
    made = told(**WHOLE, table=[left("A")])
    assert report.channels_table(made) is made.channels.by_model and report.published_table(made) is made.peers.table
    books = report.books_table(made)
    assert books.columns.tolist() == ["month", "programs", "people", "also", "gross_margin"] and len(books) == 14
    assert report.customers_table(made).columns.is_unique
