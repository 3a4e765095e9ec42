"""Tags of links (UTM): which campaign an arrival names, however it is spelt, and what is wrong with its tags."""

import html
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import unquote_plus

import numpy as np
import pandas as pd

from revops.company.patterns import folded
from revops.measures.stage_benchmarking.marketing.people import TAGS

__all__ = ["FAULTS", "campaign_key", "tags_of"]

FAULTS = ("capitals", "blank or code", "default word", "no source", "no medium", "no campaign", "unknown medium")
_DEFAULT = ("(not set)", "(not provided)", "(none)", "(direct)", "null", "undefined", "nan", "none", "not set")
_PLACEHOLDER = re.compile(r"\{.*\}|\[.*\]|<.*>|%%.*%%|\$\{.*\}")
_CODED = re.compile(r"\s|\+|%[0-9a-f]{2}|&(#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)
_TAGGED_SOURCE = 0.5


def tags_of(people: pd.DataFrame, *, mediums: Collection[str], words: Collection[str]) -> pd.DataFrame:
    """Return for each person what the link it came by says of its campaign, and what is wrong with that.

    Parameters
        people : people_of; uses lead_source, TAGS
        mediums : mediums that a link may carry; none given = any
        words : words that stand for nothing, beside those that tools write by default

    Returns
        By index of people:
        is_tagged      at least one tag says something
        is_expected    at least half of those of its lead source carry tags
        is_untagged    it carries none though expected: the tags are missing
        campaign_key   the campaign without spelling; null where none is named
        source, medium in lower case, without codes and outer blanks; null where there is none
        FAULTS         what is wrong; only where is_tagged
        is_right       nothing is; False where not tagged

    Formula
        capitals: a capital letter in any tag. blank or code: a blank, "+", "%20" or the like in any. default word: a
        word such as "(not set)" or "null", or a placeholder that was never filled, such as {{campaign.name}}, instead
        of a tag. no source, medium, campaign: blank while another is there. unknown medium: not one of those allowed.

    Limits
        Tags are those of the record today. A click that Google tagged by itself (gclid) and no UTM cannot be seen here.
        Two campaigns whose names differ only in signs and case are one.
    """
    read = {name: _read(people[name], words) for name in TAGS}
    source, medium, campaign = (read[name] for name in TAGS)
    is_said = pd.DataFrame({name: tag["is_said"] for name, tag in read.items()})
    is_tagged = is_said.any(axis=1)
    is_expected = is_tagged.groupby(people["lead_source"].fillna("")).transform("mean") >= _TAGGED_SOURCE
    allowed = {folded(word) for word in mediums}
    wrong = {
        "capitals": _any(read, "has_capitals"), "blank or code": _any(read, "is_coded"),
        "default word": _any(read, "is_default"), "no source": source["is_blank"], "no medium": medium["is_blank"],
        "no campaign": campaign["is_blank"],
        "unknown medium": medium["is_said"] & ~medium["plain"].isin(allowed) & bool(allowed),
    }  # fmt: skip
    faults = pd.DataFrame({name: values & is_tagged for name, values in wrong.items()}, index=people.index)
    return pd.DataFrame({
        "is_tagged": is_tagged, "is_expected": is_expected, "is_untagged": is_expected & ~is_tagged,
        "campaign_key": campaign["key"], "source": source["plain"], "medium": medium["plain"],
        **faults, "is_right": is_tagged & ~faults.any(axis=1),
    }, index=people.index)  # fmt: skip


def campaign_key(name: str) -> str:
    """Return a campaign's name without spelling: no codes, case or signs; a name of signs alone as it is."""
    plain = _plain(name)
    return re.sub(r"[\W_]+", "-", plain).strip("-") or plain


def _plain(text: str) -> str:
    """Return a tag in lower case, without codes and outer blanks."""
    decoded = unicodedata.normalize("NFKC", html.unescape(unquote_plus(unquote_plus(text))))
    return " ".join(decoded.split()).lower()


def _any(read: dict[str, pd.DataFrame], name: str) -> pd.Series:
    return pd.DataFrame({tag: table[name] for tag, table in read.items()}).any(axis=1)


def _read(values: pd.Series, words: Collection[str]) -> pd.DataFrame:
    """Return what each tag says, looked up once per way of writing it."""
    nothing = {folded(word) for word in (*_DEFAULT, *words)}
    texts = pd.Index(values.dropna().unique())
    blank = np.array([not text.strip() for text in texts], dtype=bool)
    default = np.array([folded(t) in nothing or bool(_PLACEHOLDER.fullmatch(t.strip())) for t in texts], dtype=bool)
    default &= ~blank
    said = ~(blank | default)
    plain = [_plain(text) if is_one else None for text, is_one in zip(texts, said, strict=True)]
    keys = [campaign_key(text) if is_one else None for text, is_one in zip(texts, said, strict=True)]
    each = pd.DataFrame({
        "is_blank": blank, "is_default": default, "is_said": said,
        "has_capitals": np.array([text != text.lower() for text in texts], dtype=bool) & said,
        "is_coded": np.array([bool(_CODED.search(text)) for text in texts], dtype=bool) & said,
        "plain": pd.Series(plain, dtype="str"), "key": pd.Series(keys, dtype="str"),
    })  # fmt: skip
    nobody = pd.DataFrame({name: [name == "is_blank"] for name in each.columns[:5]} | {"plain": None, "key": None})
    place = texts.get_indexer(values)
    table = pd.concat([each, nobody.astype(each.dtypes)], ignore_index=True)
    return table.iloc[np.where(place < 0, len(texts), place)].set_axis(values.index)
