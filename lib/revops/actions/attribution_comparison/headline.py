"""The first screen of the attribution comparison report: one true sentence, one line below it, three numbers."""

import numpy as np
import pandas as pd

from revops.actions import Headline
from revops.actions.attribution_comparison.facts import (
    by_verdict,
    is_enough,
    n_won,
    named,
    tested,
    total_won,
    unattributed,
    when,
    where,
)
from revops.actions.attribution_comparison.numbers import numbers
from revops.analysis.credit import model_name
from revops.measures.attribution_comparison.result import AttributionResult
from revops.ratios import safe_ratio
from revops.wording import channel_label, missing, money, plural, share

__all__ = ["headline"]

_RANKED = (
    "Ranked by money: what the wrong decision would cost by the models, at the middle one of them (least and most of "
    "any); then what is to be mended in the records"
)
_FEW = 3


def headline(result: AttributionResult) -> Headline:
    """Return the first screen.

    act: a channel surely earns its cost under no model, or a test found that one does not; watch: a verdict depends on
    the model, or one earns its cost under none though not surely, or more is unattributed than `most_unattributed`;
    on_track otherwise; not_enough_data: too few won deals with touches, or no cost is known of a channel that is on
    enough of them.
    """
    return Headline(_status(result), _sentence(result), _below(result), numbers(result), ranked=_RANKED)


def _status(result: AttributionResult) -> str:
    if not is_enough(result) or not (len(_judged(result)) or len(tested(result))):
        return "not_enough_data"
    cut = by_verdict(result, "cut")
    if cut["is_sure"].any() or len(tested(result, "cut")):
        return "act"
    dark = safe_ratio(unattributed(result), total_won(result)) > result.knobs.most_unattributed
    return "watch" if len(cut) or len(by_verdict(result, "depends")) or dark else "on_track"


def _judged(result: AttributionResult) -> list[str]:
    return [channel for verdict in ("keep", "cut", "depends") for channel in by_verdict(result, verdict)["channel"]]


def _sentence(result: AttributionResult) -> str:
    if not is_enough(result):
        many = plural(n_won(result), "won deal")
        return (
            f"{many[0].upper()}{many[1:]}{where(result)} with touches {when(result)}: too few to say which channels "
            "earn credit."
        )
    if not result.won.models:
        model, needs = next(iter(result.won.unavailable.items()))
        return f"No model that was asked for can be had{where(result)}: {model_name(model)} needs {needs}."
    by_test, by_models = _by_test(result), _by_models(result)
    if by_test and not _judged(result):
        return f"{by_test[0].upper()}{by_test[1:]}."
    return f"{by_models.rstrip('.')}; {by_test}." if by_test else by_models


def _by_test(result: AttributionResult) -> str:
    """Return what tests with a group held back have found; nothing without one that could tell."""
    parts = []
    for verdict, said in (("keep", ("earns its cost", "earn their cost")),
                          ("cut", ("does not earn its cost", "do not earn their cost"))):  # fmt: skip
        rows = tested(result, verdict)
        parts += [f"{named(rows)} {said[len(rows) > 1]}"] if len(rows) else []
    return f"by test, {' and '.join(parts)}" if parts else ""


def _by_models(result: AttributionResult) -> str:
    """Return what the models say of the channels of which no test has told."""
    if not _judged(result):
        return _without_cost(result)
    depends, cut, keep = (by_verdict(result, verdict) for verdict in ("depends", "cut", "keep"))
    if len(depends):
        earns, its = ("earns", "its") if len(depends) == 1 else ("earn", "their")
        others = _others(result, keep, cut)
        return f"Whether {named(depends)} {earns} {its} {_spent(result, depends)} depends on the model{others}."
    if len(cut):
        return _none_earns(result, cut, keep)
    return _all_earn(result, keep)


def _none_earns(result: AttributionResult, cut: pd.DataFrame, keep: pd.DataFrame) -> str:
    does, spent = "does" if len(cut) == 1 else "do", _spent(result, cut)
    if len(result.won.models) == 1:
        said = f"Under {model_name(result.won.models[0])}, {named(cut)} {does} not earn the {spent} spent"
    else:
        said = f"By no model {does} {named(cut)} earn the {spent} spent"
    return f"{said}{_surely(cut)}{_others(result, keep)}."


