"""What the CAC payback report says first, and what to do about it."""

from revops.actions.cac_payback.headline import headline
from revops.actions.cac_payback.to_do import actions

__all__ = ["actions", "headline"]
