"""Tiny companies with people and touches, for tests of journeys."""

import pandas as pd

from frames import COMPANY, as_of, book, change, deal
from revops.analysis.journeys import JourneyKnobs, Journeys, journeys_of
from revops.company import Company

DAY = "2026-06-30"
WITH_CHANNELS = COMPANY.model_copy(
    update={"channels": {"search": ("google", "*search*"), "social": ("linkedin", "LI |*")}}
)


def won(id: str, account: str | None = "A", **given: object) -> dict:
    """Return an opportunity made on 1 March 2026 at nine and won on 1 May, 100."""
    return deal(id, **{"account_id": account, "stage_name": "Won", "created_at": "2026-03-01 09:00",
                       "close_date": "2026-05-01", **given})  # fmt: skip


def touch(id: str, whom: str | None, at: str, channel: str | None = "webinar", **given: object) -> dict:
    """Return an answered touch of a contact; its campaign is called as its channel."""
    return {"touch_id": id, "contact_id": whom, "touched_at": at, "channel": channel, "campaign_id": channel,
            "is_response": True, **given}  # fmt: skip


def contact(id: str, account: str | None = "A", **given: object) -> dict:
    """Return a contact known since 2025."""
    return {"contact_id": id, "account_id": account, "created_at": "2025-01-01", **given}


def role(deal: str, contact: str) -> dict:
    """Return a contact role."""
    return {"opportunity_id": deal, "contact_id": contact}


def states(deals: list[dict]) -> list[dict]:
    """Return a history in which each opportunity is open from its creation and then what it is at its close."""
    rows = []
    for row in deals:
        rows.append(change(row["opportunity_id"], row["created_at"], amount=row["amount"], type=row["type"]))
        if row["outcome"] != "open":
            rows.append(change(row["opportunity_id"], row["close_date"] + " 12:00", 1, stage_name=row["stage_name"],
                               amount=row["amount"], close_date=row["close_date"], type=row["type"]))  # fmt: skip
    return rows


def found(
    deals: list[dict], touches: list[dict] = (), *, contacts: list[dict] = (), roles: list[dict] = (),
    leads: list[dict] = (), history: list[dict] | None = None, day: str = DAY, company: Company = COMPANY,
    **knobs: object,
) -> Journeys:  # fmt: skip
    """Return the journeys of a tiny company."""
    tables = {"contacts": contacts, "contact_roles": roles, "leads": leads, "touches": touches}
    tables = {name: list(rows) for name, rows in tables.items() if rows}
    whole = book(deals, states(deals) if history is None else history, company, **tables)
    return journeys_of(as_of(whole, day), JourneyKnobs(**knobs))


def paths(result: Journeys, of: str = "touch_id") -> dict[str, list]:
    """Return the touches of each journey, in order, by the id of its record."""
    values = pd.Series(result.channels)[result.touches["channel"]] if of == "channel" else result.touches[of]
    table = pd.Series(list(values), dtype=object).groupby(result.touches["journey"].to_numpy()).agg(list)
    return {result.journeys["record_id"][number]: path for number, path in table.items()}


def reasons(result: Journeys, kind: str = "won") -> dict[str, tuple[int, float]]:
    """Return deals and amount of one kind by reason."""
    rows = result.reconciliation[result.reconciliation["kind"].eq(kind)]
    return {row.reason: (row.n_deals, row.amount) for row in rows.itertuples()}


def fates(result: Journeys) -> dict[str, int]:
    """Return touches by reason."""
    return dict(zip(result.left_out["reason"], result.left_out["n_touches"], strict=True))
