"""The cache of prepared tables: believed only when whole, of one reading of the exports, free of what crashes left."""

import errno
import json
import os
import shutil
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from killed import in_child

from revops.book import kept, prepared, stored
from revops.errors import BookError, ExportError
from revops.exports import Audit

AUDIT = Audit((), (), (), (), {}, None)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return settings of a project whose exports are one file, a function that prepares, and what was read each time.

    A reading gives one table that holds what the file holds.
    """
    source, seen = tmp_path / "data", []
    source.mkdir()
    (source / "deals.csv").write_text("one")

    def read(folder, *_):
        seen.append((folder / "deals.csv").read_text())
        return SimpleNamespace(tables={"tools": pa.table({"tool": [seen[-1]]})}, audit=AUDIT)

    monkeypatch.setattr(prepared, "prepare", read)
    monkeypatch.delenv("REVOPS_PREPARED", raising=False)
    company = SimpleNamespace(exports=SimpleNamespace(folder="data", rows_per_part=9), model_dump_json=lambda: "{}")
    settings = SimpleNamespace(company=company, root=tmp_path, params_dir=tmp_path / "params")
    return settings, lambda: prepared.prepared(settings), seen


def table_in(home):
    return pa.parquet.read_table(home / "tools.parquet").to_pydict()["tool"]


def cached(root):
    """Return what the cache holds, but for what is remembered of the exports' files."""
    return sorted(place.name for place in (root / "outputs" / ".cache").iterdir() if place.is_dir())


