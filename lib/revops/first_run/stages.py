"""The stages of the sales process: in which order deals pass them, how each ends, and which one replaced another."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from revops.exports.reading.columns import TEXT
from revops.exports.recognising.own_columns import ENTERED
from revops.exports.words import category_of, guess
from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import check, quoted, shown
from revops.wording import join, plural

__all__ = ["stage_lines"]

MOST = 50_000  # deals whose past tells the order; more would not tell it better
NEARLY_ALL = 0.95
FEWEST = 5  # deals that a stage must have had to be told apart from one that is rarely used
ENTERING = "the order in which deals entered them"
REPLACED_WITHIN = pd.Timedelta(days=60)
NOTHING: "pd.Series[float]" = pd.Series(dtype=float)
OVERLAP = pd.Timedelta(days=7)


@dataclass(frozen=True)
class Stages:
    """Each stage with its outcome (None where nothing tells it) and why; open ones in order, then won, then lost."""

    names: list[str]
    outcomes: dict[str, str | None]
    reasons: dict[str, str]
    by: str
    notes: dict[str, str]


def stage_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the stages as lines of company.yml, and what was decided about them."""
    words = seen.words("stage_name", "opportunities")
    rows, entries = _rows(seen), _entries(seen)
    own = all(frame.description.kind.outcome for frame in seen.of("opportunities"))
    found = _told(words, rows, entries, _headers(seen), own)
    lines = ["stages:"]
    if not found.by:
        lines += ["  # Nothing tells in which order deals pass them: put them in order, then take the next line out."]
        lines += ["  - {name: TODO}"]
    for name in found.names:
        outcome = found.outcomes[name]
        end = "" if outcome == "open" else f", outcome: {outcome or 'TODO'}"
        why = "" if outcome == "open" else f"  # {found.reasons[name]}"
        lines += check(found.notes[name], 2) if name in found.notes else []
        lines.append(f"  - {{name: {quoted(name)}{end}}}{why}")
    lines += _missing_ends(found, own)
    by = f", ordered by {found.by}" if found.by else ", in an order that nothing tells"
    decided = [f"{plural(len(found.names), 'stage')}{by}: {join([shown(name) for name in found.names])}"]
    return lines, decided


def _missing_ends(found: Stages, own: bool) -> list[str]:
    """Return the lines that company.yml needs beside those of the exports: one stage at least is won."""
    if own:
        spare = [end for end in ("Won", "Lost") if end.casefold() not in {name.casefold() for name in found.names}]
        lines = check("a column of the exports says how each deal ended; these two only complete the list", 2)
        return lines + [f"  - {{name: {end}, outcome: {end.casefold()}}}" for end in spare]
    if "won" in found.outcomes.values() or None in found.outcomes.values():
        return []
    return ["  - {name: TODO, outcome: won}  # no stage of the exports looks won"]


def _rows(seen: Seen) -> pd.DataFrame:
    """Return the stage of each row of deals and their history, and what that row says of its outcome and place."""
    names = ("stage_name", "is_won", "is_closed", "win_probability", "forecast_category", "_sort_order")
    parts = []
    for frame in seen.of("opportunities", "opportunity_history"):
        if "stage_name" in frame.table.column_names:
            part = pd.DataFrame({name: column(frame, name) for name in names}).astype(object)
            parts.append(part.assign(is_now=frame.source.table == "opportunities"))
    rows = pd.concat(parts, ignore_index=True)
    rows["stage_name"] = rows["stage_name"].map({word: _folded(word) for word in rows["stage_name"].dropna().unique()})
    rows["_sort_order"] = pd.to_numeric(rows["_sort_order"], errors="coerce")
    rows["win_probability"] = pd.to_numeric(rows["win_probability"], errors="coerce")
    return rows.dropna(subset=["stage_name"])


