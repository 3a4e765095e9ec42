"""The first screen of the stage benchmarking report: the sentence, the line below it and the numbers by reader."""

import datetime as dt
import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest
from told_stages import NAN, cycle, leak, move, quarter, stuck, told, weeks, win

from revops.actions import Number
from revops.actions.stage_benchmarking import headline
from revops.book import UNASSIGNED

FELL = {"verdict": "down", "p": 0.001}
ROSE = {"now": 0.52, "past": 0.41, "ends": (0.46, 0.58), "verdict": "up", "p": 0.001}
LATE = {"n": 20, "sla_share": 0.5, "sla_low": 0.4, "sla_high": 0.6}
QUIET = "No change beyond noise in the last 13 weeks"
U1 = f"Owner {str(int(hashlib.sha256(b'U1').hexdigest(), 16))[:4]}"
ELSE = "nothing else moved beyond noise"


def first(*moves, **given):
    """Return status and sentence, where leads and stages are compared if anything is."""
    both = (
        [move("funnel", "lead"), move("win", "all")] if any(row["p_value"] == row["p_value"] for row in moves) else []
    )
    found = headline(told([*moves, *both], **given))
    return found.status, found.sentence


def by(reader, **given):
    return headline(told(audience=reader, **given)).numbers


def test_what_fell_of_the_whole_comes_first_and_is_to_be_acted_on():
    assert first(move(**FELL), move(step="Proposal")) == (
        "act", f"Discovery to Proposal fell from 52% to 41% (35% to 47%) by day 30; {ELSE}."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"what": "win", "step": "all", "horizon": 60.0}, "Opportunity to won fell from 52% to 41% (35% to 47%) by "
        "day 60"),
        ({"what": "funnel", "step": "mql"}, "MQL to SQL fell from 52% to 41% (35% to 47%) by day 30"),
        ({"what": "funnel", "step": "sql"}, "SQL to opportunity fell from 52% to 41% (35% to 47%) by day 30"),
        ({"what": "funnel", "step": "opportunity"},
         "Opportunity of a lead to won fell from 52% to 41% (35% to 47%) by day 30"),
        ({"what": "sla", "step": "MQL to first touch", "horizon": NAN}, "MQLs touched within 4 hours fell from 52% to "
        "41% (35% to 47%)"),
        ({"what": "accept", "step": "MQL to accepted", "horizon": NAN},
         "MQLs accepted by sales fell from 52% to 41% (35% to 47%)"),
        ({"what": "enrichment", "step": "all", "horizon": NAN}, "Leads with all fields fell from 52% to 41% (35% to "
        "47%)"),
        ({"what": "utm", "step": "arrivals", "horizon": NAN}, "Links tagged right fell from 52% to 41% (35% to 47%)"),
        ({"step": "Proposal"}, "Proposal to Won fell from 52% to 41% (35% to 47%) by day 30"),
        ({"ends": (NAN, NAN)}, "Discovery to Proposal fell from 52% to 41% by day 30"),
        ({"what": "days", "now": 20.5, "past": 12.0, "ends": (16.0, 26.0), "verdict": "up", "horizon": NAN},
         "Days in Discovery rose from 12.0 days to 20.5 days (16.0 days to 26.0 days)"),
    ],
)  # fmt: skip
def test_every_kind_of_comparison_has_its_words(given, said):
    assert first(move(**FELL | given)) == ("act", f"{said}; {ELSE}.")


@pytest.mark.parametrize(
    ("sla", "unit", "said"),
    [(4, "hours", "within 4 hours"), (1, "hours", "within 1 hour"), (1.5, "hours", "within 1.5 hours"),
     (4, "days", "on the same day")],
)  # fmt: skip
def test_the_sla_is_told_in_hours_or_of_dates_in_days(sla, unit, said):
    found = first(move("sla", "MQL to first touch", horizon=NAN, **FELL), unit=unit, sla_hours=sla)
    assert found[1].startswith(f"MQLs touched {said} fell from ")


@pytest.mark.parametrize(
    ("dimension", "group", "said"),
    [("segment", "SMB", "in SMB"), ("region", "EMEA", "in EMEA"), ("type", "expansion", "of expansion business"),
     ("source", "marketing", "from marketing"), ("lead_source", "Webinar", "of Webinar leads"),
     ("industry", "Steel", "of Steel")],
)  # fmt: skip
def test_what_fell_of_a_group_alone_is_to_be_watched(dimension, group, said):
    assert first(move(dimension=dimension, group=group, **FELL), move()) == (
        "watch", f"Discovery to Proposal {said} fell from 52% to 41% (35% to 47%) by day 30; {ELSE}."
    )  # fmt: skip


