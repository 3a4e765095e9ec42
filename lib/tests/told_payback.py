"""Results of the CAC payback report written by hand, for tests of what is said of them."""

from functools import cache
from types import SimpleNamespace

import hand_payback as hand
import pandas as pd

from revops.analysis.peers import COLUMNS as PEERS
from revops.analysis.peers import Peers
from revops.measures.cac_payback import CacResult, Knobs
from revops.measures.cac_payback.by_group import COLUMNS as GROUPS
from revops.measures.cac_payback.by_group import Groups
from revops.measures.cac_payback.channels import BY_CHANNEL, BY_MODEL, Channels
from revops.measures.cac_payback.efficiency import Efficiency
from revops.measures.cac_payback.ladder import BASES, Ladder
from revops.measures.cac_payback.lifetime import BASES as BASES_OF_WORTH
from revops.measures.cac_payback.lifetime import Lifetime
from revops.measures.cac_payback.realised import AGES, Realised
from revops.measures.cac_payback.retention import RetentionResult
from revops.measures.cac_payback.window import window_of

__all__ = ["INF", "NAN", "channel", "cohort", "group", "left", "rung", "told"]

NAN, INF = float("nan"), float("inf")
DAY = "2026-06-09"
"""In the second quarter of 2026: the window is April 2025 to May 2026 with four quarters before it."""
MONTHS = dict.fromkeys(BASES, 20.0) | {"revenue": 4.0, "gross_margin": 5.0, "new_logo_all": 30.0}


def rung(basis, payback=20.0, low=18.0, high=24.0, *, spend=100_000.0, n=50, new=6250.0, margin=0.8, note=None):
    """Return a rung of the ladder: 100,000 for 50 customers that pay 125 a month each, at a margin of 80 %: 20."""
    cac = NAN if basis in BASES[:3] or not n else spend / n
    return {"basis": basis, "spend_amount": spend, "n_customers": n, "new_amount": new, "gross_margin": margin,
            "cac_amount": cac, "payback_months": payback, "low": low, "high": high, "note": note}  # fmt: skip


def group(name, dimension="segment", payback=24.0, low=20.0, high=28.0, *, spend=1000.0, n=20, sure="above", **given):
    """Return a group of the report: of segment, surely above the target."""
    row = {"dimension": dimension, "group": name, "n_customers": n, "new_amount": 100.0, "effort_share": 0.5,
           "spend_amount": spend, "cac_amount": spend / n if n and name != "expansion" else NAN,
           "payback_months": payback, "low": low, "high": high, "shrunk_months": payback, "shrunk_low": low,
           "shrunk_high": high, "lowest_months": payback, "highest_months": payback, "is_few": n < 10, "factor": 1.0,
           "sure": sure}  # fmt: skip
    return row | given


def channel(name, verdict="above", payback=30.0, spend=900.0, excess=(100.0, 400.0, 600.0), **given):
    """Return a channel over three models: above the target under each, surely, for its own cost."""
    least, middle, most = excess
    row = {"channel": name, "spend_amount": spend, "n_deals": 20, "credited_deals": 10.0, "cac_amount": 200.0,
           "own_payback_months": 20.0, "payback_months": payback, "low": 25.0, "high": 40.0, "lowest_months": 24.0,
           "highest_months": 36.0, "n_models": 3, "n_above": 3, "verdict": verdict,
           "cause": "own" if verdict == "above" else "", "held": 0.95, "is_sure": True, "excess_amount": middle,
           "excess_low": least, "excess_high": most}  # fmt: skip
    return row | given


def cohort(age=18, paid=0.6, paid_ends=(0.5, 0.7), lost=0.1, lost_ends=(0.05, 0.15), n=40, **given):
    """Return an age of the curve of all customers, as recognised."""
    return {"version": "recognised", "cohort": "all", "age_months": age, "n_at_risk": n, "paid_back_share": paid,
            "paid_back_low": paid_ends[0], "paid_back_high": paid_ends[1], "lost_share": lost,
            "lost_low": lost_ends[0], "lost_high": lost_ends[1]} | given  # fmt: skip


def left(customer, short=500.0, start="2025-01-01", outcome="left"):
    """Return a customer that left before it had paid back."""
    return {"customer": customer, "start_month": start, "outcome": outcome, "shortfall_amount": short}


