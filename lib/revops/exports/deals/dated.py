"""What dated folders of exports leave in doubt: said by name, or refused."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.reading.columns import few
from revops.exports.reading.frames import Frame

__all__ = ["refuse_undated", "warn_of_days"]

DROP = 0.2


def refuse_undated(frames: list[Frame], ledger: Ledger) -> None:
    """Add a problem where undated opportunities beside dated folders do not say when they last changed."""
    silent = sorted(f.source.name for f in frames if "modified_at" not in f.table.column_names)
    if silent:
        ledger.problems.append(
            f"{', '.join(silent[:3])}: opportunities beside dated folders must say when they changed; found no column "
            "Last Modified Date. Put them into a folder named YYYY-MM-DD, or add that column."
        )


def warn_of_days(days: list[tuple[dt.date | None, pa.Table]], ledger: Ledger) -> None:
    """Refuse a dated folder without opportunities; warn of many that went missing and of old ones that come late."""
    for (before, old), (day, new) in pairwise(days):
        name = day or "the files beside the dated folders"
        gone = old.num_rows - _n_in(old, new)
        if gone > max(few(old.num_rows), DROP * old.num_rows) and new.num_rows:
            ledger.warnings.append(
                f"{name}: {gone:,} of the {old.num_rows:,} opportunities of {before} are not in it and count as gone "
                "from that day on. If its export was filtered or cut off, remove it."
            )
        fresh = pc.invert(pc.is_in(new["opportunity_id"], old["opportunity_id"].combine_chunks()))
        late = pc.and_(fresh, pc.less(new["created_at"], np.datetime64(before, "us")))
        if n := pc.sum(late).as_py() or 0:
            shown = examples(new["opportunity_id"].filter(late).slice(0, 3).to_pylist())
            ledger.warnings.append(
                f"{name}: {n:,} of {new.num_rows:,} opportunities were created before {before} and are not in that "
                f"export ({shown}): until then they count with their first known state"
            )
    for day, table in days:
        if day is not None and not table.num_rows:
            ledger.problems.append(
                f"{day}: a dated folder must hold opportunities; found 0 rows. Export it again, or remove the folder."
            )


def _n_in(old: pa.Table, new: pa.Table) -> int:
    return pc.sum(pc.is_in(old["opportunity_id"], new["opportunity_id"].combine_chunks())).as_py() or 0
