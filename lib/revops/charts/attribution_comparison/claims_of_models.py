"""What the charts of models claim: title, alternative text, caption and the data behind it."""

import pandas as pd

from revops import wording
from revops.charts.attribution_comparison.drawings import plot_model_map
from revops.charts.attribution_comparison.labels import headed, model_label
from revops.charts.attribution_comparison.rows_of_models import plot_planted, plot_tornado
from revops.charts.style import Chart
from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.checks import has_enough

__all__ = ["model_map", "planted", "tornado"]

_COLUMNS, _OTHERS = 8, "Others"
_SETTINGS = {
    "lookback_days": "the lookback",
    "account_fallback": "whose touches count",
    "once_a_day": "counting repeats",
    "responses_only": "which touches count",
    "direct": "leaving out direct",
    "lost_deals": "counting lost deals",
    "never_converted": "counting people who never converted",
    "markov_order": "the order of the Markov chain",
    "half_life_days": "the half-life",
    "spend_lag_days": "the lag of spend",
    "unattributed": "sharing what is unattributed",
}
_SAID_WITH = {"lookback_days": "Lookback:", "markov_order": "Markov", "half_life_days": "Half-life:",
              "spend_lag_days": "Lag of spend:", "unattributed": "Unattributed:"}  # fmt: skip
_SHOWN = ("first_touch", "last_touch", "linear", "position_based", "u_shaped", "markov_1", "shapley", "switch_off")
_LOGIT = "switch_off"
_SOME, _EVEN = 0.005, 1e-9


def model_map(result: AttributionResult) -> Chart | None:
    """Return the share of credit that each model gives each channel; None with one model or one channel."""
    table = result.won.table
    shares = table.pivot(index="model", columns="channel", values="credit_share").reindex(result.won.models)
    shares = shares.dropna(how="all")
    if min(shares.shape, default=0) < 2:
        return None
    shares = shares[shares.mean().sort_values(ascending=False, kind="stable").index]
    title, n_others = _title_of_map(shares), shares.shape[1] - _COLUMNS
    if n_others > 1:
        shares = shares.iloc[:, :_COLUMNS].assign(**{_OTHERS: shares.iloc[:, _COLUMNS:].sum(axis=1)})
    shares.index = [model_label(model) for model in shares.index]
    shares.columns = [name if name is _OTHERS else wording.channel_label(name) for name in shares.columns]
    parts = [f"{name} {wording.between(row.min(), row.max(), wording.share)}" for name, row in shares.items()]
    caption = "Share of the credited amount in percent; a row adds up to 100. Stronger: more."
    caption += f" Others: {wording.plural(n_others, 'channel')} with less." if n_others > 1 else ""
    data = shares.rename_axis("model").reset_index()
    units = (None, *["share"] * shares.shape[1])
    return Chart(
        "model_map", title, f"{title}. By model: {'; '.join(parts)}.", caption, plot_model_map(shares), data, units
    )


def _title_of_map(shares: pd.DataFrame) -> str:
    """Return which channel has the most credit under how many models; where several share the first place, none has."""
    is_first = shares.ge(shares.max(axis=1) - _EVEN, axis=0)
    alone = is_first[is_first.sum(axis=1).eq(1)].sum()
    n_models, n_first = len(shares), int(alone.max())
    if n_first == 0:
        return f"Under none of {n_models} models does one channel get more credit than all others"
    name, n_names = wording.channel_label(alone.idxmax()), int(alone.gt(0).sum())
    if n_first == n_models:
        return f"{name} gets the most credit under {'both' if n_models == 2 else f'all {n_models}'} models"
    if n_names == 1 or n_first > n_models / 2:
        return f"{name} gets the most credit under {n_first} of {n_models} models, not under {n_models - n_first}"
    return f"{n_names} channels get the most credit, each under some of {n_models} models"


def tornado(result: AttributionResult) -> Chart | None:
    """Return how much credit each setting moves beside the choice of model; None where no setting could be moved, or
    none with enough deals to tell."""
    table = result.sensitivity
    enough = has_enough(table, result.knobs.fewest_deals)
    table = table.assign(is_enough=enough)[~table["is_default"] & table["share_moved"].notna()]
    n_few, table = int((~table["is_enough"]).sum()), table[table["is_enough"]]
    is_model = table["setting"].eq("model")
    settings = table[~is_model & (table["share_moved"].gt(0) | table["n_flips"].gt(0))]
    if settings.empty:
        return None
    order = ["share_moved", "n_flips"]
    settings = settings.sort_values(order, ascending=False, kind="stable").drop_duplicates("setting")
    rows = pd.concat([table[is_model].nlargest(1, "share_moved"), settings], ignore_index=True)
    is_model = rows["setting"].eq("model")
    rows = rows.assign(
        is_model=is_model,
        label=[_setting_label(row) for row in rows.itertuples()],
        text=[_moved_said(row) for row in rows.itertuples()],
    )
    title = _title_of_settings(rows[is_model], rows[~is_model])
    parts = [f"{row.label} {row.text}{_most_moved(row)}" for row in rows.itertuples()]
    caption = _caption_of_settings(rows, n_few, result.knobs.fewest_deals)
    columns = ["setting", "alternative", "model", "share_moved", "channel", "moved", "n_flips", "n_deals"]
    data = rows[columns].assign(
        setting=[_setting_name(name) for name in rows["setting"]],
        alternative=rows["alternative"].where(~is_model, rows["alternative"].map(model_label)),
        model=rows["model"].map(model_label),
        channel=rows["channel"].map(wording.channel_label).where(rows["channel"].ne(""), ""),
    )
    data = headed(data, share_moved="credit_that_moves", channel="most", moved="its_move", n_flips="verdicts_that_turn")
    units = (None, None, None, "share", None, "share", "count", "count")[: len(columns)]
    return Chart("tornado", title, f"{title}. {'; '.join(parts)}.", caption, plot_tornado(rows), data, units)


