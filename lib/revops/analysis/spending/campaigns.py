"""Campaigns of the CRM: which rows of ad systems are theirs, and on which days their own cost lies."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.journeys import UNKNOWN_CHANNEL
from revops.book import AsOf

__all__ = ["CrmCampaigns", "crm_campaigns"]

_SHARED = "its name is that of several CRM campaigns: matched to none"


@dataclass(frozen=True)
class CrmCampaigns:
    """table: one row per campaign (schema.campaigns, with its channel; null where neither patterns nor type tell it).

    day: the last day that is known. is_last: it is the last day of the records, on which costs so far are known.
    """

    table: pd.DataFrame
    day: pd.Timestamp
    is_last: bool

    def matched(self, spend: pd.DataFrame) -> pd.DataFrame:
        """Return rows of ad systems with id, name, type and channel of their CRM campaign where there is one.

        Campaigns that begin after the day are not known yet. Added: note (why a row has none that might have had one),
        is_moved (the ad system's own channel was another).
        """
        begun = self.table[~(self.table["start_date"] > self.day)]
        known, name = begun.set_index("campaign_id"), _folded(begun["campaign_name"])
        lone = ~name.duplicated(keep=False) & name.notna()
        of_name = pd.Series(begun["campaign_id"].to_numpy(), name).loc[lone.to_numpy()]
        given, folded = spend["campaign_id"], _folded(spend["campaign_name"])
        by_id = given.where(given.isin(known.index))
        id = by_id.fillna(folded.map(of_name).astype("str")).astype("str")
        shared = by_id.isna() & folded.isin(name[~lone & name.notna()])
        crm = known.reindex(id).set_axis(spend.index)
        moved = crm["channel"].notna() & crm["channel"].ne(spend["channel"])
        return spend.assign(
            campaign_id=id, campaign_name=crm["campaign_name"].fillna(spend["campaign_name"]).fillna(given),
            campaign_type=crm["campaign_type"].where(id.notna(), spend["campaign_type"]),
            channel=crm["channel"].fillna(spend["channel"]), is_moved=moved,
            note=pd.Series(_SHARED, spend.index, dtype="str").where(shared),
        )  # fmt: skip

    def costs(self, billed: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return the lines of campaigns' own costs, those left out with their reason, and those noted with theirs.

        Parameters
            billed : campaigns that an ad system bills
        """
        rows = self.table[self.table["actual_cost_amount"].notna()].rename(columns={"actual_cost_amount": "amount"})
        start, end = rows["start_date"], rows["end_date"]
        last = end.fillna(start + pd.offsets.MonthEnd(0))
        is_running = last > self.day
        reason = pd.Series(None, rows.index, dtype="str")
        for drop, why in (
            (is_running & (not self.is_last), "not over on the day: its cost so far is not known"),
            (end < start, "ends before it starts"),
            (rows["amount"] < 0, "a cost below 0"),
            (rows["amount"] == 0, "a cost of 0: taken as not entered"),
            (start.isna(), "no start date"),
            (rows["campaign_id"].isin(billed), "an ad system bills it: its cost in the CRM would count twice"),
            (start > self.day, "begins after the day"),
        ):
            reason[drop] = why
        out = rows.assign(reason=reason)[reason.notna() & ((start <= self.day) | start.isna() | self.is_last)]
        lines = rows.assign(
            system="crm", channel=rows["channel"].fillna(UNKNOWN_CHANNEL), first=start, last=last.clip(upper=self.day)
        )[reason.isna()]
        noted = [
            lines[(is_running & reason.isna())[lines.index]].assign(reason="still runs: its cost so far, to the day"),
            lines[lines["end_date"].isna()].assign(reason="no end date: laid on the month it starts in"),
            lines[lines["channel"].eq(UNKNOWN_CHANNEL)].assign(reason="no pattern and no type tells its channel"),
        ]
        return lines, out, pd.concat(noted)


def crm_campaigns(view: AsOf) -> CrmCampaigns:
    """Return the campaigns of the CRM as seen at the end of a day."""
    table = view.book.table("campaigns")
    words = table[["campaign_type", "campaign_name"]].astype(object)
    words = words.where(words.notna(), None)
    company = view.company
    found = [company.channel_of(type, name) or (type and company.channel_named(type))
             for type, name in words.itertuples(index=False)]  # fmt: skip
    channel = pd.Series(found, table.index, dtype="str")
    return CrmCampaigns(table.assign(channel=channel), pd.Timestamp(view.day), view.day >= view.last_stamp.date())


def _folded(names: pd.Series) -> pd.Series:
    """Return names without regard to case and blanks; null where nothing is left."""
    folded = names.str.split().str.join(" ").str.casefold()
    return folded.where(folded.ne(""))
