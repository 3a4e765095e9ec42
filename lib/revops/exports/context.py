"""What every step after reading needs: the company, its people, its words, and the ledger."""

from dataclasses import dataclass

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.people import People
from revops.exports.words import Words

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The company's definitions, its owners by id and name, the words met so far, and where to report."""

    company: Company
    people: People
    words: Words
    ledger: Ledger
