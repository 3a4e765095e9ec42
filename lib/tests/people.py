"""Helpers for tests of the tables around people: ids in both lengths, and CSV made of rows."""

import csv
import io

from revops.exports import Prepared

LEADS = tuple(f"00Q8d00000L{n}Abc" for n in range(1, 10))
CONTACTS = tuple(f"0038d00000C{n}Abc" for n in range(1, 10))
CAMPAIGNS = tuple(f"7018d00000Cm{n}Aa" for n in range(1, 10))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long(key: str) -> str:
    """Return a Salesforce id of 15 characters with the three that check its case."""
    parts = (key[:5], key[5:10], key[10:])
    return key + "".join(LETTERS[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in parts)


def table(*changes: dict[str, object], base: dict[str, object]) -> str:
    """Return a CSV of rows, each the base but for its changes."""
    done = [{**base, **change} for change in changes]
    names = list(dict.fromkeys(name for row in done for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(done)
    return out.getvalue()


def column(prepared: Prepared, name: str, of: str) -> list[object]:
    """Return one column of a canonical table."""
    return prepared.tables[of][name].to_pylist()


def records(prepared: Prepared, of: str, *names: str) -> list[tuple[object, ...]]:
    """Return the rows of a canonical table as tuples of the named columns, in its order."""
    return [tuple(row[name] for name in names) for row in prepared.tables[of].to_pylist()]
