"""Addresses of web pages: the path without what may name somebody, and the UTM values of the query."""

from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from revops.exports.reading.addresses import without_address

__all__ = ["bare", "path_of", "query_of"]


def bare(text: str | None) -> str | None:
    """Return a text decoded and without e-mail addresses; None where nothing stays."""
    return without_address(unquote_plus(text)) or None if text else None


def path_of(page: str | None) -> str | None:
    """Return the path of a page without host, query and e-mail addresses; words such as (not set) stay as they are."""
    if not page or not page.strip():
        return None
    page = page.strip()
    if page.startswith("("):
        return page
    found = urlsplit(page if "//" in page.partition("?")[0] or page.startswith("/") else f"//{page}")
    return without_address(unquote(found.path)) or "/"


def query_of(page: str | None) -> dict[str, str]:
    """Return the keys of a page's query in lower case and their first values, decoded."""
    query = (page or "").partition("?")[2].partition("#")[0]
    found: dict[str, str] = {}
    for key, value in parse_qsl(query):
        found.setdefault(key.strip().casefold(), value.strip())
    return found
