"""Jobs sent to the workers of a cluster, and what comes back of each: the driver's half of at_work."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Event, Future, KilledWorker

from revops.contents import code_here
from revops.delivery.jobs.at_work import LOST, TOPIC, work_off
from revops.delivery.jobs.job import Failure, Job, Result
from revops.delivery.jobs.parcel import Parcel, packed, unpacked
from revops.delivery.jobs.tries import Heard, Tries
from revops.errors import is_of_machine

__all__ = ["sent_and_back"]

_TICK = 0.5
_LOOK_SECONDS = 5.0
_NO_WORKER_SECONDS = 30.0
_GRACE_SECONDS = 60.0
_DONE = "done"
_NO_WORKER_ADVICE = (
    "Start workers again, then run the reports again. "
    "A worker that ends as soon as it gets a report lacks packages of the project: its own output says which."
)
_NO_SCHEDULER = Failure(
    "The scheduler of the cluster was lost before this report was back.",
    "Look at the scheduler's log, then run the reports again.",
)


def sent_and_back(
    client: Client, jobs: Sequence[Job], shared: str | None, say: Callable[[str], None], heard: Heard
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with its result as it comes back, its files written here; one that dies is tried once more.

    A worker with other code is named to `say`, once, and what it refuses goes to others: that is no try. Where the
    scheduler is lost, or the last worker with our code, all that are not back have failed. Whatever way this is left,
    the cluster ends what it runs for us.
    """
    sent, tries = _Sent(client, shared, say, heard), Tries(heard)
    try:
        for job in jobs:
            sent.send(job)
        while sent.tries:
            for one, ended in sent.ended():
                result = tries.told(one.job, ended)
                if result is not None:
                    yield one.job, result
                else:
                    sent.send(one.job, avoided=one.worker)
    finally:
        sent.cancel()


@dataclass(eq=False)
class _Try:
    """A try of a job on the cluster: the worker that it avoids, and the only ones that may run it, if not all; which
    one began it, when the last word came from there, and its code cell; whether one refused it, and none has it now."""

    job: Job
    future: Future
    avoided: str
    only: set[str]
    worker: str = ""
    last_word: float | None = None
    cell: int = 0
    is_refused: bool = False


