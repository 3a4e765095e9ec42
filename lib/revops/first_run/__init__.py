"""A first company.yml from a folder of exports that nobody prepared: what can be told is filled, the rest is TODO."""

from revops.first_run.proposal import Proposal, propose

__all__ = ["Proposal", "propose"]
