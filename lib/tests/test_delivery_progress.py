"""What a run says while it works."""

import io
import re
from pathlib import Path

import pytest

from revops.delivery.jobs.job import Failure, Job, Result
from revops.delivery.progress import Progress

JOB = Job("deals", Path("deals.ipynb"), Path(), Path(), {"slice": {"region": "EMEA"}})


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told_on(screen):
    progress = Progress(screen)
    progress.expect(1)
    progress.hear("started", JOB, 0)
    progress.hear("cell", JOB, 3)
    progress.end(JOB, Result(failure=Failure("It broke.", "Mend it."), seconds=2.25, peak_bytes=3 * 2**20))
    return screen.getvalue(), progress.lines


def test_log_gets_plain_lines():
    text, lines = told_on(io.StringIO())
    said = ["running 1 report", "deals region=EMEA: started", "deals region=EMEA: FAILED (2.2 s, 3 MB): It broke."]
    assert text.splitlines() == said
    assert [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "", line) for line in lines] == said


def test_person_sees_one_line_that_moves():
    text, _ = told_on(Terminal())
    assert "\r\033[K0 of 1 done; deals region=EMEA cell 3 (0 s)" in text
    assert text.endswith("\r\033[Kdeals region=EMEA: FAILED (2.2 s, 3 MB): It broke.\n")
    assert "started" not in text


def test_report_that_is_tried_again_is_told_with_the_reason():
    for screen in (io.StringIO(), Terminal()):
        progress = Progress(screen)
        progress.hear("started", JOB, 0)
        progress.hear("again", JOB, 0, "Its kernel died.")
        assert progress.lines[-1].endswith("Z deals region=EMEA: tried once more: Its kernel died.")
        assert "deals region=EMEA: tried once more: Its kernel died.\n" in screen.getvalue()


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_reader_who_leaves_does_not_stop_the_run(kind, monkeypatch):
    def refuse(text):
        raise BrokenPipeError

    screen = kind()
    progress = Progress(screen)
    monkeypatch.setattr(screen, "write", refuse)
    progress.expect(1)
    progress.hear("started", JOB, 0)
    progress.end(JOB, Result(seconds=2.25, peak_bytes=3 * 2**20))
    assert progress.lines[-1].endswith("Z deals region=EMEA: made (2.2 s, 3 MB)")
