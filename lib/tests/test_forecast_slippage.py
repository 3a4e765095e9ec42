"""What became of deals due on day 1: each fate by hand, a slow rebuild deal by deal, shares in plain arithmetic."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from frames import COMPANY, as_of, book, change, deal, table
from revops.analysis.pace import frozen_on
from revops.analysis.same_day import same_day
from revops.analysis.spans import spans
from revops.company import TYPES
from revops.measures.forecast_accuracy.deals.slippage import FATES, fates, slippage
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)
Q1, Q2 = CALENDAR.named("FY26-Q1"), CALENDAR.named("FY26-Q2")
LAST = dt.date(2026, 12, 31)
DUE = {"close_date": "2026-03-20"}


def fate_of(*states, record=None, last=LAST):
    """Return the fate of one deal in the first quarter of 2026; None where it was not due on day 1."""
    rows = [change("a", at, number, **{**DUE, **given}) for number, (at, given) in enumerate(states)]
    stood = spans(table("opportunity_history", rows), table("opportunities", [deal("a", **(record or {}))]),
                  as_of=last, company=COMPANY, types=("new", "expansion"))  # fmt: skip
    found = fates(stood, [Q1], as_of=last, company=COMPANY)["fate"].tolist()
    return found[0] if found else None


BEGAN = ("2025-12-01", {})
GRACE_DAY = f"2026-04-{COMPANY.grace_days:02d} 09:00"
TOO_LATE = f"2026-04-{COMPANY.grace_days + 1:02d} 09:00"


@pytest.mark.parametrize(
    ("states", "fate"),
    [
        ([("2026-03-01", {"stage_name": "Won", "close_date": "2026-03-01"})], "won"),
        ([(GRACE_DAY, {"stage_name": "Won", "close_date": "2026-03-31"})], "won"),
        ([(TOO_LATE, {"stage_name": "Won", "close_date": "2026-03-31"})], "overdue"),
        ([("2026-03-01", {"stage_name": "Lost"})], "lost"),
        ([("2026-03-01", {"stage_name": "Lost", "close_date": "2026-09-30"})], "lost"),
        ([(GRACE_DAY, {"stage_name": "Lost"})], "lost"),
        ([("2026-02-01", {"close_date": "2026-05-01"})], "slipped"),
        ([(GRACE_DAY, {"close_date": "2026-05-01"})], "slipped"),
        ([(GRACE_DAY, {"stage_name": "Won", "close_date": GRACE_DAY[:10]})], "slipped"),
        ([(GRACE_DAY, {"stage_name": "Lost", "close_date": "2026-05-01"})], "slipped"),
        ([("2026-02-01", {"close_date": "2026-05-01"}), ("2026-03-01", {"close_date": "2026-03-30"})], "overdue"),
        ([("2026-02-01", {"close_date": "2026-03-31"})], "overdue"),
        ([], "overdue"),
        ([("2026-02-01", {"stage_name": "Lead", "close_date": "2026-04-01"})], "slipped"),
        ([("2026-02-01", {"is_deleted": True})], "other"),
        ([("2026-02-01", {"stage_name": "Won", "close_date": "2025-12-20"})], "other"),
    ],
)  # fmt: skip
def test_each_fate_is_what_a_hand_would_say(states, fate):
    assert fate_of(BEGAN, *states) == fate


@pytest.mark.parametrize(
    "states",
    [
        [("2026-01-02", {})],
        [("2025-12-01", {"stage_name": "Lead"})],
        [("2025-12-01", {"close_date": "2025-12-31"})],
        [("2025-12-01", {"close_date": "2026-04-01"})],
        [BEGAN, ("2026-01-01 09:00", {"stage_name": "Won", "close_date": "2026-01-01"})],
    ],
)
def test_what_was_not_due_and_open_on_day_1_has_no_fate(states):
    assert fate_of(*states) is None


def test_the_first_and_the_last_day_of_the_quarter_are_due():
    for close in ("2026-01-01", "2026-03-31"):
        assert fate_of(("2026-01-01 09:00", {"close_date": close})) == "overdue"
    assert fate_of(BEGAN, record={"type": "renewal"}) is None


def random_company(seed, n=500):
    """Deals with one to six states at random days over four quarters, in every order that a CRM allows."""
    rng = np.random.default_rng(seed)
    deals, rows = [], []
    for number in range(n):
        id, began = f"d{number:03d}", pd.Timestamp("2025-09-01") + pd.Timedelta(days=int(rng.integers(0, 200)))
        days = np.sort(rng.integers(0, 220, rng.integers(1, 7)))
        days[0] = 0
        kind = str(rng.choice(["new", "expansion", "renewal"], p=[0.6, 0.3, 0.1]))
        deals.append(deal(id, created_at=f"{began:%Y-%m-%d} 09:00", type=kind))
        for sequence, day in enumerate(days):
            at = began + pd.Timedelta(days=int(day), hours=9, minutes=sequence)
            stage = rng.choice(["Lead", "Discovery", "Proposal", "Won", "Lost"], p=[0.15, 0.35, 0.2, 0.15, 0.15])
            close = at.normalize() + pd.Timedelta(days=int(rng.integers(-40, 120)))
            rows.append(change(id, str(at), sequence, stage_name=str(stage), close_date=f"{close:%Y-%m-%d}", type=kind,
                               amount=float(rng.integers(0, 9)) * 100 or None,
                               is_deleted=bool(sequence and rng.random() < 0.03)))  # fmt: skip
    return deals, rows


def slow_fates(company_book, rows, periods, last):
    """The slow twin: three days of each quarter rebuilt by the book, one deal at a time, pushes counted by hand."""
    view, found = as_of(company_book, str(last)), []
    for period in periods:
        days = (period.start, period.end, frozen_on(period, last, COMPANY.grace_days))
        first, ended, frozen = ({r["opportunity_id"]: r for r in view.state(day).to_dict("records")} for day in days)
        for id, row in sorted(first.items()):
            inside = period.start <= row["close_date"].date() <= period.end
            if row["outcome"] != "open" or not inside or row["type"] == "renewal" or row["stage_name"] == "Lead":
                continue
            before = [
                r["close_date"] for r in rows if r["opportunity_id"] == id and r["changed_at"][:10] <= str(days[0])
            ]
            pushes = sum(later > earlier for earlier, later in pairwise(before))
            now, fate = frozen.get(id), "other"
            if now is not None:
                close = now["close_date"].date()
                if now["outcome"] == "won" and period.start <= close <= period.end:
                    fate = "won"
                elif now["outcome"] == "lost" and (close <= period.end or ended[id]["outcome"] == "lost"):
                    fate = "lost"
                elif close > period.end:
                    fate = "slipped"
                elif now["outcome"] == "open":
                    fate = "overdue"
            amount = row["amount"] if row["amount"] == row["amount"] else 0.0
            found.append([period.name, id, pushes, amount, fate])
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fates_are_what_a_slow_rebuild_of_three_days_finds(seed):
    deals, rows = random_company(seed)
    company_book, last = book(deals, rows), dt.date(2026, 10, 15)
    records, history = (company_book.tables[name] for name in ("opportunities", "opportunity_history"))
    stood = spans(history, records, as_of=last, company=COMPANY)
    periods = [CALENDAR.named(f"FY26-Q{number}") for number in (1, 2, 3)]
    found = fates(stood, periods, as_of=last, company=COMPANY)
    columns = ["period", "opportunity_id", "pushes", "amount", "fate"]
    listed = found.sort_values(["period", "opportunity_id"])[columns].to_numpy().tolist()
    assert listed == slow_fates(company_book, rows, periods, last)
    assert set(found["fate"]) == set(FATES) and len(found) > 60 and found["pushes"].max() > 1


def test_the_due_and_the_won_are_those_that_the_same_day_of_other_measures_tells():
    deals, rows = random_company(5)
    last = dt.date(2026, 10, 15)
    stood = spans(table("opportunity_history", rows), table("opportunities", deals), as_of=last, company=COMPANY)
    for period in (Q1, Q2):
        ours = fates(stood, [period], as_of=last, company=COMPANY)
        theirs = same_day(stood, [period], days_left=period.days - 1, as_of=last, company=COMPANY).deals
        theirs = theirs[theirs["place"].eq("due")].reset_index(drop=True)
        assert ours["opportunity_id"].tolist() == theirs["opportunity_id"].tolist()
        assert ours["amount"].tolist() == theirs["amount"].tolist()
        assert ours["fate"].eq("won").tolist() == theirs["is_won"].tolist()


def test_quarters_that_are_not_over_are_left_out_and_nothing_later_changes_a_frozen_one():
    deals, rows = random_company(6)
    records, history = table("opportunities", deals), table("opportunity_history", rows)
    early, late = dt.date(2026, 6, 29), dt.date(2026, 10, 15)
    told = []
    for last in (early, late):
        known = history[history["changed_at"] < pd.Timestamp(last) + pd.Timedelta(days=1)]
        stood = spans(known.reset_index(drop=True), records, as_of=last, company=COMPANY)
        told.append(fates(stood, [Q1, Q2], as_of=last, company=COMPANY))
    assert told[0]["period"].unique().tolist() == ["FY26-Q1"]
    pd.testing.assert_frame_equal(told[0], told[1][told[1]["period"].eq("FY26-Q1")])


def test_the_category_comes_along_where_states_have_it():
    rows = [change("a", "2025-12-01", **DUE)]
    stood = spans(table("opportunity_history", rows), table("opportunities", [deal("a")]), as_of=LAST, company=COMPANY)
    assert fates(stood, [Q1], as_of=LAST, company=COMPANY)["forecast_category"].isna().all()
    told = fates(stood.assign(forecast_category="Forecast"), [Q1], as_of=LAST, company=COMPANY)
    assert told["forecast_category"].tolist() == ["Forecast"]


def rows_of(*given):
    """Rows of fates: period, pushes, amount, category, fate."""
    columns = ["period", "pushes", "amount", "forecast_category", "fate"]
    return pd.DataFrame(list(given), columns=columns).assign(opportunity_id=[str(n) for n in range(len(given))])


SMALL = rows_of(
    ("Q1", 0, 100.0, "Forecast", "won"), ("Q1", 0, 50.0, "Pipeline", "slipped"), ("Q1", 1, 50.0, "Forecast", "slipped"),
    ("Q2", 0, 200.0, "Pipeline", "lost"), ("Q2", 2, 60.0, None, "slipped"), ("Q2", 5, 40.0, "Forecast", "overdue"),
    ("Q2", 0, 0.0, "Pipeline", "other"),
)  # fmt: skip


def test_shares_are_those_of_the_amount_by_hand():
    """500 due: 100 won, 200 lost, 160 slipped, 40 overdue. Pushed twice or more: 60 of 100 slipped. In commit 190:
    100 won, 50 slipped, 40 overdue."""
    found = slippage(SMALL).set_index(["scope", "pushes"])
    shares = [f"{fate}_share" for fate in FATES]
    assert found.loc[("due", "all"), shares].tolist() == pytest.approx([0.2, 0.4, 0.32, 0.08, 0])
    assert found.loc[("due", "0"), shares].tolist() == pytest.approx([100 / 350, 200 / 350, 50 / 350, 0, 0])
    assert found.loc[("due", "1"), "slipped_share"] == 1
    assert found.loc[("due", "2+"), shares].tolist() == pytest.approx([0, 0, 0.6, 0.4, 0])
    assert found.loc[("commit", "all"), shares].tolist() == pytest.approx([100 / 190, 0, 50 / 190, 40 / 190, 0])
    assert found["n"].tolist() == [7, 4, 1, 2, 3, 1, 1, 1]
    assert found["amount"].tolist() == [500, 350, 50, 100, 190, 100, 50, 40]
    assert found["n_periods"].tolist() == [2, 2, 1, 1, 2, 1, 1, 1]


def test_the_range_is_the_jackknife_by_hand():
    """Slipped 100 of 200 and 60 of 300: 0.32. Without a quarter 0.2 and 0.5: variance (1/2) x (0.15^2 x 2) = 0.0225,
    so 0.15 x t(1 degree, 80 %) = 3.0777 x 0.15 = 0.4617; below 0 is cut."""
    row = slippage(SMALL).iloc[0]
    assert (row["slipped_low"], row["slipped_high"]) == pytest.approx((0, 0.32 + 3.0777 * 0.15), abs=1e-4)
    assert np.isnan(row["other_low"]) and row["other_share"] == 0, "it never happened: no spread to tell"
    one = slippage(SMALL[SMALL["period"].eq("Q1")]).iloc[0]
    assert one["slipped_share"] == 0.5 and np.isnan(one["slipped_low"]) and np.isnan(one["slipped_high"])


def random_rows(seed=4, n=400, quarters=8):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "period": [f"Q{q}" for q in np.sort(rng.integers(0, quarters, n))], "opportunity_id": np.arange(n).astype(str),
        "pushes": rng.integers(0, 4, n), "amount": rng.lognormal(9, 1, n),
        "forecast_category": rng.choice(["Forecast", "Pipeline", "BestCase"], n), "fate": rng.choice(FATES, n),
    })  # fmt: skip


def test_shares_add_up_to_one_and_the_parts_to_the_whole():
    deals = random_rows()
    found = slippage(deals)
    shares = found[[f"{fate}_share" for fate in FATES]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(8), abs=1e-12)
    slipped = (found["slipped_share"] * found["amount"]).to_numpy()
    assert slipped[1:4].sum() == pytest.approx(slipped[0]) and slipped[5:].sum() == pytest.approx(slipped[4])
    assert found["n"].iloc[1:4].sum() == found["n"].iloc[0] == len(deals)
    assert slipped[0] == pytest.approx(deals.loc[deals["fate"].eq("slipped"), "amount"].sum())


def test_order_ids_quarter_names_and_currency_change_no_share():
    deals = random_rows()
    first = slippage(deals)
    shuffled = slippage(deals.sample(frac=1, random_state=1).reset_index(drop=True))
    renamed = slippage(deals.assign(opportunity_id="x" + deals["opportunity_id"], period="z" + deals["period"]))
    for again in (shuffled, renamed, slippage(deals.assign(amount=deals["amount"] * 150))):
        again = again.assign(amount=first["amount"])
        pd.testing.assert_frame_equal(again, first, rtol=1e-9)


def test_a_wider_level_gives_a_wider_range_around_the_same_share():
    usual, wide = (slippage(random_rows(), level=level) for level in (0.8, 0.95))
    assert (wide["slipped_low"] < usual["slipped_low"]).all() and (wide["slipped_high"] > usual["slipped_high"]).all()
    assert wide["slipped_share"].tolist() == usual["slipped_share"].tolist()


def test_nothing_due_is_no_share_of_anything():
    empty = spans(
        table("opportunity_history", []), table("opportunities", []), as_of=LAST, company=COMPANY, types=TYPES
    )
    for periods in ([], [Q1]):
        deals = fates(empty, periods, as_of=LAST, company=COMPANY)
        assert deals.empty and list(deals) == ["period", "opportunity_id", "type", "stage_name", "pushes", "amount",
                                               "forecast_category", "fate"]  # fmt: skip
        found = slippage(deals)
        assert found["n"].tolist() == [0] * 4 and found["amount"].tolist() == [0] * 4
        assert found[["slipped_share", "slipped_low", "won_share"]].isna().all(axis=None)
    blank = slippage(rows_of(("Q1", 0, 0.0, None, "won"), ("Q2", 0, 0.0, None, "lost")))
    assert blank["n"].iloc[0] == 2 and np.isnan(blank["won_share"].iloc[0])
    assert set(blank["scope"]) == {"due"}, "no category is known: nothing is said of commit"
