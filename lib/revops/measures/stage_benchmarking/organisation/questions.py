"""Five questions that decide between the models, and the test whether RevOps is Marketing Ops with a new title."""

import pandas as pd

from revops.company import Organisation as Answers
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation.models import Facts, models_of
from revops.measures.stage_benchmarking.organisation.stages import FAIRVIEW, REVENUE_TOOLS
from revops.measures.stage_benchmarking.organisation.told import Told
from revops.wording import count, join

__all__ = ["NEW_TITLE", "deciding_questions", "rename_test", "renamed"]

NEW_TITLE = "Marketing Ops with a new title"
_WRONG = 2
_OPEN = "not answered"
_SHOWN = {"nrr": "NRR", "cac_payback": "CAC payback", "full_funnel": "full-funnel conversion"}
_LEAKS = {"marketing": "inside marketing", "between": "between functions", "sales": "inside sales"}
_QUESTIONS = {"question": "str", "ours": "str", "is_answered": "bool", "source": "str"}
_RENAME = {"question": "str", "answer": "str", "is_right": "str", "source": "str"}


def rename_test(said: Answers) -> pd.DataFrame:
    """Return the three questions of the rename test, as company.yml answers them.

    Question
        Do we have revenue operations, or marketing operations by another name?

    Returns
        One row per question: question, answer (in words), is_right (yes, no, open: not answered), source

    Formula
        Wrong: the leader reports to marketing; they do not own both pipeline stages and renewals (open while the one
        answered is right); the Monday review shows none of NRR, CAC payback and full-funnel conversion.

    Source
        Fairview, Marketing Ops versus RevOps
    """
    to = said.revops_reports_to
    owns = (said.revops_owns_pipeline_stages, said.revops_owns_renewals)
    shows = said.monday_review_shows
    told = [f"{name} {_OPEN if answer is None else 'yes' if answer else 'no'}"
            for name, answer in zip(("pipeline stages", "renewals"), owns, strict=True)]  # fmt: skip
    rows = [
        ("Whom does the leader of RevOps report to?", to or _OPEN, None if not to else not _is_marketing(to)),
        ("Does RevOps own pipeline stages and renewals?", _OPEN if owns == (None, None) else join(told),
         False if False in owns else None if None in owns else True),
        ("Does the Monday review show NRR, CAC payback or the full funnel?",
         _OPEN if shows is None else join([_SHOWN[name] for name in shows]) if shows else "none of them",
         None if shows is None else bool(shows)),
    ]  # fmt: skip
    rows = [(question, answer, {True: "yes", False: "no", None: "open"}[right], FAIRVIEW)
            for question, answer, right in rows]  # fmt: skip
    return pd.DataFrame(rows, columns=[*_RENAME]).astype(_RENAME)


def _is_marketing(title: str) -> bool:
    """Return whether a title is that of the head of marketing alone."""
    words = set(title.casefold().replace("/", " ").split())
    return "cmo" in words or ("marketing" in words and not words & {"sales", "revenue", "operations"})


def renamed(rename: pd.DataFrame, wrong: int = _WRONG) -> str:
    """Return yes where `wrong` answers or more are wrong (NEW_TITLE), no where open ones could not make it so, else
    open."""
    n_wrong, n_open = (int(rename["is_right"].eq(word).sum()) for word in ("no", "open"))
    return "yes" if n_wrong >= wrong else "no" if n_wrong + n_open < wrong else "open"


def deciding_questions(facts: Facts, stages: pd.DataFrame, told: Told, knobs: Knobs) -> pd.DataFrame:
    """Return the five questions that decide between the models, with what we know of each.

    Returns
        One row per question: question, ours (in words), is_answered, source

    Source
        Jordan Rogers, RevenueTools, Marketing Operations vs. Revenue Operations
    """
    staffed = models_of(facts, knobs)
    staffed = staffed[staffed["rule"].str.startswith("Both ")].iloc[0]
    parts = [("tools", facts.n_tools), ("campaigns in the last quarter", facts.n_campaigns)]
    stack = join([f"{count(n)} {what}" for what, n in parts if n is not None])
    ours = [f"{row.stage} ({row.source})" for row in stages[stages["is_ours"]].itertuples()]
    leak = f"{_LEAKS[told.leak]}{f': {told.leak_words}' if told.leak_words else ''}" if told.leak else None
    backs = {"revops": "RevOps", "cmo": "the CMO"}.get(facts.leadership_backs)
    rows = [
        ("Where are the biggest leaks: inside marketing, or between functions?", leak),
        ("How complex is the martech stack?", stack or None),
        ("What stage is the company in?", join(ours) or None),
        ("Whom does leadership back?", backs),
        ("Can both be staffed?", staffed["ours"] if staffed["points"] != "open" else None),
    ]
    told_rows = [(question, words or _OPEN, words is not None, REVENUE_TOOLS) for question, words in rows]
    return pd.DataFrame(told_rows, columns=[*_QUESTIONS]).astype(_QUESTIONS)
