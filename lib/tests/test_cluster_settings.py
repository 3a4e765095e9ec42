"""What a cluster needs before it runs anything: packages, an address that answers, a place for prepared tables."""

import io
import json
import multiprocessing.util
import os
import re
import socket
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest
from distributed import LocalCluster

from revops.book import executors
from revops.book.kept import aside_in, is_whole, move_in
from revops.delivery.jobs.cluster import ADDRESS, Cluster, cluster_of
from revops.delivery.jobs.job import Job
from revops.delivery.jobs.running import Running, run_file
from revops.delivery.jobs.shared import fetched, share
from revops.delivery.jobs.surroundings import use_temporary_in
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports
from revops.errors import RunError, SettingsError

FILE = Path("/project/params/acme/run.yml")
TABLES = {"deals.parquet": b"deals", "audit.json": b"{}", "touches/00.parquet": b"some", "touches/01.parquet": b"more"}


@pytest.fixture(autouse=True)
def no_address(monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)


@pytest.fixture
def home(tmp_path):
    """Return a folder of prepared tables as the book keeps them, one of them in parts."""
    cache = tmp_path / "cache"
    with aside_in(cache) as aside:
        for name, content in {**TABLES, "steps/1f.step": b"a step"}.items():
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).write_bytes(content)
        move_in(aside, cache / "0a1b")
    return cache / "0a1b"


@pytest.fixture(params=["path", "file", "memory"])
def shared(request, tmp_path):
    """Return a place that several machines read: a path, or a store by its URL."""
    places = {"path": "{}/shared", "file": "file://{}/shared", "memory": "memory://{}/shared"}
    (tmp_path / "shared").mkdir()
    yield places[request.param].format(tmp_path)
    fsspec.filesystem("memory").store.clear()


def contents(folder):
    found = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    return {name: file.read_bytes() for name, file in found.items() if name != "whole.json"}


def test_cluster_is_that_of_the_file_else_of_the_environment_else_made_here(monkeypatch):
    given = {"where": "dask", "shared": "s3://reports/tables"}
    assert cluster_of(Running(scheduler="tcp://10.0.0.5:8786"), FILE) is None
    assert cluster_of(Running(**given), FILE) == Cluster(None, None)
    monkeypatch.setenv(ADDRESS, "tcp://10.0.0.6:8786")
    found = Cluster("tcp://10.0.0.6:8786", given["shared"], "DASK_SCHEDULER_ADDRESS")
    assert cluster_of(Running(**given), FILE) == found
    named = Running(scheduler="tcp://10.0.0.5:8786", **given)
    found = Cluster("tcp://10.0.0.5:8786", given["shared"], "scheduler in params/acme/run.yml")
    assert cluster_of(named, FILE) == found


def test_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cluster_of(Running(), FILE) is None
    with pytest.raises(SettingsError) as refusal:
        cluster_of(Running(where="dask"), FILE)
    assert str(refusal.value) == (
        "where: dask (--on dask) needs the packages distributed, fsspec; found no distributed. "
        "Run `pip install 'revops[dask]'`, or say --on local."
    )


@pytest.mark.parametrize("shared", [None, "shared/tables"])
def test_cluster_of_other_machines_needs_a_place_that_they_share(shared):
    with pytest.raises(SettingsError) as refusal:
        cluster_of(Running(where="dask", scheduler="tcp://10.0.0.5:8786", shared=shared), FILE)
    assert str(refusal.value) == (
        "params/acme/run.yml, shared: must be a whole path that all machines of the cluster at tcp://10.0.0.5:8786 "
        f"have, or a store such as s3://bucket/folder; found {shared or 'none'}. Name one."
    )


def refusal_on(address, make_project, tmp_path, monkeypatch, patience=1):
    """Return what a run says that cannot begin on the cluster at an address; one that answers may take its time."""
    monkeypatch.setattr(executors, "PATIENCE", patience)
    root = make_project(tmp_path / "project", "is_good")
    (root / "params" / "run.yml").write_text(f"scheduler: {address}\nshared: {tmp_path}\n")
    with pytest.raises(RunError) as refusal:
        run_reports(Request(params=str(root / "params"), on="dask"), Progress(io.StringIO()))
    assert list((root / "outputs" / "runs").iterdir()) == []
    return str(refusal.value)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("tcp://127.0.0.1:1", "none that answers within 1 seconds"),
        ("127.0.0.1", "none that can be asked (missing port number in address '127.0.0.1')"),
        ("foo", "none that can be asked (missing port number in address 'foo')"),
    ],
)
def test_scheduler_that_does_not_answer_is_told(address, found, make_project, tmp_path, monkeypatch):
    assert refusal_on(address, make_project, tmp_path, monkeypatch) == (
        f"{address}: must be the address of a Dask scheduler; found {found}. "
        "Start one with `dask scheduler`, or correct scheduler in params/run.yml."
    )


