"""Schedules: each is read by what will run it, or by a strict reading of its rules, also where paths are odd."""

import ast
import datetime as dt
import os
import re
import shutil
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from revops import __main__ as command
from revops.delivery.schedule import SYSTEMS, scheduled
from revops.errors import SettingsError

ODD = "a b%d 'c' \"e\" $HOME ${{ x }} {{ y }} #1 ü"
NAMES = [f"REVOPS_SMTP_{name}" for name in ("HOST", "PORT", "SECURITY", "USER", "PASSWORD", "CA")]
WITNESS = """\
#!/bin/sh
for word in "$(pwd)" "$REVOPS_SMTP_PASSWORD" "$@"; do printf '%s\\n' "$word"; done
"""


@pytest.fixture(params=["plain", ODD], ids=["plain", "odd"])
def place(request, tmp_path, make_project, monkeypatch):
    """Return a project whose Python only tells how it was called, below a folder of the name; secrets are beside it."""
    base = tmp_path / request.param
    root = make_project(base / "project", "is_good")
    shutil.copytree(root / "params", root / "params" / "acme")
    witness = base / "python"
    witness.write_text(WITNESS)
    witness.chmod(witness.stat().st_mode | stat.S_IXUSR)
    secrets = base / ".config" / "revops" / "mail.env"
    secrets.parent.mkdir(parents=True)
    secrets.write_text("REVOPS_SMTP_PASSWORD='a b%c'\n")
    monkeypatch.setattr(sys, "executable", str(witness))
    monkeypatch.setenv("HOME", str(base))
    monkeypatch.setenv("USERPROFILE", str(base))
    monkeypatch.chdir(root)
    return root


def wanted(root, *more):
    """Return what the witness tells of a right call."""
    return [str(root), "a b%c", "-m", "revops", "run", "--mail", *more]


def told_by_cron(text):
    """Return the schedule and what the command prints, the line read as cron reads it: % ends it unless escaped."""
    line = text.splitlines()[-1]
    assert not re.search(r"(?<!\\)%", line)
    *fields, rest = line.split(None, 5)
    said = subprocess.run(["/bin/sh", "-c", rest.replace(r"\%", "%")], capture_output=True, text=True, cwd="/")
    assert (said.stderr, said.returncode) == ("", 0)
    return " ".join(fields), said.stdout.splitlines()


def test_cron_line_runs_the_command_in_the_project_with_its_secrets(place):
    text = scheduled("cron", keep=12, params="params/acme")
    fields, said = told_by_cron(text)
    assert fields == "30 6 * * 1"
    assert said == wanted(place, "--params", str(place / "params" / "acme"), "--keep", "12")
    assert "CRON_TZ=UTC" in text.splitlines()
    assert "Debian and Ubuntu ignores it" in text


def names_of(root, folder, form="NFC"):
    """Return what a schedule of the company in a folder is called."""
    folder = root / "params" / unicodedata.normalize(form, folder)
    shutil.copytree(root / "params" / "acme", folder)
    text = scheduled("systemd", params=str(folder))
    shutil.rmtree(folder)
    return set(re.findall(r"^# ---- (\S+)\.(?:service|timer)$", text, flags=re.MULTILINE))


def test_companies_whose_names_differ_in_letters_that_are_replaced_have_schedules_of_their_own(place):
    """The hashes are by `printf Köhler-Co | sha256sum`."""
    assert names_of(place, "K-hler-Co") == {"revops-review-K-hler-Co"}
    assert names_of(place, "Köhler-Co") == names_of(place, "Köhler-Co", "NFD") == {"revops-review-K-hler-Co-63986d"}
    assert names_of(place, "Kähler-Co") == {"revops-review-K-hler-Co-1fc0fd"}


def units(text, folder):
    """Write the files of the printed text into a folder and return them by name."""
    parts = re.split(r"^# ---- (\S+)\n", text, flags=re.MULTILINE)[1:]
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).write_text(content)
    return {name: (folder / name).read_text() for name in parts[::2]}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze: apt-get install systemd")
def test_systemd_finds_no_fault_in_the_units(place, tmp_path):
    found = units(scheduled("systemd", zone="America/New_York"), tmp_path)
    assert list(found) == ["revops-review.service", "revops-review.timer"]
    said = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in found)], capture_output=True, text=True
    )
    complaints = [line for line in said.stderr.splitlines() if "revops" in line]
    assert (complaints, said.returncode) == ([], 0)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze: apt-get install systemd")
@pytest.mark.parametrize("place", ["a b%d"], indirect=True)
def test_systemd_would_find_a_program_that_is_not_there(place, tmp_path):
    Path(sys.executable).unlink()
    units(scheduled("systemd"), tmp_path)
    said = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "revops-review.service")], capture_output=True, text=True
    )
    assert "is not executable" in said.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze: apt-get install systemd")
def test_systemd_reads_the_time_in_its_zone(place):
    when = re.search(r"OnCalendar=(.*)", scheduled("systemd", at="sunday 0:05", zone="Asia/Tokyo"))[1]
    said = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True)
    assert said.returncode == 0 and "Sun *-*-* 00:05:00 Asia/Tokyo" in said.stdout


def test_timer_makes_up_for_a_missed_run_and_the_service_knows_its_secrets(place, tmp_path):
    found = units(scheduled("systemd"), tmp_path)
    service, timer = found["revops-review.service"].splitlines(), found["revops-review.timer"].splitlines()
    assert {"Persistent=true", "OnCalendar=Mon *-*-* 06:30:00 UTC", "WantedBy=timers.target"} <= {*timer}
    escaped = str(place.parent / ".config" / "revops" / "mail.env").replace("%", "%%")
    assert f"EnvironmentFile={escaped}" in service
    assert "Type=oneshot" in service and not any(line.startswith("Restart") for line in service)


