"""E-mail addresses, which name somebody: cut out of texts, what stands around them kept."""

import re

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["CUT", "MAY_HOLD", "local_parts", "without_address", "without_addresses"]

MAY_HOLD = r"@|%40"
ADDRESS = r"([^\s@;,<>()/?&=]+)(?:@|%40)[^\s@;,<>()/?&=]+\.[^\s@;,<>()/?&=\d][^\s@;,<>()/?&=]*"
CUT = re.compile(ADDRESS)


def without_address(text: str) -> str:
    """Return a text without the e-mail addresses in it, their @ encoded or not; blank where nothing else stands."""
    return CUT.sub("", text).strip()


def without_addresses(texts: pa.Array) -> pa.Array:
    """Return texts without the e-mail addresses in them; null where nothing else stands there."""
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, ADDRESS, ""))
    return pc.if_else(pc.equal(bare, ""), None, bare)


def local_parts(texts: pa.Array) -> pa.Array:
    """Return names whose address in brackets is cut to what stands before its @: Dana (dana@x.com) is Dana (dana)."""
    return pc.replace_substring_regex(texts, rf"\({ADDRESS}\)", r"(\1)")
