"""How far the models lie apart: in money by channel, in share of credit by pair of models."""

from itertools import combinations

import numpy as np
import pandas as pd

__all__ = ["disagreement", "model_spread"]

Array = np.ndarray
_DIGITS = 12
"""Credit that is equal to so many digits of the total is equal: what is left is rounding."""


def model_spread(table: pd.DataFrame) -> pd.DataFrame:
    """Return `model_spread`: between which amounts the credit of each channel lies, whatever the model.

    Question
        How much money does the choice of model decide?

    Parameters
        table : credit of all models (Credited.table)
            Uses model, channel, credited_amount [company currency].

    Returns
        One row per channel, sorted: channel, model_spread (highest less lowest), lowest_amount, lowest_model,
        highest_amount, highest_model. Of models with the same credit the first in the table's order is named.
    """
    amounts = _by_model(table, "credited_amount")
    low, high = _places(_rounded(amounts).to_numpy())
    values, models = amounts.to_numpy(), amounts.columns.to_numpy()
    rows = np.arange(len(values))
    lowest, highest = values[rows, low], values[rows, high]
    return pd.DataFrame({
        "channel": amounts.index.to_numpy(), "model_spread": highest - lowest, "lowest_amount": lowest,
        "lowest_model": models[low], "highest_amount": highest, "highest_model": models[high],
    }).astype({"channel": "str", "lowest_model": "str", "highest_model": "str"})  # fmt: skip


def disagreement(table: pd.DataFrame) -> pd.DataFrame:
    """Return share_moved between each two models; that of the two furthest apart is `model_disagreement`.

    Parameters
        table : credit of all models (Credited.table)
            Uses model, channel, credited_amount [company currency], credit_share.

    Returns
        One row per pair of models, in the table's order, the earlier first: model_a, model_b, share_moved (NaN where a
        share is), rank_correlation (Spearman; NaN with fewer than two channels, or where one model credits all alike)

    Formula
        share_moved = sum over channels of |share_a - share_b| / 2: how much credit changes channel.
        rank_correlation = correlation of the ranks of credited_amount, those that tie sharing the mean of theirs.
    """
    shares = _by_model(table, "credit_share").to_numpy()
    order = _rounded(_by_model(table, "credited_amount")).rank().to_numpy()
    pairs = list(combinations(range(shares.shape[1]), 2))
    models, (a, b) = table["model"].unique(), np.array(pairs, dtype="int64").reshape(-1, 2).T
    apart = order - order.mean(axis=0) if len(order) else order
    size = np.sqrt((apart**2).sum(axis=0))
    size = np.where(size > 0, size, np.nan)
    return pd.DataFrame({
        "model_a": pd.Series(models[a], dtype="str"), "model_b": pd.Series(models[b], dtype="str"),
        "share_moved": np.abs(shares[:, a] - shares[:, b]).sum(axis=0) / 2,
        "rank_correlation": (apart[:, a] * apart[:, b]).sum(axis=0) / (size[a] * size[b]),
    })  # fmt: skip


def _by_model(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return channel x model, channels sorted, models in the order of the table."""
    wide = table.pivot(index="channel", columns="model", values=column)
    return wide.sort_index()[list(table["model"].unique())]


def _rounded(amounts: pd.DataFrame) -> pd.DataFrame:
    total = float(amounts.abs().sum().max()) if amounts.size else 0.0
    return (amounts / (total or 1.0)).round(_DIGITS)


def _places(values: Array) -> tuple[Array, Array]:
    """Return the first column with the least, and with the most, of each row."""
    none = np.zeros(0, dtype="int64")
    return (values.argmin(axis=1), values.argmax(axis=1)) if values.size else (none, none)
