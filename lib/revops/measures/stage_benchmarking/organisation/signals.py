"""Five signals that revenue operations are needed: each read from data, with how strong it is and on how many."""

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from revops.analysis.forecast_categories import CATEGORY_LABELS
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation.answers import apart
from revops.measures.stage_benchmarking.organisation.stages import FAIRVIEW
from revops.measures.stage_benchmarking.organisation.told import Told
from revops.ratios import share_interval
from revops.wording import between, join, money, plural, share

__all__ = ["LEVELS", "SIGNALS", "Signal", "answers_signal", "forecast_signal", "leads_signal", "level_of",
           "operating_signals", "renewals_signal", "tools_signal"]  # fmt: skip

SIGNALS = {
    1: "Three answers for one quarter's revenue",
    2: "Forecast off again and again, the same way",
    3: "MQL target met, leads turned down",
    4: "Tools that do not talk to each other",
    5: "Renewals lost that nobody saw coming",
}
LEVELS = ("none", "noise", "watch-list", "operational debt")
"""What so many signals mean: none, one, two, three or more."""
_TYPES = {"signal": "int64", "label": "str", "holds": "str", "strength": "str", "value": "float64", "low": "float64",
          "high": "float64", "threshold": "float64", "n": "int64", "source": "str", "why": "str"}  # fmt: skip
_OFF_BY = 0.15
_OURS = f"{FAIRVIEW}; threshold ours"
_SOURCES = {1: _OURS, 2: FAIRVIEW, 3: _OURS, 4: FAIRVIEW, 5: _OURS}


@dataclass(frozen=True)
class Signal:
    """One signal as read: holds is yes, no or not read; why says why it could not be read."""

    signal: int
    holds: str
    strength: str | None = None
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    threshold: float = np.nan
    n: int = 0
    why: str | None = None


def operating_signals(signals: list[Signal]) -> pd.DataFrame:
    """Return `operating_signals`: the five signals, whether each holds, how strong it is and on how many it rests.

    Question
        Do our numbers show that somebody has to own the revenue system across functions?

    Parameters
        signals : as answers_signal, forecast_signal, leads_signal, tools_signal and renewals_signal read them

    Returns
        One row per signal, 1 to 5: signal, label, holds (yes, no, not read), strength (in words), value, low, high (its
        range, where it is a share of cases), threshold, n, source, why (null, or why it is not read)

    Source
        Fairview, Marketing Ops versus RevOps: rules of practitioners, not measurements. It gives the 15 % of signal 2
        and the ten tools of signal 4; how far answers are apart (1), what sales accepts (3), and which share of lost
        renewals, how long before (5), are thresholds of ours. One is noise, two are a watch-list, three or more are
        operational debt (`level_of`).
    """
    rows = []
    for found in sorted(signals, key=lambda one: one.signal):
        number, holds, *values, n, why = astuple(found)
        rows.append((number, SIGNALS[number], holds, *values, n, _SOURCES[number], why))
    return pd.DataFrame(rows, columns=[*_TYPES]).astype(_TYPES)


def level_of(n_holding: int, n_read: int = 5, levels: tuple[str, ...] = LEVELS) -> str:
    """Return what so many signals mean: none, noise (one), watch-list (two), operational debt (three or more);
    not read where none could be read."""
    return levels[min(n_holding, len(levels) - 1)] if n_read else "not read"


def answers_signal(answers: pd.DataFrame, knobs: Knobs, currency: str) -> Signal:
    """Return signal 1: the answers for one quarter are more than answers_apart of the largest apart.

    Parameters
        answers : answers.three_answers; uses who, amount, n
    """
    known = answers.dropna(subset="amount")
    value = apart(known["amount"])
    if np.isnan(value):
        why = "nothing was won or billed in the quarter" if len(known) > 1 else "fewer than two answers can be told"
        return Signal(1, "not read", threshold=knobs.answers_apart, n=len(known), why=why)
    told = join([f"{row.who} {money(row.amount, currency)}" for row in known.itertuples()])
    strength = f"{told}: {share(value)} apart"
    return Signal(1, _yes(value > knobs.answers_apart), strength, value, threshold=knobs.answers_apart, n=len(known))


def forecast_signal(off: pd.Series | str | None) -> Signal:
    """Return signal 2: the company's forecasts are off again and again the same way, beyond what chance does.

    Parameters
        off : the company's row of off_signal (uses signal, n, n_beyond, direction, wape, bias_rate, bias_low,
            bias_high), with off_by, the threshold it was read at [0.15]; or why there is none, in words; None: not
            asked

    Formula
        Holds where the signal is red: off in three of four quarters the same way, and the range of the bias is on one
        side of 0. Amber and noise do not: that is what forecasters without bias are, too.
    """
    if off is None or isinstance(off, str):
        return Signal(2, "not read", threshold=_OFF_BY, why=off or "the company's forecasts were not asked for")
    off_by, n = float(off.get("off_by", _OFF_BY)), int(off["n"])
    if off["signal"] == "not_enough":
        return Signal(2, "not read", threshold=off_by, n=n, why=f"{plural(n, 'quarter')} with a forecast, 4 needed")
    way = {"over": " too high", "under": " too low"}.get(off["direction"], "")
    size = between(*sorted(abs(off[end]) for end in ("bias_low", "bias_high")), share)
    beyond = f"{off['n_beyond']} of {n} quarters more than {share(off_by)} off"
    strength = f"{beyond}; {size}{way} on average" if off["signal"] == "red" else f"{beyond}: {_WORDS[off['signal']]}"
    values = (float(off["bias_rate"]), float(off["bias_low"]), float(off["bias_high"]))
    return Signal(2, _yes(off["signal"] == "red"), strength, *values, off_by, n)


