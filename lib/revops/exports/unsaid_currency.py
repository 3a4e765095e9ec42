"""Amounts in no known currency, where other files show that there are several: said, with their sum."""

import math

import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.money import NEARLY
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.recognising.labels import currency_in
from revops.exports.steps import Steps
from revops.wording import money, plural

__all__ = ["warn_of_unsaid_currencies"]

TOLD = ("opportunities", "campaigns", "campaign_influence", "subscriptions", "invoices", "payments", "quotas")


def warn_of_unsaid_currencies(frames: list[Frame], company: Company, ledger: Ledger, steps: Steps) -> None:
    """Warn of each file whose amounts are taken as the company's own without a word in it, against what others show.

    That is where another file of its table names currencies or has converted amounts, or another of its system has
    amounts in another currency.
    """
    for frame in frames:
        if frame.source.table not in TOLD or "amount_original" not in frame.rows.column_names:
            continue
        beside = [f for f in frames if f is not frame and f.n_rows]
        alike = [f for f in beside if f.source.table == frame.source.table]
        if "currency" not in frame.rows.column_names:
            if doubt := _doubt(frame, alike, beside, company):
                steps.do(_warn, frame, doubt, company, ledger)
        elif "amount_converted" not in frame.rows.column_names:
            converted = sorted(f.source.name for f in alike if "amount_converted" in f.rows.column_names)
            if converted:
                steps.do(_warn_of_rates, frame, converted, company, ledger)


def _doubt(frame: Frame, alike: list[Frame], beside: list[Frame], company: Company) -> str:
    """Return what speaks against amounts in the company's own currency; blank where nothing does."""
    saying = sorted(f.source.name for f in alike if "currency" in f.rows.column_names)
    if saying:
        return f"other files of {frame.source.table} name currencies ({examples(saying)})"
    seen = {f.source.name: _named(f) - {company.currency} for f in beside}
    kin = [f.source.name for f in beside if f.description.system.system == frame.description.system.system]
    of_system = sorted(set().union(*(seen[name] for name in kin)))
    if of_system:
        return f"other files of {frame.description.system.system} have amounts in {', '.join(of_system)}"
    return ""


def _named(frame: Frame) -> set[str]:
    """Return the currencies in the cells, the headers and the titles of a file."""
    labels = (*frame.labels.values(), *frame.titles)
    return {*frame.source.currencies, *(code for label in labels if (code := currency_in(label)[1]))}


def _warn(frame: Frame, doubt: str, company: Company, ledger: Ledger) -> None:
    n, sums = 0, []
    for part in frame.parts(["amount_original", "amount_converted"]):
        amounts = part["amount_original"]
        if "amount_converted" in part.column_names:
            amounts = amounts.filter(part["amount_converted"].is_null())
        n, sums = n + len(amounts) - amounts.null_count, [*sums, pc.sum(amounts).as_py() or 0.0]
    if n:
        total = money(round(math.fsum(sums), NEARLY), company.currency, exact=True)
        ledger.warnings.append(
            f"{frame.source.name}: nothing says the currency of {plural(n, 'amount')}, {total} in all if taken as "
            f"{company.currency}, as done; but {doubt}. Add the column of the currency to the export."
        )


def _warn_of_rates(frame: Frame, others: list[str], company: Company, ledger: Ledger) -> None:
    """Warn where amounts are converted by rates of company.yml that other files hold converted by the system."""
    n = 0
    for part in frame.parts(["currency", "amount_original"]):
        foreign = pc.not_equal(part["currency"].cast(TEXT), company.currency)
        n += pc.sum(pc.and_(foreign, part["amount_original"].is_valid())).as_py() or 0
    if n:
        ledger.warnings.append(
            f"{frame.source.name}: {plural(n, 'amount')} in another currency than {company.currency} converted by the "
            "rates of company.yml, since it lacks the converted amounts that other files have "
            f"({examples(others)}). Export it with that column."
        )
