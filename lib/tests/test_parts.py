"""Large tables in parts: all that hangs together lies in one, nothing is lost, and no part reads another's files."""

import re
from collections import Counter
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from companies_of_people import contact, role, touch, won
from parted import in_order, in_parts
from pyarrow import dataset
from test_journeys_slow import made_up

from frames import book, table
from revops.book import prepared, stored
from revops.book.components import KEYS, Components, components
from revops.book.kept import is_whole, move_in
from revops.book.parts import cut
from revops.errors import BookError
from revops.exports import Audit


def arrow(**rows: list[dict]) -> dict[str, pa.Table]:
    return {name: pa.Table.from_pandas(table(name, found), preserve_index=False) for name, found in rows.items()}


def by_union_find(tables: dict[str, pa.Table]) -> dict[str, list[tuple[str, int]]]:
    """Return the rows (table, place) of each group of rows that hang together: slowly, by the ids themselves."""
    above: dict[tuple, tuple] = {}

    def top(node: tuple) -> tuple:
        while above.setdefault(node, node) != node:
            node = above[node]
        return node

    places = {}
    for name, rows in tables.items():
        for place, row in enumerate(rows.to_pylist()):
            nodes = [(kind, row[id]) for id, kind in KEYS[name].items() if row[id] is not None and kind != "row"]
            for node in nodes:
                above[top(nodes[0])] = top(node)
            places[name, place] = nodes[0] if nodes else (name, place)
    groups: dict[tuple, list] = {}
    for row, node in places.items():
        groups.setdefault(top(node), []).append(row)
    return sorted(map(sorted, groups.values()))


def by_components(tables: dict[str, pa.Table], n: int = 60_000) -> list[list[tuple[str, int]]]:
    """Return the rows of each part, of so many that hardly two groups share one."""
    found, groups = components(tables), {}
    for name, rows in tables.items():
        for place, part in enumerate(found.parts_of(name, rows, n)):
            groups.setdefault(int(part), []).append((name, place))
    return sorted(map(sorted, groups.values()))


def test_what_hangs_together_by_hand():
    """d1 of A and d2 of B share c1; l1 became c3 of C and the deal d3 without account; l2 is alone, as is a touch."""
    tables = arrow(
        opportunities=[won("d1", "A"), won("d2", "B"), won("d3", None), won("d4", "D")],
        contacts=[contact("c1", "A"), contact("c3", "C")],
        contact_roles=[role("d1", "c1"), role("d2", "c1")],
        leads=[{"lead_id": "l1", "contact_id": "c3", "opportunity_id": "d3"}, {"lead_id": "l2"}],
        touches=[touch("t1", "c1", "2026-01-01"), touch("t2", None, "2026-01-01", lead_id="l2"),
                 touch("t3", None, "2026-01-01"), touch("t4", "c3", "2026-01-01", lead_id="l1")],
        subscriptions=[{"customer_id": "cus", "account_id": "D"}, {"customer_id": "C"}],
        invoices=[{"invoice_id": "i", "customer_id": "cus"}], payments=[{"payment_id": "p", "invoice_id": "i"}],
    )  # fmt: skip
    expected = sorted([
        [("contact_roles", 0), ("contact_roles", 1), ("contacts", 0), ("opportunities", 0), ("opportunities", 1),
         ("touches", 0)],
        [("contacts", 1), ("leads", 0), ("opportunities", 2), ("subscriptions", 1), ("touches", 3)],
        [("leads", 1), ("touches", 1)], [("touches", 2)],
        [("invoices", 0), ("opportunities", 3), ("payments", 0), ("subscriptions", 0)],
    ])  # fmt: skip
    assert by_components(tables) == expected == by_union_find(tables)


@pytest.mark.parametrize("seed", range(12))
def test_what_hangs_together_is_what_union_find_finds(seed):
    """Of groups of rows, by union-find, none is in two parts; and, but for chance, none shares a part with another."""
    tables = {name: pa.Table.from_pandas(rows, preserve_index=False) for name, rows in made_up(seed).tables.items()
              if name in KEYS}  # fmt: skip
    assert by_components(tables) == by_union_find(tables)


