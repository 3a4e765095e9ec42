"""Texts made fit for a mail, and subjects."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailed import review

from revops.delivery.mail.plain import clean, cleaned, shorten
from revops.delivery.mail.subject import LONGEST, subject_of

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two  lines\r\nBcc: a", "two lines Bcc: a"),
        ("a\x00b\x1b[31mc\x7fd\x85e", "a b [31mc d e"),
        ("line\u2028and\u2029paragraph", "line and paragraph"),
        ("exe\u202egpj.txt\u202c \u2066x\u2069 \u200ey\u200f \u061cz", "exegpj.txt x y z"),
        ("zero\u200bwidth\ufeff\u00ad\U000e0041", "zerowidth"),
        ("شركة النور", "شركة النور"),
        ("👩\u200d💻 and 👍🏽", "👩\u200d💻 and 👍🏽"),
        ("lone \ud83d half", "lone half"),
        ("\u2068Kate Lindqvist\u2069 leads", "Kate Lindqvist leads"),
        ("write to kate.l@example.com now", "write to (address left out) now"),
        ("Win http://evil.example/x?y and www.evil.example now", "Win (link left out) and (link left out) now"),
        ("MAILTO:x javascript://y", "(link left out) (link left out)"),
        ("5 @ $3, a/b, C:D", "5 @ $3, a/b, C:D"),
    ],
)
def test_clean_text_is_one_line_of_what_can_be_seen(text, expected):
    assert clean(text) == expected


@given(st.text())
def test_nothing_hidden_is_left_and_clean_text_stays_as_it_is(text):
    told = clean(text)
    assert [char for char in told if unicodedata.category(char) in HIDDEN and char not in "\u200c\u200d"] == []
    assert clean(told) == told
    told.encode()


def test_every_text_of_a_review_is_cleaned():
    hostile = review(company="a\r\nb", conflicts=("c\u202ed",))
    told = cleaned(hostile)
    assert (told.company, told.conflicts) == ("a b", ("cd",))
    assert cleaned(review()) == review()


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("one two three", 9, "one two…"),
        ("one two, three", 9, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("abc👍🏽def", 5, "abc…"),
        ("abe\u0301de", 4, "ab…"),
    ],
)
def test_a_text_is_cut_after_a_word_else_between_letters(text, limit, expected):
    assert shorten(text, limit) == expected


def test_a_sentence_ends_after_a_clause_where_one_is_long_enough():
    text = "Lands near $1.0M of the $1.2M quota: about one chance in ten of making it at all"
    assert shorten(text, 50, at_clause=True) == "Lands near $1.0M of the $1.2M quota"
    assert shorten(text, 30, at_clause=True) == "Lands near $1.0M of the $1.2M…"
    assert shorten("a; bcd efg hij", 10, at_clause=True) == "a; bcd…"


@given(st.text(), st.integers(2, 40), st.booleans())
def test_no_text_is_longer_than_asked(text, limit, at_clause):
    assert len(shorten(text, limit, at_clause=at_clause)) <= limit


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Halyard Robotics FY27-Q2: One chance in ten of making quota"),
        ({"sentence": "FY27-Q2 near $1.0M, 10% chance of quota"},
         "Halyard Robotics: FY27-Q2 near $1.0M, 10% chance of quota"),
        ({"period": ""}, "Halyard Robotics: One chance in ten of making quota"),
        ({"company": "The Extraordinarily Long Company of Somewhere Limited"},
         "The Extraordinarily Long… FY27-Q2: One chance in ten of making quota"),
        ({"company": "A\r\nBcc: x@evil.example", "sentence": "b\u2028c\u202e."},
         "A Bcc: (address left out) FY27-Q2: b c"),
        ({"sentence": "the sentence that never ends " * 9},
         "Halyard Robotics FY27-Q2: the sentence that never ends the sentence that never ends the sentence…"),
    ],
)  # fmt: skip
def test_subject_is_whose_quarter_and_the_answer(changes, expected):
    assert subject_of(review(**changes)) == expected


@given(st.text(), st.text(), st.text())
def test_no_subject_is_long_or_breaks_a_line(company, period, sentence):
    told = subject_of(review(company=company, period=period, sentence=sentence))
    assert len(told) <= LONGEST
    assert len(told.splitlines()) <= 1
