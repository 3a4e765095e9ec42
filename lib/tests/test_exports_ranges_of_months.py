"""Visits and reported months of subscriptions: the same tables and audit in blocks and ranges of any size as whole."""

import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from both_ways import SMALL, both_ways
from gate import company, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import table

from revops.exports import prepare
from revops.exports.reading import blocks
from revops.exports.recurring import present, subscriptions
from revops.exports.uniting import groups

PAIRS = ("google / cpc", "(direct) / (none)", "linkedin.com / paid-social", "newsletter", "x / ", "")
PAGES = ("/", "/pricing?gclid=1", "https://n.example/ebook?mail=ann@acme.com", "/a?utm_source=News%20letter", " ", "")
CAMPAIGNS = ("Brand", "CTO%20whitepaper", "ann@acme.com", "")
DAYS = [f"202507{day:02d}" for day in range(1, 29)]
LISTED = "id,Name,Delinquent,account_id (metadata)\n"
ACCOUNTS = "Id,Name,NumberOfEmployees,CreatedDate\n0018d00000Ac0AzAAJ,Acme,5,2024-01-01 10:00:00\n"
SUBS = ("id,Customer ID,Customer Name,Status,Quantity,Currency,Interval,Amount,Start (UTC),Ended At (UTC),"
        "Current Period Start (UTC),Current Period End (UTC)\n")  # fmt: skip
IDS = [f"cus_{n}" for n in range(60)]
AMOUNTS = ("10", "10.5", "0.00", "7.25")
ALIKE = "1,usd,month,10.00,2025-01-10 10:00,,2025-05-10 10:00,2025-06-10 10:00"
MONTHS = ("2025-01", "2025-02", "2025-04", "2025-05")


def visits(chance, n, days=DAYS):
    """Return visits by day with some of the columns that tell where they came from, some rows twice."""
    told = {"Session source / medium": PAIRS, "Session campaign": CAMPAIGNS, "Landing page + query string": PAGES,
            "Device category": ("mobile", "desktop")}  # fmt: skip
    kept = [label for label in told if chance.random() < 0.7] or ["Session campaign"]
    odd, with_events = chance.random() < 0.2, chance.random() < 0.7
    made = []
    for _ in range(n):
        row = {"Date": chance.choice(days), **{label: chance.choice(told[label]) for label in kept}}
        row["Sessions"] = chance.choice(("1,200", "") if odd and chance.random() < 0.1 else ("1", "2", "30"))
        if odd and chance.random() < 0.03:
            row["Date"] = ""
        made.append({**row, **({"Key events": chance.choice(("0", "1", ""))} if with_events else {})})
    return made + made[::5]


def files_of_visits(chance, sizes):
    """Return files of visits, each of days of its own or of those of others; one of them may be part of another."""
    made = [
        visits(chance, n, DAYS if chance.random() < 0.1 else DAYS[place * 9 : place * 9 + 9])
        for place, n in enumerate(sizes)
        if n
    ]
    if made and chance.random() < 0.5:
        day = made[0][-1]["Date"]
        made.append([row for row in made[0] if row["Date"] <= day])
    return made


def reports(chance, customers, currency, doubt=0.0):
    """Return a row per customer and month, or a column per month; copies, blanks and gaps among them.

    In a share of them, `doubt`, the amount is another one than in other reports.
    """
    paid = {
        (c, month): chance.choice(AMOUNTS) if chance.random() < doubt else AMOUNTS[(len(c) + place) % len(AMOUNTS)]
        for c in customers
        for place, month in enumerate(MONTHS)
    }
    if chance.random() < 0.5:
        return [
            {"Customer ID": c, "Customer": f"Name {c}{chance.choice(('', ' Ltd'))}", "Currency": currency,
             **{month: paid[c, month] if chance.random() < 0.8 else "" for month in MONTHS}}
            for c in customers
        ]  # fmt: skip
    rows = [
        {"Customer ID": c, "Customer": chance.choice((f"Name {c}", "")), "Currency": currency,
         "Month": month, "MRR": amount}
        for (c, month), amount in paid.items() if chance.random() < 0.8
    ]  # fmt: skip
    return rows + rows[::4] + [{**row, "Customer ID": ""} for row in rows[::9]]


