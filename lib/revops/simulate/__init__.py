"""A company with known truth: its raw exports and its canonical tables as of any day, from a plan and a seed."""

from revops.simulate.canonical import canonical_tables
from revops.simulate.plan import Plan
from revops.simulate.salesforce import write_exports
from revops.simulate.truth import figures, known_truth
from revops.simulate.world import World, simulate

__all__ = ["Plan", "World", "canonical_tables", "figures", "known_truth", "simulate", "write_exports"]
