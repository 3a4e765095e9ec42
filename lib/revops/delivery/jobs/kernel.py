"""The kernel that runs a report's notebook: this very Python, in the same surroundings on every machine."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from revops.delivery.jobs.forked import CopyProvisioner, KernelCopy
from revops.delivery.jobs.job import Job
from revops.delivery.jobs.surroundings import FIXED, is_kept_from_kernels
from revops.variables import PREPARED, SCHEDULER

__all__ = ["Kernel", "kernel_from", "set_environment"]

_LONGEST_SOCKET_PATH = 80


def set_environment(job: Job) -> None:
    """Give the kernel the same surroundings on every machine; this process ends with the job, so nothing is undone.

    A job that was sent to a worker of a cluster goes through parts of tables itself: were they sent to a cluster in
    turn, they might wait for the very worker that waits for them.
    """
    for name in list(filter(is_kept_from_kernels, os.environ)):
        del os.environ[name]
    if job.is_sent:
        os.environ.pop(SCHEDULER, None)
    os.environ |= FIXED | {
        "JUPYTER_RUNTIME_DIR": str(job.scratch),
        "IPYTHONDIR": str(job.scratch / "ipython"),
        **({PREPARED: str(job.prepared)} if job.prepared else {}),
    }
    logging.getLogger("papermill").setLevel(logging.WARNING)
    logging.getLogger("papermill.translators").setLevel(logging.ERROR)  # it warns of each parameter written as code


class Kernel(AsyncKernelManager):  # type: ignore[misc]
    """A Python kernel of this very interpreter, whatever kernels the user has installed, over sockets in scratch."""

    copy: KernelCopy | None = None

    def __init__(self, **settings: Any) -> None:
        scratch = Path(os.environ["JUPYTER_RUNTIME_DIR"])
        settings |= {"connection_file": str(scratch / "k.json")}
        if os.name == "posix" and len(str(scratch)) <= _LONGEST_SOCKET_PATH:
            settings |= {"transport": "ipc", "ip": str(scratch / "k")}
        super().__init__(**settings)
        if self.copy:
            self.provisioner = CopyProvisioner(self.copy, kernel_spec=self.kernel_spec, parent=self)

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how the kernel is started."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python", interrupt_mode="signal")


def kernel_from(copy: KernelCopy | None) -> type[Kernel]:
    """Return the kernel that a copy will be; a new Python where there is none."""
    return type("Kernel", (Kernel,), {"copy": copy})
