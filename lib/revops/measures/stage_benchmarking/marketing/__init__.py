"""Marketing operations: MQLs, what one costs, leads with their company's facts, tags of links, and tools."""

from revops.measures.stage_benchmarking.marketing.moved import marketing_moves
from revops.measures.stage_benchmarking.marketing.result import LAST, PAST, Marketing, marketing_of

__all__ = ["LAST", "PAST", "Marketing", "marketing_moves", "marketing_of"]
