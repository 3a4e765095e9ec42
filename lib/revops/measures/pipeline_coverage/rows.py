"""The report's numbers as rows of the Answer, and the tables behind its sections."""

import pandas as pd

from revops.analysis.groups import FEW
from revops.measures.pipeline_coverage.outlook_rows import Row, group_rows, outlook_rows
from revops.measures.pipeline_coverage.outlook_tables import Display, outlook_tables
from revops.measures.pipeline_coverage.result import CoverageResult
from revops.wording import between, multiple, plural, share

__all__ = ["display_tables", "measure_rows", "records_table"]

_BY_COVERAGE = {
    "quota_amount": None,
    "booked_amount": "n_booked",
    "open_pipeline_amount": "n_open",
    "total_open_amount": "n_total_open",
    "overdue_amount": "n_overdue",
    "coverage": "n_open",
}
_COVERAGE_COLUMNS = {
    "quota_amount": ("Quota", "money"),
    "booked_amount": ("Booked", "money"),
    "open_pipeline_amount": ("Open pipeline", "money"),
    "n_open": ("Deals", "count"),
    "coverage": ("Coverage", "x"),
    "required_coverage": ("Needed", "x"),
    "expected_amount": ("Expected", "money"),
    "overdue_amount": ("Overdue", "money"),
    "total_open_amount": ("Total open", "money"),
}
_WHERE_KNOWN = ("quota_amount", "coverage", "required_coverage", "expected_amount")


