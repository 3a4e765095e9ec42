"""The kernel that runs a report's notebook: this very Python, in the same surroundings on every machine."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from revops.delivery.jobs.job import Job

__all__ = ["Kernel", "set_environment"]

_LONGEST_SOCKET_PATH = 80
_SECRETS = "REVOPS_SMTP_"  # no notebook need know how to log in to the mail server
PREPARED = "REVOPS_PREPARED"  # read by revops.book.prepared
FIXED = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""What a kernel finds in its environment when Python starts, so that its bytes are the same wherever it runs."""


def set_environment(job: Job) -> None:
    """Give the kernel the same surroundings on every machine; this process ends with the job, so nothing is undone."""
    for name in [name for name in os.environ if name == "MPLBACKEND" or name.startswith(_SECRETS)]:
        del os.environ[name]
    os.environ |= FIXED | {
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_RUNTIME_DIR": str(job.scratch),
        "IPYTHONDIR": str(job.scratch / "ipython"),
        **({PREPARED: str(job.prepared)} if job.prepared else {}),
    }
    logging.getLogger("papermill").setLevel(logging.WARNING)


class Kernel(AsyncKernelManager):  # type: ignore[misc]
    """A Python kernel of this very interpreter, whatever kernels the user has installed, over sockets in scratch."""

    def __init__(self, **settings: Any) -> None:
        scratch = Path(os.environ["JUPYTER_RUNTIME_DIR"])
        settings |= {"connection_file": str(scratch / "k.json")}
        if os.name == "posix" and len(str(scratch)) <= _LONGEST_SOCKET_PATH:
            settings |= {"transport": "ipc", "ip": str(scratch / "k")}
        super().__init__(**settings)

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how the kernel is started."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python", interrupt_mode="signal")
