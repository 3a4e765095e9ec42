"""The report's numbers as rows of the Answer."""

from collections.abc import Iterator

import pandas as pd

from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.result import AttributionResult
from revops.metrics.row import Row, row

__all__ = ["measure_rows"]

_NO_CREDIT = "nothing is credited to it under this model"
_NO_COST = "no cost of it is known"
_NO_DRAWS = "ranges come from resampling; Markov beyond order 1 is given without"


def measure_rows(result: AttributionResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, low, high, level, n, note; undefined is NaN with a note.

    Of pipeline created the rows have `of: pipeline`; all others are of deals won.
    """
    rows = [*_credit_rows(result.won, result), *_credit_rows(result.pipeline, result), *_spread_rows(result)]
    rows += [*_untouched_rows(result), *_effect_rows(result), *_cost_rows(result), *_type_rows(result)]
    return rows


def _credit_rows(found: Credited, result: AttributionResult) -> Iterator[Row]:
    """Yield what each model credits each channel with."""
    of = {"of": "pipeline"} if found.cutoff == "creation" else {}
    level = result.knobs.level
    for line in found.table.itertuples():
        by = {"model": line.model, "channel": line.channel, **of}
        yield row("credited_amount", by, line.credited_amount, n=line.n_deals)
        yield row("credited_deals", by, line.credited_deals, n=line.n_deals)
        ends = (line.low, line.high, level)
        yield row("credit_share", by, line.credit_share, ends, line.n_deals, "nothing is credited")
        if not of:
            yield row("top_rank_chance", by, line.top_chance, n=line.n_deals, note=_NO_DRAWS)


def _spread_rows(result: AttributionResult) -> Iterator[Row]:
    """Yield what the choice of model decides."""
    for line in result.spread.itertuples():
        yield row("model_spread", {"channel": line.channel}, line.model_spread)
    moved = result.disagreement["share_moved"]
    yield row("model_disagreement", {}, moved.max() if len(moved) else float("nan"), n=len(result.won.models),
              note="fewer than two models can be had")  # fmt: skip


def _untouched_rows(result: AttributionResult) -> Iterator[Row]:
    """Yield what no model credits."""
    for found, of in ((result.won, {}), (result.pipeline, {"of": "pipeline"})):
        rows = found.unattributed
        yield row("unattributed_amount", of, rows["amount"].sum(), n=rows["n_deals"].sum())


def _effect_rows(result: AttributionResult) -> Iterator[Row]:
    """Yield what is told of channels beside their credit."""
    for line in result.won.removal.itertuples():
        yield row("removal_effect", {"model": line.model, "channel": line.channel}, line.removal_effect)
    if result.rate_game is not None:
        for line in result.rate_game.itertuples():
            yield row("rate_effect", {"channel": line.channel}, line.rate_effect)
    if result.switch_off is not None:
        for line in result.switch_off.itertuples():
            ends = (line.low, line.high, result.knobs.level)
            yield row("switch_off_share", {"channel": line.channel}, line.switch_off_share, ends)


def _cost_rows(result: AttributionResult) -> Iterator[Row]:
    """Yield what channels cost, and cost per credited amount under each model."""
    if "spend_amount" in result.costs.why:
        for id in ("spend_amount", "cost_per_credited_amount", "contribution_amount"):
            yield row(id, {}, note=result.costs.why["spend_amount"])
        return
    spend = result.costs.by_channel.set_index("channel")["spend_amount"]
    spend = spend.where(spend > 0)
    for channel in sorted({*spend.index, *result.decisions.by_channel["channel"]}):
        yield row("spend_amount", {"channel": channel}, spend.get(channel, float("nan")), note=_NO_COST)
    level = result.knobs.level
    for found, of in ((result.decisions, {}), (result.of_pipeline, {"of": "pipeline"})):
        for line in found.by_model.itertuples():
            by = {"model": line.model, "channel": line.channel, **of}
            note = _NO_COST if pd.isna(line.spend_amount) else _NO_CREDIT
            ends = (line.low, line.high, level)
            yield row("cost_per_credited_amount", by, line.cost_per_credited_amount, ends, note=note)
            if not of:
                yield row("contribution_amount", by, line.contribution_amount, note=note)


def _type_rows(result: AttributionResult) -> Iterator[Row]:
    """Yield what campaigns of each type return under each rule."""
    for line in result.campaigns.by_type_model.itertuples():
        by = {"model": line.model, "campaign_type": line.campaign_type}
        yield row("campaign_return", by, line.campaign_return, note=_NO_COST)
