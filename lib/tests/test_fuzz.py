"""Random damage to example files: the same numbers, or a word that names the file; never other numbers in silence.

Every example file of every system, and a small piece of the sample company, is damaged in one way, or in two ways, and
read again. Each damage promises one of three things: `same`, the same tables, text and all; `told`, the same numbers,
dates, ids and categories, or a refusal or new warning, or rows left out under a reason that says what was lost;
`hurts`, told likewise unless the loss is one of these, which nothing in a file can show:

- whole rows cut off or out of a file that prints no total, and of which no other file speaks, with the line break
  before the cut left whole: the number of rows in the audit alone tells it;
- a column gone that an export of its kind need not have;
- days of two orders in one column of which no day above 12 shows one of the two;
- ids of 15 characters in small letters, fewer than 30: they are ids as well, and join nothing;
- a quote or a delimiter that leaves each row as many cells as before, within free text.

Not tried, for the same reason: one good number written instead of another. CI tries each file with one damage and each
damage about once, the same ones each time; `make fuzz` as many as ARGS says, new ones each time.
"""

import os

import pytest
from fuzzing.cases import CASES
from fuzzing.run import DAMAGES, parted, tried
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from revops.exports.reading import blocks

N = int(os.environ.get("REVOPS_FUZZ", "0"))
FILES, ALL = sorted(CASES), sorted(DAMAGES)
ON_SHEETS = sorted(name for name, damage in DAMAGES.items() if not damage.on_bytes)
IN_BLOCKS = ("members", "weekly members", "members report", "payments", "invoices", "credit notes", "mrr", "ga4")
ONE, TWO = len(FILES), len(FILES) // 4
SETTINGS = settings(
    max_examples=max(N, 1),
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[*HealthCheck],
    print_blob=True,
)
SEEDS = st.integers(0, 2**32 - 1)
by_chance = pytest.mark.skipif(not N, reason="make fuzz")


def spread(n, step):
    """Return n files, each as often as any other, with as many places in a list of damages, each as often."""
    return [(FILES[nth % len(FILES)], nth * step, nth) for nth in range(n)]


@pytest.mark.parametrize(("case", "place", "seed"), spread(ONE, 7))
def test_each_file_and_damage_is_tried(case, place, seed):
    assert tried(case, (ALL[(place + place // len(ALL)) % len(ALL)],), seed) == ""


@pytest.mark.parametrize(("case", "place", "seed"), spread(TWO, 5))
def test_some_files_are_damaged_twice(case, place, seed):
    assert (
        tried(FILES[2 * seed % len(FILES)], (ON_SHEETS[place % len(ON_SHEETS)], ALL[place * 3 % len(ALL)]), seed) == ""
    )


@by_chance
@SETTINGS
@given(case=st.sampled_from(FILES), damage=st.sampled_from(ALL), seed=SEEDS)
def test_a_damaged_file_is_read_alike_or_spoken_of(case, damage, seed):
    assert tried(case, (damage,), seed) == ""


@by_chance
@SETTINGS
@given(case=st.sampled_from(FILES), first=st.sampled_from(ON_SHEETS), second=st.sampled_from(ALL), seed=SEEDS)
def test_a_file_damaged_twice_is_read_alike_or_spoken_of(case, first, second, seed):
    assert tried(case, (first, second), seed) == ""


@pytest.mark.parametrize(("nth", "damage"), [*enumerate(ALL)][: None if N else 16])
def test_files_read_in_blocks_are_damaged_alike(nth, damage, monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", 1)
    monkeypatch.setattr(blocks, "BLOCK", 1 << 9)
    whole, spilled = parted(IN_BLOCKS[nth % len(IN_BLOCKS)], damage, nth)
    assert spilled == whole


def test_every_damage_says_what_it_does():
    assert all(damage.does.__doc__ and damage.grade in ("same", "told", "hurts") for damage in DAMAGES.values())


def test_a_silent_wrong_number_would_be_found(monkeypatch):
    """The question itself can fail: a gate that reads decimal commas as thousands, as it once did, is caught."""
    monkeypatch.setattr("revops.exports.reading.numbers._against", lambda *_: "")
    found = [tried("weekly", ("mix_number_locales",), seed) for seed in range(8)]
    assert any(text.startswith("without a word: opportunities.amount") for text in found)
