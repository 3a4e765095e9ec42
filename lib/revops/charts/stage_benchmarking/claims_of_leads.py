"""What the charts of the hand-off and of MQLs claim."""

from revops.charts.stage_benchmarking.drawings import plot_mqls, plot_touched
from revops.charts.style import Chart
from revops.measures.stage_benchmarking.curves import thinned, touched_by_hour
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import compared_with
from revops.wording import count, missing, plural, share

__all__ = ["hand_off", "mqls"]

_TIMES_SLA, _MOST_QUARTERS = 10, 8
_POINTS_DRAWN, _POINTS_TOLD = 120, 11


def hand_off(result: StageResult) -> Chart | None:
    """Return how fast MQLs are touched, last weeks against before; None where it cannot be timed."""
    found, knobs = result.hand_off, result.knobs
    row, before = result.hand_off_of("now"), result.hand_off_of("past")
    if missing(row["sla_share"]):
        return None
    table = touched_by_hour(
        found.leads, past=knobs.past, until=_TIMES_SLA * found.sla_hours, fewest=knobs.fewest_followed
    )
    if table.empty:
        return None
    each = found.day_hours if found.unit == "days" else 1.0
    table = table.assign(hours=table["hours"] / each)
    title = f"{share(row['sla_share'])} of MQLs are touched {result.sla_words}; asked for are {share(knobs.sla_target)}"
    caption = (
        f"Share of MQLs touched by office {found.unit} of the owner, of the last {plural(knobs.weeks, 'week')} and "
        f"{compared_with(result.window)}. Untouched ones wait, those given back untouched never are."
    )
    alt = title if missing(before["sla_share"]) else f"{title}. Before: {share(before['sla_share'])}"
    data = thinned(table, _POINTS_TOLD)
    data = data.assign(when=data["when"].map({"now": "last weeks", "past": "before"}))
    ax = plot_touched(thinned(table, _POINTS_DRAWN), found.sla_hours / each, knobs.sla_target, found.unit)
    data = data.rename(columns={"hours": found.unit, "share": "touched"})
    return Chart("hand_off", title, f"{alt}.", caption, ax, data, (None, "count", "share"))


def mqls(result: StageResult) -> Chart | None:
    """Return MQLs by quarter against their targets; None without MQLs."""
    rows = result.marketing.mqls
    rows = rows[rows["span"].eq("quarter")].tail(_MOST_QUARTERS).reset_index(drop=True)
    if rows.empty:
        return None
    aimed = rows[rows["target_share"].notna()]
    n = int(rows["n"].iloc[-1])
    title = (
        f"{plural(n, 'MQL') if n else 'No MQLs'} in {rows['name'].iloc[-1]}"
        f"{'' if rows['is_over'].iloc[-1] else ' so far'}"
    )
    if len(aimed):
        last = aimed.iloc[-1]
        due = f"the target is {count(last['target'])}"
        if not last["is_over"]:
            due = f"{count(round(last['target_to_date']))} of {count(last['target'])} were due by now"
        title = f"{plural(int(last['n']), 'MQL')} in {last['name']}{'' if last['is_over'] else ' so far'}; {due}"
    caption = "MQLs by fiscal quarter; hollow: not over; lines: targets. An enquiry counts once."
    alt = "; ".join(f"{name} {count(n)}" for name, n in zip(rows["name"], rows["n"], strict=True))
    data = rows[["name", "n", "target", "target_share"]]
    data = data.rename(columns={"name": "quarter", "n": "MQLs", "target_share": "of_the_target_so_far"})
    units = (None, "count", "count", "share")
    return Chart("mqls", title, f"{title}. {alt}.", caption, plot_mqls(rows), data, units)
