"""One report, from notebook to files. Runs in a process of its own that may be killed at any moment.

papermill calls more than one ruined notebook a success (a kernel that was killed, a cell that timed out,
`sys.exit(0)`): what counts here is that every code cell ran to its end without an error and one Answer came out.
"""

import asyncio
import json
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from revops import errors
from revops.delivery.jobs.forked import KernelCopy
from revops.delivery.jobs.job import OUR_FAULT, Failure, Job, Limits, Result, is_counted
from revops.delivery.jobs.kernel import kernel_from, set_environment
from revops.delivery.jobs.page import FIGURE, render_page
from revops.delivery.jobs.records import write_pictures, write_tables
from revops.wording import unaddressed

__all__ = ["execute"]

ANSWER_MIME = "application/vnd.revops.answer+json"
RECORDS_MIME = "application/vnd.revops.records+json"
PICTURE_MIME = "image/png"
STATUSES = ("on_track", "watch", "act", "not_enough_data")
_NEEDED = ("report", "company", "as_of", "period", "slice", "status", "sentence", "measures")
_LONG_SECONDS = 1.0
_DO_IT = "Do what the message says, then run the report again."


def execute(job: Job, at_cell: Callable[[int], None], copy: KernelCopy | None = None) -> Result:
    """Run the job's notebook and write its files; `at_cell` hears the number of each code cell as it starts.

    The kernel is the `copy` that waits to be one, else a new Python. Nothing is raised for a report that fails: the
    failure is in the result, with the cell and the text.
    """
    started = time.perf_counter()
    set_environment(job)
    try:
        with errors.naming(job.folder / f"{job.stem}.ipynb"):
            notebook = _run(job, at_cell, copy)
        answer = _answer(notebook, job)
        with errors.naming(job.folder / job.stem):
            files = _write(notebook, answer, job, time.perf_counter() - started)
    except _Refused as refusal:
        return Result(failure=refusal.failure)
    except errors.RunError as error:
        return Result(failure=Failure(str(error), "Correct the notebook or the function that it calls."))
    except Exception as error:
        if isinstance(error, OSError) and errors.is_of_machine(error):
            return Result(failure=Failure(errors.refused_by_machine(error), _DO_IT, is_death=errors.is_full(error)))
        reason = f"The report could not be put out: {type(error).__name__}: {error}"
        return Result(failure=Failure(reason, OUR_FAULT, evidence=traceback.format_exc()))
    return Result(answer=answer, files=files)


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class _Watch:
    """Hears how far a notebook is, tells it on, and leaves on disk what has run: the evidence if the report is killed.

    It is written before the first cell and where a cell takes long: papermill would write all of it twice a cell, which
    took more CPU than all else in this process.
    """

    def __init__(self, path: Path, at_cell: Callable[[int], None]) -> None:
        self.path = path
        self.at_cell = at_cell
        self.cell = 0
        self.notebook: NotebookNode | None = None
        self.due: asyncio.TimerHandle | None = None

    def begun(self, notebook: NotebookNode) -> None:
        self.notebook = notebook
        self.save()

    def started(self, cell: NotebookNode, cell_index: int) -> None:
        if self.due:
            self.due.cancel()
        self.due = asyncio.get_running_loop().call_later(_LONG_SECONDS, self.save)
        if is_counted(cell):
            self.cell += 1
            self.at_cell(self.cell)

    def save(self) -> None:
        if self.notebook is None:
            return
        for where in ("input_path", "output_path"):  # whoever gets the file need not know this machine's folders
            self.notebook.metadata.papermill[where] = self.path.name
        nbformat.write(self.notebook, self.path)


