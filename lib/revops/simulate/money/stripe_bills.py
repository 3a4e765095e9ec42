"""Stripe: invoices, credit notes and payments, as they stood at the end of a day."""

from pathlib import Path

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.files import write_text
from revops.simulate.model import World
from revops.simulate.money.billing import billing
from revops.simulate.money.months import day_of
from revops.simulate.money.recurring import Recurring
from revops.simulate.money.stripe_files import LETTERS, customer_ids
from revops.simulate.records import money_text

__all__ = ["write_bills"]

_PREFIXES = {"invoice": "in", "credit note": "cn", "payment": "ch", "failed payment": "ch"}
_REASON = "order_change"


def write_bills(world: World, found: Recurring, folder: Path, day: int) -> list[Path]:
    """Write what was billed, credited and paid up to a day; what is paid or given back later is not in it."""
    bills = billing(world, found).bills
    customers = found.customers.loc[bills["customer"]]
    bills = bills.assign(
        key=customer_ids(world, len(found.customers))[bills["customer"]],
        name=world.accounts["name"].to_numpy()[customers["account"]],
        currency=np.where(customers["foreign"], "eur", "usd"),
        rate=np.where(customers["foreign"], world.plan.foreign_rate, 1.0),
        **{kind: _ids(world, kind, len(bills)) for kind in ("invoice", "credit note", "payment", "failed payment")},
    )
    shown = bills[bills["day"] <= day].sort_values(["day", "invoice"])
    tables = {
        "invoices": _invoices(shown, found, day),
        "credit_notes": _credit_notes(shown[shown["credit_day"] <= day]),
        "unified_payments": _payments(shown, day),
    }
    return [
        write_text(folder / "stripe" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        for name, table in tables.items()
        if len(table)
    ]


def _ids(world: World, kind: str, n: int) -> Array:
    """Return n ids of a kind, the same in an export of any day."""
    drawn = stream(world.seed, f"billing ids of each {kind}").choice(len(LETTERS), (n, 14))
    return np.array([f"{_PREFIXES[kind]}_{''.join(row)}" for row in LETTERS[drawn]], dtype=object)


def _invoices(bills: pd.DataFrame, found: Recurring, day: int) -> pd.DataFrame:
    """Return a row per invoice; the period of its lines ends on the first day after it, at midnight."""
    paid = bills["paid_day"] <= day
    months = np.datetime64(int(found.months[0]), "D").astype("datetime64[M]") + bills["first"].to_numpy()
    credited = np.where(bills["credit_day"] <= day, bills["cents"] - bills["paid_cents"], 0)
    return pd.DataFrame({
        "id": bills["invoice"], "Customer": bills["key"], "Customer Name": bills["name"],
        "Status": np.where(paid, "paid", "open"), "Currency": bills["currency"],
        "Amount Due": _money(bills["cents"] - credited), "Amount Paid": _money(np.where(paid, bills["paid_cents"], 0)),
        "Tax": "0.00", "Total": _money(bills["cents"]), "Date (UTC)": _stamps(bills["day"], "15:00"),
        "Due Date (UTC)": _stamps(bills["due_day"], "15:00"),
        "Paid At (UTC)": _stamps(bills["paid_day"].where(paid), "16:00"),
        "Minimum Line Item Period Start (UTC)": [f"{month}-01 00:00" for month in months],
        "Maximum Line Item Period End (UTC)": [f"{month}-01 00:00" for month in months + bills["n_months"].to_numpy()],
    })  # fmt: skip


def _credit_notes(bills: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "id": bills["credit note"], "Invoice": bills["invoice"], "Customer": bills["key"],
        "Customer Name": bills["name"], "Status": "issued", "Currency": bills["currency"],
        "Amount": _money(bills["credit_cents"]),
        "Created (UTC)": _stamps(bills["credit_day"], "15:00"), "Reason": _REASON,
    }).sort_values(["Created (UTC)", "id"])  # fmt: skip


def _payments(bills: pd.DataFrame, day: int) -> pd.DataFrame:
    """Return a row per payment, and one per time that a card was refused, in the order of their days."""
    back = bills["refund_cents"].where(bills["refund_day"] <= day, 0)
    paid = bills.assign(id=bills["payment"], at=bills["paid_day"], back=back, failed=False)
    refused = bills.assign(id=bills["failed payment"], at=bills["day"], back=0, paid_cents=bills["cents"])
    rows = pd.concat([paid, refused[refused["failed"]]])
    rows = rows[rows["at"] <= day].sort_values(["at", "id"])
    return pd.DataFrame({
        "id": rows["id"], "Created date (UTC)": _stamps(rows["at"], "16:00"), "Amount": _money(rows["paid_cents"]),
        "Amount Refunded": _money(rows["back"]), "Currency": rows["currency"],
        "Captured": np.where(rows["failed"], "false", "true"),
        "Converted Amount": _money(np.round(rows["paid_cents"] * rows["rate"])),
        "Converted Amount Refunded": _money(np.round(rows["back"] * rows["rate"])), "Converted Currency": "usd",
        "Mode": "Live", "Status": np.where(rows["failed"], "Failed", "Paid"), "Customer ID": rows["key"],
        "Invoice ID": rows["invoice"],
    })  # fmt: skip


def _money(cents: pd.Series | Array) -> Array:
    return money_text(np.asarray(cents).astype(np.int64), 2)


def _stamps(days: pd.Series, time: str) -> list[str]:
    return ["" if np.isnan(day) else f"{day_of(day)} {time}" for day in days.astype(float)]
