"""The sample company: what is committed is what the simulator writes, a past export is the true past, words hold."""

import csv
import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from revops.company import Company, load_company
from revops.schema import TABLES
from revops.simulate import canonical_tables, write_exports
from revops.simulate.__main__ import main
from revops.simulate.halyard import PLAN, sample_world
from revops.simulate.plan import STAGES

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
CODEBOOK = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
TRUTH = json.loads((ROOT / "data" / "sample_truth.json").read_text(encoding="utf-8"))
UNITS = {
    "id": "id", "text": "text", "category": "word", "date": "day", "timestamp": "time", "money": "company currency",
    "rate": "0 to 1", "number": "number", "flag": "true or false",
}  # fmt: skip
LATIN = "Opportunity.csv"
TABULAR = ("salesforce", "stripe", "targets")  # systems whose files are a header and records
EARLIER = (dt.date(2026, 6, 8), dt.date(2026, 5, 20), dt.date(2026, 1, 31), dt.date(2024, 1, 31), dt.date(2022, 12, 4))


@pytest.fixture(scope="module")
def world():
    return sample_world()


@pytest.fixture(scope="module")
def now():
    return exported(SAMPLE)


def rows_of(file):
    encoding = "iso-8859-1" if file.name == LATIN else "utf-8"
    with file.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def exported(folder):
    """Return the records of every file that begins with its header, by name without ending."""
    return {file.stem: rows_of(file) for name in TABULAR for file in sorted((folder / name).glob("*.csv"))}


def lines_of(file):
    """Return the lines of a file with titles and totals that hold anything, as cells."""
    wide = file.read_bytes()[:2] == b"\xff\xfe"
    with file.open(encoding="utf-16" if wide else "utf-8-sig", newline="") as lines:
        return [line for line in csv.reader(lines, delimiter="\t" if wide else ",") if any(line)]


def utc_limit(day):
    """The first second, UTC, that no longer belongs to a New York day; summer and winter time told apart by month."""
    summer = dt.date(day.year, 3, 14) <= day < dt.date(day.year, 11, 6)
    return f"{day + dt.timedelta(days=1)} {'04' if summer else '05'}:00:00"


def test_the_committed_sample_is_what_the_simulator_writes(tmp_path, capsys):
    assert main([str(tmp_path / "sample")]) == 0
    for file in map(Path, capsys.readouterr().out.splitlines()):
        assert file.read_bytes() == (ROOT / "data" / file.relative_to(tmp_path)).read_bytes(), file.name
    written = {file.relative_to(tmp_path / "sample") for file in (tmp_path / "sample").rglob("*.*")}
    assert {file.relative_to(SAMPLE) for file in SAMPLE.rglob("*.*")} == written


def test_the_sample_stays_small():
    assert sum(file.stat().st_size for file in SAMPLE.rglob("*.csv")) < 11_500_000
    assert sum(file.stat().st_size for file in (SAMPLE / "stripe").glob("*.csv")) < 1_100_000


def test_as_of_is_day_40_of_the_quarter(now):
    stamps = [row["CreatedDate"] for row in now["OpportunityHistory"]]
    stamps += [row[name] for row in now["Opportunity"] for name in ("CreatedDate", "SystemModstamp")]
    assert utc_limit(PLAN.as_of - dt.timedelta(days=1)) <= max(stamps) < utc_limit(PLAN.as_of)
    assert (PLAN.as_of - dt.date(2026, 5, 1)).days + 1 == 40


@pytest.mark.parametrize("day", EARLIER, ids=str)
def test_an_earlier_export_is_the_past_of_a_later_one(world, now, day, tmp_path):
    write_exports(world, tmp_path, day)
    then, limit = exported(tmp_path), utc_limit(day)
    for name in ("OpportunityHistory", "OpportunityFieldHistory"):
        past = {row["Id"]: row for row in now[name] if row["CreatedDate"] < limit}
        known = {row["Id"]: row for row in then[name]}
        assert known.keys() == past.keys()
        for identity, row in known.items():
            later = {name for name in row if row[name] != past[identity][name]}
            assert later <= {"ValidThroughDate", "IsDeleted"}
            assert "ValidThroughDate" not in later or (row["ValidThroughDate"] == "" and past[identity][
                "ValidThroughDate"] >= limit)  # fmt: skip
    born = {row["Id"] for row in now["Opportunity"] if row["CreatedDate"] < limit}
    assert {row["Id"] for row in then["Opportunity"]} == born
    for name, stamp in (("Account", "CreatedDate"), ("User", "CreatedDate")):
        assert {r["Id"] for r in then[name]} == {r["Id"] for r in now[name] if r[stamp] < limit}
    published = [tuple(row.values()) for row in then["quota_long"]]
    assert set(published) <= {tuple(row.values()) for row in now["quota_long"]}
    assert all(row["owner_name"] == "Company" or row["period_start"] <= f"{day + dt.timedelta(days=366)}"
               for row in then["quota_long"])  # fmt: skip