def _run(job: Job, at_cell: Callable[[int], None], copy: KernelCopy | None) -> NotebookNode:
    """Execute the notebook; return it whole, or refuse with the cell that stopped it. Either way it is on disk."""
    path = job.folder / f"{job.stem}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    watch = _Watch(path, at_cell)
    try:
        notebook = papermill.execute_notebook(
            str(job.notebook),
            None,
            parameters=dict(job.parameters),
            kernel_name="python3",
            progress_bar=False,
            cwd=str(job.notebook.parent),
            execution_timeout=int(job.limits.cell_seconds),
            kernel_manager_class=kernel_from(copy),
            on_notebook_start=watch.begun,
            on_cell_start=watch.started,
        )
    except (PapermillExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise _Refused(_stopped(error, watch.cell, job.limits)) from None
    finally:
        watch.save()
    _check_finished(notebook)
    return notebook


def _stopped(error: PapermillExecutionError | CellTimeoutError | DeadKernelError, cell: int, limits: Limits) -> Failure:
    """Return the failure for what stopped a cell; an error of our own is shown by its text, which says what to do."""
    if isinstance(error, CellTimeoutError):
        reason = f"Code cell {cell} ran longer than the {limits.cell_seconds:g} seconds a cell may take."
        return Failure(reason, "Find out what it waits for; run the notebook in JupyterLab up to that cell.", cell)
    if isinstance(error, DeadKernelError):
        reason = f"The kernel died in code cell {cell}: it was killed, or the machine ran out of memory."
        advice = "Look at the machine's log for the time of this run, and at the memory it had."
        return Failure(reason, advice, cell, is_death=True)
    evidence = "\n".join(error.traceback)
    if error.ename in errors.__all__:
        return Failure(str(error.evalue), _DO_IT, cell, evidence)
    text = f"{error.ename}: {error.evalue}" if error.evalue else str(error.ename)
    return Failure(f"Code cell {cell} raised {unaddressed(text)}", OUR_FAULT, cell, evidence)


def _check_finished(notebook: NotebookNode) -> None:
    """Refuse a notebook unless each code cell ran to its end and showed no error."""
    code = [cell for cell in notebook.cells if is_counted(cell)]
    for number, cell in enumerate(code, start=1):
        failed = any(output.output_type == "error" for output in cell.outputs)
        if failed or cell.metadata.papermill.status != "completed" or cell.execution_count is None:
            raise _Refused(
                Failure(
                    f"Code cell {number} of {len(code)} did not run to its end: it left the kernel or showed an error, "
                    "so the report is not whole.",
                    "Take calls such as sys.exit() out of the notebook; let a problem raise an error.",
                    number,
                )
            )


def _answer(notebook: NotebookNode, job: Job) -> Mapping[str, Any]:
    """Return the one Answer of the notebook, checked for what every reader of it relies on."""
    found = _shown(notebook, ANSWER_MIME)
    if len(found) != 1:
        raise errors.RunError(f"{job.stem}: must show exactly one Answer; found {len(found)}. Show one, once.")
    answer = json.loads(json.dumps(found[0]))  # plain values: the parent need not know nbformat to receive them
    missing = [key for key in _NEEDED if key not in answer]
    if missing:
        raise errors.RunError(f"{job.stem}: the Answer must hold {', '.join(_NEEDED)}; found no {', '.join(missing)}.")
    _expect(job.stem, "report", answer["report"], job.stem)
    _expect(job.stem, "slice", answer["slice"], job.slice)
    asked = job.parameters.get("as_of")
    if asked not in (None, "auto", "today"):
        _expect(job.stem, "as_of", answer["as_of"], asked)
    if answer["status"] not in STATUSES:
        raise errors.RunError(f"{job.stem}: status must be one of {', '.join(STATUSES)}; found {answer['status']!r}.")
    odd = [row["id"] for row in answer["measures"] if isinstance(row["value"], str)]  # so kernels send NaN and inf
    if odd:
        raise errors.RunError(f"{job.stem}: a measure must be a finite number or null; found another in {odd[0]}.")
    if not str(answer["sentence"]).strip():
        raise errors.RunError(f"{job.stem}: the Answer must say a sentence; found an empty one.")
    return answer


def _expect(stem: str, what: str, found: object, asked: object) -> None:
    if found != asked:
        raise errors.RunError(f"{stem}: the Answer's {what} must be the one asked for, {asked}; found {found}.")


def _shown(notebook: NotebookNode, mime: str) -> list[Any]:
    """Return everything of one kind that the notebook's cells show, in order."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[mime] for output in outputs if mime in output.get("data", {})]


def _write(notebook: NotebookNode, answer: Mapping[str, Any], job: Job, seconds: float) -> tuple[str, ...]:
    """Write page, JSON, tables and pictures beside the executed notebook and return the names of all files."""
    text = json.dumps(answer, indent=1, ensure_ascii=False, allow_nan=False)
    (job.folder / f"{job.stem}.json").write_text(text + "\n", encoding="utf-8")
    tables = [*answer.get("tables", ()), *_shown(notebook, RECORDS_MIME)]
    beside = [
        *write_tables(tables, job.folder / job.stem),
        *write_pictures(_pictures(notebook), job.folder / job.stem),
    ]
    (job.folder / f"{job.stem}.html").write_text(render_page(notebook, answer, seconds), encoding="utf-8")
    return (*(f"{job.stem}.{kind}" for kind in ("html", "json", "ipynb")), *(f"{job.stem}/{name}" for name in beside))


def _pictures(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Return the name and the bytes, written in base64, of each chart that is also shown as a picture, in order."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output for output in outputs if FIGURE in output.get("metadata", {})]
    return [(output.metadata[FIGURE], output.data[PICTURE_MIME]) for output in shown if PICTURE_MIME in output.data]