def test_the_part_of_an_account_is_the_same_whatever_the_order_of_rows_and_on_every_machine():
    tables = arrow(opportunities=[won(f"d{n}", f"A{n % 50}") for n in range(100)])
    found = components(tables)
    parts = found.parts_of("opportunities", tables["opportunities"], 7).tolist()
    back = {name: rows.take(list(range(99, -1, -1))) for name, rows in tables.items()}
    assert components(back).parts_of("opportunities", back["opportunities"], 7).tolist() == parts[::-1]
    assert parts[:50] == parts[50:]
    assert parts[:6] == [4, 3, 1, 3, 5, 6]
    assert min(Counter(parts).values()) >= 4


def test_ids_without_a_number_in_common_are_a_component_each():
    alone = Components(*components({}).__dict__.values())
    rows = arrow(leads=[{"lead_id": f"l{n}"} for n in range(40)])["leads"]
    assert len(set(alone.parts_of("leads", rows, 60_000).tolist())) == 40


@pytest.mark.parametrize("n", [2, 3, 7])
def test_the_whole_of_tables_in_parts_is_what_they_were(tmp_path, n):
    for seed in range(4):
        whole = in_order(made_up(seed))
        cut = in_parts(whole, tmp_path / f"{seed}", n)
        assert cut.n_parts == n and whole.n_parts == 1
        assert stored.count_rows(cut.tables) == stored.count_rows(whole.tables)
        for name, rows in whole.tables.items():
            pd.testing.assert_frame_equal(cut.table(name), rows)
            parts = [cut.part(k).table(name) for k in range(n)]
            key = rows.columns[0]
            again = pd.concat(parts).sort_values(list(rows.columns[:3]), ignore_index=True)
            if name in KEYS:
                assert again[key].tolist() == rows.sort_values(list(rows.columns[:3]))[key].tolist()
            else:
                assert all(part.equals(rows) for part in parts)


def test_a_part_reads_its_own_files_alone(tmp_path, monkeypatch):
    cut = in_parts(in_order(made_up(0)), tmp_path / "cut", 3)
    read, real = [], pq.read_table
    monkeypatch.setattr(stored.pq, "read_table", lambda file, **given: read.append(file) or real(file, **given))
    part = cut.part(1)
    for name in part.tables:
        part.table(name)
    assert {file.relative_to(tmp_path / "cut").as_posix() for file in read} == {
        f"{name}/0001.parquet" if name in KEYS else f"{name}.parquet" for name in cut.tables
    }
    read.clear()
    assert len(cut.stamps) == len(made_up(0).stamps)
    assert all(file.parent.name in ("opportunities", "opportunity_history") for file in read)


def test_one_giant_group_leaves_the_other_parts_empty(tmp_path):
    whole = book([won(f"d{n}") for n in range(9)], touches=[touch("t", "c", "2026-01-01")], contacts=[contact("c")])
    cut = in_parts(whole, tmp_path / "cut", 3)
    sizes = [len(cut.part(k).table("opportunities")) for k in range(3)]
    assert sorted(sizes) == [0, 0, 9]
    empty = cut.part(sizes.index(0)).table("touches")
    assert len(empty) == 0 and empty.dtypes.equals(whole.table("touches").dtypes)