@pytest.mark.parametrize("day", [dt.date(2025, 11, 20), dt.date(2023, 2, 14)], ids=str)
def test_an_earlier_export_of_the_other_systems_is_the_past_of_a_later_one(world, now, day, tmp_path):
    write_exports(world, tmp_path, day)
    then, limit = exported(tmp_path), utc_limit(day)
    for name in ("Lead", "LeadHistory", "CampaignMember", "Contact", "OpportunityContactRole", "Campaign"):
        past = {row["Id"] for row in now[name] if row["CreatedDate"] < limit}
        assert {row["Id"] for row in then[name]} == past, name
        stamps = [row[column] for row in then[name] for column in row if re.search("Date$|Date__c|Stamp", column)]
        assert name == "Campaign" or max(stamps) < limit
    same = {
        name: {row["Id"]: row for row in now[name]} for name in ("LeadHistory", "OpportunityContactRole", "Contact")
    }
    for name, rows in same.items():
        assert all(rows[row["Id"]] | {"IsDeleted": ""} == row | {"IsDeleted": ""} for row in then[name])
    answers = {row["Id"]: row["FirstRespondedDate"] for row in now["CampaignMember"]}
    assert all(answers[row["Id"]] == row["FirstRespondedDate"] for row in then["CampaignMember"])
    made = [tuple(row.values()) for row in then["weekly_calls"]]
    assert made == [tuple(row.values()) for row in now["weekly_calls"] if row["Week of"] <= str(day)]
    assert {row["id"] for row in then["customers"]} < {row["id"] for row in now["customers"]}
    for name in (name for name in then if name.startswith("MRR")):
        assert set(then[name][0]) <= set(now[name][0])
        later = {row["Customer ID"]: row for row in now[name]}
        assert all(value == later[row["Customer ID"]][key] for row in then[name] for key, value in row.items())


@pytest.mark.parametrize("day", [dt.date(2025, 11, 20), dt.date(2023, 2, 14)], ids=str)
def test_months_that_were_over_are_the_same_in_a_later_report(world, day, tmp_path):
    write_exports(world, tmp_path, day)
    for file in sorted(
        path for name in ("google_ads", "linkedin_ads", "meta_ads") for path in (tmp_path / name).glob("*")
    ):
        then, later = lines_of(file), lines_of(SAMPLE / file.relative_to(tmp_path))
        words = (f"{day:%B %Y}", f"{day.month}/1/{day.year}", f"{day:%Y-%m}-01")
        whole = [
            row for row in then if re.match(r"\w+ 20\d\d$|\d+/1/20|20\d\d-\d\d-01", row[0]) and row[0] not in words
        ]
        assert [row for row in whole if "" not in row[:3]] == [
            row for row in later if row in whole and "" not in row[:3]
        ]
        assert not any(row[0].startswith(words) for row in whole)
    for file in (tmp_path / "quickbooks").glob("*.csv"):
        then, later = lines_of(file), lines_of(SAMPLE / "quickbooks" / file.name)
        months = len(then[3]) - 2
        assert [row[: months + 1] for row in then[3:-1]] == [row[: months + 1] for row in later[3:-1]]


def test_a_company_of_two_days_has_exports_too(world, tmp_path):
    """No month is over, no book is closed, no call is made, and nothing is written of them; some bills are."""
    write_exports(world, tmp_path, dt.date(2022, 8, 2))
    folders = [file.parent.name for file in sorted(tmp_path.rglob("*.csv"))]
    assert [name for name in folders if name not in ("salesforce", "targets")] == [
        "google_ads", "linkedin_ads", "meta_ads", "stripe", "stripe", "stripe"]  # fmt: skip
    assert len(lines_of(tmp_path / "google_ads" / "Campaign report 2022.csv")) == 9


