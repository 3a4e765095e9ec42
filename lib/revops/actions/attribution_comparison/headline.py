"""The first screen of the attribution comparison report: one true sentence, one line below it, three numbers."""

import pandas as pd

from revops.actions import Headline
from revops.actions.attribution_comparison.facts import (
    by_verdict,
    is_enough,
    n_won,
    named,
    total_won,
    unattributed,
    where,
)
from revops.actions.attribution_comparison.numbers import numbers
from revops.measures.attribution_comparison.result import AttributionResult
from revops.ratios import safe_ratio
from revops.wording import channel_label, day, missing, money, plural, share

__all__ = ["headline"]

_FEW = 3


def headline(result: AttributionResult) -> Headline:
    """Return the first screen.

    act: a channel earns its cost under no model, beyond chance; watch: a verdict depends on the model, or more is
    unattributed than `most_unattributed`; on_track otherwise; not_enough_data: too few won deals with touches, or no
    cost is known.
    """
    return Headline(_status(result), _sentence(result), _below(result), numbers(result))


def _status(result: AttributionResult) -> str:
    if not is_enough(result) or not len(_judged(result)):
        return "not_enough_data"
    cut = by_verdict(result, "cut")
    if cut["is_sure"].any():
        return "act"
    dark = safe_ratio(unattributed(result), total_won(result)) > result.knobs.most_unattributed
    return "watch" if len(cut) or len(by_verdict(result, "depends")) or dark else "on_track"


def _judged(result: AttributionResult) -> list[str]:
    rows = result.decisions.by_channel
    return rows.loc[rows["verdict"].ne("no_cost") & ~rows["is_few"].astype(bool), "channel"].tolist()


def _sentence(result: AttributionResult) -> str:
    if not is_enough(result):
        many = plural(n_won(result), "won deal")
        return (
            f"{many[0].upper()}{many[1:]}{where(result)} with touches since {_since(result)}: too few to say which "
            "channels earn credit."
        )
    if not _judged(result):
        return _without_cost(result)
    depends, cut, keep = (by_verdict(result, verdict) for verdict in ("depends", "cut", "keep"))
    currency = result.view.company.currency
    if len(depends):
        spent = money(depends["spend_amount"].sum(), currency)
        whose = "its" if len(depends) == 1 else "their"
        earns = "earns" if len(depends) == 1 else "earn"
        return (
            f"Whether {named(depends)} {earns} {whose} {spent}{where(result)} depends on the model{_others(keep, cut)}."
        )
    if len(cut):
        spent = money(cut["spend_amount"].sum(), currency)
        does = "does" if len(cut) == 1 else "do"
        return f"By no model {does} {named(cut)}{where(result)} earn the {spent} spent{_chance(cut)}{_others(keep)}."
    one, n_few = len(keep) == 1, int(result.decisions.by_channel["spend_amount"].notna().sum()) - len(keep)
    every = named(keep) if len(keep) <= _FEW else f"all {len(keep)} channels"
    if n_few:
        every = f"of {len(keep) + n_few} channels only {every} {'is' if one else 'are'} on enough deals to judge, and"
    earns = "earns its cost" if one else "earn their cost"
    return f"{every[0].upper()}{every[1:]}{where(result)} {earns} under every model{_chance(keep)}."


def _others(keep: pd.DataFrame, cut: pd.DataFrame | None = None) -> str:
    """Return how the other channels with a known cost stand."""
    parts = []
    if len(keep):
        earns = "earns its cost" if len(keep) == 1 else "earn theirs"
        parts.append(f"{_these(keep)} {earns} under every model{_chance(keep)}")
    if cut is not None and len(cut):
        earns = "" if len(keep) else (" earns its cost" if len(cut) == 1 else " earn theirs")
        parts.append(f"{_these(cut)}{earns} under none{_chance(cut)}")
    return "; " + ", ".join(parts) if parts else ""


def _these(rows: pd.DataFrame) -> str:
    return named(rows) if len(rows) <= _FEW else plural(len(rows), "channel")


def _chance(rows: pd.DataFrame) -> str:
    """Return in brackets which of some verdicts chance could turn; nothing where it could turn none."""
    n = int(rows["is_sure"].sum())
    if n == len(rows):
        return ""
    return f" ({n} beyond chance)" if n else " (not beyond chance)"


def _without_cost(result: AttributionResult) -> str:
    rows = result.spread
    top = rows.sort_values(["model_spread", "channel"], ascending=[False, True]).iloc[0]
    currency = result.view.company.currency
    low, high = money(top["lowest_amount"], currency), money(top["highest_amount"], currency)
    return (
        f"{channel_label(top['channel'])}{where(result)} is credited with {low} or {high}, by the model; "
        f"{_why_no_cost(result)}, so which channels earn their cost cannot be said."
    )


def _why_no_cost(result: AttributionResult) -> str:
    if result.knobs.slice:
        return result.costs.why["spend_amount"]
    has_cost = result.decisions.by_channel["spend_amount"].notna().any()
    return "channels with a known cost are on too few deals" if has_cost else "no costs are known"


def _below(result: AttributionResult) -> str:
    """Return what is reached at all, how far the models lie apart, and what credit does not say."""
    currency, total = result.view.company.currency, total_won(result)
    reached = total - unattributed(result)
    parts = [
        f"Touches reach {money(reached, currency)} of the {money(total, currency)} won since {_since(result)} "
        f"({share(safe_ratio(reached, total))}); the rest is credited to nobody."
    ]
    moved = result.disagreement["share_moved"]
    if len(moved) and not missing(moved.max()):
        parts.append(f"Between the two models furthest apart {share(moved.max())} of credit changes channel.")
    parts.append("Credit says who was there, not what caused a deal.")
    return " ".join(parts)


def _since(result: AttributionResult) -> str:
    since = result.window.since
    return f"{day(since)} {since.year}"
