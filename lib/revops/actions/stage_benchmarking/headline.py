"""The first screen of the stage benchmarking report: one true sentence, one line below it, three numbers."""

import pandas as pd

from revops.actions import Headline
from revops.actions.stage_benchmarking.facts import (
    by_day,
    fell,
    from_to,
    is_late,
    judged,
    leak,
    moved_by,
    name_of,
    rose,
    since,
    where,
)
from revops.actions.stage_benchmarking.numbers import numbers
from revops.measures.stage_benchmarking.needs import has_leads
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import compared_with, further_back, lasted
from revops.wording import odds, plural, share

__all__ = ["headline"]

_RANKED = (
    "What surely got worse or comes too late first; then by money: what less moved on in the last weeks than before, "
    "or the money in the records"
)
_OF_STAGES = ("stage", "win", "days")
_FEW = "too few came in"


def headline(result: StageResult) -> Headline:
    """Return the first screen.

    act: something of the whole company, or of the slice, surely got worse; watch: a group of it did, MQLs are surely
    touched too late (the range of the last weeks lies below `sla_target`), or three signals of operational debt or
    more show; not_enough_data: nothing could be compared, or only leads or only stages; on_track otherwise.
    """
    sentence = "; ".join([_sentence(result).removesuffix("."), *_untold(result)]) + "."
    return Headline(_status(result), sentence, _below(result), numbers(result), ranked=_RANKED)


def _status(result: StageResult) -> str:
    if judged(result).empty:
        return "not_enough_data"
    worse = fell(result)
    if worse["dimension"].eq("company").any():
        return "act"
    is_debt = result.organisation.level == "operational debt"
    if len(worse) or is_late(result) or is_debt:
        return "watch"
    return "not_enough_data" if _untold(result) else "on_track"


def _untold(result: StageResult) -> list[str]:
    """Return which half of the report compares nothing, and why; nothing where both do, or neither."""
    tested = judged(result)["what"]
    is_stage = tested.isin(_OF_STAGES)
    if tested.empty:
        return []
    stages = "no history" if result.view.book.stages_from is None else _FEW
    leads = _FEW if has_leads(result.view.book) and result.funnel.why is None else "none are known"
    halves = (("stages", is_stage, stages), ("leads", ~is_stage, leads))
    return [f"{name} are not compared: {why}" for name, told, why in halves if not told.any()]


def _sentence(result: StageResult) -> str:
    worse, better, tested = fell(result), rose(result), judged(result)
    if tested.empty:
        return f"Too little to compare{where(result)}: {_why_untested(result)}."
    if len(worse):
        return f"{_moved(worse.iloc[0], result)}; {_others(len(worse) + len(better) - 1)}."
    if len(better):
        return f"{_moved(better.iloc[0], result)}; {_none_worse(len(better) - 1)}."
    weeks = plural(result.knobs.weeks, "week")
    return f"No change beyond noise in the last {weeks}{where(result)}{_late(result) or _leak(result)}."


def _moved(row: pd.Series, result: StageResult) -> str:
    verb = "rose" if row["change"] > 0 else "fell"
    name = name_of(row, result)
    return f"{name[0].upper()}{name[1:]}{where(result)} {verb} {from_to(row)}{by_day(row)}{since(row, result)}"


def _none_worse(n: int) -> str:
    too = f"{plural(n, 'other number')} got better too, " if n else ""
    return f"{too}nothing got worse beyond noise"


def _others(n: int) -> str:
    return "nothing else moved beyond noise" if not n else f"{plural(n, 'other number')} moved beyond noise too"


def _late(result: StageResult) -> str:
    """Return that MQLs are touched too late, where that is sure."""
    if not is_late(result):
        return ""
    touched, target = share(result.hand_off_of("now")["sla_share"]), share(result.knobs.sla_target)
    return f"; but only {touched} of MQLs are touched {result.sla_words}, against a target of {target}"


def _leak(result: StageResult) -> str:
    found = leak(result)
    if found is None:
        return ""
    step, lost = found
    return f"; the largest leak is {step}, where {share(lost)} of what comes in is lost"


def _why_untested(result: StageResult) -> str:
    whys = result.changes.table["why"].dropna()
    return str(whys.mode().iloc[0]) if len(whys) else "neither leads nor stages with a history are known"


def _below(result: StageResult) -> str:
    """Return what is compared with what, and how sure it is."""
    window, n = result.window, len(judged(result))
    said = [f"{lasted(window.since, window.until, result.view.day)} against {compared_with(window)}"]
    if n:
        back = further_back(result.changes.table, window)
        said[0] += f", the hand-off against {back} too" if back else ""
        said[0] += f", {plural(n, 'comparison')}"
        said.append(
            "A change counts where it is more than chance and the luck that weeks share bring over so many "
            f"comparisons; the aim is that {odds(result.knobs.sure)} of what is said to have moved is right"
        )
    worse = fell(result)
    if len(worse):
        said.append(f"The change is {moved_by(worse.iloc[0])}")
    found = leak(result)
    if found is not None and (len(worse) or len(rose(result)) or _late(result)):
        said.append(f"Of all stages most is lost in {found[0]}: {share(found[1])} of what comes in")
    return ". ".join(said) + "."
