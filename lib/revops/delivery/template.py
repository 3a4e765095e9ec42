"""The page templates, filled: every value is escaped unless the template says it is HTML already."""

import datetime as dt
from functools import cache
from importlib import resources
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from revops.contents import versions
from revops.delivery.standing.as_made import NOTICE
from revops.wording import printable

__all__ = ["fill", "made_line"]


def fill(template: str, **values: object) -> str:
    """Return a template of delivery/templates filled with values, its styles embedded."""
    return _environment().get_template(template).render(**values)


def made_line(seconds: float) -> str:
    """Return the one line of a page that may differ between two runs on the same inputs."""
    now = dt.datetime.now(dt.UTC)
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Made on {now:%Y-%m-%d} at {now:%H:%M:%S} UTC in {seconds:.1f} s with {used}."


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("revops.delivery"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"plain": printable, "address": _address}
    environment.globals |= {"styles": _styles(), "notice": NOTICE}
    return environment


def _address(place: str) -> str:
    """Return a file's place as a link: relative, whatever its name holds."""
    return quote(place, safe="/#=")


def _styles() -> str:
    """Return the page's style sheet followed by that of the report's blocks."""
    package = resources.files("revops")
    sheets = (package / "delivery" / "templates" / "page.css", package / "report" / "report.css")
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
