"""What the gate says of people reaches a report under their numbers, unless show_owners asks for names."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from test_book_sources import audit, file

from frames import COMPANY, as_of, book, deal
from revops import report, wording
from revops.actions import Headline
from revops.analysis.people import owner_labels
from revops.book.sources import sources
from revops.delivery.check_told import _named as named
from revops.exports import Audit, LeftOut
from revops.measures.forecast_accuracy import Knobs
from revops.params import Knobs as PlainKnobs
from revops.params import ReportSettings
from revops.report import blocks
from revops.report.names import STRANGER, Names
from revops.wording import person

OWNERS = {
    "u1": "Sam Lee", "u2": "Sam Lee Jones", "u3": "Jörg Müller", "u4": "Sam O'Neil", "u5": "May", "u6": "A",
    "u7": "(a+)+$ [x", "u8": "Lee", "u9": "Twin Name", "u10": "Twin Name", "u11": " ", "u12": None, "u13": "EMEA Rep",
    "u14": r"\g<0> \1",
}  # fmt: skip


def number(id):
    """Return the label of an id, worked out here."""
    return f"Owner {str(int(hashlib.sha256(id.encode()).hexdigest(), 16))[:4]}"


def view(owners=OWNERS, company=COMPANY, deals=(), seen=None):
    rows = [{"owner_id": id, "owner_name": name, "team": "West"} for id, name in owners.items()]
    made = book(list(deals) or [deal("a", created_at="2026-08-10 09:00")], company=company, owners=rows)
    return as_of(made if seen is None else dataclasses.replace(made, audit=seen), "2026-08-12")


def said(text, show=False, **given):
    return Names(view(**given), show).said(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"e.g. {person('Sam Lee')} 2024-07-22", f"e.g. {number('u1')} 2024-07-22"),
        (f"{person('sam  lee')}, {person('Lee, Sam')}", f"{number('u1')}, {number('u1')}"),
        (f"{person('Nobody Known')} 2024-07-22", f"{STRANGER} 2024-07-22"),
        (f"{person('A')} has a call, A file", f"{number('u6')} has a call, A file"),
        (f"{person('Twin Name')} called", f"{STRANGER} called"),
        (f"{person('(a+)+$ [x')}; (a+)+$ [x", f"{number('u7')}; {number('u7')}"),
        (person(r"\g<0> \1"), number("u14")),
        (f"{person('West')}, {person('Company')}, {person('Grand total')}", "West, Company, Grand total"),
        (person(""), STRANGER),
        ("Sam Lee Jones and Sam Lee and Lee", f"{number('u2')} and {number('u1')} and {number('u8')}"),
        ("calls/sam_lee-2024.csv, Jörg-Müller.xlsx", f"calls/{number('u1')}-2024.csv, {number('u3')}.xlsx"),
        ("Sam O'Neil's calls", f"{number('u4')}'s calls"),
        ("since May, Maybe, may be, Leeds, sleep", f"since {number('u5')}, Maybe, may be, Leeds, sleep"),
        ("opportunities: 3 of 5 have no amount", "opportunities: 3 of 5 have no amount"),
        ("", ""),
    ],
)
def test_a_text_of_the_gate_names_numbers(text, expected):
    assert said(text) == expected
    assert said(text, show=True) == wording.without_marks(text)


def test_names_are_hidden_without_a_table_of_owners_too():
    """Where exports name owners only, the name is the id, and its number the report's own."""
    deals = [deal("a", owner_id="Dana Whitfield", owner_name="Dana Whitfield", created_at="2026-08-10 09:00")]
    text = f"{person('Dana Whitfield')}: Dana Whitfield.csv; {person('Else')}"
    dana = number("Dana Whitfield")
    assert said(text, owners={}, deals=deals) == f"{dana}: {dana}.csv; {STRANGER}"
    assert said("A b c", owners={}) == "A b c"


def test_other_names_of_company_yml_are_names():
    company = COMPANY.model_copy(update={"owner_aliases": {"J. Mueller": "Jörg Müller", "Sammy": "u1", "Ghost X": "?"}})
    text = f"{person('J. Mueller')}, {person('Sammy')}, {person('Ghost X')}; J. Mueller, Ghost X.csv"
    assert said(text, company=company) == (
        f"{number('u3')}, {number('u1')}, {STRANGER}; {number('u3')}, {STRANGER}.csv"
    )


def test_a_name_is_cut_before_a_message_is():
    """A message shows 60 letters of an example: the mark behind the name must stand among them."""
    long = "Wilhelmina Alexandrina " * 4
    assert said(f"({person(long)[:60]} 2024)") == f"({STRANGER} 2024)"
    assert said(person(long), owners={"u1": long.strip()}) == number("u1")
    assert wording.PERSON.findall(person("a\u2068b\u2069c")) == ["abc"]


