"""What marketing, sales and finance would say that a quarter brings, and the bridge from one answer to the next."""

from revops.analysis.revenue_answers.answers import ANSWERS, Answers, answers_of, apart
from revops.analysis.revenue_answers.bridge import RULES, STEPS, Bridge, bridge_of
from revops.analysis.revenue_answers.counted import (
    NEEDS_BILLS,
    NEEDS_CATEGORIES,
    PARTS,
    Billed,
    Counted,
    counted_in,
    counted_of,
)
from revops.analysis.revenue_answers.definitions import WHO, Definition, Who, definitions_of
from revops.analysis.revenue_answers.won_and_billed import (
    MORE_WON,
    NO_ACCOUNT,
    NO_BILL,
    NO_CUSTOMER,
    NO_DEAL,
    OLD_DEAL,
)

__all__ = [
    "ANSWERS",
    "MORE_WON",
    "NEEDS_BILLS",
    "NEEDS_CATEGORIES",
    "NO_ACCOUNT",
    "NO_BILL",
    "NO_CUSTOMER",
    "NO_DEAL",
    "OLD_DEAL",
    "PARTS",
    "RULES",
    "STEPS",
    "WHO",
    "Answers",
    "Billed",
    "Bridge",
    "Counted",
    "Definition",
    "Who",
    "answers_of",
    "apart",
    "bridge_of",
    "counted_in",
    "counted_of",
    "definitions_of",
]
