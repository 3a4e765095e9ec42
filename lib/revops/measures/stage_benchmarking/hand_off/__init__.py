"""The hand-off from marketing to sales: how fast MQLs are worked on, how many are accepted, what lateness goes with."""

from revops.measures.stage_benchmarking.hand_off.measured import hand_off_of
from revops.measures.stage_benchmarking.hand_off.moves import EARLIER, STEPS
from revops.measures.stage_benchmarking.hand_off.result import HandOff

__all__ = ["EARLIER", "STEPS", "HandOff", "hand_off_of"]
