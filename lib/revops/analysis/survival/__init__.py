"""Who stays and who leaves, by age: Kaplan-Meier, and incidences of events that compete."""

from revops.analysis.survival.counted import Counted, counted
from revops.analysis.survival.incidence import incidence, incidence_draws
from revops.analysis.survival.kaplan_meier import kaplan_meier

__all__ = ["Counted", "counted", "incidence", "incidence_draws", "kaplan_meier"]
