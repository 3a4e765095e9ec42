"""The people behind the touches as a CRM holds them: leads, contacts, members of campaigns, roles on opportunities."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.market.campaigns import campaign_of
from revops.simulate.market.channels import CHANNELS, ORIGINS, place_of
from revops.simulate.market.funnel import LEFT_BEHIND, OPPORTUNITY, Funnel, funnel
from revops.simulate.market.leads import all_leads
from revops.simulate.model import World

__all__ = ["Market", "market"]

_DAY = 86_400
_ROLES = ("Decision Maker", "Economic Buyer", "Evaluator", "Technical Buyer", "")


@dataclass(frozen=True)
class Market:
    """All records: stamps are UTC seconds, NaN for never; row number = record, in order of creation.

    leads     number, case (-1 for litter), person, created, kind (real, merged, spam, test), master, gone, and what
              `all_leads` adds; contact (-1 for none), converted
    contacts  lead (-1 for none), deal, account, created, owner
    members   lead, contact (-1 for none), campaign, at (NaN where the person did not answer), recorded
    roles     deal, contact, primary, role, created
    """

    funnel: Funnel
    leads: pd.DataFrame
    contacts: pd.DataFrame
    members: pd.DataFrame
    roles: pd.DataFrame


def market(world: World) -> Market:
    """Return how the company was found, from a world; it draws from streams of its own."""
    found = funnel(world)
    leads = all_leads(world, found)
    contacts, leads = _contacts(world, found, leads)
    members = _members(world, found, leads, contacts)
    return Market(found, leads, contacts, members, _roles(world, contacts))


def _contacts(world: World, found: Funnel, leads: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return contacts, of converted leads and of deals that sales found itself, and the leads with their contact."""
    rng = stream(world.seed, "contacts")
    cases = found.cases.loc[np.maximum(leads["case"], 0)].reset_index(drop=True)
    follows = (leads["person"] == 0) | (rng.random(len(leads)) >= LEFT_BEHIND)
    end = cases["end"].to_numpy()
    made = (leads["kind"] == "real") & (cases["stage"] == OPPORTUNITY) & follows & (leads["created"] <= end)
    of_leads = pd.DataFrame({
        "lead": leads.index, "deal": cases["deal"], "created": end, "owner": cases["owner"],
    })[made.to_numpy()]  # fmt: skip
    of_leads["account"] = world.deals["account"].to_numpy()[of_leads["deal"]]
    contacts = pd.concat([of_leads, _by_hand(world, rng)], ignore_index=True)
    contacts = contacts.sort_values("created", kind="stable", ignore_index=True)
    own = contacts[contacts["lead"] >= 0]
    place = pd.Series(own.index, own["lead"])
    leads = leads.assign(contact=place.reindex(leads.index).fillna(-1).astype(np.int64))
    return contacts, leads.assign(converted=np.where(leads["contact"] >= 0, end, np.nan))


