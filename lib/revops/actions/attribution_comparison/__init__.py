"""What the attribution comparison report says first, and what to do about it."""

from revops.actions.attribution_comparison.headline import headline
from revops.actions.attribution_comparison.to_do import actions

__all__ = ["actions", "headline"]