class _Sent:
    """The tries under way by name, the words that come of them, and the workers that refuse all, each with why."""

    def __init__(self, client: Client, shared: str | None, say: Callable[[str], None], heard: Heard) -> None:
        self.client = client
        self.shared = shared
        self.say = say
        self.heard = heard
        self.refusing: dict[str, Failure] = {}
        self.code = code_here()
        self.tries: dict[str, _Try] = {}
        self.words: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.workers = list(client.nthreads())
        self.looked = self.staffed = time.monotonic()
        client.subscribe_topic(TOPIC, lambda event: self.words.put(event[1]))

    def send(self, job: Job, avoided: str = "") -> None:
        """Send a job to any worker that does not refuse but the one avoided, unless there is no other."""
        name = f"revops-{secrets.token_hex(8)}"
        only = set(self.workers) - self.refusing.keys() - {avoided}
        if only == set(self.workers):
            only = set()
        elif self.refusing and avoided:
            only = only or {avoided}  # gone, it may yet come back
        future = self.client.submit(
            work_off, packed(job, self.code), name, self.shared, key=name, pure=False, workers=sorted(only) or None
        )
        self.tries[name] = _Try(job, future, avoided, only)
        future.add_done_callback(lambda _: self.words.put({"name": name, "what": _DONE}))

    def ended(self) -> list[tuple[_Try, Result]]:
        """Wait for a word and return the tries that have ended by now, each with its result."""
        word = None
        with contextlib.suppress(Empty):
            word = self.words.get(timeout=_TICK)
        try:
            ended = self._ended_by(word)
        except OSError as error:  # of the line to the scheduler, else of a disk here
            if is_of_machine(error):
                raise
            ended = self._all(_NO_SCHEDULER)
        except CancelledError:
            ended = self._all(_NO_SCHEDULER)
        over = [one for one, _ in ended]
        self.tries = {name: one for name, one in self.tries.items() if one not in over}
        return ended

    def cancel(self) -> None:
        """Let the cluster end what is still under way; where it is lost, its workers end by themselves."""
        if self.client.status == "running":
            self.client.unsubscribe_topic(TOPIC)
            self.client.cancel([one.future for one in self.tries.values()], force=True)

    def _ended_by(self, word: dict[str, Any] | None) -> list[tuple[_Try, Result]]:
        if self.client.status != "running":
            return self._all(_NO_SCHEDULER)
        ended = self._look()
        if time.monotonic() - self.staffed > _NO_WORKER_SECONDS:
            reason = f"The cluster had no worker left for {_NO_WORKER_SECONDS:g} seconds before this report was back."
            return self._all(next(iter(self.refusing.values()), Failure(reason, _NO_WORKER_ADVICE)))
        over = [one for one, _ in ended]
        silent = [one for one in self.tries.values() if one not in over and self._is_silent(one)]
        ended += [(one, self._given_up(one, self._silent(one))) for one in silent]
        one = self.tries.get(word["name"]) if word else None
        if word and one and word["what"] == _DONE:
            result = self._result(one, word["name"])
            ended += [(one, result)] if result is not None else []
        elif word and one:
            one.worker, one.last_word, one.cell = word["worker"], time.monotonic(), word["cell"]
            self.heard(word["what"], one.job, one.cell)
        return ended

    def _result(self, one: _Try, name: str) -> Result | None:
        """Return what came of a try that is done, its mark on the scheduler removed; None where it did not begin."""
        if one.future.cancelled():
            return Result(failure=_NO_SCHEDULER)
        if one.future.status == "error":
            error = one.future.exception()
            if isinstance(error, KilledWorker):
                return self._lost(one)
            reason = f"The cluster could not run the report: {type(error).__name__}: {error}"
            return Result(failure=Failure(reason, "Install the same code on all workers, then run the reports again."))
        back = one.future.result()
        is_refused = back != LOST and self._heard_refusal(back)
        if is_refused and not one.worker:
            one.is_refused = True
            self._send_on()
            return None
        is_lost = back == LOST or is_refused  # by a worker that Dask sent it to after the first was lost
        # Forgotten before its mark is: Dask would begin it again if the worker died that holds what came back.
        result = self._given_up(one, self._lost(one) if is_lost else unpacked(back, one.job))
        Event(name, client=self.client).clear()
        return result

    def _heard_refusal(self, back: Parcel) -> bool:
        """Return whether what came back is the refusal of a worker with other code, which is then named, once."""
        worker = back.get("refused_by")
        if worker is None:
            return False
        refusal = Failure(back["failure"]["reason"], back["failure"]["advice"])
        if worker not in self.refusing:
            self.say(f"{refusal.reason} {refusal.advice}")
        self.refusing[worker] = refusal
        return True

    def _send_on(self) -> None:
        """Send what was refused, or waits for workers that are gone, to others if there are any."""
        if self.refusing.keys() >= set(self.workers):
            return
        for name, one in list(self.tries.items()):
            is_stuck = one.only and not one.worker and not one.future.done() and one.only.isdisjoint(self.workers)
            if one.is_refused or is_stuck:
                del self.tries[name]
                self.client.cancel([one.future], force=True)
                self.send(one.job, one.avoided)

    def _lost(self, one: _Try) -> Result:
        where = f", in code cell {one.cell}" if one.cell else ""
        worker = one.worker or "unknown"
        reason = f"Worker {worker} was lost while it ran the report{where}: it was killed, or its machine was."
        advice = "Look at that worker's log, and at the memory its machine had."
        return Result(failure=Failure(reason, advice, one.cell or None, is_death=True))

    def _is_silent(self, one: _Try) -> bool:
        """Return whether a worker says nothing for longer than it may run a report; waiting in the queue is no time."""
        if one.last_word is None or one.future.done():
            return False
        return time.monotonic() - one.last_word > one.job.limits.deadline_seconds + _GRACE_SECONDS

    def _silent(self, one: _Try) -> Result:
        deadline = f"{one.job.limits.deadline_seconds:g} seconds"
        reason = (
            f"Worker {one.worker} said nothing of the report until {_GRACE_SECONDS:g} seconds after its deadline of "
        )
        return Result(failure=Failure(f"{reason}{deadline}.", "Look at that worker's log.", one.cell or None))

    def _look(self) -> list[tuple[_Try, Result]]:
        """Ask every few seconds which workers there are, and return the tries that were lost with one.

        Dask begins those elsewhere only where it may, and sends what waits for certain workers to no other.
        """
        now = time.monotonic()
        if now - self.looked < _LOOK_SECONDS:
            return []
        self.workers, self.looked = list(self.client.nthreads()), now
        self.refusing = {worker: why for worker, why in self.refusing.items() if worker in self.workers}
        if len(self.workers) > len(self.refusing):
            self.staffed = now
        waiting = [one for one in self.tries.values() if not one.future.done()]
        lost = [one for one in waiting if one.worker and one.worker not in self.workers]
        self._send_on()
        return [(one, self._given_up(one, self._lost(one))) for one in lost]

    def _given_up(self, one: _Try, result: Result) -> Result:
        """Return the result of a try after Dask was told that nobody waits for it."""
        self.client.cancel([one.future], force=True)
        return result

    def _all(self, failure: Failure) -> list[tuple[_Try, Result]]:
        return [(one, Result(failure=failure)) for one in self.tries.values()]
