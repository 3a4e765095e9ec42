"""Each touch once: of several rows about one, the earliest response counts and gaps are filled from one another."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import put
from revops.exports.touches.rows import ROWS
from revops.exports.uniting.records import sorted_by

__all__ = ["once"]

DATES = ("touched_at", "responded_date", "associated_at")


def once(rows: pa.Table, ledger: Ledger) -> pa.Table:
    """Return one row per touch_id in its order, `touched_at` filled; the others are counted by why they are copies.

    Of copies the one from an API file is kept, then the one modified last, then the last by content, so that neither
    the order of files nor that of rows matters; what it lacks is filled from the next one. The earliest response of all
    counts, and the earliest association of those from the same kind of export, since a report shows its day alone.
    """
    codes = pc.dictionary_encode(rows["touch_id"].combine_chunks())
    if len(codes.dictionary) < len(codes):
        places = codes.indices.to_numpy()
        twice = pa.array(np.bincount(places)[places] > 1)
        rows = pa.concat_tables([rows.filter(pc.invert(twice)), _united(rows.filter(twice), ledger)])
    told = pc.coalesce(rows["touched_at"], rows["responded_date"], rows["associated_at"])
    return sorted_by(put(rows, "touched_at", told), "touch_id")


def _united(rows: pa.Table, ledger: Ledger) -> pa.Table:
    """Return one row for each of the touches, all of which have several."""
    several = rows.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    content = [name for name in ROWS.names if not name.startswith("_")]
    texts = pd.DataFrame({name: several[name].astype("str").where(several[name].notna(), "") for name in content})
    order = pd.concat([several[["touch_id", "_is_api", "modified_at"]], texts.add_prefix("_")], axis=1)
    order = order.sort_values(list(order.columns), ascending=False, kind="stable", na_position="last").index
    several, texts = several.loc[order], texts.loc[order]
    groups = several.groupby("touch_id", sort=False)
    kept = groups.first()  # of each column the first that is filled
    for name in ("_file", "_as_lead", "_is_api"):
        kept[name] = groups[name].nth(0).to_numpy()
    like_it = several["_is_api"] == several["touch_id"].map(kept["_is_api"])
    for name in DATES:
        kept[name] = groups[name].min()
    own = several[like_it].groupby("touch_id", sort=False)["associated_at"].min()
    kept["associated_at"] = own.reindex(kept.index).fillna(kept["associated_at"])
    kept["is_response"] = groups["is_response"].max()
    _count(several, texts, ledger)
    return pa.Table.from_pandas(kept.reset_index()[ROWS.names], preserve_index=False, schema=ROWS)


def _count(several: pd.DataFrame, texts: pd.DataFrame, ledger: Ledger) -> None:
    """Count the rows that are not the first of their touch, by what sets them apart from it."""
    copies = several["touch_id"].duplicated()
    first = several.loc[~copies].set_index("touch_id")
    rest = several[copies]
    winner = first.loc[rest["touch_id"]]
    alike = copies.to_numpy()
    best = np.maximum.accumulate(np.where(alike, 0, np.arange(len(alike))))[alike]  # copies stand below their first
    words = (texts[name].to_numpy(object) for name in texts)
    same = np.logical_and.reduce([column[alike] == column[best] for column in words])
    apart = rest["_file"].to_numpy() != winner["_file"].to_numpy()
    other = rest["_as_lead"].to_numpy(bool) != winner["_as_lead"].to_numpy(bool)
    names = ["same record in another file", "same person as lead and as contact", "exact duplicate row"]
    reasons = np.select([apart, other, same], names, "same person and campaign, or same id, again")
    for reason in sorted(set(reasons)):
        part = rest.loc[reasons == reason, ["touch_id", "_file"]]
        ledger.leave_out_rows(pa.Table.from_pandas(part, preserve_index=False), str(reason), "touch_id")
