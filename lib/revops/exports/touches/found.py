"""Touches with their campaigns' names and channels, and what is to be said of all of them together."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.marketo.activities import ACTIVITIES
from revops.exports.reading.columns import TEXT, distinct, put
from revops.exports.touches import lists
from revops.exports.touches.lists import Lists
from revops.exports.uniting.records import joined
from revops.wording import plural

__all__ = ["Found"]

BLANK = "(blank)"
WORDS = ("campaign_type", "campaign_name", "utm_source", "utm_medium", "utm_campaign")


@dataclass
class Found:
    """Completes touches part by part, and counts what is warned of once all have been seen."""

    company: Company
    campaigns: pa.Table | None
    channels: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    n: int = 0
    n_listed: int = 0
    n_responses: int = 0
    lists: Lists = field(default_factory=Lists)

    def complete(self, table: pa.Table) -> pa.Table:
        """Return touches with name, type and channel of their campaigns.

        What the file of campaigns says of one holds for all its touches; else what each touch's own file says.
        """
        for name in ("campaign_name", "campaign_type"):
            if self.campaigns is not None and name in self.campaigns.column_names:
                known = joined(table["campaign_id"], self.campaigns, "campaign_id", name).cast(TEXT)
                table = put(table, name, pc.coalesce(known, table[name]))
        table = put(table, "channel", self._channels(table))
        self._count(table)
        return table

    def warn(self, ledger: Ledger) -> None:
        """Say which channels nothing maps, that nobody ever responded, and where lists were loaded in bulk."""
        if self.unmapped:
            total, kinds = sum(self.unmapped.values()), sorted(self.unmapped.items(), key=lambda item: (-item[1], item))
            shown = ", ".join(f"{word} ({n:,})" for word, n in kinds[:10]) + ", ..." * (len(kinds) > 10)
            ledger.warnings.append(
                f"touches: {total:,} of {self.n:,} fit no pattern of channels in company.yml; their campaign type "
                f"stands as channel: {shown}"
            )
        if self.n_listed and not self.n_responses:
            ledger.warnings.append(
                f"touches: none of {self.n_listed:,} members of campaigns ever responded, so every date is that of "
                "being put on a list; export FirstRespondedDate (Member First Responded Date) and HasResponded"
            )
        self._warn_of_lists(ledger)

    def _warn_of_lists(self, ledger: Ledger) -> None:
        bulk = self.lists.bulk()
        if bulk:
            shown = [f"{n:,} in {campaign} on {day}" for n, campaign, day in bulk[:3]]
            ledger.warnings.append(
                f"touches: {sum(n for n, *_ in bulk):,} of {self.n:,} never responded and were put on the list of one "
                f"campaign with {lists.BULK - 1} or more others on the same day, {plural(len(bulk), 'time')} "
                f"({examples(shown)}): such dates say when a list was loaded, not when somebody was reached"
            )

    def _channels(self, table: pa.Table) -> pa.Array:
        """Return the channel of each touch by the patterns of company.yml, else the type of its campaign.

        What somebody did, such as filling out a form, is no channel.
        """
        names = [name for name in WORDS if table[name].null_count < table.num_rows]
        codes = [distinct(table[name].fill_null("")) for name in names]
        together = np.zeros(table.num_rows, np.int64)
        for code in codes:
            seen = together * len(code.dictionary) + code.indices.to_numpy()
            together = np.unique(seen, return_inverse=True)[1].reshape(-1)
        firsts, back = np.unique(together, return_index=True, return_inverse=True)[1:]
        words = [code.take(pa.array(firsts)).to_pylist() for code in codes]
        found, kinds = [], table["campaign_type"].take(pa.array(firsts)).to_pylist()
        counts = np.bincount(back.reshape(-1), minlength=len(firsts)).tolist()
        for combo, kind, n in zip(zip(*words, strict=True) if words else [()] * len(kinds), kinds, counts, strict=True):
            if combo not in self.channels:
                self.channels[combo] = self.company.channel_of(*combo)
            found.append(self.channels[combo] or (None if kind in ACTIVITIES else kind))
            self.unmapped[kind or BLANK] += 0 if self.channels[combo] else n
        self.unmapped = +self.unmapped
        return pa.array(found, TEXT).take(pa.array(back.reshape(-1)))

    def _count(self, table: pa.Table) -> None:
        is_member = pc.or_(pc.is_valid(table["associated_at"]), pc.is_valid(table["responded_date"]))
        self.n += table.num_rows
        self.n_listed += pc.sum(is_member).as_py() or 0
        responses = pc.or_(table["is_response"].fill_null(False), pc.is_valid(table["responded_date"]))
        self.n_responses += pc.sum(responses).as_py() or 0
        listed = table.filter(pc.equal(table["touched_at"], table["associated_at"]).fill_null(False))
        silent = listed.filter(pc.is_null(listed["responded_date"]))
        self.lists.add(silent["campaign_id"], silent["associated_at"])
