"""Our numbers that are held against published ones, and what the organisation is told of the funnel."""

import numpy as np
import pandas as pd

from revops.analysis.passages import converted, first_passages
from revops.analysis.peers import About
from revops.measures.stage_benchmarking.funnel import Funnel
from revops.measures.stage_benchmarking.hand_off import HandOff
from revops.measures.stage_benchmarking.marketing import LAST, Marketing
from revops.measures.stage_benchmarking.organisation import Organisation, Told
from revops.measures.stage_benchmarking.pipeline import Pipeline
from revops.measures.stage_benchmarking.window import Window
from revops.ratios import safe_ratio
from revops.wording import share

__all__ = ["about_us", "known_numbers", "told_of"]

_NO_DECISION = "no decision"


def known_numbers(
    window: Window, funnel: Funnel, pipeline: Pipeline, hand_off: HandOff, marketing: Marketing
) -> dict[tuple[str, str], float]:
    """Return our numbers by id and basis (likeness.NAMES), those that can be had: of the last weeks and the windows
    before, by the largest age that enough were followed to."""
    closed, ended = _closed(window), pipeline.endings
    ended = ended.groupby("ending", observed=True)["n"].sum() if len(ended) else pd.Series(dtype="float64")
    undecided = ended[ended.index.astype("str").str.casefold().str.contains(_NO_DECISION)].sum()
    past = pipeline.win[pipeline.win["when"].eq("past")]
    won, lost = closed.get("won", 0), closed.get("lost", 0)
    now = hand_off.table.set_index("window").loc["now"]
    found = {
        ("win_rate", "of_closed"): safe_ratio(won, won + lost),
        ("win_rate", "of_made"): _last(past[past["weight"].eq("count")]),
        ("no_decision_share", "of_closed"): safe_ratio(undecided, won + lost) if undecided else np.nan,
        ("sales_cycle_days", "won"): pipeline.cycle.median_days if pipeline.cycle is not None else np.nan,
        ("accept_rate", "judged"): now["accept_share"], ("first_touch_hours", "median"): now["median_hours"],
        ("sla_attainment_rate", "sla"): now["sla_share"], ("never_touched_rate", "all"): now["never_share"],
        ("sql_to_won", "by_age"): _sql_to_won(window, funnel),
        ("marketing_leads_share", "enquiries"): _from_marketing(window, funnel),
    }  # fmt: skip
    for step, id in (("lead", "lead_to_mql"), ("mql", "mql_to_sql_rate")):
        found[id, "by_age"] = _last(funnel.converted_past[funnel.converted_past["step"].eq(step)])
    return found | _of_marketing(marketing)


def _last(rows: pd.DataFrame) -> float:
    """Return the share by the largest age that is told."""
    told = rows["share"].dropna()
    return float(told.iloc[-1]) if len(told) else np.nan


def _closed(window: Window) -> pd.Series:
    """Return how many opportunities of the types looked at closed in the weeks looked at, by outcome."""
    state = window.subject.state
    since, until = pd.Timestamp(window.past_since), pd.Timestamp(window.until)
    rows = state[state["type"].isin(window.knobs.types) & state["close_date"].between(since, until)]
    return rows["outcome"].value_counts()


def _sql_to_won(window: Window, funnel: Funnel) -> float:
    rows = funnel.enquiries[funnel.enquiries["sql_at"].notna()]
    if rows.empty:
        return np.nan
    stamps = rows.set_index("enquiry_id")[["sql_at", "won_at"]].set_axis([0, 1], axis=1)
    reached = stamps.stack().rename_axis(["subject_id", "place"]).rename("at").reset_index()
    ended = rows.set_index("enquiry_id")["lost_at"]
    passed = first_passages(reached, ended, ("sql", "won"), day=window.view.day)
    passed = passed[window.place_of(passed["entered"]).between(0, window.knobs.past)]
    return _last(converted(passed, window.knobs.horizons, fewest=window.knobs.fewest_followed))


def _from_marketing(window: Window, funnel: Funnel) -> float:
    """Return the share of enquiries of the weeks looked at that marketing brought, of those whose source is known."""
    rows = funnel.enquiries[window.place_of(funnel.enquiries["lead_at"]).between(0, window.knobs.past)]
    known = rows[rows["source"].ne("unknown")]
    return float(known["source"].eq("marketing").mean()) if len(known) else np.nan


def _of_marketing(marketing: Marketing) -> dict[tuple[str, str], float]:
    """Return the shares of marketing operations of the last weeks."""
    rich = marketing.enrichment
    rich = rich[rich["field"].eq("all") & rich["dimension"].eq("company") & rich["span"].eq(LAST)]["share"]
    links = marketing.utm[marketing.utm["span"].eq(LAST) & marketing.utm["what"].eq("campaigns")]["share"]
    cost = marketing.cost[marketing.cost["span"].eq("last months")]["cost_per_mql"]
    parts = {"lead_enrichment_rate": rich, "utm_compliance_rate": links, "cost_per_mql": cost}
    found = {(id, "all"): float(values.iloc[0]) for id, values in parts.items() if len(values)}
    return found | {("tool_utilisation_rate", "all"): marketing.tools.used_share}


def told_of(funnel: Funnel, hand_off: HandOff, marketing: Marketing) -> Told:
    """Return what the organisation is told: MQLs against target, what sales accepted, and where most is lost."""
    rows = marketing.mqls
    mqls = rows[rows["span"].eq("quarter")].rename(columns={"name": "period"})[["period", "n", "target"]]
    now = hand_off.table.set_index("window").loc["now"]
    leak, words = _leak(funnel)
    accepted, n_judged = float(now["accept_share"]), int(now["n_judged"])
    return Told(mqls.reset_index(drop=True), accepted, n_judged, leak=leak, leak_words=words)


def _leak(funnel: Funnel) -> tuple[str | None, str]:
    """Return on which side the funnel loses most: the step of the lowest share that moves on."""
    told = funnel.converted_past.dropna(subset="share").drop_duplicates("step", keep="last").set_index("step")["share"]
    sides = {"lead": ("marketing", "leads to MQL"), "mql": ("between", "MQL to SQL"),
             "sql": ("between", "SQL to opportunity"), "opportunity": ("sales", "opportunity to won")}  # fmt: skip
    told = told[[step for step in sides if step in told.index]]
    if told.empty:
        return None, ""
    step = str(told.idxmin())
    return sides[step][0], f"{sides[step][1]}, {share(float(told.min()))}"


def about_us(window: Window, organisation: Organisation) -> About:
    """Return whom published figures are held against."""
    rows = window.subject.state
    won = rows[rows["outcome"].eq("won") & rows["type"].eq("new") & rows["amount"].gt(0)]
    won = won[won["close_date"].between(pd.Timestamp(window.past_since), pd.Timestamp(window.until))]
    year = 12 / window.knobs.months_in_amount * float(won["amount"].median()) if len(won) else np.nan
    return About(window.view.day, organisation.arr_amount, year, window.view.company.currency)
