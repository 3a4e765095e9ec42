"""CAC payback: how long until a new customer has repaid its cost, by segment and channel, and how many leave first?"""

from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.needs import NEEDS, READS, lacking, refusal

__all__ = ["NEEDS", "READS", "Knobs", "lacking", "refusal"]
