"""The company's stage, the signals of operational debt, and which way of organising operations they point to."""

from revops.measures.stage_benchmarking.organisation.models import MODELS, tallied
from revops.measures.stage_benchmarking.organisation.questions import NEW_TITLE
from revops.measures.stage_benchmarking.organisation.result import Organisation, organisation_of
from revops.measures.stage_benchmarking.organisation.signals import LEVELS, SIGNALS, level_of
from revops.measures.stage_benchmarking.organisation.told import Told

__all__ = ["LEVELS", "MODELS", "NEW_TITLE", "SIGNALS", "Organisation", "Told", "level_of", "organisation_of", "tallied"]
