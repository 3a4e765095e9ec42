"""A folder of raw exports to canonical tables and their audit: the one way by which data enters."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.dataset import Dataset

from revops.company import Company
from revops.exports.ads.spend import build_spend
from revops.exports.audit import Audit, Ledger, Refused
from revops.exports.books.advertising import compare_advertising
from revops.exports.books.ledger import build_ledger
from revops.exports.calls.forecasts import build_forecasts
from revops.exports.calls.quota_items import quotas_of_items
from revops.exports.context import Context
from revops.exports.deals.days import Deals, deals_of, ids_of_history, past_of
from revops.exports.folder import read_folder
from revops.exports.keeping.store import Damaged
from revops.exports.later import opened
from revops.exports.money import add_amounts, refuse_unconverted
from revops.exports.opening.files import UNPACKED
from revops.exports.people import People, named_owners, with_full_names
from revops.exports.people_records.contacts import build_contacts
from revops.exports.people_records.roles import RoleFiles, parted
from revops.exports.people_records.tables import people_tables, roles_around
from revops.exports.reading.frames import Frame
from revops.exports.recognising.systems import load_systems
from revops.exports.recurring.invoices import build_invoices
from revops.exports.recurring.payments import build_payments
from revops.exports.recurring.subscriptions import build_subscriptions
from revops.exports.sheets.long_quotas import settled_quotas
from revops.exports.sheets.quotas import build_quotas
from revops.exports.sheets.tools import build_tools
from revops.exports.sheets.wide_quotas import lengthened_quotas
from revops.exports.steps import Steps
from revops.exports.uniting.merged import Merged, merged_records
from revops.exports.uniting.orphans import warn_of_orphans
from revops.exports.uniting.records import completed, finish, picked, taken, without_deleted
from revops.exports.unsaid_currency import warn_of_unsaid_currencies
from revops.exports.web.traffic import build_web_traffic
from revops.exports.words import Words

__all__ = ["Prepared", "prepare"]

NAMES = {"accounts": ("account_id", "account_name"), "campaigns": ("campaign_id", "campaign_name", "campaign_type")}
KEYS = {"accounts": "account_id", "owners": "owner_id"}
MERGED = {"leads": "lead_id", "contacts": "contact_id"}


@dataclass(frozen=True)
class Prepared:
    """The canonical tables that some file filled, by name, and what was found, decided and left out.

    Where preparation has a folder for them, a table of many rows is a dataset on its file.
    """

    tables: dict[str, pa.Table | Dataset]
    audit: Audit


def prepare(
    folder: Path,
    company: Company,
    systems_dir: Path | None = None,
    aside: Path | None = None,
    steps: Steps | None = None,
) -> Prepared:
    """Return the canonical tables of all exports below `folder`.

    Parameters
        folder : CSV, TSV, TXT, XLSX and zip files in any order and under any name; subfolders named YYYY-MM-DD are
            exports of those days
        company : what the company's words mean
        systems_dir : the user's own descriptions of systems, which win over the shipped ones
        aside : an empty folder, for what would take much memory: a table of many rows goes there as <name>.parquet
        steps : what former preparations did, where it is kept: then every table goes to its folder `aside`

    Raises
        ExportError: every file that cannot be read without guessing and every word that company.yml does not know,
        all at once; no file that holds opportunities.
    """
    steps = steps or Steps()
    try:
        return _prepared(folder, company, systems_dir, aside, steps)
    except (Refused, Damaged):  # what is refused is so by all that the exports hold, and nothing that was kept
        if not steps.forget():
            raise
        return _prepared(folder, company, systems_dir, aside, steps)


def _prepared(folder: Path, company: Company, systems_dir: Path | None, aside: Path | None, steps: Steps) -> Prepared:
    ledger = Ledger()
    words = Words(company, ledger)
    steps.begin(ledger, words)
    frames = read_folder(folder, company, load_systems(company, systems_dir), ledger, aside, steps)
    ledger.stop_on_problems()
    warn_of_unsaid_currencies(frames, company, ledger, steps)
    groups, role_files = _grouped(frames, company, ledger, steps)
    tables = {n: steps.do(_looked_up, n, groups[n], ledger) for n in ("accounts", "owners", "campaigns") if groups[n]}
    context = Context(company, People(opened(tables.get("owners")), company), words, ledger, steps)
    found, history, told = _opportunities(groups, tables, context, aside)
    deals = found.table
    merged = {name: steps.do(merged_records, groups[name], key) for name, key in MERGED.items()}
    tables |= _around_deals(groups, merged["contacts"], deals, context) | _spent(groups, context)
    people, done = people_tables(groups, tables, merged, deals, context, aside)
    tables |= people
    roles = roles_around((role_files, groups["contact_roles"]), tables.get("contacts"), merged, deals, context)
    done |= {"opportunity_history": history, "contact_roles": roles}
    done |= _billed(groups, tables.get("accounts"), deals, context, aside)
    steps.do(refuse_unconverted, deals, company, "opportunities", ledger)
    words.report()
    ledger.stop_on_problems()
    _close(frames, aside)
    done["opportunities"], _ = steps.finished("opportunities", _finished, deals, "opportunities", aside)
    done |= {name: steps.finished(name, _counted, table, name, ledger, aside)[0] for name, table in tables.items()}
    there = {name: table for name, table in sorted(done.items()) if table is not None}
    exported = max((day.isoformat() for day in found.days if day is not None), default=None)
    return Prepared(there, ledger.close(told.tracked, told.history_from, exported, told.whole_from))


def _close(frames: list[Frame], aside: Path | None) -> None:
    """Count the rows of look-up files as kept, and take what was put aside of files from the disk."""
    for frame in frames:
        if frame.description.kind.table is None:
            frame.source.rows_kept += frame.rows.num_rows
        if frame.spilled is not None:
            frame.spilled.remove()
    for unpacked in aside.glob(f"{UNPACKED}*") if aside else ():
        unpacked.unlink()


def _grouped(
    frames: list[Frame], company: Company, ledger: Ledger, steps: Steps
) -> tuple[defaultdict[str, list[Frame]], RoleFiles]:
    """Return the files of each table, and those that give contact roles beside their opportunities or alone."""
    groups: defaultdict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[frame.source.table].append(frame)
    groups["opportunities"], role_files = parted(groups["opportunities"], ledger)
    groups["campaigns"] = steps.do(_with_amounts, groups["campaigns"], company, ledger)
    return groups, role_files


def _with_amounts(frames: list[Frame], company: Company, ledger: Ledger) -> list[Frame]:
    """Return files with amounts in the company's currency."""
    frames = [replace(frame) for frame in frames]
    for frame in frames:
        add_amounts(frame, company, ledger)
    return frames


