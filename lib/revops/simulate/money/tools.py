"""The sheet of tools: what the company pays for and who uses it."""

import datetime as dt

__all__ = ["TOOLS", "monthly_cost", "tools_sheet"]

TOOLS = (  # tool, seats purchased, seats assigned, active in the last 30 days, dollars a year, renewal
    ("Salesforce Sales Cloud", 34, 31, 29, 61_200, dt.date(2026, 9, 30)),
    ("Marketing automation", 8, 8, 6, 38_400, dt.date(2026, 11, 14)),
    ("Sales engagement", 24, 20, 11, 28_800, dt.date(2026, 7, 31)),
    ("Call recording", 24, 21, 20, 21_600, dt.date(2027, 1, 15)),
    ("Contact data", 10, 9, 4, 24_000, dt.date(2026, 8, 20)),
    ("Intent data", 6, 5, 1, 30_000, dt.date(2026, 7, 1)),
    ("Webinar platform", 5, 4, 3, 9_600, dt.date(2027, 3, 31)),
    ("Customer success platform", 6, 6, 5, 18_000, dt.date(2026, 10, 5)),
    ("Attribution add-on", 4, 2, 0, 14_400, dt.date(2026, 6, 28)),
    ("BI dashboards", 15, 15, 12, 12_600, dt.date(2027, 2, 28)),
)


def tools_sheet() -> str:
    """Return targets/tools.csv: ten tools, costs and days as several people typed them."""
    lines = ["Tool,Seats purchased,Seats assigned,Active last 30d,Annual cost,Renewal date"]
    for place, (tool, bought, assigned, active, cost, renewal) in enumerate(TOOLS):
        money = f'"${cost:,}.00"' if place % 3 == 0 else str(cost)
        lines.append(f"{tool},{bought},{assigned},{active},{money},{renewal.isoformat()}")
    return "\n".join(lines) + "\n"


def monthly_cost() -> float:
    """Return what all tools cost a month in dollars."""
    return sum(tool[4] for tool in TOOLS) / 12
