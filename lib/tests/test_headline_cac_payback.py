"""The first screen of the CAC payback report: the whole sentence, the line below it and the numbers by reader."""

import dataclasses
import re
from itertools import product

import hand_payback as hand
import pytest
from told_payback import INF, MONTHS, NAN, channel, cohort, rung, told

from revops.actions import Number
from revops.actions.cac_payback import headline
from revops.measures.cac_payback.ladder import BASES

WINDOW = "from Apr 2025 to May 2026"
NEVER = {"payback_months": NAN, "low": NAN, "high": NAN}
NO_COST = "the cost of these months, moved by the lag, is not known"


def first(**given):
    found = headline(told(**given))
    return found.status, found.sentence


def by(reader, **given):
    return headline(told(audience=reader, **given)).numbers


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ((12.0, 10.0, 17.9), "on_track"),
        ((12.0, 10.0, 18.0), "on_track"),
        ((12.0, 10.0, 18.1), "watch"),
        ((18.0, 17.0, 18.0), "on_track"),
        ((18.1, 17.0, 18.0), "watch"),
        ((24.0, 18.0, 30.0), "watch"),
        ((24.0, 18.1, 30.0), "act"),
        ((12.0, 10.0, NAN), "watch"),
        ((12.0, 10.0, INF), "watch"),
        ((24.0, 18.1, NAN), "act"),
        ((12.0, NAN, NAN), "on_track"),
        ((24.0, NAN, NAN), "watch"),
    ],
)
def test_status_by_which_end_of_the_range_lies_above_the_target_of_18(ends, status):
    assert first(lagged=dict(zip(("payback_months", "low", "high"), ends, strict=True)))[0] == status


@pytest.mark.parametrize(("lost", "status"), [(0.2, "on_track"), (0.21, "watch")])
def test_more_leavers_than_most_lost_are_to_be_watched(lost, status):
    within = {"payback_months": 12.0, "low": 10.0, "high": 15.0}
    assert first(lagged=within, curve=[cohort(lost=lost)]) == (
        status,
        "On average a new customer repays its cost in 12 months (10 to 15), if it stays; "
        f"{lost:.0%} leave before, within 18 months.",
    )


@pytest.mark.parametrize(
    ("payback", "low", "high", "said"),
    [
        (20.0, 18.0, 24.0, "20 months (18 to 24)"),
        (3.94, 3.5, 4.3, "3.9 months (3.5 to 4.3)"),
        (5.0, 4.0, 6.0, "5 months (4.0 to 6.0)"),
        (1.0, 0.9, 1.1, "1 month (0.9 to 1.1)"),
        (1.04, 0.9, 1.1, "1 month (0.9 to 1.1)"),
        (20.0, 18.0, NAN, "20 months (18 or more)"),
        (20.0, 18.0, INF, "20 months (18 or more)"),
        (20.0, NAN, NAN, "20 months"),
        (1234.0, 900.0, 2000.0, "1234 months (900 to 2,000)"),
    ],
)
def test_months_are_told_with_their_range_and_one_month_is_one(payback, low, high, said):
    lagged = {"payback_months": payback, "low": low, "high": high}
    assert first(lagged=lagged, curve=())[1] == f"On average a new customer repays its cost in {said}, if it stays."


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        ([cohort(lost=0.004)], "; <1% leave before, within 18 months"),
        ([cohort(lost=0.01)], "; 1% leave before, within 18 months"),
        ([cohort(lost=0.0)], "; none was seen to leave before, within 18 months"),
        ([cohort(1)], "; 10% leave before, within 1 month"),
        ([cohort(12), cohort(36, lost=0.3), cohort(37, lost=0.9)], "; 30% leave before, within 36 months"),
        ([cohort(12), cohort(24, lost=0.3, n=9)], "; 10% leave before, within 12 months"),
        ([cohort(12), cohort(24, lost=NAN)], "; 10% leave before, within 12 months"),
        ([cohort(12, version="collected"), cohort(13, cohort="FY26")], ""),
        ((), ""),
    ],
)
def test_leavers_are_told_at_the_oldest_age_that_enough_customers_were_seen_to(curve, said):
    assert (
        first(curve=curve)[1]
        == f"On average a new customer repays its cost in 20 months (18 to 24), if it stays{said}."
    )


