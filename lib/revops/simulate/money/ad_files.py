"""The campaign reports of Google Ads, LinkedIn and Meta as their consoles download them, by month."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from revops.simulate.files import write_text
from revops.simulate.model import World
from revops.simulate.money.months import day_of
from revops.simulate.money.spend import ad_spend, spent_until

__all__ = ["write_ads"]

_GOOGLE = ["Month", "Campaign status", "Campaign", "Campaign ID", "Campaign type", "Currency code", "Impr.", "Clicks",
           "CTR", "Avg. CPC", "Cost", "Conversions"]  # fmt: skip
_LINKEDIN = ["Start Date (in UTC)", "End Date (in UTC)", "Account Name", "Currency", "Campaign Group Name",
             "Campaign Name", "Campaign ID", "Campaign Type", "Campaign Status", "Total Spent", "Impressions", "Clicks",
             "Conversions", "Cost per Lead"]  # fmt: skip
_META = ["Reporting starts", "Reporting ends", "Campaign name", "Campaign ID", "Campaign delivery",
         "Attribution setting", "Results", "Reach", "Amount spent (EUR)", "Impressions", "Link clicks"]  # fmt: skip
_WIDE = (2025,)  # the year that somebody downloaded as "Excel .csv"


def write_ads(world: World, folder: Path, day: int) -> list[Path]:
    """Write the reports of each calendar year, what was spent up to a day; Meta's is one file."""
    spent = spent_until(ad_spend(world), day)
    spent = spent.assign(year=[day_of(month).year for month in spent["month"]])
    files = []
    for year, rows in spent[spent["system"] == "google_ads"].groupby("year"):
        wide = year in _WIDE
        text = _table(_google(rows), "\t" if wide else ",")
        target = folder / "google_ads" / f"Campaign report {year}.csv"
        files.append(write_text(target, f"\ufeff{text}", "utf-16-le") if wide else write_text(target, text))
    for year, rows in spent[spent["system"] == "linkedin_ads"].groupby("year"):
        name = f"account_512345678_campaign_performance_report_{year}.csv"
        text = _table(_linkedin(rows, world.plan.company), "\t")
        files.append(write_text(folder / "linkedin_ads" / name, f"\ufeff{text}", "utf-16-le"))
    text = _table(_meta(spent[spent["system"] == "meta_ads"]), ",")
    name = "Halyard-EU-Campaigns.csv"
    return [*files, write_text(folder / "meta_ads" / name, "\ufeff" + text)]


def _google(rows: pd.DataFrame) -> list[list[str]]:
    first, last = day_of(rows["month"].min()), day_of(rows["last"].max())
    lines = [["Campaign report"], [f"{_long(first)} - {_long(last)}"], _GOOGLE]
    for row in rows.itertuples():
        kind = "Display" if "Retargeting" in row.name else "Search"
        lines.append([
            f"{day_of(row.month):%B %Y}", "Enabled", row.name, str(20_100_000_000 + 7 * row.campaign), kind, "USD",
            f"{row.impressions:,}", f"{row.clicks:,}", f"{row.clicks / max(row.impressions, 1):.2%}",
            _money(row.cents / max(row.clicks, 1)), _money(row.cents), f"{row.conversions:.2f}",
        ])  # fmt: skip
    for label, part in (("Total: Campaigns", rows), ("Total: Account", rows)):
        seen, clicks, cents = (int(part[name].sum()) for name in ("impressions", "clicks", "cents"))
        lines.append([
            label, " --", " --", " --", " --", "USD", f"{seen:,}", f"{clicks:,}", f"{clicks / max(seen, 1):.2%}",
            _money(cents / max(clicks, 1)), _money(cents), f"{part['conversions'].sum():.2f}",
        ])  # fmt: skip
    return lines


def _linkedin(rows: pd.DataFrame, company: str) -> list[list[str]]:
    first, last = day_of(rows["month"].min()), day_of(rows["last"].max())
    lines = [
        ["Campaign Performance Report (in UTC)"], [f"Report Start: {_long(first)}, 12:00 AM"],
        [f"Report End: {_long(last)}, 11:59 PM"], [f"Date Generated: {_long(last)}, 11:59 PM"], [], _LINKEDIN,
    ]  # fmt: skip
    for row in rows.itertuples():
        start, end = day_of(row.month), day_of(row.last)
        lines.append([
            f"{start.month}/{start.day}/{start.year}", f"{end.month}/{end.day}/{end.year}", company, "USD", "Default",
            row.name, str(312_000_000 + row.campaign), "Sponsored Update", "Active", _money(row.cents),
            f"{row.impressions:,}", f"{row.clicks:,}", str(row.conversions),
            _money(row.cents / row.conversions) if row.conversions else "-",
        ])  # fmt: skip
    return lines


def _meta(rows: pd.DataFrame) -> list[list[str]]:
    lines = [_META]
    for row in rows.itertuples():
        lines.append([
            day_of(row.month).isoformat(), day_of(row.last).isoformat(), row.name,
            str(120_200_000_000_000_000 + 1_003 * row.campaign), "active", "7-day click", str(row.conversions),
            str(int(row.impressions * 0.6)), f"{row.cents / 100:.2f}", str(row.impressions), str(row.clicks),
        ])  # fmt: skip
    if len(rows):
        first, last = day_of(rows["month"].min()), day_of(rows["last"].max())
        conversions, seen, clicks = (str(rows[name].sum()) for name in ("conversions", "impressions", "clicks"))
        total = f"{rows['cents'].sum() / 100:.2f}"
        lines.append([first.isoformat(), last.isoformat(), *[""] * 4, conversions, "", total, seen, clicks])
    return lines


def _table(lines: Sequence[Sequence[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(lines)
    return out.getvalue()


def _money(cents: float) -> str:
    return f"{cents / 100:,.2f}"


def _long(day: object) -> str:
    return f"{day:%B} {day.day}, {day.year}"  # type: ignore[attr-defined]
