"""Runs reports of a project by copied kernels and says what is left: for a process of its own, as a run is."""

import io
import json
import multiprocessing.forkserver
import os
import sys

import psutil
from test_delivery_run import LIMITS

from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports


def main(params: str) -> None:
    """Run all reports and print, as JSON: the run's folder and entries, what was said, and what it left behind."""
    before, said = dict(os.environ), io.StringIO()
    request = Request(params=params, given={"as_of": "2026-06-17"}, limits=LIMITS, engine="fork")
    folder, manifest = run_reports(request, Progress(said))
    origin = psutil.Process(multiprocessing.forkserver._forkserver._forkserver_pid)
    left = {
        "threads": origin.num_threads(),
        "secrets": [name for name in origin.environ() if "SMTP" in name],
        "copies": [child.status() for child in origin.children(recursive=True)],
        "is_environment_kept": before == dict(os.environ),
    }
    print(json.dumps({"folder": str(folder), "entries": manifest["reports"], "said": said.getvalue(), "left": left}))


if __name__ == "__main__":
    main(sys.argv[1])
