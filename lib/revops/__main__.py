"""The command line: python -m revops init | check | run | mail | schedule."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from revops.delivery.jobs.job import GIGABYTE, Limits
from revops.delivery.options import SLICE_HELP, at_least_one, day, pair_of, positive, slices_of, value_of
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports
from revops.delivery.run_told import nothing_new, told
from revops.delivery.standing.unchanged import standing_run
from revops.errors import RevopsError, SettingsError, refused_by_machine

__all__ = ["main"]

GOOD, SOME_FAILED, BAD_CALL = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code: 0 all good, 1 some failed, 2 a call that cannot be done."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.act(asked))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_CALL
    except RevopsError as error:
        print(error, file=sys.stderr)
        return SOME_FAILED
    except BrokenPipeError:  # whoever read our words has left: say no more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except OSError as error:
        print(refused_by_machine(error), file=sys.stderr)
        return SOME_FAILED
    except KeyboardInterrupt:
        print("Stopped; the last whole run stands.", file=sys.stderr)
        return SOME_FAILED


def _run(asked: argparse.Namespace) -> int:
    request = _request(asked)
    if not asked.mail:
        return _run_once(request, asked)
    from revops.delivery.mail.post import MailRequest  # here, not above: it loads what mails need
    from revops.delivery.monday import run_and_mail

    mail = MailRequest(send=True, params=asked.params, outputs=asked.outputs)
    return run_and_mail(mail, lambda: _run_once(request, asked), lambda line: print(line, file=sys.stderr, flush=True))


def _run_once(request: Request, asked: argparse.Namespace) -> int:
    standing = None if request.again else standing_run(request)
    if standing is not None:
        folder, manifest, entries = standing.folder, standing.manifest, standing.entries
        print(nothing_new(manifest), file=sys.stderr if asked.json else sys.stdout)
        for name in standing.prune(request.keep):
            print(f"removed run {name}", file=sys.stderr)
    else:
        folder, manifest = run_reports(request, Progress())
        entries = manifest["reports"]
    print(json.dumps(manifest, indent=1, ensure_ascii=False) if asked.json else told(folder, manifest, entries))
    is_bad = manifest.get("review_failure") or any(entry["outcome"] == "failed" for entry in entries)
    return SOME_FAILED if is_bad else GOOD


def _request(asked: argparse.Namespace) -> Request:
    given = {name: value for pair in asked.parameter for name, value in [pair_of(pair)]}
    if asked.as_of is not None:
        given["as_of"] = asked.as_of
    return Request(
        stems=tuple(asked.stems),
        given={name: value_of(name, value) for name, value in given.items()},
        slices=slices_of(asked.slice),
        params=asked.params,
        outputs=asked.outputs,
        keep=asked.keep,
        again=asked.again,
        limits=Limits(deadline_seconds=asked.deadline, memory_bytes=int(asked.memory * GIGABYTE)),
        on=asked.on,
        engine=asked.engine,
    )


def _check(asked: argparse.Namespace) -> int:
    from revops.delivery import check_told  # here, not above: `run` need not wait for pandas
    from revops.delivery.check import check_exports

    found = check_exports(asked.params, folder=asked.folder, keep=asked.keep, day=asked.as_of)
    code = GOOD if (found.is_whole if asked.strict else found.is_fine) else SOME_FAILED
    lines = (
        [json.dumps(check_told.as_values(found, code), indent=1, ensure_ascii=False)]
        if asked.json
        else check_told.told(found)
    )
    for line in lines:
        print(line)
    return code


def _init(asked: argparse.Namespace) -> int:
    from revops.delivery.first_run import first_run

    ask = _asked if sys.stdin.isatty() else None
    for line in first_run(asked.folder, name=asked.name, params=asked.params, crm=asked.crm, ask=ask):
        print(line)
    return GOOD


def _mail(asked: argparse.Namespace) -> int:
    from revops.delivery.mail.post import MailRequest, post  # here, not above: it loads what mails need

    request = MailRequest(asked.send, asked.list, asked.force, asked.params, asked.outputs)
    try:
        return GOOD if post(request, lambda line: print(line, flush=True)) else SOME_FAILED
    except KeyboardInterrupt:
        print("Stopped. The ledger knows what went; the next call goes on from there.", file=sys.stderr)
        return SOME_FAILED


def _schedule(asked: argparse.Namespace) -> int:
    from revops.delivery.schedule import scheduled  # here, not above: runs need no templates of schedules

    print(scheduled(asked.to, at=asked.at, zone=asked.time_zone, keep=asked.keep, params=asked.params), end="")
    return GOOD


def _asked(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m revops", description="Revenue reports from raw exports.")
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser("run", help="run reports and put them into outputs/latest")
    _add_run(run.add_argument)
    run.set_defaults(act=_run)
    init = commands.add_parser("init", help="write a first company.yml from a folder of exports")
    init.add_argument("folder", metavar="FOLDER", help="the raw exports, whatever their names")
    init.add_argument("--name", help="of the company: params/NAME/company.yml (default: the folder's name)")
    init.add_argument("--crm", help="which CRM counts, where the folder holds the deals of several")
    init.add_argument("--params", metavar="DIR", help="where to write company.yml, in place of params/NAME")
    init.set_defaults(act=_init)
    check = commands.add_parser("check", help="say what the exports hold, what is left out, and which reports can run")
    check.add_argument("folder", nargs="?", metavar="FOLDER", help="exports (default: exports.folder of company.yml)")
    check.add_argument("--strict", action="store_true", help="fail also on warnings and on numbers not available")
    check.add_argument("--json", action="store_true", help="print the same for programs")
    check.add_argument("--keep", action="store_true", help="file a dated copy of today's exports: it becomes history")
    check.add_argument("--as-of", type=day, metavar="DATE", help="the day to file it under")
    check.set_defaults(act=_check)
    mail = commands.add_parser("mail", help="write the Monday mail to outputs/mail, or send it")
    _add_mail(mail.add_argument)
    mail.set_defaults(act=_mail)
    schedule = commands.add_parser("schedule", help="print what runs and mails the reports every week")
    _add_schedule(schedule.add_argument)
    schedule.set_defaults(act=_schedule)
    for command in (run, check, mail, schedule):
        command.add_argument("--params", metavar="DIR", help="folder with company.yml (default: the project's params/)")
    return parser


def _add_run(add: Callable[..., Any]) -> None:
    add("stems", nargs="*", metavar="STEM", help="a report, as in notebooks/STEM.ipynb; none means all")
    add("-p", dest="parameter", action="append", default=[], metavar="NAME=VALUE", help="override one parameter")
    add("--slice", action="append", default=[], metavar="FIELD=A,B", help=SLICE_HELP)
    add("--as-of", metavar="DATE", help="the day to see the company at: auto, today or YYYY-MM-DD")
    add("--outputs", metavar="DIR", help="where runs go (default: the project's outputs/)")
    add("--json", action="store_true", help="print the run's manifest")
    add("--again", action="store_true", help="make the reports anew though nothing is new")
    add("--mail", action="store_true", help="then send the Monday mail to whoever has not had it")
    add("--keep", type=at_least_one, metavar="N", help="keep the newest N runs and the review before (default: all)")
    add("--on", choices=("local", "dask"), help="where reports are made (default: as in run.yml)")
    add("--engine", choices=("ordinary", "fork"), help="what runs a notebook (default: as in run.yml)")
    add("--deadline", type=positive, default=Limits.deadline_seconds, metavar="SECONDS", help="for one report")
    add("--memory", type=positive, default=Limits.memory_bytes / GIGABYTE, metavar="GIGABYTES", help="for one report")


def _add_mail(add: Callable[..., Any]) -> None:
    add("--send", action="store_true", help="send it, each review once; without this nothing leaves the machine")
    add("--list", metavar="NAME", help="to one list of mail.yml, or to the maintainers (default: all)")
    add("--force", action="store_true", help="send also where a crash left open whether it went: it may come twice")
    add("--outputs", metavar="DIR", help="where runs are (default: the project's outputs/)")


def _add_schedule(add: Callable[..., Any]) -> None:
    add("to", choices=("cron", "systemd", "github", "airflow"), help="by what it is run")
    add("--at", default="Mon 06:30", metavar="DAY HH:MM", help="day of the week and time (default: Mon 06:30)")
    add("--time-zone", metavar="ZONE", help="of that time, as Europe/Berlin (default: the company's)")
    add("--keep", type=at_least_one, metavar="N", help="let each run remove all but the newest N")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(SOME_FAILED))
    sys.exit(main())
