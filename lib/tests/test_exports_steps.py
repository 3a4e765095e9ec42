"""A preparation that takes from the ones before is the very one from nothing, whatever changed, and does no more."""

import random
import shutil

import pytest
from gate import DEAL, EXAMPLES, company, rows
from keeping import Gate
from test_exports_hubspot import COMPANY as HUBSPOT
from test_exports_hubspot import numbered
from test_exports_invoices import CREDIT, sheet
from test_exports_marketo import API, CHANGES, FORMS, LEADS, MEANING, MEMBERS, PROGRAM, bulk
from test_exports_payments import UNIFIED
from test_exports_roles import of_report
from test_exports_together import ACCOUNTS

from revops.company import load_company
from revops.exports.reading import blocks

ALL = company(
    rates={"EUR": 1.10, "GBP": 1.25, "JPY": 0.0067},
    ledger_accounts=ACCOUNTS,
    exports={"crm": "salesforce"},
    forecasts={"unit": "thousands"},
)
TESTS = EXAMPLES.parents[1]
FOLDERS = ("payback_by_hand", "stages_by_hand")
EDITS = ("drop a row", "give a row twice", "change digits", "rename", "copy", "remove")
MODIFIED = {**DEAL, "Last Modified Date": "2025-03-03"}
ODD = {
    "2025-06-01/deals.csv": rows({}, {"Amount": "7"}, {}, base=MODIFIED),
    "2025-06-08/deals.csv": rows({"Stage": "Prospecting"}, {}, base=MODIFIED),
    "roles of deals.csv": rows(of_report(0, 0, "CFO"), of_report(0, 1), of_report(1, 1), base=MODIFIED),
    "now/deals.csv": rows({"Amount": "5"}, {"Last Modified Date": "2025-06-10"}, base=MODIFIED),
    "people.csv": API,
    "changes.csv": CHANGES,
    "bulk.csv": bulk(CHANGES),
    "forms.csv": FORMS,
    "program.csv": PROGRAM,
    "leads.csv": LEADS,
    "members.csv": MEMBERS,
}
"""Dated folders, a report that repeats deals for their contacts, and people of two systems who are one another."""


def edited(file, edit, rng):
    """Do one thing to a file; one that is not of lines is given more bytes."""
    lines = file.read_bytes().splitlines(keepends=True)
    place = rng.randrange(max(0, len(lines) - 4), len(lines))
    if edit == "remove":
        file.unlink()
    elif edit == "rename":
        file.rename(file.with_name(rng.choice("az") + file.name))
    elif edit == "copy":
        shutil.copyfile(file, file.with_name(rng.choice("az") + file.name))
    elif edit == "change digits":
        lines[place] = lines[place].translate(bytes.maketrans(b"123456789", b"234567891"))
        file.write_bytes(b"".join(lines))
    else:
        copies = lines[place : place + 1] * 2 * (edit == "give a row twice")
        file.write_bytes(b"".join([*lines[:place], *copies, *lines[place + 1 :]]))


@pytest.fixture(scope="module")
def gates(tmp_path_factory):
    """Return folders prepared once by name, the examples and companies done by hand, with where they are from."""
    found = {}
    for name in ("examples", *FOLDERS):
        source = EXAMPLES if name == "examples" else TESTS / name / "exports"
        gate = Gate(tmp_path_factory.mktemp(name), ALL if name == "examples" else load_company(TESTS / name))
        shutil.copytree(source, gate.folder)
        gate.homes.append(gate.prepared()[2])
        found[name] = gate, source
    return found


@pytest.fixture
def gate_of(gates):
    """Return a function that gives a folder by name, whose files are put back at the end."""
    asked = []

    def give(name):
        gate, source = gates[name]
        asked.append((gate, source, gate.company, list(gate.homes)))
        return gate

    yield give
    for gate, source, gate.company, gate.homes in asked:
        shutil.rmtree(gate.folder)
        shutil.copytree(source, gate.folder)


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit != "give a row twice"])
@pytest.mark.parametrize("name", [f"{name}/{file}" for name in FOLDERS for file in files_of(TESTS / name / "exports")])
def test_whatever_happens_to_a_file_the_result_is_the_one_from_nothing(gate_of, name, edit):
    folder, file = name.split("/", 1)
    gate = gate_of(folder)
    edited(gate.folder / file, edit, random.Random(name + edit))
    gate.again()


