"""Every Monday: run, and mail what the run says; where it cannot be made at all, its maintainers hear of it."""

import contextlib
import os
import stat
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from revops.delivery.jobs.job import OUR_FAULT
from revops.delivery.mail.post import MailRequest, post, post_failed_run
from revops.errors import RevopsError, SettingsError, refused_by_machine

__all__ = ["run_and_mail"]

_DO_IT = "Do what the message says. The next call of the schedule tries again."


def run_and_mail(request: MailRequest, run: Callable[[], int], say: Callable[[str], None]) -> int:
    """Run, send the review of the newest run to whoever has not had it, and return the exit code.

    A run, or a mail, that cannot be made at all is told to the maintainers, once a day for one reason, and raised.

    Parameters
        run : makes the run, or finds that nothing is new; returns its exit code
        say : hears what became of each message
    """
    say = _heard_or_not(say)
    try:
        code = run()
    except Exception as error:
        _tell(request, error, say, "run")
        raise
    try:
        is_done = post(request, say)
    except SettingsError:  # nobody can be told without them
        raise
    except Exception as error:
        _tell(request, error, say, "mail")
        raise
    return code or int(not is_done)


def _heard_or_not(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a `say` that goes on where nobody reads any more: no mail hangs on it."""

    def said(line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            say(line)

    return said


def _tell(request: MailRequest, error: Exception, say: Callable[[str], None], what: str) -> None:
    """Tell the maintainers of an error; where they cannot be reached, say so."""
    try:
        _post(request, error, say, what)
    except (RevopsError, OSError) as problem:
        text = refused_by_machine(problem) if isinstance(problem, OSError) else str(problem)
        say(f"The maintainers could not be told. {text}")


def _post(request: MailRequest, error: Exception, say: Callable[[str], None], what: str) -> None:
    said = _said(error)
    try:
        post_failed_run(request, *said, say, what)
    except SettingsError:
        raise
    except (RevopsError, OSError):  # no ledger can be kept there, as on a full disk: keep it elsewhere
        post_failed_run(replace(request, outputs=str(_own_folder())), *said, say, what)


def _said(error: Exception) -> tuple[str, str, str]:
    """Return the reason, what to do, and the evidence, which is blank for what a message of ours explains."""
    if isinstance(error, RevopsError):
        return str(error), _DO_IT, "\n".join(getattr(error, "__notes__", ()))
    if isinstance(error, OSError):
        return refused_by_machine(error), _DO_IT, ""
    return f"{type(error).__name__}: {error}", OUR_FAULT, "".join(traceback.format_exception(error))


def _own_folder() -> Path:
    """Return a folder among the system's temporary files that only this user can read, the same at every call."""
    folder = Path(tempfile.gettempdir(), f"revops-mail-{getattr(os, 'getuid', lambda: 'own')()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_ours = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
    if not stat.S_ISDIR(found.st_mode) or not is_ours:
        raise PermissionError(13, "must be a folder of this user alone", str(folder))
    return folder