def _all_earn(result: AttributionResult, keep: pd.DataFrame) -> str:
    """Return that the channels earn their cost, of how many with a known cost, and with how many channels beside."""
    rows, n = result.decisions.by_channel, len(keep)
    rows = rows[~rows["channel"].isin(tested(result)["channel"])]
    n_known = int(rows["verdict"].ne("no_cost").sum())
    of = " with a known cost" if n_known < len(rows) else ""
    earns = f"earns its cost {_every(result)}" if n == 1 else f"earn their cost {_every(result)}"
    if n_known > n and n > _FEW:
        who = f"Only {n} of {n_known} channels{of} are on enough deals to judge; they"
    elif n_known > n:
        who = f"Of {n_known} channels{of} only {named(keep)} {'is' if n == 1 else 'are'} on enough deals to judge, and"
    else:
        who = named(keep) if n <= _FEW else f"all {n} channels{of}"
    return f"{who[0].upper()}{who[1:]} {earns}{_surely(keep)}."


def _others(result: AttributionResult, keep: pd.DataFrame, cut: pd.DataFrame | None = None) -> str:
    """Return how the other channels with a known cost stand."""
    parts = []
    if len(keep):
        earns = "earns its cost" if len(keep) == 1 else "earn theirs"
        every = f" {_every(result)}" if len(result.won.models) > 1 else ""
        parts.append(f"{_these(keep)} {earns}{every}{_surely(keep)}")
    if cut is not None and len(cut):
        earns = "" if len(keep) else (" earns its cost" if len(cut) == 1 else " earn theirs")
        parts.append(f"{_these(cut)}{earns} under none{_surely(cut)}")
    return "; " + ", ".join(parts) if parts else ""


def _every(result: AttributionResult) -> str:
    models = result.won.models
    return "under every model" if len(models) > 1 else f"under {model_name(models[0])}"


def _spent(result: AttributionResult, rows: pd.DataFrame) -> str:
    return money(rows["spend_amount"].sum(), result.view.company.currency)


def _these(rows: pd.DataFrame) -> str:
    return named(rows) if len(rows) <= _FEW else plural(len(rows), "channel")


def _surely(rows: pd.DataFrame) -> str:
    """Return in brackets how many of some verdicts are sure; nothing where all are."""
    n = int(rows["is_sure"].sum())
    if n == len(rows):
        return ""
    return f" ({n} surely)" if n else " (not surely)"


def _without_cost(result: AttributionResult) -> str:
    order = ["model_spread", "highest_amount", "channel"]
    top = result.spread.sort_values(order, ascending=[False, False, True]).iloc[0]
    currency = result.view.company.currency
    low, high = money(top["lowest_amount"], currency), money(top["highest_amount"], currency)
    credited = f"{high} {_every(result)}" if low == high else f"{low} to {high}, by the model"
    return (
        f"{channel_label(top['channel'])}{where(result)} is credited with {credited}; {_why_no_cost(result)}, so which "
        "channels earn their cost cannot be said."
    )


def _why_no_cost(result: AttributionResult) -> str:
    if result.knobs.slice:
        return result.costs.why["spend_amount"]
    has_cost = result.decisions.by_channel["spend_amount"].notna().any()
    return "channels with a known cost are on too few deals" if has_cost else "no costs are known"


def _below(result: AttributionResult) -> str:
    """Return what is reached at all, how far the models lie apart, and what credit does not say."""
    parts, moved = [_reached(result)], result.disagreement["share_moved"]
    if len(moved) and not missing(moved.max()):
        parts.append(f"Between the two models furthest apart {share(moved.max())} of credit changes channel.")
    parts.append("Credit says who was there, not what caused a deal.")
    return " ".join(parts)


def _reached(result: AttributionResult) -> str:
    total, nobody = total_won(result), int(result.won.unattributed["n_deals"].sum())
    if not n_won(result) + nobody:
        return f"No deal was won {when(result)}."
    currency, reached = result.view.company.currency, total - unattributed(result)
    won = f"the {money(total, currency)} won {when(result)}"
    if not n_won(result):
        return f"Touches reach none of {won}: no model credits it."
    if not nobody:
        return f"Touches reach all of {won}."
    part = safe_ratio(reached, total)
    part = "" if missing(part) else f" ({share(part)})"
    return f"Touches reach {money(reached, currency)} of {won}{part}; the rest is credited to nobody{_shared(result)}."


def _shared(result: AttributionResult) -> str:
    """Return how many verdicts would turn if what nobody is credited with were shared like the rest; nothing where
    that is no more than `most_unattributed`."""
    if not safe_ratio(unattributed(result), total_won(result)) > result.knobs.most_unattributed:
        return ""
    rows = pd.concat([by_verdict(result, verdict) for verdict in ("keep", "cut", "depends")])
    keeps, all_models = rows["n_keep_shared"], rows["n_models"]
    then = np.select([keeps.eq(all_models), keeps.eq(0)], ["keep", "cut"], "depends")
    n = int((rows["verdict"] != then).sum())
    verdicts = f"{n} of {plural(len(rows), 'verdict')}"
    return f"; shared alike, it would turn {'no verdict' if not n else verdicts}" if len(rows) else ""
