"""Which numbers these exports, this day and this slice cannot give, and what they need."""

from revops.book import Book
from revops.measures.stage_benchmarking.funnel import Funnel
from revops.measures.stage_benchmarking.hand_off import HandOff
from revops.measures.stage_benchmarking.marketing import Marketing
from revops.measures.stage_benchmarking.needs import lacking
from revops.measures.stage_benchmarking.organisation import Organisation
from revops.measures.stage_benchmarking.pipeline import Pipeline
from revops.metrics.stage_benchmarking import STAGE_BENCHMARKING

__all__ = ["unavailable"]

_OF_FUNNEL = ("mql_volume", "mql_to_sql_rate", "lead_to_won_rate")
_OF_HAND_OFF = {"sla": ("sla_attainment_rate", "never_touched_rate", "first_touch_hours"), "accept": ("accept_rate",),
                "stake": ("late_lead_amount",)}  # fmt: skip
_OTHER = "more than these exports tell: "


def unavailable(book: Book, funnel: Funnel, pipeline: Pipeline, hand_off: HandOff, marketing: Marketing,
                organisation: Organisation) -> dict[str, str]:  # fmt: skip
    """Return metric -> what it needs, in words that follow `needs`: what no table of the book tells (needs.lacking),
    then what this day or this slice does not.

    Limits
        A metric of which some part is told is not here: its rows say what is not.
    """
    whys = _of_pipeline(pipeline, funnel) | _of_hand_off(hand_off) | _of_marketing(marketing) | _of_funnel(funnel)
    whys |= _of_organisation(organisation)
    known = {metric.id for metric in STAGE_BENCHMARKING}
    return {id: _needed(why) for id, why in whys.items() if id in known} | lacking(book)


def _needed(why: str) -> str:
    return why.removeprefix("needs ") if why.startswith("needs ") else _OTHER + why.replace(": needs ", ": ")


def _of_funnel(funnel: Funnel) -> dict[str, str]:
    return {} if funnel.why is None else dict.fromkeys(_OF_FUNNEL, funnel.why)


def _of_pipeline(pipeline: Pipeline, funnel: Funnel) -> dict[str, str]:
    """Return what stages cannot tell; conversion is told where leads have one."""
    told = pipeline.why if funnel.why is not None else {id: why for id, why in pipeline.why.items()
                                                        if id != "conversion_rate"}  # fmt: skip
    return dict(told)


def _of_hand_off(hand_off: HandOff) -> dict[str, str]:
    return {id: hand_off.why[part] for part, ids in _OF_HAND_OFF.items() if part in hand_off.why for id in ids}


def _of_marketing(marketing: Marketing) -> dict[str, str]:
    """Return what marketing operations cannot tell: reasons that are no mere remarks, as nothing is there."""
    tables = {"mqls": ("mql_volume", marketing.mqls), "cost": ("cost_per_mql", marketing.cost),
              "enrichment": ("lead_enrichment_rate", marketing.enrichment),
              "utm": ("utm_compliance_rate", marketing.utm)}  # fmt: skip
    return {id: marketing.why[part] for part, (id, table) in tables.items() if table.empty and part in marketing.why}


def _of_organisation(organisation: Organisation) -> dict[str, str]:
    why = {"company_stage": organisation.why["company_stage"]} if "company_stage" in organisation.why else {}
    return why if organisation.n_read else why | {"operating_signals": "none of the five signals could be read"}
