"""Which company a lead is of: its account, else the company it names, else nobody but itself."""

import re

import pandas as pd

from revops.company.patterns import folded
from revops.measures.stage_benchmarking.window import Window
from revops.periods import end_of_day

__all__ = ["NO_COMPANY", "company_keys"]

NO_COMPANY = ("asdf", "asdfasdf", "freelance", "freelancer", "home", "independent", "individual", "myself",
              "no company", "personal", "private", "qwerty", "self", "self employed", "self-employed", "student",
              "xxx")  # fmt: skip
"""Words that people write where a form wants a company and they have none; beside the knob unfilled_words."""


def company_keys(records: pd.DataFrame, window: Window) -> pd.Series:
    """Return the company of each lead: "account <id>", "name <name as compared>", or "lead <id>" where none is named.

    Parameters
        records : lead_id, account_id, account_name (records.lead_records)
        window : its accounts, and the words that are no company (unfilled_words)

    Formula
        The account, once it has one. Else the one account that is called what the lead writes, or that another lead
        of that name went to. Else that name, without case and outer blanks. Words that stand for nothing (NO_COMPANY,
        unfilled_words, less than two letters or digits) name no company.

    Limits
        Two spellings of a company that has no account are two; a name of two accounts is neither.
    """
    written = _names(records["account_name"], window.knobs.unfilled_words)
    accounts = window.view.book.table("accounts")
    accounts = accounts[~(accounts["created_at"] > end_of_day(window.view.day))]
    called = pd.DataFrame({
        "name": pd.concat([_names(accounts["account_name"], window.knobs.unfilled_words), written]),
        "account_id": pd.concat([accounts["account_id"], records["account_id"]]),
    }).dropna().drop_duplicates()  # fmt: skip
    called = called[~called["name"].duplicated(keep=False)].set_index("name")["account_id"]
    account = records["account_id"].fillna(written.map(called).astype("str"))
    return ("account " + account).fillna("name " + written).fillna("lead " + records["lead_id"]).astype("str")


def _names(words: pd.Series, unfilled: tuple[str, ...]) -> pd.Series:
    """Return names as they are compared, null where they name no company."""
    nothing = {folded(word) for word in (*unfilled, *NO_COMPANY)}
    names = {word: folded(word) for word in words.dropna().unique()}
    said = {word: name for word, name in names.items() if name not in nothing and len(re.findall(r"\w", name)) > 1}
    return words.map(said).astype("str")
