"""Names of owners: shown only where asked for, else a number that stays the same from week to week."""

import hashlib
from collections.abc import Iterable

import pandas as pd

__all__ = ["owner_labels"]


def owner_labels(owners: pd.DataFrame, ids: Iterable[str], *, show: bool) -> dict[str, str]:
    """Return what to call each owner id: the name where `show`, else `Owner 1234`.

    The number is taken from a hash of the id, so that it is the same every week and in every output; where two
    owners share one, both get more digits. Ids nobody knows (an unassigned bucket) keep their own text where shown.
    """
    ids = sorted(set(ids))
    if show:
        names = owners.drop_duplicates("owner_id").set_index("owner_id")["owner_name"]
        labels = {id: names.get(id, id) for id in ids}
        twice = {name for name in labels.values() if list(labels.values()).count(name) > 1}
        return {id: f"{name} ({id})" if name in twice else name for id, name in labels.items()}
    digits = 4
    while len({_number(id, digits) for id in ids}) < len(ids):
        digits += 1
    return {id: f"Owner {_number(id, digits)}" for id in ids}


def _number(id: str, digits: int) -> str:
    return str(int(hashlib.sha256(id.encode()).hexdigest(), 16))[:digits]