def told(rungs=None, *, lagged=None, groups=(), channels=(), sums=(), curve=None, half=27.0, table=(),
         worth=None, nrr=(1.02, 0.95), kept=None, doubt=(0, 0), owed=(0, 0), spend=None, margin=0.8, books_why=None,
         source="ledger", lag=None, months_left_out=0, months=None, day=DAY, magic=(), burn=None, expansion=(),
         peers=(), kinds=(), by_model=(), whys=None, effort_why=None, left_out=(), notes=None, versions=("recognised",),
         top=2, drivers=("deal_days",), untouched=(0, 0.0, 0.0), credit=None, credit_model="linear", bridge=(),
         **knobs):  # fmt: skip
    """Return a result.

    lagged: what is otherwise of the headline's rung; nrr: with and without the largest; doubt and
    owed: n and amount of customers missing and past due; whys: by part (channels, realised, retention, efficiency).
    """
    at = window_of(_view(day), Knobs(**{"top": top, "fewest_customers": 10} | knobs))
    rows = [rung(basis, MONTHS[basis]) for basis in BASES] if rungs is None else list(rungs)
    rows = [_otherwise(row, lagged or {}) if row["basis"] == "lagged" else row for row in rows]
    whys, curve = whys or {}, [cohort()] if curve is None else curve
    books = hand.books("2025-04", spend or [100.0] * 14, margin=margin, why=books_why)
    books = _with(books, source=source, window_margin=margin, accounts=_accounts())
    return CacResult(
        view=at.view, knobs=at.knobs, window=at, books=books, customers=hand.customers(months=months),
        lag=lag or hand.lag(0.5, 0.3, 0.2), effort=_with(hand.effort(segment={"SMB": 1.0}), why=effort_why),
        ladder=_ladder(rows, months_left_out),
        groups=Groups(pd.DataFrame(list(groups), columns=GROUPS), tuple(drivers)),
        channels=_channels(channels, sums, kinds, by_model, whys.get("channels", {}), credit, credit_model, untouched),
        realised=_realised(curve, half, table, whys.get("realised", {}), left_out, notes or {}, versions),
        lifetime=_lifetime(**(worth or {})),
        retention=_retention(nrr, kept, doubt, owed, top, whys.get("retention", {}), bridge),
        efficiency=_efficiency(magic, burn, expansion, whys.get("efficiency", {})),
        peers=Peers(pd.DataFrame(list(peers), columns=PEERS), {}), unavailable={},
    )  # fmt: skip


@cache
def _view(day):
    return hand.company(day=day).view


def _otherwise(row, given):
    """Return a rung with what is given, its cost of a customer to match."""
    row = row | given
    return row | {"cac_amount": row["spend_amount"] / row["n_customers"] if row["n_customers"] else NAN} | given


def _with(part, **given):
    return type(part)(**{name: getattr(part, name) for name in part.__dataclass_fields__} | given)


def _accounts():
    rows = [("sales", "6000 Ads", "", "programs", 500.0), ("sales", "6100 Salaries", "", "people", 900.0),
            ("other", "7000 Interest", "", "left_out", 10.0), ("cogs", "5000 Empty", "", "left_out", 0.0)]  # fmt: skip
    return pd.DataFrame(rows, columns=["category", "account", "parent", "use", "amount"])


def _ladder(rows, months_left_out):
    rungs = pd.DataFrame(rows)
    rungs["note"] = rungs["note"].astype("str")
    counted = pd.date_range("2025-04-01", periods=14 - months_left_out, freq="MS", unit="us")
    curve = pd.DataFrame({"lag_months": [0, 1, 2], "payback_months": [20.0, 19.0, NAN],
                          "cac_amount": [2000.0, 1900.0, NAN], "n_months": [14, 13, 0]})  # fmt: skip
    found = rungs["payback_months"]
    cost = pd.Series(2000.0, counted)
    shares = pd.DataFrame({"new_share": 1.0, "is_own": True}, counted)
    return Ladder(rungs, curve, found.min(), found.max(), cost, counted, months_left_out, shares)


def _channels(channels, sums, kinds, by_model, why, credit, model, untouched):
    won = None
    if credit is not None:
        tables = {name: pd.Series(given, dtype=float) for name, given in credit.items()}
        dark = dict(zip(("n_untouched", "untouched_amount", "untouched_all_amount"), untouched, strict=True))
        won = SimpleNamespace(model=model, of=lambda model, name: tables[name], **dark)
    sums = pd.DataFrame(list(sums), columns=["channel", "spend_amount", "new_spend_amount"]).astype({"channel": "str"})
    names = ["kind", "spend_amount", "n_customers", "cac_amount", "low", "high", "note"]
    return Channels(pd.DataFrame(list(by_model), columns=BY_MODEL), pd.DataFrame(list(channels), columns=BY_CHANNEL),
                    pd.DataFrame(list(kinds), columns=names), sums, won, None, why)  # fmt: skip