def test_owners_who_share_four_digits_get_more_whoever_is_asked_for():
    heads = {}
    for n in range(2000):
        heads.setdefault(number(f"id{n}"), []).append(f"id{n}")
    one, other = next(ids for ids in heads.values() if len(ids) == 2)
    alone = next(ids for ids in heads.values() if len(ids) == 1)[0]
    owners = pd.DataFrame({"owner_id": [one, other, alone], "owner_name": ["x", "y", "z"]})
    labels = owner_labels(owners, [one, other, alone], show=False)
    assert labels[one] == owner_labels(owners, [one], show=False)[one] != number(one)
    assert labels[one].startswith(number(one)) and labels[other].startswith(number(other))
    assert len(set(labels.values())) == 3 and labels[alone] == number(alone)


# The report: everything that comes from the audit, and the slice


SEEN = audit(
    [file("calls/Sam Lee.csv", "forecasts", warnings=(f"odd: {person('Jörg Müller')}",))],
    ["forecasts: the calls of " + person("Sam O'Neil"), "quotas: Sam Lee Jones twice"],
    [LeftOut("forecasts", "calls/Sam Lee.csv", "no date", 3, None, tuple(map(person, ("Eve B", "Sam Lee", "Zoe C"))))],
    [("Lee.txt", "no headers that we know")],
)
NAMES = ("Sam Lee", "Jörg", "O'Neil", "Eve B", "Zoe C", "Lee.txt")


def shown(show, knobs=Knobs, **slice):
    """Return the blocks of a report that rest on the audit and its slice, and its JSON."""
    given = {"show_owners": show} if knobs is Knobs else {}
    settings = ReportSettings("forecast_accuracy", COMPANY, knobs(**given, slice=slice), Path("params"))
    seen = dataclasses.replace(SEEN, tracked={})
    assert isinstance(seen, Audit)
    of = view(seen=seen)
    first = Headline("watch", "All is well", "", ())
    answer = report.Answer(settings, of, of.calendar.resolve("current", of.day), first, measures=())
    page = [answer.left_out().to_html(), answer.provenance().to_html(), answer._repr_mimebundle_()["text/html"]]
    return "".join(page).replace("&#x27;", "'").replace("<wbr>", ""), answer.to_json()


@pytest.mark.parametrize("knobs", [Knobs, PlainKnobs])
def test_a_report_names_nobody_unasked(knobs):
    page, found = shown(False, knobs, owner="u1")
    assert [name for name in NAMES if name in page + json.dumps(found, ensure_ascii=False)] == []
    assert f"owner: {number('u1')}</span>" in page and found["slice"] == {"owner": "u1"}
    assert f"the calls of {number('u4')}" in page and f"odd: {number('u3')}" in page
    (row,) = found["data"]
    assert row["files"][0]["name"] == f"calls/{number('u1')}.csv"
    assert row["left_out"][0]["examples"] == [STRANGER, number("u1")]


def test_a_report_names_owners_where_asked():
    page, found = shown(True, owner="u1")
    assert [name for name in NAMES if name not in page] == []
    assert "owner: Sam Lee</span>" in page
    assert found["data"][0]["left_out"][0]["examples"] == ["Eve B", "Sam Lee", "Zoe C"]
    assert not any(mark in page + json.dumps(found, ensure_ascii=False) for mark in "\u2068\u2069")


def test_a_notebook_keeps_no_values_behind_a_block():
    """What a block is made of holds the whole audit, and aliases of company.yml."""
    of = view(seen=dataclasses.replace(SEEN, tracked={}))
    parts = [blocks.LeftOut(of, sources(SEEN), {}), blocks.Provenance(of, sources(SEEN), {}), blocks.Line("Two words")]
    parts += [
        blocks.TableBlock("A caption", pd.DataFrame({"a": [1]}), ("count",), "USD"),
        blocks.Definitions(("wape",)),
    ]
    kept = [part._repr_mimebundle_() for part in (*parts, blocks.Blocks(parts[2:4]))]
    assert all(set(bundle) == {"text/plain", "text/html"} for bundle in kept)
    assert [bundle["text/plain"] for bundle in kept] == [
        "What did not enter the numbers, with counts and examples, and what cannot be given.",
        "Where the numbers come from.",
        "Two words",
        "A caption",
        "The registry's definition of each number.",
        "Two words\nA caption",
    ]


def test_whoever_checks_exports_reads_names_without_marks():
    values = {"warnings": [f"the calls of {person('Sam Lee')}"], "n": 3, "left_out": [{"examples": (person("Eve"),)}]}
    assert named(values) == {"warnings": ["the calls of Sam Lee"], "n": 3, "left_out": [{"examples": ["Eve"]}]}


def test_slices_of_other_kinds_stand_as_they_are():
    page, _ = shown(False, team="West")
    assert "team: West</span>" in page
    assert "owner: Unassigned</span>" in shown(False, owner="Unassigned")[0]
