"""Names of owners: shown only where asked for, else a number that stays the same from week to week."""

import hashlib
from collections import Counter
from collections.abc import Iterable

import pandas as pd

__all__ = ["owner_labels"]


def owner_labels(owners: pd.DataFrame, ids: Iterable[str], *, show: bool) -> dict[str, str]:
    """Return what to call each owner id: the name where `show`, else `Owner 1234`.

    The number is taken from a hash of the id, so that it is the same every week and in every output; owners who share
    one get more digits, whichever of them are asked for. Ids nobody knows (an unassigned bucket) keep their own text
    where shown.
    """
    ids = sorted(set(ids))
    if show:
        names = owners.drop_duplicates("owner_id").set_index("owner_id")["owner_name"]
        labels = {id: names.get(id, id) for id in ids}
        twice = {name for name in labels.values() if list(labels.values()).count(name) > 1}
        return {id: f"{name} ({id})" if name in twice else name for id, name in labels.items()}
    numbers = _numbers({*ids, *owners["owner_id"].dropna()})
    return {id: f"Owner {numbers[id]}" for id in ids}


def _numbers(ids: Iterable[str]) -> dict[str, str]:
    """Return for each id the first digits of its hash: four, or as many as tell it from the others."""
    left = {id: str(int(hashlib.sha256(id.encode()).hexdigest(), 16)) for id in ids}
    found: dict[str, str] = {}
    digits = 4
    while left:
        heads = Counter(number[:digits] for number in left.values())
        found |= {id: number[:digits] for id, number in left.items() if heads[number[:digits]] == 1}
        left = {id: number for id, number in left.items() if id not in found}
        digits += 1
    return found
