"""Results of the stage benchmarking report written by hand, for tests of what is said of them."""

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import pandas as pd
from staged import moved

from frames import as_of
from revops.analysis.cycle import CreationWindow
from revops.analysis.passages import Luck
from revops.analysis.peers import Peers
from revops.benchmarks import published
from revops.measures.stage_benchmarking import Knobs, StageResult, measure
from revops.measures.stage_benchmarking.changes import Changes, Family
from revops.measures.stage_benchmarking.window import window_of

__all__ = ["DAY", "NAN", "arrived", "campaign", "cohort", "cycle", "ending", "enriched", "family", "figure",
           "gap", "group", "late", "leak", "line",
           "month", "move", "passage", "quarter", "reason", "stage", "stood", "strata", "stuck", "told", "tool",
           "weeks", "win"]  # fmt: skip

NAN = float("nan")
DAY = "2026-06-09"
"""In the second quarter of 2026: the last 13 weeks are 11 March to 9 June."""
ROOT = Path(__file__).parents[2]
STAGES = ("Lead", "Discovery", "Proposal")


def move(what="stage", step="Discovery", now=0.41, past=0.52, *, verdict="none", p=0.5, dimension="company",
         group="company", ends=(0.35, 0.47), change=None, horizon=30.0, stake=NAN, **given):  # fmt: skip
    """Return a comparison: Discovery to Proposal fell from 52 % to 41 %, by 11 points (5 to 17), within noise."""
    gone = now - past
    low, high = change or (gone - 0.06, gone + 0.06)
    row = {"what": what, "step": step, "dimension": dimension, "group": group, "horizon_days": horizon, "n_now": 100,
           "n_past": 400, "now": now, "now_low": ends[0], "now_high": ends[1], "past": past, "past_low": past - 0.02,
           "past_high": past + 0.02, "change": gone, "change_low": low, "change_high": high, "p_value": p, "why": None,
           "verdict": verdict, "at_stake": stake, "at_stake_low": stake / 2, "at_stake_high": 2 * stake}  # fmt: skip
    return row | given


def line(step="Discovery", horizon=30, share=0.5, n=100, **given):
    """Return a row of what `converted` tells."""
    return {"step": step, "horizon_days": horizon, "n": n, "n_followed": n, "n_at_risk": 5, "share": share,
            "low": share - 0.05, "high": share + 0.05, "error": 0.04, "n_worth": 90.0} | given  # fmt: skip


def win(weight="count", share=0.26, horizon=180, when="past", **given):
    """Return a win rate."""
    return line("all", horizon, share) | {"when": when, "weight": weight} | given


def leak(step="Proposal", lost=0.4, moved=0.5, what="stage", n=100):
    """Return what became of what came into a step."""
    return {"step": step, "n": n, "moved_share": moved, "lost_share": lost, "there_share": 1 - moved - lost,
            "what": what}  # fmt: skip


def group(name="SMB", dimension="segment", verdict="none", what="win", step="all", share=0.25, **given):
    """Return a group against the rest."""
    row = {"step": step, "dimension": dimension, "group": name, "horizon_days": 180.0, "n": 60, "share": share,
           "low": share - 0.05, "high": share + 0.05, "shrunk": share, "shrunk_low": share - 0.04,
           "shrunk_high": share + 0.04, "is_few": False, "p_value": 0.3, "verdict": verdict, "median_days": 40.0,
           "time_p_value": 0.6, "time_verdict": "none", "what": what}  # fmt: skip
    return row | given


def stuck(id="O1", owner="Owner 1", amount=100.0, stage="Proposal", days=90, name="Deal"):
    """Return an opportunity past the age at which its chance has halved."""
    return {"opportunity_id": id, "opportunity_name": name, "owner_id": owner, "owner_name": owner, "stage_name": stage,
            "amount": amount, "days_in_stage": days, "halving_days": 60.0, "segment": "SMB",
            "region": "EMEA"}  # fmt: skip


