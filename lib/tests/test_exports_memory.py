"""The gate holds no more than it needs: text goes once it is typed, rows of files once their table has them."""

import io
import random
import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from gate import DEAL, EXAMPLES, IDS, WEEKLY, company, gate, rows
from keeping import Gate

from revops.company import load_company
from revops.errors import ExportError
from revops.exports import folder as folders
from revops.exports import prepare
from revops.exports.audit import Ledger
from revops.exports.keeping.store import Store
from revops.exports.opening import files
from revops.exports.reading.cells import CellReader
from revops.exports.reading.spilled import Spilled
from revops.exports.uniting import once, records
from revops.exports.uniting.records import finish
from revops.exports.words import Words

BY_HAND = EXAMPLES.parents[1] / "stages_by_hand"
ONE_A_RECORD = ("opportunities", "accounts", "owners", "contacts", "leads")
MODIFIED = {**DEAL, "Last Modified Date": "2025-06-30"}
API = {"Id": IDS[0], "StageName": "Qualification", "CloseDate": "2025-07-15", "CreatedDate": "2025-03-03 05:00:00",
       "SystemModstamp": "2025-06-30 05:00:00", "Amount": "1000", "Type": "New Business", "Name": "Acme"}  # fmt: skip


def test_the_text_of_each_column_goes_once_it_is_typed(tmp_path, monkeypatch):
    left, read = [], CellReader.read

    def watched(reader, columns):
        found = read(reader, columns)
        left.append(len(columns))
        return found

    monkeypatch.setattr(CellReader, "read", watched)
    gate(tmp_path, {"deals.csv": rows({}, {})})
    assert left == [0]


def test_rows_of_files_are_let_go_once_their_table_has_them(monkeypatch):
    kept, read = [], folders.read_folder
    monkeypatch.setitem(prepare.__globals__, "read_folder", lambda *given: kept.extend(read(*given)) or kept)
    tables = prepare(BY_HAND / "exports", load_company(BY_HAND)).tables
    there = [frame for frame in kept if frame.source.table in ONE_A_RECORD]
    assert {frame.source.table for frame in there} == tables.keys() & set(ONE_A_RECORD)
    assert all(tables[frame.source.table].num_rows and not frame.rows.num_rows for frame in there)


@pytest.mark.parametrize("exports", [BY_HAND / "exports", EXAMPLES / "salesforce", WEEKLY], ids=lambda path: path.name)
def test_what_was_let_go_is_not_read_again_in_the_same_preparation(tmp_path, exports):
    of = Gate(tmp_path, load_company(BY_HAND) if exports.parent == BY_HAND else company())
    shutil.copytree(exports, of.folder)
    _, done, _ = of.prepared()
    assert done["deals_of"] == 1
    assert not [name for name in done if name.startswith("rows of ")]


def test_a_table_that_stands_twice_in_a_result_is_written_once(tmp_path, monkeypatch):
    put, given = Store.put, []
    monkeypatch.setattr(Store, "put", lambda store, table: given.append(put(store, table)) or given[-1])
    of = Gate(tmp_path, company())
    of.folder.mkdir()
    (of.folder / "deals.csv").write_text(rows({}, {}, {}), encoding="utf-8")
    assert of.prepared()[1]["deals_of"] == 1
    assert given and len(set(given)) == len(given)


@pytest.mark.parametrize("depth", [1, 2])
def test_members_of_zips_are_unpacked_to_disk_where_they_are_large(tmp_path, monkeypatch, depth):
    exports, aside = tmp_path / "exports", tmp_path / "aside"
    exports.mkdir()
    aside.mkdir()
    content = {path.name: path.read_bytes() for path in sorted(WEEKLY.iterdir())}
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, held in content.items():
                archive.writestr(name, held)
        content = {"weekly.zip": out.getvalue()}
    (exports / "weekly.zip").write_bytes(content["weekly.zip"])
    monkeypatch.setattr(files, "LARGE_MEMBER", 1)
    held, on_disk = prepare(exports, company()), []
    find = folders.find_blobs
    monkeypatch.setattr(folders, "find_blobs", lambda *given: on_disk.extend(find(*given)) or on_disk)
    unpacked = prepare(exports, company(), None, aside)
    assert on_disk and all(blob.data is None and blob.path.parent == aside for blob, _ in on_disk)
    assert not list(aside.iterdir())
    assert unpacked.audit == held.audit
    assert unpacked.tables.keys() == held.tables.keys()
    assert all(unpacked.tables[name].equals(table) for name, table in held.tables.items())


