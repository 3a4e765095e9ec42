"""Journeys once more, deal by deal in plain loops: to compare with, never to use."""

import datetime as dt

import pandas as pd

from revops.analysis.journeys import UNKNOWN_CHANNEL, JourneyKnobs
from revops.book import AsOf

RANK = ["after", "before the lookback", "never answered", "left out", "used"]


def rows(view: AsOf, name: str) -> list[dict]:
    """Return a table as dicts, None for what is missing."""
    table = view.book.table(name).astype(object)
    return table.where(table.notna(), None).to_dict("records")


class Slow:
    """What is known of people at the end of a day, and each opportunity's journey from it."""

    def __init__(self, view: AsOf, knobs: JourneyKnobs) -> None:
        self.view, self.knobs = view, knobs
        self.end = dt.datetime.combine(view.day, dt.time.max)
        self.contacts = {r["contact_id"]: r for r in rows(view, "contacts")}
        self.leads = {r["lead_id"]: r for r in rows(view, "leads")}
        self.roles = rows(view, "contact_roles")
        state = view.opportunities.astype(object)
        self.deals = state.where(state.notna(), None).to_dict("records")
        self.leads_of: dict[object, list[dict]] = {}
        for id, lead in self.leads.items():
            self.leads_of.setdefault(self.person_of_lead(id), []).append(lead)
        self.touches = [t for t in map(self.seen, rows(view, "touches")) if t]
        self.touches.sort(key=lambda t: (t["at"], t["associated_at"] or dt.datetime.max, t["touch_id"]))
        self.people = self.everyone()
        self.behind = {deal["opportunity_id"]: self.people_behind(deal) for deal in self.deals}

    def known(self, contact: str | None) -> bool:
        """Return whether a contact existed on the day."""
        if contact is None:
            return False
        made = self.contacts.get(contact, {}).get("created_at")
        return made is None or made <= self.end

    def is_converted(self, lead: dict) -> bool:
        """Return whether a lead had become what it says."""
        date, contact = lead["converted_date"], lead["contact_id"]
        if lead["created_at"] > self.end or (date is not None and date > self.end):
            return False
        return contact is None or self.known(contact)

    def person_of_lead(self, id: str | None) -> tuple[str, str] | None:
        """Return who a lead is: its contact, itself, or nobody yet."""
        lead = self.leads.get(id)
        if id is None or (lead and lead["created_at"] > self.end):
            return None
        if lead and lead["contact_id"] is not None and self.is_converted(lead):
            return "contact", lead["contact_id"]
        return "lead", id

    def seen(self, touch: dict) -> dict | None:
        """Return a touch with its person, time and whether it was answered, None where it is not known yet."""
        later = any(touch[name] is not None and touch[name] > self.end for name in ("responded_date", "touched_at"))
        at = touch["associated_at"] if later else touch["touched_at"]
        lead = self.leads.get(touch["lead_id"])
        unborn = lead and lead["created_at"] > self.end
        to_come = unborn or (lead and lead["contact_id"] is not None and not self.is_converted(lead))
        person = ("contact", touch["contact_id"]) if self.known(touch["contact_id"]) and not to_come else (
            self.person_of_lead(touch["lead_id"]))  # fmt: skip
        entered = touch["associated_at"]
        if at is None or at > self.end or person is None or (entered is not None and entered > self.end):
            return None
        tags = [touch[name] for name in ("utm_source", "utm_medium", "utm_campaign")]
        channel = touch["channel"] or self.view.company.channel_of(*tags) or UNKNOWN_CHANNEL
        return {**touch, "at": at, "person": person, "channel": channel,
                "answered": touch["is_response"] is not False and not later}  # fmt: skip

    def account_of(self, person: tuple[str, str]) -> str | None:
        """Return the account of a person: the contact's own, else that of a lead that became it."""
        kind, id = person
        own = self.contacts.get(id, {}).get("account_id") if kind == "contact" else None
        told = [lead["account_id"] for lead in self.leads_of.get(person, []) if self.is_converted(lead)]
        return own or next((account for account in told if account), None)

    def everyone(self) -> set[tuple[str, str]]:
        """Return all people known on the day."""
        people = {("contact", id) for id in self.contacts if self.known(id)} | {t["person"] for t in self.touches}
        return people | {self.person_of_lead(id) for id in self.leads} - {None}

    def people_behind(self, deal: dict) -> set[tuple[str, str]]:
        """Return who is behind an opportunity."""
        id = deal["opportunity_id"]
        roles = [("contact", r["contact_id"]) for r in self.roles
                 if r["opportunity_id"] == id and self.known(r["contact_id"])]  # fmt: skip
        led = [self.person_of_lead(lead["lead_id"]) for lead in self.leads.values()
               if lead["opportunity_id"] == id and self.is_converted(lead)]  # fmt: skip
        found = {*roles, *led}
        fallback, account = self.knobs.account_fallback, deal["account_id"]
        if account and (fallback == "always" or (fallback == "no_roles" and not roles)):
            found |= {person for person in self.people if self.account_of(person) == account}
        return found

    def fate(self, touch: dict, until: dt.datetime, ended: dt.date) -> str:
        """Return why a touch is not part of a journey, or used."""
        if touch["at"] > until:
            return RANK[0]
        days = self.knobs.lookback_days
        if days is not None and touch["at"].date() < ended - dt.timedelta(days=days):
            return RANK[1]
        if self.knobs.responses_only and not touch["answered"]:
            return RANK[2]
        return RANK[3] if touch["channel"] in self.knobs.without_channels else RANK[4]

    def journey(self, people: set, until: dt.datetime, ended: dt.datetime, stamps: dict) -> tuple[list, str, dict]:
        """Return the touches of a journey, what became of the best of its people's touches, and the milestones."""
        path, fates, before = [], [], set()
        for touch in self.touches:
            if touch["person"] not in people:
                continue
            fates.append(self.fate(touch, until, ended.date()))
            once = self.knobs.once_a_day
            key = (touch["at"].date(), touch["channel"], touch["campaign_id"] if "campaign" in once else 0,
                   touch["person"] if "person" in once else 0)  # fmt: skip
            if fates[-1] == "used" and not (once != "off" and key in before):
                before.add(key)
                path.append(touch)
        lead = self.lead_made(people)
        stamps = {"lead": lead if lead and lead <= until else None, **stamps}
        places = {n: sum(t["at"] <= at for t in path) - 1 if at else -1 for n, at in stamps.items()}
        return path, max(fates, key=RANK.index, default="none"), places

    def lead_made(self, people: set) -> dt.datetime | None:
        """Return when the first lead of people was made, else the first contact."""
        leads = [lead["created_at"] for person in people for lead in self.leads_of.get(person, [])]
        contacts = []
        for kind, id in people:
            row = self.contacts.get(id) if kind == "contact" else None
            known = [at for at in (row["lead_at"], row["created_at"]) if at and at <= self.end] if row else []
            contacts += known[:1]
        return min(leads or contacts, default=None)

    def deal_journeys(self) -> list[dict]:
        """Return the journey of each opportunity asked for, with or without touches."""
        knobs, found = self.knobs, []
        for deal in sorted(self.deals, key=lambda deal: deal["opportunity_id"]):
            close, made = deal["close_date"], deal["created_at"]
            kind = deal["outcome"] if deal["outcome"] == "open" or close <= self.end else "undated"
            by_close = knobs.cutoff == "close"
            closed = kind in ("won", "lost")
            day = dt.datetime.combine(self.view.day, dt.time.min)
            ended = (close if closed else day) if by_close else made
            until = dt.datetime.combine(ended.date(), dt.time.max) if by_close else made
            first, last = knobs.since or dt.date.min, knobs.until or dt.date.max
            inside = first <= ended.date() <= last
            if deal["type"] not in (knobs.types or self.view.company.quota_covers):
                continue
            if not inside and not (by_close and kind == "open"):
                continue
            stamps = {"opportunity": made, "won": until if by_close and kind == "won" else None}
            path, best, places = self.journey(self.behind[deal["opportunity_id"]], until, ended, stamps)
            kept = not by_close or {"won": True, "lost": knobs.lost, "open": knobs.keep_open}.get(kind, False)
            wins = 1.0 if not by_close or kind == "won" else 0.0
            found.append({"id": deal["opportunity_id"], "kind": kind, "path": path, "best": best, "kept": kept,
                          "wins": wins, "losses": float(by_close and kind == "lost"), "amount": deal["amount"] or 0.0,
                          "ended": ended, **places})  # fmt: skip
        return found

    def never_journeys(self) -> list[dict]:
        """Return those who came to nothing."""
        knobs, units = self.knobs, {}
        if knobs.never_converted == "off":
            return []
        taken = {person for people in self.behind.values() for person in people}
        with_deal = {deal["account_id"] for deal in self.deals} - {None}
        for person in self.people - taken:
            account = self.account_of(person)
            if account not in with_deal:
                together = account is not None and knobs.never_converted == "accounts"
                units.setdefault(("account", account) if together else person, set()).add(person)
        found = []
        for (_, id), people in sorted(units.items(), key=lambda item: item[0][1]):
            counted = [t["at"] for t in self.touches if t["person"] in people
                       and self.fate(t, self.end, dt.date.min + dt.timedelta(days=10_000)) == "used"]  # fmt: skip
            last = max(counted, default=None)
            if last is None or last.date() > self.view.day - dt.timedelta(days=knobs.quiet_days):
                continue
            if (knobs.since and last.date() < knobs.since) or (knobs.until and last.date() > knobs.until):
                continue
            path, best, places = self.journey(people, self.end, last, {"opportunity": None, "won": None})
            found.append({"id": id, "kind": "never", "path": path, "best": best, "kept": True, "wins": 0.0,
                          "losses": 1.0, "amount": 0.0, "ended": last, **places})  # fmt: skip
        return found


def slow_journeys(view: AsOf, knobs: JourneyKnobs) -> tuple[list[dict], pd.DataFrame]:
    """Return all journeys asked for, and deals and amounts by kind and the best fate of their touches."""
    slow = Slow(view, knobs)
    deals = slow.deal_journeys()
    journeys = [row for row in (*deals, *slow.never_journeys()) if row["kept"] and row["path"]]
    told = pd.DataFrame([{"kind": row["kind"], "best": row["best"], "n": 1, "amount": row["amount"]} for row in deals],
                        columns=["kind", "best", "n", "amount"])  # fmt: skip
    return journeys, told.astype({"amount": "float64"}).groupby(["kind", "best"]).sum()
