"""The people, touches, campaigns and spend around simulated opportunities, ten touches to each, made fast."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops import schema

__all__ = ["FOLDER", "TOUCHES", "write_people"]

FOLDER = "people"
TOUCHES = 10
"""So many touches to an opportunity; of eight touches one contact, and of sixteen one lead."""
CHANNELS = ("content", "direct_mail", "display", "email", "events", "organic", "paid_search", "paid_social", "partner",
            "referral", "webinar", "website")  # fmt: skip
SOURCES = ("Content", "Event", "Webinar", "Website")
REGIONS = ("AMER", "APAC", "EMEA")
CAMPAIGNS = 240
MONTHS = pd.date_range("2022-01-01", "2026-12-01", freq="MS")


def write_people(folder: Path) -> None:
    """Write contacts, contact_roles, leads with their history, touches, campaigns and spend beside the opportunities of
    a folder."""
    columns = ["opportunity_id", "account_id", "owner_id", "created_at"]
    deals = pd.read_parquet(folder / "opportunities.parquet", columns=columns)
    random, n = np.random.default_rng(7), TOUCHES * len(deals)
    contacts = _contacts(deals, n // 8)
    leads = _leads(random, deals, n // 16, len(contacts))
    tables = {
        "contacts": contacts, "leads": leads, "lead_history": _lead_history(random, leads),
        "contact_roles": _roles(random, deals, len(contacts)), "campaigns": _campaigns(), "spend": _spend(),
        "touches": _touches(random, deals, n, len(contacts), len(leads)),
    }  # fmt: skip
    (folder / FOLDER).mkdir()
    for name, table in tables.items():
        columns = schema.table(name).columns
        table = table.reindex(columns=[column.name for column in columns])
        table.astype({column.name: column.dtype for column in columns}).to_parquet(folder / FOLDER / f"{name}.parquet")


def _contacts(deals: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return contacts, each of the account of the opportunity whose number its own is, counted around."""
    of = np.arange(n) % len(deals)
    made = deals["created_at"].to_numpy()[of] - np.timedelta64(200, "D")
    return pd.DataFrame({
        "contact_id": _ids("003", np.arange(n)), "account_id": deals["account_id"].array.take(of), "created_at": made,
        "lead_at": made + np.timedelta64(30, "D"),
    })  # fmt: skip


def _roles(random: np.random.Generator, deals: pd.DataFrame, n_contacts: int) -> pd.DataFrame:
    """Return roles of seven of ten contacts on the opportunity of their number."""
    contact = np.flatnonzero(random.random(n_contacts) < 0.7)
    ids = deals["opportunity_id"].array.take(contact % len(deals))
    return pd.DataFrame({"opportunity_id": ids, "contact_id": _ids("003", contact)})


def _leads(random: np.random.Generator, deals: pd.DataFrame, n: int, n_contacts: int) -> pd.DataFrame:
    """Return leads, six of ten of which were qualified by marketing, half by sales, and four became contacts."""
    contact = random.integers(0, n_contacts, n)
    of, luck = contact % len(deals), random.random(n)
    one = luck < 0.4
    made = deals["created_at"].to_numpy()[of] - np.timedelta64(220, "D")
    qualified = pd.Series(made + random.integers(0, 14 * 86400, n).astype("timedelta64[s]"))
    source, region = (pd.Series(words).take(random.integers(0, len(words), n)).array for words in (SOURCES, REGIONS))
    return pd.DataFrame({
        "lead_id": _ids("00Q", np.arange(n)), "created_at": made, "is_converted": one, "status": "Open",
        "account_name": "Company " + pd.Series(of).astype("str"), "owner_id": deals["owner_id"].array.take(of),
        "mql_at": qualified.where(luck < 0.6), "sql_at": (qualified + pd.Timedelta(days=5)).where(luck < 0.5),
        "source": "marketing", "lead_source": source, "region": region, "utm_source": "google", "utm_medium": "cpc",
        "utm_campaign": "Campaign " + pd.Series(of % CAMPAIGNS).astype("str"),
        "opportunity_id": pd.Series(deals["opportunity_id"].array.take(of)).where(luck < 0.3),
        "converted_date": pd.Series(made + np.timedelta64(20, "D")).dt.normalize().where(one),
        "contact_id": pd.Series(_ids("003", contact)).where(one),
        "account_id": pd.Series(deals["account_id"].array.take(of)).where(one),
    })  # fmt: skip


