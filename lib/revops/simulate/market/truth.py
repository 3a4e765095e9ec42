"""What is true of how the company is found: planted effects, what each channel brought, rates and times on the way."""

from typing import Any

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.market.changes import lead_changes
from revops.simulate.market.channels import CHANNELS, INTERCEPT, ORIGINS
from revops.simulate.market.clock import office_hours_between
from revops.simulate.market.crm import Market
from revops.simulate.market.funnel import HAND_OFF, LEFT_BEHIND, MQL, NEVER_WORKED, OPPORTUNITY, SQL
from revops.simulate.market.journeys import chance, origin_rate
from revops.simulate.market.reasons import GIVEN, REASONS, reasons
from revops.simulate.market.salesforce_leads import lead_ids, lead_status
from revops.simulate.model import World, states_until

__all__ = ["attribution", "funnel_truth", "switched_off"]

_WON = 5


def attribution(world: World, market: Market, until: int) -> dict[str, Any]:
    """Return coefficients, and by channel what would be lost without it, of the journeys that ended by then."""
    found = market.funnel.journeys
    over = (found.cases["end"] < until).to_numpy()
    cases, channel = found.cases[over].reset_index(drop=True), found.channel[over]
    value = _won_value(world, cases, until)
    made = (cases["deal"] >= 0).to_numpy()
    lost = switched_off(cases, channel)
    firsts, lasts = channel[:, 0], _last(market, over)
    by_channel = {}
    for place, item in enumerate(CHANNELS):
        part = np.where(made, lost["expected"][:, place], 0.0)
        gone = made & lost["drawn"][:, place]
        by_channel[item.name] = {
            "effect": item.effect,
            "journeys_with": int((channel == place).any(axis=1).sum()),
            "opportunities_with": int(((channel == place).any(axis=1) & made).sum()),
            "opportunities_first_touch": int((made & (firsts == place)).sum()),
            "opportunities_last_touch": int((made & (lasts == place)).sum()),
            "opportunities_lost_without": round(float(part.sum()), 2),
            "won_lost_without": round(float((part * (value > 0)).sum()), 2),
            "won_amount_lost_without": round(float((part * value).sum()), 2),
            "drawn_opportunities_lost_without": int(gone.sum()),
            "drawn_won_amount_lost_without": round(float((gone * value).sum()), 2),
        }
    return {
        "what": "log-odds of an opportunity = intercept + effect of each channel that a journey has at all, once; what "
        "is lost without a channel: the same journeys without its touches, on average over what decided (expected) and "
        "with the very draws that decided (drawn_); journeys whose end lies before the day",
        "intercept": INTERCEPT,
        "journeys": len(cases),
        "opportunities": int(made.sum()),
        "won": int((value > 0).sum()),
        "won_amount": round(float(value.sum()), 2),
        "late_channel_without_effect": "retargeting",
        "channels": by_channel,
        "touches_after_the_opportunity_or_on_deals_of_other_sources": "no effect",
    }


def switched_off(cases: pd.DataFrame, channel: Array) -> dict[str, Array]:
    """Return journey x channel what its absence does to a conversion: the chance that it is lost, and whether it is."""
    expected, drawn = (np.zeros((len(cases), len(CHANNELS))) for _ in range(2))
    now = cases["chance"].to_numpy()
    for place in range(len(CHANNELS)):
        without = chance(np.where(channel == place, -1, channel))
        expected[:, place] = 1 - without / now
        drawn[:, place] = cases["drawn"].to_numpy() >= without
    return {"expected": np.maximum(expected, 0.0), "drawn": drawn.astype(bool)}


def _won_value(world: World, cases: pd.DataFrame, until: int) -> Array:
    """Return what each journey's deal is worth, in the company's currency, where it stands won; else 0."""
    state = states_until(world, until)
    rate = np.where(world.deals["foreign"], world.plan.foreign_rate, 1.0)
    won = state[state["stage"] == _WON]["amount"].clip(lower=0).reindex(world.deals.index).fillna(0.0) * rate / 100
    deal = cases["deal"].to_numpy()
    return np.where(deal >= 0, won.to_numpy()[np.maximum(deal, 0)], 0.0)


