"""How subjects pass through steps: first passages, the share that moves on, the time it takes, and what moved."""

from revops.analysis.passages.compared import MOVES, compared, compared_days
from revops.analysis.passages.converted import converted
from revops.analysis.passages.first_passages import first_passages
from revops.analysis.passages.groups import GROUPS, between_groups
from revops.analysis.passages.luck import Luck, luck_of, luck_of_days
from revops.analysis.passages.moved import compared_horizons, moved
from revops.analysis.passages.shrunk import shrunk_shares
from revops.analysis.passages.stays import stays
from revops.analysis.passages.times import times
from revops.analysis.passages.weight_gap import weight_gap
from revops.analysis.passages.wilson import wilson

__all__ = ["GROUPS", "MOVES", "Luck", "between_groups", "compared", "compared_days", "compared_horizons", "converted",
           "first_passages", "luck_of", "luck_of_days", "moved", "shrunk_shares",
           "stays", "times", "weight_gap", "wilson"]  # fmt: skip
