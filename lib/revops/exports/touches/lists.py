"""How many people were put on the list of one campaign on one day, counted part by part."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.columns import TEXT

__all__ = ["Lists"]

BULK = 100
DAYS = 1 << 21  # more than there are days that dates can say


@dataclass
class Lists:
    """Counts by campaign and day, each pair as one number: the place of the campaign among `campaigns`, and the day."""

    campaigns: pa.Array = field(default_factory=lambda: pa.array([], TEXT))
    pairs: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    counts: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))

    def add(self, campaigns: pa.ChunkedArray, stamps: pa.ChunkedArray) -> None:
        """Count the campaigns of some rows on the days of their stamps."""
        ids = campaigns.fill_null("").combine_chunks()
        seen = pc.unique(ids)
        self.campaigns = pa.concat_arrays(
            [self.campaigns, seen.filter(pc.invert(pc.is_in(seen, value_set=self.campaigns)))]
        )
        places = pc.index_in(ids, value_set=self.campaigns).to_numpy().astype(np.int64)
        days = stamps.cast(pa.date32(), safe=False).cast(pa.int32()).to_numpy()
        pairs, counts = np.unique(places * DAYS + days + DAYS // 2, return_counts=True)
        where = np.searchsorted(self.pairs, pairs)
        known = np.zeros(len(pairs), bool)
        inside = where < len(self.pairs)
        known[inside] = self.pairs[where[inside]] == pairs[inside]
        self.counts[where[known]] += counts[known].astype(np.int32)
        self.pairs = np.insert(self.pairs, where[~known], pairs[~known])
        self.counts = np.insert(self.counts, where[~known], counts[~known])

    def bulk(self) -> list[tuple[int, str, str]]:
        """Return number, campaign and day of every pair with `BULK` rows or more, the most first."""
        many = self.counts >= BULK
        places, days = np.divmod(self.pairs[many], DAYS)
        names = self.campaigns.take(pa.array(places)).to_pylist()
        dates = (days - DAYS // 2).astype("datetime64[D]").astype(str).tolist()
        found = zip(self.counts[many].tolist(), names, dates, strict=True)
        return sorted(found, key=lambda item: (-item[0], *item[1:]))
