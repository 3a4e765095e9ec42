"""What the stage benchmarking report says first, and what to do about it."""

from revops.actions.stage_benchmarking.headline import headline
from revops.actions.stage_benchmarking.to_do import actions

__all__ = ["actions", "headline"]
