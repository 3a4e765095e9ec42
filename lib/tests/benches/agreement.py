"""Whether two codes credit the same journeys alike: ours solves the chain exactly, the other simulates it."""

from functools import partial
from pathlib import Path

import pandas as pd

from benches import peer
from benches.alone import alone

__all__ = ["compared", "distance", "verdict"]

RULES = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}
KINDS = {"credited_deals": ("conversions", "total_conversions"), "credited_amount": ("value", "total_conversion_value")}
SEED = 1000  # far from the default: its seeds 0 and 1 share nine simulations of ten
SAME = 1e-9  # of all credit: the same sums in another order
NOISE = 1.5  # two runs of equal noise lie 1.4 times as far from each other as each from the truth


def verdict(folder: Path, python: Path) -> str:
    """Return whether the other credits the journeys of a folder as we do, by a second seed of its Markov model too.

    Uses what timing left there; what it did not leave is worked out.
    """
    theirs = ((peer.HEURISTICS, 0), ("markov_1", 0), ("markov_1", SEED))
    for model, seed in theirs:
        if not (folder / f"{model}-{seed}.csv").is_file():
            alone(partial(peer.call, python=python, model=model, seed=seed), folder)
    files = [folder / "credit.csv", *(folder / f"{model}-{seed}.csv" for model, seed in theirs)]
    if not all(file.is_file() for file in files):
        return "not compared, for want of memory"
    return compared(*(pd.read_csv(file) for file in files))


def compared(ours: pd.DataFrame, rules: pd.DataFrame, markov: pd.DataFrame, again: pd.DataFrame) -> str:
    """Return the same by the tables: ours (credit_by_model), its heuristics, its Markov 1 by two seeds.

    They agree where rules are equal, and ours lies no further from its Markov than noise like its own would bring.
    """
    exact = {(model, of): table[of] for model, table in ours.set_index("channel").groupby("model") for of in KINDS}
    rules, markov, again = (table.set_index("channel_name") for table in (rules, markov, again))
    far = max(distance(exact[rule, of], rules[f"{name}_{kind}"])
              for rule, name in RULES.items() for of, (kind, _) in KINDS.items())  # fmt: skip
    apart = [
        max(distance(exact["markov_1", of], run[name]) for run in (markov, again)) for of, (_, name) in KINDS.items()
    ]
    noise = [distance(markov[name], again[name]) for _, name in KINDS.values()]
    same = far <= SAME and all(far <= NOISE * near for far, near in zip(apart, noise, strict=True))
    return (
        f"{'they agree' if same else 'THEY DIFFER'}; first, last and linear are {far:.0e} of all credit apart, "
        f"Markov 1 {apart[0]:.2%} of deals and {apart[1]:.2%} of amount, "
        f"its own two seeds {noise[0]:.2%} and {noise[1]:.2%}"
    )


def distance(one: pd.Series, other: pd.Series) -> float:
    """Return the share of all credit that would have to move to make one the other, by channel."""
    return float(one.sub(other, fill_value=0.0).abs().sum() / 2 / one.sum())
