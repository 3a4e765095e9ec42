"""One process at a time in a folder."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from revops.errors import RunError

__all__ = ["locked"]


@contextlib.contextmanager
def locked(path: Path, what: str = "run") -> Iterator[None]:
    """Hold the file's lock, which the system lets go of whatever way this process ends.

    Raises
        RunError: another process holds it; it is named. `what` says of what there may be one at a time.
    """
    with open(path, "a+", encoding="utf-8") as file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            file.seek(0)
            other = file.read().strip() or "unknown"
            raise RunError(
                f"{path.parent.name}: one {what} at a time may write here; found process {other} at work. "
                "Wait until it has ended."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        file.seek(1 << 20)  # past the text, which others may read while the lock is held
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
