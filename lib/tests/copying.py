"""Runs reports of a project by copied kernels and says what is left: for a process of its own, as a run is."""

import io
import json
import multiprocessing.forkserver
import os
import sys
from pathlib import Path

import psutil
from test_delivery_run import LIMITS

from revops.delivery.jobs.job import Limits
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports


def main(params: str, *stems: str) -> None:
    """Run the named reports, held to the time they need, then all others, held to little; print as JSON what came of
    each run, in its folder and in words, and what is left behind."""
    before, told = dict(os.environ), []
    faults = [file.stem for file in (Path(params).parent / "notebooks").glob("*.ipynb") if file.stem not in stems]
    for asked, limits in ((stems, Limits()), (faults, LIMITS)):
        said = io.StringIO()
        given = {"stems": asked, "given": {"as_of": "2026-06-17"}, "limits": limits}
        folder, manifest = run_reports(Request(params=params, engine="fork", **given), Progress(said))
        told.append({"folder": str(folder), "entries": manifest["reports"], "said": said.getvalue()})
    origin = psutil.Process(multiprocessing.forkserver._forkserver._forkserver_pid)
    left = {
        "threads": origin.num_threads(),
        "secrets": [name for name in origin.environ() if "SMTP" in name],
        "copies": [str(each) for each in psutil.wait_procs(origin.children(recursive=True), timeout=60)[1]],
        "is_environment_kept": before == dict(os.environ),
    }
    print(json.dumps({"runs": told, "left": left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