def evaluated(text):
    """Return a text as GitHub reads it: what stands in ${{ }} is worked out, here only a string."""
    return re.sub(r"\$\{\{ '([^']*)' \}\}", r"\1", text)


def test_workflow_has_the_shape_that_github_asks_for_and_runs_the_command(place):
    text = scheduled("github", keep=3)
    flow = yaml.safe_load(text)
    on = flow.pop(True)  # YAML 1.1 reads `on` so
    assert on == {"schedule": [{"cron": "30 6 * * 1"}], "workflow_dispatch": None}
    assert {*flow} == {"name", "permissions", "concurrency", "jobs"}
    assert flow["concurrency"] == {"group": "revops-review", "cancel-in-progress": False}
    (job,) = flow["jobs"].values()
    assert (job["runs-on"], job["timeout-minutes"]) == ("self-hosted", 120)
    (step,) = job["steps"]
    assert {*step} == {"name", "working-directory", "run", "env"}
    assert step["env"] == {name: f"${{{{ secrets.{name} }}}}" for name in NAMES}
    said = subprocess.run(
        ["/bin/sh", "-c", evaluated(step["run"])],
        cwd=evaluated(step["working-directory"]), capture_output=True, text=True,
        env=os.environ | {"REVOPS_SMTP_PASSWORD": "a b%c"},
    )  # fmt: skip
    assert said.stdout.splitlines() == wanted(place, "--keep", "3")


@pytest.mark.parametrize(
    "at, zone, fields",
    [
        ("Mon 06:30", "America/New_York", "30 11 * * 1"),
        ("Mon 06:30", "Europe/Berlin", "30 5 * * 1"),
        ("Mon 06:30", "Asia/Tokyo", "30 21 * * 0"),
        ("Mon 00:15", "Europe/Berlin", "15 23 * * 0"),
        ("Sun 20:00", "America/New_York", "0 1 * * 1"),
        ("Mon 06:30", "Asia/Kolkata", "0 1 * * 1"),
        ("Mon 06:30", "Australia/Sydney", "30 20 * * 0"),
        ("Mon 06:30", "UTC", "30 6 * * 1"),
    ],
)
def test_github_clock_is_utc_and_never_before_the_time_asked_for(place, at, zone, fields):
    text = scheduled("github", at=at, zone=zone)
    assert f'cron: "{fields}"' in text
    minute, hour, *_, day = map(int, fields.replace("* *", "").split())
    delays = set()
    for week in range(52):
        moment = dt.datetime(2026, 1, 4, hour, minute, tzinfo=dt.UTC) + dt.timedelta(days=7 * week + day)
        local = moment.astimezone(ZoneInfo(zone))
        due = dt.datetime.strptime(at[4:], "%H:%M")
        delays.add((local.hour - due.hour) * 60 + local.minute - due.minute)
        assert local.strftime("%a") == at[:3]
    assert delays <= {0, 60}
    assert ("an hour later by the clock in its summer time" in text) == (60 in delays)


def test_dag_is_python_and_calls_the_command_without_a_shell(place, monkeypatch):
    text = scheduled("airflow", zone="America/New_York", keep=2)
    names = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
    }
    assert names["NAMES"] == tuple(NAMES)
    said = subprocess.run(
        names["COMMAND"], cwd=names["PROJECT"], capture_output=True, text=True,
        env=os.environ | {"REVOPS_SMTP_PASSWORD": "a b%c"},
    )  # fmt: skip
    assert said.stdout.splitlines() == wanted(place, "--keep", "2")
    for words in ("schedule='30 6 * * 1'", "tz='America/New_York'", "catchup=False", "retries=0"):
        assert words in text


@pytest.mark.parametrize("to", SYSTEMS)
def test_no_schedule_holds_a_secret(place, to, monkeypatch):
    monkeypatch.setenv("REVOPS_SMTP_PASSWORD", "hunter2")
    text = scheduled(to)
    assert "hunter2" not in text and all(name in text for name in NAMES)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"at": "Mon 24:00"},
            "--at Mon 24:00: must be a day of the week (Mon, Tue, Wed, Thu, Fri, Sat, Sun) and a time; found none. "
            'Write for example --at "Mon 06:30".',
        ),
        (
            {"zone": "Europe/Berlim"},
            "--time-zone Europe/Berlim: must be a zone's IANA name. Did you mean Europe/Berlin? "
            "Known: America/New_York, Asia/Tokyo, Europe/Berlin, Europe/London, UTC.",
        ),
    ],
)
def test_time_that_cannot_be_is_refused(place, arguments, message):
    with pytest.raises(SettingsError) as refused:
        scheduled("cron", **arguments)
    assert str(refused.value) == message


def test_path_that_no_schedule_can_hold_is_refused(tmp_path, make_project, monkeypatch):
    root = make_project(tmp_path / "a\nb", "is_good")
    monkeypatch.chdir(root)
    with pytest.raises(SettingsError) as refused:
        scheduled("cron")
    assert str(refused.value) == (
        f"{str(root)!r}: a path in a schedule must have printable characters and no backslash; found '\\n'. "
        "Move the project to another folder."
    )


def test_command_prints_the_schedule(place, capsys):
    assert command.main(["schedule", "cron", "--at", "Fri 17:05", "--time-zone", "Europe/London"]) == 0
    assert capsys.readouterr().out == scheduled("cron", at="Fri 17:05", zone="Europe/London")
    assert command.main(["schedule", "cron", "--at", "noon"]) == 2
