"""Who stays and who leaves, by age: Kaplan-Meier, and incidences of events that compete."""

from revops.analysis.survival.counted import Counted, counted
from revops.analysis.survival.incidence import incidence, incidence_draws
from revops.analysis.survival.influence import error_of, incidence_influence, summed, survival_influence
from revops.analysis.survival.kaplan_meier import kaplan_meier

__all__ = [
    "Counted",
    "counted",
    "error_of",
    "incidence",
    "incidence_draws",
    "incidence_influence",
    "kaplan_meier",
    "summed",
    "survival_influence",
]
