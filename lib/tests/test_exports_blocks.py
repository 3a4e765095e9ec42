"""Files too large for memory: read in blocks and ranges, however small, they tell what they tell when read whole."""

import csv
import io
import random
import weakref

import pyarrow as pa
import pytest
from gate import EXAMPLES, REPORT, WEEKLY, balanced, company, file_audit, left_out

from revops.errors import ExportError
from revops.exports import prepare
from revops.exports.reading import blocks, buckets, spilled
from revops.exports.uniting import groups

SHEET = EXAMPLES / "salesforce" / "campaigns_with_campaign_members_report.csv"
FOOTERS = (
    '\n\n\n"All members"\n"Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved."\n"Northwind, Inc."\n'
)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(blocks, "LARGE", 1)
    monkeypatch.setattr(blocks, "BLOCK", 1 << 11)
    monkeypatch.setattr(spilled, "PART_ROWS", 1)
    monkeypatch.setattr(buckets, "BUCKET_ROWS", 30)


def written(folder, files):
    folder.mkdir(parents=True)
    for name, content in {"deals.csv": REPORT, **files}.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content.read_bytes())
    return folder


def both(folder, files):
    """Return what the gate makes of the files read whole, and read in blocks; the latter must be the same."""
    exports, aside = written(folder / "exports", files), folder / "aside"
    aside.mkdir()
    whole, parts = prepare(exports, company()), prepare(exports, company(), None, aside)
    assert isinstance(whole.tables["touches"], pa.Table)
    assert not isinstance(parts.tables["touches"], pa.Table)
    assert [path.name for path in aside.iterdir()] == ["touches.parquet"]
    assert parts.tables["touches"].to_table().equals(whole.tables["touches"])
    assert parts.audit == whole.audit
    assert balanced(parts)
    return whole


def test_files_that_are_written_at_once_are_never_more_than_systems_let_be_open():
    assert buckets.number_of_buckets(31) == 2 and buckets.number_of_buckets(10**9) == 200


def table(rows, quoting=csv.QUOTE_ALL):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", quoting=quoting, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def ids(chance, prefix, n):
    return f"{prefix}8d00000{chance.randrange(n):04d}A"


def api_rows(chance, n):
    rows = []
    for _ in range(n):
        day, month = chance.randint(1, 28), chance.randint(1, 12)
        responded = chance.random() < 0.4
        lead, contact = chance.random() < 0.5, chance.random() < 0.7
        rows.append(
            {
                "CampaignId": ids(chance, "701", 6) if chance.random() < 0.97 else "000000000000000AAA",
                "LeadId": ids(chance, "00Q", 40) if lead else "000000000000000AAA",
                "ContactId": ids(chance, "003", 40) if contact else "",
                "Status": chance.choice(["Sent", "Responded ", "Sent to a@b.example", ""]),
                "HasResponded": str(int(responded)),
                "CreatedDate": f"2025-{month:02d}-{day:02d} {chance.randint(0, 23):02d}:30:00",
                "SystemModstamp": f"2025-{month:02d}-{day:02d} 23:30:00",
                "FirstRespondedDate": f"2025-{month:02d}-{day:02d} 00:00:00" if responded else "",
                "IsDeleted": str(int(chance.random() < 0.05)),
            }
        )
    return rows


def report_rows(chance, n):
    rows = []
    for place in range(n):
        day = f"{chance.randint(1, 12)}/{chance.randint(1, 12)}/2025" if place < n - 1 else "3/28/2025"
        answered = "" if chance.random() < 0.5 else "soon" if chance.random() < 0.01 else day
        rows.append(
            {
                "Campaign Name": chance.choice(["Expo", "Mailing"]),
                "Campaign Type": chance.choice(["Trade Show", ""]),
                "Member Status": "Sent",
                "Responded": chance.choice(["1", "0", ""]),
                "Member First Associated Date": day,
                "Member First Responded Date": answered,
                "Related Record ID": ids(chance, chance.choice(["00Q", "003", "001"]), 40),
                "Campaign ID": ids(chance, "701", 6),
            }
        )
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_random_members_are_the_same_in_blocks_as_whole(tmp_path, seed):
    chance = random.Random(seed)
    report = table(report_rows(chance, 200)) + FOOTERS
    first = table(api_rows(chance, 200))
    second = table(api_rows(chance, 50)).replace("\n", "\nonly,three,cells\n", 1)
    prepared = both(tmp_path, {"report.csv": report, "a.csv": first, "b.csv": second})
    reasons = {reason for _, reason, _ in left_out(prepared)}
    assert {"same record in another file", "neither a lead nor a contact", "3 cells under 9 headers"} <= reasons
    shown = "Member First Associated Date: month first (day 28 > 12 in 1 of 200 rows)"
    assert shown in file_audit(prepared, "report.csv").decisions


