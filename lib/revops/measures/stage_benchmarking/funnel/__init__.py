"""The funnel from lead to won: who came, how far each enquiry got, and how many did by when."""

from revops.measures.stage_benchmarking.funnel.result import LEADS, PLACES, Funnel

__all__ = ["LEADS", "PLACES", "Funnel"]
