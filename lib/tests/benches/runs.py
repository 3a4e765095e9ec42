"""The command line on the sample company, beside papermill and nbconvert on the same notebooks one after the other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benches.alone import Cost, cost_of

__all__ = ["copy_project", "first_run", "run", "run_again", "serial", "stems"]

ROOT = Path(__file__).parents[3]


def stems() -> list[str]:
    """Return the names of all reports."""
    return sorted(notebook.stem for notebook in (ROOT / "notebooks").glob("*.ipynb"))


def copy_project(folder: Path) -> None:
    """Copy what a run reads, so that the project's own outputs stay as they are."""
    for name in ("params", "notebooks", "data/sample"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))


def first_run(folder: Path) -> Cost:
    """Run every report where nothing is prepared."""
    shutil.rmtree(folder / "outputs", ignore_errors=True)
    return _commands(folder, _REVOPS)


def run(folder: Path) -> Cost:
    """Run every report where the exports are prepared and no report is made."""
    for made in (folder / "outputs").iterdir():
        if made.name != ".cache":
            shutil.rmtree(made) if made.is_dir() and not made.is_symlink() else made.unlink()
    return _commands(folder, _REVOPS)


def run_again(folder: Path) -> Cost:
    """Run every report once more, with nothing changed."""
    return _commands(folder, _REVOPS)


def serial(folder: Path) -> Cost:
    """Run every notebook by papermill, then make a page of it by nbconvert."""
    commands = []
    for notebook in sorted((folder / "notebooks").glob("*.ipynb")):
        made = folder / f"serial-{notebook.name}"
        commands.append(["papermill", str(notebook), str(made), "--no-progress-bar", "-k", "python3"])
        commands.append(["jupyter", "nbconvert", "--to", "html", str(made)])
    return _commands(folder, *commands)


_REVOPS = ["python", "-m", "revops", "run"]


def _commands(folder: Path, *commands: list[str]) -> Cost:
    """Return what the commands take, one after the other; their programs are those beside this Python."""
    programs = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["PYTHONPATH"] = str(ROOT / "lib")

    def work() -> None:
        for command in commands:
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)}: must end well; said {done.stdout}{done.stderr}")

    spent = cost_of(work)
    return Cost(spent.seconds, spent.cpu)
