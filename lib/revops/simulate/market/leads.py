"""Leads as records: companies, jobs, link tags with the mistakes people make, and the mess of any lead table."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.litter import TEST_ACCOUNT
from revops.simulate.market.channels import CHANNELS, ORIGINS
from revops.simulate.market.funnel import Funnel
from revops.simulate.model import World
from revops.simulate.names import account_names, countries, industries

__all__ = ["LABELS", "all_leads"]

LABELS = {
    "paid_search": "Website", "organic": "Website", "paid_social": "Website", "email_nurture": "Website",
    "retargeting": "Website", "webinar": "Webinar", "trade_show": "Trade Show",
    "content_syndication": "Content Syndication", "partner": "Partner Referral",
}  # fmt: skip
_TITLES = ("Warehouse Manager", "VP Operations", "Head of Logistics", "Automation Engineer", "COO", "Plant Manager", "")
_CASES = {
    "google": "Google",
    "linkedin": "LinkedIn",
    "facebook": "Facebook",
    "newsletter": "Newsletter",
    "techpress": "TechPress",
}
_DAY = 86_400


def all_leads(world: World, found: Funnel) -> pd.DataFrame:
    """Return every lead in order of creation: those of journeys and, among them, what is merged, deleted or a test.

    `number` is the row in found.leads, -1 for litter.
    """
    rng = stream(world.seed, "leads")
    leads = found.leads.assign(number=found.leads.index, kind="real", master=-1, gone=np.nan)
    cases = found.cases.loc[leads["case"]].reset_index(drop=True)
    company = _companies(world, found)
    first = found.touches.drop_duplicates("lead").set_index("lead").loc[leads.index]
    leads = leads.assign(
        company=company.loc[leads["case"]].to_numpy(), segment=cases["segment"], region=cases["region"],
        label=_labels(world, leads, cases, first["channel"].to_numpy()),
        title=np.array(_TITLES, dtype=object)[rng.integers(0, len(_TITLES), len(leads))],
    )  # fmt: skip
    leads = _about_the_company(world, found, leads, rng)
    leads = _tagged(leads, found.campaigns.loc[first["campaign"]].reset_index(drop=True), rng)
    return _with_litter(leads, rng)


def _companies(world: World, found: Funnel) -> pd.Series:
    """Return the company of each journey: the account of its deal, else one that never became an account."""
    rng = stream(world.seed, "companies")
    regions = [world.plan.regions[i].name for i in found.cases["region"]]
    taken, free = set(world.accounts["name"]), []
    for _ in range(3):
        free.append(account_names(regions, rng))
    pick = [
        next(name for name in (*names, f"{names[0]} Group") if name not in taken) for names in zip(*free, strict=True)
    ]
    deal = found.cases["deal"].to_numpy()
    account = world.deals["account"].to_numpy()[np.maximum(deal, 0)]
    return pd.Series(np.where(deal >= 0, world.accounts["name"].to_numpy()[account], pick), found.cases.index)


def _labels(world: World, leads: pd.DataFrame, cases: pd.DataFrame, channel: Array) -> Array:
    """Return the lead source: of the first person that of the journey, of the others that of their first touch."""
    own = np.array([LABELS[item.name] for item in CHANNELS], dtype=object)[channel]
    origin = np.array([item.label for item in ORIGINS], dtype=object)[cases["origin"]]
    return np.where(leads["person"] == 0, origin, own)


def _about_the_company(world: World, found: Funnel, leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the leads with country, industry and head count; some blank, as forms leave them."""
    plan, n = world.plan, len(found.cases)
    place = countries([plan.regions[i].name for i in found.cases["region"]], np.zeros(n, dtype=bool), rng)
    low, high = np.array([s.employees for s in plan.segments])[found.cases["segment"]].T
    size = np.floor(low * (high / low) ** rng.random(n)).astype(np.int64)
    about = pd.DataFrame({"country": place, "industry": industries(n, rng), "employees": size})
    about = about.loc[leads["case"]].reset_index(drop=True)
    return leads.join(about.assign(employees=np.where(rng.random(len(leads)) < 0.22, -1, about["employees"])))


def _tagged(leads: pd.DataFrame, campaign: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the leads with the tags of the link they came by; one in six tagged ones is not as agreed."""
    drawn = rng.random(len(leads))
    source, medium, slug = (campaign[name].to_numpy() for name in ("source", "medium", "slug"))
    tagged = source != ""
    slug = np.where(tagged, slug, "")
    wrong = np.where(tagged, np.digitize(drawn, [0.06, 0.10, 0.13, 0.16]), 4)
    source = np.where(wrong == 0, pd.Series(source).map(_CASES).fillna(pd.Series(source)), source)
    slug = np.where((wrong == 1) | (wrong == 3), "", slug)
    slug = np.where(wrong == 2, pd.Series(slug).str.replace("-", "%20"), slug)
    source, medium = (np.where(wrong == 3, "", values) for values in (source, medium))
    mistake = np.array(["case", "no campaign", "encoded", "missing", ""], dtype=object)[wrong]
    return leads.assign(utm_source=source, utm_medium=medium, utm_campaign=slug, utm_mistake=mistake)


def _with_litter(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the leads with 25 entered twice and merged, 12 deleted as spam and 4 tests, in order of creation."""
    chosen = np.sort(rng.choice(leads.index, 41, replace=False))
    copies = leads.loc[chosen].assign(case=-1, kind=["merged"] * 25 + ["spam"] * 12 + ["test"] * 4)
    copies["number"] = -1
    copies["master"] = np.where(copies["kind"] == "merged", chosen, -1)
    copies["created"] += 2 * _DAY
    copies["gone"] = np.where(copies["kind"] == "test", np.nan, copies["created"] + 3.0 * _DAY)
    copies.loc[copies["kind"] == "test", "company"] = TEST_ACCOUNT
    copies.loc[copies["kind"] == "spam", "company"] = "asdf"
    both = pd.concat([leads, copies], ignore_index=True)
    order = np.argsort(both["created"].to_numpy(), kind="stable")
    place = np.empty(len(both), dtype=np.int64)
    place[order] = np.arange(len(both))
    both["master"] = np.where(both["master"] >= 0, place[np.maximum(both["master"], 0)], -1)
    return both.iloc[order].reset_index(drop=True)
