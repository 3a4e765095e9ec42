"""A call once: what stood in the earliest copy is what was called, and what a later copy says instead is told."""

import pandas as pd

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.uniting.rows import leave, without_copies
from revops.schema import TABLES
from revops.wording import person, plural

__all__ = ["frozen"]

NAMED = "_who"


def frozen(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return each call once: of several dated copies the earliest counts; two different ones in one are refused.

    Parameters
        rows : calls with their `_copy`, the day of the folder they lie in; undated files come after all dated ones
    """
    key = [*TABLES["forecasts"].key]
    rows = rows.assign(**{NAMED: rows["owner_name"].fillna(rows["member"])})
    first = rows["_copy"].eq(rows.groupby(key, dropna=False)["_copy"].transform("min"))
    earliest = without_copies(rows[first], [*key, "amount_original", "currency"], ledger, "owner_name")
    clash = earliest[earliest.duplicated(key, keep=False) & earliest["level"].notna()]
    if len(clash):
        shown = sorted({f"{r['_who']} {r['snapshot_date']:%Y-%m-%d} {r['category']}" for r in clash.to_dict("records")})
        names = ", ".join(sorted(set(clash["_name"]))[:3])
        ledger.problems.append(
            f"{names}: a member must have one call per week, period and category; found {len(clash):,} of "
            f"{len(earliest):,} rows that contradict each other ({examples(shown)}). Remove those that are out of date."
        )
        return earliest.drop(columns=NAMED)
    later = rows[~first].merge(earliest[[*key, "amount_original", "currency"]], on=key, suffixes=("", "_called"))
    same = later["amount_original"].eq(later["amount_original_called"]) & later["currency"].eq(later["currency_called"])
    _warn_of_rewritten(later[~same], ledger)
    leave(later, same, "same record in another file", ledger, "owner_name")
    leave(later, ~same, "a call rewritten after its first copy", ledger, "owner_name")
    return earliest.drop(columns=NAMED)


def _warn_of_rewritten(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Warn, file by file, of calls that a later copy of the sheet no longer has as they were."""
    for name, part in rows.groupby("_name"):
        shown = sorted(
            f"{person(r['_who'])} {r['snapshot_date']:%Y-%m-%d} {r['category']} "
            f"{r['amount_original_called']:,.10g} became {r['amount_original']:,.10g}"
            for r in part.to_dict("records")
        )
        ledger.warnings.append(
            f"{name}: {plural(len(part), 'call')} rewritten after the first copy ({examples(shown)}); what was called "
            "first counts, since a forecast must be frozen"
        )