def test_the_whole_is_told_before_groups_then_the_most_money_then_the_surest():
    small, large = move(step="Lead", stake=10.0, **FELL), move(stake=20.0, verdict="down", p=0.01)
    part = move(dimension="region", group="EMEA", stake=1e9, **FELL)
    told_first = first(part, small, large)[1]
    assert told_first.startswith("Discovery to Proposal fell from ")
    assert told_first.endswith("; 2 other numbers moved beyond noise too.")
    sure = move(step="Proposal", verdict="down", p=1e-9)
    assert first(move(**FELL), sure)[1].startswith("Proposal to Won fell ")
    assert first(move(**FELL), move(**ROSE))[1].endswith("; 1 other number moved beyond noise too.")


def test_what_rose_alone_is_on_track_and_said():
    assert first(move(**ROSE), move(step="Proposal")) == (
        "on_track",
        "Discovery to Proposal rose from 41% to 52% (46% to 58%) by day 30; nothing got worse beyond noise.",
    )
    assert first(move(**ROSE), move(step="Proposal", **ROSE))[1].endswith(
        "; 1 other number got better too, nothing got worse beyond noise."
    )
    shorter = move("days", now=8.0, past=12.0, ends=(7.0, 9.0), verdict="down", p=0.001, horizon=NAN)
    assert first(shorter) == (
        "on_track",
        "Days in Discovery fell from 12.0 days to 8.0 days (7.0 days to 9.0 days); nothing got worse beyond noise.",
    )


def test_where_nothing_moved_the_largest_leak_is_told():
    assert first(move()) == ("on_track", f"{QUIET}.")
    leaks = [leak("Discovery", 0.2), leak("Proposal", 0.4), leak("lead", 0.9, 0.1, what="funnel")]
    assert first(move(), leaks=leaks) == (
        "on_track", f"{QUIET}; the largest leak is Proposal, where 40% of what comes in is lost."
    )  # fmt: skip
    assert first(move(), leaks=[leak("Discovery", 0.0, 1.0)])[1] == f"{QUIET}."
    assert first(move(), weeks=4)[1] == "No change beyond noise in the last 4 weeks."


def test_where_nothing_moved_but_mqls_are_surely_touched_late_that_is_told():
    late = first(move(), hand_off=LATE, leaks=[leak()])
    assert late == ("watch", f"{QUIET}; but only 50% of MQLs are touched within 4 hours, against a target of 80%.")
    assert first(move(), hand_off=LATE | {"sla_high": 0.8}) == ("on_track", f"{QUIET}.")
    assert first(move(), hand_off=LATE, sla_target=0.6) == ("on_track", f"{QUIET}.")
    assert first(move(**FELL), hand_off=LATE)[0] == "act"


def test_three_signals_of_operational_debt_are_to_be_watched():
    assert first(move(), level="operational debt") == ("watch", f"{QUIET}.")
    assert first(move(), level="watch-list") == ("on_track", f"{QUIET}.")


def test_where_nothing_could_be_compared_it_says_why():
    why = "fewer than 20 in the last weeks"
    untold = {"p": NAN, "verdict": "not tested", "why": why}
    assert first(move(**untold), hand_off=LATE) == ("not_enough_data", f"Too little to compare: {why}.")
    assert first() == (
        "not_enough_data", "Too little to compare: neither leads nor stages with a history are known."
    )  # fmt: skip
    found = headline(told([move(**untold)]))
    assert found.below == "11 Mar to 9 Jun against the 52 weeks before."


def test_which_half_compares_nothing_is_said_after_the_first_sentence():
    found = told([move("funnel", "lead", **ROSE)])
    better = "Lead to MQL rose from 41% to 52% (46% to 58%) by day 30; nothing got worse beyond noise"
    few = headline(found)
    assert (few.status, few.sentence) == ("not_enough_data", f"{better}; stages are not compared: too few came in.")
    bare = SimpleNamespace(stages_from=None, table=found.view.book.table, company=found.view.book.company)
    none = headline(replace(found, view=replace(found.view, book=bare)))
    assert (none.status, none.sentence) == ("not_enough_data", f"{better}; stages are not compared: no history.")
    leads = headline(told([move(**FELL)]))
    assert (leads.status, leads.sentence) == (
        "act", "Discovery to Proposal fell from 52% to 41% (35% to 47%) by day 30; nothing else moved beyond noise; "
        "leads are not compared: none are known."
    )  # fmt: skip


def test_weeks_of_another_year_are_told_with_it():
    assert headline(told([move()], day="2026-01-31")).below.startswith("2 Nov 2025 to 31 Jan 2026 against the 52 ")
    found = told([move()])
    later = replace(found, view=replace(found.view, day=dt.date(2027, 2, 1)))
    assert headline(later).below.startswith("11 Mar to 9 Jun 2026 against the 52 weeks before")


