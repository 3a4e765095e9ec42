"""From a company's records to journeys: whose touches came before each deal was won, lost or made, and what is left."""

from revops.analysis.journeys.found import Known, journeys_of, known_on
from revops.analysis.journeys.knobs import JourneyKnobs
from revops.analysis.journeys.people import with_fallback
from revops.analysis.journeys.reconciled import WITH_TOUCHES
from revops.analysis.journeys.together import Journeys
from revops.analysis.journeys.touched import UNKNOWN_CHANNEL, one_name

__all__ = [
    "UNKNOWN_CHANNEL",
    "WITH_TOUCHES",
    "JourneyKnobs",
    "Journeys",
    "Known",
    "journeys_of",
    "known_on",
    "one_name",
    "with_fallback",
]
