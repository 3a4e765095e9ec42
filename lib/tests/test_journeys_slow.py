"""Journeys of made-up companies: as plain loops find them, and blind to all that comes after the day."""

import datetime as dt
import functools

import numpy as np
import pandas as pd
import pytest
from companies_of_people import WITH_CHANNELS, found, touch
from slow_journeys import slow_journeys

from frames import as_of, book, change, deal, with_tables
from revops.analysis.journeys import JourneyKnobs, journeys_of, known_on
from revops.book import Book

START = pd.Timestamp("2026-01-01")
BEST = {
    "with touches": "used", "touches only in channels left out": "left out", "touches never answered": "never answered",
    "touches only before the lookback": "before the lookback", "touches only after it closed": "after",
    "touches only after it was created": "after", "no touches of its people": "none", "no contact": "none",
    "no account and no contact": "none",
}  # fmt: skip


def pick(rng, values, p_none=0.0):
    return None if rng.random() < p_none else values[rng.integers(len(values))]


def stamp(rng, p_none=0.0, whole=0.5, last=60, every=1):
    """Return a moment of the first weeks, often a whole day, so that many are equal."""
    if rng.random() < p_none:
        return None
    day = START + pd.Timedelta(days=int(rng.integers(last)) // every * every)
    return str(day if rng.random() < whole else day + pd.Timedelta(hours=int(rng.integers(24))))


@functools.cache
def made_up(seed: int) -> Book:
    """Return a company of ten deals, a dozen contacts and leads and sixty touches in sixty days, full of gaps."""
    rng = np.random.default_rng(seed)
    accounts, names = list("ABCDE"), [f"d{n}" for n in range(10)]
    deals, history = [], []
    for id in names:
        made = stamp(rng, last=40)
        row = deal(
            id,
            account_id=pick(rng, accounts, 0.1),
            created_at=made,
            type=pick(rng, ["new", "expansion", "renewal"]),
            amount=None if rng.random() < 0.1 else float(rng.integers(1, 10_000)) / 100,
        )
        deals.append(row)
        history.append(change(id, made, 0, amount=row["amount"], type=row["type"]))
        at = pd.Timestamp(made)
        for n in range(1, int(rng.integers(1, 4))):
            at += pd.Timedelta(hours=int(rng.integers(1, 500)))
            close = str((at + pd.Timedelta(days=int(rng.integers(-2, 4)))).normalize())
            history.append(
                change(
                    id,
                    str(at),
                    n,
                    stage_name=pick(rng, ["Won", "Lost", "Discovery", "Won"]),
                    close_date=close,
                    amount=row["amount"],
                    type=row["type"],
                    is_deleted=bool(rng.random() < 0.08),
                )
            )
    contacts = [
        {
            "contact_id": f"c{n}",
            "account_id": pick(rng, accounts, 0.2),
            "created_at": stamp(rng, 0.1, last=50),
            "lead_at": stamp(rng, 0.6),
        }
        for n in range(10)
    ]
    everyone = [f"c{n}" for n in range(12)]
    roles = {(pick(rng, [*names, "gone"]), pick(rng, everyone)) for _ in range(9)}
    leads = [_lead(rng, f"l{n}", everyone, accounts, names) for n in range(10)]
    of_lead = {lead["lead_id"]: lead["contact_id"] for lead in leads}
    touches = [_touch(rng, f"t{n:02}", everyone, of_lead) for n in rng.permutation(60)]
    roles = [{"opportunity_id": d, "contact_id": c} for d, c in sorted(roles)]
    return book(deals, history, WITH_CHANNELS, contacts=contacts, contact_roles=roles, leads=leads, touches=touches)


def _lead(rng, id, everyone, accounts, deals):
    made = stamp(rng, last=45)
    lead = {"lead_id": id, "created_at": made, "contact_id": None}
    if rng.random() < 0.6:
        to = pd.Timestamp(made).normalize() + pd.Timedelta(days=int(rng.integers(30)))
        lead |= {"converted_date": None if rng.random() < 0.1 else str(to), "contact_id": pick(rng, everyone, 0.1),
                 "account_id": pick(rng, accounts, 0.3), "opportunity_id": pick(rng, deals, 0.4)}  # fmt: skip
    return lead


def _touch(rng, id, everyone, of_lead):
    lead = pick(rng, [*of_lead, "l99"], 0.5)
    whom = pick(rng, everyone, 0.1) if lead is None else of_lead.get(lead)
    row = touch(id, whom, stamp(rng, every=6), pick(rng, ["mail", "fair", "direct"], 0.1), lead_id=lead,
                campaign_id=pick(rng, ["m", "n"], 0.2), utm_source=pick(rng, ["google", "x"], 0.5),
                is_response=pick(rng, [True, False], 0.2))  # fmt: skip
    if rng.random() < 0.5:
        entered = pd.Timestamp(row["touched_at"]) - pd.Timedelta(hours=int(rng.integers(-48, 200)))
        row |= {"associated_at": str(entered)}
        row |= {"responded_date": row["touched_at"][:10]} if row["is_response"] else {}
    return row


def any_knobs(seed: int) -> JourneyKnobs:
    rng = np.random.default_rng([seed, 7])
    return JourneyKnobs(
        types=pick(rng, [("new",), ("new", "renewal")], 0.5), cutoff=pick(rng, ["close", "creation"]),
        since=pick(rng, [dt.date(2026, 1, 15)], 0.7), until=pick(rng, [dt.date(2026, 2, 20)], 0.7),
        lookback_days=pick(rng, [0, 5, 20], 0.4), account_fallback=pick(rng, ["off", "no_roles", "always"]),
        responses_only=bool(rng.random() < 0.5),
        once_a_day=pick(rng, ["off", "person_campaign", "person_channel", "campaign", "channel"]),
        without_channels=pick(rng, [(), ("direct",), ("direct", "mail", "fair")]), lost=bool(rng.random() < 0.7),
        keep_open=bool(rng.random() < 0.5), never_converted=pick(rng, ["off", "people", "accounts"]),
        quiet_days=int(rng.integers(0, 10)),
    )  # fmt: skip


def compare(view, knobs):
    """Hold the journeys of a view against plain loops; return how many there are."""
    fast, (slow, told) = journeys_of(view, knobs), slow_journeys(view, knobs)
    table, touches = fast.journeys, fast.touches
    assert table["record_id"].tolist() == [row["id"] for row in slow]
    for name in ("kind", "wins", "losses", "lead", "opportunity", "won"):
        assert table[name].tolist() == [row[name] for row in slow], name
    assert table["ended_at"].tolist() == [pd.Timestamp(row["ended"]) for row in slow]
    assert table["amount"].tolist() == [row["amount"] * row["wins"] for row in slow]
    each = [(n, t, row) for n, row in enumerate(slow) for t in row["path"]]
    assert touches["journey"].tolist() == [n for n, _, _ in each]
    assert touches["touch_id"].tolist() == [t["touch_id"] for _, t, _ in each]
    assert [fast.channels[n] for n in touches["channel"]] == [t["channel"] for _, t, _ in each]
    assert fast.channels == tuple(sorted({t["channel"] for _, t, _ in each}))
    days = [max((row["ended"] - t["at"]) / dt.timedelta(days=1), 0) for _, t, row in each]
    np.testing.assert_allclose(touches["days_before"], days, rtol=1e-12, atol=1e-12)
    sums = fast.reconciliation.assign(best=fast.reconciliation["reason"].map(BEST)).groupby(["kind", "best"])
    np.testing.assert_allclose(sums["amount"].sum().reindex(told.index), told["amount"])
    assert sums["n_deals"].sum().to_dict() == told["n"].to_dict()
    return len(slow)


@pytest.mark.parametrize("seed", range(24))
def test_journeys_are_what_plain_loops_find(seed):
    day = "2026-03-20" if seed % 2 else "2026-02-10"
    compare(as_of(made_up(seed), day), any_knobs(seed))


def test_the_made_up_companies_have_journeys_of_every_kind():
    kinds, reasons = set(), set()
    for seed in range(24):
        result = journeys_of(as_of(made_up(seed), "2026-03-20" if seed % 2 else "2026-02-10"), any_knobs(seed))
        kinds |= {*result.journeys["kind"], *result.reconciliation["kind"]}
        reasons |= set(result.left_out["reason"]) | set(result.reconciliation["reason"])
    assert kinds == {"won", "lost", "open", "undated", "never"}
    assert reasons == set(BEST) | {
        "used", "repeat of the same day", "channel left out", "not answered", "before the lookback", "after the end",
        "of nobody on these deals",
    }  # fmt: skip


def test_what_is_known_on_a_day_serves_all_knobs_one_after_another():
    """One Known for 24 sets of knobs, forth and back: each time what would have been found from nothing."""
    view = as_of(made_up(5), "2026-03-20")
    known, seeds = known_on(view), [*range(24), *reversed(range(24))]
    assert len({any_knobs(seed).account_fallback for seed in seeds}) == 3
    for seed in seeds:
        same(journeys_of(view, any_knobs(seed), known=known), journeys_of(view, any_knobs(seed)))


def without_later(book: Book, day: str) -> dict[str, pd.DataFrame]:
    """Return the tables of people and touches as they would have been exported on a day."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    contacts, leads, roles, touches = (book.table(n) for n in ("contacts", "leads", "contact_roles", "touches"))
    unborn = set(contacts.loc[contacts["created_at"] >= end, "contact_id"])
    contacts = contacts[~contacts["contact_id"].isin(unborn)]
    contacts = contacts.assign(lead_at=contacts["lead_at"].where(contacts["lead_at"] < end))
    unborn_leads = set(leads.loc[leads["created_at"] >= end, "lead_id"])
    leads = leads[~leads["lead_id"].isin(unborn_leads)]
    to_come = (leads["converted_date"] >= end) | leads["contact_id"].isin(unborn)
    leads = leads.assign(
        **{n: leads[n].mask(to_come) for n in ("contact_id", "account_id", "opportunity_id", "converted_date")}
    )
    of_unborn = touches["lead_id"].isin(unborn_leads)
    of_to_come = touches["lead_id"].isin(leads.loc[to_come, "lead_id"])
    touches = touches.assign(contact_id=touches["contact_id"].mask(of_to_come | touches["contact_id"].isin(unborn)))
    answers = (touches["responded_date"] >= end) | (touches["touched_at"] >= end)
    touches = touches.assign(touched_at=touches["touched_at"].mask(answers, touches["associated_at"]),
                             is_response=touches["is_response"].mask(answers, False),
                             responded_date=touches["responded_date"].mask(answers))  # fmt: skip
    touches = touches[
        ~of_unborn
        & ~(touches["associated_at"] >= end)
        & (touches["touched_at"] < end)
        & (touches["contact_id"].notna() | touches["lead_id"].notna())
    ]
    deals, history = book.table("opportunities"), book.table("opportunity_history")
    tables = {"contacts": contacts, "leads": leads, "contact_roles": roles[~roles["contact_id"].isin(unborn)],
              "touches": touches, "opportunities": deals[deals["created_at"] < end],
              "opportunity_history": history[history["changed_at"] < end]}  # fmt: skip
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def same(one, other, but=()):
    for name in ("journeys", "touches", "reconciliation", "left_out"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert (one.channels, one.has_only_ends) == (other.channels, other.has_only_ends)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_comes_after_the_day_changes_anything(seed):
    """The same day seen from an export of that day, and from one in which all that came later is wild."""
    whole, knobs, day = made_up(seed), any_knobs(seed), "2026-02-10"
    now = journeys_of(as_of(whole, day), knobs)
    past = with_tables(whole, **without_later(whole, day))
    same(now, journeys_of(as_of(past, day), knobs))
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    touches = whole.table("touches")
    later = touches["touched_at"].ge(end) & touches["associated_at"].isna()
    wild = pd.concat(
        [
            touches.assign(channel=touches["channel"].mask(later, "wild")),
            touches[later].assign(touch_id="x" + touches["touch_id"], channel="wild"),
        ],
        ignore_index=True,
    )
    assert later.any()
    same(now, journeys_of(as_of(with_tables(whole, touches=wild), day), knobs))


@pytest.mark.parametrize("seed", range(8))
def test_order_of_rows_and_names_of_ids_change_nothing(seed):
    whole, knobs = made_up(seed), any_knobs(seed)
    rng = np.random.default_rng(seed)
    now = journeys_of(as_of(whole, "2026-03-20"), knobs)
    names = [name for name in whole.tables if name != "opportunity_history"]
    mixed = {name: whole.tables[name].sample(frac=1, random_state=rng, ignore_index=True) for name in names}
    same(now, journeys_of(as_of(with_tables(whole, **mixed), "2026-03-20"), knobs))
    renamed = {}
    for name, table in whole.tables.items():
        ids = [c for c in table.columns if c.endswith("_id") and table[c].notna().any()]
        renamed[name] = table.assign(**{c: "x-" + table[c] for c in ids})
    other = journeys_of(as_of(with_tables(whole, **renamed), "2026-03-20"), knobs)
    ids = ["record_id", "opportunity_id", "account_id"]
    pd.testing.assert_frame_equal(now.journeys.drop(columns=ids), other.journeys.drop(columns=ids))
    pd.testing.assert_frame_equal(
        now.touches.drop(columns=["touch_id", "campaign_id"]), other.touches.drop(columns=["touch_id", "campaign_id"])
    )
    pd.testing.assert_frame_equal(now.reconciliation, other.reconciliation)


def test_tables_that_are_given_stay_as_they_are():
    whole = made_up(3)
    before = {name: table.copy() for name, table in whole.tables.items()}
    journeys_of(as_of(whole, "2026-03-20"))
    for name, table in whole.tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_ids_that_a_contact_and_a_lead_share_are_two_people():
    result = found([deal("d1", account_id="A", created_at="2026-03-01")], [touch("t1", "1", "2026-02-01"),
                   touch("t2", None, "2026-02-02", lead_id="1")], contacts=[{"contact_id": "1", "account_id": "A"}],
                   leads=[{"lead_id": "1", "created_at": "2026-02-02"}], cutoff="creation")  # fmt: skip
    assert result.journeys["record_id"].tolist() == ["d1", "1"]
    assert result.touches["person"].tolist() == [0, 1]
