"""What the charts of the stage benchmarking report claim: title, alternative text, caption and the data behind it."""

import pandas as pd

from revops.charts.stage_benchmarking.claims_of_groups import groups
from revops.charts.stage_benchmarking.claims_of_leads import hand_off, mqls
from revops.charts.stage_benchmarking.claims_of_steps import funnel, stages, stuck
from revops.charts.stage_benchmarking.drawings import plot_curves
from revops.charts.stage_benchmarking.rows import plot_moved
from revops.charts.style import Chart
from revops.measures.stage_benchmarking.curves import curves as curves_of
from revops.measures.stage_benchmarking.curves import thinned
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import compared_with, further_back, move_words
from revops.wording import between, plural, share

__all__ = ["curves", "draw", "moved"]

_VERDICTS = {"up": "better", "down": "worse"}
_MOST, _POINTS_TOLD = 12, 11


def draw(result: StageResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    found = (moved, curves, funnel, stages, stuck, groups, hand_off, mqls)
    return [chart for told in found if (chart := told(result)) is not None]


def moved(result: StageResult) -> Chart | None:
    """Return every share of the whole, now against before, and groups that moved; None where none is compared."""
    rows = result.changes.table
    rows = rows[rows["p_value"].notna() & rows["what"].ne("days")]
    is_sure = rows["verdict"].isin(list(_VERDICTS))
    rows = pd.concat(
        [rows[is_sure].sort_values("p_value", kind="stable"), rows[~is_sure & rows["dimension"].eq("company")]]
    )
    n, rows = int(is_sure.sum()), rows.head(_MOST).reset_index(drop=True)
    if rows.empty:
        return None
    shown = pd.DataFrame({
        "label": [move_words(row, result.following, result.sla_words).replace(", against earlier", " (earlier)")
                  for _, row in rows.iterrows()],
        "now": rows["now"], "now_low": rows["now_low"], "now_high": rows["now_high"], "past": rows["past"],
        "verdict": rows["verdict"].map(_VERDICTS).fillna(""),
    })  # fmt: skip
    title = "Nothing moved beyond noise" if not n else f"{plural(n, 'number')} moved beyond noise"
    weeks = plural(result.knobs.weeks, "week")
    caption = (
        f"Dot: share of the last {weeks} with its range; upright line: {compared_with(result.window)}. In colour: "
        "moved beyond chance and luck, counting how many are compared."
    )
    back = further_back(rows, result.window)
    caption += f" Earlier: {back}." if back else ""
    parts = [f"{row.label} {share(row.past)} before, {share(row.now)} now" for row in shown.itertuples()]
    data = shown.rename(columns={"label": "what", "now": "last_weeks", "now_low": "from", "now_high": "to",
                                 "past": "before", "verdict": "beyond_noise"})  # fmt: skip
    return Chart("moved", title, f"{title}. {'; '.join(parts)}.", caption, plot_moved(shown), data,
                 (None, "share", "share", "share", "share", None))  # fmt: skip


def curves(result: StageResult) -> Chart | None:
    """Return how fast what came in moves on, of the step that changed most surely; None without a step compared."""
    rows = result.changes.table
    rows = rows[rows["dimension"].eq("company") & rows["what"].isin(list(result.changes.families))]
    rows = rows[rows["p_value"].notna() & rows["what"].ne("lead_to_won")]
    if rows.empty:
        return None
    row, knobs = rows.loc[rows["p_value"].idxmin()], result.knobs
    family = result.changes.families[row["what"]]
    horizon = min(max(knobs.horizons), int(2.5 * row["horizon_days"]))
    table = curves_of(family.passages, row["step"], horizon, past=knobs.past, level=knobs.level,
                      fewest=knobs.fewest_followed)  # fmt: skip
    if table.empty:
        return None
    name = move_words(row, result.following, result.sla_words)
    day = f"by day {row['horizon_days']:.0f}"
    said = {"up": "rose", "down": "fell"}.get(row["verdict"])
    pair = f"{share(row['past'])} before, {share(row['now'])} now"
    title = f"{name} {said}: {pair} {day}" if said else f"{name}: {pair} {day}, not beyond noise"
    caption = (
        f"Share moved on by days since it came in, last {plural(knobs.weeks, 'week')} and "
        f"{compared_with(result.window)}, these as they stood when they were as old; with ranges by chance alone. The "
        "step with the least likely change."
    )
    ends = between(row["now_low"], row["now_high"], share)
    alt = f"{title}. Range of the last weeks {ends}."
    data = thinned(table, _POINTS_TOLD)
    data = data.assign(when=data["when"].map({"now": "last weeks", "past": "before"}))
    data = data.rename(columns={"low": "from", "high": "to", "n_followed": "followed"})
    return Chart("curves", title, alt, caption, plot_curves(table), data,
                 (None, "days", "share", "share", "share", "count"))  # fmt: skip
