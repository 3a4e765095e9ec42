"""A changed export brings the reports that read it, and no others: their files are those of the last run."""

import json
import os
import shutil
from importlib import import_module
from pathlib import Path

import pytest
from killed import answer_of

from revops import __main__ as command
from revops.delivery import run
from revops.delivery.jobs.job import Result

pytestmark = pytest.mark.xdist_group("delivery")

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


@pytest.fixture
def started(root, monkeypatch):
    """Let jobs end at once, without a process, each leaving another page; return what was started: workers, jobs."""
    titles = []

    def end(jobs, *_):
        for job in jobs:
            titles.append(job.title)
            job.folder.mkdir(parents=True, exist_ok=True)
            reads = import_module(f"revops.measures.{job.stem}").READS
            answer = answer_of(job.stem, 1) | {"reads": reads, "slice": job.slice}
            (job.folder / f"{job.stem}.html").write_text(os.urandom(8).hex())
            (job.folder / f"{job.stem}.json").write_text(json.dumps(answer))
            yield job, Result(answer, (f"{job.stem}.html", f"{job.stem}.json"))

    monkeypatch.setattr(run, "prepare_workers", lambda: titles.append(WORKERS))
    monkeypatch.setattr(run, "run_jobs", end)
    monkeypatch.chdir(root)
    return titles


def pages():
    return {file.stem: file.read_text() for file in Path("outputs/latest").glob("*_*.html")}


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