@pytest.mark.parametrize(
    ("lagged", "sentence"),
    [
        ({"n_customers": 9}, f"9 new customers {WINDOW}: too few to say how long one takes to repay its cost."),
        ({"n_customers": 1}, f"1 new customer {WINDOW}: too few to say how long one takes to repay its cost."),
        ({"n_customers": 0, **NEVER, "note": "no new recurring revenue in these months"},
         f"No new customers {WINDOW}: too few to say how long one takes to repay its cost."),
        ({"n_customers": 9, **NEVER, "note": "never: gross margin is 0"},
         f"9 new customers {WINDOW}: too few to say how long one takes to repay its cost."),
        ({"n_customers": 0, "spend_amount": NAN, **NEVER, "note": NO_COST},
         f"How long a new customer takes to repay its cost cannot be said: {NO_COST}."),
        ({**NEVER, "note": "gross margin is not known"},
         "How long a new customer takes to repay its cost cannot be said: gross margin is not known."),
        ({**NEVER, "note": "needs the profit and loss by month, or gross_margin in params"},
         "How long a new customer takes to repay its cost cannot be said without the profit and loss by month, or "
         "gross_margin in params."),
        ({**NEVER, "spend_amount": -5.0, "note": "the books give back more cost than they hold"},
         "How long a new customer takes to repay its cost cannot be said: the books give back more cost than they "
         "hold."),
        ({"payback_months": 0.0, "low": NAN, "high": NAN, "spend_amount": 0.0},
         f"No cost of winning customers is on the books {WINDOW}: there is nothing to repay."),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_not_said_and_why(lagged, sentence):
    assert first(lagged=lagged) == ("not_enough_data", sentence)


def test_ten_customers_are_enough():
    assert first(lagged={"n_customers": 10})[0] == "watch" and first(lagged={"n_customers": 9})[0] == "not_enough_data"
    assert first(lagged={"n_customers": 9}, fewest_customers=9)[0] == "watch"


@pytest.mark.parametrize("why", ["gross margin is 0", "gross margin is below 0"])
def test_without_margin_a_customer_never_repays_and_that_is_to_act_on(why):
    found = first(lagged={**NEVER, "note": f"never: {why}"}, margin=-0.1)
    assert found == ("act", f"A new customer never repays its cost: {why}.")


def test_a_slice_is_named_in_every_sentence():
    parts = {"slice": {"region": "EMEA", "segment": "SMB"}, "curve": ()}
    assert (
        first(**parts)[1]
        == "On average a new customer in EMEA and SMB repays its cost in 20 months (18 to 24), if it stays."
    )
    assert first(lagged={"n_customers": 2}, **parts)[1].startswith(f"2 new customers in EMEA and SMB {WINDOW}: ")
    assert first(lagged={**NEVER, "note": "x"}, **parts)[1] == (
        "How long a new customer in EMEA and SMB takes to repay its cost cannot be said: x."
    )
    assert first(lagged={**NEVER, "note": "never: x"}, **parts)[1] == (
        "A new customer in EMEA and SMB never repays its cost: x."
    )
    assert first(lagged={"spend_amount": 0.0, "payback_months": 0.0}, **parts)[1] == (
        f"No cost of winning customers in EMEA and SMB is on the books {WINDOW}: there is nothing to repay."
    )


def test_months_that_do_not_count_are_not_said_to_have_had_few_customers():
    """14 months in all; a window of one is named as one."""
    said = "too few to say how long one takes to repay its cost."
    few = {"lagged": {"n_customers": 3}}
    assert first(**few, months_left_out=9)[1] == (
        f"3 new customers in the 5 months whose cost and customers are known: {said}"
    )
    assert first(**few, months_left_out=13)[1] == (
        f"3 new customers in the month whose cost and customers are known: {said}"
    )
    one = first(lagged={"n_customers": 3}, quarters=0, day="2026-04-30")
    assert one[1] == f"3 new customers in Apr 2026: {said}"


COUNTED = (
    "Counted: new customers alone, people included, on gross margin, each month's cost set against the customers it "
    "won later. "
)
TARGET = "The target is 18 months; the range holds 8 in 10 resamples of customers. "
APART = (
    "By definition alone it is 4.0 (on revenue, without people or tools) to 30 months (at most: all cost on new "
    "customers). "
)
HALF = "Half of customers have repaid after 27 months."


def below(**given):
    return headline(told(**given)).below


def test_the_line_below_says_target_range_what_is_counted_and_how_far_definitions_lie_apart():
    assert below() == TARGET + COUNTED + APART + HALF
    assert below(half=NAN) == (TARGET + COUNTED + APART).strip()
    assert below(half=1.0).endswith("Half of customers have repaid after 1 month.")
    assert below(level=0.95, target_months=1).startswith(
        "The target is 1 month; the range holds 95 in 100 resamples of customers. "
    )
    assert below(target_months=7.5, lagged={"low": NAN, "high": NAN}).startswith(
        "The target is 7.5 months. Counted: new customers alone, "
    )


def test_people_and_lag_are_said_to_count_only_where_they_do():
    without = "Counted: new customers alone, without people, on gross margin, "
    assert without in below(source="campaigns", books_why={"people": "needs the profit and loss by month"})
    assert COUNTED.strip() in below()
    at_once = (
        "people included, on gross margin, cost and customers of the same months, as the time between is not known"
    )
    assert at_once in below(lag=hand.lag(why="the time from lead to first bill is not known"))


def test_people_in_accounts_that_nothing_tells_apart_are_not_said_to_be_missing():
    why = {"people": "no account fits people_accounts"}
    assert below(books_why=why) == (
        f"{TARGET}Counted: new customers alone, people not told apart from programs, on gross margin, each month's "
        "cost set against the customers it won later. By definition alone it is 4.0 (on revenue, people not told apart "
        f"from programs) to 30 months (at most: all cost on new customers). {HALF}"
    )
    cost = "to win a customer, people not told apart from programs; it pays $125 a month"
    assert by("executive", books_why=why) == (PAID, WORTH, Number("$2.0K", cost))
    assert first(books_why=why) == first()


ADS = {"source": "campaigns", "books_why": {"people": "needs the profit and loss by month"}}
ALONE = "On what ads and campaigns cost alone, people not counted, a new customer"


@pytest.mark.parametrize("ends", [(3.4, 3.0, 4.0), (24.0, 18.1, 30.0), (24.0, 18.1, NAN), (12.0, 10.0, 17.0)])
def test_without_books_payback_is_told_of_ads_and_campaigns_alone_and_not_judged(ends):
    """Within the target, above it, or with many who leave: with people it would be longer, nobody knows by how much."""
    given = ADS | {"lagged": dict(zip(("payback_months", "low", "high"), ends, strict=True))}
    assert first(**given)[0] == first(**given, curve=[cohort(lost=0.9)])[0] == "not_enough_data"
    assert first(**given | {"source": "ledger"})[0] != "not_enough_data"


def test_without_books_the_sentence_and_the_line_below_say_that_people_are_in_no_cost():
    lagged = {"payback_months": 3.4, "low": 3.0, "high": 4.0}
    assert first(**ADS, lagged=lagged)[1] == (
        f"{ALONE} repays its cost in 3.4 months (3.0 to 4.0), if it stays; 10% leave before, within 18 months."
    )
    assert first(**ADS, lagged=lagged, curve=(), slice={"region": "EMEA"})[1] == (
        f"{ALONE} in EMEA repays its cost in 3.4 months (3.0 to 4.0), if it stays."
    )
    assert below(**ADS) == (
        "The target is 18 months, not held against a cost without people; the range holds 8 in 10 resamples of "
        "customers. Counted: new customers alone, without people, on gross margin, each month's cost set against the "
        f"customers it won later. {APART}{HALF}"
    )
    assert below(**ADS, lagged={**NEVER, "note": "x"}, half=NAN).startswith("The target is 18 months. ")
    assert first(**ADS, lagged={"payback_months": 0.0, "low": NAN, "high": NAN, "spend_amount": 0.0}) == (
        "not_enough_data",
        f"No cost of winning customers is among ads and campaigns {WINDOW}: there is nothing to repay.",
    )


def test_without_books_no_number_is_bad_news_and_those_of_cost_say_that_people_are_not_counted():
    bad = {"curve": [cohort(paid=0.49)], "worth": {"ratio": 2.9}, "nrr": (0.99, 0.9),
           "channels": [channel("a", payback=30.0)], "sums": [("(unallocated)", 1.0, 1.0)]}  # fmt: skip
    for reader in ("executive", "marketing_ops", "revops"):
        assert any(one.is_bad for one in by(reader, **bad)) and not any(one.is_bad for one in by(reader, **ADS, **bad))
    assert by("executive", **ADS, **bad) == (
        Number("49%", f"{PAID.text}; people not counted"),
        Number("2.9x", WORTH.text.replace("the target is 3.0x", "people not counted")),
        Number("$2.0K", "to win a customer, without people; it pays $125 a month"),
    )
    few = by("executive", **ADS, lagged={"n_customers": 9})
    assert all(one.text.endswith("; few customers") and not one.is_bad for one in few)


@pytest.mark.parametrize(("slice", "place"), [({}, ""), ({"region": "EMEA"}, " in EMEA")])
def test_a_share_of_0_is_said_to_be_the_setting_and_not_the_books(slice, place):
    result = told(lagged={"payback_months": 0.0, "low": NAN, "high": NAN, "spend_amount": 0.0}, slice=slice,
                  new_share=0)  # fmt: skip
    result = dataclasses.replace(result, effort=dataclasses.replace(result.effort, new_share=0.0))
    found = headline(result)
    assert (found.status, found.sentence, found.below) == (
        "not_enough_data",
        f"There is nothing to repay: new_share is 0, no cost is borne by new customers{place}.",
        "The target is 18 months.",
    )


def test_definitions_that_agree_or_are_missing_are_not_said_to_lie_apart():
    same = [rung(basis) for basis in BASES]
    assert below(rungs=same) == TARGET + COUNTED + HALF
    none = [rung(basis, NAN, NAN, NAN, note="gross margin is not known") for basis in BASES]
    assert below(rungs=none, half=NAN) == "The target is 18 months."
    free = below(lagged={"payback_months": 0.0, "spend_amount": 0.0})
    assert free == "The target is 18 months."
    only = [rung("revenue", 4.0), *none[1:]]
    assert below(rungs=only, half=NAN) == (
        "The target is 18 months. By another definition it is 4 months (on revenue, without people or tools)."
    )
    two = [rung("revenue", 4.0), rung("gross_margin", 5.0), *none[2:]]
    assert below(rungs=two, half=NAN) == (
        "The target is 18 months. By another definition it is 4.0 (on revenue, without people or tools) to 5 months "
        "(on gross margin)."
    )


def test_of_too_few_customers_the_line_below_tells_the_target_alone():
    assert below(lagged={"n_customers": 9}) == "The target is 18 months."


PAID = Number("60%", "of customers had repaid their cost by 18 months (50% to 70%); 10% had left before")
WORTH = Number(
    "3.5x", "lifetime value over cost, 60 months ahead, expansion not counted (3.0x to 4.0x); the target is 3.0x"
)
CAC = Number("$2.0K", "to win a customer, people included; it pays $125 a month")
KEPT = Number("102%", "net revenue retention over twelve months (97% to 107%); gross 90%")
SPREAD = Number("26", "months between 7 definitions of the same payback: 4.0 to 30")


def test_each_reader_has_three_numbers_of_the_same_report():
    sums = [("ads", 400.0, 300.0), ("(unallocated)", 600.0, 500.0)]
    given = {"channels": [channel("paid_search", payback=30.0), channel("webinar", payback=12.0)], "sums": sums}
    assert by("executive", **given) == (PAID, WORTH, CAC)
    slow = Number("30", "months, the slowest channel: Paid search (24 to 36 by the models)", is_bad=True)
    own = Number("60%", "of $1.0K is no channel's own, such as people and tools")
    assert by("marketing_ops", **given) == (CAC, slow, own)
    assert by("revops", **given) == (KEPT, PAID, SPREAD)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"curve": [cohort(paid=0.5)]}, Number("50%", PAID.text)),
        ({"curve": [cohort(paid=0.49)]}, Number("49%", PAID.text, is_bad=True)),
        ({"curve": [cohort(paid_ends=(NAN, NAN))]},
         Number("60%", "of customers had repaid their cost by 18 months; 10% had left before")),
        ({"curve": [cohort(lost=NAN)]}, Number("60%", "of customers had repaid their cost by 18 months (50% to 70%)")),
        ({"curve": [cohort(7)], "target_months": 7.4},
         Number("60%", "of customers had repaid their cost by 7 months (50% to 70%); 10% had left before")),
        ({"curve": [cohort(1)], "target_months": 0.3},
         Number("60%", "of customers had repaid their cost by 1 month (50% to 70%); 10% had left before")),
        ({"curve": [cohort(n=9)]},
         Number("–", "of customers had repaid their cost by 18 months: too few customers were seen so long")),
        ({"curve": [cohort(paid=NAN)]},
         Number("–", "of customers had repaid their cost by 18 months: too few customers were seen so long")),
        ({"curve": (), "whys": {"realised": {"recognised": "needs subscriptions"}}},
         Number("–", "of customers had repaid their cost by 18 months: needs subscriptions")),
        ({"curve": (), "whys": {"realised": {"recognised": "needs the gross margin: needs the ledger"}}},
         Number("–", "of customers had repaid their cost by 18 months: needs the gross margin: the ledger")),
    ],
)  # fmt: skip
def test_who_had_paid_back_by_the_target(given, number):
    assert by("executive", **given)[0] == number


