"""What the pipeline coverage report says first, and what to do about it."""

from revops.actions.pipeline_coverage.headline import headline
from revops.actions.pipeline_coverage.to_do import actions

__all__ = ["actions", "headline"]
