"""What each chart of channels claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.analysis.credit import model_name
from revops.charts.attribution_comparison.claims_of_models import model_map, planted, tornado
from revops.charts.attribution_comparison.claims_of_spend import decisions, return_by_campaign, touched
from revops.charts.attribution_comparison.labels import headed, reference_of, short_name_of
from revops.charts.attribution_comparison.rows import plot_shares
from revops.charts.attribution_comparison.rows_of_models import plot_ranks
from revops.charts.style import Chart
from revops.measures.attribution_comparison.result import AttributionResult

__all__ = ["draw", "ranks", "shares"]

_MOST_ROWS = 12
_SAME = 0.005


def draw(result: AttributionResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    found = (decisions, shares, model_map, ranks, tornado, planted, touched, return_by_campaign)
    return [chart for told in found if (chart := told(result)) is not None]


def shares(result: AttributionResult) -> Chart | None:
    """Return what share of the credit each channel gets from the lowest to the highest model; None without credit."""
    won, reference = result.won, reference_of(result.won, result.knobs.reference_model)
    table = won.table[won.table["credit_share"].notna()]
    if table.empty:
        return None
    by_channel = table.groupby("channel")["credit_share"]
    rows = pd.DataFrame({"lowest_share": by_channel.min(), "highest_share": by_channel.max()})
    for name, model in (("first", "first_touch"), ("reference", reference), ("last", "last_touch")):
        rows[f"{name}_share"] = table[table["model"].eq(model)].set_index("channel")["credit_share"]
    rows = rows.rename_axis("channel").reset_index()
    rows = rows.sort_values(["reference_share", "channel"], ascending=[False, True], ignore_index=True)
    rows = rows.assign(label=rows["channel"].map(wording.channel_label))
    title = _title_of_shares(rows, table["model"].unique())
    parts = [
        f"{row.label} {wording.between(row.lowest_share, row.highest_share, wording.share)}"
        f" ({model_name(reference)} {wording.share(row.reference_share)})"
        for row in rows.itertuples()
    ]
    shown, n_models = rows.head(_MOST_ROWS), table["model"].nunique()
    caption = (
        f"Share of the credited amount. Bar: from the lowest to the highest of {wording.plural(n_models, 'model')}; "
        f"filled dot: {model_name(reference)}"
    )
    caption += "; ring: first touch" if rows["first_share"].notna().any() else ""
    caption += "; square: last touch" if rows["last_share"].notna().any() else ""
    caption += "." if len(shown) == len(rows) else f". The {len(shown)} channels with most credit of {len(rows)}."
    columns = ["label", "lowest_share", "first_share", "reference_share", "last_share", "highest_share"]
    ax = plot_shares(shown, short_name_of(reference))
    alt = f"{title}. {'; '.join(parts)}."
    return Chart("shares", title, alt, caption, ax, headed(rows[columns]), (None, *["share"] * 5))


def _title_of_shares(rows: pd.DataFrame, models: np.ndarray) -> str:
    """Return whose credit moves most with the model, or that nobody's does."""
    spread = rows["highest_share"] - rows["lowest_share"]
    if len(rows) == 1:
        return f"All credit goes to {rows['label'].iloc[0]}, the only channel"
    if len(models) == 1:
        first = rows.iloc[0]
        return f"{first['label']} gets the most credit, {wording.share(first['reference_share'])}, by the only model"
    if spread.max() < _SAME:
        return f"All {len(models)} models share the credit alike"
    most = rows.loc[spread.idxmax()]
    ends = wording.between(most["lowest_share"], most["highest_share"], wording.share)
    return f"{most['label']} gets {ends} of the credit, by model"


def ranks(result: AttributionResult) -> Chart | None:
    """Return how sure the rank of each channel is; None with one channel, or where no model has a range."""
    model = _with_ranges(result)
    if model is None:
        return None
    rows, knobs = result.won.of(model).reset_index(), result.knobs
    if len(rows) < 2 or rows["credit_share"].isna().any():
        return None
    rows = rows.sort_values(["rank", "channel"], ignore_index=True)
    is_sure = rows["top_chance"].ge(knobs.sure) & ~rows["is_few"] & (knobs.top < len(rows))
    rows = rows.assign(label=rows["channel"].map(wording.channel_label), is_sure=is_sure)
    title, odds = _title_of_ranks(rows, knobs.top, model_name(model)), wording.odds(knobs.level)
    parts = [
        f"{row.label} {row.rank:g} ({wording.between(row.rank_low, row.rank_high, _whole)}), among the first "
        f"{knobs.top} in {wording.told_share(row.top_chance)}"
        for row in rows.itertuples()
    ]
    shown = rows.head(_MOST_ROWS)
    caption = (
        f"Rank by credit under {model_name(model)}, with the range that holds {odds} times when accounts are drawn "
        f"anew; at the right, the share of draws in which it is among the first {knobs.top}."
    )
    if rows["is_few"].any():
        caption += f" Hollow: fewer than {knobs.fewest_deals} won deals, never called sure."
    caption += "" if len(shown) == len(rows) else f" The first {len(shown)} of {len(rows)}."
    columns = ["label", "rank", "rank_low", "rank_high", "top_chance", "n_deals"]
    ax = plot_ranks(shown, knobs.top)
    units = (None, "count", "count", "count", "share", "count")
    data = headed(rows[columns], rank_low="first_in_range", rank_high="last_in_range",
                  top_chance=f"among_the_first_{knobs.top}")  # fmt: skip
    return Chart("ranks", title, f"{title}. {'; '.join(parts)}.", caption, ax, data, units)


def _whole(rank: float) -> str:
    return f"{rank:g}"


def _with_ranges(result: AttributionResult) -> str | None:
    """Return the model in front, or where it has no ranges the first one that has."""
    table = result.won.table
    known = list(table.loc[table["rank_low"].notna(), "model"].unique())
    reference = reference_of(result.won, result.knobs.reference_model)
    liked = [model for model in (reference, "linear", *known) if model in known]
    return liked[0] if liked else None


def _title_of_ranks(rows: pd.DataFrame, top: int, model: str) -> str:
    """Return which channels are surely among the first, or how many could hold another rank; those on few deals are
    only counted."""
    told, n_few = rows[~rows["is_few"].astype(bool)], int(rows["is_few"].sum())
    few = f"; {n_few} {'is' if n_few == 1 else 'are'} on too few deals to tell" if n_few else ""
    n_moving, sure = int(told["rank_low"].lt(told["rank_high"]).sum()), rows[rows["is_sure"]]
    if told.empty:
        return f"All {len(rows)} channels are on too few deals to rank them under {model}"
    if top >= len(rows):
        if n_moving == 0:
            who = (
                "Every channel keeps its rank" if not n_few else f"{len(told)} of {len(rows)} channels keep their rank"
            )
            return f"{who} under {model}, beyond chance{few}"
        return f"{n_moving} of {len(rows)} channels could hold another rank under {model}, by chance alone{few}"
    if sure.empty:
        return f"No channel is surely among the first {top} under {model}{few}"
    if len(sure) == 1:
        return f"Only {sure['label'].iloc[0]} is surely among the first {top} under {model}{few}"
    if len(sure) == top:
        return f"The first {top} channels under {model} are sure{few}"
    return f"{len(sure)} of {len(rows)} channels are surely among the first {top} under {model}{few}"