@pytest.mark.parametrize(
    ("worth", "number"),
    [
        ({"ratio": 2.9}, Number("2.9x", WORTH.text, is_bad=True)),
        ({"ratio_ends": (NAN, NAN)},
         Number("3.5x", "lifetime value over cost, 60 months ahead, expansion not counted; the target is 3.0x")),
        ({"horizon": 1}, Number("3.5x", WORTH.text.replace("60 months", "1 month"))),
        ({"ltv": NAN, "ratio": NAN, "why": "needs subscriptions"},
         Number("–", "lifetime value over cost: needs subscriptions")),
        ({"ratio": NAN}, Number("–", "lifetime value over cost: what a new customer costs is not known")),
    ],
)  # fmt: skip
def test_lifetime_value_over_cost(worth, number):
    assert by("executive", worth=worth)[1] == number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"source": "campaigns"}, Number("$2.0K", "to win a customer, without people; it pays $125 a month")),
        ({"lagged": {"cac_amount": NAN, "note": NO_COST}}, Number("–", f"to win a customer: {NO_COST}")),
        ({"lagged": {"cac_amount": -3.0, "note": "the books give back more cost than they hold"}},
         Number("–", "to win a customer: the books give back more cost than they hold")),
    ],
)  # fmt: skip
def test_what_a_customer_costs(given, number):
    assert by("executive", **given)[2] == number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"channels": [channel("a", "below", 18.0)]},
         Number("18", "months, the slowest channel: A (24 to 36 by the models)")),
        ({"channels": [channel("a", "depends", 18.1)]},
         Number("18", "months, the slowest channel: A (24 to 36 by the models)", is_bad=True)),
        ({"channels": [channel("a", payback=9.0, n_models=1)]}, Number("9.0", "months, the slowest channel: A")),
        ({"channels": [channel("a", highest_months=INF)]},
         Number("30", "months, the slowest channel: A (24 or more by the models)", is_bad=True)),
        ({"channels": [channel("a", "few"), channel("b", "no_cost"), channel("c", "above", NAN)]},
         Number("–", "months, the slowest channel: none with a cost is on enough deals")),
        ({"whys": {"channels": {"channels": "spend is not told by region"}}},
         Number("–", "months, the slowest channel: spend is not told by region")),
        ({"channels": [channel("a", "untold", NAN)], "whys": {"channels": {"payback_months": "gross margin is 0"}}},
         Number("–", "months, the slowest channel: gross margin is 0")),
    ],
)  # fmt: skip
def test_the_slowest_channel_is_one_that_can_be_judged(given, number):
    sums = [("(unallocated)", 1.0, 1.0)]
    assert by("marketing_ops", **{"sums": sums} | given)[1] == number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"sums": [("ads", 400.0, 1.0), ("(unallocated)", 0.0, 0.0)], "source": "campaigns"},
         Number("0%", "of $400 is no channel's own")),
        ({"sums": [("(unallocated)", 0.0, 0.0)]}, Number("–", "of the cost is no channel's own: there is none")),
        ({"sums": [("ads", 400.0, 1.0), ("(unallocated)", NAN, NAN)]},
         Number("–", "of the cost is no channel's own: the cost of these months is not known")),
        ({"sums": [("ads", 400.0, 1.0), ("(unallocated)", -1.0, -1.0)]},
         Number("–", "of the cost is no channel's own: ad systems and campaigns say more was spent than the books "
                "hold")),
        ({"whys": {"channels": {"channels": "spend is not told by region"}}},
         Number("–", "of the cost is no channel's own: spend is not told by region")),
    ],
)  # fmt: skip
def test_the_part_of_the_cost_that_no_channel_bears(given, number):
    assert by("marketing_ops", **given)[2] == number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"nrr": (0.99, 0.9)},
         Number("99%", "net revenue retention over twelve months (94% to 104%); gross 90%", is_bad=True)),
        ({"nrr": (1.0, 0.9)}, Number("100%", "net revenue retention over twelve months (95% to 105%); gross 90%")),
        ({"nrr": (NAN, NAN), "whys": {"retention": {"nrr": "nobody paid a year before"}}},
         Number("–", "net revenue retention: nobody paid a year before")),
    ],
)  # fmt: skip
def test_net_retention_below_one_is_bad_news(given, number):
    assert by("revops", **given)[0] == number