def stage(name="Proposal", n_stuck=1, amount=100.0, halving=60.0, n_open=5):
    """Return an open stage with what is stuck in it."""
    return {"stage": name, "pipeline": None, "first_seen": pd.Timestamp("2024-01-01"), "began": pd.NaT, "ended": pd.NaT,
            "halving_days": halving, "n_open": n_open, "n_stuck": n_stuck, "stuck_amount": amount}  # fmt: skip


def stood(name="Proposal", when="past", median=14.0, n=100, p90=37.0, ends=(13.0, 15.0), longest=120):
    """Return how long a stage takes."""
    return {"when": when, "stage_name": name, "n": n, "n_open": 3, "median_days": median, "low": ends[0],
            "high": ends[1], "longest_days": longest, "p90_days": p90, "restricted_days": 20.0, "restricted_error": 1.0,
            "restricted_to": 180}  # fmt: skip


def gap(step="Discovery", horizon=180, share=0.6, amount=0.5, p=0.01):
    """Return count and money side by side."""
    return {"step": step, "n": 100, "horizon_days": horizon, "share": share, "share_by_amount": amount,
            "gap": amount - share, "low": amount - share - 0.03, "high": amount - share + 0.03,
            "p_value": p}  # fmt: skip


def ending(name="Lost", when="past", n=10, share=0.5, amount=100.0):
    """Return how lost opportunities ended."""
    return {"when": when, "ending": name, "n": n, "share": share, "amount": amount}


def passage(id="O1", step="Discovery", event=2, amount=100.0, window=0, **given):
    """Return an opportunity that came into a step in the last weeks and was lost there after ten days."""
    return {"subject_id": id, "step": step, "place": 1, "entered": pd.Timestamp("2026-04-01"), "age_days": 10,
            "event": event, "is_skipped": False, "follow_days": 69, "amount": amount, "cluster": f"of {id}",
            "segment": "SMB", "region": "EMEA", "type": "new", "source": "sales", "window": window} | given  # fmt: skip


def arrived(when="12:00", share=0.5, n=20, window="now", median=3.0):
    """Return the MQLs of one time of day."""
    ends = (NAN, NAN) if share != share else (max(share - 0.1, 0), min(share + 0.1, 1))
    return {"window": window, "arrived": when, "n": n, "share": share, "low": ends[0], "high": ends[1],
            "n_worth": float(n), "median_hours": median, "seen_hours": 50.0}  # fmt: skip


def reason(side="rejected", why="No budget", n=3, n_past=9):
    """Return what became of some MQLs."""
    return {"side": side, "reason": why, "n": n, "share": n / 20, "n_past": n_past, "share_past": n_past / 80}


def strata(source="all", amount=1000.0, low=400.0, high=2000.0, arrived="all", n=12):
    """Return what lateness goes with."""
    return {"lead_source": source, "arrived": arrived, "n_late": n, "n_on_time_known": 40, "n_late_known": 40,
            "rate_on_time": 0.5, "rate_late": 0.4, "worth_amount": 100.0, "amount": amount, "low": low, "high": high,
            "horizon_days": 60}  # fmt: skip


def late(id="L1", event=0, is_late=True, amount=NAN, place=0, hours=30.0):
    """Return an MQL: late and still waiting."""
    return {"lead_id": id, "enquiry_id": id, "place": place, "event": event, "is_late": is_late, "hours": hours,
            "follow_hours": 300.0, "opportunity_amount": amount}  # fmt: skip


def weeks(n=50, usual=(40.0, 60.0), name="0"):
    """Return MQLs of the last weeks."""
    return quarter(name, n) | {"span": "weeks", "usual": 50.0, "usual_low": usual[0], "usual_high": usual[1]}


def quarter(name="FY26-Q1", n=50, target=NAN, over=True, met=NAN):
    """Return MQLs of a quarter."""
    return {"span": "quarter", "name": name, "since": pd.NaT, "until": pd.NaT, "n": n, "is_over": over,
            "is_whole": True, "target": target, "target_to_date": target, "target_share": met, "usual": NAN,
            "usual_low": NAN, "usual_high": NAN}  # fmt: skip


