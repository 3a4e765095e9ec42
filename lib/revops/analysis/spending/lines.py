"""What was paid for which campaign, on which days: ad systems first, campaigns of the CRM where none bills them."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.journeys import one_name
from revops.analysis.spending.campaigns import CrmCampaigns, crm_campaigns
from revops.book import AsOf
from revops.errors import examples

__all__ = ["COLUMNS", "SAID", "Costs", "cost_lines"]

COLUMNS = ["channel", "campaign_id", "campaign_name", "campaign_type", "system", "first", "last", "amount"]
SAID = ["reason", "n", "amount", "examples"]
_AHEAD = "begins after the day"
_MOVED = "told under the channel of its CRM campaign, not under the ad system's"
_RUNNING = "its month is not over on the day"


@dataclass(frozen=True)
class Costs:
    """Costs known at the end of a day.

    lines: one row per row of an ad system and per campaign of the CRM with a cost, sorted: channel, campaign_id (the
        CRM's; null where no campaign matches), campaign_name, campaign_type (the CRM's where one matches), system
        (whose export: google_ads and so on, or crm), first, last (the days it covers, inclusive), amount.
    left_out: what is in no line: reason, n (rows or campaigns), amount, examples (the dearest, in words). noted:
        likewise, of what is in a line by a rule that a reader should know.
    """

    lines: pd.DataFrame
    left_out: pd.DataFrame
    noted: pd.DataFrame


def cost_lines(view: AsOf) -> Costs:
    """Return what campaigns cost, each amount once, as known at the end of a day [company currency].

    Question
        What did we pay for which channel and campaign, and when?

    Parameters
        view : the company's tables as of a day; uses spend and campaigns

    Formula
        An ad row is of the CRM campaign with its id, else of the one with its name (without regard to case and
        blanks); of none where several have the name. Where the CRM campaign's channel is known it is the row's too:
        there its touches are credited. What an ad system bills counts as the ad system has it, and the CRM's cost of
        the same campaign is left out. A CRM cost lies on the days from start to end; without an end, to the end of
        the month it starts in. Its channel is that of the patterns of company.yml on type and name, else its type,
        as of its touches, else unknown.
        Of ads only rows count whose days were over on the day. The cost of a CRM campaign that still ran is only known
        to the export itself: it counts, from start to the day, where the day is the last of the records, else not.
        What begins after the day is listed on the last day of the records, and not known before.

    Limits
        Costs have no history: a cost corrected after the day is seen as corrected. A cost that a parent campaign
        repeats from its children counts twice. Staff and tools are in none.
    """
    campaigns = crm_campaigns(view)
    ads, ads_out, ads_noted = _of_ads(view, campaigns)
    crm, crm_out, crm_noted = campaigns.costs(ads["billed"])
    lines = pd.concat([table[COLUMNS] for table in (ads["lines"], crm) if len(table)] or [crm[COLUMNS]])
    return Costs(lines.sort_values(COLUMNS, ignore_index=True), _said(ads_out, crm_out), _said(ads_noted, crm_noted))


def _of_ads(view: AsOf, campaigns: CrmCampaigns) -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    """Return the lines of ad systems with the CRM campaigns that they bill, what is left out, and what is noted."""
    day = pd.Timestamp(view.day)
    spend = view.book.table("spend")
    rows = campaigns.matched(spend.assign(channel=one_name(spend["channel"], view.company)))
    ahead, running = rows["date"] > day, rows["period_end"] > day
    blank = rows["amount"].isna()
    kept = rows[~(ahead | running | blank)].rename(columns={"date": "first", "period_end": "last"})
    reason = pd.Series(None, rows.index, dtype="str")
    reason[blank], reason[running & ~blank], reason[ahead] = "no amount", _RUNNING, _AHEAD
    shown = reason.notna() & (~ahead | campaigns.is_last)
    out = rows.assign(reason=reason)[shown]
    noted = [kept[kept["note"].notna()].assign(reason=kept["note"]), kept[kept["is_moved"]].assign(reason=_MOVED)]
    billed = pd.Index(rows.loc[~ahead, "campaign_id"].dropna().unique())
    return {"lines": kept, "billed": billed}, out, pd.concat(noted)


def _said(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return reasons with how many, how much, and the names of the dearest: SAID, sorted by reason."""
    columns = ["reason", "amount", "campaign_name"]
    rows = pd.concat([table[columns] for table in tables if len(table)] or [tables[0][columns]])
    rows = rows.sort_values(["reason", "amount", "campaign_name"], ascending=[True, False, True])
    found = rows.groupby("reason", sort=True).agg(
        n=("reason", "size"), amount=("amount", "sum"),
        examples=("campaign_name", lambda names: examples(names.dropna().unique())),
    )  # fmt: skip
    found = found.reset_index().astype({"reason": "str", "n": "int64", "amount": "float64", "examples": "str"})
    return found[SAID]