def _caption_of_settings(rows: pd.DataFrame, n_few: int, fewest: int) -> str:
    caption = (
        "Share of all credit that changes channel when one setting is moved and no other, in points: each setting with "
        "the alternative that moves most."
    )
    caption += " On top: the two models furthest apart." if rows["is_model"].any() else ""
    caption += " Flips: channels that change between keep and cut." if rows["n_flips"].gt(0).any() else ""
    few = f"fewer than {fewest} won deals, or than half of the report's own"
    return caption + (f" Not told: {wording.plural(n_few, 'change')} that leave {few}." if n_few else "")


def _setting_name(setting: str) -> str:
    return _SETTINGS.get(setting, setting.replace("_", " "))


def _setting_label(row: object) -> str:
    """Return the alternative of a setting as a row: what it is where the alternative does not say it."""
    if row.setting == "model":
        return f"Model: {model_label(row.model)} or {model_label(row.alternative)}"
    named = row.setting not in _SETTINGS
    label = f"{_setting_name(row.setting)}:" if named else _SAID_WITH.get(row.setting, "")
    return _upper(f"{label} {row.alternative}".strip())


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _moved_said(row: object) -> str:
    flips = "" if wording.missing(row.n_flips) or not row.n_flips else f", {wording.plural(int(row.n_flips), 'flip')}"
    return f"{_points(row.share_moved)}{flips}"


def _most_moved(row: object) -> str:
    return f" ({wording.channel_label(row.channel)} most)" if row.channel else ""


def _points(part: float) -> str:
    """Return a share in points: `12 points`, `<1 point`."""
    return wording.share(part).replace("%", " point" if wording.share(part) in ("1%", "<1%") else " points")


def _title_of_settings(model: pd.DataFrame, settings: pd.DataFrame) -> str:
    """Return whether the choice of model moves more credit than any setting."""
    most = settings.iloc[0]
    name, moved = _setting_name(most["setting"]), _points(most["share_moved"])
    if model.empty:
        return f"Of the settings, {name} moves most credit: {moved}"
    by_model = model["share_moved"].iloc[0]
    if _points(by_model) == moved:
        return f"The choice of model and {name} each move {moved} of credit"
    if by_model > most["share_moved"]:
        model = f"The choice of model moves {_points(by_model)} of credit"
        return f"{model}; settings with enough deals at most {moved}"
    return f"{_upper(name)} moves {moved} of credit, more than the choice of model with {_points(by_model)}"


def planted(result: AttributionResult) -> Chart | None:
    """Return what models credit to channels that do nothing on made-up buyers; None without models."""
    table = result.panel.table
    wide = table.pivot(index="model", columns="selection", values="no_effect_share")
    wide = wide.reindex(table["model"].unique()).reindex(columns=[False, True]).dropna()
    models = wide.drop(index=_LOGIT, errors="ignore")
    if models.empty:
        return None
    every = wide.set_axis(["random_share", "keen_share"], axis=1).reset_index()
    every = every.assign(label=every["model"].map(model_label))
    rows = every[every["model"].isin(_SHOWN)] if models.index.isin(_SHOWN).any() else every
    title = _title_of_planted(models)
    parts = [f"{row.label} {wording.share(row.random_share)} and {wording.share(row.keen_share)}"
             for row in rows.itertuples()]  # fmt: skip
    caption = (
        "Credit for channels that do nothing, by the same code on made-up buyers whose truth is known: 0% (dashed). "
        "Ring: buyers met by chance; dot: keener buyers are met more by some channels, as in life; its share at the "
        "right. How models fail, not a ranking."
    )
    if (rows["model"] == _LOGIT).any():
        caption += " The switch-off logit is no model of credit."
    if len(rows) < len(every):
        caption += f" All {len(every)} stand with the data."
    data = headed(every[["label", "random_share", "keen_share"]], label="model", random_share="met_by_chance",
                  keen_share="keen_met_more")  # fmt: skip
    alt = f"{title}. Buyers met by chance, and keener ones met more: {'; '.join(parts)}."
    return Chart("planted", title, alt, caption, plot_planted(rows), data, (None, "share", "share"))


def _title_of_planted(models: pd.DataFrame) -> str:
    """Return how many models give credit to channels that do nothing, and how much."""
    fails, n = models[models.max(axis=1) >= _SOME], len(models)
    if fails.empty:
        return f"On made-up buyers {'the model gives' if n == 1 else f'all {n} models give'} idle channels no credit"
    low, high = (wording.share(part) for part in (fails.min(axis=None), fails.max(axis=None)))
    said = low if low == high else f"{low} to {high}"
    if len(fails) < n:
        who = f"{len(fails)} of {n} models give{'s' if len(fails) == 1 else ''}"
        return f"On made-up buyers {who} channels that do nothing {said} of the credit"
    who = "the model gives" if n == 1 else f"all {n} models give"
    return f"On made-up buyers {who} channels that do nothing {said} of the credit"
