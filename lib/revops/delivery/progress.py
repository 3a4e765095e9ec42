"""What a run says while it works: one moving line for a person, plain lines for a log."""

import datetime as dt
import sys
import time
from typing import TextIO

from revops.delivery.jobs.job import Job, Result

__all__ = ["Progress"]


class Progress:
    """Tells of jobs that start, move and end, on `screen`; keeps every plain line for run.log."""

    def __init__(self, screen: TextIO | None = None) -> None:
        self._screen: TextIO | None = screen or sys.stderr
        self._is_watched = (screen or sys.stderr).isatty()
        self._at: dict[str, tuple[float, int]] = {}
        self._done = self._total = 0
        self.lines: list[str] = []

    def expect(self, total: int) -> None:
        """Say how many reports will run."""
        self._total = total
        self.say(f"running {total} {'report' if total == 1 else 'reports'}")

    def say(self, line: str) -> None:
        """Say one plain line."""
        self.lines.append(f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ} {line}")
        self._wipe()
        self._print(f"{line}\n")
        self._draw()

    def hear(self, what: str, job: Job, cell: int, why: str = "") -> None:
        """Take note that a job started, that it came to a code cell, or that it died and is tried again, and why."""
        if what == "again":
            self._at.pop(job.title, None)
            self.say(f"{job.title}: tried once more: {why}")
            return
        started = self._at.get(job.title, (time.monotonic(), 0))[0]
        self._at[job.title] = (started, cell)
        if what == "started" and not self._is_watched:
            self.say(f"{job.title}: started")
        self._draw()

    def end(self, job: Job, result: Result) -> None:
        """Say how a job ended."""
        self._at.pop(job.title, None)
        self._done += 1
        taken = f"{result.seconds:.1f} s, {result.peak_bytes / 2**20:.0f} MB"
        ended = f"FAILED ({taken}): {result.failure.reason}" if result.failure else f"made ({taken})"
        if result.failure and result.failure.is_refusal:
            ended = f"not made: {result.failure.reason}"
        self.say(f"{job.title}: {ended}")

    def _draw(self) -> None:
        if self._is_watched and self._at:
            now = time.monotonic()
            work = ", ".join(f"{name} cell {cell} ({now - began:.0f} s)" for name, (began, cell) in self._at.items())
            self._print(f"\r\033[K{self._done} of {self._total} done; {work}"[:110])

    def _wipe(self) -> None:
        if self._is_watched:
            self._print("\r\033[K")

    def _print(self, text: str) -> None:
        """Write to the screen as long as somebody reads it: without a reader the run goes on."""
        if self._screen is not None:
            try:
                print(text, end="", file=self._screen, flush=True)
            except BrokenPipeError:
                self._screen = None