def test_scheduler_of_the_environment_that_does_not_answer_is_told(make_project, tmp_path, monkeypatch):
    monkeypatch.setenv(ADDRESS, "tcp://127.0.0.1:1")
    assert refusal_on("null", make_project, tmp_path, monkeypatch) == (
        "tcp://127.0.0.1:1: must be the address of a Dask scheduler; found none that answers within 1 seconds. "
        "Start one with `dask scheduler`, or correct DASK_SCHEDULER_ADDRESS."
    )


@pytest.mark.parametrize(("own", "found"), [("acme/run.yml", "params/acme/run.yml"), ("none", "params/run.yml")])
def test_file_that_says_how_to_run_is_the_companys_else_the_projects(make_project, tmp_path, own, found):
    root = make_project(tmp_path / "project", "is_good")
    (root / "params" / "acme").mkdir()
    for name in ("acme/company.yml", own, "run.yml"):
        (root / "params" / name).write_text("")
    assert run_file(root / "params" / "acme") == root / found


def test_file_that_would_say_how_to_run_is_the_companys(make_project, tmp_path):
    root = make_project(tmp_path / "project", "is_good")
    (root / "params" / "run.yml").unlink(missing_ok=True)
    assert run_file(root / "params") == root / "params" / "run.yml"


@contextmanager
def listener(answer=b""):
    """Give the address of one that takes a call, says its answer and no more, and a future: whether the caller hung up.

    It hangs up itself where the caller has not for long.
    """

    def take():
        line, _ = door.accept()
        with line:
            line.settimeout(60)
            line.sendall(answer)
            try:
                while line.recv(1 << 16):
                    pass
            except TimeoutError:
                return False
            except ConnectionError:
                pass
            return True

    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as pool:
        door.settimeout(60)
        yield f"tcp://127.0.0.1:{door.getsockname()[1]}", pool.submit(take)


def test_listener_that_never_answers_is_not_waited_for(make_project, tmp_path, monkeypatch):
    with listener() as (address, hung_up):
        assert refusal_on(address, make_project, tmp_path, monkeypatch) == (
            f"{address}: must be the address of a Dask scheduler; found none that answers within 1 seconds. "
            "Start one with `dask scheduler`, or correct scheduler in params/run.yml."
        )
        assert hung_up.result()


def test_web_server_at_the_address_is_told(make_project, tmp_path, monkeypatch):
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (address, _):
        assert re.fullmatch(
            rf"{address}: must be the address of a Dask scheduler; found none that can be asked "
            r"\(Unable to allocate 3.07 EiB .*\)\. "
            r"Start one with `dask scheduler`, or correct scheduler in params/run\.yml\.",
            refusal_on(address, make_project, tmp_path, monkeypatch, 60),
        )


def test_worker_at_the_address_is_told(make_project, tmp_path, monkeypatch):
    here = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=1, **here) as made:
        address = made.workers[0].address
        assert refusal_on(address, make_project, tmp_path, monkeypatch, 60) == (
            f"{address}: must be the address of a Dask scheduler; found that of a Worker. "
            "Start one with `dask scheduler`, or correct scheduler in params/run.yml."
        )


def test_cluster_without_workers_is_told(make_project, tmp_path, monkeypatch):
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty:
        address = empty.scheduler_address
        assert refusal_on(address, make_project, tmp_path, monkeypatch, 3) == (
            f"{address}: must have workers; found none within 3 seconds. Start some with `dask worker {address}`."
        )


def test_tables_are_shared_once_and_fetched_once(home, shared, tmp_path):
    share(home, shared)
    store, place = fsspec.core.url_to_fs(f"{shared}/0a1b")
    there = {name: store.cat_file(f"{place}/{name}") for name in TABLES}
    assert there == TABLES and not store.exists(f"{place}/steps")
    got = fetched("0a1b", shared, tmp_path / "worker")
    assert got == tmp_path / "worker" / "0a1b"
    assert is_whole(got) and contents(got) == TABLES
    (home / "deals.parquet").write_bytes(b"other")
    share(home, shared)
    assert store.cat_file(f"{place}/deals.parquet") == b"deals"
    store.rm(place, recursive=True)
    assert fetched("0a1b", shared, tmp_path / "worker") == got


@pytest.mark.parametrize("url", ["{}", "file://{}"])
@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize(
    ("mode", "of_folders", "of_files"),
    [
        (0o700, 0o700, 0o600),
        (0o750, 0o750, 0o640),
        (0o755, 0o755, 0o644),
        (0o1777, 0o755, 0o644),
        (0o2770, 0o750, 0o640),
    ],
)
def test_path_says_by_its_mode_who_may_read_what_is_put_there(home, tmp_path, url, umask, mode, of_folders, of_files):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(mode)
    before = os.umask(umask)
    try:
        share(home, url.format(tmp_path / "shared"))
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    places = list((tmp_path / "shared").rglob("*"))
    modes = {(place.is_dir(), place.stat().st_mode & 0o777) for place in places}
    assert modes == {(True, of_folders), (False, of_files)} and len(places) == 7


