"""Who gets the Monday mail, and from whom: params/mail.yml. Where the server is and how to log in: the environment."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from revops.company import Settings, load_settings
from revops.company.yaml_files import shown
from revops.delivery.review.shape import Audience
from revops.errors import SettingsError, nearest
from revops.params import find_params, project_root

__all__ = ["MAINTAINERS", "MailList", "MailSettings", "Server", "load_mail", "server_in"]

MAINTAINERS = "maintainers"
"""The name that the list of those who hear of failures goes by; no other list may."""
PREFIX = "REVOPS_SMTP_"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_VARIABLES = ("HOST", "PORT", "USER", "PASSWORD", "CA", "SECURITY")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_NAMED = re.compile(r'(?P<name>[^<>"]*|"[^<>"]*")\s*<(?P<address>[^<>]*)>')


def _address(text: str) -> str:
    """Return a bare address that every server takes; ValueError otherwise."""
    local, _, domain = text.rpartition("@")
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) and len(local) <= 64 and len(text) <= 254):
        raise ValueError(f"must be one plain address such as cro@example.com; found {text!r}.")
    return text


def _named_address(text: str) -> str:
    """Return an address with or without a name before it; ValueError otherwise."""
    if not text.isprintable():
        raise ValueError(f"must be one line of printable characters; found {text!r}.")
    _address(_parts(text)[1])
    return text


def _domain(text: str) -> str:
    """Return a domain in small letters; ValueError where it is none, or a pattern."""
    if not _DOMAIN.fullmatch(text):
        raise ValueError(f"must be one domain such as example.com, without @ or *; found {text!r}.")
    return text.casefold()


def _parts(text: str) -> tuple[str, str]:
    """Return the name before an address, blank where there is none, and the address."""
    named = _NAMED.fullmatch(text.strip())
    return (named["name"].strip().strip('"').strip(), named["address"]) if named else ("", text)


Address = Annotated[str, AfterValidator(_address)]


class MailList(Settings):
    """One list of people who get one message. attach: all reports, or those named."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    audience: Audience
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    attach: Literal["all"] | tuple[str, ...] = "all"


class MailSettings(Settings):
    """What params/mail.yml says. `sender` is its key `from`; every address is of an allowed domain."""

    sender: Annotated[str, AfterValidator(_named_address), Field(alias="from")]
    reply_to: Address | None = None
    allowed_domains: Annotated[tuple[Annotated[str, AfterValidator(_domain)], ...], Field(min_length=1)]
    lists: Annotated[tuple[MailList, ...], Field(min_length=1)]
    maintainers: Annotated[tuple[Address, ...], Field(min_length=1)]
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30

    @property
    def sender_name(self) -> str:
        """Return the name that stands before the sender's address, blank where there is none."""
        return _parts(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """Return the sender's address alone: what the server hears."""
        return _parts(self.sender)[1]

    @property
    def everyone(self) -> dict[str, tuple[str, ...]]:
        """Return the addresses of each list by its name, the maintainers last."""
        return {**{each.name: each.to for each in self.lists}, MAINTAINERS: self.maintainers}

    @model_validator(mode="after")
    def _is_consistent(self) -> "MailSettings":
        problems = [*self._twice(), *self._outside()]
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    def _twice(self) -> Iterator[str]:
        names = [each.name for each in self.lists]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1 or name == MAINTAINERS):
            yield f"lists: each name must be there once, and {MAINTAINERS} is taken; found {name}. Name it otherwise."
        for name, addresses in self.everyone.items():
            folded = [address.casefold() for address in addresses]
            for address in dict.fromkeys(each for each in folded if folded.count(each) > 1):
                yield f"{name}: each address must be there once; found {address} again. Take it out."

    def _outside(self) -> Iterator[str]:
        every = [(name, address) for name, addresses in self.everyone.items() for address in addresses]
        outside = [f"{a} ({name})" for name, a in every if a.rpartition("@")[2].casefold() not in self.allowed_domains]
        if outside:
            yield (
                f"every recipient must be of allowed_domains ({', '.join(self.allowed_domains)}); "
                f"found {len(outside)} of {len(every)} elsewhere: {', '.join(outside)}. Nothing is sent. "
                "Correct them, or list their domains: a subdomain counts as another one."
            )


