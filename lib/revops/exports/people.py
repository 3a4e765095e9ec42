"""Owners by id and by name: each found from the other, by the user file and company.yml's other names."""

from collections import defaultdict

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.exports.reading.addresses import local_parts
from revops.exports.reading.columns import TEXT, by_distinct, put, text_of
from revops.exports.uniting.records import joined

__all__ = ["People", "folded", "named_owners", "with_full_names"]


def with_full_names(owners: pa.Table) -> pa.Table:
    """Return owners whose name, where the export has only its parts, is first and last name."""
    if "last_name" not in owners.column_names:
        return owners
    parts = [text_of(owners, name).fill_null("") for name in ("first_name", "last_name")]
    whole = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " "))
    return put(
        owners, "owner_name", pc.coalesce(text_of(owners, "owner_name"), pc.if_else(pc.equal(whole, ""), None, whole))
    )


def named_owners(table: pa.Table) -> pa.Table:
    """Return the owners that a table names, each pair of id and name once and in order."""
    pairs = table.select([name for name in ("owner_id", "owner_name") if name in table.column_names])
    pairs = pa.table({name: pairs[name].cast(TEXT) for name in pairs.column_names})
    found = pairs.group_by(pairs.column_names).aggregate([])
    return found.sort_by([(name, "ascending") for name in found.column_names])


class People:
    """The owners of the user file, found by id, by name or by another name of company.yml."""

    def __init__(self, owners: pa.Table | None, company: Company) -> None:
        self.owners = owners
        self.ids: set[str] = set(owners["owner_id"].to_pylist()) if owners is not None else set()
        named: defaultdict[str, set[str]] = defaultdict(set)
        if owners is not None:
            for key, name in zip(owners["owner_id"].to_pylist(), owners["owner_name"].to_pylist(), strict=True):
                if name:
                    named[folded(name)].add(key)
        self.shared = {name for name, keys in named.items() if len(keys) > 1}
        self.by_name = {name: next(iter(keys)) for name, keys in named.items() if len(keys) == 1}
        self.aliases = {folded(other): name for other, name in company.owner_aliases.items()}
        self.teams = {folded(t): t for t in (owners["team"].to_pylist() if owners is not None else ()) if t}

    def learn(self, table: pa.Table) -> None:
        """Know also the owners that opportunities name, where the user file does not have them."""
        pairs = table.select(["owner_id", "owner_name"]) if "owner_name" in table.column_names else None
        if pairs is None:
            self.ids.update(pc.unique(table["owner_id"]).drop_null().to_pylist())
            return
        named: defaultdict[str, set[str]] = defaultdict(set)
        for pair in pairs.group_by(["owner_id", "owner_name"]).aggregate([]).to_pylist():
            if pair["owner_id"]:
                self.ids.add(pair["owner_id"])
                named[folded(pair["owner_name"] or pair["owner_id"])].add(pair["owner_id"])
        for name, keys in named.items():
            if len(keys) == 1:
                self.by_name.setdefault(name, next(iter(keys)))

    def find(self, word: str | None) -> str | None:
        """Return the id of the one owner with this id or name, 15 or 18 characters, aliases tried; else None.

        A name may be written last name first: O'Neil, Sam.
        """
        if not word or not word.strip():
            return None
        word = word.strip()
        word = self.aliases.get(folded(word), word)
        if word in self.ids:
            return word
        if len(word) == 18 and word[:15] in self.ids:
            return word[:15]
        last, comma, first = word.partition(",")
        return self.by_name.get(folded(word)) or (self.by_name.get(folded(f"{first} {last}")) if comma else None)

    def fill(self, table: pa.Table) -> pa.Table:
        """Return a table whose owner_id is filled from owner_name and whose owner_name and team from owner_id.

        A name that is not exactly one owner's stays as its own id, an e-mail address in brackets cut to what stands
        before its @; a blank owner stays null.
        """
        ids = text_of(table, "owner_id")
        if "owner_name" in table.column_names:
            table = put(table, "owner_name", by_distinct(text_of(table, "owner_name"), local_parts))
            from_name = by_distinct(text_of(table, "owner_name"), self._ids_of)
            ids = pc.coalesce(ids, from_name)
        table = put(table, "owner_id", ids)
        if self.owners is not None:
            for name in ("owner_name", "team"):
                found = joined(ids, self.owners, "owner_id", name)
                table = put(table, name, pc.coalesce(text_of(table, name), found))
        return table

    def _ids_of(self, names: pa.Array) -> pa.Array:
        return pa.array([self.find(name) or name.strip() or None for name in names.to_pylist()], TEXT)


def folded(word: str) -> str:
    """Return a name as it is compared: without outer spaces and case."""
    return " ".join(word.split()).casefold()