def _entries(seen: Seen) -> pd.DataFrame:
    """Return when each deal first entered each stage, by histories of states and steps and by dates of stages."""
    parts = []
    for frame in seen.of("opportunity_history"):
        if frame.description.kind.form != "changes":
            parts.append(pd.DataFrame({n: column(frame, n) for n in ("opportunity_id", "changed_at", "stage_name")}))
    for frame in seen.of("opportunities"):
        for name in frame.table.column_names:
            if name.startswith(ENTERED):
                ids, at = frame.table["opportunity_id"].cast(TEXT).to_pandas(), frame.table[name].to_pandas()
                word = name.removeprefix(ENTERED)
                parts.append(pd.DataFrame({"opportunity_id": ids, "changed_at": at, "stage_name": word}))
    if not parts:
        return pd.DataFrame({"opportunity_id": [], "changed_at": pd.to_datetime([]), "stage_name": []})
    rows = pd.concat(parts, ignore_index=True).dropna()
    rows["stage_name"] = rows["stage_name"].map({word: _folded(word) for word in rows["stage_name"].unique()})
    few = np.sort(rows["opportunity_id"].unique())[:MOST]
    rows = rows[rows["opportunity_id"].isin(few)]
    return rows.groupby(["opportunity_id", "stage_name"], as_index=False)["changed_at"].min()


def _told(words: Counter[str], rows: pd.DataFrame, entries: pd.DataFrame, headers: list[str], own: bool) -> Stages:
    """Return the stages with what tells their outcome and order; `own` where a column of the file says the outcome."""
    before = _before(entries)
    last = entries.groupby("opportunity_id")["changed_at"].transform("max")
    left = (entries["changed_at"] < last).groupby(entries["stage_name"]).mean()
    ends = {word: ("open", "") if own else _outcome(word, rows, left) for word in words}
    opens = [word for word in words if ends[word][0] not in ("won", "lost")]
    placed, by, unsure = _in_order(opens, rows, before, headers)
    closed = [word for outcome in ("won", "lost") for word in words if ends[word][0] == outcome]
    notes = dict.fromkeys(sorted(unsure), "nothing tells where in this order it stands") if by else {}
    if by == ENTERING:
        notes = _untold(placed, before - before.T) | notes
    notes |= _former(placed, rows, entries)
    outcomes, reasons = ({word: end[i] for word, end in ends.items()} for i in (0, 1))
    return Stages([*placed, *closed], outcomes, reasons, by, notes)


def _outcome(word: str, rows: pd.DataFrame, left: "pd.Series[float]") -> tuple[str | None, str]:
    """Return how deals in a stage have ended, by the surest thing that tells it, and what that is."""
    mine = rows[rows["stage_name"] == _folded(word)]
    won, closed = (mine[name].dropna().astype(bool) for name in ("is_won", "is_closed"))
    if len(won) and won.mean() >= NEARLY_ALL:
        return "won", "marked as won"
    if len(closed) and (closed.mean() >= NEARLY_ALL or closed.mean() <= 1 - NEARLY_ALL):
        return ("lost", "marked as closed, not as won") if closed.mean() > 0.5 else ("open", "not marked as closed")
    category = mine["forecast_category"].dropna().map(category_of)
    if len(category) and (category == "Closed").mean() >= NEARLY_ALL:
        return "won", "forecast category Closed"
    key = _folded(word)
    if left.get(key, 0.0) > 0.5:
        return "open", "deals go on from it"
    chance = mine["win_probability"].dropna()
    if len(chance):
        middle = chance.median()
        if middle in (0.0, 1.0):
            return ("won", "probability 100 %") if middle else ("lost", "probability 0 %")
        return "open", "a probability between 0 and 100 %"
    hint = guess("outcome", word)
    if hint in ("won", "lost"):
        return hint, "by its name"
    return None, "nothing tells how it ends: open, won or lost"


def _before(entries: pd.DataFrame) -> pd.DataFrame:
    """Return how many deals entered the stage of each row before that of each column."""
    pairs = entries.merge(entries, on="opportunity_id", suffixes=("", "_2"))
    pairs = pairs[pairs["changed_at"] < pairs["changed_at_2"]]
    names = sorted(set(entries["stage_name"]))
    return pd.crosstab(pairs["stage_name"], pairs["stage_name_2"]).reindex(index=names, columns=names, fill_value=0)


