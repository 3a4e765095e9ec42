"""The funnel from lead to won: who came, how far each enquiry got, and how many did by when."""

from revops.measures.stage_benchmarking.funnel.measured import funnel_of
from revops.measures.stage_benchmarking.funnel.result import LEADS, PLACES, WHOLE, Funnel

__all__ = ["LEADS", "PLACES", "WHOLE", "Funnel", "funnel_of"]
