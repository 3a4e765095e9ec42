"""Other packages on the same input, in environments of their own, made for the bench and thrown away with it.

The project does not use them, nor are they in the lock. Run by such an environment's Python, this module times one call
of ChannelAttribution.
"""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benches.alone import Cost, cost_of

__all__ = ["HEURISTICS", "NAME", "WANTED", "call", "cost_by", "install"]

NAME = "ChannelAttribution"
HEURISTICS = "heuristics"
WANTED = (f"{NAME}==2.2.5", "matplotlib", "pandas")  # its wheel does not say that it needs matplotlib
_PATIENCE = 900
_COLUMNS = {"var_path": "path", "var_conv": "wins", "var_value": "amount"}


def install(folder: Path, name: str, *wanted: str) -> Path | None:
    """Return the Python of a new environment with some packages, of which one is then imported by name; None where
    they cannot be installed."""
    python = folder / "bin" / "python"
    try:
        for command in (["-m", "venv", str(folder)], ["-m", "pip", "install", "--quiet", *wanted]):
            program = sys.executable if command[1] == "venv" else str(python)
            subprocess.run([program, *command], check=True, capture_output=True, timeout=_PATIENCE)
        subprocess.run([str(python), "-c", f"import {name}"], check=True, capture_output=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError):
        return None
    return python


def call(folder: Path, python: Path, model: str, seed: int = 0) -> Cost:
    """Return what ChannelAttribution's call takes on paths.csv, read before; <model>-<seed>.csv tells its credit.

    Parameters
        model : heuristics (first, last and linear in one call), or markov_1 and so on, by its defaults
    """
    return cost_by(python, "benches.peer", str(folder), model, str(seed))


def cost_by(python: Path, module: str, *words: str) -> Cost:
    """Return the cost that a module prints, run by another environment's Python.

    Raises
        MemoryError: it ran out of memory.
        RuntimeError: it did not end well, with what it said.
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([str(python), "-m", module, *words], env=environment, capture_output=True, text=True)
    if done.returncode < 0 or any(word in done.stderr for word in ("MemoryError", "bad_alloc")):
        raise MemoryError
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(words)}: must end well; said {done.stderr}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _timed(folder: Path, model: str, seed: int) -> Cost:
    import pandas as pd

    other = importlib.import_module(NAME)
    table, found = pd.read_csv(folder / "paths.csv"), []
    if model == HEURISTICS:
        cost = cost_of(lambda: found.append(other.heuristic_models(table, **_COLUMNS, flg_pro=False)))
    else:
        knobs = {"var_null": "losses", "order": int(model[-1]), "seed": seed, "verbose": False, "flg_pro": False}
        cost = cost_of(lambda: found.append(other.markov_model(table, **_COLUMNS, **knobs)))
    found[0].to_csv(folder / f"{model}-{seed}.csv", index=False)
    return cost


if __name__ == "__main__":
    print(json.dumps(asdict(_timed(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
