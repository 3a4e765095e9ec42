"""What the chart of channels claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.analysis.credit import model_name
from revops.charts.cac_payback.labels import aged, headed, named
from revops.charts.cac_payback.rows import plot_channels
from revops.charts.style import Chart
from revops.measures.cac_payback.result import CacResult
from revops.wording import channel_label, missing, months, plural

__all__ = ["channels"]

_MOST_CHANNELS = 12
_OVERHEAD = "overhead"
_WORDS = {"above": "slower", "below": "within", "depends": "depends", "few": "few"}
_SAID = {"slower": "slower than the target under every model", "within": "within the target under every model",
         _OVERHEAD: "slower than the target under every model even without its own cost",
         "depends": "depends on the model", "few": "too few deals"}  # fmt: skip


def channels(result: CacResult) -> Chart | None:
    """Return payback by channel under all models; None where no channel's can be told."""
    knobs, found = result.knobs, result.channels
    rows = found.by_channel[found.by_channel["verdict"].isin(list(_WORDS))]
    rows = rows[rows["lowest_months"].notna()]
    if rows.empty:
        return None
    rows = rows.assign(label=rows["channel"].map(channel_label), word=rows["verdict"].map(_WORDS))
    rows["word"] = rows["word"].mask(rows["verdict"].eq("above") & rows["cause"].eq("overhead"), _OVERHEAD)
    rows = rows.sort_values(["payback_months", "highest_months", "channel"], ascending=[False, False, True],
                            ignore_index=True)  # fmt: skip
    title, shown = _title_of_channels(rows, knobs.target_months), rows.head(_MOST_CHANNELS)
    parts = [
        f"{row.label} {wording.between(row.lowest_months, row.highest_months, months)} ({_channel_said(row)}"
        f"{'' if missing(row.own_payback_months) else f'; own cost alone {months(row.own_payback_months)}'})"
        for row in rows.itertuples()
    ]
    ax = plot_channels(shown.drop(columns="verdict").rename(columns={"word": "verdict"}), knobs.target_months)
    caption = _caption_of_channels(result, rows, ax.get_xlim()[1])
    caption += "" if len(shown) == len(rows) else f" The {len(shown)} slowest of {len(rows)} channels."
    columns = ["label", "spend_amount", "n_deals", "own_payback_months", "payback_months", "lowest_months",
               "highest_months", "n_above", "n_models", "word"]  # fmt: skip
    data = headed(rows[columns].replace(np.inf, np.nan), label="channel", spend_amount="own_cost",
                  own_payback_months="own_cost_alone", lowest_months="lowest", highest_months="highest",
                  n_above="models_beyond_target", word="verdict")  # fmt: skip
    units = (None, "money", "count", *["months"] * 4, "count", "count", None)
    alt = f"{title}. Target {aged(knobs.target_months)}. {'; '.join(parts)}."
    return Chart("channels", title, alt, caption, ax, data, units)


def _channel_said(row: object) -> str:
    unsure = ", not beyond chance" if row.verdict in ("above", "below") and not row.is_sure else ""
    return f"{_SAID[row.word]}{unsure}"


def _caption_of_channels(result: CacResult, rows: pd.DataFrame, most: float) -> str:
    n, model = int(rows["n_models"].max()), result.channels.model or result.knobs.reference_model
    caption = "Months to pay back own cost and a share of overhead"
    caption += f", lowest to highest of {n} models" if n > 1 else ""
    caption += f"; dot: {model_name(model)}" if rows["payback_months"].notna().any() else ""
    own = rows["own_payback_months"].dropna()
    n_beyond = int(own.gt(result.knobs.target_months).sum())
    caption += f"; ring: own cost alone ({n_beyond or 'none'} beyond the target)." if len(own) else "."
    if (~rows["is_sure"].astype(bool) & rows["word"].isin(["slower", "within"])).any():
        caption += " Question mark: not beyond chance."
    if rows["word"].eq(_OVERHEAD).any():
        caption += " Overhead: slower even without own cost, so no cut of that mends it."
    if rows["word"].eq("few").any():
        caption += f" Few: fewer than {result.knobs.fewest_customers} won deals."
    if (rows["highest_months"] > most).any():
        caption += f" Arrow: beyond {months(most)} months, or nothing credited."
    every = result.channels.by_channel
    unknown = [channel_label(name) for name in every.loc[every["verdict"].eq("no_cost"), "channel"]]
    return caption + (f" No known cost: {named(unknown, 5) or plural(len(unknown), 'channel')}." if unknown else "")


def _title_of_channels(rows: pd.DataFrame, target: float) -> str:
    """Return how many channels take longer than the target under every model, or under none, or depend on the model."""
    judged = rows[rows["verdict"].ne("few")]
    n, n_few = len(judged), len(rows) - len(judged)
    if judged.empty:
        return f"Too few deals to say whether {'a channel pays' if n_few == 1 else 'channels pay'} back in time"
    slow, quick, depends = (int(judged["verdict"].eq(verdict).sum()) for verdict in ("above", "below", "depends"))
    every = "the only model" if judged["n_models"].max() == 1 else "every model"
    if depends == n:
        who = {1: f"{judged['label'].iloc[0]} pays", 2: "either of 2 channels pays"}.get(n, f"any of {n} channels pays")
        return f"Whether {who} back within {aged(target)} depends on the model"
    n_first = slow or quick
    who = f"{n_first} of {n} channels" if n_first < n else judged["label"].iloc[0] if n == 1 else f"All {n} channels"
    verb = ("takes" if slow else "pays") if n_first == 1 else "take" if slow else "pay"
    title = f"{who} {verb} {'longer than' if slow else 'back within'} {aged(target)} under {every}"
    title += f", {depends} under some" if depends else ""
    title += f", {quick} under none" if slow and quick else ""
    is_sure = judged.loc[judged["verdict"].ne("depends"), "is_sure"].any()
    return title if is_sure else f"{title}, maybe by chance"