def test_tables_left_half_are_put_there_whole(home, shared):
    share(home, shared)
    store, place = fsspec.core.url_to_fs(f"{shared}/0a1b")
    store.rm(f"{place}/whole.json")
    store.rm(f"{place}/deals.parquet")
    share(home, shared)
    assert store.exists(f"{place}/whole.json") and store.cat_file(f"{place}/deals.parquet") == b"deals"


def test_place_that_a_worker_does_not_share_is_told(shared, tmp_path):
    with pytest.raises(RunError) as refusal:
        fetched("0a1b", shared, tmp_path / "worker")
    assert str(refusal.value) == (
        f"{shared}: must hold the prepared tables that the run put there; found none from here. "
        "Name in run.yml, under shared, a place that all machines of the cluster read."
    )
    assert list((tmp_path / "worker").iterdir()) == []


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_tables_that_are_not_whole_are_not_believed(home, shared, tmp_path, harm):
    share(home, shared)
    store, place = fsspec.core.url_to_fs(f"{shared}/0a1b")
    store.rm(f"{place}/deals.parquet")
    if harm == "damaged":
        store.pipe_file(f"{place}/deals.parquet", bytes(5))
    for _ in range(2):
        with pytest.raises(RunError) as refusal:
            fetched("0a1b", shared, tmp_path / "worker")
        assert str(refusal.value) == (
            f"{shared}: must hold the prepared tables whole; found other files than it lists. "
            "Remove 0a1b there; the next run puts it there again."
        )


@pytest.mark.parametrize("shared", ["nosuch://bucket/a"])
def test_store_that_cannot_be_opened_is_told(home, shared):
    with pytest.raises(SettingsError) as refusal:
        share(home, shared)
    assert str(refusal.value) == (
        "nosuch://bucket/a: must be a path or a store that can be opened; found none here "
        "(Protocol not known: nosuch). "
        "Install what it needs, on all machines of the cluster, or name another in run.yml, under shared."
    )


def test_store_that_refuses_is_told_as_it_says_it(home, monkeypatch):
    class Refused(Exception):
        pass

    def refuse(*_, **__):
        raise Refused("no such bucket")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", refuse)
    with pytest.raises(RunError) as refusal:
        share(home, "memory://tables")
    assert str(refusal.value) == (
        "memory://tables: must take the prepared tables; found Refused: no such bucket. "
        "Correct it, or name another place in run.yml, under shared."
    )


@pytest.mark.parametrize("url", ["{}", "file://{}"])
@pytest.mark.parametrize("is_file", [True, False])
def test_shared_path_that_is_no_folder_is_told_and_none_is_made(home, tmp_path, is_file, url):
    """As a network disk that is not mounted would have it: the tables would land on this machine's own."""
    if is_file:
        (tmp_path / "shared").write_text("mine")
    with pytest.raises(RunError) as refusal:
        share(home, url.format(tmp_path / "shared"))
    assert str(refusal.value) == (
        f"{url.format(tmp_path / 'shared')}: must be a folder that all machines of the cluster have; found none here. "
        "Mount or create it, or correct shared in run.yml."
    )
    assert is_file is (tmp_path / "shared").exists()


def test_parcel_holds_no_addresses_of_people(make_project, tmp_path):
    from revops.delivery.jobs.parcel import packed

    root = make_project(tmp_path / "project", "is_good")
    for name in ("ours.py", "matplotlibrc", "ours/words.py", "ours/words.txt", ".ours.py.swp", "other.ipynb"):
        (root / "notebooks" / name).parent.mkdir(exist_ok=True)
        (root / "notebooks" / name).write_text("")
    for name in ("mail.yml", "systems/own.yml", "acme/company.yml", "acme/is_good.yml", "other/company.yml"):
        (root / "params" / name).parent.mkdir(exist_ok=True)
        (root / "params" / name).write_text("a: 1")
    (root / "data" / "benchmarks").mkdir(parents=True)
    (root / "data" / "benchmarks" / "b.csv").write_text("a")
    job = Job("is_good", root / "notebooks" / "is_good.ipynb", tmp_path, tmp_path, {"params_dir": "params/acme"})
    parcel = packed(job, {"code": "0a"})
    assert sorted(parcel["files"]) == [
        "data/benchmarks/b.csv",
        "notebooks/is_good.ipynb",
        "notebooks/matplotlibrc",
        "notebooks/ours.py",
        "notebooks/ours/words.py",
        "params/acme/company.yml",
        "params/acme/is_good.yml",
        "params/company.yml",
        "params/is_good.yml",
        "params/systems/own.yml",
    ]
    plain = {name: value for name, value in parcel.items() if name != "files"}
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize(("length", "is_below"), [(70, True), (71, False)])
def test_sockets_lie_in_a_place_where_they_have_a_path_short_enough(monkeypatch, length, is_below):
    monkeypatch.setitem(multiprocessing.current_process()._config, "tempdir", None)
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        place = Path(made, "a" * (length - len(made) - 1))
        place.mkdir()
        use_temporary_in(place)
        use_temporary_in(place)
        assert len(list(place.glob("pymp-*"))) == is_below
        assert (Path(multiprocessing.util.get_temp_dir()).parent == place) is is_below
