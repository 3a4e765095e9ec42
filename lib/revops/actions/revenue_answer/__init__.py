"""What the revenue answer report says first, and what to do about it."""

from revops.actions.revenue_answer.headline import headline
from revops.actions.revenue_answer.to_do import actions

__all__ = ["actions", "headline"]
