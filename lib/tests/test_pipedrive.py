"""Another system: Pipedrive's deals through a description a user would write, as README shows it."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from gate import balanced, deals

from revops import __main__ as command
from revops.company import load_company
from revops.exports import prepare

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLE = HERE / "pipedrive"
DESCRIPTION = EXAMPLE / "systems" / "pipedrive.yml"
NEEDS = {
    "attribution_comparison": "needs touches: campaign members (Salesforce CampaignMember, Marketo), or contacts with "
    "the dates of their first and most recent conversion (HubSpot)",
    "cac_payback": "needs costs: the profit and loss by month, exports of ad systems, or campaigns with their actual "
    "cost",
    "forecast_accuracy": "needs a sheet of weekly calls or ForecastingItem, or opportunity history with forecast "
    "categories (OpportunityHistory), from which calls are rebuilt",
    "pipeline_coverage": "can run, but for some numbers\n"
    "    Chance of quota, Coverage, Quota, Required coverage, Start coverage: not available; needs a quota sheet that "
    "covers the period\n"
    "    Landing, Net new, Pipeline gap, Movement of open pipeline, Weighted pipeline: not available; needs "
    "opportunity history (OpportunityHistory, Opportunity Field History, or dated copies of the exports)",
    "revenue_answer": "can run, but for some numbers\n"
    "    Revenue answer: not available; needs subscriptions: recurring revenue by customer and month (what finance "
    "would say); forecast categories of open deals, as they stood on the day (committed deals of marketing and sales)",
    "stage_benchmarking": "needs one of: leads: the lead export with the days they were qualified, or contacts with "
    "their lifecycle dates; opportunity_history: the history of stages (OpportunityHistory, or dated copies of the "
    "exports)",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own: our notebook and knobs, the user's description and definitions, the export."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "params", tmp_path / "params")
    shutil.copytree(EXAMPLE / "systems", tmp_path / "params" / "nordlys" / "systems")
    shutil.copytree(EXAMPLE / "exports", tmp_path / "data" / "nordlys")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_readme_shows_the_description_word_by_word():
    section = (ROOT / "README.md").read_text().split("**Another system?**")[1]
    snippet = section.split("```yaml\n")[1].split("```")[0]
    lines = DESCRIPTION.read_text().splitlines(keepends=True)
    assert snippet == "".join(line for line in lines if not line.startswith("#"))
    assert yaml.safe_load(snippet)["system"] == "pipedrive"


def test_a_deal_closes_when_it_was_won_else_lost_else_is_expected_to():
    found = prepare(EXAMPLE / "exports", load_company(EXAMPLE), EXAMPLE / "systems")
    shown = [
        (d["opportunity_id"], d["stage_name"], d["outcome"], f"{d['close_date']:%Y-%m-%d}", d["amount"], d["source"])
        for d in deals(found)
    ]
    assert shown == [
        ("101", "Proposal Made", "won", "2026-01-20", 12000.0, "marketing"),
        ("102", "Negotiations Started", "won", "2026-02-11", 8000.0, "sales"),
        ("103", "Demo Scheduled", "lost", "2026-02-25", 15000.0, "marketing"),
        ("104", "Proposal Made", "open", "2026-03-27", 20000.0, "marketing"),
        ("105", "Contact Made", "open", "2026-05-29", 425.0, "marketing"),
    ]
    assert balanced(found)
    assert [(left.reason, left.n, left.examples) for left in found.audit.left_out] == [("no close date", 1, ("106",))]


def test_check_says_what_pipedrive_alone_cannot_give(project, capsys):
    company = (EXAMPLE / "company.yml").read_text().replace("folder: exports", "folder: data/nordlys")
    (project / "params" / "nordlys" / "company.yml").write_text(company)
    assert command.main(["check", "data/nordlys"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Nordlys: 1 file in data/nordlys\n\ndeals-4711-33.csv\n  opportunities (pipedrive deals; ")
    told = dict(part.split(": ", 1) for part in re.split("\n  (?=[a-z])", out.split("\nReports")[1].rstrip("\n"))[1:])
    assert list(told) == sorted(file.stem for file in (ROOT / "notebooks").glob("*.ipynb"))
    assert {stem: told[stem] for stem in NEEDS} == NEEDS
    assert command.main(["check", "data/nordlys", "--strict"]) == 1


def test_init_reads_a_system_that_is_described_beside_company_yml(project, capsys):
    assert command.main(["init", "data/nordlys"]) == 0
    assert "deals-4711-33.csv: pipedrive, deals, 6 rows" in capsys.readouterr().out
    written = yaml.safe_load((project / "params" / "nordlys" / "company.yml").read_text())
    assert [(stage["name"], stage.get("outcome", "open")) for stage in written["stages"]] == [
        ("Qualified", "open"),
        ("Contact Made", "open"),
        ("Proposal Made", "open"),
        ("Demo Scheduled", "open"),
        ("Negotiations Started", "open"),
        ("Won", "won"),
        ("Lost", "lost"),
    ]
    assert written["types"] == {"new": ["(blank)"]}
