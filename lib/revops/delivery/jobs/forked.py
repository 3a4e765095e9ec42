"""A kernel as a copy of a process that has loaded everything, in place of a new Python that loads it again.

The copy is made at the very start of a job's process, while that has one thread and no sockets, and waits to be told
which kernel to be. It is a child of the job, so all that watches and ends a job's processes goes on working.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

__all__ = ["CopyProvisioner", "KernelCopy", "copy_for_kernel"]

_INLINE = "module://matplotlib_inline.backend_inline"


class KernelCopy:
    """The process that waits to be a kernel, with what jupyter_client asks of a subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, *unwanted: Connection) -> None:
        orders, self._orders = multiprocessing.Pipe(duplex=False)
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            for pipe in (self._orders, *unwanted):
                pipe.close()
            _wait_and_serve(orders)
        orders.close()

    def launch(self, arguments: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
        """Let it be a kernel, in a folder and an environment."""
        self._orders.send((list(arguments), str(cwd), dict(env)))
        self._orders.close()

    def poll(self) -> int | None:
        """Return its exit code, below 0 for a signal; None while it runs."""
        return self._ended(os.WNOHANG)

    def wait(self) -> int | None:
        """Return its exit code once it has ended."""
        return self._ended(0)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


class CopyProvisioner(LocalProvisioner):  # type: ignore[misc]
    """What starts a kernel for jupyter_client, by way of a copy that is there already."""

    def __init__(self, copy: KernelCopy, **settings: Any) -> None:
        super().__init__(**settings)
        self.copy = copy

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Tell the copy what its command line would have told a new Python, and where."""
        env = kwargs["env"] | {"JPY_PARENT_PID": str(os.getpid())}
        self.copy.launch(cmd[cmd.index("-f") :], kwargs.get("cwd") or os.getcwd(), env)
        self.process, self.pid, self.pgid = self.copy, self.copy.pid, self.copy.pid
        return self.connection_info


def copy_for_kernel(*unwanted: Connection) -> KernelCopy | None:
    """Return a copy of this process that waits to be a kernel and holds none of the `unwanted` pipes.

    None where this process does not come from one that has loaded everything, alone in it: a new Python serves then.
    """
    loaded = sys.modules.get("revops.delivery.jobs.loaded")
    if getattr(loaded, "CAN_BE_COPIED", False):
        return KernelCopy(*unwanted)
    print("An ordinary kernel: what it would be a copy of was not loaded, or had started threads.", flush=True)
    return None


def _wait_and_serve(orders: Connection) -> NoReturn:
    """Be the kernel that is ordered; end with the job if none is."""
    code = 1
    try:
        os.setsid()  # as a kernel has: its signals go to all that it starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
        multiprocessing.current_process().daemon = False
        code = _serve(*orders.recv())
    except EOFError:
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve(arguments: list[str], cwd: str, env: dict[str, str]) -> int:
    """Run the kernel to its end, with nothing left of the process that it is a copy of but what that has loaded."""
    from ipykernel.kernelapp import IPKernelApp

    of_driver, path = ("", os.getcwd()), env.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [place for place in sys.path if place in path or place not in of_driver]
    sys.argv = ["ipykernel_launcher", *arguments]
    os.chdir(cwd)
    os.environ.clear()
    os.environ |= env
    time.tzset()
    _be_different()
    try:
        IPKernelApp.launch_instance(argv=arguments, parent_handle=os.getppid())
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _be_different() -> None:
    """Have chance of one's own, and show charts in this kernel.

    `random` and numpy's generators see to it themselves; numpy's old global state would be the same in every copy.
    """
    import matplotlib as mpl
    import numpy as np

    np.random.seed()
    mpl.rc_file(mpl.matplotlib_fname())  # it may lie in the folder of the notebooks
    mpl.rcParams["backend"] = _INLINE