@dataclass(frozen=True)
class Server:
    """Where mail is handed in, and how to log in there. security: starttls, tls from the first byte, or none."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None


def load_mail(params: str | Path | None = None) -> MailSettings:
    """Return what params/<company>/mail.yml says, or params/mail.yml where the company has none of its own.

    Raises
        SettingsError: no such file; an unknown, missing or mistyped key; an address that is none or not allowed; a
        report to attach that there is not.
    """
    folder = find_params(params)
    file = folder / "mail.yml"
    if not file.exists():
        file = project_root(folder) / "params" / "mail.yml"
    mail = load_settings(file, MailSettings)
    stems = sorted(path.stem for path in (project_root(folder) / "notebooks").glob("*.ipynb"))
    for each in mail.lists:
        for stem in () if each.attach == "all" else each.attach:
            if stem not in stems:
                raise SettingsError(f"{shown(file)}: {each.name}, attach: {stem} is not a report. "
                                    f"{nearest(stem, stems)}")  # fmt: skip
    return mail


def server_in(environment: Mapping[str, str]) -> Server:
    """Return the mail server that REVOPS_SMTP_HOST, _PORT, _USER, _PASSWORD, _CA and _SECURITY name.

    The port is 587 by default, 465 under tls, 25 under none; none is for a server on this machine alone.

    Raises
        SettingsError: no host, or a value that cannot be used. Values are shown, the password never.
    """
    given = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    given = {name: value for name, value in given.items() if value}
    problems = list(_problems(given))
    if problems:
        raise SettingsError("\n".join(problems))
    security = given.get("SECURITY", "starttls")
    port = int(given.get("PORT", PORTS[security]))
    return Server(given["HOST"], port, security, given.get("USER"), given.get("PASSWORD"), given.get("CA"))  # type: ignore[arg-type]


def _problems(given: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the variables, one line each."""
    for name in sorted(set(given) - set(_VARIABLES)):
        yield f"{PREFIX}{name} is not a variable. {nearest(f'{PREFIX}{name}', [f'{PREFIX}{n}' for n in _VARIABLES])}"
    if "HOST" not in given:
        yield "REVOPS_SMTP_HOST: must name the mail server; found nothing. Set it, as in README under Every Monday."
    if not re.fullmatch(r"[A-Za-z0-9._:-]*", given.get("HOST", "")):
        yield f"REVOPS_SMTP_HOST: must be a host's name or address alone; found {given['HOST']!r}. Correct it."
    port = given.get("PORT", "587")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        yield f"REVOPS_SMTP_PORT: must be a port, 1 to 65535; found {port!r}. Correct it."
    security = given.get("SECURITY", "starttls")
    if security not in PORTS:
        yield f"REVOPS_SMTP_SECURITY: must be starttls, tls or none; found {security!r}. Correct it."
    if security == "none" and not _is_here(given.get("HOST", "")):
        yield (f"REVOPS_SMTP_SECURITY: must be starttls or tls for a server elsewhere; found none for "
               f"{given.get('HOST')}. The review would travel in the clear.")  # fmt: skip
    if ("USER" in given) != ("PASSWORD" in given):
        one, other = ("USER", "PASSWORD") if "USER" in given else ("PASSWORD", "USER")
        yield f"{PREFIX}{other}: must be set where {PREFIX}{one} is; found nothing. Set both or neither."
    if "CA" in given and not Path(given["CA"]).is_file():
        yield f"REVOPS_SMTP_CA: must be a file of certificates; found none at {given['CA']}. Correct the path."


def _is_here(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
