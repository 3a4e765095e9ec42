"""The gate on one folder with the exports of every system: each table once, from the files that count."""

import json
import random
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest
from gate import COMPANY, EXAMPLES, balanced, company

from revops.errors import ExportError
from revops.exports import Prepared, prepare

ACCOUNTS = {
    "revenue": ["Income:*"],
    "cogs": ["Cost of Goods Sold:*"],
    "marketing": ["*6000*", "*6130*", "*6200*"],
    "sales": ["*6110*", "*6120*"],
    "r_and_d": ["*6140*"],
    "g_and_a": ["*6150*", "*6300*"],
}
STAGES = [
    {"name": "Appointment Scheduled", "also": ["Prospecting", "Renewal due"]},
    *({"name": name} for name in ("Qualified To Buy", "Presentation Scheduled", "Decision Maker Bought-In")),
    {"name": "Contract Sent"},
    {"name": "Closed Won", "outcome": "won", "also": ["Renewed"]},
    {"name": "Closed Lost", "outcome": "lost"},
]
HUBSPOT = {
    "stages": STAGES,
    "sources": [{"source": "marketing", "lead_source": ["*"]}],
    "types": {"new": ["New Business"], "expansion": ["Existing Business"]},
    "quotas": {**COMPANY.quotas.model_dump(), "open_headcount": ["TBH*", "O'Neil*"]},
}


def together(folder: Path, crm: str | None, **changes: object) -> Prepared:
    """Return what the gate makes of all example files, of which those of one CRM count."""
    said = {"rates": {"EUR": 1.10, "GBP": 1.25, "JPY": 0.0067}, "ledger_accounts": ACCOUNTS}
    return prepare(folder, company(exports={"crm": crm}, **said, forecasts={"unit": "thousands"}, **changes))


def summed(prepared: Prepared, table: str, column: str) -> float:
    """Return the sum of a column, to the cent."""
    return round(pc.sum(prepared.tables[table][column]).as_py(), 2)


def test_every_system_in_one_folder_fills_each_table_once():
    prepared = together(EXAMPLES, "salesforce")
    assert {name: table.num_rows for name, table in prepared.tables.items()} == {
        "campaigns": 6, "forecasts": 100, "leads": 4, "ledger": 192, "opportunities": 11, "opportunity_history": 24,
        "quotas": 18, "spend": 7, "subscriptions": 8, "tools": 3, "touches": 6,
    }  # fmt: skip
    assert summed(prepared, "opportunities", "amount") == 629_200.5  # 628,000.50, and the deleted -1,200 left out
    assert summed(prepared, "spend", "amount") == 15_382.21  # Google 13,167.46, LinkedIn 2,214.75
    ledger = prepared.tables["ledger"]
    spent = ledger.filter(pc.is_in(ledger["category"], pc.cast(["sales", "marketing"], "string")))
    assert round(pc.sum(spent["amount"]).as_py(), 2) == 771_327.0
    assert balanced(prepared)
    assert prepared.audit.unrecognised == tuple(
        (f"hubspot/hubspot-crm-exports-all-{what}-2025-07-01.csv", "not read: of hubspot; exports.crm is salesforce")
        for what in ("contacts", "deals")
    )


def test_the_other_crm_counts_where_company_yml_names_it():
    prepared = together(EXAMPLES, "hubspot", **HUBSPOT)
    assert {name: table.num_rows for name, table in prepared.tables.items() if name not in ("ledger", "spend")} == {
        "contact_roles": 10, "contacts": 4, "forecasts": 100, "opportunities": 5, "opportunity_history": 14,
        "quotas": 18, "subscriptions": 8, "tools": 3,
    }  # fmt: skip
    assert summed(prepared, "opportunities", "amount") == 262_900.75
    assert balanced(prepared)
    assert sum(why == "not read: of salesforce; exports.crm is hubspot" for _, why in prepared.audit.unrecognised) == 8


def test_two_crms_are_refused_until_one_is_chosen():
    with pytest.raises(ExportError) as caught:
        together(EXAMPLES, None)
    assert str(caught.value) == (
        "exports: opportunities must come from one CRM; found those of hubspot "
        "(e.g. hubspot/hubspot-crm-exports-all-deals-2025-07-01.csv) and salesforce (e.g. "
        "salesforce/data_export_service/Opportunity.csv, salesforce/report1751375640123.csv). Say in company.yml which "
        "one counts, hubspot or salesforce:\n  exports:\n    crm: TODO"
    )


def test_every_file_twice_and_under_other_names_changes_nothing(tmp_path):
    once, names = together(EXAMPLES, "salesforce"), random.Random(5)
    files = sorted(path for path in EXAMPLES.rglob("*") if path.is_file())
    for place, file in enumerate(names.sample([*files, *files], 2 * len(files))):
        shutil.copyfile(file, tmp_path / f"{place:02d} - {json.dumps(file.parent.name)[1:-1]}{file.suffix}")
    twice = together(tmp_path, "salesforce")
    assert {name: table.equals(once.tables[name]) for name, table in twice.tables.items()} == dict.fromkeys(
        once.tables, True
    )
    assert balanced(twice)
    assert sum(item.reason == "same file given twice" for item in twice.audit.left_out) == 18