def test_tables_are_prepared_in_parts_where_one_has_more_rows_than_a_part(tmp_path, monkeypatch):
    """Deals come as a table, touches as a dataset on a file, which goes; what is prepared is whole without any file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "deals.csv").write_text("one")
    tables = arrow(opportunities=[won(f"d{n}", f"A{n}") for n in range(5)],
                   touches=[touch(f"t{n}", f"c{n}", "2026-01-01") for n in range(10)],
                   owners=[{"owner_id": "o"}])  # fmt: skip

    def prepare(folder, company, systems, aside, steps):
        pq.write_table(tables["touches"], aside / "touches.parquet")
        found = tables | {"touches": dataset.dataset(aside / "touches.parquet")}
        return SimpleNamespace(tables=found, audit=Audit((), (), (), (), {}, None))

    monkeypatch.setattr(prepared, "prepare", prepare)
    monkeypatch.delenv("REVOPS_PREPARED", raising=False)

    def home(rows_per_part):
        exports = SimpleNamespace(folder="data", rows_per_part=rows_per_part)
        company = SimpleNamespace(exports=exports, model_dump_json=lambda: str(rows_per_part))
        settings = SimpleNamespace(company=company, root=tmp_path, params_dir=tmp_path / "params")
        return prepared.prepared(settings), prepared.open_book(settings)

    folder, cut = home(4)
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*.parquet")}
    parts = {f"{name}/{file}.parquet" for name in ("opportunities", "touches")
             for file in ("0000", "0001", "0002", "order")}  # fmt: skip
    assert names == parts | {"owners.parquet"} and cut.n_parts == 3
    assert cut.table("touches")["touch_id"].tolist() == [f"t{n}" for n in range(10)]
    assert is_whole(folder)
    part = folder / "touches" / "0001.parquet"
    part.write_bytes(bytes(part.stat().st_size))
    with pytest.raises(BookError, match=re.escape(f"Remove the folder {folder}, then run the reports again.")):
        cut.part(1).table("touches")
    part.unlink()
    assert not is_whole(folder)
    folder, whole = home(10)
    assert whole.n_parts == 1
    assert {file.name for file in folder.iterdir()} == {
        "opportunities.parquet", "touches.parquet", "owners.parquet", "audit.json", "whole.json", "steps"
    }  # fmt: skip
    pd.testing.assert_frame_equal(whole.table("touches"), cut.table("touches"))


def test_parts_are_never_more_than_may_be_written_at_once(tmp_path):
    deals = pa.table({"opportunity_id": [f"d{n}" for n in range(1000)], "account_id": [f"A{n}" for n in range(1000)]})
    assert cut({"opportunities": deals}, tmp_path, 1) == {}
    files = sorted(tmp_path.glob("opportunities/[0-9]*.parquet"))
    assert len(files) == 200
    assert sorted(id for file in files for id in pq.read_table(file)["opportunity_id"].to_pylist()) == sorted(
        deals["opportunity_id"].to_pylist()
    )


def test_parts_of_a_table_that_is_cut_as_before_are_taken(tmp_path):
    def kept(name, touches, formers=(), rows_per_part=4):
        folder = tmp_path / f"aside {name}"
        folder.mkdir()
        (folder / "audit.json").write_text("{}")
        deals = pa.table({"opportunity_id": [f"d{n}" for n in range(10)], "account_id": [None] * 10})
        tables = {
            "opportunities": deals,
            "touches": pa.table({"contact_id": touches, "lead_id": [None] * len(touches)}),
        }
        tables["touches"] = tables["touches"].append_column("touch_id", pa.array(map(str, range(len(touches)))))
        for each, rows in tables.items():
            pq.write_table(rows, folder / f"{each}.parquet")
        tables = {each: dataset.dataset(folder / f"{each}.parquet") for each in tables}
        assert cut(tables, folder, rows_per_part, [tmp_path / former for former in formers]) == {}
        move_in(folder, folder := tmp_path / name)
        return {file.relative_to(folder).as_posix(): file.stat().st_ino for file in folder.rglob("*.parquet")}

    def taken(files, former):
        return sorted({name.split("/")[0] for name, inode in files.items() if former.get(name) == inode})

    first = kept("first", ["a", "b", "c"])
    assert taken(kept("same", ["a", "b", "c"], ["none", "first"]), first) == ["opportunities", "touches"]
    assert taken(kept("other touches", ["a", "b", "d"], ["first"]), first) == ["opportunities"]
    assert taken(kept("other rows", ["a", "b", "c"], ["first"], 6), first) == []
    was = {file.name: file.read_bytes() for file in (tmp_path / "first" / "touches").iterdir()}
    for name, whole in was.items():
        broken = tmp_path / "first" / "touches" / name
        broken.unlink()  # the other folders have the same file
        broken.write_bytes(bytes(len(whole)))
        after = f"after {name} broke"
        assert taken(kept(after, ["a", "b", "c"], ["first"]), first) == ["opportunities"]
        assert {file.name: file.read_bytes() for file in (tmp_path / after / "touches").iterdir()} == was
        broken.write_bytes(whole)
