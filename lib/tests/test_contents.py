"""Hashes of contents: remembered where that is safe, and true whatever happens to a file meanwhile."""

import json
import os
import stat
import time
from pathlib import Path

import pytest

from revops.contents import Contents, files_below


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one large file (here: of a byte or more) that last changed long ago, as all can see."""
    home = tmp_path / "exports"
    home.mkdir()
    (home / "deals.csv").write_text("Id\n006a\n")
    return home


def settle(monkeypatch):
    """Let an hour pass for whoever asks the clock, so that files just written count as settled."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 3600 * 10**9)


def remembered(tmp_path):
    contents = Contents(tmp_path / "cache", large=1)
    return contents, contents.of


def count_reads(monkeypatch):
    reads, plain = [], Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *how, **more: (reads.append(self.name), plain(self, *how, **more))[1]
    )
    return reads


def test_large_file_is_read_once(folder, tmp_path, monkeypatch):
    settle(monkeypatch)
    reads = count_reads(monkeypatch)
    first, of = remembered(tmp_path)
    whole = of(folder)
    first.keep()
    second = remembered(tmp_path)[1](folder)
    monkeypatch.undo()
    assert (second, reads.count("deals.csv")) == (whole, 1)
    memory = tmp_path / "cache" / "hashes.json"
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["hashes.json"]


def test_file_with_the_same_size_and_time_but_other_contents_is_read_again(folder, tmp_path, monkeypatch):
    settle(monkeypatch)
    contents, of = remembered(tmp_path)
    whole, file = of(folder), folder / "deals.csv"
    contents.keep()
    before = file.stat()
    with file.open("r+b") as stream:
        stream.write(b"Id\n006b\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert remembered(tmp_path)[1](folder) != whole


def test_touched_file_with_the_same_contents_has_the_same_hash(folder, tmp_path, monkeypatch):
    settle(monkeypatch)
    contents, of = remembered(tmp_path)
    whole = of(folder)
    contents.keep()
    os.utime(folder / "deals.csv", (0, 0))
    assert remembered(tmp_path)[1](folder) == whole


def test_file_of_this_moment_is_not_remembered(folder, tmp_path):
    contents, of = remembered(tmp_path)
    of(folder)
    contents.keep()
    assert not (tmp_path / "cache").exists()


def test_small_file_is_always_read(folder, tmp_path, monkeypatch):
    settle(monkeypatch)
    contents = Contents(tmp_path / "cache", large=9)
    contents.of(folder)
    assert (contents.known, contents.is_new) == ({}, False)


@pytest.mark.parametrize("text", ["", "[1", "[1]", "null", '{"x": 3}'])
def test_memory_that_is_not_whole_is_no_memory(folder, tmp_path, monkeypatch, text):
    settle(monkeypatch)
    whole = remembered(tmp_path)[1](folder)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "hashes.json").write_text(text)
    contents, of = remembered(tmp_path)
    assert of(folder) == whole
    contents.keep()
    assert list(json.loads((tmp_path / "cache" / "hashes.json").read_text())) == [str(folder / "deals.csv")]


def test_cache_that_cannot_be_written_costs_only_time(folder, tmp_path, monkeypatch):
    settle(monkeypatch)
    (tmp_path / "cache").write_text("a file stands where the folder would be")
    contents, of = remembered(tmp_path)
    whole = of(folder)
    contents.keep()
    assert remembered(tmp_path)[1](folder) == whole


def test_names_places_and_boundaries_count(tmp_path):
    def of(**files):
        home = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in files.items():
            file = home / name.replace("_", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return Contents(tmp_path / "none").of(home)

    found = [of(a="x"), of(b="x"), of(a="xb"), of(a_b="x"), of(a="x", b=""), of(a="", b="x")]
    assert len({*found}) == len(found)
    assert of(a="x") == found[0]


def test_links_that_are_not_followed_count_by_name(tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    for folder in (home, other):
        folder.mkdir()
        (folder / "deals.csv").write_text("Id\n")
    contents = Contents(tmp_path / "none")
    found = [contents.of(home)]
    for name, target in (("b", other), ("c", tmp_path / "gone"), ("b", tmp_path / "gone")):
        (home / name).unlink(missing_ok=True)
        (home / name).symlink_to(target)
        found.append(contents.of(home))
    assert len({*found}) == len(found)
    assert [file.name for file in files_below(home)] == ["deals.csv"]
    (other / "deals.csv").write_text("Id\n006a\n")
    assert contents.of(home) == found[-1]


def test_missing_folder_differs_from_an_empty_one_with_a_file(tmp_path):
    contents = Contents(tmp_path / "none")
    missing = contents.of(tmp_path / "exports")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a").write_text("")
    assert contents.of(tmp_path / "exports") != missing


def test_what_python_compiles_is_no_content(tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    (tmp_path / "a.py").write_text("x")
    assert [file.name for file in files_below(tmp_path)] == ["a.py"]