def _in_order(
    opens: list[str], rows: pd.DataFrame, before: pd.DataFrame, headers: list[str]
) -> tuple[list[str], str, set[str]]:
    """Return the open stages in the order of the process, what tells it (blank: nothing), those not placed by it."""
    grouped = rows.groupby("stage_name")
    order, chance = grouped["_sort_order"].median(), grouped["win_probability"].median()
    keys = {word: _folded(word) for word in opens}
    sorted_by_crm = [word for word in opens if pd.notna(order.get(keys[word]))]
    if len({order[keys[word]] for word in sorted_by_crm}) > 1 or len(opens) == len(sorted_by_crm) == 1:
        placed = sorted(sorted_by_crm, key=lambda word: (order[keys[word]], word))
        return _with_rest(placed, opens, before, "StageSortOrder")
    sure = rows[rows["is_now"] & rows["win_probability"].between(0, 1, inclusive="neither")]
    now = sure.groupby("stage_name")["win_probability"].median()
    passed = before.reindex(index=list(keys.values()), columns=list(keys.values()), fill_value=0)
    if passed.to_numpy().sum():
        first = sorted(opens, key=lambda word: (_place(keys[word], headers), float(now.get(keys[word], 0.5))))
        return (
            _agreeing(first, (passed - passed.T)),
            ENTERING,
            {word for word in opens if not (passed.loc[keys[word]].sum() + passed[keys[word]].sum())},
        )
    known = [word for word in opens if pd.notna(chance.get(keys[word]))]
    if len({chance[keys[word]] for word in known}) > 1 or len(opens) == 1:
        placed = sorted(known, key=lambda word: (chance[keys[word]], word))
        return _with_rest(placed, opens, before, "their probability")
    return opens, "", set(opens)


def _agreeing(first: list[str], lead: pd.DataFrame) -> list[str]:
    """Return the order that entries of deals tell; stages of which they tell nothing stay in that of a first one.

    Next is always the earliest of the first order that no other left comes before; where all have one before them,
    that which the fewest entries put later.
    """
    left, placed = list(first), []
    while left:
        keys = [_folded(word) for word in left]
        behind = lead.loc[keys, keys].clip(lower=0).sum()
        word = min(left, key=lambda name: behind[_folded(name)])
        left.remove(word)
        placed.append(word)
    return placed


def _untold(placed: list[str], lead: pd.DataFrame) -> dict[str, str]:
    """Return, for a stage that no deal tells apart from the one before it, the sentence that says so."""
    return {
        word: f"the deals do not tell whether it comes after {shown(before)}"
        for before, word in pairwise(placed)
        if not lead.get(_folded(word), NOTHING).get(_folded(before), 0)
    }


def _place(key: str, headers: list[str]) -> int:
    return next((place for place, header in enumerate(headers) if header.startswith(key)), len(headers))


def _headers(seen: Seen) -> list[str]:
    """Return the stages that headers name, folded, in the order of the files' columns."""
    names = [name for frame in seen.of("opportunities") for name in frame.labels if name.startswith(ENTERED)]
    return list(dict.fromkeys(_folded(name.partition(" ")[2]) for name in names))


def _with_rest(placed: list[str], opens: list[str], before: pd.DataFrame, by: str) -> tuple[list[str], str, set[str]]:
    """Return the placed stages with the others put before the first that deals enter after them, else at the end."""
    unsure = set()
    for word in (word for word in opens if word not in placed):
        key = _folded(word)
        others = [_folded(other) for other in placed]
        known = [key in before.index and other in before.index for other in others]
        lead = [before.loc[key, o] - before.loc[o, key] if k else 0 for o, k in zip(others, known, strict=True)]
        later = [place for place, ahead in enumerate(lead) if ahead > 0]
        unsure |= set() if any(lead) else {word}
        placed = [*placed[: later[0]], word, *placed[later[0] :]] if later else [*placed, word]
    return placed, by, unsure


def _former(placed: list[str], rows: pd.DataFrame, entries: pd.DataFrame) -> dict[str, str]:
    """Return, for an open stage no deal is in and which another seems to have replaced, the sentence that says so."""
    now = set(rows.loc[rows["is_now"], "stage_name"])
    span = entries.groupby("stage_name")["changed_at"].agg(["min", "max", "size"])
    span = span[span["size"] >= FEWEST]
    found = {}
    for word in placed:
        if _folded(word) in now or _folded(word) not in span.index:
            continue
        last = span.loc[_folded(word), "max"]
        for other in placed:
            begun = span["min"].get(_folded(other))
            if other != word and begun is not None and -OVERLAP <= begun - last <= REPLACED_WITHIN:
                found[word] = (
                    f"entered until {last:%Y-%m-%d}, and {shown(other)} only from {begun:%Y-%m-%d} on; if that is its "
                    f"new name, put it there as also: {shown(quoted(word))}, and take this line out"
                )
    return found


def _folded(word: str) -> str:
    return " ".join(str(word).split()).casefold()
