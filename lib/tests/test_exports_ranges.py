"""The same tables and audit whether files are read whole or in blocks, in however many blocks, parts and ranges."""

import csv
import io
import random
import tempfile
from pathlib import Path

import pytest
from both_ways import SMALL, both_ways
from gate import COMPANY, EXAMPLES, HERE, company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.company import load_company
from revops.exports import prepare

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (*(HERE / "faults").iterdir(), *EXAMPLES.iterdir()) if path.is_dir())
STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Closed Won")
OWNERS = ("0058d00000Aq1Ab", "0058d00000Aq1Ac", "Dana Whitfield", "")


def table(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def deal_ids(n):
    return [f"0068d00000{place:05d}" for place in range(n)]


def deals(chance, n):
    return [
        {
            "Id": key,
            "StageName": chance.choice(STAGES),
            "CloseDate": f"2025-0{chance.randint(1, 9)}-15",
            "CreatedDate": f"2024-{chance.randint(1, 12):02d}-03 05:00:00",
            "Amount": str(chance.randint(1, 9) * 1000),
            "CurrencyIsoCode": "USD",
            "OwnerId": "0058d00000Aq1Ab",
            "Type": "New Business",
            "LeadSource": "Web",
            "LastModifiedDate": f"2025-{chance.randint(1, 12):02d}-28 05:00:00",
            "IsDeleted": str(int(chance.random() < 0.1)),
        }
        for key in deal_ids(n)
    ]


def stamp(chance):
    """Return one of few moments, so that rows share them."""
    return f"2025-{chance.randint(1, 4):02d}-{chance.randint(1, 3):02d} {chance.choice((0, 12)):02d}:00:00"


def states(chance, n, n_deals):
    ids = deal_ids(n_deals + 2)
    return [
        {
            "Id": f"0088d0000{chance.randrange(2 * n):06d}" if chance.random() < 0.95 else "",
            "OpportunityId": chance.choice(ids),
            "CreatedDate": stamp(chance) if chance.random() < 0.95 else "",
            "StageName": chance.choice((*STAGES, "")),
            "Amount": chance.choice(("", "900", "1234.5", "77.25")),
            "CurrencyIsoCode": chance.choice(("USD", "USD", "")),
            "CloseDate": f"2025-0{chance.randint(1, 9)}-15",
            "Probability": chance.choice(("0", "40", "75")),
            "IsDeleted": str(int(chance.random() < 0.1)),
        }
        for _ in range(n)
    ]


def steps(chance, n, n_deals):
    ids = deal_ids(n_deals + 1)
    return [
        {
            "Opportunity ID": chance.choice(ids),
            "From Stage": chance.choice(STAGES),
            "To Stage": chance.choice(STAGES),
            "Last Modified": f"{chance.randint(1, 4)}/{chance.choice((2, 3, 28))}/2025",
            "Amount": chance.choice(("1,500.50", "2,000.00", "")),
        }
        for _ in range(n)
    ]


def changes(chance, n, n_deals):
    ids, rows = deal_ids(n_deals + 2), []
    values = {
        "StageName": STAGES,
        "Amount": ("1000", "2,500.50", "USD 300", "none", ""),
        "CloseDate": ("2025-03-04", "2025-11-30", ""),
        "Owner": OWNERS,
        "Probability": ("10", "55.5", ""),
        "LeadSource": ("Web", "Partner", "Trade Show"),
        "Description": ("a", "b"),
    }
    for _ in range(n):
        name = chance.choice(list(values))
        old, new = (chance.choice(values[name]) for _ in range(2))
        rows.append({"OpportunityId": chance.choice(ids), "Field": name, "OldValue": old, "NewValue": new,
                     "CreatedDate": stamp(chance)})  # fmt: skip
    return rows


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_folders_are_told_the_same_in_blocks_as_whole(folder):
    both_ways(folder, COMPANY, **SMALL)


def test_the_sample_is_the_same_in_blocks_as_whole():
    _, on_disk = both_ways(
        ROOT / "data" / "sample", load_company(ROOT / "params"), block=1 << 16, bucket_rows=3000, part_rows=500
    )
    assert on_disk == {"invoices", "lead_history", "opportunity_history", "payments", "subscriptions", "touches"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    n_deals=st.integers(1, 12),
    sizes=st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 80)),
    block=st.integers(1 << 8, 1 << 13),
    bucket_rows=st.integers(1, 60),
    part_rows=st.integers(1, 60),
)
def test_random_histories_are_the_same_in_any_blocks_and_ranges(seed, n_deals, sizes, block, bucket_rows, part_rows):
    chance = random.Random(seed)
    made = {"states.csv": states, "steps.csv": steps, "changes.csv": changes, "again.csv": changes}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "deals.csv").write_text(table(deals(chance, n_deals)), encoding="utf-8")
        for (name, make), n in zip(made.items(), (*sizes, sizes[2] // 2), strict=True):
            if n:
                (folder / name).write_text(table(make(chance, n, n_deals)), encoding="utf-8")
        both_ways(folder, company(rates={"EUR": 1.1}), block=block, bucket_rows=bucket_rows, part_rows=part_rows)


def test_ties_of_one_opportunity_do_not_depend_on_the_one_before(tmp_path):
    names = ("Opportunity ID", "From Stage", "To Stage", "Last Modified")
    first, second = deal_ids(2)
    pairs = [
        (first, "Prospecting", "Qualification"),
        (first, "Qualification", "Proposal/Price Quote"),
        (second, "Proposal/Price Quote", "Prospecting"),
        (second, "Qualification", "Closed Won"),
    ]
    tied = [(*pair, "4/28/2025") for pair in pairs]
    told = []
    for name, rows in (("both", tied), ("alone", tied[2:])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "deals.csv").write_text(table(deals(random.Random(1), 2)), encoding="utf-8")
        (folder / "steps.csv").write_text(table([dict(zip(names, row, strict=True)) for row in rows]), encoding="utf-8")
        states = prepare(folder, company()).tables["opportunity_history"].to_pylist()
        told.append([state for state in states if state["opportunity_id"] == second])
    assert [state["stage_name"] for state in told[0]] == [state["stage_name"] for state in told[1]]