def month(since="2026-04-01", span="month", n=10, spend=1000.0, n_months=1):
    """Return the cost of the MQLs of a month."""
    each = spend / n if n else NAN
    return {"span": span, "since": pd.Timestamp(since), "until": pd.Timestamp(since) + pd.offsets.MonthEnd(),
            "n_months": n_months, "spend_amount": spend, "n": n, "cost_per_mql": each, "low": 0.8 * each,
            "high": 1.3 * each}  # fmt: skip


def enriched(field="all", share=0.7, span="last weeks", n=100, **given):
    """Return how complete leads are."""
    return {"span": span, "dimension": "company", "group": "company", "field": field, "n": n, "n_right": 7,
            "share": share, "low": share - 0.05, "high": min(share + 0.05, 1.0), "error": 0.04,
            "n_worth": float(n)} | given  # fmt: skip


def campaign(name="webinar", n=10, wrong=2, is_right=False, span="last weeks"):
    """Return a campaign whose links are wrong."""
    return {"span": span, "campaign": name, "utm_source": "google", "utm_medium": "cpc", "n": n, "n_wrong": wrong,
            "wrong_share": wrong / n, "wrong": f"capitals {wrong}", "examples": f"Google / cpc / {name or ''}",
            "n_spellings": 1, "is_right": is_right}  # fmt: skip


def cohort(name="FY26-Q1", step="mql", share=0.6, n=200):
    """Return how many of a quarter's enquiries got to a place by the last age."""
    return {"cohort": name, **line(step, 180, share, n)}


def figure(**given):
    """Return a published figure."""
    return {"id": "win_rate", "basis": "of_closed", "ours": 0.3, "definition": "d", "statistic": "mean",
            "value": 0.2, "unit": "share", "band": "all", "year": "2025", "n": "342", "grade": "C", "publisher": "P",
            "flag": "caution", "why": "old", "url": None, "note": None} | given  # fmt: skip


def tool(name="Intent data", seats=10.0, active=2.0, cost=1000.0, renewal="2026-07-01", low=True):
    """Return a tool whose seats nobody uses."""
    used = active / seats
    return {"tool_name": name, "renewal_date": pd.Timestamp(renewal), "n_seats": seats, "n_seats_assigned": seats,
            "n_seats_active": active, "used_share": used, "annual_cost_amount": cost, "idle_amount": cost * (1 - used),
            "is_low": low, "note": None}  # fmt: skip


def family(what="stage", spread=0.2, passages=()):
    """Return passages that share their luck."""
    rows = pd.DataFrame(list(passages), columns=list(passage()))
    return Family(what, rows, (), pd.Series(dtype=float), Luck(spread, 7.0))


