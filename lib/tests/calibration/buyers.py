"""Made companies whose deals have touches, and what very many accounts of the same kind are credited with."""

from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from revops.analysis.credit import CreditDraws, Paths, credit_by_model, ranks, shares
from revops.measures.attribution_comparison.credited import Credited

__all__ = ["KINDS", "MODELS", "N_NATURES", "Kind", "buyers", "kind_of", "known", "truth"]

Array = np.ndarray
MODELS = ("last_touch", "linear", "markov_1")
_MANY = 160_000
N_NATURES = 2
_MILESTONES = ("lead", "opportunity", "won")
_BASE, _KEEN, _MIX, _LARGE = -1.9, 0.8, 0.8, 0.8
_AGAIN, _PEAK = (2, 0.3), 5.0


@dataclass(frozen=True)
class Kind:
    """won: deals won, on average. sizes: of deals, even (sd 0.2 of the log) or skewed (1.2). deals: of an account, one,
    or several: 1 + Poisson(2) journeys that share keenness, what meets them, and half the spread of sizes. channels:
    how many. nature: number of the draw of what channels do, which is the same whatever `won`."""

    won: int
    sizes: str
    deals: str
    channels: int
    nature: int = 0


KINDS = tuple(Kind(*kind) for kind in product((30, 90, 300), ("even", "skewed"), ("one", "several"), (4, 12)))


def kind_of(seed: int) -> Kind:
    """Return the kind of a company: all in turn, each with several natures."""
    return replace(KINDS[seed % len(KINDS)], nature=seed // len(KINDS) % N_NATURES)


@dataclass(frozen=True)
class _Channels:
    """By channel: how often it meets a journey, what it adds to the log odds, by what it multiplies the amount, and the
    mean place of its touches in a journey."""

    met: Array
    effect: Array
    worth: Array
    place: Array


def _channels(kind: Kind) -> _Channels:
    rng = _rng(kind, 71)
    n, often = kind.channels, (0.2, 0.7) if kind.channels < 10 else (0.05, 0.4)
    return _Channels(rng.uniform(*often, n), 0.3 + 0.4 * rng.standard_normal(n), np.exp(0.3 * rng.standard_normal(n)),
                     rng.uniform(0.15, 0.85, n))  # fmt: skip


def buyers(kind: Kind, n_accounts: int, rng: np.random.Generator, *, expected: bool = False) -> Paths:
    """Return the journeys of some accounts; those without a touch are not there.

    expected: wins is the chance to be won, and amount what that brings on average, without the luck of either.
    """
    made = _channels(kind)
    account = np.repeat(np.arange(n_accounts), 1 + rng.poisson(2.0 if kind.deals == "several" else 0.0, n_accounts))
    met_more = _MIX * rng.standard_normal((n_accounts, kind.channels))[account]
    is_met = rng.random(met_more.shape) < expit(logit(made.met) + met_more)
    keen = _KEEN * rng.standard_normal(n_accounts)[account]
    seen = is_met.any(axis=1)
    is_met, account, keen = is_met[seen], account[seen], keen[seen]
    wins = expit(_BASE + is_met @ made.effect + keen)
    amount = np.exp(is_met @ np.log(made.worth))
    if not expected:
        wins = (rng.random(len(wins)) < wins).astype(float)
        amount = amount * _size(kind, account, rng)
    return _paths(is_met, account, wins, wins * amount, made.place, rng)


def _size(kind: Kind, account: Array, rng: np.random.Generator) -> Array:
    """Return log-normal sizes of mean 1; where accounts have several deals half the variance is the account's."""
    sd, shared = (1.2 if kind.sizes == "skewed" else 0.2), (0.5 if kind.deals == "several" else 0.0)
    own, of_account = rng.standard_normal(len(account)), rng.standard_normal(account.max(initial=0) + 1)[account]
    return np.exp(sd * (np.sqrt(1 - shared) * own + np.sqrt(shared) * of_account) - sd**2 / 2)


def _paths(is_met: Array, account: Array, wins: Array, amount: Array, place: Array, rng: np.random.Generator) -> Paths:
    """Return touches in order of time, 1 to 3 of each channel met, each where its channel leans to."""
    n, k = is_met.shape
    cell = np.repeat(np.arange(n * k), (is_met * (1 + rng.binomial(*_AGAIN, is_met.shape))).ravel())
    journey, channel = cell // k, cell % k
    at = rng.beta(_PEAK * place[channel], _PEAK * (1 - place[channel]))
    order = np.lexsort((at, journey))
    days = 180 * (1 - at[order])
    touches = pd.DataFrame({"journey": journey, "channel": channel[order].astype("int32"), "days_before": days})
    journeys = pd.DataFrame({"account": account, "wins": wins, "losses": 1 - wins, "amount": amount})
    return Paths(
        journeys.assign(**dict.fromkeys(_MILESTONES, -1)), touches, tuple(f"channel {i:02d}" for i in range(k))
    )


def truth(kind: Kind) -> pd.DataFrame:
    """Return by model and channel what very many accounts of this kind are credited with: the average amount of a
    company of `kind.won` won deals, its share and rank; the average number of accounts is in attrs["accounts"]."""
    table, accounts = _per_win(replace(kind, won=KINDS[0].won))
    table = table.assign(amount=table["amount"] * kind.won)
    table.attrs["accounts"] = accounts * kind.won
    return table


@cache
def _per_win(kind: Kind) -> tuple[pd.DataFrame, float]:
    n = _MANY // (3 if kind.deals == "several" else 1)
    paths = buyers(kind, n, _rng(kind, 73), expected=True)
    wins, table = paths.values("wins").sum(), credit_by_model(paths, MODELS)
    amount = table["credited_amount"].to_numpy().reshape(len(MODELS), -1).T / wins
    numbers = {"amount": amount, "share": shares(amount), "rank": ranks(amount)}
    return table[["model", "channel"]].assign(**{name: flat.T.ravel() for name, flat in numbers.items()}), n / wins


def _rng(kind: Kind, stream: int) -> np.random.Generator:
    """Return the random numbers of a nature, the same for any number of deals won."""
    return np.random.default_rng([KINDS.index(replace(kind, won=KINDS[0].won, nature=0)), kind.nature, stream])


def known(draws: CreditDraws, paths: Paths, models: tuple[str, ...] = MODELS) -> Credited:
    """Return credit under some of the models, with all else that decisions do not hang on left out."""
    table = draws.table[draws.table["model"].isin(models)].reset_index(drop=True)
    amount, deals = ({model: values[model] for model in models} for values in (draws.amount, draws.deals))
    draws = CreditDraws(draws.channels, table, deals, amount, draws.n_deals, draws.n_accounts)
    given = {"cutoff": "close", "paths": paths, "draws": draws, "table": table, "unavailable": {},
             "unattributed": pd.DataFrame({"amount": [0.0]})}  # fmt: skip
    return Credited(**(dict.fromkeys(field.name for field in fields(Credited)) | given))
