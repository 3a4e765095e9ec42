"""What a run says while it works."""

import io
import re
from pathlib import Path

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
