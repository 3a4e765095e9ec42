"""What every step after reading needs: the company, its people, its words, and the ledger."""

from dataclasses import dataclass, field

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.people import People
from revops.exports.steps import Steps
from revops.exports.words import Words

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The company's definitions, its owners by id and name, the words met so far, where to report, how to do steps."""

    company: Company
    people: People
    words: Words
    ledger: Ledger
    steps: Steps = field(default_factory=Steps)
