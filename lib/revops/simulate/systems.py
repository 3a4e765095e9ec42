"""The exports of all systems beside the deals of the CRM: marketing, advertising, billing, books, sheets."""

from pathlib import Path
from typing import Any

from revops.simulate.files import write_service_table, write_text
from revops.simulate.market import salesforce_campaigns as campaign_files
from revops.simulate.market import salesforce_leads as lead_files
from revops.simulate.market.crm import market
from revops.simulate.market.truth import attribution, funnel_truth
from revops.simulate.model import World
from revops.simulate.money.ad_files import write_ads
from revops.simulate.money.calls import calls_sheet
from revops.simulate.money.months import last_day
from revops.simulate.money.quickbooks_files import write_books
from revops.simulate.money.recurring import recurring
from revops.simulate.money.stripe_bills import write_bills
from revops.simulate.money.stripe_files import write_stripe
from revops.simulate.money.tools import tools_sheet
from revops.simulate.money.truth import money_truth
from revops.simulate.records import Ids

__all__ = ["systems_truth", "write_systems"]


def write_systems(world: World, ids: Ids, folder: Path, until: int) -> list[Path]:
    """Write what the other systems would have exported at a moment; return the files."""
    found = market(world)
    tables = {
        "Lead": (lead_files.lead_rows(world, found, ids, until), lead_files.LEAD_LAYOUT),
        "LeadHistory": (lead_files.history_rows(world, found, ids, until), lead_files.HISTORY_LAYOUT),
        "Campaign": (campaign_files.campaign_rows(world, found, until), campaign_files.CAMPAIGN_LAYOUT),
        "CampaignMember": (campaign_files.member_rows(world, found, until), campaign_files.MEMBER_LAYOUT),
        "Contact": (campaign_files.contact_rows(world, found, ids, until), campaign_files.CONTACT_LAYOUT),
        "OpportunityContactRole": (campaign_files.role_rows(world, found, ids, until), campaign_files.ROLE_LAYOUT),
    }
    files = [write_service_table(folder, name, rows, layout) for name, (rows, layout) in tables.items()]
    day, running = last_day(world, until), recurring(world)
    files += write_ads(world, folder, day)
    files += write_books(world, running, folder, day)
    files += write_stripe(world, running, ids, folder, day)
    files += write_bills(world, running, folder, day)
    for name, text in (("weekly_calls", calls_sheet(world, day)), ("tools", tools_sheet())):
        files.append(write_text(folder / "targets" / f"{name}.csv", text))
    return files


def systems_truth(world: World) -> dict[str, Any]:
    """Return what was planted in the other systems, and their exact figures at the plan's as_of."""
    found, until = market(world), world.until()
    return {
        "what": f"The truth behind the marketing, billing, books and calls of {world.plan.company}. No export.",
        "as_of": world.plan.as_of.isoformat(),
        "attribution": attribution(world, found, until),
        "funnel": funnel_truth(world, found, until),
        **money_truth(world, last_day(world, until)),
    }
