"""Results of the attribution comparison written by hand, for tests of what is said of them."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
from hand_costs import window_costs

from frames import COMPANY, as_of, book, deal
from revops.analysis.journeys import WITH_TOUCHES
from revops.measures.attribution_comparison import AttributionResult, Knobs
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.decisions import BY_CHANNEL, BY_MODEL, Decisions
from revops.measures.attribution_comparison.spread import disagreement, model_spread
from revops.measures.attribution_comparison.window import window_of

NAN, INF = float("nan"), float("inf")
DAY = "2026-06-09"
"""In the second quarter of 2026: the window reaches back to 1 April 2025."""
TWO = {"first_touch": {"a": 100.0, "b": 100.0}, "last_touch": {"a": 20.0, "b": 180.0}}


def told(credit=TWO, spend=None, *, n_won=40, n_deals=40, sure=True, held=0.95, most_cost=0.8, margin=0.8, dark=(),
         lift=(), campaigns=(), types=(), settings=(), why=None, unavailable=None, day=DAY, owners=(),
         **knobs):  # fmt: skip
    """Return a result: credit by model and channel; spend by channel; n_deals, sure by channel where not alike; dark:
    won deals without touches as (id, reason, amount); campaigns, types, settings: rows; lift: (channel, verdict, …)."""
    knobs = Knobs(**{"models": tuple(credit) or ("linear",), "reference_model": next(iter(credit), "linear")} | knobs)
    tables = {"owners": list(owners)} if owners else {}
    view = as_of(book([deal("x", owner_id="o1", region="EMEA")], company=COMPANY, **tables), day)
    won = _won(credit, n_won, dark, unavailable or {})
    spend, whys = spend or {}, why if why is not None else {} if spend else {"spend_amount": "needs costs"}
    costs = window_costs(*({"channel": name, "spend_amount": spend[name]} for name in sorted(spend)),
                         margin=margin, most_cost=most_cost, why=whys)  # fmt: skip
    parts = {field.name: None for field in dataclasses.fields(AttributionResult)} | {
        "view": view, "knobs": knobs, "window": window_of(view, knobs), "won": won, "costs": costs,
        "spread": model_spread(won.table), "disagreement": disagreement(won.table),
        "decisions": _decisions(credit, spend, costs, n_deals, sure, held, knobs, sum(row[2] for row in dark)),
        "campaigns": SimpleNamespace(by_campaign=_campaigns(campaigns), by_type=_types(types)),
        "sensitivity": _settings(settings), "lift": _lift(lift), "unavailable": {},
    }  # fmt: skip
    return AttributionResult(**parts)


def _won(credit, n_won, dark, unavailable):
    rows = [(model, channel, amount, amount / sum(given.values()) if sum(given.values()) else NAN)
            for model, given in credit.items() for channel, amount in sorted(given.items())]  # fmt: skip
    names = ["model", "channel", "credited_amount", "credit_share"]
    frame = pd.DataFrame(rows, columns=names).astype({"model": "str", "channel": "str"})
    total = sum(next(iter(credit.values()), {}).values())
    deals = pd.DataFrame([("won", id, reason, amount) for id, reason, amount in dark],
                         columns=["kind", "opportunity_id", "reason", "amount"])  # fmt: skip
    deals.loc[len(deals)] = ["won", "with", WITH_TOUCHES, total]
    deals.loc[len(deals)] = ["lost", "lost", "no contact", 7777.0]
    sums = deals.groupby(["kind", "reason"])["amount"].agg(["size", "sum"]).reset_index()
    sums.columns = ["kind", "reason", "n_deals", "amount"]
    left = sums[sums["kind"].eq("won") & sums["reason"].ne(WITH_TOUCHES)]
    nothing = {field.name: None for field in dataclasses.fields(Credited)}
    found = SimpleNamespace(reconciliation=sums, deals=deals)
    paths = SimpleNamespace(values=lambda name: {"wins": np.ones(n_won)}[name])
    return Credited(**nothing | {"cutoff": "close", "found": found, "paths": paths, "table": frame,
                                 "unattributed": left, "unavailable": unavailable})  # fmt: skip


def _decisions(credit, spend, costs, n_deals, sure, held, knobs, nobody):
    """Return decisions by plain loops; nobody: what no model credits."""
    by_model, by_channel = [], []
    channels = sorted({*spend, *(channel for given in credit.values() for channel in given)}) if credit else []
    for channel in channels:
        paid, sides, ratios, n_shared = spend.get(channel, NAN), [], [], 0
        for model, given in credit.items():
            credited, total = given.get(channel, 0.0), sum(given.values())
            n_shared += bool(total) and paid <= costs.most_cost * credited * (total + nobody) / total
            side = "" if np.isnan(paid) else "keep" if paid <= costs.most_cost * credited else "cut"
            ratio = paid / credited if credited > 0 else NAN
            by_model.append(
                (model, channel, paid, credited, credited * costs.margin - paid, ratio, NAN, NAN, NAN, side)
            )
            sides.append(side)
            ratios.append(ratio)
        keep, cut = sides.count("keep"), sides.count("cut")
        verdict = "no_cost" if not keep + cut else "keep" if not cut else "cut" if not keep else "depends"
        n = n_deals[channel] if isinstance(n_deals, dict) else n_deals
        is_few, low = n < knobs.fewest_deals, min((r for r in ratios if not np.isnan(r)), default=NAN)
        high = NAN if np.isnan(low) else max(INF if np.isnan(r) else r for r in ratios)
        is_sure = (sure[channel] if isinstance(sure, dict) else sure) and not is_few
        by_channel.append(
            (channel, paid, n, len(sides), keep, cut, n_shared, low, high, held, verdict, is_sure, is_few)
        )
    return Decisions(
        pd.DataFrame(by_model, columns=BY_MODEL).astype({"spend_amount": "float64"}),
        pd.DataFrame(by_channel, columns=BY_CHANNEL).astype(
            {"spend_amount": "float64", "is_sure": "bool", "is_few": "bool", "verdict": "str", "channel": "str"}
        ),
    )


def _campaigns(rows):
    given = [{"campaign_id": None, "spend_amount": NAN, "n_touches": 5, "verdict": "", "is_mature": True, **row}
             for row in rows]  # fmt: skip
    names = ["campaign_id", "campaign_name", "spend_amount", "n_touches", "verdict", "is_mature"]
    return pd.DataFrame(given, columns=names).astype({"campaign_id": "str", "campaign_name": "str", "verdict": "str"})


def _types(rows):
    given = [{"spend_amount": NAN, "verdict": "", "is_few": False, **row} for row in rows]
    frame = pd.DataFrame(given, columns=["campaign_type", "spend_amount", "verdict", "is_few"])
    return frame.astype({"campaign_type": "str", "verdict": "str", "is_few": "bool"})


def _lift(rows):
    """Return tests of the first quarter of 2026 that found 10 to 30, most likely 20, for 100 spent."""
    given = [{"channel": channel, "verdict_by_test": verdict, "since": "2026-01-01", "until": "2026-03-31",
              "incremental_amount": 20.0, "low": 10.0, "high": 30.0, "spend_amount": 100.0, "source": "holdout"}
             for channel, verdict in rows]  # fmt: skip
    names = ["channel", "since", "until", "incremental_amount", "low", "high", "source", "spend_amount",
             "verdict_by_test"]  # fmt: skip
    kinds = {"since": "datetime64[us]", "until": "datetime64[us]", "verdict_by_test": "str", "channel": "str"}
    return pd.DataFrame(given, columns=names).astype(kinds)


def _settings(rows):
    names = ["setting", "alternative", "share_moved", "is_default"]
    frame = pd.DataFrame([(*row, False) for row in rows], columns=names).assign(n_deals=40.0)
    return frame.astype({"share_moved": "float64", "is_default": "bool", "setting": "str", "alternative": "str"})
