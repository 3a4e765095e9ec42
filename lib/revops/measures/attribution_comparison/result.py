"""Everything the attribution comparison report shows, computed once: tables of different grain that must agree."""

from dataclasses import dataclass
from functools import partial

import pandas as pd

from revops.analysis.credit import rate_game
from revops.analysis.credit.switch_off import switch_off
from revops.book import AsOf
from revops.errors import MeasureError
from revops.measures.attribution_comparison.campaigns import Campaigns, campaigns, campaigns_by_rule
from revops.measures.attribution_comparison.cohorts import Cohorts, cohorts
from revops.measures.attribution_comparison.costs import WindowCosts, window_costs
from revops.measures.attribution_comparison.credited import Credited, credited
from revops.measures.attribution_comparison.deal_audit import DealAudit, deal_audit
from revops.measures.attribution_comparison.decisions import Decisions, decisions
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.lift import lift_rows
from revops.measures.attribution_comparison.needs import lacking, refusal
from revops.measures.attribution_comparison.panel import Panel, planted_panel
from revops.measures.attribution_comparison.sensitivity import sensitivity
from revops.measures.attribution_comparison.spread import disagreement, model_spread
from revops.measures.attribution_comparison.window import Window, window_of
from revops.periods import Period

__all__ = ["AttributionResult", "measure"]


@dataclass(frozen=True)
class AttributionResult:
    """The tables behind one attribution comparison report.

    won, pipeline: credit of all models for deals won, and for deals created, in the window; spread, disagreement: of
    won. of_pipeline: what pipeline cost, of the spend moved earlier by the usual days from touch to creation; its
    verdicts are not used, since pipeline is not money yet. by_rule: campaigns_by_rule. rate_game, switch_off:
    credit.rate_game and credit.switch_off of the won journeys, None where they cannot be had; panel: the models on
    planted truth. deal: one deal touch by touch, None without any won. unavailable maps a metric, or a model, to what
    it needs.
    """

    view: AsOf
    knobs: Knobs
    window: Window
    won: Credited
    pipeline: Credited
    spread: pd.DataFrame
    disagreement: pd.DataFrame
    costs: WindowCosts
    decisions: Decisions
    of_pipeline: Decisions
    campaigns: Campaigns
    by_rule: pd.DataFrame
    cohorts: Cohorts
    sensitivity: pd.DataFrame
    panel: Panel
    switch_off: pd.DataFrame | None
    rate_game: pd.DataFrame | None
    lift: pd.DataFrame
    deal: DealAudit | None
    unavailable: dict[str, str]

    @property
    def period(self) -> Period:
        """Return the last quarter of the window."""
        return self.window.period


def measure(view: AsOf, knobs: Knobs) -> AttributionResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        Which channels earn credit, how much does the model decide, and which budget decisions flip with it?

    Raises
        MeasureError: no touches in any form; the slice names a group without opportunities; a deal to be shown, or the
        channel of a lift test, that is not there.
    """
    if (needs := refusal(view.book)) is not None:
        raise MeasureError(f"attribution_comparison: {needs}; found none.")
    window = window_of(view, knobs)
    won, pipeline = credited(window), credited(window, "creation")
    costs, of_pipeline = window_costs(window, won), window_costs(window, pipeline)
    found, why_not = _beside_credit(won, knobs)
    return AttributionResult(
        view=view,
        knobs=knobs,
        window=window,
        won=won,
        pipeline=pipeline,
        spread=model_spread(won.table),
        disagreement=disagreement(won.table),
        costs=costs,
        decisions=decisions(won, costs, knobs),
        of_pipeline=decisions(pipeline, of_pipeline, knobs),
        campaigns=campaigns(window, won, costs),
        by_rule=campaigns_by_rule(window, won, pipeline),
        cohorts=cohorts(window, won, costs),
        sensitivity=sensitivity(window, won, costs),
        panel=planted_panel(knobs),
        switch_off=found.get("switch_off_share"),
        rate_game=found.get("rate_effect"),
        lift=lift_rows(window, costs),
        deal=deal_audit(window, won),
        unavailable=lacking(view.book) | why_not | _models(won, pipeline),
    )


def _models(won: Credited, pipeline: Credited) -> dict[str, str]:
    """Return the models that cannot be had, with what they need."""
    of_pipeline = {f"{model}_of_pipeline": needs for model, needs in pipeline.unavailable.items()
                   if model not in won.unavailable}  # fmt: skip
    return won.unavailable | of_pipeline


def _beside_credit(won: Credited, knobs: Knobs) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return what is told of channels beside their credit, and what it needs where it cannot be had."""
    found, needs = {}, {}
    if won.found.has_only_ends:
        return found, dict.fromkeys(("rate_effect", "switch_off_share"), "every touch, not first and last ones alone")
    asked = {"rate_effect": rate_game, "switch_off_share": partial(switch_off, level=knobs.level)}
    for id, question in asked.items():
        try:
            found[id] = question(won.paths)
        except MeasureError as refusal:
            needs[id] = f"more to go by. {str(refusal).rstrip('.')}"
    return found, needs