def _lead_history(random: np.random.Generator, leads: pd.DataFrame) -> pd.DataFrame:
    """Return changes of status: each MQL, nine of ten worked on within four days, and SQL or disqualified."""
    rows = leads[leads["mql_at"].notna()]
    touched = rows["mql_at"] + pd.to_timedelta(random.integers(0, 4 * 86400, len(rows)), unit="s")
    ended = rows["sql_at"].fillna(rows["mql_at"] + pd.Timedelta(days=9))
    steps = (("MQL", rows["mql_at"]), ("Working", touched.where(random.random(len(rows)) < 0.9)),
             (np.where(rows["sql_at"].notna(), "SQL", "Disqualified"), ended))  # fmt: skip
    table = pd.concat([
        pd.DataFrame({"lead_id": rows["lead_id"], "changed_at": at, "new_value": status}) for status, at in steps
    ])  # fmt: skip
    table = table.dropna(subset="changed_at").sort_values(["lead_id", "changed_at"], kind="stable", ignore_index=True)
    return table.assign(sequence=0.0, field="status", old_value="Open")


def _touches(
    random: np.random.Generator, deals: pd.DataFrame, n: int, n_contacts: int, n_leads: int
) -> pd.DataFrame:  # fmt: skip
    """Return touches from 180 days before to 120 after an opportunity, three of ten of leads, one of twenty without a
    channel."""
    contact, lead = random.integers(0, n_contacts, n), random.integers(0, n_leads, n)
    is_lead, campaign = pa.array(random.random(n) < 0.3), random.integers(0, CAMPAIGNS, n)
    start = deals["created_at"].to_numpy().astype("datetime64[us]")[contact % len(deals)]
    at = start + random.integers(-180 * 86400, 120 * 86400, n).astype("timedelta64[s]")
    answered, untagged = random.random(n) < 0.6, pa.array(random.random(n) < 0.05)
    none = pa.scalar(None, pa.string())
    channel = pa.array(CHANNELS).take(pa.array(campaign % len(CHANNELS)))
    return pd.DataFrame({
        "touch_id": _ids("00v", np.arange(n)), "touched_at": at, "associated_at": at,
        "contact_id": _text(pc.if_else(is_lead, none, _arrow_ids("003", contact))),
        "lead_id": _text(pc.if_else(is_lead, _arrow_ids("00Q", lead), none)), "campaign_id": _ids("701", campaign),
        "channel": _text(pc.if_else(untagged, none, channel)), "is_response": answered,
        "utm_source": _text(pc.if_else(untagged, pa.scalar("google"), none)),
    })  # fmt: skip


def _campaigns() -> pd.DataFrame:
    number = np.arange(CAMPAIGNS)
    return pd.DataFrame({
        "campaign_id": _ids("701", number), "campaign_name": [f"Campaign {place}" for place in number],
        "campaign_type": [CHANNELS[place % len(CHANNELS)] for place in number], "actual_cost_amount": 1000.0 + number,
        "start_date": MONTHS[number % len(MONTHS)], "end_date": MONTHS[number % len(MONTHS)] + pd.Timedelta(days=60),
    })  # fmt: skip


def _spend() -> pd.DataFrame:
    """Return what four campaigns of each paid channel cost, month by month."""
    channels = [name for name in ("paid_search", "paid_social") for _ in range(4)]
    rows = [(month, f"{channel} {place}", channel) for place, channel in enumerate(channels) for month in MONTHS]
    table = pd.DataFrame(rows, columns=["date", "campaign_name", "channel"])
    return table.assign(period_end=table["date"] + pd.offsets.MonthEnd(0), system="google_ads", amount=5000.0)


def _ids(prefix: str, numbers: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return _text(_arrow_ids(prefix, numbers))


def _arrow_ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 12, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def _text(values: pa.Array) -> pd.api.extensions.ExtensionArray:
    return pd.Series(values.to_pandas(), dtype="str").array