@pytest.mark.parametrize(
    ("slice", "said"),
    [({"region": "EMEA"}, " in EMEA"), ({"region": "EMEA", "segment": "SMB"}, " in EMEA and SMB"),
     ({"owner": "U1"}, f" of {U1}"), ({"region": "EMEA", "owner": UNASSIGNED}, f" in EMEA of {UNASSIGNED}"),
     ({"source": "sales"}, " from sales"), ({"type": "expansion"}, " of expansion business"),
     ({"type": "new", "owner": "U1", "region": "EMEA"}, f" in EMEA of new business of {U1}")],
)  # fmt: skip
def test_a_slice_is_named_and_owners_are_numbers(slice, said):
    sentence = first(move(), slice=slice)[1]
    assert sentence == f"{QUIET}{said}."
    assert first(move(**FELL), slice=slice)[1].startswith(f"Discovery to Proposal{said} fell from ")
    part = move(dimension="type", group="new", **FELL)
    assert first(part, slice=slice)[1].startswith(f"Discovery to Proposal of new business{said} fell from ")
    assert first(slice=slice)[1].startswith(f"Too little to compare{said}: ")


@pytest.mark.parametrize("name", ["<b>x</b>", "two\nlines", "W" * 300, "$x$ {y} %s", "\u202eturned"])
def test_names_of_groups_are_told_on_one_line_and_cut(name):
    sentence = first(move(dimension="segment", group=name, **FELL))[1]
    assert "\n" not in sentence and "\u202e" not in sentence and len(sentence) < 160
    assert sentence.startswith(f"Discovery to Proposal in {name.split(chr(10))[0].lstrip(chr(0x202E))[:39]}")


SURE = (
    "A change counts where it is more than chance and the luck that weeks share bring over so many comparisons; the "
    "aim is that 9 in 10 of what is said to have moved is right"
)


def test_the_line_below_says_what_is_compared_how_surely_and_by_how_much():
    assert headline(told([move()])).below == f"11 Mar to 9 Jun against the 52 weeks before, 1 comparison. {SURE}."
    found = headline(told([move(**FELL), move(step="Proposal")], weeks=4, past=1, sure=0.95)).below
    assert found == (
        f"13 May to 9 Jun against the 4 weeks before, 2 comparisons. {SURE.replace('9 in 10', '95 in 100')}. The "
        "change is 11 points (5 to 17)."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"change": (-0.13, 0.01)}, "11 points (-1 to 13)"),
        ({"now": 0.03, "past": 0.04, "change": (-0.012, -0.008)}, "1 point (0.8 to 1)"),
        ({"now": 0.035, "past": 0.04, "change": (-0.009, -0.002)}, "0.5 points (0.2 to 0.9)"),
        ({"what": "days", "now": 20.5, "past": 12.0, "change": (4.0, 13.0), "verdict": "up"}, "8.5 days (4.0 to 13.0)"),
    ],
)  # fmt: skip
def test_by_how_much_is_told_in_the_direction_of_the_change(given, said):
    assert headline(told([move(**FELL | given)])).below.endswith(f". The change is {said}.")


def test_executives_see_what_is_won_how_fast_and_what_is_stuck():
    wins = [
        win(horizon=90, share=0.16),
        win(),
        win("amount", 0.2),
        win(when="now", share=0.9),
        win(share=NAN, horizon=365),
    ]
    assert by("executive", wins=wins, cycle=cycle(), stuck=[stuck(), stuck("O2", amount=900.0)]) == (
        Number("26%", "of opportunities of the 52 weeks before won by day 180 (21% to 31%); 20% of their money"),
        Number("90 days", "until half of those ever won are won"),
        Number("$1.0K", "in 2 opportunities that stand in their stage past the age at which the chance to move on has "
               "halved", is_bad=True),
    )  # fmt: skip
    one = by("executive", wins=[win(low=NAN, high=NAN)], stuck=[stuck()])
    assert one[0].text == "of opportunities of the 52 weeks before won by day 180"
    assert one[2].text.startswith("in 1 opportunity that stands in its stage past ")
    assert by("executive")[2] == Number("$0", "in no opportunities that stand in their stage past the age at which the "
                                        "chance to move on has halved")  # fmt: skip


