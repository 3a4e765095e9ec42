"""Which ends of a job are deaths, and what is told of a job that died."""

from dataclasses import replace
from pathlib import Path

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from revops.delivery.jobs.execute import _stopped
from revops.delivery.jobs.job import Failure, Job, Limits, Result
from revops.delivery.jobs.tries import Tries

JOB = Job("deals", Path("deals.ipynb"), Path(), Path(), {})
DIED = Result(failure=Failure("It died.", "Look.", 2, "a trace", is_death=True), seconds=2, peak_bytes=7, log="one\n")


def tries():
    heard = []
    return Tries(lambda *words: heard.append(words)), heard


def test_job_that_dies_is_tried_once_more_and_that_is_said():
    tried, heard = tries()
    assert tried.told(JOB, DIED) is None
    assert heard == [("again", JOB, 0, "It died.")]
    made = tried.told(JOB, Result({"report": "deals"}, ("deals.html",), seconds=3, peak_bytes=5, log="two\n"))
    assert made == Result({"report": "deals"}, ("deals.html",), None, 5, 7, "one\ntwo\n")


def test_second_death_is_the_end_and_shows_both():
    tried, heard = tries()
    tried.told(JOB, DIED)
    found = tried.told(JOB, Result(failure=Failure("It died again.", "Look there.", 3, is_death=True)))
    evidence = "First try: It died.\na trace\n\nSecond try: It died again."
    assert found.failure == Failure("It died again.", "Look there.", 3, evidence, is_death=True)
    assert len(heard) == 1


def test_deaths_of_two_jobs_that_are_called_alike_are_counted_apart():
    tried, heard = tries()
    jobs = [replace(JOB, scratch=Path(name)) for name in "01"]
    assert [tried.told(job, DIED) for job in jobs] == [None, None]
    assert [words[1] for words in heard] == jobs


def test_answer_is_not_asked_for_twice():
    tried, heard = tries()
    for result in (Result({"report": "deals"}), Result(failure=Failure("It raised.", "Mend it."))):
        assert tried.told(JOB, result) is result
    assert heard == []


def test_error_and_time_are_answers_and_a_dead_kernel_is_none():
    raised = PapermillExecutionError(1, 1, "", "KeyError", "a", [])
    for error, is_death in ((raised, False), (CellTimeoutError("a", 1, "b"), False), (DeadKernelError("a"), True)):
        assert _stopped(error, 1, Limits()).is_death == is_death
