"""Before the first report runs: the company's tables, prepared once, and what they say of the run."""

import datetime as dt
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from revops.contents import cache_folder
from revops.delivery.jobs.job import OUR_FAULT, Failure
from revops.delivery.plan import Plan, refusal_of
from revops.errors import RevopsError, is_of_machine, refused_by_machine
from revops.params import Knobs

if TYPE_CHECKING:
    from revops.delivery.standing.content import Found

__all__ = ["Warmed", "warm"]

_DO_IT = "Do what the message says, then run the reports again."
_ADD_IT = "Add it to the exports: `python -m revops check` says which files fill which table."


@dataclass(frozen=True)
class Warmed:
    """The reports that cannot run, and why; when the first stamp in the data that is still to come will have; where
    the tables are, which every report of the run reads, whatever becomes of the exports meanwhile; and what was found
    in them: None where no report of the run reads any, or none could be prepared."""

    refused: Mapping[str, Failure] = field(default_factory=dict)
    until: str | None = None
    prepared: Path | None = None
    found: "Found | None" = None

    def content(self, reads: Sequence[str] | None, exports: str | None) -> str | None:
        """Return one hash of all that a report shows of the exports: of the tables that it reads, or, where it names
        none, of everything and of the files themselves. None: not known."""
        if self.found is None:
            return None if reads else exports
        return self.found.content(reads) if reads else self.found.content((), said=exports or "")


def warm(plan: Plan) -> Warmed:
    """Prepare the company's tables once, so that no kernel has to, and return what they say of the run.

    All fail where the data cannot be read. A report without measures of its own reads no tables.
    """
    every = [settings.stem for settings in plan.settings]
    reading = [settings for settings in plan.settings if type(settings.knobs) is not Knobs]
    if not reading:
        return Warmed()
    from revops.book import open_book  # here, not above: pandas takes a moment that a refused call need not pay
    from revops.delivery.standing.content import Found

    try:
        clock = dt.datetime.now(reading[0].company.zone)
        book = open_book(reading[0])
        refused, until = {stem: refusal_of(stem, book) for stem in every}, book.first_stamp_after(clock)
    except RevopsError as error:
        return Warmed(dict.fromkeys(every, Failure(str(error), _DO_IT)))
    except Exception as error:
        if isinstance(error, OSError) and is_of_machine(error):
            return Warmed(dict.fromkeys(every, Failure(refused_by_machine(error), _DO_IT)))
        reason = f"The exports could not be prepared: {type(error).__name__}: {error}"
        return Warmed(dict.fromkeys(every, Failure(reason, OUR_FAULT, evidence=traceback.format_exc())))
    failures = {
        stem: Failure(f"It {needs}; the exports hold none.", _ADD_IT, is_refusal=plan.is_all)
        for stem, needs in refused.items()
        if needs is not None
    }
    home, files = getattr(book.tables, "home", None), getattr(book.tables, "files", None)
    found = None if files is None else Found(book, files, clock, cache_folder(reading[0].root))
    return Warmed(failures, until.isoformat() if until else None, home, found)