def written(home, chance, n):
    """Write reports and lists of customers and subscriptions; some reports contradict others or name no month."""
    customers = [f"cus_{chance.randrange(10 ** chance.randint(1, 4))}" for _ in range(n)]
    some = [customers, customers[::2], [*customers[::3], "cus_x"]][: chance.randint(1, 3)]
    doubt = 0.05 if chance.random() < 0.15 else 0.0
    made = [reports(chance, sorted(set(ids)), chance.choice(("usd", "usd", "eur")), doubt) for ids in some]
    if chance.random() < 0.5:
        made.append([dict(row) for row in made[0][::2]])
    if chance.random() < 0.1 and "Month" in made[0][0]:
        made[0][0]["Month"] = "Q2 2025"
    for place, report in enumerate(made):
        (home / f"mrr{place}.csv").write_text(table(*report, base={}))
    if chance.random() < 0.6:
        lines = [f"{c},Listed {c},false,{chance.choice(('', '0018d00000Ac0AzAAJ', '4711'))}\n" for c in customers[::2]]
        (home / "customers.csv").write_text(LISTED + "".join(lines))
        (home / "accounts.csv").write_text(ACCOUNTS)
    if chance.random() < 0.6:
        states = ("active", "past_due", "paused", "trialing")
        some = enumerate([*customers[1::3], "cus_new"])
        lines = [f"sub_{n},{c},Sub {c},{chance.choice(states)},{ALIKE}\n" for n, c in some]
        (home / "subscriptions.csv").write_text(SUBS + "".join(lines))
    (home / "deals.csv").write_text(rows({"Account ID": "0018d00000Ac0Az"}))
    return home


def listed(chance, n):
    """Return subscriptions that began and ended in other months, some ids twice, in some states without a month."""
    ends = {"canceled": "2025-04-11 10:00", "incomplete_expired": "2025-02-11 10:00"}
    lines = []
    for place in range(n):
        status = chance.choice(("active", "past_due", "unpaid", "paused", "trialing", *ends))
        cells = [
            *(f"sub_{chance.choice((place, place // 2))}", chance.choice(IDS), chance.choice(("", "A", "B Ltd"))),
            *(status, chance.choice(("1", "3", "")), chance.choice(("usd", "eur")), chance.choice(("month", "year"))),
            *(chance.choice((*AMOUNTS, "100", "")), f"202{chance.randint(3, 5)}-0{chance.randint(1, 5)}-10 10:00"),
            *(ends.get(status, ""), f"2025-0{chance.randint(2, 5)}-10 10:00", "2025-06-10 10:00"),
        ]
        lines.append(",".join(cells) + "\n")
    return SUBS + "".join(lines)


FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIZES = {"block": st.integers(1 << 8, 1 << 12), "bucket_rows": st.integers(1, 60), "part_rows": st.integers(1, 60)}


@FEW
@given(seed=st.integers(0, 10**6), sizes=st.tuples(*[st.integers(0, 60)] * 3), **SIZES)
def test_random_visits_are_the_same_in_any_blocks_and_ranges(seed, sizes, block, bucket_rows, part_rows):
    made = files_of_visits(random.Random(seed), sizes)
    with tempfile.TemporaryDirectory() as home:
        for place, some in enumerate(made):
            (Path(home) / f"web{place}.csv").write_text(table(*some, base={}))
        (Path(home) / "deals.csv").write_text(rows({}))
        told, on_disk = both_ways(Path(home), company(), block=block, bucket_rows=bucket_rows, part_rows=part_rows)
    assert ("web_traffic" in on_disk) == (bool(made) and told.startswith("{")), told


@FEW
@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), **SIZES)
def test_random_reports_of_revenue_are_the_same_in_any_blocks_and_ranges(seed, n, block, bucket_rows, part_rows):
    with tempfile.TemporaryDirectory() as home:
        folder = written(Path(home), random.Random(seed), n)
        of = company(rates={"EUR": 1.1})
        told, on_disk = both_ways(folder, of, block=block, bucket_rows=bucket_rows, part_rows=part_rows)
    assert ("subscriptions" in on_disk) == told.startswith("{"), told


