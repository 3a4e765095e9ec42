import datetime as dt

import pandas as pd
import pytest

from revops import wording


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (5_512_300, "$5.51M"),
        (5_500_000, "$5.5M"),
        (55_120_000, "$55.1M"),
        (999, "$999"),
        (999.4, "$999"),
        (999_600, "$1.0M"),
        (9_940, "$9.9K"),
        (12_400, "$12K"),
        (99_960_000, "$100M"),
        (1_234_000_000, "$1.23B"),
        (-120_000, "-$120K"),
        (-0.2, "$0"),
        (0, "$0"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_money_is_said_as_people_say_it(amount, words):
    assert wording.money(amount, "USD") == words


def test_money_names_currencies_and_signs():
    assert wording.money(1500, "EUR") == "€1.5K"
    assert wording.money(1500, "SEK", exact=True) == "SEK 1,500"
    assert wording.money(1500, "USD", signed=True) == "+$1.5K"
    assert wording.money(0, "USD", signed=True) == "$0"


@pytest.mark.parametrize(
    ("part", "words"),
    [(0, "0%"), (0.001, "<1%"), (0.456, "46%"), (0.996, ">99%"), (1, "100%"), (1.5, "150%"), (None, "–")],
)
def test_a_share_never_rounds_something_to_nothing_or_all(part, words):
    assert wording.share(part) == words


@pytest.mark.parametrize(
    ("part", "words"), [(0.0, "<1%"), (0.001, "<1%"), (0.456, "46%"), (1.0, ">99%"), (float("nan"), "–")]
)
def test_a_share_of_draws_is_never_nothing_or_all(part, words):
    assert wording.told_share(part) == words


@pytest.mark.parametrize(
    ("ratio", "currency", "words"),
    [
        (0.76012, "USD", "$0.76"),
        (1.41, "EUR", "€1.41"),
        (0.005, "USD", "$0.01"),
        (0.0049, "USD", "<$0.01"),
        (-0.0049, "USD", "$0.00"),
        (0.0, "USD", "$0.00"),
        (-0.5, "USD", "-$0.50"),
        (52.963, "SEK", "SEK 52.96"),
        (99.994, "GBP", "£99.99"),
        (99.996, "GBP", "£100"),
        (12_345.6, "USD", "$12,346"),
        (float("inf"), "USD", "no limit"),
        (float("nan"), "USD", "–"),
        (None, "USD", "–"),
    ],
)
def test_the_cost_of_one_is_told_to_the_cent(ratio, currency, words):
    assert wording.cost_of_one(ratio, currency) == words
    if ratio is None or abs(ratio) != float("inf"):
        assert wording.value(ratio, "cost", currency) == words


def test_counts_and_nouns_agree():
    assert [wording.plural(n, "opportunity") for n in (0, 1, 2, 1234)] == [
        "no opportunities",
        "1 opportunity",
        "2 opportunities",
        "1,234 opportunities",
    ]
    assert wording.plural(2, "day") == "2 days"
    assert (wording.count(12), wording.count(12.34), wording.count(None)) == ("12", "12.3", "–")


def test_dates_and_lists_read_as_prose():
    assert wording.day(dt.date(2025, 7, 4)) == "4 Jul"
    assert wording.long_day(dt.date(2025, 7, 14)) == "Mon 14 Jul 2025"
    assert wording.day(pd.NaT) == "–"
    assert [wording.join(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("low", "high", "words"), [(2.4, 6.2, "2.4x to 6.2x"), (2.4, float("inf"), "2.4x or more"), (0, 0, "0.0x to 0.0x")]
)
def test_a_range_without_an_end_is_or_more(low, high, words):
    assert wording.between(low, high, wording.multiple) == words


def test_a_value_is_said_in_its_unit():
    said = [wording.value(2.46, unit, "USD") for unit in ("money", "x", "share", "count", None)]
    assert said == ["$2", "2.5x", "246%", "2.5", "2.46"]
    assert wording.value(pd.Timestamp("2026-06-09"), "date", "USD") == "9 Jun 2026"
    assert wording.value(None, "money", "USD") == "–"


@pytest.mark.parametrize(
    ("level", "words"),
    [(0.8, "8 in 10"), (0.7, "7 in 10"), (0.95, "95 in 100"), (0.29, "29 in 100"), (0.999, "999 in 1000")],
)
def test_a_level_is_counted_in_whole_cases(level, words):
    assert wording.odds(level) == words


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "next to no chance"),
        (0.09, "about one chance in ten"),
        (0.38, "about two chances in five"),
        (0.52, "about even chances"),
        (0.66, "about two chances in three"),
        (0.99, "all but certain"),
        (float("nan"), "an unknown chance"),
    ],
)
def test_a_chance_is_said_as_people_say_it(probability, words):
    assert wording.chance(probability) == words


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("paid_search", "Paid search"),
        ("unknown", "Unknown"),
        ("webinar", "Webinar"),
        ("LinkedIn Ads", "LinkedIn Ads"),
        (" two\n lines ", "Two lines"),
        ("_", "Unknown"),
        ("", "Unknown"),
        (None, "Unknown"),
        (float("nan"), "Unknown"),
        (7, "7"),
    ],
)
def test_a_channel_is_said_as_people_write_it(channel, words):
    assert wording.channel_label(channel) == words