def test_examples_are_the_same_in_blocks_as_whole(tmp_path):
    files = {
        "m.csv": SHEET,
        "CampaignMember.csv": WEEKLY / "CampaignMember.csv",
        "Campaign.csv": WEEKLY / "Campaign.csv",
    }
    assert both(tmp_path, files).tables["touches"].num_rows == 6


def test_rows_come_in_more_than_one_block_and_range(tmp_path, monkeypatch):
    n_blocks, n_ranges = [], []
    length, cuts = blocks.Spilled.__len__, groups.boundaries
    monkeypatch.setattr(blocks.Spilled, "__len__", lambda self: n_blocks.append(length(self)) or length(self))
    monkeypatch.setattr(groups, "boundaries", lambda *args: n_ranges.append(len(cuts(*args)) + 1) or cuts(*args))
    both(tmp_path, {"a.csv": table(api_rows(random.Random(5), 200))})
    assert min(n_blocks) > 10
    assert n_ranges == [7]


@pytest.mark.parametrize("swap", [("7018d000000001A", "7.01E+15"), ("Sent", 'Sent"'), ("Sent", "Se\x00nt")])
def test_an_odd_file_is_told_as_it_is_when_read_whole(tmp_path, swap):
    text = table(api_rows(random.Random(6), 60), csv.QUOTE_NONE).replace(*swap)
    exports, aside, told = written(tmp_path / "exports", {"a.csv": text}), tmp_path / "aside", []
    aside.mkdir()
    for where in (None, aside):
        try:
            told.append(prepare(exports, company(), None, where).audit)
        except ExportError as error:
            told.append(str(error))
    assert told[0] == told[1]


@pytest.mark.parametrize("changed", [{"Responded": "perhaps"}, {"Member First Associated Date": "13/13/2025"}])
def test_what_cannot_be_read_is_refused_in_the_same_words(tmp_path, changed):
    rows = report_rows(random.Random(7), 120)
    exports, aside = (
        written(tmp_path / "exports", {"a.csv": table([{**row, **changed} for row in rows])}),
        tmp_path / "b",
    )
    aside.mkdir()
    with pytest.raises(ExportError) as whole:
        prepare(exports, company())
    with pytest.raises(ExportError) as parts:
        prepare(exports, company(), None, aside)
    assert str(parts.value) == str(whole.value)


def test_rows_as_they_were_put_aside_are_let_go_before_the_typed_ones_are_given(tmp_path, monkeypatch):
    raw, first = [], spilled._first

    def watched(batch, share):
        rows = first(batch, share)
        raw.append(weakref.ref(rows))
        return rows

    monkeypatch.setattr(spilled, "PART_ROWS", 3)
    monkeypatch.setattr(spilled, "_first", watched)
    batch = pa.record_batch({"amount": ["1", "2.5"], "name": ["a", "b"]})
    with pa.OSFile(str(tmp_path / "rows.arrow"), "wb") as out, pa.ipc.new_file(out, batch.schema) as writer:
        for _ in range(3):
            writer.write_batch(batch)
    aside = spilled.Spilled(
        tmp_path / "rows.arrow", 7, None, {"amount": "number", "name": "text"}, {}, {"amount": ""}, 6
    )
    given = []
    for part in aside.parts():
        given.append(part.to_pydict())
        assert [rows() for rows in raw] == [None] * len(raw)
    assert [part["amount"] for part in given] == [[1.0, 2.5, 1.0, 2.5], [1.0, 2.5]]
    assert [part["_file"] for part in given] == [[7] * 4, [7] * 2]