def _looked_up(name: str, frames: list[Frame], ledger: Ledger) -> pa.Table:
    """Return a table that opportunities are joined to."""
    table = completed(without_deleted(taken(frames, name, ledger), name, ledger), name)
    return with_full_names(table) if name == "owners" else table


def _opportunities(
    groups: dict[str, list[Frame]], tables: dict[str, Any], context: Context, aside: Path | None
) -> tuple[Deals, Any, Any]:
    """Return the opportunities, their canonical history if there is any, and what it tells of itself."""
    steps, past = context.steps, groups["opportunity_history"]
    others = {name: steps.do(picked, tables[name], *columns) for name, columns in NAMES.items() if name in tables}
    found = steps.do(deals_of, groups["opportunities"], others, steps.do(ids_of_history, past), context)
    history, told = steps.finished("opportunity_history", past_of, past, found.table, found.days, context, aside)
    ids = {name: steps.do(picked, tables[name], key) for name, key in KEYS.items() if name in tables}
    steps.do(warn_of_orphans, found.known, past, ids, found.table, context)
    return found, history, told


def _around_deals(
    groups: dict[str, list[Frame]], merged: Merged, deals: pa.Table, context: Context
) -> dict[str, pa.Table]:
    """Return the tables that are read once the deals are known, owners by the names that deals have."""
    do, tables = context.steps.do, {}
    if groups["contacts"]:
        tables["contacts"] = do(build_contacts, groups["contacts"], merged, context)
    if groups["quotas"] or groups["forecasts"]:
        context.people.learn(opened(do(named_owners, deals)))
    if groups["quotas"]:
        tables["quotas"] = do(_quotas, groups["quotas"], context)
    if groups["forecasts"]:
        won = do(picked, deals, "owner_id", "close_date", "amount", "outcome")
        tables["forecasts"] = do(build_forecasts, groups["forecasts"], won, context)
    return tables


def _quotas(frames: list[Frame], context: Context) -> pa.Table:
    forms = (lengthened_quotas, settled_quotas, quotas_of_items)
    return build_quotas([reduce(lambda frame, form: form(frame, context), forms, frame) for frame in frames], context)


def _spent(groups: dict[str, list[Frame]], context: Context) -> dict[str, pa.Table]:
    """Return the tables of what the company spends and books: ads, tools, its profit and loss."""
    do, tables = context.steps.do, {}
    if groups["ledger"]:
        booked = do(build_ledger, groups["ledger"], context.company, context.ledger)
        tables |= {"ledger": booked} if booked is not None else {}
    if groups["spend"]:
        tables["spend"] = do(build_spend, groups["spend"], context.company, context.ledger)
    if {"ledger", "spend"} <= tables.keys():
        do(compare_advertising, tables["ledger"], tables["spend"], context)
    if groups["tools"]:
        tables["tools"] = do(build_tools, groups["tools"], context)
    return tables


def _billed(
    groups: dict[str, list[Frame]], accounts: pa.Table | None, deals: pa.Table, context: Context, aside: Path | None
) -> dict[str, Any]:
    """Return the tables of billing systems and of visits, whose builders finish them and count the rows."""
    do, customers = context.steps.do, groups["look-up: customers"]
    ids = [do(picked, table, "account_id") for table in (accounts, deals)]
    builders = (
        ("subscriptions", build_subscriptions, (customers, *ids, context, aside)),
        ("invoices", build_invoices, (context, aside)),
        ("payments", build_payments, (context, aside)),
        ("web_traffic", build_web_traffic, (context, aside)),
    )
    return {
        name: context.steps.finished(name, _made, build, groups[name], *given)[0]
        for name, build, given in builders
        if groups[name]
    }


def _made(build: Callable[..., pa.Table | Dataset], *given: Any) -> tuple[pa.Table | Dataset, None]:
    return build(*given), None


def _counted(table: pa.Table, name: str, ledger: Ledger, aside: Path | None) -> tuple[pa.Table | Dataset, None]:
    """Return a canonical table whose rows are counted as kept."""
    ledger.keep_rows(table)
    return _finished(table, name, aside)


def _finished(table: pa.Table, name: str, aside: Path | None) -> tuple[pa.Table | Dataset, None]:
    return finish(table, name, aside), None