def measure_rows(result: CoverageResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, n, note; undefined is NaN with a note."""
    rows = _coverage_rows(result.headline, {}, result)
    for by, table in result.by_group.items():
        for _, group in table.iterrows():
            named = {by: _name(group["group"], by, result)}
            rows += _coverage_rows(group, named, result) + group_rows(group, named, result.knobs.level)
    rows += [*_start_rows(result), *_created_rows(result), *_earlier_rows(result)]
    if result.moved is not None:
        for kind, amounts in result.moved.groupby("kind", sort=True)["amount"]:
            rows += [_row("pipeline_movement_amount", {"kind": kind}, amounts.sum(), len(amounts))]
    n_open = result.headline["n_open"]
    rows += [_row("top_deal_share", {}, result.top_share, n_open, "nothing is open with an amount")]
    rows += [_row("effective_deals", {}, result.effective_deals, n_open, "nothing is open with an amount")]
    rows += outlook_rows(result)
    early = result.standings.set_index("standing").loc["before_qualifying"]
    rows += [_row("pipeline_before_qualifying_amount", {}, early["amount"], early["n"])]
    return rows


def _start_rows(result: CoverageResult) -> list[Row]:
    why = result.unavailable.get("start_coverage", result.quota.basis)
    return [_row("start_coverage", {}, result.start_coverage, None, why)]


def _created_rows(result: CoverageResult) -> list[Row]:
    """Return what was created, in all and by source."""
    created = result.created
    rows = [_row("created_pipeline_amount", {}, created["created_amount"].sum(), created["n"].sum())]
    for _, made in created.iterrows():
        by = {"source": made["source"]}
        rows += [_row("created_pipeline_amount", by, made["created_amount"], made["n"])]
        rows += [_row("created_pipeline_share", by, made["share"], made["n"], "nothing was created")]
    return rows


def _earlier_rows(result: CoverageResult) -> list[Row]:
    """Return what earlier quarters booked, were asked to book, and how covered they began."""
    rows = []
    for _, quarter in result.earlier.iterrows():
        by = {"period": quarter["period"]}
        rows += [_row("booked_amount", by, quarter["booked_amount"], quarter["n_booked"])]
        rows += [_row("quota_amount", by, quarter["quota_amount"], None, "no quota for that quarter")]
        rows += [_row("start_coverage", by, quarter["start_coverage"], None, "no quota or no history for that quarter")]
    return rows


def display_tables(result: CoverageResult) -> dict[str, Display]:
    """Return the tables of the page: name -> caption, table with headings for people, unit of each column."""
    tables = {f"coverage_by_{by}": _coverage_table(table, by, result) for by, table in result.by_group.items()}
    tables["next_quarter"] = _quarters_table(result)
    tables["earlier_quarters"] = _earlier_table(result)
    tables |= outlook_tables(result)
    standings = result.standings[["reason", "amount", "n", "n_without_amount"]]
    named = standings.set_axis(["Standing", "Amount", "Deals", "Without amount"], axis=1)
    tables["total_open"] = (
        "All open opportunities, by the number they count in",
        named,
        (None, "money", "count", "count"),
    )
    top = result.top_deals
    deals = pd.DataFrame(
        {
            "Opportunity": top["opportunity_name"].fillna(top["opportunity_id"]),
            "Account": top["account_name"].fillna("–"),
            "Stage": top["stage_name"],
            "Close date": top["close_date"],
            "Owner": [_name(owner, "owner", result) for owner in top["owner_id"].fillna("Unassigned")],
            "Amount": top["amount"],
        }
    ).reset_index(drop=True)
    tables["top_deals"] = (
        _concentration(result),
        deals,
        (None, None, None, "date", None, "money"),
    )
    return tables


def records_table(result: CoverageResult) -> pd.DataFrame:
    """Return every opportunity with the number it counts in, or the reason why in none; owners as they may be shown."""
    records = result.records.copy()
    owners = [_name(owner, "owner", result) for owner in records.pop("owner_id").fillna("Unassigned")]
    records.insert(3, "owner", owners)
    return records


def _coverage_rows(group: pd.Series, by: dict[str, str], result: CoverageResult) -> list[Row]:
    """Return the rows of one line of coverage_by_group."""
    rows = []
    for id, n in _BY_COVERAGE.items():
        note = None
        if pd.isna(group[id]):
            note = _why_undefined(id, group, by, result)
        rows.append(_row(id, by, group[id], None if n is None else group[n], note))
    return rows


def _why_undefined(id: str, group: pd.Series, by: dict[str, str], result: CoverageResult) -> str:
    """Return why a number of coverage_by_group is undefined."""
    if id in ("booked_amount", "open_pipeline_amount"):
        return "the quota does not cover this type"
    if pd.isna(group["quota_amount"]):
        return "no quota at this level" if by else result.quota.basis
    return "the period is over" if result.view.day > result.period.end else "nothing remains to book"


def _row(id: str, by: dict[str, str], value: float, n: float | None, note: str | None = None) -> Row:
    """Return one row; the note says why the value is undefined, and goes where it is not."""
    said = note if pd.isna(value) else None
    return {"id": id, "by": by, "value": float(value), "n": None if n is None else int(n), "note": said}


def _name(group: str, by: str, result: CoverageResult) -> str:
    return result.labels.get(group, group) if by == "owner" else group


def _coverage_table(table: pd.DataFrame, by: str, result: CoverageResult) -> Display:
    """Return coverage by one dimension; columns that no group has a value in are left out."""
    names = [_name(group, by, result) for group in table["group"]]
    shown, units, caption = pd.DataFrame({by.capitalize(): names}), [None], f"{result.period.name} by {by}"
    if "is_few" in table:
        few = table["is_few"]
        shown.iloc[:, 0] = shown.iloc[:, 0].where(~few, shown.iloc[:, 0] + " (few)")
        caption += f"; (few): under {FEW} past deals, leans on the whole company" if few.any() else ""
    for column, (label, unit) in _COVERAGE_COLUMNS.items():
        if column not in table or (column in _WHERE_KNOWN and table[column].isna().all()):
            continue
        shown[label], units = table[column], [*units, unit]
        if column == "required_coverage":
            ends = zip(table["required_low"], table["required_high"], strict=True)
            shown["Range"] = [between(low, high, multiple) if low == low else "–" for low, high in ends]
            units = [*units, None]
    if by == "owner":
        shown = shown.sort_values(by.capitalize(), ignore_index=True)
    return caption, shown, tuple(units)


def _quarters_table(result: CoverageResult) -> Display:
    following = result.view.calendar.shift(result.period, 1)
    shown = pd.DataFrame({"Quarter": [result.period.name, following.name]})
    for column in ("quota_amount", "booked_amount", "open_pipeline_amount", "n_open", "coverage"):
        label, _ = _COVERAGE_COLUMNS[column]
        shown[label] = [result.headline[column], result.next_period[column]]
    units = (None, "money", "money", "money", "count", "x")
    return "This quarter and the next", shown, units


def _concentration(result: CoverageResult) -> str:
    """Return how much hangs on the largest deals, in words."""
    words = "The largest opportunities in open pipeline"
    if pd.isna(result.top_share):
        return words
    alike = plural(round(result.effective_deals), "equal deal")
    return f"{words}: {share(result.top_share)} of it; all of it is as concentrated as {alike}"


def _earlier_table(result: CoverageResult) -> Display:
    left = plural(result.period.days_left(result.period.clip(result.view.day)), "day")
    named = {
        "period": ("Quarter", None),
        "quota_amount": ("Quota", "money"),
        "booked_amount": ("Booked", "money"),
        "n_booked": ("Deals", "count"),
        "attainment": ("Attainment", "share"),
        "start_coverage": ("Coverage on day 1", "x"),
        "coverage_on_day": (f"Coverage with {left} left", "x"),
    }
    labels = {column: label for column, (label, _) in named.items()}
    shown = result.earlier[list(labels)].rename(columns=labels)
    return "Earlier quarters, as they stood then", shown, tuple(unit for _, unit in named.values())