def _by_hand(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Return the contacts that owners made themselves, for about two in three of the deals no campaign brought."""
    deals, labels = world.deals, [source.label for source in world.plan.sources]
    ours = [labels.index(origin.label) for origin in ORIGINS]
    first = world.calendar.starts[world.plan.burn_in] * _DAY
    fit = (deals["kind"] == 0) & ~deals["is_test"] & deals["deleted"].isna() & (deals["created"] >= first)
    deal = deals.index[fit & ~deals["source"].isin(ours)].to_numpy()
    deal = np.repeat(deal, np.where(rng.random(len(deal)) < 0.65, rng.integers(1, 3, len(deal)), 0))
    created = deals["created"].to_numpy()[deal] - np.floor(rng.random(len(deal)) * 15 * _DAY).astype(np.int64)
    born = world.accounts["created"].to_numpy()[deals["account"].to_numpy()[deal]]
    return pd.DataFrame({
        "lead": -1, "deal": deal, "created": np.maximum(created, born + 60), "owner": deals["owner"].to_numpy()[deal],
        "account": deals["account"].to_numpy()[deal],
    })  # fmt: skip


def _members(world: World, found: Funnel, leads: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return who is in which campaign, each person once: touches, those that changed nothing, mails not answered."""
    rng = stream(world.seed, "members")
    touched = found.touches[["lead", "channel", "campaign", "at", "recorded"]]
    real = leads.index[leads["kind"] == "real"]
    row_of = pd.Series(real, leads["number"].loc[real])
    touched = touched.assign(lead=row_of.loc[touched["lead"]].to_numpy(), contact=-1)
    later = _later_touches(found, contacts, rng)
    mailed = real[rng.random(len(real)) < 0.25].to_numpy()
    sent = leads["created"].to_numpy()[mailed] + np.floor(rng.uniform(2, 30, len(mailed)) * _DAY).astype(np.int64)
    channel = np.full(len(mailed), place_of("email_nurture"))
    mails = pd.DataFrame({
        "lead": mailed, "contact": -1, "channel": channel, "at": np.nan, "recorded": sent,
        "campaign": campaign_of(found.campaigns, channel, sent, rng),
    })  # fmt: skip
    rows = pd.concat([touched, later, mails], ignore_index=True)
    rows = rows[rows["campaign"] >= 0]
    of_lead = leads["contact"].to_numpy()[np.maximum(rows["lead"], 0)]
    person = np.where(
        (rows["lead"] >= 0) & (of_lead < 0), -2 - rows["lead"], np.where(rows["lead"] >= 0, of_lead, rows["contact"])
    )
    rows = rows.assign(person=person, order=rows["at"].fillna(np.inf)).sort_values(["order", "recorded"], kind="stable")
    rows = rows.drop_duplicates(["person", "campaign"]).drop(columns=["person", "order"])
    return rows.sort_values(["recorded", "lead", "contact", "campaign"], kind="stable", ignore_index=True)


def _later_touches(found: Funnel, contacts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return touches without effect: after the opportunity was made, and around those that sales found itself."""
    chosen = contacts.index[rng.random(len(contacts)) < np.where(contacts["lead"] >= 0, 0.35, 0.50)].to_numpy()
    chosen = np.repeat(chosen, rng.integers(1, 3, len(chosen)))
    weights = np.array([channel.later for channel in CHANNELS])
    weights[place_of("retargeting")] = 0.30
    channel = rng.choice(len(CHANNELS), len(chosen), p=weights / weights.sum())
    at = contacts["created"].to_numpy()[chosen] + np.floor(rng.uniform(1, 160, len(chosen)) * _DAY).astype(np.int64)
    campaign = campaign_of(found.campaigns, channel, at, rng)
    return pd.DataFrame({
        "lead": -1, "contact": chosen, "channel": channel, "campaign": campaign, "at": at, "recorded": at + 3_600,
    })  # fmt: skip


def _roles(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return who plays a part in which deal: most first contacts, some colleagues, and those known on later deals."""
    rng = stream(world.seed, "contact roles")
    first = ~contacts.duplicated("deal")
    named = rng.random(len(contacts)) < np.where(first, 0.93, 0.60)
    born = world.deals["created"].to_numpy()[contacts["deal"]]
    rows = pd.DataFrame({
        "deal": contacts["deal"], "contact": contacts.index, "primary": first,
        "created": np.maximum(contacts["created"], born),
    })[named]  # fmt: skip
    known = contacts.drop_duplicates("account").set_index("account")
    deals = world.deals
    grown = deals.index[
        (deals["kind"] > 0) & ~deals["is_test"] & deals["deleted"].isna() & (rng.random(len(deals)) < 0.75)
    ]
    grown = grown[deals["account"].loc[grown].isin(known.index)]
    who = contacts.drop_duplicates("account").reset_index().set_index("account")["index"]
    contact = who.loc[deals["account"].loc[grown]].to_numpy()
    there = contacts["created"].to_numpy()[contact] < deals["created"].to_numpy()[grown]
    more = pd.DataFrame({
        "deal": grown, "contact": contact, "primary": True, "created": deals["created"].to_numpy()[grown] + 600,
    })[there]  # fmt: skip
    rows = pd.concat([rows, more], ignore_index=True).sort_values(
        ["created", "deal", "contact"], kind="stable", ignore_index=True
    )
    return rows.assign(role=np.array(_ROLES, dtype=object)[rng.integers(0, len(_ROLES), len(rows))])
