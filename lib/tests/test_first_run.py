"""The first run: what a company.yml made from exports says, what it leaves open, and what it never does."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from gate import EXAMPLES, HISTORY_REPORT, REPORT, rows

from revops import __main__ as command
from revops.company import load_company, open_questions
from revops.company.operations import OfficeHours, Organisation
from revops.exports import prepare
from revops.first_run import propose
from revops.first_run.yaml_words import listed, quoted, shown

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
HUBSPOT = EXAMPLES / "hubspot"
STEMS = sorted(file.stem for file in (ROOT / "notebooks").glob("*.ipynb"))
OPEN_DEAL = {"Closed": "0", "Won": "0", "Probability (%)": "20"}
HOSTILE = [
    "TODO",
    "no",
    "- item",
    "a: b",
    "x # y",
    "=HYPERLINK(\"http://x\",\"y\")",
    "it's \"so\"",
    "{a, [b]}",
    "*any*?",
    "&anchor !tag |",
    "tab\there",
    "two\nlines: 1",
    "Überprüfung 商談 🚀",
    "line\u2028sep",
    "1.0",
    "~",
    "null",
    "back\\slash",
    "%25",
    "@at",
]  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own, without exports; the working directory is in it."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "params", tmp_path / "params")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def sample():
    return propose(SAMPLE, "acme", "data/acme")


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def proposed(folder: Path, **files: str):
    found = propose(put(folder, **files), "acme", "data/acme")
    return found, yaml.safe_load(found.text)


def stages_of(values: dict) -> list[tuple[str, str]]:
    return [(stage["name"], stage.get("outcome", "open")) for stage in values["stages"]]


def said_by(capsys, *arguments):
    code = command.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_order_and_outcomes_of_the_sample_are_the_real_ones(sample):
    real = load_company(ROOT / "params")
    former = {other for stage in real.stages for other in stage.also}
    found = [pair for pair in stages_of(yaml.safe_load(sample.text)) if pair[0] not in former]
    assert found == [(stage.name, stage.outcome) for stage in real.stages]
    assert former == {"Qualification"}


def test_a_stage_that_another_replaced_is_suggested_and_not_merged(sample):
    assert (
        "  # CHECK: entered until 2024-01-25, and Scoping only from 2024-02-01 on; if that is its new name, "
        "put it there as also: Qualification, and take this line out\n"
        "  - {name: Qualification}\n"
        "  - {name: Scoping}\n"
    ) in sample.text


def test_sample_tells_its_calendar_currency_and_words(sample):
    real, values = load_company(ROOT / "params"), yaml.safe_load(sample.text)
    assert values["currency"] == real.currency
    assert values["time_zone"] == real.time_zone
    assert values["fiscal_year_starts"] == real.fiscal_year_starts == 2
    assert {key: tuple(words) for key, words in values["types"].items()} == real.types
    assert values["quotas"] == {"pipeline_created": ["Pipeline created"]}
    assert sample.refused == ()
    assert (
        "fiscal year: starts in February (the fiscal quarter of 2,500 of 2,500 deals fits a year from February)"
        in sample.decided
    )


def test_what_must_not_be_guessed_is_listed_with_its_line(sample):
    assert [line for _, line in sample.questions] == [
        "EUR: TODO  # what one EUR is worth in USD",
        "- {source: TODO, lead_source: [Employee Referral]}  # one line for each of marketing, sales, partner, "
        "customer_success, other",
        'TODO: ["6210 Sales and marketing tools"]  # one line for each of revenue, cogs, sales, marketing, '
        "customer_success, r_and_d, g_and_a, other",
        "Kate Lindqvist: TODO  # is it Katarina Lindqvist?",
    ]
    lines = sample.text.split("\n")
    assert all(lines[number - 1].strip() == line for number, line in sample.questions)


def test_with_its_questions_answered_the_sample_is_prepared(sample, tmp_path):
    answers = {
        "EUR: TODO": "EUR: 1.10",
        "source: TODO": "source: other",
        '  TODO: ["6210 Sales and marketing tools"]': "  # ",
        "  g_and_a: [": '  g_and_a: ["6210 Sales and marketing tools", ',
        "Lindqvist: TODO": "Lindqvist: Katarina Lindqvist",
    }
    text = sample.text
    for question, answer in answers.items():
        text = text.replace(question, answer)
    (tmp_path / "company.yml").write_text(text)
    found = prepare(SAMPLE, load_company(tmp_path))
    assert found.tables["opportunities"].num_rows == 2_495  # with the 3 test records, which are only proposed
    assert found.tables["quotas"].num_rows == 330


def test_segments_regions_and_test_records_are_proposed_as_comments(sample):
    assert "  #     segment: [Segment__c]  # 1,342 rows: Enterprise, Mid-market, SMB\n" in sample.text
    assert "# segments:\n#   names: [Enterprise, Mid-market, SMB]\nsegments: {}\n" in sample.text
    doubt = "# CHECK: these look like tests, and count as real until they stand below; take over what is one"
    assert (
        f"{doubt} (* for anything)\n# test_records:\n#   account_name: [Test Account - please ignore]\n" in sample.text
    )
    named = {"mql_at": ["MQL_Date__c"], "sql_at": ["SQL_Date__c"]}
    assert yaml.safe_load(sample.text)["exports"]["columns"]["leads"] == named


def test_statuses_of_leads_are_guessed_and_the_others_named(sample):
    values = yaml.safe_load(sample.text)
    assert values["lead_statuses"] == {
        "working": ["Working"], "rejected": ["Disqualified"], "recycled": ["Nurture", "Recycled"]
    }  # fmt: skip
    real = load_company(ROOT / "params").lead_statuses.model_dump()
    assert {name: sorted(words) for name, words in real.items()} == values["lead_statuses"]
    check = "  # CHECK: guessed by their names; none of the three: Open (1,036), Converted (964), SQL (12), MQL (9)\n"
    assert "lead_statuses:\n" + check in sample.text
    assert "lead statuses: 4 of 8 words guessed by name" in sample.decided


def test_what_no_export_tells_of_the_company_is_an_open_question_and_stops_nothing(sample):
    values = yaml.safe_load(sample.text)
    assert values["mql_targets"] == {} and values["office_hours"] == {
        "opens": "08:30", "closes": "18:00", "days": ["mon", "tue", "wed", "thu", "fri"], "holidays": [],
        "time_zones": {},
    }  # fmt: skip
    organisation = Organisation.model_validate(values["organisation"])
    assert organisation == Organisation() and list(values["organisation"]) == list(Organisation.model_fields)
    assert OfficeHours.model_validate(values["office_hours"]) == OfficeHours()
    hours = [text for _, text in sample.checks if "sales works" in text]
    assert hours == [
        "nothing tells when sales works; these are usual hours, and everybody is held to be in the company's zone"
    ]
    assert (
        "  # CHECK: users are in America/New_York (16), Europe/Berlin (7), Asia/Singapore (5); name the zone of each "
        "region, as EMEA: Europe/Berlin\n"
    ) in sample.text


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("Open - Not Contacted", None), ("Working - Contacted", "working"), ("Closed - Converted", None),
        ("Closed - Not Converted", "rejected"), ("New", None), ("Open deal", None), ("In progress", "working"),
        ("Attempted to contact", "working"), ("Connected", "working"), ("Bad timing", "recycled"),
        ("Unqualified", "rejected"), ("Qualified", None), ("Marketing Qualified", None), ("Junk lead", "rejected"),
        ("NURTURING", "recycled"), ("Wrong contact", "rejected"), ("Accepted", "working"), ("Blue", None),
    ],
)  # fmt: skip
def test_a_status_means_what_its_name_says(tmp_path, status, meaning):
    leads = f"Lead ID,Created Date,Lead Status,Company / Account\n00Q1,2025-03-01,{status},Bolt\n"
    values = proposed(tmp_path / "exports", deals=rows(OPEN_DEAL), leads=leads)[1]["lead_statuses"]
    assert values == {**{name: [] for name in ("working", "rejected", "recycled")},
                      **({meaning: [status]} if meaning else {})}  # fmt: skip


def test_statuses_that_only_history_has_are_seen(tmp_path):
    history = (
        "Lead ID,Edit Date,Field / Event,Old Value,New Value\n"
        "00Q1,2025-03-02 09:00,Lead Status,New,Attempting\n00Q1,2025-03-03 09:00,Lead Owner,Ann Working,Bo Nurture\n"
    )
    leads = "Lead ID,Created Date,Lead Status,Company / Account\n00Q1,2025-03-01,Disqualified,Bolt\n"
    found, values = proposed(tmp_path / "exports", deals=rows(OPEN_DEAL), leads=leads, history=history)
    assert values["lead_statuses"] == {"working": ["Attempting"], "rejected": ["Disqualified"], "recycled": []}
    assert "Nurture" not in found.text and "Ann" not in found.text


def test_users_of_several_zones_are_told_beside_the_hours(tmp_path):
    users = "Id,Name,IsActive,TimeZoneSidKey\n" + "".join(
        f"005{place:012d},Person {place},1,{zone}\n"
        for place, zone in enumerate(["Europe/Berlin"] * 2 + ["Asia/Tokyo"])
    )
    leads = "Lead ID,Created Date,Lead Status,Company / Account\n00Q1,2025-03-01,New,Bolt\n"
    found, _ = proposed(tmp_path / "exports", deals=rows(OPEN_DEAL), leads=leads, users=users)
    assert (
        "  # CHECK: users are in Europe/Berlin (2), Asia/Tokyo (1); name the zone of each region, as "
        "EMEA: Europe/Berlin\n  time_zones: {}\n"
    ) in found.text


def test_without_leads_nothing_is_asked_of_their_hours(tmp_path):
    found, values = proposed(tmp_path / "exports", deals=rows(OPEN_DEAL))
    assert (values["lead_statuses"], values["office_hours"]) == ({}, {})
    assert not any("sales works" in text for _, text in found.checks)


def test_a_region_that_the_quota_sheet_names_is_filled(tmp_path):
    folder = tmp_path / "exports"
    shutil.copytree(SAMPLE, folder)
    with (folder / "targets" / "quota_long.csv").open("a") as sheet:
        sheet.write("EMEA,,2026-05-01,2026-07-31,Bookings,1,USD,2026-05-01\n")
    values = yaml.safe_load(propose(folder, "acme", "x").text)
    columns = values["exports"]["columns"]
    assert (columns["accounts"], columns["owners"]) == ({"region": ["Region__c"]}, {"region": ["Region__c"]})
    assert values["regions"] == {"names": ["AMER", "APAC", "EMEA"]}
    assert values["owner_aliases"] == {"Kate Lindqvist": "TODO"}


def test_hubspot_stages_are_ordered_by_their_dates_and_pipelines_named():
    found = propose(HUBSPOT, "acme", "data/acme")
    values = yaml.safe_load(found.text)
    assert stages_of(values) == [
        ("Appointment Scheduled", "open"),
        ("Qualified To Buy", "open"),
        ("Presentation Scheduled", "open"),
        ("Decision Maker Bought-In", "open"),
        ("Contract Sent", "open"),
        ("Renewal due", "open"),
        ("Closed Won", "won"),
        ("Renewed", "won"),
        ("Closed Lost", "lost"),
    ]
    assert (values["currency"], values["rates"], values["time_zone"]) == ("USD", {"EUR": "TODO"}, "UTC")
    assert values["sources"] == [
        {"source": "marketing", "lead_source": ["Paid Search", "Direct Traffic", "Organic Search", "Other Campaigns"]},
        {"source": "sales", "lead_source": ["Offline Sources"]},
    ]
    assert "pipelines: all count, Sales Pipeline (5), Renewals (1)" in found.decided
    assert found.refused == ()


def test_the_order_of_stages_comes_from_the_history_where_the_crm_writes_none(tmp_path):
    _, values = proposed(tmp_path, deals=REPORT.read_text("latin-1"), history=HISTORY_REPORT.read_text("latin-1"))
    names = [name for name, outcome in stages_of(values) if outcome == "open"]
    assert names[0] == "Prospecting" and names[-2:] == ["Proposal/Price Quote", "Negotiation/Review"]
    assert stages_of(values)[-2:] == [("Closed Won", "won"), ("Closed Lost", "lost")]


def test_stages_that_no_deal_tells_apart_keep_their_order_and_are_marked():
    found = propose(EXAMPLES / "salesforce", "acme", "data/acme")
    assert [name for name, outcome in stages_of(yaml.safe_load(found.text)) if outcome == "open"] == [
        "Prospecting",
        "Qualification",
        "Value Proposition",
        "Needs Analysis",
        "Id. Decision Makers",
        "Perception Analysis",
        "Proposal/Price Quote",
        "Negotiation/Review",
    ]
    assert (
        "  # CHECK: the deals do not tell whether it comes after Value Proposition\n  - {name: Needs Analysis}\n"
        "  # CHECK: the deals do not tell whether it comes after Needs Analysis\n  - {name: Id. Decision Makers}\n"
        "  # CHECK: the deals do not tell whether it comes after Id. Decision Makers\n  - {name: Perception Analysis}\n"
    ) in found.text


def test_fiscal_periods_of_a_report_tell_the_fiscal_year(tmp_path):
    months = {"2/10/2025": "Q1-2025", "5/20/2025": "Q2-2025", "8/31/2025": "Q3-2025", "12/15/2025": "Q4-2025"}
    table = rows(*({"Close Date": day, "Fiscal Period": label, **OPEN_DEAL} for day, label in months.items()))
    found, values = proposed(tmp_path, deals=table)
    assert values["fiscal_year_starts"] == 1  # two starts a month apart fit these four: nothing is told
    months |= {"1/15/2026": "Q4-2025", "4/30/2025": "Q1-2025"}
    table = rows(*({"Close Date": day, "Fiscal Period": label, **OPEN_DEAL} for day, label in months.items()))
    found, values = proposed(tmp_path, deals=table)
    assert values["fiscal_year_starts"] == 2
    assert "  # CHECK: the CRM" not in found.text
    assert (
        "# CHECK: the CRM names fiscal years otherwise; here a year is named after the one it ends in\n" in found.text
    )


def test_weekly_calls_tell_the_fiscal_year_and_their_unit(tmp_path):
    days = {"2026-02-02": "FY27-Q1", "2026-03-02": "FY27-Q1", "2026-04-27": "FY27-Q1", "2026-05-04": "FY27-Q2"}
    calls = "Week,Owner,Period,Commit\n" + "".join(f"{day},Ann Lee,{name},{{n}}\n" for day, name in days.items())
    deals = rows(OPEN_DEAL | {"Amount": "18000"}, {**OPEN_DEAL, "Amount": "18000"})
    found, values = proposed(tmp_path, deals=deals, calls=calls.format(n=120))
    assert (values["fiscal_year_starts"], values["forecasts"]) == (2, {"unit": "thousands"})
    assert "fiscal year: starts in February (the fiscal quarter of 4 of 4 calls fits a year from February)" in (
        found.decided
    )
    _, values = proposed(tmp_path, deals=deals, calls=calls.format(n=2000))
    assert values["forecasts"] == {"unit": "TODO"}


def test_what_no_cell_tells_is_open(tmp_path):
    deal = {"Stage": "Mystery", "Close Date": "2/3/2025", "Created Date": "1/2/2025", "Amount": "1.234", "Type": "Odd"}
    found, values = proposed(tmp_path, deals=rows(deal, {**deal, "Lead Source": "Aunt", "Stage": "Closed"}))
    assert values["currency"] == "TODO"
    assert values["exports"]["date_order"] == values["exports"]["decimal_sign"] == "TODO"
    assert values["stages"] == [
        {"name": "TODO"},
        {"name": "Closed", "outcome": "TODO"},
        {"name": "Mystery", "outcome": "TODO"},
    ]
    assert values["types"] == {"TODO": ["Odd"]}
    assert values["sources"][-1] == {"source": "TODO", "lead_source": ["Aunt"]}
    assert found.refused == ()


def test_hostile_words_stay_words(tmp_path):
    table = rows(*({"Opportunity ID": f"0068d000000{n:04}", "Stage": word, "Type": word, "Lead Source": word,
                    "Amount Currency": "EUR", **OPEN_DEAL} for n, word in enumerate(HOSTILE)))  # fmt: skip
    found, values = proposed(tmp_path, deals=table)
    names = [stage["name"] for stage in values["stages"]]
    assert (names[0], names[-1], sorted(names[1:-1])) == ("TODO", "TODO", sorted(HOSTILE))
    assert found.refused == ()
    assert sorted(word for words in values["types"].values() for word in words) == sorted(HOSTILE)
    assert sorted(word for rule in values["sources"] for word in rule["lead_source"]) == sorted(HOSTILE)
    assert not any('name: "TODO"' in line for _, line in found.questions)
    assert all(ord(sign) >= 32 for line in found.text.split("\n") for sign in line)


@pytest.mark.parametrize("word", [*HOSTILE, "", " lead", "trail ", "Ab", "yes", "2025-01-01", "\x07bell", "a" * 300])
def test_a_quoted_word_is_read_back(word):
    assert yaml.safe_load(f"- {{name: {quoted(word)}}}") == [{"name": word}]
    assert "\n" not in quoted(word)


def test_accounts_are_sorted_and_shared_pay_stays_open(tmp_path):
    statement = (
        "Profit and Loss\nAcme\nJanuary 2025\n\n,Jan 2025,Total\nIncome,,\nSubscriptions,100,100\n"
        "Total for Income,100,100\n"
        "Cost of Goods Sold,,\nHosting,20,20\nTotal for Cost of Goods Sold,20,20\nGross Profit,80,80\nExpenses,,\n"
        "Payroll,30,30\nSales commissions,5,5\nTravel,4,4\nAdvertising,3,3\n6100 Paid Media,1,1\n"
        "6210 Sales and marketing tools,1,1\nTotal for Expenses,44,44\n"
        "Net Operating Income,36,36\nNet Income,36,36\n"
    )
    _, values = proposed(tmp_path, deals=rows(OPEN_DEAL | {"Amount Currency": "USD"}), pl=statement)
    assert values["ledger_accounts"] == {
        "revenue": ["Subscriptions"],
        "cogs": ["Hosting"],
        "sales": ["Sales commissions"],
        "marketing": ["6100 Paid Media", "Advertising"],
        "TODO": ["6210 Sales and marketing tools", "Payroll", "Travel"],
    }


def test_dates_of_mql_and_sql_are_filled_where_only_one_header_can_be_meant(tmp_path):
    system = {
        "system": "leads of ours",
        "files": [{
            "name": "leads", "table": "leads", "required": ["lead_id", "created_at", "status"],
            "headers": {"lead_id": ["Lead ID"], "created_at": ["Create Date"], "status": ["Lead Status"]},
        }],
    }  # fmt: skip
    systems = tmp_path / "systems"
    systems.mkdir()
    (systems / "leads.yml").write_text(yaml.safe_dump(system))
    leads = "Lead ID,Create Date,Lead Status,MQL Date,MQL Score,SQL Date,Sales Qualified On\n"
    leads += "L1,2025-01-02,Open,2025-01-20,7,2025-01-22,2025-01-23\n"
    folder = put(tmp_path / "exports", deals=rows(OPEN_DEAL), leads=leads)
    found = propose(folder, "acme", "data/acme", systems)
    assert yaml.safe_load(found.text)["exports"]["columns"] == {"leads": {"mql_at": ["MQL Date"]}}
    assert "  #     sql_at: [SQL Date]  # 1 date\n" in found.text


def test_init_writes_tells_and_never_overwrites(project, capsys):
    shutil.copytree(SAMPLE, project / "data" / "Acme Corp")
    code, out, _ = said_by(capsys, "init", "data/Acme Corp")
    file = project / "params" / "acme-corp" / "company.yml"
    written = file.read_text()
    assert code == 0 and yaml.safe_load(written)["exports"]["folder"] == "data/Acme Corp"
    assert out.startswith(
        "data/Acme Corp: 40 files recognised\n"
        "  google_ads/Campaign report 2022.csv: google_ads, ad campaigns, 20 rows\n"
    )
    number = written.split("\n").index("  EUR: TODO  # what one EUR is worth in USD") + 1
    assert (
        "\nparams/acme-corp/company.yml is written; 4 TODOs to answer in it:\n"
        f"  line {number}: EUR: TODO  # what one EUR is worth in USD\n"
    ) in out
    assert out.endswith(
        "\nThen:\n  python -m revops check --params params/acme-corp\n"
        "  python -m revops run --params params/acme-corp\n"
    )
    assert said_by(capsys, "init", "data/Acme Corp") == (
        2,
        "",
        "params/acme-corp/company.yml: is there already, and init never overwrites. Edit it, or name another company "
        "with --name.\n",
    )
    assert file.read_text() == written


def test_a_file_with_questions_is_refused_with_every_line(project, capsys):
    put(project / "data" / "acme", deals=rows(OPEN_DEAL | {"Type": "Odd"}))
    assert said_by(capsys, "init", "data/acme")[0] == 0
    for call in (("check", "data/acme"), ("run", "--params", "params/acme")):
        assert said_by(capsys, *call) == (
            2,
            "",
            "params/acme/company.yml: every TODO must be answered; found 3 that are not. Put what you know in its "
            "place, or take the line out where it is not needed:\n"
            "  line 7: currency: TODO  # no file names one: USD or EUR for example\n"
            "  line 25: - {name: TODO, outcome: won}  # no stage of the exports looks won\n"
            "  line 30: TODO: [Odd]  # Odd 1 of 1 rows\n",
        )


def test_where_nothing_is_left_open_check_works_at_once(project, capsys):
    won = {"Stage": "Closed Won", "Closed": "1", "Won": "1", "Amount Currency": "USD"}
    table = rows({**OPEN_DEAL, "Amount Currency": "USD", "Lead Source": "Webinar"}, {**won, "Lead Source": "Outbound"})
    put(project / "data" / "acme", deals=table)
    code, out, _ = said_by(capsys, "init", "data/acme")
    assert code == 0 and "\nparams/acme/company.yml is written; nothing is left to answer in it.\n" in out
    assert said_by(capsys, "check", "--params", "params/acme")[0] == 0


def test_of_two_crms_init_asks_which(project, capsys, monkeypatch):
    shutil.copytree(EXAMPLES, project / "data" / "two")
    code, out, _ = said_by(capsys, "init", "data/two")
    assert code == 0
    assert (
        "  deals of hubspot (6 deals) and salesforce (24 deals): say which CRM counts, with --crm or as exports.crm\n"
        in out
    )
    assert "  crm: TODO\n" in (project / "params" / "two" / "company.yml").read_text()
    assert said_by(capsys, "init", "data/two", "--name", "hub", "--crm", "hubspot")[0] == 0
    values = yaml.safe_load((project / "params" / "hub" / "company.yml").read_text())
    assert values["exports"]["crm"] == "hubspot" and values["stages"][0]["name"] == "Appointment Scheduled"
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or "salesforce")
    assert said_by(capsys, "init", "data/two", "--params", "params/asked")[0] == 0
    assert asked == ["data/two holds deals of hubspot and salesforce. Which counts? (Enter: say so later) "]
    assert "  crm: salesforce\n" in (project / "params" / "asked" / "company.yml").read_text()
    code, _, err = said_by(capsys, "init", "data/two", "--name", "odd", "--crm", "odd")
    assert code == 1 and "\ncompany.yml, exports.crm: odd is not a CRM we read. Known: " in err
    assert not (project / "params" / "odd").exists()


def test_without_opportunities_nothing_is_written(project, capsys):
    put(project / "data" / "acme", notes="a,b\n1,2\n")
    code, out, err = said_by(capsys, "init", "data/acme")
    assert (code, out) == (1, "")
    assert err.startswith("Reading 1 file ...\nacme: some file must hold opportunities; found none in 1 file. ")
    assert not (project / "params" / "acme").exists()


def test_calls_that_cannot_be_done_are_refused(project, capsys):
    assert said_by(capsys, "init", "data/none")[::2] == (
        2,
        "data/none: must be a folder of exports; found none. Name the folder that holds them.\n",
    )
    put(project / "data" / "acme", deals=rows(OPEN_DEAL))
    assert said_by(capsys, "init", "data/acme", "--name", "../up")[0] == 2
    code, _, err = said_by(capsys, "check", "data/acme")
    assert (code, err) == (
        2,
        "data/acme: must be the exports.folder of some company.yml; found none among 1 company. Make one with "
        "`python -m revops init data/acme`, or name one with --params.\n",
    )


def test_files_that_cannot_be_read_are_told_and_the_rest_is_used(project, capsys):
    folder = put(project / "data" / "acme", deals=rows(OPEN_DEAL | {"Amount Currency": "USD"}))
    (folder / "broken.zip").write_bytes(b"PK\x03\x04nonsense")
    code, out, _ = said_by(capsys, "init", "data/acme")
    assert code == 0
    assert "\nStill refused when every TODO is answered\n  broken.zip: must be a whole zip file" in out
    assert "  deals.csv: salesforce, opportunities (report), 1 row\n" in out


def test_check_of_refused_exports_tells_each_file_and_every_problem(project, capsys):
    folder = put(project / "data" / "acme", deals=rows({"Stage": "Unheard of"}), notes="a,b\n1,2\n")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04nonsense")
    code, out, err = said_by(capsys, "check", "data/acme", "--params", "params")
    assert (code, err) == (1, "")
    assert out.startswith(
        "Halyard Robotics: 1 file in data/acme\n\ndeals.csv\n"
        "  opportunities (salesforce opportunities (report); utf-8, headers in row 1)\n"
        "  1 rows read, 2025-03-03 to 2025-03-03\n\nnotes.csv\n  not recognised: "
    )
    assert "\nRefused\n  broken.zip: must be a whole zip file" in out
    assert out.endswith("\nReports\n" + "".join(f"  {stem}: waits for the exports\n" for stem in STEMS))
    (folder / "broken.zip").unlink()
    code, out, _ = said_by(capsys, "check", "data/acme", "--params", "params")
    assert code == 1 and "Refused\n  company.yml, stages: every stage must be listed; found 1 that are not" in out


def test_check_for_programs_is_the_same_as_json(project, capsys):
    shutil.copytree(SAMPLE, project / "data" / "sample")
    code, out, _ = said_by(capsys, "check", "data/sample", "--json")
    found = json.loads(out)
    assert (code, found["exit_code"], found["problems"], found["company"]) == (0, 0, [], "Halyard Robotics")
    fine = {"can_run": True, "missing": [], "needs": None, "problem": None, "unavailable": [], "remarks": []}
    assert found["reports"] == [{"report": stem, **fine} for stem in STEMS]
    tables = {entry["table"]: entry["rows"] for entry in found["tables"]}
    assert (tables["opportunities"], tables["quotas"], tables["ledger"]) == (2_492, 330, 1_196)
    assert {file["kind"] for file in found["files"]} >= {"opportunities (API)", "quotas (long)"}


def test_of_several_influence_models_one_is_asked(tmp_path):
    influence = "Id,CampaignId,OpportunityId,ContactId,Influence,ModelId,RevenueShare\n"
    for n, model in enumerate(("03V000000000001", "03V000000000002")):
        influence += f"4Yp00000000000{n},701000000000001,0068d0000000001,003000000000001,100,{model},5\n"
    found, values = proposed(tmp_path, deals=rows({**OPEN_DEAL, "Amount Currency": "USD"}), CampaignInfluence=influence)
    assert values["exports"]["influence_model"] == "TODO"
    assert '  #   influence_model: "03V000000000001"  # 03V000000000001\n' in found.text
    assert not any("model" in problem for problem in found.refused)


def test_names_in_sheets_that_are_nobodys_are_no_contradiction(tmp_path):
    calls = "Week,Owner,Period,Category,Amount\n"
    calls += "".join(f"2025-02-03,{name},FY25-Q1,Commit,{n}\n" for n, name in enumerate(("VP / Company", "Ann Lee")))
    found, values = proposed(tmp_path, deals=rows(OPEN_DEAL | {"Amount Currency": "USD"}), calls=calls)
    assert values["owner_aliases"]["VP / Company"] == "TODO"
    assert "a team (add the export UserRole, take this line out), a region" in found.text
    assert "or the whole company (quotas.company_names)?" in found.text
    assert not any("contradict" in problem for problem in found.refused)


def test_addresses_in_words_become_patterns():
    assert listed(["Referral Jane Doe jane@doe.com", "kim@a.io", "lou@b.io"]) == '["Referral Jane Doe *@*", "*@*"]'
    assert shown("by jane%40doe.com") == "by *"


def test_a_question_is_a_plain_word_and_no_quoted_one():
    text = 'a: TODO\nb: "TODO"\nc: [x, TODO]\nTODO: 1\nd: TODO list\n# e: TODO\n'
    assert open_questions(text) == [(1, "a: TODO"), (3, "c: [x, TODO]"), (4, "TODO: 1")]


def test_a_currency_that_stands_in_a_header_alone_needs_a_rate_too(tmp_path):
    folder = tmp_path / "exports"
    shutil.copytree(HUBSPOT, folder)
    spent = "Reporting starts,Reporting ends,Campaign name,Amount spent (CHF)\n2025-06-01,2025-06-30,Brand,100.00\n"
    (folder / "meta.csv").write_text(spent)
    assert yaml.safe_load(propose(folder, "acme", "x").text)["rates"]["CHF"] == "TODO"