def test_the_spread_of_definitions_needs_two():
    none = [rung(basis, NAN, NAN, NAN, note="x") for basis in BASES]
    alone = Number("–", "months between definitions: fewer than two can be had")
    assert by("revops", rungs=[rung("revenue", 4.0), *none[1:]])[2] == alone
    two = by("revops", rungs=[rung("revenue", 4.0), rung("gross_margin", 5.0), *none[2:]])[2]
    assert two == Number("1.0", "months between 2 definitions of the same payback: 4.0 to 5.0")


LADDERS = list(product([20.0, 1.0, NAN], [(0.3, 30.0), (0.3, NAN), (NAN, NAN)], [50, 1, 0], [0, 13]))
"""Payback, its range, customers, months left out."""
LEAVERS = (0.0, 0.1, NAN)
READERS = list(product(("executive", "marketing_ops", "revops"), ("ledger", "campaigns"), ({}, {"region": "EMEA"})))
WRONG = re.compile(r"nan|inf\b|None|no limit|\b1 \w+s\b|1\.0 months|\b0 months|  |\.\.|: :|::| ,|never:|needs needs")


def _ladder(payback, ends, n, out):
    """Return a ladder, and whether its headline can be told."""
    has = bool(n) and payback == payback
    note = "gross margin is not known" if n else "no new recurring revenue in these months"
    low, high = ends if has else (NAN, NAN)
    lagged = {"payback_months": payback if has else NAN, "low": low, "high": high, "n_customers": n,
              "note": None if has else note}  # fmt: skip
    return told(lagged=lagged, months_left_out=out).ladder, has and n >= 10, low