@pytest.mark.parametrize("name", files_of(EXAMPLES))
def test_a_file_of_any_system_may_change(gate_of, name):
    gate, rng = gate_of("examples"), random.Random(name)
    edited(gate.folder / name, rng.choice(EDITS), rng)
    gate.again()


def test_the_same_exports_do_no_step_and_give_the_same_files(gate_of):
    for name in FOLDERS:
        gate = gate_of(name)
        found, done = gate.again()
        assert not done
        first, last = gate.homes[0], gate.homes[-1]
        files = [file for file in found if file != "audit"]
        assert files and all((first / file).samefile(last / file) for file in files)


def test_a_changed_file_of_ads_prepares_spend_and_what_is_held_against_it_alone(gate_of):
    gate = gate_of("examples")
    report = gate.folder / "google_ads" / "Campaign report.csv"
    report.write_bytes(report.read_bytes().replace(b"Brand", b"Brant"))
    _, done = gate.again()
    assert done == {"read google_ads/Campaign report.csv": 1, "build_spend": 1, "compare_advertising": 1,
                    "rows of linkedin_ads/account_512345678_campaign_performance_report.csv": 1,
                    "spend.parquet": 1}  # fmt: skip


def test_what_did_not_change_in_a_changed_file_is_not_done_again(gate_of):
    gate = gate_of("stages_by_hand")
    file = gate.folder / "Account.csv"
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{header},Website", *(f"{line},x.com" for line in lines)]) + "\n")
    _, done = gate.again()
    assert done == {"read Account.csv": 1, "_looked_up": 1}


def test_a_file_that_moves_the_others_up_leaves_their_tables_as_they_are(gate_of):
    gate = gate_of("payback_by_hand")
    (gate.folder / "A first file.csv").write_text("Tool,Annual cost,Renewal date\nOutreach,100,2026-01-01\n")
    _, done = gate.again()
    assert done == {"read A first file.csv": 1, "build_tools": 1, "tools.parquet": 1}


