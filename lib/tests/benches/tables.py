"""One large file of each table beside the opportunities, as its system lays it out, beside a few opportunities."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benches.exports import constant, ids, stamps, write_exports

__all__ = ["TABLES", "write_table"]

CHUNK = 250_000
NONE = "000000000000000AAA"
MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]


def write_table(folder: Path, name: str, n: int) -> None:
    """Write the file of one table with `n` rows, and ten opportunities, without which nothing is read."""
    folder.mkdir(parents=True)
    write_exports(folder, 10)
    random, writer = np.random.default_rng(7), None
    for start in range(0, n, CHUNK):
        places = np.arange(start, min(start + CHUNK, n))
        texts = pa.table({key: column.cast(pa.string()) for key, column in TABLES[name](random, places, n).items()})
        writer = writer or csv.CSVWriter(
            folder / f"{name}.csv", texts.schema, write_options=csv.WriteOptions(quoting_style="all_valid")
        )
        writer.write_table(texts)
    if writer:
        writer.close()


def _touches(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return members of 2,000 campaigns, eight to a person, two in five of them leads and three in ten responding."""
    m, people = len(places), max(n // 8, 10)
    is_lead, responds = pa.array(random.random(m) < 0.4), pa.array(random.random(m) < 0.3)
    at = np.datetime64("2022-01-01T00:00:00") + random.integers(0, 4 * 365 * 86400, m).astype("timedelta64[s]")
    created, user = stamps(at), ids("005", np.arange(m) % 50)
    person = random.integers(0, people, m)
    return {
        "Id": ids("00v", places), "IsDeleted": constant("0", m),
        "CampaignId": ids("701", random.integers(0, 2000, m)), "LeadId": pc.if_else(is_lead, ids("00Q", person), NONE),
        "ContactId": pc.if_else(is_lead, NONE, ids("003", person)), "Status": pc.if_else(responds, "Responded", "Sent"),
        "HasResponded": responds.cast(pa.int8()), "IsPrimary": constant("0", m), "CreatedDate": created,
        "CreatedById": user, "LastModifiedDate": created, "LastModifiedById": user, "SystemModstamp": created,
        "FirstRespondedDate": pc.if_else(responds, stamps(at.astype("datetime64[D]").astype("datetime64[s]")), ""),
        "CurrencyIsoCode": constant("USD", m),
    }  # fmt: skip


def _contacts(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    m, number = len(places), pa.array(places).cast(pa.string())
    at = np.datetime64("2022-01-01T08:00") + random.integers(0, 4 * 365 * 1440, m).astype("timedelta64[m]")
    later = [pc.utf8_slice_codeunits(stamps(at + np.timedelta64(86400 * days, "s")), 0, 16) for days in (0, 20, 45)]
    page = "https://x.example/?utm_source=google&utm_medium=cpc&utm_campaign=c"
    campaign = pa.array(random.integers(0, 500, m)).cast(pa.string())
    return {
        "Record ID": number, "Email": pc.binary_join_element_wise(number, "x.example", "@"),
        "Company Name": pc.binary_join_element_wise("Company", number, " "), "Job Title": constant("VP Ops", m),
        "Country/Region": pa.array(["Denmark", "Germany", "France"]).take(pa.array(random.integers(0, 3, m))),
        "Lifecycle Stage": constant("Lead", m), "Contact owner": constant("Dana Whitfield", m),
        "Create Date": later[0], "Became a Lead Date": later[0], "Became a Marketing Qualified Lead Date": later[1],
        "Became a Sales Qualified Lead Date": later[2],
        "Original Traffic Source": constant("Paid Search", m), "Original Traffic Source Drill-Down 1": constant("a", m),
        "First Page Seen": pc.binary_join_element_wise(page, campaign, ""), "Associated Deal IDs": constant("", m),
    }  # fmt: skip


def _subscriptions(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return customers with a column for each of 24 months, three of four of them paying."""
    m, number = len(places), pa.array(places).cast(pa.string())
    months = {month: pa.array(random.integers(1, 900, m) * (random.random(m) < 0.75)) for month in MONTHS}
    return {
        "Customer ID": pc.binary_join_element_wise("cus", number, "_"),
        "Customer": pc.binary_join_element_wise("Company", number, " "),
        "Customer Email": pc.binary_join_element_wise(number, "x.example", "@"), "Currency": constant("usd", m),
        **months,
    }  # fmt: skip


def _invoices(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return invoices, nine of ten for a month and one of ten for a year."""
    m, number = len(places), pa.array(places).cast(pa.string())
    start = np.datetime64("2023-01-01") + random.integers(0, 1000, m)
    end = start + np.where(random.random(m) < 0.9, 30, 365)
    day, last = (pc.utf8_slice_codeunits(stamps(days.astype("datetime64[s]")), 0, 16) for days in (start, end))
    customer = pa.array(random.integers(0, max(n // 20, 1), m)).cast(pa.string())
    return {
        "id": pc.binary_join_element_wise("in", number, "_"),
        "Customer": pc.binary_join_element_wise("cus", customer, "_"), "Status": constant("paid", m),
        "Currency": constant("usd", m), "Total": pa.array(random.integers(100, 90_000, m) / 100),
        "Tax": constant("0.00", m), "Date (UTC)": day, "Minimum Line Item Period Start (UTC)": day,
        "Maximum Line Item Period End (UTC)": last,
    }  # fmt: skip


def _spend(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return a row for each day of a year and campaign."""
    m, campaign = len(places), pa.array(places // 365).cast(pa.string())
    days = stamps((np.datetime64("2025-01-01") + places % 365).astype("datetime64[s]"))
    return {
        "Day": pc.utf8_slice_codeunits(days, 0, 10), "Campaign": pc.binary_join_element_wise("C", campaign, " "),
        "Campaign ID": campaign, "Campaign type": constant("Search", m), "Currency code": constant("USD", m),
        "Impr.": pa.array(random.integers(0, 9000, m)), "Clicks": pa.array(random.integers(0, 900, m)),
        "Cost": pa.array(random.integers(1, 90_000, m) / 100), "Conversions": pa.array(random.integers(0, 9, m)),
    }  # fmt: skip


def _leads(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return leads, one of five converted."""
    m, number = len(places), pa.array(places).cast(pa.string())
    at = np.datetime64("2022-01-01T00:00:00") + random.integers(0, 4 * 365 * 86400, m).astype("timedelta64[s]")
    converted = random.random(m) < 0.2
    became = pa.array(converted)
    day = stamps((at + np.timedelta64(86400 * 30, "s")).astype("datetime64[D]").astype("datetime64[s]"))
    contact, deal = ids("003", places), ids("006", random.integers(0, 10, m))
    return {
        "Id": ids("00Q", places), "IsDeleted": constant("0", m), "MasterRecordId": constant(NONE, m),
        "FirstName": constant("A", m), "LastName": number, "Title": constant("VP Ops", m),
        "Company": pc.binary_join_element_wise("Company", number, " "), "Country": constant("Denmark", m),
        "LeadSource": pa.array(["Web", "Webinar", "Other"]).take(pa.array(random.integers(0, 3, m))),
        "Status": pc.if_else(became, "Qualified", "Open"), "Industry": constant("Software", m),
        "OwnerId": ids("005", random.integers(0, 50, m)), "IsConverted": became.cast(pa.int8()),
        "ConvertedDate": pc.if_else(became, day, ""), "ConvertedContactId": pc.if_else(became, contact, NONE),
        "ConvertedOpportunityId": pc.if_else(became, deal, NONE), "CreatedDate": stamps(at),
        "SystemModstamp": stamps(at + np.timedelta64(86400 * 40, "s")),
    }  # fmt: skip


def _lead_history(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return changes of leads, five to a lead: of status, of owners, and of fields that are not used."""
    m = len(places)
    at = np.datetime64("2022-01-01T00:00:00") + random.integers(0, 4 * 365 * 86400, m).astype("timedelta64[s]")
    kind = random.integers(0, 5, m)
    is_owner = pa.array(kind == 3)
    words = pa.array(["Open", "Working", "Nurturing", "Qualified"])
    old, new = (pc.if_else(is_owner, ids("005", random.integers(0, 50, m)), words.take(pa.array(
        random.integers(0, 4, m)))) for _ in range(2))  # fmt: skip
    return {
        "Id": ids("017", places), "IsDeleted": constant("0", m), "LeadId": ids("00Q", places // 5),
        "CreatedById": ids("005", places % 50), "CreatedDate": stamps(at),
        "Field": pa.array(["Status", "Status", "Status", "Owner", "Phone"]).take(pa.array(kind)), "OldValue": old,
        "NewValue": new,
    }  # fmt: skip


def _payments(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return payments, one of twenty failed and one of thirty given back in part."""
    m, number = len(places), pa.array(places).cast(pa.string())
    at = np.datetime64("2023-01-01T00:00") + random.integers(0, 1000 * 1440, m).astype("timedelta64[m]")
    amount, failed = random.integers(1_000, 90_000, m) / 100, random.random(m) < 0.05
    customer = pa.array(random.integers(0, max(n // 20, 1), m)).cast(pa.string())
    back = pa.array(np.where((random.random(m) < 1 / 30) & ~failed, 5.0, 0.0))
    return {
        "id": pc.binary_join_element_wise("ch", number, "_"), "Description": constant("Plan", m),
        "Created (UTC)": pc.utf8_slice_codeunits(stamps(at.astype("datetime64[s]")), 0, 16),
        "Amount": pa.array(amount), "Amount Refunded": back, "Currency": constant("usd", m),
        "Converted Amount": pa.array(amount), "Converted Amount Refunded": back, "Fee": constant("1.00", m),
        "Converted Currency": constant("usd", m), "Mode": constant("Live", m),
        "Status": pc.if_else(pa.array(failed), "Failed", "Paid"),
        "Customer ID": pc.binary_join_element_wise("cus", customer, "_"), "Captured": constant("true", m),
        "Invoice ID": pc.binary_join_element_wise("in", number, "_"),
    }  # fmt: skip


def _web_traffic(random: np.random.Generator, places: np.ndarray, n: int) -> dict[str, pa.Array]:
    """Return visits of 1,000 days by source and landing page."""
    m, row = len(places), pa.array(places // 1000).cast(pa.string())
    days = stamps((np.datetime64("2023-01-01") + places % 1000).astype("datetime64[s]"))
    pairs = pa.array(["google / cpc", "google / organic", "(direct) / (none)", "linkedin / paid"])
    return {
        "Date": pc.utf8_slice_codeunits(days, 0, 10),
        "Session source / medium": pairs.take(pa.array(random.integers(0, 4, m))),
        "Session campaign": constant("(not set)", m),
        "Landing page + query string": pc.binary_join_element_wise("/p", row, constant("?utm_source=x", m), ""),
        "Sessions": pa.array(random.integers(1, 900, m)), "Key events": pa.array(random.integers(0, 9, m)),
    }  # fmt: skip


TABLES: dict[str, Callable[[np.random.Generator, np.ndarray, int], dict[str, pa.Array]]] = {
    "touches": _touches,
    "contacts": _contacts,
    "subscriptions": _subscriptions,
    "invoices": _invoices,
    "spend": _spend,
    "leads": _leads,
    "lead_history": _lead_history,
    "payments": _payments,
    "web_traffic": _web_traffic,
}
