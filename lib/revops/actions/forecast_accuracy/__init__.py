"""What the forecast accuracy report says first, and what to do about it."""

from revops.actions.forecast_accuracy.headline import headline
from revops.actions.forecast_accuracy.to_do import actions

__all__ = ["actions", "headline"]
