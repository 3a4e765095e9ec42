"""The tables on the funnel and on the stages: by when how much has moved on, how long it takes, how it ends."""

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also, at_risk, by_age, with_range
from revops.measures.stage_benchmarking.words import PLACES, compared_with, step_words
from revops.wording import count, missing, plural

__all__ = ["step_tables"]

_MOST_STUCK = 15
_AT_RISK = "Number at risk: still there at that age, and seen so long"
_WHEN = {"now": "Last weeks", "past": "Before"}


def step_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name; those of the funnel only where leads are known, those of stages where history is."""
    tables = {}
    if result.funnel.why is None:
        tables |= {"funnel_by_age": _funnel(result), "funnel_at_risk": _funnel_at_risk(result),
                   "funnel_cohorts": _cohorts(result)}  # fmt: skip
    if len(result.pipeline.passages):
        tables |= {"stages_by_age": _stages(result), "stages_at_risk": _stages_at_risk(result),
                   "count_and_money": _money(result), "time_in_stage": _times(result),
                   "endings": _endings(result), "stuck_deals": _stuck(result)}  # fmt: skip
    return tables


def _funnel(result: StageResult) -> Display:
    shown = by_age(_of_funnel(result), result.knobs.horizons).rename(columns={"step": "Step"})
    shown["Step"] = _funnel_words(shown["Step"])
    caption = (
        f"Enquiries of the last {plural(result.knobs.weeks, 'week')} and {compared_with(result.window)}: the share "
        "that moved on by so many days after it came into a step, with its range"
    )
    return caption, shown, (None, "count", *[None] * len(result.knobs.horizons))


def _funnel_at_risk(result: StageResult) -> Display:
    shown = at_risk(_of_funnel(result), result.knobs.horizons).rename(columns={"step": "Step"})
    shown["Step"] = _funnel_words(shown["Step"])
    return f"{_AT_RISK}, enquiries", shown, (None, *["count"] * (len(result.knobs.horizons) + 1))


def _of_funnel(result: StageResult) -> pd.DataFrame:
    return pd.concat([result.all_converted("funnel"), result.all_converted("lead_to_won")], ignore_index=True)


def _funnel_words(steps: pd.Series) -> list[str]:
    return [step_words("funnel" if step in PLACES else "lead_to_won", step, None) for step in steps]


def _cohorts(result: StageResult) -> Display:
    """Return by quarter of the first lead how many got how far, so far, and how many of them can."""
    rows = result.funnel.cohorts
    last = max(result.knobs.horizons)
    rows = rows[rows["horizon_days"].eq(last)]
    wide = rows.pivot(index="cohort", columns="step", values="share").reindex(columns=list(PLACES)[1:])
    n = rows.drop_duplicates("cohort").set_index("cohort")["n"]
    shown = wide.rename(columns=PLACES).assign(Enquiries=n)[["Enquiries", *[PLACES[name] for name in wide.columns]]]
    caption = f"Enquiries by fiscal quarter of their first lead: the share that got so far by day {last}"
    return caption, shown.reset_index(names="Quarter").tail(8), (None, "count", *["share"] * 4)


def _stages(result: StageResult) -> Display:
    shown = by_age(_of_stages(result), result.knobs.horizons).rename(columns={"step": "Step"})
    shown["Step"] = _stage_words(shown["Step"], result)
    caption = (
        f"Opportunities of the last {plural(result.knobs.weeks, 'week')} and {compared_with(result.window)}: the share "
        "that moved on by so many days after it came into a stage, with its range; lost ones compete, open ones count "
        "as long as they were seen"
    )
    return also(caption, *result.pipeline.notes), shown, (None, "count", *[None] * len(result.knobs.horizons))


def _stages_at_risk(result: StageResult) -> Display:
    shown = at_risk(_of_stages(result), result.knobs.horizons).rename(columns={"step": "Step"})
    shown["Step"] = _stage_words(shown["Step"], result)
    return f"{_AT_RISK}, opportunities", shown, (None, *["count"] * (len(result.knobs.horizons) + 1))


def _of_stages(result: StageResult) -> pd.DataFrame:
    return pd.concat([result.all_converted("stage"), result.all_converted("win")], ignore_index=True)


def _stage_words(steps: pd.Series, result: StageResult) -> list[str]:
    known = result.following
    return [step_words("stage" if step in known else "win", step, known.get(step)) for step in steps]


def _money(result: StageResult) -> Display:
    """Return conversion counted and weighted by money side by side."""
    gap = result.pipeline.gap
    gap = gap[gap["horizon_days"].eq(max(result.knobs.horizons))].dropna(subset="share_by_amount")
    shown = pd.DataFrame({
        "Step": [step_words("stage", step, result.following.get(step)) for step in gap["step"]],
        "Of opportunities": gap["share"].to_numpy(), "Of money": gap["share_by_amount"].to_numpy(),
        "Difference": [_points(*row) for row in gap[["gap", "low", "high"]].itertuples(index=False, name=None)],
        "Beyond chance": ["yes" if value < 1 - result.knobs.sure else "no" for value in gap["p_value"]],
    })  # fmt: skip
    caption = (
        f"By day {max(result.knobs.horizons)}, each opportunity counted once, and each at its amount when it came in: "
        "where money does worse, large ones are lost more"
    )
    return caption, shown, (None, "share", "share", None, None)


def _points(gap: float, low: float, high: float) -> str:
    """Return a difference of shares in points with its range."""
    if missing(gap):
        return "–"
    return f"{100 * gap:+.0f} points" + ("" if missing(low) else f" ({100 * low:+.0f} to {100 * high:+.0f})")


def _times(result: StageResult) -> Display:
    """Return how long stays last, where the chance has halved, and how straight the way is."""
    times = result.pipeline.times
    past = times[times["when"].eq("past")].set_index("stage_name")
    now = times[times["when"].eq("now")].set_index("stage_name").reindex(past.index)
    flow = result.pipeline.flow
    flow = flow[flow["when"].eq("past")].set_index("stage").reindex(past.index)
    halved = result.pipeline.stages.set_index("stage")["halving_days"].reindex(past.index)
    shown = pd.DataFrame({
        "Stage": past.index, "Stays": past["n"].to_numpy(),
        "Median, before": [_days(row) for row in past.itertuples()],
        "Median, last weeks": [_days(row) for row in now.itertuples()],
        "9 in 10 out by": [_out(row) for row in past.itertuples()], "Chance halved after": halved.to_numpy(),
        "Skipped": flow["n_skipped"].to_numpy(), "Came again": flow["n_again"].to_numpy(),
        "Went back": flow["n_back"].to_numpy(),
    })  # fmt: skip
    caption = (
        f"Days in a stage until it was left by whatever way, of stays begun in {compared_with(result.window)} and in "
        "the last weeks; open ones count as long as they were seen. Skipped, came again, went back: of those that "
        "came in before the last weeks"
    )
    return caption, shown, (None, "count", None, None, None, "days", "count", "count", "count")


def _days(row: object) -> str:
    """Return the median time with its range; `more than` the days seen where half were not over."""
    if missing(row.n) or not row.n:
        return "–"
    if missing(row.median_days):
        return f"over {row.longest_days:.0f}"
    return with_range(row.median_days, row.low, row.high, count)


def _out(row: object) -> str:
    if missing(row.p90_days):
        return "–" if missing(row.longest_days) else f"over {row.longest_days:.0f}"
    return count(row.p90_days)


def _endings(result: StageResult) -> Display:
    rows = result.pipeline.endings
    shown = pd.DataFrame({
        "When": rows["when"].map(_WHEN), "Ended as": rows["ending"], "Opportunities": rows["n"],
        "Share of those lost": rows["share"], "Amount": rows["amount"],
    })  # fmt: skip
    caption = (
        f"How lost opportunities ended, in the last weeks and in {compared_with(result.window)}, by day of the loss"
    )
    return caption, shown.reset_index(drop=True), (None, None, "count", "share", "money")


def _stuck(result: StageResult) -> Display:
    """Return what is stuck, most money first, with whose it is."""
    rows = result.pipeline.stuck.head(_MOST_STUCK)
    shown = pd.DataFrame({
        "Opportunity": rows["opportunity_name"].fillna(rows["opportunity_id"]), "Owner": rows["owner_name"],
        "Stage": rows["stage_name"], "Amount": rows["amount"], "Days there": rows["days_in_stage"],
        "Chance halved after": rows["halving_days"],
    })  # fmt: skip
    n = len(result.pipeline.stuck)
    caption = (
        "Open opportunities that have stood in their stage longer than the age at which its chance to move on has "
        "halved, by the stays of all types of opportunity in all the history"
    )
    caption += f"; the {_MOST_STUCK} largest of {n}, all are in the file beside this page" if n > _MOST_STUCK else ""
    return caption, shown.reset_index(drop=True), (None, None, None, "money", "days", "days")
