"""What the charts of steps and of stuck money claim."""

import pandas as pd

from revops.charts.stage_benchmarking.rows import plot_leaks, plot_stuck
from revops.charts.style import Chart
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import PLACES, compared_with
from revops.wording import money, plural, share

__all__ = ["funnel", "stages", "stuck"]


def funnel(result: StageResult) -> Chart | None:
    """Return what became of what came into each place of the funnel; None without leads."""
    return _leaks(result, "funnel", "enquiries")


def stages(result: StageResult) -> Chart | None:
    """Return what became of what came into each stage; None without a history of stages."""
    return _leaks(result, "stage", "opportunities")


def _leaks(result: StageResult, what: str, of: str) -> Chart | None:
    rows = result.leaks[result.leaks["what"].eq(what)].reset_index(drop=True)
    if rows.empty:
        return None
    most = rows["lost_share"].idxmax()
    rows = rows.assign(label=rows["step"].map(lambda step: PLACES.get(step, step)), is_most=rows.index == most)
    age = max(result.knobs.horizons)
    row = rows.loc[most]
    title = f"Most is lost in {row['label']}: {share(row['lost_share'])} of what comes in"
    if row["lost_share"] == 0:
        title = f"Nothing that came in was lost by day {age}"
    caption = (
        f"Of {of} that came into a step in the last {plural(result.knobs.weeks, 'week')} and "
        f"{compared_with(result.window)}: moved on, still there, lost, by day {age}."
    )
    parts = [f"{row.label}: {share(row.moved_share)} moved on, {share(row.there_share)} still there, "
             f"{share(row.lost_share)} lost" for row in rows.itertuples()]  # fmt: skip
    data = rows[["label", "n", "moved_share", "there_share", "lost_share"]]
    heads = {"label": "step", "n": "came_in", "moved_share": "moved_on", "there_share": "still_there"}
    data = data.rename(columns=heads | {"lost_share": "lost"})
    name = {"funnel": "funnel", "stage": "stages"}[what]
    return Chart(name, title, f"{title}. {'; '.join(parts)}.", caption, plot_leaks(rows), data,
                 (None, "count", "share", "share", "share"))  # fmt: skip


def stuck(result: StageResult) -> Chart | None:
    """Return the money that is stuck by stage; None where none is."""
    rows, currency = result.pipeline.stages, result.view.company.currency
    rows = rows[rows["halving_days"].notna()].reset_index(drop=True)
    if rows.empty or not rows["n_stuck"].sum():
        return None
    rows = pd.DataFrame({"label": rows["stage"], "amount": rows["stuck_amount"].fillna(0.0), "n": rows["n_stuck"],
                         "halving_days": rows["halving_days"], "n_open": rows["n_open"]})  # fmt: skip
    total, n = float(rows["amount"].sum()), int(rows["n"].sum())
    top = rows.loc[rows["amount"].idxmax()]
    part = "all of it" if rows["n"].gt(0).sum() == 1 else "the largest part"
    title = f"{money(total, currency)} stands still, {part} in {top['label']}"
    caption = (
        f"Open opportunities past the age at which their stage's chance to move on has halved: {plural(n, 'deal')} of "
        f"{int(rows['n_open'].sum())} open."
    )
    parts = [f"{row.label}: {money(row.amount, currency)} in {plural(int(row.n), 'deal')} older than "
             f"{row.halving_days:.0f} days" for row in rows.itertuples()]  # fmt: skip
    data = rows.rename(
        columns={"label": "stage", "n": "stuck", "n_open": "open", "halving_days": "chance_halved_after"}
    )
    return Chart("stuck", title, f"{title}. {'; '.join(parts)}.", caption, plot_stuck(rows, currency), data,
                 (None, "money", "count", "days", "count"))  # fmt: skip
