"""What is on disk of a notebook while it runs, which is all that is left of a report that is killed."""

import asyncio

import nbformat
import pytest

from revops.delivery.jobs import execute


@pytest.fixture
def watched(tmp_path):
    """Return a watch that has begun with a notebook of one cell, the cell, and what it told of cells."""
    told = []
    watch = execute._Watch(tmp_path / "is_good.ipynb", told.append)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print('words')")])
    notebook.metadata["papermill"] = {"input_path": "/home/somebody/is_good.ipynb"}
    watch.begun(notebook)
    return watch, notebook.cells[0], told


def outputs_in(watch):
    return nbformat.read(watch.path, 4).cells[0].outputs


def show(cell):
    cell.outputs = [nbformat.v4.new_output("stream", text="words")]


def test_notebook_is_on_disk_before_its_first_cell_without_this_machines_folders(watched):
    watch, _, told = watched
    assert (outputs_in(watch), told) == ([], [])
    assert "somebody" not in watch.path.read_text(encoding="utf-8")


def test_cell_that_takes_long_is_on_disk_with_what_ran_before(watched, monkeypatch):
    watch, cell, told = watched
    monkeypatch.setattr(execute, "_LONG_SECONDS", 0)

    async def runs_on():
        show(cell)
        watch.started(cell, 0)
        while not outputs_in(watch):
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(runs_on(), 60))
    assert told == [1]


def test_quick_cells_are_not_written_one_by_one(watched, monkeypatch):
    watch, cell, told = watched
    monkeypatch.setattr(execute, "_LONG_SECONDS", 3600)

    async def runs_through():
        for _ in range(3):
            show(cell)
            watch.started(cell, 0)

    asyncio.run(runs_through())
    assert (outputs_in(watch), told) == ([], [1, 2, 3])
    watch.save()
    assert outputs_in(watch) == cell.outputs