@FEW
@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), **SIZES)
def test_random_lists_of_subscriptions_are_the_same_in_any_parts_and_ranges(seed, n, block, bucket_rows, part_rows):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as home:
        for place in range(chance.randint(1, 2)):
            (Path(home) / f"subscriptions{place}.csv").write_text(listed(chance, n))
        if chance.random() < 0.3:
            (Path(home) / "mrr.csv").write_text(table(*reports(chance, IDS[::3], "usd"), base={}))
        (Path(home) / "deals.csv").write_text(rows({}))
        policy = {"past_due": chance.choice(("left_out", "counted"))}
        of = company(rates={"EUR": 1.1}, subscriptions=policy)
        both_ways(Path(home), of, block=block, bucket_rows=bucket_rows, part_rows=part_rows)


def test_months_of_lists_come_in_more_than_one_part_and_range(tmp_path, monkeypatch):
    (tmp_path / "subscriptions.csv").write_text(listed(random.Random(5), 60))
    (tmp_path / "deals.csv").write_text(rows({}))
    n_parts, n_ranges, parts, cuts = [], [], present.Present.parts, groups.boundaries

    def counted(self):
        made = [*parts(self)]
        n_parts.append(len(made))
        return made

    monkeypatch.setattr(present.Present, "parts", counted)
    monkeypatch.setattr(groups, "boundaries", lambda *args: n_ranges.append(len(cuts(*args)) + 1) or cuts(*args))
    _, on_disk = both_ways(tmp_path, company(rates={"EUR": 1.1}), **SMALL)
    assert on_disk == {"subscriptions"}
    whole, in_parts = n_parts
    assert whole == 1 and in_parts > 20 and min(n_ranges) > 3


@pytest.mark.parametrize(("many", "kind"), [(5, pa.Table), (4, pa.dataset.Dataset)])
def test_lists_of_few_months_stay_in_memory(tmp_path, monkeypatch, many, kind):
    exports, aside = tmp_path / "exports", tmp_path / "aside"
    for folder in (exports, aside):
        folder.mkdir()
    (exports / "subscriptions.csv").write_text(f"{SUBS}sub_1,cus_1,Acme,active,{ALIKE}\n")
    (exports / "deals.csv").write_text(rows({}))
    monkeypatch.setattr(subscriptions, "MANY", many)
    made = prepare(exports, company(), None, aside).tables["subscriptions"]
    assert isinstance(made, kind)
    assert (len(made) if many == 5 else made.count_rows()) == 5


@pytest.mark.parametrize("name", ["web_traffic", "subscriptions"])
def test_rows_come_in_more_than_one_block_and_range(tmp_path, monkeypatch, name):
    """Not one bucket with all of them, or the other tests of this file would show nothing."""
    chance, n_blocks, n_ranges = random.Random(5), [], []
    rows_of = {"web_traffic": lambda: visits(chance, 200), "subscriptions": lambda: reports(chance, IDS, "usd")}
    (tmp_path / "a.csv").write_text(table(*rows_of[name](), base={}))
    (tmp_path / "deals.csv").write_text(rows({}))
    length, cuts = blocks.Spilled.__len__, groups.boundaries
    monkeypatch.setattr(blocks.Spilled, "__len__", lambda self: n_blocks.append(length(self)) or length(self))
    monkeypatch.setattr(groups, "boundaries", lambda *args: n_ranges.append(len(cuts(*args)) + 1) or cuts(*args))
    _, on_disk = both_ways(tmp_path, company(), **SMALL)
    assert on_disk == {name}
    assert min(n_blocks) > 1 and min(n_ranges) > 3


@pytest.mark.parametrize("text", ["Date,Session campaign,Sessions\n", "Customer ID,Customer,Currency,Month,MRR\n"])
def test_headers_without_rows_give_an_empty_table(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "deals.csv").write_text(rows({}))
    told, on_disk = both_ways(tmp_path, company(), **SMALL)
    assert "holds headers and no rows" in told and not on_disk


def test_decimal_signs_that_contradict_are_refused_in_the_same_words(tmp_path):
    made = reports(random.Random(1), IDS, "usd")
    last = list(made[0])[-1]
    (tmp_path / "a.csv").write_text(table(*made, *({**row, last: "1,5"} for row in made[:3]), base={}))
    (tmp_path / "deals.csv").write_text(rows({}))
    told, on_disk = both_ways(tmp_path, company(), **SMALL)
    assert "must have one decimal sign throughout" in told and not on_disk