def test_the_same_exports_are_prepared_once(made, tmp_path):
    _, prepare, seen = made
    home = prepare()
    assert prepare() == home and seen == ["one"]
    assert table_in(home) == ["one"]
    assert cached(tmp_path) == [home.name]
    assert (tmp_path / "outputs" / ".cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("library", [pa, pd])
def test_another_version_of_what_tables_are_written_with_prepares_them_again(made, monkeypatch, library):
    _, prepare, seen = made
    home = prepare()
    monkeypatch.setattr(library, "__version__", "99.0")
    assert prepare() != home and seen == ["one", "one"]


@pytest.mark.parametrize(
    "harm",
    ["table gone", "table cut", "table blank", "audit empty", "audit half blank", "list gone", "list cut", "list {}",
     "list []", 'list {"audit.json": []}', 'list {"audit.json": 2}', "empty", "a file"],
)  # fmt: skip
def test_folder_that_is_not_whole_is_made_again(made, tmp_path, harm):
    _, prepare, seen = made
    home = prepare()
    if harm == "table gone":
        (home / "tools.parquet").unlink()
    elif harm == "table cut":
        os.truncate(home / "tools.parquet", 7)
    elif harm == "table blank":
        (home / "tools.parquet").write_bytes(bytes((home / "tools.parquet").stat().st_size))
    elif harm == "audit empty":
        (home / "audit.json").write_text("")
    elif harm == "audit half blank":
        half = (home / "audit.json").read_bytes()[: (home / "audit.json").stat().st_size // 2]
        (home / "audit.json").write_bytes(half.ljust((home / "audit.json").stat().st_size))
    elif harm == "list gone":
        (home / "whole.json").unlink()
    elif harm == "list cut":
        (home / "whole.json").write_text('{"tools')
    elif harm.startswith("list "):
        (home / "whole.json").write_text(harm.removeprefix("list "))
        (home / "tools.parquet").unlink()
    else:
        shutil.rmtree(home)
        if harm == "empty":
            home.mkdir()
        else:
            home.write_text("")
    assert prepare() == home and seen == ["one", "one"]
    assert table_in(home) == ["one"]
    assert cached(tmp_path) == [home.name]
    assert prepare() == home and len(seen) == 2


def test_exports_that_change_while_they_are_read_are_read_again(made, tmp_path, monkeypatch):
    _, prepare, seen = made
    deals, read = tmp_path / "data" / "deals.csv", prepared.prepare

    def change(*arguments):
        if not seen:
            deals.write_text("two")
        return read(*arguments)

    monkeypatch.setattr(prepared, "prepare", change)
    home = prepare()
    assert seen == ["two", "two"] and table_in(home) == ["two"]
    assert cached(tmp_path) == [home.name]
    deals.write_text("one")
    other = prepare()
    assert other != home and table_in(other) == ["one"]


def test_exports_that_never_hold_still_are_refused(made, tmp_path, monkeypatch):
    _, prepare, seen = made
    deals, read = tmp_path / "data" / "deals.csv", prepared.prepare

    def change(*arguments):
        found = read(*arguments)
        deals.write_text(f"edition {len(seen)}")
        return found

    monkeypatch.setattr(prepared, "prepare", change)
    with pytest.raises(ExportError) as refusal:
        prepare()
    assert str(refusal.value) == (
        "data: must hold still while it is read; found other contents after each of 3 readings. "
        "Wait until the exports are written, then do the same again."
    )
    assert cached(tmp_path) == []


def test_file_that_goes_while_it_is_read_means_another_reading(made, tmp_path, monkeypatch):
    _, prepare, _ = made
    other, read, tries = tmp_path / "data" / "leads.csv", prepared.prepare, []
    other.write_text("leads")

    def vanish(folder, *rest):
        tries.append(folder)
        if len(tries) == 1:
            other.unlink()
            other.read_text()
        return read(folder, *rest)

    monkeypatch.setattr(prepared, "prepare", vanish)
    assert table_in(prepare()) == ["one"] and len(tries) == 2
    assert len(cached(tmp_path)) == 1


def test_kernels_of_a_run_read_what_the_run_began_with(made, tmp_path, monkeypatch):
    _, prepare, seen = made
    home = prepare()
    monkeypatch.setenv("REVOPS_PREPARED", str(home))
    (tmp_path / "data" / "deals.csv").write_text("two")
    assert prepare() == home
    (tmp_path / "data" / "deals.csv").unlink()
    (tmp_path / "data").rmdir()
    assert prepare() == home and seen == ["one"]
    (home / "tools.parquet").unlink()
    with pytest.raises(ExportError, match="data: must be a folder of exports; found none"):
        prepare()


def test_kernel_that_finds_a_file_damaged_names_the_folder_to_remove(made, monkeypatch):
    settings, prepare, seen = made
    home = prepare()
    monkeypatch.setenv("REVOPS_PREPARED", str(home))
    for name, read in {
        "tools.parquet": lambda: prepared.open_book(settings).table("tools"),
        "audit.json": lambda: prepared.open_book(settings),
    }.items():
        whole = (home / name).read_bytes()
        (home / name).write_bytes(whole[:4] + bytes(len(whole) - 4))
        with pytest.raises(BookError) as refusal:
            read()
        assert str(refusal.value) == (
            f"{home / name}: must hold what was written when the tables were prepared; found bytes that cannot be "
            f"read. Remove the folder {home}, then run the reports again."
        )
    assert seen == ["one"]


@pytest.mark.parametrize("name", ["tools.parquet", "audit.json", "touches/0001.parquet", "touches/order.parquet"])
def test_file_that_is_gone_is_told_as_gone_with_the_folder_it_was_in(tmp_path, name):
    """As pyarrow tells it and as the system does, with the rest of the folder and without."""
    home = tmp_path / "0a1b"
    for is_there in (False, True):
        if is_there:
            (home / name).parent.mkdir(parents=True)
        for read in (pq.read_table, Path.read_text):
            with pytest.raises(BookError) as refusal, stored.undamaged(home / name):
                read(home / name)
            assert str(refusal.value) == (
                f"{home / name}: must be there while the tables are used; found none (it was removed since, or this "
                "machine does not see it). Run the reports again; workers that go through parts must see "
                f"{home} under this path."
            )


@pytest.mark.parametrize("error", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO])
def test_cache_that_may_not_be_written_is_used(made, monkeypatch, error):
    _, prepare, seen = made
    home = prepare()

    def refuse(_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "utime", refuse)
    if error == errno.EIO:
        with pytest.raises(OSError, match="Input/output error"):
            prepare()
    else:
        assert prepare() == home
    assert seen == ["one"]


def test_what_a_killed_preparation_left_goes_and_what_lives_stays(made, tmp_path, monkeypatch):
    _, prepare, _ = made
    read = prepared.prepare
    monkeypatch.setattr(prepared, "prepare", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    assert in_child(prepare) == -signal.SIGKILL
    cache = tmp_path / "outputs" / ".cache"
    assert len(cached(tmp_path)) == 1 and cached(tmp_path)[0].startswith(".aside-")
    living, young, old = (cache / f".aside-{name}-1234" for name in (f"{kept._machine()}-1", "other-1", "elsewhere-1"))
    for folder in (living, young, old):
        folder.mkdir()
    os.utime(old, (time.time() - 90_000,) * 2)
    monkeypatch.setattr(prepared, "prepare", read)
    home = prepare()
    assert cached(tmp_path) == sorted([living.name, young.name, home.name])


def test_the_five_used_last_stay_and_all_of_the_last_day(made, tmp_path):
    _, prepare, seen = made
    cache, deals, homes = tmp_path / "outputs" / ".cache", tmp_path / "data" / "deals.csv", []
    for number in range(9):
        deals.write_text(f"edition {number}")
        homes.append(prepare())
        os.utime(homes[-1], (time.time() - (20 - number) * 90_000,) * 2)
    (cache / ".aside-elsewhere-1-1").mkdir()
    deals.write_text("edition 0")
    assert prepare() == homes[0] and len(seen) == 9
    os.utime(homes[1], (time.time() - 80_000,) * 2)
    kept.keep_newest(cache)
    stay = [homes[0], homes[1], *homes[6:]]
    assert cached(tmp_path) == sorted([".aside-elsewhere-1-1", *(home.name for home in stay)])
    assert all(kept.is_whole(home) for home in stay)
    for home in stay:
        os.utime(home)
    deals.write_text("edition 9")
    prepare()
    kept.keep_newest(cache)
    assert len(cached(tmp_path)) == 7


def test_removing_old_preparations_survives_a_kill_and_another_that_does_the_same(made, tmp_path, monkeypatch):
    _, prepare, _ = made
    cache, deals = tmp_path / "outputs" / ".cache", tmp_path / "data" / "deals.csv"
    for number in range(7):
        deals.write_text(f"edition {number}")
        os.utime(prepare(), (1e9 + number,) * 2)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        assert in_child(lambda: kept.keep_newest(cache)) == -signal.SIGKILL
    assert len([name for name in cached(tmp_path) if name[0] != "."]) == 6
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda one, to: (rename(one, tmp_path / "gone"), rename(one, to)))
    kept.keep_newest(cache)
    assert len(cached(tmp_path)) == 5 and all(name[0] != "." for name in cached(tmp_path))


def test_two_preparations_at_once_end_in_one(made, tmp_path, monkeypatch):
    _, prepare, seen = made
    read = prepared.prepare

    def meanwhile(*arguments):
        monkeypatch.setattr(prepared, "prepare", read)
        prepare()
        return read(*arguments)

    monkeypatch.setattr(prepared, "prepare", meanwhile)
    home = prepare()
    assert seen == ["one", "one"] and table_in(home) == ["one"]
    assert cached(tmp_path) == [home.name]
    assert json.loads((home / "whole.json").read_text()).keys() == {"audit.json", "tools.parquet"}
