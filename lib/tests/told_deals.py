"""Deals due in past quarters, told chances by stage, made up for tests of deal probabilities."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

__all__ = ["listed", "told_deals"]

TOLD = (0.1, 0.3, 0.5, 0.7, 0.9)


def told_deals(seed=1, n=2000, quarters=10, *, slope=1.0, shift=0.0, luck=0.0, told=TOLD):
    """Deals of equal stages; the true chance has logit shift + slope x logit(told) + the quarter's luck."""
    rng = np.random.default_rng(seed)
    chance, quarter = rng.choice(told, n), np.sort(rng.integers(0, quarters, n))
    true = expit(shift + slope * logit(chance) + luck * rng.standard_normal(quarters)[quarter])
    won, amount = rng.random(n) < true, rng.lognormal(9, 0.8, n)
    return pd.DataFrame({
        "period": [f"Q{number}" for number in quarter], "opportunity_id": np.arange(n).astype(str),
        "stage_name": [f"stage {value:.2f}" for value in chance], "pushes": 0, "type": "new", "amount": amount,
        "place": "due", "is_won": won, "won_amount": np.where(won, amount, 0.0), "win_probability": chance,
        "forecast_category": np.where(chance > 0.6, "Forecast", "Pipeline"), "chance": true,
    })  # fmt: skip


def listed(*rows, **given):
    """Deals from (period, told, won), or with (…, amount): all else ordinary."""
    table = pd.DataFrame([(*row, 100.0)[:4] for row in rows], columns=["period", "win_probability", "is_won", "amount"])
    table = table.astype({"win_probability": "float64", "is_won": "bool", "amount": "float64"})
    return table.assign(**{
        "opportunity_id": np.arange(len(table)).astype(str), "stage_name": "Proposal", "pushes": 0, "type": "new",
        "place": "due", "won_amount": table["amount"] * table["is_won"], "forecast_category": "Forecast", **given,
    })  # fmt: skip
