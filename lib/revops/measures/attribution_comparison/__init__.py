"""Attribution comparison: which channels earn credit, how much does the model decide, and which decisions flip?"""

from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.needs import NEEDS, READS, lacking, refusal

__all__ = ["NEEDS", "READS", "Knobs", "lacking", "refusal"]