def test_a_zip_that_is_not_whole_is_refused_the_same_from_disk_and_memory(tmp_path, monkeypatch):
    exports, aside = tmp_path / "exports", tmp_path / "aside"
    exports.mkdir()
    aside.mkdir()
    with zipfile.ZipFile(exports / "deals.zip", "w") as archive:
        archive.writestr("deals.csv", rows({}, {}))
    whole = (exports / "deals.zip").read_bytes()
    (exports / "deals.zip").write_bytes(whole.replace(b"Qualification", b"qualification", 1))
    monkeypatch.setattr(files, "LARGE_MEMBER", 1)
    for to in (None, aside):
        with pytest.raises(ExportError) as refused:
            prepare(exports, company(), None, to)
        assert str(refused.value) == (
            "deals.zip: must be a whole zip file; found one that cannot be opened (Bad CRC-32 for file 'deals.csv'). "
            "Copy it again."
        )


def most_held(rows, n, share):
    """Return the most bytes that are held while n blocks are read, and how many rows came of them."""
    before, held = pa.total_allocated_bytes(), []

    def places():
        for place in range(n):
            held.append(pa.total_allocated_bytes() - before)
            yield place

    n_rows = sum(part.num_rows for part in rows.parts(places(), share=share))
    return max(held), n_rows