def test_no_mix_says_a_thing_that_no_reader_would_understand():
    """Status, sentence, line below and numbers agree with each other in each mix."""
    why = {"channels": {"channels": "no channel has a cost of its own"}}
    curves = {lost: told(curve=[cohort(lost=lost)]).realised for lost in LEAVERS}
    bases = [(source, part, told(audience=reader, source=source, slice=part, whys=why))
             for reader, source, part in READERS]  # fmt: skip
    for place, mix in enumerate(LADDERS):
        rungs, is_told, low = _ladder(*mix)
        for (source, part, base), (lost, curve) in product(bases[place % 3 :: 3], curves.items()):
            found = headline(dataclasses.replace(base, ladder=rungs, realised=curve))
            text = " ".join([found.sentence, found.below, *(number.text for number in found.numbers)])
            assert not WRONG.search(text), text
            assert not found.sentence[0].islower() and found.sentence.endswith(".") and found.below.endswith(".")
            assert ("repays its cost in" in found.sentence) == is_told
            assert (found.status != "not_enough_data") == (is_told and source == "ledger")
            assert ("people not counted" in found.sentence) == (is_told and source == "campaigns")
            assert (" in EMEA" in found.sentence) == bool(part)
            assert ("leave before" in found.sentence) == (is_told and lost == lost)
            assert ("people included" in found.below) == (is_told and source == "ledger")
            assert ("the range holds" in found.below) == (is_told and low == low)
            assert len(found.sentence) < (160 if source == "ledger" else 200)


def test_months_by_definition_are_those_of_the_builder():
    """What the tests above stand on."""
    assert (min(MONTHS.values()), max(MONTHS.values()), len(MONTHS)) == (4.0, 30.0, 7)


@pytest.mark.parametrize(("part", "without", "said"), [
    (0.66, 59.0, "One new customer pays 66% of what all new ones pay; without it payback is 59 months. "),
    (0.66, NAN, "One new customer pays 66% of what all new ones pay. "), (0.25, 59.0, ""),
])  # fmt: skip
def test_one_customer_that_pays_much_of_what_new_ones_pay_is_said(part, without, said):
    result = told()
    of = dataclasses.replace(result.ladder, largest_customer="a", largest_share=part, without_largest=without)
    found = headline(dataclasses.replace(result, ladder=of)).below
    assert said in found and ("One new customer" in found) is bool(said)
