"""What a worker of a cluster does with a job: the same as is done here, in a folder of its own, and nothing is kept.

Dask calls it again where a worker was lost, as often as its own settings say. Whether a job is tried again is ours to
say (see tries), so that each call is marked on the scheduler when it begins, and a second one of the same name ends.
"""

import multiprocessing
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from distributed import Event, Lock, Status, Worker, get_client, get_worker

from revops.contents import other_code
from revops.delivery.jobs.job import Failure, Job, Result
from revops.delivery.jobs.parcel import Parcel, laid_out, only, refused, sent_back
from revops.delivery.jobs.shared import fetched
from revops.delivery.jobs.supervise import prepare_workers, run_once
from revops.errors import RevopsError, is_full, is_of_machine, refused_by_machine

__all__ = ["LOST", "TOPIC", "work_off"]

TOPIC = "revops"
LOST = "lost"
_CLOSING = (Status.closing, Status.closed, Status.failed)
_ENDED = Failure(
    "The report was ended: its worker was closed, or nobody waited for it any more.", "Run it again.", is_death=True
)
_ADVICE = "Do what the message says, then run the reports again."


def work_off(parcel: Parcel, name: str, shared: str | None) -> Parcel | str:
    """Run a job that was sent here and return what came of it; LOST where a worker has begun this very try before.

    Words on the way go to TOPIC, each with the try's name. A try that nobody waits for any more is ended. A worker with
    other code refuses all, which is no try.
    """
    worker = get_worker()
    other = other_code(parcel["code"], worker.address)
    if other is not None:
        return refused(Failure(*other), worker.address)
    if worker.status in _CLOSING:  # a client made now would not be closed with the worker
        return only(_ENDED)
    begun = Event(name, client=get_client())
    if begun.is_set():
        return LOST
    begun.set()

    def say(what: str, cell: int = 0) -> None:
        worker.log_event(TOPIC, {"name": name, "what": what, "cell": cell, "worker": worker.address})

    say("started")
    where = f"scratch of {worker.address}"
    try:
        with tempfile.TemporaryDirectory(dir=worker.local_directory, prefix="job-", ignore_cleanup_errors=True) as made:
            place = Path(made).resolve()
            prepared = _prepared(parcel, shared, worker)
            job = laid_out(parcel, place, prepared)
            result = _run(job, say, _wanted(worker), Path(worker.local_directory))
            return sent_back(result, job, parcel, where)
    except RevopsError as error:
        return only(Failure(f"Worker {worker.address}: {error}", _ADVICE))
    except OSError as error:
        if not is_of_machine(error):
            raise
        error.filename, error.filename2 = where, None
        return only(Failure(refused_by_machine(error), _ADVICE, is_death=is_full(error)))


def _prepared(parcel: Parcel, shared: str | None, worker: Worker) -> Path | None:
    """Return the folder of prepared tables here, fetched once for all workers of this machine and user."""
    if not parcel["prepared"] or shared is None:
        return Path(parcel["prepared"]) if parcel["prepared"] else None
    cache = Path(worker.local_directory).parent / "revops-prepared"
    key = Path(parcel["prepared"]).name
    with Lock(f"revops-{socket.gethostname()}-{cache}-{key}"):
        return fetched(key, shared, cache)


def _run(job: Job, say: Callable[..., None], is_wanted: Callable[[], bool], place: Path) -> Result:
    multiprocessing.current_process().daemon = False  # a nanny's worker is one, and those may have no children
    prepare_workers(job.engine, [job.stem], place)  # what it leaves goes with the worker's folder, if that is killed
    result = run_once(job, lambda what, _, cell: say(what, cell), is_wanted)
    return result or Result(failure=_ENDED)


def _wanted(worker: Worker) -> Callable[[], bool]:
    """Return a function that tells whether the task that is running is still waited for: not where the run ended, nor
    where the scheduler was lost, upon which a worker closes."""
    key = worker.get_current_task()  # by the thread, so asked here and not below

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing" and worker.status not in _CLOSING

    return is_wanted
