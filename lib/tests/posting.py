"""A project on the disk with a run to post, and processes that post it and are killed on the way."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from mail_server import PASSWORD, USER
from mailed import review, write_run

from revops.delivery.review.stored import named, to_json

COMPANY = """\
company: Halyard Robotics
currency: USD
time_zone: America/New_York
stages: [{name: Discovery}, {name: Won, outcome: won}, {name: Lost, outcome: lost}]
types: {new: [New business]}
"""
MAIL = """\
from: "RevOps Workbooks <revops@example.com>"
reply_to: null
allowed_domains: [example.com]
lists:
  - {name: leadership, audience: executive, to: [cro@example.com, cfo@example.com], attach: all}
  - {name: marketing-ops, audience: marketing_ops, to: [mops@example.com], attach: [attribution_comparison]}
maintainers: [data@example.com]
timeout_seconds: 20
"""
EVERYONE = ("cro@example.com", "cfo@example.com", "mops@example.com")


def project(folder, told=None):
    """Make a project with one finished run, and return its folder."""
    (folder / "params").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "params" / "company.yml").write_text(COMPANY)
    (folder / "params" / "mail.yml").write_text(MAIL)
    (folder / "notebooks" / "attribution_comparison.ipynb").write_text("{}")
    finish(folder, told or review())
    return folder


def finish(folder, told):
    """Let `latest` show a run that tells a review; return that review as it is named."""
    told = named(told)
    run = write_run(folder / "outputs" / "runs" / told.run, told)
    (run / "review.json").write_text(to_json(told))
    latest = folder / "outputs" / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(run.relative_to(latest.parent), target_is_directory=True)
    return told


def environment(office, signer, **changes):
    """Return the variables by which the sender finds an office."""
    given = {"HOST": "localhost", "PORT": str(office.port), "USER": USER, "PASSWORD": PASSWORD, "CA": str(signer.ca)}
    return {f"REVOPS_SMTP_{name}": value for name, value in {**given, **changes}.items() if value is not None}


def ledger(folder):
    """Return what the ledger of a project holds, by list."""
    entries = [json.loads(file.read_text()) for file in (folder / "outputs" / "mail").glob("*.json")]
    return {entry["list"]: entry for entry in entries}


@dataclasses.dataclass
class Nursery:
    """A process that sends by children of its own, so that they can be killed; each starts in a moment."""

    process: subprocess.Popen

    def post(self, folder, variables, *, fuse=None, force=False, only="leadership"):
        """Let a child send, killed before its step number `fuse` of all that touch the ledger or the server.

        Return what it said, and True or False as it was done or not; None where it was killed.
        """
        asked = {"folder": str(folder), "fuse": fuse, "force": force, "only": only, "variables": variables}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        said = (folder / "said").read_text().splitlines()
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return said, None
        assert os.WEXITSTATUS(status) in (0, 1), said
        return said, os.WEXITSTATUS(status) == 0


def nursery():
    """Yield a nursery that ends with the caller."""
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": paths})  # fmt: skip
    yield Nursery(process)
    process.stdin.close()
    process.wait()


def _child(asked):
    from revops.delivery.mail.post import MailRequest, post

    os.chdir(asked["folder"])
    os.environ.update(asked["variables"])
    Path("pid").write_text(str(os.getpid()))
    said = open("said", "w", buffering=1)  # noqa: SIM115
    if asked["fuse"] is not None:
        _burn(asked["fuse"])
    try:
        done = post(
            MailRequest(send=True, only=asked["only"], force=asked["force"]), lambda line: said.write(line + "\n")
        )
    except Exception as error:
        said.write(f"{type(error).__name__}: {error}\n")
        return 2
    return 0 if done else 1


def _burn(fuse):
    """Kill this process before its step number `fuse` of those that change a file or write to the server."""
    steps, changing = iter(range(fuse)), os.O_WRONLY | os.O_RDWR | os.O_CREAT

    def hear(event, arguments):
        is_step = event.startswith("smtplib.")
        if event in ("open", "os.rename", "os.remove", "os.mkdir") and "/outputs/mail" in str(arguments[0]):
            is_step = event != "open" or bool(arguments[2] & changing)
        if is_step and next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def _serve():
    import revops.delivery.mail.post

    assert revops.delivery.mail.post.post
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 3
            try:
                code = _child(json.loads(line))
            finally:
                os._exit(code)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    _serve()
