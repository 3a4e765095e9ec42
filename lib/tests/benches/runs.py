"""The command line on the sample company, beside papermill and nbconvert on the same notebooks one after the other."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benches.alone import Cost, cost_of
from benches.family import watched

__all__ = ["ENGINES", "ROOT", "cells_seconds", "commands", "copy_project", "first_run", "notebook_and_page",
           "revops_run", "run", "run_again", "run_changed", "serial", "stems"]  # fmt: skip

ROOT = Path(__file__).parents[3]
ENGINES = ("ordinary", "fork")
CHANGED = Path("data", "sample", "meta_ads", "Halyard-EU-Campaigns.csv")
"""The export that changes: what ads cost, which half of the reports read."""


def stems() -> list[str]:
    """Return the names of all reports."""
    return sorted(notebook.stem for notebook in (ROOT / "notebooks").glob("*.ipynb"))


def copy_project(folder: Path, *, data: bool = True) -> None:
    """Copy what a run reads, with the sample company's exports where asked; the project's own outputs stay as they
    are."""
    for name in ("params", "notebooks", "data/benchmarks", *(["data/sample"] if data else [])):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))


def first_run(folder: Path, engine: str) -> Cost:
    """Run every report where nothing is prepared."""
    shutil.rmtree(folder / "outputs", ignore_errors=True)
    return commands(folder, revops_run("--engine", engine))


def run(folder: Path, engine: str) -> Cost:
    """Run every report anew where the exports are prepared."""
    return commands(folder, revops_run("--again", "--engine", engine))


def run_again(folder: Path) -> Cost:
    """Run every report once more, with nothing changed."""
    _stand(folder)
    return commands(folder, revops_run())


def run_changed(folder: Path) -> Cost:
    """Run every report once more where one file of the exports has changed: an amount in it."""
    _stand(folder)
    text = (folder / CHANGED).read_bytes()
    cents = re.search(rb"\.(\d\d),", text)
    (folder / CHANGED).write_bytes(text.replace(cents[0], b".%02d," % ((int(cents[1]) + 1) % 100), 1))
    return commands(folder, revops_run())


def serial(folder: Path) -> Cost:
    """Run every notebook by papermill, then make a page of it by nbconvert, the exports prepared."""
    _stand(folder)
    return commands(folder, *(command for stem in stems() for command in notebook_and_page(folder, stem, {})))


def cells_seconds(folder: Path) -> float:
    """Return how long the reports' own cells took by the clock when papermill ran them last [s]: all but those that
    import, and with what these leave to be imported later."""
    made = (json.loads((folder / f"serial-{stem}.ipynb").read_text(encoding="utf-8")) for stem in stems())
    cells = (cell for notebook in made for cell in notebook["cells"] if cell["cell_type"] == "code")
    own = (cell for cell in cells if not "".join(cell["source"]).startswith(("from ", "import ")))
    return sum(cell["metadata"]["papermill"]["duration"] for cell in own)


def revops_run(*arguments: str) -> list[str]:
    """Return the command that runs reports."""
    return ["python", "-m", "revops", "run", *arguments]


def notebook_and_page(folder: Path, stem: str, parameters: Mapping[str, object]) -> list[list[str]]:
    """Return the commands that execute one notebook by papermill and make a page of it by nbconvert."""
    notebook, made = (str(folder / name) for name in (f"notebooks/{stem}.ipynb", f"serial-{stem}.ipynb"))
    given = [word for pair in parameters.items() for word in ("-y", json.dumps(dict([pair])))]
    return [
        ["papermill", notebook, made, "--no-progress-bar", "-k", "python3", *given],
        ["jupyter", "nbconvert", "--to", "html", made],
    ]


def commands(folder: Path, *commands: Sequence[str]) -> Cost:
    """Return what commands take, one after the other, with all that they start; their programs are those beside this
    Python.

    Raises
        RuntimeError: one that did not end well, with what it said.
    """
    with watched() as most:
        spent = cost_of(lambda: [_done(folder, command) for command in commands])
    return Cost(spent.seconds, spent.cpu, most.gigabytes)


def _stand(folder: Path) -> None:
    """Let a run stand that nothing is new against."""
    _done(folder, revops_run())


def _done(folder: Path, command: Sequence[str]) -> None:
    programs = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["PYTHONPATH"] = str(ROOT / "lib")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: must end well; said {done.stdout}{done.stderr}")
