"""The first screen of the CAC payback report: one true sentence, one line below it, three numbers."""

from revops.actions import Headline
from revops.actions.cac_payback.facts import lagged, lost_by, recognised_half, when, where
from revops.actions.cac_payback.numbers import numbers
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import BASES
from revops.wording import between, missing, months, odds, plural, share

__all__ = ["headline"]


def headline(result: CacResult) -> Headline:
    """Return the first screen.

    act: even the lower end of payback lies above the target, or gross margin is below 0; watch: payback or its upper
    end lies above the target, or more leave before it than `most_lost`; on_track otherwise; not_enough_data: fewer new
    customers than `fewest_customers`, or no payback can be had.
    """
    return Headline(_status(result), _sentence(result), _below(result), numbers(result))


def _is_enough(result: CacResult) -> bool:
    return lagged(result)["n_customers"] >= result.knobs.fewest_customers


def _status(result: CacResult) -> str:
    row, target = lagged(result), result.knobs.target_months
    if result.books.window_margin <= 0 and _is_enough(result):
        return "act"
    if not _is_enough(result) or missing(row["payback_months"]):
        return "not_enough_data"
    if row["low"] > target:
        return "act"
    lost = lost_by(result)
    leaves = lost is not None and lost["lost_share"] > result.knobs.most_lost
    return "watch" if row["high"] > target or row["payback_months"] > target or leaves else "on_track"


def _sentence(result: CacResult) -> str:
    row, place = lagged(result), where(result)
    if not _is_enough(result):
        many = plural(int(row["n_customers"]), "new customer")
        return (
            f"{many[0].upper()}{many[1:]}{place} {when(result)}: too few to say how long they take to repay their cost."
        )
    if missing(row["payback_months"]):
        return f"How long a new customer{place} takes to repay its cost cannot be said: {row['note']}."
    told = months(row["payback_months"])
    said = f"A new customer{place} repays its cost in {told} month{'' if told == '1.0' else 's'}"
    if not missing(row["low"]):
        said += f" ({between(row['low'], row['high'], months)})"
    lost = lost_by(result)
    return f"{said}{_left(lost)}." if lost is not None else f"{said}."


def _left(lost: object) -> str:
    part = share(lost["lost_share"])
    if lost["lost_share"] == 0:
        return f"; none left before, in {plural(int(lost['age_months']), 'month')}"
    leave = "leaves" if part in ("<1%", "1%") else "leave"
    return f"; {part} {leave} before, within {plural(int(lost['age_months']), 'month')}"


def _below(result: CacResult) -> str:
    """Return how far definitions lie apart, the target, and what the range is."""
    rows = result.ladder.rungs.dropna(subset="payback_months")
    target = f"The target is {months(result.knobs.target_months)} months"
    if rows.empty:
        return f"{target}."
    least, most = (rows.loc[rows["payback_months"].idxmin()], rows.loc[rows["payback_months"].idxmax()])
    half = recognised_half(result)
    realised = "" if missing(half) else f" Half of all customers had repaid after {plural(int(half), 'month')}."
    return (
        f"{target}; the range holds {odds(result.knobs.level)} resamples of customers. People included, on gross "
        "margin, of new customers alone, cost counted when it was spent; by definition alone it is "
        f"{months(least['payback_months'])} ({BASES[least['basis']].lower()}) to {months(most['payback_months'])} "
        f"({BASES[most['basis']].lower()}).{realised}"
    )
