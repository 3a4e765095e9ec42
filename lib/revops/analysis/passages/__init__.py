"""How subjects pass through steps: first passages, the share that moves on, the time it takes."""

from revops.analysis.passages.converted import converted
from revops.analysis.passages.first_passages import first_passages
from revops.analysis.passages.stays import stays
from revops.analysis.passages.times import times
from revops.analysis.passages.weight_gap import weight_gap
from revops.analysis.passages.wilson import wilson

__all__ = ["converted", "first_passages", "stays", "times", "weight_gap", "wilson"]
