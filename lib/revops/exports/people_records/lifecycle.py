"""When leads were qualified, by the history of their status, where no field holds the date."""

import pandas as pd
import pyarrow as pa

from revops.exports.context import Context
from revops.exports.reading.columns import put
from revops.wording import plural

__all__ = ["with_lifecycle"]

STEPS = ("mql_at", "sql_at")


def with_lifecycle(leads: pa.Table, history: pa.Table, context: Context) -> pa.Table:
    """Return leads whose blank `mql_at` and `sql_at` are the first time that a field took a value which means it.

    The fields and values are those of exports.lifecycle in company.yml, which also serve Salesforce's lead history.
    """
    rule = context.company.exports.lifecycle
    rows = history.select(["lead_id", "changed_at", "field", "new_value"]).to_pandas()
    rows = rows[rows["field"].isin(("status", *rule.fields))]
    meaning = {word: rule.reached(word) for word in rows["new_value"].dropna().unique()}
    for place, name in enumerate(STEPS):
        hits = rows[rows["new_value"].isin([word for word, reached in meaning.items() if reached[place]])]
        first = hits.groupby("lead_id")["changed_at"].min()
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
            for index in sorted(set(history["_file"].to_pylist())):
                context.ledger.sources[index].decisions.append(said)
    return leads
