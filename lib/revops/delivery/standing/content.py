"""What of the exports a report was made from, as one hash: of the tables it reads, and of what is shown of their files.

Two runs on the same hash, settings, code and machine give the same report.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from revops.book import Book
from revops.book.sources import sources
from revops.contents import Contents

__all__ = ["Found"]


@dataclass(frozen=True)
class Found:
    """A company's prepared tables as a run finds them, and the files, or folders of parts, that hold them.

    clock: when they were found, on the company's wall; stamps later than that are not there yet for any report. cache:
    where hashes of large files are remembered.
    """

    book: Book
    files: Mapping[str, Path]
    clock: dt.datetime
    cache: Path

    def content(self, tables: Sequence[str], said: str = "") -> str:
        """Return the hash of what a report shows that reads some tables (none named: all of them).

        Formula
            Of each table what its files hold; of the audit the files, omissions and warnings that concern them, which
            fields have history, and from when; how many stamps are still to come, which tells the day `auto` means.
            `said` is hashed with it.
        """
        audit = self.book.audit
        shown = {
            "tables": {name: self._hashes.get(name) for name in sorted(tables or self.files)},
            "sources": asdict(sources(audit, tables, str)),
            "history": [audit.tracked, audit.history_from, audit.whole_from, audit.exported_on],
            "to_come": self._n_to_come,
            "said": said,
        }
        text = json.dumps(shown, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    @cached_property
    def _hashes(self) -> dict[str, str]:
        contents = Contents(self.cache)
        found = {name: contents.of(place) for name, place in self.files.items()}
        contents.keep()
        return found

    @cached_property
    def _n_to_come(self) -> int:
        return int((self.book.stamps > self.clock.replace(tzinfo=None)).sum())