WALKS = {
    "salesforce and marketo": (ODD, company(exports=MEANING)),
    "hubspot": (
        {
            "deals.csv": numbered({}, {"Amount": "7"}, {"Deal Stage": "Appointment Scheduled"}),
            "contacts.csv": (EXAMPLES / "hubspot" / "hubspot-crm-exports-all-contacts-2025-07-01.csv").read_text(),
        },
        HUBSPOT,
    ),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_of_changes_over_odd_exports_is_at_each_step_the_one_from_nothing(tmp_path, name):
    files, definitions = WALKS[name]
    rng, gate, fine, now = random.Random(name), Gate(tmp_path, definitions), 0, files
    for _ in range(12):
        shutil.rmtree(gate.folder, ignore_errors=True)
        for file, text in now.items():
            (gate.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (gate.folder / file).write_text(text)
        fine += isinstance(gate.again()[0], dict)
        changed = rng.choice(files_of(gate.folder))
        edited(gate.folder / changed, rng.choice(EDITS), rng)
        now = {file: (gate.folder / file).read_text() for file in files_of(gate.folder)}
        if rng.random() < 0.2:
            now = {**now, **files}
    assert fine >= 4


def test_of_a_file_too_large_for_memory_the_rows_are_put_aside_only_when_they_are_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", 1)
    gate = Gate(tmp_path, company(exports=MEANING))
    gate.folder.mkdir()
    for name, text in {"deals.csv": rows({}, {}), "leads.csv": LEADS, "members.csv": MEMBERS}.items():
        (gate.folder / name).write_text(text)
    gate.again()
    assert gate.again()[1] == {}
    (gate.folder / "deals.csv").write_text(rows({}, {"Amount": "9"}))
    assert "rows of members.csv" not in gate.again()[1]
    (gate.folder / "leads.csv").write_text(LEADS.replace("0038d000001CCCC", "0038d000001DDDD"))
    assert gate.again()[1]["rows of members.csv"] == 1
    assert (gate.homes[-1] / "touches.parquet").exists()


def test_activities_too_large_for_memory_are_read_again_only_where_their_people_change(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", 1)
    gate = Gate(tmp_path, company(exports=MEANING))
    gate.folder.mkdir()
    texts = {"people.csv": API, "bulk.csv": bulk(CHANGES), "program.csv": PROGRAM, "leads.csv": LEADS}
    for name, text in {"deals.csv": rows({}, {}), **texts}.items():
        (gate.folder / name).write_text(text)
    gate.again()
    assert gate.again()[1] == {}
    (gate.folder / "deals.csv").write_text(rows({}, {"Amount": "9"}))
    assert not {"rows of bulk.csv", "lead_history.parquet", "touches.parquet"} & gate.again()[1].keys()
    (gate.folder / "leads.csv").write_text(LEADS.replace("00Q8d000001AAAA", "00Q8d000001AABB"))
    found, done = gate.again()
    assert done["rows of bulk.csv"] == done["lead_history.parquet"] == done["touches.parquet"] == 1
    assert {"lead_history.parquet", "touches.parquet"} <= found.keys()


def test_bills_too_large_for_memory_are_built_again_only_where_their_files_change_or_go(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", 1)
    gate = Gate(tmp_path, company(rates={"EUR": 1.1}))
    gate.folder.mkdir()
    texts = {"paid.csv": UNIFIED, "bills.csv": sheet({}, {}, {}), "credits.csv": sheet({}, base=CREDIT)}
    for name, text in {"deals.csv": rows({}, {}), **texts}.items():
        (gate.folder / name).write_text(text)
    gate.again()
    assert gate.again()[1] == {}
    (gate.folder / "deals.csv").write_text(rows({}, {"Amount": "9"}))
    assert not {"rows of paid.csv", "payments.parquet", "invoices.parquet"} & gate.again()[1].keys()
    (gate.folder / "credits.csv").unlink()
    found, done = gate.again()
    assert done["rows of bills.csv"] == done["invoices.parquet"] == 1 and "payments.parquet" not in done
    (gate.folder / "paid.csv").write_text(UNIFIED.replace("70.00", "71.00"))
    assert gate.again()[1].keys() & {"payments.parquet", "invoices.parquet"} == {"payments.parquet"}
    assert {"invoices.parquet", "payments.parquet"} <= found.keys()


def test_lines_too_large_for_memory_are_built_again_where_the_file_changes_that_tells_their_customers(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(blocks, "LARGE", 1)
    gate = Gate(tmp_path, company())
    gate.folder.mkdir()
    lines = "id,invoice_id,amount,currency,period_start,period_end\nil_1,in_1,1200,usd,2025-01-01,2025-02-01\n"
    heads = "id,customer_id,status,amount_due\nin_1,cus_1,paid,1200\n"
    for name, text in {"deals.csv": rows({}, {}), "lines.csv": lines, "heads.csv": heads}.items():
        (gate.folder / name).write_text(text)
    gate.again()
    assert gate.again()[1] == {}
    (gate.folder / "heads.csv").write_text(heads.replace("paid", "open"))
    done = gate.again()[1]
    assert done == {"read heads.csv": 1, "rows of lines.csv": 1, "invoices.parquet": 1}


@pytest.mark.parametrize("harm", ["cut", "other bytes", "gone"])
@pytest.mark.parametrize("suffix", [".step", ".arrow", ".parquet"])
def test_what_is_damaged_is_noticed_and_made_anew(gate_of, tmp_path, suffix, harm):
    gate = gate_of("stages_by_hand")
    gate.homes = [shutil.copytree(gate.homes[0], tmp_path / "home")]
    for file in sorted((tmp_path / "home" / "steps").glob(f"*{suffix}")):
        held = file.read_bytes()
        file.unlink()
        if harm != "gone":
            file.write_bytes(held[:-7] if harm == "cut" else held[:-7] + b"1234567")
    (gate.folder / "User.csv").write_bytes((gate.folder / "User.csv").read_bytes() + b"\n")
    _, done = gate.again()
    assert sum(done.values()) > len({"read User.csv", "_looked_up"})
    assert gate.again()[1] == {}


def test_other_definitions_take_nothing(gate_of):
    gate = gate_of("stages_by_hand")
    _, afresh, _ = gate.prepared()
    gate.company = gate.company.model_copy(update={"time_zone": "Europe/Berlin"})
    _, done = gate.again()
    assert done == afresh


def test_a_disk_without_links_gets_copies(gate_of, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    gate = gate_of("stages_by_hand")
    found, done = gate.again()
    assert not done and len(found) > 3
