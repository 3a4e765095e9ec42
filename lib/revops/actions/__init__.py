"""What to say first and what to do next: results in, sentences and ranked next-best actions out."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

__all__ = ["Action", "Headline", "Number"]


@dataclass(frozen=True)
class Number:
    """One of the three numbers below the sentence: the figure in words, what it is, and whether it is bad news."""

    figure: str
    text: str
    is_bad: bool = False


@dataclass(frozen=True)
class Headline:
    """The first screen: one sentence, one line below it, three numbers, and the status (see the Answer).

    called is what the status is called, blank as usual; ranked says how the actions are ranked, blank as usual.
    """

    status: str
    sentence: str
    below: str
    numbers: tuple[Number, ...]
    called: str = ""
    ranked: str = ""


@dataclass(frozen=True)
class Action:
    """One thing to do.

    owner is the function that acts (marketing_ops, sales_ops, cs_ops, revops); amount the money in the records
    [company currency]; worth with its range the money that hangs on it in the period, None where nothing estimates it:
    what acting adds (worth_is added), what the records bring at past rates if nobody acts (at_stake), or by how much a
    number is put right, which is neither gained nor at stake (corrected). worth_low and worth_high are None where most
    likely nothing is brought, and worth is an average that rare large wins make, and where a correction has no range;
    worth_high is infinite where the range has no upper end. because is the rule that fired and what would change it;
    records the ids to work on.
    """

    rule: str
    text: str
    owner: str
    amount: float
    by: dt.date
    because: str
    records: tuple[str, ...]
    worth: float | None = None
    worth_low: float | None = None
    worth_high: float | None = None
    worth_is: Literal["added", "at_stake", "corrected"] | None = None
