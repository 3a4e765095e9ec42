"""What happens beside the straight way: stages skipped, come back to, moved back out of; and how the lost end."""

import pandas as pd

from revops.measures.stage_benchmarking.pipeline.deals import Deals
from revops.measures.stage_benchmarking.pipeline.several import among
from revops.measures.stage_benchmarking.window import Window

__all__ = ["WHEN", "endings_of", "flow_of", "when_of"]

WHEN = ("now", "past")


def when_of(window: Window, places: pd.Series) -> pd.Series:
    """Return `now` for the last weeks, `past` for the windows they are held against, null for others."""
    is_past = places.between(1, window.knobs.past)
    return pd.Series(None, index=places.index, dtype="str").mask(places.eq(0), "now").mask(is_past, "past")


def flow_of(window: Window, passages: pd.DataFrame, stays: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """Return how many came into each stage, went past it, stood there again, and moved backward out of it.

    Parameters
        passages, stays : as in Pipeline
        stages : the open stages, in order

    Returns
        One row per now and past x stage: when, stage, n, n_skipped (of n), n_again (stays after the first of the same
        opportunity), n_back (stays that ended backward, by the day they did).
    """
    is_again = stays.duplicated(["opportunity_id", "stage_name"])
    ended = stays["first"] + pd.to_timedelta(stays["age_days"], unit="D")
    parts = {
        "n": (passages["step"], passages["window"]),
        "n_skipped": (passages["step"][passages["is_skipped"]], passages["window"]),
        "n_again": (stays["stage_name"][is_again], stays["window"]),
        "n_back": (stays["stage_name"][stays["event"].eq(2)], window.place_of(ended)),
    }
    keys = pd.MultiIndex.from_product([WHEN, stages], names=["when", "stage"])
    counts = {}
    for name, (stage, places) in parts.items():
        found = pd.DataFrame({"when": when_of(window, places.reindex(stage.index)), "stage": stage}).dropna()
        counts[name] = found.groupby(["when", "stage"]).size().reindex(keys, fill_value=0).astype("int64")
    return pd.DataFrame(counts).reset_index().astype({"when": "str", "stage": "str"})


def endings_of(window: Window, deals: Deals, ids: pd.Series) -> pd.DataFrame:
    """Return under which name opportunities were lost, first time only.

    Parameters
        ids : opportunities to count

    Returns
        One row per now and past x lost stage of company.yml that somebody ended in: when, ending, n, share (of all
        lost in these weeks), amount (on the day they were lost; blanks count nothing; NaN where none is known).
    """
    columns = ["opportunity_id", "lost_at"]
    lost = deals.records.loc[deals.records["lost_at"].notna() & among(deals.records["opportunity_id"], ids), columns]
    lost = lost[lost["lost_at"] > pd.Timestamp(window.view.book.stages_from)]
    states = deals.states.rename(columns={"day": "lost_at"})
    lost = lost.merge(states, on=columns, validate="1:1")
    lost = lost.assign(when=when_of(window, window.place_of(lost["lost_at"])))
    found = lost.groupby(["when", "stage_name"])["amount"].agg(
        n="size", amount=lambda amounts: amounts.sum(min_count=1)
    )
    found = found.reset_index().rename(columns={"stage_name": "ending"})
    found["share"] = found["n"] / found.groupby("when")["n"].transform("sum")
    order = found["ending"].map(window.view.company.stage_order)
    found = found.assign(order=order).sort_values(["when", "order"], ignore_index=True)
    return found[["when", "ending", "n", "share", "amount"]].astype(
        {"when": "str", "ending": "str", "n": "int64", "share": "float64", "amount": "float64"}
    )
