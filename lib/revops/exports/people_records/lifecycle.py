"""When leads were qualified, by the history of their status, where no field holds the date."""

from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, put
from revops.wording import plural

__all__ = ["Reached", "with_lifecycle"]

STEPS = ("mql_at", "sql_at")
FIRST = pa.schema([("lead_id", TEXT), ("step", TEXT), ("first_at", pa.timestamp("us"))])


@dataclass
class Reached:
    """Finds in changes of leads, all those of a lead at once, the first time that a field took a value that means it.

    The fields and values are those of exports.lifecycle in company.yml, which also serve Salesforce's lead history.
    """

    context: Context
    found: list[pa.Table] = field(default_factory=lambda: [FIRST.empty_table()])
    files: set[int] = field(default_factory=set)

    def add(self, history: pa.Table) -> None:
        """Look through the changes of some leads (lead_id, changed_at, field, new_value, _file)."""
        rule = self.context.company.exports.lifecycle
        self.files.update(pc.unique(history["_file"]).to_pylist())
        rows = history.filter(pc.is_in(history["field"], pa.array(["status", *rule.fields], TEXT)))
        words = pc.unique(rows["new_value"].drop_null()).to_pylist()
        meaning = {word: rule.reached(word) for word in words}
        for place, step in enumerate(STEPS):
            those = pa.array([word for word in words if meaning[word][place]], TEXT)
            hits = rows.filter(pc.is_in(rows["new_value"], value_set=those))
            first = hits.group_by("lead_id", use_threads=False).aggregate([("changed_at", "min")])
            columns = [first["lead_id"], pa.repeat(step, len(first)), first["changed_at_min"]]
            self.found.append(pa.table(columns, schema=FIRST))

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Return when each lead first reached a step (lead_id, step, first_at), and the files (_file) that tell."""
        return pa.concat_tables(self.found), pa.table({"_file": pa.array(sorted(self.files), pa.int32())})


def with_lifecycle(leads: pa.Table, reached: tuple[pa.Table, pa.Table], context: Context) -> pa.Table:
    """Return leads whose blank `mql_at` and `sql_at` are the first time that their history says so (Reached)."""
    times, files = reached
    for name in STEPS:
        first = times.filter(pc.equal(times["step"], name)).to_pandas().set_index("lead_id")["first_at"]
        if not len(first):
            continue
        found = leads["lead_id"].to_pandas().map(first)
        own = leads[name].to_pandas() if name in leads.column_names else pd.Series(pd.NaT, found.index)
        n = int((own.isna() & found.notna()).sum())
        leads = put(leads, name, pa.array(own.fillna(found), pa.timestamp("us"), from_pandas=True))
        if n:
            said = (
                f"leads: {name} of {plural(n, 'lead')} is the first time that its history says so (exports.lifecycle)"
            )
            for index in files["_file"].to_pylist():
                context.ledger.sources[index].decisions.append(said)
    return leads