def test_executives_are_told_why_a_number_is_not_known():
    why = {"pipeline": {"win_rate": "needs the history of stages", "stuck_amount": "needs 30 stays in a stage"}}
    few = cycle(NAN, 1, "Only 1 opportunity was created since 2024-06-09; 30 are needed.")
    assert by("executive", whys=why, cycle=few) == (
        Number("–", "of opportunities won: needs the history of stages"),
        Number("–", "days from made to won: only 1 opportunity was created since 2024-06-09; 30 are needed"),
        Number("–", "stuck: needs 30 stays in a stage"),
    )
    assert by("executive")[:2] == (Number("–", "of opportunities won: too few were followed"),
                                   Number("–", "days from made to won: no history of stages"))  # fmt: skip
    assert by("executive", cycle=cycle(NAN))[1] == Number("–", "days from made to won: too few were won")


ACCEPTED = {"accept_share": 0.5, "accept_low": 0.4, "accept_high": 0.6, "accept_days": 60.0}


def test_marketing_operations_see_mqls_what_became_of_them_and_how_fast():
    quarters = [quarter(target=40.0, met=1.25), quarter("FY26-Q2", 20, 50.0, over=False, met=0.9)]
    assert by("marketing_ops", mqls=[weeks(), weeks(9, name="1"), *quarters], hand_off=LATE | ACCEPTED) == (
        Number("50", "MQLs in the last 13 weeks; usual: 40 to 60; 90% of the target of FY26-Q2 so far"),
        Number("50%", "of MQLs accepted by sales by day 60 (40% to 60%)"),
        Number("50%", "of MQLs touched within 4 hours (40% to 60%); the target is 80%", is_bad=True),
    )
    assert by("marketing_ops", mqls=[weeks(39), quarters[0]])[0] == Number(
        "39", "MQLs in the last 13 weeks; usual: 40 to 60; 125% of the target of FY26-Q1", is_bad=True
    )
    assert by("marketing_ops", mqls=[weeks(40)])[0].is_bad is False
    assert by("marketing_ops", mqls=[weeks(1234, (NAN, NAN))])[0] == Number("1,234", "MQLs in the last 13 weeks")


@pytest.mark.parametrize(("high", "is_bad"), [(0.4, False), (0.399, True)])
def test_an_acceptance_is_bad_news_where_its_range_lies_below_the_least(high, is_bad):
    assert by("marketing_ops", hand_off=ACCEPTED | {"accept_share": 0.3, "accept_high": high})[1].is_bad is is_bad


@pytest.mark.parametrize(("high", "is_bad"), [(0.8, False), (0.799, True)])
def test_a_touch_is_bad_news_where_its_range_lies_below_the_target(high, is_bad):
    assert by("revops", hand_off=LATE | {"sla_high": high})[1].is_bad is is_bad


def test_marketing_operations_are_told_why_a_number_is_not_known():
    whys = {"marketing": {"mqls": "no lead says when"}, "hand_off": {"sla": "dates alone", "accept": "nobody judged"}}
    assert by("marketing_ops", whys=whys) == (
        Number("–", "MQLs: no lead says when"), Number("–", "of MQLs accepted: nobody judged"),
        Number("–", "of MQLs touched within 4 hours: dates alone"),
    )  # fmt: skip
    assert [one.text for one in by("marketing_ops")] == [
        "MQLs: none known", "of MQLs accepted: too few have been judged",
        "of MQLs touched within 4 hours: too few so far",
    ]  # fmt: skip


def test_revenue_operations_see_what_is_stuck_late_and_how_many_signals_show():
    found = by("revops", stuck=[stuck()], hand_off=LATE, signals={1: "yes", 2: "not read"}, level="noise")
    assert [one.figure for one in found] == ["$100", "50%", "1"]
    assert found[2] == Number("1", "of 4 signals of operational debt that could be read: noise")
    debt = by("revops", signals=dict.fromkeys((1, 2, 3), "yes"), level="operational debt")[2]
    assert debt == Number("3", "of 5 signals of operational debt that could be read: operational debt", is_bad=True)
    none = by("revops", signals=dict.fromkeys(range(1, 6), "not read"))[2]
    assert none == Number("–", "signals of operational debt: none could be read")


def test_no_first_screen_has_a_word_of_machines():
    odd = move(now=NAN, past=NAN, p=NAN, verdict="not tested", ends=(NAN, NAN), why=None)
    for reader in ("executive", "marketing_ops", "revops"):
        for moves in ([odd], [move(**FELL), odd], [move(**ROSE)], [move()]):
            found = headline(told(moves, audience=reader, wins=[win(share=NAN)], mqls=[weeks(0)]))
            words = [found.sentence, found.below, *(f"{one.figure} {one.text}" for one in found.numbers)]
            assert len(found.numbers) == 3
            for text in words:
                assert not any(bad in f" {text} " for bad in ("nan", "None", " inf ", "  ", "..")), text
