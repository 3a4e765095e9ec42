"""What a step between two answers is called, and why a deal moves with it."""

from typing import Any

from revops.analysis.revenue_answers.counted import Counted
from revops.analysis.revenue_answers.definitions import Definition, Who
from revops.wording import join, missing

__all__ = ["label_of", "reason_of"]

_OF_BILLS = {
    "not_billed": "Won, not in the bills",
    "not_won": "Billed, nothing won in the quarter",
    "other_amount": "Billed at another amount than won",
}


def label_of(rule: str, counted: Counted, one: Who, other: Who) -> str:
    """Return what a step is called: what the second of two functions counts otherwise by this rule."""
    if rule in _OF_BILLS:
        return _OF_BILLS[rule]
    now, aim = counted.definitions[one], counted.definitions[other]
    return {"types": _of_types, "sources": _of_sources, "categories": _of_categories}[rule](now, aim)


def reason_of(rule: str, deal: Any, is_counted: bool) -> str:
    """Return why a deal moves with a rule; deal has type, source, is_touched and forecast_category."""
    verb = "counts" if is_counted else "does not count"
    if rule == "types":
        return f"type {deal.type} {verb}"
    if rule == "sources":
        touched = ", touched by marketing" if deal.is_touched else ""
        return f"source {_words(deal.source)}{touched}: {verb}"
    category = "without a forecast category" if missing(deal.role) else f"forecast category {_words(deal.role)}"
    return f"open, {category}: {verb}"


def _of_types(now: Definition, aim: Definition) -> str:
    more = [name for name in aim.types if name not in now.types]
    fewer = [name for name in now.types if name not in aim.types]
    if not more and not fewer:
        return "The same types of deals"
    said = [f"{join(more)} too"] * bool(more) + [f"no {join(fewer)}"] * bool(fewer)
    return f"Types of deals: {', '.join(said)}"


def _of_sources(now: Definition, aim: Definition) -> str:
    if now.where_from == aim.where_from:
        return "Deals from the same sources"
    if aim.sources is None:
        return "Deals that came from elsewhere"
    return f"Where deals came from: {aim.said_from} alone"


def _of_categories(now: Definition, aim: Definition) -> str:
    if set(now.committed) == set(aim.committed):
        return "The same forecast categories"
    if not aim.committed:
        return "Open deals do not count"
    return f"Open deals: {_words(join(aim.committed))} alone"


def _words(name: str) -> str:
    return name.replace("_", " ")
