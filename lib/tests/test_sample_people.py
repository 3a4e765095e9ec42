"""Leads, touches, campaigns, contacts and roles of the sample, read by the gate, are those of the simulator."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.company import load_company
from revops.exports import prepare
from revops.schema import TABLES
from revops.simulate.halyard import PLAN
from revops.simulate.ids import record_ids
from revops.simulate.market.changes import lead_changes
from revops.simulate.market.channels import CHANNELS
from revops.simulate.market.crm import market
from revops.simulate.market.salesforce_leads import lead_ids
from revops.simulate.records import export_ids

ROOT = Path(__file__).parents[2]
COMPANY = load_company(ROOT / "params")
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))
COUNTS = TRUTH["funnel"]["leads"]
NAMES = np.array([channel.name for channel in CHANNELS], dtype=object)


@pytest.fixture(scope="module")
def sample():
    return prepare(ROOT / "data" / "sample", COMPANY)


@pytest.fixture(scope="module")
def tables(sample):
    return {name: table.to_pandas() for name, table in sample.tables.items()}


@pytest.fixture(scope="module")
def truth(world):
    return market(world)


@pytest.fixture(scope="module")
def ids(world, truth):
    """The 15-character id of every record by its row number."""
    whole = export_ids(world)
    known = {"deal": whole.deal, "account": whole.account, "lead": lead_ids(world, truth)}
    for name, prefix, rows in (("contact", "003", truth.contacts), ("campaign", "701", truth.funnel.campaigns)):
        known[name] = record_ids(prefix, len(rows), world.seed).to_numpy()
    return {name: pd.Series(values).str[:15].to_numpy(dtype=object) for name, values in known.items()}


def local(stamps):
    """Return UTC seconds as wall-clock time of the company."""
    there = pd.to_datetime(pd.Series(stamps).astype("float64"), unit="s", utc=True).dt.tz_convert(PLAN.time_zone)
    return there.dt.tz_localize(None).dt.round("s").to_numpy("datetime64[s]")


def day(stamps):
    return local(stamps).astype("datetime64[D]")


def as_days(column):
    return pd.to_datetime(column).to_numpy("datetime64[D]")


def same_times(found, expected):
    found = found.to_numpy("datetime64[s]")
    return ((found == expected) | (np.isnat(found) & np.isnat(expected))).all()


@pytest.fixture(scope="module")
def real(world, truth, ids):
    """The leads that exist and are neither merged, deleted nor tests, in the order of their ids."""
    leads = truth.leads[(truth.leads["created"] < world.until()) & truth.leads["kind"].eq("real")]
    return leads.assign(id=ids["lead"][leads.index]).sort_values("id")


def test_leads_are_counted_as_the_simulator_counts_them(sample, tables):
    leads = tables["leads"]
    found = {
        "kept": len(leads), "mql": int(leads["mql_at"].notna().sum()), "sql": int(leads["sql_at"].notna().sum()),
        "converted": int(leads["is_converted"].sum()), "with_opportunity": leads["opportunity_id"].nunique(),
    }  # fmt: skip
    assert found == {name: COUNTS[name] for name in found}
    assert leads["opportunity_id"].count() == COUNTS["with_opportunity"]
    left = {item.reason: item.n for item in sample.audit.left_out if item.table == "leads"}
    assert left == {
        "exact duplicate row": 3, "merged into another record": len(COUNTS["gone"]["merged"]),
        "deleted in the system (IsDeleted)": len(COUNTS["gone"]["spam"]), "test record": len(COUNTS["gone"]["test"]),
    }  # fmt: skip
    [file] = [file for file in sample.audit.files if file.table == "leads"]
    assert file.rows_read == COUNTS["exported"] + 3 == len(leads) + sum(left.values())
    assert not set(leads["lead_id"]) & {id for kind in COUNTS["gone"].values() for id in kind}


def test_every_lead_has_its_moments_and_what_it_became(world, truth, tables, real, ids):
    leads, until = tables["leads"].sort_values("lead_id"), world.until()
    assert leads["lead_id"].tolist() == real["id"].tolist()
    first = real["person"].eq(0).to_numpy()
    cases = truth.funnel.cases.loc[real["case"]]
    assert same_times(leads["created_at"], local(real["created"]))
    for column, name in (("mql_at", "mql"), ("sql_at", "sql")):
        at = cases[name].to_numpy(dtype=float)
        assert same_times(leads[column], local(np.where(first & (at < until), at, np.nan)))
    made = (real["converted"] < until).to_numpy()
    contact = np.maximum(real["contact"].to_numpy(), 0)
    deal, account = (truth.contacts[name].to_numpy()[contact] for name in ("deal", "account"))
    assert leads["is_converted"].tolist() == made.tolist()
    assert same_times(leads["converted_date"], day(np.where(made, real["converted"], np.nan)).astype("datetime64[s]"))
    became = {
        "contact_id": np.where(made, ids["contact"][contact], None),
        "account_id": np.where(made, ids["account"][account], None),
        "opportunity_id": np.where(made & first, ids["deal"][deal], None),
        "lead_source": real["label"].to_numpy(),
    }
    for column, expected in became.items():
        assert leads[column].astype(object).where(leads[column].notna(), None).tolist() == expected.tolist(), column


def test_the_history_of_leads_ends_where_the_leads_stand(world, truth, tables, ids):
    history, leads = tables["lead_history"], tables["leads"]
    changes = lead_changes(world, truth)
    changes = changes[changes["stamp"] < world.until()]
    names = {"Status": "status", "Owner": "owner_id", "leadConverted": "converted"}
    assert history["field"].value_counts().to_dict() == changes["field"].map(names).value_counts().to_dict()
    assert set(history["lead_id"]) == set(ids["lead"][changes["lead"].unique()])
    for field, column in (("status", "status"), ("owner_id", "owner_id")):
        last = history[history["field"].eq(field)].drop_duplicates("lead_id", keep="last").set_index("lead_id")
        now = leads.set_index("lead_id")[column]
        both = last.index.intersection(now.index)
        assert last.loc[both, "new_value"].tolist() == now.loc[both].tolist() and len(both) > 1_000


@pytest.fixture(scope="module")
def members(world, truth, ids):
    """The members of campaigns that exist, with the ids of campaign and person and the moment of the touch."""
    rows = truth.members[truth.members["recorded"] < world.until()]
    lead = rows["lead"].to_numpy()
    converted = np.where(lead >= 0, truth.leads["converted"].to_numpy()[lead], np.nan) < world.until()
    contact = np.where(converted, truth.leads["contact"].to_numpy()[lead], rows["contact"])
    known = contact >= 0
    person = np.where(known, ids["contact"][np.maximum(contact, 0)], ids["lead"][lead])
    answered = rows["at"].notna().to_numpy()
    at = np.where(answered, day(rows["at"]).astype("datetime64[s]"), local(rows["recorded"]))
    return pd.DataFrame({
        "person": person, "campaign": ids["campaign"][rows["campaign"]], "channel": NAMES[rows["channel"]],
        "answered": answered, "at": at, "recorded": local(rows["recorded"]),
    })  # fmt: skip


def test_touches_are_the_members_of_campaigns(sample, tables, members):
    touches = tables["touches"]
    assert len(touches) == COUNTS["members"] == len(members)
    assert int(touches["is_response"].sum()) == COUNTS["members_who_answered"]
    found = pd.DataFrame({
        "person": touches["contact_id"].fillna(touches["lead_id"]), "campaign": touches["campaign_id"],
        "channel": touches["channel"], "answered": touches["is_response"], "at": touches["touched_at"],
        "recorded": touches["associated_at"],
    })  # fmt: skip
    key = ["person", "campaign"]
    one, other = (rows.sort_values(key, ignore_index=True) for rows in (found, members))
    for column in ("person", "campaign", "channel", "answered"):
        assert one[column].astype(object).tolist() == other[column].astype(object).tolist(), column
    for column in ("at", "recorded"):
        assert same_times(one[column], other[column].to_numpy("datetime64[s]")), column
    left = [(item.reason, item.n) for item in sample.audit.left_out if item.table == "touches"]
    assert left == [("exact duplicate row", 5)]


def test_all_nine_channels_are_mapped_by_the_company_file(sample, tables, members):
    assert set(tables["touches"]["channel"]) == set(NAMES) == set(COMPANY.channels)
    assert tables["touches"]["channel"].value_counts().to_dict() == members["channel"].value_counts().to_dict()
    assert not [warning for warning in sample.audit.warnings if warning.startswith("touches:")]


def test_the_first_touch_of_each_opportunity_is_of_the_channel_that_began_its_journey(tables, truth, world, ids):
    """The first person of a journey makes its first touch, is the lead with the opportunity, and becomes a contact.

    Answers have a day and no time: 55 opportunities have a second channel on the first day.
    """
    made = tables["leads"].dropna(subset=["opportunity_id"])
    touches = tables["touches"].merge(made[["contact_id", "opportunity_id"]], on="contact_id")
    first = touches.groupby("opportunity_id")["touched_at"].transform("min").eq(touches["touched_at"])
    found = touches[first].groupby("opportunity_id")["channel"].agg(set)
    cases = truth.funnel.journeys.cases
    over = cases[(cases["deal"] >= 0) & (cases["end"] < world.until())]
    began = pd.Series(NAMES[truth.funnel.journeys.channel[over.index, 0]], ids["deal"][over["deal"]])
    assert sorted(found.index) == sorted(began.index) and len(found) == TRUTH["attribution"]["opportunities"]
    told = TRUTH["attribution"]["channels"]
    assert began.value_counts().to_dict() == {
        name: row["opportunities_first_touch"] for name, row in told.items() if row["opportunities_first_touch"]
    }
    wrong = [id for id, channels in found.items() if began[id] not in channels]
    tied = [id for id, channels in found.items() if len(channels) > 1]
    assert (wrong, len(tied)) == ([], 55)


def test_campaigns_cost_what_they_cost(tables, truth, world, ids):
    campaigns = tables["campaigns"].sort_values("campaign_id", ignore_index=True)
    frame = truth.funnel.campaigns
    start, end = (frame[name].to_numpy() * 86_400 for name in ("start", "end"))
    frame = frame.assign(id=ids["campaign"], over=end < world.until(), begun=start < world.until())
    frame = frame[start - 30 * 86_400 < world.until()].sort_values("id")
    assert campaigns["campaign_id"].tolist() == frame["id"].tolist()
    assert campaigns["campaign_name"].tolist() == frame["name"].tolist()
    cost = np.where(frame["over"], frame["cost"], np.where(frame["begun"], frame["cost"] // 2, 0)) / 100
    expected = np.where(frame["system"].ne(""), np.nan, cost)
    assert campaigns["actual_cost_amount"].to_numpy() == pytest.approx(expected, nan_ok=True)
    assert (as_days(campaigns["start_date"]) == frame["start"].to_numpy().astype("datetime64[D]")).all()


def test_contacts_and_their_roles_are_those_of_the_simulator(tables, truth, world, ids):
    until = world.until()
    contacts = truth.contacts[truth.contacts["created"] < until]
    expected = dict(zip(ids["contact"][contacts.index], ids["account"][contacts["account"]], strict=True))
    found = tables["contacts"]
    assert dict(zip(found["contact_id"], found["account_id"], strict=True)) == expected
    roles = truth.roles[truth.roles["created"] < until]
    rows = zip(
        ids["deal"][roles["deal"]], ids["contact"][roles["contact"]], roles["role"], roles["primary"], strict=True
    )
    named = tables["contact_roles"]
    named = named.assign(role=named["role"].astype(object).where(named["role"].notna(), ""))
    columns = ["opportunity_id", "contact_id", "role", "is_primary"]
    assert sorted(named[columns].itertuples(index=False, name=None)) == sorted(
        (deal, contact, role, bool(primary)) for deal, contact, role, primary in rows
    )


def test_only_mess_that_the_codebook_lists_is_warned_of(sample):
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    table = text.split("| warning | because |")[1].split("\n\n")[0]
    listed = {line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()[2:]}
    told = [*sample.audit.warnings, *(f"{file.name}: {w}" for file in sample.audit.files for w in file.warnings)]
    assert {w for w in told if not any(w.startswith(start.strip("`")) for start in listed)} == set()
    assert {start for start in listed if not any(w.startswith(start.strip("`")) for w in told)} == set()
    assert sample.audit.unrecognised == ()


@pytest.mark.parametrize("name", TABLES)
def test_the_codebook_says_of_each_column_whether_the_sample_fills_it(tables, name):
    """A cell of the last column begins with a dash where the gate leaves the column blank."""
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {name}\n(.*?)(?=^##)", text, re.DOTALL | re.MULTILINE).group(1)
    cells = {line.split(" | ")[0].strip("| `"): line.split(" | ")[3] for line in section.splitlines() if "| `" in line}
    filled = {column for column, cell in cells.items() if not cell.startswith("-")}
    assert filled == ({c for c in tables[name] if tables[name][c].notna().any()} if name in tables else set())
