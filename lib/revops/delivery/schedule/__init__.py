"""What lets a machine run the reports and send the mail every week: printed, to be put where it belongs."""

import datetime as dt
import hashlib
import json
import re
import shlex
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, PackageLoader, StrictUndefined

from revops.company import load_company
from revops.errors import SettingsError, nearest
from revops.params import find_params, project_root

__all__ = ["SYSTEMS", "scheduled"]

SYSTEMS = ("cron", "systemd", "github", "airflow")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SMTP = ("HOST", "PORT", "SECURITY", "USER", "PASSWORD", "CA")
_THROUGH_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')


def scheduled(
    to: str, *, at: str = "Mon 06:30", zone: str | None = None, keep: int | None = None, params: str | None = None
) -> str:
    """Return the lines that let `to` (one of SYSTEMS) make the reports and mail them, with this project's paths.

    Parameters
        at : a day of the week and a time, such as Mon 06:30
        zone : the zone of that time; None: the company's
        keep : how many runs each run leaves; None: all
        params : folder with company.yml; None: the project's

    Raises
        SettingsError: company.yml, the time or the zone cannot be used, or a path has a character that no schedule
            can hold.
    """
    folder = find_params(params)
    root = project_root(folder)
    own = folder != root / "params"
    command = [sys.executable, "-m", "revops", "run", "--mail"]
    command += ["--params", str(folder)] if own else []
    command += ["--keep", str(keep)] if keep is not None else []
    secrets = Path.home() / ".config" / "revops" / "mail.env"
    for path in (sys.executable, str(root), str(folder), str(secrets)):
        _check_path(path)
    when = _when(at, zone or load_company(folder).time_zone)
    values = {
        "name": f"revops-review-{_plain(folder.name)}" if own else "revops-review",
        "root": str(root), "command": command, "secrets": str(secrets), "when": when,
        "names": [f"REVOPS_SMTP_{name}" for name in _SMTP],
    }  # fmt: skip
    return _templates().get_template(f"{to}.j2").render(**values)


@dataclass(frozen=True)
class _When:
    """A time of the week in a zone."""

    day: str
    hour: int
    minute: int
    zone: str

    @property
    def clock(self) -> str:
        """Return the time of day."""
        return f"{self.hour:02}:{self.minute:02}"

    @property
    def cron(self) -> str:
        """Return the five fields of cron, in the zone."""
        return _fields(self.day, self.hour, self.minute)

    @property
    def cron_utc(self) -> str:
        """Return the five fields of cron in UTC: exact while clocks are at their least ahead, in winter mostly."""
        at = max((self._in_utc(month) for month in (1, 7)), key=lambda pair: pair[0])[1]
        return _fields(_DAYS[at.weekday()], at.hour, at.minute)

    @property
    def shifts(self) -> bool:
        """Return whether the zone's clocks are moved between January and July."""
        return self._in_utc(1)[0] != self._in_utc(7)[0]

    def _in_utc(self, month: int) -> tuple[dt.timedelta, dt.datetime]:
        """Return how far the time lies behind UTC in a month of this year, and a moment of that month in UTC."""
        first = dt.datetime(dt.datetime.now(dt.UTC).year, month, 8, self.hour, self.minute)
        local = first + dt.timedelta(days=(_DAYS.index(self.day) - first.weekday()) % 7)
        moment = local.replace(tzinfo=ZoneInfo(self.zone))
        return -(moment.utcoffset() or dt.timedelta()), moment.astimezone(dt.UTC)


def _fields(day: str, hour: int, minute: int) -> str:
    return f"{minute} {hour} * * {(_DAYS.index(day) + 1) % 7}"


def _when(at: str, zone: str) -> _When:
    """Return the time asked for, checked."""
    found = re.fullmatch(r"([A-Za-z]{3})[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)", at.strip())
    if found is None or found[1].title() not in _DAYS:
        raise SettingsError(
            f"--at {at}: must be a day of the week ({', '.join(_DAYS)}) and a time; found none. "
            'Write for example --at "Mon 06:30".'
        )
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = ("America/New_York", "Asia/Tokyo", "Europe/Berlin", "Europe/London", "UTC")
        raise SettingsError(f"--time-zone {zone}: must be a zone's IANA name. {nearest(zone, known)}") from None
    return _When(found[1].title(), int(found[2]), int(found[3]), zone)


def _check_path(path: str) -> None:
    odd = sorted({repr(sign) for sign in path if not sign.isprintable()} | ({r"'\\'"} if "\\" in path else set()))
    if odd:
        raise SettingsError(
            f"{path!r}: a path in a schedule must have printable characters and no backslash; found {', '.join(odd)}. "
            "Move the project to another folder."
        )


def _plain(name: str) -> str:
    """Return a name of plain letters; where others were replaced, a short hash keeps two names apart."""
    name = unicodedata.normalize("NFC", name)  # some disks take letters apart: o and its two dots
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def _templates() -> Environment:
    """Return the templates, with a way of quoting for each kind of file."""
    found = Environment(
        loader=PackageLoader("revops.delivery.schedule"),
        autoescape=False,  # no HTML: each value goes through one of the filters below
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "shell": _shell,
        "in_cron": lambda text: text.replace("%", r"\%"),
        "in_unit": lambda text: text.replace("%", "%%"),
        "unit_words": _unit_words,
        "in_yaml": lambda text: json.dumps(text.replace("${{", "${{ '${{' }}"), ensure_ascii=False),
        "in_python": repr,
    }
    return found


def _shell(value: str | list[str]) -> str:
    return shlex.quote(value) if isinstance(value, str) else shlex.join(value)


def _unit_words(words: list[str]) -> str:
    """Return a command as a unit holds it; systemd runs no program whose own name has quotes in it."""
    through = _THROUGH_SHELL if {"'", '"'} & set(words[0]) else ()
    return " ".join(_unit_word(word) for word in (*through, *words))


def _unit_word(word: str) -> str:
    escaped = word.replace('"', '\\"').replace("%", "%%")
    return word if re.fullmatch(r"[\w./-]+", word, re.ASCII) else f'"{escaped}"'
