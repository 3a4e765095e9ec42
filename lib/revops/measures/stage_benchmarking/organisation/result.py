"""What the company's own numbers and answers say of how it should be organised: advice with sources, no decree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation.answers import last_quarter, three_answers
from revops.measures.stage_benchmarking.organisation.models import Facts, leaning, models_of
from revops.measures.stage_benchmarking.organisation.questions import deciding_questions, rename_test, renamed
from revops.measures.stage_benchmarking.organisation.renewals import lost_renewals, n_renewed
from revops.measures.stage_benchmarking.organisation.revenue import Revenue, bills_of, recurring_revenue
from revops.measures.stage_benchmarking.organisation.signals import (
    Signal,
    answers_signal,
    forecast_signal,
    leads_signal,
    level_of,
    operating_signals,
    renewals_signal,
    tools_signal,
)
from revops.measures.stage_benchmarking.organisation.stages import company_stage, stage_number
from revops.measures.stage_benchmarking.organisation.told import Told
from revops.measures.stage_benchmarking.organisation.tools import n_campaigns, tools_of
from revops.measures.stage_benchmarking.window import Window
from revops.ratios import share_interval

__all__ = ["Organisation", "organisation_of", "target_of"]


@dataclass(frozen=True)
class Organisation:
    """Stage, signals, models and tests, always of the whole company.

    arr_amount, arr_dollars: recurring revenue a year [company currency; USD]; arr_source: where from; arr_is_rough:
    from won deals. stages: company_stage; stage: its number by Fairview (NaN: not known). quarter: of signal 1;
    answers: three_answers; lost: lost_renewals. signals: operating_signals; level: level_of; n_holding, n_read: how
    many hold, of how many read. models: models_of; leaning: the model it points to, if one. questions:
    deciding_questions. rename: rename_test; renamed: whether it is Marketing Ops with a new title (yes, no, open).
    why: what is not known.
    """

    arr_amount: float
    arr_dollars: float
    arr_source: str
    arr_is_rough: bool
    stages: pd.DataFrame
    stage: float
    quarter: str
    answers: pd.DataFrame
    lost: pd.DataFrame
    signals: pd.DataFrame
    level: str
    n_holding: int
    n_read: int
    models: pd.DataFrame
    leaning: int | None
    questions: pd.DataFrame
    rename: pd.DataFrame
    renamed: str
    why: dict[str, str]


def organisation_of(window: Window, told: Told | None = None, off: pd.Series | str | None = None) -> Organisation:
    """Return which stage the company is in, which signals of operational debt show, and what that advises.

    Question
        What kind of operations does a company like ours need, and does ours have it?

    Parameters
        window : the report's window; uses subscriptions, opportunities and their history, touches, ledger, tools,
            campaigns and spend of its view, and company.yml
        told : what marketing, the hand-off and the funnel say (Told); None: nothing
        off : the company's row of off_signal (forecast_accuracy.signal_of), or why there is none
    """
    told = told or Told()
    view, knobs, said = window.view, window.knobs, window.view.company.organisation
    bills = bills_of(view)
    arr, answers, lost = recurring_revenue(window, bills), three_answers(window, bills), lost_renewals(window)
    read = _read(window, told, off, answers, lost)
    facts = _facts(window, arr, _hand_off_disputed(told, read[2], knobs))
    stages, models, rename = company_stage(arr.dollars, knobs), models_of(facts, knobs), rename_test(said)
    signals = operating_signals(read)
    n_holding, n_read = int(signals["holds"].eq("yes").sum()), int(signals["holds"].ne("not read").sum())
    return Organisation(
        arr_amount=arr.amount,
        arr_dollars=arr.dollars,
        arr_source=arr.source,
        arr_is_rough=arr.is_rough,
        stages=stages,
        stage=stage_number(stages),
        quarter=last_quarter(window).name,
        answers=answers,
        lost=lost,
        signals=signals,
        level=level_of(n_holding, n_read),
        n_holding=n_holding,
        n_read=n_read,
        models=models,
        leaning=leaning(models),
        questions=deciding_questions(facts, stages, told, knobs),
        rename=rename,
        renamed=renamed(rename),
        why=_why(arr, signals),
    )


def target_of(mqls: pd.DataFrame | None, window: Window) -> tuple[str, float, float] | None:
    """Return quarter, MQLs and target of the last quarter with a target that was over on the last day; None where there
    is none.

    Parameters
        mqls : by fiscal quarter: period, n, target
    """
    if mqls is None:
        return None
    ends = {name: window.view.calendar.named(name).end for name in mqls["period"].unique()}
    end = pd.to_datetime(mqls["period"].map(ends))
    over = mqls[mqls["target"].notna() & (end <= pd.Timestamp(window.until))]
    if over.empty:
        return None
    last = over.loc[end[over.index].idxmax()]
    return str(last["period"]), float(last["n"]), float(last["target"])


def _read(window: Window, told: Told, off: pd.Series | None, answers: pd.DataFrame, lost: pd.DataFrame) -> list[Signal]:
    """Return the five signals as read."""
    view, knobs, connected = window.view, window.knobs, window.view.company.organisation.connected_tools
    return [
        answers_signal(answers, knobs, view.company.currency),
        forecast_signal(off),
        leads_signal(target_of(told.mqls, window), told, knobs),
        tools_signal(tools_of(view.book.table("tools"), connected), is_answered=bool(connected), knobs=knobs),
        renewals_signal(lost, n_renewed(window), knobs, view.company.currency),
    ]


def _hand_off_disputed(told: Told, leads: Signal, knobs: Knobs) -> str:
    """Return whether sales disputes what it is handed: signal 3 shows, or it surely accepts too few, target or not."""
    n = told.n_judged
    if leads.holds == "yes":
        return "yes"
    if n < knobs.fewest_followed or np.isnan(told.accept_share):
        return "not read"
    return "yes" if share_interval(round(told.accept_share * n), n, level=knobs.level)[1] < knobs.accept_least else "no"


def _facts(window: Window, arr: Revenue, disputes: str) -> Facts:
    said, tools = window.view.company.organisation, window.view.book.table("tools")
    return Facts(
        dollars=arr.dollars,
        employees=said.employees,
        n_tools=tools["tool_name"].nunique() or None,
        n_campaigns=n_campaigns(window.view, last_quarter(window)),
        private_equity=said.private_equity,
        mature_marketing=said.mature_marketing,
        leadership_backs=said.leadership_backs,
        ops_people=tuple(said.ops_people.items()),
        disputes=disputes,
    )


def _why(arr: Revenue, signals: pd.DataFrame) -> dict[str, str]:
    """Return why the stage or a signal is not known, and what to mind of recurring revenue."""
    unread = signals[signals["why"].notna()]
    why = {f"signal {row.signal}": row.why for row in unread.itertuples()}
    why |= {f"arr_{name}": words for name, words in arr.why.items()}
    if np.isnan(arr.dollars):
        why["company_stage"] = arr.why.get("dollars") or arr.why["amount"]
    return why
