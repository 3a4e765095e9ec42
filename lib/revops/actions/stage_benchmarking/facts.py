"""What sentences, numbers and actions of the stage benchmarking report are made of."""

import pandas as pd

from revops.analysis.people import owner_labels
from revops.book import UNASSIGNED
from revops.measures.stage_benchmarking.hand_off import EARLIER
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import against, group_words, move_words, number_words, points
from revops.wording import between, join, missing, one_line

__all__ = ["by_day", "fell", "from_to", "is_late", "judged", "leak", "moved_by", "name_of", "rose", "since",
           "where", "worst_first"]  # fmt: skip

_WORSE = {"days": "up"}
_PLACES = ("segment", "region")


def judged(result: StageResult) -> pd.DataFrame:
    """Return the comparisons that were tested."""
    rows = result.changes.table
    return rows[rows["p_value"].notna()]


def fell(result: StageResult) -> pd.DataFrame:
    """Return what surely got worse, worst first: see worst_first. What did so against both times before is told once,
    against the weeks before."""
    return worst_first(_sure(result, is_worse=True))


def rose(result: StageResult) -> pd.DataFrame:
    """Return what surely got better, the largest change first."""
    return worst_first(_sure(result, is_worse=False))


def _sure(result: StageResult, *, is_worse: bool) -> pd.DataFrame:
    rows = judged(result)
    rows = rows[rows["verdict"].isin(["up", "down"])]
    if result.open_statuses is not None:
        rows = rows[~rows["what"].replace(EARLIER).isin(["sla", "accept"])]
    worse = rows["verdict"].eq(rows["what"].map(_WORSE).fillna("down"))
    rows = rows[worse if is_worse else ~worse]
    return rows[~rows["what"].map(EARLIER).isin(rows["what"])]


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return changes of the whole company first; then by the money at stake, then by how unlikely chance is."""
    keys = {"whole": rows["dimension"].ne("company"), "money": -rows["at_stake"].fillna(0.0), "p": rows["p_value"]}
    order = pd.DataFrame(keys).sort_values(list(keys), kind="stable").index
    return rows.loc[order]


def name_of(row: pd.Series, result: StageResult) -> str:
    """Return what a comparison is of, in words; not what it is held against: `since`."""
    plain = {"what": EARLIER.get(row["what"], row["what"])}
    return move_words(pd.Series(row.to_dict() | plain), result.following, result.sla_words)


def since(row: pd.Series, result: StageResult) -> str:
    """Return ` against the 52 weeks up to 11 Mar 2025` of what is not held against the weeks before; else nothing."""
    return f" against {against(row, result.window)}" if row["what"] in EARLIER else ""


def by_day(row: pd.Series) -> str:
    """Return ` by day 30`; nothing for what has no age."""
    return "" if missing(row["horizon_days"]) else f" by day {row['horizon_days']:.0f}"


def from_to(row: pd.Series) -> str:
    """Return `from 52% to 41% (35% to 47%)`."""
    write = number_words(row["what"])
    ends = "" if missing(row["now_low"]) else f" ({between(row['now_low'], row['now_high'], write)})"
    return f"from {write(row['past'])} to {write(row['now'])}{ends}"


def moved_by(row: pd.Series) -> str:
    """Return `11 points (5 to 17)`: by how much, whichever way; an end on the other side of 0 has a minus."""
    way = 1 if row["change"] > 0 else -1
    ends = sorted(way * row[name] for name in ("change_low", "change_high"))
    if row["what"] == "days":
        return f"{abs(row['change']):.1f} days ({ends[0]:.1f} to {ends[1]:.1f})"
    told = [f"{'-' if end < 0 else ''}{points(end).split()[0]}" for end in ends]
    return f"{points(row['change'])} ({told[0]} to {told[1]})"


def where(result: StageResult) -> str:
    """Return ` in EMEA`, ` from sales`, ` of Owner 1234` and the like; nothing for the whole company. Owners are told
    by number."""
    chosen = result.knobs.slice
    names = [one_line(name) for by, name in chosen.items() if by in _PLACES]
    told = f" in {join(names)}" if names else ""
    told += "".join(group_words(by, name) for by, name in chosen.items() if by not in (*_PLACES, "owner"))
    if "owner" not in chosen:
        return told
    known = owner_labels(result.view.owners, [chosen["owner"]], show=result.knobs.show_owners)
    labels = known | {UNASSIGNED: UNASSIGNED}
    return f"{told} of {labels[chosen['owner']]}"


def leak(result: StageResult) -> tuple[str, float] | None:
    """Return the stage where the largest share of what came in is lost, and that share; None where none is told."""
    rows = result.leaks[result.leaks["what"].eq("stage") & result.leaks["lost_share"].gt(0)]
    if rows.empty:
        return None
    row = rows.loc[rows["lost_share"].idxmax()]
    return str(row["step"]), float(row["lost_share"])


def is_late(result: StageResult) -> bool:
    """Return whether MQLs of the last weeks are surely touched less often in time than they are to be."""
    return result.open_statuses is None and bool(result.hand_off_of("now")["sla_high"] < result.knobs.sla_target)
