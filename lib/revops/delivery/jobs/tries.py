"""What becomes of a job that dies: it is tried once more, here and on a cluster alike, and no more than that.

A job dies where its kernel is killed, its process or its machine is lost, or the disk below it is full: none of these
says anything of the report. An error in the notebook, refused data, or a limit overstepped is an answer, and stands.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from revops.delivery.jobs.job import Failure, Job, Result

__all__ = ["Heard", "Tries"]

Heard = Callable[..., None]  # (what, job, cell), and of a job that is tried again, why


class Tries:
    """The jobs of one run that have died once."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._died: dict[Path, Result] = {}

    def told(self, job: Job, result: Result) -> Result | None:
        """Return what came of a job, with the evidence of its earlier death; None where it is to be tried once more.

        `heard` is then told ("again", job, 0, why).
        """
        first = self._died.pop(job.scratch, None)
        if first is not None:
            return _with(first, result)
        if result.failure is None or not result.failure.is_death:
            return result
        self._died[job.scratch] = result
        self._heard("again", job, 0, result.failure.reason)
        return None


def _with(first: Result, second: Result) -> Result:
    """Return the result of a second try, with what is known of the first in its evidence and in its log."""
    assert first.failure is not None
    failure = second.failure
    if failure is not None:
        evidence = f"First try: {_told(first.failure)}\n\nSecond try: {_told(failure)}"
        failure = replace(failure, evidence=evidence)
    seconds, peak = first.seconds + second.seconds, max(first.peak_bytes, second.peak_bytes)
    return replace(second, failure=failure, seconds=seconds, peak_bytes=peak, log=first.log + second.log)


def _told(failure: Failure) -> str:
    return f"{failure.reason}\n{failure.evidence}".rstrip()
