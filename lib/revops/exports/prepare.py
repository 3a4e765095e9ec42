"""A folder of raw exports to canonical tables and their audit: the one way by which data enters."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.company import Company
from revops.exports.ads.spend import build_spend
from revops.exports.audit import Audit, Ledger
from revops.exports.books.advertising import compare_advertising
from revops.exports.books.ledger import build_ledger
from revops.exports.calls.forecasts import build_forecasts
from revops.exports.calls.quota_items import quotas_of_items
from revops.exports.context import Context
from revops.exports.deals.changes import tracked_fields
from revops.exports.deals.dated import refuse_undated, warn_of_days
from revops.exports.deals.history import build_history
from revops.exports.deals.opportunities import build_opportunities
from revops.exports.deals.pipelines import settle_pipelines
from revops.exports.deals.snapshots import Snapshots, combined
from revops.exports.folder import read_folder
from revops.exports.marketo.people import is_marketo
from revops.exports.money import add_amounts, refuse_unconverted
from revops.exports.people import People, with_full_names
from revops.exports.people_records.contacts import build_contacts
from revops.exports.people_records.roles import parted
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
from revops.exports.touches.build import build_touches
from revops.exports.touches.rows import Persons
from revops.exports.uniting.merged import merged_records
from revops.exports.uniting.orphans import warn_of_orphans
from revops.exports.uniting.records import completed, finish, unite, without_deleted
from revops.exports.uniting.suspected_tests import warn_of_test_records
from revops.exports.unsaid_currency import warn_of_unsaid_currencies
from revops.exports.web.traffic import build_web_traffic
from revops.exports.words import Words

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """The canonical tables that some file filled, by name, and what was found, decided and left out.

    A table too large for memory is a dataset on its file.
    """

    tables: dict[str, pa.Table | Dataset]
    audit: Audit


def prepare(folder: Path, company: Company, systems_dir: Path | None = None, aside: Path | None = None) -> Prepared:
    """Return the canonical tables of all exports below `folder`.

    Parameters
        folder : CSV, TSV, TXT, XLSX and zip files in any order and under any name; subfolders named YYYY-MM-DD are
            exports of those days
        company : what the company's words mean
        systems_dir : the user's own descriptions of systems, which win over the shipped ones
        aside : an empty folder, for what is too large for memory: a table that is goes there as <name>.parquet

    Raises
        ExportError: every file that cannot be read without guessing and every word that company.yml does not know,
        all at once; no file that holds opportunities.
    """
    ledger = Ledger()
    frames = read_folder(folder, company, load_systems(company, systems_dir), ledger, aside)
    ledger.stop_on_problems()
    warn_of_unsaid_currencies(frames, company, ledger)
    groups: defaultdict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[frame.source.table].append(frame)
    groups["opportunities"], role_files = parted(groups["opportunities"], ledger)
    for frame in groups.get("campaigns", ()):
        add_amounts(frame, company, ledger)
    tables = _looked_up(groups, ledger)
    context = Context(company, People(tables.get("owners"), company), Words(company, ledger), ledger)
    days = _opportunities(groups, tables, context)
    deals = combined([table for _, table in days])
    history = build_history(groups["opportunity_history"], deals, _snapshots(days, deals), context, aside)
    warn_of_orphans(groups, tables, deals, context)
    tables |= _around_deals(groups, deals, context) | _spent(groups, context)
    tables |= people_tables(groups, tables, deals, context)
    roles = roles_around(role_files, groups, tables.get("contacts"), deals, context)
    billed = _billed(groups, tables.get("accounts"), deals, context)
    touches = _touched(groups, tables, context, aside)
    refuse_unconverted(deals, company, "opportunities", ledger)
    context.words.report()
    ledger.stop_on_problems()
    for table in (*tables.values(), *(table for _, table in days), *_look_up_files(frames)):
        ledger.keep_rows(table)
    tables |= {**billed, "opportunities": deals} | ({} if roles is None else {"contact_roles": roles})
    done = {**{name: finish(table, name) for name, table in tables.items()}, **touches}
    if history.table is not None:
        done["opportunity_history"] = history.table
    for frame in frames:
        if frame.spilled is not None:
            frame.spilled.path.unlink()
    exported = max((day.isoformat() for day, _ in days if day is not None), default=None)
    return Prepared(
        dict(sorted(done.items())), ledger.close(history.tracked, history.history_from, exported, history.whole_from)
    )


def _looked_up(groups: dict[str, list[Frame]], ledger: Ledger) -> dict[str, pa.Table]:
    """Return the tables that opportunities are joined to."""
    tables = {
        name: completed(without_deleted(unite(groups[name], name, ledger), name, ledger), name)
        for name in ("accounts", "owners", "campaigns")
        if groups.get(name)
    }
    if "owners" in tables:
        tables["owners"] = with_full_names(tables["owners"])
    return tables


def _opportunities(
    groups: dict[str, list[Frame]], tables: dict[str, pa.Table], context: Context
) -> list[tuple[dt.date | None, pa.Table]]:
    """Return the opportunities of each dated folder and, last and without a day, of the undated files."""
    by_day: defaultdict[dt.date | None, list[Frame]] = defaultdict(list)
    for frame in groups["opportunities"]:
        add_amounts(frame, context.company, context.ledger)
        by_day[frame.day].append(frame)
    settle_pipelines(groups["opportunities"], context)
    days = sorted(by_day, key=lambda day: day or dt.date.max)
    if len(days) > 1 and days[-1] is None:
        refuse_undated(by_day[None], context.ledger)
    histories = _histories(groups["opportunity_history"])
    built = [(day, build_opportunities(by_day[day], tables, context, histories, day)) for day in days]
    warn_of_days(built, context.ledger)
    warn_of_test_records(built[-1][1], context.company, context.ledger)
    return built


def _around_deals(groups: dict[str, list[Frame]], deals: pa.Table, context: Context) -> dict[str, pa.Table]:
    """Return the tables that are read once the deals are known, owners by the names that deals have."""
    tables = {}
    if groups["contacts"]:
        tables["contacts"] = build_contacts(groups["contacts"], context)
    if groups["quotas"] or groups["forecasts"]:
        context.people.learn(deals)
    if groups["quotas"]:
        forms = (lengthened_quotas, settled_quotas, quotas_of_items)
        frames = [reduce(lambda frame, form: form(frame, context), forms, frame) for frame in groups["quotas"]]
        tables["quotas"] = build_quotas(frames, context)
    if groups["forecasts"]:
        tables["forecasts"] = build_forecasts(groups["forecasts"], deals, context)
    return tables


def _spent(groups: dict[str, list[Frame]], context: Context) -> dict[str, pa.Table]:
    """Return the tables of what the company spends and books: ads, tools, its profit and loss."""
    tables = {}
    if groups["ledger"]:
        booked = build_ledger(groups["ledger"], context.company, context.ledger)
        tables |= {"ledger": booked} if booked is not None else {}
    if groups["spend"]:
        tables["spend"] = build_spend(groups["spend"], context.company, context.ledger)
    if {"ledger", "spend"} <= tables.keys():
        compare_advertising(tables["ledger"], tables["spend"], context)
    if groups["tools"]:
        tables["tools"] = build_tools(groups["tools"], context)
    return tables


def _billed(
    groups: dict[str, list[Frame]], accounts: pa.Table | None, deals: pa.Table, context: Context
) -> dict[str, pa.Table]:
    """Return the tables of billing systems and of visits, whose builders count the rows of the files."""
    tables = {}
    if groups["subscriptions"]:
        customers = groups["look-up: customers"]
        tables["subscriptions"] = build_subscriptions(groups["subscriptions"], customers, accounts, deals, context)
    if groups["invoices"]:
        tables["invoices"] = build_invoices(groups["invoices"], context)
    if groups["payments"]:
        tables["payments"] = build_payments(groups["payments"], context)
    if groups["web_traffic"]:
        tables["web_traffic"] = build_web_traffic(groups["web_traffic"], context)
    return tables


def _touched(
    groups: dict[str, list[Frame]], tables: dict[str, pa.Table], context: Context, aside: Path | None
) -> dict[str, pa.Table | Dataset]:
    """Return the touches, where a file has any; their builder counts the rows of the files."""
    frames = [frame for frame in groups["touches"] if not is_marketo(frame)]
    others = [frame for frame in groups["touches"] if is_marketo(frame)]
    if "touches" in tables:
        frames.append(replace(others[0], table=tables.pop("touches")))
    if not frames:
        return {}
    merged = (merged_records(groups[name], key) for name, key in (("leads", "lead_id"), ("contacts", "contact_id")))
    persons = Persons.known(tables.get("leads"), *merged)
    return {"touches": build_touches(frames, persons, tables.get("campaigns"), context, aside)}


def _histories(frames: list[Frame]) -> list[pa.Array]:
    """Return the ids in the files that tell the history of stages."""
    whole = [frame for frame in frames if frame.description.kind.form != "changes"]
    telling = whole or [
        frame for frame in frames if "stage_name" in tracked_fields(frame.distinct("field")).to_pylist()
    ]
    return [frame.distinct("opportunity_id") for frame in telling]


def _snapshots(days: list[tuple[dt.date | None, pa.Table]], deals: pa.Table) -> Snapshots | None:
    """Return the dated folders as snapshots; undated files beside them count as of their own latest stamp."""
    dated = [day for day, _ in days if day is not None]
    if not dated:
        return None
    stamps = [days[-1][1][name] for name in ("created_at", "modified_at") if name in deals.column_names]
    latest = max(
        (stamp.date() for column in stamps if (stamp := pc.max(column).as_py()) is not None), default=dated[-1]
    )
    return Snapshots([day or max(latest, dated[-1]) for day, _ in days], [table for _, table in days])


def _look_up_files(frames: list[Frame]) -> list[pa.Table]:
    return [frame.table for frame in frames if frame.description.kind.table is None]