_WORDS = {
    "amber": "watched, not proven",
    "noise": "both ways, so a range helps, not a correction",
    "none": "as chance does",
}


def leads_signal(target: tuple[str, float, float] | None, told: Told, knobs: Knobs) -> Signal:
    """Return signal 3: the target of MQLs was met, and sales accepts fewer than accept_least of those it judged.

    Parameters
        target : quarter, MQLs, target of the last whole quarter with a target; None where there is none
        told : uses accept_share, n_judged, judged; fewer than fewest_followed are too few to read
    """
    if target is None:
        why = "company.yml, mql_targets, names no quarter that is over"
        return Signal(3, "not read", threshold=knobs.accept_least, n=told.n_judged, why=why)
    quarter, came, wanted = target
    is_met, n = came >= wanted, told.n_judged
    of_target = f"{came:.0f} of {wanted:.0f} MQLs in {quarter}"
    if not is_met:
        return Signal(3, "no", f"{of_target}: target missed", told.accept_share, threshold=knobs.accept_least, n=n)
    if n < knobs.fewest_followed or np.isnan(told.accept_share):
        why = f"{of_target}, but sales judged {n or 'none'} of them, {knobs.fewest_followed} needed"
        return Signal(3, "not read", threshold=knobs.accept_least, n=n, why=why)
    low, high = share_interval(round(told.accept_share * n), n, level=knobs.level)
    strength = f"{of_target}; {share(told.accept_share)} ({between(low, high, share)}) accepted of {n} {told.judged}"
    holds = _yes(told.accept_share < knobs.accept_least)
    return Signal(3, holds, strength, told.accept_share, low, high, knobs.accept_least, n)


def tools_signal(tools: pd.DataFrame, *, is_answered: bool, knobs: Knobs) -> Signal:
    """Return signal 4: many_tools or more tools that do not exchange data.

    Parameters
        tools : tools.tools_of
        is_answered : whether company.yml says which exchange data; where not, many tools are not read, few are no
    """
    n, limit = len(tools), float(knobs.many_tools)
    if not n:
        return Signal(4, "not read", threshold=limit, why="no sheet of tools")
    if not is_answered and n >= limit:
        why = f"{n} tools; company.yml, organisation.connected_tools, does not say which exchange data"
        return Signal(4, "not read", threshold=limit, n=n, why=why)
    alone = int((~tools["is_connected"]).sum())
    strength = f"{alone} of {n} tools do not exchange data" if is_answered else f"{plural(n, 'tool')} in all"
    return Signal(4, _yes(alone >= limit), strength, float(alone), threshold=limit, n=n)


def renewals_signal(lost: pd.DataFrame, n_renewed: int, knobs: Knobs, currency: str) -> Signal:
    """Return signal 5: of the renewals lost in a year, unforeseen_least or more had been forecast to renew.

    Parameters
        lost : renewals.lost_renewals; uses was, amount, forecast_category. Fewer than fewest_followed that are known
            are too few to read
        n_renewed : how many renewals were won in that year
    """
    limit = knobs.unforeseen_least
    if lost.empty:
        if not n_renewed:
            return Signal(5, "not read", threshold=limit, why="no renewal came to an end in a year")
        return Signal(5, "no", f"none of {plural(n_renewed, 'renewal')} was lost in a year", threshold=limit)
    read = lost[lost["was"].ne("not known")]
    n, missed = len(read), read[read["was"].eq("to renew")]
    if n < knobs.fewest_followed:
        known = f"what was forecast is known of {n} of {plural(len(lost), 'lost renewal')}"
        why = f"{known}, {knobs.fewest_followed} needed"
        return Signal(5, "not read", threshold=limit, n=n, why=why)
    part = len(missed) / n
    low, high = share_interval(len(missed), n, level=knobs.level)
    strength = (
        f"{len(missed)} of {n} lost renewals ({share(part)}, {between(low, high, share)}) were forecast to renew "
        f"{plural(knobs.unforeseen_days, 'day')} before the loss: {money(missed['amount'].sum(), currency)}"
        f"{_stood(read)}"
    )
    return Signal(5, _yes(part >= limit), strength, part, low, high, limit, n)


def _stood(read: pd.DataFrame) -> str:
    """Return in which forecast category renewals stood, with how many, the most frequent first."""
    named = read["forecast_category"].map(lambda name: CATEGORY_LABELS.get(name, name), na_action="ignore")
    counted = named.fillna("no category").value_counts()
    pairs = sorted(counted.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return f"; then in {join([f'{name} {n}' for name, n in pairs])}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