def told(moves=(), *, day=DAY, wins=(), cycle=None, leaks=(), groups=(), stuck=(), stages=(), times=(), gaps=(),
         endings=(), passages=(), win_passages=(), converted=(), notes=(), left_out=(), hand_off=None, before=None,
         arrivals=(), reasons=(), stakes=(), leads=(), mqls=(), cost=(), cost_source="ledger", fields=(), links=(),
         tools=(), signals=None, level="none", lost=(), counts=(), families=(), flow=(), whys=None, unit="hours",
         organisation=None, unavailable=None, peers=(), places=(), cohorts=None, **knobs) -> StageResult:  # fmt: skip
    """Return a result of a company of three stages without leads, and whatever else is given.

    hand_off, before: columns of HandOff.table that are otherwise of now and of past; signals: number -> holds; whys: by
    part (pipeline, hand_off, marketing).
    """
    found, whys = _base(day), whys or {}
    at = window_of(found.view, Knobs(**knobs))
    pipe, mark, hand, org = found.pipeline, found.marketing, found.hand_off, found.organisation
    rated = _like(mark.tools.table, tools)
    return replace(
        found, knobs=at.knobs, window=at,
        changes=Changes(_like(found.changes.table, moves), {one.what: one for one in families}),
        groups=pd.DataFrame(list(groups), columns=list(group())), leaks=_like(found.leaks, leaks),
        pipeline=replace(
            pipe, win=_like(pipe.win, wins), cycle=cycle, stuck=_like(pipe.stuck, stuck),
            stages=_like(pipe.stages, _with_others(stages)), times=_like(pipe.times, times), gap=_like(pipe.gap, gaps),
            endings=_like(pipe.endings, endings), passages=_like(pipe.passages, passages), stays=pipe.stays.iloc[:0],
            win_passages=_like(pipe.win_passages, win_passages), converted=_like(pipe.converted, converted),
            converted_by_amount=pipe.converted_by_amount.iloc[:0], flow=_like(pipe.flow, flow), notes=tuple(notes),
            left_out=_like(pipe.left_out, left_out), why=whys.get("pipeline", {}),
        ),
        hand_off=replace(
            hand, table=_handed(hand.table, hand_off or {}, before or {}), by_hour=_like(hand.by_hour, arrivals),
            reasons=_like(hand.reasons, reasons), stake=_like(hand.stake, stakes), leads=_like(hand.leads, leads),
            counts=_like(hand.counts, counts), unit=unit, day_hours=8.0, why=whys.get("hand_off", {}),
        ),
        marketing=replace(
            mark, mqls=_like(mark.mqls, mqls), cost=_like(mark.cost, cost), cost_source=cost_source,
            enrichment=_like(mark.enrichment, fields), utm_campaigns=_like(mark.utm_campaigns, links),
            tools=replace(mark.tools, table=rated, n=len(rated)), why=whys.get("marketing", {}),
        ),
        organisation=replace(org, **_signs(org, signals or {}), level=level, lost=_like(org.lost, lost),
                             **(organisation or {})),
        peers=Peers(_like(found.peers.table, peers), {} if peers else found.peers.why),
        places=_like(found.places, places), unavailable=unavailable or {},
        funnel=found.funnel if cohorts is None else replace(found.funnel, why=None, cohorts=pd.DataFrame(cohorts)),
    )  # fmt: skip


@cache
def _base(day):
    """Return the report on a company with one opportunity: every table has its columns, and none says much."""
    one = moved({"a": [("2026-05-01 09:00", "Discovery"), ("2026-05-20 09:00", "Proposal")]})
    return measure(as_of(one, day), Knobs(), published(ROOT))


def _like(table, rows):
    """Return rows with the columns and types of a table."""
    found = pd.DataFrame(list(rows), columns=table.columns)
    return found.astype(table.dtypes.to_dict()) if len(found) else table.iloc[:0]


def _with_others(stages):
    """Return stages with those of the company that are not given: in use, and nothing is in them; None: no stage."""
    if stages is None:
        return []
    known = {row["stage"]: row for row in stages}
    return [*({name: stage(name, 0, 0.0, NAN, 0) for name in STAGES} | known).values()]


def _handed(table, now, past):
    rows = table.set_index("window")
    for window, given in (("now", now), ("past", past)):
        for name, value in given.items():
            rows.loc[window, name] = value
    return rows.reset_index()


def _signs(org, signals):
    rows = org.signals.assign(holds=[signals.get(n, "no") for n in org.signals["signal"]], strength="so", why=None)
    holding, read = rows["holds"].eq("yes").sum(), rows["holds"].ne("not read").sum()
    return {"signals": rows.astype(org.signals.dtypes.to_dict()), "n_holding": int(holding), "n_read": int(read)}


def cycle(median=90.0, n=100, reason=None):
    """Return how long winning takes."""
    names = {field.name for field in fields(CreationWindow)}
    given = {"by_age": pd.Series(dtype=float), "win_rate": 0.3, "fast_days": 20.0, "median_days": median, "n": n,
             "reason": reason}  # fmt: skip
    assert set(given) == names
    return CreationWindow(**given)
