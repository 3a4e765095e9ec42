"""Every range and probability on simulated companies: `python lib/tests/calibrate.py [companies [of the other kind]]`.

Prints nominal, observed and the Monte Carlo interval of the observed, beside what people use today on the same
companies and days. One quarter a company; seeds are fixed, so that two runs print the same.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import Pool

import pandas as pd
from calibration import accuracy, attribution, calls, deals, moves, payback, planted, projection, stages, tables, units
from calibration.companies import company
from calibration.frail import frail_company
from calibration.told import told

_LARGE = 2_500.0


def main(n: int = 1_020, n_frail: int = 300) -> None:
    """Print all tables for `n` companies of revops.simulate and `n_frail` of the other simulator."""
    begun = time.perf_counter()
    for words, make, count in (("revops.simulate", company, n), ("the other simulator", frail_company, n_frail)):
        rows = tables.scored(pd.DataFrame(_flat(partial(told, make), range(count))))
        _say(f"COMPANIES OF {words.upper()}: {rows['seed'].nunique()} quarters, one a company", None)
        _say("The landing's 80 % range held", tables.held(rows))
        _say("Where the outcome fell among what was told, tenths of the distribution", tables.pit(rows).reset_index())
        _say("Beside others: error over actual, and interval score (lower is better)", tables.beside_others(rows))
        _say("The chance of quota: slope 1 and intercept 0 are right", tables.attainment(rows))
        _say("The 80 % range of the open pipeline needed held", tables.required(rows))
        _say("Win rates by type, place and stage with fewer than 30 past deals: error", tables.rates(rows))
    _say("Planted rates of 15 segments of 3 to 60 deals: error, and how often their 80 % range held", _segments(n))
    _say("Planted factors of groups, by how much groups differ: error, and how often their 80 % range held",
         planted.group_factors_held(n))  # fmt: skip
    _say("Deals told chances, due in past quarters: 80 % ranges held", deals.held(_flat(deals.ranges, range(n))))
    _say("Planted yield of the open pipeline, and the mean of small companies' pooled yields", _yields(n // 50))
    accuracy.say_all(n, _say)
    _say("Owners and teams named for their calls: honest ones (at most 5 %), and planted ones",
         units.found(_flat(units.members, range(n))))  # fmt: skip
    _say("Teams of revops.simulate whose calls lean, and honest ones, by their own calls (honest: at most 5 % named)",
         calls.found(_flat(calls.named, range(n // 4))))  # fmt: skip
    _say("The 80 % range of the open quarter from past calls held", projection.held(_flat(projection.ranges, range(n))))
    attribution.say_all(_flat(attribution.told, range(n)), _flat(attribution.switched, range(n)), _say)
    payback.say_all(_flat(payback.told, range(n)), _say)
    moves.say_all(_flat(moves.told, range(n // 2)), n, _say)
    stages.say_all(_flat(stages.told, range(n // 20)), _say)
    print(f"{time.perf_counter() - begun:,.0f} s on {os.cpu_count()} cores")


def _flat(work: Callable, tasks: Iterable) -> list:
    """Return all rows of all tasks, worked on by all cores."""
    with Pool() as pool:
        return [row for rows in pool.imap(work, tasks, chunksize=4) for row in rows]


def _segments(n: int) -> pd.DataFrame:
    found = pd.concat(planted.segment_rates(seed) for seed in range(n))
    errors = {name: float(((found[name] - found["truth"]) ** 2).mean() ** 0.5) for name in ("raw", "shrunk")}
    held = float(found["truth"].between(found["low"], found["high"]).mean())
    return pd.DataFrame([{**errors, "held": held, "segments": len(found)}])


def _yields(n: int) -> pd.DataFrame:
    tasks = [(c, _LARGE, 1) for c in planted.CYCLES] + [(c, 40.0, seed) for seed in range(n) for c in planted.CYCLES]
    with Pool() as pool:
        found = pd.DataFrame(pool.imap(planted.yields, tasks))
    rows = []
    for cycle, part in found.groupby("cycle"):
        large, small = part[part["size"].eq(_LARGE)], part[part["size"].ne(_LARGE)]
        for day in ("day 1", "day 45"):
            error = 2 * small[day].std() / len(small) ** 0.5
            rows.append((cycle, day, float(large[day].iloc[0]), small[day].mean(), error, len(small)))
    return pd.DataFrame(rows, columns=["cycle", "day", "planted", "found", "two_se", "companies"])


def _say(title: str, table: pd.DataFrame | None) -> None:
    print(f"\n{title}", flush=True)
    if table is not None:
        print(table.to_string(index=False, na_rep="", float_format="{:.3f}".format), flush=True)


if __name__ == "__main__":
    main(*(int(word.replace("_", "")) for word in sys.argv[1:]))
