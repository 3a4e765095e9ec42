"""Salesforce exports of any size, as the Data Export Service lays them out, written fast: what the gate is timed on."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from revops.company import Company

__all__ = ["COMPANY", "constant", "ids", "stamps", "write_exports"]

CHECKSUM = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost")
CATEGORIES = ("Pipeline", "Pipeline", "Best Case", "Commit", "Closed", "Omitted")
COMPANY = Company.model_validate(
    {
        "company": "Bench",
        "currency": "USD",
        "time_zone": "America/New_York",
        "stages": [
            *({"name": stage} for stage in STAGES[:4]),
            {"name": STAGES[4], "outcome": "won"},
            {"name": STAGES[5], "outcome": "lost"},
        ],
        "types": {"new": ["New Business"], "expansion": ["Existing Business"], "renewal": ["Renewal"]},
        "sources": [
            {"source": "marketing", "lead_source": ["Web", "Webinar"]},
            {"source": "other", "lead_source": ["*"]},
        ],
    }
)


def write_exports(folder: Path, n: int) -> None:
    """Write Opportunity.csv and OpportunityHistory.csv as the Data Export Service lays them out."""
    random = np.random.default_rng(7)
    stage = random.integers(0, 6, n)
    created = np.datetime64("2022-01-01T00:00:00") + random.integers(0, 4 * 365 * 86400, n).astype("timedelta64[s]")
    closes = created.astype("datetime64[D]") + random.integers(10, 300, n).astype("timedelta64[D]")
    deals = ids("006", np.arange(n))
    _write(folder / "Opportunity.csv", _opportunities(random, deals, stage, created, closes))
    _write(folder / "OpportunityHistory.csv", _history(random, deals, stage, created, closes))


def _opportunities(
    random: np.random.Generator, deals: pa.Array, stage: np.ndarray, created: np.ndarray, closes: np.ndarray
) -> dict[str, pa.Array]:
    n = len(deals)
    users, accounts = ids("005", np.arange(500)), ids("001", np.arange(max(n // 5, 1)))
    amount = pa.array(random.lognormal(10, 1, n).round(2))
    stamp, day = stamps(created), stamps(closes.astype("datetime64[s]"))
    modified = stamps(created + np.timedelta64(86400 * 60, "s"))
    owner = users.take(random.integers(0, 500, n))
    none = pa.array(np.repeat("000000000000000AAA", n))
    zero, blank = constant("0", n), constant("", n)
    kind = pa.array(["New Business", "Existing Business", "Renewal"]).take(random.integers(0, 3, n))
    source = pa.array(["Web", "Webinar", "Outbound", "Partner", ""]).take(random.integers(0, 5, n))
    numbers = pa.array(np.arange(n)).cast(pa.string())
    return {
        "Id": deals, "IsDeleted": zero, "AccountId": accounts.take(random.integers(0, len(accounts), n)),
        "IsPrivate": zero,
        "Name": pc.binary_join_element_wise("Deal number", numbers, " "), "Description": blank,
        "StageName": pa.array(STAGES).take(stage), "StageSortOrder": pa.array(stage + 1),
        "Amount": amount, "Probability": pa.array(stage * 15), "ExpectedRevenue": amount,
        "TotalOpportunityQuantity": blank, "CloseDate": day, "Type": kind,
        "NextStep": constant("Call them back, then send the order form", n), "LeadSource": source,
        "IsClosed": pa.array((stage > 3).astype(int)), "IsWon": pa.array((stage == 4).astype(int)),
        "ForecastCategory": pa.array(CATEGORIES).take(stage),
        "ForecastCategoryName": pa.array(CATEGORIES).take(stage),
        "CurrencyIsoCode": constant("USD", n), "CampaignId": none, "HasOpportunityLineItem": zero,
        "Pricebook2Id": none,
        "OwnerId": owner, "CreatedDate": stamp, "CreatedById": owner, "LastModifiedDate": modified,
        "LastModifiedById": owner, "SystemModstamp": modified, "LastActivityDate": blank,
        "LastStageChangeDate": modified, "FiscalYear": pa.array(closes.astype("datetime64[Y]").astype(int) + 1970),
        "FiscalQuarter": constant("2", n), "ContactId": none,
    }  # fmt: skip


def _history(
    random: np.random.Generator, deals: pa.Array, stage: np.ndarray, created: np.ndarray, closes: np.ndarray
) -> dict[str, pa.Array]:
    place, step = np.repeat(np.arange(len(deals)), 4), np.tile(np.arange(4), len(deals))
    n = len(place)
    now = np.where(step == 3, stage[place], np.minimum(step, 3))
    at = created[place] + (step * 86400 * 20 + random.integers(0, 86400, n) * (step > 0)).astype("timedelta64[s]")
    stamp, later = stamps(at), stamps(at + np.timedelta64(86400 * 20, "s"))
    amount = pa.array(random.lognormal(10, 1, n).round(2))
    day = stamps(closes[place].astype("datetime64[s]"))
    return {
        "Id": ids("008", np.arange(n)), "OpportunityId": deals.take(place), "CreatedById": ids("005", place % 500),
        "CreatedDate": stamp, "CreatedDateForInsert": stamp, "StageName": pa.array(STAGES).take(now), "Amount": amount,
        "ExpectedRevenue": amount, "CloseDate": day, "Probability": pa.array(now * 15),
        "FromForecastCategory": pa.array(CATEGORIES).take(now), "ForecastCategory": pa.array(CATEGORIES).take(now),
        "PrevForecastUpdate": stamp, "FromOpportunityStageName": pa.array(STAGES).take(now),
        "PrevOpportunityStageUpdate": stamp, "CurrencyIsoCode": constant("USD", n), "ValidThroughDate": later,
        "SystemModstamp": stamp, "IsDeleted": constant("0", n), "PrevAmount": amount, "PrevCloseDate": day,
    }  # fmt: skip


def ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Return the ids of 18 characters of some numbers, the last three their checksum."""
    n = len(numbers)
    places = (numbers[:, None] // 62 ** np.arange(6, -1, -1)) % 62
    body = np.concatenate([np.tile(list(f"{prefix}8d000"), (n, 1)), LETTERS[places]], axis=1)
    bits = (body >= "A") & (body <= "Z")
    sums = (bits.reshape(n, 3, 5) * 2 ** np.arange(5)).sum(axis=2)
    whole = np.ascontiguousarray(np.concatenate([body, CHECKSUM[sums]], axis=1))
    return pa.array(whole.view("U18").ravel())


def stamps(values: np.ndarray) -> pa.Array:
    """Return seconds as the Data Export Service writes them."""
    return pc.strftime(pa.array(values.astype("datetime64[s]")), "%Y-%m-%d %H:%M:%S")


def constant(text: str, n: int) -> pa.Array:
    """Return the same text `n` times."""
    return pa.repeat(text, n)


def _write(path: Path, columns: dict[str, pa.Array]) -> None:
    texts = {name: column.cast(pa.string()) for name, column in columns.items()}
    csv.write_csv(pa.table(texts), path, csv.WriteOptions(quoting_style="all_valid"))
