"""Which rows hang together: accounts, deals, people and customers of bills, linked by the ids that functions follow."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

__all__ = ["KEYS", "Components", "batches", "components"]

Array = np.ndarray
_ACCOUNT, _DEAL, _PERSON, _BILL, _ROW = "account", "deal", "person", "bill", "row"
KEYS: dict[str, dict[str, str]] = {
    "accounts": {"account_id": _ACCOUNT},
    "opportunities": {"opportunity_id": _DEAL, "account_id": _ACCOUNT},
    "opportunity_history": {"opportunity_id": _DEAL},
    "contacts": {"contact_id": _PERSON, "account_id": _ACCOUNT},
    "contact_roles": {"opportunity_id": _DEAL, "contact_id": _PERSON},
    "leads": {"lead_id": _PERSON, "contact_id": _PERSON, "account_id": _ACCOUNT, "opportunity_id": _DEAL},
    "lead_history": {"lead_id": _PERSON},
    "touches": {"contact_id": _PERSON, "lead_id": _PERSON, "touch_id": _ROW},
    "campaign_influence": {"opportunity_id": _DEAL, "contact_id": _PERSON},
    "subscriptions": {"customer_id": _ACCOUNT, "account_id": _ACCOUNT},
    "invoices": {"invoice_id": _BILL, "customer_id": _ACCOUNT},
    "payments": {"customer_id": _ACCOUNT, "invoice_id": _BILL, "payment_id": _ROW},
}
"""Tables that are cut into parts: their ids, each with what it is an id of. All ids of a row are linked,
but for its own where that is only there for rows without any other.

Contacts and leads are of one kind, as are accounts and customers of bills: a change of a lead may be one of a contact,
and a customer without an account is told by its own id. All other tables are small, and every part has them whole.
"""
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Components:
    """The ids that are linked to others (as numbers, sorted), each with the smallest number that it is linked to."""

    ids: Array
    smallest: Array

    def part_of(self, name: str, rows: pa.Table, n: int) -> Array:
        """Return the number of the part, of n, that each row of a table belongs to.

        It follows from the ids of all that hangs together, and from nothing else: not from the order of rows.
        """
        number = _numbers(rows, KEYS[name])[:, 0]
        if len(self.ids):
            place = np.minimum(np.searchsorted(self.ids, number), len(self.ids) - 1)
            number = np.where(self.ids[place] == number, self.smallest[place], number)
        return (number % np.uint64(n)).astype("uint16")


def components(tables: Mapping[str, pa.Table | Dataset]) -> Components:
    """Return what hangs together in the tables (canonical ones, by name), of which only the ids are read."""
    from scipy import sparse  # half a second of imports, wanted for large companies alone
    from scipy.sparse.csgraph import connected_components

    links = [found for name in sorted(KEYS) if name in tables for found in _links(name, tables[name])]
    links = np.concatenate([np.zeros((0, 2), dtype="uint64"), *links])
    ids, place = np.unique(links, return_inverse=True)
    one, other = place.reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(links), dtype=bool), (one, other)), shape=(len(ids), len(ids)))
    label = connected_components(graph, directed=False)[1]
    first = np.unique(label, return_index=True)[1]
    return Components(ids, ids[first][label])


def batches(rows: pa.Table | Dataset, columns: Iterable[str] | None = None) -> Iterator[pa.Table]:
    """Yield the rows of a table, or of one too large for memory, some at a time and in order."""
    wanted = None if columns is None else list(columns)
    if isinstance(rows, pa.Table):
        found = (rows if wanted is None else rows.select(wanted)).to_batches(max_chunksize=_AT_ONCE)
    else:
        found = rows.to_batches(columns=wanted, batch_size=_AT_ONCE, batch_readahead=1, fragment_readahead=1)
    return (pa.Table.from_batches([batch]) for batch in found)


def _links(name: str, rows: pa.Table | Dataset) -> Iterator[Array]:
    """Yield the pairs of ids that rows link."""
    linking = [column for column, kind in KEYS[name].items() if kind != _ROW]
    if len(linking) > 1:
        for some in batches(rows, linking):
            first, *others = _numbers(some, {column: KEYS[name][column] for column in linking}).T
            for other in others:
                linked = (other != 0) & (other != first)
                yield np.stack([first[linked], other[linked]], axis=1)


def _numbers(rows: pa.Table, keys: Mapping[str, str]) -> Array:
    """Return the ids of each row as numbers, the first that it has in front; 0 for none."""
    numbers = np.stack([_hashed(rows[column], kind) for column, kind in keys.items()], axis=1)
    first = numbers[np.arange(len(numbers)), (numbers != 0).argmax(axis=1)]
    return np.column_stack([first, numbers])


def _hashed(ids: pa.ChunkedArray, kind: str) -> Array:
    """Return ids as numbers that are the same on every machine; two ids of one number are taken for linked."""
    coded = ids.cast(pa.large_string()).combine_chunks().dictionary_encode()
    texts = coded.dictionary.to_numpy(zero_copy_only=False).astype(object)
    known = pd.util.hash_array(texts, hash_key=f"{kind:_<16}", categorize=False)
    return np.append(np.maximum(known, 1), np.uint64(0))[pc.fill_null(coded.indices, -1).to_numpy()]