@pytest.mark.parametrize("day", EARLIER, ids=str)
def test_records_of_an_earlier_export_stand_as_history_says(world, day, tmp_path):
    write_exports(world, tmp_path, day)
    then = exported(tmp_path)
    last = {}
    for row in sorted(then["OpportunityHistory"], key=lambda row: row["Id"]):
        last[row["OpportunityId"]] = row
    newest = {}
    for row in sorted(then["Opportunity"], key=lambda row: row["LastModifiedDate"]):
        newest[row["Id"]] = row
    assert newest.keys() == last.keys()
    renamed = {"Qualification": "Scoping"} if day >= dt.date(2024, 2, 1) else {}
    for identity, row in newest.items():
        state = last[identity]
        assert row["StageName"] == renamed.get(state["StageName"], state["StageName"])
        assert (row["CloseDate"], row["ForecastCategory"]) == (state["CloseDate"], state["ForecastCategory"])
        assert float(row["Amount"] or -1) == float(state["Amount"] or -1)
        assert row["LastModifiedDate"] >= state["CreatedDate"]
        assert row["IsWon"] == str(int(row["StageName"] == "Won"))


def test_exports_hold_what_the_canonical_tables_hold(world, now):
    """Read with the csv module alone: ids, owners, amounts and stages of all records that are not left out."""
    tables = canonical_tables(world)
    tests = set(TRUTH["records"]["test"])
    newest = {row["Id"]: row for row in sorted(now["Opportunity"], key=lambda row: row["SystemModstamp"])}
    rates = {"USD": 1.0, **TRUTH["rates"]}
    read = {}
    for row in newest.values():
        if row["Id"][:15] not in tests:
            amount = float(row["Amount"] or 0) * rates[row["CurrencyIsoCode"]]
            read[row["Id"][:15]] = (row["StageName"], row["OwnerId"][:15], amount)
    table = tables["opportunities"].fillna({"amount": 0.0}).set_index("opportunity_id")
    built = zip(table["stage_name"], table["owner_id"], table["amount"], strict=True)
    assert read == dict(zip(table.index, built, strict=True))
    assert len(now["User"]) - 1 == len(tables["owners"])  # the integration user owns nothing
    assert len(now["quota_long"]) == len(tables["quotas"])


def test_owner_changes_lead_to_the_present_owner(now):
    names = {row["Id"]: row["Name"] for row in now["User"]}
    present = {row["Id"]: row["OwnerId"] for row in sorted(now["Opportunity"], key=lambda row: row["SystemModstamp"])}
    last = {}
    for row in sorted(now["OpportunityFieldHistory"], key=lambda row: row["Id"]):
        last.setdefault(row["OpportunityId"], {})[row["DataType"]] = row["NewValue"]
    for identity, forms in last.items():
        assert forms["EntityId"] == present[identity]
        assert forms["Text"] == names[present[identity]]


def test_the_mess_is_there(now):
    rows = now["Opportunity"]
    times = Counter(row["Id"] for row in rows)
    assert sum(n - 1 for n in times.values()) == 5
    assert sum(n - 1 for n in Counter(row["Id"] for row in now["OpportunityHistory"]).values()) == 3
    once = {row["Id"]: row for row in sorted(rows, key=lambda row: row["SystemModstamp"])}.values()
    assert sum(row["IsDeleted"] == "1" for row in once) == 12
    accounts = {row["Id"]: row["Name"] for row in now["Account"]}
    assert sum(accounts[row["AccountId"]] == "Test Account - please ignore" for row in once) == 3
    assert sum(row["Amount"] == "" for row in once) == 29
    assert sum(row["Amount"] == "" and row["IsWon"] == "1" for row in once) == 1
    assert sum(row["IsWon"] == "1" and row["CloseDate"][:10] > "2026-06-09" for row in once) == 2
    assert sum(row["OwnerId"].startswith("00G") for row in once) == 3
    assert sum(row["n"] for row in TRUTH["figures"]["2026-06-09"]["overdue"].values()) == 10
    assert sum(row["Name"] == '=HYPERLINK("http://evil.example","x")' for row in once) == 1
    assert "<img src=x onerror=alert(1)>" in accounts.values()
    assert any("\n" in row["Description"] for row in once)
    assert {"é", "ü", "ß", '"', ","} <= set("".join(accounts.values()))
    assert {row["CurrencyIsoCode"] for row in once} == {"USD", "EUR"}
    assert 0.07 < sum(row["CurrencyIsoCode"] == "EUR" for row in once) / len(once) < 0.10
    assert len({row["Id"][:15].lower() for row in once}) < len(once)


