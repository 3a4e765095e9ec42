"""How jobs are run: params/run.yml, with what the command line says instead."""

import os
from pathlib import Path
from typing import Literal

from revops.company import Settings, load_settings
from revops.params import file_of, find_params

__all__ = ["Running", "cores", "run_file", "running_settings"]


class Running(Settings):
    """Where jobs go and what runs their notebooks; params/run.yml explains each."""

    where: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    shared: str | None = None
    engine: Literal["ordinary", "fork"] = "ordinary"


def running_settings(params_dir: str | Path | None, **given: str | None) -> Running:
    """Return how to run: run.yml of the folder, else the project's, else the defaults; `given` wins where not None.

    Raises
        SettingsError: an unknown or mistyped key, named with its file and the nearest known name.
    """
    file = file_of(find_params(params_dir), "run")
    chosen = {name: value for name, value in given.items() if value is not None}
    return Running(**chosen) if file is None else load_settings(file, Running, **chosen)


def run_file(params_dir: str | Path | None) -> Path:
    """Return the file that says how to run: as in running_settings; where there is none, the one that would."""
    folder = find_params(params_dir)
    return file_of(folder, "run") or folder / "run.yml"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