def _realised(curve, half, table, why, left_out, notes, versions):
    curves = pd.DataFrame(list(curve), columns=list(cohort()))
    names = ["version", "cohort", "n_customers", "cac_amount", "median_age"]
    shares = [f"{what}_{age}" for what in ("paid_back", "lost") for age in AGES]
    rows = [dict(zip(names, (version, "all", 40, 2000.0, half), strict=True)) | dict.fromkeys(shares, 0.25)
            for version in versions if len(curve)]  # fmt: skip
    columns = ["customer", "start_month", "cohort", "segment", "cac_amount", "new_amount", "age_months", "left",
               "paid_back_age", "outcome", "shortfall_amount"]  # fmt: skip
    out = pd.DataFrame(list(left_out), columns=["version", "reason", "n", "amount", "examples"])
    return Realised(pd.DataFrame(list(table), columns=columns).astype({"shortfall_amount": float}), curves,
                    pd.DataFrame(rows, columns=[*names, *shares]), out, notes, why)  # fmt: skip


def _lifetime(ltv=7000.0, ends=(6000.0, 8000.0), tail=1000.0, cac=2000.0, ratio=3.5, ratio_ends=(3.0, 4.0),
              constant=20_000.0, churn=0.01, observed=41, horizon=60, left=(1, 64), note=None, why=None):  # fmt: skip
    """Return a lifetime value: with expansion it is a tenth more. left: so many at the last ages seen, of how many."""
    amounts = {"ltv_amount": ltv, "low": ends[0], "high": ends[1], "tail_amount": tail, "ltv_to_cac": ratio,
               "ratio_low": ratio_ends[0], "ratio_high": ratio_ends[1], "constant_hazard_ltv": constant}  # fmt: skip
    rows = pd.DataFrame([amounts, {name: 1.1 * value for name, value in amounts.items()}]).assign(
        basis=BASES_OF_WORTH, cac_amount=cac, monthly_churn=churn, n_customers=40, tail_left=left[0],
        tail_at_risk=left[1],
    )  # fmt: skip
    columns = ["basis", "ltv_amount", "low", "high", "tail_amount", "cac_amount", "ltv_to_cac", "ratio_low",
               "ratio_high", "constant_hazard_ltv", "monthly_churn", "n_customers", "tail_left",
               "tail_at_risk"]  # fmt: skip
    return Lifetime(pd.DataFrame(), rows[columns], horizon, observed, note, why)


def _retention(nrr, kept, doubt, owed, top, why, bridge):
    whole, without = nrr
    values = {("nrr", "all"): whole, ("nrr", "without_top"): without, ("grr", "all"): 0.9, ("grr", "without_top"): 0.85,
              ("logo_churn_rate", "all"): 0.05, ("logo_churn_rate", "without_top"): 0.06} | (kept or {})  # fmt: skip
    rows = [(measure, scope, value, value - 0.05, value + 0.05, 100 if scope == "all" else 98)
            for (measure, scope), value in values.items()]  # fmt: skip
    table = pd.DataFrame(rows, columns=["measure", "scope", "value", "low", "high", "n"])
    large = [(f"A{n}", 900.0 - n, 1000.0 - n, 100.0, 0.1) for n in range(top)]
    states = [(state, n, amount, tuple(f"C{at}" for at in range(n)))
              for state, (n, amount) in (("missing", doubt), ("past_due", owed))]  # fmt: skip
    in_doubt = pd.DataFrame(states, columns=["state", "n", "amount", "customers"])
    names = ["period", "opening", "new", "expansion", "contraction", "churn", "reactivation", "closing", "n_months"]
    return RetentionResult(
        table, pd.DataFrame(list(bridge), columns=names),
        pd.DataFrame(large, columns=["customer", "then", "now", "change", "share"]), pd.DataFrame(), in_doubt,
        pd.Timestamp("2026-05-01"), why,
    )  # fmt: skip


def _efficiency(magic, burn, expansion, why):
    names = ["quarter", "variant", "numerator_amount", "spend_amount", "magic_number", "note"]
    none = (None, None, NAN, NAN, NAN, "needs the profit and loss by month")
    burns = ["first_quarter", "last_quarter", "loss_amount", "net_new_amount", "burn_multiple", "note"]
    won = ["quarter", "cs_expansion_amount", "expansion_amount", "cs_share", "n_deals"]
    return Efficiency(
        pd.DataFrame(list(magic), columns=names).astype({"note": "str"}), pd.DataFrame([burn or none], columns=burns),
        pd.DataFrame(list(expansion), columns=won), why,
    )  # fmt: skip
