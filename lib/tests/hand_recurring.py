"""Tiny companies with bills, and the plain loops that tell who pays what in which month."""

import numpy as np
import pandas as pd
from spending_companies import seen

WORDS = ("active", "none", "past_due", "paused", "free", "trialing")
CHANCES = (0.66, 0.14, 0.07, 0.06, 0.04, 0.03)


def bill(customer, month, amount=100.0, status=None, **given):
    """Return what one customer of the billing system pays in a month: of its account A-<customer>."""
    word = status or ("active" if amount > 0 else "free")
    row = {"customer_id": customer, "month": f"{month}-01", "account_id": f"A-{customer}", "status": word,
           "recurring_amount": float(amount), "currency": "USD", "basis": "reported"}  # fmt: skip
    return row | given


def bills(customer, first, *amounts, **given):
    """Return what a customer pays from a month on; None: no row, a word: a row of that status with nothing paid."""
    months = pd.period_range(first, periods=len(amounts), freq="M").astype(str)
    return [bill(customer, month, *((0.0, value) if isinstance(value, str) else (value,)), **given)
            for month, value in zip(months, amounts, strict=True) if value is not None]  # fmt: skip


def billed(*lines, day="2026-06-30", **others):
    """Return a company with these bills as of a day."""
    return seen(day, last=day, subscriptions=[row for line in lines for row in line], **others)


def random_bills(seed, n=14, n_months=20):
    """Return rows of a random company: every kind of gap, several billing customers of one account, missing months."""
    rng = np.random.default_rng(seed)
    months = pd.period_range("2024-09", periods=n_months, freq="M").astype(str)
    dropped = set(rng.choice(months[1:-1], int(rng.integers(0, 4)), replace=False))
    rows = []
    for number in range(n):
        account = None if number % 5 == 4 else f"A{number % 9}"
        begins, ends = sorted(rng.integers(0, n_months + 1, 2))
        for month in months[begins:ends]:
            word = str(rng.choice(WORDS, p=CHANCES))
            amount = float(rng.choice([100.0, 150.25, 80.1])) if word == "active" else 0.0
            if word != "none" and month not in dropped:
                rows.append(bill(f"c{number:02d}", month, amount, word, account_id=account))
    return rows


def slow_months(rows, late_months):
    """Return the months, and by customer what it pays in each (None: not a customer), in plain loops."""
    reported = sorted({row["month"][:7] for row in rows})
    months = [str(month) for month in pd.period_range(reported[0], reported[-1], freq="M")]
    paid = {}
    for billing in sorted({row["customer_id"] for row in rows}):
        mine = {row["month"][:7]: row for row in rows if row["customer_id"] == billing}
        line = _line([mine.get(month) for month in reported], late_months)
        name = next(iter(mine.values()))["account_id"] or billing
        known = paid.setdefault(name, [None] * len(reported))
        for place, value in enumerate(line):
            if value is not None:
                known[place] = (known[place] or 0.0) + value
    found = {}
    for name, line in paid.items():
        spread, at = [], -1
        for month in months:
            at += month in reported
            spread.append(line[at])
        first = next((place for place, value in enumerate(spread) if value), None)
        if first is not None:
            found[name] = [None] * first + spread[first:]
    return months, found


def _line(told, late_months):
    line, last = [], None
    for row in told:
        if row and (row["recurring_amount"] > 0 or row["status"] == "paused"):
            last = row["recurring_amount"]
            line.append(last)
        else:
            line.append(last if row and row["status"] == "past_due" else None)
    place = 0
    while place < len(line):
        until = place
        while until < len(line) and line[until] is None:
            until += 1
        if 0 < place < until < len(line) and until - place <= late_months:
            line[place:until] = [line[place - 1]] * (until - place)
        place = max(until, place + 1)
    return line


def slow_movements(months, paid, periods):
    """Return by period what moved recurring revenue, in plain loops over customers and months."""
    table = {}
    for place in range(1, len(months)):
        kinds = ("new", "expansion", "contraction", "churn", "reactivation", "n_new", "n_churn", "n_reactivation")
        empty = dict.fromkeys(kinds, 0) | {"n_months": 0, "opening": _sum(paid, place - 1)}
        row = table.setdefault(periods[place], empty)
        row |= {"closing": _sum(paid, place), "n_months": row["n_months"] + 1}
        for line in paid.values():
            before, now = line[place - 1], line[place]
            if before is None and now is None:
                continue
            if before is None:
                kind = "reactivation" if any(value is not None for value in line[:place]) else "new"
            elif now is None:
                kind = "churn"
            else:
                kind = "expansion" if now > before else "contraction"
            row[kind] += (now or 0) - (before or 0)
            if f"n_{kind}" in row:
                row[f"n_{kind}"] += 1
    return table


def slow_retention(paid, then, now):
    """Return nrr, grr, logo churn and the number of customers between two places of the months, in plain loops."""
    base = kept = capped = lost = n = 0
    for line in paid.values():
        if line[then]:
            n, base, kept = n + 1, base + line[then], kept + (line[now] or 0)
            capped += min(line[now] or 0, line[then])
            lost += line[now] is None
    return kept / base, capped / base, lost / n, n


def _sum(paid, place):
    return sum(line[place] or 0 for line in paid.values())