def _last(market: Market, over: Array) -> Array:
    """Return the channel of the last touch of each journey."""
    touches = market.funnel.touches
    case = market.funnel.leads["case"].to_numpy()[touches["lead"]]
    last = pd.Series(touches["channel"].to_numpy(), case).groupby(level=0).last()
    return last.reindex(np.flatnonzero(over)).to_numpy()


def funnel_truth(world: World, market: Market, until: int) -> dict[str, Any]:
    """Return planted rates and times, and exact counts: of journeys that ended by then, and of the lead table."""
    cases = market.funnel.cases
    over = cases[cases["end"] < until]
    origins = {}
    for place, origin in enumerate(ORIGINS):
        mine, rate = over[over["origin"] == place], origin_rate(origin, world.seed)
        origins[origin.label] = {
            "mql_rate": origin.mql_rate, "sql_rate": origin.sql_rate,
            "opportunity_rate": round(rate / origin.mql_rate / origin.sql_rate, 6), "of_all": round(rate, 6),
            "journeys": len(mine), "mql": int((mine["stage"] >= MQL).sum()), "sql": int((mine["stage"] >= SQL).sum()),
            "opportunity": int((mine["stage"] >= OPPORTUNITY).sum()),
        }  # fmt: skip
    return {
        "what": "rates of the first person of each company that comes; colleagues follow and are never qualified",
        "origins": origins,
        "hand_off": {
            "what": "office hours of the owner (8:30 to 18:00, Monday to Friday) from routing to the first work on it",
            **{name: str(value) if name == "slow_from" else value for name, value in HAND_OFF.items()},
            "never_worked_of_recycled": NEVER_WORKED,
            "median_by_quarter": _hand_off(world, over),
        },
        "colleagues_left_behind": LEFT_BEHIND,
        "reject_reasons": _reject_reasons(world, market, until),
        "leads": _lead_table(world, market, until),
    }


def _hand_off(world: World, cases: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the median of office hours by fiscal quarter of the MQL, of those that were worked."""
    worked = cases[cases["worked"].notna()]
    hours = office_hours_between(worked["routed"], worked["worked"], worked["utc_hours"])
    quarter = pd.Series(world.calendar.index(worked["mql"].to_numpy() / 86_400), worked.index)
    return {
        world.calendar.name(int(index)): {"n": len(part), "median_hours": round(float(part.median()), 2)}
        for index, part in hours.groupby(quarter)
    }


def _reject_reasons(world: World, market: Market, until: int) -> dict[str, Any]:
    """Return how often each reason is picked, and exact counts of those that stand on a lead."""
    status = lead_status(market, lead_changes(world, market), until)
    rows = pd.DataFrame({"status": status, "reason": reasons(world, market, status)})
    counted = rows[rows["reason"].ne("")].groupby("status")["reason"].value_counts()
    return {
        "what": "Disqualified_Reason__c: how often a status has one, how often it is which, and of how many leads",
        "given": GIVEN,
        "shares": REASONS,
        "leads": {of: {reason: int(counted.get((of, reason), 0)) for reason in REASONS} for of in GIVEN},
    }


def _lead_table(world: World, market: Market, until: int) -> dict[str, Any]:
    """Return counts of the leads that exist at a moment, deleted, merged and test ones apart."""
    leads = market.leads[market.leads["created"] < until]
    ids = pd.Series(lead_ids(world, market)).str[:15]
    real = leads[leads["kind"] == "real"]
    first = real[real["person"] == 0]
    case = market.funnel.cases.loc[first["case"]]
    members = market.members[market.members["recorded"] < until]
    return {
        "exported": len(leads), "kept": len(real), "mql": int((case["mql"] < until).sum()),
        "sql": int((case["sql"] < until).sum()), "converted": int((real["converted"] < until).sum()),
        "with_opportunity": int((first["converted"] < until).sum()),
        "members": len(members), "members_who_answered": int(members["at"].notna().sum()),
        "utm_mistakes": {str(k): int(n) for k, n in real["utm_mistake"].value_counts().sort_index().items() if k},
        "gone": {
            kind: sorted(ids.loc[leads.index[(leads["kind"] == kind)]]) for kind in ("merged", "spam", "test")
        },
    }  # fmt: skip