def test_a_share_of_many_blocks_holds_little_more_than_the_share(tmp_path):
    n, path = 64, tmp_path / "rows.arrow"
    block = pa.record_batch({"lead_id": [f"00Q{place:03d}" for place in range(320)], "details": ["x" * 1000] * 320})
    with pa.ipc.new_file(path, block.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        for _ in range(n):
            writer.write_batch(block)
    rows = Spilled(path, 0, None, {"lead_id": "id", "details": "text"}, {}, {}, n * len(block))
    whole = n * block.nbytes
    held, n_rows = most_held(rows, n, 1.0)
    assert n_rows == n * 320 and held > whole * 0.9  # few rows wait for each other: all of them
    held, n_rows = most_held(rows, n, 1 / 16)
    assert n_rows == n * 20 and held < whole / 8


def copies(chance, n):
    """Return a report and an API file of some records, which stand up to four times and in part differ."""
    found = {"report.csv": (MODIFIED, []), "api.csv": (API, [])}
    for key in (f"0068d00000{place:05d}" for place in range(n)):
        for name, at in (("report.csv", ""), ("api.csv", " 05:00:00")):
            for _ in range(chance.randint(0, 2)):
                day, amount = f"2025-06-{chance.randint(28, 30)}{at}", chance.choice(["1000", "1000", "1000", "7"])
                said = {"Last Modified Date": day, "Lead Source": chance.choice(["Web", ""])}
                change = said if name == "report.csv" else {"SystemModstamp": day}
                base, changes = found[name]
                changes.append({next(iter(base)): key, "Amount": amount, **change})
    return {name: rows(*changes, base=base) for name, (base, changes) in found.items()}


def told(folder, given):
    """Return tables and audit of a folder of files, or its refusal."""
    try:
        prepared = gate(folder, given, time_zone="UTC")
    except ExportError as refusal:
        return str(refusal)
    return prepared.audit.to_json(), {name: table.to_pylist() for name, table in prepared.tables.items()}


def test_copies_looked_at_a_few_records_at_a_time_are_settled_as_all_at_once(tmp_path, monkeypatch):
    refused = 0
    for place in range(8):
        given = copies(random.Random(place), 3 if place % 2 else 12)
        at_once = told(tmp_path / f"{place} at once", given)
        with monkeypatch.context() as few:
            few.setattr(once, "AT_ONCE", 3)
            assert told(tmp_path / f"{place} by few", given) == at_once
        refused += isinstance(at_once, str)
    assert 0 < refused < 8


def slow_sources(definitions, table):
    """Return the source of each row and how often each lead source has none, one row after the other."""
    found, lacking = [], {}
    for row in table.to_pylist():
        words = [row.get(name) or "" for name in ("lead_source", "campaign_type", "campaign_name")]
        found.append(definitions.source_of(*words))
        if found[-1] is None:
            lacking[words[0].strip()] = lacking.get(words[0].strip(), 0) + 1
    return found, lacking


@pytest.mark.parametrize("names", [(), ("lead_source",), ("campaign_name", "lead_source"), ("campaign_type",),
                                   ("lead_source", "campaign_type", "campaign_name")])  # fmt: skip
@pytest.mark.parametrize("coded", [True, False])
def test_sources_of_rows_are_those_of_each_row_alone(names, coded):
    definitions = company(sources=[
        {"source": "marketing", "lead_source": ["Web"]},
        {"source": "partner", "campaign_type": ["Partner*"]},
        {"source": "sales", "campaign_name": ["Expo*"]},
    ])  # fmt: skip
    chance = np.random.default_rng(3)
    values = {"lead_source": ["Web", " web ", "Cold", "cold ", "", None], "campaign_type": ["Partner event", "", None],
              "campaign_name": ["Expo 1", "Expo 2", "x", None]}  # fmt: skip
    parts = []
    for n in (0, 150, 1):
        table = pa.table({name: pa.array(chance.choice(np.array(values[name], object), n), pa.string())
                          for name in names} | {"_row": pa.array(range(n), pa.int32())})  # fmt: skip
        for name in names if coded else ():
            table = table.set_column(table.schema.get_field_index(name), name, table[name].dictionary_encode())
        parts.append(table)
    table, words = pa.concat_tables(parts).unify_dictionaries(), Words(definitions, Ledger())
    found, lacking = slow_sources(definitions, table)
    assert words.map_sources(table).to_pylist() == found
    assert dict(words.sources) == lacking


def test_a_text_is_left_as_it_is_where_only_rows_left_out_hold_addresses():
    words = pa.array([" Web ", "a@b.example", None, "Trade show"]).dictionary_encode()
    table = pa.table({"campaign_id": ["1", "2", "3", "4"], "campaign_type": words})
    assert finish(table, "campaigns")["campaign_type"].to_pylist() == ["Web", None, None, "Trade show"]
    without = table.filter(pa.array([True, False, True, True]))
    assert finish(without, "campaigns")["campaign_type"].to_pylist() == [" Web ", None, "Trade show"]


def odd_texts(n):
    """Return leads in no order, a code of a row left out with an address, and addresses in some of the texts."""
    chance = random.Random(n)
    words = ["Web", " Expo ", "a@b.example", "Trade show", None]
    codes = pa.array([chance.choice(words) for _ in range(n)]).dictionary_encode()
    table = pa.table({
        "lead_id": pa.array(chance.sample([f"00Q{place:03d}" for place in range(n)], n)),
        "lead_source": codes,
        "status": pa.array([chance.choice(["Open", "ask x@y.example", None]) for _ in range(n)]),
        "created_at": pa.array(range(n), pa.timestamp("us")),
        "_file": pa.array([0] * n, pa.int32()),
    })  # fmt: skip
    return table.filter(pa.compute.not_equal(codes.cast(pa.string()), "a@b.example").fill_null(True))


@pytest.mark.parametrize("n", [0, 2, 3, 4, 40])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_table_finished_some_rows_at_a_time_is_the_one_finished_whole(tmp_path, monkeypatch, n, is_sorted):
    table = odd_texts(n).sort_by("lead_id") if is_sorted else odd_texts(n)
    whole = finish(table, "leads")
    monkeypatch.setattr(records, "AT_ONCE", 2)
    parts = finish(table, "leads", tmp_path)
    assert isinstance(parts, pa.Table) == (table.num_rows <= 2)
    assert (parts if isinstance(parts, pa.Table) else parts.to_table()).equals(whole)
    assert finish(table, "leads").equals(whole)
    assert whole["lead_id"].to_pylist() == sorted(table["lead_id"].to_pylist())
    assert not {"Expo", "ask x@y.example"} & {*whole["lead_source"].to_pylist(), *whole["status"].to_pylist()}


@pytest.mark.parametrize("exports", [BY_HAND / "exports", WEEKLY], ids=lambda path: path.parent.name)
def test_tables_of_many_rows_go_to_disk_part_by_part(tmp_path, monkeypatch, exports):
    definitions = load_company(BY_HAND) if exports.parent == BY_HAND else company()
    whole = prepare(exports, definitions)
    monkeypatch.setattr(records, "AT_ONCE", 3)
    parts = prepare(exports, definitions, None, tmp_path)
    on_disk = {name for name, table in parts.tables.items() if not isinstance(table, pa.Table)}
    assert "opportunities" in on_disk
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.parquet" for name in on_disk}
    assert parts.audit == whole.audit
    for name, table in whole.tables.items():
        assert (parts.tables[name].to_table() if name in on_disk else parts.tables[name]).equals(table), name
