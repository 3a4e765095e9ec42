"""A changed export brings the reports that read it, and no others: their files are those of the last run."""

import datetime as dt
import errno
import json
import os
import re
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from killed import answer_of
from test_exports_web import FILE as WEB

from frames import book, deal
from frames import change as changed_at
from revops import __main__ as command
from revops.contents import Contents
from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result
from revops.delivery.outputs import Outputs
from revops.delivery.plan import Request, asked_of
from revops.delivery.standing.as_made import NOTICE
from revops.delivery.standing.content import Found
from revops.delivery.standing.fingerprint import inputs_of
from revops.delivery.standing.unchanged import may_stand
from revops.exports import LeftOut

ROOT = Path(__file__).parents[2]
ALL = ("attribution_comparison", "cac_payback", "forecast_accuracy", "pipeline_coverage", "revenue_answer",
       "stage_benchmarking")  # fmt: skip
ATTRIBUTION, PAYBACK, FORECAST, PIPELINE, REVENUE, STAGES = ALL
OF_PEOPLE = (ATTRIBUTION, PAYBACK, REVENUE, STAGES)
OF_COSTS = (ATTRIBUTION, PAYBACK, STAGES)
OF_BILLS = (PAYBACK, REVENUE, STAGES)
READERS = {
    "google_ads/Campaign report 2026.csv": OF_COSTS,
    "linkedin_ads/account_512345678_campaign_performance_report_2026.csv": OF_COSTS,
    "meta_ads/Halyard-EU-Campaigns.csv": OF_COSTS,
    "quickbooks/ProfitandLoss_2026.csv": OF_COSTS,
    "salesforce/Account.csv": ALL,
    "salesforce/Campaign.csv": ALL,
    "salesforce/CampaignMember.csv": OF_PEOPLE,
    "salesforce/Contact.csv": OF_PEOPLE,
    "salesforce/Lead.csv": OF_PEOPLE,
    "salesforce/LeadHistory.csv": (STAGES,),
    "salesforce/Opportunity.csv": ALL,
    "salesforce/OpportunityContactRole.csv": OF_PEOPLE,
    "salesforce/OpportunityFieldHistory.csv": ALL,
    "salesforce/OpportunityHistory.csv": ALL,
    "salesforce/User.csv": ALL,
    "salesforce/UserRole.csv": ALL,
    "stripe/MRR_per_Subscriber__monthly_2026.csv": OF_BILLS,
    "stripe/credit_notes.csv": (PAYBACK,),
    "stripe/customers.csv": OF_BILLS,
    "stripe/invoices.csv": (PAYBACK,),
    "stripe/unified_payments.csv": (PAYBACK,),
    "targets/quota_long.csv": (FORECAST, PIPELINE),
    "targets/tools.csv": (STAGES,),
    "targets/weekly_calls.csv": (FORECAST, STAGES),
}
"""Each kind of export of the sample company, and the reports that its pages say read it."""
OTHERS = {
    "User.csv": ("utf-8", [("Chief Revenue Officer", "Head of Revenue")]),
    "UserRole.csv": ("utf-8", [('"Sales leadership","Sales', '"Sales leaders","Sales')]),
    "Campaign report 2026.csv": ("utf-8", [("Search | Brand |", "Search | Brands |")]),
    "account_512345678_campaign_performance_report_2026.csv": ("utf-16-le", [("Operations leaders", "Operators")]),
    "Halyard-EU-Campaigns.csv": ("utf-8", [("Meta | Retargeting | FY23", "Meta | Again | FY23")]),
    "ProfitandLoss_2026.csv": (
        "utf-8",
        [("6010 G", "x"), ("6020 LinkedIn", "6010 Google"), ("xoogle", "6020 LinkedIn")],
    ),
}
"""How to change those whose rows add up to a total, or are asked for by others: words for words."""
_LARGE, _LINES = 60_000, 120
WORKERS = "workers"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a project with the notebooks and settings of the sample company, and the first lines of its exports."""
    root = tmp_path_factory.mktemp("company") / "project"
    for name in ("notebooks", "params", "data/benchmarks"):
        shutil.copytree(ROOT / name, root / name)
    for name in READERS:
        file = root / "data" / "sample" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / "data" / "sample" / name).read_bytes()
        lines = text.splitlines(keepends=True)
        file.write_bytes(b"".join(lines[:_LINES]) if len(text) > _LARGE else text)
    return root


class Started(list):
    """What was started: workers, and jobs by title; `failing` are those that fail."""

    def __init__(self):
        self.failing = []


@pytest.fixture
def started(root, monkeypatch):
    """Let jobs end at once, without a process, each leaving another page; return what was started: workers, jobs."""
    titles = Started()

    def end(jobs, *_):
        for job in jobs:
            titles.append(job.title)
            if job.title in titles.failing:
                yield job, Result(failure=Failure("It failed.", "Mend it."))
                continue
            job.folder.mkdir(parents=True, exist_ok=True)
            reads = import_module(f"revops.measures.{job.stem}").READS
            answer = answer_of(job.stem, 1) | {"reads": reads, "slice": job.slice}
            page = f"<html>\r\n{NOTICE}\r\n\u00e4 {os.urandom(8).hex()}\n</html>"
            (job.folder / f"{job.stem}.html").write_bytes(page.encode())
            (job.folder / f"{job.stem}.json").write_text(json.dumps(answer))
            yield job, Result(answer, (f"{job.stem}.html", f"{job.stem}.json"))

    monkeypatch.setattr(run, "prepare_workers", lambda *_: titles.append(WORKERS))
    monkeypatch.setattr(run, "run_jobs", end)
    monkeypatch.chdir(root)
    return titles


def pages():
    return {stem: Path("outputs/latest", f"{stem}.html").read_bytes() for stem in ALL}


def manifest():
    return json.loads(Path("outputs/latest/manifest.json").read_text())


def refuse(*_):
    raise OSError(errno.EXDEV, "Invalid cross-device link")


def change(file):
    """Change what an export holds: as OTHERS says, else without its middle row."""
    text = file.read_bytes()
    lines = text.splitlines(keepends=True)
    other = b"".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :])
    for name, (encoding, pairs) in OTHERS.items():
        if file.name == name:
            other = text
            for old, new in pairs:
                other = other.replace(old.encode(encoding), new.encode(encoding))
    assert other != text
    file.write_bytes(other)


@pytest.mark.parametrize("name", READERS)
def test_a_changed_export_brings_the_reports_that_read_it_and_no_others(root, started, name):
    assert command.main(["run"]) == 0
    before = pages()
    started.clear()
    change(root / "data" / "sample" / name)
    assert command.main(["run"]) == 0
    assert started == [WORKERS, *READERS[name]]
    now = pages()
    assert {stem for stem in ALL if now[stem] != before[stem]} == set(READERS[name])


def test_an_export_that_no_report_reads_brings_a_run_without_a_kernel(root, started, capsys):
    assert command.main(["run"]) == 0
    before, run_before = pages(), os.readlink("outputs/latest")
    started.clear()
    (root / "data/sample/web.csv").write_text(WEB)
    assert command.main(["run"]) == 0
    assert started == [] and pages() == before and os.readlink("outputs/latest") != run_before
    assert "running 0 reports" in capsys.readouterr().err
    assert command.main(["run"]) == 0
    assert "Nothing is new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "brings"),
    [
        ("params/cac_payback.yml", (PAYBACK,)),
        ("params/forecast_accuracy.yml", (FORECAST, STAGES)),
        ("notebooks/pipeline_coverage.ipynb", (PIPELINE,)),
        ("data/benchmarks/benchmarks.csv", (PAYBACK, STAGES)),
        ("params/review.yml", ()),
        ("params/company.yml", ALL),
    ],
)
def test_settings_notebooks_and_published_figures_bring_the_reports_that_take_them(root, started, name, brings):
    assert command.main(["run"]) == 0
    started.clear()
    with (root / name).open("a") as file:
        file.write("\n")
    assert command.main(["run"]) == 0
    assert [title for title in started if title != WORKERS] == list(brings)


def test_a_report_taken_over_names_the_run_that_made_it(root, started, capsys):
    assert command.main(["run", "--again"]) == 0
    first = manifest()
    for _ in range(2):
        capsys.readouterr()
        before = manifest()["run"]
        change(root / "data/sample/targets/tools.csv")
        assert command.main(["run"]) == 0
        now = manifest()
        assert {entry["report"]: entry["made_in"] for entry in now["reports"]} == {
            **dict.fromkeys(ALL, first["run"]),
            STAGES: now["run"],
        }
        said = capsys.readouterr().err.splitlines()
        assert [line for line in said if line.startswith("new")] == [f"new since run {before}: exports"]
        assert [line for line in said if "as in run" in line] == [
            f"{stem}: as in run {first['run']}, nothing that it reads has changed" for stem in ALL[:-1]
        ]
    entries = [next(e for e in told["reports"] if e["report"] == PIPELINE) for told in (first, now)]
    kept = ("outcome", "files", "seconds", "peak_mb", "sentence", "as_of", "content", "reads", "made_in")
    assert [entries[0][name] for name in kept] == [entries[1][name] for name in kept]


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_what_is_taken_over_outlives_the_run_that_made_it(root, started, monkeypatch, links):
    assert command.main(["run", "--again"]) == 0
    first, before = manifest()["run"], pages()
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    change(root / "data/sample/targets/tools.csv")
    assert command.main(["run", "--keep", "1"]) == 0
    assert not Path("outputs/runs", first).exists()
    assert {stem: page for stem, page in pages().items() if stem != STAGES} == {
        stem: page for stem, page in before.items() if stem != STAGES
    }


def test_each_slice_stands_by_itself(root, started):
    assert command.main(["run", PIPELINE, PAYBACK, "--slice", "region=EMEA,AMER", "--outputs", "sliced"]) == 0
    started.clear()
    change(root / "data/sample/stripe/invoices.csv")
    Path("sliced/latest/region=AMER", f"{PIPELINE}.html").unlink()
    assert command.main(["run", PIPELINE, PAYBACK, "--slice", "region=EMEA,AMER", "--outputs", "sliced"]) == 0
    assert sorted(started) == sorted(
        [f"{PAYBACK} region=AMER", f"{PAYBACK} region=EMEA", f"{PIPELINE} region=AMER", WORKERS]
    )


def test_a_report_that_failed_is_tried_again_and_one_without_its_files_is_made_again(root, started):
    assert command.main(["run", "--again"]) == 0
    started.failing.append(FORECAST)
    assert command.main(["run", "--again"]) == 1
    Path("outputs/latest", f"{PIPELINE}.json").unlink()
    started.clear()
    started.failing.clear()
    assert command.main(["run"]) == 0
    assert sorted(started) == sorted([FORECAST, PIPELINE, WORKERS])


def made_in():
    return {entry["report"]: entry["made_in"] for entry in manifest()["reports"]}


def test_what_was_carried_stands_in_the_next_run_as_it_was_made(root, started, capsys):
    assert command.main(["run", "--again"]) == 0
    first, before = manifest()["run"], pages()
    for _ in range(2):
        assert command.main(["run", PIPELINE, "--again"]) == 0
    carried, second = pages(), manifest()["run"]
    assert [stem for stem in ALL if stem != PIPELINE and b'class="notice"' not in carried[stem]] == []
    started.clear()
    assert command.main(["run"]) == 0
    assert started == [] and pages() == before | {PIPELINE: carried[PIPELINE]}
    assert made_in() == dict.fromkeys(ALL, first) | {PIPELINE: second}
    assert {entry["outcome"] for entry in manifest()["reports"]} == {"made"}
    assert [entry["carried_from"] or entry["kept"] for entry in manifest()["reports"]] == [None] * len(ALL)
    assert command.main(["run"]) == 0
    assert "Nothing is new" in capsys.readouterr().out


def test_what_was_carried_is_made_again_where_it_was_damaged_or_what_it_reads_has_changed(root, started):
    assert command.main(["run", "--again"]) == 0
    assert command.main(["run", PIPELINE, "--again"]) == 0
    started.clear()
    page = Path("outputs/latest", f"{FORECAST}.html")
    page.write_bytes(page.read_bytes().replace(b"</html>", b"</htm>"))
    change(root / "data/sample/targets/tools.csv")
    assert command.main(["run"]) == 0
    assert started == [WORKERS, FORECAST, STAGES]


def test_exports_that_were_refused_and_put_right_bring_no_report_anew(root, started):
    assert command.main(["run", "--again"]) == 0
    first, before = manifest()["run"], pages()
    file = root / "data/sample/google_ads/Campaign report 2026.csv"
    whole = file.read_bytes()
    file.write_bytes(b"")
    for _ in range(2):
        assert command.main(["run"]) == 1
    assert all(b"The newer report failed" in page for page in pages().values())
    started.clear()
    file.write_bytes(whole)
    assert command.main(["run"]) == 0
    assert started == [] and pages() == before and set(made_in().values()) == {first}


def test_a_report_that_failed_on_other_exports_stands_once_they_are_back(root, started):
    assert command.main(["run", "--again"]) == 0
    before = pages()
    file = root / "data/sample/targets/tools.csv"
    whole = file.read_bytes()
    change(file)
    started.failing.append(STAGES)
    assert command.main(["run"]) == 1
    started.clear()
    assert command.main(["run"]) == 1
    assert started == [WORKERS, STAGES]
    started.clear()
    file.write_bytes(whole)
    assert command.main(["run"]) == 0
    assert started == [] and pages() == before


def test_nothing_is_taken_over_where_the_clock_went_back(root, started):
    assert command.main(["run", "--again"]) == 0
    last = Outputs(root / "outputs").last()
    inputs = inputs_of(asked_of(Request()))
    made = dt.datetime.fromisoformat(last[1]["made"])
    assert len(may_stand(last, inputs, made, Contents(root))) == len(ALL)
    assert may_stand(last, inputs, made - dt.timedelta(seconds=1), Contents(root)) == {}


def test_content_differs_once_a_stamp_has_come_and_by_what_the_audit_tells_of_a_table(tmp_path):
    seen = book([deal("a")], [changed_at("a", "2026-02-01 09:00"), changed_at("a", "2026-02-03 09:00")])
    file = tmp_path / "opportunities.parquet"
    file.write_text("one")

    def content(hour="09:00", reads=("opportunities",), audit=seen.audit, said=""):
        clock = dt.datetime.fromisoformat(f"2026-02-03 {hour}").replace(tzinfo=dt.UTC)
        found = Found(replace(seen, audit=audit), {"opportunities": file}, clock, tmp_path)
        return found.content(reads, said)

    def with_left_out(table):
        return replace(seen.audit, left_out=(LeftOut(table, "a.csv", "test record", 1, None, ()),))

    first = content()
    assert content("10:00") == first != content("08:59")
    assert content(audit=with_left_out("leads")) == first != content(audit=with_left_out("opportunities"))
    assert (
        content(audit=replace(seen.audit, tracked={}))
        != first
        != content(audit=replace(seen.audit, exported_on=None, history_from=None))
    )
    assert content(reads=()) != content(reads=(), said="other files")
    assert content(reads=("opportunities", "leads")) != first
    file.write_text("two")
    whole = content()
    assert whole != first
    file.unlink()
    file.mkdir()
    for part in ("0000.parquet", "0001.parquet"):
        (file / part).write_text(part)
    parts = content()
    (file / "0001.parquet").write_text("another")
    assert len({first, whole, parts, content()}) == 4


def plain(page):
    return re.sub("Made on .*", "", page)


def test_what_is_taken_over_is_what_a_fresh_run_gives(root, monkeypatch):
    monkeypatch.chdir(root)
    assert command.main(["run", PIPELINE, REVENUE, "--outputs", "ours"]) == 0
    change(root / "data/sample/targets/quota_long.csv")
    assert command.main(["run", PIPELINE, REVENUE, "--outputs", "ours"]) == 0
    told = json.loads(Path("ours/latest/manifest.json").read_text())
    made_in = {entry["report"]: entry["made_in"] for entry in told["reports"]}
    assert made_in[REVENUE] != made_in[PIPELINE] == told["run"]
    assert command.main(["run", REVENUE, "--outputs", "anew"]) == 0
    files = [file for entry in told["reports"] for file in entry["files"] if entry["report"] == REVENUE]
    assert len(files) > 5
    for file in files:
        if not file.endswith(".ipynb"):  # which tells when each of its cells ran
            ours, anew = (Path(place, "latest", file).read_bytes().decode("latin-1") for place in ("ours", "anew"))
            assert plain(ours) == plain(anew), file