def test_hostile_records_are_open_in_the_current_quarter(now):
    """So that the page that must escape them shows them."""
    hostile = [row for row in now["Opportunity"] if row["Id"][:15] in TRUTH["records"]["hostile_name"]]
    due = [row for row in hostile if row["IsClosed"] == "0" and "2026-06-09" <= row["CloseDate"][:10] <= "2026-07-31"]
    assert {row["Name"][0] for row in due} == {"<", "="}


def test_files_are_in_the_encodings_of_the_table():
    rows = re.findall(r"^\| `([^`]+\.csv)` \| [\d,]+ \| ([^|]+) \|", CODEBOOK, re.MULTILINE)
    wide = {name for name, encoding in rows if encoding == "UTF-16, tabs"}
    assert len(wide) == 6
    for file in SAMPLE.rglob("*.csv"):
        if file.relative_to(SAMPLE).as_posix() in wide:
            assert file.read_bytes()[:2] == b"\xff\xfe" and "\t" in file.read_bytes().decode("utf-16")
        elif file.name == LATIN:
            with pytest.raises(UnicodeDecodeError):
                file.read_bytes().decode("utf-8")
        else:
            file.read_bytes().decode("utf-8")


def test_the_company_file_explains_every_word_of_the_sample(now):
    company = load_company(ROOT / "params")
    spellings = {word for stage in company.stages for word in (stage.name, *stage.also)}
    assert {row["StageName"] for row in now["OpportunityHistory"]} == spellings
    assert [stage.name for stage in company.stages] == list(STAGES)
    words = {word: meaning for meaning, words in company.types.items() for word in words}
    assert {m.label: m.type for m in PLAN.motions} == words
    assert {s.label: s.source for s in PLAN.sources} == {
        s.label: company.source_of(s.label, None, None) for s in PLAN.sources
    }
    assert {row["Segment__c"] for row in now["Account"]} - {""} == set(company.segments.names)
    assert {row["Region__c"] for row in now["Account"]} == set(company.regions.names)
    assert (company.currency, company.rates) == (PLAN.currency, {PLAN.foreign_currency: PLAN.foreign_rate})
    names = {row["Name"] for row in now["User"]} | {"Company"}
    assert {company.owner_aliases.get(row["owner_name"], row["owner_name"]) for row in now["quota_long"]} <= names


def test_the_company_file_has_every_setting_and_explains_it():
    text = (ROOT / "params" / "company.yml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == set(Company.model_fields)
    blocks = [block for block in re.split(r"\n\s*\n", text) if re.search(r"^\w", block, re.MULTILINE)]
    assert [block for block in blocks if "#" not in block and not block.startswith("company:")] == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_codebook_says_what_the_schema_says(table):
    section = re.search(rf"^### {table.name}\n(.*?)(?=^##)", CODEBOOK, re.DOTALL | re.MULTILINE).group(1)
    key = ", ".join(f"`{name}`" for name in table.key)
    assert f"{table.grain[0].upper()}{table.grain[1:]}. Key: {key}." in section
    rows = [line.split(" | ")[:3] for line in section.splitlines() if line.startswith("| `")]
    units = [("currency of the row" if c.name == "amount_original" else UNITS[c.kind]) for c in table.columns]
    assert rows == [[f"| `{c.name}`", u, c.meaning] for c, u in zip(table.columns, units, strict=True)]


def test_the_codebook_counts_the_rows_of_each_file(now):
    told = re.findall(r"^\| `([^`]+\.csv)` \| ([\d,]+) \|", CODEBOOK, re.MULTILINE)
    rows = {name: int(n.replace(",", "")) for name, n in told}
    files = {file.relative_to(SAMPLE).as_posix(): file for file in SAMPLE.rglob("*.csv")}
    assert rows == {
        name: len(now[file.stem]) if file.parent.name in TABULAR else len(lines_of(file))
        for name, file in files.items()
    }
