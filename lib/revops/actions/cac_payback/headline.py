"""The first screen of the CAC payback report: one true sentence, one line below it, three numbers."""

import pandas as pd

from revops.actions import Headline
from revops.actions.cac_payback.facts import has_books, is_told, lagged, lost_by, people, recognised_half, when, where
from revops.actions.cac_payback.numbers import numbers
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import basis_name, month_range, month_words
from revops.wording import missing, months, odds, plural, share

__all__ = ["headline"]

_RANKED = (
    "Ranked by money: cost beyond what the target allows, or what is lost on customers who leave before they have "
    "repaid theirs; then by the money in the records"
)
_NEVER = "never: "


def headline(result: CacResult) -> Headline:
    """Return the first screen.

    act: even the lower end of payback lies above the target, or gross margin is not above 0; watch: payback or its
    upper end lies above the target (or it has none), or more leave before it than `most_lost`; on_track otherwise;
    not_enough_data: fewer new customers than `fewest_customers`, no payback can be had, no cost is on the books, or
    there are no books, so that people are in no cost.
    """
    return Headline(_status(result), _sentence(result), _below(result), numbers(result), ranked=_RANKED)


def _is_never(row: pd.Series) -> bool:
    return missing(row["payback_months"]) and str(row["note"]).startswith(_NEVER)


def _is_few(row: pd.Series, result: CacResult) -> bool:
    return row["n_customers"] < result.knobs.fewest_customers


def _status(result: CacResult) -> str:
    row, target = lagged(result), result.knobs.target_months
    if not has_books(result):
        return "not_enough_data"
    if _is_never(row) and not _is_few(row, result):
        return "act"
    if not is_told(result):
        return "not_enough_data"
    if row["low"] > target:
        return "act"
    lost = lost_by(result)
    leaves = lost is not None and lost["lost_share"] > result.knobs.most_lost
    is_open = missing(row["high"]) and not missing(row["low"])
    is_late = is_open or row["high"] > target or row["payback_months"] > target
    return "watch" if is_late or leaves else "on_track"


def _sentence(result: CacResult) -> str:
    row, place = lagged(result), where(result)
    if missing(row["spend_amount"]):
        return _untold(row, place)
    if _is_few(row, result):
        return _few(result, row, place)
    if _is_never(row):
        return f"A new customer{place} never repays its cost: {str(row['note']).removeprefix(_NEVER)}."
    if missing(row["payback_months"]):
        return _untold(row, place)
    if not row["spend_amount"] > 0:
        return _free(result, place)
    of = "On average" if has_books(result) else "On what ads and campaigns cost alone, people not counted,"
    said = f"{of} a new customer{place} repays its cost in {month_words(row['payback_months'])}"
    if not missing(row["low"]):
        said += f" ({month_range(row['low'], row['high'])})"
    return f"{said}, if it stays{_left(lost_by(result))}."


def _untold(row: pd.Series, place: str) -> str:
    note = str(row["note"])
    why = f" without {note.removeprefix('needs ')}" if note.startswith("needs ") else f": {note}"
    return f"How long a new customer{place} takes to repay its cost cannot be said{why}."


def _free(result: CacResult, place: str) -> str:
    """Return that new customers bear no cost: by the setting, or as none is known."""
    if result.effort.new_share == 0:
        return f"There is nothing to repay: new_share is 0, no cost is borne by new customers{place}."
    where_it_is = "is on the books" if has_books(result) else "is among ads and campaigns"
    return f"No cost of winning customers{place} {where_it_is} {when(result)}: there is nothing to repay."


def _few(result: CacResult, row: pd.Series, place: str) -> str:
    """Return that too few customers came, in the months that count."""
    n, of = int(row["n_customers"]), result.ladder
    counted = plural(len(of.months), "month").removeprefix("1 ")
    span = f"in the {counted} whose cost and customers are known" if of.months_left_out else when(result)
    many = plural(n, "new customer")
    return f"{many[0].upper()}{many[1:]}{place} {span}: too few to say how long one takes to repay its cost."


def _left(lost: pd.Series | None) -> str:
    if lost is None:
        return ""
    within = plural(int(lost["age_months"]), "month")
    if lost["lost_share"] == 0:
        return f"; none was seen to leave before, within {within}"
    return f"; {share(lost['lost_share'])} leave before, within {within}"


def _below(result: CacResult) -> str:
    """Return the target, what the range is, what is counted, and how far definitions lie apart."""
    row, said = lagged(result), [f"The target is {month_words(result.knobs.target_months)}"]
    if is_told(result):
        if not has_books(result):
            said[0] += ", not held against a cost without people"
        if not missing(row["low"]):
            said[0] += f"; the range holds {odds(result.knobs.level)} resamples of customers"
        said.append(_counted(result))
    if not _is_few(row, result) and row["spend_amount"] != 0:
        said += [text for text in (_of_one(result), _by_definition(result), _realised(result)) if text]
    return f"{'. '.join(said)}."


def _counted(result: CacResult) -> str:
    """Return what the payback counts, in words."""
    lag = "each month's cost set against the customers it won later"
    if result.lag.why is not None:
        lag = "cost and customers of the same months, as the time between is not known"
    return f"Counted: new customers alone, {people(result)}, on gross margin, {lag}"


def _of_one(result: CacResult) -> str | None:
    """Return how much hangs on the largest new customer, where that is much."""
    of = result.ladder
    if not of.rests_on_one:
        return None
    part = f"One new customer pays {share(of.largest_share)} of what all new ones pay"
    without = "" if missing(of.without_largest) else f"; without it payback is {month_words(of.without_largest)}"
    return part + without


def _by_definition(result: CacResult) -> str | None:
    rows = result.ladder.rungs.dropna(subset="payback_months")
    if rows.empty:
        return None
    least, most = (rows.loc[place] for place in (rows["payback_months"].idxmin(), rows["payback_months"].idxmax()))
    head = "By definition alone it is" if is_told(result) else "By another definition it is"
    if least["payback_months"] == most["payback_months"]:
        return None if is_told(result) else f"{head} {month_words(least['payback_months'])} ({_named(result, least)})"
    told = f"{months(least['payback_months'])} ({_named(result, least)}) to {month_words(most['payback_months'])}"
    return f"{head} {told} ({_named(result, most)})"


def _named(result: CacResult, rung: pd.Series) -> str:
    name = basis_name(result, rung["basis"])
    return f"{name[0].lower()}{name[1:]}"


def _realised(result: CacResult) -> str | None:
    half = recognised_half(result)
    return None if missing(half) else f"Half of customers have repaid after {plural(int(half), 'month')}"
