"""The sums and words of the bench's table, whatever is timed."""

import os
import subprocess
import sys
from pathlib import Path

from benches.alone import Cost, fastest
from benches.table import Table, cells_of, notes

COST = Cost(0.5, 0.4, 0.25, 2)


def test_work_that_ran_out_of_memory_is_told_so(tmp_path):
    lines = Table(tmp_path, 0).told("points", (1000, "touches"), None, [("other", COST)], "ratio ≤ 1")
    assert [cells_of(line) for line in lines] == [
        ["points", "1,000", "touches", "out of", "mem.", "other", "0.50", "0.2", "", "", "", "ratio ≤ 1", ""]
    ]


def test_what_is_held_against_two_others_has_two_rows_and_grows_by_the_smallest_size(tmp_path):
    rows = Table(tmp_path, 0)
    first = list(rows.told("state", (10, "deals"), Cost(0.05, 0.04, 0.2, 3), [("plain", COST), ("read", None)], "≤ 2"))
    assert [cells_of(line) for line in first] == [
        ["state", "10", "deals", "0.050", "0.2", "plain", "0.50", "0.2", "0.10", "0.10", "1.00", "≤ 2", "3"],
        ["", "", "", "", "", "read", "out of", "mem.", "", "", "", "", ""],
    ]
    (later,) = rows.told("state", (100, "deals"), Cost(1.0, 1.0), [("plain", Cost(4.0, 0.02))], "≤ 2")
    assert cells_of(later)[6:] == ["4.00", "", "0.25", "", "2.00", "≤ 2", "1"]  # too little CPU to divide by


def test_fewer_reports_by_the_others_are_told_for_each_report(tmp_path):
    (line,) = Table(tmp_path, 0).told("here", (100, "slices"), Cost(50.0, 80.0), [("10 of 100", COST)], "", part=0.1)
    assert cells_of(line)[5:10] == ["10 of 100", "0.50", "0.2", "10.00", "20.00"]


def test_sizes_are_powers_of_ten_up_to_the_most_asked_for(tmp_path):
    assert Table(tmp_path, 10_000_000).sizes() == [10_000, 100_000, 1_000_000, 10_000_000]
    assert Table(tmp_path, 10_000_000).sizes(most=1_000_000, least=100_000) == [100_000, 1_000_000]
    assert Table(tmp_path, 300_000).sizes() == [10_000, 100_000]


def test_what_takes_longer_than_patience_is_timed_once(tmp_path, monkeypatch):
    from benches import alone

    seconds = iter([3.0, 1.0, 2.0, 9.0, 8.0, 7.0])
    monkeypatch.setattr(alone, "alone", lambda work, folder: Cost(next(seconds), 0.0))
    assert fastest(tmp_path, None, None, patience=float("inf")) == [Cost(2.0, 0.0, None, 3), Cost(1.0, 0.0, None, 3)]
    seconds = iter([3.0])
    assert fastest(tmp_path, None, patience=-1.0) == [Cost(3.0, 0.0, None, 1)]


def test_notes_name_what_was_timed_once(tmp_path):
    table = Table(tmp_path, 0, patience=60)
    rule = "Timed once, since a turn of all in the line took more than 60 seconds"
    assert f"{rule}: nothing. Every turn" in " ".join(notes(table).split())
    for timed, turns in (("gate", 1), ("state", 3), ("stays", 1)):
        list(table.told(timed, (1000, "rows"), Cost(1.0, 1.0, None, turns), [("plain", Cost(9.0, 9.0, None, 1))], ""))
    list(table.told("points", (1000, "rows"), None, [], ""))
    assert f"{rule}: gate of 1,000; stays of 1,000. Every turn" in " ".join(notes(table).split())


def test_memory_is_that_of_the_whole_family():
    """In a process of its own, as what else this one has started comes and goes; its child holds 300 MB."""
    program = """
import subprocess, sys
from benches.family import held, watched
before = held()
holds = "held = b'x' * 300_000_000; print('held', flush=True); input()"
with watched() as most:
    child = subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    most.look()
    child.communicate(b"\\n")
print(most.gigabytes - before)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert 0.3 < float(done.stdout) < 0.35
